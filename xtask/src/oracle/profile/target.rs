//! The program that knows what its defers did, at work.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::oracle::ProfileArgs;

/// The program, running; it does not outlive this.
pub(super) struct Target {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What it says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    unix: f64,
    processor: f64,
    rounds: f64,
    pub(super) bad: f64,
    counts: HashMap<String, f64>,
    held: HashMap<String, f64>,
}

/// How often it is asked: to answer costs it a millisecond.
const EVERY: Duration = Duration::from_millis(100);

impl Target {
    pub(super) fn start(program: &Path, args: &[&str]) -> Result<Self> {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the program has no pipes");
        };
        let output = BufReader::new(output);
        std::thread::sleep(Duration::from_millis(300));
        Ok(Self {
            child,
            input,
            output,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn ask(&mut self) -> Result<Report> {
        self.input.write_all(b"\n").context("asking the program")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let value: Value = serde_json::from_str(&line)
            .with_context(|| format!("the program answered {line:?}"))?;
        let number = |value: &Value| value.as_f64().unwrap_or(0.0);
        let numbers = |value: &Value| -> HashMap<String, f64> {
            let pairs = value.as_object().into_iter().flatten();
            pairs
                .map(|(name, count)| (name.clone(), number(count)))
                .collect()
        };
        Ok(Report {
            unix: number(&value["Unix"]),
            processor: number(&value["CPU"]),
            rounds: number(&value["Rounds"]),
            bad: number(&value["Bad"]),
            counts: numbers(&value["Counts"]),
            held: numbers(&value["Held"]),
        })
    }

    /// What it said before and after so many seconds, asked as often as when it is profiled.
    pub(super) fn watch_for(&mut self, seconds: f64) -> Result<(Report, Report)> {
        let first = self.ask()?;
        let begin = Instant::now();
        while begin.elapsed().as_secs_f64() < seconds {
            std::thread::sleep(EVERY);
            self.ask()?;
        }
        Ok((first, self.ask()?))
    }

    /// Profiles it; the profile, and what the program said all the while.
    pub(super) fn while_profiled(
        &mut self,
        deferscope: &Path,
        args: &ProfileArgs,
    ) -> Result<(Value, Vec<Report>)> {
        let mut child = Command::new(deferscope)
            .args(["profile", &self.pid().to_string(), "--format", "json"])
            .args(["--for", &format!("{}s", args.seconds)])
            .args(["--overhead", &format!("{}%", args.overhead)])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", deferscope.display()))?;
        let mut reports = Vec::new();
        while child.try_wait()?.is_none() {
            reports.push(self.ask()?);
            std::thread::sleep(EVERY);
        }
        reports.push(self.ask()?);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!(
                "`deferscope profile` failed: {}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            );
        }
        let profile = serde_json::from_slice(&output.stdout).context("reading the profile")?;
        Ok((profile, reports))
    }

    pub(super) fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    pub(super) fn kill(&mut self) -> Result<()> {
        self.child.kill().context("killing the program")
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Report {
    pub(super) fn count(&self, name: &str) -> f64 {
        self.counts.get(name).copied().unwrap_or(0.0)
    }

    /// How long promises of a site were held on average between two reports, in nanoseconds, where that is known.
    pub(super) fn held(first: &Self, last: &Self, name: &str) -> Option<f64> {
        let held = last.held.get(name)? - first.held.get(name)?;
        Some(held / (last.count(name) - first.count(name)).max(1.0))
    }

    pub(super) fn rounds(&self) -> f64 {
        self.rounds
    }

    /// How many processors it used between two reports.
    pub(super) fn used(first: &Self, last: &Self) -> f64 {
        (last.processor - first.processor) / (last.unix - first.unix).max(1.0)
    }

    /// Rounds for each second of the clock between two reports.
    pub(super) fn by_clock(first: &Self, last: &Self) -> f64 {
        (last.rounds - first.rounds) / ((last.unix - first.unix) / 1e9).max(1e-9)
    }

    /// What it would have said at a moment between two reports.
    pub(super) fn at(reports: &[Self], unix: f64) -> Result<Self> {
        let after = reports.partition_point(|report| report.unix < unix);
        let (Some(before), Some(after)) = (
            after.checked_sub(1).and_then(|index| reports.get(index)),
            reports.get(after).or(reports.last()),
        ) else {
            return Err(anyhow!("the profile began before the program was asked"));
        };
        let share = ((unix - before.unix) / (after.unix - before.unix).max(1.0)).clamp(0.0, 1.0);
        let between = |one: f64, other: f64| one + (other - one) * share;
        let all_between = |one: &HashMap<String, f64>, other: &HashMap<String, f64>| {
            let pairs = other.iter().map(|(name, &last)| {
                let first = one.get(name).copied().unwrap_or(0.0);
                (name.clone(), between(first, last))
            });
            pairs.collect()
        };
        Ok(Self {
            unix,
            processor: between(before.processor, after.processor),
            rounds: between(before.rounds, after.rounds),
            bad: after.bad,
            counts: all_between(&before.counts, &after.counts),
            held: all_between(&before.held, &after.held),
        })
    }
}

/// The lines of its source that say `// site: NAME`.
pub(super) fn sites(source: &Path) -> Result<Vec<(u64, String)>> {
    let text =
        std::fs::read_to_string(source).with_context(|| format!("reading {}", source.display()))?;
    let mut sites = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((_, name)) = line.split_once("// site: ") {
            sites.push((number, name.trim().to_owned()));
        }
    }
    if sites.is_empty() {
        bail!("{} marks no sites", source.display());
    }
    Ok(sites)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_between_reports_are_interpolated() {
        let report = |unix: f64, rounds: f64| Report {
            unix,
            rounds,
            counts: HashMap::from([("open".to_owned(), rounds)]),
            ..Report::default()
        };
        let reports = [report(100.0, 0.0), report(200.0, 10.0), report(300.0, 20.0)];
        let at = |unix| Report::at(&reports, unix).expect("in between").rounds();
        assert_eq!((at(150.0), at(225.0), at(999.0)), (5.0, 12.5, 20.0));
        assert!(Report::at(&reports, 50.0).is_err());
    }
}
