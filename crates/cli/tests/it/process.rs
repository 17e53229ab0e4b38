//! What a process has to bear: readers that go away, and Ctrl-C.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::{FINDING, Folder, finish};

#[test]
fn a_reader_may_go_away() {
    let folder = Folder::module(&[]);
    for n in 0..500 {
        folder.write(&format!("p{n}/a.go"), FINDING);
    }
    for format in ["text", "json", "sarif"] {
        let mut command = folder.command(&["check", "--format", format]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        assert!(!line.is_empty());
        drop(reader);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
    }
    for args in [
        &["rules"][..],
        &["check", "--help"],
        &["completions", "bash"],
        &["config", "schema"],
    ] {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "\"$0\" \"$@\" | head -c 1 >/dev/null",
            env!("CARGO_BIN_EXE_deferscope"),
        ]);
        assert_eq!(finish(command.args(args)).stderr, "", "{args:?}");
    }
}

#[test]
fn ctrl_c_ends_a_run_without_a_report() {
    // Enough work that it lasts longer than it takes to send a signal.
    let mut text = String::from("package p\n\n");
    for n in 0..40_000 {
        text.push_str(&format!(
            "func f{n}(x []int) {{\n\tfor range x {{\n\t\tdefer println({n})\n\t}}\n}}\n\n"
        ));
    }
    let folder = Folder::module(&[]);
    for n in 0..40 {
        folder.write(&format!("p{n}/a.go"), &text);
    }
    let mut command = folder.command(&["check", "--jobs", "1", "--output", "out.txt", "--verbose"]);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("target: ") {
        line.clear();
        assert_ne!(
            stderr.read_line(&mut line).expect("a line"),
            0,
            "it says what it starts with"
        );
    }
    std::thread::sleep(Duration::from_millis(300));
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill is there");
    assert!(sent.success());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    let rest: Vec<String> = stderr.lines().map(|line| line.expect("text")).collect();
    assert_eq!(
        rest,
        ["interrupted: not everything was checked, and nothing is reported"]
    );
    assert!(
        !folder.path("out.txt").exists(),
        "nothing half done is left"
    );
}
