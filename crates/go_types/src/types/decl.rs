//! What named types are underneath.

use go_syntax::{ExprId, FieldListId, SpecKind};

use super::store::{PathId, Type, TypeId};
use super::subst::Env;
use super::typer::{Place, Typer};
use crate::names::MemberKind;

/// How many declarations lead from a name to what it is underneath. A type that is declared as
/// itself would go on for ever.
const MAX_DECLARATIONS: usize = 32;

/// The declaration of a named type.
#[derive(Clone, Copy)]
struct TypeDecl {
    tparams: Option<FieldListId>,
    alias: bool,
    ty: ExprId,
}

impl Typer<'_> {
    /// What a type is underneath: follows names and aliases. Other types, `error` and `comparable`
    /// are returned as they are; a name whose declaration cannot be found is unknown.
    pub(crate) fn underlying(self, ty: TypeId) -> TypeId {
        match self.cx.ty(ty) {
            Type::Named { .. } => {}
            Type::Basic(basic) => return basic.aliased().map_or(ty, |basic| self.basic(basic)),
            _ => return ty,
        }
        if let Some(known) = self.cx.known_underlying(ty) {
            return known;
        }
        // The length of an array may depend on the type itself, in wrong programs.
        self.cx.remember_underlying(ty, TypeId::UNKNOWN);
        let mut current = ty;
        let mut result = TypeId::UNKNOWN;
        for _ in 0..MAX_DECLARATIONS {
            match self.declared_as(current) {
                Declared::As { ty, .. } => current = ty,
                Declared::Final => {
                    result = match self.cx.ty(current) {
                        Type::Basic(basic) => {
                            basic.aliased().map_or(current, |basic| self.basic(basic))
                        }
                        _ => current,
                    };
                    break;
                }
                Declared::Unknown => break,
                Declared::OutOfSight => {
                    self.cx.forget_underlying(ty);
                    return TypeId::UNKNOWN;
                }
            }
        }
        self.cx.remember_underlying(ty, result);
        result
    }

    /// The type with aliases at the top replaced by what they stand for.
    pub(crate) fn canonical(self, ty: TypeId) -> TypeId {
        if let Type::Basic(basic) = self.cx.ty(ty) {
            return basic.aliased().map_or(ty, |basic| self.basic(basic));
        }
        let mut current = ty;
        for _ in 0..MAX_DECLARATIONS {
            match self.declared_as(current) {
                Declared::As { ty, alias: true } => current = ty,
                Declared::As { .. }
                | Declared::Final
                | Declared::OutOfSight
                | Declared::Unknown => {
                    return match self.cx.ty(current) {
                        Type::Basic(_) => self.underlying(current),
                        _ => current,
                    };
                }
            }
        }
        TypeId::UNKNOWN
    }

    /// Whether a type is the named type `name` of the package `package`, perhaps by an alias.
    pub(crate) fn is_named(self, ty: TypeId, package: &str, name: &str) -> bool {
        let says = |ty: TypeId| match self.cx.ty(ty) {
            Type::Named { name: id, .. } => {
                let named = self.cx.named(id);
                named.local.is_none() && *named.name == *name && *named.package == *package
            }
            _ => false,
        };
        matches!(self.cx.ty(ty), Type::Named { .. }) && (says(ty) || says(self.canonical(ty)))
    }

    /// Whether values of the type are interfaces; type parameters are none.
    pub(crate) fn is_interface(self, ty: TypeId) -> bool {
        let underlying = self.underlying(ty);
        matches!(
            self.cx.ty(underlying),
            Type::Interface { .. } | Type::EmptyInterface | Type::Named { .. }
        )
    }

    /// One step from a named type to what it is declared as.
    fn declared_as(self, ty: TypeId) -> Declared {
        let Type::Named { name, args } = self.cx.ty(ty) else {
            return Declared::Final;
        };
        let named = self.cx.named(name);
        if named.path == PathId::UNIVERSE {
            if &*named.name == "any" {
                return Declared::As {
                    ty: self.cx.intern(Type::EmptyInterface),
                    alias: true,
                };
            }
            return Declared::Final;
        }
        let resolve = |place: Place<'_>, decl: TypeDecl| {
            let declared = self.type_expr(place, decl.ty);
            let params = self.type_params(place, decl.tparams);
            let env = Env::new(&params, &self.cx.types(args));
            Declared::As {
                ty: self.subst(declared, &env),
                alias: decl.alias,
            }
        };
        if let Some((file, spec)) = named.local {
            let place = self.root_place(file);
            return match type_decl(place, spec) {
                // Only its own body knows what the names in it mean.
                Some(decl) if self.body_at(place, decl.ty).is_some() => resolve(place, decl),
                _ => Declared::OutOfSight,
            };
        }
        let Some(package) = self.cx.package_at(named.path) else {
            return Declared::Unknown;
        };
        let Some(id) = package.lookup(&named.name) else {
            return Declared::Unknown;
        };
        let member = package.member(id);
        let place = Place {
            path: named.path,
            package: &package,
            file: member.file,
        };
        match member.kind {
            MemberKind::Type(spec) => {
                type_decl(place, spec).map_or(Declared::Unknown, |decl| resolve(place, decl))
            }
            _ => Declared::Unknown,
        }
    }
}

/// What a declaration says of a type.
enum Declared {
    /// This other type, or another name for it.
    As { ty: TypeId, alias: bool },
    /// Nothing: it is no named type, or a predeclared one.
    Final,
    /// The declaration is in a body that is not being looked at.
    OutOfSight,
    /// The declaration is not to be found.
    Unknown,
}

fn type_decl(place: Place<'_>, spec: go_syntax::SpecId) -> Option<TypeDecl> {
    match place.tree().spec(spec).kind {
        SpecKind::Type {
            tparams, alias, ty, ..
        } => Some(TypeDecl { tparams, alias, ty }),
        _ => None,
    }
}
