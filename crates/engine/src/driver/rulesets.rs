//! The rules that run in a file. Files with the same overrides share a set.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rules::RuleSet;
use rustc_hash::FxHashMap;

use crate::cache::{Digest, Digester};
use crate::catalogue::rule_at;
use crate::config::{Config, Selection};

/// The rules that run in some files.
#[derive(Debug)]
pub(crate) struct FileRules {
    /// All of them, those of the engine included.
    pub(crate) selection: Selection,
    /// Those that look at functions.
    pub(crate) rules: RuleSet,
    /// Stands for the selection.
    pub(crate) digest: Digest,
}

/// The sets of rules of a run.
#[derive(Debug)]
pub(crate) struct RuleSets<'a> {
    config: &'a Config,
    sets: Mutex<FxHashMap<Vec<usize>, Arc<FileRules>>>,
}

impl<'a> RuleSets<'a> {
    pub(crate) fn new(config: &'a Config) -> Self {
        Self {
            config,
            sets: Mutex::default(),
        }
    }

    /// The rules that run in a file, given by its absolute path.
    pub(crate) fn of(&self, path: &Path) -> Arc<FileRules> {
        let overrides = self.config.overrides_for(path);
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sets.get(&overrides) {
            return Arc::clone(known);
        }
        let selection = self.config.selection_under(&overrides);
        let running = selection.running();
        let running: Vec<_> = running
            .filter_map(|(index, severity)| Some((index, rule_at(index)?, severity)))
            .collect();
        let asked = running
            .iter()
            .filter(|(index, ..)| selection.asked(*index))
            .map(|(_, rule, _)| rule.meta().name)
            .collect();
        let rules = RuleSet::new(
            running
                .iter()
                .map(|&(_, rule, severity)| (rule, severity))
                .collect(),
        )
        .asked(asked);
        let digest = Digester::new("selection").debug(&selection).finish();
        let set = Arc::new(FileRules {
            selection,
            rules,
            digest,
        });
        sets.insert(overrides, Arc::clone(&set));
        set
    }
}
