//! `half-built-object`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds constructors that fail midway and drop what they had opened.
    ///
    /// ## What it does
    /// Reports a resource that a function puts into a struct of its own making, when a later step fails
    /// and the function returns the error without releasing it: neither the caller nor anybody else gets
    /// the struct, so nobody can.
    ///
    /// What is dropped before it is in a struct is the matter of the rule for its kind, such as
    /// `file-not-closed`.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The resource stays: a descriptor, a connection, a goroutine. Constructors are often called again
    /// and again until they succeed, and each failure leaves another one behind.
    ///
    /// ## Example
    /// ```go
    /// type journal struct {
    /// 	f    *os.File
    /// 	size int64
    /// }
    ///
    /// func (j *journal) load() error {
    /// 	info, err := j.f.Stat()
    /// 	if err == nil {
    /// 		j.size = info.Size()
    /// 	}
    /// 	return err
    /// }
    ///
    /// func openJournal(path string) (*journal, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	j := &journal{f: f}
    /// 	if err := j.load(); err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return j, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type journal struct {
    /// 	f    *os.File
    /// 	size int64
    /// }
    ///
    /// func (j *journal) load() error {
    /// 	info, err := j.f.Stat()
    /// 	if err == nil {
    /// 		j.size = info.Size()
    /// 	}
    /// 	return err
    /// }
    ///
    /// func openJournal(path string) (*journal, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	j := &journal{f: f}
    /// 	if err := j.load(); err != nil {
    /// 		f.Close()
    /// 		return nil, err
    /// 	}
    /// 	return j, nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a method of the struct releases what it holds before it returns an error, in a way that
    /// cannot be seen here.
    ///
    /// ## Fix safety
    /// The fix releases what was acquired before each `return` that drops it, if these are few. This is
    /// safe on a path that ends in an error, and unsafe else.
    pub HalfBuiltObject {
        name: "half-built-object",
        category: Release,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for HalfBuiltObject {
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
