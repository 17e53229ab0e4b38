//! `cargo xtask test`: everything that must hold, on a fresh machine, in one command.
//!
//! A step that fails does not stop the others. What is missing on this machine is named loudly;
//! in continuous integration (`CI=true`) it is a failure.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::{self, Project};
use crate::toolchains::{self, GO};
use crate::ui::{complain, say};
use crate::{fuzz, generated, oracle, page, std_index, tidy};

/// The flags of `test`.
#[derive(clap::Args, Debug)]
pub(crate) struct TestArgs {
    /// Only the steps with these names.
    #[arg(value_name = "STEP")]
    only: Vec<String>,
}

/// One step: its name, whether it needs something fetched, and what it does.
struct Step {
    name: &'static str,
    needs: Needs,
    run: fn(&Project) -> Result<()>,
}

/// What a step cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Needs {
    /// Cargo alone.
    Nothing,
    /// A Go toolchain.
    Go,
    /// The cargo-deny binary.
    Deny,
    /// A C++ compiler.
    Cxx,
    /// A browser that draws without a screen.
    Chromium,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        needs: Needs::Nothing,
        run: fmt,
    },
    Step {
        name: "tidy",
        needs: Needs::Nothing,
        run: tidy::run,
    },
    Step {
        name: "clippy",
        needs: Needs::Nothing,
        run: clippy,
    },
    Step {
        name: "test",
        needs: Needs::Nothing,
        run: cargo_test,
    },
    Step {
        name: "generated",
        needs: Needs::Nothing,
        run: generated::check,
    },
    Step {
        name: "std-index",
        needs: Needs::Go,
        run: std_index::check,
    },
    Step {
        name: "deny",
        needs: Needs::Deny,
        run: deny,
    },
    Step {
        name: "oracle",
        needs: Needs::Go,
        run: oracle::check_all,
    },
    Step {
        name: "page",
        needs: Needs::Chromium,
        run: page::check,
    },
    Step {
        name: "fuzz",
        needs: Needs::Cxx,
        run: fuzz::run_all,
    },
];

/// How a step ended.
#[derive(Debug)]
enum Outcome {
    Passed,
    Failed(String),
    /// What it needs is not here.
    Missing(String),
}

/// Runs the steps and prints how each of them ended.
pub(crate) fn run(project: &Project, args: &TestArgs) -> Result<()> {
    for name in &args.only {
        if !STEPS.iter().any(|step| step.name == name) {
            let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            bail!(
                "there is no step {name:?}; the steps are {}",
                known.join(", ")
            );
        }
    }
    let mut results = Vec::new();
    for step in STEPS {
        if !args.only.is_empty() && !args.only.iter().any(|name| name == step.name) {
            continue;
        }
        say!("\n== {} ==", step.name);
        let start = Instant::now();
        let outcome = match provide(project, step.needs) {
            Err(error) => Outcome::Missing(format!("{error:#}")),
            Ok(()) => match (step.run)(project) {
                Ok(()) => Outcome::Passed,
                Err(error) => Outcome::Failed(format!("{error:#}")),
            },
        };
        match &outcome {
            Outcome::Passed => {}
            Outcome::Failed(error) => complain!("{} FAILED: {error}", step.name),
            Outcome::Missing(error) => complain!("{} NOT RUN: {error}", step.name),
        }
        results.push((step.name, outcome, start.elapsed()));
    }
    conclude(&results, project::is_ci())
}

/// Fetches or finds what a step needs.
fn provide(project: &Project, needs: Needs) -> Result<()> {
    match needs {
        Needs::Nothing => Ok(()),
        Needs::Go => toolchains::go_toolchain(project, GO).map(drop),
        Needs::Deny => toolchains::cargo_deny(project).map(drop),
        Needs::Chromium => page::browser().map(drop),
        Needs::Cxx if process::exists("c++") => Ok(()),
        Needs::Cxx => bail!("no C++ compiler (`c++`) was found; libFuzzer is built with it"),
    }
}

/// Prints the table; an error when something failed, or is missing and must not be.
fn conclude(results: &[(&str, Outcome, Duration)], ci: bool) -> Result<()> {
    say!("\n{:<12} {:>8}  outcome", "step", "seconds");
    let (mut failed, mut missing) = (Vec::new(), Vec::new());
    for (name, outcome, duration) in results {
        let word = match outcome {
            Outcome::Passed => "ok".to_owned(),
            Outcome::Failed(error) => {
                failed.push(*name);
                format!("FAILED: {}", first_line(error))
            }
            Outcome::Missing(error) => {
                missing.push(*name);
                format!("NOT RUN: {}", first_line(error))
            }
        };
        say!("{name:<12} {:>8.1}  {word}", duration.as_secs_f64());
    }
    let total: Duration = results.iter().map(|(_, _, duration)| *duration).sum();
    say!("{:<12} {:>8.1}", "total", total.as_secs_f64());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    if !missing.is_empty() {
        let what = format!(
            "NOT RUN, for want of what they need: {}",
            missing.join(", ")
        );
        if ci {
            bail!("{what}");
        }
        complain!("warning: {what}");
    }
    Ok(())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn fmt(project: &Project) -> Result<()> {
    for manifest in MANIFESTS {
        process::run(project.cargo().args([
            "fmt",
            "--all",
            "--check",
            "--manifest-path",
            manifest,
        ]))?;
    }
    Ok(())
}

fn clippy(project: &Project) -> Result<()> {
    let mut command = project.cargo();
    command.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    process::run(&mut command)
}

/// Unit, integration and documentation tests. Tests that compare with Go find it through
/// `DEFERSCOPE_GOROOT`, and must fail loudly in continuous integration when it is not set.
fn cargo_test(project: &Project) -> Result<()> {
    let mut command = project.cargo();
    // Every failure is wanted, not only those of the first crate that has one.
    command.args(["test", "--workspace", "--no-fail-fast"]);
    match toolchains::go_toolchain(project, GO) {
        Ok(go) => {
            command.env("DEFERSCOPE_GOROOT", &go.root);
        }
        Err(error) if project::is_ci() => return Err(error),
        Err(error) => {
            complain!("warning: no Go toolchain for the tests that compare with it: {error:#}");
        }
    }
    process::run(&mut command)
}

/// The workspaces: the main one, and those that are built in ways of their own.
const MANIFESTS: &[&str] = &["Cargo.toml", "bench/Cargo.toml", "fuzz/Cargo.toml"];

fn deny(project: &Project) -> Result<()> {
    let deny = toolchains::cargo_deny(project)?;
    for manifest in MANIFESTS {
        // Offline, so that no advisory data or registry index is asked for; what `cargo fetch`
        // brings is all that is needed.
        let mut fetch = project.cargo();
        fetch.args(["fetch", "--locked", "--quiet", "--manifest-path", manifest]);
        process::run(&mut fetch).context("fetching all dependencies")?;
        let mut command = std::process::Command::new(&deny);
        command.current_dir(&project.root);
        command.args([
            "--offline",
            "--locked",
            "--manifest-path",
            manifest,
            "--config",
            "deny.toml",
        ]);
        command.args([
            "check",
            "--allow",
            "license-exception-not-encountered",
            "--hide-inclusion-graph",
            "licenses",
            "bans",
            "sources",
        ]);
        process::run(&mut command)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(outcome: Outcome) -> Vec<(&'static str, Outcome, Duration)> {
        vec![
            ("good", Outcome::Passed, Duration::ZERO),
            ("other", outcome, Duration::ZERO),
        ]
    }

    #[test]
    fn all_passed_is_success() {
        assert!(conclude(&result(Outcome::Passed), true).is_ok());
    }

    #[test]
    fn a_failed_step_is_a_failure() {
        let error = conclude(&result(Outcome::Failed("x".into())), false).expect_err("must fail");
        assert_eq!(error.to_string(), "failed: other");
    }

    #[test]
    fn what_is_missing_is_a_failure_only_in_ci() {
        assert!(conclude(&result(Outcome::Missing("x".into())), false).is_ok());
        let error = conclude(&result(Outcome::Missing("x".into())), true).expect_err("must fail");
        assert!(error.to_string().contains("other"), "{error}");
    }
}
