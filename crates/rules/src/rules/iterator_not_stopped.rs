//! `iterator-not-stopped`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds pulled iterators that are not stopped on every path.
    ///
    /// ## What it does
    /// Reports `iter.Pull` and `iter.Pull2` when the function `stop` that they give is neither
    /// called nor handed on along some path.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The iterator runs in a coroutine that waits for the next pull: its stack stays, and the
    /// calls it deferred never run (package iter, "If clients do not consume the sequence to
    /// completion, they must call stop").
    ///
    /// ## Example
    /// ```go
    /// func first(seq iter.Seq[int]) (int, bool) {
    /// 	next, stop := iter.Pull(seq)
    /// 	v, ok := next()
    /// 	if ok && v > 0 {
    /// 		return v, true
    /// 	}
    /// 	stop()
    /// 	return 0, false
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func first(seq iter.Seq[int]) (int, bool) {
    /// 	next, stop := iter.Pull(seq)
    /// 	defer stop()
    /// 	return next()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the resource is kept alive on purpose until the process ends, or when something that
    /// cannot be seen here releases it: a function of another module that is not at hand, or a
    /// value that finds its way there through reflection or an interface.
    ///
    /// ## Fix safety
    /// Where the resource is left behind on every path, the fix adds the `defer` behind the check of the
    /// error. Where another path releases it or hands it on, the fix releases it before each `return` that
    /// forgets it, if these are few. This is safe: nobody else holds the resource then. There is no fix in loops, nor where
    /// the error is not checked right after the call.
    pub IteratorNotStopped {
        name: "iterator-not-stopped",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for IteratorNotStopped {
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
        report_leaks(cx, &Self::META);
    }
}
