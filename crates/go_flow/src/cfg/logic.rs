//! Conditions and short circuits: `&&`, `||` and `!` become nodes with edges.

use go_syntax::walk::{Descend, Node, walk_function};
use go_syntax::{BinaryOp, ExprId, ExprKind, StmtId, UnaryOp};
use go_types::{Builtin, Callee};

use super::build::{Builder, Pending};
use super::{EdgeKind, NodeKind};

impl Builder<'_, '_> {
    /// Evaluates a condition; gives the edges for when it holds and for when it does not.
    pub(super) fn cond(&mut self, expr: ExprId) -> (Pending, Pending) {
        let mut expr = expr;
        let mut negated = false;
        loop {
            match self.file.expr(expr).kind {
                ExprKind::Paren(x) => expr = x,
                ExprKind::Unary {
                    op: UnaryOp::Not,
                    x,
                } => {
                    expr = x;
                    negated = !negated;
                }
                _ => break,
            }
        }
        let (yes, no) = match self.file.expr(expr).kind {
            ExprKind::Binary {
                op: op @ (BinaryOp::LAnd | BinaryOp::LOr),
                ..
            } => self.chain(expr, op),
            _ => {
                self.value(expr);
                let node = self.open(NodeKind::Cond(expr));
                (vec![(node, EdgeKind::True)], vec![(node, EdgeKind::False)])
            }
        };
        if negated { (no, yes) } else { (yes, no) }
    }

    /// `a && b && …` or `a || b || …`; the chain may be many thousands long.
    fn chain(&mut self, expr: ExprId, op: BinaryOp) -> (Pending, Pending) {
        let mut operands = Vec::new();
        let mut left = expr;
        while let ExprKind::Binary { op: other, x, y } = self.file.expr(left).kind
            && other == op
        {
            operands.push(y);
            left = x;
        }
        operands.push(left);
        let mut decided = Pending::new();
        for &operand in operands.iter().rev() {
            let (yes, no) = self.cond(operand);
            let (more, done) = if op == BinaryOp::LAnd {
                (yes, no)
            } else {
                (no, yes)
            };
            self.pending = more;
            decided.extend(done);
        }
        let undecided = std::mem::take(&mut self.pending);
        if op == BinaryOp::LAnd {
            (undecided, decided)
        } else {
            (decided, undecided)
        }
    }

    /// Evaluates the short circuits within a value. They come before the node of the whole value,
    /// also before what stands left of them in it.
    pub(super) fn value(&mut self, expr: ExprId) {
        self.short_circuits(Node::Expr(expr), self.file.expr_text(expr));
    }

    /// Evaluates the short circuits within a simple statement.
    pub(super) fn values_of_stmt(&mut self, stmt: StmtId) {
        self.short_circuits(
            Node::Stmt(stmt),
            self.file.span_text(self.file.stmt(stmt).span),
        );
    }

    fn short_circuits(&mut self, root: Node, text: &str) {
        // Looking at the text is quicker than a walk, and rarely finds the operators in vain.
        if !text.contains("&&") && !text.contains("||") {
            return;
        }
        let mut found = Vec::new();
        walk_function(self.file, root, |node| {
            let Node::Expr(id) = node else {
                return Descend::Into;
            };
            if self.is_short_circuit(id) {
                found.push(id);
                return Descend::Past;
            }
            Descend::Into
        });
        for expr in found {
            let (mut yes, no) = self.cond(expr);
            yes.extend(no);
            self.pending = yes;
        }
    }

    /// Whether what happens depends on the left side of a logical operator: its right side calls a
    /// function or receives. Where only the value depends on it, nodes would be in the way.
    fn is_short_circuit(&self, expr: ExprId) -> bool {
        let mut left = expr;
        while let ExprKind::Binary {
            op: BinaryOp::LAnd | BinaryOp::LOr,
            x,
            y,
        } = self.file.expr(left).kind
        {
            if self.does_something(y) {
                return true;
            }
            left = x;
        }
        false
    }

    fn does_something(&self, expr: ExprId) -> bool {
        let mut found = false;
        walk_function(self.file, Node::Expr(expr), |node| {
            let Node::Expr(id) = node else {
                return Descend::Into;
            };
            found |= match self.file.expr(id).kind {
                ExprKind::Call { .. } => match self.body.callee(id) {
                    Callee::Builtin(builtin) => {
                        matches!(builtin, Builtin::Panic | Builtin::Recover)
                    }
                    Callee::Conversion(_) => false,
                    _ => true,
                },
                ExprKind::Unary {
                    op: UnaryOp::Recv, ..
                } => true,
                _ => false,
            };
            if found { Descend::Stop } else { Descend::Into }
        });
        found
    }
}
