//! Our parser, go/parser and tree-sitter-go on the same files, one after the other, again and again.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::Goal;
use crate::corpus::Corpus;
use crate::process;
use crate::project::Project;
use crate::toolchains::Go;

/// The fastest run of one parser.
#[derive(Clone, Debug)]
pub(super) struct Run {
    name: &'static str,
    bytes: f64,
    failures: u64,
    cpu_seconds: f64,
}

impl Run {
    /// Millions of bytes in a second of CPU, reading included.
    fn rate(&self) -> f64 {
        self.bytes / 1e6 / self.cpu_seconds
    }

    pub(super) fn shown(&self) -> String {
        format!(
            "{:<16} {:>7.1} MB per CPU second, {} files failed",
            self.name,
            self.rate(),
            self.failures
        )
    }

    pub(super) fn json(&self) -> Value {
        serde_json::json!({
            "parser": self.name,
            "bytes": self.bytes,
            "failures": self.failures,
            "cpu_seconds": self.cpu_seconds,
            "megabytes_per_cpu_second": self.rate(),
        })
    }
}

/// Measures all parsers: A B C A B C …, so that a change of the machine's mood meets them all.
pub(super) fn run(
    project: &Project,
    go: &Go,
    binaries: &Path,
    corpus: &Corpus,
    rounds: usize,
) -> Result<Vec<Run>> {
    let programs = [
        ("go_syntax", binaries.join("go_syntax")),
        ("go/parser", go.build_program(project, "parsebench")?),
        ("tree-sitter-go", binaries.join("tree_sitter")),
    ];
    let list: String = corpus
        .files
        .iter()
        .map(|file| format!("{}\n", corpus.path(file).display()))
        .collect();
    let mut fastest: Vec<Option<Run>> = vec![None; programs.len()];
    for _ in 0..rounds.max(1) {
        for ((name, program), fastest) in programs.iter().zip(&mut fastest) {
            let run = one(name, program, list.as_bytes())?;
            if fastest
                .as_ref()
                .is_none_or(|best| run.cpu_seconds < best.cpu_seconds)
            {
                *fastest = Some(run);
            }
        }
    }
    Ok(fastest.into_iter().flatten().collect())
}

fn one(name: &'static str, program: &Path, list: &[u8]) -> Result<Run> {
    let answer = process::stdout_bytes(&mut Command::new(program), list)?;
    let answer: Value =
        serde_json::from_slice(&answer).with_context(|| format!("reading the answer of {name}"))?;
    let number = |key: &str| {
        answer[key]
            .as_f64()
            .ok_or_else(|| anyhow!("the answer of {name} has no {key}"))
    };
    Ok(Run {
        name,
        bytes: number("bytes")?,
        failures: answer["failures"]
            .as_u64()
            .ok_or_else(|| anyhow!("the answer of {name} has no failures"))?,
        cpu_seconds: number("cpu_seconds")?,
    })
}

/// How much faster than the others we are to be.
pub(super) fn goals(runs: &[Run]) -> Result<Vec<Goal>> {
    let rate = |name: &str| {
        let run = runs.iter().find(|run| run.name == name);
        run.map(Run::rate)
            .ok_or_else(|| anyhow!("{name} was not measured"))
    };
    let ours = rate("go_syntax")?;
    Ok(vec![
        Goal {
            what: "bytes per CPU second against go/parser",
            ratio: ours / rate("go/parser")?,
            least: true,
            limit: 3.0,
        },
        Goal {
            what: "bytes per CPU second against tree-sitter-go",
            ratio: ours / rate("tree-sitter-go")?,
            least: true,
            limit: 15.0,
        },
    ])
}
