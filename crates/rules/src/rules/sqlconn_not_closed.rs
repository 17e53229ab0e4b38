//! `sqlconn-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds database connections that do not go back to their pool.
    ///
    /// ## What it does
    /// Reports connections that were taken out of a pool (`(*sql.DB).Conn` and its like) and are
    /// neither closed nor handed on along some path.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// A connection that is not closed does not go back to the pool. When all are out, the next
    /// query waits.
    ///
    /// ## Example
    /// ```go
    /// func version(ctx context.Context, db *sql.DB) (v string, err error) {
    /// 	conn, err := db.Conn(ctx)
    /// 	if err != nil {
    /// 		return "", err
    /// 	}
    /// 	err = conn.QueryRowContext(ctx, "SELECT version()").Scan(&v)
    /// 	return v, err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func version(ctx context.Context, db *sql.DB) (v string, err error) {
    /// 	conn, err := db.Conn(ctx)
    /// 	if err != nil {
    /// 		return "", err
    /// 	}
    /// 	defer conn.Close()
    /// 	err = conn.QueryRowContext(ctx, "SELECT version()").Scan(&v)
    /// 	return v, err
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
    pub SqlconnNotClosed {
        name: "sqlconn-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for SqlconnNotClosed {
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
