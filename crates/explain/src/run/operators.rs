//! Operators on values.

use std::rc::Rc;

use go_syntax::{BinaryOp, ExprId, ExprKind, UnaryOp};
use go_types::Body;

use super::convert::{Kind, kind, wrap};
use super::machine::{Exec, Machine, Panic, Stop};
use super::value::{Pointer, Value};

/// The operator that holds when `op` does not.
fn opposite(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::Eq => BinaryOp::Ne,
        BinaryOp::Ne => BinaryOp::Eq,
        BinaryOp::Lt => BinaryOp::Ge,
        BinaryOp::Ge => BinaryOp::Lt,
        BinaryOp::Gt => BinaryOp::Le,
        BinaryOp::Le => BinaryOp::Gt,
        _ => return None,
    })
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        _ => "?",
    }
}

/// How the key of a comparison names an operand.
fn key_of(value: &Value) -> String {
    match value {
        Value::Unknown(unknown) => format!(
            "{}{}",
            if unknown.0.negated { "!" } else { "" },
            unknown.0.key
        ),
        value => value.shown().text,
    }
}

impl<'a> Machine<'_, 'a> {
    /// A panic that the runtime raises.
    pub(super) fn runtime_panic(&mut self, text: &str) -> Stop {
        self.raise(Value::RuntimeError(text.into()))
    }

    pub(super) fn raise(&mut self, value: Value) -> Stop {
        Stop::Panic(Panic {
            value,
            in_goexit: self.goexit,
        })
    }

    pub(super) fn binary(
        &mut self,
        expr: ExprId,
        op: BinaryOp,
        x: ExprId,
        y: ExprId,
    ) -> Exec<Value> {
        if matches!(op, BinaryOp::LAnd | BinaryOp::LOr) {
            return self.logic(op, x, y);
        }
        let body = self.body();
        let left = self.value(x)?;
        let right = self.value(y)?;
        if opposite(op).is_some() {
            return Ok(self.compare(op, &left, &right, expr));
        }
        let ty = if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            body.type_of(x)
        } else {
            body.type_of(expr)
        };
        self.arithmetic(op, &left, &right, kind(&body, ty), expr)
    }

    fn logic(&mut self, op: BinaryOp, x: ExprId, y: ExprId) -> Exec<Value> {
        let left = self.condition(x)?;
        let decided = match op {
            BinaryOp::LAnd => !left,
            _ => left,
        };
        if decided {
            return Ok(Value::Bool(left));
        }
        Ok(Value::Bool(self.condition(y)?))
    }

    /// The truth of a condition; decided both ways where the source does not tell.
    pub(super) fn condition(&mut self, expr: ExprId) -> Exec<bool> {
        let body = self.body();
        let file = body.file();
        let expr = file.unparen(expr);
        let line = self.line_of(file.expr(expr).span.start);
        match file.expr(expr).kind {
            ExprKind::Binary {
                op: op @ (BinaryOp::LAnd | BinaryOp::LOr),
                x,
                y,
            } => match self.logic(op, x, y)? {
                Value::Bool(value) => Ok(value),
                _ => Ok(false),
            },
            ExprKind::Unary {
                op: UnaryOp::Not,
                x,
            } => Ok(!self.condition(x)?),
            kind => {
                let value = self.value(expr)?;
                let text = self.text(expr);
                let no = match kind {
                    ExprKind::Binary { op, x, y } => match opposite(op) {
                        Some(op) => format!("{} {} {}", self.text(x), sign(op), self.text(y)),
                        None => format!("!({text})"),
                    },
                    ExprKind::Ident | ExprKind::Call { .. } | ExprKind::Selector { .. } => {
                        format!("!{text}")
                    }
                    _ => format!("!({text})"),
                };
                self.decide(&value, &text, &no, line)
            }
        }
    }

    /// A comparison, as a truth value.
    pub(super) fn compare(&mut self, op: BinaryOp, x: &Value, y: &Value, expr: ExprId) -> Value {
        let certain = match op {
            BinaryOp::Eq => x.equals(y),
            BinaryOp::Ne => x.equals(y).map(|equal| !equal),
            _ => order(x, y).map(|order| match op {
                BinaryOp::Lt => order.is_lt(),
                BinaryOp::Le => order.is_le(),
                BinaryOp::Gt => order.is_gt(),
                _ => order.is_ge(),
            }),
        };
        if let Some(certain) = certain {
            return Value::Bool(certain);
        }
        let (a, b) = (key_of(x), key_of(y));
        let (key, negated) = match op {
            BinaryOp::Eq | BinaryOp::Ne => {
                let (a, b) = if a <= b { (a, b) } else { (b, a) };
                (format!("({a} == {b})"), op == BinaryOp::Ne)
            }
            BinaryOp::Lt => (format!("({a} < {b})"), false),
            BinaryOp::Ge => (format!("({a} < {b})"), true),
            BinaryOp::Gt => (format!("({b} < {a})"), false),
            _ => (format!("({b} < {a})"), true),
        };
        let text = self.text(expr);
        self.unknown_bool(key, negated, &text)
    }

    /// An operator that makes a value of kind `kind`.
    pub(super) fn arithmetic(
        &mut self,
        op: BinaryOp,
        x: &Value,
        y: &Value,
        kind: Kind,
        expr: ExprId,
    ) -> Exec<Value> {
        let (bits, signed) = match kind {
            Kind::Int { bits, signed } => (bits, signed),
            _ => (126, true),
        };
        Ok(match (x, y) {
            (Value::Int(a), Value::Int(b)) => {
                let (a, b) = (*a, *b);
                if matches!(op, BinaryOp::Quo | BinaryOp::Rem) && b == 0 {
                    return Err(self.runtime_panic("runtime error: integer divide by zero"));
                }
                if matches!(op, BinaryOp::Shl | BinaryOp::Shr) && b < 0 {
                    return Err(self.runtime_panic("runtime error: negative shift amount"));
                }
                let shift = u32::try_from(b).unwrap_or(u32::MAX);
                let result = match op {
                    BinaryOp::Add => a.checked_add(b),
                    BinaryOp::Sub => a.checked_sub(b),
                    BinaryOp::Mul => a.checked_mul(b),
                    BinaryOp::Quo => a.checked_div(b),
                    BinaryOp::Rem => a.checked_rem(b),
                    BinaryOp::Shl if shift >= bits => Some(0),
                    BinaryOp::Shl => wrap(a, bits, signed).checked_mul(1i128 << shift.min(63)),
                    BinaryOp::Shr if shift >= 127 => Some(if a < 0 { -1 } else { 0 }),
                    BinaryOp::Shr => Some(a >> shift),
                    BinaryOp::And => Some(a & b),
                    BinaryOp::Or => Some(a | b),
                    BinaryOp::Xor => Some(a ^ b),
                    BinaryOp::AndNot => Some(a & !b),
                    _ => None,
                };
                match result {
                    Some(value) => Value::Int(wrap(value, bits, signed)),
                    None => self.unknown_at(expr),
                }
            }
            #[expect(clippy::cast_precision_loss, reason = "a constant without type")]
            (Value::Float(_), Value::Float(_) | Value::Int(_))
            | (Value::Int(_), Value::Float(_)) => {
                let float = |value: &Value| match value {
                    Value::Float(value) => *value,
                    Value::Int(value) => *value as f64,
                    _ => 0.0,
                };
                let (a, b) = (float(x), float(y));
                match op {
                    BinaryOp::Add => Value::Float(a + b),
                    BinaryOp::Sub => Value::Float(a - b),
                    BinaryOp::Mul => Value::Float(a * b),
                    BinaryOp::Quo => Value::Float(a / b),
                    _ => self.unknown_at(expr),
                }
            }
            (Value::Str(a), Value::Str(b)) if op == BinaryOp::Add && a.len() + b.len() < 4096 => {
                Value::Str(Rc::from(format!("{a}{b}")))
            }
            _ => self.unknown_at(expr),
        })
    }

    /// An unknown value that is said by the source of an expression.
    pub(super) fn unknown_at(&mut self, expr: ExprId) -> Value {
        let text = self.text(expr);
        self.unknown(&text)
    }

    pub(super) fn unary(&mut self, expr: ExprId, op: UnaryOp, x: ExprId) -> Exec<Value> {
        let body = self.body();
        match op {
            UnaryOp::Addr => self.address(x),
            UnaryOp::Recv => {
                let chan = self.value(x)?;
                Ok(self.receive(&chan, expr)?.0)
            }
            UnaryOp::Not => {
                let value = self.value(x)?;
                Ok(match value {
                    Value::Bool(value) => Value::Bool(!value),
                    Value::Unknown(unknown) => {
                        let origin = unknown.0;
                        self.unknown_bool(origin.key.clone(), !origin.negated, &origin.text.clone())
                    }
                    _ => self.unknown_at(expr),
                })
            }
            UnaryOp::Plus => self.value(x),
            UnaryOp::Neg | UnaryOp::BitNot => {
                let value = self.value(x)?;
                let ty = kind(&body, body.type_of(expr));
                Ok(match (op, value, ty) {
                    (UnaryOp::Neg, Value::Int(value), Kind::Int { bits, signed }) => {
                        Value::Int(wrap(-value, bits, signed))
                    }
                    (UnaryOp::Neg, Value::Int(value), _) => Value::Int(-value),
                    (UnaryOp::Neg, Value::Float(value), _) => Value::Float(-value),
                    (UnaryOp::BitNot, Value::Int(value), Kind::Int { bits, signed }) => {
                        Value::Int(wrap(!value, bits, signed))
                    }
                    (UnaryOp::BitNot, Value::Int(value), _) => Value::Int(!value),
                    _ => self.unknown_at(expr),
                })
            }
            UnaryOp::Tilde => Ok(self.unknown_at(expr)),
        }
    }

    /// `&x`
    pub(super) fn address(&mut self, x: ExprId) -> Exec<Value> {
        let body = self.body();
        let file = body.file();
        let x = file.unparen(x);
        if let ExprKind::CompositeLit { .. } = file.expr(x).kind {
            let value = self.value(x)?;
            let cell = self.memory.new_cell(value);
            return Ok(Value::Pointer(Pointer {
                cell,
                path: Rc::from([]),
            }));
        }
        Ok(match self.place(x)? {
            super::assign::Place::At(pointer) => Value::Pointer(pointer),
            _ => {
                let text = self.text(x);
                self.unknown_nonnil(&format!("&{text}"))
            }
        })
    }
}

fn order(x: &Value, y: &Value) -> Option<std::cmp::Ordering> {
    match (x, y) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        _ => None,
    }
}

/// Whether the type of an expression is an interface.
pub(super) fn is_interface(body: &Body<'_>, expr: ExprId) -> bool {
    kind(body, body.type_of(expr)) == Kind::Iface
}
