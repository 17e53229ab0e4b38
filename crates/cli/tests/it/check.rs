//! `check`: what is looked at, what is reported, how it ends.

use crate::harness::{FINDING, Folder};

/// Two functions with a finding of `defer-in-loop` each, on lines 8 and 15.
pub(crate) const LOOPS: &str = "\
package p

import \"os\"

func first(names []string) {
	for _, name := range names {
		f, _ := os.Open(name)
		defer f.Close()
	}
}

func second(names []string) {
	for _, name := range names {
		g, _ := os.Create(name)
		defer g.Close()
	}
}
";

/// Only the rule that [`LOOPS`] is about.
const ONE: [&str; 2] = ["--select", "defer-in-loop"];

fn check(folder: &Folder, args: &[&str]) -> crate::harness::Run {
    folder.check(&[&ONE, args].concat())
}

#[test]
fn exit_codes_say_whether_something_was_found() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    let expected = ["a.go:8:3: defer-in-loop", "a.go:15:3: defer-in-loop"];
    check(&folder, &[]).exits(1).finds(&expected);
    check(&folder, &["--exit-zero"]).exits(0).finds(&expected);
    check(&folder, &["--exit-zero", "./none", "."])
        .exits(2)
        .finds(&expected);
    check(&folder, &["--ignore", "defer-in-loop"])
        .exits(0)
        .finds(&[]);
    check(&folder, &["--severity", "defer-in-loop=note"])
        .exits(1)
        .finds(&expected);
    check(
        &folder,
        &[
            "--severity",
            "defer-in-loop=note",
            "--min-severity",
            "warning",
        ],
    )
    .exits(0)
    .finds(&[]);
    check(
        &folder,
        &["--severity", "placement=error", "--min-severity", "error"],
    )
    .exits(1)
    .finds(&expected);
    check(&folder, &["--severity", "defer-in-loop=off"])
        .exits(0)
        .finds(&[]);
    folder
        .check(&["--select", "suppression"])
        .exits(0)
        .finds(&[]);
    folder
        .check(&[
            "--select",
            "suppression",
            "--extend-select",
            "defer-in-loop",
        ])
        .exits(1)
        .finds(&expected);
}

#[test]
fn every_format_is_written() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    for format in [
        "text",
        "concise",
        "json",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "checkstyle",
        "rdjson",
    ] {
        let run = folder
            .run(&["check", "--select", "defer-in-loop", "--format", format])
            .exits(1);
        assert_eq!(
            run.stdout.matches("defer-in-loop").count().min(2),
            2,
            "{format}: {}",
            run.stdout
        );
        assert!(
            !run.stdout.contains('\u{1b}'),
            "no colours where there is no terminal: {format}"
        );
        assert_eq!(run.stderr, "", "{format}");
    }
    let run = folder
        .run(&["check", "--select", "defer-in-loop", "--color", "always"])
        .exits(1);
    assert!(run.stdout.contains('\u{1b}'));
    let run = folder
        .run(&[
            "check",
            "--select",
            "defer-in-loop",
            "--color",
            "always",
            "--format",
            "json",
        ])
        .exits(1);
    assert!(!run.stdout.contains('\u{1b}'), "programs read no colours");
}

#[test]
fn a_json_line_is_as_the_contract_has_it() {
    let folder = Folder::module(&[("a/b.go", LOOPS)]);
    let run = folder
        .run(&["check", "--select", "defer-in-loop", "--format", "json"])
        .exits(1);
    let first = run.stdout.lines().next().expect("a line");
    for part in [
        "\"rule\":\"defer-in-loop\"",
        "\"category\":\"placement\"",
        "\"severity\":\"warning\"",
        "\"path\":\"a/b.go\"",
        "\"line\":8",
        "\"column\":3",
        "\"function\":\"first\"",
        "\"fingerprint\":\"",
    ] {
        assert!(first.contains(part), "no {part} in {first}");
    }
    let print = |line: &str| {
        line.split("\"fingerprint\":\"")
            .nth(1)
            .map(|rest| rest[..32].to_owned())
    };
    let prints: Vec<_> = run.stdout.lines().map(print).collect();
    assert_ne!(prints[0], prints[1]);

    let moved = LOOPS
        .replace("import", "// Words.\n\nimport")
        .replace("\t\tf, _", "\n\n\t\tf, _");
    folder.write("a/b.go", moved);
    let again = folder
        .run(&["check", "--select", "defer-in-loop", "--format", "json"])
        .exits(1);
    assert_eq!(
        again.stdout.lines().map(print).collect::<Vec<_>>(),
        prints,
        "they do not depend on lines"
    );

    let below = folder
        .run_in(
            "a",
            &["check", "--select", "defer-in-loop", "--format", "json"],
        )
        .exits(1);
    assert_eq!(
        below.stdout.lines().map(print).collect::<Vec<_>>(),
        prints,
        "nor on the current folder"
    );
    assert!(
        below.stdout.contains("\"path\":\"b.go\""),
        "{}",
        below.stdout
    );
}

#[test]
fn the_report_goes_to_a_file() {
    let folder = Folder::module(&[("a.go", LOOPS), ("out.txt", "old")]);
    let run = check(&folder, &["--output", "out.txt"]).exits(1);
    assert_eq!(run.stdout, "");
    assert_eq!(folder.read("out.txt").lines().count(), 2);
    assert!(
        !std::fs::read_dir(&folder.root)
            .expect("listed")
            .any(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .starts_with(".deferscope-")
            })
    );
}

#[test]
fn the_number_of_threads_does_not_show() {
    let folder = Folder::module(&[]);
    for n in 0..30 {
        folder.write(&format!("p{n}/a.go"), LOOPS);
        folder.write(&format!("p{n}/broken.go"), "package p\n\nfunc f( {\n");
    }
    let one = folder
        .run(&["check", "--format", "json", "--jobs", "1"])
        .exits(1);
    for jobs in ["2", "5"] {
        assert_eq!(
            folder
                .run(&["check", "--format", "json", "--jobs", jobs])
                .exits(1)
                .stdout,
            one.stdout
        );
    }
    let turned = folder
        .run(&[
            "check",
            "--format",
            "json",
            "./p9",
            "./p1",
            "./...",
            "./p1/a.go",
        ])
        .exits(1);
    assert_eq!(
        turned.stdout, one.stdout,
        "nor does the order of the patterns"
    );
}

#[test]
fn the_configuration_is_found_upwards() {
    let folder = Folder::module(&[
        ("deferscope.toml", "select = ['suppression']\n"),
        ("a/b/c.go", LOOPS),
    ]);
    let run =
        |args: &[&str]| folder.run_in("a/b", &[&["check", "--format", "concise"], args].concat());
    run(&[]).exits(0).finds(&[]);
    run(&["--isolated", "--select", "defer-in-loop"])
        .exits(1)
        .finds(&["c.go:8:3: defer-in-loop", "c.go:15:3: defer-in-loop"]);
    folder.write("a/deferscope.toml", "select = ['defer-in-loop']\n[[overrides]]\npaths = ['b/c.go']\nseverity = { defer-in-loop = 'error' }\n");
    run(&["--min-severity", "error"]).exits(1);
    folder.write("other.toml", "ignore = ['all']\n");
    run(&["--config", "../../other.toml"]).exits(0).finds(&[]);
    run(&["--verbose"]).says(&[
        "configuration: ",
        "a/deferscope.toml",
        "Go: not found",
        "target: ",
    ]);
}

#[test]
fn paths_have_settings_of_their_own() {
    let settings = "select = ['defer-in-loop']\nexclude = ['third_party']\n[per-file-ignores]\n'cmd/**' = ['placement']\n";
    let folder = Folder::module(&[
        ("deferscope.toml", settings),
        ("a.go", LOOPS),
        ("cmd/x/a.go", LOOPS),
        ("third_party/a.go", LOOPS),
    ]);
    folder
        .check(&[])
        .exits(1)
        .finds(&["a.go:8:3: defer-in-loop", "a.go:15:3: defer-in-loop"]);
    folder
        .check(&["./third_party"])
        .exits(0)
        .says(&["excluded by the settings"])
        .finds(&[]);
    folder
        .check(&["--quiet", "./third_party"])
        .exits(0)
        .finds(&[]);
    let run = folder
        .check(&["--exclude", "a.go", "--exclude", "cmd"])
        .exits(0);
    run.finds(&[]);
}

#[test]
fn tests_and_generated_files_are_chosen() {
    // Many of them matter in tests, too.
    const SERVERS: &str = "package p\n\nimport \"net/http/httptest\"\n\nfunc all() {\n\tfor i := 0; i < 5000; i++ {\n\t\tserver := httptest.NewServer(nil)\n\t\tdefer server.Close()\n\t\tprintln(server.URL)\n\t}\n}\n";
    let generated = format!("// Code generated by hand. DO NOT EDIT.\n\n{SERVERS}");
    let folder = Folder::module(&[
        ("a.go", "package p\n"),
        ("a_test.go", SERVERS),
        ("gen.go", &generated),
    ]);
    folder.write("x_test.go", SERVERS.replace("package p", "package p_test"));
    let files = |args: &[&str]| {
        let mut files: Vec<String> = check(&folder, args)
            .findings()
            .iter()
            .filter_map(|line| Some(line.split(':').next()?.to_owned()))
            .collect();
        files.dedup();
        files
    };
    assert_eq!(files(&[]), ["a_test.go", "x_test.go"]);
    assert_eq!(files(&["--tests=false"]), [""; 0]);
    assert_eq!(
        files(&["--generated"]),
        ["a_test.go", "gen.go", "x_test.go"]
    );
    assert_eq!(files(&["--generated=true", "--tests=false"]), ["gen.go"]);
}

#[test]
fn the_build_is_chosen() {
    let folder = Folder::module(&[
        ("a_windows.go", LOOPS),
        ("b.go", &format!("//go:build special\n\n{LOOPS}")),
    ]);
    folder.write("c.go", "package p\n");
    check(&folder, &["--goos", "linux"]).exits(0).finds(&[]);
    let run = check(&folder, &["--goos", "windows"]).exits(1);
    assert!(run.findings()[0].starts_with("a_windows.go:8:3"));
    let run = check(&folder, &["--goos", "linux", "--tags", "other,special"]).exits(1);
    assert!(run.findings()[0].starts_with("b.go:10:3"));
    folder.write(
        "deferscope.toml",
        "[build]\ngoos = 'plan9'\ntags = ['special']\n",
    );
    assert_eq!(check(&folder, &[]).exits(1).findings().len(), 2);
}

#[test]
fn a_baseline_hides_what_is_known() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    check(&folder, &["--write-baseline", "known.json"])
        .exits(0)
        .says(&["2 findings written to known.json"])
        .finds(&[]);
    check(&folder, &["--baseline", "known.json"])
        .exits(0)
        .finds(&[]);

    let more = format!(
        "{}\nfunc third(names []string) {{\n\tfor _, name := range names {{\n\t\th, _ := os.Open(name)\n\t\tdefer h.Close()\n\t}}\n}}\n",
        LOOPS.replace("import", "// Moved.\n\nimport")
    );
    folder.write("a.go", &more);
    check(&folder, &["--baseline", "known.json"])
        .exits(1)
        .finds(&["a.go:24:3: defer-in-loop"]);
    folder.write("deferscope.toml", "baseline = 'known.json'\n");
    let run = folder
        .run_in(".", &["check", "--select", "defer-in-loop", "--statistics"])
        .exits(1);
    run.says(&["findings in the baseline                     2"]);

    folder.write("a.go", "package p\n");
    let run = check(&folder, &["--statistics"]).exits(0);
    run.says(&["stale entries of the baseline                2"]);
    // An update does not need the old one.
    folder.write("known.json", "rubbish");
    check(&folder, &["--write-baseline", "known.json"]).exits(0);
    check(&folder, &[]).exits(0);
}

#[test]
fn no_baseline_is_made_of_half_a_run() {
    let folder = Folder::module(&[("a.go", LOOPS)]);
    check(&folder, &["--write-baseline", "known.json", "./none", "."])
        .exits(2)
        .says(&["no baseline was written"]);
    assert!(!folder.path("known.json").exists());
}

#[test]
fn statistics_say_how_to_get_imports_that_are_missing() {
    let file = "package p\nimport \"example.com/nowhere\"\nvar _ = nowhere.X\n";
    let folder = Folder::module(&[("a.go", file)]);
    check(&folder, &["--statistics"]).exits(0).says(&[
        "imports not found",
        "go mod download",
        "go mod vendor",
    ]);
    let folder = Folder::module(&[("a.go", "package p\n")]);
    let run = check(&folder, &["--statistics"]).exits(0);
    assert!(!run.stderr.contains("go mod download"), "{}", run.stderr);
}

#[test]
fn statistics_go_to_standard_error() {
    let folder = Folder::module(&[("a.go", LOOPS), ("b.go", FINDING)]);
    let run = check(&folder, &["--statistics"]).exits(1);
    assert_eq!(run.stdout.lines().count(), 2);
    let run = run.says(&["time to find packages", "imports not found"]);
    let number = |name: &str| {
        let line = run
            .stderr
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("no {name}"));
        line.rsplit(' ')
            .next()
            .map(str::to_owned)
            .unwrap_or_default()
    };
    for (name, expected) in [
        ("defer-in-loop ", "2"),
        ("findings ", "2"),
        ("files ", "2"),
        ("packages ", "1"),
    ] {
        assert_eq!(number(name), expected, "{name}: {}", run.stderr);
    }
    assert_eq!(number("bytes "), (LOOPS.len() + FINDING.len()).to_string());
}

#[test]
fn one_file_is_understood_with_its_package() {
    let user = "package p\n\nfunc use(names []string) {\n\tfor _, name := range names {\n\t\tf := open(name)\n\t\tdefer f.Close()\n\t}\n}\n";
    let open = "package p\n\nimport \"os\"\n\nfunc open(name string) *os.File {\n\tf, _ := os.Open(name)\n\treturn f\n}\n";
    let folder = Folder::module(&[("use.go", user), ("open.go", open), ("loops.go", LOOPS)]);
    check(&folder, &["use.go"])
        .exits(1)
        .finds(&["use.go:6:3: defer-in-loop"]);
}
