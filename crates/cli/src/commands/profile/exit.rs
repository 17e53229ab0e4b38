//! What a profile shows of the end of the process: how it ended, and which deferred calls never ran.

use std::io::{self, Write};

use probe::profile::{Exit, Profile, Status};
use profiles::evidence;
use serde_json::{Value, json};

use super::text::{clean, nanos, place, table};

/// More lines are not shown.
const SHOWN: usize = 20;

/// In what way it ended, for a sentence.
pub(super) fn how(profile: &Profile) -> String {
    match profile.exit.as_ref().and_then(|exit| exit.status) {
        Some(Status::Code(code)) => format!(" with exit status {code}"),
        Some(Status::Signal(signal)) => format!(" by {}", name(signal)),
        None => String::new(),
    }
}

/// The names of signals that end programs.
fn name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        6 => "SIGABRT",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}

pub(super) fn text(out: &mut dyn Write, exit: &Exit) -> io::Result<()> {
    if exit.pending.is_empty() {
        return Ok(());
    }
    let calls: u64 = exit.pending.iter().map(probe::profile::Unkept::count).sum();
    write!(
        out,
        "\nWhen it ended, deferred calls were waiting that never ran: {calls} of {} lines",
        exit.pending.len()
    )?;
    match exit.looked {
        Some(seconds) => writeln!(out, " (last look {} before)", nanos(seconds * 1e9))?,
        None => writeln!(out, " (made while watched; it was not looked into)")?,
    }
    let rows: Vec<_> = exit
        .pending
        .iter()
        .take(SHOWN)
        .map(|site| {
            [
                site.count().to_string(),
                place(&site.id),
                clean(&site.id.function),
            ]
        })
        .collect();
    table(out, ["NEVER RAN", "WHERE", "IN"], &rows)?;
    if exit.pending.len() > SHOWN {
        let left = exit.pending.len() - SHOWN;
        writeln!(out, "… and {left} more lines; --format json has all")?;
    }
    let why = match exit.status {
        Some(Status::Signal(_)) => {
            "A signal ends a program without its deferred calls: catch it with signal.Notify and return from main."
        }
        Some(Status::Code(_)) => {
            "os.Exit, log.Fatal, a panic, and a return from main leave deferred calls of goroutines behind: \
             `deferscope check --select exit-skips-defer,exit-outside-main` finds the first two."
        }
        None => "Another program took its place: nothing that was promised is kept.",
    };
    writeln!(out, "{why}")
}

pub(super) fn json(exit: &Exit) -> Value {
    let (code, signal) = match exit.status {
        Some(Status::Code(code)) => (Some(code), None),
        Some(Status::Signal(signal)) => (None, Some(signal)),
        None => (None, None),
    };
    let pending = exit.pending.iter().map(|site| {
        json!({
            "package": site.id.package,
            "function": site.id.function,
            "file": site.id.file,
            "line": site.id.line,
            "ordinal": site.id.ordinal,
            "path": site.path,
            "count": site.count(),
            "made_while_watched": site.watched,
            "seen_at_last_look": site.seen,
        })
    });
    json!({
        "code": code,
        "signal": signal,
        "last_look_seconds_before": exit.looked,
        "pending": pending.collect::<Vec<_>>(),
        "rules": ["exit-skips-defer"],
    })
}

/// The lines whose calls never ran, but for those that the profile has already.
pub(super) fn evidence(profile: &Profile) -> Vec<evidence::Site> {
    let exit = profile.exit.iter();
    let pending = exit.flat_map(|exit| &exit.pending);
    let known = |id| profile.sites.iter().any(|site| &site.id == id);
    pending
        .filter(|site| !known(&site.id))
        .map(|site| evidence::Site {
            path: Some(site.path.clone()),
            pending: Some(site.count()),
            ..evidence::Site::at(&site.id)
        })
        .collect()
}
