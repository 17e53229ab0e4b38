//! `deferscope profile`: what the defers of a running program do.

mod data;
mod descriptors;
mod exit;
pub(crate) mod holder;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum, ValueHint};
use probe::profile::{Ended, Options};
use regex::Regex;

use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  deferscope profile 4242
  deferscope profile 4242 --for 5m --overhead 0.5%
  deferscope profile 4242 --sites '^example.com/shop/'
  deferscope profile 4242 --format evidence -o shop.jsonl && deferscope check --evidence shop.jsonl
  deferscope profile 4242 --format pprof -o defer.pb.gz && go tool pprof -http : defer.pb.gz

Exit codes: 0 done, also when the program ended before its time, 2 the program cannot be profiled. Ctrl-C
ends it early; what was seen until then is printed. docs/profile.md tells how it works and what it cannot.";

/// If this is set, probes are placed as before Linux 6.6: for tests.
const ONE_BY_ONE: &str = "DEFERSCOPE_UPROBES_ONE_BY_ONE";

#[derive(Args, Debug)]
pub(crate) struct ProfileArgs {
    /// The process.
    #[arg(value_name = "PID", value_parser = clap::value_parser!(u32).range(1..=4_194_304))]
    pid: u32,
    /// How long: 500ms, 30s, 5m, 1h.
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = duration)]
    duration: Duration,
    /// What it may cost, in hundredths of the processor time that the program uses, or of one processor if it uses less.
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = share)]
    overhead: f64,
    /// Only sites that match this regular expression, as they are shown: IMPORT-PATH/FILE:LINE FUNCTION.
    #[arg(long, value_name = "REGEX")]
    sites: Option<Regex>,
    /// Count only: take no times. Hits get cheaper by a third.
    #[arg(long)]
    no_held: bool,
    /// Do not watch which descriptors are opened and not closed, which costs something for each system call.
    #[arg(long)]
    no_descriptors: bool,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: ProfileFormat,
    /// Write to this file: all of it or nothing.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

/// How a profile is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum ProfileFormat {
    /// A table, the most frequent sites first.
    Table,
    /// One object, see docs/profile.md.
    Json,
    /// Lines of JSON for `check --evidence`, see docs/evidence.md.
    Evidence,
    /// A profile for `go tool pprof`, with counts and delays.
    Pprof,
    /// A flame graph, to look at.
    Svg,
    /// A flame graph, to search in.
    Html,
}

pub(crate) fn run(args: &ProfileArgs) -> Result<Exit> {
    let to_terminal = args.output.is_none() && std::io::IsTerminal::is_terminal(&std::io::stdout());
    if args.format == ProfileFormat::Pprof && to_terminal {
        bail!("a profile for pprof is no text; give a file with --output defer.pb.gz");
    }
    let interrupt = Interrupt::listen()?;
    let matches = |id: &go_binary::SiteId| {
        let name = id.to_string();
        args.sites
            .as_ref()
            .is_none_or(|sites| sites.is_match(&name))
    };
    let profile = interrupt.while_heard(|stop| {
        probe::profile::profile(&Options {
            pid: args.pid,
            duration: args.duration,
            overhead: args.overhead,
            sites: &matches,
            filtered: args.sites.is_some(),
            held: !args.no_held,
            descriptors: !args.no_descriptors,
            holder: Some(&holder::start),
            one_by_one: std::env::var_os(ONE_BY_ONE).is_some(),
            stop,
        })
    })?;
    for note in &profile.notes {
        output::warning(note);
    }
    let after = format!("after {:.1} s", profile.seconds);
    match profile.ended {
        Ended::Time => {}
        Ended::Stopped => output::warning(&format!("stopped {after}")),
        Ended::Exited => output::warning(&format!(
            "process {} ended {after}{}; this is what was seen until then",
            profile.pid,
            exit::how(&profile)
        )),
        Ended::Replaced => output::warning(&format!(
            "process {} began to run another program {after}; this is what was seen until then",
            profile.pid
        )),
    }
    let path = args.output.as_deref();
    output::to(path, |out| match args.format {
        ProfileFormat::Table => text::write(out, &profile),
        ProfileFormat::Json => data::json(out, &profile),
        ProfileFormat::Evidence => profiles::evidence::write(out, &data::evidence(&profile)),
        ProfileFormat::Pprof => data::pprof(&profile).write(out),
        ProfileFormat::Svg => data::flame(&profile).write_svg(out),
        ProfileFormat::Html => data::flame(&profile).write_html(out),
    })?;
    Ok(Exit::Clean)
}

/// `500ms`, `30s`, `5m`, `1h`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("it takes a number and ms, s, m or h, such as 30s".to_owned()),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "it takes a number and ms, s, m or h, such as 30s".to_owned())?;
    let seconds = number * factor;
    if !(0.1..=86_400.0).contains(&seconds) {
        return Err("it must be between 100ms and 24h".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// `1%`, `0.5%`; with or without the sign.
fn share(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let percent: f64 = number
        .parse()
        .map_err(|_| "it takes a number of hundredths, such as 1%".to_owned())?;
    if !(0.01..=50.0).contains(&percent) {
        return Err("it must be between 0.01% and 50%".to_owned());
    }
    Ok(percent / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares_are_read() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        for bad in ["", "s", "5 s", "1d", "0s", "-1s", "1e9s", "nan"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert_eq!(share("1%"), Ok(0.01));
        assert_eq!(share("0.5"), Ok(0.005));
        for bad in ["", "%", "0", "-1%", "90%", "nan%"] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }
}
