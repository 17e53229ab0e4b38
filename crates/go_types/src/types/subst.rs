//! Putting types in the place of type parameters, and finding out which from the arguments of a
//! call.

use go_syntax::{ExprKind, UnaryOp};

use super::store::{Type, TypeId, TypeList};
use super::typer::{Place, Typer};

/// Type parameters and what stands for each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env {
    pairs: Vec<(TypeId, TypeId)>,
}

impl Env {
    /// `params` and `args` in the same order; parameters without argument stay.
    pub(crate) fn new(params: &[TypeId], args: &[TypeId]) -> Self {
        Self {
            pairs: params.iter().copied().zip(args.iter().copied()).collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    fn get(&self, param: TypeId) -> Option<TypeId> {
        self.pairs
            .iter()
            .find(|&&(known, _)| known == param)
            .map(|&(_, ty)| ty)
    }
}

impl Typer<'_> {
    /// The environment kept with a struct or interface.
    pub(super) fn env_of(self, list: TypeList) -> Env {
        let types = self.cx.types(list);
        Env {
            pairs: types
                .chunks_exact(2)
                .map(|pair| (pair[0], pair[1]))
                .collect(),
        }
    }

    /// `ty` with the type parameters of `env` replaced.
    pub(crate) fn subst(self, ty: TypeId, env: &Env) -> TypeId {
        if env.is_empty() {
            return ty;
        }
        self.deeper(TypeId::UNKNOWN, || self.compute_subst(ty, env))
    }

    fn compute_subst(self, ty: TypeId, env: &Env) -> TypeId {
        let cx = self.cx;
        let replaced = match cx.ty(ty) {
            Type::Unknown | Type::Basic(_) | Type::EmptyInterface => return ty,
            Type::TypeParam(_) => return env.get(ty).unwrap_or(ty),
            Type::Named { name, args } => Type::Named {
                name,
                args: self.subst_list(args, env),
            },
            Type::Pointer(elem) => Type::Pointer(self.subst(elem, env)),
            Type::Slice(elem) => Type::Slice(self.subst(elem, env)),
            Type::Array { len, elem } => Type::Array {
                len,
                elem: self.subst(elem, env),
            },
            Type::Map { key, value } => Type::Map {
                key: self.subst(key, env),
                value: self.subst(value, env),
            },
            Type::Chan { dir, elem } => Type::Chan {
                dir,
                elem: self.subst(elem, env),
            },
            Type::Func {
                params,
                results,
                variadic,
            } => Type::Func {
                params: self.subst_list(params, env),
                results: self.subst_list(results, env),
                variadic,
            },
            Type::Struct { site, env: inner } => Type::Struct {
                site,
                env: self.extend(inner, env),
            },
            Type::Interface { site, env: inner } => Type::Interface {
                site,
                env: self.extend(inner, env),
            },
            Type::Tuple(types) => Type::Tuple(self.subst_list(types, env)),
        };
        cx.intern(replaced)
    }

    fn subst_list(self, list: TypeList, env: &Env) -> TypeList {
        if list == TypeList::EMPTY {
            return list;
        }
        let types: Vec<TypeId> = self
            .cx
            .types(list)
            .iter()
            .map(|&ty| self.subst(ty, env))
            .collect();
        self.cx.list(&types)
    }

    /// What a struct's parameters stand for after `outer` was applied as well.
    fn extend(self, inner: TypeList, outer: &Env) -> TypeList {
        let known = self.env_of(inner);
        let mut flat = Vec::with_capacity(2 * (known.pairs.len() + outer.pairs.len()));
        for &(param, ty) in &known.pairs {
            flat.extend([param, self.subst(ty, outer)]);
        }
        for &(param, ty) in &outer.pairs {
            if known.get(param).is_none() {
                flat.extend([param, ty]);
            }
        }
        self.cx.list(&flat)
    }

    /// What the type parameters `params` stand for when arguments of the types `args` are passed to
    /// parameters of the types `formals`: those that plain matching finds, the others are unknown.
    pub(super) fn infer(
        self,
        params: &[TypeId],
        known: &[TypeId],
        formals: &[TypeId],
        args: &[TypeId],
    ) -> Env {
        let mut found: Vec<Option<TypeId>> = vec![None; params.len()];
        for (slot, &arg) in found.iter_mut().zip(known) {
            *slot = Some(arg);
        }
        let mut inference = Inference {
            typer: self,
            params,
            found,
        };
        let is_untyped = |ty| matches!(self.cx.ty(ty), Type::Basic(basic) if basic.is_untyped());
        // Constants without type have the last word only where nobody else had one.
        for untyped in [false, true] {
            for (&formal, &arg) in formals.iter().zip(args) {
                if is_untyped(arg) == untyped {
                    inference.unify(formal, self.default_type(arg));
                }
            }
        }
        inference.unify_constraints();
        let types: Vec<TypeId> = inference
            .found
            .iter()
            .map(|ty| ty.unwrap_or(TypeId::UNKNOWN))
            .collect();
        Env::new(params, &types)
    }
}

impl Typer<'_> {
    /// The `T` of a type parameter constrained by `~T` or `interface{ ~T }`.
    fn core_of_constraint(self, param: TypeId) -> Option<TypeId> {
        let Type::TypeParam(param) = self.cx.ty(param) else {
            return None;
        };
        let package = self.cx.package_at(param.path)?;
        let place = Place {
            path: param.path,
            package: &package,
            file: param.file,
        };
        let tree = place.tree();
        let mut constraint = tree.unparen(param.constraint?);
        if let ExprKind::InterfaceType(elems) = tree.expr(constraint).kind {
            let elems = tree.fields_of(elems);
            let only = elems.first().filter(|_| elems.len() == 1)?;
            constraint = tree.unparen(tree.field(only).ty);
        }
        match tree.expr(constraint).kind {
            ExprKind::Unary {
                op: UnaryOp::Tilde,
                x,
            } => Some(self.type_expr(place, x)),
            _ => None,
        }
    }
}

struct Inference<'i> {
    typer: Typer<'i>,
    params: &'i [TypeId],
    found: Vec<Option<TypeId>>,
}

impl Inference<'_> {
    fn unify(&mut self, formal: TypeId, actual: TypeId) {
        let typer = self.typer;
        typer.deeper((), || self.match_types(formal, actual));
    }

    /// A parameter whose constraint has only one type underneath, as `S` in `[S ~[]E, E any]`, tells
    /// more once it is known itself.
    fn unify_constraints(&mut self) {
        for index in 0..self.params.len() {
            if let (Some(actual), Some(core)) = (
                self.found[index],
                self.typer.core_of_constraint(self.params[index]),
            ) {
                self.unify(core, self.typer.underlying(actual));
            }
        }
    }

    fn match_types(&mut self, formal: TypeId, actual: TypeId) {
        if actual.is_unknown() {
            return;
        }
        if let Some(index) = self.params.iter().position(|&param| param == formal) {
            self.found[index].get_or_insert(actual);
            return;
        }
        let cx = self.typer.cx;
        let formal = cx.ty(formal);
        let actual = match (formal, cx.ty(actual)) {
            (Type::Named { .. }, actual) => actual,
            // A named type is assignable to its underlying type.
            (_, Type::Named { .. }) => cx.ty(self.typer.underlying(actual)),
            (_, actual) => actual,
        };
        match (formal, actual) {
            (
                Type::Named { name, args },
                Type::Named {
                    name: other,
                    args: actual,
                },
            ) if name == other => {
                self.match_lists(args, actual);
            }
            (Type::Pointer(formal), Type::Pointer(actual))
            | (Type::Slice(formal), Type::Slice(actual))
            | (Type::Array { elem: formal, .. }, Type::Array { elem: actual, .. })
            | (Type::Chan { elem: formal, .. }, Type::Chan { elem: actual, .. }) => {
                self.unify(formal, actual);
            }
            (
                Type::Map { key, value },
                Type::Map {
                    key: actual_key,
                    value: actual_value,
                },
            ) => {
                self.unify(key, actual_key);
                self.unify(value, actual_value);
            }
            (
                Type::Func {
                    params, results, ..
                },
                Type::Func {
                    params: actual_params,
                    results: actual_results,
                    ..
                },
            ) => {
                self.match_lists(params, actual_params);
                self.match_lists(results, actual_results);
            }
            _ => {}
        }
    }

    fn match_lists(&mut self, formal: TypeList, actual: TypeList) {
        let (formal, actual) = (self.typer.cx.types(formal), self.typer.cx.types(actual));
        for (&formal, &actual) in formal.iter().zip(actual.iter()) {
            self.unify(formal, actual);
        }
    }
}
