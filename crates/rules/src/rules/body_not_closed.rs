//! `body-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds HTTP response bodies that are not closed on every path.
    ///
    /// ## What it does
    /// Reports a call that gives an HTTP response (`http.Get`, `(*http.Client).Do`, functions that
    /// return responses) when its body is neither closed nor handed on along some path, such as the
    /// one that returns early because of the status. Handing the response or its body to a function
    /// counts as closing only when that function closes it or may keep it.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The connection under an open body cannot be used again (package net/http, `Response.Body`):
    /// each request opens a new one, with its two goroutines and its descriptor, and the old ones
    /// stay until the server hangs up.
    ///
    /// ## Example
    /// ```go
    /// func fetch(url string) ([]byte, error) {
    /// 	resp, err := http.Get(url)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	if resp.StatusCode != http.StatusOK {
    /// 		return nil, errors.New(resp.Status)
    /// 	}
    /// 	defer resp.Body.Close()
    /// 	return io.ReadAll(resp.Body)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func fetch(url string) ([]byte, error) {
    /// 	resp, err := http.Get(url)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer resp.Body.Close()
    /// 	if resp.StatusCode != http.StatusOK {
    /// 		return nil, errors.New(resp.Status)
    /// 	}
    /// 	return io.ReadAll(resp.Body)
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
    pub BodyNotClosed {
        name: "body-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for BodyNotClosed {
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
