//! `tx-not-finished`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds transactions that are neither committed nor rolled back on every path.
    ///
    /// ## What it does
    /// Reports transactions (`(*sql.DB).Begin`, `BeginTx`, and their like in popular libraries)
    /// that a path leaves without `Commit` or `Rollback` and without handing them on.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The transaction keeps its connection out of the pool and its locks in the database until its
    /// context ends, or for ever. What was written in it is lost in the end, and nobody is told.
    ///
    /// ## Example
    /// ```go
    /// func rename(db *sql.DB, from, to string) error {
    /// 	tx, err := db.Begin()
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	if _, err := tx.Exec("UPDATE users SET name = ? WHERE name = ?", to, from); err != nil {
    /// 		return err
    /// 	}
    /// 	return tx.Commit()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func rename(db *sql.DB, from, to string) error {
    /// 	tx, err := db.Begin()
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer tx.Rollback()
    /// 	if _, err := tx.Exec("UPDATE users SET name = ? WHERE name = ?", to, from); err != nil {
    /// 		return err
    /// 	}
    /// 	return tx.Commit()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the resource is kept alive on purpose until the process ends, or when something that
    /// cannot be seen here releases it: a function of another module that is not at hand, or a
    /// value that finds its way there through reflection or an interface.
    ///
    /// ## Fix safety
    /// The fix adds `defer tx.Rollback()` behind the check of the error, where another path commits: after
    /// a commit it does nothing. This is safe.
    pub TxNotFinished {
        name: "tx-not-finished",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for TxNotFinished {
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
