//! Named constants.

use std::rc::Rc;

use go_syntax::{BinaryOp, ExprId, ExprKind, SpecId, SpecKind, UnaryOp};
use go_types::{MemberKind, Object, UniverseConst};

use super::exprs::literal_value;
use super::machine::Machine;
use super::value::Value;

/// Constants made of constants.
const MAX_DEPTH: u32 = 40;

/// What a local name in a constant expression is: specification, place in it, iota.
type LocalConstant = Option<(SpecId, u32, u32)>;

impl Machine<'_, '_> {
    /// The constant at a place of a specification of the package.
    pub(super) fn package_constant(
        &self,
        file: u32,
        origin: SpecId,
        index: u32,
        iota: u32,
    ) -> Option<Value> {
        self.package_constant_at(file, origin, index, iota, 0)
    }

    fn package_constant_at(
        &self,
        file: u32,
        origin: SpecId,
        index: u32,
        iota: u32,
        depth: u32,
    ) -> Option<Value> {
        let tree = self.world.cx.file(file);
        let SpecKind::Value { values, .. } = tree.spec(origin).kind else {
            return None;
        };
        let value = *tree.exprs(values).get(index as usize)?;
        self.constant(file, value, iota, &|_| None, depth + 1)
    }

    /// The value of a constant expression.
    pub(super) fn constant(
        &self,
        file: u32,
        expr: ExprId,
        iota: u32,
        local: &dyn Fn(ExprId) -> LocalConstant,
        depth: u32,
    ) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let cx = self.world.cx;
        let tree = cx.file(file);
        let deeper = |expr| self.constant(file, expr, iota, local, depth + 1);
        match tree.expr(expr).kind {
            ExprKind::Paren(x) => deeper(x),
            ExprKind::BasicLit(lit) => literal_value(lit, tree.expr_text(expr)),
            ExprKind::Ident => {
                if let Some((origin, index, iota)) = local(expr) {
                    let SpecKind::Value { values, .. } = tree.spec(origin).kind else {
                        return None;
                    };
                    let value = *tree.exprs(values).get(index as usize)?;
                    return self.constant(file, value, iota, local, depth + 1);
                }
                match cx.lookup(file, tree.expr_text(expr)) {
                    Object::UniverseConst(UniverseConst::True) => Some(Value::Bool(true)),
                    Object::UniverseConst(UniverseConst::False) => Some(Value::Bool(false)),
                    Object::UniverseConst(UniverseConst::Iota) => Some(Value::Int(iota.into())),
                    Object::Member(member) => {
                        let member = cx.names().member(member);
                        let MemberKind::Const {
                            spec,
                            index,
                            origin,
                        } = member.kind
                        else {
                            return None;
                        };
                        let iota = match cx.file(member.file).spec(spec).kind {
                            SpecKind::Value { iota, .. } => iota,
                            _ => 0,
                        };
                        self.package_constant_at(member.file, origin, index, iota, depth)
                    }
                    _ => None,
                }
            }
            ExprKind::Unary { op, x } => match (op, deeper(x)?) {
                (UnaryOp::Plus, value) => Some(value),
                (UnaryOp::Neg, Value::Int(value)) => Some(Value::Int(value.checked_neg()?)),
                (UnaryOp::Neg, Value::Float(value)) => Some(Value::Float(-value)),
                (UnaryOp::Not, Value::Bool(value)) => Some(Value::Bool(!value)),
                _ => None,
            },
            ExprKind::Binary { op, x, y } => match (deeper(x)?, deeper(y)?) {
                (Value::Int(a), Value::Int(b)) => integer(op, a, b),
                (Value::Str(a), Value::Str(b)) => match op {
                    BinaryOp::Add => Some(Value::Str(Rc::from(format!("{a}{b}")))),
                    BinaryOp::Eq => Some(Value::Bool(a == b)),
                    BinaryOp::Ne => Some(Value::Bool(a != b)),
                    _ => None,
                },
                (Value::Bool(a), Value::Bool(b)) => match op {
                    BinaryOp::LAnd => Some(Value::Bool(a && b)),
                    BinaryOp::LOr => Some(Value::Bool(a || b)),
                    _ => None,
                },
                _ => None,
            },
            // A conversion to a type that this constant fits.
            ExprKind::Call { args, .. } => match tree.exprs(args) {
                [only] => deeper(*only),
                _ => None,
            },
            _ => None,
        }
    }
}

fn integer(op: BinaryOp, a: i128, b: i128) -> Option<Value> {
    let shift = u32::try_from(b).ok();
    Some(Value::Int(match op {
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Sub => a.checked_sub(b)?,
        BinaryOp::Mul => a.checked_mul(b)?,
        BinaryOp::Quo => a.checked_div(b)?,
        BinaryOp::Rem => a.checked_rem(b)?,
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::AndNot => a & !b,
        BinaryOp::Shl => a.checked_mul(1i128.checked_shl(shift?)?)?,
        BinaryOp::Shr => a.checked_shr(shift?)?,
        BinaryOp::Eq => return Some(Value::Bool(a == b)),
        BinaryOp::Ne => return Some(Value::Bool(a != b)),
        BinaryOp::Lt => return Some(Value::Bool(a < b)),
        BinaryOp::Le => return Some(Value::Bool(a <= b)),
        BinaryOp::Gt => return Some(Value::Bool(a > b)),
        BinaryOp::Ge => return Some(Value::Bool(a >= b)),
        _ => return None,
    }))
}
