//! `oracle peers`: the test data of other checkers. How many of their expectations do we meet, and
//! what do we say where they expect nothing?
//!
//! The list is `oracle/peers.toml`; the test data is not in this repository. A copy of each project
//! (its test data will do) is looked for in `peers/FOLDER` of the cache.

mod expect;
mod judge;
mod list;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use self::expect::Expected;
use self::judge::{Finding, Outcome, judge};
use self::list::{Check, Kind, Peer};
use self::report::{Place, Row};
use super::{PeersArgs, settle_table};
use crate::generated;
use crate::project::Project;
use crate::toolchains::{self, GO};
use crate::ui::complain;
use crate::usage::measured;

/// Runs over all test data; fails when some is not on this machine.
pub(crate) fn run(project: &Project, args: &PeersArgs) -> Result<()> {
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "release")?,
    };
    let peers = list::read(&project.root.join("oracle/peers.toml"))?;
    let cache = project.cache_dir("peers")?;
    all_there(&cache, &peers)?;
    let tool = Tool {
        deferscope: &deferscope,
        goroot: toolchains::go_toolchain(project, GO)?.root,
        rules: rules(&deferscope)?,
    };
    let mut rows = Vec::new();
    for peer in &peers {
        for check in &peer.checks {
            let row = measure(&tool, &cache.join(&peer.folder), check)
                .with_context(|| format!("{} {}", peer.name, check.name))?;
            rows.push(row);
        }
    }
    settle_table(
        &project.root.join("oracle/peers.md"),
        &report::table(&peers, &rows),
        args.write,
        "cargo xtask oracle peers --write",
    )
}

/// What can be checked without the test data: the list can be read, and the committed table is one of
/// just its checks.
pub(crate) fn check_list(project: &Project) -> Result<()> {
    let peers = list::read(&project.root.join("oracle/peers.toml"))?;
    let path = project.root.join("oracle/peers.md");
    let table =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let rewrite = "`cargo xtask oracle peers --write` writes it";
    let Some(rows) = table.strip_prefix(report::HEAD) else {
        bail!("{} has not the head of today; {rewrite}", path.display());
    };
    let heads = peers.iter().flat_map(|peer| {
        let head = |check: &Check| report::row_head(&peer.name, &check.name);
        peer.checks.iter().map(head)
    });
    let mut rows = rows.lines();
    for head in heads {
        if !rows.next().is_some_and(|row| row.starts_with(&head)) {
            bail!(
                "{} has no row `{head}` at its place; {rewrite}",
                path.display()
            );
        }
    }
    Ok(())
}

/// An error that says how to get what is not there.
fn all_there(cache: &Path, peers: &[Peer]) -> Result<()> {
    let mut absent = 0;
    for peer in peers {
        for check in &peer.checks {
            for path in &check.paths {
                let path = cache.join(&peer.folder).join(path);
                if !path.exists() {
                    absent += 1;
                    complain!(
                        "there is no {}; it is in the repository {} at {}",
                        path.display(),
                        peer.repo,
                        peer.commit
                    );
                }
            }
        }
    }
    if absent != 0 {
        bail!(
            "{absent} of the folders that oracle/peers.toml names are not on this machine; put a checkout of each \
             repository, or of its test data alone, into {} under the name that the list gives as `folder`",
            cache.display()
        );
    }
    Ok(())
}

/// What runs.
struct Tool<'a> {
    deferscope: &'a Path,
    goroot: PathBuf,
    /// The rules that exist.
    rules: BTreeSet<String>,
}

/// Runs over the test data of one check.
fn measure(tool: &Tool<'_>, root: &Path, check: &Check) -> Result<Row> {
    let mut row = Row::default();
    let mut noted = vec![false; check.notes.len()];
    for path in &check.paths {
        let path = root.join(path);
        if path.is_file() {
            // Alone, as its authors run it: the files beside it are other test data.
            let alone = tempfile::tempdir().context("making a folder for a file")?;
            let name = path.file_name().context("files have names")?;
            std::fs::copy(&path, alone.path().join(name))
                .with_context(|| format!("copying {}", path.display()))?;
            let found = tool.check(alone.path(), check)?;
            add_file(&mut row, &mut noted, check, root, &path, &found)?;
            continue;
        }
        for folder in folders_below(&path)? {
            let found = tool.check(&folder, check)?;
            for file in go_files(&folder)? {
                add_file(&mut row, &mut noted, check, root, &file, &found)?;
            }
        }
    }
    for (note, noted) in check.notes.iter().zip(noted) {
        if !noted {
            complain!(
                "warning: a note of {} is about nothing (any more): {}",
                check.name,
                note.reason
            );
        }
    }
    Ok(row)
}

/// Judges one file, and adds what came out.
fn add_file(
    row: &mut Row,
    noted: &mut [bool],
    check: &Check,
    root: &Path,
    path: &Path,
    found: &BTreeMap<String, Vec<Finding>>,
) -> Result<()> {
    let file = path
        .strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string();
    let mut expected = Expected::read(path, check.form)?;
    if let Some(text) = &check.text {
        expected.all.retain(|one| one.text.contains(text));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let found = found.get(name.as_ref()).map_or(&[][..], Vec::as_slice);
    let judged = judge(check, &file, &expected, found);
    let mut note = |kinds: &[Kind], line: u32, text: &str| {
        let fits = |note: &list::Note| kinds.contains(&note.kind) && note.fits(&file, line, text);
        let at = check.notes.iter().position(fits)?;
        noted[at] = true;
        Some((check.notes[at].kind, check.notes[at].reason.clone()))
    };
    for (one, outcome) in expected.all.iter().zip(judged.outcomes) {
        if outcome == Outcome::Repeats {
            continue;
        }
        row.expected += 1;
        match outcome {
            Outcome::OnLine => row.on_line += 1,
            Outcome::InFunction => row.in_function += 1,
            Outcome::OutOfScope => {
                row.out += 1;
                note(&[Kind::Out], one.line, &one.text);
            }
            Outcome::Missed => row.missed.push(Place {
                at: format!("{file}:{}", one.line),
                what: one.text.clone(),
                note: note(&[Kind::Missed], one.line, &one.text),
            }),
            Outcome::Repeats => {}
        }
    }
    for at in judged.besides {
        let finding = &found[at];
        let line = *finding.lines.start();
        row.besides.push(Place {
            at: format!("{file}:{line}"),
            what: format!("{}: {}", finding.rule, finding.message),
            note: note(&[Kind::Right, Kind::Wrong], line, &finding.rule),
        });
    }
    Ok(())
}

impl Tool<'_> {
    /// What the rules of a check find in a folder, by the names of the files.
    fn check(&self, folder: &Path, check: &Check) -> Result<BTreeMap<String, Vec<Finding>>> {
        let known: Vec<_> = check
            .rules
            .iter()
            .filter(|rule| self.rules.contains(*rule))
            .map(String::as_str)
            .collect();
        let mut by_file: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
        if known.is_empty() {
            return Ok(by_file);
        }
        let mut command = Command::new(self.deferscope);
        command
            .current_dir(folder)
            .env("GOROOT", &self.goroot)
            // It may say that vendored packages do not count.
            .env_remove("GOFLAGS")
            .args(["check", "--isolated", "--exit-zero", "--format", "json"])
            .args(["--select", &known.join(",")]);
        if let Some(go) = &check.go {
            command.args(["--go-version", go]);
        }
        command.arg(".");
        let (_, output) = measured(&command)?;
        for line in String::from_utf8_lossy(&output).lines() {
            let finding: Value = serde_json::from_str(line).context("reading a finding")?;
            let text =
                |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
            let number = |value: &Value, key: &str| {
                value[key]
                    .as_u64()
                    .and_then(|line| line.try_into().ok())
                    .unwrap_or_default()
            };
            let path = text(&finding, "path");
            let related = finding["related"].as_array().map_or(&[][..], Vec::as_slice);
            let line = number(&finding, "line");
            by_file.entry(path.clone()).or_default().push(Finding {
                rule: text(&finding, "rule"),
                lines: line..=number(&finding, "end_line").max(line),
                related: related
                    .iter()
                    .filter(|place| text(place, "path") == path)
                    .map(|place| number(place, "line"))
                    .collect(),
                message: text(&finding, "message"),
            });
        }
        Ok(by_file)
    }
}

/// The names of the rules that exist.
fn rules(deferscope: &Path) -> Result<BTreeSet<String>> {
    let (_, output) = measured(Command::new(deferscope).args(["rules", "--format", "json"]))?;
    let rules: Value = serde_json::from_slice(&output).context("reading the table of rules")?;
    let rules = rules.as_array().context("the table of rules is a list")?;
    let name = |rule: &Value| rule["name"].as_str().map(str::to_owned);
    Ok(rules.iter().filter_map(name).collect())
}

/// `folder` and those below it that hold Go files, but for vendored ones.
fn folders_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in entries(&folder)? {
            if entry.is_dir() && entry.file_name().is_some_and(|name| name != "vendor") {
                open.push(entry);
            }
        }
        if !go_files(&folder)?.is_empty() {
            all.push(folder);
        }
    }
    all.sort();
    Ok(all)
}

fn go_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = entries(folder)?;
    files.retain(|path| path.is_file() && path.extension().is_some_and(|end| end == "go"));
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let reading = || format!("reading {}", folder.display());
    let entries = std::fs::read_dir(folder).with_context(reading)?;
    let mut all = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(reading)?;
    all.sort();
    Ok(all)
}
