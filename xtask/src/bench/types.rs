//! `deferscope dev types --count` of std and cmd against go/parser and go/types doing the same from
//! source: both parse every file once or more, and find the types of all expressions.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Goal;
use crate::generated;
use crate::project::Project;
use crate::toolchains::Go;
use crate::usage::{Usage, measured};

/// What the two programs used.
#[derive(Debug)]
pub(super) struct Types {
    ours: Usage,
    theirs: Usage,
    expressions: u64,
}

impl Types {
    pub(super) fn goals(&self) -> [Goal; 2] {
        let goal = |what, ratio, limit| Goal {
            what,
            ratio,
            least: false,
            limit,
        };
        [
            goal(
                "CPU of `dev types --count` against go/types",
                self.ours.cpu_seconds / self.theirs.cpu_seconds,
                1.0 / 3.0,
            ),
            goal(
                "peak memory of `dev types --count` against go/types",
                self.ours.peak_bytes / self.theirs.peak_bytes,
                1.0,
            ),
        ]
    }

    pub(super) fn json(&self) -> Value {
        let usage = |usage: &Usage| serde_json::json!({"cpu_seconds": usage.cpu_seconds, "peak_bytes": usage.peak_bytes});
        serde_json::json!({
            "go_types": usage(&self.ours),
            "go/types": usage(&self.theirs),
            "expressions": self.expressions,
        })
    }

    pub(super) fn shown(&self) -> String {
        let usage = |usage: &Usage| {
            let (cpu, peak) = (usage.cpu_seconds, usage.peak_bytes / 1e6);
            format!("{cpu:.2} s of CPU, {peak:.0} MB of memory")
        };
        format!(
            "types of {} expressions of std and cmd, without tests:\n  go/types: {}\n  dev types: {}",
            self.expressions,
            usage(&self.theirs),
            usage(&self.ours)
        )
    }
}

/// Measures both, in turns.
pub(super) fn run(project: &Project, go: &Go, rounds: usize) -> Result<Types> {
    let deferscope = generated::deferscope(project, "release")?;
    let typeref = go.build_program(project, "typeref")?;
    let command = |program: &std::path::Path, args: &[&str]| {
        // `go list` needs the settings of our Go, and the measuring wrapper passes on what it has.
        let mut command = Command::new("env");
        for (name, value) in go.command().get_envs() {
            match value {
                Some(value) => {
                    let mut setting = name.to_os_string();
                    setting.push("=");
                    setting.push(value);
                    command.arg(setting);
                }
                None => {
                    command.arg("-u").arg(name);
                }
            }
        }
        command
            .current_dir(go.root.join("src"))
            .arg(program)
            .args(args);
        command
    };
    let ours = command(
        &deferscope,
        &["dev", "types", "--count", "--tests=false", "std", "cmd"],
    );
    let theirs = command(&typeref, &["-count", "-tests=false", "std", "cmd"]);
    let mut best: Option<Types> = None;
    for _ in 0..rounds.max(1) {
        let (theirs, said) = measured(&theirs)?;
        let expected = expressions(&said)?;
        let (ours, said) = measured(&ours)?;
        let counted = expressions(&said)?;
        // Work that is not done costs nothing.
        if counted != expected {
            bail!("`dev types` found {counted} expressions, go/types {expected}");
        }
        let best = best.get_or_insert(Types {
            ours,
            theirs,
            expressions: counted,
        });
        if ours.cpu_seconds < best.ours.cpu_seconds {
            best.ours = ours;
        }
        if theirs.cpu_seconds < best.theirs.cpu_seconds {
            best.theirs = theirs;
        }
    }
    best.context("at least one round was run")
}

fn expressions(said: &[u8]) -> Result<u64> {
    let said = String::from_utf8_lossy(said);
    let mut parts = said.split(", ");
    parts
        .find_map(|part| part.strip_suffix(" expressions")?.parse().ok())
        .with_context(|| format!("no number of expressions in {said:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_expressions_is_found() -> Result<()> {
        assert_eq!(
            expressions(b"1 packages, 2 files, 34 expressions, 0 unknown types\n")?,
            34
        );
        assert!(expressions(b"nothing").is_err());
        Ok(())
    }
}
