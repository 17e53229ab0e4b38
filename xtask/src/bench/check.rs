//! A whole `check` of GOROOT/src against parsing the same files, and the findings that it must report.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Goal;
use crate::generated;
use crate::project::Project;
use crate::toolchains::{GO, Go};
use crate::ui::say;
use crate::usage::{Usage, measured};

/// What the two commands used.
#[derive(Debug)]
pub(super) struct Check {
    check: Usage,
    parse: Usage,
    findings: usize,
}

impl Check {
    pub(super) fn goal(&self) -> Goal {
        let ratio = self.check.cpu_seconds / self.parse.cpu_seconds;
        Goal {
            what: "CPU of `check` against `dev parse`",
            ratio,
            least: false,
            limit: 2.5,
        }
    }

    pub(super) fn json(&self) -> Value {
        let usage = |usage: &Usage| serde_json::json!({"cpu_seconds": usage.cpu_seconds, "peak_bytes": usage.peak_bytes});
        serde_json::json!({"check": usage(&self.check), "parse": usage(&self.parse), "findings": self.findings})
    }

    pub(super) fn shown(&self) -> String {
        let usage = |usage: &Usage| {
            format!(
                "{:.2} s of CPU, {:.0} MB at most",
                usage.cpu_seconds,
                usage.peak_bytes / 1e6
            )
        };
        format!(
            "dev parse: {}\ncheck: {}, {} findings",
            usage(&self.parse),
            usage(&self.check),
            self.findings
        )
    }
}

/// Measures both commands.
pub(super) fn run(project: &Project, go: &Go, rounds: usize, write: bool) -> Result<Check> {
    let binary = generated::deferscope(project, "release")?;
    let source = go.root.join("src");
    let mut fastest: Option<Check> = None;
    for _ in 0..rounds.max(1) {
        let mut command = Command::new(&binary);
        command.current_dir(&source).args(["dev", "parse", "."]);
        let (parse, _) = measured(&command)?;
        let mut command = Command::new(&binary);
        command
            .current_dir(&source)
            .args(["check", "--format", "json", "./..."]);
        let (check, output) = measured(&command)?;
        let findings = output
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .count();
        let best = fastest.get_or_insert(Check {
            check,
            parse,
            findings,
        });
        if best.findings != findings {
            bail!(
                "`check` reported {} findings in one run and {findings} in another",
                best.findings
            );
        }
        if check.cpu_seconds < best.check.cpu_seconds {
            best.check = check;
        }
        if parse.cpu_seconds < best.parse.cpu_seconds {
            best.parse = parse;
        }
    }
    let check = fastest.context("at least one round was run")?;
    settle_findings(project, check.findings, write)?;
    Ok(check)
}

/// Demands that the timed run found what it always finds: a fast run that finds nothing is no good.
fn settle_findings(project: &Project, findings: usize, write: bool) -> Result<()> {
    let path = project.root.join("oracle/bench-findings.toml");
    if write {
        let text = format!(
            "# The findings of `deferscope check ./...` in GOROOT/src, as `cargo xtask bench` asserts them.\n\
             # Written by `cargo xtask bench --write`.\n\
             go = \"{GO}\"\nfindings = {findings}\n"
        );
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        say!("wrote {}", path.display());
        return Ok(());
    }
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "reading {}; `cargo xtask bench --write` writes it",
            path.display()
        )
    })?;
    let committed: toml::Table = text
        .parse()
        .with_context(|| format!("reading {}", path.display()))?;
    if committed.get("go").and_then(toml::Value::as_str) != Some(GO) {
        bail!(
            "{} is for another Go release; rewrite it with `cargo xtask bench --write`",
            path.display()
        );
    }
    let expected = committed.get("findings").and_then(toml::Value::as_integer);
    if expected != i64::try_from(findings).ok() {
        bail!(
            "`check` of GOROOT/src reported {findings} findings, {} has {expected:?}",
            path.display()
        );
    }
    Ok(())
}
