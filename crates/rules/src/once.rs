//! Statements in a loop that are passed once only, because they switch off their own condition:
//! `if buf == nil { buf = get(); defer put(buf) }`.

use go_flow::{Loop, LoopKind};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BranchKind, ExprId, Span, StmtId, StmtKind};

use crate::cx::RuleCx;
use crate::origin::{root_local, starts_within};

/// Whether `stmt`, in the loop `lp` of the function around it, is passed once only as it seems.
/// `within` is where the loop is.
pub(crate) fn is_passed_once(cx: &RuleCx<'_>, stmt: StmtId, lp: &Loop, within: Span) -> bool {
    is_guarded(cx, stmt, within) || lp.kind == LoopKind::Goto && jumps_back_once(cx, lp, within)
}

/// Whether each `goto` that makes the loop is passed once only.
fn jumps_back_once(cx: &RuleCx<'_>, lp: &Loop, within: Span) -> bool {
    let file = cx.file();
    let names = cx.body().names();
    let jumps = file
        .func(cx.root())
        .stmts
        .iter()
        .filter(|&stmt| match file.stmt(stmt).kind {
            StmtKind::Branch {
                kind: BranchKind::Goto,
                label: Some(label),
            } => names
                .branch_target(label)
                .is_some_and(|label| label.stmt == lp.stmt),
            _ => false,
        });
    jumps
        .filter(|&jump| starts_within(file.stmt(jump).span, within))
        .all(|jump| is_guarded(cx, jump, within))
}

/// Whether an `if` around `stmt` tests something from outside of the loop that is assigned in its
/// body and nowhere else in the loop.
fn is_guarded(cx: &RuleCx<'_>, stmt: StmtId, within: Span) -> bool {
    let file = cx.file();
    let span = file.stmt(stmt).span;
    let written = assigned_in(cx, within);
    file.func(cx.root()).stmts.iter().any(|guard| {
        let StmtKind::If { cond, body, .. } = file.stmt(guard).kind else {
            return false;
        };
        if !starts_within(file.stmt(guard).span, within) || !file.stmt(body).span.contains(span) {
            return false;
        }
        let body = file.stmt(body).span;
        let mut is_flag = false;
        walk(file, Node::Expr(cond), |node| {
            let Node::Expr(tested) = node else {
                return Descend::Past;
            };
            let mut writes = written
                .iter()
                .filter(|&&to| file.expr_text(to) == file.expr_text(tested))
                .peekable();
            is_flag |=
                writes.peek().is_some() && writes.all(|&to| body.contains(file.expr(to).span));
            Descend::Into
        });
        is_flag
    })
}

/// What is assigned in the loop, as far as it lives outside of it.
fn assigned_in(cx: &RuleCx<'_>, within: Span) -> Vec<ExprId> {
    let file = cx.file();
    let is_outside = |&to: &ExprId| {
        let root = root_local(cx, to).map(|root| cx.body().names().local(root).span);
        root.is_none_or(|root| !starts_within(root, within))
    };
    let stmts = file
        .func(cx.root())
        .stmts
        .iter()
        .filter(|&stmt| starts_within(file.stmt(stmt).span, within));
    let assigned = stmts.flat_map(|stmt| match file.stmt(stmt).kind {
        StmtKind::Assign { lhs, .. } => file.exprs(lhs),
        _ => &[],
    });
    assigned.copied().filter(is_outside).collect()
}
