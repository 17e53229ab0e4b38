//! What operators give, as far as numbers are followed: small ones only, as what matters is how often loops
//! run and how many values a channel has room for.

use go_syntax::BinaryOp;

use super::state::Val;

/// Numbers beyond this are not followed, and loops that are written to run more often run so often.
pub(super) const MANY: i64 = 3;
/// How many elements there are in what is not known.
pub(super) const SOME: i64 = 2;

/// A number, if it is small enough to be followed.
pub(super) fn small(number: i64) -> Val {
    if number.abs() <= 8 {
        Val::Int(number)
    } else {
        Val::Unknown
    }
}

/// What an operator gives.
pub(super) fn binary(op: BinaryOp, a: &Val, b: &Val) -> Val {
    match (a, b) {
        (&Val::Int(a), &Val::Int(b)) => {
            let truth = match op {
                BinaryOp::Add => return small(a.saturating_add(b)),
                BinaryOp::Sub => return small(a.saturating_sub(b)),
                BinaryOp::Mul => return small(a.saturating_mul(b)),
                _ if a > MANY || b > MANY => return Val::Unknown,
                _ => compare(op, a, b),
            };
            truth.map_or(Val::Unknown, Val::Bool)
        }
        _ => {
            let same = match (a, b) {
                (Val::Nil, Val::Nil) => Some(true),
                (Val::Nil, other) | (other, Val::Nil) => {
                    (!matches!(other, Val::Unknown | Val::Tuple(_))).then_some(false)
                }
                (Val::Bool(a), Val::Bool(b)) => Some(a == b),
                (Val::Ref(a), Val::Ref(b)) => Some(a == b),
                _ => None,
            };
            match (op, same) {
                (BinaryOp::Eq, Some(same)) => Val::Bool(same),
                (BinaryOp::Ne, Some(same)) => Val::Bool(!same),
                _ => Val::Unknown,
            }
        }
    }
}

pub(super) fn compare(op: BinaryOp, a: i64, b: i64) -> Option<bool> {
    Some(match op {
        BinaryOp::Eq => a == b,
        BinaryOp::Ne => a != b,
        BinaryOp::Lt => a < b,
        BinaryOp::Le => a <= b,
        BinaryOp::Gt => a > b,
        BinaryOp::Ge => a >= b,
        _ => return None,
    })
}
