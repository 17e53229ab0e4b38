//! `oracle defers`: the classes that `deferscope dev defers` finds in the source, against what the
//! compiler prints with `-d=defer`, for each Go release that is pinned.
//!
//! Two corpora: the library and the commands of that release, whose reference is kept once it has been
//! made, and generated programs that walk around every condition.

mod compare;
mod generate;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use self::compare::{Score, compare};
use super::DefersArgs;
use super::table::{Rows, row_name, settle};
use crate::generated;
use crate::process;
use crate::project::Project;
use crate::toolchains::{self, GO, Go};
use crate::ui::say;

/// What rewrites the table.
const REWRITE: &str = "cargo xtask oracle defers --all --write";

/// How many functions a generated file has.
const FUNCTIONS: u32 = 25;

/// What is compiled, and how.
struct Corpus {
    name: &'static str,
    /// Flags of the compiler.
    compiler: &'static [&'static str],
    /// Our flags for the same.
    ours: &'static [&'static str],
    goarch: &'static str,
    /// The library rather than generated programs.
    library: bool,
}

const fn corpus(name: &'static str) -> Corpus {
    Corpus {
        name,
        compiler: &[],
        ours: &[],
        goarch: "amd64",
        library: false,
    }
}

const CORPORA: &[Corpus] = &[
    Corpus {
        library: true,
        ..corpus("std and cmd")
    },
    corpus("generated"),
    Corpus {
        compiler: &["-N"],
        ours: &["-N"],
        ..corpus("generated, -N")
    },
    Corpus {
        compiler: &["-race"],
        ours: &["--race"],
        ..corpus("generated, -race")
    },
    Corpus {
        goarch: "386",
        ..corpus("generated, 386")
    },
    Corpus {
        compiler: &["-shared"],
        ours: &["--shared"],
        goarch: "386",
        ..corpus("generated, 386 shared")
    },
];

/// Runs the oracle as the flags say.
pub(crate) fn run(project: &Project, args: &DefersArgs) -> Result<()> {
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "dev")?,
    };
    let path = project.root.join("oracle/defers.md");
    // What is not measured now stays as it is.
    let mut rows = Rows::read(&path)?;
    let mut disagree = Vec::new();
    let versions: Vec<_> = toolchains::go_versions().collect();
    rows.keep(versions.iter().flat_map(|version| {
        CORPORA
            .iter()
            .map(move |corpus| row_name(version, corpus.name))
    }));
    let mut measured = 0;
    for version in versions {
        let mut go = None;
        for corpus in CORPORA {
            let name = row_name(version, corpus.name);
            let wanted = if args.only.is_empty() {
                args.all || !corpus.library && version == GO
            } else {
                args.only.iter().any(|part| name.contains(part.as_str()))
            };
            if !wanted {
                continue;
            }
            let go: &Go = match &go {
                Some(go) => go,
                None => go.insert(toolchains::go_toolchain(project, version)?),
            };
            let task = Task {
                project,
                go,
                version,
                deferscope: &deferscope,
                corpus,
            };
            let score = if corpus.library {
                task.library()?
            } else {
                task.generated(args.seed, args.files)?
            };
            let row = table::Row { name, score };
            say!("{}", row.shown());
            if !row.score.disagreements.is_empty() {
                disagree.push(row.name.clone());
            }
            rows.set(&row.name, row.line());
            measured += 1;
        }
    }
    if measured == 0 {
        bail!("no corpus is called {}", args.only.join(" or "));
    }
    if args.seed != 1 || args.files != DefersArgs::default().files {
        // There is no table for these programs: everything must agree.
        if !disagree.is_empty() {
            bail!("these do not agree: {}", disagree.join(", "));
        }
        return Ok(());
    }
    settle(&path, &rows.render(table::HEAD), args.write, REWRITE)
}

/// One row.
struct Task<'t> {
    project: &'t Project,
    go: &'t Go,
    version: &'t str,
    deferscope: &'t Path,
    corpus: &'t Corpus,
}

impl Task<'_> {
    fn library(&self) -> Result<Score> {
        let folder = self.go.root.join("src");
        let mut printed = String::new();
        for pattern in ["std", "cmd"] {
            printed.push_str(&self.library_reference(&folder, pattern)?);
        }
        compare(&printed, &self.ours(&folder, &["std", "cmd"])?)
    }

    /// What the compiler prints about the library. Compiling it takes minutes of CPU time, so that is
    /// kept, and nothing else of it.
    fn library_reference(&self, folder: &Path, pattern: &str) -> Result<String> {
        let kept = self
            .project
            .cache_dir("oracle-defers")?
            .join(format!("{}-{pattern}.txt", self.version));
        if let Ok(text) = std::fs::read_to_string(&kept) {
            return Ok(text);
        }
        say!("compiling {pattern} of Go {}", self.version);
        let mut command = self.go.command();
        command.current_dir(folder).args([
            "list",
            "-export",
            "-gcflags=all=-d=defer",
            "-f={{.ImportPath}}",
            pattern,
        ]);
        let text = self.compiler_says(&mut command)?;
        let scratch = kept.with_extension(std::process::id().to_string());
        std::fs::write(&scratch, &text)
            .with_context(|| format!("writing {}", scratch.display()))?;
        std::fs::rename(&scratch, &kept).with_context(|| format!("writing {}", kept.display()))?;
        Ok(text)
    }

    fn generated(&self, seed: u64, files: u32) -> Result<Score> {
        let folder = self.write_programs(seed, files)?;
        let mut command = self.go.command();
        let flags = ["-d=defer"].iter().chain(self.corpus.compiler);
        let flags: Vec<&str> = flags.copied().collect();
        command
            .current_dir(folder.path())
            .env("GOARCH", self.corpus.goarch)
            .args(["build", "-buildvcs=false"])
            .arg(format!("-gcflags={}", flags.join(" ")))
            .arg(".");
        let printed = self.compiler_says(&mut command)?;
        let ours = self.ours(folder.path(), &["."])?;
        compare(&printed, &ours).with_context(|| {
            format!(
                "comparing generated programs of seed {seed}, {}",
                self.corpus.name
            )
        })
    }

    fn write_programs(&self, seed: u64, files: u32) -> Result<tempfile::TempDir> {
        let parent = self.project.cache_dir("oracle-defers")?;
        let folder = tempfile::tempdir_in(parent)?;
        let range_func = self.minor()? >= 23;
        let write = |name: &str, text: &str| {
            let path: PathBuf = folder.path().join(name);
            std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
        };
        let language = if range_func { 23 } else { 21 };
        write("go.mod", &format!("module p\n\ngo 1.{language}\n"))?;
        write("prelude.go", generate::PRELUDE)?;
        write("grid.go", &generate::grid())?;
        if range_func {
            write("range.go", generate::RANGE_PRELUDE)?;
        }
        for file in 0..files {
            let seed = seed + u64::from(file);
            let text = generate::file(seed, FUNCTIONS, range_func);
            write(&format!("f{seed}.go"), &text)?;
        }
        Ok(folder)
    }

    fn minor(&self) -> Result<u32> {
        let mut parts = self.version.split('.');
        parts
            .nth(1)
            .and_then(|minor| minor.parse().ok())
            .with_context(|| format!("{} is no Go version", self.version))
    }

    /// Runs the compiler and returns its lines about defers.
    fn compiler_says(&self, command: &mut Command) -> Result<String> {
        let output = command
            .output()
            .with_context(|| format!("starting `{}`", process::shown(command)))?;
        let printed = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let head: Vec<&str> = printed
                .lines()
                .filter(|line| !line.ends_with(" defer"))
                .take(20)
                .collect();
            bail!("`{}` failed: {}", process::shown(command), head.join("\n"));
        }
        let lines = printed.lines().filter(|line| line.ends_with(" defer"));
        Ok(lines.map(|line| format!("{line}\n")).collect())
    }

    /// What we say about the same.
    fn ours(&self, folder: &Path, patterns: &[&str]) -> Result<String> {
        let mut command = Command::new(self.deferscope);
        command.current_dir(folder);
        for (name, value) in self.go.command().get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .env("GOARCH", self.corpus.goarch)
            .args(["dev", "defers", "--mark-generic"])
            .arg(format!("--go=1.{}", self.minor()?))
            .args(self.corpus.ours)
            .args(patterns);
        process::stdout(&mut command)
    }
}
