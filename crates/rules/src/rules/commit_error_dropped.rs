//! `commit-error-dropped`.

use go_syntax::{ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Callee, LocalId, Object, PackageCx, Selection};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use go_flow::{Value, calls};

declare_rule! {
    /// Finds transactions that are committed without a look at the error.
    ///
    /// ## What it does
    /// Reports a `Commit` of a transaction whose error nobody sees: `defer tx.Commit()`,
    /// `tx.Commit()` as a statement, `_ = tx.Commit()`. A transaction is what has both `Commit` and
    /// `Rollback`. gorm tells the error in a field: `tx.Commit().Error`.
    ///
    /// It is silent for transactions that only read, as far as the function shows.
    ///
    /// ## Why it is bad
    /// Nothing is in the database before `Commit` has worked. Deferred constraints, serialization
    /// conflicts and broken connections are told there and nowhere else; the function returns success
    /// for work that was undone. A deferred `Commit` commits half of the work as well when the
    /// function leaves early.
    ///
    /// ## Example
    /// ```go
    /// func remove(db *sql.DB, id int) error {
    /// 	tx, err := db.Begin()
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer tx.Commit()
    /// 	_, err = tx.Exec("delete from users where id = ?", id)
    /// 	return err
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
    /// 	defer tx.Rollback()
    /// 	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
    /// 		return err
    /// 	}
    /// 	return tx.Commit()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When nothing was written in the transaction, and the function does not show it.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub CommitErrorDropped {
        name: "commit-error-dropped",
        category: Errors,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

/// Methods that only read, by the word they begin with.
const READING: [&str; 14] = [
    "Query", "Get", "Select", "Stmt", "Commit", "Rollback", "Latest", "List", "Count", "Read",
    "Find", "Has", "Is", "Lookup",
];

/// Words of SQL that write.
const WRITING_SQL: [&str; 8] = [
    "insert", "update", "delete", "merge", "create", "drop", "alter", "call",
];

impl Rule for CommitErrorDropped {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_test && calls(package.file(input.index), func).contains("Commit")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let file = cx.file();
        for stmt in file.func(cx.root()).stmts.iter() {
            let call = match file.stmt(stmt).kind {
                StmtKind::Expr(call) | StmtKind::Defer(call) | StmtKind::Go(call) => call,
                StmtKind::Assign { lhs, rhs, .. } => match (file.exprs(lhs), file.exprs(rhs)) {
                    (&[target], &[value]) if cx.body().object(target) == Object::Blank => value,
                    _ => continue,
                },
                _ => continue,
            };
            let call = file.unparen(call);
            if let Some(x) = commits(cx, call)
                && !only_reads(cx, x)
            {
                let deferred = matches!(file.stmt(stmt).kind, StmtKind::Defer(_));
                report(cx, call, deferred);
            }
        }
    }
}

/// The transaction that a call commits.
fn commits(cx: &RuleCx<'_>, call: ExprId) -> Option<ExprId> {
    let ExprKind::Call { .. } = cx.file().expr(call).kind else {
        return None;
    };
    let Callee::Selected { x, name: "Commit" } = cx.facts().callee(call) else {
        return None;
    };
    let body = cx.body();
    let ty = body.type_of(x);
    match body.results_of_call(call) {
        Some(results) => {
            let tells = results.last().is_some_and(|&ty| body.is_error(ty))
                || results
                    .first()
                    .is_some_and(|&ty| body.type_string(ty).ends_with("gorm.DB"));
            let undoes = matches!(
                body.selection(ty, "Rollback"),
                Some(Selection::Method { .. })
            );
            (tells && undoes).then_some(x)
        }
        // `tx, err := db.Begin()` of a library that is not at hand.
        None => match body.object(cx.file().unparen(x)) {
            Object::Local(local) if begins(cx, local) => Some(x),
            _ => None,
        },
    }
}

/// Whether a variable is what a `Begin` gave.
fn begins(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let file = cx.file();
    cx.facts().var(local).writes.iter().any(|write| {
        let (Value::Element { expr, .. } | Value::Expr(expr)) = write.value else {
            return false;
        };
        let expr = file.unparen(expr);
        matches!(file.expr(expr).kind, ExprKind::Call { .. })
            && matches!(cx.facts().callee(expr), Callee::Selected { name, .. } if name.starts_with("Begin"))
    })
}

/// Whether a function shows that a transaction writes nothing.
fn only_reads(cx: &RuleCx<'_>, x: ExprId) -> bool {
    let file = cx.file();
    let Object::Local(local) = cx.body().object(file.unparen(x)) else {
        return false;
    };
    let facts = cx.facts().var(local);
    let said = facts.writes.iter().any(|write| match write.value {
        Value::Element { expr, .. } | Value::Expr(expr) => {
            let text = file.expr_text(expr);
            text.contains("ReadOnly: true") || text.contains(".Begin(false)")
        }
        _ => false,
    });
    if said {
        return true;
    }
    let mut selected = 0;
    for expr in file.func(cx.root()).exprs.iter() {
        if let Some((x, name)) = file.selector(expr)
            && cx.body().object(file.unparen(x)) == Object::Local(local)
        {
            if !READING.iter().any(|word| name.starts_with(word)) {
                return false;
            }
            selected += 1;
        }
        if let Some((fun, args)) = file.call(expr)
            && let Some((x, name)) = file.selector(file.unparen(fun))
            && cx.body().object(file.unparen(x)) == Object::Local(local)
            && name.starts_with("Query")
        {
            let writes = args.iter().any(|&arg| {
                let text = file.expr_text(arg).to_lowercase();
                // What is not written out may be anything.
                let is_text = text.starts_with('"') || text.starts_with('`');
                WRITING_SQL.iter().any(|word| text.contains(word))
                    || (!is_text && text.contains("query"))
            });
            if writes {
                return false;
            }
        }
    }
    // Whoever gets it may write, unless its name says otherwise.
    let given_to_readers = file
        .func(cx.root())
        .exprs
        .iter()
        .filter(|&expr| {
            let name = match file.call(expr) {
                Some((fun, args))
                    if args.iter().any(|&arg| {
                        cx.body().object(file.unparen(arg)) == Object::Local(local)
                    }) =>
                {
                    let fun = file.unparen(fun);
                    file.selector(fun)
                        .map(|(_, name)| name)
                        .or_else(|| file.ident(fun))
                }
                _ => None,
            };
            name.is_some_and(|name| {
                READING
                    .iter()
                    .any(|word| name.to_lowercase().starts_with(&word.to_lowercase()))
            })
        })
        .count();
    facts.reads.len() <= selected + given_to_readers
}

fn report(cx: &RuleCx<'_>, call: ExprId, deferred: bool) {
    let file = cx.file();
    let text = cx.snippet(call);
    let message = if deferred {
        format!(
            "the deferred `{text}` drops its error, so work that is undone passes for done; and it commits what is half done when the function leaves early"
        )
    } else {
        format!("`{text}` drops its error, so work that is undone passes for done")
    };
    cx.report(&CommitErrorDropped::META, file.expr(call).span, message)
        .help("defer the rollback, and return the error of the commit at the end");
}
