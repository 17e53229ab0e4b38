//! Runs rules over the functions of a file.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use diagnostics::{Diagnostic, Severity};
use go_flow::{FunctionFacts, Inferred, Models};
use go_syntax::{Features, File, FuncId};
use go_types::{Body, PackageCx};

use crate::cx::RuleCx;
use crate::rule::Rule;

/// The rules that run, with their severities.
#[derive(Clone, Default)]
pub struct RuleSet {
    rules: Vec<(&'static dyn Rule, Severity)>,
    /// Those that somebody selected, by name.
    asked: Vec<&'static str>,
    needs: Features,
}

impl RuleSet {
    /// A set of rules with their configured severities.
    pub fn new(rules: Vec<(&'static dyn Rule, Severity)>) -> Self {
        let needs = rules.iter().fold(Features::NONE, |needs, (rule, _)| {
            needs.union(rule.meta().needs)
        });
        Self {
            rules,
            asked: Vec::new(),
            needs,
        }
    }

    /// The set, of which those were selected rather than on by default.
    #[must_use]
    pub fn asked(mut self, names: Vec<&'static str>) -> Self {
        self.asked = names;
        self
    }

    /// Whether a rule looks at a file: some leave test files alone unless they are asked.
    fn looks_at(&self, rule: &dyn Rule, input: &FileInput<'_>) -> bool {
        !input.is_test || !rule.leaves_tests_alone() || self.asked.contains(&rule.meta().name)
    }

    /// The rules that run unless configured otherwise.
    pub fn defaults() -> Self {
        let on = |rule: &&&'static dyn Rule| rule.meta().on_by_default;
        Self::new(
            crate::all_rules()
                .iter()
                .filter(on)
                .map(|&rule| (rule, rule.meta().severity))
                .collect(),
        )
    }

    /// The rules and their severities.
    pub fn iter(&self) -> impl Iterator<Item = (&'static dyn Rule, Severity)> + '_ {
        self.rules.iter().copied()
    }

    /// Whether one of the rules asks what called functions do with resources.
    pub fn wants_contracts(&self) -> bool {
        self.rules.iter().any(|(rule, _)| rule.wants_contracts())
    }

    /// Whether the rule called `name` runs.
    pub fn has(&self, name: &str) -> bool {
        self.rules.iter().any(|(rule, _)| rule.meta().name == name)
    }

    /// Whether no rule runs.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(
                self.rules
                    .iter()
                    .map(|(rule, severity)| (rule.meta().name, severity)),
            )
            .finish()
    }
}

/// A file to check.
#[derive(Clone, Copy, Debug)]
pub struct FileInput<'a> {
    /// The file's index in its package.
    pub index: u32,
    /// The path to report.
    pub path: &'a Arc<PathBuf>,
    /// The paths to report of all files of the package, by index; none when only this one is known.
    pub paths: &'a [Arc<PathBuf>],
    /// The language version: N of Go 1.N.
    pub go: u32,
    /// Whether it is a test file.
    pub is_test: bool,
    /// Whether its package is `main`.
    pub is_main: bool,
    /// What is known of libraries.
    pub models: &'a Models,
    /// What is known of the functions that it calls.
    pub contracts: &'a dyn Inferred,
}

/// Runs `rules` over all functions of a file. Findings come in no particular order, without
/// fingerprints.
pub fn check_file(
    package: &PackageCx<'_>,
    input: &FileInput<'_>,
    rules: &RuleSet,
) -> Vec<Diagnostic> {
    let file = package.file(input.index);
    functions(file, rules)
        .flat_map(|func| check_function(package, input, rules, func))
        .collect()
}

/// The top-level functions of a file that some of `rules` have something to say about.
pub fn functions<'a>(file: &'a File, rules: &RuleSet) -> impl Iterator<Item = FuncId> + use<'a> {
    let needs = rules.needs;
    file.all_funcs().filter(move |&func| {
        let node = file.func(func);
        node.parent.is_none() && node.features.intersects(needs)
    })
}

/// Runs `rules` over one of the [`functions`] of a file. Findings come in no particular order,
/// without fingerprints.
pub fn check_function(
    package: &PackageCx<'_>,
    input: &FileInput<'_>,
    rules: &RuleSet,
    func: FuncId,
) -> Vec<Diagnostic> {
    let file = package.file(input.index);
    let applies = |(rule, _): &&(&dyn Rule, Severity)| {
        rule.applies(file, func, input)
            && rules.looks_at(*rule, input)
            && rule.applies_in(package, func, input)
    };
    let mut wanted = rules.rules.iter().filter(applies).peekable();
    if wanted.peek().is_none() {
        return Vec::new();
    }
    let found = RefCell::new(Vec::new());
    let body = Body::new(package, input.index, func);
    let facts = FunctionFacts::new(&body);
    let mut cx = RuleCx::new(&body, &facts, input, rules, &found);
    for &(rule, severity) in wanted {
        cx.set_severity(severity);
        rule.check(&cx);
    }
    found.into_inner()
}
