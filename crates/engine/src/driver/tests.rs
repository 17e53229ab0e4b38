//! Runs over small modules on the disk.

use std::sync::atomic::AtomicUsize;

use diagnostics::Category;
use go_project::MapEnv;
use go_syntax::Features;
use rules::{FileInput, Rule, RuleCx, RuleMeta, RuleSet};
use tempfile::TempDir;

use super::*;
use crate::config::Flags;

/// A module in a temporary folder.
struct Module {
    folder: TempDir,
    root: PathBuf,
    flags: Flags,
    stand_in: Option<StandIn>,
    baseline: Option<Baseline>,
}

impl Module {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        let module = Self {
            folder,
            root,
            flags: Flags::default(),
            stand_in: None,
            baseline: None,
        };
        module.write("go.mod", "module example.com/m\n\ngo 1.22\n");
        for (path, text) in files {
            module.write(path, text);
        }
        module
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        assert!(self.folder.path().exists());
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    fn run_with(&self, patterns: &[&str], change: impl Fn(&mut Request<'_>)) -> Outcome {
        let config = match Config::find(&self.root).filter(|found| found.starts_with(&self.root)) {
            Some(path) => Config::load(&path).expect("a configuration"),
            None => Config::defaults(&self.root),
        };
        let config = config.with_flags(&self.flags).expect("good flags");
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let env = MapEnv::default()
            .with("GOENV", "off")
            .with("GOPATH", self.root.join("gopath"));
        let mut request = Request {
            cwd: &self.root,
            env: &env,
            patterns: &patterns,
            config: &config,
            stand_ins: self.stand_in.as_slice(),
            changes: None,
            evidence: None,
            baseline: self.baseline.as_ref(),
            min_severity: Severity::Note,
            cache: None,
            jobs: Some(2),
            count_imports: true,
            prove_fixes: true,
            observer: &Silent,
            interrupt: &AtomicBool::new(false),
        };
        change(&mut request);
        run(&request).expect("threads")
    }

    fn run(&self) -> Outcome {
        self.run_with(&[], |_| ())
    }
}

/// `path rule function` for each finding.
fn lines(outcome: &Outcome) -> Vec<String> {
    let line = |finding: &Diagnostic| {
        format!(
            "{} {} {}",
            finding.path.display(),
            finding.rule,
            finding.function
        )
    };
    outcome.findings.iter().map(line).collect()
}

const BROKEN: &str =
    "package p\n\nfunc a() {\n\tx :=\n}\n\nfunc b() {\n\t//deferscope:ignore nothing\n\tc()\n}\n";

#[test]
fn a_broken_function_does_not_hide_its_neighbours() {
    let outcome =
        Module::new(&[("p/a.go", BROKEN), ("p/b.go", "package p\n\nfunc c() {}\n")]).run();
    assert_eq!(
        lines(&outcome),
        ["p/a.go syntax-error a", "p/a.go invalid-suppression b"]
    );
    assert!(!outcome.has_failed(), "{:?}", outcome.problems);
    assert_eq!(outcome.findings[0].severity, Severity::Error);
    assert_eq!(
        (outcome.statistics.packages, outcome.statistics.files),
        (1, 2)
    );
    assert!(
        outcome
            .findings
            .iter()
            .all(|finding| finding.fingerprint.len() == 32)
    );
}

#[test]
fn a_file_of_errors_is_reported_in_part() {
    let text = format!("package p\n\n{}", "func a() { x := }\n".repeat(30));
    let outcome = Module::new(&[("a.go", &text)]).run();
    assert_eq!(outcome.findings.len(), 10);
    let help = outcome.findings[9].help.as_deref().expect("a help");
    assert!(help.starts_with("20 more errors"), "{help}");
}

#[test]
fn the_number_of_threads_does_not_show() {
    let files: Vec<(String, String)> = (0..40)
        .map(|n| (format!("p{n}/a.go"), BROKEN.repeat(n % 3 + 1)))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let module = Module::new(&files);
    let one = module.run_with(&[], |request| request.jobs = Some(1));
    let many = module.run_with(&[], |request| request.jobs = Some(7));
    assert_eq!(one.findings, many.findings);
    assert_eq!(one.problems, many.problems);
    assert!(one.findings.len() > 80);
}

#[test]
fn the_settings_choose_files() {
    let mut module = Module::new(&[
        (
            "deferscope.toml",
            "exclude = ['third_party']\n[per-file-ignores]\n'quiet' = ['suppression']",
        ),
        ("a.go", BROKEN),
        ("a_test.go", BROKEN),
        ("quiet/a.go", BROKEN),
        ("third_party/a.go", BROKEN),
        (
            "gen/a.go",
            &format!("// Code generated by x. DO NOT EDIT.\n\n{BROKEN}"),
        ),
    ]);
    let found = lines(&module.run());
    assert_eq!(
        found,
        [
            "a.go syntax-error a",
            "a.go invalid-suppression b",
            "a_test.go syntax-error a",
            "a_test.go invalid-suppression b",
            "gen/a.go syntax-error a",
            "quiet/a.go syntax-error a",
        ]
    );
    module.flags = Flags {
        tests: Some(false),
        generated: Some(true),
        ..Flags::default()
    };
    let found = lines(&module.run());
    assert!(
        found.contains(&"gen/a.go invalid-suppression b".to_owned()),
        "{found:?}"
    );
    assert!(
        !found.iter().any(|line| line.contains("a_test.go")),
        "{found:?}"
    );
    module.flags = Flags {
        exclude: vec!["**".into()],
        ..Flags::default()
    };
    let outcome = module.run();
    assert!(outcome.findings.is_empty() && !outcome.has_failed());
    assert!(
        outcome
            .problems
            .iter()
            .any(|problem| problem.message.contains("excluded by the settings"))
    );
}

#[test]
fn a_stand_in_takes_the_place_of_a_file() {
    let mut module = Module::new(&[("p/a.go", "package p\n"), ("p/b.go", BROKEN)]);
    for name in ["p/a.go", "p/new.go"] {
        let path = module.root.join(name);
        module.stand_in = Some(StandIn {
            path,
            bytes: BROKEN.as_bytes().into(),
        });
        let outcome = module.run_with(&[name], |_| ());
        let expected = [
            format!("{name} syntax-error a"),
            format!("{name} invalid-suppression b"),
        ];
        assert_eq!(lines(&outcome), expected, "{:?}", outcome.problems);
    }
}

#[test]
fn what_cannot_be_found_is_a_failure() {
    let module = Module::new(&[("p/a.go", "package p\n")]);
    for pattern in [
        "./none",
        "./none/...",
        "none.go",
        "",
        "./p/../../elsewhere",
        "example.org/x",
    ] {
        let outcome = module.run_with(&[pattern, "./p"], |_| ());
        assert!(outcome.has_failed(), "{pattern}");
        assert_eq!(
            outcome.statistics.files, 1,
            "{pattern}: the rest is analysed"
        );
        assert!(outcome.problems[0].help.is_some(), "{pattern}");
    }
    let empty = Module::new(&[]);
    let outcome = empty.run();
    assert!(
        outcome.has_failed(),
        "nothing to check is not nothing found"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_behind_two_paths_is_analysed_once() {
    let module = Module::new(&[("p/a.go", BROKEN)]);
    std::os::unix::fs::symlink("p", module.root.join("b")).expect("a link");
    std::os::unix::fs::symlink(".", module.root.join("p/loop")).expect("a link");
    let outcome = module.run_with(&["./b", "./p", "./p/loop", "./..."], |_| ());
    assert_eq!(
        lines(&outcome),
        ["p/a.go syntax-error a", "p/a.go invalid-suppression b"]
    );
}

#[test]
fn an_interrupted_run_says_so() {
    let module = Module::new(&[("p/a.go", BROKEN)]);
    let interrupt = AtomicBool::new(true);
    let config = Config::defaults(&module.root);
    let request = Request {
        cwd: &module.root,
        env: &MapEnv::default(),
        patterns: &[],
        config: &config,
        stand_ins: &[],
        changes: None,
        evidence: None,
        baseline: None,
        min_severity: Severity::Note,
        cache: None,
        jobs: Some(1),
        count_imports: false,
        prove_fixes: false,
        observer: &Silent,
        interrupt: &interrupt,
    };
    let outcome = run(&request).expect("threads");
    assert!(outcome.interrupted && outcome.findings.is_empty());
}

#[test]
fn the_observer_hears_of_each_package() {
    #[derive(Default)]
    struct Counts(AtomicUsize, AtomicUsize);
    impl Observer for Counts {
        fn start(&self, packages: usize) {
            self.0.store(packages, Ordering::Relaxed);
        }
        fn package_done(&self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }
    let module = Module::new(&[
        ("p/a.go", "package p\n"),
        ("q/a.go", "package q\n"),
        ("q/a_test.go", "package q_test\n"),
    ]);
    let counts = Counts::default();
    let config = Config::defaults(&module.root);
    let request = Request {
        cwd: &module.root,
        env: &MapEnv::default(),
        patterns: &[],
        config: &config,
        stand_ins: &[],
        changes: None,
        evidence: None,
        baseline: None,
        min_severity: Severity::Note,
        cache: None,
        jobs: Some(2),
        count_imports: false,
        prove_fixes: false,
        observer: &counts,
        interrupt: &AtomicBool::new(false),
    };
    let outcome = run(&request).expect("threads");
    assert_eq!(outcome.statistics.packages, 3);
    assert_eq!((counts.0.into_inner(), counts.1.into_inner()), (3, 3));
}

#[test]
fn a_baseline_and_a_least_severity_leave_the_rest() {
    let mut module = Module::new(&[("a.go", BROKEN)]);
    let all = module.run();
    module.baseline = Some(Baseline::of(&all.findings[..1]));
    let outcome = module.run();
    assert_eq!(outcome.findings, all.findings[1..]);
    assert_eq!(
        (outcome.statistics.baselined, outcome.statistics.stale),
        (1, 0)
    );

    module.write("a.go", "package p\n");
    let outcome = module.run();
    assert_eq!(
        (outcome.statistics.baselined, outcome.statistics.stale),
        (0, 1)
    );

    module.write("a.go", BROKEN);
    module.baseline = None;
    let outcome = module.run_with(&[], |request| request.min_severity = Severity::Error);
    assert_eq!(lines(&outcome), ["a.go syntax-error a"]);
    assert_eq!(outcome.statistics.below_severity, 1);
}

#[test]
fn statistics_count_what_was_done() {
    let text =
        "package p\n\nimport (\n\t\"example.org/lost\"\n\t_ \"example.com/m/q\"\n\t\"fmt\"\n)\n";
    let module = Module::new(&[
        ("p/a.go", text),
        ("p/b.go", text),
        ("q/a.go", "package q\n"),
    ]);
    let statistics = module.run().statistics;
    assert_eq!((statistics.packages, statistics.files), (2, 3));
    assert_eq!(statistics.bytes, 2 * text.len() as u64 + 10);
    assert_eq!(
        statistics.imports_not_found, 1,
        "fmt is there without an installed Go"
    );
}

/// A rule with a bug.
struct Panics;

impl Rule for Panics {
    fn meta(&self) -> &'static RuleMeta {
        &RuleMeta {
            name: "panics",
            category: Category::Cost,
            severity: Severity::Note,
            on_by_default: false,
            needs: Features::DEFER,
            doc: "",
        }
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let root = cx.file().func(cx.root());
        assert!(!cx.file().span_text(root.span).contains("boom"), "a bug");
        cx.report(self.meta(), root.span, "fine");
    }
}

#[test]
fn a_panic_costs_one_function() {
    let text = "package p\n\nfunc a() { defer x() }\n\nfunc (*T) b() { defer boom() }\n\nfunc c() { defer x() }\n";
    let module = Module::new(&[("a.go", text)]);
    let config = Config::defaults(&module.root);
    let request = Request {
        cwd: &module.root,
        env: &MapEnv::default(),
        patterns: &[],
        config: &config,
        stand_ins: &[],
        changes: None,
        evidence: None,
        baseline: None,
        min_severity: Severity::Note,
        cache: None,
        jobs: Some(1),
        count_imports: false,
        prove_fixes: false,
        observer: &Silent,
        interrupt: &AtomicBool::new(false),
    };
    let mut run = Run::new(&request);
    let units = run.units();
    let loader = ProjectLoader::new(&run.project);
    let tree = go_syntax::parse(go_syntax::Source::from(text), go_syntax::Mode::Full);
    let importer = go_types::Importer::of(Arc::clone(&units[0].package));
    let names = Arc::new(go_types::PackageNames::new(importer, vec![Arc::new(tree)]));
    let contracts = Contracts::new(
        &run.project,
        &loader,
        &run.models,
        None,
        FxHashSet::default(),
    );
    let cx = go_types::PackageCx::new(&names, &loader);
    let own = contracts.unknown(&cx);
    let mut check = file::FileCheck::new(&run, &loader, &units[0], &names, &[], &own);
    let mut report = file::FileReport::default();
    let input = FileInput {
        index: 0,
        path: &units[0].files[0].path,
        paths: &[],
        go: 22,
        is_test: false,
        is_main: false,
        models: rules::models(),
        contracts: &go_flow::NoContracts,
    };
    check.check_functions(
        &input,
        &RuleSet::new(vec![(&Panics, Severity::Note)]),
        &|_| true,
        &mut report,
    );
    let functions: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.function.as_str())
        .collect();
    assert_eq!(functions, ["a", "c"]);
    assert_eq!(report.problems.len(), 1);
    let message = report.problems[0].to_string();
    assert!(
        message.starts_with("a.go: internal error in (*T).b: a bug at "),
        "{message}"
    );
    assert!(report.problems[0].fatal);
}
