//! Type expressions, and the types of declarations.

use go_syntax::{ExprId, ExprKind, FieldListId, SigId, SpecId, SpecKind};

use super::store::{PathId, Site, Type, TypeId, TypeList};
use super::typer::{Meaning, Place, Typer};
use crate::names::{Init, LocalKind, MemberId, MemberKind, PackageNames, init_value};
use crate::universe::{Basic, UniverseType};

impl Typer<'_> {
    /// The type that a type expression denotes. Other packages are mentioned, but not looked at.
    pub(crate) fn type_expr(self, place: Place<'_>, expr: ExprId) -> TypeId {
        self.deeper(TypeId::UNKNOWN, || self.compute_type_expr(place, expr))
    }

    fn compute_type_expr(self, place: Place<'_>, expr: ExprId) -> TypeId {
        let tree = place.tree();
        let cx = self.cx;
        match tree.expr(expr).kind {
            ExprKind::Ident => self.type_name(place, expr),
            ExprKind::Paren(x) => self.type_expr(place, x),
            ExprKind::Selector { x, sel } => match self.package_named(place, x) {
                Some(path) => cx.named_type(path, tree.span_text(sel), TypeList::EMPTY),
                None => TypeId::UNKNOWN,
            },
            ExprKind::Index { x, indices } => {
                let args: Vec<TypeId> = tree
                    .exprs(indices)
                    .iter()
                    .map(|&arg| self.type_expr(place, arg))
                    .collect();
                match cx.ty(self.type_expr(place, x)) {
                    Type::Named { name, .. } => cx.intern(Type::Named {
                        name,
                        args: cx.list(&args),
                    }),
                    _ => TypeId::UNKNOWN,
                }
            }
            ExprKind::Star(x) => cx.intern(Type::Pointer(self.type_expr(place, x))),
            ExprKind::ArrayType { len: None, elem } | ExprKind::Ellipsis(Some(elem)) => {
                cx.intern(Type::Slice(self.type_expr(place, elem)))
            }
            ExprKind::ArrayType {
                len: Some(len),
                elem,
            } => {
                let elem = self.type_expr(place, elem);
                cx.intern(Type::Array {
                    len: self.array_len(place, len),
                    elem,
                })
            }
            ExprKind::MapType { key, value } => {
                let (key, value) = (self.type_expr(place, key), self.type_expr(place, value));
                cx.intern(Type::Map { key, value })
            }
            ExprKind::ChanType { dir, elem } => {
                let elem = self.type_expr(place, elem);
                cx.intern(Type::Chan { dir, elem })
            }
            ExprKind::FuncType(sig) => self.signature(place, sig),
            ExprKind::StructType(fields) => cx.intern(Type::Struct {
                site: site(place, fields),
                env: TypeList::EMPTY,
            }),
            ExprKind::InterfaceType(fields) if tree.fields_of(fields).is_empty() => {
                cx.intern(Type::EmptyInterface)
            }
            ExprKind::InterfaceType(fields) => cx.intern(Type::Interface {
                site: site(place, fields),
                env: TypeList::EMPTY,
            }),
            _ => TypeId::UNKNOWN,
        }
    }

    /// The type that an identifier denotes.
    fn type_name(self, place: Place<'_>, ident: ExprId) -> TypeId {
        let name = place.tree().expr_text(ident);
        match self.meaning(place, ident) {
            Meaning::Local(id) => match self.body.map(|body| body.names.local(id).kind) {
                Some(LocalKind::Type(_) | LocalKind::TypeParam(_)) => self.local_type(id),
                _ => TypeId::UNKNOWN,
            },
            Meaning::TypeParam(param) => param,
            Meaning::Member(id) if place.package.member(id).is_type() => {
                self.cx.named_type(place.path, name, TypeList::EMPTY)
            }
            Meaning::DotMember(path) => self.cx.named_type(path, name, TypeList::EMPTY),
            Meaning::Type(ty) => self.universe_type(ty),
            _ => TypeId::UNKNOWN,
        }
    }

    pub(super) fn universe_type(self, ty: UniverseType) -> TypeId {
        let named = |name| self.cx.named_type(PathId::UNIVERSE, name, TypeList::EMPTY);
        match ty {
            UniverseType::Basic(basic) => self.basic(basic),
            UniverseType::Any => named("any"),
            UniverseType::Comparable => named("comparable"),
            UniverseType::Error => named("error"),
        }
    }

    pub(super) fn basic(self, basic: Basic) -> TypeId {
        self.cx.intern(Type::Basic(basic))
    }

    /// The function type of a signature, without receiver.
    pub(crate) fn signature(self, place: Place<'_>, sig: SigId) -> TypeId {
        let tree = place.tree();
        let sig = tree.sig(sig);
        let variadic = tree.fields_of(sig.params).last().is_some_and(|field| {
            matches!(
                tree.expr(tree.field(field).ty).kind,
                ExprKind::Ellipsis(Some(_))
            )
        });
        let params = self.field_types(place, Some(sig.params));
        let results = self.field_types(place, sig.results);
        self.cx.intern(Type::Func {
            params,
            results,
            variadic,
            tparams: match sig.tparams {
                None => TypeList::EMPTY,
                tparams => self.cx.list(&self.type_params(place, tparams)),
            },
        })
    }

    /// The types of parameters or results, one for each name.
    fn field_types(self, place: Place<'_>, list: Option<FieldListId>) -> TypeList {
        let tree = place.tree();
        let Some(list) = list else {
            return TypeList::EMPTY;
        };
        let mut types = Vec::new();
        let mut names = String::new();
        for field in tree.fields_of(list).iter() {
            let field = tree.field(field);
            let ty = self.type_expr(place, field.ty);
            types.extend(std::iter::repeat_n(ty, field.names.len().max(1)));
            for name in field.names.iter() {
                names.push_str(if names.is_empty() { "" } else { "," });
                names.push_str(tree.name(name));
            }
        }
        self.cx.named_list(&types, &names.into())
    }

    /// The type of a package's member: of a variable or constant its own, of a function its
    /// signature, of a type the type.
    pub(crate) fn member_type(self, path: PathId, package: &PackageNames, id: MemberId) -> TypeId {
        if let Some(known) = self.cx.known_member(path, id) {
            return known;
        }
        // What is declared at the top level does not depend on the body that asks, except for
        // where literals stand in it.
        let outside = Typer { body: None, ..self };
        let ty = outside.deeper(TypeId::UNKNOWN, || {
            outside.compute_member_type(path, package, id)
        });
        self.cx.remember_member(path, id, ty);
        ty
    }

    fn compute_member_type(self, path: PathId, package: &PackageNames, id: MemberId) -> TypeId {
        let member = package.member(id);
        let place = Place {
            path,
            package,
            file: member.file,
        };
        match member.kind {
            MemberKind::Func(func) => self.signature(place, place.tree().func(func).sig),
            MemberKind::Type(_) => {
                self.cx
                    .named_type(path, package.member_name(id), TypeList::EMPTY)
            }
            MemberKind::Var { spec, index } => self.var_type(place, spec, index),
            MemberKind::Const { origin, index, .. } => self.const_type(place, origin, index),
        }
    }

    /// The type of the variable at `index` of a specification.
    fn var_type(self, place: Place<'_>, spec: SpecId, index: u32) -> TypeId {
        let SpecKind::Value {
            names, ty, values, ..
        } = place.tree().spec(spec).kind
        else {
            return TypeId::UNKNOWN;
        };
        match ty {
            Some(ty) => self.type_expr(place, ty),
            None => self.init_type(
                place,
                init_value(place.tree().exprs(values), index as usize, names.len()),
            ),
        }
    }

    /// The type of the constant at `index` of a specification that has type or values.
    pub(super) fn const_type(self, place: Place<'_>, origin: SpecId, index: u32) -> TypeId {
        let tree = place.tree();
        let SpecKind::Value { ty, values, .. } = tree.spec(origin).kind else {
            return TypeId::UNKNOWN;
        };
        match (ty, tree.exprs(values).get(index as usize)) {
            (Some(ty), _) => self.type_expr(place, ty),
            (None, Some(&value)) => self.type_of(place, value),
            (None, None) => TypeId::UNKNOWN,
        }
    }

    /// The type that a variable gets from its initial value.
    pub(super) fn init_type(self, place: Place<'_>, init: Init) -> TypeId {
        match init {
            Init::Zero => TypeId::UNKNOWN,
            Init::Value(expr) => self.default_type(self.type_of(place, expr)),
            Init::Element { expr, index, .. } => {
                self.default_type(self.element_type(place, expr, index))
            }
        }
    }

    /// The type of a variable that is initialised with a value of type `ty`.
    pub(crate) fn default_type(self, ty: TypeId) -> TypeId {
        match self.cx.ty(ty) {
            Type::Basic(basic) => self.basic(basic.default_type()),
            _ => ty,
        }
    }
}

fn site(place: Place<'_>, fields: FieldListId) -> Site<FieldListId> {
    Site {
        path: place.path,
        file: place.file,
        node: fields,
    }
}
