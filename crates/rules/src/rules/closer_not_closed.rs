//! `closer-not-closed`.

use crate::cx::RuleCx;
use crate::release::report_leaks;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds things with a method `Close` that nobody closes.
    ///
    /// ## What it does
    /// Reports.
    ///
    /// ## Why it is bad
    /// Leaks.
    ///
    /// ## Example
    /// ```go
    /// func f() {}
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func f() {}
    /// ```
    ///
    /// ## When it is wrong
    /// Sometimes.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub CloserNotClosed {
        name: "closer-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for CloserNotClosed {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_leaks(cx, &Self::META);
    }
}
