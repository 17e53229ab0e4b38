//! What a profile shows of descriptors: how many were opened where, and which of them stay open.

use std::collections::HashMap;
use std::io::{self, Write};

use probe::profile::{Opened, OpenedAt};
use profiles::{evidence, pprof};
use serde_json::{Value, json};

use super::text::{clean, nanos, place, table};

/// Lines without anything open are not shown beyond so many.
const CLOSED_LINES: usize = 5;

pub(super) fn text(out: &mut dyn Write, opened: &Opened) -> io::Result<()> {
    if opened.opened == 0 {
        return writeln!(out, "\nNo descriptor was opened.");
    }
    writeln!(
        out,
        "\ndescriptors opened in {:.1} s: {}; closed again: {}; still open: {}",
        opened.seconds,
        opened.opened,
        opened.closed,
        opened.open()
    )?;
    let head = ["OPEN", "OPENED", "KIND", "OLDEST", "WHERE", "IN", "SUCH AS"];
    let mut closed = 0;
    let rows: Vec<_> = opened
        .places
        .iter()
        .filter(|line| {
            closed += usize::from(line.open == 0);
            line.open > 0 || closed <= CLOSED_LINES
        })
        .map(row)
        .collect();
    table(out, head, &rows)?;
    if closed > CLOSED_LINES {
        let left = closed - CLOSED_LINES;
        writeln!(out, "… and {left} more that closed all they opened")?;
    }
    Ok(())
}

fn row(line: &OpenedAt) -> [String; 7] {
    let oldest = line.oldest.map(|seconds| nanos(seconds * 1e9));
    let (at, function) = match &line.site {
        Some(site) => (place(site), clean(&site.function)),
        None => ("?".to_owned(), String::new()),
    };
    [
        line.open.to_string(),
        line.opened.to_string(),
        line.kind.as_str().to_owned(),
        oldest.unwrap_or_else(|| "-".to_owned()),
        at,
        function,
        line.examples
            .first()
            .map_or_else(String::new, |name| clean(name)),
    ]
}

pub(super) fn json(opened: &Opened) -> Value {
    let stack = |stack: &[probe::Place]| -> Vec<Value> {
        let frames = stack.iter().map(
            |place| json!({ "function": place.function, "path": place.file, "line": place.line }),
        );
        frames.collect()
    };
    let places = opened.places.iter().map(|line| {
        let stacks = line.stacks.iter().map(
            |one| json!({ "opened": one.opened, "open": one.open, "stack": stack(&one.stack) }),
        );
        json!({
            "kind": line.kind.as_str(),
            "package": line.site.as_ref().map(|site| &site.package),
            "function": line.site.as_ref().map(|site| &site.function),
            "file": line.site.as_ref().map(|site| &site.file),
            "line": line.site.as_ref().map(|site| site.line),
            "path": line.path,
            "opened": line.opened,
            "open": line.open,
            "oldest_seconds": line.oldest,
            "examples": line.examples,
            "stacks": stacks.collect::<Vec<_>>(),
        })
    });
    json!({
        "opened": opened.opened,
        "closed": opened.closed,
        "open": opened.open(),
        "seconds": opened.seconds,
        "system_calls": opened.calls,
        "call_ns": opened.prices.call,
        "change_ns": opened.prices.change,
        "cost_seconds": opened.cost,
        "places": places.collect::<Vec<_>>(),
    })
}

/// The lines that opened what is open still.
pub(super) fn evidence(opened: &Opened) -> Vec<evidence::Site> {
    let mut lines: HashMap<_, evidence::Site> = HashMap::new();
    for line in opened.places.iter().filter(|line| line.open > 0) {
        let Some(id) = &line.site else { continue };
        let site = lines.entry(id).or_insert_with(|| evidence::Site {
            path: Some(line.path.clone()),
            ..evidence::Site::at(id)
        });
        site.resources.push(evidence::Resource {
            kind: line.kind.as_str().to_owned(),
            open: line.open,
        });
    }
    let mut lines: Vec<_> = lines.into_values().collect();
    lines.sort_by_key(|site| (std::cmp::Reverse(site.open()), site.id()));
    lines
}

/// A sample for each stack that opened something, labelled with its kind.
pub(super) fn pprof(builder: &mut pprof::Builder, mapping: pprof::MappingId, opened: &Opened) {
    for line in &opened.places {
        let kind = || pprof::Label::Text("kind".into(), line.kind.as_str().into());
        for one in &line.stacks {
            let frames: Vec<_> = one
                .stack
                .iter()
                .map(|place| pprof::Frame {
                    mapping: Some(mapping),
                    ..pprof::Frame::new(&place.function, &place.file, place.line)
                })
                .collect();
            let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            let values = [0, 0, count(one.opened), count(one.open)];
            builder.sample(&frames, &values, &[kind()]);
        }
    }
}
