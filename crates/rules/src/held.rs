//! What the rules about locks share: how messages name a lock, and where it was taken. And what a
//! goroutine holds that does not get any further: locks, and deferred calls.

use go_flow::{CallMode, FunctionFacts, LockCall, Point, Visit};
use go_syntax::{ExprKind, Span};

use crate::cx::{Finding, RuleCx};

/// Where the lock that `lock` finds taken was taken: the nearest such call before it.
pub(crate) fn taken_at(cx: &RuleCx<'_>, lock: &LockCall<'_>) -> Option<Span> {
    let facts = cx.facts();
    // A call in a deferred literal finds what its `defer` found.
    let in_literal = facts.literal_runs(lock.point.func);
    let point = match in_literal {
        go_flow::LiteralUse::Deferred { stmt, .. } => facts.point_of_stmt(stmt)?,
        _ => lock.point,
    };
    let mut found = None;
    facts.cfg(point.func).search_before(point.node, |node| {
        found = facts.locks().iter().find(|other| {
            other.point.func == point.func
                && other.point.node == node
                && other.mode == CallMode::Now
                && other.op.acquires()
                && other.place == lock.place
        });
        if found.is_some() {
            Visit::Stop
        } else {
            Visit::Continue
        }
    });
    found.map(|other| cx.file().expr(other.call).span)
}

/// The name of the method in the call of a lock: what a fix replaces.
pub(crate) fn method_span(cx: &RuleCx<'_>, lock: &LockCall<'_>) -> Option<Span> {
    let file = cx.file();
    let (fun, _) = file.call(lock.call)?;
    match file.expr(file.unparen(fun)).kind {
        ExprKind::Selector { sel, .. } => Some(sel),
        _ => None,
    }
}

/// The calls that took the locks which are held at a point, as far as one function tells. Those that
/// are given back after it count only when the goroutine never gets there: with `stays`.
pub(crate) fn locks_at(facts: &FunctionFacts<'_>, at: Point, stays: bool) -> Vec<Span> {
    let cfg = facts.cfg(at.func);
    let releases = |node, lock: &LockCall<'_>| {
        facts.locks().iter().any(|other| {
            other.point == Point { node, ..at }
                && other.mode == CallMode::Now
                && !other.op.acquires()
                && other.place == lock.place
        })
    };
    let is_held = |lock: &&LockCall<'_>| {
        lock.point.func == at.func
            && lock.mode == CallMode::Now
            && matches!(lock.op, go_flow::LockOp::Lock | go_flow::LockOp::RLock)
            && lock.place.is_some()
            && cfg
                .search_after(lock.point.node, |node| {
                    if node == at.node {
                        Visit::Stop
                    } else if releases(node, lock) {
                        Visit::Skip
                    } else {
                        Visit::Continue
                    }
                })
                .is_some()
            && (stays
                || cfg
                    .search_after(at.node, |node| {
                        if releases(node, lock) {
                            Visit::Stop
                        } else {
                            Visit::Continue
                        }
                    })
                    .is_none())
    };
    let locks = facts.locks().iter().filter(is_held);
    locks
        .map(|lock| facts.file().expr(lock.call).span)
        .collect()
}

/// Adds what a goroutine keeps that stays at a point: the locks it holds there, and the deferred
/// calls that it has come by.
pub(crate) fn tell_kept<'f>(cx: &RuleCx<'_>, at: Point, finding: Finding<'f>) -> Finding<'f> {
    let facts = cx.facts();
    let cfg = facts.cfg(at.func);
    let defers: Vec<Span> = facts
        .defers_of(at.func)
        .filter(|site| cfg.dominates(site.point.node, at.node))
        .map(|site| cx.file().stmt(site.stmt).span)
        .collect();
    tell(finding, &locks_at(facts, at, true), &defers)
}

/// Adds locks that are held and deferred calls that never run, three of each at most.
pub(crate) fn tell<'f>(mut finding: Finding<'f>, locks: &[Span], defers: &[Span]) -> Finding<'f> {
    for &lock in locks.iter().take(3) {
        finding = finding.related(lock, "meanwhile it holds the lock that it takes here");
    }
    for &defer in defers.iter().take(3) {
        finding = finding.related(defer, "this deferred call never runs");
    }
    finding
}
