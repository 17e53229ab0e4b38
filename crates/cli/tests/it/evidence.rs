//! `check --evidence`: findings meet what was observed when the program ran.

use crate::check::LOOPS;
use crate::harness::{Folder, go_root};

const HEADER: &str = r#"{"deferscope":"evidence","version":1,"source":"profile","from":"pid 1 (/bin/x)","go_version":"go1.27.3","seconds":10.0}"#;

/// A line of evidence for a site of `example.com/m`.
fn site(function: &str, line: u32, more: &str) -> String {
    format!(
        r#"{{"package":"example.com/m","function":"{function}","file":"a.go","line":{line},"ordinal":1{more}}}"#
    )
}

fn file(sites: &[String]) -> String {
    format!("{HEADER}\n{}\n", sites.join("\n"))
}

fn json(folder: &Folder, args: &[&str]) -> (Vec<serde_json::Value>, String) {
    let args = [&["check", "--format", "json"], args].concat();
    let run = folder.run(&args);
    let lines = run.stdout.lines();
    let objects = lines.map(|line| serde_json::from_str(line).expect("an object"));
    (objects.collect(), run.stderr)
}

const ONE: [&str; 4] = ["--select", "defer-in-loop", "--evidence", "seen.jsonl"];

#[test]
fn findings_are_ranked_by_what_was_observed() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    folder.write(
        "seen.jsonl",
        file(&[
            site("first", 8, r#","class":"heap-allocated","count":10,"rate":1.0"#),
            site("second", 15, r#","count":123,"count_low":120,"count_high":126,"rate":12.3,"held_ns":{"count":5,"mean":1500.0,"p99":2000.0},"pending":7,"resources":[{"kind":"file","open":3}]"#),
        ]),
    );
    let (objects, stderr) = json(&folder, &ONE);
    let lines: Vec<_> = objects.iter().map(|object| &object["line"]).collect();
    assert_eq!(lines, [15, 8], "the heavier one comes first");
    assert_eq!(
        objects[0]["evidence"],
        serde_json::json!({
            "count": 123, "count_low": 120, "count_high": 126, "rate": 12.3,
            "held_ns": {"mean": 1500.0, "p99": 2000.0},
            "pending": 7, "resources": [{"kind": "file", "open": 3}],
        })
    );
    assert_eq!(objects[1]["evidence"]["class"], "heap-allocated");
    assert_eq!(stderr, "evidence: 2 sites\n");

    let text = folder.run(&[&["check"][..], &ONE].concat()).exits(1).stdout;
    assert!(
        text.contains("= observed: ran 12 times a second (120 to 126 in all); held for 1.5 µs on average, p99 2.0 µs; 7 calls waiting; 3 × file left open"),
        "{text}"
    );
    let sarif = folder
        .run(&[&["check", "--format", "sarif"][..], &ONE].concat())
        .exits(1)
        .stdout;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("JSON");
    let first = &sarif["runs"][0]["results"][0];
    assert_eq!(first["properties"]["evidence"]["pending"], 7);
}

#[test]
fn without_evidence_nothing_is_said_of_it() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    let (objects, _) = json(&folder, &["--select", "defer-in-loop"]);
    assert_eq!(objects.len(), 2);
    assert!(
        objects
            .iter()
            .all(|object| object.get("evidence").is_none())
    );
}

#[test]
fn edited_files_are_matched_and_it_is_said() {
    let moved = LOOPS.replace(
        "import \"os\"",
        "import \"os\"\n\n// A remark,\n// and another.",
    );
    let folder = Folder::module(&[("a.go", &moved)]);
    folder.write(
        "seen.jsonl",
        file(&[
            site("first", 8, r#","rate":3.0"#),
            site("gone", 40, ""),
            site("second", 15, r#","rate":2.0"#),
        ]),
    );
    let (objects, stderr) = json(&folder, &ONE);
    let seen: Vec<_> = objects
        .iter()
        .map(|object| (&object["line"], &object["evidence"]["observed_line"]))
        .collect();
    let of = |line: i64| serde_json::json!(line);
    assert_eq!(seen, [(&of(11), &of(8)), (&of(18), &of(15))]);
    assert_eq!(
        stderr,
        "evidence: 3 sites, 2 at other lines than today, 1 not in the source of today\n"
    );
    let text = folder.run(&[&["check"][..], &ONE].concat()).stdout;
    assert!(
        text.contains("(seen at line 8 of an earlier state of the file)"),
        "{text}"
    );
}

/// A defer that no rule has anything against.
const FINE: &str = "package m\n\nimport \"sync\"\n\nvar mu sync.Mutex\n\nfunc Get() int {\n\tmu.Lock()\n\tdefer mu.Unlock()\n\treturn count()\n}\n\nfunc count() int { return 1 }\n";

#[test]
fn what_is_striking_without_a_finding_is_listed_apart() {
    let folder = Folder::module(&[("a.go", FINE), ("other/b.go", "package other\n")]);
    folder.write(
        "seen.jsonl",
        file(&[
            site("Get", 9, r#","pending":10000"#),
            r#"{"package":"elsewhere","function":"F","file":"e.go","line":3,"pending":10000}"#
                .to_owned(),
        ]),
    );
    let (objects, stderr) = json(&folder, &ONE);
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0]["kind"], "observed-site");
    assert_eq!(objects[0]["striking"], "piles-up");
    assert_eq!(objects[0]["path"], "a.go");
    assert_eq!(objects[0]["line"], 9);
    assert_eq!(objects[0]["evidence"]["pending"], 10_000);
    assert_eq!(
        stderr,
        "evidence: 2 sites, 1 in packages that were not checked\n"
    );
    let run = folder.run(&[&["check"][..], &ONE].concat()).exits(0);
    assert!(
        run.stdout
            .contains("a.go:9 piles up in Get\n    defer mu.Unlock()\n    10,000 calls waiting\n"),
        "{}",
        run.stdout
    );
    // What is neither hot nor piling up is not told.
    folder.write(
        "seen.jsonl",
        file(&[site("Get", 9, r#","pending":3,"rate":5.0"#)]),
    );
    let (objects, _) = json(&folder, &ONE);
    assert_eq!(objects, Vec::<serde_json::Value>::new());
}

#[test]
fn the_cache_and_the_baseline_work_with_it() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    folder.write("seen.jsonl", file(&[site("second", 15, r#","rate":2.0"#)]));
    let cached = [&ONE[..], &["--cache-dir", "cache"]].concat();
    let (first, _) = json(&folder, &cached);
    let (again, _) = json(&folder, &cached);
    assert_eq!(first, again, "a run with the cache prints the same");
    folder.write("seen.jsonl", file(&[site("first", 8, r#","rate":2.0"#)]));
    let (other, _) = json(&folder, &cached);
    assert_eq!(other[0]["line"], 8, "evidence is not kept in the cache");
    assert!(other[1].get("evidence").is_none());

    folder
        .run(&[
            "check",
            "--select",
            "defer-in-loop",
            "--write-baseline",
            "known.json",
        ])
        .exits(0);
    let (none, _) = json(&folder, &[&ONE[..], &["--baseline", "known.json"]].concat());
    assert_eq!(none, Vec::<serde_json::Value>::new());
}

#[test]
fn bad_evidence_is_refused_with_its_line() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    let refused = |text: &str| {
        folder.write("seen.jsonl", text);
        let run = folder.run(&[&["check"][..], &ONE].concat()).exits(2);
        assert_eq!(run.stdout, "");
        run.stderr
    };
    let said = refused("not evidence\n");
    assert!(said.contains("cannot use seen.jsonl as evidence"), "{said}");
    assert!(
        said.contains("line 1: evidence of deferscope begins"),
        "{said}"
    );
    let said = refused(&format!("{HEADER}\n{{\"package\":1}}\n"));
    assert!(said.contains("line 2: the site is wrong"), "{said}");
    let said = refused("\u{1f}");
    assert!(said.contains("line 1"), "{said}");
    let run = folder
        .run(&["check", "--evidence", "missing.jsonl"])
        .exits(2)
        .says(&["deferscope profile PID --format evidence -o missing.jsonl"]);
    assert!(run.stderr.contains("missing.jsonl"), "{}", run.stderr);
}

/// The rules about cost that speak of [`LOOPS`], with their lines.
fn costs(folder: &Folder, args: &[&str]) -> Vec<(String, i64)> {
    let (objects, _) = json(folder, args);
    let mut found: Vec<_> = objects
        .iter()
        .filter(|object| object["category"] == "cost")
        .filter_map(|object| {
            Some((
                object["rule"].as_str()?.to_owned(),
                object["line"].as_i64()?,
            ))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn rules_about_cost_speak_when_it_matters() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    let evidence = ["--evidence", "seen.jsonl"];
    let heap = |line| ("defer-heap-allocated".to_owned(), line);
    let hot = |line| ("hot-defer".to_owned(), line);
    // Twelve nanoseconds each: 2 % of a processor here, and next to nothing there.
    folder.write(
        "seen.jsonl",
        file(&[
            site("first", 8, r#","rate":2000000.0"#),
            site("second", 15, r#","rate":20.0"#),
        ]),
    );
    assert_eq!(costs(&folder, &evidence), [heap(8), hot(8)]);
    let text = folder.check(&evidence).stdout;
    assert!(
        text.contains("runs 2,000,000 times a second, which takes about"),
        "{text}"
    );
    // The compiler of the program that was observed made something else of it.
    folder.write(
        "seen.jsonl",
        file(&[site(
            "first",
            8,
            r#","class":"open-coded","rate":2000000.0"#,
        )]),
    );
    assert_eq!(costs(&folder, &evidence), []);
    // Records that wait.
    folder.write(
        "seen.jsonl",
        file(&[site("first", 8, r#","pending":5000"#)]),
    );
    assert_eq!(costs(&folder, &evidence), [heap(8)]);

    assert_eq!(costs(&folder, &[]), [], "off without evidence");
    assert_eq!(
        costs(&folder, &["--select", "cost"]),
        [heap(8), heap(15)],
        "on request, but not what needs evidence"
    );
    let asked = [&evidence[..], &["--select", "cost"]].concat();
    assert_eq!(costs(&folder, &asked), [heap(8), heap(15)]);
    let ignored = [&evidence[..], &["--ignore", "cost"]].concat();
    assert_eq!(costs(&folder, &ignored), []);
}

const BURNS: &str = r#"package main

import (
	"os"
	"runtime/pprof"
)

var sink int

func record(n int) {
	for range n {
		defer func() { burn() }()
	}
}

func open() {
	defer func() { burn() }()
}

//go:noinline
func burn() {
	// So much work, not so much time: on a busy machine that would be few samples.
	for i := range 40_000_000 {
		sink += i * i
	}
}

func main() {
	if err := pprof.StartCPUProfile(os.Stdout); err != nil {
		panic(err)
	}
	for range 20 {
		record(1)
		open()
	}
	pprof.StopCPUProfile()
}
"#;

/// What deferred literals cost, by what `go tool pprof` says of a CPU profile, and by what we make of it.
#[test]
fn the_time_of_deferred_literals_is_not_told() {
    let Some(root) = go_root() else { return };
    let folder = Folder::module(&[("main.go", BURNS)]);
    folder.write("go.mod", "module example.com/burns\n\ngo 1.22\n");
    let go = |args: &[&str]| {
        let mut go = std::process::Command::new(root.join("bin/go"));
        go.args(args)
            .current_dir(folder.path(""))
            .env("GOROOT", &root)
            .env("GOFLAGS", "-mod=mod")
            .env("GOPROXY", "off")
            .env("GOTOOLCHAIN", "local");
        if std::env::var_os("GOCACHE").is_none() {
            go.env("GOCACHE", folder.path("go-cache"));
        }
        let output = go.output().expect("go starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        output.stdout
    };
    let cpu = go(&["run", "."]);
    folder.write("cpu.pb.gz", &cpu);
    let profile = profiles::pprof::Profile::read(&cpu).expect("a profile");
    let seen = profiles::evidence::from_cpu_profile(&profile, "cpu.pb.gz").expect("of the CPU");
    let top = go(&[
        "tool",
        "pprof",
        "-top",
        "-cum",
        "-unit=ns",
        "-nodecount=500",
        "cpu.pb.gz",
    ]);
    let top = String::from_utf8_lossy(&top).into_owned();
    let of = |function: &str| {
        let line = top.lines().find(|line| line.ends_with(function));
        let line = line.unwrap_or_else(|| panic!("{function} is not in {top}"));
        let field = line.split_ascii_whitespace().nth(3).expect("a sum");
        field
            .trim_end_matches("ns")
            .parse::<u64>()
            .expect("a number")
    };
    // Bug: neither is told. Go leaves `deferreturn` out of the stacks, so that nothing says that these literals
    // were deferred.
    for function in ["record", "open"] {
        assert!(of(&format!(" main.{function}.func1")) > 50_000_000, "{top}");
        let mut sites = seen.evidence.sites.iter();
        assert!(sites.all(|site| site.function != function), "{seen:?}");
    }
}
