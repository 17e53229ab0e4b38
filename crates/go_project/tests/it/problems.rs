//! What is reported, and that the rest is loaded all the same.

use go_project::{BuildContext, Problem, ProblemKind, Project};

use crate::tree::{Tree, paths, problem};

fn module() -> Tree {
    Tree::new(&[
        ("go.mod", "module example.com/m\n\ngo 1.22\n"),
        ("main.go", "package main\n"),
        ("empty/README.md", "nothing\n"),
        ("windows/a_windows.go", "package windows\n"),
        (
            "windows/b.go",
            "//go:build windows && arm64\n\npackage windows\n",
        ),
        ("hidden/_a.go", "package hidden\n"),
    ])
}

fn is_useful(problem: &Problem) {
    assert!(
        !problem.message.is_empty() && !problem.message.ends_with('.'),
        "{problem}"
    );
    assert!(
        problem
            .help
            .as_ref()
            .is_some_and(|help| !help.ends_with('.')),
        "{problem}"
    );
}

#[test]
fn what_is_named_and_gives_nothing_is_an_error() {
    use ProblemKind as K;
    let tree = module();
    let project = tree.project("");
    for (pattern, kind) in [
        ("./nowhere", K::MissingPath),
        ("./nowhere/...", K::MissingPath),
        ("nowhere.go", K::MissingPath),
        ("./main.go/x.go", K::MissingPath),
        ("/nowhere/at/all", K::MissingPath),
        ("empty/README.md", K::NotGo),
        ("./empty", K::NoGoFiles),
        ("empty", K::NoGoFiles),
        ("./hidden", K::NoGoFiles),
        ("./windows", K::AllFilesExcluded),
        ("example.com/m/windows", K::AllFilesExcluded),
        ("example.com/m/nowhere", K::PackageNotFound),
        ("example.com/other", K::PackageNotFound),
        ("nowhere", K::PackageNotFound),
        ("unsafe", K::PackageNotFound),
        ("std", K::PackageNotFound),
        ("", K::BadPattern),
        ("example.com/m@v1.0.0", K::BadPattern),
    ] {
        let problem = problem(&project, pattern);
        assert_eq!(problem.kind, kind, "{pattern}");
        assert!(problem.is_fatal(), "{pattern}");
        is_useful(&problem);
    }
    let problem = problem(&project, "./windows");
    assert!(
        problem
            .message
            .contains("a_windows.go: its name asks for windows"),
        "{problem}"
    );
    assert!(
        problem
            .message
            .contains("b.go: it asks for `windows && arm64`"),
        "{problem}"
    );
}

#[test]
fn dots_that_match_nothing_are_worth_a_remark() {
    let tree = module();
    let project = tree.project("");
    for pattern in [
        "./empty/...",
        "./windows/...",
        "example.com/other/...",
        "./...x",
    ] {
        let problem = problem(&project, pattern);
        assert_eq!(problem.kind, ProblemKind::MatchedNoPackages, "{pattern}");
        assert!(!problem.is_fatal(), "{pattern}");
        is_useful(&problem);
    }
    let tree = Tree::new(&[("a/go.mod", "module a\n"), ("a/a.go", "package a\n")]);
    let problem = problem(&tree.project(""), "./...");
    assert!(
        problem
            .help
            .as_ref()
            .is_some_and(|help| help.contains("`./a/...`")),
        "{problem}"
    );
}

#[test]
fn one_bad_pattern_does_not_spoil_the_others() {
    let tree = module();
    let loaded = tree.project("").load(&["./nowhere", ".", "./empty"]);
    assert_eq!(paths(&loaded), ["example.com/m"]);
    let kinds: Vec<_> = loaded.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::NoGoFiles, ProblemKind::MissingPath]);
}

#[test]
fn a_broken_go_mod_is_reported_with_its_lines_and_the_code_is_loaded() {
    let tree = Tree::new(&[
        (
            "go.mod",
            "module example.com/m\n\n<<<<<<< HEAD\ngo 1.22\n=======\ngo 1.21\n>>>>>>> other\nrequire (\n\texample.com/d v1.0.0\n",
        ),
        ("a/a.go", "package a\n"),
    ]);
    let loaded = tree.project("a").load(&["./..."]);
    assert_eq!(paths(&loaded), ["example.com/m/a"]);
    assert_eq!(loaded.targets[0].package.go_version.minor, 22);
    let lines: Vec<_> = loaded.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(3), Some(5), Some(6), Some(7), Some(8)]);
    for problem in &loaded.problems {
        assert_eq!(problem.kind, ProblemKind::BadGoMod);
        assert_eq!(problem.path, tree.path("go.mod"));
        assert!(!problem.is_fatal());
        is_useful(problem);
    }

    tree.write("go.mod", "\u{0}\u{1}\u{2}");
    let loaded = tree.project("").load(&["./..."]);
    assert_eq!(loaded.targets.len(), 1);
    assert!(
        loaded
            .problems
            .iter()
            .all(|problem| problem.kind == ProblemKind::BadGoMod)
    );
    assert!(!loaded.problems.is_empty());
}

#[test]
fn a_broken_workspace_is_reported() {
    let tree = Tree::new(&[
        ("go.work", "go 1.22\nuse ./a\nuse ./gone\nreplac x\n"),
        ("a/go.mod", "module a\n"),
        ("a/a.go", "package a\n"),
        ("b/go.mod", "module b\n"),
        ("b/b.go", "package b\n"),
    ]);
    let loaded = tree.project("a").load(&["."]);
    assert_eq!(paths(&loaded), ["a"]);
    let lines: Vec<_> = loaded.problems.iter().map(|p| (p.kind, p.line)).collect();
    assert_eq!(
        lines,
        [
            (ProblemKind::BadGoWork, Some(3)),
            (ProblemKind::BadGoWork, Some(4))
        ]
    );
    let loaded = tree.project("b").load(&["."]);
    assert_eq!(
        paths(&loaded),
        ["b"],
        "a module that the workspace forgot is loaded by itself"
    );
    assert!(
        loaded
            .problems
            .iter()
            .any(|p| p.kind == ProblemKind::NotInWorkspace && !p.is_fatal())
    );

    let context = BuildContext {
        go_work: go_project::GoWork::File(tree.path("nowhere.work")),
        ..BuildContext::default()
    };
    let loaded = Project::open(&tree.path("a"), context).load(&["."]);
    assert_eq!(paths(&loaded), ["a"]);
    assert!(
        loaded
            .problems
            .iter()
            .any(|p| p.kind == ProblemKind::BadGoWork)
    );
}

#[test]
fn problems_within_folders_are_reported_once_and_sorted() {
    let tree = module();
    tree.write("b/x.go", "//go:build (\n\npackage b\n");
    tree.write("b/y.go", "package b\n");
    tree.write("a/x.go", "package one\n");
    tree.write("a/y.go", "package two\n");
    let loaded = tree.project("").load(&["./...", "./a", "./b"]);
    assert_eq!(
        paths(&loaded),
        [
            "example.com/m",
            "example.com/m/a",
            "example.com/m/a!",
            "example.com/m/b"
        ]
    );
    let found: Vec<_> = loaded
        .problems
        .iter()
        .map(|p| (p.path.clone(), p.kind))
        .collect();
    assert_eq!(
        found,
        [
            (tree.path("a"), ProblemKind::SeveralPackages),
            (tree.path("b/x.go"), ProblemKind::BadConstraint),
        ]
    );
    // Of a file that was named, only its own problems matter.
    assert_eq!(tree.project("").load(&["b/y.go"]).problems, []);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_fatal_and_the_rest_is_loaded() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let tree = module();
    symlink("nowhere.go", tree.path("empty/link.go")).expect("linked");
    tree.write("locked/a.go", "package locked\n");
    tree.write("secret.go", "package main\n");
    let lock = |path: &str, mode: u32| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(tree.path(path), permissions).expect("changed");
    };
    lock("locked", 0);
    lock("secret.go", 0);
    // The superuser reads everything; then only the dead link is left to complain about.
    let superuser = std::fs::read_dir(tree.path("locked")).is_ok();
    let loaded = tree.project("").load(&["./..."]);
    lock("locked", 0o755);
    let expected = if superuser { 1 } else { 3 };
    assert_eq!(loaded.problems.len(), expected, "{:?}", loaded.problems);
    for problem in &loaded.problems {
        assert_eq!(problem.kind, ProblemKind::Unreadable);
        assert!(problem.is_fatal());
        is_useful(problem);
    }
    assert_eq!(paths(&loaded)[0], "example.com/m");
}
