//! `deferscope profile` from the outside: what cannot be profiled, and a program that can. That the numbers
//! are right is held by `cargo xtask oracle profile`.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::harness::{Folder, Run};

/// A child that does not outlive its test.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().expect("a process starts"))
    }

    fn pid(&self) -> String {
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

/// Past the capture of output: nobody should think that this was tested.
fn not_tested(why: &str) {
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "in CI this must be tested, but: {why}"
    );
    writeln!(std::io::stderr(), "\n*** NOT TESTED: profile: {why} ***").expect("stderr is open");
}

/// `gofmt` at work on all of Go's own sources.
fn gofmt() -> Option<Process> {
    let Some(root) = std::env::var_os("DEFERSCOPE_GOROOT").map(PathBuf::from) else {
        not_tested("DEFERSCOPE_GOROOT names no Go");
        return None;
    };
    let mut command = Command::new(root.join("bin/gofmt"));
    Some(Process::start(command.arg("-l").arg(root.join("src"))))
}

/// Whether the run was refused for want of rights or of a kernel that can.
fn refused(run: &Run) -> bool {
    let words = ["the right to use eBPF", "this kernel cannot do it"];
    let refused = run.code == Some(2) && words.iter().any(|word| run.stderr.contains(word));
    if refused {
        assert!(run.stderr.contains("setcap") || run.stderr.contains("Linux 6.6"));
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
    let profile: serde_json::Value = serde_json::from_str(&run.stdout).expect("one object");
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
fn holds(folder: &Folder) -> Option<(Process, std::process::ChildStdin)> {
    let Some(root) = std::env::var_os("DEFERSCOPE_GOROOT").map(PathBuf::from) else {
        not_tested("DEFERSCOPE_GOROOT names no Go");
        return None;
    };
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
    let mut process = Process::start(&mut Command::new(binary));
    let input = process.0.stdin.take().expect("a pipe");
    Some((process, input))
}

#[test]
fn what_was_opened_is_in_all_formats() {
    let folder = Folder::new(&[]);
    let Some((target, mut input)) = holds(&folder) else {
        return;
    };
    let pid = target.pid();
    // It opens its files while it is profiled; how long that takes to begin depends on the machine.
    let teller = std::thread::spawn(move || {
        for _ in 0..8 {
            std::thread::sleep(std::time::Duration::from_millis(500));
            // It may be over.
            if writeln!(input, "keep").is_err() {
                break;
            }
        }
        input
    });
    let args = ["profile", &pid, "--for", "4s", "--overhead", "10%"];
    let run = folder.run(&[&args[..], &["--format", "json"]].concat());
    if refused(&run) {
        return;
    }
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut input = teller.join().expect("it does not panic");
    let profile: serde_json::Value = serde_json::from_str(&run.stdout).expect("one object");
    let places = profile["descriptors"]["places"].as_array().expect("a list");
    let kept = places
        .iter()
        .find(|place| place["function"] == "keep" && place["kind"] == "file")
        .unwrap_or_else(|| panic!("{profile}"));
    assert_eq!(kept["package"], "example.com/holds");
    assert!(kept["open"].as_u64() > Some(0) && kept["open"] == kept["opened"]);
    let stack = kept["stacks"][0]["stack"].as_array().expect("a stack");
    assert!(stack.iter().any(|frame| frame["function"] == "main.main"));

    let teller = std::thread::spawn(move || {
        for _ in 0..6 {
            std::thread::sleep(std::time::Duration::from_millis(500));
            if writeln!(input, "keep").is_err() {
                break;
            }
        }
        input
    });
    let evidence = [&args[..], &["--format", "evidence"]].concat();
    let run = folder.run(&evidence).exits(0);
    let mut input = teller.join().expect("it does not panic");
    let site = run
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|site| site["function"] == "keep" && !site["resources"].is_null())
        .unwrap_or_else(|| panic!("{}", run.stdout));
    assert_eq!(site["resources"][0]["kind"], "file");

    writeln!(input, "keep").expect("it reads");
    let without = [&args[..], &["--format", "json", "--no-descriptors"]].concat();
    let run = folder.run(&without).exits(0);
    let profile: serde_json::Value = serde_json::from_str(&run.stdout).expect("one object");
    assert!(profile["descriptors"].is_null(), "{profile}");
}
