//! `oracle snapshot`: what snapshots say of a program that knows what it has pending, for every Go release
//! that is pinned, with and without symbols: stopped, running, and from a core file.
//!
//! The program is `crates/probe/testdata/targets/truth`. The table has only what does not depend on the
//! machine; how long the program stood still is printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use probe::sys::memory::{ProcessMemory, monotonic};
use probe::truth::{Running, Score, compare};
use probe::{CoreFile, Looking, Process, Snapshot, Still, Target};

use super::SnapshotArgs;
use crate::process;
use crate::project::Project;
use crate::toolchains::{self, GO, Go};
use crate::ui::{complain, say};

const REWRITE: &str = "cargo xtask oracle snapshot --all --write";

const HEAD: &str = "\
# Snapshots of a program that knows what it has pending

Written by `cargo xtask oracle snapshot --all --write`. The program `crates/probe/testdata/targets/truth` says
what it has pending at each site, in how many goroutines, what they wait for, and which panics are in flight; a
snapshot is compared with that. *Wrong* are calls too many, missing, or at another site. While the program runs,
some of its goroutines make and keep promises all the time; those are not counted. Cores are made by gcore.

| program | seen | compared | calls | wrong | disagreements |
|---|---|---:|---:|---:|---:|
";

/// How the program is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Stopped,
    Running,
    Core,
    Many,
}

impl Mode {
    const ALL: [Self; 4] = [Self::Stopped, Self::Running, Self::Core, Self::Many];

    const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Running => "running",
            Self::Core => "core",
            Self::Many => "stopped, with 100,000 goroutines",
        }
    }

    const fn args(self) -> &'static [&'static str] {
        match self {
            Self::Stopped => &["-spin", "-many", "2000"],
            Self::Core => &["-many", "2000"],
            Self::Running => &["-many", "2000", "-churn", "2"],
            Self::Many => &["-many", "100000"],
        }
    }
}

/// Runs the oracle as the flags say.
pub(crate) fn run(project: &Project, args: &SnapshotArgs) -> Result<()> {
    if let Some(rounds) = args.chaos {
        return chaos(project, rounds);
    }
    let path = project.root.join("oracle/snapshot.md");
    let mut rows = read(&path)?;
    let mut order = Vec::new();
    let mut wrong = 0;
    for version in toolchains::go_versions() {
        for (build, flags) in [("plain", &[][..]), ("stripped", &["-ldflags=-s -w"])] {
            for mode in Mode::ALL {
                if mode == Mode::Many && build != "plain" {
                    continue;
                }
                let name = format!("| Go {version} {build} | {} |", mode.name());
                order.push(name.clone());
                let wanted = if args.only.is_empty() {
                    args.all || version == GO && mode != Mode::Many && mode != Mode::Core
                } else {
                    args.only.iter().any(|part| name.contains(part.as_str()))
                };
                if !wanted {
                    continue;
                }
                if mode == Mode::Core && !process::exists("gcore") {
                    complain!(
                        "warning: {name} needs gcore, which comes with gdb; its row stays as it was"
                    );
                    continue;
                }
                let go = toolchains::go_toolchain(project, version)?;
                let binary = build_target(project, &go, version, build, flags)?;
                let score = measure(project, &binary, mode)
                    .with_context(|| format!("{name} {}", binary.display()))?;
                let row = format!(
                    "{name} {} | {} | {} | {} |",
                    score.compared,
                    score.calls,
                    score.wrong_calls,
                    score.wrong.len()
                );
                say!("{row}");
                for disagreement in &score.wrong {
                    say!("    {disagreement}");
                }
                wrong += score.wrong.len();
                rows.insert(name, row);
            }
        }
    }
    let mut text = HEAD.to_owned();
    for row in order.iter().filter_map(|name| rows.get(name)) {
        text.push_str(row);
        text.push('\n');
    }
    super::table::settle(&path, &text, args.write, REWRITE)?;
    if wrong > 0 {
        bail!("{wrong} disagreements");
    }
    Ok(())
}

/// The rows of the committed table, by their first two cells.
fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let rows = text.lines().filter(|line| line.starts_with("| Go "));
    Ok(rows
        .filter_map(|row| {
            let (at, _) = row.match_indices(" |").nth(1)?;
            Some((row[..at + 2].to_owned(), row.to_owned()))
        })
        .collect())
}

fn source(project: &Project) -> PathBuf {
    project.root.join("crates/probe/testdata/targets/truth")
}

fn build_target(
    project: &Project,
    go: &Go,
    version: &str,
    build: &str,
    flags: &[&str],
) -> Result<PathBuf> {
    let folder = project.cache_dir("oracle-snapshot")?;
    let binary = folder.join(format!("truth-{version}-{build}"));
    let mut command = go.command();
    command
        .current_dir(source(project))
        .args(["build", "-buildvcs=false"])
        .args(flags)
        .arg("-o")
        .arg(&binary)
        .arg(".");
    process::stdout(&mut command)?;
    Ok(binary)
}

fn measure(project: &Project, binary: &Path, mode: Mode) -> Result<Score> {
    let running = Running::start(binary, mode.args()).context("starting the program")?;
    let pid = running.pid();
    let bytes = std::fs::read(binary).with_context(|| format!("reading {}", binary.display()))?;
    let process = Process::find(pid)?;
    let target = Target::new(&bytes, process.entry)?;
    let memory = ProcessMemory::of(pid);
    let snapshot = match mode {
        Mode::Stopped | Mode::Many => {
            let still = Still::look(&target, &memory, pid, Duration::from_secs(60))?;
            say!("    stopped for {:.1} ms", still.paused.as_secs_f64() * 1e3);
            let reading = still.reading.context("a minute was not enough")?;
            reading.sum_up()
        }
        Mode::Running => Snapshot::take(&target, &memory, Looking::Running(monotonic()))?,
        Mode::Core => {
            let folder = tempfile::tempdir_in(project.cache_dir("oracle-snapshot")?)?;
            let core = write_core(folder.path(), pid)?;
            let core = CoreFile::open(&core)?;
            let target = Target::new(&bytes, core.entry)?;
            let memory = core.memory(target.binary().image());
            Snapshot::take(&target, &memory, Looking::Still(&core.registers, None))?
        }
    };
    let doubtful: usize = snapshot.doubtful.values().sum();
    say!(
        "    {doubtful} of {} goroutines doubtful, {} read again",
        snapshot.goroutines,
        snapshot.again
    );
    let score = compare(
        &running.truth,
        &snapshot,
        &source(project),
        target.binary().version(),
    )?;
    if !running.finish()? {
        bail!("the program's own checks failed");
    }
    Ok(score)
}

fn write_core(folder: &Path, pid: i32) -> Result<PathBuf> {
    let mut command = Command::new("gcore");
    command
        .arg("-o")
        .arg(folder.join("core"))
        .arg(pid.to_string());
    process::stdout(&mut command)?;
    let core = folder.join(format!("core.{pid}"));
    if !core.is_file() {
        return Err(anyhow!("gcore wrote no {}", core.display()));
    }
    Ok(core)
}

/// Kills the one who looks, and the one who is looked at, at random moments.
fn chaos(project: &Project, rounds: u32) -> Result<()> {
    let go = toolchains::go_toolchain(project, GO)?;
    let mut command = Command::new("cargo");
    command
        .current_dir(&project.root)
        .args([
            "test",
            "-p",
            "probe",
            "--test",
            "it",
            "--",
            "chaos::",
            "--nocapture",
        ])
        .env("DEFERSCOPE_GOROOT", &go.root)
        .env("DEFERSCOPE_CHAOS_ROUNDS", rounds.to_string());
    process::stdout(&mut command)?;
    say!("{rounds} rounds each: the process always ran on, and its checks held");
    Ok(())
}
