//! Operations on channels: what is sent, received and closed where.
//!
//! What a goroutine waits for when is not here: these are the operations of one function with its
//! literals, each by itself.

use go_syntax::{ExprId, ExprKind, Span, StmtId, StmtKind, UnaryOp};
use go_types::{Builtin, Callee, Type};

use crate::facts::{FunctionFacts, Point};
use crate::place::Place;
use crate::sites::CallMode;

/// What is done to a channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChannelAct {
    /// `c <- v`
    Send,
    /// `<-c`
    Receive,
    /// `for range c`: receives until the channel is closed.
    Range,
    /// `close(c)`
    Close,
}

/// The `select` that an operation is a case of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SelectArm {
    /// The statement.
    pub select: StmtId,
    /// The clause.
    pub clause: StmtId,
    /// Whether there is a `default` clause, so that nobody waits.
    pub has_default: bool,
    /// The number of cases, `default` not counted.
    pub cases: usize,
}

/// An operation on a channel.
#[derive(Clone, PartialEq, Debug)]
pub struct ChannelOp<'a> {
    /// What is done.
    pub act: ChannelAct,
    /// The operation in the source.
    pub span: Span,
    /// The channel.
    pub channel: ExprId,
    /// Where the channel lives; `None` when the operand is no path.
    pub place: Option<Place<'a>>,
    /// Where it happens. For a case of a `select` this is the node of its clause, for a `range`
    /// the node where the next element is waited for.
    pub point: Point,
    /// When it happens: a `close` can be deferred.
    pub mode: CallMode,
    /// The `select` around it.
    pub arm: Option<SelectArm>,
}

impl<'a> FunctionFacts<'a> {
    /// The operations on channels, those in literals included, in no particular order. A `range`
    /// over something of unknown type is none.
    pub fn channel_ops(&self) -> Vec<ChannelOp<'a>> {
        let (file, body) = (self.file(), self.body());
        let root = file.func(self.root());
        let arms = self.select_arms();
        let arm_of = |comm: StmtId| arms.iter().find(|(stmt, _)| *stmt == comm);
        let mut ops = Vec::new();
        let mut add = |act, span, channel, point: Option<Point>, mode, arm: Option<SelectArm>| {
            let Some(mut point) = point else { return };
            if let Some(node) = arm.and_then(|arm| self.cfg(point.func).node_of_stmt(arm.clause)) {
                point.node = node;
            }
            ops.push(ChannelOp {
                act,
                span,
                channel,
                place: Place::of(body, channel),
                point,
                mode,
                arm,
            });
        };
        // What a case of a `select` receives from: the receive itself, in the comm statement.
        let received: Vec<(ExprId, SelectArm)> = arms
            .iter()
            .filter_map(|&(comm, arm)| Some((self.received_by(comm)?, arm)))
            .collect();
        for stmt in root.stmts.iter() {
            match file.stmt(stmt).kind {
                StmtKind::Send { chan, .. } => {
                    let arm = arm_of(stmt).map(|&(_, arm)| arm);
                    let at = arm.map_or(stmt, |arm| arm.clause);
                    let span = file.stmt(stmt).span;
                    let point = self.point_of_stmt(at);
                    add(ChannelAct::Send, span, chan, point, CallMode::Now, arm);
                }
                StmtKind::Range { x, .. } if self.is_channel(x) => {
                    let func = self.func_of_stmt(stmt);
                    let head = self.cfg(func).loop_of_stmt(stmt).map(|lp| lp.head);
                    let point = head.map(|node| Point { func, node });
                    let span = file.expr(x).span;
                    add(ChannelAct::Range, span, x, point, CallMode::Now, None);
                }
                _ => {}
            }
        }
        for expr in root.exprs.iter() {
            let ExprKind::Unary {
                op: UnaryOp::Recv,
                x,
            } = file.expr(expr).kind
            else {
                continue;
            };
            let arm = received.iter().find(|(receive, _)| *receive == expr);
            let arm = arm.map(|&(_, arm)| arm);
            let point = match arm {
                Some(arm) => self.point_of_stmt(arm.clause),
                None => self.point_of_expr(expr),
            };
            let span = file.expr(expr).span;
            add(ChannelAct::Receive, span, x, point, CallMode::Now, arm);
        }
        for site in self.calls() {
            if self.callee(site.call) == Callee::Builtin(Builtin::Close)
                && let Some((_, &[channel])) = file.call(site.call)
            {
                let span = file.expr(site.call).span;
                let point = Some(site.point);
                add(ChannelAct::Close, span, channel, point, site.mode, None);
            }
        }
        ops
    }

    /// Whether the value of an expression is a channel, as far as types tell.
    pub fn is_channel(&self, expr: ExprId) -> bool {
        let body = self.body();
        matches!(
            body.cx().ty(body.core(body.type_of(expr))),
            Type::Chan { .. }
        )
    }

    /// The communications of all `select` statements.
    fn select_arms(&self) -> Vec<(StmtId, SelectArm)> {
        let file = self.file();
        let mut arms = Vec::new();
        for select in file.func(self.root()).stmts.iter() {
            let StmtKind::Select { body } = file.stmt(select).kind else {
                continue;
            };
            let clauses = file.block_stmts(body);
            let comms = clauses
                .iter()
                .filter_map(|&clause| match file.stmt(clause).kind {
                    StmtKind::CommClause { comm, .. } => Some((clause, comm)),
                    _ => None,
                });
            let has_default = comms.clone().any(|(_, comm)| comm.is_none());
            let cases = comms.clone().filter(|(_, comm)| comm.is_some()).count();
            arms.extend(comms.filter_map(|(clause, comm)| {
                let arm = SelectArm {
                    select,
                    clause,
                    has_default,
                    cases,
                };
                Some((comm?, arm))
            }));
        }
        arms
    }

    /// The receive of a communication that is one.
    fn received_by(&self, comm: StmtId) -> Option<ExprId> {
        let file = self.file();
        let expr = match file.stmt(comm).kind {
            StmtKind::Expr(expr) => expr,
            StmtKind::Assign { rhs, .. } => *file.exprs(rhs).first()?,
            _ => return None,
        };
        Some(file.unparen(expr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfg::NodeKind;
    use crate::testing::with_facts;

    fn acts(ops: &[ChannelOp<'_>], act: ChannelAct) -> usize {
        ops.iter().filter(|op| op.act == act).count()
    }

    #[test]
    fn all_kinds_are_found_where_they_happen() {
        with_facts(
            "func f(a chan int, b <-chan int) {
                defer close(a)
                a <- <-b
                for range b {}
                for range 3 {}
                go func() { select { case v := <-b: _ = v; case a <- 1: default: } }()
            }",
            |facts| {
                let ops = facts.channel_ops();
                assert_eq!(acts(&ops, ChannelAct::Send), 2);
                assert_eq!(acts(&ops, ChannelAct::Receive), 2);
                assert_eq!(acts(&ops, ChannelAct::Range), 1);
                assert_eq!(acts(&ops, ChannelAct::Close), 1);
                let close = ops.iter().find(|op| op.act == ChannelAct::Close).unwrap();
                assert!(matches!(close.mode, CallMode::Deferred(_)));
                for op in ops.iter().filter(|op| op.arm.is_some()) {
                    let arm = op.arm.unwrap();
                    assert!(arm.has_default && arm.cases == 2);
                    let cfg = facts.cfg(op.point.func);
                    assert_eq!(cfg.kind(op.point.node), NodeKind::Comm(arm.clause));
                }
                assert_eq!(ops.iter().filter(|op| op.arm.is_some()).count(), 2);
            },
        );
    }

    #[test]
    fn channels_are_told_apart_by_place() {
        with_facts(
            "type s struct{ c chan int }
            func f(s *s, l []chan int) { close(s.c); close((*s).c); close(l[g()]) }
            func g() int",
            |facts| {
                let ops = facts.channel_ops();
                assert!(ops[0].place.is_some());
                assert_eq!(ops[0].place, ops[1].place);
                assert_eq!(ops[2].place, None);
            },
        );
    }
}
