//! What must hold of the small readers of `go_project`: go.mod, go.work, modules.txt, build
//! constraints, versions, and the head of a Go file.

use std::cmp::Ordering;

use go_project::constraint::Constraint;
use go_project::modfile::{LineError, parse_mod, parse_modules_txt, parse_work};
use go_project::{GoVersion, compare_module_versions, header, is_module_version};
use go_syntax::{Mode, Source, SpecKind, parse};

/// Gives `bytes` to every reader.
pub fn check(bytes: &[u8]) {
    let lines = bytes.split(|&byte| byte == b'\n').count();
    let (file, errors) = parse_mod(bytes);
    assert_eq!(
        (&file, &errors),
        (&parse_mod(bytes).0, &parse_mod(bytes).1),
        "reading is repeatable"
    );
    check_errors(&errors, lines);
    for require in &file.require {
        assert!(
            (1..=lines).contains(&(require.line as usize)),
            "{require:?} stands on no line of the file"
        );
    }
    let (_, errors) = parse_work(bytes);
    check_errors(&errors, lines);

    let list = parse_modules_txt(bytes);
    for (path, &module) in &list.packages {
        assert!(
            module < list.modules.len(),
            "package {path} belongs to no module"
        );
    }
    let text = String::from_utf8_lossy(bytes);
    check_versions(&text);
    for line in text.lines().take(20) {
        check_constraint(line);
    }
    check_header(bytes);
}

fn check_errors(errors: &[LineError], lines: usize) {
    let mut last = 1;
    for error in errors {
        assert!(
            (last..=lines as u32).contains(&error.line),
            "{error:?} is out of order, or on no line of the file"
        );
        assert!(
            !error.error.to_string().is_empty(),
            "{error:?} says nothing"
        );
        last = error.line;
    }
}

/// Versions are ordered: comparing them forth and back, and over a third, gives no contradiction.
fn check_versions(text: &str) {
    let words: Vec<&str> = text.split_whitespace().take(6).collect();
    for word in &words {
        let _ = (GoVersion::parse(word), is_module_version(word));
    }
    let versions: Vec<&str> = words
        .into_iter()
        .filter(|word| is_module_version(word))
        .collect();
    for a in &versions {
        assert_eq!(compare_module_versions(a, a), Ordering::Equal);
        for b in &versions {
            let order = compare_module_versions(a, b);
            assert_eq!(
                order,
                compare_module_versions(b, a).reverse(),
                "{a} against {b}"
            );
            for c in &versions {
                if order == Ordering::Less && compare_module_versions(b, c) == Ordering::Less {
                    assert_eq!(
                        compare_module_versions(a, c),
                        Ordering::Less,
                        "{a} < {b} < {c}"
                    );
                }
            }
        }
    }
}

fn check_constraint(text: &str) {
    for constraint in [Constraint::parse(text), Constraint::parse_plus_build(text)]
        .into_iter()
        .flatten()
    {
        let _ = (
            constraint.eval(&|_| true),
            constraint.eval(&|tag| tag.len() % 2 == 0),
            constraint.go_version(),
        );
    }
}

/// What the quick scan of a head says is what the parser proper says, and a part of a file that is
/// enough says the same as all of it.
fn check_header(bytes: &[u8]) {
    let Ok(whole) = header::scan(bytes, true) else {
        panic!("a whole file has nothing more to ask for")
    };
    for end in [bytes.len() / 4, bytes.len() / 2, bytes.len() * 3 / 4] {
        if let Ok(part) = header::scan(&bytes[..end], false) {
            assert_eq!(part, whole, "the first {end} bytes were said to be enough");
        }
    }
    let file = parse(Source::new(bytes.to_vec()), Mode::ImportsOnly);
    if !file.errors().is_empty() {
        return;
    }
    assert_eq!(whole.error, None, "the parser takes this head");
    assert_eq!(whole.package.map(|clause| clause.name), file.package_name());
    let scanned: Vec<_> = whole
        .imports
        .iter()
        .map(|import| (import.name, import.range.start, &*import.path))
        .collect();
    let specs: Vec<_> = file.imports().collect();
    let paths: Vec<_> = specs
        .iter()
        .map(|&spec| file.import_path(spec).unwrap_or_default())
        .collect();
    let parsed: Vec<_> = specs
        .iter()
        .zip(&paths)
        .filter_map(|(&spec, import_path)| match file.spec(spec).kind {
            SpecKind::Import { name, path } => {
                Some((name.map(|id| file.name(id)), path.start, &**import_path))
            }
            _ => None,
        })
        .collect();
    assert_eq!(scanned, parsed, "both see the same imports");
}
