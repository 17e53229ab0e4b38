//! The example service: all of its planted defects are found, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use crate::harness::{deferscope, finish, repository};

/// `path:line: rule` of every marker below a folder whose rule exists and is on by default.
fn planted(root: &Path, folder: &Path, markers: &mut BTreeSet<String>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            planted(root, &path, markers);
        } else if path.extension().is_some_and(|extension| extension == "go") {
            let text = std::fs::read_to_string(&path).expect("a file");
            let path = path.strip_prefix(root).expect("below the root").display();
            for (number, line) in (1..).zip(text.lines()) {
                let Some((_, names)) = line.split_once("// planted:") else {
                    continue;
                };
                for name in names.split([',', ' ']).filter(|name| !name.is_empty()) {
                    if rules::rule_by_name(name).is_some_and(|rule| rule.meta().on_by_default) {
                        markers.insert(format!("{path}:{number}: {name}"));
                    }
                }
            }
        }
    }
}

#[test]
fn all_planted_defects_are_found_and_nothing_else() {
    let root = repository();
    let mut expected = BTreeSet::new();
    planted(&root, &root.join("examples/shop"), &mut expected);
    assert!(!expected.is_empty(), "no marker was read");

    let mut command = deferscope();
    command.current_dir(&root).args([
        "check",
        "--isolated",
        "--format",
        "concise",
        "examples/shop/...",
    ]);
    let run = finish(&mut command).exits(1);
    let found: BTreeSet<String> = run
        .findings()
        .iter()
        .map(|line| {
            let (place, rule) = line.split_once(": ").expect("a rule");
            let (place, _column) = place.rsplit_once(':').expect("a column");
            format!("{place}: {rule}")
        })
        .collect();
    let missed: Vec<_> = expected.difference(&found).collect();
    let surplus: Vec<_> = found.difference(&expected).collect();
    assert!(
        missed.is_empty() && surplus.is_empty(),
        "missed: {missed:#?}\nnot planted: {surplus:#?}\n{}",
        run.stdout
    );
    assert_eq!(
        run.findings().len(),
        expected.len(),
        "each is reported once:\n{}",
        run.stdout
    );
    assert_eq!(run.stderr, "");
}
