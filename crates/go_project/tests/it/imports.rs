//! Where imports lead.

use std::path::Path;
use std::sync::Arc;

use go_project::{
    BuildContext, GoVersion, Location, ModMode, NotFound, Origin, Package, Project, Resolution,
};

use crate::tree::Tree;

/// A small installation of Go, with modules and vendor folders as the real one has them.
const GO: &[(&str, &str)] = &[
    ("go/VERSION", "go1.26.1\n"),
    (
        "go/src/go.mod",
        "module std\n\ngo 1.26\n\nrequire golang.org/x/net v0.1.0\n",
    ),
    ("go/src/runtime/r.go", "package runtime\n"),
    (
        "go/src/fmt/fmt.go",
        "package fmt\n\nimport _ \"golang.org/x/net/idna\"\n",
    ),
    ("go/src/errors/e.go", "package errors\n"),
    ("go/src/math/rand/v2/r.go", "package rand\n"),
    ("go/src/builtin/b.go", "package builtin\n"),
    (
        "go/src/vendor/modules.txt",
        "# golang.org/x/net v0.1.0\n## go 1.20\ngolang.org/x/net/idna\n",
    ),
    ("go/src/vendor/golang.org/x/net/idna/i.go", "package idna\n"),
    ("go/src/cmd/go.mod", "module cmd\n\ngo 1.26\n"),
    (
        "go/src/cmd/vet/v.go",
        "package main\n\nimport _ \"golang.org/x/mod/x\"\n",
    ),
    (
        "go/src/cmd/vet/testdata/src/a/a.go",
        "package a\n\nimport _ \"b\"\n",
    ),
    ("go/src/cmd/vet/testdata/src/b/b.go", "package b\n"),
    ("go/src/cmd/vendor/golang.org/x/mod/x/x.go", "package x\n"),
];

fn tree(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new(GO);
    for (path, text) in files {
        tree.write(path, text);
    }
    tree
}

fn context(tree: &Tree) -> BuildContext {
    BuildContext {
        goroot: Some(tree.path("go")),
        mod_cache: Some(tree.path("cache")),
        gopath: vec![tree.path("gopath")],
        ..BuildContext::default()
    }
}

fn open(tree: &Tree, cwd: &str) -> Project {
    Project::open(&tree.path(cwd), context(tree))
}

fn at(project: &Project, dir: &str) -> Arc<Package> {
    project.package_at(Path::new(dir)).expect("a package")
}

fn location(project: &Project, from: &Package, path: &str) -> Arc<Location> {
    match project.resolve_import(from, path) {
        Resolution::Dir(location) => location,
        other => panic!("{path} should be found: {other:?}"),
    }
}

fn not_found(project: &Project, from: &Package, path: &str) -> NotFound {
    match project.resolve_import(from, path) {
        Resolution::NotFound(why) => (*why).clone(),
        other => panic!("{path} should not be found: {other:?}"),
    }
}

/// Where an import leads, relative to the tree, and by which way.
fn found(tree: &Tree, project: &Project, from: &Package, path: &str) -> (String, Origin) {
    let location = location(project, from, path);
    let dir = location.dir.strip_prefix(tree.root()).expect("in the tree");
    (dir.display().to_string(), location.origin)
}

#[test]
fn in_a_module_imports_lead_to_std_the_module_and_its_requirements() {
    let tree = tree(&[
        (
            "m/go.mod",
            "module example.com/m\n\ngo 1.22\n\nrequire (\n\texample.com/Dep/v2 v2.1.0\n\texample.com/fork v1.0.0\n\texample.com/local v1.0.0\n\
             \texample.com/gone v1.4.0\n\texample.com/Dep/v2/sub v0.3.0\n)\n\nreplace (\n\texample.com/fork => example.com/forked v1.9.0\n\
             \texample.com/local v1.0.0 => ../local\n)\n",
        ),
        ("m/m.go", "package main\n"),
        ("m/sub/s.go", "package sub\n"),
        ("m/nested/go.mod", "module example.com/m/nested\n"),
        ("m/nested/n.go", "package nested\n"),
        (
            "cache/example.com/!dep/v2@v2.1.0/go.mod",
            "module example.com/Dep/v2\n\ngo 1.18\n",
        ),
        (
            "cache/example.com/!dep/v2@v2.1.0/d.go",
            "package dep\n\nimport _ \"example.com/local\"\n",
        ),
        ("cache/example.com/!dep/v2/sub@v0.3.0/s.go", "package sub\n"),
        ("cache/example.com/forked@v1.9.0/pkg/p.go", "package pkg\n"),
        ("local/go.mod", "module example.com/local\n\ngo 1.20\n"),
        ("local/l.go", "package local\n"),
    ]);
    let project = open(&tree, "m");
    let main = at(&project, ".");
    let lead = |path: &str| found(&tree, &project, &main, path);
    assert_eq!(lead("fmt"), ("go/src/fmt".into(), Origin::Std));
    assert_eq!(
        lead("math/rand/v2"),
        ("go/src/math/rand/v2".into(), Origin::Std)
    );
    assert_eq!(
        lead("example.com/m/sub"),
        ("m/sub".into(), Origin::FirstParty)
    );
    assert_eq!(lead("./sub"), ("m/sub".into(), Origin::FirstParty));
    let dep = ("cache/example.com/!dep/v2@v2.1.0".into(), Origin::ModCache);
    assert_eq!(lead("example.com/Dep/v2"), dep);
    let sub = (
        "cache/example.com/!dep/v2/sub@v0.3.0".into(),
        Origin::ModCache,
    );
    assert_eq!(
        lead("example.com/Dep/v2/sub"),
        sub,
        "the longest module path is asked first"
    );
    let fork = (
        "cache/example.com/forked@v1.9.0/pkg".into(),
        Origin::Replace,
    );
    assert_eq!(lead("example.com/fork/pkg"), fork);
    assert_eq!(lead("example.com/local"), ("local".into(), Origin::Replace));

    let module = location(&project, &main, "example.com/Dep/v2")
        .module
        .clone()
        .expect("a module");
    assert_eq!(
        (module.path.as_str(), module.version.as_deref()),
        ("example.com/Dep/v2", Some("v2.1.0"))
    );
    assert_eq!(module.go, GoVersion::new(1, 18));
    let module = location(&project, &main, "example.com/local")
        .module
        .clone()
        .expect("a module");
    assert_eq!(
        (module.version.as_deref(), module.go),
        (Some("v1.0.0"), GoVersion::new(1, 20))
    );
    let module = location(&project, &main, "example.com/Dep/v2/sub")
        .module
        .clone()
        .expect("a module");
    assert_eq!(
        module.go,
        GoVersion::UNSTATED,
        "a module without go.mod is as old as can be"
    );

    assert!(matches!(
        project.resolve_import(&main, "unsafe"),
        Resolution::Unsafe
    ));
    assert!(matches!(
        project.resolve_import(&main, "C"),
        Resolution::Cgo
    ));

    let why = |path: &str| not_found(&project, &main, path);
    assert_eq!(why("fmt/nowhere"), NotFound::NotInStd);
    assert_eq!(why("vendor/golang.org/x/net/idna"), NotFound::NotInStd);
    assert_eq!(
        why("example.com/m/nowhere"),
        NotFound::NotInMainModule("example.com/m".into())
    );
    assert_eq!(
        why("example.com/m/nested"),
        NotFound::NotInMainModule("example.com/m".into())
    );
    assert_eq!(why("example.com/other"), NotFound::NoModule);
    assert_eq!(
        why("./nowhere"),
        NotFound::NotInFolder(tree.path("m/nowhere"))
    );
    for path in ["", "/abs", "a//b", "example.com/m/../x", "a b", "x\0"] {
        assert_eq!(why(path), NotFound::InvalidPath, "{path:?}");
    }
    let gone = NotFound::NotDownloaded {
        module: "example.com/gone".into(),
        version: "v1.4.0".into(),
    };
    assert_eq!(why("example.com/gone/x"), gone);
    assert!(matches!(
        why("example.com/local/nowhere"),
        NotFound::NotInModule { .. }
    ));
    assert_eq!(
        gone.to_string(),
        "example.com/gone v1.4.0 is not in the module cache"
    );

    // A dependency is built with the requirements and replacements of the main module.
    let dep = project
        .package_of(&location(&project, &main, "example.com/Dep/v2"))
        .expect("loaded");
    assert_eq!(
        (dep.origin, dep.go_version),
        (Origin::ModCache, GoVersion::new(1, 18))
    );
    assert_eq!(found(&tree, &project, &dep, "example.com/local").0, "local");
    assert_eq!(found(&tree, &project, &dep, "fmt").0, "go/src/fmt");
    let again = project
        .package_of(&location(&project, &main, "example.com/Dep/v2"))
        .expect("loaded");
    assert!(Arc::ptr_eq(&dep, &again));
    assert!(project.is_worked_on(&main) && !project.is_worked_on(&dep));
}

#[test]
fn without_go_the_standard_library_is_the_embedded_one() {
    let tree = Tree::new(&[
        ("go.mod", "module shop\n"),
        ("a.go", "package a\n"),
        ("sub/s.go", "package s\n"),
    ]);
    let project = tree.project("");
    let package = at(&project, ".");
    let http = location(&project, &package, "net/http");
    assert_eq!((&*http.import_path, http.origin), ("net/http", Origin::Std));
    let std = http.module.as_ref().expect("module std");
    assert_eq!((&*std.path, std.go), ("std", GoVersion::new(1, 27)));
    let name = project.package_name_of(&package, "math/rand/v2");
    assert_eq!((&*name.name, name.known), ("rand", true));
    let why = not_found(&project, &package, "net/htp");
    assert_eq!(why, NotFound::NotInEmbeddedStd("1.27.3"));
    assert!(why.to_string().contains("Go 1.27.3"), "{why}");
    for path in [
        "cmd/go",
        "vendor/golang.org/x/net/idna",
        "internal/fmtsort",
        "encoding/",
    ] {
        not_found(&project, &package, path);
    }
    let name = project.package_name_of(&package, "shop/sub");
    assert_eq!(
        (&*name.name, name.known),
        ("s", true),
        "what the clause says, not what the path looks like"
    );
    let name = project.package_name_of(&package, "unsafe");
    assert_eq!((&*name.name, name.known), ("unsafe", true));
}

#[test]
fn embedded_packages_have_the_files_of_the_build() {
    let tree = Tree::new(&[("go.mod", "module shop\n"), ("a.go", "package a\n")]);
    let names = |goos: &str, path: &str| {
        let context = BuildContext {
            goos: goos.to_owned(),
            ..BuildContext::default()
        };
        let project = Project::open(tree.root(), context);
        let from = at(&project, ".");
        let package = project
            .package_of(&location(&project, &from, path))
            .expect("there");
        for file in &*package.files {
            let text = project.read_file(&package.file_path(file));
            let text = String::from_utf8(text.expect("readable")).expect("text");
            assert!(
                text.contains(&format!("package {}", package.name)),
                "{text}"
            );
        }
        let names = package
            .files
            .iter()
            .map(|file| file.display_name().into_owned());
        names.collect::<Vec<_>>()
    };
    let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
    let linux = names("linux", "syscall");
    assert!(has(&linux, "zerrors_linux_amd64.go"), "{linux:?}");
    assert!(!has(&linux, "types_windows.go"), "{linux:?}");
    let windows = names("windows", "syscall");
    assert!(has(&windows, "types_windows.go"), "{windows:?}");
    assert!(!has(&windows, "zerrors_linux_amd64.go"), "{windows:?}");
    // What the library imports in turn, and what it vendors.
    let project = tree.project("");
    let from = at(&project, ".");
    let http = project.package_of(&location(&project, &from, "os"));
    let inner = location(&project, &http.expect("there"), "internal/poll");
    assert_eq!(inner.origin, Origin::Std);
}

#[test]
fn the_embedded_standard_library_cannot_be_analysed() {
    let tree = Tree::new(&[
        ("go.mod", "module shop\n"),
        ("a.go", "package a\nimport \"fmt\"\n"),
    ]);
    let project = tree.project("");
    for pattern in ["std", "fmt", "fmt/...", "cmd"] {
        let loaded = project.load(&[pattern]);
        assert!(loaded.targets.is_empty(), "{pattern}: {:?}", loaded.targets);
        assert!(!loaded.problems.is_empty(), "{pattern}");
    }
    let loaded = project.load(&["all"]);
    let paths: Vec<&str> = loaded
        .targets
        .iter()
        .map(|t| &*t.package.import_path)
        .collect();
    assert_eq!(paths, ["shop"]);
}

#[test]
fn vendor_folders_take_the_place_of_the_cache() {
    let files = [
        (
            "m/go.mod",
            "module example.com/m\n\ngo 1.22\n\nrequire example.com/d v1.0.0\n",
        ),
        ("m/m.go", "package m\n"),
        (
            "m/vendor/modules.txt",
            "# example.com/d v1.0.0\n## explicit; go 1.17\nexample.com/d/x\n",
        ),
        (
            "m/vendor/example.com/d/x/x.go",
            "package x\n\nimport _ \"example.com/d/y\"\n",
        ),
        ("cache/example.com/d@v1.0.0/x/x.go", "package x\n"),
        ("cache/example.com/d@v1.0.0/y/y.go", "package y\n"),
    ];
    let tree = tree(&files);
    let project = open(&tree, "m");
    let main = at(&project, ".");
    let vendored = ("m/vendor/example.com/d/x".into(), Origin::Vendored);
    assert_eq!(found(&tree, &project, &main, "example.com/d/x"), vendored);
    let location = location(&project, &main, "example.com/d/x");
    assert_eq!(&*location.import_path, "example.com/d/x");
    let package = project.package_of(&location).expect("loaded");
    assert_eq!(package.go_version, GoVersion::new(1, 17));
    assert_eq!(
        package.module.as_ref().map(|m| m.path.as_str()),
        Some("example.com/d")
    );
    let missing = NotFound::NotVendored(tree.path("m/vendor"));
    assert_eq!(not_found(&project, &package, "example.com/d/y"), missing);
    // Named by its folder, it is the same package.
    assert!(Arc::ptr_eq(
        &package,
        &at(&project, "vendor/example.com/d/x")
    ));

    let context = BuildContext {
        mod_mode: Some(ModMode::Mod),
        ..context(&tree)
    };
    let project = Project::open(&tree.path("m"), context);
    let main = at(&project, ".");
    let cached = ("cache/example.com/d@v1.0.0/x".into(), Origin::ModCache);
    assert_eq!(found(&tree, &project, &main, "example.com/d/x"), cached);
}

#[test]
fn a_workspace_vendors_beside_go_work() {
    let tree = tree(&[
        ("w/go.work", "go 1.22\nuse ./a\nuse ./b\n"),
        (
            "w/vendor/modules.txt",
            "## workspace\n# example.com/d v1.0.0\n## explicit\nexample.com/d\n",
        ),
        ("w/vendor/example.com/d/d.go", "package d\n"),
        ("w/a/go.mod", "module example.com/a\n\ngo 1.22\n"),
        ("w/a/a.go", "package a\n"),
        ("w/b/go.mod", "module example.com/b\n\ngo 1.22\n"),
        ("w/b/x/x.go", "package x\n"),
    ]);
    let project = open(&tree, "w/a");
    let a = at(&project, ".");
    let vendored = ("w/vendor/example.com/d".into(), Origin::Vendored);
    assert_eq!(found(&tree, &project, &a, "example.com/d"), vendored);
    assert_eq!(
        found(&tree, &project, &a, "example.com/b/x"),
        ("w/b/x".into(), Origin::FirstParty)
    );
    let modules: Vec<_> = project
        .main_modules()
        .iter()
        .map(|m| m.path.clone())
        .collect();
    assert_eq!(modules, ["example.com/a", "example.com/b"]);
}

#[test]
fn go_itself_imports_what_it_vendors() {
    let tree = tree(&[]);
    for cwd in ["go/src", "go/src/cmd", ""] {
        let project = open(&tree, cwd);
        let fmt = at(&project, tree.path("go/src/fmt").to_str().expect("text"));
        assert_eq!(
            (&*fmt.import_path, fmt.origin),
            ("fmt", Origin::Std),
            "in {cwd}"
        );
        assert_eq!(fmt.module.as_ref().map(|m| m.path.as_str()), Some("std"));
        assert_eq!(fmt.go_version, GoVersion::new(1, 26));
        let idna = location(&project, &fmt, "golang.org/x/net/idna");
        assert_eq!(&*idna.import_path, "vendor/golang.org/x/net/idna");
        let vet = at(
            &project,
            tree.path("go/src/cmd/vet").to_str().expect("text"),
        );
        assert_eq!(&*vet.import_path, "cmd/vet");
        assert_eq!(vet.module.as_ref().map(|m| m.path.as_str()), Some("cmd"));
        let x = location(&project, &vet, "golang.org/x/mod/x");
        assert_eq!(&*x.import_path, "cmd/vendor/golang.org/x/mod/x");
        assert_eq!(
            not_found(&project, &vet, "golang.org/x/net/idna"),
            NotFound::NotInStd
        );
        assert_eq!(
            not_found(&project, &fmt, "golang.org/x/mod/x"),
            NotFound::NotInStd
        );
        assert_eq!(project.is_worked_on(&fmt), !cwd.is_empty());
    }
}

#[test]
fn go_itself_can_be_loaded() {
    use crate::tree::{load, paths};
    let tree = tree(&[("empty/x", "")]);
    let std = ["errors", "fmt", "math/rand/v2", "runtime"];
    let in_src = open(&tree, "go/src");
    assert_eq!(
        paths(&load(&in_src, &["./..."])),
        std,
        "cmd is a module of its own"
    );
    assert_eq!(paths(&load(&in_src, &["cmd/..."])), ["cmd/vet"]);
    assert_eq!(
        paths(&load(&in_src, &["./fmt", "errors"])),
        ["errors", "fmt"]
    );
    let in_cmd = open(&tree, "go/src/cmd");
    assert_eq!(paths(&load(&in_cmd, &["./..."])), ["cmd/vet"]);
    assert_eq!(paths(&load(&in_cmd, &["cmd/vet"])), ["cmd/vet"]);
    for project in [open(&tree, "empty"), in_src, in_cmd] {
        let vendored = "vendor/golang.org/x/net/idna";
        assert_eq!(
            paths(&load(&project, &["std"])),
            [&std[..], &[vendored]].concat()
        );
        assert_eq!(paths(&load(&project, &["math/..."])), ["math/rand/v2"]);
        assert_eq!(paths(&load(&project, &["fmt"])), ["fmt"]);
    }
    for cwd in ["empty", "go/src", "go/src/cmd"] {
        let loaded = load(&open(&tree, cwd), &["cmd"]);
        assert_eq!(
            paths(&loaded),
            ["cmd/vendor/golang.org/x/mod/x", "cmd/vet"],
            "in {cwd}"
        );
    }
    tree.write("other/go.mod", "module other\n");
    tree.write("other/cmd/c.go", "package main\n");
    assert_eq!(paths(&load(&open(&tree, "other"), &["cmd"])), ["other/cmd"]);
    assert_eq!(paths(&load(&open(&tree, "empty"), &["fmt/..."])), ["fmt"]);
}

#[test]
fn test_data_of_analysers_is_resolved_within_its_tree() {
    let tree = tree(&[
        (
            "m/go.mod",
            "module example.com/m\n\ngo 1.20\n\nrequire example.com/d v1.0.0\n",
        ),
        ("m/lib/l.go", "package lib\n"),
        ("m/rule/testdata/src/a/a.go", "package a\n"),
        ("m/rule/testdata/src/b/c/c.go", "package c\n"),
        ("m/rule/testdata/src/errors/e.go", "package errors_cases\n"),
        ("m/rule/testdata/src/example.com/d/d.go", "package stub\n"),
        ("m/rule/testdata/src/a/vendor/v/v.go", "package v\n"),
        ("m/rule/testdata/src/own/go.mod", "module own\n"),
        ("m/rule/testdata/src/own/o.go", "package own\n"),
        ("cache/example.com/d@v1.0.0/d.go", "package d\n"),
        ("cache/example.com/d@v1.0.0/x/x.go", "package x\n"),
    ]);
    let project = open(&tree, "m");
    let a = at(&project, "rule/testdata/src/a");
    assert_eq!(&*a.import_path, "a");
    assert_eq!((a.module.is_none(), a.origin), (true, Origin::FirstParty));
    assert_eq!(a.go_version, GoVersion::NEWEST);
    let lead = |path: &str| found(&tree, &project, &a, path).0;
    assert_eq!(lead("b/c"), "m/rule/testdata/src/b/c");
    assert_eq!(
        lead("example.com/d"),
        "m/rule/testdata/src/example.com/d",
        "stubs come first"
    );
    assert_eq!(
        lead("example.com/d/x"),
        "cache/example.com/d@v1.0.0/x",
        "then the module around"
    );
    assert_eq!(lead("example.com/m/lib"), "m/lib");
    assert_eq!(lead("v"), "m/rule/testdata/src/a/vendor/v");
    assert_eq!(
        lead("errors"),
        "go/src/errors",
        "as in Go, a test about errors is not errors"
    );
    let c = at(&project, "rule/testdata/src/b/c");
    let name = project.package_name_of(&c, "v");
    assert!(
        !name.known,
        "vendor folders serve what lies beside and below them"
    );
    let own = at(&project, "rule/testdata/src/own");
    assert_eq!(own.module.as_ref().map(|m| m.path.as_str()), Some("own"));
    // In GOROOT, too.
    let project = open(&tree, "go/src");
    let a = at(&project, "cmd/vet/testdata/src/a");
    assert_eq!(&*location(&project, &a, "b").import_path, "b");
}

#[test]
fn outside_of_modules_gopath_is_searched() {
    let tree = tree(&[
        ("proj/src/a/a.go", "package a\n"),
        ("proj/src/b/b.go", "package b\n"),
        ("gopath/src/example.com/lib/l.go", "package lib\n"),
        ("gopath/src/example.com/app/main.go", "package main\n"),
        ("gopath/src/example.com/app/src/deep/d.go", "package deep\n"),
        ("loose/l.go", "package loose\n"),
        ("loose/sub/s.go", "package sub\n"),
    ]);
    let project = open(&tree, "proj/src/a");
    let a = at(&project, ".");
    assert_eq!(&*a.import_path, "a");
    assert_eq!(
        found(&tree, &project, &a, "b"),
        ("proj/src/b".into(), Origin::FirstParty)
    );
    let lib = ("gopath/src/example.com/lib".into(), Origin::Gopath);
    assert_eq!(found(&tree, &project, &a, "example.com/lib"), lib);
    assert_eq!(found(&tree, &project, &a, "fmt").0, "go/src/fmt");
    assert_eq!(
        not_found(&project, &a, "example.com/none"),
        NotFound::NoModule
    );
    assert_eq!(not_found(&project, &a, "none"), NotFound::NotInStd);

    let project = open(&tree, "gopath/src/example.com/app");
    assert_eq!(&*at(&project, ".").import_path, "example.com/app");
    assert_eq!(
        &*at(&project, "src/deep").import_path,
        "example.com/app/src/deep"
    );

    let project = open(&tree, "loose");
    let loose = at(&project, ".");
    assert_eq!(found(&tree, &project, &loose, "./sub").0, "loose/sub");
    assert_eq!(found(&tree, &project, &loose, "example.com/lib"), lib);
}

#[test]
fn imports_resolve_the_same_from_many_threads() {
    let tree = tree(&[("m/go.mod", "module m\n"), ("m/m.go", "package m\n")]);
    for index in 0..50 {
        tree.write(&format!("m/p{index}/p.go"), &format!("package p{index}\n"));
    }
    let project = open(&tree, "m");
    let main = at(&project, ".");
    let ids: Vec<Vec<_>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    (0..50)
                        .map(|index| {
                            let location = location(&project, &main, &format!("m/p{index}"));
                            project.package_of(&location).expect("loaded").id
                        })
                        .collect()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    assert!(
        ids.iter().all(|one| *one == ids[0]),
        "all threads see the same packages"
    );
}
