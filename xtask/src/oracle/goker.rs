//! `oracle goker`: the kernels of real goroutine deadlocks that the benchmark GoKer collects. In how
//! many does `deferscope check` speak, at the goroutine or operation that is stuck?
//!
//! The list of what is right is `oracle/goker.toml`, written by hand from the descriptions of the
//! kernels. The code is not in this repository: a checkout of timmyyuan/gobench is looked for in the
//! folder `gobench` of the cache.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use toml::Table;

use super::{LeaksArgs, settle_table};
use crate::generated;
use crate::project::Project;
use crate::toolchains::{self, GO};
use crate::usage::measured;

/// The rules that may answer, but for those that are not about waiting.
const RULES: [&str; 22] = [
    "abandoned-send",
    "abandoned-receive",
    "channel-never-closed",
    "counted-receive-leaves-early",
    "double-send",
    "send-after-close",
    "double-close",
    "circular-wait",
    "goroutine-without-stop",
    "start-without-stop",
    "waitgroup-done-missing",
    "waitgroup-never-waited",
    "waitgroup-waits-for-itself",
    "waitgroup-wrong-count",
    "waitgroup-copied",
    "cond-never-signalled",
    "cond-wait-outside-loop",
    "cond-wait-without-lock",
    "double-lock",
    "lock-order",
    "lock-not-released",
    "lock-held-while-blocking",
];

/// A kernel, and the lines of its file at which a finding is right.
struct Kernel {
    name: String,
    kind: String,
    lines: Vec<i64>,
}

/// Runs over all kernels; fails when the code is not at hand.
pub(crate) fn run(project: &Project, args: &LeaksArgs) -> Result<()> {
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "release")?,
    };
    let go = toolchains::go_toolchain(project, GO)?;
    let kernels = read(&project.root.join("oracle/goker.toml"))?;
    let suite = project.cache_dir("gobench")?.join("goker/blocking");
    if !suite.is_dir() {
        bail!(
            "there is no {}: put a checkout of timmyyuan/gobench there",
            suite.display()
        );
    }
    let known = known_rules(&deferscope)?;
    let rules: Vec<&str> = RULES
        .into_iter()
        .filter(|rule| known.iter().any(|name| name == rule))
        .collect();
    let select = rules.join(",");

    let mut rows = String::new();
    let (mut found, mut elsewhere) = (0, 0);
    for kernel in &kernels {
        let findings = findings(&deferscope, &go.root, &suite.join(&kernel.name), &select)
            .with_context(|| format!("checking {}", kernel.name))?;
        let (right, wrong): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|(_, line)| kernel.lines.contains(line));
        found += usize::from(!right.is_empty());
        elsewhere += wrong.len();
        let list = |findings: &[(String, i64)]| {
            let texts: Vec<_> = findings
                .iter()
                .map(|(rule, line)| format!("`{rule}` {line}"))
                .collect();
            texts.join(", ")
        };
        rows.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            kernel.name,
            kernel.kind,
            list(&right),
            list(&wrong)
        ));
    }
    let text = format!(
        "# GoKer\n\n\
        Written by `cargo xtask oracle goker --write`; do not edit. The blocking kernels of the benchmark\n\
        GoKer (timmyyuan/gobench), and what is found in them by the rules about goroutines and locks. A\n\
        finding is *right* at one of the lines that [goker.toml](goker.toml) names: those of the goroutines\n\
        or operations that the kernel's own description says are stuck. The suite has no fixed variants.\n\n\
        {found} of {} kernels found, {elsewhere} findings elsewhere.\n\n\
        | kernel | kind | right | elsewhere |\n|---|---|---|---|\n{rows}",
        kernels.len()
    );
    settle_table(
        &project.root.join("oracle/goker.md"),
        &text,
        args.write,
        "cargo xtask oracle goker --write",
    )
}

/// The names of all rules.
fn known_rules(deferscope: &Path) -> Result<Vec<String>> {
    let (_, output) = measured(Command::new(deferscope).args(["rules", "--format", "json"]))?;
    let rules: Value = serde_json::from_slice(&output).context("reading the table of rules")?;
    let rules = rules.as_array().context("the table of rules is a list")?;
    Ok(rules
        .iter()
        .filter_map(|rule| rule["name"].as_str().map(str::to_owned))
        .collect())
}

/// What is found in the test of a kernel, which is copied: the same declarations stand in another file
/// of its folder once more.
fn findings(
    deferscope: &Path,
    goroot: &Path,
    kernel: &Path,
    select: &str,
) -> Result<Vec<(String, i64)>> {
    let copy = tempfile::tempdir().context("making a folder for a kernel")?;
    for entry in
        std::fs::read_dir(kernel).with_context(|| format!("reading {}", kernel.display()))?
    {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.ends_with("_test.go") || name == "go.mod" {
            std::fs::copy(&path, copy.path().join(name))
                .with_context(|| format!("copying {}", path.display()))?;
        }
    }
    let mut command = Command::new(deferscope);
    command
        .current_dir(copy.path())
        .env("GOROOT", goroot)
        .env("DEFERSCOPE_CACHE_DIR", "off")
        .args([
            "check",
            "--select",
            select,
            "--exit-zero",
            "--format",
            "json",
            ".",
        ]);
    let (_, output) = measured(&command)?;
    let mut found = Vec::new();
    for line in String::from_utf8_lossy(&output).lines() {
        let finding: Value = serde_json::from_str(line).context("reading a finding")?;
        let rule = finding["rule"].as_str().unwrap_or_default().to_owned();
        found.push((rule, finding["line"].as_i64().unwrap_or_default()));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<Kernel>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let table: Table = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let rows = table["kernel"].as_array().context("`kernel` is a list")?;
    let kernel = |row: &toml::Value| {
        let text = |key: &str| {
            let value = row.get(key).and_then(toml::Value::as_str);
            value
                .map(str::to_owned)
                .with_context(|| format!("a kernel has no {key}: {row}"))
        };
        let lines = row.get("lines").and_then(toml::Value::as_array);
        Ok(Kernel {
            name: text("name")?,
            kind: text("kind")?,
            lines: lines
                .context("`lines` is a list")?
                .iter()
                .filter_map(toml::Value::as_integer)
                .collect(),
        })
    };
    rows.iter().map(kernel).collect()
}
