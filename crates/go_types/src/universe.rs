//! The universe block: the names that every Go file knows without declaring them.

/// A predeclared function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Builtin {
    /// `append`
    Append,
    /// `cap`
    Cap,
    /// `clear`
    Clear,
    /// `close`
    Close,
    /// `complex`
    Complex,
    /// `copy`
    Copy,
    /// `delete`
    Delete,
    /// `imag`
    Imag,
    /// `len`
    Len,
    /// `make`
    Make,
    /// `max`
    Max,
    /// `min`
    Min,
    /// `new`
    New,
    /// `panic`
    Panic,
    /// `print`
    Print,
    /// `println`
    Println,
    /// `real`
    Real,
    /// `recover`
    Recover,
}

impl Builtin {
    /// The name of the function.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Cap => "cap",
            Self::Clear => "clear",
            Self::Close => "close",
            Self::Complex => "complex",
            Self::Copy => "copy",
            Self::Delete => "delete",
            Self::Imag => "imag",
            Self::Len => "len",
            Self::Make => "make",
            Self::Max => "max",
            Self::Min => "min",
            Self::New => "new",
            Self::Panic => "panic",
            Self::Print => "print",
            Self::Println => "println",
            Self::Real => "real",
            Self::Recover => "recover",
        }
    }
}

/// A basic type, the types of untyped constants and of `nil` included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Basic {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint`
    Uint,
    /// `uint8`
    Uint8,
    /// `uint16`
    Uint16,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
    /// `uintptr`
    Uintptr,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `complex64`
    Complex64,
    /// `complex128`
    Complex128,
    /// `string`
    String,
    /// `unsafe.Pointer`
    UnsafePointer,
    /// `byte`, another name of `uint8`
    Byte,
    /// `rune`, another name of `int32`
    Rune,
    /// The type of a comparison, of `true` and of `false`.
    UntypedBool,
    /// The type of an integer constant without type.
    UntypedInt,
    /// The type of a rune constant without type.
    UntypedRune,
    /// The type of a floating-point constant without type.
    UntypedFloat,
    /// The type of a complex constant without type.
    UntypedComplex,
    /// The type of a string constant without type.
    UntypedString,
    /// The type of `nil`.
    UntypedNil,
}

impl Basic {
    /// The name as go/types writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Uintptr => "uintptr",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::UnsafePointer => "unsafe.Pointer",
            Self::Byte => "byte",
            Self::Rune => "rune",
            Self::UntypedBool => "untyped bool",
            Self::UntypedInt => "untyped int",
            Self::UntypedRune => "untyped rune",
            Self::UntypedFloat => "untyped float",
            Self::UntypedComplex => "untyped complex",
            Self::UntypedString => "untyped string",
            Self::UntypedNil => "untyped nil",
        }
    }

    /// Whether this is the type of a constant without type, or of `nil`.
    pub const fn is_untyped(self) -> bool {
        matches!(
            self,
            Self::UntypedBool
                | Self::UntypedInt
                | Self::UntypedRune
                | Self::UntypedFloat
                | Self::UntypedComplex
                | Self::UntypedString
                | Self::UntypedNil
        )
    }

    /// The type that a variable gets when it is initialised with a constant of this type.
    #[must_use]
    pub const fn default_type(self) -> Self {
        match self {
            Self::UntypedBool => Self::Bool,
            Self::UntypedInt => Self::Int,
            Self::UntypedRune => Self::Rune,
            Self::UntypedFloat => Self::Float64,
            Self::UntypedComplex => Self::Complex128,
            Self::UntypedString => Self::String,
            typed => typed,
        }
    }

    /// The type that this one is another name of.
    pub(crate) const fn aliased(self) -> Option<Self> {
        match self {
            Self::Byte => Some(Self::Uint8),
            Self::Rune => Some(Self::Int32),
            _ => None,
        }
    }

    /// Whether values are integers.
    pub const fn is_integer(self) -> bool {
        matches!(
            self,
            Self::Int
                | Self::Int8
                | Self::Int16
                | Self::Int32
                | Self::Int64
                | Self::Uint
                | Self::Uint8
                | Self::Uint16
                | Self::Uint32
                | Self::Uint64
                | Self::Uintptr
                | Self::Byte
                | Self::Rune
                | Self::UntypedInt
                | Self::UntypedRune
        )
    }

    /// The size of an unsigned integer type.
    pub(crate) const fn unsigned_bits(self) -> Option<u32> {
        match self {
            Self::Uint8 | Self::Byte => Some(8),
            Self::Uint16 => Some(16),
            Self::Uint32 => Some(32),
            Self::Uint | Self::Uint64 | Self::Uintptr => Some(64),
            _ => None,
        }
    }

    /// Whether values are strings.
    pub const fn is_string(self) -> bool {
        matches!(self, Self::String | Self::UntypedString)
    }

    /// Whether values are numbers.
    pub const fn is_numeric(self) -> bool {
        !matches!(
            self,
            Self::Bool
                | Self::UntypedBool
                | Self::String
                | Self::UntypedString
                | Self::UnsafePointer
                | Self::UntypedNil
        )
    }
}

/// A predeclared type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UniverseType {
    /// A basic type; `byte` and `rune` are `Uint8` and `Int32`.
    Basic(Basic),
    /// `any`
    Any,
    /// `comparable`
    Comparable,
    /// `error`
    Error,
}

/// A predeclared constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UniverseConst {
    /// `true`
    True,
    /// `false`
    False,
    /// `iota`
    Iota,
}

/// What a predeclared name means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Predeclared {
    /// A function.
    Builtin(Builtin),
    /// A type.
    Type(UniverseType),
    /// A constant.
    Const(UniverseConst),
    /// `nil`
    Nil,
}

/// Looks `name` up in the universe block.
pub fn predeclared(name: &str) -> Option<Predeclared> {
    use Predeclared::{Const, Nil, Type};
    use UniverseType::Basic as B;
    let builtin = |builtin| Some(Predeclared::Builtin(builtin));
    let basic = |basic| Some(Type(B(basic)));
    match name {
        "append" => builtin(Builtin::Append),
        "cap" => builtin(Builtin::Cap),
        "clear" => builtin(Builtin::Clear),
        "close" => builtin(Builtin::Close),
        "complex" => builtin(Builtin::Complex),
        "copy" => builtin(Builtin::Copy),
        "delete" => builtin(Builtin::Delete),
        "imag" => builtin(Builtin::Imag),
        "len" => builtin(Builtin::Len),
        "make" => builtin(Builtin::Make),
        "max" => builtin(Builtin::Max),
        "min" => builtin(Builtin::Min),
        "new" => builtin(Builtin::New),
        "panic" => builtin(Builtin::Panic),
        "print" => builtin(Builtin::Print),
        "println" => builtin(Builtin::Println),
        "real" => builtin(Builtin::Real),
        "recover" => builtin(Builtin::Recover),
        "bool" => basic(Basic::Bool),
        "byte" => basic(Basic::Byte),
        "uint8" => basic(Basic::Uint8),
        "complex64" => basic(Basic::Complex64),
        "complex128" => basic(Basic::Complex128),
        "float32" => basic(Basic::Float32),
        "float64" => basic(Basic::Float64),
        "int" => basic(Basic::Int),
        "int8" => basic(Basic::Int8),
        "int16" => basic(Basic::Int16),
        "int32" => basic(Basic::Int32),
        "rune" => basic(Basic::Rune),
        "int64" => basic(Basic::Int64),
        "string" => basic(Basic::String),
        "uint" => basic(Basic::Uint),
        "uint16" => basic(Basic::Uint16),
        "uint32" => basic(Basic::Uint32),
        "uint64" => basic(Basic::Uint64),
        "uintptr" => basic(Basic::Uintptr),
        "any" => Some(Type(UniverseType::Any)),
        "comparable" => Some(Type(UniverseType::Comparable)),
        "error" => Some(Type(UniverseType::Error)),
        "true" => Some(Const(UniverseConst::True)),
        "false" => Some(Const(UniverseConst::False)),
        "iota" => Some(Const(UniverseConst::Iota)),
        "nil" => Some(Nil),
        _ => None,
    }
}
