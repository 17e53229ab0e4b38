//! The results of calls, conversions and predeclared functions.

use go_syntax::{ExprId, ExprKind};

use super::store::{Type, TypeId, TypeList};
use super::subst::Env;
use super::typer::{Meaning, Place, Typer};
use crate::names::{MemberId, MemberKind, PackageNames};
use crate::universe::{Basic, Builtin};

impl Typer<'_> {
    /// The types of the values that a call or conversion gives; `None` when that is not known.
    pub(crate) fn results(self, place: Place<'_>, call: ExprId) -> Option<TypeList> {
        let tree = place.tree();
        let ExprKind::Call { fun, args, spread } = tree.expr(call).kind else {
            return None;
        };
        let args = tree.exprs(args);
        let fun = tree.unparen(fun);
        if matches!(tree.expr(fun).kind, ExprKind::Ident)
            && let Meaning::Builtin(builtin) = self.meaning(place, fun)
        {
            return self.builtin_results(place, builtin, args);
        }
        if self.denotes_type(place, fun) {
            return Some(self.cx.list(&[self.type_expr(place, fun)]));
        }
        let callee = self.type_of(place, fun);
        let Type::Func {
            params,
            results,
            variadic,
        } = self.cx.ty(self.underlying(callee))
        else {
            return None;
        };
        if results == TypeList::EMPTY {
            return Some(results);
        }
        let generic = self.callee_params(place, fun);
        if generic.is_empty() {
            return Some(results);
        }
        let env = self.call_env(place, &generic, (params, variadic), (args, spread));
        let types: Vec<TypeId> = self
            .cx
            .types(results)
            .iter()
            .map(|&result| self.subst(result, &env))
            .collect();
        Some(self.cx.list(&types))
    }

    /// What the type parameters `generic` of a called function stand for, as the arguments tell.
    fn call_env(
        self,
        place: Place<'_>,
        generic: &[TypeId],
        (params, variadic): (TypeList, bool),
        (args, spread): (&[ExprId], bool),
    ) -> Env {
        let mut args: Vec<TypeId> = args.iter().map(|&arg| self.type_of(place, arg)).collect();
        // The results of one call may be all the arguments of another.
        if let [single] = *args
            && let Type::Tuple(types) = self.cx.ty(single)
        {
            args = self.cx.types(types).to_vec();
        }
        let mut formals = self.cx.types(params).to_vec();
        if variadic
            && !spread
            && let Some(last) = formals.pop()
        {
            let elem = match self.cx.ty(last) {
                Type::Slice(elem) => elem,
                _ => TypeId::UNKNOWN,
            };
            formals.resize(args.len().max(formals.len()), elem);
        }
        self.infer(generic, &[], &formals, &args)
    }

    /// The type parameters of the function that `fun` names, if it is generic.
    pub(super) fn callee_params(self, place: Place<'_>, fun: ExprId) -> Vec<TypeId> {
        let tree = place.tree();
        let mut fun = fun;
        loop {
            match tree.expr(fun).kind {
                ExprKind::Paren(x) | ExprKind::Index { x, .. } => fun = x,
                ExprKind::Ident => {
                    return match self.meaning(place, fun) {
                        Meaning::Member(id) => self.func_params(place.path, place.package, id),
                        Meaning::DotMember(path) => self.imported_params(path, tree.expr_text(fun)),
                        _ => Vec::new(),
                    };
                }
                ExprKind::Selector { x, sel } => {
                    return match self.package_named(place, x) {
                        Some(path) => self.imported_params(path, tree.span_text(sel)),
                        None => Vec::new(),
                    };
                }
                _ => return Vec::new(),
            }
        }
    }

    fn imported_params(self, path: super::store::PathId, name: &str) -> Vec<TypeId> {
        let Some(package) = self.cx.package_at(path) else {
            return Vec::new();
        };
        package
            .lookup(name)
            .map(|id| self.func_params(path, &package, id))
            .unwrap_or_default()
    }

    fn func_params(
        self,
        path: super::store::PathId,
        package: &PackageNames,
        id: MemberId,
    ) -> Vec<TypeId> {
        let member = package.member(id);
        let place = Place {
            path,
            package,
            file: member.file,
        };
        match member.kind {
            MemberKind::Func(func) => {
                let tree = place.tree();
                self.type_params(place, tree.sig(tree.func(func).sig).tparams)
            }
            _ => Vec::new(),
        }
    }

    fn builtin_results(
        self,
        place: Place<'_>,
        builtin: Builtin,
        args: &[ExprId],
    ) -> Option<TypeList> {
        let first = |ty: fn(Self, Place<'_>, ExprId) -> TypeId| {
            args.first()
                .map_or(TypeId::UNKNOWN, |&arg| ty(self, place, arg))
        };
        let result = match builtin {
            Builtin::Append => first(Self::type_of),
            Builtin::Cap | Builtin::Copy | Builtin::Len => self.basic(Basic::Int),
            Builtin::Make => first(Self::type_expr),
            Builtin::New => {
                // Since Go 1.26 the argument may also be a value.
                let elem = first(|this, place, arg| this.default_type(this.type_of(place, arg)));
                self.cx.intern(Type::Pointer(elem))
            }
            Builtin::Max | Builtin::Min => self.operands_type(place, args),
            Builtin::Complex | Builtin::Imag | Builtin::Real => {
                self.complex_part(builtin, self.operands_type(place, args))
            }
            Builtin::Recover => self.cx.intern(Type::EmptyInterface),
            Builtin::Clear
            | Builtin::Close
            | Builtin::Delete
            | Builtin::Panic
            | Builtin::Print
            | Builtin::Println => return Some(TypeList::EMPTY),
        };
        Some(self.cx.list(&[result]))
    }

    /// The type of the first operand that has one of its own.
    fn operands_type(self, place: Place<'_>, args: &[ExprId]) -> TypeId {
        let mut widest: Option<Basic> = None;
        for &arg in args {
            let ty = self.type_of(place, arg);
            match self.cx.ty(ty) {
                Type::Basic(basic) if basic.is_untyped() => widest = widest.max(Some(basic)),
                _ => return ty,
            }
        }
        widest.map_or(TypeId::UNKNOWN, |basic| self.basic(basic))
    }

    /// The result of `complex`, `real` and `imag` for operands of type `ty`.
    fn complex_part(self, builtin: Builtin, ty: TypeId) -> TypeId {
        let Type::Basic(basic) = self.cx.ty(self.underlying(ty)) else {
            return TypeId::UNKNOWN;
        };
        let result = match (builtin, basic) {
            (Builtin::Complex, Basic::Float32) => Basic::Complex64,
            (Builtin::Complex, Basic::Float64) => Basic::Complex128,
            (Builtin::Complex, _) => Basic::UntypedComplex,
            (_, Basic::Complex64) => Basic::Float32,
            (_, Basic::Complex128) => Basic::Float64,
            _ => Basic::UntypedFloat,
        };
        self.basic(result)
    }
}
