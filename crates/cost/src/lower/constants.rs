//! Conditions and switches that constants decide, as the front end decides them.

use go_syntax::walk::Node;
use go_syntax::{BinaryOp, BranchKind, ExprId, ExprKind, StmtId, StmtKind, UnaryOp};
use go_types::{Basic, Constant, Type};

use super::Lowerer;
use crate::tree::Stmt;

impl<'a> Lowerer<'_, 'a> {
    /// The truth of a condition since 1.22. A `!` in front of what is no constant as a whole is passed
    /// over by the compiler without turning the answer round.
    pub(super) fn static_bool(&self, cond: ExprId) -> Option<bool> {
        if let Some(truth) = self.constant_bool(cond) {
            return Some(truth);
        }
        match self.file.expr(cond).kind {
            ExprKind::Unary {
                op: UnaryOp::Not,
                x,
            } => self.static_bool(x),
            ExprKind::Binary {
                op: op @ (BinaryOp::LAnd | BinaryOp::LOr),
                x,
                y,
            } => {
                let decides = op == BinaryOp::LOr;
                let left = self.static_bool(x);
                if left == Some(decides) {
                    return left;
                }
                let right = self.static_bool(y);
                if left.is_some() || right == Some(decides) {
                    return right;
                }
                None
            }
            _ => None,
        }
    }

    /// The truth of a condition before 1.22, where only constants on the left of `&&` and `||` are
    /// looked at.
    pub(super) fn folded(&self, cond: ExprId) -> Option<bool> {
        let cond = self.file.unparen(cond);
        if let Some(truth) = self.constant_bool(cond) {
            return Some(truth);
        }
        match self.file.expr(cond).kind {
            ExprKind::Binary {
                op: op @ (BinaryOp::LAnd | BinaryOp::LOr),
                x,
                y,
            } => {
                let left = self.folded(x)?;
                if left == (op == BinaryOp::LOr) {
                    Some(left)
                } else {
                    self.folded(y)
                }
            }
            _ => None,
        }
    }

    /// The literals in what the front end keeps of a condition whose truth it knows.
    pub(super) fn kept_literals(&self, cond: ExprId, out: &mut Vec<Stmt<'a>>) {
        if self.constant_bool(cond).is_some() {
            return;
        }
        match self.file.expr(cond).kind {
            ExprKind::Unary {
                op: UnaryOp::Not,
                x,
            } => self.kept_literals(x, out),
            ExprKind::Binary {
                op: op @ (BinaryOp::LAnd | BinaryOp::LOr),
                x,
                y,
            } => {
                let left = self.static_bool(x);
                self.kept_literals(x, out);
                if left != Some(op == BinaryOp::LOr) {
                    self.kept_literals(y, out);
                }
            }
            _ => self.literals(Node::Expr(cond), out),
        }
    }

    /// The clause of an expression switch over a constant that is always taken; `Some(None)` when that is
    /// none at all, `None` when the compiler does not know.
    pub(super) fn decided_clause(
        &self,
        tag: Option<ExprId>,
        clauses: &[StmtId],
    ) -> Option<Option<StmtId>> {
        let file = self.file;
        let value = match tag {
            Some(tag) => self.body.constant(tag)?,
            None => Constant::Bool(true),
        };
        let mut target = None;
        'clauses: for &clause in clauses {
            let StmtKind::CaseClause {
                list, is_default, ..
            } = file.stmt(clause).kind
            else {
                continue;
            };
            if is_default {
                target = Some(clause);
            }
            for &case in file.exprs(list) {
                if same(&value, &self.body.constant(case)?)? {
                    target = Some(clause);
                    break 'clauses;
                }
            }
        }
        if let Some(clause) = target
            && let StmtKind::CaseClause { body, .. } = file.stmt(clause).kind
            && self.falls_through(file.stmts(body))
        {
            return None;
        }
        Some(target)
    }

    pub(super) fn falls_through(&self, stmts: &[StmtId]) -> bool {
        stmts.last().is_some_and(|&last| {
            matches!(
                self.file.stmt(last).kind,
                StmtKind::Branch {
                    kind: BranchKind::Fallthrough,
                    ..
                }
            )
        })
    }

    /// The values of cases, when all are integer constants.
    pub(super) fn integers(&self, exprs: &[ExprId]) -> Option<Vec<i64>> {
        exprs
            .iter()
            .map(|&expr| match self.body.constant(expr)? {
                Constant::Int(int) => i64::try_from(int).ok(),
                _ => None,
            })
            .collect()
    }

    /// Whether an expression is an integer that fits a register, and no constant.
    pub(super) fn is_word(&self, expr: ExprId) -> bool {
        if self.body.is_constant(expr) {
            return false;
        }
        let ty = self.body.underlying(self.body.type_of(expr));
        match self.body.cx().ty(ty) {
            Type::Basic(Basic::Int64 | Basic::Uint64) => self.build.pointer_bytes >= 8,
            Type::Basic(basic) => basic.is_integer() && !basic.is_untyped(),
            _ => false,
        }
    }

    pub(super) fn constant_bool(&self, cond: ExprId) -> Option<bool> {
        match self.body.constant(cond)? {
            Constant::Bool(truth) => Some(truth),
            _ => None,
        }
    }
}

/// Whether two constants are equal; nothing when nobody knows.
fn same(a: &Constant, b: &Constant) -> Option<bool> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "constants are equal when they are the same number"
    )]
    Some(match (a, b) {
        (Constant::Unknown, _) | (_, Constant::Unknown) => return None,
        (Constant::Int(int), Constant::Float(float))
        | (Constant::Float(float), Constant::Int(int)) => *int as f64 == *float,
        (a, b) => a == b,
    })
}
