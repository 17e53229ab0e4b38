//! The one who answers: where an expression stands, what its identifiers mean there, and the bounds
//! that keep answers finite.

use std::cell::{Cell, OnceCell, RefCell};

use go_syntax::{DeclId, DeclKind, ExprId, ExprKind, FieldListId, File, SpecId, SpecKind};

use rustc_hash::FxHashMap;

use super::consts::Value;
use super::store::{PathId, Type, TypeId, TypeParam};
use crate::cx::PackageCx;
use crate::names::{BodyNames, LocalId, LocalKind, MemberId, Object, PackageNames};
use crate::universe::{Builtin, UniverseConst, UniverseType};

/// How many questions one question may lead to, one within the other. Real code stays far below;
/// what lies deeper is unknown.
const MAX_DEPTH: u32 = 200;

/// A file of a package, as the place where expressions stand.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    pub(crate) path: PathId,
    pub(crate) package: &'p PackageNames,
    pub(crate) file: u32,
}

impl<'p> Place<'p> {
    pub(crate) fn tree(self) -> &'p File {
        self.package.file(self.file)
    }
}

/// What an identifier means at a place, in terms of types.
#[derive(Clone, Copy)]
pub(crate) enum Meaning {
    Local(LocalId),
    TypeParam(TypeId),
    /// A member of the package that the place belongs to.
    Member(MemberId),
    /// A member, of the identifier's name, of this other package.
    DotMember(PathId),
    Package(PathId),
    Builtin(Builtin),
    Type(UniverseType),
    Const(UniverseConst),
    Nil,
    Unknown,
}

/// The names of one body, and the types found in it so far.
#[derive(Debug)]
pub(crate) struct BodyTypes<'a> {
    pub(crate) file: u32,
    pub(crate) names: BodyNames,
    /// The declarations, where they stand outside of functions.
    pub(super) decls: &'a [DeclId],
    /// By position in the expressions of the root; empty until the first question.
    pub(super) exprs: RefCell<Vec<TypeId>>,
    /// By local; empty until the first question.
    pub(super) locals: RefCell<Vec<TypeId>>,
    /// Values of operations that are constant, nothing for those that are not.
    pub(super) constants: RefCell<FxHashMap<ExprId, Option<Value>>>,
    pub(super) local_constants: RefCell<FxHashMap<LocalId, Option<Value>>>,
    /// Whether `finals` has been filled.
    pub(super) finished: Cell<bool>,
    /// Where the final type of an expression is not the one that it has on its own.
    pub(super) finals: RefCell<FxHashMap<ExprId, TypeId>>,
    /// The literals whose type is left out, each with the literal around it and whether it is a key.
    pub(super) elided: OnceCell<FxHashMap<ExprId, (ExprId, bool)>>,
}

impl<'a> BodyTypes<'a> {
    pub(crate) fn new(file: u32, names: BodyNames, decls: &'a [DeclId]) -> Self {
        Self {
            file,
            names,
            decls,
            exprs: RefCell::default(),
            locals: RefCell::default(),
            constants: RefCell::default(),
            local_constants: RefCell::default(),
            finished: Cell::new(false),
            finals: RefCell::default(),
            elided: OnceCell::new(),
        }
    }
}

/// Answers questions about types; within a body, if there is one, and in declarations everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Typer<'t> {
    pub(crate) cx: &'t PackageCx<'t>,
    pub(crate) body: Option<&'t BodyTypes<'t>>,
}

impl<'t> Typer<'t> {
    /// Goes one question deeper, unless that is too deep.
    pub(super) fn deeper<T>(self, unknown: T, answer: impl FnOnce() -> T) -> T {
        let depth = self.cx.depth.get();
        if depth >= MAX_DEPTH {
            return unknown;
        }
        self.cx.depth.set(depth + 1);
        let answer = answer();
        self.cx.depth.set(depth);
        if depth == 0 {
            self.cx.answers.borrow_mut().clear();
        }
        answer
    }

    /// The place of a file of the package under analysis.
    pub(crate) fn root_place(self, file: u32) -> Place<'t> {
        Place {
            path: self.cx.root_path(),
            package: self.cx.names(),
            file,
        }
    }

    /// The body's names, when `expr` at `place` belongs to the body.
    pub(super) fn body_at(self, place: Place<'_>, expr: ExprId) -> Option<&'t BodyTypes<'t>> {
        let body = self.body?;
        let inside = place.file == body.file
            && place.path == self.cx.root_path()
            && body.names.contains(expr);
        inside.then_some(body)
    }

    /// What the identifier `expr` means.
    pub(super) fn meaning(self, place: Place<'_>, expr: ExprId) -> Meaning {
        if let Some(body) = self.body_at(place, expr) {
            return self.meaning_of_object(place, body.names.object(expr));
        }
        let tree = place.tree();
        let name = tree.expr_text(expr);
        if let Some(param) = self.type_param_at(place, tree.expr(expr).span.start, name) {
            return Meaning::TypeParam(param);
        }
        self.meaning_of_object(place, self.cx.lookup_in(place.package, place.file, name))
    }

    fn meaning_of_object(self, place: Place<'_>, object: Object) -> Meaning {
        match object {
            Object::Local(id) => Meaning::Local(id),
            Object::Member(id) => Meaning::Member(id),
            Object::Package(import) => Meaning::Package(self.cx.import_path(place.package, import)),
            Object::DotMember(import) => {
                Meaning::DotMember(self.cx.import_path(place.package, import))
            }
            Object::Builtin(builtin) => Meaning::Builtin(builtin),
            Object::UniverseType(ty) => Meaning::Type(ty),
            Object::UniverseConst(constant) => Meaning::Const(constant),
            Object::Nil => Meaning::Nil,
            Object::FieldKey | Object::TypeSwitchGuard | Object::Blank | Object::Unknown => {
                Meaning::Unknown
            }
        }
    }

    /// The package that the identifier `expr` names.
    pub(crate) fn package_named(self, place: Place<'_>, expr: ExprId) -> Option<PathId> {
        let tree = place.tree();
        if !matches!(tree.expr(expr).kind, ExprKind::Ident) {
            return None;
        }
        match self.meaning(place, expr) {
            Meaning::Package(path) => Some(path),
            _ => None,
        }
    }

    /// The type parameter `name` of the top-level declaration around `offset`.
    fn type_param_at(self, place: Place<'_>, offset: u32, name: &str) -> Option<TypeId> {
        let tree = place.tree();
        match tree.decl(enclosing_decl(tree, offset)?).kind {
            DeclKind::Bad => None,
            DeclKind::Gen { specs, .. } => {
                let spec: SpecId = specs
                    .iter()
                    .find(|&spec| tree.spec(spec).span.covers(offset))?;
                match tree.spec(spec).kind {
                    SpecKind::Type { tparams, .. } => self.type_param_in(place, tparams?, name),
                    _ => None,
                }
            }
            DeclKind::Func(func) => {
                let func = tree.func(func);
                let own = tree
                    .sig(func.sig)
                    .tparams
                    .and_then(|list| self.type_param_in(place, list, name));
                own.or_else(|| self.receiver_param_in(place, func.recv?, name))
            }
        }
    }

    fn type_param_in(self, place: Place<'_>, list: FieldListId, name: &str) -> Option<TypeId> {
        let tree = place.tree();
        tree.fields_of(list).iter().find_map(|field| {
            let field = tree.field(field);
            let id = field.names.iter().find(|&id| tree.name(id) == name)?;
            Some(self.type_param(place, tree.name_span(id).start, Some(field.ty)))
        })
    }

    fn receiver_param_in(self, place: Place<'_>, recv: FieldListId, name: &str) -> Option<TypeId> {
        let tree = place.tree();
        let ident = receiver_args(tree, recv)
            .iter()
            .copied()
            .find(|&arg| tree.ident(arg) == Some(name))?;
        Some(self.type_param(place, tree.expr(ident).span.start, None))
    }

    /// The type parameter whose name starts at `start`.
    pub(super) fn type_param(
        self,
        place: Place<'_>,
        start: u32,
        constraint: Option<ExprId>,
    ) -> TypeId {
        self.cx.intern(Type::TypeParam(TypeParam {
            path: place.path,
            file: place.file,
            start,
            constraint,
        }))
    }

    /// The type parameters of a list, in order.
    pub(super) fn type_params(self, place: Place<'_>, list: Option<FieldListId>) -> Vec<TypeId> {
        let tree = place.tree();
        let Some(list) = list else { return Vec::new() };
        let fields = tree.fields_of(list).iter().map(|field| tree.field(field));
        fields
            .flat_map(|field| field.names.iter().map(move |name| (name, field.ty)))
            .map(|(name, ty)| self.type_param(place, tree.name_span(name).start, Some(ty)))
            .collect()
    }

    /// The type parameters that a receiver declares, in order.
    pub(super) fn receiver_params(self, place: Place<'_>, recv: FieldListId) -> Vec<TypeId> {
        let tree = place.tree();
        let args = receiver_args(tree, recv).iter();
        args.map(|&arg| self.type_param(place, tree.expr(arg).span.start, None))
            .collect()
    }

    /// Whether an identifier denotes a type.
    pub(super) fn is_type_name(self, place: Place<'_>, ident: ExprId) -> bool {
        match self.meaning(place, ident) {
            Meaning::Local(id) => self.body.is_some_and(|body| {
                matches!(
                    body.names.local(id).kind,
                    LocalKind::Type(_) | LocalKind::TypeParam(_)
                )
            }),
            Meaning::Member(id) => place.package.member(id).is_type(),
            Meaning::DotMember(path) => self.cx.is_type_member(path, place.tree().expr_text(ident)),
            Meaning::TypeParam(_) | Meaning::Type(_) => true,
            _ => false,
        }
    }

    /// Whether an expression denotes a type rather than a value. Looks at other packages when it is
    /// a name of theirs.
    pub(crate) fn denotes_type(self, place: Place<'_>, expr: ExprId) -> bool {
        let tree = place.tree();
        let mut expr = expr;
        loop {
            match tree.expr(expr).kind {
                ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::Index { x, .. } => expr = x,
                ExprKind::Ident => return self.is_type_name(place, expr),
                ExprKind::Selector { x, sel } => {
                    let path = self.package_named(place, x);
                    return path
                        .is_some_and(|path| self.cx.is_type_member(path, tree.span_text(sel)));
                }
                ExprKind::ArrayType { .. }
                | ExprKind::StructType(_)
                | ExprKind::FuncType(_)
                | ExprKind::InterfaceType(_)
                | ExprKind::MapType { .. }
                | ExprKind::ChanType { .. } => return true,
                _ => return false,
            }
        }
    }
}

/// The type arguments in a receiver, which declare type parameters.
pub(super) fn receiver_args(tree: &File, recv: FieldListId) -> &[ExprId] {
    let Some(field) = tree.fields_of(recv).first() else {
        return &[];
    };
    let mut ty = tree.field(field).ty;
    loop {
        match tree.expr(ty).kind {
            ExprKind::Paren(x) | ExprKind::Star(x) => ty = x,
            ExprKind::Index { indices, .. } => return tree.exprs(indices),
            _ => return &[],
        }
    }
}

/// The top-level declaration that covers `offset`.
pub(super) fn enclosing_decl(tree: &File, offset: u32) -> Option<DeclId> {
    let decls = tree.top_decls();
    let after = decls.partition_point(|&decl| tree.decl(decl).span.start <= offset);
    let decl = *decls.get(after.checked_sub(1)?)?;
    tree.decl(decl).span.covers(offset).then_some(decl)
}
