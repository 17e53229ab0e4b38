//! Whether two types are the same type: by name, or by structure where they have no name.

use go_syntax::ExprKind;

use super::core::{MAX_EMBEDDING, Term};
use super::store::{PathId, Type, TypeId};
use super::typer::{Place, Typer};
use crate::names::is_exported;

/// A method of an interface: its name, the package that the name belongs to where it is not
/// exported, and its type.
type InterfaceMethod = (String, Option<PathId>, TypeId);

impl Typer<'_> {
    /// Whether two types are the same, aliases looked through.
    pub(crate) fn identical(self, a: TypeId, b: TypeId) -> bool {
        a == b || self.deeper(false, || self.identical_kinds(a, b))
    }

    fn identical_kinds(self, a: TypeId, b: TypeId) -> bool {
        let (a, b) = (self.canonical(a), self.canonical(b));
        let lists = |a, b| {
            let (a, b) = (self.cx.types(a), self.cx.types(b));
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(&a, &b)| self.identical(a, b))
        };
        match (self.cx.ty(a), self.cx.ty(b)) {
            (Type::Unknown, _) | (_, Type::Unknown) => false,
            _ if a == b => true,
            (
                Type::Named { name, args },
                Type::Named {
                    name: other,
                    args: same,
                },
            ) => name == other && lists(args, same),
            (Type::Pointer(a), Type::Pointer(b)) | (Type::Slice(a), Type::Slice(b)) => {
                self.identical(a, b)
            }
            (
                Type::Array { len, elem },
                Type::Array {
                    len: other,
                    elem: same,
                },
            ) => len.is_some() && len == other && self.identical(elem, same),
            (
                Type::Map { key, value },
                Type::Map {
                    key: other,
                    value: same,
                },
            ) => self.identical(key, other) && self.identical(value, same),
            (
                Type::Chan { dir, elem },
                Type::Chan {
                    dir: other,
                    elem: same,
                },
            ) => dir == other && self.identical(elem, same),
            (
                Type::Func {
                    params,
                    results,
                    variadic,
                    ..
                },
                Type::Func {
                    params: other,
                    results: same,
                    variadic: also,
                    ..
                },
            ) => variadic == also && lists(params, other) && lists(results, same),
            (Type::Struct { .. }, Type::Struct { .. }) => self.identical_structs(a, b),
            (Type::Interface { .. }, Type::Interface { .. } | Type::EmptyInterface)
            | (Type::EmptyInterface, Type::Interface { .. }) => self.identical_interfaces(a, b),
            _ => false,
        }
    }

    fn identical_structs(self, a: TypeId, b: TypeId) -> bool {
        match (self.struct_fields(a), self.struct_fields(b)) {
            (Some(a), Some(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(&b)
                        .all(|(a, b)| a.0 == b.0 && self.identical(a.1, b.1))
            }
            _ => false,
        }
    }

    /// Interfaces are the same when they have the same methods and the same type set, however they
    /// came by them.
    fn identical_interfaces(self, a: TypeId, b: TypeId) -> bool {
        let (Some(methods), Some(others)) = (self.interface_methods(a), self.interface_methods(b))
        else {
            return false;
        };
        let same_methods = methods.len() == others.len()
            && methods
                .iter()
                .zip(&others)
                .all(|(a, b)| (&a.0, a.1) == (&b.0, b.1) && self.identical(a.2, b.2));
        if !same_methods || self.is_comparable(a) != self.is_comparable(b) {
            return false;
        }
        let terms = |ty| self.terms_of_type(ty, MAX_EMBEDDING);
        let within = |some: &[Term], all: &[Term]| {
            some.iter().all(|term| {
                all.iter()
                    .any(|other| term.tilde == other.tilde && self.identical(term.ty, other.ty))
            })
        };
        match (terms(a), terms(b)) {
            (None, None) => true,
            (Some(a), Some(b)) => within(&a, &b) && within(&b, &a),
            _ => false,
        }
    }

    /// All methods of an interface, embedded ones included, in order; nothing when a part of it is
    /// unknown.
    pub(crate) fn interface_methods(self, ty: TypeId) -> Option<Vec<InterfaceMethod>> {
        let mut methods = Vec::new();
        self.collect_methods(ty, MAX_EMBEDDING, &mut methods)?;
        methods.sort();
        methods.dedup_by(|a, b| (&a.0, a.1) == (&b.0, b.1));
        Some(methods)
    }

    fn collect_methods(
        self,
        ty: TypeId,
        levels: u32,
        methods: &mut Vec<InterfaceMethod>,
    ) -> Option<()> {
        let levels = levels.checked_sub(1)?;
        let (site, env) = match self.cx.ty(self.underlying(ty)) {
            Type::Interface { site, env } => (site, env),
            Type::Unknown => return None,
            // `error` has its method, `comparable` and types that are no interfaces have none.
            Type::Named { .. } => {
                let method = self.lookup(ty, "Error", PathId::UNIVERSE);
                methods.extend(method.map(|method| ("Error".to_owned(), None, method.ty())));
                return Some(());
            }
            _ => return Some(()),
        };
        let package = self.cx.package_at(site.path)?;
        let place = Place {
            path: site.path,
            package: &package,
            file: site.file,
        };
        let tree = place.tree();
        let env = self.env_of(env);
        for field in tree.fields_of(site.node).iter() {
            let field = tree.field(field);
            // Unions and approximations have no methods.
            let has_methods = !matches!(
                tree.expr(field.ty).kind,
                ExprKind::Binary { .. } | ExprKind::Unary { .. }
            );
            if field.names.is_empty() && has_methods {
                let embedded = self.subst(self.type_expr(place, field.ty), &env);
                self.collect_methods(embedded, levels, methods)?;
            }
            for name in field.names.iter() {
                let name = tree.name(name);
                let signature = self.subst(self.type_expr(place, field.ty), &env);
                let package = (!is_exported(name)).then_some(site.path);
                methods.push((name.to_owned(), package, signature));
            }
        }
        Some(())
    }

    /// Whether an interface embeds `comparable`, perhaps through others.
    fn is_comparable(self, ty: TypeId) -> bool {
        self.embeds_comparable(ty, MAX_EMBEDDING)
    }

    fn embeds_comparable(self, ty: TypeId, levels: u32) -> bool {
        let Some(levels) = levels.checked_sub(1) else {
            return false;
        };
        if self.is_named(ty, "", "comparable") {
            return true;
        }
        let Type::Interface { site, env } = self.cx.ty(self.underlying(ty)) else {
            return false;
        };
        let Some(package) = self.cx.package_at(site.path) else {
            return false;
        };
        let place = Place {
            path: site.path,
            package: &package,
            file: site.file,
        };
        let tree = place.tree();
        let env = self.env_of(env);
        let embedded = tree.fields_of(site.node).iter().map(|id| tree.field(id));
        embedded
            .filter(|field| field.names.is_empty())
            .any(|field| {
                let ty = self.subst(self.type_expr(place, field.ty), &env);
                self.embeds_comparable(ty, levels)
            })
    }
}
