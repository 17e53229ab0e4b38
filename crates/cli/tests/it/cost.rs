//! `deferscope cost` and `dev defers` from the outside. That classes are the compiler's is held by
//! `cargo xtask oracle defers`.

use serde_json::Value;

use crate::harness::Folder;

const CODE: &str = "package p

import \"sync\"

var mu sync.Mutex

func once() {
	mu.Lock()
	defer mu.Unlock()
}

func loop(n int) (sum int) {
	for i := 0; i < n; i++ {
		defer func() { sum += i }()
	}
	return sum
}

func table(x int) int {
	mu.Lock()
	defer mu.Unlock()
	switch x {
	case 0: return 0
	case 1: return 10
	case 2: return 20
	case 3: return 30
	case 4: return 40
	case 5: return 50
	case 6: return 60
	case 7: return 70
	case 8: return 80
	case 9: return 90
	case 10: return 100
	case 11: return 110
	case 12: return 120
	case 13: return 130
	case 14: return 140
	case 15: return 150
	}
	return 1
}
";

fn folder() -> Folder {
    Folder::module(&[("a.go", CODE)])
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("each line is an object"))
        .collect()
}

#[test]
fn dev_defers_prints_as_the_compiler_does() {
    let folder = folder();
    let run = folder.run(&["dev", "defers", "--go", "1.27"]).exits(0);
    assert_eq!(
        run.stdout,
        "a.go:9:2\topen-coded\na.go:14:3\theap-allocated\na.go:21:2\topen-coded\n"
    );
    let run = folder
        .run(&["dev", "defers", "--go", "go1.26.1", "--reasons"])
        .exits(0);
    assert!(
        run.stdout
            .ends_with("a.go:21:2\tstack-allocated\t17 returns × 1 defers = 17 > 15\n"),
        "{}",
        run.stdout
    );
    let run = folder.run(&["dev", "defers", "-N"]).exits(0);
    assert!(!run.stdout.contains("open-coded"), "{}", run.stdout);
}

#[test]
fn the_table_tells_why_and_what_to_do() {
    let run = folder().run(&["cost", "--go", "1.27"]).exits(0);
    for part in [
        "a.go:14: loop: heap-allocated, ",
        " ns a round\n",
        "    why: in a loop (for, line 13)\n",
        "    cheaper: put the body of the loop into a function of its own",
        "    the deferred literal moves sum, i to the heap\n",
        "3 defers: 2 open-coded, 0 stack-allocated, 1 heap-allocated, 0 never compiled.",
        "2 that are open-coded or never compiled are not shown",
        "Classes of Go 1.27; prices of the reference machine",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
    let all = folder().run(&["cost", "--all", "--sort", "place"]).exits(0);
    let first = all.stdout.lines().next().unwrap_or_default();
    assert!(first.starts_with("a.go:9: once: open-coded, "), "{first}");
}

#[test]
fn totals_are_the_sums_of_sites() {
    let run = folder().run(&["cost", "--format", "json"]).exits(0);
    let objects = lines(&run.stdout);
    let of = |kind: &str| -> Vec<&Value> {
        objects
            .iter()
            .filter(|object| object["kind"] == kind)
            .collect()
    };
    assert_eq!(of("build").len(), 1);
    assert_eq!(of("site").len(), 3);
    assert_eq!(of("function").len(), 3);
    assert_eq!(of("package").len(), 1);
    let total = of("total")[0];
    assert_eq!(total["defers"], 3);
    assert_eq!(total["heap_allocated"], 1);
    let sites: f64 = of("site")
        .iter()
        .filter_map(|site| site["ns"].as_f64())
        .sum();
    let all = total["ns"].as_f64().expect("a number");
    assert!(
        sites > 0.0 && all > sites,
        "records cost something, too: {all} {sites}"
    );
    assert_eq!(total["ns"], of("package")[0]["ns"]);
    let text = folder().run(&["cost", "--totals", "function"]).exits(0);
    assert!(text.stdout.contains("  example.com/m loop\n") || text.stdout.contains(" loop\n"));
}

#[test]
fn releases_are_compared() {
    let run = folder()
        .run(&["cost", "--compare", "go1.21,go1.27"])
        .exits(0);
    assert!(
        run.stdout
            .contains("a.go:21: table: stack-allocated → open-coded, "),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("    before: 17 returns × 1 defers = 17 > 15\n")
    );
    let back = folder().run(&["cost", "--compare", "1.27,1.26"]).exits(1);
    assert!(
        back.stdout
            .contains("a.go:21: table: open-coded → stack-allocated, "),
        "{}",
        back.stdout
    );
    let json = folder()
        .run(&["cost", "--compare", "1.21,1.27", "--format", "json"])
        .exits(0);
    let kinds: Vec<Value> = lines(&json.stdout)
        .iter()
        .map(|object| object["kind"].clone())
        .collect();
    assert_eq!(kinds, ["build", "build", "change", "summary"]);
}

#[test]
fn evidence_ranks_and_leaves_out() {
    let folder = folder();
    let package = {
        let run = folder.run(&["cost", "--format", "json"]).exits(0);
        lines(&run.stdout)[1]["package"]
            .as_str()
            .expect("a path")
            .to_owned()
    };
    folder.write(
        "seen.jsonl",
        format!(
            "{{\"deferscope\":\"evidence\",\"version\":1,\"source\":\"profile\",\"from\":\"pid 1\"}}\n\
             {{\"package\":\"{package}\",\"function\":\"once\",\"file\":\"a.go\",\"line\":9,\"ordinal\":1,\"count\":2000000}}\n"
        ),
    );
    let run = folder.run(&["cost", "--evidence", "seen.jsonl"]).exits(0);
    assert!(
        run.stdout.starts_with("a.go:9: once: open-coded"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("    observed: passed 2000000 times, "),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("a.go:14"), "{}", run.stdout);
    folder.write("broken.jsonl", "nonsense\n");
    folder
        .run(&["cost", "--evidence", "broken.jsonl"])
        .exits(2)
        .says(&["broken.jsonl is no evidence"]);
}

#[test]
fn nothing_to_look_at_is_a_failure_without_sums() {
    let folder = folder();
    folder.write("docs/README", "no Go here\n");
    for (args, word) in [
        (
            ["cost", "./docs/..."],
            "error: there is no Go package to look at",
        ),
        (["cost", "./nope"], "error: nope does not exist\n  help: "),
        (["cost", "nope"], "error: no package \"nope\": "),
    ] {
        let run = folder.run(&args).exits(2).says(&[word]);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_release_that_is_newer_than_all_known_ones_is_said_to_be() {
    folder()
        .run(&["cost", "--go", "1.99"])
        .exits(0)
        .says(&["Go 1.99 is not known yet: classes are told as for Go 1.27"]);
}

#[test]
fn bad_arguments_are_named() {
    let folder = folder();
    for (args, word) in [
        (["cost", "--go", "1.20"], "older than Go 1.21"),
        (["cost", "--go", "new"], "no release of Go"),
        (["cost", "--compare", "1.21"], "two releases with a comma"),
        (["cost", "--evidence", "none"], "cannot read none"),
        (["cost", "--calibration", "none"], "none"),
    ] {
        folder.run(&args).exits(2).says(&[word]);
    }
}

#[test]
fn a_file_with_a_syntax_error_is_named_and_the_rest_is_shown() {
    let folder = Folder::module(&[
        (
            "a.go",
            "package p\n\nfunc f() {\n\tfor {\n\t\tdefer g()\n\t}\n}\n\nfunc g() {}\n",
        ),
        ("b.go", "package p\n\nfunc h() {\n\tif {\n}\n"),
    ]);
    let run = folder.run(&["cost"]).exits(2).says(&[
        "b.go:4:5: syntax error:",
        "`deferscope check` shows all errors",
    ]);
    assert!(
        run.stdout.contains("a.go:5: f: heap-allocated")
            && run.stdout.contains("\n1 defer: 0 open"),
        "{}",
        run.stdout
    );
}
