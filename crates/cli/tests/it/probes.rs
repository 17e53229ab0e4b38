//! No probe stays in a program, whoever is killed and when; and those that something else left there are taken away.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Folder, finish, not_tested};
use crate::profile::{Process, holds, refused};

/// Nobody waits longer for what should be over soon.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pieces of a program's code in its memory: where they begin there and in the file, and how long they are.
fn code(pid: u32, binary: &Path) -> Vec<(u64, u64, u64)> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("it runs");
    let number = |text: &str| u64::from_str_radix(text, 16).expect("a number");
    maps.lines()
        .filter(|line| line.contains(" r-xp ") && line.ends_with(binary.to_str().expect("a name")))
        .map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let (start, end) = fields
                .next()
                .and_then(|range| range.split_once('-'))
                .expect("a range");
            let offset = fields.nth(1).expect("an offset");
            (number(start), number(offset), number(end) - number(start))
        })
        .collect()
}

/// How many bytes of a program's code are not as in its file.
fn changed(pid: u32, binary: &Path) -> usize {
    let file = std::fs::read(binary).expect("it was built");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("it is ours");
    let pieces = code(pid, binary);
    assert!(!pieces.is_empty(), "it has no code");
    let piece = |(start, offset, length): (u64, u64, u64)| {
        let (offset, length) = (offset as usize, length as usize);
        // The last page of a file is longer than the file.
        let in_file = &file[offset..(offset + length).min(file.len())];
        let mut now = vec![0; in_file.len()];
        memory.read_exact_at(&mut now, start).expect("it is mapped");
        now.iter()
            .zip(in_file)
            .filter(|(now, was)| now != was)
            .count()
    };
    pieces.into_iter().map(piece).sum()
}

/// The processes that a process has started and that run still.
fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .flat_map(|text| {
            let numbers = text.split_ascii_whitespace();
            numbers
                .filter_map(|number| number.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Waits for the process that holds the probes; nothing if there is none before long.
fn holder(profiler: &mut Child) -> Option<u32> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE && profiler.try_wait().expect("it is ours").is_none() {
        let holder = children(profiler.id()).into_iter().find(|child| {
            std::fs::read(format!("/proc/{child}/cmdline"))
                .is_ok_and(|line| line.ends_with(b"hold-probes\0"))
        });
        if holder.is_some() {
            return holder;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    None
}

fn is_there(pid: u32) -> bool {
    // One that ended and that nobody waits for is not.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[track_caller]
fn wait_for(what: &str, done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The target, which answers what it is told.
struct Target {
    process: Process,
    input: std::process::ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Target {
    fn start(binary: &Path) -> Self {
        let mut child = Command::new(binary)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            process: Process(child),
            input,
            output,
        }
    }

    fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// It does what it does for all commands, which runs over most places that had probes.
    fn works(&mut self) {
        for command in ["pass", "keep", "hold"] {
            self.tell(command);
        }
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.input, "{command}").expect("it reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        assert_eq!(line.trim_end(), command);
    }
}

fn profiler(folder: &Folder, target: u32) -> Child {
    let pid = target.to_string();
    folder
        .command(&["profile", &pid, "--overhead", "50%", "--for", "1s"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("deferscope starts")
}

fn kill_group(leader: u32) {
    let mut kill = Command::new("kill");
    kill.args(["-KILL", "--", &format!("-{leader}")]);
    // It may be over.
    kill.stderr(Stdio::null()).status().expect("kill is there");
}

/// Who is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Killed {
    Deferscope,
    Group,
    Target,
    Both,
}

const ORDER: [Killed; 6] = [
    Killed::Deferscope,
    Killed::Group,
    Killed::Deferscope,
    Killed::Both,
    Killed::Group,
    Killed::Target,
];

/// One round: a moment after the start, or after the process that holds the probes has come, when it is about to
/// place them. Returns whether this machine lets us look.
fn round(folder: &Folder, binary: &Path, who: Killed, moment: Moment) -> bool {
    let mut target = Target::start(binary);
    // Then probes come and go all the time.
    target.tell("rush");
    let mut profiler = profiler(folder, target.id());
    let mut held_by = None;
    if moment.placing {
        held_by = holder(&mut profiler);
    }
    std::thread::sleep(moment.after);
    held_by = held_by.or_else(|| children(profiler.id()).first().copied());
    let early = profiler.try_wait().expect("it is ours").is_some();
    match who {
        Killed::Deferscope => profiler.kill().expect("SIGKILL"),
        Killed::Group => kill_group(profiler.id()),
        Killed::Target => target.process.0.kill().expect("SIGKILL"),
        Killed::Both => {
            profiler.kill().expect("SIGKILL");
            target.process.0.kill().expect("SIGKILL");
        }
    }
    let status = profiler.wait().expect("it is ours");
    if who == Killed::Target && !early {
        assert!(matches!(status.code(), Some(0 | 2)), "{moment:?}: {status}");
    }
    wait_for("the holder of the probes stays", || {
        held_by.is_none_or(|pid| !is_there(pid))
    });
    // A link keeps its program: where there is no program of ours, there is no link of ours.
    let begin = Instant::now();
    loop {
        match probe::sys::bpf::programs_of(profiler.id()) {
            Ok(0) => break,
            Ok(left) => assert!(
                begin.elapsed() < PATIENCE,
                "{moment:?}: {left} programs are left"
            ),
            Err(error) => {
                not_tested(&error.to_string());
                return false;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    if matches!(who, Killed::Deferscope | Killed::Group) {
        // Every byte.
        let left = changed(target.id(), binary);
        assert_eq!(
            left, 0,
            "{who:?} {moment:?}: so many bytes of its code are not its own"
        );
        target.works();
        let ended = target.process.0.try_wait().expect("it is ours");
        assert_eq!(ended, None, "{who:?} {moment:?}: the program is dead");
    }
    for file in [
        "/sys/kernel/tracing/uprobe_events",
        "/sys/kernel/debug/tracing/uprobe_events",
    ] {
        let events = std::fs::read_to_string(file).unwrap_or_default();
        assert_eq!(events, "", "{who:?} {moment:?}");
    }
    if let Ok(mut pinned) = std::fs::read_dir("/sys/fs/bpf") {
        assert!(
            pinned.next().is_none(),
            "{who:?} {moment:?}: something is pinned"
        );
    }
    true
}

#[derive(Clone, Copy, Debug)]
struct Moment {
    /// Whether it is counted from when probes are about to be placed.
    placing: bool,
    after: Duration,
}

/// `DEFERSCOPE_CHAOS_ROUNDS` for more.
#[test]
fn killing_either_or_both_leaves_nothing_behind() {
    let folder = Folder::new(&[]);
    let Some(binary) = holds(&folder) else {
        return;
    };
    let rounds = std::env::var("DEFERSCOPE_CHAOS_ROUNDS").ok();
    let rounds: u32 = rounds.and_then(|text| text.parse().ok()).unwrap_or(12);
    let mut number = 1u64;
    for (who, at) in ORDER.into_iter().cycle().zip(0..rounds) {
        number = number * 48_271 % 2_147_483_647;
        let placing = at % 4 != 3;
        let moment = Moment {
            placing,
            after: Duration::from_micros(number % if placing { 150_000 } else { 800_000 }),
        };
        if !round(&folder, &binary, who, moment) {
            return;
        }
    }
}

/// Where somebody kills what holds the probes, that is said at once, and the program goes on.
#[test]
fn without_the_holder_of_the_probes_a_profile_ends() {
    let folder = Folder::new(&[]);
    let Some(binary) = holds(&folder) else {
        return;
    };
    for wait in [0, 700] {
        let mut target = Target::start(&binary);
        let pid = target.id().to_string();
        let mut command = folder.command(&["profile", &pid, "--for", "60s"]);
        let mut profiler = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let Some(holder) = holder(&mut profiler) else {
            let run = folder.run(&["profile", &pid, "--for", "500ms"]);
            assert!(refused(&run), "{run:#?}");
            return;
        };
        std::thread::sleep(Duration::from_millis(wait));
        let begin = Instant::now();
        let killed = Command::new("kill")
            .args(["-KILL", &holder.to_string()])
            .status();
        assert!(killed.expect("kill is there").success());
        let output = profiler.wait_with_output().expect("it ends");
        assert!(begin.elapsed() < PATIENCE, "it took {:?}", begin.elapsed());
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}");
        let expected = "the process that holds the probes has ended (signal: 9 (SIGKILL))";
        assert!(words.contains(expected), "{words}");
        target.works();
        // What a kill in the act may have left is taken away by whoever comes next.
        let run = folder.run(&["profile", &pid, "--for", "500ms"]).exits(0);
        assert_eq!(changed(target.id(), &binary), 0, "{run:#?}");
    }
}

/// The process that holds probes is for nobody else to start.
#[test]
fn holding_probes_is_no_command_for_users() {
    let folder = Folder::new(&[]);
    let run = folder.run(&["hold-probes"]).exits(2);
    run.says(&["this is for `deferscope profile` to start"]);
    for args in [&["--help"][..], &["completions", "bash"]] {
        let run = folder.run(args).exits(0);
        assert!(!run.stdout.contains("hold-probes"), "{args:?}");
    }
}

/// What somebody else left there is named, and goes, also where this profile has no probe.
#[test]
fn breakpoints_that_nobody_needs_are_taken_away() {
    let folder = Folder::new(&[]);
    let Some(binary) = holds(&folder) else {
        return;
    };
    let mut target = Target::start(&binary);
    let pid = target.id().to_string();
    let file = std::fs::read(&binary).expect("it was built");
    let parsed = go_binary::Binary::parse(&file).expect("a Go program");
    let all = |_: &go_binary::SiteId| true;
    let plan = probe::profile::points::Plan::new(&parsed, &file, &all, false);
    let slot = plan
        .slots
        .iter()
        .position(|slot| slot.symbol.starts_with("main.hold"));
    let slot = slot.expect("it is in the program") as u32;
    // Nobody has told it to come there.
    let point = plan
        .points
        .iter()
        .find(|point| point.slot == slot)
        .expect("it has a place");
    let (start, offset, _) = code(target.id(), &binary)
        .into_iter()
        .find(|(_, offset, length)| (*offset..offset + length).contains(&point.offset))
        .expect("it is code");
    let memory = File::options()
        .write(true)
        .open(format!("/proc/{pid}/mem"))
        .expect("it is ours");
    let written = memory.write_all_at(&[0xcc], start + (point.offset - offset));
    if let Err(error) = written {
        return not_tested(&format!("writing into a program: {error}"));
    }
    assert_eq!(changed(target.id(), &binary), 1);
    let run = folder.run(&["profile", &pid, "--for", "500ms", "--sites", " pass$"]);
    if refused(&run) {
        return;
    }
    let run = run.exits(0);
    run.says(&["took 1 breakpoint out of process", "that nobody needed"]);
    assert_eq!(changed(target.id(), &binary), 0);
    target.works();
}

/// Before Linux 6.6 probes are placed one by one.
#[test]
fn probes_placed_one_by_one_do_as_well() {
    let folder = Folder::new(&[]);
    let Some(binary) = holds(&folder) else {
        return;
    };
    let mut target = Target::start(&binary);
    let pid = target.id().to_string();
    let args = [
        "profile",
        &pid,
        "--for",
        "2s",
        "--overhead",
        "20%",
        "--sites",
        "holds/main.go",
    ];
    let run = finish(
        folder
            .command(&args)
            .env("DEFERSCOPE_UPROBES_ONE_BY_ONE", "1"),
    );
    if refused(&run) {
        return;
    }
    let run = run.exits(0);
    run.prints(&["pass"]);
    assert_eq!(changed(target.id(), &binary), 0);
    // All of its sites, with those of the standard library, are too many.
    let run = finish(
        folder
            .command(&["profile", &pid])
            .env("DEFERSCOPE_UPROBES_ONE_BY_ONE", "1"),
    );
    run.exits(2).says(&["at most 32 can be watched", "--sites"]);
    target.works();
}
