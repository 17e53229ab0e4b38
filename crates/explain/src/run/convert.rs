//! Types as far as values need them: zero values, widths of integers, what goes into interfaces.

use std::rc::Rc;

use go_types::{Basic, Body, Type, TypeId};

use super::machine::Machine;
use super::value::{Dynamic, Value};

/// An array of more elements is not kept.
const MAX_ARRAY: u64 = 256;
/// Structs within structs.
const MAX_NESTING: u32 = 8;

/// What a type is, as far as the machine tells types apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Int {
        bits: u32,
        signed: bool,
    },
    Float,
    Str,
    Bool,
    Iface,
    Struct,
    Array(u64, TypeId),
    Slice(TypeId),
    Map,
    Chan,
    Pointer,
    Func,
    /// A constant of kind int, float, … without type, or something unknown.
    Other,
}

/// What a type is.
pub(super) fn kind(body: &Body<'_>, ty: TypeId) -> Kind {
    let cx = body.cx();
    if cx.is_error(ty) {
        return Kind::Iface;
    }
    match cx.ty(body.underlying(ty)) {
        Type::Basic(basic) => basic_kind(basic),
        Type::Interface { .. } | Type::EmptyInterface => Kind::Iface,
        Type::Struct { .. } => Kind::Struct,
        Type::Array {
            len: Some(len),
            elem,
        } => Kind::Array(len, elem),
        Type::Slice(elem) => Kind::Slice(elem),
        Type::Map { .. } => Kind::Map,
        Type::Chan { .. } => Kind::Chan,
        Type::Pointer(_) => Kind::Pointer,
        Type::Func { .. } => Kind::Func,
        _ => Kind::Other,
    }
}

fn basic_kind(basic: Basic) -> Kind {
    let int = |bits, signed| Kind::Int { bits, signed };
    match basic {
        Basic::Bool | Basic::UntypedBool => Kind::Bool,
        Basic::Int | Basic::Int64 => int(64, true),
        Basic::Int8 => int(8, true),
        Basic::Int16 => int(16, true),
        Basic::Int32 | Basic::Rune => int(32, true),
        Basic::Uint | Basic::Uint64 | Basic::Uintptr => int(64, false),
        Basic::Uint8 | Basic::Byte => int(8, false),
        Basic::Uint16 => int(16, false),
        Basic::Uint32 => int(32, false),
        Basic::Float32 | Basic::Float64 | Basic::UntypedFloat => Kind::Float,
        Basic::String | Basic::UntypedString => Kind::Str,
        _ => Kind::Other,
    }
}

/// An integer in the width of its type.
pub(super) fn wrap(value: i128, bits: u32, signed: bool) -> i128 {
    let mask = (1i128 << bits) - 1;
    let low = value & mask;
    if signed && low >> (bits - 1) != 0 {
        low - (1i128 << bits)
    } else {
        low
    }
}

impl<'a> Machine<'_, 'a> {
    /// The zero value of a type.
    pub(super) fn zero(&mut self, body: &Body<'a>, ty: TypeId) -> Value {
        self.zero_within(body, ty, 0)
    }

    fn zero_within(&mut self, body: &Body<'a>, ty: TypeId, depth: u32) -> Value {
        match kind(body, ty) {
            Kind::Int { .. } => Value::Int(0),
            Kind::Float => Value::Float(0.0),
            Kind::Str => Value::str(""),
            Kind::Bool => Value::Bool(false),
            Kind::Iface | Kind::Slice(_) | Kind::Map | Kind::Chan | Kind::Pointer | Kind::Func => {
                Value::Nil
            }
            Kind::Struct if depth < MAX_NESTING => match body.fields(ty) {
                Some(fields) => Value::Struct(Rc::new(
                    fields
                        .iter()
                        .map(|&(_, ty)| self.zero_within(body, ty, depth + 1))
                        .collect(),
                )),
                None => self.unknown("a zero value"),
            },
            Kind::Array(len, elem) if len <= MAX_ARRAY && depth < MAX_NESTING => {
                let zero = self.zero_within(body, elem, depth + 1);
                Value::Array(Rc::new((0..len).map(|_| zero.clone()).collect()))
            }
            Kind::Struct | Kind::Array(..) | Kind::Other => self.unknown("a zero value"),
        }
    }

    /// A value of type `from` as one of type `to`, to which it can be assigned or is converted.
    pub(super) fn convert(
        &mut self,
        body: &Body<'a>,
        value: Value,
        from: TypeId,
        to: TypeId,
    ) -> Value {
        match (kind(body, to), value) {
            (
                Kind::Iface,
                value
                @ (Value::Nil | Value::Unknown(_) | Value::Iface(..) | Value::RuntimeError(_)),
            ) => {
                // A nil pointer in an interface is no nil.
                if matches!(value, Value::Nil) && !is_nil_type(body, from) {
                    return Value::Iface(dynamic(body, from), Rc::new(Value::Nil));
                }
                value
            }
            (Kind::Iface, value) => Value::Iface(dynamic(body, from), Rc::new(value)),
            (Kind::Int { bits, signed }, Value::Int(value)) => {
                Value::Int(wrap(value, bits, signed))
            }
            #[expect(clippy::cast_possible_truncation, reason = "as Go does it")]
            (Kind::Int { bits, signed }, Value::Float(value)) => {
                Value::Int(wrap(value as i128, bits, signed))
            }
            #[expect(clippy::cast_precision_loss, reason = "as Go does it")]
            (Kind::Float, Value::Int(value)) => Value::Float(value as f64),
            (Kind::Str, Value::Int(value)) => {
                let c = u32::try_from(value).ok().and_then(char::from_u32);
                Value::str(&c.unwrap_or('\u{fffd}').to_string())
            }
            (Kind::Str, value @ Value::Slice(_)) => {
                let text = value.shown().text;
                self.unknown(&format!("string({text})"))
            }
            (Kind::Slice(_), value @ Value::Str(_)) => {
                let text = value.shown().text;
                self.unknown_nonnil(&format!("[]byte({text})"))
            }
            (_, value) => value,
        }
    }
}

fn is_nil_type(body: &Body<'_>, ty: TypeId) -> bool {
    matches!(
        body.cx().ty(ty),
        Type::Basic(Basic::UntypedNil) | Type::Unknown
    ) || kind(body, ty) == Kind::Iface
}

/// The dynamic type of a value of static type `ty`.
pub(super) fn dynamic(body: &Body<'_>, ty: TypeId) -> Dynamic {
    let ty = body.canonical(ty);
    match body.cx().ty(ty) {
        Type::Basic(basic) => Dynamic::Basic(match basic {
            Basic::UntypedBool => Basic::Bool,
            Basic::UntypedInt => Basic::Int,
            Basic::UntypedRune | Basic::Rune => Basic::Int32,
            Basic::UntypedFloat => Basic::Float64,
            Basic::UntypedComplex => Basic::Complex128,
            Basic::UntypedString => Basic::String,
            Basic::Byte => Basic::Uint8,
            basic => basic,
        }),
        _ => Dynamic::Other(ty),
    }
}
