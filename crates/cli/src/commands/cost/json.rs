//! Costs for programs: an object on each line, described in docs/cost.md.

use std::io::{self, Write};

use cost::{Priced, Total};
use serde_json::{Value, json};

use super::report::{Compared, Found, weight};

pub(super) fn list(out: &mut dyn Write, found: &Found<'_>) -> io::Result<()> {
    line(out, &header(found))?;
    for entry in &found.sites {
        let mut value = site(entry);
        value["kind"] = json!("site");
        if let Some(observed) = found.observed {
            let seen = observed.sites.get(&entry.id);
            value["observed"] = json!({
                "ns": weight(entry, observed),
                "count": seen.and_then(|seen| seen.count),
                "cpu_ns": seen.and_then(|seen| seen.cpu_ns),
            });
        }
        line(out, &value)?;
    }
    for ((package, function), entry) in &found.totals.functions {
        let mut value = total(entry);
        value["kind"] = json!("function");
        value["package"] = json!(package);
        value["function"] = json!(function);
        line(out, &value)?;
    }
    for (package, entry) in &found.totals.packages {
        let mut value = total(entry);
        value["kind"] = json!("package");
        value["package"] = json!(package);
        line(out, &value)?;
    }
    let mut value = total(&found.totals.all);
    value["kind"] = json!("total");
    line(out, &value)
}

pub(super) fn compared(out: &mut dyn Write, compared: &Compared<'_>) -> io::Result<()> {
    line(out, &header(&compared.before))?;
    line(out, &header(&compared.after))?;
    for change in &compared.changes {
        let value = json!({
            "kind": "change",
            "before": site(&change.before),
            "after": site(&change.after),
        });
        line(out, &value)?;
    }
    line(
        out,
        &json!({
            "kind": "summary",
            "before": total(&compared.before.totals.all),
            "after": total(&compared.after.totals.all),
        }),
    )
}

fn line(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn header(found: &Found<'_>) -> Value {
    json!({
        "kind": "build",
        "go": format!("1.{}", found.build.minor),
        "race": found.build.race,
        "no_optimization": found.build.no_optimization,
        "prices": { "from": found.calibration.name, "go": found.release.go, "runs": found.release.runs },
    })
}

fn site(site: &Priced) -> Value {
    json!({
        "path": site.path,
        "line": site.id.line,
        "column": site.column,
        "package": site.id.package,
        "function": site.id.function,
        "ordinal": site.id.ordinal,
        "call": site.call,
        "class": site.class.map(cost::Class::as_str),
        "reason": site.reason.id(),
        "why": site.reason.to_string(),
        "cheaper": site.reason.advice(),
        "ns": site.ns,
        "repeats": site.repeats,
        "moved_to_heap": site.moves,
        "prevents_inlining": site.class.is_some(),
        "generic": site.generic,
    })
}

fn total(total: &Total) -> Value {
    let [open, stack, heap, dead] = total.classes;
    json!({
        "defers": total.sites(),
        "open_coded": open,
        "stack_allocated": stack,
        "heap_allocated": heap,
        "not_compiled": dead,
        "ns": total.ns,
        "complete": !total.incomplete,
    })
}
