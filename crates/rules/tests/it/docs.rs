//! The documentation of each rule: its headings, and its examples run.

use std::path::Path;

use rules::RuleDoc;

use super::harness::{Input, loaders, run};

const HEADINGS: [&str; 6] = [
    "What it does",
    "Why it is bad",
    "Example",
    "Use instead",
    "When it is wrong",
    "Fix safety",
];

/// Packages that examples use without importing them.
const IMPORTS: [(&str, &str); 26] = [
    ("bufio", "bufio"),
    ("context", "context"),
    ("errors", "errors"),
    ("fmt", "fmt"),
    ("io", "io"),
    ("log", "log"),
    ("http", "net/http"),
    ("net", "net"),
    ("os", "os"),
    ("filepath", "path/filepath"),
    ("signal", "os/signal"),
    ("exec", "os/exec"),
    ("runtime", "runtime"),
    ("sort", "sort"),
    ("strings", "strings"),
    ("sync", "sync"),
    ("atomic", "sync/atomic"),
    ("testing", "testing"),
    ("time", "time"),
    ("sql", "database/sql"),
    ("gzip", "compress/gzip"),
    ("csv", "encoding/csv"),
    ("iter", "iter"),
    ("httptest", "net/http/httptest"),
    ("syscall", "syscall"),
    ("trace", "runtime/trace"),
];

/// A whole file around a snippet.
fn complete(code: &str) -> String {
    if code.starts_with("package ") {
        return code.to_owned();
    }
    let imports: String = IMPORTS
        .iter()
        .filter(|(name, _)| code.contains(&format!("{name}.")))
        .map(|(_, path)| format!("import {path:?}\n"))
        .collect();
    format!("package example\n{imports}\n{code}")
}

#[test]
fn headings_are_the_fixed_ones() {
    for rule in rules::all_rules() {
        let name = rule.meta().name;
        let doc = RuleDoc::of(rule.meta());
        let titles: Vec<_> = doc.sections.iter().map(|section| section.title).collect();
        assert_eq!(titles, HEADINGS, "{name}");
        assert!(
            !doc.summary.is_empty() && !doc.summary.contains('\n'),
            "{name}: the summary is one line"
        );
        assert!(
            doc.sections
                .iter()
                .all(|section| !section.text.trim().is_empty()),
            "{name}: an empty section"
        );
    }
}

#[test]
fn examples_are_found_and_replacements_are_not() {
    for (loader_name, loader) in loaders() {
        for &rule in rules::all_rules() {
            let name = rule.meta().name;
            let doc = RuleDoc::of(rule.meta());
            for (title, wanted) in [("Example", true), ("Use instead", false)] {
                let blocks = doc.code(title);
                assert!(!blocks.is_empty(), "{name}: no Go code under {title:?}");
                for code in blocks {
                    let text = complete(&code);
                    let path = if text.contains("*testing.") {
                        "example_test.go"
                    } else {
                        "example.go"
                    };
                    let go = if code.contains("// go 1.21") { 21 } else { 27 };
                    let found = run(
                        rule,
                        &Input {
                            path: Path::new(path),
                            text: &text,
                            go,
                        },
                        &*loader,
                    );
                    assert_eq!(
                        !found.is_empty(),
                        wanted,
                        "{name}, {title}, {loader_name}: {found:?}\n{text}"
                    );
                }
            }
        }
    }
}
