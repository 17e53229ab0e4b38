//! What holds when control comes to a point: the `defer` statements on the way there, and the
//! conditions that every way there passes.

use go_syntax::{BinaryOp, ExprId, ExprKind, StmtId, UnaryOp};
use go_types::{LocalId, LocalKind, Object};
use rustc_hash::FxHashSet;

use super::state::Fact;
use super::tracker::Tracker;
use crate::cfg::{Cfg, EdgeKind, NodeId, NodeKind};
use crate::facts::Point;

/// Of variables with more writes nothing is said.
const MAX_WRITES: usize = 8;

impl<'a> Tracker<'_, 'a> {
    /// The `defer` statements of a function that may be registered when control comes to a point, in
    /// the order of the source.
    pub(crate) fn defers_before(&self, point: Point) -> Vec<StmtId> {
        let cfg = self.facts().cfg(point.func);
        let mut before = FxHashSet::default();
        let mut open = vec![point.node];
        let mut defers = Vec::new();
        while let Some(node) = open.pop() {
            for edge in cfg.predecessors(node) {
                if before.insert(edge.node) {
                    if let NodeKind::Defer(stmt) = cfg.kind(edge.node) {
                        defers.push(stmt);
                    }
                    open.push(edge.node);
                }
            }
        }
        defers.sort_by_key(|&stmt| self.file().stmt(stmt).span.start);
        defers
    }

    /// What is known, at a point, of variables that keep their values, because every way there takes
    /// the same side of a condition; sorted.
    pub(crate) fn known_before(&self, point: Point) -> Vec<(LocalId, Fact)> {
        let cfg = self.facts().cfg(point.func);
        let mut known: Vec<(LocalId, Fact)> = Vec::new();
        for node in cfg.nodes() {
            let NodeKind::Cond(cond) = node.kind else {
                continue;
            };
            let asked = self
                .asks_about(cond)
                .map(|(local, holds, fails)| (local, holds, Some(fails)));
            let more = || {
                self.tells_more(cond)
                    .map(|local| (local, Fact::NonNil, None))
            };
            let Some((local, holds, fails)) = asked.or_else(more) else {
                continue;
            };
            if !self.keeps_its_value(cfg, local, node.id, point.node)
                || known.iter().any(|&(id, _)| id == local)
            {
                continue;
            }
            if !comes_without(cfg, point.node, node.id, EdgeKind::True) {
                known.push((local, holds));
            } else if let Some(fails) = fails
                && !comes_without(cfg, point.node, node.id, EdgeKind::False)
            {
                known.push((local, fails));
            }
        }
        known.sort_unstable();
        known
    }

    /// The variable that a condition is about, and what it is when that holds and when it fails.
    fn asks_about(&self, cond: ExprId) -> Option<(LocalId, Fact, Fact)> {
        let file = self.file();
        let cond = file.unparen(cond);
        let is_nil = |expr| self.body().object(expr) == Object::Nil;
        let local = |expr| match self.body().object(expr) {
            Object::Local(local) => Some(local),
            _ => None,
        };
        match file.expr(cond).kind {
            ExprKind::Ident => Some((local(cond)?, Fact::True, Fact::False)),
            ExprKind::Unary {
                op: UnaryOp::Not,
                x,
            } => Some((local(x)?, Fact::False, Fact::True)),
            ExprKind::Binary {
                op: op @ (BinaryOp::Eq | BinaryOp::Ne),
                x,
                y,
            } => {
                let is_zero = |expr| self.is_zero(expr) == Some(true);
                let local = if is_nil(y) || is_zero(y) {
                    local(x)?
                } else if is_nil(x) || is_zero(x) {
                    local(y)?
                } else {
                    return None;
                };
                match op {
                    BinaryOp::Eq => Some((local, Fact::Nil, Fact::NonNil)),
                    _ => Some((local, Fact::NonNil, Fact::Nil)),
                }
            }
            _ => None,
        }
    }

    /// The variable that a condition tells to be something else than zero when it holds.
    fn tells_more(&self, cond: ExprId) -> Option<LocalId> {
        let file = self.file();
        match file.expr(file.unparen(cond)).kind {
            ExprKind::Binary {
                op: BinaryOp::Gt | BinaryOp::Lt,
                x,
                y,
            } if self.is_zero(y) == Some(true) => match self.body().object(x) {
                Object::Local(local) => Some(local),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a variable has the value that a condition asks for when control comes from there to a
    /// node.
    fn keeps_its_value(&self, cfg: &Cfg<'a>, local: LocalId, cond: NodeId, to: NodeId) -> bool {
        if !self.is_tested(local) {
            return false;
        }
        let var = self.facts().var_facts(local);
        let is_param = matches!(
            self.body().names().local(local).kind,
            LocalKind::Param(_) | LocalKind::Receiver(_)
        );
        if var.is_single_assignment() {
            return is_param || cfg.loops().is_empty();
        }
        let is_between = |node| cfg.reaches(cond, node) && (node == to || cfg.reaches(node, to));
        !var.address_taken
            && var.writes.len() <= MAX_WRITES
            && var
                .writes
                .iter()
                .all(|write| write.point.func == cfg.func() && !is_between(write.point.node))
    }
}

/// Whether control can come to `to` without leaving `cond` by `edge`.
fn comes_without(cfg: &Cfg<'_>, to: NodeId, cond: NodeId, edge: EdgeKind) -> bool {
    cfg.comes_without(to, |from, kind| from == cond && kind == edge)
}
