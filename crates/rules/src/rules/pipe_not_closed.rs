//! `pipe-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds ends of pipes that are not closed on every path.
    ///
    /// ## What it does
    /// Reports `os.Pipe`, `io.Pipe`, `(*exec.Cmd).StdinPipe` and functions that return such ends,
    /// when an end is neither closed nor handed on along some path.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The reader of a pipe sees the end of the data only when every writing end is closed: a
    /// forgotten end leaves a goroutine or a child process waiting for ever. The ends of `os.Pipe`
    /// hold a descriptor each; a goroutine that writes into an `io.Pipe` that nobody reads or
    /// closes never comes back.
    ///
    /// ## Example
    /// ```go
    /// func echo(data []byte) ([]byte, error) {
    /// 	r, w, err := os.Pipe()
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer r.Close()
    /// 	if _, err := w.Write(data); err != nil {
    /// 		return nil, err
    /// 	}
    /// 	w.Close()
    /// 	return io.ReadAll(r)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func echo(data []byte) ([]byte, error) {
    /// 	r, w, err := os.Pipe()
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer r.Close()
    /// 	_, err = w.Write(data)
    /// 	w.Close()
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return io.ReadAll(r)
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
    pub PipeNotClosed {
        name: "pipe-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for PipeNotClosed {
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
