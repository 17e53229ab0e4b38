//! `deferscope bench`: what defers cost on this machine.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use calibration::{
    Calibration, CalibrationError, FEWEST_RUNS, Plan, Progress, Toolchain, measure, write_html,
    write_svg, write_text,
};
use clap::{Args, ValueEnum, ValueHint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  deferscope bench
  deferscope bench --go 1.26.6 --go 1.27.3 --output calibration.toml --html bench.html
  deferscope bench --go /usr/lib/go-1.24 --count 50
  deferscope bench --show reference --go 1.21 --go 1.27

A calibration is read by `deferscope cost`. docs/bench.md tells what is measured, and how.";

#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    /// Measure with this Go: a version that is installed, a `go` command, or a GOROOT. With more than one,
    /// they take turns.
    #[arg(long, value_name = "GO", value_hint = ValueHint::AnyPath)]
    go: Vec<OsString>,
    /// How many times each benchmark runs: more make the bounds narrower.
    #[arg(long, value_name = "N", default_value_t = Plan::default().runs, value_parser = clap::value_parser!(u32).range(i64::from(FEWEST_RUNS)..=10_000))]
    count: u32,
    /// How long a sample takes; there are five of each case in a run.
    #[arg(long, value_name = "TIME", default_value = "1ms", value_parser = duration)]
    time: Duration,
    /// Write the calibration, which `deferscope cost` reads, to this file.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Draw a chart.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    svg: Option<PathBuf>,
    /// Write a page with the chart and the tables.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    html: Option<PathBuf>,
    /// Measure nothing: show this calibration, or `reference`, the one that ships. Then --go picks releases.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["count", "time"])]
    show: Option<PathBuf>,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: BenchFormat,
}

/// How prices are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum BenchFormat {
    /// Tables.
    Text,
    /// An object on each line, see docs/output-formats.md.
    Json,
}

/// A time from a microsecond to ten seconds: `200us`, `1ms`, `0.5s`.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    let seconds = units.iter().find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Some(number * seconds)
    });
    match seconds {
        Some(seconds) if (1e-6..=10.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        Some(_) => Err("a sample takes from 1us to 10s".to_owned()),
        None => Err("a time is written like 200us, 1ms or 0.5s".to_owned()),
    }
}

pub(crate) fn run(args: &BenchArgs) -> Result<Exit> {
    let measured = match &args.show {
        Some(path) => shown(path, &args.go)?,
        None => match measured(args) {
            Err(error) if is_interrupt(&error) => return Ok(Exit::Interrupted),
            other => other?,
        },
    };
    let file = |path: Option<&Path>,
                write: &dyn Fn(&mut dyn std::io::Write) -> std::io::Result<()>| {
        match path {
            Some(path) => output::to(Some(path), |out| write(out)),
            None => Ok(()),
        }
    };
    file(args.output.as_deref(), &|out| {
        out.write_all(measured.to_toml().as_bytes())
    })?;
    file(args.svg.as_deref(), &|out| write_svg(out, &measured))?;
    file(args.html.as_deref(), &|out| write_html(out, &measured))?;
    output::to_stdout(|out| match args.format {
        BenchFormat::Text => write_text(out, &measured),
        BenchFormat::Json => write_json(out, &measured),
    })?;
    Ok(Exit::Clean)
}

/// A calibration that is there, with the releases that were asked for: `1.27`, `go1.27.3`.
fn shown(path: &Path, wanted: &[OsString]) -> Result<Calibration> {
    let mut calibration = if path.as_os_str() == "reference" {
        Calibration::reference().clone()
    } else {
        Calibration::load(path)?
    };
    let is = |go: &str, wanted: &OsString| {
        let wanted = wanted.to_string_lossy();
        let rest = go
            .strip_prefix("go")
            .and_then(|go| go.strip_prefix(wanted.strip_prefix("go").unwrap_or(&wanted)));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let known = || calibration.releases.iter().map(|release| &*release.go);
    if let Some(missing) = wanted
        .iter()
        .find(|wanted| !known().any(|go| is(go, wanted)))
    {
        bail!(
            "{} has no prices of Go {}; it has those of {}",
            calibration.name,
            missing.to_string_lossy(),
            known().collect::<Vec<_>>().join(", ")
        );
    }
    calibration
        .releases
        .retain(|release| wanted.is_empty() || wanted.iter().any(|wanted| is(&release.go, wanted)));
    Ok(calibration)
}

fn is_interrupt(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(CalibrationError::Interrupted))
}

fn measured(args: &BenchArgs) -> Result<Calibration> {
    let plan = Plan {
        runs: args.count,
        sample: args.time,
        ..Plan::default()
    };
    Interrupt::listen()?.while_heard(|interrupted| {
        let wanted: Vec<Option<&OsStr>> = match args.go.as_slice() {
            [] => vec![None],
            some => some.iter().map(|go| Some(go.as_os_str())).collect(),
        };
        let mut gos: Vec<Toolchain> = Vec::new();
        for wanted in wanted {
            let go = Toolchain::find(wanted, interrupted)?;
            if gos.iter().any(|other| other.version() == go.version()) {
                bail!(
                    "{} is named twice: a calibration has one of each release",
                    go.version()
                );
            }
            gos.push(go);
        }
        let line = progress_line(u64::from(plan.runs) * gos.len() as u64);
        let measured = measure(&gos, &plan, interrupted, &mut |step| match step {
            Progress::Building(go) => line.set_message(format!("building with {}", go.version())),
            Progress::Running { go, .. } => {
                line.inc(1);
                line.set_message(go.version().to_owned());
            }
        });
        line.finish_and_clear();
        Ok(measured?)
    })
}

/// The line that says how far it is; nothing when nobody looks.
fn progress_line(steps: u64) -> ProgressBar {
    use std::io::IsTerminal;
    let bar = ProgressBar::hidden();
    if let Ok(style) = ProgressStyle::with_template("run {pos}/{len} {bar:30} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.set_length(steps);
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if std::io::stderr().is_terminal() && !is_dumb {
        // Drawing takes time from what is measured.
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(2));
    }
    bar
}

fn write_json(out: &mut dyn std::io::Write, measured: &Calibration) -> std::io::Result<()> {
    let mut line = |value: &serde_json::Value| -> std::io::Result<()> {
        serde_json::to_writer(&mut *out, value)?;
        out.write_all(b"\n")
    };
    let machine = &measured.machine;
    line(&json!({
        "kind": "machine", "name": measured.name, "cpu": machine.cpu, "cores": machine.cores,
        "kernel": machine.kernel, "goos": machine.goos, "goarch": machine.goarch,
    }))?;
    for release in &measured.releases {
        line(&json!({
            "kind": "release", "go": release.go, "date": release.date, "runs": release.runs,
            "r_squared": release.fit.r_squared, "worst_percent": release.fit.worst_percent,
        }))?;
        for (term, price) in &release.prices {
            line(&json!({
                "kind": "price", "go": release.go, "term": term.as_str(),
                "ns": price.ns, "low": price.low, "high": price.high,
            }))?;
        }
        for case in &release.cases {
            line(&json!({
                "kind": "case", "go": release.go, "name": case.name, "counts": case.counts,
                "ns": case.time.ns, "low": case.time.low, "high": case.time.high,
                "predicted": case.predicted, "allocations": case.allocations,
                "bytes": case.bytes, "collections": case.collections,
            }))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(duration("200us"), Ok(Duration::from_micros(200)));
        assert_eq!(duration("0.5s"), Ok(Duration::from_millis(500)));
        for text in ["1", "ms", "1h", "-1ms", "0s", "11s", "nans", "infs", ""] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
