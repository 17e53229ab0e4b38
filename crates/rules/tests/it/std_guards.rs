//! The table of types of the standard library that must not be copied says what their declarations
//! say.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use go_syntax::{Mode, Source, parse};
use go_types::{Importer, Loader, MemberKind, NoPackages, PackageCx, PackageNames};
use rules::{FileInput, Rule, RuleSet, check_file};

use super::harness::loaders;

/// A function for each type that takes it by value; the types that are reported.
fn reported(
    importer: &str,
    files: Vec<Arc<go_syntax::File>>,
    loader: &dyn Loader,
) -> BTreeSet<String> {
    let rule: &'static dyn Rule = rules::rule_by_name("lock-copied").expect("a rule");
    let rules = RuleSet::new(vec![(rule, rule.meta().severity)]);
    let last = u32::try_from(files.len() - 1).expect("few files");
    let names = Arc::new(PackageNames::new(Importer::new(importer), files));
    let package = PackageCx::new(&names, loader);
    let input = FileInput {
        index: last,
        path: &Arc::new(Path::new("takes.go").to_owned()),
        paths: &[],
        go: 27,
        is_test: false,
        is_main: false,
        models: rules::models(),
        contracts: &go_flow::NoContracts,
    };
    let found = check_file(&package, &input, &rules);
    found
        .iter()
        .map(|d| d.function.trim_start_matches("takes").to_owned())
        .collect()
}

#[test]
fn the_table_says_what_the_declarations_say() {
    let Some((_, std)) = loaders().into_iter().find(|(name, _)| *name == "GOROOT") else {
        // `loaders` has said so.
        return;
    };
    let goroot = std::env::var_os("DEFERSCOPE_GOROOT").expect("the loader needs it too");
    let src = Path::new(&goroot).join("src");
    let mut differences = Vec::new();
    let mut count = 0;
    for path in public_packages(&src) {
        let Some(package) = std.package(&path, &Importer::new("example.com/p")) else {
            continue;
        };
        let types: Vec<&str> = package
            .members()
            .filter_map(|(id, member)| match member.kind {
                MemberKind::Type(spec) => {
                    let file = package.file(member.file);
                    let is_generic = matches!(
                        file.spec(spec).kind,
                        go_syntax::SpecKind::Type {
                            tparams: Some(_),
                            ..
                        }
                    );
                    let name = package.member_name(id);
                    (!is_generic && name.starts_with(char::is_uppercase)).then_some(name)
                }
                _ => None,
            })
            .collect();
        count += types.len();
        let name = package.name().expect("a name").to_owned();
        let source = |head: &str, qualifier: &str| {
            let functions = types
                .iter()
                .map(|ty| format!("func takes{ty}(x {qualifier}{ty}) {{}}\n"));
            let text = format!("{head}\n{}", functions.collect::<String>());
            Arc::new(parse(Source::new(text.into()), Mode::Full))
        };
        let mut files = package.files().to_vec();
        files.push(source(&format!("package {name}"), ""));
        let declared = reported(&path, files, &*std);
        let head = format!("package p\nimport {name} \"{path}\"");
        let table = reported(
            "example.com/p",
            vec![source(&head, &format!("{name}."))],
            &NoPackages,
        );
        if declared != table {
            differences.push(format!(
                "{path}: declared {declared:?}, in the table {table:?}"
            ));
        }
    }
    assert!(count > 1000, "only {count} types");
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// The packages that programs can import.
fn public_packages(src: &Path) -> Vec<String> {
    let mut open = vec![String::new()];
    let mut found = Vec::new();
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(src.join(&at)).expect("GOROOT/src") {
            let entry = entry.expect("entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_public = !matches!(
                name.as_str(),
                "internal" | "cmd" | "vendor" | "testdata" | "builtin"
            );
            if is_public && entry.file_type().expect("type").is_dir() {
                let path = if at.is_empty() {
                    name
                } else {
                    format!("{at}/{name}")
                };
                found.push(path.clone());
                open.push(path);
            }
        }
    }
    found.sort();
    found
}
