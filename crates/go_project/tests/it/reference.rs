//! The packages of real Go source, compared with what the `go` command itself says.
//!
//! Needs an unpacked Go, whose root `DEFERSCOPE_GOROOT` names; `cargo xtask` sets it. Without it the
//! test says so and passes, except in CI.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use go_project::{
    BuildContext, MapEnv, Package, PackageKind, Project, Resolution, SourceFile, Target,
};

/// What `go list` is asked for, in this order.
const FORMAT: &str = "{{.ImportPath}}|{{.Name}}|{{join .GoFiles \",\"}}|{{join .CgoFiles \",\"}}\
    |{{join .TestGoFiles \",\"}}|{{join .XTestGoFiles \",\"}}|{{join .IgnoredGoFiles \",\"}}\
    |{{join .Imports \",\"}}|{{join .TestImports \",\"}}|{{join .XTestImports \",\"}}";

/// Writes past the capture of test output: nobody should think that something was compared when it
/// was not, and the figures are worth seeing.
fn say(message: &str) {
    writeln!(std::io::stderr(), "\n{message}").expect("stderr is open");
}

/// The reference, or `None` when there is none and that may be so.
fn reference() -> Option<PathBuf> {
    if let Some(root) = std::env::var_os("DEFERSCOPE_GOROOT") {
        return Some(PathBuf::from(root));
    }
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "DEFERSCOPE_GOROOT must name the root of Go in CI"
    );
    say("*** NOT TESTED: set DEFERSCOPE_GOROOT to compare with the go command ***");
    None
}

/// A build context for both sides.
struct Case {
    name: &'static str,
    vars: &'static [(&'static str, &'static str)],
}

const CASES: &[Case] = &[
    Case {
        name: "linux/amd64",
        vars: &[("GOOS", "linux"), ("GOARCH", "amd64"), ("CGO_ENABLED", "1")],
    },
    Case {
        name: "windows/arm64",
        vars: &[("GOOS", "windows"), ("GOARCH", "arm64")],
    },
    Case {
        name: "linux/amd64 with tags",
        vars: &[
            ("GOOS", "linux"),
            ("GOARCH", "amd64"),
            ("CGO_ENABLED", "0"),
            (
                "GOFLAGS",
                "-tags=purego,netgo,integration,compiler_bootstrap,faketime",
            ),
            ("GOAMD64", "v3"),
        ],
    },
    Case {
        name: "darwin/arm64 with experiments",
        vars: &[
            ("GOOS", "darwin"),
            ("GOARCH", "arm64"),
            ("CGO_ENABLED", "1"),
            ("GOEXPERIMENT", "nojsonv2,simd,boringcrypto"),
        ],
    },
    Case {
        name: "js/wasm",
        vars: &[("GOOS", "js"), ("GOARCH", "wasm")],
    },
    Case {
        name: "android/arm",
        vars: &[
            ("GOOS", "android"),
            ("GOARCH", "arm"),
            ("GOARM", "5"),
            ("CGO_ENABLED", "1"),
        ],
    },
    Case {
        name: "illumos/amd64",
        vars: &[("GOOS", "illumos"), ("GOARCH", "amd64")],
    },
];

/// Variables that both sides see in every case.
fn environment(root: &Path, home: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("GOROOT", root.to_path_buf()),
        ("HOME", home.to_path_buf()),
        ("GOPATH", home.join("gopath")),
        ("GOENV", "off".into()),
        ("GOWORK", "off".into()),
    ]
}

fn go_list(
    root: &Path,
    home: &Path,
    cwd: &Path,
    case: &Case,
    format: &str,
    patterns: &[&str],
) -> String {
    let output = Command::new(root.join("bin/go"))
        .arg("list")
        // Without profiles, which would give some packages a second name.
        .args(["-e", "-pgo=off", "-f", format])
        .args(patterns)
        .current_dir(cwd)
        .env_clear()
        .envs(environment(root, home))
        .env("GOCACHE", home.join("cache"))
        .env("GOPROXY", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOTELEMETRY", "off")
        .envs(case.vars.iter().copied())
        .output()
        .expect("the go command runs");
    String::from_utf8(output.stdout).expect("go list prints UTF-8")
}

fn open(root: &Path, home: &Path, cwd: &Path, case: &Case) -> Project {
    let mut env = MapEnv::default();
    for (name, value) in environment(root, home) {
        env = env.with(name, value);
    }
    for (name, value) in case.vars {
        env = env.with(name, *value);
    }
    let (context, problems) = BuildContext::from_env(&env);
    assert_eq!(problems, [], "{}", case.name);
    Project::open(cwd, context)
}

/// The line that `go list` would print for a folder, from its packages.
fn line(project: &Project, path: &str, packages: &[Arc<Package>]) -> String {
    let files = |select: &dyn Fn(&SourceFile) -> bool| {
        let mut names: Vec<String> = packages
            .iter()
            .flat_map(|package| package.files.iter())
            .filter(|file| select(file))
            .map(|file| file.display_name().into_owned())
            .collect();
        names.sort();
        names.join(",")
    };
    let imports = |select: &dyn Fn(&SourceFile) -> bool| {
        let mut paths: Vec<String> = packages
            .iter()
            .flat_map(|package| {
                package.imports(select).into_iter().map(|path| {
                    match project.resolve_import(package, &path) {
                        Resolution::Dir(location) => location.import_path.to_string(),
                        Resolution::Unsafe | Resolution::Cgo => path.to_string(),
                        Resolution::NotFound(why) => format!("{path} not found: {why}"),
                    }
                })
            })
            .collect();
        paths.sort();
        paths.dedup();
        paths.join(",")
    };
    let ignored: Vec<String> = packages[0]
        .ignored
        .iter()
        .filter(|file| file.reason != go_project::IgnoreReason::HiddenName)
        .map(|file| file.name.to_string_lossy().into_owned())
        .collect();
    let name = packages[0]
        .name
        .strip_suffix("_test")
        .filter(|_| packages[0].kind != PackageKind::Ordinary);
    [
        path,
        name.unwrap_or(&packages[0].name),
        &files(&|file| !file.flags.test && !file.flags.cgo),
        &files(&|file| !file.flags.test && file.flags.cgo),
        &files(&|file| file.flags.test && !file.flags.external_test),
        &files(&|file| file.flags.external_test),
        &ignored.join(","),
        &imports(&|file| !file.flags.test),
        &imports(&|file| file.flags.test && !file.flags.external_test),
        &imports(&|file| file.flags.external_test),
    ]
    .join("|")
}

/// The lines for loaded packages, by import path.
fn lines(project: &Project, targets: &[Target]) -> BTreeMap<String, String> {
    let mut folders: BTreeMap<String, Vec<Arc<Package>>> = BTreeMap::new();
    for target in targets {
        let package = &target.package;
        let path = match package.kind {
            PackageKind::ExternalTest => {
                package.import_path.strip_suffix("_test").expect("a suffix")
            }
            PackageKind::Ordinary | PackageKind::Stray => &package.import_path,
        };
        folders
            .entry(path.to_owned())
            .or_default()
            .push(Arc::clone(package));
    }
    folders
        .into_iter()
        .map(|(path, packages)| (path.clone(), line(project, &path, &packages)))
        .collect()
}

/// A line of `go list` with the imports in the order of the paths that they lead to. `go list` keeps
/// the order of the paths as written, which differ where something is vendored.
fn sorted(line: &str) -> String {
    let mut fields: Vec<String> = line.split('|').map(str::to_owned).collect();
    for imports in fields.iter_mut().skip(7) {
        let mut paths: Vec<&str> = imports.split(',').collect();
        paths.sort_unstable();
        *imports = paths.join(",");
    }
    fields.join("|")
}

/// The fields in which two lines differ.
fn difference(go: Option<&String>, we: Option<&String>) -> Option<String> {
    let (Some(go), Some(we)) = (go, we) else {
        let missing = |side: Option<&String>| side.map_or("nothing", String::as_str).to_owned();
        return (go != we).then(|| format!("go: {}\nwe: {}", missing(go), missing(we)));
    };
    let fields: Vec<String> = go
        .split('|')
        .zip(we.split('|'))
        .filter(|(go, we)| go != we)
        .map(|(go, we)| format!("  go: {go}\n  we: {we}"))
        .collect();
    let path = go.split('|').next().unwrap_or_default();
    (!fields.is_empty()).then(|| format!("{path}\n{}", fields.join("\n")))
}

#[test]
fn std_and_cmd_are_what_go_list_says() {
    let Some(root) = reference() else { return };
    let home = tempfile::tempdir().expect("a folder");
    for case in CASES {
        let printed = go_list(
            &root,
            home.path(),
            home.path(),
            case,
            FORMAT,
            &["std", "cmd"],
        );
        let expected: BTreeMap<String, String> = printed
            .lines()
            .map(|line| {
                (
                    line.split('|').next().unwrap_or_default().to_owned(),
                    sorted(line),
                )
            })
            .collect();
        let project = open(&root, home.path(), home.path(), case);
        let loaded = project.load(&["std", "cmd"]);
        assert_eq!(loaded.problems, [], "{}", case.name);
        let ours = lines(&project, &loaded.targets);
        let paths: BTreeSet<&String> = expected.keys().chain(ours.keys()).collect();
        let wrong: Vec<String> = paths
            .into_iter()
            .filter_map(|path| difference(expected.get(path), ours.get(path)))
            .collect();
        let same = expected.len().saturating_sub(wrong.len());
        say(&format!(
            "{}: {same} of {} packages are the same",
            case.name,
            expected.len()
        ));
        assert!(
            wrong.is_empty(),
            "{}: {} differ\n{}",
            case.name,
            wrong.len(),
            wrong.join("\n")
        );
        assert!(
            expected.len() > 500,
            "go list printed only {} packages",
            expected.len()
        );
    }
}

/// Patterns in `example.com/m`, in Go's own source, and in a module below. Where `go list` would
/// rather fail than answer, it answers nothing; those are compared in `patterns.rs` and `problems.rs`.
const PATTERNS: &[&str] = &[
    "./...",
    "./shop/...",
    "./shop...",
    "./.../er",
    "./shop/.../...",
    "./s...",
    "./...cart",
    "example.com/m/...",
    "example.com/m/shop...",
    "example.com/.../cart",
    "work",
    ".",
    "./shop",
    "./shop/cart/",
    "./shop/../shopping",
    "example.com/m/shop",
    "./shop/testdata/plain",
    "./_old",
    "./web/other/modules",
    "./web/modules/x",
    "./docs/...",
    "./windows/...",
];

#[test]
fn patterns_expand_as_go_list_expands_them() {
    let Some(root) = reference() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let tree = crate::patterns::module();
    let case = &CASES[0];
    let mut wrong = Vec::new();
    let mut compare = |cwd: &Path, pattern: &str| {
        let printed = go_list(&root, home.path(), cwd, case, "{{.ImportPath}}", &[pattern]);
        let go: BTreeSet<&str> = printed.lines().collect();
        let project = open(&root, home.path(), cwd, case);
        let loaded = project.load(&[pattern]);
        let ours = lines(&project, &loaded.targets);
        let we: BTreeSet<&str> = ours.keys().map(String::as_str).collect();
        if go != we {
            wrong.push(format!(
                "{pattern} in {}\n  go: {go:?}\n  we: {we:?}",
                cwd.display()
            ));
        }
        go.len()
    };
    let mut matched = 0;
    for pattern in PATTERNS {
        matched += compare(tree.root(), pattern);
    }
    for (cwd, pattern) in [
        ("nested", "./..."),
        ("nested", "example.com/nested/below"),
        ("shop", "../..."),
    ] {
        matched += compare(&tree.path(cwd), pattern);
    }
    for (cwd, pattern) in [
        ("src", "./..."),
        ("src", "cmd/..."),
        ("src", "./net/..."),
        ("src", "net/http/..."),
        ("src/cmd", "./..."),
        ("src/cmd", "./vet"),
        ("src/cmd", "cmd/go/..."),
        ("src/net", "./..."),
    ] {
        matched += compare(&root.join(cwd), pattern);
    }
    say(&format!("patterns matched {matched} packages in all"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(matched > 500, "go list matched only {matched} packages");
}
