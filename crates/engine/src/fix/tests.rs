//! Choosing, applying and judging fixes.

use std::path::PathBuf;
use std::sync::Arc;

use diagnostics::{Applicability, ByteRange, Category, Diagnostic, Edit, Fix, Severity};

use super::rounds::surplus;
use super::{Change, FixError, select, text, write_changes};

const TEXT: &str = "package p\n\nimport \"os\"\n\nfunc a() {\n\tos.Exit(1)\n\tos.Exit(2)\n}\n\nfunc b() {\n\tos.Exit(3)\n}\n";

fn edit(at: &str, replacement: &str) -> Edit {
    let start = TEXT.find(at).expect("there");
    Edit {
        path: None,
        range: ByteRange {
            start: u32::try_from(start).expect("short"),
            end: u32::try_from(start + at.len()).expect("short"),
        },
        text: replacement.to_owned(),
    }
}

fn finding(function: &str, edits: Vec<Edit>) -> Diagnostic {
    Diagnostic {
        rule: "rule",
        category: Category::Placement,
        severity: Severity::Warning,
        path: Arc::new(PathBuf::from("p.go")),
        range: edits
            .first()
            .map_or(ByteRange { start: 0, end: 0 }, |edit| edit.range),
        function: function.to_owned(),
        message: String::new(),
        help: None,
        related: Vec::new(),
        fix: Some(Fix {
            applicability: Applicability::Safe,
            description: "Do it".to_owned(),
            edits,
        }),
        fingerprint: function.to_owned(),
        evidence: None,
    }
}

#[test]
fn fixes_apart_from_each_other_are_applied_at_once() {
    let import = edit("import \"os\"\n", "import (\n\t\"errors\"\n\t\"os\"\n)\n");
    let one = finding("a", vec![import.clone(), edit("1", "10")]);
    let two = finding("a", vec![edit("2", "20")]);
    let three = finding("b", vec![import, edit("3", "30")]);
    let all = [one, two, three];
    let chosen = select::without_conflicts(TEXT, all.iter(), false);
    assert_eq!(chosen.len(), 3);
    let text = text::apply(TEXT, &all).expect("they fit");
    assert_eq!(text.matches("\"errors\"").count(), 1, "{text}");
    assert!(text::parses(&text), "{text}");
    for exit in ["Exit(10)", "Exit(20)", "Exit(30)"] {
        assert!(text.contains(exit), "{text}");
    }
    assert_eq!(select::without_conflicts(TEXT, all.iter(), true).len(), 1);
}

#[test]
fn a_fix_around_the_lines_of_another_waits() {
    let around = finding(
        "a",
        vec![
            edit("func a() {\n", "func a() {{\n"),
            edit("2)\n}", "2)\n}}"),
        ],
    );
    let within = finding("a", vec![edit("1", "10")]);
    let elsewhere = finding("b", vec![edit("3", "30")]);
    let all = [around, within, elsewhere];
    let chosen = select::without_conflicts(TEXT, all.iter(), false);
    let functions: Vec<_> = chosen
        .iter()
        .map(|d| (&*d.function, d.range.start))
        .collect();
    assert_eq!(
        functions,
        [("a", all[1].range.start), ("b", all[2].range.start)]
    );
}

#[test]
fn what_is_inserted_ends_its_lines_as_the_file_does() {
    let windows = "package p\r\n\r\nvar x = 1\r\n";
    let insertion = Edit {
        path: None,
        range: ByteRange { start: 11, end: 11 },
        text: "\n// `a\r\nb`\n".to_owned(),
    };
    let text = text::apply(windows, &[finding("", vec![insertion])]).expect("it fits");
    assert_eq!(text, "package p\r\n\r\n// `a\r\nb`\r\n\r\nvar x = 1\r\n");
}

#[test]
fn edits_that_do_not_fit_are_refused() {
    let beyond = Edit {
        path: None,
        range: ByteRange {
            start: 5,
            end: 9999,
        },
        text: String::new(),
    };
    assert_eq!(text::apply(TEXT, &[finding("a", vec![beyond])]), None);
    let overlapping = vec![edit("Exit(1)", "x"), edit("it(1)\n", "y")];
    assert_eq!(text::apply(TEXT, &[finding("a", overlapping)]), None);
    let within_a_letter = Edit {
        path: None,
        range: ByteRange { start: 1, end: 1 },
        text: "x".to_owned(),
    };
    assert_eq!(
        text::apply("é", &[finding("", vec![within_a_letter])]),
        None
    );
}

fn keeps_its_word(before: &[Diagnostic], tried: &[Diagnostic], after: &[Diagnostic]) -> bool {
    surplus(before, tried, after).is_empty()
}

#[test]
fn a_fix_has_to_keep_its_word() {
    let (one, other) = (
        finding("a", vec![edit("1", "10")]),
        finding("b", vec![edit("3", "30")]),
    );
    let before = [one.clone(), other.clone()];
    let tried = [one.clone()];
    assert!(keeps_its_word(
        &before,
        &tried,
        std::slice::from_ref(&other)
    ));
    assert!(keeps_its_word(&before, &tried, &[]), "it may repair more");
    assert!(
        !keeps_its_word(&before, &tried, &before),
        "it is still there"
    );
    let mut new = finding("a", vec![edit("1", "10")]);
    new.rule = "another";
    let after = [other.clone(), new.clone()];
    assert_eq!(surplus(&before, &tried, &after), [&new]);
    let mut broken = finding("c", vec![]);
    broken.rule = rules::SYNTAX_ERROR;
    let broken = [broken];
    assert!(!keeps_its_word(&broken, &tried, &broken));
}

#[test]
fn a_file_that_has_changed_meanwhile_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let change = |name: &str, before: &str| Change {
        absolute: folder.path().join(name),
        path: Arc::new(PathBuf::from(name)),
        before: Arc::from(before),
        after: Arc::from("package new\n"),
        fixes: 1,
    };
    let changes = [
        change("a.go", "package a\n"),
        change("b.go", "package b\n"),
        change("gone.go", ""),
    ];
    std::fs::write(&changes[0].absolute, "package a // edited\n").expect("written");
    std::fs::write(&changes[1].absolute, "package b\n").expect("written");
    let (written, errors) = write_changes(&changes);
    assert_eq!(written, 1);
    assert!(
        matches!(errors.as_slice(), [FixError::Changed { path }, FixError::Unwritable { .. }] if path.ends_with("a.go")),
        "{errors:?}"
    );
    let read = |change: &Change| std::fs::read_to_string(&change.absolute).expect("readable");
    assert_eq!(read(&changes[0]), "package a // edited\n");
    assert_eq!(read(&changes[1]), "package new\n");
    assert!(!changes[2].absolute.exists());
}
