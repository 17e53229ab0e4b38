//! Snapshots for people.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use probe::{At, Group, SitePending};

use super::{Filter, Taken, opened};

/// So many sites and places are shown; the other formats have all.
const SHOWN: usize = 20;
const FRAMES: usize = 8;

pub(super) fn write(out: &mut dyn Write, taken: &Taken, filter: &Filter<'_>) -> io::Result<()> {
    let snapshot = &taken.snapshot;
    writeln!(
        out,
        "{}, {}",
        clean(&taken.from),
        clean(&snapshot.go_version)
    )?;
    for warning in &taken.warnings {
        writeln!(out, "note: {}", clean(warning))?;
    }
    let sites: Vec<_> = snapshot
        .sites
        .iter()
        .filter(|site| filter.shows_site(site))
        .collect();
    let pending: u64 = sites.iter().map(|site| site.pending).sum();
    writeln!(
        out,
        "{} goroutines, {} pending calls at {} sites; {}",
        snapshot.goroutines,
        pending,
        sites.len(),
        how(taken)
    )?;
    doubts(out, taken)?;
    if !taken.descriptors.is_empty() {
        let kinds: Vec<_> = taken
            .descriptors
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        writeln!(out, "open descriptors: {}", kinds.join(", "))?;
    }
    opened::text(out, &taken.opened)?;
    for panic in &snapshot.panics {
        let value = panic.value.as_deref().map_or_else(
            || "is ending by runtime.Goexit".to_owned(),
            |value| format!("panics with {}", clean(value)),
        );
        let recovered = if panic.recovered { ", recovered" } else { "" };
        writeln!(out, "goroutine {} {value}{recovered}", panic.goroutine)?;
    }
    if !sites.is_empty() {
        writeln!(out)?;
        let rows: Vec<_> = sites.iter().take(SHOWN).map(|site| row(site)).collect();
        table(
            out,
            [
                "PENDING",
                "GOROUTINES",
                "CLASS",
                "WHERE",
                "IN",
                "CALLS",
                "WAITING FOR",
            ],
            &rows,
        )?;
        more(out, sites.len(), "sites")?;
    }
    let groups: Vec<_> = snapshot
        .groups
        .iter()
        .filter(|group| filter.shows_group(group))
        .collect();
    writeln!(out)?;
    for group in groups.iter().take(SHOWN) {
        write_group(out, group)?;
    }
    more(out, groups.len(), "places where goroutines are")?;
    suspicions(out, taken, filter)
}

fn how(taken: &Taken) -> String {
    let snapshot = &taken.snapshot;
    match taken.paused {
        Some(paused) if snapshot.still => format!("stopped for {}", shown(paused)),
        None if snapshot.still => format!("read in {}", shown(snapshot.took)),
        _ => format!("read in {} while it ran", shown(snapshot.took)),
    }
}

fn doubts(out: &mut dyn Write, taken: &Taken) -> io::Result<()> {
    let snapshot = &taken.snapshot;
    let doubtful: usize = snapshot.doubtful.values().sum();
    if doubtful > 0 {
        let reasons: Vec<_> = snapshot
            .doubtful
            .iter()
            .map(|(doubt, count)| {
                let why = match doubt {
                    probe::Doubt::Running => "ran",
                    probe::Doubt::Changing => "changed each time it was read",
                    probe::Doubt::Odd => "made no sense",
                };
                format!("{count} {why}")
            })
            .collect();
        writeln!(
            out,
            "doubtful: {doubtful} goroutines ({}) with {} pending calls",
            reasons.join(", "),
            snapshot.doubtful_pending
        )?;
    }
    if snapshot.unreadable > 0 {
        writeln!(out, "not readable: {} goroutines", snapshot.unreadable)?;
    }
    Ok(())
}

fn row(site: &SitePending) -> [String; 7] {
    let calls = match &site.calls[..] {
        [(name, _), others @ ..] if !others.is_empty() => {
            format!("{} and {} more", clean(name), others.len())
        }
        [(name, _)] => clean(name),
        _ => "?".to_owned(),
    };
    let mut reasons = String::new();
    for (at, (reason, count)) in site.reasons.iter().take(2).enumerate() {
        let separator = if at > 0 { ", " } else { "" };
        let _ = write!(reasons, "{separator}{count} {reason}");
    }
    if let Some(longest) = site.longest {
        let _ = write!(reasons, ", up to {} or more", shown(longest));
    }
    [
        site.pending.to_string(),
        site.goroutines.to_string(),
        site.class.to_owned(),
        clean(&place(site)),
        clean(&site.id.function),
        calls,
        reasons,
    ]
}

/// `import/path/file.go:12`, as `inspect` writes it.
pub(super) fn place(site: &SitePending) -> String {
    if site.id.line == 0 {
        return "?".to_owned();
    }
    let mut place = format!("{}/{}:{}", site.id.package, site.id.file, site.id.line);
    if site.id.ordinal > 1 {
        let _ = write!(place, "#{}", site.id.ordinal);
    }
    place
}

fn write_group(out: &mut dyn Write, group: &Group) -> io::Result<()> {
    let doing = if group.reason.is_empty() {
        group.status.as_str()
    } else {
        &group.reason
    };
    write!(out, "{} × {doing}", group.count)?;
    if let Some(longest) = group.longest {
        write!(out, ", up to {} or more", shown(longest))?;
    }
    if group.pending > 0 {
        write!(out, ", {} pending calls", group.pending)?;
    }
    if group.doubtful > 0 {
        write!(out, ", {} doubtful", group.doubtful)?;
    }
    writeln!(out)?;
    // What parks a goroutine is in the runtime, and says nothing.
    let frames = group
        .stack
        .iter()
        .skip_while(|place| place.function.starts_with("runtime."));
    let frames: Vec<_> = frames.collect();
    for place in frames.iter().take(FRAMES) {
        writeln!(
            out,
            "    {}  {}:{}",
            clean(&place.function),
            clean(&place.file),
            place.line
        )?;
    }
    if frames.len() > FRAMES {
        writeln!(out, "    … {} more", frames.len() - FRAMES)?;
    }
    if let Some(creator) = &group.created_by {
        writeln!(
            out,
            "    started by {}  {}:{}",
            clean(&creator.function),
            clean(&creator.file),
            creator.line
        )?;
    }
    Ok(())
}

fn suspicions(out: &mut dyn Write, taken: &Taken, filter: &Filter<'_>) -> io::Result<()> {
    for suspicion in taken.snapshot.suspicions() {
        let place = match suspicion.at {
            At::Site(site) if filter.shows_site(site) => place(site),
            At::Group(group) if filter.shows_group(group) => where_of(group),
            At::Site(_) | At::Group(_) => continue,
        };
        writeln!(out, "\nsuspicious: {}: {}", clean(&place), suspicion.why)?;
        writeln!(out, "    fix: {}", suspicion.fix)?;
        writeln!(
            out,
            "    see: deferscope check --select {}",
            suspicion.rules.join(",")
        )?;
    }
    Ok(())
}

/// The place outside of the runtime where goroutines wait.
pub(super) fn where_of(group: &Group) -> String {
    let place = group
        .stack
        .iter()
        .find(|place| !place.function.starts_with("runtime."));
    place.or(group.stack.first()).map_or_else(
        || "?".to_owned(),
        |place| format!("{}:{}", place.file, place.line),
    )
}

fn more(out: &mut dyn Write, all: usize, what: &str) -> io::Result<()> {
    if all > SHOWN {
        writeln!(
            out,
            "… and {} more {what}; --format json has all",
            all - SHOWN
        )?;
    }
    Ok(())
}

pub(super) fn table<const N: usize>(
    out: &mut dyn Write,
    head: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    /// Longer cells do not widen their column.
    const WIDEST: usize = 60;
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count().min(WIDEST));
        }
    }
    let line = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        line.truncate(line.trim_end().len());
        line
    };
    writeln!(out, "{}", line(head))?;
    for row in rows {
        writeln!(out, "{}", line(row.each_ref().map(String::as_str)))?;
    }
    Ok(())
}

/// A time for people.
pub(super) fn shown(time: Duration) -> String {
    match time.as_secs() {
        0 if time.as_millis() < 10 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        0 => format!("{} ms", time.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// Without what a terminal would act upon: names come from a program that anybody may have made.
pub(super) fn clean(text: &str) -> String {
    let harmless = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(harmless).collect()
}
