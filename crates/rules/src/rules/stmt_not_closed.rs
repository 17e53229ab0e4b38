//! `stmt-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds prepared statements that are not closed on every path.
    ///
    /// ## What it does
    /// Reports prepared statements (`(*sql.DB).Prepare` and its like) that are neither closed nor
    /// handed on along some path.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The server keeps the statement, on each connection it was used on, until that connection
    /// ends; servers have limits on them, and package database/sql keeps its own record as long as
    /// the statement is open.
    ///
    /// ## Example
    /// ```go
    /// func add(db *sql.DB, name string) error {
    /// 	stmt, err := db.Prepare("INSERT INTO users VALUES (?)")
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	_, err = stmt.Exec(name)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func add(db *sql.DB, name string) error {
    /// 	stmt, err := db.Prepare("INSERT INTO users VALUES (?)")
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer stmt.Close()
    /// 	_, err = stmt.Exec(name)
    /// 	return err
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
    pub StmtNotClosed {
        name: "stmt-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for StmtNotClosed {
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
