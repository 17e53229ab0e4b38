//! Resources that nobody takes when they are acquired.

use go_flow::{Class, EdgeKind, Fate, Leak, NodeId, NodeKind};
use go_syntax::{BinaryOp, DeclKind, ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Callee, Object};

use super::matters::matters;
use crate::cx::RuleCx;
use crate::rule::RuleMeta;

/// Reports the resources that nobody takes, of whatever kind.
pub(crate) fn report_discarded(cx: &RuleCx<'_>, meta: &'static RuleMeta) {
    let mut reported = None;
    for leak in &cx.leaks().list {
        let class = cx.models().class(leak.class);
        let again = reported == Some(leak.call);
        let gives = || {
            let declared = cx.body().declaration(leak.call);
            !declared.is_some_and(|(index, func)| may_give_nil(cx, index, func, 2))
        };
        if is_thrown_away(cx, class, leak)
            && !again
            && matters(cx, class, leak)
            && gives()
            && !must_fail(cx, leak)
        {
            let call = cx.call_snippet(leak.call);
            let message = format!(
                "nobody holds the {} that `{call}` gives, so nothing can release it",
                class.noun
            );
            let method = class.release.first().map_or("Close", |name| name);
            cx.report(meta, cx.file().expr(leak.call).span, message)
                .help(format!(
                    "keep the result in a variable and call its `{method}`"
                ));
            reported = Some(leak.call);
        }
    }
}

/// Whether the resource is assigned to a blank, or the call stands alone: what
/// `discarded-resource` tells.
pub(super) fn is_thrown_away(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> bool {
    const RULES: [&str; 10] = [
        "file-not-closed",
        "pipe-not-closed",
        "conn-not-closed",
        "listener-not-closed",
        "body-not-closed",
        "closer-not-closed",
        "rows-not-closed",
        "stmt-not-closed",
        "tx-not-finished",
        "sqlconn-not-closed",
    ];
    if leak.fate != Fate::Discarded || class.by_call || !RULES.contains(&&*class.rule) {
        return false;
    }
    let file = cx.file();
    let cfg = cx.facts().cfg(leak.point.func);
    let Some(stmt) = cfg.stmt_of_node(leak.point.node) else {
        return false;
    };
    match file.stmt(stmt).kind {
        StmtKind::Expr(expr) => file.unparen(expr) == leak.call,
        StmtKind::Assign { lhs, rhs, .. } => {
            let is_call = |value: &ExprId| file.unparen(*value) == leak.call;
            let target = file.exprs(lhs).get(leak.result as usize);
            matches!(file.exprs(rhs), [value] if is_call(value))
                && target.is_some_and(|&target| cx.body().object(target) == Object::Blank)
        }
        _ => false,
    }
}

/// Whether the function does not go on unless the call has failed: what was acquired then does not
/// matter any more.
fn must_fail(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let cfg = cx.facts().cfg(leak.point.func);
    let error = cfg
        .stmt_of_node(leak.point.node)
        .and_then(|stmt| cx.facts().acquisition(stmt)?.error);
    let Some(error) = error else { return false };
    let is_error =
        |expr: ExprId| cx.body().object(file.unparen(expr)) == Object::Local(error.local);
    // The edge that is taken when there is no error, if the condition is about it.
    let edge_without = |cond: ExprId| match file.expr(file.unparen(cond)).kind {
        ExprKind::Binary { op, x, y } if is_error(x) || is_error(y) => {
            let with_nil = [x, y]
                .iter()
                .any(|&expr| cx.body().object(expr) == Object::Nil);
            match (op, with_nil) {
                (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => Some(EdgeKind::True),
                (BinaryOp::Ne, true) | (BinaryOp::Eq, false) => Some(EdgeKind::False),
                _ => None,
            }
        }
        // `errors.Is(err, …)`, `os.IsNotExist(err)`.
        ExprKind::Call { args, .. }
            if file.exprs(args).first().is_some_and(|&arg| is_error(arg)) =>
        {
            Some(EdgeKind::False)
        }
        _ => None,
    };
    let mut at = leak.point.node;
    // To the first condition, past what has but one way on.
    for _ in 0..8 {
        let next = cfg.successors(at);
        if let NodeKind::Cond(cond) = cfg.kind(at) {
            let Some(wanted) = edge_without(cond) else {
                return false;
            };
            let on = next.iter().find(|edge| edge.kind == wanted);
            return on.is_some_and(|edge| {
                !cfg.can_reach_exit(edge.node) || fails_test(cx, leak, edge.node)
            });
        }
        match next {
            [edge] => at = edge.node,
            _ => return false,
        }
    }
    false
}

/// Whether a test ends at a node: without the declarations of package testing, names tell.
fn fails_test(cx: &RuleCx<'_>, leak: &Leak, node: NodeId) -> bool {
    cx.facts().calls_of(leak.point.func).iter().any(|site| {
        site.point.node == node
            && matches!(
                cx.facts().callee(site.call),
                Callee::Selected {
                    name: "Fatal" | "Fatalf" | "FailNow",
                    ..
                }
            )
    })
}

/// Whether a function of the package, or one whose results it returns, gives nil without an error:
/// then a caller may know that there is nothing to take.
fn may_give_nil(cx: &RuleCx<'_>, index: u32, func: FuncId, depth: usize) -> bool {
    let package = cx.body().cx();
    let file = package.file(index);
    let mut calls = Vec::new();
    for stmt in file.func(func).stmts.iter() {
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            continue;
        };
        let results = file.exprs(results);
        if results.len() > 1
            && results
                .iter()
                .all(|&result| file.ident(result) == Some("nil"))
        {
            return true;
        }
        if let &[call] = results
            && let Some((fun, _)) = file.call(file.unparen(call))
        {
            let fun = file.unparen(fun);
            let name = file.selector(fun).map(|(_, name)| name);
            calls.extend(name.or_else(|| file.ident(fun)));
        }
    }
    if depth == 0 || calls.is_empty() {
        return false;
    }
    (0..).take(package.names().files().len()).any(|index| {
        let file = package.file(index);
        file.top_decls()
            .iter()
            .any(|&decl| match file.decl(decl).kind {
                DeclKind::Func(other) => {
                    let name = file.func(other).name.map(|name| file.name(name));
                    name.is_some_and(|name| calls.contains(&name))
                        && may_give_nil(cx, index, other, depth - 1)
                }
                _ => false,
            })
    })
}
