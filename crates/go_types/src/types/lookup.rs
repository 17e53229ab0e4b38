//! Fields and methods of types, those promoted from embedded fields included.

use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, FieldListId, Span};

use super::store::{NamedType, PathId, Site, Type, TypeId, TypeList};
use super::subst::Env;
use super::typer::{Place, Typer};
use crate::names::is_exported;
use crate::universe::Basic;

/// How deep embedded fields are searched. Each level is wider than the one before, and nobody finds
/// a field at level eight.
const MAX_LEVELS: usize = 8;

/// What a selector finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selection {
    /// A field of this type.
    Field(TypeId),
    /// A method.
    Method {
        /// The type that declares it: a named type, or an interface without name.
        owner: TypeId,
        /// Whether its receiver is a pointer.
        pointer: bool,
        /// Its type as a function without receiver.
        signature: TypeId,
    },
}

impl Selection {
    /// The type of the selector expression.
    pub const fn ty(self) -> TypeId {
        match self {
            Self::Field(ty) => ty,
            Self::Method { signature, .. } => signature,
        }
    }
}

/// Where a field or method is declared: the package and the offset of the name; nowhere, for the
/// method of `error`.
pub(crate) type Origin = Option<(PathId, u32)>;

/// What is found on one level of embedding.
#[derive(Default)]
struct Level {
    /// With the index of the type that has it.
    found: Option<(Selection, Origin, usize)>,
    ambiguous: bool,
    /// A type of this level is unknown: it may have what is looked for.
    in_doubt: bool,
    /// The types of embedded fields, with the index of the type that embeds them.
    embedded: Vec<(TypeId, Option<usize>)>,
    /// The index of the type that is being searched.
    current: usize,
}

impl Level {
    fn add(&mut self, selection: Selection, origin: Origin) {
        self.ambiguous |= self.found.is_some();
        self.found = Some((selection, origin, self.current));
    }

    fn embed(&mut self, ty: TypeId) {
        self.embedded.push((ty, Some(self.current)));
    }
}

impl Typer<'_> {
    /// The field or method `name` of `ty`, as code in the package `from` can select it. Nothing, when
    /// there is none, or an unknown type may hide what is found deeper.
    pub(crate) fn lookup(self, ty: TypeId, name: &str, from: PathId) -> Option<Selection> {
        self.lookup_through(ty, name, from, |_| {})
            .map(|(selection, _)| selection)
    }

    /// [`Typer::lookup`], with where it is declared; `pass` sees the types whose embedded fields lead to what is found, from the
    /// type that has it to `ty`.
    pub(crate) fn lookup_through(
        self,
        ty: TypeId,
        name: &str,
        from: PathId,
        mut pass: impl FnMut(TypeId),
    ) -> Option<(Selection, Origin)> {
        if name == "_" {
            return None;
        }
        // All types searched so far, each with the index of the one that embeds it.
        let mut searched: Vec<(TypeId, Option<usize>)> = Vec::new();
        let mut current = vec![(self.pointee(ty), None)];
        for _ in 0..MAX_LEVELS {
            let mut level = Level::default();
            for (ty, embedding) in std::mem::take(&mut current) {
                let ty = self.canonical(ty);
                if searched.iter().all(|&(seen, _)| seen != ty) {
                    level.current = searched.len();
                    searched.push((ty, embedding));
                    self.search(ty, name, from, &mut level);
                }
            }
            if let Some((selection, origin, index)) = level.found {
                let mut next = Some(index);
                while let Some((ty, embedding)) = next.and_then(|index| searched.get(index)) {
                    pass(*ty);
                    next = *embedding;
                }
                return (!level.ambiguous).then_some((selection, origin));
            }
            if level.in_doubt || level.embedded.is_empty() {
                return None;
            }
            current = level.embedded;
        }
        None
    }

    /// What a pointer points to, whose fields can be selected without dereference; other types are
    /// returned as they are.
    fn pointee(self, ty: TypeId) -> TypeId {
        match self.cx.ty(self.canonical(ty)) {
            Type::Pointer(elem) => elem,
            // A named pointer type has the fields of what it points to, though not the methods.
            Type::Named { .. } => match self.cx.ty(self.underlying(ty)) {
                Type::Pointer(elem) => elem,
                _ => ty,
            },
            _ => ty,
        }
    }

    /// Looks for `name` in `ty` itself, and notes its embedded fields.
    fn search(self, ty: TypeId, name: &str, from: PathId, level: &mut Level) {
        let visible = |path: PathId| path == from || is_exported(name);
        let underlying = match self.cx.ty(ty) {
            Type::Named { name: id, args } => {
                let named = self.cx.named(id);
                if named.path == PathId::UNIVERSE {
                    if let Some(method) = self.universe_method(ty, &named, name) {
                        level.add(method, None);
                    }
                    return;
                }
                if visible(named.path)
                    && let Some((method, start)) = self.declared_method(ty, &named, args, name)
                {
                    return level.add(method, Some((named.path, start)));
                }
                self.underlying(ty)
            }
            Type::TypeParam(param) => {
                let constraint = self.with_constraint(param, |this, place, expr, env| {
                    match place.tree().expr(expr).kind {
                        // Unions and approximations have no methods.
                        ExprKind::Unary { .. } | ExprKind::Binary { .. } => ty,
                        _ => this.subst(this.type_expr(place, expr), env),
                    }
                });
                let Some(constraint) = constraint else {
                    level.in_doubt = true;
                    return;
                };
                self.underlying(constraint)
            }
            _ => ty,
        };
        match self.cx.ty(underlying) {
            Type::Unknown => level.in_doubt = true,
            Type::Struct { site, env } if visible(site.path) => {
                self.search_struct(site, env, name, level);
            }
            Type::Struct { site, env } => self.search_struct(site, env, "", level),
            Type::Interface { site, env } if visible(site.path) => {
                self.search_interface(ty, site, env, name, level);
            }
            Type::Named { name: id, .. } => {
                if let Some(method) = self.universe_method(underlying, &self.cx.named(id), name) {
                    level.add(method, None);
                }
            }
            _ => {}
        }
    }

    /// `error` has one method.
    fn universe_method(self, owner: TypeId, named: &NamedType, name: &str) -> Option<Selection> {
        (&*named.name == "error" && name == "Error").then(|| {
            let results = self.cx.list(&[self.basic(Basic::String)]);
            let signature = Type::Func {
                params: TypeList::EMPTY,
                results,
                variadic: false,
                tparams: TypeList::EMPTY,
            };
            Selection::Method {
                owner,
                pointer: false,
                signature: self.cx.intern(signature),
            }
        })
    }

    /// The method `name` that is declared for a named type, and where its name stands.
    fn declared_method(
        self,
        owner: TypeId,
        named: &Rc<NamedType>,
        args: TypeList,
        name: &str,
    ) -> Option<(Selection, u32)> {
        if named.local.is_some() {
            return None;
        }
        let package = self.cx.package_at(named.path)?;
        let method = package.method(package.lookup_method(&named.name, name)?);
        let place = Place {
            path: named.path,
            package: &package,
            file: method.file,
        };
        let func = place.tree().func(method.func);
        let outside = Typer { body: None, ..self };
        let declared = outside.signature(place, func.sig);
        let params = func
            .recv
            .map(|recv| outside.receiver_params(place, recv))
            .unwrap_or_default();
        let signature = self.subst(declared, &Env::new(&params, &self.cx.types(args)));
        let start = place.tree().name_span(method.name).start;
        let selection = Selection::Method {
            owner,
            pointer: method.pointer,
            signature,
        };
        Some((selection, start))
    }

    fn search_struct(self, site: Site<FieldListId>, env: TypeList, name: &str, level: &mut Level) {
        let Some(package) = self.cx.package_at(site.path) else {
            level.in_doubt = true;
            return;
        };
        let place = Place {
            path: site.path,
            package: &package,
            file: site.file,
        };
        let tree = place.tree();
        let env = self.env_of(env);
        for field in tree.fields_of(site.node).iter() {
            let field = tree.field(field);
            let ty = || self.subst(self.type_expr(place, field.ty), &env);
            if field.names.is_empty() {
                let ty = ty();
                if let Some(embedded) = embedded_name(place, field.ty)
                    && tree.span_text(embedded) == name
                {
                    let origin = Some((site.path, embedded.start));
                    level.add(Selection::Field(ty), origin);
                }
                level.embed(match self.cx.ty(ty) {
                    Type::Pointer(elem) => elem,
                    _ => ty,
                });
            } else if let Some(id) = field.names.iter().find(|&id| tree.name(id) == name) {
                let origin = Some((site.path, tree.name_span(id).start));
                level.add(Selection::Field(ty()), origin);
            }
        }
    }

    fn search_interface(
        self,
        owner: TypeId,
        site: Site<FieldListId>,
        env: TypeList,
        name: &str,
        level: &mut Level,
    ) {
        let Some(package) = self.cx.package_at(site.path) else {
            level.in_doubt = true;
            return;
        };
        let place = Place {
            path: site.path,
            package: &package,
            file: site.file,
        };
        let tree = place.tree();
        let env = self.env_of(env);
        for field in tree.fields_of(site.node).iter() {
            let field = tree.field(field);
            if field.names.is_empty() {
                // Unions and approximations have no methods.
                if !matches!(
                    tree.expr(field.ty).kind,
                    ExprKind::Binary { .. } | ExprKind::Unary { .. }
                ) {
                    level.embed(self.subst(self.type_expr(place, field.ty), &env));
                }
            } else if let Some(id) = field.names.iter().find(|&id| tree.name(id) == name) {
                let signature = self.subst(self.type_expr(place, field.ty), &env);
                let method = Selection::Method {
                    owner,
                    pointer: false,
                    signature,
                };
                let origin = Some((site.path, tree.name_span(id).start));
                // What several embedded interfaces have is the same method, by the first of them.
                level.found.get_or_insert((method, origin, level.current));
            }
        }
    }
}

/// Where the name of an embedded field stands: that of its type.
pub(crate) fn embedded_name(place: Place<'_>, ty: ExprId) -> Option<Span> {
    let tree = place.tree();
    let mut ty = ty;
    loop {
        match tree.expr(ty).kind {
            ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::Index { x, .. } => ty = x,
            ExprKind::Selector { sel, .. } => return Some(sel),
            ExprKind::Ident => return Some(tree.expr(ty).span),
            _ => return None,
        }
    }
}
