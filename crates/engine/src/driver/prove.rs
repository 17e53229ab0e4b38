//! Trying the fixes of a package while it is at hand: what does not change is not parsed again.
//!
//! Only the package is looked at. What a fix does to those that import it is seen by `fix`, which
//! analyses everything once more.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{ByteRange, Diagnostic};
use go_flow::Inferred;
use go_syntax::{File, FuncId, Mode, Source, Span, parse};
use go_types::{Importer, Loader, PackageNames};
use rules::{EvidenceUse, rule_by_name};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Run;
use super::file::FileCheck;
use super::targets::{Unit, UnitFile};
use crate::fix::{Found, Rounds, Subject, prove};
use crate::guard::catch;
use crate::observed;
use crate::suppress::Suppressions;

/// A package that was analysed.
pub(super) struct Checked<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) loader: &'a dyn Loader,
    /// Of the package as it was. A fix may change those of the function that it repairs, which `fix`
    /// sees and which is too dear to find out here.
    pub(super) contracts: &'a dyn Inferred,
    pub(super) unit: &'a Unit,
    pub(super) names: &'a Arc<PackageNames>,
    /// Of all files.
    pub(super) paths: &'a [Arc<PathBuf>],
    /// The files that are analysed, with their index.
    pub(super) wanted: &'a [(u32, &'a UnitFile)],
}

impl Checked<'_> {
    /// Offers only the fixes that the analysis bears out.
    pub(super) fn prove(&self, findings: &mut [Diagnostic]) {
        if findings.iter().all(|finding| finding.fix.is_none()) {
            return;
        }
        let files: Vec<Subject<'_>> = self
            .wanted
            .iter()
            .map(|&(index, file)| Subject {
                path: Arc::clone(&file.path),
                absolute: &file.absolute,
                text: self.names.file(index).text(),
            })
            .collect();
        let known: FxHashSet<(&str, String)> = findings
            .iter()
            .map(|finding| (finding.rule, finding.function.clone()))
            .collect();
        // What needs evidence has nothing to say of code that never ran.
        let mut by_name = self.run.request.config.clone();
        by_name.with_evidence = false;
        let asked = |path: &Path, rule: &str| {
            let selection = by_name.selection_for(&self.run.request.cwd.join(path));
            selection.severity_of(rule).is_some()
        };
        // While fixes are tried they are as the rules make them.
        let made = findings.to_vec();
        prove(findings, &files, &mut |rounds: &Rounds| {
            if self.run.is_interrupted() {
                return Ok(None);
            }
            let mut found = self.look(rounds, &made);
            for findings in found.iter_mut().flat_map(Found::values_mut) {
                let (old, mut new): (Vec<Diagnostic>, Vec<Diagnostic>) = findings
                    .drain(..)
                    // Code that never ran says nothing of what counts only with evidence.
                    .filter(|finding| !needs_evidence(finding))
                    .partition(|finding| known.contains(&(finding.rule, finding.function.clone())));
                observed::weigh(&mut new, asked);
                findings.extend(old);
                findings.extend(new);
            }
            Ok(found)
        });
    }

    /// What is found in the files on trial, unless that cannot be told. Only functions that are not what
    /// they were are checked again: of the others it is known what the rules `made` of them.
    fn look(&self, rounds: &Rounds, made: &[Diagnostic]) -> Option<Found> {
        let mut trees: Vec<Arc<File>> = self.names.files().to_vec();
        let mut tried: Vec<(u32, &UnitFile)> = Vec::new();
        let by_path: FxHashMap<_, _> = (self.wanted.iter())
            .map(|&(index, file)| (file.absolute.as_path(), (index, file)))
            .collect();
        for (path, text, is_looked_at) in rounds.texts() {
            let Some(&(index, file)) = by_path.get(path) else {
                continue;
            };
            let tree = &mut trees[index as usize];
            if tree.text() != &**text {
                *tree = Arc::new(parse(Source::from(&**text), Mode::Full));
            }
            if is_looked_at {
                tried.push((index, file));
            }
        }
        let importer = Importer::of(Arc::clone(&self.unit.package));
        let names = Arc::new(catch(|| PackageNames::new(importer, trees)).ok()?);
        let mut check = FileCheck::new(
            self.run,
            self.loader,
            self.unit,
            &names,
            self.paths,
            self.contracts,
        );
        let mut only: FxHashSet<(u32, FuncId)> = FxHashSet::default();
        let mut jobs = Vec::new();
        for (index, file) in tried {
            let tree = names.file(index);
            let made = made.iter().filter(|finding| finding.path == file.path);
            // Where comments suppress something all is looked at.
            let same = match Suppressions::new(tree).is_empty() {
                true => Same::of(self.names.file(index), tree, made),
                false => Same::default(),
            };
            let asked = |func: &FuncId| !same.starts.contains(&tree.func(*func).span.start);
            let asked: FxHashSet<FuncId> = tree.all_funcs().filter(asked).collect();
            only.extend(asked.iter().map(|&func| (index, func)));
            jobs.push((index, file, asked, same.findings));
        }
        check.check_only(only);
        let found = jobs.into_iter().map(|(index, file, asked, known)| {
            let report = check.run_some(index, file, &|func| asked.contains(&func), known);
            (file.absolute.clone(), report.findings)
        });
        Some(found.collect())
    }
}

/// Whether a finding counts only when something observed bears it out.
fn needs_evidence(finding: &Diagnostic) -> bool {
    rule_by_name(finding.rule).is_some_and(|rule| rule.evidence() == EvidenceUse::Needed)
}

/// The functions of a file on trial that are what they were.
#[derive(Default)]
struct Same {
    /// Where they start.
    starts: FxHashSet<u32>,
    /// What was found in them, where it is now. Other places that it tells of are where they were: nobody
    /// asks for these on trial.
    findings: Vec<Diagnostic>,
}

impl Same {
    /// A function counts as changed when a fix in it reaches further, as one that imports something does,
    /// or when there are two like it.
    fn of<'d>(before: &File, after: &File, made: impl Iterator<Item = &'d Diagnostic>) -> Self {
        let mut was: FxHashMap<&str, Vec<Span>> = FxHashMap::default();
        for span in declarations(before) {
            was.entry(before.span_text(span)).or_default().push(span);
        }
        let mut found: FxHashMap<Span, Vec<&Diagnostic>> = FxHashMap::default();
        for finding in made {
            let mut around = declarations(before).filter(|span| contains(*span, finding.range));
            match around.next() {
                Some(span) => found.entry(span).or_default().push(finding),
                // Nobody knows which function it belongs to.
                None => return Self::default(),
            }
        }
        let mut same = Self::default();
        for span in declarations(after) {
            let Some(&[old]) = was.get(after.span_text(span)).map(Vec::as_slice) else {
                continue;
            };
            let own = found.remove(&old).unwrap_or_default();
            let stays_within = |finding: &&Diagnostic| {
                let mut edits = finding.fix.iter().flat_map(|fix| &fix.edits);
                edits.all(|edit| {
                    edit.path.as_ref().is_none_or(|path| *path == finding.path)
                        && contains(old, edit.range)
                })
            };
            if own.iter().all(stays_within) && same.starts.insert(span.start) {
                let own = own.into_iter();
                same.findings
                    .extend(own.map(|finding| moved(finding, old.start, span.start)));
            }
        }
        same
    }
}

fn contains(span: Span, range: ByteRange) -> bool {
    span.start <= range.start && range.end <= span.end
}

/// A finding of a function that starts elsewhere now.
fn moved(finding: &Diagnostic, from: u32, to: u32) -> Diagnostic {
    let shift = |range: &mut ByteRange| {
        range.start = range.start - from + to;
        range.end = range.end - from + to;
    };
    let mut finding = finding.clone();
    shift(&mut finding.range);
    for edit in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
        shift(&mut edit.range);
    }
    finding
}

/// Where the functions of a file are, without literals in them.
fn declarations(file: &File) -> impl Iterator<Item = Span> {
    file.all_funcs()
        .map(|func| file.func(func))
        .filter(|func| func.parent.is_none())
        .map(|func| func.span)
}
