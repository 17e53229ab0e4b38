//! Values of the evaluator: what is known exactly, and what is only known by where it comes from.

use std::rc::Rc;

use go_syntax::FuncId;
use go_types::{Basic, Builtin, LocalId, TypeId};
use rustc_hash::FxHashMap;

/// A variable, or the content of a map, an array behind slices, or a channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct CellId(pub(super) usize);

/// Where the variables are that a function sees.
pub(super) type Env = Rc<FxHashMap<LocalId, CellId>>;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Nothing is known but where it comes from.
    Unknown(Unknown),
    Int(i128),
    Float(f64),
    Str(Rc<str>),
    Bool(bool),
    /// The nil of whatever type.
    Nil,
    Func(Rc<Func>),
    Pointer(Pointer),
    Struct(Rc<Vec<Value>>),
    Array(Rc<Vec<Value>>),
    Slice(Slice),
    Map(CellId),
    Chan(CellId),
    /// A value in an interface, with its dynamic type.
    Iface(Dynamic, Rc<Value>),
    /// A `runtime.Error` with this text.
    RuntimeError(Rc<str>),
    /// The entries of a map; only in cells.
    Entries(Rc<Vec<(Value, Value)>>),
    /// The content of a channel; only in cells.
    Queue(Rc<Queue>),
}

/// The type of what is in an interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dynamic {
    Basic(Basic),
    Other(TypeId),
}

/// The content of a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    pub(super) values: Vec<Value>,
    pub(super) room: usize,
    pub(super) closed: bool,
}

/// What is known of an unknown value.
#[derive(Clone, Debug)]
pub(super) struct Unknown(pub(super) Rc<Origin>);

#[derive(Debug)]
pub(super) struct Origin {
    /// Two values with the same key are equal.
    pub(super) key: String,
    /// A truth value that is the opposite of the one with this key.
    pub(super) negated: bool,
    /// How it is said.
    pub(super) text: String,
    /// Whether it is not nil.
    pub(super) nonnil: bool,
}

/// A function value.
#[derive(Debug)]
pub(super) enum Func {
    /// A literal with what it sees.
    Literal { file: u32, func: FuncId, env: Env },
    /// A declared function.
    Declared { file: u32, func: FuncId },
    /// A declared method with its receiver.
    Method {
        file: u32,
        func: FuncId,
        recv: Value,
    },
    /// A predeclared function.
    Builtin(Builtin),
    /// A function that is not looked into, with what it was made of.
    External {
        package: String,
        name: String,
        text: String,
        recv: Vec<Value>,
    },
    /// Nothing is known of the function value.
    Unknown { text: String },
}

/// The address of a variable or of a part of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pointer {
    pub(super) cell: CellId,
    pub(super) path: Rc<[usize]>,
}

/// A window of an array.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    /// The cell with the array.
    pub(super) cell: CellId,
    pub(super) start: usize,
    pub(super) len: usize,
    pub(super) cap: usize,
}

/// A value as it is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) known: bool,
}

impl Value {
    pub(super) fn str(text: &str) -> Self {
        Self::Str(text.into())
    }

    /// Whether it is certain that this is nil, or not.
    pub(super) fn is_nil(&self) -> Option<bool> {
        match self {
            Self::Nil => Some(true),
            Self::Unknown(unknown) if unknown.0.nonnil => Some(false),
            Self::Unknown(_) => None,
            Self::Func(func) => match &**func {
                Func::Unknown { .. } => None,
                _ => Some(false),
            },
            _ => Some(false),
        }
    }

    /// Whether two values are equal, as far as that is certain.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        Some(match (self, other) {
            (Self::Unknown(a), Self::Unknown(b)) if a.0.key == b.0.key => {
                a.0.negated == b.0.negated
            }
            (Self::Nil, value) | (value, Self::Nil) => return value.is_nil(),
            (Self::Unknown(_), _) | (_, Self::Unknown(_)) => return None,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            #[expect(clippy::cast_precision_loss, reason = "a constant without type")]
            (Self::Int(a), Self::Float(b)) | (Self::Float(b), Self::Int(a)) => *a as f64 == *b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Pointer(a), Self::Pointer(b)) => a == b,
            (Self::Chan(a), Self::Chan(b)) | (Self::Map(a), Self::Map(b)) => a == b,
            (Self::Iface(a, x), Self::Iface(b, y)) => {
                if a == b {
                    return x.equals(y);
                }
                // Types that are written differently may be the same.
                match (a, b) {
                    (Dynamic::Basic(_), _) | (_, Dynamic::Basic(_)) => false,
                    _ => return None,
                }
            }
            (Self::Iface(_, value), other) | (other, Self::Iface(_, value)) => {
                return value.equals(other);
            }
            (Self::Struct(a), Self::Struct(b)) | (Self::Array(a), Self::Array(b))
                if a.len() == b.len() =>
            {
                let mut certain = true;
                for (x, y) in a.iter().zip(b.iter()) {
                    match x.equals(y) {
                        Some(true) => {}
                        Some(false) => return Some(false),
                        None => certain = false,
                    }
                }
                return certain.then_some(true);
            }
            _ => return None,
        })
    }

    /// The value as Go source would have it, or what is known of it.
    pub(super) fn shown(&self) -> Shown {
        let known = |text: String| Shown { text, known: true };
        let vague = |text: String| Shown { text, known: false };
        match self {
            Self::Unknown(unknown) => vague(if unknown.0.negated {
                format!("!({})", unknown.0.text)
            } else {
                unknown.0.text.clone()
            }),
            Self::Int(value) => known(value.to_string()),
            Self::Float(value) => known(format!("{value:?}")),
            Self::Str(value) => known(quote(value)),
            Self::Bool(value) => known(value.to_string()),
            Self::Nil => known("nil".to_owned()),
            Self::Func(func) => match &**func {
                Func::Unknown { text } | Func::External { text, .. } => vague(text.clone()),
                _ => vague("a function".to_owned()),
            },
            Self::Pointer(_) => vague("a pointer".to_owned()),
            Self::Struct(fields) | Self::Array(fields) => {
                let fields: Vec<Shown> = fields.iter().map(Self::shown).collect();
                Shown {
                    known: fields.iter().all(|field| field.known),
                    text: format!(
                        "{{{}}}",
                        fields
                            .iter()
                            .map(|field| field.text.as_str())
                            .collect::<Vec<_>>()
                            .join(", ")
                    ),
                }
            }
            Self::Slice(slice) => vague(format!("a slice of {}", slice.len)),
            Self::Map(_) => vague("a map".to_owned()),
            Self::Chan(_) => vague("a channel".to_owned()),
            Self::Iface(_, value) => value.shown(),
            Self::RuntimeError(text) => known(text.to_string()),
            Self::Entries(_) | Self::Queue(_) => vague("?".to_owned()),
        }
    }
}

/// A string as a Go literal.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
