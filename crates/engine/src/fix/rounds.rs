//! Fixes applied in memory, round by round: each text is looked at again, and a fix is kept or taken back
//! by what is found there. How to look is for others to say: `fix` runs everything, and `prove` a
//! package that is at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{Applicability, Diagnostic};
use rules::SYNTAX_ERROR;
use rustc_hash::{FxHashMap, FxHashSet};

use super::files::FixError;
use super::{Answer, Asker, Changed, select, text};

/// So often a file is changed before the rest is left to another run. Each round applies all fixes
/// that do not touch each other, so few are needed.
pub(super) const MAX_ROUNDS: usize = 60;
/// So many times a fix may lay something bare that has a fix.
const MAX_CHAIN: usize = 3;

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
pub(super) struct FileState {
    /// As findings name it.
    pub(super) path: Arc<PathBuf>,
    pub(super) original: Arc<str>,
    /// The text that the last accepted round led to, and what is found in it.
    pub(super) text: Arc<str>,
    pub(super) findings: Option<Vec<Diagnostic>>,
    trial: Option<Trial>,
    /// Fixes that are not wanted, and why the others did not keep their word, by fingerprint.
    pub(super) rejected: FxHashMap<String, Option<FixError>>,
    /// Whether to try one fix at a time, since several at once went wrong.
    is_cautious: bool,
    pub(super) applied: usize,
    pub(super) rounds: usize,
    pub(super) is_at_rest: bool,
}

impl FileState {
    pub(super) fn new(path: &Arc<PathBuf>, text: Arc<str>) -> Self {
        Self {
            path: Arc::clone(path),
            original: Arc::clone(&text),
            text,
            findings: None,
            trial: None,
            rejected: FxHashMap::default(),
            is_cautious: false,
            applied: 0,
            rounds: 0,
            is_at_rest: false,
        }
    }

    pub(super) fn current(&self) -> &Arc<str> {
        self.trial.as_ref().map_or(&self.text, |trial| &trial.text)
    }

    pub(super) fn has_changed(&self) -> bool {
        self.text != self.original
    }
}

/// What is found, by absolute path, in the files that are not at rest; nothing when interrupted.
pub(crate) type Found = FxHashMap<PathBuf, Vec<Diagnostic>>;

/// Looks at files as they are on trial.
pub(crate) type Look<'l, E> = dyn FnMut(&Rounds) -> Result<Option<Found>, E> + 'l;

/// Files on their way, and what is done with them.
pub(crate) struct Rounds {
    /// Whether to apply fixes that may change what the program does.
    pub(super) unsafe_too: bool,
    /// By absolute path.
    pub(super) files: BTreeMap<PathBuf, FileState>,
    /// Only these findings are to be repaired, if not all.
    pub(super) eligible: Option<FxHashSet<String>>,
    pub(super) applied: Vec<Changed>,
    pub(super) has_quit: bool,
}

impl Rounds {
    pub(super) fn new(unsafe_too: bool, eligible: Option<FxHashSet<String>>) -> Self {
        Self {
            unsafe_too,
            files: BTreeMap::new(),
            eligible,
            applied: Vec::new(),
            has_quit: false,
        }
    }

    /// Whether a finding is to be repaired.
    pub(super) fn is_wanted(&self, finding: &Diagnostic) -> bool {
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
                Applicability::Unsafe => self.unsafe_too,
                Applicability::DisplayOnly => false,
            };
            allowed && !fix.edits.is_empty() && fix.edits.iter().all(is_own)
        })
    }

    /// The text that each file has now, by absolute path, and whether it is to be looked at.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&Path, &Arc<str>, bool)> {
        let files = self.files.iter();
        files.map(|(path, file)| (path.as_path(), file.current(), !file.is_at_rest))
    }

    /// Starts with what is known to be found, so that files need not be looked at first.
    pub(super) fn begin(&mut self) {
        let paths: Vec<PathBuf> = self.files.keys().cloned().collect();
        for path in paths {
            if let Some(mut file) = self.files.remove(&path) {
                self.start_trial(&mut file, &mut None);
                file.is_at_rest = file.trial.is_none();
                self.files.insert(path, file);
            }
        }
    }

    /// Changes the files that are not at rest, and looks at them again, until all are.
    pub(super) fn run<E>(
        &mut self,
        look: &mut Look<'_, E>,
        ask: &mut Option<&mut Asker<'_>>,
    ) -> Result<(), E> {
        while self.files.values().any(|file| !file.is_at_rest) {
            let Some(mut found) = look(self)? else {
                for file in self.files.values_mut() {
                    file.trial = None;
                    file.is_at_rest = true;
                }
                return Ok(());
            };
            let paths: Vec<PathBuf> = self.files.keys().cloned().collect();
            for path in paths {
                let findings = found.remove(&path).unwrap_or_default();
                self.step(&path, findings, ask);
            }
        }
        Ok(())
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
pub(super) fn surplus<'d>(
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
