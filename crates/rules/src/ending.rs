//! Goroutines of the function at hand that only end when the function tells them to: by cancelling a
//! context, or by closing a channel.

use go_flow::{CallMode, DeferSite, EdgeKind, NodeId, NodeKind, Place, Point};
use go_syntax::{ExprId, ExprKind, FuncId, StmtKind, UnaryOp};
use go_types::{Builtin, Callee, LocalId, Object};

use crate::cx::RuleCx;
use crate::deferred::source;

/// What goroutines wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Waiting {
    /// For a context to be cancelled.
    Context,
    /// For a channel to be closed.
    Channel,
}

/// What tells a goroutine to end.
enum Signal<'a> {
    Context(LocalId),
    Channel(Place<'a>),
}

/// Whether `wait`, which the deferred call of `first` makes, waits for goroutines that only end by
/// `signal`, which the deferred call of `last` makes after it.
pub(crate) fn waits_for_ever(
    cx: &RuleCx<'_>,
    wait: ExprId,
    first: &DeferSite<'_>,
    signal: ExprId,
    last: &DeferSite<'_>,
) -> Option<Waiting> {
    let group = group_of(cx, wait)?;
    let signal = match cx.facts().callee(signal) {
        Callee::Var(cancel) => Signal::Context(context_of(cx, last, cancel)?),
        Callee::Builtin(Builtin::Close) => {
            let (_, args) = cx.file().call(signal)?;
            let place = Place::of(cx.body(), *args.first()?)?;
            // Others that have it may close it as well.
            let is_own = place.local().is_some() && place.is_variable();
            if !is_own || is_closed_elsewhere(cx, &place, signal) {
                return None;
            }
            Signal::Channel(place)
        }
        _ => return None,
    };
    let is_stuck =
        |literal: FuncId| counts(cx, literal, &group) && only_ends_by(cx, literal, &signal);
    let goes = cx.facts().gos().iter();
    let mut literals = goes
        .filter(|go| go.point.func == first.point.func)
        .filter_map(|go| go.literal);
    (literals.any(is_stuck) && leaves_without(cx, first.point, &signal)).then_some(match signal {
        Signal::Context(_) => Waiting::Context,
        Signal::Channel(_) => Waiting::Channel,
    })
}

/// The wait group that a call waits for.
fn group_of<'a>(cx: &RuleCx<'a>, call: ExprId) -> Option<Place<'a>> {
    let Callee::Selected { x, name: "Wait" } = cx.facts().callee(call) else {
        return None;
    };
    let ty = cx.body().cx().deref(cx.body().type_of(x));
    let is_group = ty.is_unknown() || cx.body().is_named(ty, "sync", "WaitGroup");
    Place::of_operand(cx.body(), x).filter(|_| is_group)
}

/// Whether a goroutine counts itself as done in a wait group.
fn counts(cx: &RuleCx<'_>, literal: FuncId, group: &Place<'_>) -> bool {
    let mut calls = cx.facts().calls_of(literal).iter();
    calls.any(|call| match cx.facts().callee(call.call) {
        Callee::Selected { x, name: "Done" } => {
            Place::of_operand(cx.body(), x).is_some_and(|place| place == *group)
        }
        _ => false,
    })
}

/// The context that a function variable cancels, when it is called nowhere but in the `defer`.
fn context_of(cx: &RuleCx<'_>, site: &DeferSite<'_>, cancel: LocalId) -> Option<LocalId> {
    let (call, 1) = source(cx, site, cancel)? else {
        return None;
    };
    let is_cancelable = matches!(
        cx.facts().callee(call),
        Callee::Func {
            package: "context",
            name: "WithCancel" | "WithCancelCause",
            ..
        }
    );
    if !is_cancelable || cx.facts().var(cancel).reads.len() != 1 {
        return None;
    }
    let cfg = cx.facts().cfg(site.point.func);
    let point = cx.facts().point_of_expr(call)?;
    let acquisition = cx.facts().acquisition(cfg.stmt_of_node(point.node)?)?;
    *acquisition.results.first()?
}

fn is_closed_elsewhere(cx: &RuleCx<'_>, place: &Place<'_>, signal: ExprId) -> bool {
    let mut calls = cx.facts().calls().iter();
    calls.any(|call| {
        let args = cx.file().call(call.call).map_or(&[][..], |(_, args)| args);
        let is_it = |&arg: &ExprId| Place::of(cx.body(), arg).is_some_and(|other| other == *place);
        call.call != signal
            && !matches!(call.mode, CallMode::Spawned(_))
            && args.iter().any(is_it)
            && !matches!(
                cx.facts().callee(call.call),
                Callee::Builtin(Builtin::Len | Builtin::Cap)
            )
    })
}

impl Signal<'_> {
    /// Whether receiving from `channel` waits for it.
    fn is_waited_for(&self, cx: &RuleCx<'_>, channel: ExprId) -> bool {
        let file = cx.file();
        let channel = file.unparen(channel);
        match self {
            Self::Context(context) => {
                let call = cx.facts().value_of(channel).unwrap_or(channel);
                matches!(
                    cx.facts().callee(file.unparen(call)),
                    Callee::Selected { x, name: "Done" }
                        if cx.body().object(x) == Object::Local(*context)
                )
            }
            Self::Channel(place) => {
                Place::of(cx.body(), channel).is_some_and(|other| other == *place)
            }
        }
    }

    /// Whether a node is only passed when the signal came.
    fn is_waited_at(&self, cx: &RuleCx<'_>, at: Point) -> bool {
        let file = cx.file();
        let cfg = cx.facts().cfg(at.func);
        let mut found = false;
        let mut look = |expr: ExprId| {
            if let ExprKind::Unary {
                op: UnaryOp::Recv,
                x,
            } = file.expr(expr).kind
            {
                // A value that is sent is received before the channel is closed.
                found |= matches!(self, Self::Context(_)) && self.is_waited_for(cx, x);
            }
        };
        match cfg.kind(at.node) {
            NodeKind::Comm(clause) => {
                if let StmtKind::CommClause {
                    comm: Some(comm), ..
                } = file.stmt(clause).kind
                {
                    for &expr in &received(cx, comm) {
                        look(expr);
                    }
                }
            }
            NodeKind::Stmt(_) | NodeKind::Cond(_) => cfg.own_exprs(at.node, look),
            _ => {}
        }
        found
    }
}

/// The receiving expression of a clause of a `select`.
fn received(cx: &RuleCx<'_>, comm: go_syntax::StmtId) -> Vec<ExprId> {
    let file = cx.file();
    match file.stmt(comm).kind {
        StmtKind::Expr(expr) => vec![file.unparen(expr)],
        StmtKind::Assign { rhs, .. } => file.exprs(rhs).iter().map(|&x| file.unparen(x)).collect(),
        _ => Vec::new(),
    }
}

/// Whether a literal waits for a signal and has no other way to its end.
fn only_ends_by(cx: &RuleCx<'_>, literal: FuncId, signal: &Signal<'_>) -> bool {
    let cfg = cx.facts().cfg(literal);
    let mut waits = false;
    let mut seen: Vec<bool> = vec![false; cfg.len()];
    let mut open: Vec<NodeId> = vec![cfg.entry()];
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut seen[node.index()], true) {
            continue;
        }
        if node == cfg.exit() || matches!(cfg.kind(node), NodeKind::End(_)) {
            return false;
        }
        let at = Point {
            func: literal,
            node,
        };
        if signal.is_waited_at(cx, at) {
            waits = true;
            continue;
        }
        for edge in cfg.successors(node) {
            if edge.kind == EdgeKind::RangeDone
                && let NodeKind::RangeNext(stmt) = cfg.kind(node)
                && let StmtKind::Range { x, .. } = cx.file().stmt(stmt).kind
                && signal.is_waited_for(cx, x)
            {
                waits = true;
                continue;
            }
            open.push(edge.node);
        }
    }
    waits
}

/// Whether the function can end without having waited for the signal itself.
fn leaves_without(cx: &RuleCx<'_>, from: Point, signal: &Signal<'_>) -> bool {
    let cfg = cx.facts().cfg(from.func);
    let found = cfg.search_after(from.node, |node| {
        let at = Point {
            func: from.func,
            node,
        };
        if node == cfg.exit() {
            go_flow::Visit::Stop
        } else if signal.is_waited_at(cx, at) {
            go_flow::Visit::Skip
        } else {
            go_flow::Visit::Continue
        }
    });
    found.is_some()
}
