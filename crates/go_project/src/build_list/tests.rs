//! Requirements, replacements, vendor folders, workspaces and broken files.

use super::*;
use crate::context::ModMode;
use crate::testing::Tree;

fn single(tree: &Tree, context: &BuildContext) -> (BuildList, Vec<Problem>) {
    let mut problems = Vec::new();
    (
        BuildList::single(tree.root(), context, &mut problems),
        problems,
    )
}

fn dirs(candidates: &[Candidate]) -> Vec<&str> {
    candidates
        .iter()
        .filter_map(|one| one.dir.to_str())
        .collect()
}

#[test]
fn versions_come_from_go_mod_then_from_go_sum() {
    let sums = "example.com/A v1.5.0 h1:x\nexample.com/A v1.9.0/go.mod h1:x\n\
                example.com/A v1.2.0 h1:x\nexample.com/b v0.1.0 h1:x\nbroken\n";
    let tree = Tree::new(&[
        (
            "go.mod",
            "module m\ngo 1.21\nrequire example.com/A v1.2.0\n",
        ),
        ("go.sum", sums),
    ]);
    let (list, problems) = single(&tree, &BuildContext::default());
    assert_eq!(problems, []);
    let cache = Some(Path::new("/c"));
    assert_eq!(
        dirs(&list.candidates("example.com/A", cache)),
        ["/c/example.com/!a@v1.2.0", "/c/example.com/!a@v1.5.0"]
    );
    assert_eq!(list.demanded("example.com/A"), Some("v1.2.0"));
    assert_eq!(list.demanded("example.com/b"), None);
    assert!(list.is_summed("example.com/b"));
    assert_eq!(list.candidates("example.com/A", None), []);

    // Without complete requirements the newest version is likelier.
    tree.write(
        "go.mod",
        b"module m\ngo 1.16\nrequire example.com/A v1.2.0\n",
    );
    let (list, _) = single(&tree, &BuildContext::default());
    assert_eq!(
        dirs(&list.candidates("example.com/A", cache))[0],
        "/c/example.com/!a@v1.5.0"
    );
}

#[test]
fn replacements_are_the_only_place() {
    let tree = Tree::new(&[(
        "m/go.mod",
        "module m\ngo 1.21\nrequire (\n a v1.0.0\n b v1.0.0\n c v1.0.0\n)\n\
         replace a => ../a\nreplace b v1.0.0 => fork/B v1.1.0\nreplace b => ../b\nreplace c v9.0.0 => ../c\n",
    )]);
    let mut problems = Vec::new();
    let list = BuildList::single(&tree.path("m"), &BuildContext::default(), &mut problems);
    let cache = Some(Path::new("/c"));
    let a = list.candidates("a", cache);
    assert_eq!(
        (a.len(), &a[0].dir, a[0].origin),
        (1, &tree.path("a"), Origin::Replace)
    );
    let b = list.candidates("b", cache);
    assert_eq!(dirs(&b), ["/c/fork/!b@v1.1.0"]);
    assert_eq!(b[0].version.as_deref(), Some("v1.1.0"));
    assert_eq!(dirs(&list.candidates("c", cache)), ["/c/c@v1.0.0"]);
}

#[test]
fn the_vendor_folder_is_used_by_the_default_rule_and_by_mode() {
    let vendored = |go: &str, workspace: &str, mode: Option<ModMode>| {
        let tree = Tree::new(&[
            ("go.mod", &format!("module m\n{go}\n")),
            (
                "vendor/modules.txt",
                &format!("{workspace}# a v1.0.0\n## go 1.19\na/b\n# x v1.0.0\n"),
            ),
        ]);
        let context = BuildContext {
            mod_mode: mode,
            ..BuildContext::default()
        };
        single(&tree, &context).0.vendor
    };
    let vendor = vendored("go 1.14", "", None).expect("used");
    assert_eq!(
        vendor.module_of("a/b").map(|m| m.go),
        Some(GoVersion::new(1, 19))
    );
    assert_eq!(
        vendor.module_of("x/y").map(|m| m.path.clone()),
        Some("x".into())
    );
    assert_eq!(vendor.module_of("z"), None);
    assert!(vendored("go 1.13", "", None).is_none());
    assert!(vendored("", "", None).is_none());
    assert!(vendored("go 1.22", "## workspace\n", None).is_none());
    assert!(vendored("go 1.22", "", Some(ModMode::Mod)).is_none());
    assert!(vendored("go 1.22", "", Some(ModMode::Readonly)).is_none());
    assert!(vendored("go 1.13", "", Some(ModMode::Vendor)).is_some());
}

#[test]
fn a_workspace_joins_its_modules() {
    let tree = Tree::new(&[
        (
            "go.work",
            "go 1.22\nuse (\n ./a\n ./b\n ./gone\n)\nreplace x => ./x\n",
        ),
        (
            "a/go.mod",
            "module example.com/a\ngo 1.21\nrequire (\n r v1.0.0\n x v1.0.0\n)\n",
        ),
        (
            "b/go.mod",
            "module example.com/a/b\ngo 1.20\nrequire r v1.1.0\nreplace x => ../other\n",
        ),
    ]);
    let mut problems = Vec::new();
    let list = BuildList::workspace(
        &tree.path("go.work"),
        &BuildContext::default(),
        &mut problems,
    );
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].kind, problems[0].line),
        (ProblemKind::BadGoWork, Some(5))
    );
    assert_eq!(list.demanded("r"), Some("v1.1.0"));
    assert_eq!(list.candidates("x", None)[0].dir, tree.path("x"));
    let found: Vec<_> = list
        .main_for("example.com/a/b/c")
        .map(|(main, rest)| (main.module.path.as_str(), rest))
        .collect();
    assert_eq!(found, [("example.com/a/b", "c"), ("example.com/a", "b/c")]);
    let above = list.main_above(&tree.path("b/c")).expect("in b");
    assert_eq!(above.import_path(&tree.path("b/c")), "example.com/a/b/c");
    assert!(list.main_above(&tree.path("bb")).is_none());
}

#[test]
fn a_broken_or_missing_go_mod_still_gives_a_module() {
    let tree = Tree::new(&[("my-shop/go.mod", "moduel x\n")]);
    let mut problems = Vec::new();
    let (main, _) = read_main(&tree.path("my-shop"), &mut problems);
    assert_eq!(main.module.path, "my");
    assert_eq!(problems.len(), 2);
    assert!(
        problems
            .iter()
            .all(|p| p.kind == ProblemKind::BadGoMod && p.line == Some(1))
    );
    problems.clear();
    let (main, _) = read_main(&tree.path("gone"), &mut problems);
    assert_eq!(main.module.path, "gone");
    assert_eq!(problems.len(), 1);
}

#[test]
fn ignore_directives_match_rooted_or_anywhere() {
    let set = IgnoreSet::new(&["./web/modules".into(), "gen".into(), "./".into(), "".into()]);
    for folder in ["web/modules", "web/modules/a", "gen", "a/gen", "a/gen/b"] {
        assert!(set.contains(folder), "{folder}");
    }
    for folder in [
        "",
        "web",
        "a/web/modules",
        "general",
        "a/regen",
        "web/modules2",
    ] {
        assert!(!set.contains(folder), "{folder}");
    }
}
