//! Conditions: whether they hold, and what is known once that was decided.

use go_syntax::{BinaryOp, ExprId, ExprKind, StmtKind, UnaryOp};
use go_types::{Constant, Object};

use super::eval::{Machine, Stop};
use super::numbers::{MANY, SOME, binary, compare};
use super::state::{Gid, State, Val};
use super::step::Done;
use crate::cfg::NodeId;

/// A condition of a loop that is not known is taken to hold so many times.
const ROUNDS: u8 = 2;

impl Machine<'_, '_> {
    /// Whether a condition holds; asks for both ways when that is not known, and remembers.
    pub(super) fn condition(
        &self,
        st: &mut State,
        g: Gid,
        node: NodeId,
        cond: ExprId,
    ) -> Result<bool, Stop> {
        let (body, func) = {
            let frame = st.frame(g);
            (frame.body, frame.func)
        };
        let cfg = self.program.cfg(body, func);
        let file = self.program.file(body);
        let in_head = cfg
            .stmt_of_node(node)
            .is_some_and(|stmt| matches!(file.stmt(stmt).kind, StmtKind::For { .. }));
        let val = match file.expr(file.unparen(cond)).kind {
            ExprKind::Binary { op, x, y } if in_head => {
                let a = self.eval(st, g, x)?;
                let b = self.eval(st, g, y)?;
                let side = |val: &Val| match val {
                    Val::Int(number) => Some((*number).min(MANY)),
                    _ => None,
                };
                let text = |expr: ExprId| {
                    // Constants are many when they are not small.
                    match self.program.body(body).constant(expr) {
                        Some(Constant::Int(number)) => {
                            i64::try_from(number).unwrap_or(MANY).min(MANY)
                        }
                        Some(_) => MANY,
                        None => SOME,
                    }
                };
                match (side(&a), side(&b)) {
                    (Some(a), Some(b)) => compare(op, a, b).map_or(Val::Unknown, Val::Bool),
                    (Some(a), None) if b == Val::Unknown => {
                        compare(op, a, text(y)).map_or(Val::Unknown, Val::Bool)
                    }
                    _ => binary(op, &a, &b),
                }
            }
            _ => self.eval(st, g, cond)?,
        };
        if let Val::Bool(truth) = val {
            return Ok(truth);
        }
        let asked = self.program.asked(body, func, cond);
        if let Some(asked) = asked
            && let Some(&(_, truth)) = st.frame(g).decided.iter().find(|(of, _)| *of == asked)
        {
            return Ok(truth);
        }
        let rounds = st.frame(g).rounds.iter().find(|(at, _)| *at == node);
        if in_head && rounds.is_some_and(|&(_, count)| count >= ROUNDS) {
            return Ok(false);
        }
        let Some(choice) = st.frame(g).choice else {
            return Err(Stop::Fork(2));
        };
        let truth = choice == 0;
        if in_head && truth {
            let frame = st.frame_mut(g);
            match frame.rounds.iter_mut().find(|(at, _)| *at == node) {
                Some((_, count)) => *count += 1,
                None => frame.rounds.push((node, 1)),
            }
        }
        if let Some(asked) = asked {
            st.frame_mut(g).decided.push((asked, truth));
        }
        self.learn(st, g, cond, truth)?;
        Ok(truth)
    }

    /// What was decided of a condition is so from now on.
    fn learn(&self, st: &mut State, g: Gid, cond: ExprId, truth: bool) -> Done {
        let body = self.body(st, g);
        let file = body.file();
        let cond = file.unparen(cond);
        let is_plain = |expr: ExprId| {
            let mut at = file.unparen(expr);
            while let ExprKind::Selector { x, .. } = file.expr(at).kind {
                at = file.unparen(x);
            }
            matches!(file.expr(at).kind, ExprKind::Ident)
                && matches!(body.object(at), Object::Local(_))
        };
        match file.expr(cond).kind {
            ExprKind::Ident | ExprKind::Selector { .. } if is_plain(cond) => {
                self.assign_known(st, g, cond, Val::Bool(truth))
            }
            ExprKind::Unary {
                op: UnaryOp::Not,
                x,
            } => self.learn(st, g, x, !truth),
            ExprKind::Binary {
                op: op @ (BinaryOp::Eq | BinaryOp::Ne),
                x,
                y,
            } if is_plain(x) && body.object(y) == Object::Nil => {
                let is_nil = truth == (op == BinaryOp::Eq);
                // Only a value whose identity nobody asks for.
                if self.eval(st, g, x)? != Val::Unknown {
                    return Ok(());
                }
                let val = if is_nil { Val::Nil } else { Val::NonNil };
                let is_followed = !body.is_error(body.type_of(x));
                if is_followed && !is_nil {
                    return Ok(());
                }
                self.assign_known(st, g, x, val)
            }
            _ => Ok(()),
        }
    }

    fn assign_known(&self, st: &mut State, g: Gid, place: ExprId, val: Val) -> Done {
        let file = self.file(st, g);
        let place = file.unparen(place);
        // A definition is no place here, so nothing is declared again.
        if let ExprKind::Ident = file.expr(place).kind
            && let Object::Local(local) = self.body(st, g).object(place)
        {
            if self.read(st, g, local) == Val::Unknown {
                self.write(st, g, local, val);
            }
            return Ok(());
        }
        self.assign(st, g, place, val)
    }
}
