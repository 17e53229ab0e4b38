//! Deferred calls in loops that leave nothing behind: what they are for is over when the next
//! iteration begins, or there never was anything to give back.

use go_flow::{CallMode, DeferSite, NodeId, Visit};
use go_syntax::{ExprId, ExprKind, Span, StmtKind, UnaryOp};
use go_types::{Callee, LocalId, Type};

use crate::cx::RuleCx;
use crate::duty::Duty;
use crate::origin::{Origin, origin, root_local, starts_within};

/// Whether nothing is left of the iteration when the next one passes the `defer` of `site`. `within`
/// is where the loop is.
pub(crate) fn is_spent(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty, within: Span) -> bool {
    is_done_by_hand(cx, site, duty)
        || has_fired(cx, site, duty)
        || is_after_single_timer(cx, site, within)
        || closing_does_nothing(cx, duty, within)
}

/// Whether every way to the next iteration comes by a call that is the same as the deferred one.
fn is_done_by_hand(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty) -> bool {
    let file = cx.file();
    let work = file.expr_text(duty.call);
    duty.kind.is_release()
        && comes_by(cx, site, |node| {
            cx.facts().calls_of(site.point.func).iter().any(|call| {
                call.point.node == node
                    && call.mode == CallMode::Now
                    && file.expr_text(call.call) == work
            })
        })
}

/// Whether the deferred call stops a timer that has fired on every way to the next iteration.
fn has_fired(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty) -> bool {
    let Some(local) = duty.subject.and_then(|subject| root_local(cx, subject)) else {
        return false;
    };
    // The timer itself, or a function that came together with it.
    let mut timers: Vec<LocalId> = vec![local];
    for acquisition in cx.facts().acquisitions() {
        if acquisition.results.contains(&Some(local)) {
            timers.extend(acquisition.values());
        }
    }
    timers.retain(|&timer| is_timer(cx, timer));
    if timers.is_empty() {
        return false;
    }
    let cfg = cx.facts().cfg(site.point.func);
    let fires: Vec<NodeId> = cx
        .file()
        .func(cx.root())
        .exprs
        .iter()
        .filter(|&expr| {
            let timer = timer_received(cx, expr).and_then(|timer| root_local(cx, timer));
            timer.is_some_and(|timer| timers.contains(&timer))
                && cx.facts().func_of_expr(expr) == site.point.func
        })
        .filter_map(|expr| cfg.node_of_expr(expr))
        .collect();
    !fires.is_empty() && comes_by(cx, site, |node| fires.contains(&node))
}

/// Whether the `defer` stands in the clause of a `select` for a timer from outside of the loop, which
/// fires once: nothing in the clause sets it again.
fn is_after_single_timer(cx: &RuleCx<'_>, site: &DeferSite<'_>, within: Span) -> bool {
    let file = cx.file();
    let deferred = file.stmt(site.stmt).span;
    let mut clauses = file.func(cx.root()).stmts.iter().filter(|&clause| {
        let span = file.stmt(clause).span;
        span.contains(deferred) && starts_within(span, within)
    });
    clauses.any(|clause| {
        let StmtKind::CommClause {
            comm: Some(comm), ..
        } = file.stmt(clause).kind
        else {
            return false;
        };
        let received = match file.stmt(comm).kind {
            StmtKind::Expr(x) => Some(x),
            StmtKind::Assign { rhs, .. } => file.exprs(rhs).first().copied(),
            _ => None,
        };
        let Some(timer) = received.and_then(|received| timer_received(cx, received)) else {
            return false;
        };
        let Some(local) = root_local(cx, timer) else {
            return false;
        };
        let is_set_again = cx.facts().calls().iter().any(|call| {
            let Some((fun, _)) = file.call(call.call) else {
                return false;
            };
            file.stmt(clause).span.contains(file.expr(call.call).span)
                && file
                    .selector(file.unparen(fun))
                    .is_some_and(|(x, name)| name == "Reset" && root_local(cx, x) == Some(local))
        });
        let is_replaced = cx.facts().var(local).writes.iter().any(|write| {
            write
                .expr
                .is_some_and(|expr| starts_within(file.expr(expr).span, within))
        });
        !starts_within(cx.body().names().local(local).span, within)
            && is_timer(cx, local)
            && !is_set_again
            && !is_replaced
    })
}

/// Whether closing what is closed gives nothing back: a part of a multipart message, which the next
/// one closes, or a file of the program itself.
fn closing_does_nothing(cx: &RuleCx<'_>, duty: &Duty, within: Span) -> bool {
    let body = cx.body();
    let Some(subject) = duty.subject else {
        return false;
    };
    let Origin::Made(local) = origin(cx, subject, within) else {
        return false;
    };
    let mut acquisitions = cx.facts().acquisitions().into_iter();
    acquisitions.any(|acquisition| {
        acquisition.results.first() == Some(&Some(local))
            && match cx.facts().callee(acquisition.call) {
                // What else has a method of that name is hard to imagine.
                Callee::Selected { name, .. } if name == "NextPart" || name == "NextRawPart" => {
                    true
                }
                _ => body.is_method_call(acquisition.call, "embed", "FS", "Open"),
            }
    })
}

/// Whether every way from the `defer` back to it comes by a node that `is_on_way` accepts, and there
/// is such a way.
fn comes_by(cx: &RuleCx<'_>, site: &DeferSite<'_>, is_on_way: impl Fn(NodeId) -> bool) -> bool {
    let cfg = cx.facts().cfg(site.point.func);
    let again = cfg.search_after(site.point.node, |node| {
        if node == site.point.node {
            Visit::Stop
        } else if is_on_way(node) {
            Visit::Skip
        } else {
            Visit::Continue
        }
    });
    again.is_none()
}

/// The timer in `<-timer.C`.
fn timer_received(cx: &RuleCx<'_>, expr: ExprId) -> Option<ExprId> {
    let file = cx.file();
    let ExprKind::Unary {
        op: UnaryOp::Recv,
        x,
    } = file.expr(file.unparen(expr)).kind
    else {
        return None;
    };
    let (timer, name) = file.selector(file.unparen(x))?;
    (name == "C").then_some(timer)
}

/// Whether a variable holds a timer: by its type or, where that is not known, by what made it.
fn is_timer(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let body = cx.body();
    let package = body.cx();
    let ty = body.type_of_local(local);
    body.is_named(package.deref(ty), "time", "Timer")
        || package.ty(ty) == Type::Unknown
            && cx.facts().acquisitions().iter().any(|acquisition| {
                acquisition.results.first() == Some(&Some(local))
                    && body.is_call_to(acquisition.call, "time", "NewTimer")
            })
}
