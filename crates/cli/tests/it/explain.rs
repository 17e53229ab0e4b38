//! `deferscope explain`: what it says, and what it says when there is nothing to explain.

use serde_json::Value;

use crate::harness::{Folder, Run};

const FILE: &str = r#"package p

import "os"

type DB struct{ open bool }

func (db *DB) Get(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if db.open {
		os.Exit(1)
	}
	return nil
}

func (db *DB) Put() {}

func plain() int {
	return 1
}

func external() int

func spawn(c chan int) {
	go func() {
		defer close(c)
		c <- 1
	}()
}
"#;

fn folder() -> Folder {
    Folder::module(&[
        ("p.go", FILE),
        ("sub/q.go", "package q\n\nfunc Q() { defer println() }\n"),
    ])
}

fn explain(folder: &Folder, target: &str) -> Run {
    folder.run(&["explain", target])
}

fn json(folder: &Folder, target: &str) -> Value {
    let run = folder
        .run(&["explain", target, "--format", "json"])
        .exits(0);
    serde_json::from_str(&run.stdout).expect("JSON")
}

#[test]
fn a_function_is_named_in_many_ways() {
    let folder = folder();
    for target in [
        "p.go:DB.Get",
        "p.go:(*DB).Get",
        "p.go:Get",
        "./p.go:DB.Get",
        ".:DB.Get",
        "p.go:8",
        "p.DB.Get",
        "DB.Get",
        "example.com/m.DB.Get",
    ] {
        let run = explain(&folder, target).exits(0);
        assert!(
            run.stdout.starts_with("(*DB).Get in p.go:7-17\n"),
            "{target}: {run:#?}"
        );
    }
    let run = explain(&folder, "sub/q.go:Q").exits(0);
    assert!(run.stdout.starts_with("Q in sub/q.go:3-3\n"), "{run:#?}");
    explain(&folder, "./sub:Q").exits(0);
}

#[test]
fn the_ways_out_are_told_in_order() {
    let told = json(&folder(), "p.go:DB.Get");
    let ways: Vec<(String, u64, Vec<u64>)> = told["ways"]
        .as_array()
        .expect("ways")
        .iter()
        .filter(|way| way["kind"] != "calls")
        .map(|way| {
            let runs = way["runs"].as_array().expect("runs").iter();
            (
                way["kind"].as_str().expect("a kind").to_owned(),
                way["lines"][0].as_u64().expect("a line"),
                runs.map(|run| run["line"].as_u64().expect("a line"))
                    .collect(),
            )
        })
        .collect();
    assert_eq!(
        ways,
        [
            ("return".to_owned(), 10, vec![]),
            ("exit".to_owned(), 14, vec![]),
            ("return".to_owned(), 16, vec![12]),
        ]
    );
    assert_eq!(told["defers"][0]["site"]["line"], 12);
    assert_eq!(told["defers"][0]["site"]["function"], "(*DB).Get");
    let releases = told["defers"][0]["releases"]
        .as_str()
        .expect("what is released");
    assert!(releases.contains("`os.Open(path)` at line 8"), "{releases}");
}

#[test]
fn a_function_without_defers_has_ways_out_too() {
    let run = explain(&folder(), "p.go:plain").exits(0);
    assert!(
        run.stdout
            .contains("the function itself has no defer statement"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("line 22: return 1"), "{run:#?}");
}

#[test]
fn a_line_in_a_literal_with_defers_means_the_literal() {
    let told = json(&folder(), "p.go:29");
    assert_eq!(told["literal"], true);
    assert_eq!(told["function"], "spawn");
    assert_eq!(told["ways"][0]["runs"][0]["line"], 29);
    // The function around it points there.
    let run = explain(&folder(), "p.go:spawn").exits(0);
    assert!(run.stdout.contains("explain p.go:29"), "{run:#?}");
}

#[test]
fn what_is_not_there_is_said_with_a_way_out() {
    let folder = folder();
    folder.write("store/deep/qq.go", "package deep\n");
    folder.write("other_windows.go", "package p\n\nfunc w() {}\n");
    for (target, says) in [
        ("p.go:Gte", "did you mean: DB.Get"),
        (
            "q.go:Get",
            "there is no Go file or package at `q.go`\n  help: did you mean: p.go",
        ),
        (
            "entirely_else.go:Get",
            "there is no Go file or package at `entirely_else.go`\n  help: write PATH:FUNC",
        ),
        ("pp.go:Get", "did you mean: p.go"),
        (
            "nowhere/x.go:3",
            "there is no Go file or package at `nowhere/x.go`\n  help: write PATH:FUNC",
        ),
        ("stor/deep/q.go:Get", "did you mean: store"),
        ("store/deep/q.go:Get", "did you mean: store/deep/qq.go"),
        ("p.go:EntirelyElse", "help: it has: DB.Get, "),
        ("p.go:5", "lies in no function"),
        ("p.go:99", "has only"),
        ("p.go:0", "has only"),
        ("p.go:external", "has no body in Go"),
        ("p.go", "does not name a function"),
        (":3", "does not name a function"),
        ("", "does not name a function"),
        ("p.go:", "does not name a function"),
        ("./sub", "does not name a function"),
        ("NoSuch", "there is no function `NoSuch`"),
        (
            "other_windows.go:w",
            "is not part of the build: its name asks for windows",
        ),
    ] {
        let run = explain(&folder, target).exits(2);
        assert!(run.stderr.contains(says), "{target}: {run:#?}");
        assert_eq!(run.stdout, "", "{target}");
    }
}

#[test]
fn a_name_that_may_mean_several_is_not_guessed() {
    let folder = Folder::module(&[(
        "p.go",
        "package p\n\ntype A int\ntype B int\n\nfunc (A) Close() {}\nfunc (B) Close() {}\nfunc init() {}\nfunc init() {}\n",
    )]);
    explain(&folder, "p.go:Close").exits(2).says(&[
        "may be any of 2 functions",
        "p.go:6 (A.Close)",
        "p.go:7 (B.Close)",
    ]);
    explain(&folder, "p.go:init")
        .exits(2)
        .says(&["p.go:8 (init)", "p.go:9 (init)"]);
}

#[test]
fn a_file_with_syntax_errors_is_explained_as_far_as_it_goes() {
    let folder = Folder::module(&[(
        "p.go",
        "package p\n\nfunc f() {\n\tdefer g()\n\tx := := 1\n}\n\nfunc g() {\n\tdefer f()\n}\n",
    )]);
    let run = explain(&folder, "p.go:g").exits(0);
    assert!(
        run.stdout.contains("the file does not parse (line 5"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("D1  line 9  defer f()"), "{run:#?}");
    explain(&folder, "p.go:f").exits(0);
}

#[test]
fn an_explanation_is_written_as_a_whole() {
    let folder = folder();
    let run = folder
        .run(&["explain", "p.go:Get", "--output", "told.txt"])
        .exits(0);
    assert_eq!(run.stdout, "");
    assert!(folder.read("told.txt").contains("Ways out"));
    folder
        .run(&["explain", "p.go:Get", "--output", "no/such/folder.txt"])
        .exits(2)
        .says(&["folder.txt"]);
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let folder = folder();
    let run = folder
        .run(&["explain", "p.go:Get", "--format", "html"])
        .exits(0);
    assert!(run.stdout.starts_with("<!DOCTYPE html>"), "{run:#?}");
    assert!(run.stdout.contains("<svg"), "{run:#?}");
    for outside in ["http:", "https:", "<script", "<link", "<img"] {
        assert!(!run.stdout.contains(outside), "{outside}: {run:#?}");
    }
}

#[test]
fn values_and_conditions_are_told() {
    let run = explain(&folder(), "p.go:Get").exits(0);
    for part in [
        "line 10: return err\n      when `err != nil` (line 9)\n",
        "when `db.open` (line 13)",
        "releases file `f`, from `os.Open(path)` at line 8",
    ] {
        assert!(run.stdout.contains(part), "{part}: {run:#?}");
    }
}
