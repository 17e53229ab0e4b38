//! Fixes are tried before they are offered: what the analysis of the changed text does not bear out is
//! shown, and never applied.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{Applicability, Diagnostic};
use rules::SYNTAX_ERROR;
use rustc_hash::{FxHashMap, FxHashSet};

use super::files::FixError;
use super::rounds::{FileState, Look, Rounds};

/// A file in which fixes are to be tried.
pub(crate) struct Subject<'a> {
    pub(crate) path: Arc<PathBuf>,
    pub(crate) absolute: &'a Path,
    pub(crate) text: &'a str,
}

/// Tries the fixes of `findings`, which lie in `files`, as `fix` would: once the safe ones, and once all.
/// A safe fix that does not keep its word without an unsafe one beside it becomes unsafe; one that never
/// does is only shown, and says why.
pub(crate) fn prove(
    findings: &mut [Diagnostic],
    files: &[Subject<'_>],
    look: &mut Look<'_, Infallible>,
) {
    for (tried, otherwise) in [
        (Applicability::Safe, Applicability::Unsafe),
        (Applicability::Unsafe, Applicability::DisplayOnly),
    ] {
        let is_tried = |finding: &Diagnostic| {
            let fix = finding.fix.as_ref();
            fix.is_some_and(|fix| fix.applicability == tried)
        };
        if !findings.iter().any(is_tried) {
            continue;
        }
        // A file without a fix of this kind would only be tried again.
        let concerned = |file: &&Subject<'_>| {
            let mut own = findings.iter().filter(|finding| is_tried(finding));
            own.any(|finding| finding.path == file.path)
        };
        let files = files.iter().filter(concerned);
        let rounds = tried_out(findings, files, look, tried == Applicability::Unsafe);
        let verdict = Verdict::of(&rounds, findings);
        let failures: Vec<Option<String>> = findings
            .iter()
            .map(|finding| is_tried(finding).then(|| verdict.failure(&rounds, finding))?)
            .collect();
        for (finding, failure) in findings.iter_mut().zip(failures) {
            let (Some(fix), Some(failure)) = (&mut finding.fix, failure) else {
                continue;
            };
            fix.applicability = otherwise;
            if otherwise == Applicability::DisplayOnly {
                fix.description.push_str(&failure);
            }
        }
    }
}

fn tried_out<'s>(
    findings: &[Diagnostic],
    files: impl Iterator<Item = &'s Subject<'s>>,
    look: &mut Look<'_, Infallible>,
    unsafe_too: bool,
) -> Rounds {
    let mut rounds = Rounds::new(unsafe_too, None);
    for file in files {
        let own = findings.iter().filter(|finding| finding.path == file.path);
        let own: Vec<Diagnostic> = own.cloned().collect();
        if own.iter().any(|finding| rounds.is_wanted(finding)) {
            let mut state = FileState::new(&file.path, Arc::from(file.text));
            state.findings = Some(own);
            rounds.files.insert(file.absolute.to_path_buf(), state);
        }
    }
    rounds.begin();
    let Ok(()) = rounds.run(look, &mut None);
    rounds
}

/// What is left when all is done that can be.
struct Verdict<'r> {
    /// By their fingerprints.
    left: FxHashSet<&'r str>,
    /// Findings that were not there before, by rule and function: of some that were, another line may
    /// have changed what they are known by.
    renamed: FxHashSet<(&'r str, &'r str)>,
    why: FxHashMap<&'r str, Option<&'r FixError>>,
}

impl<'r> Verdict<'r> {
    fn of(rounds: &'r Rounds, before: &[Diagnostic]) -> Self {
        let known: FxHashSet<&str> = before.iter().map(|finding| &*finding.fingerprint).collect();
        let mut left = FxHashSet::default();
        let mut renamed = FxHashSet::default();
        let mut why = FxHashMap::default();
        for file in rounds.files.values() {
            for finding in file.findings.iter().flatten() {
                left.insert(&*finding.fingerprint);
                if !known.contains(&*finding.fingerprint) {
                    renamed.insert((finding.rule, &*finding.function));
                }
            }
            let rejected = file.rejected.iter();
            why.extend(rejected.map(|(fingerprint, error)| (&**fingerprint, error.as_ref())));
        }
        Self { left, renamed, why }
    }

    /// Why a fix is not to be had, if it is not, as the end of a sentence that says what it would do.
    fn failure(&self, rounds: &Rounds, finding: &Diagnostic) -> Option<String> {
        let why = self.why.get(&*finding.fingerprint);
        let is_left = self.left.contains(&*finding.fingerprint)
            || why.is_some() && self.renamed.contains(&(finding.rule, &finding.function));
        if !is_left && rounds.is_wanted(finding) {
            return None;
        }
        Some(match why.copied().flatten() {
            Some(FixError::Unproven { found, .. }) if *found == SYNTAX_ERROR => {
                ", though the result would be no Go".to_owned()
            }
            Some(FixError::Unproven { rule, found, .. }) if found != rule => {
                format!(", though `{found}` would find something then")
            }
            _ => ", though that would not be enough".to_owned(),
        })
    }
}
