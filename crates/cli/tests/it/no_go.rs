//! A machine without Go: the embedded standard library gives the findings that the sources give.

use std::path::{Path, PathBuf};

use crate::harness::{Folder, Run, deferscope, finish, go_root, repository};

/// What every rule finds in a folder with this GOROOT, for this system.
fn check(folder: &Path, goroot: &Path, goos: &str) -> Run {
    let mut command = deferscope();
    command
        .current_dir(folder)
        .env("GOROOT", goroot)
        .env("GOOS", goos)
        .args(["check", "--isolated", "--select", "all", "--format", "json"])
        .args(["--statistics", "./..."]);
    let run = finish(&mut command).exits(1);
    let missing = statistic(&run, "imports not found ");
    assert_eq!(missing, "0", "{}", run.stderr);
    run
}

fn statistic<'r>(run: &'r Run, name: &str) -> &'r str {
    let line = run.stderr.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name:?} in {}", run.stderr));
    line[name.len()..].trim()
}

/// Checks that findings do not depend on whether Go is there, and returns how many there are.
fn compare(folder: &Path, goroot: &Path, goos: &str) -> usize {
    let with = check(folder, goroot, goos);
    let without = check(folder, Path::new("off"), goos);
    let library = |run| statistic(run, "standard library ").to_owned();
    assert_eq!(library(&with), goroot.join("src").display().to_string());
    assert!(library(&without).starts_with("embedded index of Go 1."));
    let differ = with
        .stdout
        .lines()
        .zip(without.stdout.lines())
        .find(|(with, without)| with != without);
    assert_eq!(differ, None, "{goos}: the first finding that differs");
    assert_eq!(with.stdout.len(), without.stdout.len(), "{goos}");
    with.stdout.lines().count()
}

/// The entries of a folder, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    entries
}

/// Whether a Go file imports nothing but what any code may import from the standard library.
fn imports_only_std(bytes: &[u8]) -> bool {
    let head = go_project::header::scan(bytes, true).expect("it is whole");
    head.imports.iter().all(|import| {
        let first = import.path.split('/').next().unwrap_or_default();
        let inner = import.path.split('/').any(|part| part == "internal");
        !inner && !first.contains('.') && !matches!(first, "C" | "cmd")
    })
}

/// Copies the packages below `src` that import only the standard library, and those of their tests
/// that do. Returns how many there are.
fn copy_leaves(src: &Path, path: &Path, to: &Folder) -> usize {
    let mut files = Vec::new();
    let mut copied = 0;
    let mut is_leaf = true;
    for entry in entries(&src.join(path)) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        let below = path.join(&*name);
        if entry.is_dir() {
            if !name.starts_with(['.', '_']) && name != "testdata" {
                copied += copy_leaves(src, &below, to);
            }
        } else if name.ends_with(".go") {
            let bytes = std::fs::read(&entry).expect("a file is read");
            match (imports_only_std(&bytes), name.ends_with("_test.go")) {
                (true, _) => files.push((below, bytes)),
                (false, false) => is_leaf = false,
                (false, true) => {}
            }
        }
    }
    if !is_leaf || files.is_empty() {
        return copied;
    }
    for (below, bytes) in files {
        to.write(&below.to_string_lossy(), bytes);
    }
    copied + 1
}

#[test]
fn findings_in_the_shop_are_the_same_with_and_without_go() {
    let Some(goroot) = go_root() else { return };
    let found = compare(&repository().join("examples/shop"), &goroot, "linux");
    assert!(found >= 15, "only {found} findings");
}

/// The packages of the standard library that import only each other, as a module.
fn leaves(goroot: &Path) -> Folder {
    let folder = Folder::new(&[("go.mod", "module example.com/leaves\n\ngo 1.27\n")]);
    let copied = copy_leaves(&goroot.join("src"), Path::new(""), &folder);
    assert!(copied >= 100, "only {copied} packages");
    folder
}

#[test]
fn types_in_real_code_are_the_same_with_and_without_go() {
    let Some(goroot) = go_root() else { return };
    let folder = leaves(&goroot);
    for (goos, goarch) in [("linux", "amd64"), ("windows", "arm64"), ("js", "wasm")] {
        let types = |goroot: &Path| {
            let mut command = folder.command(&["dev", "types", "./..."]);
            command.env("GOROOT", goroot);
            command.env("GOOS", goos).env("GOARCH", goarch);
            finish(&mut command).exits(0).stdout
        };
        let (with, without) = (types(&goroot), types(Path::new("off")));
        let mut lines = with.lines().zip(without.lines());
        let differ = lines.find(|(with, without)| with != without);
        assert_eq!(differ, None, "{goos}/{goarch}: the first type that differs");
        assert_eq!(with.len(), without.len(), "{goos}/{goarch}");
        assert!(with.lines().count() >= 100_000, "{goos}/{goarch}");
    }
}

#[test]
fn findings_in_real_code_are_the_same_with_and_without_go() {
    let Some(goroot) = go_root() else { return };
    let folder = leaves(&goroot);
    for goos in ["linux", "windows"] {
        let found = compare(&folder.root, &goroot, goos);
        assert!(found >= 5, "only {found} findings for {goos}");
    }
}

#[test]
fn findings_in_the_cases_of_the_rules_are_the_same_with_and_without_go() {
    let Some(goroot) = go_root() else { return };
    let folder = Folder::new(&[("go.mod", "module example.com/cases\n\ngo 1.27\n")]);
    for rule in entries(&repository().join("crates/rules/testdata")) {
        for file in entries(&rule) {
            let bytes = std::fs::read(&file).expect("a file is read");
            if file.extension().is_some_and(|extension| extension == "go")
                && imports_only_std(&bytes)
            {
                // Each is a package of its own.
                let name = |path: &Path| path.file_name().expect("a name").to_owned();
                let stem = file.file_stem().expect("a name");
                let path = Path::new(&name(&rule)).join(stem).join(name(&file));
                folder.write(&path.to_string_lossy(), bytes);
            }
        }
    }
    let found = compare(&folder.root, &goroot, "linux");
    assert!(found >= 300, "only {found} findings");
}

#[test]
fn only_the_packages_asked_about_are_unpacked() {
    let text = "package p\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc f(names []string) {\n\tfor _, name := range names {\n\t\tg, _ := os.Open(name)\n\t\tdefer g.Close()\n\t\tfmt.Println(g)\n\t}\n}\n";
    let folder = Folder::module(&[("a.go", text)]);
    let run = folder.run(&["check", "--select", "defer-in-loop", "--statistics"]);
    let run = run.exits(1);
    let library = statistic(&run, "standard library ");
    let (unpacked, of) = library
        .strip_suffix(" packages read")
        .and_then(|rest| rest.rsplit_once(", ")?.1.split_once(" of "))
        .unwrap_or_else(|| panic!("{library:?}"));
    let number = |text: &str| text.parse::<usize>().expect("a number");
    assert!(number(unpacked) >= 1, "{library}");
    assert!(number(unpacked) <= 10, "{library}");
    assert!(number(of) > 150, "{library}");
}

#[test]
fn the_embedded_standard_library_is_no_target() {
    let folder = Folder::module(&[("a.go", "package p\n")]);
    folder
        .check(&["fmt"])
        .exits(2)
        .says(&["no package \"fmt\": no installation of Go was found"]);
    folder.check(&["std"]).exits(2).says(&["GOROOT"]);
    let run = folder.check(&["--verbose"]).exits(0);
    run.says(&["the standard library is the embedded index of Go 1."]);
}
