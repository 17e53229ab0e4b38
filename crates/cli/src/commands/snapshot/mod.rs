//! `deferscope snapshot`: what a process, or its core file, has pending.

mod diff;
mod json;
#[cfg(target_os = "linux")]
mod live;
mod opened;
mod stacks;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum, ValueHint};

use crate::exit::Exit;
use crate::output::to;

pub(crate) const EXAMPLES: &str = "\
Examples:
  deferscope snapshot 4711
  deferscope snapshot --pause stop 4711
  deferscope snapshot --interval 5s 4711
  deferscope snapshot --format json -o before.json 4711
  deferscope snapshot --diff before.json after.json
  deferscope snapshot --format html -o pending.html core.4711 --binary ./server

Exit codes: 0 done, whatever was seen; 2 nothing could be read.";

/// Arguments of `snapshot`.
#[derive(Args, Debug)]
pub(crate) struct SnapshotArgs {
    /// The number of a process, or a core file (of the kernel's, or of gcore).
    #[arg(value_name = "PID|CORE", required_unless_present = "diff", value_hint = ValueHint::FilePath)]
    target: Option<String>,
    /// The program, where a core file does not lead to it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    binary: Option<PathBuf>,
    /// Whether the process stands still while it is read.
    #[arg(long, value_name = "HOW", default_value = "none")]
    pause: PauseArg,
    /// The longest that it may stand still; what is not read by then is read while it runs.
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = time)]
    max_pause: Duration,
    /// Look again and again, and tell what grows.
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "diff")]
    interval: Option<Duration>,
    /// Look so often; for ever without it.
    #[arg(long, value_name = "N", requires = "interval")]
    count: Option<u64>,
    /// Instead: how two snapshots differ that were written with `--format json`.
    #[arg(long, num_args = 2, value_names = ["BEFORE", "AFTER"], value_hint = ValueHint::FilePath, conflicts_with_all = ["target", "binary"])]
    diff: Vec<PathBuf>,
    /// Also name the lines that opened what is open: what `profile --format evidence` wrote of this program. Can be
    /// given more than once.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "diff")]
    evidence: Vec<PathBuf>,
    /// Only sites of this package, or of those below it: PATH or PATH/...; can be given more than once.
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    package: Vec<String>,
    /// Only sites with at least so many calls pending, and as many goroutines at the same place.
    #[arg(long, value_name = "N", default_value_t = 1)]
    min: u64,
    /// Also the goroutines of the runtime.
    #[arg(long)]
    system: bool,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SnapshotFormat,
    /// Write to this file instead.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

/// Whether the process stands still.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum PauseArg {
    /// It runs; what moves while it is read is read again, and counted where that did not help.
    None,
    /// Its threads are stopped with ptrace: the kernel lets them go on if deferscope is killed.
    Stop,
}

/// How a snapshot is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum SnapshotFormat {
    /// Tables.
    Text,
    /// An object on each line, see docs/snapshot.md.
    Json,
    /// For `go tool pprof`.
    Pprof,
    /// A flame graph.
    Svg,
    /// A flame graph to search and zoom in.
    Html,
    /// For `check --evidence` and `cost --evidence`.
    Evidence,
}

/// A snapshot, and what is known besides.
#[derive(Debug)]
struct Taken {
    /// What was looked at.
    from: String,
    snapshot: probe::Snapshot,
    /// How long the process stood still.
    paused: Option<Duration>,
    /// The CPU time that looking took us.
    descriptors: Vec<(&'static str, u64)>,
    /// The lines that opened some of those.
    opened: Vec<profiles::evidence::Site>,
    warnings: Vec<String>,
}

pub(crate) fn run(args: &SnapshotArgs) -> Result<Exit> {
    if let [before, after] = &args.diff[..] {
        let (before, after) = (diff::Sites::read(before)?, diff::Sites::read(after)?);
        let changes = diff::changes(&before, &after, &args.package, args.min);
        to(args.output.as_deref(), |out| match args.format {
            SnapshotFormat::Json => diff::json(out, &changes),
            _ => diff::text(out, &before, &after, &changes),
        })?;
        return Ok(Exit::Clean);
    }
    let Some(target) = &args.target else {
        bail!("give the number of a process, or a core file");
    };
    follow(args, target)?;
    Ok(Exit::Clean)
}

#[cfg(target_os = "linux")]
fn follow(args: &SnapshotArgs, target: &str) -> Result<()> {
    let mut before: Option<diff::Sites> = None;
    let mut left = args.count;
    live::look(args, target, &mut |taken| {
        write(args, &taken)?;
        let Some(interval) = args.interval else {
            return Ok(None);
        };
        let sites = diff::Sites::of(&taken);
        if let Some(before) = &before {
            let changes = diff::changes(before, &sites, &args.package, args.min);
            if args.format == SnapshotFormat::Text {
                to(args.output.as_deref(), |out| {
                    diff::text(out, before, &sites, &changes)
                })?;
            }
        }
        before = Some(sites);
        left = left.map(|left| left.saturating_sub(1));
        Ok((left != Some(0)).then_some(interval))
    })
}

#[cfg(not(target_os = "linux"))]
fn follow(_args: &SnapshotArgs, _target: &str) -> Result<()> {
    bail!("processes and core files are read on Linux only; --diff works here, too")
}

fn write(args: &SnapshotArgs, taken: &Taken) -> Result<()> {
    let filter = Filter {
        packages: &args.package,
        min: args.min,
        system: args.system,
    };
    to(args.output.as_deref(), |out| match args.format {
        SnapshotFormat::Text => text::write(out, taken, &filter),
        SnapshotFormat::Json => json::write(out, taken, &filter),
        SnapshotFormat::Pprof => stacks::pprof(taken, &filter).write(out),
        SnapshotFormat::Svg => stacks::graph(taken, &filter).write_svg(out),
        SnapshotFormat::Html => stacks::graph(taken, &filter).write_html(out),
        SnapshotFormat::Evidence => profiles::evidence::write(out, &json::evidence(taken, &filter)),
    })
}

/// What is shown.
struct Filter<'a> {
    packages: &'a [String],
    min: u64,
    system: bool,
}

impl Filter<'_> {
    fn shows_site(&self, site: &probe::SitePending) -> bool {
        site.pending >= self.min && in_packages(&site.id.package, self.packages)
    }

    fn shows_group(&self, group: &probe::Group) -> bool {
        group.count >= self.min && (self.system || !group.system)
    }
}

fn in_packages(package: &str, patterns: &[String]) -> bool {
    patterns.is_empty()
        || patterns
            .iter()
            .any(|pattern| match pattern.strip_suffix("/...") {
                Some(root) => package
                    .strip_prefix(root)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
                None => package == pattern,
            })
}

/// Reads a time: `200ms`, `5s`, `1m`, `1h`.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("write a time as 200ms, 5s, 1m or 1h".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "no number".to_owned())?;
    let millis = number.checked_mul(millis).ok_or("too long")?;
    Ok(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(time("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(time("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(time("2m"), Ok(Duration::from_secs(120)));
        for wrong in [
            "",
            "5",
            "s",
            "5 s",
            "-1s",
            "99999999999999999999h",
            "9999999999999999h",
        ] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
