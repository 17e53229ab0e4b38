//! Trying the fixes of a package while it is at hand: what does not change is not parsed again.
//!
//! Only the package is looked at. What a fix does to those that import it is seen by `fix`, which
//! analyses everything once more.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::Diagnostic;
use go_flow::Inferred;
use go_syntax::{File, FuncId, Mode, Source, parse};
use go_types::{Importer, Loader, PackageNames};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Run;
use super::file::FileCheck;
use super::targets::{Unit, UnitFile};
use crate::fix::{Found, Rounds, Subject, prove};
use crate::guard::catch;
use crate::observed;

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
        prove(findings, &files, &mut |rounds: &Rounds| {
            if self.run.is_interrupted() {
                return Ok(None);
            }
            let mut found = self.look(rounds, &known);
            for findings in found.iter_mut().flat_map(Found::values_mut) {
                let (old, mut new): (Vec<Diagnostic>, Vec<Diagnostic>) = findings
                    .drain(..)
                    .partition(|finding| known.contains(&(finding.rule, finding.function.clone())));
                observed::weigh(&mut new, asked);
                findings.extend(old);
                findings.extend(new);
            }
            Ok(found)
        });
    }

    /// What is found in the files on trial, unless that cannot be told. Functions that say what they did,
    /// of which nothing was `known`, are passed over.
    fn look(&self, rounds: &Rounds, known: &FxHashSet<(&str, String)>) -> Option<Found> {
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
        let spoken_of: FxHashSet<&str> = known.iter().map(|(_, function)| &**function).collect();
        let found = tried.into_iter().map(|(index, file)| {
            let before: FxHashSet<&str> = declarations(self.names.file(index)).collect();
            let tree = names.file(index);
            let asked = |func: FuncId| {
                spoken_of.contains(&*names.function_label(index, func))
                    || !before.contains(tree.span_text(tree.func(func).span))
            };
            let report = check.run_some(index, file, &asked);
            (file.absolute.clone(), report.findings)
        });
        Some(found.collect())
    }
}

/// The texts of the functions that are declared in a file.
fn declarations(file: &File) -> impl Iterator<Item = &str> {
    file.all_funcs()
        .map(|func| file.func(func))
        .filter(|func| func.parent.is_none())
        .map(|func| file.span_text(func.span))
}
