//! `deferscope fix` and `check --fix`: what is written, what is left alone, and what is said.

use std::process::Command;

use crate::harness::Folder;

/// One safe fix (the `defer` moves up), one finding without a fix, since gofmt would change its loop.
const LATE: &str = "package p

import \"os\"

func size(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	defer f.Close() // when all is done
	return info.Size(), nil
}

func forget(paths []string) {
	for { _ = paths
		defer os.Remove(paths[0])
		_ = paths
	}
}
";

const MOVED: &str = "	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close() // when all is done
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
";

/// An unsafe fix only.
const UNSAFE: &str = "package p

import \"os\"

func trace(name string) func() { return func() { os.Getpid(); println(name) } }

func f() {
	defer trace(\"f\")
	println()
}
";

const SELECT: &str = "defer-too-late,defer-in-endless-loop,deferred-call-missing";

fn fix<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&["fix", "--select", SELECT], args].concat()
}

#[test]
fn a_fix_is_written_and_the_rest_is_left() {
    let module = Folder::module(&[("a.go", LATE)]);
    module.run(&fix(&[])).exits(0).says(&[
        "repaired 1 finding in 1 file: defer-too-late (1)",
        "1 finding left",
    ]);
    assert!(module.read("a.go").contains(MOVED));
    let once = module.read("a.go");
    module
        .run(&fix(&[]))
        .exits(0)
        .says(&["repaired 0 findings in 0 files"]);
    assert_eq!(module.read("a.go"), once);
}

#[test]
fn where_there_is_nothing_to_look_at_nothing_is_counted() {
    let empty = Folder::new(&[]);
    for args in [&["fix"][..], &["fix", "--diff"], &["fix", "./nowhere"]] {
        let run = empty.run(args).exits(2);
        assert!(run.stderr.contains("error:"), "{run:#?}");
        assert!(!run.stderr.contains("repair"), "{run:#?}");
    }
}

#[test]
fn check_reports_what_is_left() {
    let module = Folder::module(&[("a.go", LATE)]);
    module
        .check(&["--select", SELECT, "--fix"])
        .exits(1)
        .finds(&["a.go:20:3: defer-in-endless-loop"]);
    assert!(module.read("a.go").contains(MOVED));
    module
        .check(&["--select", "defer-too-late", "--fix"])
        .exits(0)
        .finds(&[]);
    let other = Folder::module(&[("a.go", LATE)]);
    let run = other.check(&["--select", SELECT, "--fix-only"]).exits(0);
    assert_eq!(run.stdout, "");
    assert!(other.read("a.go").contains(MOVED));
}

/// The close that keeps its error is a literal in a loop, which lives on the heap.
const LOOPED: &str = "package p

import \"os\"

func add(path string, lines []string) error {
	for _, line := range lines {
		if line == \"\" {
			continue
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString(line)
		return err
	}
	return nil
}
";

#[test]
fn what_another_rule_would_find_fault_with_is_not_offered() {
    let module = Folder::module(&[("a.go", LOOPED)]);
    let both = "close-error-dropped,deferred-closure-escapes";
    let fix_of = |select: &str| -> serde_json::Value {
        let run = module
            .run(&["check", "--select", select, "--format", "json"])
            .exits(1);
        let finding: serde_json::Value = serde_json::from_str(&run.stdout).expect("one line");
        finding["fix"].clone()
    };
    let fix = fix_of(both);
    assert_eq!(fix["applicability"], "display-only");
    assert_eq!(
        fix["description"],
        "Return the error of `f.Close()`, though `deferred-closure-escapes` would find something then"
    );
    module
        .run(&["fix", "--select", both, "--unsafe-fixes"])
        .exits(0)
        .says(&["repaired 0 findings in 0 files"]);
    assert_eq!(module.read("a.go"), LOOPED);

    // Who does not ask that rule is not kept from the fix.
    assert_eq!(fix_of("close-error-dropped")["applicability"], "safe");
    module
        .run(&["fix", "--select", "close-error-dropped"])
        .exits(0)
        .says(&["repaired 1 finding in 1 file"]);
}

/// `hot-defer` says nothing without evidence, so nothing that it could say withholds a fix.
#[test]
fn a_rule_that_needs_evidence_withholds_no_fix() {
    const LEAK: &str = "package p

import (
	\"os\"
	\"sync\"
)

var mu sync.Mutex

func size(path string) (int64, error) {
	mu.Lock()
	defer mu.Unlock()
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
";
    let module = Folder::module(&[("a.go", LEAK)]);
    let fix_of = |select: &str| -> serde_json::Value {
        let run = module.run(&["check", "--select", select, "--format", "json"]);
        let run = run.exits(1);
        let finding: serde_json::Value = serde_json::from_str(&run.stdout).expect("one line");
        finding["fix"].clone()
    };
    let fix = fix_of("file-not-closed");
    assert_eq!(fix["applicability"], "safe");
    assert_eq!(fix_of("file-not-closed,hot-defer"), fix);
    module
        .run(&["fix", "--select", "file-not-closed,hot-defer"])
        .exits(0)
        .says(&["repaired 1 finding in 1 file: file-not-closed (1)"]);
    assert!(module.read("a.go").contains("\tdefer f.Close()\n"));
}

#[test]
fn a_diff_changes_nothing_and_can_be_applied() {
    let module = Folder::module(&[("d/a.go", LATE)]);
    let run = module.run(&fix(&["--diff", "./..."])).exits(1);
    assert_eq!(module.read("d/a.go"), LATE);
    assert!(
        run.stdout.starts_with("--- a/d/a.go\n+++ b/d/a.go\n@@ "),
        "{run:#?}"
    );
    module.write("fix.diff", &run.stdout);
    let status = Command::new("git")
        .args(["apply", "fix.diff"])
        .current_dir(&module.root)
        .status()
        .expect("git is there");
    assert!(status.success());
    assert!(module.read("d/a.go").contains(MOVED));
    let run = module.run(&fix(&["--diff"])).exits(0);
    assert_eq!(run.stdout, "");
}

#[test]
fn unsafe_fixes_want_to_be_asked_for() {
    let module = Folder::module(&[("a.go", UNSAFE)]);
    module
        .run(&fix(&[]))
        .exits(0)
        .says(&["1 of them with a fix that may change", "--unsafe-fixes"]);
    assert_eq!(module.read("a.go"), UNSAFE);
    module.run(&fix(&["--unsafe-fixes"])).exits(0);
    assert!(module.read("a.go").contains("defer trace(\"f\")()\n"));
}

#[test]
fn generated_files_are_never_changed() {
    let generated = format!("// Code generated by x. DO NOT EDIT.\n\n{LATE}");
    let module = Folder::module(&[("a.go", &generated)]);
    module
        .run(&fix(&["--generated"]))
        .exits(0)
        .says(&["a.go is left as it is: it is generated"]);
    assert_eq!(module.read("a.go"), generated);
}

#[test]
fn line_ends_of_windows_stay() {
    let windows = LATE.replace('\n', "\r\n");
    let module = Folder::module(&[("a.go", &windows)]);
    module.run(&fix(&[])).exits(0);
    let text = module.read("a.go");
    assert!(text.contains(&MOVED.replace('\n', "\r\n")), "{text:?}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_left_and_the_others_are_not() {
    use std::os::unix::fs::PermissionsExt;
    let module = Folder::module(&[("a/a.go", LATE), ("b/b.go", LATE)]);
    let set = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(module.path("a/a.go"), permissions).expect("set");
    };
    set(0o444);
    module.run(&fix(&[])).exits(2).says(&[
        "a/a.go is left as it is: it is read-only",
        "repaired 1 finding in 1 file",
    ]);
    assert_eq!(module.read("a/a.go"), LATE);
    assert!(module.read("b/b.go").contains(MOVED));
    set(0o755);
    module.run(&fix(&[])).exits(0);
    let mode = module
        .path("a/a.go")
        .metadata()
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[cfg(unix)]
#[test]
fn the_file_behind_a_link_is_changed() {
    let module = Folder::module(&[("real/a.go", LATE)]);
    std::fs::create_dir(module.path("p")).expect("made");
    std::os::unix::fs::symlink("../real/a.go", module.path("p/a.go")).expect("a link");
    module.run(&fix(&["./p"])).exits(0);
    assert!(module.path("p/a.go").is_symlink());
    assert!(module.read("real/a.go").contains(MOVED));
}

#[test]
fn changes_that_are_not_committed_are_named() {
    let module = Folder::module(&[("a.go", LATE)]);
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        let status = Command::new("git")
            .args(who)
            .args(args)
            .current_dir(&module.root)
            .status()
            .expect("git is there");
        assert!(status.success());
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=x"]);
    module.write("a.go", LATE.replace("func forget", "// New.\nfunc forget"));
    module
        .run(&fix(&[]))
        .exits(0)
        .says(&["not committed", "a.go"]);
    assert!(module.read("a.go").contains(MOVED));
}

#[test]
fn what_the_baseline_knows_is_not_repaired() {
    let module = Folder::module(&[
        ("a.go", LATE),
        (
            "b.go",
            &LATE.replace("size", "other").replace("forget", "more"),
        ),
    ]);
    module
        .check(&["--select", SELECT, "--write-baseline", "known.json", "a.go"])
        .exits(0);
    module
        .check(&["--select", SELECT, "--baseline", "known.json", "--fix"])
        .exits(1)
        .finds(&["b.go:20:3: defer-in-endless-loop"]);
    assert_eq!(module.read("a.go"), LATE);
    assert!(module.read("b.go").contains(MOVED));
}

#[test]
fn questions_need_a_terminal() {
    let module = Folder::module(&[("a.go", LATE)]);
    module
        .run(&fix(&["--interactive"]))
        .exits(2)
        .says(&["needs a terminal"]);
    assert_eq!(module.read("a.go"), LATE);
}

/// Runs `fix --interactive` on a terminal, with these lines typed in, and gives what the terminal shows.
#[cfg(target_os = "linux")]
fn ask(module: &Folder, typed: &str) -> String {
    use std::fs::{File, OpenOptions};
    use std::io::{Read, Write};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).expect("ours");
    unlockpt(&ours).expect("it opens");
    let name = ptsname(&ours, Vec::new()).expect("its name");
    let mut ours = File::from(ours);
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name.to_str().expect("a plain path"))
        .expect("the other end");
    ours.write_all(typed.as_bytes()).expect("typing");
    let mut command = module.command(&fix(&["--interactive"]));
    command
        .stdin(theirs.try_clone().expect("a copy"))
        .stderr(theirs)
        .stdout(std::process::Stdio::null());
    let mut child = command.spawn().expect("deferscope starts");
    // The other end is open in the child only, so that the reading comes to an end.
    drop(command);
    let shown = std::thread::spawn(move || {
        let mut shown = Vec::new();
        let mut part = [0; 4096];
        // Linux answers with an error when the other end is closed.
        while let Ok(length) = ours.read(&mut part) {
            if length == 0 {
                break;
            }
            shown.extend_from_slice(&part[..length]);
        }
        String::from_utf8_lossy(&shown).into_owned()
    });
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    shown.join().expect("it is read")
}

#[cfg(target_os = "linux")]
#[test]
fn questions_are_asked_on_a_terminal() {
    let files = [("a.go", LATE), ("b.go", LATE), ("c.go", LATE)];
    let is_moved = |module: &Folder| files.map(|(name, _)| module.read(name).contains(MOVED));

    let module = Folder::module(&files);
    let shown = ask(&module, "what\nno\ny\nq\n");
    for text in [
        "defer-too-late",
        "+\tdefer f.Close() // when all is done",
        "[y]es, [n]o",
        "repaired 1 finding in 1 file",
    ] {
        assert!(shown.contains(text), "{text:?} is not in {shown}");
    }
    // What is no answer is asked again.
    assert_eq!(shown.matches("[y]es, [n]o").count(), 4, "{shown}");
    assert_eq!(is_moved(&module), [false, true, false]);

    let module = Folder::module(&files);
    ask(&module, "all\n");
    assert_eq!(is_moved(&module), [true, true, true]);

    // The end of what is typed (Ctrl-D) is no answer either.
    let module = Folder::module(&files);
    ask(&module, "\u{4}");
    assert_eq!(is_moved(&module), [false, false, false]);
}

#[test]
fn a_file_that_is_not_go_is_not_made_worse() {
    let broken = format!("{LATE}\nfunc (\n");
    let module = Folder::module(&[("a.go", &broken)]);
    module.run(&fix(&[]));
    assert_eq!(module.read("a.go"), broken);
}
