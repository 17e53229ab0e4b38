//! The results of calls, conversions and predeclared functions.

use std::rc::Rc;

use go_syntax::{ExprId, ExprKind};

use super::store::{Type, TypeId, TypeList};
use super::subst::Env;
use super::typer::{Meaning, Place, Typer};
use crate::universe::{Basic, Builtin};

impl Typer<'_> {
    /// The types of the values that a call or conversion gives; `None` when that is not known.
    pub(crate) fn results(self, place: Place<'_>, call: ExprId) -> Option<TypeList> {
        let tree = place.tree();
        let ExprKind::Call { fun, args, .. } = tree.expr(call).kind else {
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
        match self.cx.ty(self.core(self.instance_of_call(place, call))) {
            Type::Func { results, .. } => Some(results),
            _ => None,
        }
    }

    /// The type of the function that `call` calls, instantiated when it is generic.
    pub(super) fn instance_of_call(self, place: Place<'_>, call: ExprId) -> TypeId {
        let tree = place.tree();
        let ExprKind::Call { fun, args, spread } = tree.expr(call).kind else {
            return TypeId::UNKNOWN;
        };
        let fun = tree.unparen(fun);
        let callee = self.type_of(place, fun);
        let (generic, known) = self.generic_callee(place, fun);
        if generic.is_empty() {
            return callee;
        }
        let Type::Func {
            params, variadic, ..
        } = self.cx.ty(callee)
        else {
            return callee;
        };
        let env = self.call_env(
            place,
            (&generic, &known),
            (params, variadic),
            (tree.exprs(args), spread),
        );
        self.subst(callee, &env)
    }

    /// What the type parameters `generic` of a called function stand for, as the arguments tell.
    fn call_env(
        self,
        place: Place<'_>,
        (generic, known): (&[TypeId], &[TypeId]),
        (params, variadic): (TypeList, bool),
        (args, spread): (&[ExprId], bool),
    ) -> Env {
        let type_of_arg = |&arg: &ExprId| {
            // A generic function as argument tells nothing before it is instantiated itself.
            let (params, known) = self.generic_callee(place, arg);
            if params.len() > known.len() {
                TypeId::UNKNOWN
            } else {
                self.type_of(place, arg)
            }
        };
        let exprs = args;
        let mut args: Vec<TypeId> = args.iter().map(type_of_arg).collect();
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
            formals.resize(args.len().max(formals.len()), self.element_of(last));
        }
        let mut env = self.infer(generic, known, &formals, &args);
        // What is known by now may tell which instances of generic arguments are meant, and these
        // tell more. Each round finds one more of them, or is the last.
        for _ in 0..args.len() {
            let mut more = false;
            for ((&formal, &expr), arg) in formals.iter().zip(exprs).zip(&mut args) {
                if arg.is_unknown()
                    && let Some(instance) =
                        self.generic_argument(place, expr, formal, (generic, &env))
                {
                    *arg = instance;
                    more = true;
                }
            }
            if !more {
                break;
            }
            env = self.infer(generic, known, &formals, &args);
        }
        env
    }

    /// The type of a generic function that is an argument for a parameter of type `formal`, when that
    /// tells what all its type parameters stand for.
    fn generic_argument(
        self,
        place: Place<'_>,
        expr: ExprId,
        formal: TypeId,
        (generic, env): (&[TypeId], &Env),
    ) -> Option<TypeId> {
        let (params, known) = self.generic_callee(place, expr);
        if params.is_empty() || known.len() >= params.len() {
            return None;
        }
        let own = self.type_of(place, expr);
        let formal = self.subst(formal, &env.clone().without_unknown());
        let found = self.infer(&params, &known, &[own], &[formal]);
        let instance = self.subst(own, &found.without_unknown());
        // Nothing may be left open, neither of the argument nor of the function that is called.
        let open = |params: &[TypeId]| {
            let unknown = vec![TypeId::UNKNOWN; params.len()];
            self.subst(instance, &Env::new(params, &unknown)) != instance
        };
        (!open(&params) && !open(generic)).then_some(instance)
    }

    /// The type of the elements of a slice.
    pub(super) fn element_of(self, slice: TypeId) -> TypeId {
        match self.cx.ty(slice) {
            Type::Slice(elem) => elem,
            // `append([]byte, string...)`
            Type::Basic(basic) if basic.is_string() => self.basic(Basic::Byte),
            _ => TypeId::UNKNOWN,
        }
    }

    /// The type parameters of the function `fun`, if it is generic, and the arguments that are given
    /// for them.
    pub(super) fn generic_callee(
        self,
        place: Place<'_>,
        fun: ExprId,
    ) -> (Rc<[TypeId]>, Vec<TypeId>) {
        let tree = place.tree();
        let fun = tree.unparen(fun);
        let (name, indices) = match tree.expr(fun).kind {
            ExprKind::Ident | ExprKind::Selector { .. } => (fun, &[][..]),
            ExprKind::Index { x, indices } => (tree.unparen(x), tree.exprs(indices)),
            _ => return (Rc::new([]), Vec::new()),
        };
        if !matches!(
            tree.expr(name).kind,
            ExprKind::Ident | ExprKind::Selector { .. }
        ) {
            return (Rc::new([]), Vec::new());
        }
        match self.cx.ty(self.type_of(place, name)) {
            Type::Func { tparams, .. } if tparams != TypeList::EMPTY => {
                let known = indices.iter().map(|&arg| self.type_expr(place, arg));
                (self.cx.types(tparams), known.collect())
            }
            _ => (Rc::new([]), Vec::new()),
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
    pub(super) fn operands_type(self, place: Place<'_>, args: &[ExprId]) -> TypeId {
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
