//! Every rule file is registered, and metadata is what the rest relies on.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_file_is_registered() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let files: BTreeSet<String> = std::fs::read_dir(dir)
        .expect("src/rules")
        .map(|entry| {
            entry
                .expect("entry")
                .path()
                .file_stem()
                .expect("name")
                .to_string_lossy()
                .replace('_', "-")
        })
        .collect();
    let names: BTreeSet<String> = rules::all_rules()
        .iter()
        .map(|rule| rule.meta().name.to_owned())
        .collect();
    assert_eq!(
        files, names,
        "src/rules/NAME.rs and the list in src/rules.rs differ"
    );
    assert_eq!(
        names.len(),
        rules::all_rules().len(),
        "two rules have one name"
    );
}

#[test]
fn categories_are_those_of_the_catalogue() {
    for rule in rules::all_rules() {
        let category = rule.meta().category;
        assert!(
            !matches!(
                category,
                diagnostics::Category::Syntax | diagnostics::Category::Suppression
            ),
            "{}: {category:?} is not for rules",
            rule.meta().name
        );
    }
}
