//! `rows-err-unchecked`.

use go_flow::{Value, calls};
use go_syntax::{ExprKind, FuncId};
use go_types::{Callee, LocalId, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::iterate::{may_iterate, never_read, repair, unasked};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds loops over rows after which nobody asks whether reading failed.
    ///
    /// ## What it does
    /// Reports `for rows.Next()` when a path leads from the end of the loop to a return without an
    /// error, and `rows.Err()` is asked nowhere on it. `if rows.Next()` counts as well. Rows of
    /// database/sql, sqlx, pgx, mongo, ClickHouse and others are known.
    ///
    /// Rows that are closed without `Next` and without `Err` are reported, too: many drivers tell the
    /// error of a statement only with the first row.
    ///
    /// It is silent when the rows go elsewhere, where somebody may ask.
    ///
    /// ## Why it is bad
    /// `Next` returns false at the end and also when the connection breaks, a row cannot be decoded
    /// or the context ends (`database/sql`: "Err … may be called after an explicit or implicit
    /// Close"). The function goes on with half of the rows as if they were all. `Close` does not tell:
    /// `Next` has closed the rows by then.
    ///
    /// ## Example
    /// ```go
    /// func names(db *sql.DB) ([]string, error) {
    /// 	rows, err := db.Query("select name from users")
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer rows.Close()
    /// 	var list []string
    /// 	for rows.Next() {
    /// 		var name string
    /// 		if err := rows.Scan(&name); err != nil {
    /// 			return nil, err
    /// 		}
    /// 		list = append(list, name)
    /// 	}
    /// 	return list, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func names(db *sql.DB) ([]string, error) {
    /// 	rows, err := db.Query("select name from users")
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer rows.Close()
    /// 	var list []string
    /// 	for rows.Next() {
    /// 		var name string
    /// 		if err := rows.Scan(&name); err != nil {
    /// 			return nil, err
    /// 		}
    /// 		list = append(list, name)
    /// 	}
    /// 	return list, rows.Err()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When half of the rows are as good as all of them.
    ///
    /// ## Fix safety
    /// The fix asks for the error behind the loop and returns it, with the zero values of the other
    /// results. This is safe: nothing changes unless there is an error.
    pub RowsErrUnchecked {
        name: "rows-err-unchecked",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for RowsErrUnchecked {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_iterate(package, func, input, Self::META.name)
            || (!input.is_test
                && calls(package.file(input.index), func)
                    .iter()
                    .any(|name| name.starts_with("Query")))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let by_name =
            |local: LocalId, _: &str| comes_from_query(cx, local).then(|| "Err".to_owned());
        for query in never_read(cx, Self::META.name, &by_name) {
            let rows = cx.snippet(query.operand);
            let method = &query.method;
            let message = format!(
                "`{rows}` is closed without a look at it, and `{rows}.{method}()` is not asked, so nobody learns whether `{}` worked",
                cx.call_snippet(query.call)
            );
            cx.report(&Self::META, cx.file().expr(query.call).span, message)
                .help("use `Exec` for what gives no rows");
        }
        for loop_ in unasked(cx, Self::META.name, true, &by_name) {
            let rows = cx.snippet(loop_.operand);
            let method = &loop_.method;
            let message = format!(
                "`{}` also returns false when reading fails, and `{rows}.{method}()` is not asked then, so missing rows are not noticed",
                cx.snippet(loop_.call)
            );
            cx.report(&Self::META, cx.file().expr(loop_.call).span, message)
                .help(format!("look at `{rows}.{method}()` after the loop"))
                .repair(repair(cx, &loop_));
        }
    }
}

/// Whether a variable of an unknown type is what a query gave.
fn comes_from_query(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let file = cx.file();
    let writes = &cx.facts().var(local).writes;
    !writes.is_empty()
        && writes.iter().all(|write| {
            let (Value::Element { expr, index: 0, .. } | Value::Expr(expr)) = write.value else {
                return write.value == Value::Zero;
            };
            let expr = file.unparen(expr);
            matches!(file.expr(expr).kind, ExprKind::Call { .. })
                && matches!(cx.facts().callee(expr), Callee::Selected { name, .. } if name.starts_with("Query"))
        })
        && writes.iter().any(|write| write.value != Value::Zero)
}
