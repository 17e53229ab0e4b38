//! `deferscope cost`: what each defer costs, from the source; and `deferscope dev defers`.

mod args;
mod defers;
mod json;
mod report;
mod text;

use anyhow::{Result, bail};
use cost::{Build, Surveyed};
use go_project::{BuildContext, GoVersion, ProcessEnv};

use crate::output::{error, warning};

pub(crate) use self::args::{CostArgs, EXAMPLES};
pub(crate) use self::defers::{DefersArgs, run as defers};
pub(crate) use self::report::run;

/// How the code is compiled.
#[derive(clap::Args, Debug)]
pub(crate) struct BuildArgs {
    /// The release of Go that compiles, such as 1.24 [default: that of the installed Go, else 1.27]
    #[arg(long, value_name = "VERSION")]
    go: Option<String>,
    /// As built with -race.
    #[arg(long)]
    race: bool,
    /// As built with -gcflags=-N, without optimisation.
    #[arg(short = 'N', long = "no-optimization")]
    no_optimization: bool,
    /// As built for a shared object (matters for GOARCH=386 only).
    #[arg(long)]
    shared: bool,
}

/// What the arguments and the environment say about the build.
fn context(args: &BuildArgs) -> Result<(BuildContext, Build)> {
    let (mut context, problems) = BuildContext::from_env(&ProcessEnv);
    for problem in &problems {
        warning(&problem.to_string());
    }
    if let Some(go) = &args.go {
        context.release = release(go)?;
    }
    let minor = context.release.minor;
    let build = build_for(args, &context, minor.into());
    Ok((context, build))
}

fn build_for(args: &BuildArgs, context: &BuildContext, minor: u32) -> Build {
    let is_32_bit = matches!(
        &*context.goarch,
        "386" | "arm" | "mips" | "mipsle" | "armbe" | "ppc" | "riscv" | "s390" | "sparc"
    );
    Build {
        no_optimization: args.no_optimization,
        race: args.race,
        shared_386: args.shared && context.goarch == "386",
        pointer_bytes: if is_32_bit { 4 } else { 8 },
        ..Build::plain(minor)
    }
}

/// A release as people write it: `1.24`, `go1.24`, `go1.24.3`.
fn release(text: &str) -> Result<GoVersion> {
    match GoVersion::parse(text) {
        Some(version) if version >= GoVersion::new(1, 21) => Ok(version),
        Some(_) => {
            bail!("{text} is older than Go 1.21, the oldest release whose classes are known")
        }
        None => bail!("{text} is no release of Go; write it like 1.24"),
    }
}

/// Says what was wrong, and returns whether something could not be looked at.
fn complain<T>(surveyed: &Surveyed<T>) -> bool {
    let mut failed = !surveyed.unreadable.is_empty() || !surveyed.broken.is_empty();
    for problem in &surveyed.problems {
        if problem.is_fatal() {
            failed = true;
            error(&problem.to_string());
        } else {
            warning(&problem.to_string());
        }
    }
    surveyed
        .unreadable
        .iter()
        .for_each(|message| error(message));
    for message in &surveyed.broken {
        error(&format!(
            "{message} (defers around it may be missing; `deferscope check` shows all errors)"
        ));
    }
    failed
}
