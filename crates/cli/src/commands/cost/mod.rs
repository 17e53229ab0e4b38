//! `deferscope cost`: what each defer costs, from the source; and `deferscope dev defers`.

mod args;
mod defers;
mod json;
mod report;
mod text;

use std::path::Path;

use anyhow::{Result, bail};
use cost::{Build, Surveyed};
use engine::Problem;
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

/// The newest release whose compiler was compared with (oracle/defers.md).
const NEWEST: u16 = 27;

/// A release as people write it: `1.24`, `go1.24`, `go1.24.3`.
fn release(text: &str) -> Result<GoVersion> {
    match GoVersion::parse(text) {
        Some(version) if version >= GoVersion::new(1, 21) => {
            if version.minor > NEWEST {
                warning(&format!(
                    "Go {version} is not known yet: classes are told as for Go 1.{NEWEST}"
                ));
            }
            Ok(version)
        }
        Some(_) => {
            bail!("{text} is older than Go 1.21, the oldest release whose classes are known")
        }
        None => bail!("{text} is no release of Go; write it like 1.24"),
    }
}

/// How it went to look at what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Went {
    Well,
    /// Something could not be looked at.
    Partly,
    /// Nothing was.
    Nowhere,
}

/// Says what was wrong.
fn complain<T>(surveyed: &Surveyed<T>, folder: &Path) -> Went {
    let mut failed = !surveyed.unreadable.is_empty() || !surveyed.broken.is_empty();
    for problem in &surveyed.problems {
        let fatal = problem.is_fatal();
        failed |= fatal;
        let say = if fatal { error } else { warning };
        say(&Problem::of_project(problem.clone(), folder).to_string());
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
    if surveyed.packages == 0 {
        if !failed {
            error(
                "there is no Go package to look at\n  help: name a folder, a file or a pattern such as `./...`; GOOS, GOARCH and tags choose files too",
            );
        }
        return Went::Nowhere;
    }
    if failed { Went::Partly } else { Went::Well }
}
