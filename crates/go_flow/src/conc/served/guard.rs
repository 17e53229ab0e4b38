//! How loops are left, and what makes sure that nobody waits for a loop that has been left.

use go_syntax::{ExprId, ExprKind, Span, StmtKind};
use go_types::{Basic, LocalKind, Type};

use super::paths::{Quit, is_self, leaves};
use super::{FieldOp, Key, Served, Server};
use crate::cfg::{NodeId, NodeKind};
use crate::channels::ChannelAct;
use crate::conc::Site;
use crate::facts::FunctionFacts;
use crate::place::Place;

/// A case of a `select` by which a loop is left without serving the channel again.
pub(super) struct WayOut {
    pub(super) site: Site,
    /// What is received there.
    pub(super) quit: Quit,
}

impl<'a> Served<'_, 'a> {
    /// The ways by which a loop is left.
    pub(super) fn ways_out(&self, server: Server, serving: &[FieldOp]) -> Vec<WayOut> {
        let cfg = self.program.cfg(server.body, server.func);
        let facts = self.program.facts(server.body);
        let file = facts.file();
        let lp = cfg.loop_(server.lp);
        let is_serving = |node: NodeId| {
            serving.iter().any(|own| {
                own.body == server.body && own.point.func == server.func && own.point.node == node
            })
        };
        let mut ways = Vec::new();
        for op in facts.channel_ops() {
            if op.point.func == server.func
                && op.act == ChannelAct::Receive
                && op.arm.is_some()
                && cfg.is_in_loop(op.point.node, lp)
                && !serving.iter().any(|own| own.span == op.span)
                && leaves(facts.body(), cfg, lp, op.point.node, &is_serving)
                && let Some(quit) = Quit::of(file, op.channel)
            {
                let site = self.program.site(server.body, server.func, op.span);
                ways.push(WayOut { site, quit });
            }
        }
        ways
    }

    /// Whether the object of an operation is the receiver of the method that it stands in.
    pub(super) fn is_on_self(&self, op: &FieldOp) -> bool {
        let facts = self.program.facts(op.body);
        op.object
            .is_some_and(|x| is_self(facts.body(), facts.root(), x))
    }

    /// Whether a waiting operation is made sure of in a way that is not followed: what ends the loop is
    /// asked for, or a flag of the object, or the object is only being built.
    pub(super) fn is_guarded(&self, key: Key, op: &FieldOp, quit: &Quit) -> bool {
        let facts = self.program.facts(op.body);
        let body = facts.body();
        let Some(x) = op.object else { return true };
        let root = Place::of(body, x).and_then(|place| place.local());
        let kind = root.map(|local| body.names().local(local).kind);
        if !matches!(kind, Some(LocalKind::Receiver(_) | LocalKind::Param(_))) {
            return true;
        }
        self.asks(facts, op, quit)
            || self.asks_flag(key, facts)
            || matches!(quit, Quit::Name(quit) if self.waits_first(quit))
    }

    /// Whether what ends the loop is asked for before, or ended by the function itself.
    fn asks(&self, facts: &FunctionFacts<'a>, op: &FieldOp, quit: &Quit) -> bool {
        let file = facts.file();
        let node = file.func(facts.root());
        let is_quit = |expr: ExprId| match (file.expr(expr).kind, quit) {
            (ExprKind::Selector { sel, .. }, Quit::Name(quit)) => file.span_text(sel) == quit,
            (ExprKind::Selector { sel, .. }, Quit::Context) => {
                matches!(file.span_text(sel), "Done" | "Err")
            }
            (ExprKind::Ident, Quit::Name(quit)) => file.expr_text(expr) == quit,
            _ => false,
        };
        node.exprs.iter().filter(|&expr| is_quit(expr)).any(|expr| {
            match facts.point_of_expr(expr) {
                Some(point) if point.func == op.point.func => {
                    self.is_ended(facts, expr)
                        || super::paths::reaches(
                            facts.cfg(point.func),
                            point.node,
                            op.point.node,
                            &|_| false,
                        )
                }
                _ => true,
            }
        })
    }

    /// Whether a channel is closed or sent to here, or handed on.
    fn is_ended(&self, facts: &FunctionFacts<'a>, expr: ExprId) -> bool {
        let file = facts.file();
        let node = file.func(facts.root());
        let is_sent = node.stmts.iter().any(|stmt| {
            matches!(file.stmt(stmt).kind, StmtKind::Send { chan, .. }
                if file.unparen(chan) == expr)
        });
        is_sent
            || node.exprs.iter().any(|call| {
                file.call(call)
                    .is_some_and(|(_, args)| args.iter().any(|&arg| file.unparen(arg) == expr))
            })
    }

    /// Whether a condition of the function asks a flag of the object.
    fn asks_flag(&self, key: Key, facts: &FunctionFacts<'a>) -> bool {
        let body = facts.body();
        let file = body.file();
        let cx = body.cx();
        let conds = facts.funcs().iter().flat_map(|&func| {
            let cfg = facts.cfg(func);
            cfg.nodes().filter_map(|node| match node.kind {
                NodeKind::Cond(cond) => Some(file.expr(cond).span),
                _ => None,
            })
        });
        let conds: Vec<Span> = conds.collect();
        file.func(facts.root()).exprs.iter().any(|expr| {
            let ExprKind::Selector { x, sel } = file.expr(expr).kind else {
                return false;
            };
            let span = file.expr(expr).span;
            if !conds.iter().any(|cond| cond.contains(span)) {
                return false;
            }
            let owner = self.key(body, body.type_of(x), file.span_text(sel));
            if owner.is_none_or(|owner| owner.0 != key.0) {
                // A method that tells.
                return is_self(body, facts.root(), x) && owner.is_none();
            }
            let ty = cx.deref(body.type_of(expr));
            match cx.ty(ty) {
                Type::Basic(Basic::Bool | Basic::Int | Basic::Int32 | Basic::Int64) => true,
                Type::Named { name, .. } => {
                    let named = cx.named(name);
                    *named.package == *"sync/atomic"
                        || matches!(cx.ty(body.underlying(ty)), Type::Basic(_) | Type::Unknown)
                }
                _ => ty.is_unknown(),
            }
        })
    }

    /// Whether who closes the channel that ends the loop waits for others before.
    fn waits_first(&self, quit: &str) -> bool {
        let name = self.program.sym(quit);
        (0..self.program.declared.len()).any(|index| {
            let file = self.program.file(index);
            let node = file.func(self.program.declared[index].func);
            let mut waits = None;
            let mut closes = None;
            for expr in node.exprs.iter() {
                let Some((fun, args)) = file.call(expr) else {
                    continue;
                };
                let start = file.expr(expr).span.start;
                let fun = file.unparen(fun);
                match (file.selector(fun), file.ident(fun)) {
                    (Some((_, "Wait")), _) => waits = waits.or(Some(start)),
                    (None, Some("close")) => {
                        let is_it = args.first().is_some_and(|&arg| {
                            file.selector(file.unparen(arg))
                                .is_some_and(|(_, field)| self.program.sym(field) == name)
                        });
                        if is_it {
                            closes = Some(start);
                        }
                    }
                    _ => {}
                }
            }
            matches!((waits, closes), (Some(wait), Some(close)) if wait < close)
        })
    }
}
