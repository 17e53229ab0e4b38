//! What each expression and statement of a function stands in.

use go_syntax::walk::{Node, for_each_child};
use go_syntax::{ExprId, ExprKind, File, FuncId, StmtId};
use rustc_hash::FxHashMap;

/// The way up in a tree.
#[derive(Debug)]
pub(super) struct Parents {
    exprs: FxHashMap<ExprId, Node>,
    stmts: FxHashMap<StmtId, Node>,
    /// The expressions that are literals.
    literals: FxHashMap<FuncId, ExprId>,
}

impl Parents {
    pub(super) fn new(file: &File, root: FuncId) -> Self {
        let mut parents = Self {
            exprs: FxHashMap::default(),
            stmts: FxHashMap::default(),
            literals: FxHashMap::default(),
        };
        let mut stack = vec![Node::Func(root)];
        while let Some(node) = stack.pop() {
            for_each_child(file, node, |child| {
                match child {
                    Node::Expr(expr) => {
                        parents.exprs.insert(expr, node);
                        if let ExprKind::FuncLit(func) = file.expr(expr).kind {
                            parents.literals.insert(func, expr);
                        }
                    }
                    Node::Stmt(stmt) => {
                        parents.stmts.insert(stmt, node);
                    }
                    _ => {}
                }
                stack.push(child);
            });
        }
        parents
    }

    pub(super) fn of_expr(&self, expr: ExprId) -> Option<Node> {
        self.exprs.get(&expr).copied()
    }

    pub(super) fn of_stmt(&self, stmt: StmtId) -> Option<Node> {
        self.stmts.get(&stmt).copied()
    }

    pub(super) fn literal(&self, func: FuncId) -> Option<ExprId> {
        self.literals.get(&func).copied()
    }
}
