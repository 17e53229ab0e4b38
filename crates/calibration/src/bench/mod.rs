//! Measuring: the benchmark is written, built by each Go, and run in turns.
//!
//! The Gos take turns run by run (A B A B …), so that what disturbs the machine for a while disturbs all
//! of them. Of each run the fastest sample of a case counts, and of the runs the median. Bounds and prices
//! come from the same runs, drawn again and again (bootstrap).

mod cases;
mod machine;
mod output;
mod process;
mod program;
mod toolchain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use self::cases::Case as Source;
use self::output::Run;
pub use self::toolchain::Toolchain;
use crate::error::CalibrationError;
use crate::fit;
use crate::model::{Calibration, Case, Estimate, Release, Term};
use crate::statistics::{Draws, interval, median};

/// How often the runs are drawn again.
const RESAMPLES: usize = 1000;

/// The smallest number of runs that bounds can be told from.
pub const FEWEST_RUNS: u32 = 3;

/// What to measure, and how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many times each benchmark runs.
    pub runs: u32,
    /// How long a sample takes.
    pub sample: Duration,
    /// How many samples of each case there are in a run.
    pub passes: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            runs: 20,
            sample: Duration::from_millis(1),
            passes: 5,
        }
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The benchmark is built.
    Building(&'a Toolchain),
    /// The runs begin.
    Running {
        /// The run, from 1.
        run: u32,
        /// Of so many.
        of: u32,
        /// With this Go.
        go: &'a Toolchain,
    },
}

/// The benchmark, built by one Go.
struct Built<'a> {
    go: &'a Toolchain,
    cases: Vec<Source>,
    binary: PathBuf,
    runs: Vec<Run>,
}

/// Measures with each of these Gos, and fits the model.
///
/// # Errors
///
/// When a Go cannot build or run the benchmark, and when `interrupted` is set on the way. Nothing is left
/// behind: all files are in a folder that is removed.
pub fn measure(
    gos: &[Toolchain],
    plan: &Plan,
    interrupted: &AtomicBool,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Calibration, CalibrationError> {
    let scratch = tempfile::Builder::new()
        .prefix("deferscope-bench-")
        .tempdir()
        .map_err(|source| CalibrationError::Scratch {
            path: std::env::temp_dir(),
            source,
        })?;
    let measured = measure_in(scratch.path(), gos, plan, interrupted, progress);
    remove(scratch);
    measured
}

fn measure_in(
    scratch: &Path,
    gos: &[Toolchain],
    plan: &Plan,
    interrupted: &AtomicBool,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Calibration, CalibrationError> {
    let mut built = Vec::new();
    for (index, go) in gos.iter().enumerate() {
        progress(Progress::Building(go));
        built.push(build(&scratch.join(index.to_string()), go, interrupted)?);
    }
    for run in 1..=plan.runs {
        for built in &mut built {
            progress(Progress::Running {
                run,
                of: plan.runs,
                go: built.go,
            });
            let once = run_once(built, plan, run, interrupted)?;
            built.runs.push(once);
        }
    }
    let date = machine::today();
    let first = &built[0].runs[0];
    Ok(Calibration {
        name: format!("this machine, {date}"),
        machine: machine::machine(&first.goos, &first.goarch, first.cores),
        releases: built.iter().map(|built| release(built, &date)).collect(),
    })
}

/// Removes the folder. A compiler that was stopped may still write into it for a moment.
fn remove(scratch: tempfile::TempDir) {
    let path = scratch.keep();
    for _ in 0..20 {
        if std::fs::remove_dir_all(&path).is_ok() || !path.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn build<'a>(
    folder: &Path,
    go: &'a Toolchain,
    interrupted: &AtomicBool,
) -> Result<Built<'a>, CalibrationError> {
    let scratch = |path: &Path, source| CalibrationError::Scratch {
        path: path.to_owned(),
        source,
    };
    let temporary = folder.join("tmp");
    std::fs::create_dir_all(&temporary).map_err(|error| scratch(&temporary, error))?;
    let cases = cases::all(go.minor);
    for (name, text) in program::files(&cases, go.minor) {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| scratch(&path, error))?;
    }
    let binary = folder.join(format!("bench{}", std::env::consts::EXE_SUFFIX));
    let what = format!("build the benchmark with {}", go.path.display());
    let mut command = toolchain::go(&go.path);
    command
        .current_dir(folder)
        .args(["build", "-buildvcs=false", "-gcflags=-d=defer", "-o"])
        .arg(&binary)
        .arg(".")
        // What a build that is stopped leaves behind goes with the rest.
        .env("GOTMPDIR", &temporary);
    let output = process::run(&mut command, &what, Duration::from_secs(600), interrupted)?;
    if let Some(problem) = program::wrong_classes(&cases, &output.stderr) {
        return Err(CalibrationError::Class {
            version: go.version.clone(),
            problem,
        });
    }
    Ok(Built {
        go,
        cases,
        binary,
        runs: Vec::new(),
    })
}

fn run_once(
    built: &Built<'_>,
    plan: &Plan,
    run: u32,
    interrupted: &AtomicBool,
) -> Result<Run, CalibrationError> {
    let what = format!("run the benchmark that {} built", built.go.path.display());
    let mut command = std::process::Command::new(&built.binary);
    toolchain::without_settings(&mut command);
    command.args([
        run.to_string(),
        plan.sample.as_nanos().to_string(),
        plan.passes.to_string(),
    ]);
    // Machines can be very busy, but not that busy.
    let expected = plan.sample * plan.passes * (built.cases.len() as u32) * 4;
    let limit = Duration::from_secs(120) + expected * 20;
    let output = process::run(&mut command, &what, limit, interrupted)?;
    output::parse(&output.stdout, built.cases.len()).map_err(|problem| CalibrationError::Go {
        what,
        problem: format!("it printed what is no measurement: {problem}"),
    })
}

/// Prices from the runs of one Go.
fn release(built: &Built<'_>, date: &str) -> Release {
    let counts: Vec<BTreeMap<Term, u32>> = built
        .cases
        .iter()
        .map(|case| case.counts.iter().copied().collect())
        .collect();
    // What the cases take, judged by these runs.
    let times_by = |which: &[usize]| -> Vec<f64> {
        (0..counts.len())
            .map(|case| {
                let times = which.iter().map(|&run| built.runs[run].times[case]);
                median(&mut times.collect::<Vec<f64>>())
            })
            .collect()
    };
    let rows = |times: &[f64]| -> Vec<(BTreeMap<Term, u32>, f64)> {
        let all = counts.iter().cloned().zip(times.iter().copied());
        all.filter(|(counts, _)| !counts.is_empty()).collect()
    };
    let every: Vec<usize> = (0..built.runs.len()).collect();
    let times = times_by(&every);
    let fitted = rows(&times);
    let fitted: Vec<fit::Row<'_>> = fitted
        .iter()
        .map(|(counts, time)| (counts, *time))
        .collect();
    let prices = fit::prices(&fitted);

    let mut drawn_times = vec![Vec::with_capacity(RESAMPLES); counts.len()];
    let mut drawn_prices: BTreeMap<Term, Vec<f64>> = BTreeMap::new();
    let mut draws = Draws::new(1);
    for _ in 0..RESAMPLES {
        let times = times_by(&draws.resample(every.len()));
        for (drawn, &time) in drawn_times.iter_mut().zip(&times) {
            drawn.push(time);
        }
        let fitted = rows(&times);
        let fitted: Vec<fit::Row<'_>> = fitted
            .iter()
            .map(|(counts, time)| (counts, *time))
            .collect();
        for (term, price) in fit::prices(&fitted) {
            drawn_prices.entry(term).or_default().push(price);
        }
    }
    let cases = built
        .cases
        .iter()
        .zip(counts.iter().zip(&times).zip(&mut drawn_times))
        .enumerate()
        .map(|(index, (source, ((counts, &time), drawn)))| {
            let of = |pick: fn(&output::Memory) -> f64| {
                let values = built.runs.iter().map(|run| pick(&run.memory[index]));
                median(&mut values.collect::<Vec<f64>>())
            };
            Case {
                name: source.name.clone(),
                counts: counts.clone(),
                time: estimate(time, drawn),
                predicted: (!counts.is_empty()).then(|| fit::predict(counts, &prices)),
                allocations: of(|memory| memory.allocations),
                bytes: of(|memory| memory.bytes),
                collections: of(|memory| memory.collections) * 1e6,
            }
        })
        .collect();
    Release {
        go: built.runs[0].version.clone(),
        date: date.to_owned(),
        runs: built.runs.len() as u32,
        fit: fit::quality(&fitted, &prices),
        prices: prices
            .iter()
            .map(|(&term, &price)| {
                let drawn = drawn_prices.get_mut(&term);
                let estimate = drawn.map(|drawn| estimate(price, drawn));
                (term, estimate.unwrap_or(Estimate::exact(price)))
            })
            .collect(),
        cases,
    }
}

/// A figure with its bounds.
fn estimate(ns: f64, drawn: &mut [f64]) -> Estimate {
    let (low, high) = interval(drawn);
    Estimate {
        ns,
        low: low.min(ns),
        high: high.max(ns),
    }
}
