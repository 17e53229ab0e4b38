//! `oracle profile`: `deferscope profile` against a program that knows what its defers did.
//!
//! The program (`xtask/go/profile`) is built by each Go release and run at several paces. Its own counts at the
//! beginning and the end of a profile are the truth for each site: a rate is right if it is within 5 % of that, or if
//! its printed interval has it. What it costs is measured by the program's own progress for each second of
//! its processor time, profiled and not, in turns. `--chaos` kills one or the other at random.

mod chaos;
mod target;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use self::target::{Report, Target};
use super::ProfileArgs;
use crate::generated;
use crate::process;
use crate::project::Project;
use crate::toolchains::{self, GO, Go};
use crate::ui::say;

/// How hard the program works.
struct Pace {
    name: &'static str,
    /// Rounds a second, goroutines, work in each round.
    args: [&'static str; 3],
}

/// A round is 2.7 defers.
const PACES: &[Pace] = &[
    Pace {
        name: "10,000 a second",
        args: ["3700", "2", "200"],
    },
    Pace {
        name: "1,000,000 a second",
        args: ["370000", "1", "300"],
    },
    Pace {
        name: "as many as it can",
        args: ["0", "1", "2500"],
    },
];

/// Within so much, a rate is right.
const NEAR: f64 = 0.05;
/// Of so many rates, all but one in twenty must be right.
const MUST: f64 = 0.95;

/// What was found out at one pace.
#[derive(Default)]
struct Score {
    near: usize,
    covered: usize,
    wrong: Vec<String>,
    /// What `profile` said that it cost, and what the program lost, by round.
    said: Vec<f64>,
    lost: Vec<f64>,
}

impl Score {
    fn judged(&self) -> usize {
        self.near + self.covered + self.wrong.len()
    }

    fn row(&self, version: &str, pace: &str) -> String {
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len().max(1) as f64 * 100.0;
        let lowest = self.lost.iter().copied().fold(f64::INFINITY, f64::min) * 100.0;
        let highest = self.lost.iter().copied().fold(f64::NEG_INFINITY, f64::max) * 100.0;
        format!(
            "| {version} | {pace} | {} | {} | {} | {} | {:.2} % | {:.2} % ({lowest:.1} to {highest:.1}) |",
            self.judged(),
            self.near,
            self.covered,
            self.wrong.len(),
            mean(&self.said),
            mean(&self.lost),
        )
    }
}

/// Runs the oracle as the flags say.
pub(crate) fn run(project: &Project, args: &ProfileArgs) -> Result<()> {
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "release")?,
    };
    if args.chaos > 0 {
        let go = toolchains::go_toolchain(project, GO)?;
        let program = build(project, &go, GO)?;
        return chaos::run(&deferscope, &program, args.chaos, args.seed);
    }
    let mut rows = Vec::new();
    let (mut judged, mut wrong) = (0, Vec::new());
    for version in toolchains::go_versions() {
        let wanted = if args.only.is_empty() {
            args.all || version == GO
        } else {
            args.only
                .iter()
                .any(|only| version.starts_with(only.as_str()))
        };
        if !wanted {
            continue;
        }
        let go = toolchains::go_toolchain(project, version)?;
        let program = build(project, &go, version)?;
        for pace in PACES {
            let score = measure(project, &deferscope, &program, pace, args)
                .with_context(|| format!("Go {version}, {}", pace.name))?;
            let row = score.row(version, pace.name);
            say!("{row}");
            for line in &score.wrong {
                say!("    {line}");
            }
            rows.push(row);
            judged += score.judged();
            wrong.extend(score.wrong);
        }
    }
    if judged == 0 {
        bail!("no rate was judged: is there such a release of Go?");
    }
    let right = 1.0 - wrong.len() as f64 / judged as f64;
    say!("{judged} rates, {:.1} % right", right * 100.0);
    if args.write {
        write(project, args, &rows)?;
    }
    if right < MUST {
        bail!("{} of {judged} rates are wrong", wrong.len());
    }
    Ok(())
}

fn write(project: &Project, args: &ProfileArgs, rows: &[String]) -> Result<()> {
    let text = format!(
        "# `deferscope profile` against a program that knows its own counts\n\n\
         Written by `cargo xtask oracle profile --all --write`; the numbers depend on the machine and on what else it \
         does. {} rounds of {} s each at `--overhead {}%`. *Near*: within 5 %; *covered*: in the printed interval; \
         *said*: what `profile` says that it cost; *lost*: how much less the program did in each second of \
         its processor time, profiled and not in turns.\n\n\
         | Go | defers | rates | near | covered | wrong | said | lost |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n{}\n",
        args.rounds,
        args.seconds,
        args.overhead,
        rows.join("\n")
    );
    let path = project.root.join("oracle/profile.md");
    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    say!("wrote {}", path.display());
    Ok(())
}

fn build(project: &Project, go: &Go, version: &str) -> Result<PathBuf> {
    let program = project
        .cache_dir("oracle-profile")?
        .join(format!("profile-{version}"));
    let mut command: Command = go.command();
    command
        .current_dir(project.root.join("xtask/go/profile"))
        .args(["build", "-buildvcs=false", "-o"])
        .arg(&program)
        .arg(".");
    process::run(&mut command)?;
    Ok(program)
}

/// Rounds of: as long without a profile, then with one.
fn measure(
    project: &Project,
    deferscope: &Path,
    program: &Path,
    pace: &Pace,
    args: &ProfileArgs,
) -> Result<Score> {
    let lines = target::sites(&project.root.join("xtask/go/profile/main.go"))?;
    let mut target = Target::start(program, &pace.args)?;
    let mut score = Score::default();
    for _ in 0..args.rounds {
        let quiet = target.watch_for(args.seconds)?;
        let (profile, reports) = target.while_profiled(deferscope, args)?;
        let start = profile["started_unix_ns"].as_f64().unwrap_or(0.0);
        let seconds = profile["seconds"].as_f64().unwrap_or(0.0);
        let (from, to) = (
            Report::at(&reports, start)?,
            Report::at(&reports, start + seconds * 1e9)?,
        );
        for (line, name) in &lines {
            let truth = (to.count(name) - from.count(name)) / seconds;
            judge(&mut score, &profile, *line, name, truth, pace.name);
        }
        score
            .said
            .push(profile["cost"]["share"].as_f64().unwrap_or(1.0));
        let (Some(first), Some(last)) = (reports.first(), reports.last()) else {
            bail!("the program reported nothing");
        };
        score
            .lost
            .push(1.0 - Report::pace(first, last) / Report::pace(&quiet.0, &quiet.1));
        if last.bad != 0.0 {
            bail!(
                "the program found {} things that should not have happened",
                last.bad
            );
        }
    }
    Ok(score)
}

fn judge(score: &mut Score, profile: &Value, line: u64, name: &str, truth: f64, pace: &str) {
    let sites = profile["sites"].as_array().into_iter().flatten();
    let site = sites
        .into_iter()
        .find(|site| site["line"] == line && site["file"] == "main.go");
    let number = |which: &str| site.and_then(|site| site["rate"][which].as_f64());
    let value = number("value").unwrap_or(0.0);
    if (value / truth.max(1e-9) - 1.0).abs() <= NEAR {
        score.near += 1;
    } else if number("low").is_some_and(|low| low <= truth)
        && number("high").is_some_and(|high| truth <= high)
    {
        score.covered += 1;
    } else {
        score.wrong.push(format!(
            "{pace}: {name} ran {truth:.0} times a second; the profile says {value:.0} ({:.0} to {:.0})",
            number("low").unwrap_or(0.0),
            number("high").unwrap_or(0.0)
        ));
    }
}
