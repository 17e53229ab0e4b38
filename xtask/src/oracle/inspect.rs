//! `oracle inspect`: the defers that `go_binary` finds in built programs, against what the compiler
//! printed when it built them (`-gcflags=all=-d=defer`).
//!
//! The program is `xtask/go/defers`; it is built by every Go release that is pinned, in every way that
//! changes what a program looks like. Where a program has DWARF, the layouts of the runtime's structures are
//! held against it, too.

mod compare;
mod layout;
mod printed;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use self::compare::compare;
use self::printed::{Places, Printed};
use super::InspectArgs;
use super::table::{Rows, row_name, settle};
use crate::process;
use crate::project::Project;
use crate::toolchains::{self, GO, Go};
use crate::ui::{complain, say};

/// What rewrites the table.
const REWRITE: &str = "cargo xtask oracle inspect --all --write";

/// A way to build the program.
struct Build {
    name: &'static str,
    flags: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    /// Every test run checks it, for the newest release.
    always: bool,
}

const BUILDS: &[Build] = &[
    Build {
        name: "plain",
        flags: &[],
        env: &[],
        always: true,
    },
    Build {
        name: "stripped",
        flags: &["-ldflags=-s -w"],
        env: &[],
        always: true,
    },
    Build {
        name: "PIE",
        flags: &["-buildmode=pie"],
        env: &[],
        always: false,
    },
    Build {
        name: "arm64",
        flags: &[],
        env: &[("GOARCH", "arm64")],
        always: false,
    },
    Build {
        name: "arm64 PIE stripped",
        flags: &["-buildmode=pie", "-ldflags=-s -w"],
        env: &[("GOARCH", "arm64")],
        always: false,
    },
    // These need a C compiler, for Go's own C code.
    Build {
        name: "race",
        flags: &["-race"],
        env: &[("CGO_ENABLED", "1")],
        always: false,
    },
    Build {
        name: "cgo PIE, linked by ld",
        flags: &["-buildmode=pie", "-ldflags=-linkmode=external"],
        env: &[("CGO_ENABLED", "1")],
        always: false,
    },
];

/// Runs the oracle as the flags say.
pub(crate) fn run(project: &Project, args: &InspectArgs) -> Result<()> {
    let path = project.root.join("oracle/inspect.md");
    // What is not measured now stays as it is.
    let mut rows = Rows::read(&path)?;
    let versions: Vec<_> = toolchains::go_versions().collect();
    rows.keep(versions.iter().flat_map(|version| {
        BUILDS
            .iter()
            .map(move |build| row_name(version, build.name))
    }));
    let mut measured = 0;
    for version in versions {
        for build in BUILDS {
            let name = row_name(version, build.name);
            let wanted = if args.only.is_empty() {
                args.all || build.always && version == GO
            } else {
                args.only.iter().any(|part| name.contains(part.as_str()))
            };
            if !wanted {
                continue;
            }
            if build.env.contains(&("CGO_ENABLED", "1")) && !process::exists("gcc") {
                complain!("warning: {name} needs gcc; its row stays as it was");
                continue;
            }
            let go = toolchains::go_toolchain(project, version)?;
            let row = measure(project, &go, version, build)?;
            say!("{}", row.shown());
            rows.set(&row.name, row.line());
            measured += 1;
        }
    }
    if measured == 0 {
        bail!("no build is called {}", args.only.join(" or "));
    }
    settle(&path, &rows.render(table::HEAD), args.write, REWRITE)
}

fn measure(project: &Project, go: &Go, version: &str, build: &Build) -> Result<table::Row> {
    let source = project.root.join("xtask/go/defers");
    let binary = binary_path(project, version, build)?;
    let printed = build_program(go, &source, &binary, build)?;
    let bytes = std::fs::read(&binary).with_context(|| format!("reading {}", binary.display()))?;
    let program = go_binary::Binary::parse(&bytes)
        .with_context(|| format!("inspecting {}", binary.display()))?;
    let places = Places {
        folder: &source,
        go_root: &go.root,
    };
    let printed = Printed::read(&printed, &places)?;
    let found = compare(&program, &printed, &places);
    if program.image().linkage().dwarf {
        let wrong = layout::check(&program)?;
        if !wrong.is_empty() {
            bail!(
                "the runtime's structures in {} are not as `go_binary` says:\n  {}",
                binary.display(),
                wrong.join("\n  ")
            );
        }
    }
    Ok(table::Row {
        name: row_name(version, build.name),
        functions: program.functions().len(),
        score: found,
    })
}

fn binary_path(project: &Project, version: &str, build: &Build) -> Result<PathBuf> {
    let name = build.name.replace([' ', ','], "-");
    Ok(project
        .cache_dir("oracle-inspect")?
        .join(format!("defers-{version}-{name}")))
}

/// Builds the program, and returns what the compiler printed about defers. It prints the same when the
/// packages come from the build cache.
fn build_program(go: &Go, source: &Path, binary: &Path, build: &Build) -> Result<String> {
    let mut command: Command = go.command();
    command
        .current_dir(source)
        .envs(build.env.iter().copied())
        .args(["build", "-buildvcs=false", "-gcflags=all=-d=defer"])
        .args(build.flags)
        .arg("-o")
        .arg(binary)
        .arg(".");
    let output = command
        .output()
        .with_context(|| format!("starting `{}`", process::shown(&command)))?;
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("`{}` failed: {printed}", process::shown(&command));
    }
    Ok(printed)
}
