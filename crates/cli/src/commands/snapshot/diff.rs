//! How two snapshots differ, site by site.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use go_binary::SiteId;
use serde_json::{Value, json};

use super::{Taken, in_packages, text};

/// What is pending at each site.
#[derive(Debug)]
pub(super) struct Sites {
    goroutines: u64,
    pending: BTreeMap<SiteId, u64>,
}

/// A site whose number changed.
#[derive(Debug)]
pub(super) struct Change {
    id: SiteId,
    before: u64,
    after: u64,
}

impl Sites {
    pub(super) fn of(taken: &Taken) -> Self {
        let sites = taken.snapshot.sites.iter();
        Self {
            goroutines: taken.snapshot.goroutines as u64,
            pending: sites.map(|site| (site.id.clone(), site.pending)).collect(),
        }
    }

    /// Reads what `--format json` wrote.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let mut sites = Self {
            goroutines: 0,
            pending: BTreeMap::new(),
        };
        let mut headers = 0;
        for (number, line) in (1..).zip(text.lines()) {
            let object: Value = serde_json::from_str(line).with_context(|| {
                format!("{shown}:{number}: this is no line of `snapshot --format json`")
            })?;
            let word = |key: &str| object[key].as_str().map(str::to_owned);
            match object["kind"].as_str() {
                Some("snapshot") => {
                    headers += 1;
                    sites.goroutines = object["goroutines"].as_u64().unwrap_or(0);
                }
                Some("site") => {
                    let site = (|| {
                        let small = |key: &str| u32::try_from(object[key].as_u64()?).ok();
                        let id = SiteId {
                            package: word("package")?,
                            function: word("function")?,
                            file: word("file")?,
                            line: small("line")?,
                            ordinal: small("ordinal")?,
                        };
                        Some((id, object["pending"].as_u64()?))
                    })();
                    let (id, pending) = site
                        .with_context(|| format!("{shown}:{number}: a site without its fields"))?;
                    sites.pending.insert(id, pending);
                }
                _ => {}
            }
        }
        if headers != 1 {
            bail!(
                "{shown} holds {headers} snapshots, not one; make it with `snapshot --format json`"
            );
        }
        Ok(sites)
    }
}

/// The sites that changed, those that grew most first.
pub(super) fn changes(before: &Sites, after: &Sites, packages: &[String], min: u64) -> Vec<Change> {
    let mut ids: Vec<_> = before.pending.keys().chain(after.pending.keys()).collect();
    ids.sort_unstable();
    ids.dedup();
    let number = |sites: &Sites, id: &SiteId| sites.pending.get(id).copied().unwrap_or(0);
    let mut changes: Vec<_> = ids
        .into_iter()
        .filter(|id| in_packages(&id.package, packages))
        .map(|id| Change {
            id: id.clone(),
            before: number(before, id),
            after: number(after, id),
        })
        .filter(|change| change.before.abs_diff(change.after) >= min.max(1))
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.growth()));
    changes
}

impl Change {
    fn growth(&self) -> i128 {
        i128::from(self.after) - i128::from(self.before)
    }
}

pub(super) fn text(
    out: &mut dyn Write,
    before: &Sites,
    after: &Sites,
    changes: &[Change],
) -> io::Result<()> {
    writeln!(
        out,
        "goroutines: {} → {}",
        before.goroutines, after.goroutines
    )?;
    if changes.is_empty() {
        return writeln!(out, "nothing pending changed");
    }
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            [
                format!("{:+}", change.growth()),
                change.before.to_string(),
                change.after.to_string(),
                text::clean(&change.id.to_string()),
            ]
        })
        .collect();
    text::table(out, ["GROWTH", "BEFORE", "AFTER", "WHERE"], &rows)
}

pub(super) fn json(out: &mut dyn Write, changes: &[Change]) -> io::Result<()> {
    for change in changes {
        let value = json!({
            "kind": "change",
            "package": change.id.package,
            "function": change.id.function,
            "file": change.id.file,
            "line": change.id.line,
            "ordinal": change.id.ordinal,
            "before": change.before,
            "after": change.after,
        });
        serde_json::to_writer(&mut *out, &value)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
