//! `oracle types`: `go_types` against go/types of the pinned Go release, through `deferscope dev types`.
//!
//! A corpus is a folder and patterns. Our Go program prints what go/types says of every expression
//! and identifier in it, `dev types` prints what we say, and the table counts where both are the same.

mod compare;
mod corpora;
mod leaves;
mod report;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use self::compare::{Reference, Row, compare};
pub(super) use self::corpora::vendored_projects;
use self::corpora::{Code, Found};
use super::{TypesArgs, table};
use crate::generated;
use crate::project::Project;
use crate::toolchains::{self, GO, Go};
use crate::ui::{complain, say};

/// What rewrites the table.
const REWRITE: &str = "cargo xtask oracle types --all --write";

/// Runs the oracle as the flags say.
pub(crate) fn run(project: &Project, args: &TypesArgs) -> Result<()> {
    let go = toolchains::go_toolchain(project, GO)?;
    let typeref = go.build_program(project, "typeref")?;
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "dev")?,
    };
    let path = project.root.join("oracle/types.md");
    // What is not measured now stays as it is.
    let mut page = report::Page::read(&path)?;
    page.keep(&corpora::names());
    let mut measured = 0;
    for found in corpora::all(project, &go, args.all)? {
        let code = match found {
            Found::Here(code) => code,
            Found::Missing { name, help } => {
                complain!(
                    "warning: {name} is not on this machine, so its row stays as it was: {help}"
                );
                continue;
            }
        };
        if !args.only.is_empty()
            && !args
                .only
                .iter()
                .any(|part| code.name.contains(part.as_str()))
        {
            continue;
        }
        let row = measure(project, &go, [&typeref, &deferscope], &code)?;
        say!("{}", row.shown());
        for example in &row.disagreements {
            say!("  {example}");
        }
        page.set(&row);
        measured += 1;
    }
    if measured == 0 {
        bail!("no corpus is called {}", args.only.join(" or "));
    }
    table::settle(&path, &page.render(), args.write, REWRITE)
}

fn measure(
    project: &Project,
    go: &Go,
    [typeref, deferscope]: [&PathBuf; 2],
    code: &Code,
) -> Result<Row> {
    let folder = project.cache_dir("oracle-types")?;
    let name = code.name.replace(['/', ' ', ':'], "_");
    let mut theirs = in_corpus(go, code, typeref);
    theirs.args(&code.flags).args(&code.patterns);
    let reference = Reference::of(&mut theirs, &folder.join(format!("{name}.ref")))?;
    let ours = |flags: &[&str]| {
        let mut ours = in_corpus(go, code, deferscope);
        ours.args(["dev", "types"])
            .args(flags)
            .args(&code.our_patterns);
        if code.without_go {
            ours.env("GOROOT", "off");
        }
        ours
    };
    compare(code, &reference, ours(&[]), ours(&["--objects"]))
}

/// A command in the folder of a corpus, with Go's settings for it and none of the caller's.
fn in_corpus(go: &Go, code: &Code, program: &PathBuf) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&code.root);
    for (name, value) in go.command().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.envs(code.env.iter().map(|(name, value)| (name, value)));
    command
}
