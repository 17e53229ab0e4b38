//! What identifiers of a function body can mean, and what is known of a local name.

use go_syntax::{ExprId, FieldId, FuncId, NameId, Span, SpecId, StmtId};

use super::package::{ImportId, MemberId};
use crate::universe::{Builtin, UniverseConst, UniverseType};

/// A name declared within a function: index into [`BodyNames::locals`](super::BodyNames::locals).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LocalId(pub(crate) u32);

impl LocalId {
    #[inline]
    pub(crate) fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).expect("a function declares fewer than 2^32 names"))
    }

    /// The position among the locals of the root function, for dense side tables.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an identifier means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Object {
    /// Something declared in the function: variable, constant, type, type parameter.
    Local(LocalId),
    /// Something declared at the top level of the package.
    Member(MemberId),
    /// The name of an imported package, as the operand of a selector.
    Package(ImportId),
    /// An exported member of a package that the file dot-imports; its name is the identifier.
    DotMember(ImportId),
    /// A predeclared function.
    Builtin(Builtin),
    /// A predeclared type.
    UniverseType(UniverseType),
    /// A predeclared constant.
    UniverseConst(UniverseConst),
    /// `nil`
    Nil,
    /// The key of a struct literal: the name of a field.
    FieldKey,
    /// The `x` of `switch x := y.(type)`: it stands for one variable per clause.
    TypeSwitchGuard,
    /// The blank identifier.
    Blank,
    /// A name that is declared nowhere, or an expression that is not an identifier.
    Unknown,
}

/// Where a local name is declared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeclSite {
    /// A name in a declaration, parameter or type parameter list.
    Name(NameId),
    /// An identifier on the left of `:=`, in the header of a range clause, in the guard of a type
    /// switch, or among the type arguments of a receiver.
    Expr(ExprId),
}

/// What kind of thing a local name is, and where its type and value come from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum LocalKind {
    /// A parameter of the declaring function.
    Param(FieldId),
    /// A named result of the declaring function.
    Result(FieldId),
    /// The receiver.
    Receiver(FieldId),
    /// A type parameter; of the receiver's type when there is no field.
    TypeParam(Option<FieldId>),
    /// `var x ty = value`, or `x := value`.
    Var { ty: Option<ExprId>, init: Init },
    /// A constant; `index` is its place in the specification, `origin` the specification whose type
    /// and values it has.
    Const {
        spec: SpecId,
        index: u32,
        origin: SpecId,
    },
    /// A type.
    Type(SpecId),
    /// A variable of `for key, value := range x`; `is_key` for the first.
    RangeVar {
        stmt: StmtId,
        x: ExprId,
        is_key: bool,
    },
    /// The variable that `clause` of a type switch has of its own.
    TypeSwitchVar { switch: StmtId, clause: StmtId },
}

/// The value that a variable starts with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Init {
    /// The zero value.
    Zero,
    /// This expression.
    Value(ExprId),
    /// One of the values of an expression with several: result of a call, comma-ok form.
    Element {
        expr: ExprId,
        index: u32,
        count: u32,
    },
}

impl Init {
    /// The expression that gives the value.
    pub const fn expr(self) -> Option<ExprId> {
        match self {
            Self::Zero => None,
            Self::Value(expr) | Self::Element { expr, .. } => Some(expr),
        }
    }
}

/// A name declared within a function.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Local {
    /// Where the name stands; its text is that of the span.
    pub span: Span,
    /// The node that declares it.
    pub site: DeclSite,
    /// What it is.
    pub kind: LocalKind,
    /// The function, perhaps a literal, that it belongs to.
    pub func: FuncId,
    /// Whether a nested literal uses it.
    pub captured: bool,
}

impl Local {
    /// Whether this is a variable: something with an address and a changing value.
    pub const fn is_var(&self) -> bool {
        matches!(
            self.kind,
            LocalKind::Param(_)
                | LocalKind::Result(_)
                | LocalKind::Receiver(_)
                | LocalKind::Var { .. }
                | LocalKind::RangeVar { .. }
                | LocalKind::TypeSwitchVar { .. }
        )
    }

    /// Whether this is a named result.
    pub const fn is_result(&self) -> bool {
        matches!(self.kind, LocalKind::Result(_))
    }

    /// Whether this is a parameter or the receiver.
    pub const fn is_param(&self) -> bool {
        matches!(self.kind, LocalKind::Param(_) | LocalKind::Receiver(_))
    }
}

/// What a use does to a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Its value is taken (or, for constants and types, it is mentioned).
    Read,
    /// It is assigned as a whole; its value before does not matter.
    Write,
    /// `x++`, `x += 1`
    ReadWrite,
    /// `&x`
    AddressTaken,
    /// Something within it or behind it is assigned: `x.f = 1`, `x[i]++`, `*x = y`. For a struct or
    /// array the variable changes, for a pointer, slice or map what it refers to.
    PartWrite,
    /// `&x.f`, `&x[i]`
    PartAddressTaken,
}

impl Role {
    /// Whether the variable itself may have another value afterwards.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }

    /// Whether the value from before matters.
    pub const fn reads(self) -> bool {
        !matches!(self, Self::Write)
    }
}

/// One use of a local name. Its declaration is none, but `x` in `x, err := f()` is a use where it
/// assigns to a variable of the same scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use {
    /// The identifier.
    pub expr: ExprId,
    /// What happens to it.
    pub role: Role,
    /// The innermost function around the use; the use is a capture when this is not the function
    /// that declares the local.
    pub func: FuncId,
}

/// A label of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label {
    /// The name before the colon.
    pub name: NameId,
    /// The labeled statement itself (not the statement after the colon).
    pub stmt: StmtId,
    /// The function, perhaps a literal, that it belongs to.
    pub func: FuncId,
}
