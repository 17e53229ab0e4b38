//! `oracle explain`: generated Go programs print what `deferscope explain` says of them.
//!
//! The generator and the comparison are a test of the crate `explain`, which every test run makes on
//! a few programs; here it is run on many.

use anyhow::Result;

use super::ExplainArgs;
use crate::process;
use crate::project::Project;
use crate::toolchains::{self, GO};
use crate::ui::say;

/// Runs the comparison.
pub(crate) fn run(project: &Project, args: &ExplainArgs) -> Result<()> {
    let go = toolchains::go_toolchain(project, GO)?;
    let mut command = project.cargo();
    command
        .args(["test", "--package", "explain", "--test", "it", "--"])
        .args(["--exact", "predict::explanations_say_what_programs_print"])
        .env("DEFERSCOPE_GOROOT", &go.root)
        .env("DEFERSCOPE_EXPLAIN_PROGRAMS", args.programs.to_string())
        .env("DEFERSCOPE_EXPLAIN_SEED", args.seed.to_string());
    if let Some(path) = &args.keep {
        command.env("DEFERSCOPE_EXPLAIN_FAILURES", std::path::absolute(path)?);
    }
    process::run(&mut command)?;
    say!(
        "{} of {} programs print what their explanation says (Go {GO}, seed {})",
        args.programs,
        args.programs,
        args.seed
    );
    Ok(())
}
