//! `rollback-hides-error`.

use go_syntax::{BinaryOp, ExprId, ExprKind, FuncId, Span, StmtId, StmtKind};
use go_types::{LocalId, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::errors;
use crate::iterate::is_error;
use crate::masks::{assigned, mentions, method_called, own_stmts};
use crate::rule::{Rule, declare_rule};
use go_flow::calls;

declare_rule! {
    /// Finds rollbacks whose result replaces the error that made them necessary.
    ///
    /// ## What it does
    /// Reports, where a condition said that there is an error, `return tx.Rollback()`,
    /// `err = tx.Rollback()`, and `if rerr := tx.Rollback(); rerr != nil { return rerr }` without the
    /// first error in what is returned.
    ///
    /// ## Why it is bad
    /// A rollback mostly works. Then `return tx.Rollback()` returns nil: the caller goes on as if the
    /// work were done, and it has just been undone. Where the rollback fails as well, its error
    /// ("connection lost") says nothing of the cause.
    ///
    /// ## Example
    /// ```go
    /// func remove(db *sql.DB, id int) error {
    /// 	tx, err := db.Begin()
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
    /// 		return tx.Rollback()
    /// 	}
    /// 	return tx.Commit()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func remove(db *sql.DB, id int) error {
    /// 	tx, err := db.Begin()
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
    /// 		return errors.Join(err, tx.Rollback())
    /// 	}
    /// 	return tx.Commit()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the error is expected, and undoing the work is what was asked for.
    ///
    /// ## Fix safety
    /// The fix joins the two errors by `errors.Join`, from Go 1.20 on. This is safe: the function returns
    /// an error more, never less.
    pub RollbackHidesError {
        name: "rollback-hides-error",
        category: Errors,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for RollbackHidesError {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_test
            && calls(package.file(input.index), func)
                .iter()
                .any(|name| is_rollback(name))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for &func in cx.facts().funcs() {
            for stmt in own_stmts(cx, func) {
                if let Some(branch) = error_branch(cx, stmt) {
                    look(cx, func, &branch);
                }
            }
        }
    }
}

fn is_rollback(name: &str) -> bool {
    matches!(name, "Rollback" | "RollbackUnlessCommitted" | "Abort")
}

/// The statements that run when there is an error.
struct Branch {
    stmt: StmtId,
    error: LocalId,
    span: Span,
}

/// The branch of `if err != nil { … }`.
fn error_branch(cx: &RuleCx<'_>, stmt: StmtId) -> Option<Branch> {
    let file = cx.file();
    let StmtKind::If { cond, body, .. } = file.stmt(stmt).kind else {
        return None;
    };
    // `err != nil && …`
    let mut cond = file.unparen(cond);
    while let ExprKind::Binary {
        op: BinaryOp::LAnd,
        x,
        ..
    } = file.expr(cond).kind
    {
        cond = file.unparen(x);
    }
    let ExprKind::Binary {
        op: BinaryOp::Ne,
        x,
        y,
    } = file.expr(cond).kind
    else {
        return None;
    };
    let x = file.unparen(x);
    let Object::Local(error) = cx.body().object(x) else {
        return None;
    };
    (cx.body().object(file.unparen(y)) == Object::Nil && is_error(cx, x)).then(|| Branch {
        stmt,
        error,
        span: file.stmt(body).span,
    })
}

/// The rollback that `expr` is.
fn rollback(cx: &RuleCx<'_>, expr: ExprId) -> Option<ExprId> {
    let expr = cx.file().unparen(expr);
    let is_it = method_called(cx, expr).is_some_and(is_rollback);
    let may_fail = || cx.body().type_of(expr).is_unknown() || is_error(cx, expr);
    (is_it && may_fail()).then_some(expr)
}

fn look(cx: &RuleCx<'_>, func: FuncId, branch: &Branch) {
    let file = cx.file();
    let stmts: Vec<StmtId> = own_stmts(cx, func)
        .filter(|&stmt| stmt != branch.stmt && branch.span.contains(file.stmt(stmt).span))
        .collect();
    // What stands in a branch within, about another error, belongs to that.
    let inner: Vec<Branch> = stmts
        .iter()
        .filter_map(|&stmt| error_branch(cx, stmt))
        .collect();
    for &stmt in &stmts {
        let span = file.stmt(stmt).span;
        let within = |branch: &&Branch| branch.span.contains(span);
        match file.stmt(stmt).kind {
            StmtKind::Return(results) => {
                if let Some(&last) = file.exprs(results).last()
                    && let Some(call) = rollback(cx, last)
                    && !inner.iter().any(|other| within(&other))
                {
                    replaced(cx, call, branch);
                }
            }
            StmtKind::Assign { .. } => {
                let Some(assigned) = assigned(cx, stmt) else {
                    continue;
                };
                let Some(call) = rollback(cx, assigned.value) else {
                    continue;
                };
                let before = Span {
                    start: branch.span.start,
                    end: span.start,
                };
                if assigned.target == branch.error && !assigned.defines {
                    // Whoever wraps or copies it first still has it.
                    let kept = stmts.iter().any(|&other| {
                        before.contains(file.stmt(other).span)
                            && matches!(file.stmt(other).kind, StmtKind::Assign { .. })
                            && mentions(cx, file.stmt(other).span, branch.error)
                    });
                    if !kept && !inner.iter().any(|other| within(&other)) {
                        replaced(cx, call, branch);
                    }
                } else if assigned.target != branch.error && !mentions(cx, before, branch.error) {
                    returned_instead(cx, call, assigned.target, branch, &stmts, &inner);
                }
            }
            _ => {}
        }
    }
}

/// `return tx.Rollback()`
fn replaced(cx: &RuleCx<'_>, call: ExprId, branch: &Branch) {
    let name = error_name(cx, branch);
    let rollback = cx.snippet(call);
    let message = format!(
        "the result of `{rollback}` takes the place of `{name}`, so the caller is told of success when the rollback works"
    );
    cx.report(
        &RollbackHidesError::META,
        cx.file().expr(call).span,
        message,
    )
    .help(format!(
        "return `{name}`, or `errors.Join({name}, {rollback})`"
    ))
    .repair(errors::join_value(cx, name, call));
}

/// `if rerr := tx.Rollback(); rerr != nil { return rerr }`
fn returned_instead(
    cx: &RuleCx<'_>,
    call: ExprId,
    local: LocalId,
    branch: &Branch,
    stmts: &[StmtId],
    inner: &[Branch],
) {
    let file = cx.file();
    for failed in inner.iter().filter(|inner| inner.error == local) {
        if mentions(cx, failed.span, branch.error) {
            continue;
        }
        let hides = stmts.iter().any(|&stmt| match file.stmt(stmt).kind {
            StmtKind::Return(results) => {
                failed.span.contains(file.stmt(stmt).span)
                    && file
                        .exprs(results)
                        .last()
                        .is_some_and(|&last| mentions(cx, file.expr(last).span, local))
            }
            _ => false,
        });
        if hides {
            let name = error_name(cx, branch);
            let rollback = cx.snippet(call);
            let message = format!(
                "when `{rollback}` fails, its error is returned without `{name}`, which made it necessary"
            );
            cx.report(&RollbackHidesError::META, file.expr(call).span, message)
                .help(format!("return both: `errors.Join({name}, {rollback})`"));
            return;
        }
    }
}

fn error_name<'a>(cx: &RuleCx<'a>, branch: &Branch) -> &'a str {
    let span = cx.body().names().local(branch.error).span;
    cx.file().span_text(span)
}
