//! `oracle profile`: `deferscope profile` against a program that knows what its defers did.
//!
//! The program (`xtask/go/profile`) is built by each Go release and run at several paces. Its own counts at the
//! beginning and the end of a profile are the truth for each site: a rate is right if it is within 5 % of that, or if
//! its printed interval has it. What it costs is measured in turns, profiled and not: how many rounds a second it does,
//! and how much of a processor it uses. `--chaos` kills one or the other at random; `--short` is for machines that do
//! other things as well, and asks only what must hold there.

mod chaos;
mod others;
mod target;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use self::others::Others;
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
    /// How many other programs want the processors.
    others: usize,
}

/// A round is 2.7 defers.
const PACES: &[Pace] = &[
    Pace {
        name: "10,000 a second",
        args: ["3700", "2", "200"],
        others: 0,
    },
    Pace {
        name: "1,000,000 a second",
        args: ["370000", "1", "2500"],
        others: 0,
    },
    Pace {
        name: "1,000,000 a second, and nothing else",
        args: ["370000", "1", "300"],
        others: 0,
    },
    Pace {
        name: UNLIMITED,
        args: ["0", "1", "2500"],
        others: 0,
    },
    // Only with the newest Go.
    Pace {
        name: "10,000 a second, beside two programs that compute",
        args: ["3700", "2", "200"],
        others: 2,
    },
    Pace {
        name: "1,000,000 a second, beside two programs that compute",
        args: ["370000", "1", "2500"],
        others: 2,
    },
];
/// Only here the clock tells what was lost.
const UNLIMITED: &str = "as many as it can";

/// Within so much, a rate is right.
const NEAR: f64 = 0.05;
/// Of so many rates, all but one in twenty must be right.
const MUST: f64 = 0.95;
/// Within so much, a mean of held times is right; and within so many nanoseconds, which probes take.
const HELD_NEAR: f64 = 0.10;
const HELD_LATE: f64 = 5000.0;

/// What was found out at one pace.
#[derive(Default)]
struct Score {
    near: usize,
    covered: usize,
    wrong: Vec<String>,
    /// Half the width of intervals, as a share of the rate.
    widths: Vec<f64>,
    /// Held times: how many were right, and those that were not.
    held: usize,
    held_wrong: Vec<String>,
    /// What `profile` said that it cost, and what the program lost, by round.
    said: Vec<f64>,
    lost: Vec<f64>,
    /// How much more of a processor it used.
    more: Vec<f64>,
}

impl Score {
    fn judged(&self) -> usize {
        self.near + self.covered + self.wrong.len()
    }

    fn row(&self, version: &str, pace: &str) -> String {
        let mut widths = self.widths.clone();
        widths.sort_by(f64::total_cmp);
        let width = widths.get(widths.len() / 2).copied().unwrap_or(0.0) * 100.0;
        // One that does what it can uses what it gets.
        let more = if pace == UNLIMITED {
            "-".to_owned()
        } else {
            mean(&self.more)
        };
        format!(
            "| {version} | {pace} | {} | {} | {} | {} | ± {width:.0} % | {} of {} | {} | {} | {more} |",
            self.judged(),
            self.near,
            self.covered,
            self.wrong.len(),
            self.held,
            self.held + self.held_wrong.len(),
            mean(&self.said),
            mean(&self.lost),
        )
    }
}

/// The mean of shares, in hundredths, and how far off it may be, 95 times in 100, by how much they differ.
fn mean(all: &[f64]) -> String {
    let many = all.len() as f64;
    if all.is_empty() {
        return "-".to_owned();
    }
    let mean = all.iter().sum::<f64>() / many;
    if all.len() < 2 {
        return format!("{:.2} %", mean * 100.0);
    }
    let squares: f64 = all.iter().map(|one| (one - mean).powi(2)).sum();
    let error = (squares / (many - 1.0) / many).sqrt();
    format!("{:.2} ± {:.2} %", mean * 100.0, 2.0 * error * 100.0)
}

/// Runs the oracle as the flags say.
pub(crate) fn run(project: &Project, args: &ProfileArgs) -> Result<()> {
    let deferscope = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => generated::deferscope(project, "release")?,
    };
    if args.short {
        return short(project, &deferscope);
    }
    if args.chaos > 0 {
        let go = toolchains::go_toolchain(project, GO)?;
        let program = build(project, &go, GO)?;
        return chaos::run(&deferscope, &program, args.chaos, args.seed);
    }
    let mut rows = Vec::new();
    let (mut judged, mut wrong, mut held_wrong) = (0, 0, 0);
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
        // The newest is measured most.
        let rounds = if version == GO || !args.only.is_empty() {
            args.rounds
        } else {
            args.rounds.div_ceil(5)
        };
        let paces = PACES.iter();
        for pace in paces.filter(|pace| pace.others == 0 || version == GO) {
            let score = measure(project, &deferscope, &program, pace, args, rounds)
                .with_context(|| format!("Go {version}, {}", pace.name))?;
            let row = score.row(version, pace.name);
            say!("{row}");
            for line in score.wrong.iter().chain(&score.held_wrong) {
                say!("    {line}");
            }
            rows.push(row);
            judged += score.judged();
            wrong += score.wrong.len();
            held_wrong += score.held_wrong.len();
        }
    }
    if judged == 0 {
        bail!("no rate was judged: is there such a release of Go?");
    }
    let right = 1.0 - wrong as f64 / judged as f64;
    say!("{judged} rates, {:.1} % right", right * 100.0);
    if args.write {
        write(project, args, &rows)?;
    }
    if right < MUST {
        bail!("{wrong} of {judged} rates are wrong");
    }
    if held_wrong > 0 {
        bail!("{held_wrong} held times are wrong");
    }
    Ok(())
}

/// Two paces once, with bounds that a healthy run keeps on a machine that does other things as well.
fn short(project: &Project, deferscope: &Path) -> Result<()> {
    /// Of seven sites, so many at least are near or in their intervals.
    const RIGHT: [(usize, usize); 2] = [(0, 6), (1, 4)];
    /// What `profile` may say that it cost.
    const COST: f64 = 0.03;
    let go = toolchains::go_toolchain(project, GO)?;
    let program = build(project, &go, GO)?;
    let args = ProfileArgs {
        seconds: 7.0,
        overhead: 1.0,
        ..ProfileArgs::default()
    };
    for (pace, must) in RIGHT {
        let Some(pace) = PACES.get(pace) else {
            continue;
        };
        let score = measure(project, deferscope, &program, pace, &args, 1)?;
        say!("{}", score.row(GO, pace.name));
        for line in &score.wrong {
            say!("    {line}");
        }
        let right = score.near + score.covered;
        if right < must {
            bail!("{}: {right} rates are right, not {must}", pace.name);
        }
        if let Some(said) = score.said.iter().find(|&&said| said > COST) {
            bail!("{}: it cost {:.2} %", pace.name, said * 100.0);
        }
    }
    Ok(())
}

fn write(project: &Project, args: &ProfileArgs, rows: &[String]) -> Result<()> {
    let text = format!(
        "# `deferscope profile` against a program that knows its own counts\n\n\
         Written by `cargo xtask oracle profile --write`; the numbers depend on the machine and on what else it \
         does. {} rounds of {} s each at `--overhead {}%`. *Near*: within 5 %; *covered*: in the printed interval; *wrong*: neither, or not shown; \
         *interval*: the middle one of half their widths; *held*: means of held times that are within 10 % of the truth; \
         *said*: what `profile` says that it cost, in hundredths of what `--overhead` is a share of: what the program \
         uses, or one processor if it uses less. Measured in turns, not profiled, profiled, and not profiled: *lost*, how many rounds a second \
         fewer the program did; *more*, how much more of a processor it used (not told of one that does what it can, \
         which uses what it gets). ± is two standard errors of the mean over the rounds.{}\n\n\
         | Go | defers | rates | near | covered | wrong | interval | held | said | lost | more |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n{}\n",
        args.rounds,
        args.seconds,
        args.overhead,
        args.note
            .as_deref()
            .map(|note| format!(" {note}"))
            .unwrap_or_default(),
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

/// In turns: as long without a profile, and with one, and without again.
fn measure(
    project: &Project,
    deferscope: &Path,
    program: &Path,
    pace: &Pace,
    args: &ProfileArgs,
    rounds: u32,
) -> Result<Score> {
    let lines = target::sites(&project.root.join("xtask/go/profile/main.go"))?;
    let _others = Others::start(pace.others)?;
    let mut target = Target::start(program, &pace.args)?;
    let mut score = Score::default();
    let mut before = target.watch_for(args.seconds)?;
    for _ in 0..rounds {
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
            if let Some(truth) = Report::held(&from, &to, name) {
                judge_held(&mut score, &profile, *line, name, truth, pace.name);
            }
        }
        score
            .said
            .push(profile["cost"]["share"].as_f64().unwrap_or(1.0));
        let (Some(first), Some(last)) = (reports.first(), reports.last()) else {
            bail!("the program reported nothing");
        };
        // The machine is not the same all the time: what was before and what is after count alike.
        let after = target.watch_for(args.seconds)?;
        let quiet = |what: fn(&Report, &Report) -> f64| {
            what(&before.0, &before.1).midpoint(what(&after.0, &after.1))
        };
        let by_clock = Report::by_clock(first, last);
        score.lost.push(1.0 - by_clock / quiet(Report::by_clock));
        score
            .more
            .push(Report::used(first, last) - quiet(Report::used));
        before = after;
        if last.bad != 0.0 {
            bail!(
                "the program found {} things that should not have happened",
                last.bad
            );
        }
    }
    Ok(score)
}

/// What the profile says of the site on a line.
fn site_on(profile: &Value, line: u64) -> Option<&Value> {
    let sites = profile["sites"].as_array().into_iter().flatten();
    let mut here = sites.filter(|site| site["line"] == line && site["file"] == "main.go");
    here.next()
}

fn judge(score: &mut Score, profile: &Value, line: u64, name: &str, truth: f64, pace: &str) {
    let site = site_on(profile, line);
    let number = |which: &str| site.and_then(|site| site["rate"][which].as_f64());
    let value = number("value").unwrap_or(0.0);
    let (low, high) = (number("low").unwrap_or(0.0), number("high").unwrap_or(0.0));
    if value > 0.0 {
        score.widths.push((high - low) / 2.0 / value);
    }
    if (value / truth.max(1e-9) - 1.0).abs() <= NEAR {
        score.near += 1;
    } else if low <= truth && truth <= high {
        score.covered += 1;
    } else {
        score.wrong.push(format!(
            "{pace}: {name} ran {truth:.0} times a second; the profile says {value:.0} ({low:.0} to {high:.0})"
        ));
    }
}

/// Times are judged where a site was watched all the time: windows cut them off, and say so.
fn judge_held(score: &mut Score, profile: &Value, line: u64, name: &str, truth: f64, pace: &str) {
    let Some(site) = site_on(profile, line).filter(|site| site["exact"] == true) else {
        return;
    };
    let mean = site["held_ns"]["mean"].as_f64().unwrap_or(0.0);
    if (mean - truth).abs() <= HELD_NEAR * truth + HELD_LATE {
        score.held += 1;
    } else {
        score.held_wrong.push(format!(
            "{pace}: {name} was held for {truth:.0} ns on average; the profile says {mean:.0}"
        ));
    }
}
