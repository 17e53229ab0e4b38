//! What a call calls, as far as names tell. Nothing is computed or loaded for it.

use go_syntax::{ExprId, ExprKind, FuncId};

use crate::body::Body;
use crate::names::{LocalId, LocalKind, MemberId, MemberKind, Object};
use crate::universe::Builtin;

/// What a call calls, as far as names tell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Callee<'a> {
    /// A function of a package; `member` when it is the package under analysis. A declaration of
    /// another package is not looked at: it may also be a variable that holds a function, or a type,
    /// and then the call is a conversion.
    Func {
        package: &'a str,
        name: &'a str,
        member: Option<MemberId>,
    },
    /// `x.name(…)` where `x` is a value or a type: a method, or a field of function type. See
    /// [`Body::method`].
    Selected { x: ExprId, name: &'a str },
    /// A predeclared function.
    Builtin(Builtin),
    /// A function literal, called on the spot.
    Literal(FuncId),
    /// No call, but a conversion to the type that this expression denotes.
    Conversion(ExprId),
    /// The function that a local variable holds.
    Var(LocalId),
    /// The function that a package-level variable of this package holds.
    MemberVar(MemberId),
    /// Something computed: result of a call, element of a map.
    Dynamic,
    /// A name that is declared nowhere.
    Unknown,
}

impl<'a> Body<'a> {
    /// What `call`, a call expression, calls. Parentheses and instantiations are looked through.
    pub fn callee(&self, call: ExprId) -> Callee<'a> {
        match self.file().expr(call).kind {
            ExprKind::Call { fun, .. } => self.callee_of(fun),
            _ => Callee::Unknown,
        }
    }

    /// Whether `call` calls the function `name` of the package with the import path `package`.
    pub fn is_call_to(&self, call: ExprId, package: &str, name: &str) -> bool {
        matches!(self.callee(call), Callee::Func { package: p, name: n, .. } if n == name && p == package)
    }

    /// Whether `call` calls the predeclared function `builtin`.
    pub fn is_builtin_call(&self, call: ExprId, builtin: Builtin) -> bool {
        self.callee(call) == Callee::Builtin(builtin)
    }

    /// What the operand `fun` of a call means.
    fn callee_of(&self, fun: ExprId) -> Callee<'a> {
        let fun = self.file().unparen(fun);
        match self.file().expr(fun).kind {
            ExprKind::Ident => self.named_callee(fun),
            ExprKind::Selector { x, sel } => {
                let name = self.file().span_text(sel);
                match self.object(x) {
                    Object::Package(import) => {
                        let package = self.cx().names().canonical_path(import, self.cx().loader());
                        Callee::Func {
                            package,
                            name,
                            member: None,
                        }
                    }
                    _ => Callee::Selected { x, name },
                }
            }
            ExprKind::Index { x, indices } => {
                self.instantiated_callee(x, self.file().exprs(indices))
            }
            ExprKind::FuncLit(func) => Callee::Literal(func),
            ExprKind::ArrayType { .. }
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. }
            | ExprKind::FuncType(_)
            | ExprKind::StructType(_)
            | ExprKind::InterfaceType(_) => Callee::Conversion(fun),
            ExprKind::Star(x) if self.may_be_type(x) => Callee::Conversion(fun),
            ExprKind::Bad => Callee::Unknown,
            _ => Callee::Dynamic,
        }
    }

    fn named_callee(&self, ident: ExprId) -> Callee<'a> {
        let names = self.cx().names();
        match self.names().object(ident) {
            Object::Local(id) => match self.names().local(id).kind {
                LocalKind::Type(_) | LocalKind::TypeParam(_) => Callee::Conversion(ident),
                LocalKind::Const { .. } => Callee::Unknown,
                _ => Callee::Var(id),
            },
            Object::Member(id) => match names.member(id).kind {
                MemberKind::Func(_) => Callee::Func {
                    package: names.path(),
                    name: names.member_name(id),
                    member: Some(id),
                },
                MemberKind::Var { .. } => Callee::MemberVar(id),
                MemberKind::Type(_) => Callee::Conversion(ident),
                MemberKind::Const { .. } => Callee::Unknown,
            },
            Object::DotMember(import) => Callee::Func {
                package: names.canonical_path(import, self.cx().loader()),
                name: self.file().expr_text(ident),
                member: None,
            },
            Object::Builtin(builtin) => Callee::Builtin(builtin),
            Object::UniverseType(_) => Callee::Conversion(ident),
            _ => Callee::Unknown,
        }
    }

    /// `x[indices](…)`: an instantiated function or type, or an element.
    fn instantiated_callee(&self, x: ExprId, indices: &[ExprId]) -> Callee<'a> {
        if !indices.iter().all(|&index| self.may_be_type(index)) {
            return Callee::Dynamic;
        }
        match self.callee_of(x) {
            Callee::Conversion(_) => Callee::Conversion(x),
            callee @ (Callee::Func { .. } | Callee::Selected { .. } | Callee::Unknown) => callee,
            _ => Callee::Dynamic,
        }
    }

    /// Whether `expr` denotes a type, or might, being a name of another package.
    fn may_be_type(&self, expr: ExprId) -> bool {
        let mut expr = expr;
        loop {
            match self.file().expr(expr).kind {
                ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::Index { x, .. } => expr = x,
                ExprKind::Selector { x, .. } => {
                    return matches!(self.object(x), Object::Package(_));
                }
                ExprKind::Ident => return self.ident_may_be_type(expr),
                ExprKind::ArrayType { .. }
                | ExprKind::MapType { .. }
                | ExprKind::ChanType { .. }
                | ExprKind::FuncType(_)
                | ExprKind::StructType(_)
                | ExprKind::InterfaceType(_) => return true,
                _ => return false,
            }
        }
    }

    fn ident_may_be_type(&self, ident: ExprId) -> bool {
        match self.names().object(ident) {
            Object::Local(id) => {
                matches!(
                    self.names().local(id).kind,
                    LocalKind::Type(_) | LocalKind::TypeParam(_)
                )
            }
            Object::Member(id) => matches!(self.cx().names().member(id).kind, MemberKind::Type(_)),
            Object::UniverseType(_) | Object::DotMember(_) => true,
            _ => false,
        }
    }
}
