//! Channels that nobody reads any more: what a goroutine sends to them stays there.

use go_syntax::{ExprId, ExprKind, FuncId, StmtId, StmtKind};
use go_types::{Builtin, LocalId, LocalKind, Object};
use rustc_hash::FxHashSet;

use super::tracker::Tracker;
use crate::cfg::{Cfg, NodeId, NodeKind};
use crate::facts::Point;

impl<'a> Tracker<'_, 'a> {
    /// Whether what the literal `sender` sends to a channel may never be received: the function
    /// around it, which made the channel, can end after a `select` that took another case.
    /// `may_skip` says that the sender has another case, too.
    pub(crate) fn is_abandoned(&self, channel: ExprId, sender: FuncId, may_skip: bool) -> bool {
        let Object::Local(local) = self.body().object(self.file().unparen(channel)) else {
            return false;
        };
        let Some(buffered) = self.made_here(local) else {
            return false;
        };
        let owner = self.body().names().local(local).func;
        if owner == sender || (may_skip && !buffered) {
            return false;
        }
        let cfg = self.facts().cfg(owner);
        let Some(mentions) = self.readers(cfg, local, sender) else {
            return false;
        };
        let reads = |node: NodeId| match cfg.kind(node) {
            NodeKind::Comm(clause) => self.clause_reads(clause, local),
            _ => false,
        };
        let clauses = cfg
            .nodes()
            .filter(|node| cfg.reachable(node.id) && reads(node.id));
        let siblings = clauses.flat_map(|node| {
            let selects = cfg.predecessors(node.id).iter();
            selects.flat_map(|edge| cfg.successors(edge.node).iter().map(|edge| edge.node))
        });
        let mut open: Vec<NodeId> = siblings.filter(|&node| !reads(node)).collect();
        let mut seen: FxHashSet<NodeId> = open.iter().copied().collect();
        while let Some(node) = open.pop() {
            if node == cfg.exit() {
                return true;
            }
            for edge in cfg.successors(node) {
                if !mentions.contains(&edge.node) && seen.insert(edge.node) {
                    open.push(edge.node);
                }
            }
        }
        false
    }

    /// Whether a variable always holds the channel that it is declared with, and whether that is
    /// buffered; `None` when it does not.
    fn made_here(&self, local: LocalId) -> Option<bool> {
        let LocalKind::Var { init, .. } = self.body().names().local(local).kind else {
            return None;
        };
        let value = self.file().unparen(init.expr()?);
        if !self.body().is_builtin_call(value, Builtin::Make)
            || !self.facts().var_facts(local).is_single_assignment()
        {
            return None;
        }
        let (_, args) = self.file().call(value)?;
        Some(args.len() > 1)
    }

    /// The nodes that have to do with a channel; `None` when it goes elsewhere.
    fn readers(&self, cfg: &Cfg<'a>, local: LocalId, sender: FuncId) -> Option<FxHashSet<NodeId>> {
        let mut found = FxHashSet::default();
        for node in cfg.nodes() {
            let point = Point {
                func: cfg.func(),
                node: node.id,
            };
            if self
                .node_info(cfg, point)
                .locals
                .binary_search(&local)
                .is_err()
            {
                continue;
            }
            let is_plain = match node.kind {
                NodeKind::Select(_) | NodeKind::Comm(_) => true,
                NodeKind::Go(stmt) => self.holds(stmt, sender),
                NodeKind::Stmt(stmt) => self.only_reads(stmt, local),
                _ => false,
            };
            if !is_plain {
                return None;
            }
            found.insert(node.id);
        }
        Some(found)
    }

    /// Whether the literal `func` is within a statement.
    fn holds(&self, stmt: StmtId, func: FuncId) -> bool {
        let (outer, inner) = (self.file().stmt(stmt).span, self.file().func(func).span);
        outer.start <= inner.start && inner.end <= outer.end
    }

    /// Whether a clause of a `select` receives from a channel.
    fn clause_reads(&self, clause: StmtId, local: LocalId) -> bool {
        match self.file().stmt(clause).kind {
            StmtKind::CommClause {
                comm: Some(comm), ..
            } => self.only_reads(comm, local),
            _ => false,
        }
    }

    /// Whether a statement makes a channel, or receives from it.
    fn only_reads(&self, stmt: StmtId, local: LocalId) -> bool {
        let file = self.file();
        let reads = |expr: ExprId| {
            let expr = file.unparen(expr);
            match file.expr(expr).kind {
                ExprKind::Unary {
                    op: go_syntax::UnaryOp::Recv,
                    x,
                } => self.body().object(file.unparen(x)) == Object::Local(local),
                _ => self.body().is_builtin_call(expr, Builtin::Make),
            }
        };
        match file.stmt(stmt).kind {
            StmtKind::Expr(expr) => reads(expr),
            StmtKind::Assign { rhs, .. } => file.exprs(rhs).iter().any(|&value| reads(value)),
            StmtKind::Decl(_) => true,
            _ => false,
        }
    }
}
