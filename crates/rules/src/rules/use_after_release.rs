//! `use-after-release`.

use go_flow::What;
use go_syntax::{ExprId, FuncId};
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::life::{events, may_release, named};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds files, rows, transactions and bodies that are used after they were released.
    ///
    /// ## What it does
    /// Reports a read, a write or a similar use of a resource that was certainly closed, committed or
    /// rolled back before, on the same path of the same function. Writers and readers around it count
    /// as well: a `bufio.Writer` that is flushed after its file was closed.
    ///
    /// ## Why it is bad
    /// The use fails: `os.ErrClosed` from a file, `sql.ErrTxDone` from a transaction. Rows that are
    /// closed just seem to be empty. Where the error is not looked at, the data is lost silently.
    ///
    /// ## Example
    /// ```go
    /// func save(path string, data []byte) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	f.Close()
    /// 	_, err = f.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func save(path string, data []byte) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	if _, err := f.Write(data); err != nil {
    /// 		f.Close()
    /// 		return err
    /// 	}
    /// 	return f.Close()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the use is there to see it fail, as in a test; test files are left alone.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub UseAfterRelease {
        name: "use-after-release",
        category: Release,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for UseAfterRelease {
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
        let file = cx.file();
        let facts = cx.facts();
        let mut reported: Vec<ExprId> = Vec::new();
        for (event, class) in events(cx, |what| *what == What::UsedAfter) {
            // What deferred literals do comes late on purpose.
            let together = facts.func_of_expr(event.at) == facts.func_of_expr(event.release);
            // Some writers start again after their end.
            let known = matches!(
                &*class.rule,
                "file-not-closed"
                    | "body-not-closed"
                    | "rows-not-closed"
                    | "tx-not-finished"
                    | "stmt-not-closed"
                    | "sqlconn-not-closed"
            );
            if !known || !together || reported.contains(&event.release) {
                continue;
            }
            reported.push(event.release);
            let noun = named(cx, event, class);
            let release = cx.snippet(event.release);
            let message = format!(
                "`{}` uses the {noun} after `{release}`, so it fails",
                cx.call_snippet(event.at)
            );
            cx.report(&Self::META, file.expr(event.at).span, message)
                .help("release it when nothing uses it any more")
                .related(file.expr(event.release).span, "it is released here");
        }
    }
}
