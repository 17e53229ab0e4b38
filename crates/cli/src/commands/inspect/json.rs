//! Inspections for programs: an object on each line, described in docs/output-formats.md.

use std::collections::HashSet;
use std::io::{self, Write};

use go_binary::{BuildInfo, Comparison, Maker, Module, Site, Verdict};
use serde_json::{Value, json};

use super::{Inspected, count};

pub(super) fn one(out: &mut dyn Write, program: &Inspected<'_>, sites: &[&Site]) -> io::Result<()> {
    line(out, &binary(program))?;
    for function in functions(program) {
        line(out, &function)?;
    }
    for entry in sites {
        let mut value = site(entry);
        value["kind"] = json!("site");
        line(out, &value)?;
    }
    Ok(())
}

pub(super) fn two(
    out: &mut dyn Write,
    before: &Inspected<'_>,
    after: &Inspected<'_>,
    comparison: &Comparison<'_>,
) -> io::Result<()> {
    line(out, &binary(before))?;
    line(out, &binary(after))?;
    for change in &comparison.changes {
        let value = json!({
            "kind": "change",
            "change": change.verdict.as_str(),
            "before": change.before.map(site),
            "after": change.after.map(site),
        });
        line(out, &value)?;
    }
    let mut summary = json!({ "kind": "summary", "same": comparison.same });
    for verdict in Verdict::ALL {
        summary[verdict.as_str()] = json!(count(comparison, verdict));
    }
    line(out, &summary)
}

fn line(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn binary(program: &Inspected<'_>) -> Value {
    let image = program.binary.image();
    let linkage = image.linkage();
    let mut value = json!({
        "kind": "binary",
        "path": program.path,
        "go": program.binary.build_info().map(|info| &info.go_version),
        "arch": image.arch().as_str(),
        "dynamic": linkage.dynamic,
        "position_independent": linkage.position_independent,
        "symbols": linkage.symbols,
        "dwarf": linkage.dwarf,
        "functions": program.binary.functions().len(),
        "build": program.binary.build_info().map(build),
    });
    for (class, count) in program.counts() {
        value["defers"][class.as_str()] = json!(count);
    }
    value
}

fn build(info: &BuildInfo) -> Value {
    let settings: Vec<_> = info
        .settings
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    json!({
        "package": info.path,
        "main": info.main.as_ref().map(module),
        "dependencies": info.dependencies.iter().map(module).collect::<Vec<_>>(),
        "settings": settings,
    })
}

fn module(module: &Module) -> Value {
    json!({
        "path": module.path,
        "version": module.version,
        "sum": module.sum,
        "replace": module.replace.as_deref().map(self::module),
    })
}

/// The functions with defers, and those that recover.
fn functions(program: &Inspected<'_>) -> Vec<Value> {
    let table = program.binary.functions();
    let recovering: HashSet<_> = program.defers.recovering.iter().copied().collect();
    let deferring = program.defers.functions.iter().map(|found| found.function);
    let mut all: Vec<_> = deferring.chain(recovering.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let found = |id| {
        let defers = &program.defers.functions;
        let at = defers.binary_search_by_key(&id, |found| found.function);
        at.ok().and_then(|at| defers.get(at))
    };
    all.into_iter()
        .filter_map(|id| {
            let function = table.function(id)?;
            let declared = program.binary.declared_at(&function);
            let defers = found(id);
            let open = defers.and_then(|defers| defers.open.as_ref());
            Some(json!({
                "kind": "function",
                "symbol": function.name,
                "path": declared.map(|(path, _)| path),
                "line": declared.map(|(_, line)| line),
                "entry": function.entry,
                "end": function.end,
                "deferreturn": (function.deferreturn != 0).then_some(function.deferreturn),
                "open_coded": open.map(|open| json!({ "bits": open.bits, "slots": open.slots })),
                "unreachable": defers.map_or(0, |defers| defers.unreachable.len()),
                "ranges_over_functions": defers.is_some_and(|defers| defers.ranges_over_functions),
                "recovers": recovering.contains(&id),
            }))
        })
        .collect()
}

fn site(site: &Site) -> Value {
    let maker = match site.maker {
        Maker::Slot(slot) => format!("slot {slot}"),
        Maker::DeferprocStack => "deferprocStack".to_owned(),
        Maker::Deferproc => "deferproc".to_owned(),
        Maker::Deferprocat => "deferprocat".to_owned(),
    };
    json!({
        "package": site.id.package,
        "function": site.id.function,
        "file": site.id.file,
        "line": site.id.line,
        "ordinal": site.id.ordinal,
        "class": site.class.as_str(),
        "by": maker,
        "path": site.path,
        "symbol": site.symbol,
        "copies": site.copies,
        "calls": site.calls,
        "recovers": site.recovers,
    })
}
