//! Runs one rule over one text, with or without the standard library's declarations at hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{Diagnostic, Edit};
use go_flow::{Inferred as _, NoContracts, OnDemand, infer_package};
use go_syntax::{Mode, Source, parse};
use go_types::{Importer, Loader, NoPackages, PackageCx, PackageNames};
use rules::{FileInput, Rule, RuleSet, check_file};

/// A file of a case.
pub(super) struct Input<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    /// N of Go 1.N.
    pub(super) go: u32,
}

/// What `rule` finds in `input`, by position.
pub(super) fn run(
    rule: &'static dyn Rule,
    input: &Input<'_>,
    loader: &dyn Loader,
) -> Vec<Diagnostic> {
    let rules = RuleSet::new(vec![(rule, rule.meta().severity)]);
    let file = parse(Source::from(input.text), Mode::Full);
    assert!(
        file.errors().is_empty(),
        "{}: {:?}\n{}",
        input.path.display(),
        file.errors(),
        input.text
    );
    let is_main = file.package_name() == Some("main");
    let names = Arc::new(PackageNames::new(
        Importer::new("example.com/case"),
        vec![Arc::new(file)],
    ));
    let package = PackageCx::new(&names, loader);
    let path = Arc::new(input.path.to_owned());
    let is_test = input.path.to_string_lossy().ends_with("_test.go");
    let contracts = OnDemand::new(&package, rules::models(), NoContracts);
    // Those who make all at once must come to the same.
    for (name, contract) in infer_package(&package, rules::models(), &NoContracts).iter() {
        let on_demand = contracts.contract(&package, names.path(), name);
        assert_eq!(on_demand.as_ref(), Some(contract), "{name}");
    }
    let file_input = FileInput {
        index: 0,
        path: &path,
        paths: &[],
        go: input.go,
        is_test,
        is_main,
        models: rules::models(),
        contracts: &contracts,
    };
    let mut found = check_file(&package, &file_input, &rules);
    found.sort_by_key(|d| (d.range, d.message.clone()));
    found
}

/// The text after `edits`, which must not overlap.
pub(super) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<_> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.range);
    let mut result = String::new();
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.range.start as usize, edit.range.end as usize);
        assert!(at <= start && start <= end, "edits overlap");
        result.push_str(&text[at..start]);
        result.push_str(&edit.text);
        at = end;
    }
    result.push_str(&text[at..]);
    result
}

/// The loaders to run with: without any package, and with the standard library where the Go
/// toolchain is at hand (`cargo xtask test` fetches it).
pub(super) fn loaders() -> Vec<(&'static str, Box<dyn Loader>)> {
    let mut loaders: Vec<(&'static str, Box<dyn Loader>)> =
        vec![("no packages", Box::new(NoPackages))];
    match std::env::var_os("DEFERSCOPE_GOROOT") {
        Some(goroot) => loaders.push(("GOROOT", Box::new(std_loader(&PathBuf::from(goroot))))),
        None => {
            assert!(
                std::env::var_os("CI").is_none(),
                "DEFERSCOPE_GOROOT is not set: `cargo xtask test` sets it"
            );
            #[expect(clippy::print_stderr, reason = "whoever runs the tests has to know")]
            {
                eprintln!(
                    "DEFERSCOPE_GOROOT is not set: rules are tested without the standard library"
                );
            }
        }
    }
    loaders
}

fn std_loader(goroot: &Path) -> impl Loader + use<> {
    StdLoader {
        src: goroot.join("src"),
        loaded: std::sync::Mutex::default(),
    }
}

/// Loads packages of the standard library straight from their folders.
struct StdLoader {
    src: PathBuf,
    loaded: std::sync::Mutex<std::collections::HashMap<String, Option<Arc<PackageNames>>>>,
}

impl Loader for StdLoader {
    fn package_name(&self, import_path: &str, _: &Importer) -> Option<Arc<str>> {
        import_path.rsplit('/').next().map(Arc::from)
    }

    fn package(&self, import_path: &str, _: &Importer) -> Option<Arc<PackageNames>> {
        if let Some(known) = self
            .loaded
            .lock()
            .expect("no panic while loading")
            .get(import_path)
        {
            return known.clone();
        }
        let package = self.load(import_path);
        self.loaded
            .lock()
            .expect("no panic while loading")
            .insert(import_path.to_owned(), package.clone());
        package
    }
}

impl StdLoader {
    fn load(&self, import_path: &str) -> Option<Arc<PackageNames>> {
        let mut paths: Vec<_> = std::fs::read_dir(self.src.join(import_path))
            .ok()?
            .map(|e| e.expect("entry").path())
            .collect();
        paths.sort();
        let is_wanted = |path: &PathBuf| {
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default();
            let other_system = [
                "windows", "plan9", "js", "wasip1", "darwin", "solaris", "aix", "netbsd",
                "openbsd", "freebsd",
            ];
            name.ends_with(".go")
                && !name.ends_with("_test.go")
                && !other_system
                    .iter()
                    .any(|os| name.contains(&format!("_{os}")))
        };
        let files: Vec<_> = paths
            .iter()
            .filter(|path| is_wanted(path))
            .map(|path| std::fs::read(path).expect("readable"))
            .filter(|text| !String::from_utf8_lossy(text).contains("\n//go:build ignore\n"))
            .map(|text| Arc::new(parse(Source::new(text), Mode::SkipBodies)))
            .collect();
        (!files.is_empty()).then(|| Arc::new(PackageNames::new(Importer::new(import_path), files)))
    }
}
