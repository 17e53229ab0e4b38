//! What repairs look like: each file in `tests/repairs` names a rule, and has Go as it was, and as a
//! person would have repaired it.
//!
//! ```text
//! rule: file-not-closed
//! fix: safe
//! -- before --
//! package p
//! -- after --
//! package p
//! ```
//!
//! All fixes of the rule are applied, the first first, until there are none; each has to be of the kind
//! that the file names.

use std::path::{Path, PathBuf};

use diagnostics::Applicability;

use super::harness::{Input, apply, loaders, run};

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("there are some");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    paths
}

#[test]
fn repairs_look_as_a_person_would_have_done_them() {
    // Without the standard library's declarations there are fewer fixes; `loaders` tells of that.
    let Some((_, loader)) = loaders().into_iter().nth(1) else {
        return;
    };
    let mut failures = Vec::new();
    for path in cases("tests/repairs") {
        let name = path.file_stem().expect("name").to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("readable");
        let (head, rest) = text.split_once("-- before --\n").expect("before");
        let (before, after) = rest.split_once("-- after --\n").expect("after");
        let field = |wanted: &str| {
            let mut lines = head.lines();
            lines.find_map(|line| line.strip_prefix(wanted)?.strip_prefix(": "))
        };
        let rule = field("rule").expect("a rule");
        let rule = rules::rule_by_name(rule).unwrap_or_else(|| panic!("{name}: no rule {rule}"));
        let wanted = match field("fix").expect("a kind") {
            "safe" => Applicability::Safe,
            "unsafe" => Applicability::Unsafe,
            other => panic!("{name}: no kind of fix is called {other}"),
        };
        let go = field("go").map_or(27, |minor| minor.parse().expect("a number"));
        let file = field("file").unwrap_or("p.go");
        let mut text = before.to_owned();
        for _ in 0..20 {
            let input = Input {
                path: Path::new(file),
                text: &text,
                go,
            };
            let found = run(rule, &input, &*loader);
            let Some(fix) = found.iter().find_map(|finding| finding.fix.as_ref()) else {
                break;
            };
            if fix.applicability != wanted {
                failures.push(format!("{name}: the fix is {:?}", fix.applicability));
            }
            text = apply(&text, &fix.edits);
        }
        if text != after {
            failures.push(format!("{name}: got\n{text}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Known gaps: findings of the rule that a file is called after, with no fix. A fix that comes makes the
/// file one of `tests/repairs`.
#[test]
fn what_has_no_fix_yet() {
    let Some((_, loader)) = loaders().into_iter().nth(1) else {
        return;
    };
    for path in cases("tests/testdata/unrepaired") {
        let text = std::fs::read_to_string(&path).expect("readable");
        let name = path.file_stem().expect("name").to_string_lossy();
        let rule = name.split('.').next().expect("a rule");
        let rule = rules::rule_by_name(rule).unwrap_or_else(|| panic!("{name}: no such rule"));
        let minor = text.lines().find_map(|line| line.strip_prefix("// go: "));
        let input = Input {
            path: Path::new("p.go"),
            text: &text,
            go: minor.map_or(27, |minor| minor.parse().expect("a number")),
        };
        let found = run(rule, &input, &*loader);
        assert!(!found.is_empty(), "{name} is not found any more");
        for finding in &found {
            assert!(finding.fix.is_none(), "{name} has a fix now");
        }
    }
}
