//! The one question about types that names depend on: is the key of a composite literal the name of
//! a field, or a value?
//!
//! `T{name: 1}` mentions a field when `T` is a struct, and the constant or variable `name` when it is
//! a map, slice or array. Only the outermost layer of the type matters, which is found by following
//! declarations, into other packages where it must be.

use std::sync::Arc;

use go_syntax::{ExprId, ExprKind, File, SpecId, SpecKind};

use super::object::{LocalKind, Object};
use super::package::{ImportId, MemberKind, PackageNames};
use super::resolve::Resolver;

/// How many declarations are followed; only types declared as themselves need more.
const MAX_DECLARATIONS: usize = 64;

/// The type of a composite literal, as far as it is needed.
#[derive(Clone)]
pub(super) struct Literal {
    ty: Option<TypeExpr>,
}

/// A type expression and where it stands.
#[derive(Clone)]
struct TypeExpr {
    place: Place,
    expr: ExprId,
}

/// Where identifiers of a type expression are looked up.
#[derive(Clone)]
enum Place {
    /// In the body that is being resolved; the expression has been resolved already.
    Body,
    /// At the top level of a file of the package.
    File(u32),
    /// At the top level of a file of another package.
    Other(Arc<PackageNames>, u32),
}

/// The outermost layer of a type.
enum Shape {
    Struct,
    /// A slice or array.
    List(TypeExpr),
    Map(TypeExpr, TypeExpr),
    Unknown,
}

impl Literal {
    /// Nothing is known of the type.
    pub(super) const UNKNOWN: Self = Self { ty: None };

    /// The type `ty`, an expression of the body that has been resolved.
    pub(super) fn of_type(ty: ExprId) -> Self {
        Self {
            ty: Some(TypeExpr {
                place: Place::Body,
                expr: ty,
            }),
        }
    }
}

impl Resolver<'_, '_> {
    /// Whether the identifier `name` as a key of `literal` is a field.
    pub(super) fn is_field_key(&self, literal: &Literal, name: &str) -> bool {
        // Another package's fields can be mentioned only when they are exported; this saves looking
        // at that package for every local variable.
        if self.is_of_other_package(literal) && !is_exported(name) {
            return false;
        }
        match self.shape(literal) {
            // Most literals with names for keys are structs.
            Shape::Struct | Shape::Unknown => true,
            Shape::List(_) | Shape::Map(..) => false,
        }
    }

    /// The type of keys that leave theirs out.
    pub(super) fn key_type(&self, literal: &Literal) -> Literal {
        match self.shape(literal) {
            Shape::Map(key, _) => self.elided(key),
            _ => Literal::UNKNOWN,
        }
    }

    /// The type of elements that leave theirs out.
    pub(super) fn element_type(&self, literal: &Literal) -> Literal {
        match self.shape(literal) {
            Shape::Map(_, elem) | Shape::List(elem) => self.elided(elem),
            _ => Literal::UNKNOWN,
        }
    }

    /// `{…}` for an element of type `*T` means `&T{…}`.
    fn elided(&self, mut ty: TypeExpr) -> Literal {
        let file = self.file_of(&ty.place);
        ty.expr = file.unparen(ty.expr);
        if let ExprKind::Star(elem) = file.expr(ty.expr).kind {
            ty.expr = elem;
        }
        Literal { ty: Some(ty) }
    }

    fn is_of_other_package(&self, literal: &Literal) -> bool {
        let Some(TypeExpr {
            place: Place::Body,
            expr,
        }) = literal.ty
        else {
            return false;
        };
        let mut expr = expr;
        loop {
            match self.file.expr(expr).kind {
                ExprKind::Paren(x) | ExprKind::Index { x, .. } => expr = x,
                ExprKind::Selector { x, .. } => {
                    return matches!(self.object(x), Object::Package(_));
                }
                _ => return false,
            }
        }
    }

    fn shape(&self, literal: &Literal) -> Shape {
        let Some(mut ty) = literal.ty.clone() else {
            return Shape::Unknown;
        };
        for _ in 0..MAX_DECLARATIONS {
            let file = self.file_of(&ty.place);
            let declared = match file.expr(ty.expr).kind {
                ExprKind::Paren(x) | ExprKind::Index { x, .. } => {
                    ty.expr = x;
                    continue;
                }
                ExprKind::StructType(_) => return Shape::Struct,
                ExprKind::ArrayType { elem, .. } => {
                    return Shape::List(TypeExpr { expr: elem, ..ty });
                }
                ExprKind::MapType { key, value } => {
                    let key = TypeExpr {
                        place: ty.place.clone(),
                        expr: key,
                    };
                    return Shape::Map(key, TypeExpr { expr: value, ..ty });
                }
                ExprKind::Ident => self.declaration(&ty),
                ExprKind::Selector { x, sel } => {
                    self.selected_declaration(&ty.place, x, file.span_text(sel))
                }
                _ => None,
            };
            match declared {
                Some(declared) => ty = declared,
                None => return Shape::Unknown,
            }
        }
        Shape::Unknown
    }

    /// The type that the identifier `ty` is declared as.
    fn declaration(&self, ty: &TypeExpr) -> Option<TypeExpr> {
        let name = self.file_of(&ty.place).expr_text(ty.expr);
        match &ty.place {
            Place::Body => match self.object(ty.expr) {
                Object::Local(id) => match self.locals[id.index()].kind {
                    LocalKind::Type(spec) => declared_as(Place::Body, self.file, spec),
                    _ => None,
                },
                Object::Member(_) => self.member_declaration(name),
                Object::DotMember(import) => {
                    self.imported_declaration(self.cx.names(), import, name)
                }
                _ => None,
            },
            Place::File(file) => match self.cx.lookup(*file, name) {
                Object::Member(_) => self.member_declaration(name),
                Object::DotMember(import) => {
                    self.imported_declaration(self.cx.names(), import, name)
                }
                _ => None,
            },
            Place::Other(package, _) => other_declaration(package, name),
        }
    }

    /// The type that `x.name` is declared as.
    fn selected_declaration(&self, place: &Place, x: ExprId, name: &str) -> Option<TypeExpr> {
        let qualifier = self.file_of(place).ident(x)?;
        match place {
            Place::Body => match self.object(x) {
                Object::Package(import) => self.imported_declaration(self.cx.names(), import, name),
                _ => None,
            },
            Place::File(file) => {
                let import = self
                    .cx
                    .names()
                    .lookup_import(*file, qualifier, self.cx.loader())?;
                self.imported_declaration(self.cx.names(), import, name)
            }
            Place::Other(package, file) => {
                let import = package.lookup_import(*file, qualifier, self.cx.loader())?;
                self.imported_declaration(package, import, name)
            }
        }
    }

    fn member_declaration(&self, name: &str) -> Option<TypeExpr> {
        let names = self.cx.names();
        let member = names.member(names.lookup(name)?);
        match member.kind {
            MemberKind::Type(spec) => {
                declared_as(Place::File(member.file), names.file(member.file), spec)
            }
            _ => None,
        }
    }

    fn imported_declaration(
        &self,
        from: &PackageNames,
        import: ImportId,
        name: &str,
    ) -> Option<TypeExpr> {
        let path = from.canonical_path(import, self.cx.loader());
        other_declaration(&self.cx.package(path)?, name)
    }

    fn object(&self, expr: ExprId) -> Object {
        self.exprs
            .position(expr)
            .map_or(Object::Unknown, |position| self.objects[position])
    }

    fn file_of<'f>(&'f self, place: &'f Place) -> &'f File {
        match place {
            Place::Body => self.file,
            Place::File(file) => self.cx.file(*file),
            Place::Other(package, file) => package.file(*file),
        }
    }
}

fn other_declaration(package: &Arc<PackageNames>, name: &str) -> Option<TypeExpr> {
    let member = package.member(package.lookup(name)?);
    match member.kind {
        MemberKind::Type(spec) => declared_as(
            Place::Other(Arc::clone(package), member.file),
            package.file(member.file),
            spec,
        ),
        _ => None,
    }
}

fn declared_as(place: Place, file: &File, spec: SpecId) -> Option<TypeExpr> {
    match file.spec(spec).kind {
        SpecKind::Type { ty, .. } => Some(TypeExpr { place, expr: ty }),
        _ => None,
    }
}

/// Whether other packages can use a declaration of this name.
pub(crate) fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}
