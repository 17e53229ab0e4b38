//! Folders with every sort of file in them.

use super::*;
use crate::context::BuildContext;
use crate::testing::Tree;

fn scan_with(tree: &Tree, context: &BuildContext, forced: &[&str]) -> DirScan {
    let tags = TagSet::new(context, context.release);
    let (interner, sources) = (Interner::default(), Sources::default());
    let scanner = Scanner {
        tags: &tags,
        interner: &interner,
        sources: &sources,
        known: None,
    };
    let listing = list(tree.root(), &sources).expect("the folder is readable");
    let forced: Vec<OsString> = forced.iter().map(OsString::from).collect();
    scanner.scan(tree.root(), &listing, &forced)
}

fn scan(tree: &Tree) -> DirScan {
    scan_with(tree, &BuildContext::default(), &[])
}

/// Each package as `kind name: files`.
fn units(scan: &DirScan) -> Vec<String> {
    scan.units
        .iter()
        .map(|unit| {
            let names: Vec<_> = unit.files.iter().map(SourceFile::display_name).collect();
            format!("{:?} {}: {}", unit.kind, unit.name, names.join(" "))
        })
        .collect()
}

fn ignored(scan: &DirScan) -> Vec<(String, String)> {
    scan.ignored
        .iter()
        .map(|file| {
            let name = file.name.to_string_lossy().into_owned();
            (name, file.reason.to_string())
        })
        .collect()
}

fn kinds(scan: &DirScan) -> Vec<ProblemKind> {
    scan.problems.iter().map(|problem| problem.kind).collect()
}

#[test]
fn files_are_sorted_into_package_tests_and_external_tests() {
    let tree = Tree::new(&[
        ("b.go", "package shop\n"),
        ("a.go", "package shop\n"),
        ("a_test.go", "package shop\n"),
        ("x_test.go", "package shop_test\n"),
        ("README.md", "package no\n"),
        ("asm_amd64.s", "TEXT\n"),
        ("sub/c.go", "package sub\n"),
    ]);
    let scan = scan(&tree);
    assert_eq!(
        units(&scan),
        [
            "Ordinary shop: a.go a_test.go b.go",
            "ExternalTest shop_test: x_test.go"
        ]
    );
    let flags: Vec<_> = scan
        .units
        .iter()
        .flat_map(|unit| unit.files.iter())
        .map(|file| (file.flags.test, file.flags.external_test))
        .collect();
    assert_eq!(
        flags,
        [(false, false), (true, false), (false, false), (true, true)]
    );
    assert_eq!((scan.ignored.len(), kinds(&scan)), (0, vec![]));
}

#[test]
fn only_tests_make_a_package_too() {
    let tree = Tree::new(&[("x_test.go", "package shop_test\n")]);
    assert_eq!(units(&scan(&tree)), ["ExternalTest shop_test: x_test.go"]);
    tree.write("a_test.go", b"package shop\n");
    assert_eq!(
        units(&scan(&tree)),
        [
            "Ordinary shop: a_test.go",
            "ExternalTest shop_test: x_test.go"
        ]
    );
}

#[test]
fn a_package_may_be_called_test_itself() {
    let tree = Tree::new(&[
        ("a.go", "package load_test\n"),
        ("a_test.go", "package load_test\n"),
        ("x_test.go", "package load_test_test\n"),
    ]);
    assert_eq!(
        units(&scan(&tree)),
        [
            "Ordinary load_test: a.go a_test.go",
            "ExternalTest load_test_test: x_test.go"
        ]
    );
}

#[test]
fn every_excluded_file_has_its_reason() {
    let tree = Tree::new(&[
        ("_a.go", "package a\n"),
        (".b.go", "package a\n"),
        ("c_windows.go", "package a\n"),
        ("d_arm64_test.go", "package a\n"),
        (
            "e.go",
            "//go:build ignore || (windows && !cgo)\n\npackage main\n",
        ),
        (
            "f.go",
            "// +build plan9 darwin\n// +build arm\n\npackage a\n",
        ),
        ("g.go", "package documentation\n"),
        ("h.go", "package a\nimport \"C\"\n"),
        ("h_test.go", "package a\nimport \"C\"\n"),
        ("i.go", "//go:build go1.99\n\npackage a\n"),
        ("j.go", "//go:build linux\n// +build windows\n\npackage a\n"),
        ("k.go/inside.go", "package k\n"),
    ]);
    let context = BuildContext {
        cgo: false,
        ..BuildContext::default()
    };
    let scan = scan_with(&tree, &context, &[]);
    assert_eq!(units(&scan), ["Ordinary a: h_test.go j.go"]);
    let expected = [
        (".b.go", "its name starts with `_` or `.`"),
        ("_a.go", "its name starts with `_` or `.`"),
        ("c_windows.go", "its name asks for windows"),
        ("d_arm64_test.go", "its name asks for arm64"),
        ("e.go", "it asks for `ignore || (windows && !cgo)`"),
        ("f.go", "it asks for `plan9 darwin, arm`"),
        ("g.go", "it is in package documentation"),
        ("h.go", "it needs cgo"),
        ("i.go", "it asks for `go1.99`"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, reason)| ((*name).to_owned(), (*reason).to_owned()))
        .collect();
    assert_eq!(ignored(&scan), expected);
    assert_eq!(kinds(&scan), []);
}

#[test]
fn cgo_files_are_marked_when_cgo_is_on() {
    let tree = Tree::new(&[
        (
            "a.go",
            "package a\n\n// #include <stdio.h>\nimport \"C\"\nimport \"fmt\"\n",
        ),
        (
            "b.go",
            "// Code generated by hand. DO NOT EDIT.\n\npackage a\n",
        ),
    ]);
    let scan = scan(&tree);
    let flags: Vec<_> = scan.units[0]
        .files
        .iter()
        .map(|file| (file.flags.cgo, file.flags.generated))
        .collect();
    assert_eq!(flags, [(true, false), (false, true)]);
    let paths: Vec<_> = scan.units[0].files[0]
        .imports
        .iter()
        .map(|import| &*import.path)
        .collect();
    assert_eq!(paths, ["C", "fmt"]);
}

#[test]
fn constraints_that_cannot_be_read_are_reported() {
    let tree = Tree::new(&[
        ("a.go", "package a\n"),
        ("b.go", "//go:build linux &&\n\npackage a\n"),
        ("c.go", "//go:build linux\n//go:build amd64\n\npackage a\n"),
        ("d.go", "//go:build a\u{0}b\n\npackage a\n"),
    ]);
    let scan = scan(&tree);
    assert_eq!(units(&scan), ["Ordinary a: a.go"]);
    assert_eq!(kinds(&scan), [ProblemKind::BadConstraint; 3]);
    assert!(scan.problems[0].path.ends_with("b.go"));
    assert!(scan.problems.iter().all(|problem| problem.help.is_some()));
    assert!(
        scan.ignored
            .iter()
            .all(|file| file.reason == IgnoreReason::BadConstraint)
    );
}

#[test]
fn files_of_several_packages_are_all_kept() {
    let tree = Tree::new(&[
        ("a.go", "package zoo\n"),
        ("b.go", "package ant\n"),
        ("c.go", "package ant\n"),
        ("c_test.go", "package ant_test\n"),
        ("d_test.go", "package zoo_test\n"),
    ]);
    let found = scan(&tree);
    assert_eq!(
        units(&found),
        [
            "Ordinary ant: b.go c.go",
            "ExternalTest ant_test: c_test.go",
            "Stray zoo: a.go",
            "Stray zoo_test: d_test.go"
        ]
    );
    assert_eq!(kinds(&found), [ProblemKind::SeveralPackages]);
    let message = &found.problems[0].message;
    assert!(
        message.contains("ant") && message.contains("zoo"),
        "{message}"
    );

    // Of equally many, the first in the folder.
    let tree = Tree::new(&[("a.go", "package zoo\n"), ("b.go", "package ant\n")]);
    assert_eq!(units(&scan(&tree))[0], "Ordinary zoo: a.go");
}

#[test]
fn broken_files_stay_in_the_package() {
    let tree = Tree::new(&[
        ("a.go", "package shop\n"),
        ("b.go", ""),
        ("c.go", "\u{0}\u{1}\u{2}"),
        ("d.go", "package shop\nimport \"unclosed\n"),
        ("e.go", "/* never closed"),
    ]);
    tree.write("f.go", b"\xff\xfe\x00p\x00a");
    let scan = scan(&tree);
    assert_eq!(
        units(&scan),
        ["Ordinary shop: a.go b.go c.go d.go e.go f.go"]
    );
    let broken = scan.units[0]
        .files
        .iter()
        .filter(|file| file.header_error.is_some());
    assert_eq!(broken.count(), 5);

    let tree = Tree::new(&[("my-pkg/b.go", "")]);
    let (interner, sources) = (Interner::default(), Sources::default());
    let tags = TagSet::new(&BuildContext::default(), GoVersion::NEWEST);
    let scanner = Scanner {
        tags: &tags,
        interner: &interner,
        sources: &sources,
        known: None,
    };
    let dir = tree.path("my-pkg");
    let listing = list(&dir, &sources).expect("readable");
    let scan = scanner.scan(&dir, &listing, &[]);
    assert_eq!(
        units(&scan),
        ["Ordinary my: b.go"],
        "named after the folder"
    );
}

#[test]
fn heads_longer_than_one_read_are_read_on() {
    let mut text = "// A long licence.\n".repeat(5000);
    text.push_str("\n//go:build linux\n\npackage long\n\nimport \"fmt\"\n");
    for index in 0..20_000 {
        text.push_str(&format!("import _ \"example.com/p{index}\"\n"));
    }
    assert!(text.len() > 10 * FIRST_READ);
    let mut large = b"package long\n\nvar x = 1 // ".to_vec();
    large.resize(30 << 20, b'x');
    let tree = Tree::new(&[("a.go", &text)]);
    tree.write("b.go", &large);
    let scan = scan(&tree);
    assert_eq!(units(&scan), ["Ordinary long: a.go b.go"]);
    assert_eq!(scan.units[0].files[0].imports.len(), 20_001);
    assert_eq!(kinds(&scan), []);
}

#[test]
fn a_head_without_end_is_refused() {
    let mut endless = b"/* ".to_vec();
    endless.resize(LONGEST_HEADER + 10, b'x');
    let tree = Tree::new(&[("b.go", "package a\n")]);
    tree.write("a.go", &endless);
    let scan = scan(&tree);
    assert_eq!(units(&scan), ["Ordinary a: b.go"]);
    assert_eq!(kinds(&scan), [ProblemKind::HeaderTooLarge]);
    assert_eq!(scan.ignored[0].reason, IgnoreReason::Unreadable);
}

#[test]
fn named_files_are_taken_whatever_they_ask_for() {
    let tree = Tree::new(&[
        ("a.go", "package a\n"),
        ("b_windows.go", "package a\n"),
        ("c.go", "//go:build ignore\n\npackage main\n"),
        ("_d.go", "package a\n"),
        ("e.go", "//go:build (\n\npackage a\n"),
    ]);
    let forced = ["b_windows.go", "c.go", "_d.go", "e.go"];
    let scan = scan_with(&tree, &BuildContext::default(), &forced);
    assert_eq!(
        units(&scan),
        [
            "Ordinary a: _d.go a.go b_windows.go e.go",
            "Stray main: c.go"
        ]
    );
    let files = &scan.units[0].files;
    let flags: Vec<_> = files.iter().map(|file| file.flags.forced).collect();
    assert_eq!(flags, [true, false, true, true]);
}

#[test]
fn implied_versions_come_from_go_build_lines_alone() {
    let tree = Tree::new(&[
        ("a.go", "//go:build go1.22\n\npackage a\n"),
        ("b.go", "// +build go1.22\n\npackage a\n"),
        ("c.go", "//go:build linux\n\npackage a\n"),
    ]);
    let scan = scan(&tree);
    let versions: Vec<_> = scan.units[0]
        .files
        .iter()
        .map(|file| file.go_version)
        .collect();
    assert_eq!(versions, [Some(GoVersion::new(1, 22)), None, None]);
}

#[test]
fn overlays_replace_and_add_files() {
    let tree = Tree::new(&[("a.go", "package a\n"), ("b.go", "package b\n")]);
    let mut sources = Sources::default();
    sources.give(tree.path("b.go"), (*b"package a\n").into());
    sources.give(tree.path("new.go"), (*b"package a\n").into());
    sources.give(tree.path("elsewhere/x.go"), (*b"package x\n").into());
    let interner = Interner::default();
    let tags = TagSet::new(&BuildContext::default(), GoVersion::NEWEST);
    let scanner = Scanner {
        tags: &tags,
        interner: &interner,
        sources: &sources,
        known: None,
    };
    let listing = list(tree.root(), &sources).expect("readable");
    let scan = scanner.scan(tree.root(), &listing, &[]);
    assert_eq!(units(&scan), ["Ordinary a: a.go b.go new.go"]);
    let listing = list(&tree.path("elsewhere"), &sources).expect("only in the overlay");
    assert_eq!(listing.go_files.len(), 1);
    assert!(list(&tree.path("nowhere"), &sources).is_err());
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_to_files_count_and_others_do_not() {
        let tree = Tree::new(&[
            ("a.go", "package a\n"),
            ("elsewhere/real.txt", "package a\n"),
            ("elsewhere/other/x.go", "package x\n"),
        ]);
        symlink("elsewhere/real.txt", tree.path("b.go")).expect("linked");
        symlink("elsewhere/other", tree.path("c.go")).expect("linked");
        symlink("nowhere", tree.path("d.go")).expect("linked");
        symlink("e.go", tree.path("e.go")).expect("linked to itself");
        symlink("nowhere", tree.path(".#a.go")).expect("the lock of an editor");
        symlink("elsewhere", tree.path("folder")).expect("linked");
        let scan = scan(&tree);
        assert_eq!(units(&scan), ["Ordinary a: a.go b.go"]);
        assert_eq!(kinds(&scan), [ProblemKind::Unreadable; 2]);
        assert!(scan.problems.iter().all(Problem::is_fatal));
        let reasons: Vec<_> = scan
            .ignored
            .iter()
            .map(|file| file.reason.clone())
            .collect();
        assert_eq!(
            reasons,
            [
                IgnoreReason::Unreadable,
                IgnoreReason::NotRegular,
                IgnoreReason::Unreadable,
                IgnoreReason::Unreadable
            ]
        );
        let listing = list(tree.root(), &Sources::default()).expect("readable");
        assert_eq!(
            listing.folders,
            ["elsewhere"],
            "links to folders are not followed"
        );
    }

    #[test]
    fn a_pipe_is_never_opened() {
        let tree = Tree::new(&[("a.go", "package a\n")]);
        let status = std::process::Command::new("mkfifo")
            .arg(tree.path("b.go"))
            .status()
            .expect("mkfifo is there on every Unix");
        assert!(status.success());
        let scan = scan(&tree);
        assert_eq!(units(&scan), ["Ordinary a: a.go"]);
        assert_eq!(scan.ignored[0].reason, IgnoreReason::NotRegular);
    }

    #[test]
    fn names_that_are_no_text_are_kept_as_they_are() {
        use std::os::unix::ffi::OsStringExt;
        let tree = Tree::new(&[("a.go", "package a\n")]);
        let name = OsString::from_vec(b"b\xff.go".to_vec());
        std::fs::write(tree.root().join(&name), "package a\n").expect("written");
        let scan = scan(&tree);
        assert_eq!(scan.units[0].files[1].name, name);
    }
}
