//! Committed files that a command of ours writes: checked to be what the command would write now.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::Project;
use crate::ui::say;

/// A generated file or folder, and the arguments of `deferscope` that check it: the command must
/// exit with a status other than 0 when what is committed is stale.
struct Generated {
    path: &'static str,
    check: &'static [&'static str],
}

/// Add a line here when `deferscope` learns to write another committed file.
const GENERATED: &[Generated] = &[Generated {
    path: "docs/rules, docs/deferscope.schema.json",
    check: &["dev", "docs", "--check", "docs"],
}];

/// Checks every generated file.
pub(crate) fn check(project: &Project) -> Result<()> {
    let binary = deferscope(project, "dev")?;
    let mut stale = Vec::new();
    for generated in GENERATED {
        let mut command = Command::new(&binary);
        command.current_dir(&project.root).args(generated.check);
        match process::run(&mut command) {
            Ok(()) => say!("{} is up to date", generated.path),
            Err(error) => stale.push(format!("{}: {error:#}", generated.path)),
        }
    }
    if !stale.is_empty() {
        bail!("generated files are stale:\n  {}", stale.join("\n  "));
    }
    Ok(())
}

/// Builds `deferscope` in a profile (`dev` or `release`) and returns the binary.
pub(crate) fn deferscope(project: &Project, profile: &str) -> Result<std::path::PathBuf> {
    let mut build = project.cargo();
    // With the features that the whole workspace has, so that what was built for the tests serves.
    build.args([
        "build",
        "--quiet",
        "--workspace",
        "--bin",
        "deferscope",
        "--profile",
        profile,
    ]);
    process::run(&mut build).context("building deferscope")?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(project.target.join(folder).join("deferscope"))
}
