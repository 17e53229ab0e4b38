//! What may wait for others: operations of channels, and calls that are known to.

use go_syntax::{ExprId, ExprKind, Span, StmtKind, UnaryOp};
use go_types::{Callee, Type};

use crate::cfg::{EdgeKind, NodeKind};
use crate::facts::{FunctionFacts, Point};
use crate::sites::CallMode;

/// How something waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WaitKind {
    /// A value is sent.
    Send,
    /// A value is received.
    Receive,
    /// A `select` without `default`.
    Select,
    /// `range` over a channel.
    RangeChannel,
    /// `(*sync.WaitGroup).Wait`
    WaitGroup,
    /// `time.Sleep`
    Sleep,
}

/// Something that waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Wait {
    /// How.
    pub kind: WaitKind,
    /// The call that waits, or within which it waits; none for a statement.
    pub call: Option<ExprId>,
    /// The channel, or the operand of the call.
    pub operand: Option<ExprId>,
    /// What waits.
    pub span: Span,
    /// Whether a called function waits.
    pub within: bool,
}

/// What waits at a node, the calls of functions of the package apart.
pub(super) fn waits_at(facts: &FunctionFacts<'_>, point: Point) -> Vec<Wait> {
    let file = facts.file();
    let cfg = facts.cfg(point.func);
    let mut waits = Vec::new();
    let mut add = |kind, call, operand, span| {
        waits.push(Wait {
            kind,
            call,
            operand,
            span,
            within: false,
        });
    };
    match cfg.kind(point.node) {
        NodeKind::Stmt(stmt) => {
            if let StmtKind::Send { chan, .. } = file.stmt(stmt).kind {
                add(WaitKind::Send, None, Some(chan), file.stmt(stmt).span);
            }
        }
        NodeKind::Select(stmt) => {
            let has_default = cfg
                .successors(point.node)
                .iter()
                .any(|edge| edge.kind == EdgeKind::Default);
            if !has_default {
                let start = file.stmt(stmt).span.start;
                add(WaitKind::Select, None, None, Span::new(start, start + 6));
            }
        }
        NodeKind::RangeNext(stmt) => {
            if let StmtKind::Range { x, .. } = file.stmt(stmt).kind {
                let body = facts.body();
                if matches!(
                    body.cx().ty(body.underlying(body.type_of(x))),
                    Type::Chan { .. }
                ) {
                    add(WaitKind::RangeChannel, None, Some(x), file.expr(x).span);
                }
            }
        }
        _ => {}
    }
    // What the clauses of a select receive is waited for by the select.
    if !matches!(
        cfg.kind(point.node),
        NodeKind::Comm(_) | NodeKind::Select(_)
    ) {
        cfg.own_exprs(point.node, |expr| {
            if let ExprKind::Unary {
                op: UnaryOp::Recv,
                x,
            } = file.expr(expr).kind
            {
                add(WaitKind::Receive, None, Some(x), file.expr(expr).span);
            }
        });
    }
    for site in facts.calls_at(point) {
        if site.mode != CallMode::Now {
            continue;
        }
        if let Some((kind, operand)) = waiting_call(facts, site.call) {
            add(kind, Some(site.call), operand, file.expr(site.call).span);
        }
    }
    waits
}

fn waiting_call(facts: &FunctionFacts<'_>, call: ExprId) -> Option<(WaitKind, Option<ExprId>)> {
    match facts.callee(call) {
        Callee::Func {
            package: "time",
            name: "Sleep",
            ..
        } => Some((WaitKind::Sleep, None)),
        Callee::Selected { x, name: "Wait" }
            if facts
                .body()
                .is_method_call(call, "sync", "WaitGroup", "Wait") =>
        {
            Some((WaitKind::WaitGroup, Some(x)))
        }
        _ => None,
    }
}
