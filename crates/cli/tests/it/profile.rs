//! `deferscope profile` from the outside: what cannot be profiled, and a program that can. That the numbers
//! are right is held by `cargo xtask oracle profile`.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Folder, Run, go_root, not_tested};

/// A child that does not outlive its test.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().expect("a process starts"))
    }

    pub(crate) fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `gofmt` at work on all of Go's own sources.
fn gofmt() -> Option<Process> {
    let root = go_root()?;
    let mut command = Command::new(root.join("bin/gofmt"));
    Some(Process::start(command.arg("-l").arg(root.join("src"))))
}

/// Whether the run was refused for want of rights or of a kernel that can.
pub(crate) fn refused(run: &Run) -> bool {
    let words = ["the right to use eBPF", "this kernel cannot do it"];
    let refused = run.code == Some(2) && words.iter().any(|word| run.stderr.contains(word));
    if refused {
        assert!(run.stderr.contains("setcap") || run.stderr.contains("Linux 5.15"));
        not_tested(&run.stderr);
    }
    refused
}

#[test]
fn what_cannot_be_profiled_is_said() {
    let folder = Folder::new(&[]);
    let nobody = folder.run(&["profile", "4194304"]).exits(2);
    nobody.says(&["there is no process 4194304"]);
    let sleep = Process::start(Command::new("sleep").arg("60"));
    let run = folder.run(&["profile", &sleep.pid()]).exits(2);
    run.says(&["no table of Go functions"]);
    for bad in [
        &["profile"][..],
        &["profile", "init"],
        &["profile", "0"],
        &["profile", "1", "--for", "soon"],
        &["profile", "1", "--overhead", "90%"],
        &["profile", "1", "--sites", "("],
    ] {
        folder.run(bad).exits(2);
    }
}

#[test]
fn a_program_at_work_is_profiled() {
    let Some(target) = gofmt() else { return };
    let folder = Folder::new(&[]);
    let pid = target.pid();
    let args = ["profile", &pid, "--for", "1500ms", "--overhead", "5%"];
    let run = folder.run(&[&args[..], &["--format", "json"]].concat());
    if refused(&run) {
        return;
    }
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let profile: Value = serde_json::from_str(&run.stdout).expect("one object");
    let sites = profile["sites"].as_array().expect("sites");
    assert!(!sites.is_empty(), "{profile}");
    for site in sites {
        let count = |which: &str| site["count"][which].as_f64().expect("a number");
        assert!(count("low") <= count("value") && count("value") <= count("high"));
    }
    assert!(profile["cost"]["hits"].as_u64().expect("a number") > 0);
    drop(target);
    let Some(target) = gofmt() else { return };
    let pid = target.pid();
    let args = ["profile", &pid, "--for", "1s", "--format", "evidence"];
    let run = folder.run(&args).exits(0);
    let first = run.stdout.lines().next().expect("a header");
    assert!(first.starts_with("{\"deferscope\":\"evidence\""), "{first}");
}

/// A Go program that opens what it is told to, and does something every millisecond.
pub(crate) fn holds(folder: &Folder) -> Option<PathBuf> {
    let root = go_root()?;
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../probe/testdata/targets/holds");
    let binary = folder.path("holds");
    let mut build = Command::new(root.join("bin/go"));
    build
        .current_dir(source)
        .args(["build", "-buildvcs=false", "-o"])
        .arg(&binary)
        .env("GOROOT", &root)
        .env("GOFLAGS", "-mod=mod")
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0");
    if std::env::var_os("GOCACHE").is_none() {
        build.env("GOCACHE", folder.path("go-cache"));
    }
    let built = build.status().expect("go starts");
    assert!(built.success(), "the target is built");
    Some(binary)
}

/// Gives a program a command every half a second until it is called off: when a profile begins to look, and
/// how soon the program does what it is told, depends on what else the machine does.
pub(crate) struct Teller {
    called_off: Arc<AtomicBool>,
    thread: JoinHandle<ChildStdin>,
}

impl Teller {
    pub(crate) fn begin(mut input: ChildStdin, command: &'static str) -> Self {
        let called_off = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&called_off);
        let thread = std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) && writeln!(input, "{command}").is_ok() {
                std::thread::sleep(Duration::from_millis(500));
            }
            input
        });
        Self { called_off, thread }
    }

    pub(crate) fn end(self) -> ChildStdin {
        self.called_off.store(true, Ordering::Relaxed);
        self.thread.join().expect("it does not panic")
    }
}

#[test]
fn what_was_opened_is_in_all_formats() {
    let folder = Folder::new(&[]);
    let Some(binary) = holds(&folder) else {
        return;
    };
    let mut target = Process::start(&mut Command::new(binary));
    let input = target.0.stdin.take().expect("a pipe");
    let pid = target.pid();
    let teller = Teller::begin(input, "keep");
    let args = ["profile", &pid, "--for", "4s", "--overhead", "10%"];
    let run = folder.run(&[&args[..], &["--format", "json"]].concat());
    let input = teller.end();
    if refused(&run) {
        return;
    }
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let profile: Value = serde_json::from_str(&run.stdout).expect("one object");
    let places = profile["descriptors"]["places"].as_array().expect("a list");
    let kept = places
        .iter()
        .find(|place| place["function"] == "keep" && place["kind"] == "file")
        .unwrap_or_else(|| panic!("{profile}"));
    assert_eq!(kept["package"], "example.com/holds");
    assert!(kept["open"].as_u64() > Some(0) && kept["open"] == kept["opened"]);
    let stack = kept["stacks"][0]["stack"].as_array().expect("a stack");
    assert!(stack.iter().any(|frame| frame["function"] == "main.main"));

    let teller = Teller::begin(input, "keep");
    let evidence = [&args[..], &["--format", "evidence", "-o", "opened.jsonl"]].concat();
    folder.run(&evidence).exits(0);
    let mut input = teller.end();
    let text = folder.read("opened.jsonl");
    let site = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|site| site["function"] == "keep" && !site["resources"].is_null())
        .unwrap_or_else(|| panic!("{text}"));
    let resources = site["resources"].as_array().expect("a list");
    assert!(resources.iter().any(|resource| resource["kind"] == "file"));
    let line = format!("example.com/holds/main.go:{}", site["line"]);
    let snapshot = ["snapshot", &pid, "--evidence", "opened.jsonl"];
    let run = folder.run(&snapshot).exits(0);
    run.prints(&["left open by these lines", &line]);
    let run = folder.run(&[&snapshot[..], &["--format", "json"]].concat());
    run.prints(&["\"kind\":\"opened\""]);

    writeln!(input, "keep").expect("it reads");
    let without = [&args[..], &["--format", "json", "--no-descriptors"]].concat();
    let run = folder.run(&without).exits(0);
    let profile: Value = serde_json::from_str(&run.stdout).expect("one object");
    assert!(profile["descriptors"].is_null(), "{profile}");
}

#[test]
fn the_end_of_a_program_is_told() {
    let folder = Folder::new(&[]);
    let Some(binary) = holds(&folder) else {
        return;
    };
    for format in ["table", "json"] {
        // How soon it is looked at depends on what else the machine does: before, there is nothing to tell.
        let mut patience = [4, 12, 36].map(Duration::from_secs).into_iter();
        let run = loop {
            let mut target = Process::start(&mut Command::new(&binary));
            let mut input = target.0.stdin.take().expect("a pipe");
            writeln!(input, "hold").expect("it reads");
            let pid = target.pid();
            let wait = patience.next().expect("it is seen before it ends");
            let teller = std::thread::spawn(move || {
                std::thread::sleep(wait);
                writeln!(input, "exit")
            });
            let run = folder.run(&["profile", &pid, "--for", "120s", "--format", format]);
            if refused(&run) {
                return;
            }
            teller.join().expect("it does not panic").expect("it reads");
            if !run.stderr.contains("ended before anything was seen") {
                break run.exits(0);
            }
        };
        assert!(run.stderr.contains("with exit status 3"), "{}", run.stderr);
        if format == "table" {
            run.prints(&["NEVER RAN", "exit-skips-defer", "hold"]);
        } else {
            let profile: Value = serde_json::from_str(&run.stdout).expect("one object");
            assert_eq!(profile["exit"]["code"], 3);
            let pending = profile["exit"]["pending"].as_array().expect("a list");
            let hold = pending.iter().find(|site| site["function"] == "hold");
            assert_eq!(hold.expect("it is there")["count"], 5);
        }
    }
}
