//! Everything that can be selected, suppressed and looked up by name: the rules of the `rules` crate,
//! and what the engine itself reports.

use std::sync::LazyLock;

use diagnostics::{Category, Severity};
use go_syntax::Features;
use rules::{Rule, RuleMeta, SYNTAX_ERROR};

use crate::suggest::closest;

/// Declares what the engine says itself, as `declare_rule!` does for the rules: the doc comment is the
/// page.
macro_rules! declare {
    ($(#[doc = $doc:literal])* $constant:ident, $name:expr, $category:ident, $severity:ident, $on:literal) => {
        $(#[doc = $doc])*
        pub const $constant: RuleMeta = RuleMeta {
            name: $name,
            category: Category::$category,
            severity: Severity::$severity,
            on_by_default: $on,
            needs: Features::NONE,
            doc: concat!($($doc, "\n"),*),
        };
    };
}

declare! {
    /// Finds comments that are meant to suppress a finding and cannot.
    ///
    /// ## What it does
    ///
    /// Reports `//deferscope:ignore`, `//lint:ignore` and `//nolint` comments that name a rule which
    /// does not exist, name none, or leave out the reason that `//lint:ignore` demands.
    ///
    /// ## Why it is bad
    ///
    /// The comment does nothing, and its author believes that it does.
    ///
    /// ## Example
    ///
    /// ```go
    /// func f(names []string) {
    ///     for _, name := range names {
    ///         //deferscope:ignore defer-in-lop three names at most
    ///         defer release(name)
    ///     }
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```go
    /// func f(names []string) {
    ///     for _, name := range names {
    ///         //deferscope:ignore defer-in-loop three names at most
    ///         defer release(name)
    ///     }
    /// }
    /// ```
    ///
    /// ## When it is wrong
    ///
    /// Names in `//nolint` and `//lint:ignore` that belong to other linters are not reported, but one
    /// that resembles a rule of deferscope closely is.
    ///
    /// ## Fix safety
    ///
    /// There is no fix.
    INVALID_SUPPRESSION, "invalid-suppression", Suppression, Warning, true
}

declare! {
    /// Finds comments that suppress nothing.
    ///
    /// ## What it does
    ///
    /// Reports comments that name deferscope or one of its rules where that rule was looked for and
    /// nothing was found. `--report-unused-suppressions` turns it on, and so does selecting it.
    ///
    /// ## Why it is bad
    ///
    /// Once the defect is gone, the comment hides the next one that is made in its place.
    ///
    /// ## Example
    ///
    /// ```go
    /// func f(name string) {
    ///     //deferscope:ignore defer-in-loop three names at most
    ///     defer release(name)
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```go
    /// func f(name string) {
    ///     defer release(name)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    ///
    /// A comment that is needed under other build tags or on another system is unused under the
    /// present ones. A bare `//nolint` is never reported: it may be meant for another linter.
    ///
    /// ## Fix safety
    ///
    /// Safe: removes the comment when nothing in it is used.
    UNUSED_SUPPRESSION, "unused-suppression", Suppression, Warning, false
}

declare! {
    /// Finds files that are not Go.
    ///
    /// ## What it does
    ///
    /// Reports what the Go compiler would not parse: at most ten places in a file. It is no rule, and
    /// can be neither switched off nor suppressed.
    ///
    /// ## Why it is bad
    ///
    /// The code is not built, and findings in the functions concerned may be missing. Functions around
    /// them are analysed.
    ///
    /// ## Example
    ///
    /// ```go
    /// func f() {
    ///     x :=
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```go
    /// func f() {
    ///     x := 1
    ///     use(x)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    ///
    /// A file that is not meant to be Go, such as the input of a generator, can be excluded with
    /// `exclude` in `deferscope.toml`.
    ///
    /// ## Fix safety
    ///
    /// There is no fix.
    SYNTAX_ERROR_META, SYNTAX_ERROR, Syntax, Error, true
}

static ALL: LazyLock<Vec<&'static RuleMeta>> = LazyLock::new(|| {
    let of_engine = [&INVALID_SUPPRESSION, &UNUSED_SUPPRESSION];
    rules::all_rules()
        .iter()
        .map(|rule| rule.meta())
        .chain(of_engine)
        .collect()
});

/// What is known of every rule, in the order in which lists show them.
pub fn all() -> &'static [&'static RuleMeta] {
    &ALL
}

/// Everything that has a page: all rules, and what is reported without being one.
pub fn documented() -> impl Iterator<Item = &'static RuleMeta> {
    ALL.iter().copied().chain([&SYNTAX_ERROR_META])
}

/// The position in [`all`] of the rule with this name.
pub(crate) fn index_of(name: &str) -> Option<usize> {
    ALL.iter().position(|meta| meta.name == name)
}

/// What has a page under this name.
pub fn by_name(name: &str) -> Option<&'static RuleMeta> {
    documented().find(|meta| meta.name == name)
}

/// The code of the rule at `index` of [`all`]; absent for those of the engine.
pub(crate) fn rule_at(index: usize) -> Option<&'static dyn Rule> {
    rules::all_rules().get(index).copied()
}

/// The rule whose name resembles `name` most.
pub fn closest_rule(name: &str) -> Option<&'static str> {
    closest(name, ALL.iter().map(|meta| meta.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::RuleDoc;

    #[test]
    fn rules_are_found_by_the_names_they_have() {
        for (index, meta) in all().iter().enumerate() {
            assert_eq!(
                index_of(meta.name),
                Some(index),
                "{} occurs twice",
                meta.name
            );
            assert_eq!(
                rule_at(index).map(|rule| rule.meta().name),
                rules::rule_by_name(meta.name).map(|r| r.meta().name)
            );
        }
        assert_eq!(
            index_of(SYNTAX_ERROR),
            None,
            "it is not a rule: nobody can turn it off"
        );
    }

    #[test]
    fn the_rules_of_the_engine_are_documented_as_all_are() {
        for meta in [
            &INVALID_SUPPRESSION,
            &UNUSED_SUPPRESSION,
            &SYNTAX_ERROR_META,
        ] {
            let doc = RuleDoc::of(meta);
            assert!(doc.summary.ends_with('.'), "{}", meta.name);
            let titles: Vec<_> = doc.sections.iter().map(|section| section.title).collect();
            let expected = [
                "What it does",
                "Why it is bad",
                "Example",
                "Use instead",
                "When it is wrong",
                "Fix safety",
            ];
            assert_eq!(titles, expected, "{}", meta.name);
            assert_eq!(doc.code("Example").len(), 1, "{}", meta.name);
        }
    }
}
