//! What it tells of a resource that a condition holds, or does not.

use go_syntax::{BinaryOp, ExprId, ExprKind, StmtKind, UnaryOp};
use go_types::{Callee, LocalId, Object};

use super::explore::Tracker;
use super::state::{Fact, How, State};
use crate::cfg::{Cfg, EdgeKind, NodeId, NodeKind};

/// Functions that are true only for errors that are not nil, by the first argument.
const OF_ERRORS: [&str; 8] = [
    "Is",
    "As",
    "IsExist",
    "IsNotExist",
    "IsPermission",
    "IsTimeout",
    "IsNotFound",
    "IsCanceled",
];

impl<'a> Tracker<'_, 'a> {
    /// Takes an edge; false when control cannot go there with what is known, or when nothing was
    /// acquired if it does.
    pub(crate) fn refine(
        &self,
        cfg: &Cfg<'a>,
        node: NodeId,
        edge: EdgeKind,
        state: &mut State,
    ) -> bool {
        let truth = match edge {
            EdgeKind::True | EdgeKind::Case => true,
            EdgeKind::False | EdgeKind::Default => false,
            _ => return true,
        };
        match cfg.kind(node) {
            NodeKind::Cond(expr) => self.assume(state, expr, truth),
            NodeKind::Case { clause, expr } => match self.tag_of(cfg, clause) {
                Some(Tag::None) => self.assume(state, expr, truth),
                Some(Tag::Value(tag)) => self.assume_equal(state, tag, expr, truth),
                None => true,
            },
            _ => true,
        }
    }

    fn assume(&self, state: &mut State, cond: ExprId, truth: bool) -> bool {
        let file = self.file();
        let cond = file.unparen(cond);
        match file.expr(cond).kind {
            ExprKind::Ident => match self.body().object(cond) {
                Object::Local(local) => {
                    self.know(state, local, if truth { Fact::True } else { Fact::False })
                }
                _ => true,
            },
            ExprKind::Unary {
                op: UnaryOp::Not,
                x,
            } => self.assume(state, x, !truth),
            ExprKind::Binary {
                op: BinaryOp::Eq,
                x,
                y,
            } => self.assume_equal(state, x, y, truth),
            ExprKind::Binary {
                op: BinaryOp::Ne,
                x,
                y,
            } => self.assume_equal(state, x, y, !truth),
            ExprKind::Call { args, .. } if truth => match file.exprs(args).first() {
                Some(&arg) if self.is_about_errors(cond) => match self.local(arg) {
                    Some(local) => self.know(state, local, Fact::NonNil),
                    None => true,
                },
                _ => true,
            },
            _ => true,
        }
    }

    fn assume_equal(&self, state: &mut State, x: ExprId, y: ExprId, equal: bool) -> bool {
        let file = self.file();
        let is_nil = |expr| self.body().object(file.unparen(expr)) == Object::Nil;
        let (operand, other) = if is_nil(x) { (y, x) } else { (x, y) };
        if is_nil(other) {
            // A field that is the resource itself.
            if let Some((local, path)) = self.place(operand)
                && !path.is_empty()
            {
                let is_it = state.holders.iter().any(|holder| {
                    holder.local == local && holder.path == path && holder.how == How::Same
                });
                return !(is_it && equal);
            }
            let fact = if equal { Fact::Nil } else { Fact::NonNil };
            return match self.local(operand) {
                Some(local) => self.know(state, local, fact),
                None => true,
            };
        }
        // An error that equals a certain one is an error.
        if equal
            && let Some(local) = self.local(operand).or_else(|| self.local(other))
            && state.err == Some(local)
        {
            return self.know(state, local, Fact::NonNil);
        }
        true
    }

    fn know(&self, state: &mut State, local: LocalId, fact: Fact) -> bool {
        if state.err == Some(local) {
            match fact {
                Fact::NonNil | Fact::False => return false,
                Fact::Nil | Fact::True => state.err = None,
            }
        }
        if fact == Fact::Nil || fact == Fact::False {
            let holds = |how: How| how != How::Wrap;
            let is_it = |holder: &&super::state::Holder| {
                holder.local == local && holder.path.is_empty() && holds(holder.how)
            };
            if state.holders.iter().any(|holder| is_it(&holder)) {
                return false;
            }
        }
        if let Some(known) = state.fact(local)
            && opposite(known) == fact
        {
            return false;
        }
        if self.is_tested(local) {
            state.learn(local, fact);
        }
        true
    }

    fn local(&self, expr: ExprId) -> Option<LocalId> {
        match self.body().object(expr) {
            Object::Local(local) => Some(local),
            _ => None,
        }
    }

    fn is_about_errors(&self, call: ExprId) -> bool {
        match self.facts().callee(call) {
            Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                OF_ERRORS.contains(&name)
                    || name
                        .strip_prefix("Is")
                        .or_else(|| name.strip_prefix("is"))
                        .is_some_and(|rest| rest.contains("Err") || rest.contains("Not"))
            }
            _ => false,
        }
    }

    /// What the expressions of a clause are compared with; `None` in a type switch.
    fn tag_of(&self, cfg: &Cfg<'a>, clause: go_syntax::StmtId) -> Option<Tag> {
        let _ = cfg;
        match self.file().stmt(self.switch_of(clause)?).kind {
            StmtKind::Switch { tag, .. } => Some(tag.map_or(Tag::None, Tag::Value)),
            _ => None,
        }
    }
}

enum Tag {
    None,
    Value(ExprId),
}

fn opposite(fact: Fact) -> Fact {
    match fact {
        Fact::Nil => Fact::NonNil,
        Fact::NonNil => Fact::Nil,
        Fact::True => Fact::False,
        Fact::False => Fact::True,
    }
}
