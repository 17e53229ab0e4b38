//! One file: what is wrong with its syntax, what the rules say, what comments suppress.

use std::path::PathBuf;
use std::sync::Arc;

use diagnostics::{ByteRange, Category, Diagnostic, Severity};
use go_flow::{Inferred, StuckGoroutines};
use go_project::PackageKind;
use go_syntax::{DeclKind, File, FuncId, Span};
use go_types::{Loader, PackageCx, PackageNames};
use rules::{FileInput, RuleSet, SYNTAX_ERROR};
use rustc_hash::FxHashSet;

use super::rulesets::FileRules;
use super::targets::{Unit, UnitFile};
use super::{Run, order};
use crate::fingerprint;
use crate::guard::catch;
use crate::problem::Problem;
use crate::suppress::Suppressions;

/// So many syntax errors of a file are reported: most follow from the first.
const MAX_SYNTAX_ERRORS: usize = 10;

/// What came out of a file.
#[derive(Debug, Default)]
pub(crate) struct FileReport {
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) suppressed: usize,
    /// Whether it was passed over because a program wrote it.
    pub(crate) generated: bool,
    /// Of its package: for how many functions goroutines were run, and how often not to the end.
    pub(crate) explored: (usize, usize),
}

/// Checks the files of a package, one after the other.
pub(crate) struct FileCheck<'a> {
    run: &'a Run<'a>,
    loader: &'a dyn Loader,
    unit: &'a Unit,
    names: &'a Arc<PackageNames>,
    /// The paths to report of the package's files, by index.
    paths: &'a [Arc<PathBuf>],
    contracts: &'a dyn Inferred,
    cx: PackageCx<'a>,
}

impl<'a> FileCheck<'a> {
    pub(crate) fn new(
        run: &'a Run<'a>,
        loader: &'a dyn Loader,
        unit: &'a Unit,
        names: &'a Arc<PackageNames>,
        paths: &'a [Arc<PathBuf>],
        contracts: &'a dyn Inferred,
    ) -> Self {
        Self {
            run,
            loader,
            unit,
            names,
            paths,
            contracts,
            cx: PackageCx::new(names, loader),
        }
    }

    /// Checks the file at `index` of the package.
    pub(crate) fn run(&mut self, index: u32, file: &UnitFile) -> FileReport {
        self.run_some(index, file, &|_| true, Vec::new())
    }

    /// Says that no other functions will be checked.
    pub(super) fn check_only(&self, functions: FxHashSet<(u32, FuncId)>) {
        StuckGoroutines::ask_only(&self.cx, functions);
    }

    /// Checks those functions of a file that are `asked` for, and adds what is `known` of the others;
    /// all, when comments suppress something, since the comments are judged too.
    pub(super) fn run_some(
        &mut self,
        index: u32,
        file: &UnitFile,
        asked: &dyn Fn(FuncId) -> bool,
        known: Vec<Diagnostic>,
    ) -> FileReport {
        let mut report = FileReport::default();
        if self.run.is_interrupted() {
            return report;
        }
        let tree = self.names.file(index);
        self.syntax_errors(index, file, &mut report.findings);
        let source = self.unit.source(file);
        let is_reported = self.run.request.config.generated || !source.flags.generated;
        if is_reported {
            let rules = self.run.rule_sets.of(&file.absolute);
            let go = self.run.request.config.build.go_version;
            let input = FileInput {
                index,
                path: &file.path,
                paths: self.paths,
                go: u32::from(
                    go.unwrap_or_else(|| self.unit.package.file_version(source))
                        .minor,
                ),
                is_test: source.flags.test || self.unit.package.kind == PackageKind::ExternalTest,
                is_main: self.unit.package.is_main(),
                models: self.run.models.get(),
                contracts: self.contracts,
            };
            let all = !Suppressions::new(tree).is_empty();
            let asked = |func| all || asked(func);
            self.check_functions(&input, &rules.rules, &asked, &mut report);
            if !all {
                add_known(&mut report.findings, known);
            }
            self.identify(file, tree, &mut report.findings);
            self.suppress(index, file, &rules, &mut report);
        } else {
            report.generated = true;
            self.identify(file, tree, &mut report.findings);
        }
        report.explored = StuckGoroutines::counted(&self.cx);
        report
    }

    pub(super) fn check_functions(
        &mut self,
        input: &FileInput<'_>,
        rules: &RuleSet,
        asked: &dyn Fn(FuncId) -> bool,
        report: &mut FileReport,
    ) {
        let functions = rules::functions(self.names.file(input.index), rules);
        for func in functions.filter(|&func| asked(func)) {
            match catch(|| rules::check_function(&self.cx, input, rules, func)) {
                Ok(findings) => report.findings.extend(findings),
                Err(panic) => {
                    let function = self.names.function_label(input.index, func);
                    report
                        .problems
                        .push(Problem::bug(input.path, &function, &panic));
                    // What the panic left half done is not to be looked at again.
                    self.cx = PackageCx::new(self.names, self.loader);
                }
            }
        }
    }

    fn syntax_errors(&self, index: u32, file: &UnitFile, findings: &mut Vec<Diagnostic>) {
        let tree = self.names.file(index);
        let errors = tree.errors();
        for (count, error) in errors.iter().enumerate().take(MAX_SYNTAX_ERRORS) {
            let more = errors.len() - MAX_SYNTAX_ERRORS.min(errors.len());
            let help = (count + 1 == MAX_SYNTAX_ERRORS && more > 0)
                .then(|| format!("{more} more errors of this file are not shown; exclude it if it is not meant to be Go"));
            findings.push(Diagnostic {
                rule: SYNTAX_ERROR,
                category: Category::Syntax,
                severity: Severity::Error,
                message: error.message.clone(),
                help,
                ..self.finding(index, file, error.span)
            });
        }
    }

    /// A finding at a place, without anything said.
    fn finding(&self, index: u32, file: &UnitFile, span: Span) -> Diagnostic {
        let function = function_at(self.names.file(index), span.start);
        Diagnostic {
            rule: "",
            category: Category::Syntax,
            severity: Severity::Error,
            path: Arc::clone(&file.path),
            range: ByteRange {
                start: span.start,
                end: span.end,
            },
            function: function
                .map(|func| self.names.function_label(index, func))
                .unwrap_or_default(),
            message: String::new(),
            help: None,
            related: Vec::new(),
            fix: None,
            fingerprint: String::new(),
            evidence: None,
        }
    }

    /// Sorts findings and gives them their fingerprints. This comes before suppression, so that a
    /// comment at one finding does not change the identity of the next.
    fn identify(&self, file: &UnitFile, tree: &File, findings: &mut [Diagnostic]) {
        if findings.is_empty() {
            return;
        }
        findings.sort_by(order);
        let home = format!(
            "{}/{}",
            self.unit.package.import_path,
            self.unit.source(file).name.to_string_lossy()
        );
        fingerprint::fill_in(findings, tree, &home);
    }

    fn suppress(&self, index: u32, file: &UnitFile, rules: &FileRules, report: &mut FileReport) {
        let tree = self.names.file(index);
        let mut suppressions = Suppressions::new(tree);
        if suppressions.is_empty() {
            return;
        }
        report.suppressed += suppressions.apply(&mut report.findings);
        let complaints = suppressions.complaints(&rules.selection);
        let mut about: Vec<Diagnostic> = complaints
            .into_iter()
            .map(|complaint| Diagnostic {
                rule: complaint.rule.name,
                category: complaint.rule.category,
                severity: complaint.severity,
                message: complaint.message,
                help: complaint.help,
                fix: complaint.fix,
                ..self.finding(index, file, complaint.span)
            })
            .collect();
        self.identify(file, tree, &mut about);
        report.findings.extend(about);
    }
}

/// Adds findings that are known, but for those that were found again.
fn add_known(findings: &mut Vec<Diagnostic>, known: Vec<Diagnostic>) {
    let found: Vec<_> = findings.iter().map(|f| (f.rule, f.range)).collect();
    let known = known.into_iter();
    findings.extend(known.filter(|finding| !found.contains(&(finding.rule, finding.range))));
}

/// The declared function around an offset.
fn function_at(file: &File, offset: u32) -> Option<FuncId> {
    let decls = file.top_decls();
    let index = decls.partition_point(|&decl| file.decl(decl).span.end <= offset);
    let decl = file.decl(*decls.get(index)?);
    match decl.kind {
        DeclKind::Func(func) if decl.span.start <= offset => Some(func),
        _ => None,
    }
}
