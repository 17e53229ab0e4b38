//! Errors that take the place of others: what `close-error-masks` and `rollback-hides-error` have in
//! common.

use go_syntax::{AssignOp, ExprId, ExprKind, FuncId, Span, StmtId, StmtKind};
use go_types::{Callee, LocalId, Object};

use crate::cx::RuleCx;

/// An assignment of one value to one variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assigned {
    pub(crate) stmt: StmtId,
    pub(crate) target: LocalId,
    pub(crate) value: ExprId,
    /// Whether it declares the variable.
    pub(crate) defines: bool,
}

/// `x = value` and `x := value`.
pub(crate) fn assigned(cx: &RuleCx<'_>, stmt: StmtId) -> Option<Assigned> {
    let file = cx.file();
    let StmtKind::Assign { lhs, rhs, op } = file.stmt(stmt).kind else {
        return None;
    };
    let (&[target], &[value]) = (file.exprs(lhs), file.exprs(rhs)) else {
        return None;
    };
    let Object::Local(target) = cx.body().object(file.unparen(target)) else {
        return None;
    };
    match op {
        AssignOp::Op(_) => None,
        op => Some(Assigned {
            stmt,
            target,
            value: file.unparen(value),
            defines: op == AssignOp::Define,
        }),
    }
}

/// Whether `local` is mentioned within a span.
pub(crate) fn mentions(cx: &RuleCx<'_>, within: Span, local: LocalId) -> bool {
    mention_count(cx, within, local) > 0
}

/// How often `local` is mentioned within a span.
pub(crate) fn mention_count(cx: &RuleCx<'_>, within: Span, local: LocalId) -> usize {
    let file = cx.file();
    file.func(cx.root())
        .exprs
        .iter()
        .filter(|&expr| {
            matches!(file.expr(expr).kind, ExprKind::Ident)
                && within.contains(file.expr(expr).span)
                && cx.body().object(expr) == Object::Local(local)
        })
        .count()
}

/// The name of the method that `expr` calls, when it is a call of one.
pub(crate) fn method_called<'a>(cx: &RuleCx<'a>, expr: ExprId) -> Option<&'a str> {
    let file = cx.file();
    let expr = file.unparen(expr);
    let ExprKind::Call { .. } = file.expr(expr).kind else {
        return None;
    };
    match cx.facts().callee(expr) {
        Callee::Selected { name, .. } => Some(name),
        _ => None,
    }
}

/// The statements of a function or literal, without those of literals in it.
pub(crate) fn own_stmts<'a>(cx: &RuleCx<'a>, func: FuncId) -> impl Iterator<Item = StmtId> + 'a
where
{
    let file = cx.file();
    let inner: Vec<Span> = cx
        .funcs()
        .filter(|&other| other != func && file.func(func).span.contains(file.func(other).span))
        .map(|other| file.func(other).span)
        .collect();
    file.func(func).stmts.iter().filter(move |&stmt| {
        let span = file.stmt(stmt).span;
        !inner.iter().any(|literal| literal.contains(span))
    })
}
