//! `stop-not-called`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds servers, watchers and tasks that are started and not stopped on every path.
    ///
    /// ## What it does
    /// Reports what a call starts (`httptest.NewServer`, watchers and subscriptions of popular
    /// libraries, …) when the method that stops it is not called along some path and it is not
    /// handed on.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// What was started goes on: its goroutines, its port, its subscription stay for as long as the
    /// process lives. Tests are left alone by the other rules of this family, and by this one too.
    ///
    /// ## Example
    /// ```go
    /// func probe() error {
    /// 	srv := httptest.NewServer(nil)
    /// 	resp, err := http.Get(srv.URL)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer resp.Body.Close()
    /// 	srv.Close()
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func probe() error {
    /// 	srv := httptest.NewServer(nil)
    /// 	defer srv.Close()
    /// 	resp, err := http.Get(srv.URL)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	return resp.Body.Close()
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
    pub StopNotCalled {
        name: "stop-not-called",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for StopNotCalled {
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
