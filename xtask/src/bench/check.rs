//! A whole `check` of GOROOT/src against parsing the same files, and the findings that it must report.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Goal;
use crate::project::Project;
use crate::toolchains::{GO, Go};
use crate::ui::say;
use crate::usage::{Usage, measured};
use crate::{corpus, generated};

/// What the two commands used, and how much they read: `check` leaves out what is not built for this
/// machine, so the two are compared per byte.
#[derive(Debug)]
pub(super) struct Check {
    check: Usage,
    check_bytes: f64,
    parse: Usage,
    parse_bytes: f64,
    findings: usize,
}

impl Check {
    pub(super) fn goal(&self) -> Goal {
        let check = self.check.cpu_seconds / self.check_bytes;
        let parse = self.parse.cpu_seconds / self.parse_bytes;
        Goal {
            what: "CPU per byte of `check` against `dev parse`",
            ratio: check / parse,
            least: false,
            limit: 2.5,
        }
    }

    pub(super) fn json(&self) -> Value {
        let usage = |usage: &Usage, bytes: f64| serde_json::json!({"cpu_seconds": usage.cpu_seconds, "peak_bytes": usage.peak_bytes, "bytes": bytes});
        serde_json::json!({
            "check": usage(&self.check, self.check_bytes),
            "parse": usage(&self.parse, self.parse_bytes),
            "findings": self.findings,
        })
    }

    pub(super) fn shown(&self) -> String {
        let usage = |usage: &Usage, bytes: f64| {
            let (cpu, peak) = (usage.cpu_seconds, usage.peak_bytes / 1e6);
            format!(
                "{:.1} MB in {cpu:.2} s of CPU, {peak:.0} MB of memory",
                bytes / 1e6
            )
        };
        format!(
            "dev parse: {}\ncheck: {}, {} findings",
            usage(&self.parse, self.parse_bytes),
            usage(&self.check, self.check_bytes),
            self.findings
        )
    }
}

/// Measures both commands.
pub(super) fn run(project: &Project, go: &Go, rounds: usize, write: bool) -> Result<Check> {
    let binary = generated::deferscope(project, "release")?;
    let source = go.root.join("src");
    let patterns = corpus::patterns(&source)?;
    let command = |args: &[&str], patterns: &[String]| {
        let mut command = Command::new(&binary);
        command
            .current_dir(&source)
            .env("DEFERSCOPE_CACHE_DIR", "off")
            .args(args)
            .args(patterns);
        command
    };
    // How many bytes `check` looks at is asked apart: counting is not to be timed.
    let check_bytes = analysed_bytes(&mut command(
        &["check", "--format", "json", "--statistics"],
        &patterns,
    ))?;
    let mut fastest: Option<Check> = None;
    for _ in 0..rounds.max(1) {
        let (parse, output) = measured(&command(&["dev", "parse", "."], &[]))?;
        let parse_bytes = number_before(&String::from_utf8_lossy(&output), "bytes")
            .context("`dev parse` does not say how many bytes it read")?;
        let (check, output) = measured(&command(&["check", "--format", "json"], &patterns))?;
        let findings = output
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .count();
        let best = fastest.get_or_insert(Check {
            check,
            check_bytes,
            parse,
            parse_bytes,
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

/// The bytes that `check --statistics` says it analysed.
fn analysed_bytes(command: &mut Command) -> Result<f64> {
    let output = command.output().context("starting `deferscope check`")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("bytes "))
        .map(str::trim);
    line.and_then(|bytes| bytes.parse().ok()).with_context(|| {
        format!("`check --statistics` does not say how many bytes it analysed:\n{said}")
    })
}

/// The number before a word: `12 bytes`.
fn number_before(text: &str, word: &str) -> Option<f64> {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_end_matches(','))
        .collect();
    let at = words.iter().position(|other| *other == word)?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

/// Demands that the timed run found what it always finds: a fast run that finds nothing is no good.
fn settle_findings(project: &Project, findings: usize, write: bool) -> Result<()> {
    let path = project.root.join("oracle/bench-findings.toml");
    if write {
        let text = format!(
            "# The findings of `deferscope check` of GOROOT/src, std and cmd, as `cargo xtask bench` asserts them.\n\
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_dev_parse_are_found() {
        assert_eq!(
            number_before("3 files, 12 lines, 345 bytes, 0 failures", "bytes"),
            Some(345.0)
        );
        assert_eq!(number_before("bytes 3", "bytes"), None);
    }
}
