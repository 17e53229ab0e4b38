//! Costs as tables for people.

use std::io::{self, Write};

use cost::{Class, Priced, Total};

use super::report::{Compared, Found, weight};

/// A defer that is never compiled.
const DEAD: &str = "not compiled";

pub(super) fn list(out: &mut dyn Write, found: &Found<'_>, all: bool) -> io::Result<()> {
    let shown: Vec<&Priced> = found
        .sites
        .iter()
        .filter(|site| {
            all || found.observed.is_some() || !matches!(site.class, None | Some(Class::OpenCoded))
        })
        .collect();
    for site in &shown {
        let price = match site.ns {
            Some(ns) => format!("{ns:.1} ns{}", if site.repeats { " a round" } else { "" }),
            None => "price unknown".to_owned(),
        };
        let class = site.class.map_or(DEAD, |class| class.as_str());
        writeln!(
            out,
            "{}:{}: {}: {class}, {price}",
            site.path, site.id.line, site.id.function
        )?;
        writeln!(out, "    defer {}", site.call)?;
        writeln!(out, "    why: {}", site.reason)?;
        if let Some(advice) = site.reason.advice() {
            writeln!(out, "    cheaper: {advice}")?;
        }
        if !site.moves.is_empty() {
            writeln!(
                out,
                "    the deferred literal moves {} to the heap",
                site.moves.join(", ")
            )?;
        }
        if let Some(observed) = found.observed {
            let seen = observed.sites.get(&site.id);
            let count = seen.and_then(|seen| seen.count);
            let mut parts = Vec::new();
            if let Some(count) = count {
                parts.push(format!("passed {count} times"));
            }
            if let Some(weight) = weight(site, observed) {
                parts.push(format!("{:.3} ms of CPU time", weight / 1e6));
            }
            if !parts.is_empty() {
                writeln!(out, "    observed: {}", parts.join(", "))?;
            }
        }
    }
    if !shown.is_empty() {
        writeln!(out)?;
    }
    summary(out, &found.totals.all)?;
    let hidden = found.sites.len() - shown.len();
    let (be, them) = if hidden == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    };
    if hidden > 0 {
        writeln!(
            out,
            "{hidden} that {be} open-coded or never compiled {be} not shown; --all shows {them}."
        )?;
    }
    footer(out, found)
}

pub(super) fn functions(out: &mut dyn Write, found: &Found<'_>) -> io::Result<()> {
    let totals = &found.totals.functions;
    let rows = totals
        .iter()
        .map(|((package, function), total)| (format!("{package} {function}"), total));
    table(out, rows.collect())?;
    summary(out, &found.totals.all)?;
    footer(out, found)
}

pub(super) fn packages(out: &mut dyn Write, found: &Found<'_>) -> io::Result<()> {
    let totals = &found.totals.packages;
    let rows = totals
        .iter()
        .map(|(package, total)| (package.clone(), total));
    table(out, rows.collect())?;
    summary(out, &found.totals.all)?;
    footer(out, found)
}

fn table(out: &mut dyn Write, mut rows: Vec<(String, &Total)>) -> io::Result<()> {
    rows.sort_by(|(a, left), (b, right)| right.ns.total_cmp(&left.ns).then_with(|| a.cmp(b)));
    writeln!(
        out,
        "{:>10} {:>7} {:>6} {:>6} {:>6}",
        "ns", "defers", "open", "stack", "heap"
    )?;
    for (name, total) in rows {
        let [open, stack, heap, _] = total.classes;
        writeln!(
            out,
            "{:>10.1} {:>7} {open:>6} {stack:>6} {heap:>6}  {name}",
            total.ns,
            total.sites()
        )?;
    }
    writeln!(out)
}

fn summary(out: &mut dyn Write, total: &Total) -> io::Result<()> {
    let [open, stack, heap, dead] = total.classes;
    writeln!(
        out,
        "{} {}: {open} open-coded, {stack} stack-allocated, {heap} heap-allocated, {dead} never compiled.",
        total.sites(),
        if total.sites() == 1 {
            "defer"
        } else {
            "defers"
        }
    )
}

fn footer(out: &mut dyn Write, found: &Found<'_>) -> io::Result<()> {
    writeln!(
        out,
        "Classes of Go 1.{}; prices of {} with {}. Functions with defers are never inlined.",
        found.build.minor, found.calibration.name, found.release.go
    )
}

pub(super) fn compared(out: &mut dyn Write, compared: &Compared<'_>) -> io::Result<()> {
    let name = |class: Option<Class>| class.map_or(DEAD, |class| class.as_str());
    for change in &compared.changes {
        let (before, after) = (&change.before, &change.after);
        write!(
            out,
            "{}:{}: {}: {} → {}",
            after.path,
            after.id.line,
            after.id.function,
            name(before.class),
            name(after.class)
        )?;
        if let (Some(old), Some(new)) = (before.ns, after.ns) {
            write!(out, ", {old:.1} → {new:.1} ns")?;
        }
        writeln!(out)?;
        let reason = if after.class > before.class {
            &after.reason
        } else {
            &before.reason
        };
        let label = if after.class > before.class {
            "now"
        } else {
            "before"
        };
        writeln!(out, "    {label}: {reason}")?;
    }
    if !compared.changes.is_empty() {
        writeln!(out)?;
    }
    let (before, after) = (&compared.before, &compared.after);
    for found in [before, after] {
        write!(out, "Go 1.{}: ", found.build.minor)?;
        summary(out, &found.totals.all)?;
    }
    let (old, new) = (before.totals.all.ns, after.totals.all.ns);
    writeln!(
        out,
        "Each passed once: {old:.1} → {new:.1} ns ({:+.1}).",
        new - old
    )?;
    writeln!(
        out,
        "Prices of {} with {} and {}.",
        after.calibration.name, before.release.go, after.release.go
    )
}
