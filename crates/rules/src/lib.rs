//! The rules, one file each in `rules/`, and what they share: how a rule is declared, what it can
//! ask, how it reports.
//!
//! Nothing here reads files or configuration: the engine does, and calls [`check_file`].

mod blocks;
mod contexts;
mod copies;
mod costs;
mod cx;
mod decides;
mod deferred;
mod docs;
mod driver;
mod duty;
mod early;
mod ending;
mod endless;
mod fixes;
mod fresh;
mod groups;
mod harmless;
mod held;
mod iterate;
mod keeps;
mod life;
mod locked;
mod masks;
mod meeting;
mod models;
mod nilness;
mod nocopy;
mod once;
mod origin;
mod owners;
mod parties;
mod release;
mod repeat;
mod rule;
mod rules;
mod sequence;
mod sink;
mod spare;
mod spent;
mod stops;
mod story;
mod stuck;

pub use cx::{Finding, RuleCx, function_name};
pub use docs::{RuleDoc, Section};
pub use driver::{FileInput, RuleSet, check_file, check_function, functions};
pub use models::{
    MODEL_TABLES, ModelMistake, ModelPlace, RunModels, UserModels, model_places, models,
};
pub use rule::{EvidenceUse, Rule, RuleMeta};
pub use rules::{all_rules, rule_by_name};

/// The name of the diagnostic for files that are not Go. It is no rule: it cannot be switched off.
pub const SYNTAX_ERROR: &str = "syntax-error";
