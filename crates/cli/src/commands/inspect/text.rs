//! Inspections for people.

use std::cmp::Reverse;
use std::io::{self, Write};

use go_binary::{Comparison, Site, Verdict};

use super::{Inspected, count};

/// Names longer than this do not widen their column.
const WIDEST: usize = 60;

pub(super) fn one(out: &mut dyn Write, program: &Inspected<'_>, sites: &[&Site]) -> io::Result<()> {
    head(out, program)?;
    if sites.is_empty() {
        return writeln!(out, "\nNo defers to show.");
    }
    let mut sites = sites.to_vec();
    sites.sort_by_key(|site| {
        let id = &site.id;
        (
            Reverse(site.class),
            &id.package,
            &id.file,
            id.line,
            id.ordinal,
        )
    });
    let rows = sites.into_iter().map(|site| {
        let mut calls = site.calls.clone().unwrap_or_else(|| "?".to_owned());
        if site.recovers {
            calls.push_str(", which recovers");
        }
        [
            site.class.as_str().to_owned(),
            place(site),
            in_function(site),
            calls,
        ]
    });
    writeln!(out)?;
    table(out, ["CLASS", "WHERE", "IN", "CALLS"], rows.collect())
}

pub(super) fn two(
    out: &mut dyn Write,
    before: &Inspected<'_>,
    after: &Inspected<'_>,
    comparison: &Comparison<'_>,
) -> io::Result<()> {
    head(out, before)?;
    head(out, after)?;
    if comparison.changes.is_empty() {
        return writeln!(out, "\nNo differences among the defers shown.");
    }
    // What only moved is counted.
    let shown = comparison
        .changes
        .iter()
        .filter(|change| change.verdict != Verdict::Moved);
    let rows = shown.filter_map(|change| {
        let site = change.after.or(change.before)?;
        let class = |site: Option<&Site>| site.map_or("-", |site| site.class.as_str()).to_owned();
        let mut place = place(site);
        if let Some(before) = change.before
            && before.id.line != site.id.line
        {
            place.push_str(&format!(" (was line {})", before.id.line));
        }
        Some([
            change.verdict.as_str().to_owned(),
            class(change.before),
            class(change.after),
            place,
            in_function(site),
        ])
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        writeln!(out)?;
        table(out, ["", "BEFORE", "AFTER", "WHERE", "IN"], rows)?;
    }
    let counts: Vec<_> = Verdict::ALL
        .iter()
        .map(|&verdict| format!("{} {}", count(comparison, verdict), verdict.as_str()))
        .collect();
    writeln!(out, "\n{}, {} the same", counts.join(", "), comparison.same)
}

fn head(out: &mut dyn Write, program: &Inspected<'_>) -> io::Result<()> {
    let linkage = program.binary.image().linkage();
    let mut traits = vec![if linkage.dynamic { "dynamic" } else { "static" }];
    if linkage.position_independent {
        traits.push("position-independent");
    }
    traits.push(match (linkage.symbols, linkage.dwarf) {
        (true, true) => "with symbols and DWARF",
        (true, false) => "with symbols, without DWARF",
        (false, true) => "without symbols, with DWARF",
        (false, false) => "stripped",
    });
    writeln!(
        out,
        "{}: {} linux/{}, {}",
        clean(&program.path),
        clean(&program.release()),
        program.binary.image().arch().as_str(),
        traits.join(", ")
    )?;
    if let Some(info) = program.binary.build_info() {
        if let Some(path) = &info.path {
            write!(out, "  package    {}", clean(path))?;
            if let Some(main) = &info.main {
                write!(out, " of {} {}", clean(&main.path), clean(&main.version))?;
            }
            writeln!(out, ", {} modules besides", info.dependencies.len())?;
        }
        let settings: Vec<_> = info
            .settings
            .iter()
            .map(|(key, value)| clean(&setting(key, value)))
            .collect();
        if !settings.is_empty() {
            writeln!(out, "  settings   {}", settings.join(" "))?;
        }
    }
    writeln!(
        out,
        "  functions  {}, {} with defers, {} that recover",
        program.binary.functions().len(),
        program.defers.functions.len(),
        program.defers.recovering.len()
    )?;
    let counts: Vec<_> = program
        .counts()
        .iter()
        .map(|(class, count)| format!("{count} {}", class.as_str()))
        .collect();
    writeln!(
        out,
        "  defers     {}: {}",
        program.sites.len(),
        counts.join(", ")
    )
}

/// A setting; some are very long.
fn setting(key: &str, value: &str) -> String {
    const LONG: usize = 60;
    let mut text = format!("{key}={value}");
    if let Some((end, _)) = text.char_indices().nth(LONG) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn place(site: &Site) -> String {
    format!("{}/{}:{}", site.id.package, site.id.file, site.id.line)
}

fn in_function(site: &Site) -> String {
    match site.copies {
        1 => site.symbol.clone(),
        copies => format!("{} ({copies} copies)", site.symbol),
    }
}

/// Names in a file may contain what a terminal would act upon.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn table<const N: usize>(
    out: &mut dyn Write,
    head: [&str; N],
    rows: Vec<[String; N]>,
) -> io::Result<()> {
    let mut all = vec![head.map(str::to_owned)];
    all.extend(rows.into_iter().map(|row| row.map(|cell| clean(&cell))));
    let mut widths = [0; N];
    for row in &all {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count().min(WIDEST));
        }
    }
    for row in &all {
        let mut line = String::new();
        for (&width, cell) in widths.iter().zip(row) {
            line.push_str(&format!("{cell:width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
