//! Which lines opened what is open, as far as a profile watched: what `profile --format evidence` wrote.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use profiles::evidence::{Merged, Site};
use serde_json::{Value, json};

use super::text::{clean, table};
use crate::evidence;

/// More lines are not shown.
const SHOWN: usize = 20;

/// The lines of these files that left something open, those with the most first.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Site>> {
    let Some(Merged { sites, .. }) = evidence::load(files, true)? else {
        return Ok(Vec::new());
    };
    let mut sites: Vec<_> = sites.into_values().filter(|site| site.open() > 0).collect();
    sites.sort_by_key(|site| (std::cmp::Reverse(site.open()), site.id()));
    Ok(sites)
}

pub(super) fn text(out: &mut dyn Write, opened: &[Site]) -> io::Result<()> {
    if opened.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nleft open by these lines while they were profiled:")?;
    let rows: Vec<_> = opened
        .iter()
        .take(SHOWN)
        .map(|site| {
            let kinds = site.resources.iter();
            let kinds = kinds.map(|resource| format!("{} {}", resource.open, resource.kind));
            [
                site.open().to_string(),
                clean(&kinds.collect::<Vec<_>>().join(", ")),
                clean(&format!("{}/{}:{}", site.package, site.file, site.line)),
                clean(&site.function),
            ]
        })
        .collect();
    table(out, ["OPEN", "KINDS", "WHERE", "IN"], &rows)?;
    if opened.len() > SHOWN {
        let left = opened.len() - SHOWN;
        writeln!(out, "… and {left} more lines; --format json has all")?;
    }
    Ok(())
}

pub(super) fn json(site: &Site) -> Value {
    let resources = site.resources.iter();
    let resources =
        resources.map(|resource| json!({ "kind": resource.kind, "open": resource.open }));
    json!({
        "kind": "opened",
        "package": site.package,
        "function": site.function,
        "file": site.file,
        "line": site.line,
        "resources": resources.collect::<Vec<_>>(),
    })
}
