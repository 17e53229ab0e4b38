//! The text format, a golden file for each situation. `UPDATE_EXPECT=1` writes them anew; they are
//! meant to be looked at.

use std::path::PathBuf;

use diagnostics::{Applicability, Diagnostic, Edit, Fix, Severity};
use report::Format;

use crate::sample::{IMPORT_GO, Report, edit, finding, fix, range, related, shop};

#[track_caller]
fn golden(name: &str, report: &Report) {
    let actual = report.render(Format::Text);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &actual).expect("the golden files can be written");
    }
    let expected = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; run with UPDATE_EXPECT=1", file.display()));
    assert!(
        actual == expected,
        "{name}: run with UPDATE_EXPECT=1 if this is right\n--- expected\n{expected}\n--- actual\n{actual}"
    );
}

/// A finding at the first place in the file where `needle` is.
fn at(path: &str, text: impl AsRef<[u8]>, needle: &str) -> Report {
    let report = Report::new().file(path, text);
    let range = report.range(path, needle);
    report.finding(finding(path, range))
}

#[test]
fn story_help_and_fixes() {
    golden("shop", &shop());
}

#[test]
fn what_was_observed() {
    golden("observed", &crate::sample::observed());
}

#[test]
fn colour() {
    golden(
        "colour",
        &Report {
            color: true,
            ..shop()
        },
    );
}

#[test]
fn tabs() {
    golden(
        "tabs",
        &at(
            "a.go",
            "\tif x {\t\tdefer\tf.Close()\t// later\n\t}\n",
            "defer\tf.Close()",
        ),
    );
}

#[test]
fn wide_characters() {
    golden(
        "wide",
        &at(
            "a.go",
            "\tlog(\"日本語 😀 é\"); defer f.Close() // 閉じる\n",
            "defer f.Close()",
        ),
    );
}

#[test]
fn windows_line_endings() {
    let text = IMPORT_GO.replace('\n', "\r\n");
    let mut report = at("a.go", text, "defer f.Close()");
    let opened = report.range("a.go", "os.Open(name)");
    let line = report.range("a.go", "\t\tdefer f.Close()\r\n");
    report.diagnostics[0]
        .related
        .push(related(None, opened, "opened here"));
    report.diagnostics[0].fix = Some(fix(Applicability::Safe, vec![edit(line, "")]));
    golden("crlf", &report);
}

#[test]
fn very_long_lines() {
    let line = |tail: &str| format!("var a, b = {}\"\", {tail}", "\"data\", ".repeat(20_000));
    let text = format!(
        "package p\n{}\n{}\n",
        line("0"),
        line("f(func() { defer g() })")
    );
    let mut report = at("gen.go", text, "defer g()");
    let start = report.diagnostics[0].range.start;
    let statement = diagnostics::ByteRange {
        start,
        end: start + 6,
    };
    report.diagnostics[0].fix = Some(fix(Applicability::Unsafe, vec![edit(statement, "")]));
    golden("long-line", &report);
}

#[test]
fn narrow_terminals() {
    let mut report = at(
        "a.go",
        "\tresult, err := client.Do(request.WithContext(context.Background())); defer result.Body.Close()\n",
        "defer result.Body.Close()",
    );
    report.width = Some(72);
    golden("narrow", &report);
}

#[test]
fn nothing_wide_at_the_end_of_the_file() {
    let text = "package p\n\nfunc f() {\n";
    let report = Report::new().file("a.go", text).finding(Diagnostic {
        rule: "syntax-error",
        severity: Severity::Error,
        message: "expected `}`, found the end of the file".to_owned(),
        ..finding("a.go", range(text.len(), text.len()))
    });
    golden("end-of-file", &report);
}

#[test]
fn an_empty_file() {
    let report = Report::new().file("a.go", "").finding(Diagnostic {
        rule: "syntax-error",
        severity: Severity::Error,
        message: "expected `package`, found the end of the file".to_owned(),
        ..finding("a.go", range(0, 0))
    });
    golden("empty-file", &report);
}

#[test]
fn ranges_of_some_and_of_many_lines() {
    let body = |lines| "\t\tlog.Print(\"x\")\n".repeat(lines);
    let short = format!("func f() {{\n\tdefer func() {{\n{}\t}}()\n}}\n", body(3));
    let middle = format!("func f() {{\n\tdefer func() {{\n{}\t}}()\n}}\n", body(20));
    let long = format!("func f() {{\n\tdefer func() {{\n{}\t}}()\n}}\n", body(200));
    let statement = |text: &str| {
        let start = text.find("defer").expect("there is one");
        range(start, text.find("}()").expect("it ends") + 3)
    };
    let report = Report::new()
        .finding(finding("short.go", statement(&short)))
        .finding(finding("middle.go", statement(&middle)))
        .finding(finding("long.go", statement(&long)))
        .file("short.go", short)
        .file("middle.go", middle)
        .file("long.go", long);
    golden("many-lines", &report);
}

#[test]
fn bytes_that_are_not_utf8() {
    golden(
        "invalid-utf8",
        &at(
            "a.go",
            b"\t// \xe9t\xe9 \xf0\x9f\n\ts := \"\xff\"; defer f.Close()\n",
            "defer f.Close()",
        ),
    );
}

#[test]
fn a_file_that_is_gone() {
    let report = Report::new().finding(Diagnostic {
        help: Some("close the file at the end of the iteration".to_owned()),
        related: vec![
            related(None, range(10, 12), "opened here"),
            related(Some("b.go"), range(10, 12), "and there"),
        ],
        fix: Some(fix(Applicability::Safe, vec![edit(range(1, 2), "x")])),
        ..finding("a.go", range(20, 30))
    });
    golden("gone", &report);
}

#[test]
fn places_far_away_and_in_other_files() {
    let far = format!(
        "func f() error {{\n\tf, err := os.Open(\"x\")\n{}\tdefer f.Close()\n}}\n",
        "\tstep()\n".repeat(120)
    );
    let mut report = at("a.go", far, "defer f.Close()").file(
        "pkg/open.go",
        "package pkg\n\nfunc Open() *os.File {\n\treturn mustOpen()\n}\n",
    );
    let opened = report.range("a.go", "os.Open(\"x\")");
    let wrapper = report.range("pkg/open.go", "mustOpen()");
    report.diagnostics[0].related = vec![
        related(None, opened, "opened here"),
        related(Some("pkg/open.go"), wrapper, "which is where it comes from"),
    ];
    report.diagnostics[0].help = Some("close it where it is opened".to_owned());
    golden("far-places", &report);
}

#[test]
fn a_place_that_brings_others_together() {
    let text = (1..=40)
        .map(|line| format!("line{line:02}\n"))
        .collect::<String>();
    let mut report = at("a.go", text, "line20");
    report.diagnostics[0].related = vec![
        related(
            None,
            report.range("a.go", "line40"),
            "too far from the finding",
        ),
        related(None, report.range("a.go", "line30"), "between the two"),
    ];
    golden("joined-places", &report);
}

#[test]
fn several_places_on_one_line() {
    let mut report = at(
        "a.go",
        "\tdefer log.Print(time.Since(start), who(ctx))\n",
        "time.Since(start)",
    );
    report.diagnostics[0].related = vec![
        related(
            None,
            report.range("a.go", "defer"),
            "runs when the function returns",
        ),
        related(None, report.range("a.go", "who(ctx)"), "called now as well"),
        related(
            None,
            report.range("a.go", "time.Since(start)"),
            "called now",
        ),
    ];
    golden("one-line", &report);
}

#[test]
fn fixes_of_all_kinds() {
    let text = "func f(names []string) {\n\tfor _, n := range names {\n\t\tf := open(n)\n\t\tdefer f.Close()\n\t\tread(f)\n\t}\n}\n";
    let report = Report::new()
        .file("a.go", text)
        .file("b.go", "package b\n\nvar x = 1\n");
    let finding = finding("a.go", report.range("a.go", "defer f.Close()"));
    let start = report.range("a.go", "\t\tf := open(n)\n").start;
    let body = report.range(
        "a.go",
        "\t\tf := open(n)\n\t\tdefer f.Close()\n\t\tread(f)\n",
    );
    let wrap = Fix {
        applicability: Applicability::Unsafe,
        description: "wrap the body of the loop in a function".to_owned(),
        edits: vec![edit(
            body,
            "\t\tfunc() {\n\t\t\tf := open(n)\n\t\t\tdefer f.Close()\n\t\t\tread(f)\n\t\t}()\n",
        )],
    };
    let insert = Fix {
        applicability: Applicability::DisplayOnly,
        description: "say what the loop is for".to_owned(),
        edits: vec![edit(
            range(start as usize, start as usize),
            "\t\t// Read them all.\n",
        )],
    };
    let elsewhere = Edit {
        path: Some(std::sync::Arc::new("b.go".into())),
        range: report.range("b.go", "1"),
        text: "2".to_owned(),
    };
    let two_files = Fix {
        applicability: Applicability::Safe,
        description: "change both files".to_owned(),
        edits: vec![edit(report.range("a.go", "defer "), ""), elsewhere],
    };
    let stale = Fix {
        applicability: Applicability::Safe,
        description: "change what is no longer there".to_owned(),
        edits: vec![edit(range(9_000, 9_001), "x")],
    };
    let fixes = [wrap, insert, two_files, stale];
    let report = fixes.into_iter().fold(report, |report, fix| {
        report.finding(Diagnostic {
            fix: Some(fix),
            ..finding.clone()
        })
    });
    golden("fixes", &report);
}

#[test]
fn terminals_are_not_to_be_fooled() {
    let text = "\tdefer f.Close() /* \u{202e} \u{1b}[2J */\n";
    let mut report = at("a\u{1b}[31m.go", text, "defer f.Close()");
    report.diagnostics[0].message = "first line\nsecond\u{1b}[0m \u{202e}line".to_owned();
    report.diagnostics[0].help = Some("do\r\nthis\u{9b}".to_owned());
    golden("hostile", &report);
}
