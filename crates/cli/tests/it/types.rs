//! `deferscope dev types`.

use crate::harness::Folder;

const CODE: &str = "package p

import \"os\"

var v, c = os.Args, 1

type T struct{ f int }

func (t *T) m(x int) error {
	return g(t.f + x + 2)
}
";

fn folder() -> Folder {
    Folder::module(&[
        ("a/a.go", CODE),
        ("a/b.go", "package p\n\nfunc g(int) error { return nil }\n"),
        ("a/a_test.go", "package p\n\nvar t = v\n"),
        (
            "a/x_test.go",
            "package p_test\n\nimport \"example.com/m/a\"\n\nvar w = missing.V\n",
        ),
    ])
}

/// The lines about a file, with the text that the offsets mean before the rest.
fn lines(folder: &Folder, stdout: &str, path: &str, fields: usize) -> Vec<String> {
    let source = folder.read(path);
    let own = stdout.lines().filter_map(|line| {
        let mut parts = line.splitn(fields, '\t');
        (parts.next() == Some(path)).then_some(parts)
    });
    own.map(|mut parts| {
        let mut number = || -> usize {
            parts
                .next()
                .and_then(|n| n.parse().ok())
                .expect("an offset")
        };
        let start = number();
        let text = if fields == 4 && stdout.contains("predeclared") {
            source[start..]
                .split(|c: char| !c.is_alphanumeric())
                .next()
                .expect("a word")
        } else {
            &source[start..number()]
        };
        format!("{text} | {}", parts.collect::<Vec<_>>().join(" | "))
    })
    .collect()
}

#[test]
fn every_value_has_a_line() {
    let folder = folder();
    let run = folder.run(&["dev", "types", "./..."]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(
        lines(&folder, &run.stdout, "a/a.go", 4),
        [
            "os.Args | []string",
            "g | func(int) error",
            "t | *example.com/m/a.T",
            "t.f | int",
            "x | int",
            "t.f + x | int",
            "t.f + x + 2 | int",
            "g(t.f + x + 2) | error",
        ]
    );
    assert_eq!(
        lines(&folder, &run.stdout, "a/a_test.go", 4),
        ["v | []string"]
    );
    assert_eq!(
        lines(&folder, &run.stdout, "a/b.go", 4),
        ["nil | untyped nil"]
    );
    let one = folder.run(&["dev", "types", "--tests=false", "a"]);
    assert_eq!(one.code, Some(0), "{}", one.stderr);
    assert!(!one.stdout.contains("_test.go") && one.stdout.contains("a/b.go"));
}

#[test]
fn every_identifier_has_a_line() {
    let folder = folder();
    let run = folder.run(&["dev", "types", "--objects", "./..."]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let at = |text: &str| format!("example.com/m/a@{}", CODE.find(text).expect("a place"));
    let found = lines(&folder, &run.stdout, "a/a.go", 4);
    for expected in [
        "os | use | package os".to_owned(),
        format!("v | def | {}", at("v, c")),
        format!("c | def | {}", at("c = os")),
        format!("T | def | {}", at("T struct")),
        format!("f | def | {}", at("f int")),
        format!("m | def | {}", at("m(x")),
        format!("t | def | {}", at("t *T")),
        format!("t | use | {}", at("t *T")),
        format!("T | use | {}", at("T struct")),
        format!("f | use | {}", at("f int")),
        format!("x | use | {}", at("x int")),
        "g | use | example.com/m/a@16".to_owned(),
        "int | use | predeclared".to_owned(),
        "error | use | predeclared".to_owned(),
    ] {
        assert!(found.contains(&expected), "no {expected:?} in {found:#?}");
    }
    let missing = lines(&folder, &run.stdout, "a/x_test.go", 4);
    assert!(
        missing.contains(&"missing | use | ?".to_owned()),
        "{missing:#?}"
    );
}

#[test]
fn a_count_says_how_much_was_resolved() {
    let folder = folder();
    let run = folder.run(&["dev", "types", "--count"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(
        run.stdout,
        "2 packages, 4 files, 2 bodies, 11 expressions, 1 unknown types\n"
    );
    let nowhere = folder.run(&["dev", "types", "./nowhere"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("nowhere"), "{}", nowhere.stderr);
}

/// A known gap: without its package nothing says that this is a type.
#[test]
fn bug_a_type_of_a_missing_package_is_taken_for_a_value() {
    let folder = Folder::module(&[("a.go", "package p\n\nvar w missing.T\n")]);
    let run = folder.run(&["dev", "types"]);
    assert_eq!(run.stdout, "a.go\t17\t26\t?\n");
}
