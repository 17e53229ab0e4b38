//! Which node evaluates which expression.

use go_syntax::walk::{Descend, Node, walk_function};
use go_syntax::{BinaryOp, ExprId, ExprKind, IdRange, StmtId, StmtKind, UnaryOp};

use super::{Cfg, NodeId, NodeKind};

impl Cfg<'_> {
    pub(super) fn expr_nodes(&self) -> &[Option<NodeId>] {
        self.expr_nodes.get_or_init(|| {
            let exprs = self.file.func(self.func).exprs;
            let mut table = Table {
                cfg: self,
                exprs,
                nodes: vec![None; exprs.len()],
            };
            table.fill();
            table.nodes.into_boxed_slice()
        })
    }

    /// Calls `visit` for the parts of the source that a node evaluates. Operands of logical
    /// operators that are nodes of their own lie within some of them all the same; see
    /// [`Cfg::own_exprs`].
    pub(crate) fn for_each_part(&self, node: NodeId, mut visit: impl FnMut(Node)) {
        match self.kind(node) {
            NodeKind::Entry
            | NodeKind::Exit
            | NodeKind::End(_)
            | NodeKind::Branch(_)
            | NodeKind::Label(_)
            | NodeKind::Loop(_)
            | NodeKind::Clause(_) => {}
            NodeKind::Stmt(stmt)
            | NodeKind::Defer(stmt)
            | NodeKind::Go(stmt)
            | NodeKind::Return(stmt) => visit(Node::Stmt(stmt)),
            NodeKind::Cond(expr) | NodeKind::Case { expr, .. } => visit(Node::Expr(expr)),
            NodeKind::Range(stmt) => {
                if let StmtKind::Range { x, .. } = self.file.stmt(stmt).kind {
                    visit(Node::Expr(x));
                }
            }
            NodeKind::RangeNext(stmt) => {
                if let StmtKind::Range { key, value, .. } = self.file.stmt(stmt).kind {
                    [key, value]
                        .into_iter()
                        .flatten()
                        .for_each(|x| visit(Node::Expr(x)));
                }
            }
            NodeKind::Tag(stmt) => match self.file.stmt(stmt).kind {
                StmtKind::Switch { tag: Some(tag), .. } => visit(Node::Expr(tag)),
                StmtKind::TypeSwitch { guard, .. } => visit(Node::Stmt(guard)),
                _ => {}
            },
            NodeKind::Select(stmt) => {
                if let StmtKind::Select { body } = self.file.stmt(stmt).kind {
                    for &clause in self.file.block_stmts(body) {
                        self.for_each_waiting_part(clause, &mut visit);
                    }
                }
            }
            NodeKind::Comm(clause) => {
                if let StmtKind::CommClause {
                    comm: Some(comm), ..
                } = self.file.stmt(clause).kind
                {
                    match self.file.stmt(comm).kind {
                        // Channel and value were evaluated before the wait.
                        StmtKind::Send { .. } => {}
                        _ => visit(Node::Stmt(comm)),
                    }
                }
            }
        }
    }

    /// What a clause of a `select` evaluates before the wait.
    fn for_each_waiting_part(&self, clause: StmtId, visit: &mut impl FnMut(Node)) {
        let StmtKind::CommClause {
            comm: Some(comm), ..
        } = self.file.stmt(clause).kind
        else {
            return;
        };
        let received = match self.file.stmt(comm).kind {
            StmtKind::Send { .. } => return visit(Node::Stmt(comm)),
            StmtKind::Expr(x) => Some(x),
            StmtKind::Assign { rhs, .. } => self.file.exprs(rhs).first().copied(),
            _ => None,
        };
        if let Some(x) = received
            && let ExprKind::Unary {
                op: UnaryOp::Recv,
                x,
            } = self.file.expr(self.file.unparen(x)).kind
        {
            visit(Node::Expr(x));
        }
    }

    /// Calls `visit` for all expressions that a node evaluates, parents first, without those within
    /// function literals.
    pub fn own_exprs(&self, node: NodeId, mut visit: impl FnMut(ExprId)) {
        let own = self.own_exprs.get_or_init(|| self.collect_own());
        own.of(node).iter().for_each(|&expr| visit(expr));
    }

    fn collect_own(&self) -> OwnExprs {
        let table = self.expr_nodes();
        let exprs = self.file.func(self.func).exprs;
        let mut own = OwnExprs::default();
        own.ends.reserve_exact(self.len());
        own.exprs.reserve(exprs.len());
        for node in (0..self.len()).map(NodeId::from_index) {
            self.for_each_part(node, |part| {
                walk_function(self.file, part, |at| {
                    if let Node::Expr(id) = at {
                        let is_own = exprs
                            .position(id)
                            .is_some_and(|position| table[position] == Some(node));
                        if !is_own {
                            return Descend::Past;
                        }
                        own.exprs.push(id);
                    }
                    Descend::Into
                });
            });
            own.ends.push(own.exprs.len() as u32);
        }
        own
    }
}

/// The expressions of all nodes: everybody asks for those of all, again and again.
#[derive(Clone, Default)]
pub(super) struct OwnExprs {
    exprs: Vec<ExprId>,
    /// Where those of each node end.
    ends: Vec<u32>,
}

impl OwnExprs {
    fn of(&self, node: NodeId) -> &[ExprId] {
        let index = node.index();
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.exprs[start as usize..self.ends[index] as usize]
    }
}

struct Table<'c, 'a> {
    cfg: &'c Cfg<'a>,
    exprs: IdRange<ExprId>,
    nodes: Vec<Option<NodeId>>,
}

impl Table<'_, '_> {
    fn fill(&mut self) {
        // Parts of a value that are nodes of their own were made before the node of the value, and
        // so was the wait of a select before its clauses: the earlier node has the last word.
        for index in (0..self.cfg.len()).rev() {
            let node = NodeId::from_index(index);
            let cfg = self.cfg;
            cfg.for_each_part(node, |part| {
                walk_function(cfg.file, part, |at| {
                    if let Node::Expr(id) = at {
                        self.set(id, Some(node));
                    }
                    Descend::Into
                });
            });
        }
        self.logic();
    }

    fn set(&mut self, expr: ExprId, node: Option<NodeId>) {
        if let Some(position) = self.exprs.position(expr) {
            self.nodes[position] = node;
        }
    }

    fn get(&self, expr: ExprId) -> Option<NodeId> {
        self.nodes[self.exprs.position(expr)?]
    }

    /// The operators of conditions, which have no node: they go to the node of their first operand.
    fn logic(&mut self) {
        let file = self.cfg.file;
        let mut open: Vec<ExprId> = Vec::new();
        for stmt in self.cfg.stmts.iter() {
            match file.stmt(stmt).kind {
                StmtKind::If { cond, .. }
                | StmtKind::For {
                    cond: Some(cond), ..
                } => open.push(cond),
                StmtKind::Switch {
                    tag: None, body, ..
                } => {
                    for &clause in file.block_stmts(body) {
                        if let StmtKind::CaseClause { list, .. } = file.stmt(clause).kind {
                            open.extend(file.exprs(list));
                        }
                    }
                }
                _ => {}
            }
        }
        let mut spine = Vec::new();
        while let Some(top) = open.pop() {
            let mut at = top;
            loop {
                let next = match file.expr(at).kind {
                    ExprKind::Paren(x)
                    | ExprKind::Unary {
                        op: UnaryOp::Not,
                        x,
                    } => x,
                    ExprKind::Binary {
                        op: BinaryOp::LAnd | BinaryOp::LOr,
                        x,
                        y,
                    } => {
                        open.push(y);
                        x
                    }
                    _ => break,
                };
                spine.push(at);
                at = next;
            }
            let node = self.get(at);
            for expr in spine.drain(..) {
                self.set(expr, node);
            }
        }
    }
}
