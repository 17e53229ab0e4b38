//! `writer-not-finished`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds buffered and compressing writers whose last data is never written.
    ///
    /// ## What it does
    /// Reports writers that hold data back (`bufio.NewWriter`, `gzip.NewWriter`, `zip.NewWriter`,
    /// `tar.NewWriter`, `csv.NewWriter`, …) when a path that does not return an error ends without
    /// the call that writes the rest: `Flush` or `Close`.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// What is still in the buffer is lost, and archives lack their end: the output is cut short,
    /// and no error says so. Closing the file below does not help, for it does not know of the
    /// writer above.
    ///
    /// ## Example
    /// ```go
    /// func save(w io.Writer, rows [][]string) error {
    /// 	out := csv.NewWriter(w)
    /// 	for _, row := range rows {
    /// 		if err := out.Write(row); err != nil {
    /// 			return err
    /// 		}
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func save(w io.Writer, rows [][]string) error {
    /// 	out := csv.NewWriter(w)
    /// 	for _, row := range rows {
    /// 		if err := out.Write(row); err != nil {
    /// 			return err
    /// 		}
    /// 	}
    /// 	out.Flush()
    /// 	return out.Error()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the resource is kept alive on purpose until the process ends, or when something that
    /// cannot be seen here releases it: a function of another module that is not at hand, or a
    /// value that finds its way there through reflection or an interface.
    ///
    /// ## Fix safety
    /// The fix finishes the writer before each `return` that reports no error, and returns the error of
    /// that. It is safe where no path finishes it; otherwise it is unsafe, as what was written may be meant
    /// to be dropped.
    pub WriterNotFinished {
        name: "writer-not-finished",
        category: Release,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for WriterNotFinished {
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
