//! Repairing what is found: fixes are applied in memory, the result is analysed again, and so on until
//! nothing is left to do; then the files are written.
//!
//! A fix is believed only when the next analysis bears it out: its finding has to be gone, no other
//! may have come in that file, and the file has to parse. What it lays bare may be repaired with it, if
//! there is a fix for that too; then both are believed or none. A fix that fails this is taken back, and
//! not tried again before something else in its function has changed.
//!
//! `rounds` does that, `proof` does it before a fix is offered. `select` chooses fixes that do not get into
//! each other's way, `text` applies edits to bytes, `files` says which files may be changed and writes them.

mod files;
mod proof;
mod rounds;
mod select;
#[cfg(test)]
mod tests;
mod text;

use std::path::PathBuf;
use std::sync::Arc;

use diagnostics::Diagnostic;
use rustc_hash::FxHashSet;

use crate::driver::{Outcome, Request, StandIn, ThreadError, run};
use rounds::{FileState, MAX_ROUNDS};

pub use files::{Change, FixError, uncommitted, write_changes};
pub(crate) use proof::{Subject, prove};
pub(crate) use rounds::{Found, Rounds};

/// So often everything is looked at again after the changed files have come to rest.
const MAX_PASSES: usize = 4;

/// What somebody says to a fix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Apply it.
    Yes,
    /// Leave it.
    No,
    /// Leave it and all that come.
    Quit,
}

/// Somebody to ask about each fix: gets the finding, and the text of the file before and after.
pub type Asker<'a> = dyn FnMut(&Diagnostic, &str, &str) -> Answer + 'a;

/// What to repair.
#[derive(Debug)]
pub struct FixRequest<'a> {
    /// Where to look, and what for.
    pub run: Request<'a>,
    /// Whether to apply fixes that may change what the program does.
    pub unsafe_too: bool,
}

/// What was repaired, in memory.
#[derive(Debug)]
pub struct Fixed {
    /// What is left.
    pub outcome: Outcome,
    /// The files that change, by path.
    pub changes: Vec<Change>,
    /// The findings whose fix was applied.
    pub applied: Vec<Changed>,
    /// Files and fixes that were left alone, and why.
    pub problems: Vec<FixError>,
}

/// A fix that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// The file.
    pub path: Arc<PathBuf>,
    /// The rule.
    pub rule: &'static str,
    /// What the fix did.
    pub description: String,
}

/// Repairs what `request` asks for. Nothing is written: see [`write_changes`].
///
/// # Errors
///
/// When threads cannot be started. Everything else that goes wrong is in the result.
pub fn fix(
    request: &FixRequest<'_>,
    mut ask: Option<&mut Asker<'_>>,
) -> Result<Fixed, ThreadError> {
    let base = request.run;
    let mut outcome = run(&base)?;
    let is_partial = base.changes.is_some() || base.baseline.is_some();
    let eligible = is_partial.then(|| fingerprints(&outcome));
    let mut work = Work {
        base,
        rounds: Rounds::new(request.unsafe_too, eligible),
        problems: Vec::new(),
    };
    for _ in 0..MAX_PASSES {
        if outcome.interrupted || !work.take_up(&outcome.findings) {
            break;
        }
        let mut look = |rounds: &Rounds| look(&base, rounds);
        work.rounds.run(&mut look, &mut ask)?;
        if work.rounds.files.values().all(|file| !file.has_changed()) {
            break;
        }
        let stand_ins = stand_ins(&work.rounds);
        let mut full = run(&Request {
            stand_ins: &stand_ins,
            changes: None,
            baseline: None,
            ..base
        })?;
        if let Some(eligible) = &work.rounds.eligible {
            full.findings
                .retain(|finding| eligible.contains(&finding.fingerprint));
            full.statistics.not_new = outcome.statistics.not_new;
            full.statistics.baselined = outcome.statistics.baselined;
            full.statistics.stale = std::mem::take(&mut outcome.statistics.stale);
        }
        full.cache_error = outcome.cache_error.take();
        outcome = full;
    }
    Ok(work.finish(outcome))
}

fn fingerprints(outcome: &Outcome) -> FxHashSet<String> {
    let findings = outcome.findings.iter();
    findings
        .map(|finding| finding.fingerprint.clone())
        .collect()
}

/// What the files that are not at rest look like on trial.
fn look(base: &Request<'_>, rounds: &Rounds) -> Result<Option<Found>, ThreadError> {
    let patterns: Vec<String> = rounds
        .texts()
        .filter(|(_, _, is_looked_at)| *is_looked_at)
        .map(|(path, _, _)| path.to_string_lossy().into_owned())
        .collect();
    // What others look like now matters too.
    let stand_ins = stand_ins(rounds);
    let outcome = run(&Request {
        patterns: &patterns,
        stand_ins: &stand_ins,
        changes: None,
        baseline: None,
        count_imports: false,
        // This is how they are proved.
        prove_fixes: false,
        observer: &crate::Silent,
        ..*base
    })?;
    if outcome.interrupted {
        return Ok(None);
    }
    let mut found = Found::default();
    for finding in outcome.findings {
        let absolute = base.cwd.join(&**finding.path);
        found.entry(absolute).or_default().push(finding);
    }
    Ok(Some(found))
}

fn stand_ins(rounds: &Rounds) -> Vec<StandIn> {
    let texts = rounds.texts();
    texts
        .map(|(path, text, _)| StandIn {
            path: path.to_path_buf(),
            bytes: Arc::from(text.as_bytes()),
        })
        .collect()
}

struct Work<'a> {
    base: Request<'a>,
    rounds: Rounds,
    problems: Vec<FixError>,
}

impl Work<'_> {
    /// Opens the files in which there is something to do; whether there is any.
    fn take_up(&mut self, findings: &[Diagnostic]) -> bool {
        let mut any = false;
        let mut refused: FxHashSet<PathBuf> = FxHashSet::default();
        for finding in findings {
            if !self.rounds.is_wanted(finding) {
                continue;
            }
            let absolute = self.base.cwd.join(&**finding.path);
            if let Some(known) = self.rounds.files.get_mut(&absolute) {
                if !known.rejected.contains_key(&finding.fingerprint) && known.rounds < MAX_ROUNDS {
                    known.is_at_rest = false;
                    known.findings = None;
                    any = true;
                }
                continue;
            }
            if refused.contains(&absolute) {
                continue;
            }
            match files::open(&absolute, &finding.path) {
                Ok(text) => {
                    any = true;
                    let state = FileState::new(&finding.path, text);
                    self.rounds.files.insert(absolute, state);
                }
                Err(error) => {
                    if !self.problems.contains(&error) {
                        self.problems.push(error);
                    }
                    refused.insert(absolute);
                }
            }
        }
        // What is not offered is not tried: while files are tried, their fixes are as the rules make them.
        for finding in findings {
            let absolute = self.base.cwd.join(&**finding.path);
            if finding.fix.is_some()
                && !self.rounds.is_wanted(finding)
                && let Some(file) = self.rounds.files.get_mut(&absolute)
            {
                let rejected = file.rejected.entry(finding.fingerprint.clone());
                rejected.or_insert(None);
            }
        }
        any && !self.rounds.has_quit
    }

    fn finish(self, outcome: Outcome) -> Fixed {
        let mut problems = self.problems;
        let mut changes = Vec::new();
        for (absolute, mut file) in self.rounds.files {
            // In the order of the text, as far as they still are in it.
            for finding in &outcome.findings {
                if finding.path == file.path
                    && let Some(Some(error)) = file.rejected.remove(&finding.fingerprint)
                {
                    problems.push(error);
                }
            }
            if file.has_changed() {
                changes.push(Change {
                    absolute,
                    path: file.path,
                    before: file.original,
                    after: file.text,
                    fixes: file.applied,
                });
            }
        }
        let mut applied = self.rounds.applied;
        applied.sort_by(|a, b| (&a.path, a.rule).cmp(&(&b.path, b.rule)));
        Fixed {
            outcome,
            changes,
            applied,
            problems,
        }
    }
}
