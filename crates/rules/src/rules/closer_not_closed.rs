//! `closer-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds other things with a method that ends their use, which nobody calls.
    ///
    /// ## What it does
    /// Reports values that a function gives to its caller to close and that are neither closed nor
    /// handed on along some path. Which functions do so is known from the models of libraries, and
    /// inferred from the bodies of functions: one that opens something, keeps it in a value with a
    /// method `Close`, and returns that value, asks its caller to close it.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// What the value holds stays: descriptors, connections, goroutines, memory outside of the
    /// heap. The message says what it is.
    ///
    /// ## Example
    /// ```go
    /// type store struct{ f *os.File }
    ///
    /// func (s *store) Close() error { return s.f.Close() }
    ///
    /// func openStore(path string) (*store, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return &store{f: f}, nil
    /// }
    ///
    /// func check(path string) error {
    /// 	s, err := openStore(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	_, err = s.f.Stat()
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type store struct{ f *os.File }
    ///
    /// func (s *store) Close() error { return s.f.Close() }
    ///
    /// func openStore(path string) (*store, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return &store{f: f}, nil
    /// }
    ///
    /// func check(path string) error {
    /// 	s, err := openStore(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	return s.Close()
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
