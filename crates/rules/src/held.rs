//! What the rules about locks share: how messages name a lock, and where it was taken.

use go_flow::{CallMode, LockCall, Visit};
use go_syntax::{ExprKind, Span};

use crate::cx::RuleCx;

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
