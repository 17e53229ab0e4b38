//! `cargo xtask ecosystem`: `deferscope check` over real code that does not change, and which
//! findings came and went.
//!
//! The baseline is another revision (`--baseline-rev`), built in a worktree of its own, or else the
//! committed table of counts, `oracle/ecosystem.md`. All findings are kept in the cache as JSON
//! lines, one file for each project.

mod findings;
mod projects;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

pub(crate) use self::findings::{Finding, read as read_findings};
use self::projects::CodeBase;
use crate::project::Project;
use crate::ui::{complain, say};
use crate::usage::measured;
use crate::{generated, oracle, process};

/// How many changed findings are printed for each project.
const SHOWN: usize = 200;

/// The flags of `ecosystem`.
#[derive(clap::Args, Debug)]
pub(crate) struct EcosystemArgs {
    /// Compare with this revision instead of the committed table.
    #[arg(long, value_name = "REV")]
    baseline_rev: Option<String>,
    /// Also check the code in this folder.
    #[arg(long, value_name = "DIR")]
    repo: Vec<PathBuf>,
    /// Only the code bases whose names contain one of these.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Flags for `deferscope check`, after `--`.
    #[arg(last = true)]
    check: Vec<String>,
    /// Replace the committed table.
    #[arg(long, conflicts_with_all = ["only", "repo", "baseline_rev", "check"])]
    write: bool,
}

/// Runs over all code bases, and compares.
pub(crate) fn run(project: &Project, args: &EcosystemArgs) -> Result<()> {
    let code_bases = projects::all(project, &args.repo, &args.only)?;
    let folder = project.cache_dir("ecosystem")?;
    let binary = generated::deferscope(project, "release")?;
    let current = check_all(&binary, &code_bases, &folder.join("current"), &args.check)?;
    if let Some(rev) = &args.baseline_rev {
        let (binary, name) = build_revision(project, rev)?;
        say!("\nthe same at {name}:");
        let baseline = check_all(&binary, &code_bases, &folder.join(&name), &args.check)?;
        compare(&baseline, &current);
        return Ok(());
    }
    let table = render(&current);
    if !args.only.is_empty() || !args.repo.is_empty() || !args.check.is_empty() {
        say!("\n{table}");
        return Ok(());
    }
    let path = project.root.join("oracle/ecosystem.md");
    oracle::settle_table(&path, &table, args.write, "cargo xtask ecosystem --write")
}

/// The findings of one code base.
type Findings = Vec<(String, Vec<Finding>)>;

fn check_all(
    binary: &Path,
    code_bases: &[CodeBase],
    folder: &Path,
    flags: &[String],
) -> Result<Findings> {
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let mut all = Vec::new();
    let mut failed = Vec::new();
    for code in code_bases {
        let mut command = Command::new(binary);
        command
            .current_dir(&code.root)
            .env("DEFERSCOPE_CACHE_DIR", "off")
            .args(["check", "--format", "json"])
            .args(flags)
            .args(&code.patterns);
        // One that fails is a finding of its own, but must not hide what the others say.
        let (usage, output) = match measured(&command) {
            Ok(measured) => measured,
            Err(error) => {
                complain!("{}: {error:#}", code.name);
                failed.push(code.name.as_str());
                continue;
            }
        };
        let path = folder.join(format!("{}.jsonl", code.name.replace(['/', ' '], "_")));
        std::fs::write(&path, &output).with_context(|| format!("writing {}", path.display()))?;
        let findings = read_findings(&output)
            .with_context(|| format!("reading what `check` said of {}", code.name))?;
        say!(
            "{:<56} {:>6} findings {:>7.2} s {:>6.0} MB",
            code.name,
            findings.len(),
            usage.cpu_seconds,
            usage.peak_bytes / 1e6
        );
        all.push((code.name.clone(), findings));
    }
    say!("the findings are in {}", folder.display());
    if !failed.is_empty() {
        bail!("`deferscope check` failed on {}", failed.join(", "));
    }
    Ok(all)
}

/// Builds `deferscope` as it was at a revision; returns the binary and the short name.
fn build_revision(project: &Project, rev: &str) -> Result<(PathBuf, String)> {
    let git = || {
        let mut git = Command::new("git");
        git.current_dir(&project.root);
        git
    };
    let commit = process::stdout(
        git()
            .args(["rev-parse", "--verify", "--short=12"])
            .arg(format!("{rev}^{{commit}}")),
    )?;
    let name = commit.trim().to_owned();
    let binary = project.cache_dir("ecosystem/bin")?.join(&name);
    if binary.is_file() {
        return Ok((binary, name));
    }
    let worktree = project.cache_dir("worktrees")?.join(&name);
    let remove = || process::stdout(git().args(["worktree", "remove", "--force"]).arg(&worktree));
    if worktree.exists() {
        remove()?;
    }
    process::stdout(
        git()
            .args(["worktree", "add", "--detach"])
            .arg(&worktree)
            .arg(&name),
    )?;
    let target = project.cache_dir("worktrees/target")?;
    let mut build = project.cargo();
    build.current_dir(&worktree).args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "deferscope",
        "--target-dir",
    ]);
    build.arg(&target);
    let built = process::run(&mut build).with_context(|| format!("building deferscope at {name}"));
    remove()?;
    built?;
    std::fs::copy(target.join("release/deferscope"), &binary)
        .with_context(|| format!("keeping the binary as {}", binary.display()))?;
    Ok((binary, name))
}

/// Prints what came, went and changed.
fn compare(baseline: &Findings, current: &Findings) {
    let (mut came, mut went, mut changed) = (0, 0, 0);
    for (name, now) in current {
        let Some((_, before)) = baseline.iter().find(|(other, _)| other == name) else {
            continue;
        };
        let difference = findings::difference(before, now);
        came += difference.came.len();
        went += difference.went.len();
        changed += difference.changed.len();
        if difference.is_empty() {
            continue;
        }
        say!("\n{name}:");
        let lines = difference.lines();
        for line in lines.iter().take(SHOWN) {
            say!("  {line}");
        }
        if lines.len() > SHOWN {
            say!("  and {} more", lines.len() - SHOWN);
        }
    }
    say!("\n{came} came, {went} went, {changed} say something else");
}

/// The table of counts: a row for each rule, columns for GOROOT and for all the rest.
fn render(findings: &Findings) -> String {
    let mut rules: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (name, findings) in findings {
        let column = usize::from(name != projects::GOROOT);
        for finding in findings {
            rules.entry(&finding.rule).or_default()[column] += 1;
        }
    }
    let mut text = String::from(
        "# Findings in real code\n\n\
         Written by `cargo xtask ecosystem --write`; do not edit. What `deferscope check` reports by default\n\
         in GOROOT/src of the pinned Go release, and in the pinned Debian packages.\n\n\
         | rule | GOROOT | Debian |\n|---|--:|--:|\n",
    );
    for (rule, [goroot, rest]) in &rules {
        let _ = writeln!(text, "| {rule} | {goroot} | {rest} |");
    }
    let total = |column: usize| rules.values().map(|counts| counts[column]).sum::<usize>();
    let _ = writeln!(text, "| all | {} | {} |", total(0), total(1));
    text.push_str("\n| code | findings |\n|---|--:|\n");
    for (name, findings) in findings {
        let _ = writeln!(text, "| {name} | {} |", findings.len());
    }
    text
}
