//! `file-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds files that are opened and not closed on every path.
    ///
    /// ## What it does
    /// Reports a call that opens a file (`os.Open`, `os.Create`, `os.OpenFile`, …, or a function of
    /// the program that returns an open file) when the file is neither closed nor handed on along
    /// some path: an early return that forgets it, a loop that opens the next one, a result that
    /// nobody keeps.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// Each open file holds a descriptor. The garbage collector closes a file that it finds unused
    /// (`os/file_unix.go` sets a finalizer), but nobody knows when: under load the process reaches
    /// its limit of descriptors first, and then every `open`, `accept` and `dial` fails with "too
    /// many open files". On Windows an open file cannot be removed or renamed.
    ///
    /// ## Example
    /// ```go
    /// func size(path string) (int64, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	info, err := f.Stat()
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	f.Close()
    /// 	return info.Size(), nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func size(path string) (int64, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	defer f.Close()
    /// 	info, err := f.Stat()
    /// 	if err != nil {
    /// 		return 0, err
    /// 	}
    /// 	return info.Size(), nil
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
    pub FileNotClosed {
        name: "file-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for FileNotClosed {
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
