//! What patterns expand to.

use go_project::{BuildContext, GoWork, PackageGraph, Project};

use crate::tree::{Tree, files, load, paths, problem};

/// A module with every sort of folder that `...` passes by.
pub(crate) fn module() -> Tree {
    Tree::new(&[
        (
            "go.mod",
            "module example.com/m\n\ngo 1.25\n\nignore (\n\t./web/modules\n\tgenerated\n)\n",
        ),
        ("main.go", "package main\n\nfunc main() {}\n"),
        ("shop/shop.go", "package shop\n"),
        ("shop/shop_test.go", "package shop\n"),
        (
            "shop/api_test.go",
            "package shop_test\n\nimport _ \"example.com/m/shop\"\n",
        ),
        ("shop/cart/cart.go", "package cart\n"),
        ("shopping/a.go", "package shopping\n"),
        ("internal/deep/er/a.go", "package er\n"),
        ("docs/README.md", "# Docs\n"),
        ("windows/a.go", "//go:build windows\n\npackage windows\n"),
        ("shop/testdata/src/a/a.go", "package a\n"),
        ("shop/testdata/plain/a.go", "package plain\n"),
        ("_old/a.go", "package old\n"),
        (".hidden/a.go", "package hidden\n"),
        ("web/modules/x/a.go", "package x\n"),
        ("web/other/modules/a.go", "package modules\n"),
        ("shop/generated/a.go", "package generated\n"),
        ("nested/go.mod", "module example.com/nested\n\ngo 1.20\n"),
        ("nested/a.go", "package nested\n"),
        ("nested/below/a.go", "package below\n"),
        ("shop/vendor/example.com/dep/a.go", "package dep\n"),
        ("tools/vendor/a.go", "package vendor\n"),
    ])
}

const EVERYTHING: &[&str] = &[
    "example.com/m",
    "example.com/m/internal/deep/er",
    "example.com/m/shop",
    "example.com/m/shop_test",
    "example.com/m/shop/cart",
    "example.com/m/shopping",
    "example.com/m/tools/vendor",
    "example.com/m/web/other/modules",
];

#[test]
fn dots_take_the_module_and_nothing_else() {
    let tree = module();
    let project = tree.project("");
    assert_eq!(paths(&load(&project, &["./..."])), EVERYTHING);
    assert_eq!(paths(&load(&project, &["..."])), EVERYTHING);
    assert_eq!(paths(&load(&project, &["example.com/m/..."])), EVERYTHING);
    assert_eq!(paths(&load(&project, &["work"])), EVERYTHING);
    assert_eq!(paths(&load(&project, &[] as &[&str])), EVERYTHING);
    let root = format!("{}/...", tree.root().display());
    assert_eq!(paths(&load(&project, &[&root])), EVERYTHING);
    let from_below = tree.project("docs");
    assert_eq!(paths(&load(&from_below, &["../..."])), EVERYTHING);
    assert_eq!(
        paths(&load(&from_below, &["./../docs/.././..."])),
        EVERYTHING
    );
    assert_eq!(
        paths(&load(&from_below, &["example.com/m/shop/..."])),
        [
            "example.com/m/shop",
            "example.com/m/shop_test",
            "example.com/m/shop/cart"
        ]
    );
}

#[test]
fn dots_may_stand_anywhere() {
    let tree = module();
    let project = tree.project("");
    let shop = [
        "example.com/m/shop",
        "example.com/m/shop_test",
        "example.com/m/shop/cart",
    ];
    assert_eq!(paths(&load(&project, &["./shop/..."])), shop);
    assert_eq!(paths(&load(&project, &["shop/..."])), shop);
    assert_eq!(paths(&load(&project, &["example.com/m/shop/..."])), shop);
    assert_eq!(
        paths(&load(&project, &["./shop..."])),
        [shop[0], shop[1], shop[2], "example.com/m/shopping"]
    );
    assert_eq!(
        paths(&load(&project, &["./.../er"])),
        ["example.com/m/internal/deep/er"]
    );
    assert_eq!(
        paths(&load(&project, &["example.com/.../cart"])),
        ["example.com/m/shop/cart"]
    );
}

#[test]
fn what_is_named_is_loaded_wherever_it_is() {
    let tree = module();
    let project = tree.project("");
    for (pattern, path) in [
        ("./shop/cart", "example.com/m/shop/cart"),
        ("shop/cart/", "example.com/m/shop/cart"),
        ("./shop/../shop/cart", "example.com/m/shop/cart"),
        ("example.com/m/shop/cart", "example.com/m/shop/cart"),
        (".", "example.com/m"),
        ("example.com/m", "example.com/m"),
        ("./shop/testdata/plain", "example.com/m/shop/testdata/plain"),
        ("./_old", "example.com/m/_old"),
        ("./.hidden", "example.com/m/.hidden"),
        ("./web/modules/x", "example.com/m/web/modules/x"),
        ("./nested/below", "example.com/nested/below"),
        ("./tools/vendor/...", "example.com/m/tools/vendor"),
        (
            "./shop/vendor/...",
            "example.com/m/shop/vendor/example.com/dep",
        ),
        ("./_old/...", "example.com/m/_old"),
        ("./web/modules/...", "example.com/m/web/modules/x"),
        (
            "./shop/testdata/plain/...",
            "example.com/m/shop/testdata/plain",
        ),
    ] {
        assert_eq!(paths(&load(&project, &[pattern])), [path], "{pattern}");
    }
    assert_eq!(
        paths(&load(&project, &["./nested/..."])),
        ["example.com/nested", "example.com/nested/below"]
    );
    assert_eq!(
        paths(&load(&project, &["./shop/testdata/..."])),
        ["a", "example.com/m/shop/testdata/plain"]
    );
    let absolute = tree.path("shop/cart");
    let absolute = absolute.to_str().expect("text");
    assert_eq!(
        paths(&load(&project, &[absolute])),
        ["example.com/m/shop/cart"]
    );
}

#[test]
fn each_package_comes_once_and_sorted() {
    let tree = module();
    let loaded = load(
        &tree.project(""),
        &["./shopping", "./shop/...", "./shop", "shop/shop.go"],
    );
    assert_eq!(
        files(&loaded),
        [
            "example.com/m/shop: shop.go shop_test.go (all)",
            "example.com/m/shop_test: api_test.go (all)",
            "example.com/m/shop/cart: cart.go (all)",
            "example.com/m/shopping: a.go (all)",
        ]
    );
}

#[test]
fn a_file_is_loaded_with_its_package_and_stands_for_itself() {
    let tree = module();
    let project = tree.project("");
    let loaded = load(&project, &["shop/shop.go", "./shop/api_test.go", "main.go"]);
    assert_eq!(
        files(&loaded),
        [
            "example.com/m: main.go",
            "example.com/m/shop: shop.go",
            "example.com/m/shop_test: api_test.go",
        ]
    );
    assert_eq!(
        loaded.targets[1].package.files.len(),
        2,
        "the rest is there to understand it"
    );
    let loaded = load(&project, &["shop/shop.go", "shop/shop_test.go"]);
    assert_eq!(files(&loaded), ["example.com/m/shop: shop.go shop_test.go"]);
}

#[test]
fn a_file_that_constraints_exclude_can_be_named() {
    let tree = module();
    tree.write("shop/shop_windows.go", "package shop\n");
    let project = tree.project("");
    let loaded = load(&project, &["windows/a.go"]);
    assert_eq!(files(&loaded), ["example.com/m/windows: a.go"]);
    let loaded = load(&project, &["shop/shop.go", "shop/shop_windows.go"]);
    assert_eq!(
        files(&loaded),
        [
            "example.com/m/shop: shop.go",
            "example.com/m/shop: shop_windows.go"
        ]
    );
    let forced = &loaded.targets[1].package;
    let flags: Vec<_> = forced.files.iter().map(|file| file.flags.forced).collect();
    assert_eq!(flags, [false, false, true]);
    // Beside the whole package, only the excluded file is added.
    let loaded = load(&project, &["./shop", "shop/shop_windows.go"]);
    assert_eq!(
        files(&loaded),
        [
            "example.com/m/shop: shop.go shop_test.go (all)",
            "example.com/m/shop: shop_windows.go",
            "example.com/m/shop_test: api_test.go (all)",
        ]
    );
}

#[test]
fn a_workspace_is_walked_from_a_root_without_module() {
    let tree = Tree::new(&[
        ("go.work", "go 1.22\n\nuse (\n\t./a\n\t./deep/b\n)\n"),
        ("a/go.mod", "module example.com/a\n\ngo 1.21\n"),
        ("a/a.go", "package a\n"),
        ("a/in/go.mod", "module example.com/in\n"),
        ("a/in/in.go", "package in\n"),
        ("deep/b/go.mod", "module example.com/b\n"),
        ("deep/b/b.go", "package b\n"),
        ("other/go.mod", "module example.com/other\n"),
        ("other/o.go", "package other\n"),
        ("scripts/s.go", "package main\n"),
    ]);
    let project = tree.project("");
    let name = tree
        .root()
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let loaded = load(&project, &["./..."]);
    assert_eq!(
        paths(&loaded),
        [
            format!("{name}/scripts"),
            "example.com/a".into(),
            "example.com/b".into()
        ]
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert_eq!(
        paths(&load(&project, &["work"])),
        ["example.com/a", "example.com/b"]
    );
    assert_eq!(
        paths(&load(&project, &["example.com/..."])),
        ["example.com/a", "example.com/b"]
    );
    // From within a module, modules below it are passed by, as Go has it.
    assert_eq!(
        paths(&load(&tree.project("a"), &["./..."])),
        ["example.com/a"]
    );
    assert_eq!(
        paths(&load(&tree.project("deep/b"), &["../../a"])),
        ["example.com/a"]
    );
}

#[test]
fn a_folder_without_module_is_a_tree_of_its_own() {
    let tree = Tree::new(&[
        ("play/main.go", "package main\n"),
        ("play/sub/sub.go", "package sub\n"),
        ("play/vendor/x/x.go", "package x\n"),
        ("play/mod/go.mod", "module m\n"),
        ("play/mod/m.go", "package m\n"),
    ]);
    let project = tree.project("play");
    let loaded = load(&project, &["./..."]);
    assert_eq!(paths(&loaded), ["play", "play/sub"]);
    let package = &loaded.targets[0].package;
    assert!(package.module.is_none() && package.is_main());
    assert_eq!(package.go_version, go_project::GoVersion::NEWEST);
    assert_eq!(project.main_modules(), []);
    assert_eq!(paths(&load(&project, &["..."])), ["play", "play/sub"]);
    assert_eq!(paths(&load(&tree.project("play/sub"), &["."])), ["sub"]);
}

#[test]
fn source_trees_are_named_from_their_src() {
    let tree = Tree::new(&[
        ("testdata/src/a/a.go", "package a\n"),
        ("testdata/src/b/c/c.go", "package c\n"),
    ]);
    for (cwd, pattern) in [
        ("testdata/src", "./..."),
        ("testdata", "./..."),
        ("", "./testdata/src/..."),
        ("", "./testdata/..."),
    ] {
        let loaded = load(&tree.project(cwd), &[pattern]);
        assert_eq!(paths(&loaded), ["a", "b/c"], "{pattern} in {cwd:?}");
    }
    assert_eq!(paths(&load(&tree.project("testdata/src/a"), &["."])), ["a"]);
}

#[test]
fn what_stdin_holds_is_loaded_as_if_it_were_there() {
    let tree = module();
    let project = tree.project("shop").with_overlay(
        std::path::Path::new("new_test.go"),
        *b"package shop_test\nimport \"os\"\n",
    );
    let loaded = load(&project, &["new_test.go"]);
    assert_eq!(files(&loaded), ["example.com/m/shop_test: new_test.go"]);
    assert_eq!(loaded.targets[0].package.files.len(), 2);
    let bytes = project
        .read_file(&tree.path("shop/new_test.go"))
        .expect("in memory");
    assert!(bytes.starts_with(b"package shop_test"));
    assert!(project.read_file(&tree.path("shop/shop.go")).is_ok());
}

#[test]
fn the_same_tree_gives_the_same_answer() {
    let tree = module();
    for index in 0..200 {
        tree.write(
            &format!("many/p{index}/a.go"),
            &format!("package p{index}\n"),
        );
    }
    let first = paths(&load(&tree.project(""), &["./..."]));
    assert_eq!(first.len(), EVERYTHING.len() + 200);
    for _ in 0..5 {
        assert_eq!(paths(&load(&tree.project(""), &["./..."])), first);
    }
}

#[test]
fn versions_of_language_come_from_modules_and_files() {
    let tree = module();
    tree.write("shop/cart/old.go", "//go:build go1.18\n\npackage cart\n");
    tree.write("shop/cart/new.go", "//go:build go1.26\n\npackage cart\n");
    let context = BuildContext {
        release: go_project::GoVersion::new(1, 26),
        ..BuildContext::default()
    };
    let project = Project::open(tree.root(), context);
    let loaded = load(&project, &["./shop/cart", "./nested"]);
    let minor = |index: usize, file: usize| {
        let package = &loaded.targets[index].package;
        package.file_version(&package.files[file]).minor
    };
    assert_eq!(
        paths(&loaded),
        ["example.com/m/shop/cart", "example.com/nested"]
    );
    assert_eq!([minor(0, 0), minor(0, 1), minor(0, 2)], [25, 26, 21]);
    assert_eq!(minor(1, 0), 20);
}

#[test]
fn the_release_follows_a_module_that_asks_for_more() {
    let tree = Tree::new(&[
        ("go.mod", "module m\n\ngo 1.26.1\n"),
        ("a.go", "//go:build go1.26\n\npackage a\n"),
    ]);
    let context = BuildContext {
        release: go_project::GoVersion::new(1, 20),
        ..BuildContext::default()
    };
    let project = Project::open(tree.root(), context);
    assert_eq!(project.context().release.minor, 26);
    assert_eq!(paths(&load(&project, &["."])), ["m"]);
}

#[test]
fn the_graph_puts_each_package_after_what_it_needs() {
    let tree = Tree::new(&[
        ("go.mod", "module m\n\ngo 1.22\n"),
        ("a/a.go", "package a\n\nimport _ \"m/b\"\n"),
        ("b/b.go", "package b\n\nimport _ \"m/c\"\n"),
        ("c/c.go", "package c\n"),
        ("c/c_test.go", "package c\n\nimport _ \"m/a\"\n"),
        (
            "c/x_test.go",
            "package c_test\n\nimport _ \"m/a\"\nimport _ \"m/c\"\n",
        ),
    ]);
    let project = tree.project("");
    let loaded = load(&project, &["./..."]);
    assert_eq!(paths(&loaded), ["m/a", "m/b", "m/c", "m/c_test"]);
    let graph = PackageGraph::new(&project, &loaded.targets);
    assert_eq!(graph.imports(0), [1]);
    assert_eq!(
        graph.imports(2),
        [0usize; 0],
        "tests within a package do not count"
    );
    assert_eq!(graph.imports(3), [0, 2]);
    assert_eq!(graph.waves(), [vec![2], vec![1], vec![0], vec![3]]);
    assert_eq!(graph.packages().len(), 4);
}

#[test]
fn all_takes_what_the_main_modules_need() {
    let tree = Tree::new(&[
        (
            "m/go.mod",
            "module m\n\ngo 1.22\n\nrequire (\n\td v1.0.0\n\te v1.0.0\n\tf v1.0.0\n)\n\nreplace (\n\td => ../d\n\te => ../e\n\tf => ../f\n)\n",
        ),
        ("m/m.go", "package m\n\nimport _ \"d\"\n"),
        ("m/m_test.go", "package m\n\nimport _ \"e\"\n"),
        ("d/go.mod", "module d\n"),
        ("d/d.go", "package d\n\nimport _ \"d/sub\"\n"),
        ("d/d_test.go", "package d\n\nimport _ \"f\"\n"),
        ("d/sub/s.go", "package sub\n"),
        ("d/unused/u.go", "package unused\n"),
        ("e/go.mod", "module e\n"),
        ("e/e.go", "package e\n"),
        ("f/go.mod", "module f\n"),
        ("f/f.go", "package f\n"),
    ]);
    assert_eq!(
        paths(&load(&tree.project("m"), &["all"])),
        ["d", "d/sub", "e", "m"]
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_at_the_root_only() {
    use std::os::unix::fs::symlink;
    let tree = module();
    symlink("../shop", tree.path("internal/link")).expect("linked");
    symlink("..", tree.path("shop/up")).expect("a circle");
    symlink("self", tree.path("self")).expect("a link to itself");
    let project = tree.project("");
    assert_eq!(paths(&load(&project, &["./..."])), EVERYTHING);
    assert_eq!(
        paths(&load(&project, &["./internal/link/..."])),
        [
            "example.com/m/internal/link",
            "example.com/m/internal/link_test",
            "example.com/m/internal/link/cart"
        ]
    );
    let problem = problem(&project, "./self");
    assert!(problem.is_fatal(), "{problem}");
    let problem = crate::tree::problem(&project, "./self/...");
    assert!(problem.is_fatal(), "{problem}");
}

#[test]
fn a_workspace_can_be_named_or_turned_off() {
    let tree = Tree::new(&[
        ("w/go.work", "go 1.22\nuse ./a\n"),
        ("w/a/go.mod", "module example.com/a\n"),
        ("w/a/a.go", "package a\n\nimport _ \"example.com/b\"\n"),
        ("other/b/go.mod", "module example.com/b\n"),
        ("other/b/b.go", "package b\n"),
        ("other/go.work", "go 1.22\nuse (\n\t./b\n\t../w/a\n)\n"),
    ]);
    let finds_b = |go_work: GoWork| {
        let context = BuildContext {
            go_work,
            ..BuildContext::default()
        };
        let project = Project::open(&tree.path("w/a"), context);
        let package = project.package_at(std::path::Path::new(".")).expect("a");
        project.package_name_of(&package, "example.com/b").known
    };
    assert!(!finds_b(GoWork::Nearest));
    assert!(!finds_b(GoWork::Off));
    assert!(finds_b(GoWork::File(tree.path("other/go.work"))));
}
