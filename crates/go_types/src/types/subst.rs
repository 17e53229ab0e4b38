//! Putting types in the place of type parameters. Which ones is found out in `infer`.

use super::store::{Type, TypeId, TypeList};
use super::typer::Typer;

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

    /// The pairs whose second type is known.
    pub(super) fn without_unknown(mut self) -> Self {
        self.pairs.retain(|(_, ty)| !ty.is_unknown());
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(super) fn get(&self, param: TypeId) -> Option<TypeId> {
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
                tparams,
            } => Type::Func {
                params: self.subst_list(params, env),
                results: self.subst_list(results, env),
                variadic,
                tparams: self.without(tparams, env),
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
        self.cx.named_list(&types, &self.cx.names_of(list))
    }

    /// The type parameters for which nothing is given.
    fn without(self, tparams: TypeList, env: &Env) -> TypeList {
        if tparams == TypeList::EMPTY {
            return tparams;
        }
        let mut params = self.cx.types(tparams).to_vec();
        params.retain(|&param| env.get(param).is_none());
        self.cx.list(&params)
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

    /// Whether a type is made of type parameters, however deep.
    pub(super) fn mentions_params(self, ty: TypeId) -> bool {
        if let Some(known) = self.cx.known_mention(ty) {
            return known;
        }
        let any = |list: TypeList| {
            self.cx
                .types(list)
                .iter()
                .any(|&ty| self.mentions_params(ty))
        };
        let mentions = self.deeper(true, || match self.cx.ty(ty) {
            // The fields of structs and interfaces are not looked at.
            Type::TypeParam(_) | Type::Struct { .. } | Type::Interface { .. } => true,
            Type::Unknown | Type::Basic(_) | Type::EmptyInterface => false,
            Type::Named { args, .. } => any(args),
            Type::Pointer(elem)
            | Type::Slice(elem)
            | Type::Array { elem, .. }
            | Type::Chan { elem, .. } => self.mentions_params(elem),
            Type::Map { key, value } => self.mentions_params(key) || self.mentions_params(value),
            Type::Func {
                params, results, ..
            } => any(params) || any(results),
            Type::Tuple(types) => any(types),
        });
        self.cx.remember_mention(ty, mentions);
        mentions
    }
}
