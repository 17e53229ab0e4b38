//! The drawing: down the left side the function, with its defers where they are registered and its
//! ways out where they leave; beside each way out the deferred calls in the order in which they run, and
//! what comes of it.

use std::io::{self, Write};

use super::escape;
use crate::model::{Deed, Ending, Explanation, Run, Times, Way, WayKind};
use crate::text::{UNKNOWN_PANIC, grouped, line_list};

const ROW: usize = 40;
const SPINE: usize = 92;
const FIRST: usize = 150;
const CHIP: usize = 58;
const GAP: usize = 26;
/// So many rows and calls are drawn.
const MAX_ROWS: usize = 80;
const MAX_CHIPS: usize = 12;

/// One row.
enum Row<'e> {
    Defer(usize),
    Way(Vec<&'e Way>),
}

pub(super) fn draw(out: &mut dyn Write, told: &Explanation) -> io::Result<()> {
    let mut rows: Vec<(u32, u8, Row<'_>)> = Vec::new();
    for (index, defer) in told.defers.iter().enumerate() {
        if defer.within.is_none() {
            rows.push((defer.site.line, 0, Row::Defer(index)));
        }
    }
    for (_, group) in grouped(told) {
        // Panics of calls have no place of their own: they come last.
        let place = if group[0].kind == WayKind::Calls {
            u32::MAX
        } else {
            group[0].lines.first().copied().unwrap_or(u32::MAX)
        };
        rows.push((place, 1, Row::Way(group)));
    }
    rows.sort_by_key(|&(line, kind, _)| (line, kind));
    let hidden = rows.len().saturating_sub(MAX_ROWS);
    rows.truncate(MAX_ROWS);
    let height = (rows.len() + 1) * ROW + if hidden > 0 { ROW } else { 0 };
    let most = rows
        .iter()
        .map(|(_, _, row)| match row {
            Row::Defer(_) => 0,
            Row::Way(group) => group[0].runs.len().min(MAX_CHIPS + 1),
        })
        .max()
        .unwrap_or(0);
    let width = (FIRST + most * (CHIP + GAP) + 420).max(760);
    writeln!(
        out,
        "<svg role=\"img\" aria-label=\"ways out and deferred calls\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">"
    )?;
    writeln!(
        out,
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"tip\" d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>"
    )?;
    let bottom = height - ROW / 2;
    writeln!(
        out,
        "<line class=\"spine\" x1=\"{SPINE}\" y1=\"8\" x2=\"{SPINE}\" y2=\"{bottom}\"/>"
    )?;
    for (index, (_, _, row)) in rows.iter().enumerate() {
        let y = (index + 1) * ROW - ROW / 2 + 8;
        match row {
            Row::Defer(defer) => registered(out, told, *defer, y)?,
            Row::Way(group) => leaving(out, told, group, y)?,
        }
    }
    if hidden > 0 {
        let y = (rows.len() + 1) * ROW - ROW / 2 + 8;
        writeln!(
            out,
            "<text class=\"small\" x=\"{FIRST}\" y=\"{y}\">… {hidden} more are told below</text>"
        )?;
    }
    writeln!(out, "</svg>")
}

fn registered(out: &mut dyn Write, told: &Explanation, index: usize, y: usize) -> io::Result<()> {
    let defer = &told.defers[index];
    let times = match defer.times {
        Times::Once => String::new(),
        Times::AtMost(most) => format!(" (up to {most} times)"),
        Times::Any => " (any number of times)".to_owned(),
    };
    line_label(out, &defer.site.line.to_string(), y)?;
    writeln!(
        out,
        "<circle class=\"site\" cx=\"{SPINE}\" cy=\"{y}\" r=\"13\"/><text class=\"sitename\" x=\"{SPINE}\" y=\"{}\">D{}</text>",
        y + 4,
        index + 1
    )?;
    writeln!(
        out,
        "<text class=\"code\" x=\"{}\" y=\"{}\">defer {}</text>",
        SPINE + 24,
        y + 4,
        escape(&short(&format!("{}{times}", defer.call), 70))
    )
}

fn line_label(out: &mut dyn Write, text: &str, y: usize) -> io::Result<()> {
    writeln!(
        out,
        "<text class=\"line\" x=\"{}\" y=\"{}\">{}</text>",
        SPINE - 24,
        y + 4,
        escape(&short(text, 9))
    )
}

fn leaving(out: &mut dyn Write, told: &Explanation, group: &[&Way], y: usize) -> io::Result<()> {
    let way = group[0];
    let class = match way.kind {
        _ if !way.reached => "never",
        WayKind::Panic | WayKind::Calls => "panic",
        WayKind::Exit | WayKind::Blocks | WayKind::Goexit => "stop",
        WayKind::Return | WayKind::End => "plain",
    };
    let lines: Vec<u32> = group
        .iter()
        .flat_map(|way| way.lines.iter().copied())
        .collect();
    line_label(out, &line_list(&lines), y)?;
    let title = format!("{}: {}", line_list(&lines), way.text);
    writeln!(
        out,
        "<g class=\"{class}\"><title>{}</title>",
        escape(&title)
    )?;
    writeln!(
        out,
        "<circle class=\"exit\" cx=\"{SPINE}\" cy=\"{y}\" r=\"5\"/>"
    )?;
    let mut x = SPINE + 6;
    let mut to = FIRST;
    let shown = way.runs.len().min(MAX_CHIPS);
    if way.reached {
        for run in &way.runs[..shown] {
            arrow(out, x, to, y)?;
            chip(out, told, run, to, y)?;
            x = to + CHIP;
            to = x + GAP;
        }
        if way.runs.len() > shown {
            arrow(out, x, to, y)?;
            writeln!(
                out,
                "<text class=\"small\" x=\"{}\" y=\"{}\">+{}</text>",
                to + 4,
                y + 4,
                way.runs.len() - shown
            )?;
            x = to + 34;
            to = x + GAP;
        }
        arrow(out, x, to, y)?;
    }
    let end = if way.reached {
        ending(way)
    } else {
        "never reached".to_owned()
    };
    writeln!(
        out,
        "<text class=\"ending\" x=\"{}\" y=\"{}\">{}</text></g>",
        to + 6,
        y + 4,
        escape(&short(&end, 58))
    )
}

fn arrow(out: &mut dyn Write, from: usize, to: usize, y: usize) -> io::Result<()> {
    writeln!(
        out,
        "<line class=\"arrow\" x1=\"{from}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" marker-end=\"url(#tip)\"/>",
        to - 2
    )
}

fn chip(out: &mut dyn Write, told: &Explanation, run: &Run, x: usize, y: usize) -> io::Result<()> {
    let mut class = "call".to_owned();
    if run.maybe.is_some() {
        class.push_str(" maybe");
    }
    if does(&run.does, &|deed| matches!(deed, Deed::Recovers { .. })) {
        class.push_str(" recovers");
    } else if does(&run.does, &|deed| matches!(deed, Deed::Panics { .. })) {
        class.push_str(" panics");
    }
    let many = match run.times {
        Times::Once => "",
        Times::AtMost(_) | Times::Any => " ×n",
    };
    let defer = &told.defers[run.defer];
    writeln!(
        out,
        "<g class=\"{class}\"><title>{}</title><rect x=\"{x}\" y=\"{}\" width=\"{CHIP}\" height=\"26\" rx=\"6\"/><text x=\"{}\" y=\"{}\">D{}{many}</text></g>",
        escape(&format!("line {}: {}", run.line, defer.call)),
        y - 13,
        x + CHIP / 2,
        y + 4,
        run.defer + 1
    )
}

fn does(deeds: &[Deed], wanted: &dyn Fn(&Deed) -> bool) -> bool {
    deeds.iter().any(|deed| {
        wanted(deed)
            || match deed {
                Deed::If { does: inner, .. } => does(inner, wanted),
                _ => false,
            }
    })
}

fn ending(way: &Way) -> String {
    let words: Vec<String> = way
        .outcomes
        .iter()
        .map(|outcome| match outcome.ending {
            Ending::Returns if outcome.results.is_empty() => "returns".to_owned(),
            Ending::Returns => {
                let results: Vec<&str> = outcome
                    .results
                    .iter()
                    .map(|result| result.value.as_str())
                    .collect();
                format!("returns {}", results.join(", "))
            }
            Ending::Panics => match &outcome.panic {
                Some(value) if value != UNKNOWN_PANIC => format!("panics with {value}"),
                _ => "panics".to_owned(),
            },
            Ending::Goexit => "the goroutine ends".to_owned(),
            Ending::Exits => "the process ends".to_owned(),
            Ending::Blocks => "never ends".to_owned(),
        })
        .collect();
    words.join(" or ")
}

fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
