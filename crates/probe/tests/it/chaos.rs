//! Whatever becomes of the one who looks, the process runs on.
//!
//! The one who looks is this test program, started again with a variable set: it stops the process over
//! and over, until it is killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use probe::sys::memory::ProcessMemory;
use probe::sys::stop::Pause;
use probe::truth::{Running, compare};
use probe::{Process, Still, StillError, Target};

use crate::targets;

const WHO: &str = "DEFERSCOPE_TEST_LOOK_AT";

/// Not a test but what the test below starts: looks at a process for ever.
#[test]
fn looks_for_ever_when_it_is_told_to() {
    let Some(pid) = std::env::var(WHO).ok().and_then(|pid| pid.parse().ok()) else {
        return;
    };
    let Ok(process) = Process::find(pid) else {
        return;
    };
    let Ok(bytes) = process.read_executable() else {
        return;
    };
    let Ok(target) = Target::new(&bytes, process.entry) else {
        return;
    };
    let memory = ProcessMemory::of(pid);
    while process.is_still_there() {
        // It may be killed under our eyes.
        match Still::look(&target, &memory, pid, Duration::from_secs(60)) {
            Err(StillError::Stop(_)) => return,
            Ok(_) | Err(StillError::Target(_)) => {}
        }
    }
}

/// The states of all threads of a process.
fn states(pid: i32) -> Vec<char> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok())
        .filter_map(|stat| stat.rsplit_once(") ")?.1.chars().next())
        .collect()
}

/// Whether no thread of a process stays stopped.
fn runs_on(pid: i32) -> bool {
    let patience = Instant::now() + Duration::from_secs(20);
    while Instant::now() < patience {
        if !states(pid).iter().any(|state| matches!(state, 't' | 'T')) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}

fn rounds() -> u32 {
    let rounds = std::env::var("DEFERSCOPE_CHAOS_ROUNDS").ok();
    rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(6)
}

fn watcher(pid: i32) -> std::process::Child {
    Command::new(std::env::current_exe().expect("this is a program"))
        .args(["--exact", "chaos::looks_for_ever_when_it_is_told_to"])
        .env(WHO, pid.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn truth_of(running: &Running, binary: &Path) -> Vec<String> {
    let bytes = std::fs::read(binary).expect("it was built");
    let process = Process::find(running.pid()).expect("it runs");
    let target = Target::new(&bytes, process.entry).expect("it is a Go program");
    let memory = ProcessMemory::of(running.pid());
    let longest = Duration::from_secs(60);
    let still = Still::look(&target, &memory, running.pid(), longest).expect("nobody has it");
    let snapshot = still.reading.expect("a minute is enough").sum_up();
    let release = target.binary().version();
    compare(&running.truth, &snapshot, &targets::source(), release)
        .expect("the source")
        .wrong
}

#[test]
fn killing_the_one_who_looks_lets_the_process_run_on() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let running = Running::start(binary, &["-churn", "2"]).expect("it starts");
    // Moments that do not follow the rhythm of stopping and going on.
    let mut moment = 7u64;
    for round in 0..rounds() {
        let mut watcher = watcher(running.pid());
        moment = moment * 37 % 101;
        std::thread::sleep(Duration::from_millis(20 + moment));
        watcher.kill().expect("SIGKILL");
        watcher.wait().expect("it is dead");
        assert!(
            runs_on(running.pid()),
            "round {round}: {:?}",
            states(running.pid())
        );
    }
    assert_eq!(truth_of(&running, binary), Vec::<String>::new());
    assert!(running.finish().expect("it answers"), "its own checks hold");
}

#[test]
fn killing_the_process_ends_the_one_who_looks() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let mut moment = 3u64;
    for round in 0..rounds() {
        let running = Running::start(binary, &["-many", "500"]).expect("it starts");
        let mut watcher = watcher(running.pid());
        moment = moment * 29 % 97;
        std::thread::sleep(Duration::from_millis(20 + moment));
        running.kill().expect("SIGKILL");
        let patience = Instant::now() + Duration::from_secs(30);
        while watcher.try_wait().expect("it is ours").is_none() {
            assert!(Instant::now() < patience, "round {round}: it hangs");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Nobody is left to undo anything: neither may stay, stopped or waiting for the other.
#[test]
fn killing_both_at_once_leaves_neither() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let mut moment = 5u64;
    for round in 0..rounds() {
        let running = Running::start(binary, &["-churn", "1"]).expect("it starts");
        let pid = running.pid();
        let mut watcher = watcher(pid);
        moment = moment * 31 % 103;
        std::thread::sleep(Duration::from_millis(20 + moment));
        // As close to each other as can be, now the one first and now the other.
        if round % 2 == 0 {
            watcher.kill().expect("SIGKILL");
            running.kill().expect("SIGKILL");
        } else {
            running.kill().expect("SIGKILL");
            watcher.kill().expect("SIGKILL");
        }
        let patience = Instant::now() + Duration::from_secs(30);
        while watcher.try_wait().expect("it is ours").is_none() || !states(pid).is_empty() {
            assert!(
                Instant::now() < patience,
                "round {round}: {:?}",
                states(pid)
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[test]
fn killing_both_leaves_nothing_behind() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let mut moment = 5u64;
    for round in 0..rounds() {
        let running = Running::start(binary, &["-many", "500"]).expect("it starts");
        let pid = running.pid();
        let mut watcher = watcher(pid);
        moment = moment * 31 % 89;
        std::thread::sleep(Duration::from_millis(20 + moment));
        // Now the one first, now the other; waiting for either must not take for ever.
        if moment.is_multiple_of(2) {
            watcher.kill().expect("SIGKILL");
            running.kill().expect("SIGKILL");
        } else {
            let end = std::thread::spawn(move || running.kill());
            watcher.kill().expect("SIGKILL");
            end.join().expect("no panic").expect("SIGKILL");
        }
        watcher.wait().expect("it is dead");
        assert!(states(pid).is_empty(), "round {round}: {:?}", states(pid));
    }
}

#[test]
fn a_pause_ends_by_itself() {
    let Some(binary) = targets::truth() else {
        return;
    };
    let running = Running::start(binary, &["-spin"]).expect("it starts");
    let pause = Pause::of(running.pid(), Duration::from_millis(300)).expect("it is ours");
    assert!(
        states(running.pid()).iter().all(|&state| state == 't'),
        "{pause:?}"
    );
    assert!(runs_on(running.pid()));
    // One that a panic ends is over at once, too.
    let pid = running.pid();
    let panicked = std::thread::spawn(move || {
        let _pause = Pause::of(pid, Duration::from_secs(3600)).expect("it is ours");
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    assert!(runs_on(running.pid()));
    assert!(running.finish().expect("it answers"));
}
