//! `flush-error-dropped`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::life::{is_flushed, may_release, report_dropped};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds buffered writers whose last `Flush` fails unseen.
    ///
    /// ## What it does
    /// Reports a `Flush` of a writer made in the function (`bufio.Writer`, `csv.Writer`,
    /// `tabwriter.Writer`, …) whose error nobody sees on a path that returns without an error:
    /// `defer w.Flush()`, `w.Flush()` as a statement. A `csv.Writer` tells its error in `Error`.
    ///
    /// It is silent when the function has no error to return, when a later call of the writer is
    /// checked (they keep their first error), and when what is written stays in memory or goes to an
    /// `http.ResponseWriter` or a standard stream. `_ = w.Flush()` says that it is meant.
    ///
    /// ## Why it is bad
    /// The writer holds data back, so that most writes cannot fail; whether anything arrived is known
    /// only after `Flush`. The function returns nil, and the end of the output, or all of it, is
    /// missing.
    ///
    /// ## Example
    /// ```go
    /// func list(out io.Writer, names []string) error {
    /// 	w := bufio.NewWriter(out)
    /// 	defer w.Flush()
    /// 	for _, name := range names {
    /// 		if _, err := w.WriteString(name); err != nil {
    /// 			return err
    /// 		}
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func list(out io.Writer, names []string) error {
    /// 	w := bufio.NewWriter(out)
    /// 	for _, name := range names {
    /// 		if _, err := w.WriteString(name); err != nil {
    /// 			return err
    /// 		}
    /// 	}
    /// 	return w.Flush()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When nobody misses the output. Writers that are fields or parameters are not looked at: who made
    /// them may ask for the error.
    ///
    /// ## Fix safety
    /// The fix gives the error result a name, if it has none, and defers a literal that adds the error to
    /// it: by `errors.Join` from Go 1.20 on, else when there is no other. A release by hand right before
    /// `return …, nil` is checked where it stands. This is safe: nothing changes unless it fails.
    pub FlushErrorDropped {
        name: "flush-error-dropped",
        category: Errors,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for FlushErrorDropped {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_release(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_dropped(cx, &Self::META, is_flushed);
    }
}
