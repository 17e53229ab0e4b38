//! `rows-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds database rows that are not closed on every path.
    ///
    /// ## What it does
    /// Reports the rows of a query (`(*sql.DB).Query` and its like, also of popular libraries, and
    /// functions that return rows) that are neither closed nor handed on along some path. Rows that
    /// are read to the end close themselves; leaving the loop early does not.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// Open rows keep their connection out of the pool (package database/sql, `Rows.Close`). When
    /// all connections are out, the next query waits, for ever if the pool has a limit and no
    /// deadline.
    ///
    /// ## Example
    /// ```go
    /// func first(db *sql.DB) (name string, err error) {
    /// 	rows, err := db.Query("SELECT name FROM users")
    /// 	if err != nil {
    /// 		return "", err
    /// 	}
    /// 	if rows.Next() {
    /// 		err = rows.Scan(&name)
    /// 	}
    /// 	return name, err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func first(db *sql.DB) (name string, err error) {
    /// 	rows, err := db.Query("SELECT name FROM users")
    /// 	if err != nil {
    /// 		return "", err
    /// 	}
    /// 	defer rows.Close()
    /// 	if rows.Next() {
    /// 		err = rows.Scan(&name)
    /// 	}
    /// 	return name, errors.Join(err, rows.Err())
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
    pub RowsNotClosed {
        name: "rows-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for RowsNotClosed {
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
