//! What a rule is, and how one is declared.

use diagnostics::{Category, Diagnostic, Evidence, Severity};
use go_syntax::{Features, File, FuncId};
use go_types::PackageCx;

use crate::cx::RuleCx;
use crate::driver::FileInput;

/// What is known of a rule without running it.
#[derive(Debug)]
pub struct RuleMeta {
    /// The name: what users select, suppress and read.
    pub name: &'static str,
    /// The heading of the catalogue.
    pub category: Category,
    /// The severity unless configured otherwise.
    pub severity: Severity,
    /// Whether the rule runs unless configured otherwise.
    pub on_by_default: bool,
    /// The rule has something to say only about functions in which one of these occurs.
    pub needs: Features,
    /// The doc comment of the rule: Markdown under fixed headings, see [`crate::RuleDoc`].
    pub doc: &'static str,
}

/// What evidence from running programs is to a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EvidenceUse {
    /// Nothing: findings are ranked by it, no more.
    None,
    /// It turns the rule on, and findings that it does not bear out are dropped, unless the rule was
    /// selected.
    TurnsOn,
    /// The rule has nothing to say without it.
    Needed,
}

/// A rule: looks at one top-level function at a time, with the literals nested in it.
pub trait Rule: Sync {
    /// What is known of the rule.
    fn meta(&self) -> &'static RuleMeta;

    /// Whether the rule could have something to say about a top-level function, as far as syntax
    /// tells. Names are resolved and control flow is computed only for functions that some rule
    /// wants, so a rule that concerns few functions should be choosy here.
    fn applies(&self, file: &File, func: FuncId, input: &FileInput<'_>) -> bool {
        let _ = input;
        file.func(func).features.intersects(self.meta().needs)
    }

    /// Whether the rule could have something to say about a function that it [applies](Self::applies)
    /// to, as far as the declarations of the package tell. For rules about things that few packages
    /// have.
    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let _ = (package, func, input);
        true
    }

    /// Whether the rule looks at test files only when it was selected, and not when it is merely on by
    /// default.
    fn leaves_tests_alone(&self) -> bool {
        false
    }

    /// Whether the rule asks what called functions do with resources. Contracts are inferred only for
    /// those who ask.
    fn wants_contracts(&self) -> bool {
        false
    }

    /// What evidence from running programs is to the rule.
    fn evidence(&self) -> EvidenceUse {
        EvidenceUse::None
    }

    /// Whether what was observed at a finding of the rule makes it worth reporting. May put the figures
    /// into it. Asked of rules that use evidence.
    fn weigh(&self, finding: &mut Diagnostic, seen: &Evidence) -> bool {
        let _ = (finding, seen);
        true
    }

    /// Reports what is wrong in the function of `cx`.
    fn check(&self, cx: &RuleCx<'_>);
}

/// Declares a rule: a unit struct with its documentation and its metadata.
///
/// ```ignore
/// declare_rule! {
///     /// Summary in one line.
///     ///
///     /// ## What it does
///     /// …
///     pub DeferInLoop {
///         name: "defer-in-loop",
///         category: Placement,
///         severity: Warning,
///         default: on,
///         needs: DEFER,
///     }
/// }
/// ```
macro_rules! declare_rule {
    (
        $(#[doc = $doc:literal])*
        pub $rule:ident {
            name: $name:literal,
            category: $category:ident,
            severity: $severity:ident,
            default: $default:ident,
            needs: $need:ident $(| $needs:ident)*,
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $rule;

        impl $rule {
            /// What is known of the rule.
            pub(crate) const META: $crate::RuleMeta = $crate::RuleMeta {
                name: $name,
                category: diagnostics::Category::$category,
                severity: diagnostics::Severity::$severity,
                on_by_default: declare_rule!(@default $default),
                needs: go_syntax::Features::$need$(.union(go_syntax::Features::$needs))*,
                doc: concat!($($doc, "\n"),*),
            };
        }
    };
    (@default on) => { true };
    (@default off) => { false };
}

pub(crate) use declare_rule;
