//! What is given back by hand at the end, and forgotten on the way: places of semaphores, items of pools.
//! The release moves behind the acquisition, with a `defer`.

use diagnostics::Applicability;
use go_flow::{ArgEffect, Class, Leak};
use go_syntax::{ExprId, Span, StmtId, StmtKind};
use go_types::{LocalId, Object};

use super::Repair;
use super::anchors::{Anchor, acquired, behind_check};
use super::lines::remove;
use super::upwards::means_the_same;
use crate::blocks::{InList, lines_with_comment};
use crate::cx::RuleCx;
use crate::release::target;

/// Defers `release`, a statement right before the end of the function, at `anchor`, together with the
/// statements `before` it.
fn defer_release(
    cx: &RuleCx<'_>,
    anchor: Anchor,
    before: &[StmtId],
    release: StmtId,
) -> Option<Repair> {
    let file = cx.file();
    let place = InList::of(cx, release)?;
    let owner = match anchor {
        Anchor::After(stmt) => InList::of(cx, stmt)?.owner,
        Anchor::In(_) => return None,
    };
    let Anchor::After(stmt) = anchor else {
        return None;
    };
    let func = cx.facts().point_of_stmt(release)?.func;
    let is_last = place
        .next()
        .is_none_or(|next| matches!(file.stmt(next).kind, StmtKind::Return(_)));
    // In a loop a `defer` would be too late.
    if owner != place.owner || file.func(func).body != Some(owner) || !is_last {
        return None;
    }
    let at = file.stmt(stmt).span.end;
    let all: Vec<StmtId> = before.iter().copied().chain([release]).collect();
    if !all.iter().all(|&stmt| means_the_same(cx, stmt, at)) {
        return None;
    }
    let texts: Vec<&str> = all
        .iter()
        .map(|&stmt| file.span_text(file.stmt(stmt).span))
        .collect();
    if texts.iter().any(|text| text.contains('\n')) {
        return None;
    }
    let is_call = matches!(file.stmt(release).kind, StmtKind::Expr(expr) if file.call(file.unparen(expr)).is_some());
    let code = match (texts.as_slice(), is_call) {
        ([only], true) => format!("defer {only}\n"),
        ([only], false) => format!("defer func() {{ {only} }}()\n"),
        (several, _) => {
            let lines: String = several.iter().map(|text| format!("\t{text}\n")).collect();
            format!("defer func() {{\n{lines}}}()\n")
        }
    };
    let first = lines_with_comment(cx, file.stmt(*all.first()?).span)?;
    let last = lines_with_comment(cx, file.stmt(release).span)?;
    Some(Repair {
        applicability: Applicability::Safe,
        description: format!("Defer `{}` where the duty begins", texts.last()?),
        edits: vec![
            anchor.insert(cx, &code)?,
            remove(cx, Span::new(first.start, last.end))?,
        ],
    })
}

/// Defers the only statement that gives a place of a semaphore back. `taken` takes it; `gives_back` says
/// of an expression whether it gives it back.
pub(crate) fn place(
    cx: &RuleCx<'_>,
    taken: StmtId,
    gives_back: impl Fn(ExprId) -> bool,
) -> Option<Repair> {
    let file = cx.file();
    let exprs = file.func(cx.root()).exprs.iter();
    let all: Vec<ExprId> = exprs.filter(|&expr| gives_back(expr)).collect();
    let &[only] = all.as_slice() else {
        return None;
    };
    let release = statement(cx, only)?;
    let anchor = match file.stmt(taken).kind {
        StmtKind::Send { .. } => Anchor::After(taken),
        StmtKind::Assign { .. } => {
            let acquisition = cx.facts().acquisition(taken)?;
            // Without an error it is a condition that says whether the place was taken.
            acquisition.error?;
            acquired(cx, &acquisition).or_else(|| behind_check(cx, &acquisition))?
        }
        _ => return None,
    };
    defer_release(cx, anchor, &[], release)
}

/// Defers the only statement that gives the item of a pool back, and what cleans it right before.
pub(super) fn item(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> Option<Repair> {
    let file = cx.file();
    let Object::Local(local) = cx.body().object(file.unparen(target(cx, leak)?)) else {
        return None;
    };
    let exprs = file.func(cx.root()).exprs.iter();
    let all: Vec<ExprId> = exprs
        .filter(|&expr| puts_back(cx, class, expr, local))
        .collect();
    let &[only] = all.as_slice() else {
        return None;
    };
    let release = statement(cx, only)?;
    let list = InList::of(cx, release)?;
    let cleans = list.list[..list.index]
        .iter()
        .rev()
        .take_while(|&&stmt| is_cleaning(cx, stmt, local));
    let mut before: Vec<StmtId> = cleans.copied().collect();
    before.reverse();
    let cfg = cx.facts().cfg(leak.point.func);
    let taken = cfg.stmt_of_node(leak.point.node)?;
    let anchor = match cx.facts().acquisition(taken) {
        Some(acquisition) if acquisition.error.is_some() => acquired(cx, &acquisition)?,
        _ => Anchor::After(taken),
    };
    let repair = defer_release(cx, anchor, &before, release)?;
    Some(Repair {
        // Others may have kept what is in it.
        applicability: Applicability::Unsafe,
        ..repair
    })
}

/// Whether a call gives the item that `local` holds back to its pool.
fn puts_back(cx: &RuleCx<'_>, class: &Class, expr: ExprId, local: LocalId) -> bool {
    let file = cx.file();
    let Some((fun, args)) = file.call(expr) else {
        return false;
    };
    let is_it = |arg: ExprId| cx.body().object(file.unparen(arg)) == Object::Local(local);
    if let Some(index) = args.iter().position(|&arg| is_it(arg)) {
        let contract = cx.facts().call_contract(cx.models(), cx.contracts(), expr);
        let name = match file.selector(file.unparen(fun)) {
            Some((_, name)) => name,
            None => file.expr_text(fun),
        };
        return contract.contract.param(index) == ArgEffect::Release
            || ["Put", "Release"]
                .iter()
                .any(|start| name.starts_with(start));
    }
    file.selector(file.unparen(fun))
        .is_some_and(|(x, name)| is_it(x) && class.release.iter().any(|release| **release == *name))
}

/// Whether a statement only calls a method of the item, without arguments: `b.Reset()`.
fn is_cleaning(cx: &RuleCx<'_>, stmt: StmtId, local: LocalId) -> bool {
    let file = cx.file();
    let StmtKind::Expr(call) = file.stmt(stmt).kind else {
        return false;
    };
    let Some((fun, [])) = file.call(file.unparen(call)) else {
        return false;
    };
    file.selector(file.unparen(fun)).is_some_and(|(x, name)| {
        cx.body().object(file.unparen(x)) == Object::Local(local)
            && (name.starts_with("Reset") || name.starts_with("Clear"))
    })
}

/// The statement that is nothing but this expression.
fn statement(cx: &RuleCx<'_>, expr: ExprId) -> Option<StmtId> {
    let file = cx.file();
    let mut stmts = file.func(cx.root()).stmts.iter();
    stmts.find(
        |&stmt| matches!(file.stmt(stmt).kind, StmtKind::Expr(other) if file.unparen(other) == expr),
    )
}
