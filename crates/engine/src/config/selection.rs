//! Which rules run, with which severity: selectors, and layers of settings that are laid over each
//! other.
//!
//! Within one layer the more exact selector wins (a rule over its category, a category over `all`),
//! and of equally exact ones the one that ignores. A layer with `select` starts from nothing, one
//! without it goes on from what the layers below decided.

use diagnostics::{Category, Severity};

use super::error::Complaint;
use super::model::{ALL, Level, selectable};
use crate::catalogue;
use crate::suggest::closest;

/// A set of rules that has a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selector {
    /// Every rule.
    All,
    /// The rules of a category.
    Category(Category),
    /// One rule, by its position in the catalogue.
    Rule(usize),
}

impl Selector {
    /// The selector with this name.
    pub(crate) fn parse(name: &str) -> Result<Self, Complaint> {
        if name == ALL {
            return Ok(Self::All);
        }
        if let Some(index) = catalogue::index_of(name) {
            return Ok(Self::Rule(index));
        }
        if let Some(category) = Category::from_name(name) {
            return Ok(Self::Category(category));
        }
        if name == rules::SYNTAX_ERROR {
            let complaint =
                Complaint::new(format!("`{name}` is not a rule: it is always reported"));
            return Err(complaint.with_help("exclude the file, if it is not meant to be Go"));
        }
        let complaint = Complaint::new(format!("there is no rule or category `{name}`"));
        Err(complaint.with_help(match closest(name, selectable()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`deferscope rules` lists all rules and categories".to_owned(),
        }))
    }

    /// The name that is parsed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => ALL,
            Self::Category(category) => category.as_str(),
            Self::Rule(index) => catalogue::all()[index].name,
        }
    }

    /// Whether the rule at `index` of the catalogue is in the set.
    pub(crate) fn contains(self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Category(category) => catalogue::all()[index].category == category,
            Self::Rule(rule) => rule == index,
        }
    }

    /// The larger, the more exact.
    fn exactness(self) -> u8 {
        match self {
            Self::All => 0,
            Self::Category(_) => 1,
            Self::Rule(_) => 2,
        }
    }
}

/// One set of settings about rules.
#[derive(Clone, Default, Debug)]
pub(crate) struct Layer {
    pub(crate) select: Option<Vec<Selector>>,
    pub(crate) extend_select: Vec<Selector>,
    pub(crate) ignore: Vec<Selector>,
    pub(crate) severity: Vec<(Selector, Level)>,
}

impl Layer {
    /// What the layer takes away, as a layer of its own.
    pub(crate) fn only_ignores(&self) -> Self {
        let off = |&&(_, level): &&(Selector, Level)| level == Level::Off;
        Self {
            ignore: self.ignore.clone(),
            severity: self.severity.iter().filter(off).copied().collect(),
            ..Self::default()
        }
    }

    /// What the layer says of a rule: to run it, not to run it, or nothing.
    fn decision(&self, rule: usize) -> Option<bool> {
        let on = self
            .select
            .iter()
            .flatten()
            .chain(&self.extend_select)
            .map(|&selector| (selector, true));
        let ignored = self.ignore.iter().map(|&selector| (selector, false));
        let off = self
            .severity
            .iter()
            .filter(|(_, level)| *level == Level::Off);
        let off = off.map(|&(selector, _)| (selector, false));
        on.chain(ignored)
            .chain(off)
            .filter(|(selector, _)| selector.contains(rule))
            .max_by_key(|&(selector, run)| (selector.exactness(), !run))
            .map(|(_, run)| run)
    }

    fn severity_of(&self, rule: usize) -> Option<Severity> {
        self.severity
            .iter()
            .filter(|(selector, _)| selector.contains(rule))
            .filter_map(|&(selector, level)| Some((selector, level.severity()?)))
            // Of equally exact ones the last, so that a flag can be repeated.
            .max_by_key(|&(selector, _)| selector.exactness())
            .map(|(_, severity)| severity)
    }
}

/// The rules that run in a file: a severity for each rule of the catalogue that does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Selection(Vec<RuleState>);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct RuleState {
    runs: bool,
    /// Whether it runs because somebody selected it.
    asked: bool,
    severity: Severity,
}

impl Default for Selection {
    /// The rules that are on by default.
    fn default() -> Self {
        let state = |meta: &&'static rules::RuleMeta| RuleState {
            runs: meta.on_by_default,
            asked: false,
            severity: meta.severity,
        };
        Self(catalogue::all().iter().map(state).collect())
    }
}

impl Selection {
    /// The rules that are on by default when there is evidence from running programs.
    pub(crate) fn with_evidence() -> Self {
        let mut selection = Self::default();
        for (index, state) in selection.0.iter_mut().enumerate() {
            let rule = catalogue::rule_at(index);
            state.runs |= rule.is_some_and(|rule| rule.evidence() != rules::EvidenceUse::None);
        }
        selection
    }

    /// Lays settings over what has been decided so far.
    #[must_use]
    pub(crate) fn with(&self, layer: &Layer) -> Self {
        let states = self.0.iter().enumerate();
        Self(
            states
                .map(|(rule, state)| RuleState {
                    runs: match (layer.decision(rule), &layer.select) {
                        (Some(run), _) => run,
                        (None, Some(_)) => false,
                        (None, None) => state.runs,
                    },
                    asked: match (layer.decision(rule), &layer.select) {
                        (Some(run), _) => run,
                        (None, Some(_)) => false,
                        (None, None) => state.asked,
                    },
                    severity: layer.severity_of(rule).unwrap_or(state.severity),
                })
                .collect(),
        )
    }

    /// The severity of the rule at `index` of the catalogue, if it runs.
    pub(crate) fn severity(&self, index: usize) -> Option<Severity> {
        self.0
            .get(index)
            .filter(|state| state.runs)
            .map(|state| state.severity)
    }

    /// The severity of the rule with this name, if it runs.
    pub fn severity_of(&self, name: &str) -> Option<Severity> {
        self.severity(catalogue::index_of(name)?)
    }

    /// Positions and severities of the rules that run.
    pub(crate) fn running(&self) -> impl Iterator<Item = (usize, Severity)> + '_ {
        (0..self.0.len()).filter_map(|index| Some((index, self.severity(index)?)))
    }

    /// Whether somebody selected the rule at `index` of the catalogue.
    pub(crate) fn asked(&self, index: usize) -> bool {
        self.0.get(index).is_some_and(|state| state.asked)
    }

    /// Whether every rule that is on by default runs.
    pub(crate) fn covers_defaults(&self) -> bool {
        let mut states = catalogue::all().iter().zip(&self.0);
        states.all(|(meta, state)| state.runs || !meta.on_by_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selectors(names: &[&str]) -> Vec<Selector> {
        names
            .iter()
            .map(|name| Selector::parse(name).expect("a selector"))
            .collect()
    }

    fn layer(select: Option<&[&str]>, ignore: &[&str]) -> Layer {
        Layer {
            select: select.map(selectors),
            ignore: selectors(ignore),
            ..Layer::default()
        }
    }

    fn runs(layers: &[Layer], rule: &str) -> bool {
        let selection = layers
            .iter()
            .fold(Selection::default(), |selection, layer| {
                selection.with(layer)
            });
        selection.severity_of(rule).is_some()
    }

    #[test]
    fn the_more_exact_selector_wins() {
        let rule = "unused-suppression";
        assert!(!runs(&[], rule), "off by default");
        assert!(runs(&[layer(Some(&["all"]), &[])], rule));
        assert!(!runs(&[layer(Some(&["all"]), &["suppression"])], rule));
        assert!(
            !runs(&[layer(Some(&["suppression"]), &["suppression"])], rule),
            "of equals, to ignore wins"
        );
        assert!(runs(&[layer(Some(&[rule]), &["suppression", "all"])], rule));
        assert!(!runs(&[layer(Some(&["suppression"]), &[rule])], rule));
    }

    #[test]
    fn select_starts_anew_and_ignore_goes_on() {
        let (rule, other) = ("unused-suppression", "invalid-suppression");
        let below = layer(Some(&[rule]), &[]);
        assert!(!runs(std::slice::from_ref(&below), other));
        assert!(runs(&[below.clone(), layer(Some(&[other]), &[])], other));
        assert!(!runs(&[below.clone(), layer(Some(&[other]), &[])], rule));
        assert!(runs(&[below, layer(None, &[other])], rule));
        let extended = Layer {
            extend_select: selectors(&[rule]),
            ..Layer::default()
        };
        assert!(runs(std::slice::from_ref(&extended), rule) && runs(&[extended], other));
        assert!(
            runs(&[layer(None, &[rule]), layer(Some(&[rule]), &[])], rule),
            "a later layer is heard last"
        );
    }

    #[test]
    fn severities_are_laid_over_each_other() {
        let set = |pairs: &[(&str, Level)]| Layer {
            severity: pairs
                .iter()
                .map(|(name, level)| (selectors(&[name])[0], *level))
                .collect(),
            ..Layer::default()
        };
        let rule = "invalid-suppression";
        let severity = |layers: &[Layer]| {
            let selection = layers
                .iter()
                .fold(Selection::default(), |selection, layer| {
                    selection.with(layer)
                });
            selection.severity_of(rule)
        };
        assert_eq!(severity(&[]), Some(Severity::Warning));
        assert_eq!(
            severity(&[set(&[(rule, Level::Error), ("all", Level::Note)])]),
            Some(Severity::Error)
        );
        assert_eq!(
            severity(&[set(&[("all", Level::Note)])]),
            Some(Severity::Note)
        );
        assert_eq!(severity(&[set(&[(rule, Level::Off)])]), None);
        assert_eq!(
            severity(&[set(&[(rule, Level::Error)]), set(&[(rule, Level::Note)])]),
            Some(Severity::Note)
        );
        assert_eq!(
            severity(&[set(&[(rule, Level::Error), (rule, Level::Note)])]),
            Some(Severity::Note)
        );
    }

    #[test]
    fn unknown_names_are_answered_with_what_was_meant() {
        let help = |name| {
            Selector::parse(name)
                .expect_err("unknown")
                .help
                .unwrap_or_default()
        };
        assert_eq!(
            help("invalid-supression"),
            "did you mean `invalid-suppression`?"
        );
        assert_eq!(help("lock"), "did you mean `locks`?");
        assert!(help("gosec").contains("deferscope rules"));
        assert!(
            Selector::parse("syntax-error")
                .expect_err("no rule")
                .message
                .contains("always")
        );
    }
}
