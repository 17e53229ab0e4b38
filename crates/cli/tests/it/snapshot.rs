//! `deferscope snapshot` from the outside. That it tells the truth is held by crates/probe/tests and
//! `cargo xtask oracle snapshot`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Folder, Run, go_root, not_tested, repository};
use probe::truth::Running;

/// A Go program that knows what it has pending; nothing where there is no Go.
fn target() -> Option<PathBuf> {
    let root = go_root()?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = folder.join(format!("truth-{}", std::process::id()));
    if !binary.is_file() {
        let made = folder.join(format!(
            "{}.{:?}",
            binary.display(),
            std::thread::current().id()
        ));
        let source = repository().join("crates/probe/testdata/targets/truth");
        probe::truth::build(&root, &source, ".", &[], &made).expect("it compiles");
        std::fs::rename(made, &binary).expect("it was built");
    }
    Some(binary)
}

fn objects(run: &Run) -> Vec<serde_json::Value> {
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn what_is_no_go_process_is_named() {
    let folder = Folder::new(&[("text", "hello")]);
    let snapshot = |target: &str| folder.run(&["snapshot", target]).exits(2);
    snapshot("2147483647").says(&["there is no process 2147483647"]);
    snapshot("text").says(&["text is no core file"]);
    snapshot("nowhere").says(&[
        "neither the number of a process nor a core file",
        "pgrep -a",
    ]);
    let ours = std::process::id().to_string();
    snapshot(&ours).says(&[&format!("process {ours} ("), "this is no Go program"]);
    folder.run(&["snapshot"]).exits(2);
    folder
        .run(&["snapshot", "--interval", "5", "1"])
        .exits(2)
        .says(&["200ms"]);
}

#[test]
fn a_running_process_is_shown_in_all_formats() {
    let Some(target) = target() else { return };
    let running = Running::start(&target, &["-many", "1200"]).expect("it starts");
    let pid = running.pid().to_string();
    let folder = Folder::new(&[]);
    let text = folder.run(&["snapshot", &pid]).exits(0).stdout;
    for part in [
        "pending calls at",
        "example.com/truth/main.go:",
        "1200 × chan receive",
        "started by main.main",
        "suspicious: example.com/truth/main.go:",
        "deferscope check --select defer-in-loop,",
        r#"panics with string "a panic in flight""#,
        "open descriptors: ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = folder
        .run(&[
            "snapshot",
            "--format",
            "json",
            "--pause",
            "stop",
            "--max-pause",
            "20s",
            &pid,
        ])
        .exits(0);
    let all = objects(&json);
    assert_eq!(all[0]["kind"], "snapshot");
    assert!(
        all[0]["paused_ms"].as_f64().is_some_and(|ms| ms > 0.0),
        "{}",
        all[0]
    );
    let pending: u64 = all
        .iter()
        .filter(|object| object["kind"] == "site" && object["package"] == "example.com/truth")
        .filter_map(|object| object["pending"].as_u64())
        .sum();
    assert_eq!(pending, running.truth.pending.values().sum::<u64>());

    let evidence = folder
        .run(&["snapshot", "--format", "evidence", &pid])
        .exits(0)
        .stdout;
    let read = profiles::evidence::read(evidence.as_bytes()).expect("evidence");
    let waiting = |of: &profiles::evidence::Evidence| {
        let ours = of
            .sites
            .iter()
            .filter(|site| site.package == "example.com/truth");
        ours.filter_map(|site| site.pending).sum::<u64>()
    };
    assert_eq!(read.iter().map(waiting).sum::<u64>(), pending);
    folder
        .run(&["snapshot", "--format", "pprof", "-o", "pending.pb.gz", &pid])
        .exits(0);
    let packed = std::fs::read(folder.path("pending.pb.gz")).expect("it was written");
    let profile = profiles::pprof::Profile::read(&packed).expect("a profile");
    let in_profile: i64 = profile.samples().map(|sample| sample.values()[1]).sum();
    assert!(
        u64::try_from(in_profile).is_ok_and(|sum| sum >= pending),
        "{in_profile}"
    );
    for format in ["svg", "html"] {
        let drawn = folder
            .run(&["snapshot", "--format", format, &pid])
            .exits(0)
            .stdout;
        assert!(drawn.contains("main.recursion"), "{format}");
    }
    assert!(running.finish().expect("it answers"), "its own checks hold");
}

#[test]
fn snapshots_are_compared() {
    let Some(target) = target() else { return };
    let folder = Folder::new(&[]);
    for (name, loops) in [("before.json", "1000"), ("after.json", "1500")] {
        let running = Running::start(&target, &["-loop", loops]).expect("it starts");
        let pid = running.pid().to_string();
        folder
            .run(&["snapshot", "--format", "json", "-o", name, &pid])
            .exits(0);
    }
    let text = folder
        .run(&["snapshot", "--diff", "before.json", "after.json"])
        .exits(0)
        .stdout;
    assert!(
        text.contains("+500") && text.contains("loopOfClosures"),
        "{text}"
    );
    let json = folder
        .run(&[
            "snapshot",
            "--format",
            "json",
            "--diff",
            "before.json",
            "after.json",
        ])
        .exits(0);
    let loops = objects(&json);
    let grown = loops
        .iter()
        .find(|change| change["function"] == "loopOfClosures");
    assert_eq!(
        grown.map(|change| change["after"].clone()),
        Some(1500.into())
    );
    folder.write("other.json", "{}\n");
    folder
        .run(&["snapshot", "--diff", "before.json", "other.json"])
        .exits(2)
        .says(&["holds 0 snapshots"]);
    folder.write("other.json", "hello\n");
    folder
        .run(&["snapshot", "--diff", "other.json", "before.json"])
        .exits(2)
        .says(&["other.json:1"]);
}

#[test]
fn an_interval_tells_what_grew() {
    let Some(target) = target() else { return };
    let running = Running::start(&target, &[]).expect("it starts");
    let folder = Folder::new(&[]);
    let pid = running.pid().to_string();
    let run = folder
        .run(&["snapshot", "--interval", "1ms", "--count", "3", &pid])
        .exits(0);
    assert_eq!(
        run.stdout.matches("pending calls at").count(),
        3,
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("nothing pending changed"),
        "{}",
        run.stdout
    );
}

/// Containers: the process has another number, and its program is at a path that is only there.
#[test]
fn a_process_in_other_namespaces_is_read() {
    let Some(target) = target() else { return };
    let spaces = ["--pid", "--fork", "--mount", "--kill-child"];
    let as_root = ["--user", "--map-root-user"];
    let may = |flags: &[&str]| {
        let tried = Command::new("unshare").args(flags).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let flags = if may(&spaces) {
        spaces.to_vec()
    } else {
        [&as_root[..], &spaces[..]].concat()
    };
    if !may(&flags) {
        return not_tested("no namespaces can be made here");
    }
    let program = target.display().to_string();
    let hide = "mount -t tmpfs none /mnt && cp \"$0\" /mnt/program && exec /mnt/program -many 10";
    let args = [&flags[..], &["sh", "-c", hide, &program]].concat();
    let running = Running::start(Path::new("unshare"), &args).expect("it starts");
    let parent = running.pid().to_string();
    let children = format!("/proc/{parent}/task/{parent}/children");
    let children = std::fs::read_to_string(children).expect("it has a child");
    let pid = children.trim();
    let folder = Folder::new(&[]);
    for pause in ["none", "stop"] {
        let args = ["snapshot", "--pause", pause, "--max-pause", "20s", pid];
        let text = folder.run(&args).exits(0).stdout;
        let first = format!("pid {pid}, 1 in its namespace (/mnt/program)");
        assert!(text.starts_with(&first), "{text}");
        assert!(text.contains("10 × chan receive"), "{text}");
    }
    assert!(running.finish().expect("it answers"), "its own checks hold");
}

/// A program whose promises become more and more.
const GROWS: &str = r#"package main

import "time"

func main() {
	println("up")
	for {
		defer println("never")
		time.Sleep(time.Millisecond)
	}
}
"#;

#[test]
fn an_interval_names_the_site_that_grew() {
    let Some(root) = go_root() else { return };
    let folder = Folder::module(&[("main.go", GROWS)]);
    let program = folder.path("grows");
    probe::truth::build(&root, &folder.root, ".", &[], &program).expect("it compiles");
    let mut child = Command::new(program)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    let said = child.stderr.take().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(said), &mut line).expect("it is up");
    let pid = child.id().to_string();
    let run = folder.run(&["snapshot", "--interval", "300ms", "--count", "2", &pid]);
    child.kill().expect("it runs");
    child.wait().expect("it is dead");
    let run = run.exits(0);
    let (_, changes) = run.stdout.split_once("GROWTH").expect("a table of changes");
    let mut rows = changes.lines().filter(|row| row.contains("main.go:8"));
    let row: Vec<_> = rows.next().expect("the site").split_whitespace().collect();
    let number = |at: usize| row.get(at)?.parse::<i64>().ok();
    let (growth, before, after) = (number(0), number(1), number(2));
    assert!(growth > Some(0), "{changes}");
    assert_eq!(growth.zip(before).map(|(g, b)| g + b), after, "{changes}");
    assert!(rows.next().is_none(), "{changes}");
}

#[test]
fn suspicions_name_rules_that_there_are() {
    let folder = Folder::new(&[]);
    let rules = folder.run(&["rules"]).exits(0).stdout;
    for rule in probe::suspected_rules() {
        assert!(
            rules.split_whitespace().any(|word| word == rule),
            "{rule}: {rules}"
        );
    }
}

/// A program that imports files and keeps all of them open until the last one is read.
const LEAKS: &str = r#"package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	paths := make([]string, 300)
	for i := range paths {
		paths[i] = os.Args[1]
	}
	if err := load(paths); err != nil {
		panic(err)
	}
}

func load(paths []string) error {
	lines := 0
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		for text := bufio.NewScanner(f); text.Scan(); {
			lines++
		}
	}
	fmt.Println(lines)
	bufio.NewScanner(os.Stdin).Scan()
	return nil
}
"#;

/// The whole story: the snapshot names the line, `check` the rule, `fix` repairs it, the snapshot shows it gone.
#[test]
fn a_leak_is_seen_named_repaired_and_gone() {
    let Some(root) = go_root() else { return };
    let folder = Folder::module(&[("main.go", LEAKS)]);
    let look = || {
        let program = folder.path("load");
        probe::truth::build(&root, &folder.root, ".", &[], &program).expect("it compiles");
        let mut child = Command::new(folder.path("load"))
            .arg(folder.path("main.go"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line)
            .expect("it says how many lines it read");
        let text = folder
            .run(&["snapshot", &child.id().to_string()])
            .exits(0)
            .stdout;
        child.kill().expect("it runs");
        child.wait().expect("it is dead");
        text
    };
    let text = look();
    let place = "suspicious: example.com/m/main.go:26: 300 calls are pending";
    assert!(
        text.contains(place) && text.contains("--select defer-in-loop,"),
        "{text}"
    );
    let check = ["check", "--format", "concise", "--select", "defer-in-loop"];
    folder
        .run(&check)
        .exits(1)
        .finds(&["main.go:26:3: defer-in-loop"]);
    folder
        .run(&["fix", "--unsafe-fixes", "--select", "defer-in-loop"])
        .exits(0);
    folder.run(&check).exits(0).finds(&[]);
    let text = look();
    assert!(
        !text.contains("suspicious") && !text.contains("main.go:26"),
        "{text}"
    );
}
