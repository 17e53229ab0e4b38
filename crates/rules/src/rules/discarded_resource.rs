//! `discarded-resource`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_discarded};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds calls that open something which nobody takes.
    ///
    /// ## What it does
    /// Reports a call that gives a file, connection, listener, response body, rows, … when the result
    /// is assigned to the blank identifier, or when the call is a statement of its own. The rules
    /// about the single kinds (`file-not-closed`, `body-not-closed`, …) leave these to this one.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// Nothing can release what nothing holds. `_, err := os.Open(path)` to see whether a file exists
    /// costs a descriptor each time until the garbage collector happens to find the file;
    /// `_, err := http.Get(url)` keeps a connection and two goroutines; `_, err := db.Query(…)` keeps
    /// a connection of the pool for ever.
    ///
    /// ## Example
    /// ```go
    /// func touch(path string) error {
    /// 	_, err := os.Create(path)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func touch(path string) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	return f.Close()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When it is kept open on purpose until the process ends: a listener that reserves an address.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DiscardedResource {
        name: "discarded-resource",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for DiscardedResource {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_acquire(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_discarded(cx, &Self::META);
    }
}
