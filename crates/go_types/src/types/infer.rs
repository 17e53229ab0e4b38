//! Finding out what type parameters stand for, from the arguments of a call and from constraints.
//!
//! Types are matched one against the other; what does not match tells nothing, for a wrong program is
//! not rejected here.

use super::store::{Type, TypeId, TypeList};
use super::subst::Env;
use super::typer::{Place, Typer};
use crate::universe::Basic;

impl Typer<'_> {
    /// What the type parameters `params` stand for, the first of which are given as `known`, when
    /// arguments of the types `args` are passed to parameters of the types `formals`; unknown where
    /// nothing tells.
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
        let mut untyped: Vec<(TypeId, Basic)> = Vec::new();
        for (&formal, &arg) in formals.iter().zip(args) {
            match self.cx.ty(arg) {
                Type::Basic(Basic::UntypedNil) => {}
                Type::Basic(basic) if basic.is_untyped() => untyped.push((formal, basic)),
                _ => inference.unify(formal, arg),
            }
        }
        inference.unify_constraints();
        // Constants without type have a word only where nobody else had one, and then the widest
        // kind counts.
        for (index, &param) in params.iter().enumerate() {
            if inference.found[index].is_none() {
                let kinds = untyped.iter().filter(|&&(formal, _)| formal == param);
                inference.found[index] = kinds
                    .map(|&(_, basic)| basic)
                    .max()
                    .map(|basic| self.basic(basic.default_type()));
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

    /// The type of the field `name` that a struct type has itself.
    pub(super) fn field_named(self, ty: TypeId, name: &str) -> Option<TypeId> {
        let Type::Struct { site, env } = self.cx.ty(ty) else {
            return None;
        };
        let package = self.cx.package_at(site.path)?;
        let place = Place {
            path: site.path,
            package: &package,
            file: site.file,
        };
        let tree = place.tree();
        let field = tree
            .fields_of(site.node)
            .iter()
            .map(|field| tree.field(field))
            .find(|field| {
                if field.names.is_empty() {
                    super::lookup::embedded_name(place, field.ty)
                        .is_some_and(|span| tree.span_text(span) == name)
                } else {
                    field.names.iter().any(|id| tree.name(id) == name)
                }
            })?;
        Some(self.subst(self.type_expr(place, field.ty), &self.env_of(env)))
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

    /// What constraints tell: a parameter with a core type, as `S` in `[S ~[]E, E any]`, tells more
    /// once it is known itself; `P` in `[P *T, T any]` is known once `T` is.
    fn unify_constraints(&mut self) {
        // Each round finds one parameter more, or is the last one.
        for _ in 0..=self.params.len() {
            let before = self.found.iter().flatten().count();
            for index in 0..self.params.len() {
                let Some(core) = self.typer.core_term(self.params[index]) else {
                    self.unify_methods(index);
                    continue;
                };
                match self.found[index] {
                    Some(actual) => self.unify(core.ty, self.typer.core(actual)),
                    None if !core.tilde => {
                        let env = self.env();
                        if self.is_resolved(core.ty) {
                            self.found[index] = Some(self.typer.subst(core.ty, &env));
                        }
                    }
                    None => {}
                }
            }
            if self.found.iter().flatten().count() == before {
                return;
            }
        }
    }

    /// The methods that a constraint demands, held against those of the type that is found.
    fn unify_methods(&mut self, index: usize) {
        let (Some(actual), Type::TypeParam(param)) =
            (self.found[index], self.typer.cx.ty(self.params[index]))
        else {
            return;
        };
        let constraint = self
            .typer
            .with_constraint(param, |typer, place, expr, env| {
                typer.subst(typer.type_expr(place, expr), env)
            });
        if let Some(constraint) = constraint {
            self.unify_interface(constraint, actual);
        }
    }

    fn unify_interface(&mut self, interface: TypeId, actual: TypeId) {
        let typer = self.typer;
        let Type::Interface { site, .. } = typer.cx.ty(typer.underlying(interface)) else {
            return;
        };
        let Some(package) = typer.cx.package_at(site.path) else {
            return;
        };
        let tree = package.file(site.file);
        for field in tree.fields_of(site.node).iter() {
            for name in tree.field(field).names.iter() {
                let name = tree.name(name);
                let formal = typer.lookup(interface, name, site.path);
                let method = typer.lookup(actual, name, site.path);
                if let (Some(formal), Some(method)) = (formal, method) {
                    self.unify(formal.ty(), method.ty());
                }
            }
        }
    }

    fn env(&self) -> Env {
        let types: Vec<TypeId> = self
            .found
            .iter()
            .map(|ty| ty.unwrap_or(TypeId::UNKNOWN))
            .collect();
        Env::new(self.params, &types)
    }

    /// Whether a type mentions no parameter that is not found yet.
    fn is_resolved(&self, ty: TypeId) -> bool {
        let missing: Vec<(TypeId, TypeId)> = self
            .params
            .iter()
            .zip(&self.found)
            .filter(|(_, found)| found.is_none())
            .map(|(&param, _)| (param, TypeId::UNKNOWN))
            .collect();
        let (params, unknown): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
        self.typer.subst(ty, &Env::new(&params, &unknown)) == ty
    }

    /// The type of a parameter is found; one with a name is preferred to what it is underneath.
    fn find(&mut self, index: usize, actual: TypeId) {
        let cx = self.typer.cx;
        let better = match self.found[index] {
            None => true,
            Some(known) => match (cx.ty(known), cx.ty(actual)) {
                (Type::Unknown, _) => true,
                (Type::Named { .. } | Type::Basic(_) | Type::TypeParam(_), _) => false,
                (_, Type::Named { .. }) => {
                    self.typer.identical(self.typer.underlying(actual), known)
                }
                _ => {
                    self.unify(known, actual);
                    false
                }
            },
        };
        if better {
            self.found[index] = Some(actual);
        }
    }

    fn match_types(&mut self, formal: TypeId, actual: TypeId) {
        if actual.is_unknown() {
            return;
        }
        if let Some(index) = self.params.iter().position(|&param| param == formal) {
            return self.find(index, actual);
        }
        let cx = self.typer.cx;
        // Most parameters of generic functions have ordinary types.
        if !self.typer.mentions_params(formal) {
            return;
        }
        let formal = self.typer.canonical(formal);
        let actual = self.typer.canonical(actual);
        match (cx.ty(formal), cx.ty(actual)) {
            (
                Type::Named { name, args },
                Type::Named {
                    name: other,
                    args: actual,
                },
            ) if name == other => self.match_lists(args, actual),
            (Type::Named { .. }, _) if self.typer.is_interface(formal) => {
                self.unify_interface(formal, actual);
            }
            // Of two different declared types none is assignable to the other.
            (Type::Named { .. }, Type::Named { .. }) => {}
            (Type::Named { .. }, _) => {
                self.match_kinds(self.typer.underlying(formal), actual);
            }
            (Type::Interface { .. }, _) => self.unify_interface(formal, actual),
            // A named type is assignable to its underlying type.
            (_, Type::Named { .. } | Type::TypeParam(_)) => {
                self.match_kinds(formal, self.typer.core(actual));
            }
            _ => self.match_kinds(formal, actual),
        }
    }

    fn match_kinds(&mut self, formal: TypeId, actual: TypeId) {
        let cx = self.typer.cx;
        match (cx.ty(formal), cx.ty(actual)) {
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
            (Type::Struct { .. }, Type::Struct { .. }) => {
                if let (Some(formal), Some(actual)) = (
                    self.typer.struct_fields(formal),
                    self.typer.struct_fields(actual),
                ) {
                    for ((_, formal), (_, actual)) in formal.into_iter().zip(actual) {
                        self.unify(formal, actual);
                    }
                }
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
