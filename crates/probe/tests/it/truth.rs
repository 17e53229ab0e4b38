//! What a snapshot says, against what the target says of itself.

use std::path::Path;
use std::time::Duration;

use probe::sys::memory::{ProcessMemory, monotonic};
use probe::truth::{Running, Score, compare};
use probe::{Looking, Process, Snapshot, Still, Target};

use crate::targets;

fn compared(running: &Running, snapshot: &Snapshot, target: &Target<'_>) -> Score {
    let release = target.binary().version();
    compare(&running.truth, snapshot, &targets::source(), release).expect("the source is read")
}

/// Takes a snapshot, and compares it.
fn look(binary: &Path, args: &[&str], still: bool) -> (Snapshot, Score) {
    let running = Running::start(binary, args).expect("the target starts");
    let process = Process::find(running.pid()).expect("it runs");
    let bytes = process.read_executable().expect("it has a program");
    let target = Target::new(&bytes, process.entry).expect("it is a Go program");
    let memory = ProcessMemory::of(running.pid());
    let snapshot = if still {
        let longest = Duration::from_secs(20);
        let still = Still::look(&target, &memory, running.pid(), longest).expect("it is ours");
        still.reading.expect("20 seconds are enough").sum_up()
    } else {
        Snapshot::take(&target, &memory, Looking::Running(monotonic())).expect("it is readable")
    };
    let score = compared(&running, &snapshot, &target);
    assert!(running.finish().expect("it answers"), "its checks hold");
    (snapshot, score)
}

#[test]
fn a_stopped_process_tells_the_truth() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let (snapshot, score) = look(binary, &["-spin"], true);
    assert!(score.wrong.is_empty(), "{:#?}", score.wrong);
    assert!(score.compared > 30 && score.calls > 2000, "{score:?}");
    assert!(snapshot.doubtful.is_empty(), "{:?}", snapshot.doubtful);
    let values: Vec<_> = snapshot
        .panics
        .iter()
        .filter_map(|p| p.value.as_deref())
        .collect();
    for value in [r#"string "a panic in flight""#, r#"string "the first""#] {
        assert!(values.contains(&value), "{values:?}");
    }
    assert!(
        values.iter().any(|v| v.contains("the second")),
        "{values:?}"
    );
}

#[test]
fn so_does_one_that_never_stands_still_by_itself() {
    let Some(binary) = targets::truth() else {
        return;
    };
    for _ in 0..5 {
        let args = ["-spin", "-churn", "20", "-many", "3000"];
        let (snapshot, score) = look(binary, &args, true);
        assert!(score.wrong.is_empty(), "{:#?}", score.wrong);
        // A thread may be caught on its way from one of those that churn to another.
        let doubtful: usize = snapshot.doubtful.values().sum();
        assert!(doubtful <= 2, "{:?}", snapshot.doubtful);
    }
}

#[test]
fn nobody_hides_on_the_stacks_of_threads() {
    let Some(binary) = targets::truth() else {
        return;
    };
    // Signals are handled on a stack of their own, and the time is asked for on the scheduler's.
    let args = ["-spin", "-time", "-signals", "-churn", "5"];
    let running = Running::start(binary, &args).expect("the target starts");
    let process = Process::find(running.pid()).expect("it runs");
    let bytes = process.read_executable().expect("it has a program");
    let target = Target::new(&bytes, process.entry).expect("it is a Go program");
    let memory = ProcessMemory::of(running.pid());
    for _ in 0..100 {
        let longest = Duration::from_secs(20);
        let still = Still::look(&target, &memory, running.pid(), longest).expect("it is ours");
        let snapshot = still.reading.expect("20 seconds are enough").sum_up();
        let score = compared(&running, &snapshot, &target);
        assert!(score.wrong.is_empty(), "{:#?}", score.wrong);
        let unknown = snapshot.doubtful.get(&probe::Doubt::Running);
        assert_eq!(unknown, None, "nobody knows where these are");
    }
    assert!(running.finish().expect("it answers"), "its checks hold");
}

#[test]
fn so_does_a_stripped_one_at_an_address_of_its_own() {
    let flags = ["-ldflags=-s -w", "-buildmode=pie"];
    let Some(binary) = targets::build("truth-pie", &flags) else {
        return;
    };
    let (_, score) = look(&binary, &["-spin"], true);
    assert!(score.wrong.is_empty(), "{:#?}", score.wrong);
}

#[test]
fn a_running_process_tells_the_truth_of_what_waits() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let (snapshot, score) = look(binary, &["-many", "2000", "-churn", "2"], false);
    assert!(score.wrong.is_empty(), "{:#?}", score.wrong);
    // Those that churn may be caught in the act, and nobody else.
    let doubtful: usize = snapshot.doubtful.values().sum();
    assert!(doubtful <= 8, "{:?}", snapshot.doubtful);
}

#[test]
fn what_runs_is_doubtful_when_nobody_stops_it() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let (snapshot, score) = look(binary, &["-spin"], false);
    assert!(
        snapshot.doubtful.contains_key(&probe::Doubt::Running),
        "{snapshot:?}"
    );
    // The records of those that run are seen; their open-coded defers cannot be.
    let wrong: Vec<_> = score
        .wrong
        .iter()
        .filter(|wrong| !wrong.starts_with("spin"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A program that says of itself that a Go built it which nobody knows yet.
fn of_another_release(binary: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(binary).expect("it was built");
    let said = Target::new(&bytes, 0).expect("it is a Go program");
    let info = said.binary().build_info().expect("it says who built it");
    let ours = info.go_version.clone();
    // The bytes keep their places.
    let theirs = format!("go1.99.{:9<1$}", "", ours.len() - "go1.99.".len());
    drop(said);
    let places: Vec<_> = (0..=bytes.len() - ours.len())
        .filter(|&at| bytes[at..].starts_with(ours.as_bytes()))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + theirs.len()].copy_from_slice(theirs.as_bytes());
    }
    bytes
}

#[test]
fn an_unknown_release_is_read_with_the_help_of_its_debug_information() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let known = std::fs::read(binary).expect("it was built");
    let known = Target::new(&known, 0).expect("it is a Go program");
    let (image, release) = (known.binary().image(), known.binary().version());
    let read = go_binary::RuntimeLayout::read(image, release).expect("it has debug information");
    let table = go_binary::RuntimeLayout::of(release).expect("the release is known");
    assert_eq!(
        (read.g, read.record, read.panic),
        (table.g, table.record, table.panic)
    );

    let running = Running::start(binary, &["-spin"]).expect("the target starts");
    let process = Process::find(running.pid()).expect("it runs");
    let memory = ProcessMemory::of(running.pid());
    let Some(stripped) = targets::build("truth-stripped", &["-ldflags=-s -w"]) else {
        return;
    };
    for (program, warning) in [
        (
            binary,
            "its structures were read from the program's debug information",
        ),
        (&stripped, "the program has no debug information"),
    ] {
        let bytes = of_another_release(program);
        let target = Target::new(&bytes, process.entry).expect("it is a Go program");
        let said = target.warnings().join("\n");
        assert!(
            said.contains("Go 1.99.9") && said.contains(warning),
            "{said}"
        );
        if program != binary {
            continue;
        }
        let longest = Duration::from_secs(20);
        let still = Still::look(&target, &memory, running.pid(), longest).expect("it is ours");
        let snapshot = still.reading.expect("20 seconds are enough").sum_up();
        let score = compared(&running, &snapshot, &known);
        assert!(score.wrong.is_empty(), "{:#?}", score.wrong);
    }
}

#[test]
fn suspicious_sites_name_their_rule() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let (snapshot, _) = look(binary, &["-many", "1500"], true);
    let suspicions = snapshot.suspicions();
    let rule = |name: &str| suspicions.iter().find(|found| found.rules.contains(&name));
    let found = rule("defer-in-loop").expect("a thousand promises in a loop");
    assert!(found.why.contains("1000 calls"), "{}", found.why);
    let recursion = rule("defer-in-recursion").expect("300 calls of itself");
    assert!(recursion.why.contains("300 calls"), "{}", recursion.why);
    assert!(rule("channel-never-closed").is_some(), "{suspicions:#?}");
}

#[test]
fn bug_a_literal_of_an_inlined_function_is_named_after_its_neighbour() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let (snapshot, _) = look(binary, &[], true);
    let site = snapshot.sites.iter().find(|site| {
        let reasons = site.reasons.iter().map(|(reason, _)| reason.as_str());
        site.goroutines == 12 && reasons.into_iter().any(|reason| reason == "sleep")
    });
    let function = site.map(|site| site.id.function.as_str());
    assert_eq!(function, Some("recursionWithRecords"), "it is in waits");
}
