//! `cargo xtask bench`: how fast we are, measured against others, in one run on the same files.
//!
//! Seconds depend on the machine and are printed, never committed. What is committed: the number of
//! findings that the timed `check` must report, and instruction counts.

mod check;
mod instructions;
mod parsers;
mod types;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::project::Project;
use crate::toolchains::{self, GO};
use crate::ui::say;
use crate::{corpus, process};

/// The flags of `bench`.
#[derive(clap::Args, Debug)]
pub(crate) struct BenchArgs {
    /// What to measure; parsers, check and types when nothing is named.
    what: Vec<What>,
    /// Print the results as one JSON object.
    #[arg(long)]
    json: bool,
    /// How often each program is run; of its runs, the fastest counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Fail when a goal is missed.
    #[arg(long)]
    goals: bool,
    /// Replace the committed numbers.
    #[arg(long)]
    write: bool,
}

/// What can be measured.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    /// Our parser, go/parser and tree-sitter-go.
    Parsers,
    /// `deferscope check` against `deferscope dev parse`.
    Check,
    /// `deferscope dev types --count` against go/parser and go/types.
    Types,
    /// Instructions that parsing takes, counted by valgrind, against the committed number.
    Instructions,
}

/// A measured ratio and what it should be.
#[derive(Debug)]
struct Goal {
    what: &'static str,
    ratio: f64,
    /// At least this, or at most.
    least: bool,
    limit: f64,
}

impl Goal {
    fn json(&self) -> Value {
        serde_json::json!({"what": self.what, "ratio": self.ratio, "limit": self.limit, "met": self.met()})
    }

    fn met(&self) -> bool {
        if self.least {
            self.ratio >= self.limit
        } else {
            self.ratio <= self.limit
        }
    }
}

/// Runs the benchmarks.
pub(crate) fn run(project: &Project, args: &BenchArgs) -> Result<()> {
    let wanted = |what| match &args.what[..] {
        [] => what != What::Instructions,
        named => named.contains(&what),
    };
    let go = toolchains::go_toolchain(project, GO)?;
    let mut goals = Vec::new();
    let mut object = serde_json::Map::new();
    let mut lines = Vec::new();

    if wanted(What::Parsers) {
        let binaries = build_bench(project)?;
        let corpora = corpus::of_goroot(&go)?;
        let corpus = corpora
            .first()
            .context("GOROOT has a corpus of std and cmd")?;
        let runs = parsers::run(project, &go, &binaries, corpus, args.rounds)?;
        goals.extend(parsers::goals(&runs)?);
        object.insert(
            "parsers".to_owned(),
            runs.iter().map(parsers::Run::json).collect(),
        );
        lines.push(format!(
            "{} files of GOROOT/src (std and cmd), Go {GO}, one thread:",
            corpus.files.len()
        ));
        lines.extend(runs.iter().map(parsers::Run::shown));
    }
    if wanted(What::Check) {
        let check = check::run(project, &go, args.rounds, args.write)?;
        goals.push(check.goal());
        object.insert("check".to_owned(), check.json());
        lines.push(check.shown());
    }
    if wanted(What::Types) {
        let types = types::run(project, &go, args.rounds)?;
        goals.extend(types.goals());
        object.insert("types".to_owned(), types.json());
        lines.push(types.shown());
    }
    if wanted(What::Instructions) {
        let count = instructions::run(project, &go, &build_bench(project)?, args.write)?;
        object.insert("instructions".to_owned(), count.into());
    }

    for goal in &goals {
        let word = if goal.least { "at least" } else { "at most" };
        let verdict = if goal.met() { "met" } else { "MISSED" };
        lines.push(format!(
            "{}: {:.2}, goal {word} {}: {verdict}",
            goal.what, goal.ratio, goal.limit
        ));
    }
    if args.json {
        object.insert("goals".to_owned(), goals.iter().map(Goal::json).collect());
        say!("{}", Value::Object(object));
    } else {
        lines.iter().for_each(|line| say!("{line}"));
    }
    let missed: Vec<_> = goals
        .iter()
        .filter(|goal| !goal.met())
        .map(|goal| goal.what)
        .collect();
    if args.goals && !missed.is_empty() {
        bail!("goals missed: {}", missed.join(", "));
    }
    Ok(())
}

/// Builds the crate `bench` for release, and returns the folder of its binaries.
fn build_bench(project: &Project) -> Result<std::path::PathBuf> {
    let target_dir = project.target.join("bench");
    let mut command = project.cargo();
    command.args([
        "build",
        "--quiet",
        "--release",
        "--manifest-path",
        "bench/Cargo.toml",
        "--target-dir",
    ]);
    command.arg(&target_dir);
    process::run(&mut command).context("building the benchmarks")?;
    Ok(target_dir.join("release"))
}
