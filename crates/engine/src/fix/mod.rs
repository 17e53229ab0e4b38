//! Repairing what is found: fixes are applied in memory, the result is analysed again, and so on until
//! nothing is left to do; then the files are written.
//!
//! A fix is believed only when the next analysis bears it out: its finding has to be gone, no other
//! may have come in that file, and the file has to parse. What it lays bare may be repaired with it, if
//! there is a fix for that too; then both are believed or none. A fix that fails this is taken back, and
//! not tried again before something else in its function has changed. `select` chooses fixes that do not get into each other's way, `text` applies edits to
//! bytes, `files` says which files may be changed and writes them.

mod files;
mod select;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{Applicability, Diagnostic};
use rules::SYNTAX_ERROR;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cache::CachePlace;
use crate::driver::{Outcome, Request, StandIn, ThreadError, run};

pub use files::{Change, FixError, uncommitted, write_changes};

/// So often a file is changed before the rest is left to another run. Each round applies all fixes
/// that do not touch each other, so few are needed.
const MAX_ROUNDS: usize = 60;
/// So often everything is looked at again after the changed files have come to rest.
const MAX_PASSES: usize = 4;
/// So many times a fix may lay something bare that has a fix.
const MAX_CHAIN: usize = 3;

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
    let mut work = Work {
        request,
        files: BTreeMap::new(),
        eligible: is_partial.then(|| fingerprints(&outcome)),
        applied: Vec::new(),
        problems: Vec::new(),
        has_quit: false,
    };
    for _ in 0..MAX_PASSES {
        if outcome.interrupted || !work.take_up(&outcome.findings) {
            break;
        }
        work.rounds(&mut ask)?;
        if work.files.values().all(|file| !file.has_changed()) {
            break;
        }
        let stand_ins = work.stand_ins(|_| true);
        let mut full = run(&Request {
            stand_ins: &stand_ins,
            changes: None,
            baseline: None,
            ..base
        })?;
        if let Some(eligible) = &work.eligible {
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

/// A text that is to be judged by what is found in it.
struct Trial {
    text: Arc<str>,
    /// The findings that it should be rid of.
    tried: Vec<Diagnostic>,
    /// What these laid bare, which it should be rid of too.
    followed: Vec<Diagnostic>,
    /// How often something was laid bare.
    depth: usize,
}

/// A file on its way from what it was to what it will be.
struct FileState {
    /// As findings name it.
    path: Arc<PathBuf>,
    original: Arc<str>,
    /// The text that the last accepted round led to, and what is found in it.
    text: Arc<str>,
    findings: Option<Vec<Diagnostic>>,
    trial: Option<Trial>,
    /// Fixes that are not wanted, and why the others did not keep their word, by fingerprint.
    rejected: FxHashMap<String, Option<FixError>>,
    /// Whether to try one fix at a time, since several at once went wrong.
    is_cautious: bool,
    applied: usize,
    rounds: usize,
    is_at_rest: bool,
}

impl FileState {
    fn current(&self) -> &Arc<str> {
        self.trial.as_ref().map_or(&self.text, |trial| &trial.text)
    }

    fn has_changed(&self) -> bool {
        self.text != self.original
    }
}

struct Work<'r, 'a> {
    request: &'r FixRequest<'a>,
    /// By absolute path.
    files: BTreeMap<PathBuf, FileState>,
    /// Only these findings are to be repaired, if not all.
    eligible: Option<FxHashSet<String>>,
    applied: Vec<Changed>,
    problems: Vec<FixError>,
    has_quit: bool,
}

impl Work<'_, '_> {
    /// Whether a finding is to be repaired.
    fn is_wanted(&self, finding: &Diagnostic) -> bool {
        let eligible = self.eligible.as_ref();
        self.is_fixable(finding)
            && eligible.is_none_or(|eligible| eligible.contains(&finding.fingerprint))
    }

    /// Whether it has a fix that may be applied.
    fn is_fixable(&self, finding: &Diagnostic) -> bool {
        finding.fix.as_ref().is_some_and(|fix| {
            let is_own = |edit: &diagnostics::Edit| match &edit.path {
                Some(path) => *path == finding.path,
                None => true,
            };
            let allowed = match fix.applicability {
                Applicability::Safe => true,
                Applicability::Unsafe => self.request.unsafe_too,
                Applicability::DisplayOnly => false,
            };
            allowed && !fix.edits.is_empty() && fix.edits.iter().all(is_own)
        })
    }

    /// Opens the files in which there is something to do; whether there is any.
    fn take_up(&mut self, findings: &[Diagnostic]) -> bool {
        let mut any = false;
        let mut refused: FxHashSet<PathBuf> = FxHashSet::default();
        for finding in findings {
            if !self.is_wanted(finding) {
                continue;
            }
            let absolute = self.request.run.cwd.join(&**finding.path);
            if let Some(known) = self.files.get_mut(&absolute) {
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
                    let state = FileState {
                        path: Arc::clone(&finding.path),
                        original: Arc::clone(&text),
                        text,
                        findings: None,
                        trial: None,
                        rejected: FxHashMap::default(),
                        is_cautious: false,
                        applied: 0,
                        rounds: 0,
                        is_at_rest: false,
                    };
                    self.files.insert(absolute, state);
                }
                Err(error) => {
                    if !self.problems.contains(&error) {
                        self.problems.push(error);
                    }
                    refused.insert(absolute);
                }
            }
        }
        any && !self.has_quit
    }

    fn stand_ins(&self, wanted: impl Fn(&FileState) -> bool) -> Vec<StandIn> {
        let files = self.files.iter().filter(|(_, file)| wanted(file));
        files
            .map(|(path, file)| StandIn {
                path: path.clone(),
                bytes: Arc::from(file.current().as_bytes()),
            })
            .collect()
    }

    /// Changes the files that are not at rest, and looks at them again, until all are.
    fn rounds(&mut self, ask: &mut Option<&mut Asker<'_>>) -> Result<(), ThreadError> {
        loop {
            let patterns: Vec<String> = self
                .files
                .iter()
                .filter(|(_, file)| !file.is_at_rest)
                .map(|(path, _)| path.to_string_lossy().into_owned())
                .collect();
            if patterns.is_empty() {
                return Ok(());
            }
            // What others look like now matters too.
            let stand_ins = self.stand_ins(|_| true);
            let base = self.request.run;
            let cache: Option<&CachePlace> = base.cache;
            let outcome = run(&Request {
                patterns: &patterns,
                stand_ins: &stand_ins,
                changes: None,
                baseline: None,
                cache,
                count_imports: false,
                observer: &crate::Silent,
                ..base
            })?;
            if outcome.interrupted {
                for file in self.files.values_mut() {
                    file.trial = None;
                    file.is_at_rest = true;
                }
                return Ok(());
            }
            let mut by_file: FxHashMap<PathBuf, Vec<Diagnostic>> = FxHashMap::default();
            for finding in outcome.findings {
                let absolute = base.cwd.join(&**finding.path);
                by_file.entry(absolute).or_default().push(finding);
            }
            let paths: Vec<PathBuf> = self.files.keys().cloned().collect();
            for path in paths {
                let findings = by_file.remove(&path).unwrap_or_default();
                self.step(&path, findings, ask);
            }
        }
    }

    /// Judges the trial of a file by what is found in it now, and starts the next.
    fn step(&mut self, path: &Path, found: Vec<Diagnostic>, ask: &mut Option<&mut Asker<'_>>) {
        let Some(mut file) = self.files.remove(path) else {
            return;
        };
        if !file.is_at_rest {
            self.judge(&mut file, found, ask);
            if file.trial.is_none() {
                self.start_trial(&mut file, ask);
            }
            file.is_at_rest = file.trial.is_none();
        }
        self.files.insert(path.to_path_buf(), file);
    }

    fn judge(
        &mut self,
        file: &mut FileState,
        found: Vec<Diagnostic>,
        ask: &mut Option<&mut Asker<'_>>,
    ) {
        let Some(trial) = file.trial.take() else {
            file.findings = Some(found);
            return;
        };
        let before = file.findings.as_deref().unwrap_or_default();
        let surplus = surplus(before, &trial.tried, &found);
        if surplus.is_empty() {
            let repaired = self.repaired(before, &trial, &found);
            file.applied += repaired.len();
            self.applied.extend(repaired);
            file.text = trial.text;
            file.is_cautious = false;
            // What another fix got into the way of may be done now.
            let touched: FxHashSet<&str> = trial.tried.iter().map(|f| &*f.function).collect();
            for finding in &found {
                if touched.contains(&*finding.function)
                    && matches!(file.rejected.get(&finding.fingerprint), Some(Some(_)))
                {
                    file.rejected.remove(&finding.fingerprint);
                }
            }
            file.findings = Some(found);
            return;
        }
        let rule = surplus.first().map(|finding| finding.rule);
        match self.follow(&trial, &surplus, file.rounds, ask) {
            Some(next) => {
                file.rounds += 1;
                file.trial = Some(next);
            }
            None => reject(file, &trial.tried, rule),
        }
    }

    /// The trial that repairs what the last one laid bare, if all of that can be.
    fn follow(
        &mut self,
        trial: &Trial,
        surplus: &[&Diagnostic],
        rounds: usize,
        ask: &mut Option<&mut Asker<'_>>,
    ) -> Option<Trial> {
        let is_tried = |finding: &Diagnostic| {
            let mut tried = trial.tried.iter();
            tried.any(|other| other.rule == finding.rule && other.function == finding.function)
        };
        if trial.depth >= MAX_CHAIN
            || rounds >= MAX_ROUNDS
            || !surplus
                .iter()
                .all(|finding| self.is_fixable(finding) && !is_tried(finding))
        {
            return None;
        }
        let chosen = select::without_conflicts(&trial.text, surplus.iter().copied(), ask.is_some());
        let chosen: Vec<Diagnostic> = chosen.into_iter().cloned().collect();
        let text = text::apply(&trial.text, &chosen)?;
        if chosen.is_empty() || !text::parses(&text) {
            return None;
        }
        if let (Some(ask), [only]) = (ask.as_deref_mut(), chosen.as_slice()) {
            match ask(only, &trial.text, &text) {
                Answer::Yes => {}
                Answer::No => return None,
                Answer::Quit => {
                    self.has_quit = true;
                    return None;
                }
            }
        }
        let mut followed = trial.followed.clone();
        followed.extend(chosen);
        Some(Trial {
            text: Arc::from(text),
            tried: trial.tried.clone(),
            followed,
            depth: trial.depth + 1,
        })
    }

    /// What an accepted trial has repaired: other findings of before, too, whose fix was the same.
    fn repaired(&self, before: &[Diagnostic], trial: &Trial, after: &[Diagnostic]) -> Vec<Changed> {
        let edits = |finding: &Diagnostic| finding.fix.as_ref().map(|fix| fix.edits.clone());
        let is_same = |finding: &&Diagnostic| {
            let is_tried = |tried: &Diagnostic| tried.fingerprint == finding.fingerprint;
            self.is_wanted(finding)
                && !trial.tried.iter().any(is_tried)
                && !after.iter().any(is_tried)
                && trial
                    .tried
                    .iter()
                    .any(|tried| edits(tried) == edits(finding))
        };
        let others = before.iter().filter(is_same);
        let all = trial.tried.iter().chain(&trial.followed).chain(others);
        all.filter_map(changed).collect()
    }

    fn start_trial(&mut self, file: &mut FileState, ask: &mut Option<&mut Asker<'_>>) {
        while file.rounds < MAX_ROUNDS && !self.has_quit {
            let findings = file.findings.as_deref().unwrap_or_default();
            let wanted = findings.iter().filter(|finding| {
                self.is_wanted(finding) && !file.rejected.contains_key(&finding.fingerprint)
            });
            let one_by_one = file.is_cautious || ask.is_some();
            let chosen = select::without_conflicts(&file.text, wanted, one_by_one);
            if chosen.is_empty() {
                return;
            }
            let tried: Vec<Diagnostic> = chosen.into_iter().cloned().collect();
            let Some(text) = text::apply(&file.text, &tried) else {
                reject(file, &tried, None);
                continue;
            };
            if let (Some(ask), [only]) = (ask.as_deref_mut(), tried.as_slice()) {
                match ask(only, &file.text, &text) {
                    Answer::Yes => {}
                    Answer::No => {
                        file.rejected.insert(only.fingerprint.clone(), None);
                        continue;
                    }
                    Answer::Quit => {
                        self.has_quit = true;
                        return;
                    }
                }
            }
            if !text::parses(&text) {
                reject(file, &tried, None);
                continue;
            }
            file.rounds += 1;
            file.trial = Some(Trial {
                text: Arc::from(text),
                tried,
                followed: Vec::new(),
                depth: 0,
            });
            return;
        }
    }

    fn finish(self, outcome: Outcome) -> Fixed {
        let mut problems = self.problems;
        let mut changes = Vec::new();
        for (absolute, mut file) in self.files {
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
        let mut applied = self.applied;
        applied.sort_by(|a, b| (&a.path, a.rule).cmp(&(&b.path, b.rule)));
        Fixed {
            outcome,
            changes,
            applied,
            problems,
        }
    }
}

/// Takes a trial back: the next is smaller, or does without its fix. `found` is the rule that speaks
/// after it, if it is for that.
fn reject(file: &mut FileState, tried: &[Diagnostic], found: Option<&'static str>) {
    match tried {
        [only] => {
            let description = only.fix.as_ref().map(|fix| fix.description.clone());
            let error = FixError::Unproven {
                path: (*only.path).clone(),
                rule: only.rule,
                found: found.unwrap_or(SYNTAX_ERROR),
                description: description.unwrap_or_default(),
            };
            file.rejected.insert(only.fingerprint.clone(), Some(error));
        }
        _ => file.is_cautious = true,
    }
}

fn changed(finding: &Diagnostic) -> Option<Changed> {
    let fix = finding.fix.as_ref()?;
    Some(Changed {
        path: Arc::clone(&finding.path),
        rule: finding.rule,
        description: fix.description.clone(),
    })
}

/// The findings that should not be there after a trial: one that it was about, or one that has come.
fn surplus<'d>(
    before: &[Diagnostic],
    tried: &[Diagnostic],
    after: &'d [Diagnostic],
) -> Vec<&'d Diagnostic> {
    let mut allowed: FxHashMap<(&str, &str), isize> = FxHashMap::default();
    for finding in before {
        *allowed
            .entry((finding.rule, &finding.function))
            .or_default() += 1;
    }
    for finding in tried {
        *allowed
            .entry((finding.rule, &finding.function))
            .or_default() -= 1;
    }
    let mut surplus = Vec::new();
    for finding in after {
        let left = allowed
            .entry((finding.rule, &finding.function))
            .or_default();
        *left -= 1;
        if *left < 0 || finding.rule == SYNTAX_ERROR {
            surplus.push(finding);
        }
    }
    surplus
}
