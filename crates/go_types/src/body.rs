//! One function body: its names, and the types in it on demand.

use std::cell::RefCell;
use std::rc::Rc;

use go_syntax::{AssignOp, BinaryOp, DeclRun, ExprId, ExprKind, File, FuncId, StmtKind, UnaryOp};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::callee::Callee;
use crate::cx::{PackageCx, root_of};
use crate::names::{BodyNames, LocalId, MemberKind, Object};
use crate::types::typer::{BodyTypes, Place, Typer};
use crate::types::{Constant, Selection, Type, TypeId};

/// A top-level function with everything nested in it. See [`BodyNames`] for what a root is.
#[derive(Debug)]
pub struct Body<'a> {
    cx: &'a PackageCx<'a>,
    file: &'a File,
    types: BodyTypes<'a>,
    methods: RefCell<FxHashMap<ExprId, Option<MethodCall<'a>>>>,
}

/// The method that a call calls.
#[derive(Clone, Copy, Debug)]
pub struct MethodCall<'a> {
    /// The operand; for a method expression the first argument.
    pub recv: Option<ExprId>,
    /// The name of the method.
    pub name: &'a str,
    /// The type that declares the method: a named type, which for a promoted method is that of an
    /// embedded field, or an interface without name.
    pub owner: TypeId,
    /// Whether the method is declared with a pointer receiver.
    pub pointer: bool,
    /// The type of the method as a function without receiver.
    pub signature: TypeId,
}

impl<'a> Body<'a> {
    /// Resolves the names of the top-level function around `func` (itself, when it is not nested)
    /// in the file at index `file`.
    pub fn new(cx: &'a PackageCx<'a>, file: u32, func: FuncId) -> Self {
        let tree = cx.file(file);
        let names = BodyNames::resolve(cx, file, root_of(tree, func));
        Self {
            cx,
            file: tree,
            types: BodyTypes::new(file, names, &[]),
            methods: RefCell::default(),
        }
    }

    /// Resolves declarations outside of functions. The result has no root, so only those methods
    /// serve that do not ask for it.
    pub(crate) fn of_decls(cx: &'a PackageCx<'a>, file: u32, run: &DeclRun<'a>) -> Self {
        let names = BodyNames::resolve_decls(cx, file, run);
        Self {
            cx,
            file: cx.file(file),
            types: BodyTypes::new(file, names, run.decls),
            methods: RefCell::default(),
        }
    }

    /// The context of the package.
    #[inline]
    pub fn cx(&self) -> &'a PackageCx<'a> {
        self.cx
    }

    /// The file that the function stands in.
    #[inline]
    pub fn file(&self) -> &'a File {
        self.file
    }

    /// The index of the file in the package.
    #[inline]
    pub fn file_index(&self) -> u32 {
        self.types.file
    }

    /// The top-level function.
    #[inline]
    pub fn root(&self) -> FuncId {
        self.names().root()
    }

    /// The names of the function.
    #[inline]
    pub fn names(&self) -> &BodyNames {
        &self.types.names
    }

    /// What the identifier `expr`, perhaps in parentheses, means.
    #[inline]
    pub fn object(&self, expr: ExprId) -> Object {
        self.names().object(self.file.unparen(expr))
    }

    /// The type of an expression; for a type expression the type it denotes. A constant without type
    /// has an untyped basic type; a call with no results or several has a tuple type.
    pub fn type_of(&self, expr: ExprId) -> TypeId {
        self.typer().type_of(self.place(), expr)
    }

    /// The type that an expression has in the end, as go/types records it: comparisons and shifts
    /// without type of their own get that of what is around them, `v, ok` forms are tuples of two,
    /// generic functions are instantiated. The first question costs a pass over the body. For
    /// constants it is not meant.
    pub fn final_type_of(&self, expr: ExprId) -> TypeId {
        self.typer().final_type(self.place(), expr)
    }

    /// The expressions that are values but no constants, calls without results included, each with
    /// its final type: those for which go/types records a type. Names being declared, names of
    /// fields in literals, of packages, types and predeclared functions are none.
    pub fn values(&self) -> impl Iterator<Item = (ExprId, TypeId)> + '_ {
        let names = self.names();
        // A variable on the left of `:=` is being declared, even where it exists already.
        let mut declared = FxHashSet::default();
        for stmt in names.stmts().iter() {
            if let StmtKind::Assign {
                lhs,
                op: AssignOp::Define,
                ..
            } = self.file.stmt(stmt).kind
            {
                declared.extend(self.file.exprs(lhs).iter().copied());
            }
        }
        names
            .exprs()
            .iter()
            .filter(move |expr| !declared.contains(expr) && self.is_value(*expr))
            .map(|expr| (expr, self.final_type_of(expr)))
    }

    fn is_value(&self, expr: ExprId) -> bool {
        match self.file.expr(expr).kind {
            ExprKind::Bad
            | ExprKind::KeyValue { .. }
            | ExprKind::BasicLit(_)
            | ExprKind::Ellipsis(_)
            | ExprKind::ArrayType { .. }
            | ExprKind::StructType(_)
            | ExprKind::FuncType(_)
            | ExprKind::InterfaceType(_)
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. }
            | ExprKind::TypeAssert { ty: None, .. }
            | ExprKind::Unary {
                op: UnaryOp::Tilde, ..
            } => false,
            ExprKind::FuncLit(_) | ExprKind::CompositeLit { .. } => true,
            ExprKind::Paren(x) => self.is_value(x),
            ExprKind::Ident => self.is_value_name(expr),
            ExprKind::Selector { .. } | ExprKind::Index { .. } | ExprKind::Star(_) => {
                !self.denotes_type(expr) && !self.is_constant(expr) && !self.is_of_unsafe(expr)
            }
            ExprKind::Binary { .. } => !self.is_union(expr) && !self.is_constant(expr),
            _ => !self.is_constant(expr),
        }
    }

    fn is_value_name(&self, ident: ExprId) -> bool {
        let names = self.names();
        match names.object(ident) {
            Object::Local(id) => names.local(id).is_var() && !names.is_definition(ident),
            Object::Member(id) => matches!(
                self.cx.names().member(id).kind,
                MemberKind::Var { .. } | MemberKind::Func(_)
            ),
            Object::DotMember(_) => !self.denotes_type(ident) && !self.is_constant(ident),
            Object::Nil => true,
            _ => false,
        }
    }

    /// Whether an expression is a function of package unsafe, which are predeclared in all but name.
    fn is_of_unsafe(&self, expr: ExprId) -> bool {
        let ExprKind::Selector { x, .. } = self.file.expr(expr).kind else {
            return false;
        };
        match self.object(x) {
            Object::Package(import) => {
                let cx = self.cx;
                **cx.names().canonical_path(import, cx.loader()) == *crate::unsafe_package::PATH
            }
            _ => false,
        }
    }

    /// Whether `a | b` is an element of a constraint.
    fn is_union(&self, expr: ExprId) -> bool {
        let mut expr = expr;
        loop {
            match self.file.expr(expr).kind {
                ExprKind::Binary {
                    op: BinaryOp::Or,
                    x,
                    ..
                }
                | ExprKind::Paren(x) => expr = x,
                ExprKind::Unary { op, .. } => return op == UnaryOp::Tilde,
                _ => return self.denotes_type(expr),
            }
        }
    }

    /// Whether an expression is a constant.
    pub fn is_constant(&self, expr: ExprId) -> bool {
        self.typer().is_constant(self.place(), expr)
    }

    /// The value of a constant expression; `None` when the expression is not constant.
    pub fn constant(&self, expr: ExprId) -> Option<Constant> {
        self.typer().constant_value(self.place(), expr)
    }

    /// The type of a local variable or constant; the type that a local type or type parameter is.
    pub fn type_of_local(&self, local: LocalId) -> TypeId {
        self.typer().local_type(local)
    }

    /// The type of a function of this body, the root or a literal, without its receiver.
    pub fn signature_of(&self, func: FuncId) -> TypeId {
        self.typer()
            .signature(self.place(), self.file.func(func).sig)
    }

    /// Whether an expression denotes a type. Loads a package when it is a name of that package.
    pub fn denotes_type(&self, expr: ExprId) -> bool {
        self.typer().denotes_type(self.place(), expr)
    }

    /// The types of the values that a call gives; `None` when the function's type is unknown.
    pub fn results_of_call(&self, call: ExprId) -> Option<Rc<[TypeId]>> {
        self.typer()
            .results(self.place(), call)
            .map(|list| self.cx.types(list))
    }

    /// The field or method `name` of a value of type `ty`, promoted ones included.
    pub fn selection(&self, ty: TypeId, name: &str) -> Option<Selection> {
        self.typer().lookup(ty, name, self.cx.root_path())
    }

    /// The method that `call` calls; `None` when it calls something else, or the type of the operand
    /// is unknown. Computes types, and may load packages.
    pub fn method(&self, call: ExprId) -> Option<MethodCall<'a>> {
        let Callee::Selected { x, name } = self.callee(call) else {
            return None;
        };
        if let Some(known) = self.methods.borrow().get(&call) {
            return *known;
        }
        let method = self.find_method(call, x, name);
        // An answer within another one may be that the questions go too deep.
        if self.cx.depth.get() == 0 {
            self.methods.borrow_mut().insert(call, method);
        }
        method
    }

    fn find_method(&self, call: ExprId, x: ExprId, name: &'a str) -> Option<MethodCall<'a>> {
        match self.selection(self.type_of(x), name)? {
            Selection::Field(_) => None,
            Selection::Method {
                owner,
                pointer,
                signature,
            } => {
                let recv = if self.denotes_type(x) {
                    self.file
                        .call(call)
                        .and_then(|(_, args)| args.first().copied())
                } else {
                    Some(x)
                };
                Some(MethodCall {
                    recv,
                    name,
                    owner,
                    pointer,
                    signature,
                })
            }
        }
    }

    /// The function or method of this package that `call` calls for certain, not through an interface
    /// or a variable: the index of its file, and the function. The types of operands of methods are
    /// computed, so compare names first.
    pub fn declaration(&self, call: ExprId) -> Option<(u32, FuncId)> {
        let names = self.cx.names();
        match self.callee(call) {
            Callee::Func {
                member: Some(member),
                ..
            } => {
                let member = names.member(member);
                match member.kind {
                    MemberKind::Func(func) => Some((member.file, func)),
                    _ => None,
                }
            }
            Callee::Selected { name, .. } => {
                let Type::Named { name: owner, .. } = self.cx.ty(self.method(call)?.owner) else {
                    return None;
                };
                let owner = self.cx.named(owner);
                if owner.package != *names.path() || owner.local.is_some() {
                    return None;
                }
                let method = names.method(names.lookup_method(&owner.name, name)?);
                Some((method.file, method.func))
            }
            _ => None,
        }
    }

    /// Whether `call` calls the method `method` of the type `type_name` of the package with the
    /// import path `package`, also when it is promoted from an embedded field. The name of the
    /// method is compared first, so asking about many calls is cheap; and when the operand is
    /// declared with that very type, its package is not loaded.
    pub fn is_method_call(
        &self,
        call: ExprId,
        package: &str,
        type_name: &str,
        method: &str,
    ) -> bool {
        let Callee::Selected { x, name } = self.callee(call) else {
            return false;
        };
        if name != method {
            return false;
        }
        let operand = self.type_of(x);
        if self.is_named(self.cx.deref(operand), package, type_name) {
            return true;
        }
        let mut passed = false;
        let mut pass = |ty| passed |= self.is_named(ty, package, type_name);
        let selection = self
            .typer()
            .lookup_through(operand, name, self.cx.root_path(), &mut pass);
        passed && matches!(selection, Some((Selection::Method { .. }, _)))
    }

    /// [`PackageCx::underlying`], for types declared in this function too.
    pub fn underlying(&self, ty: TypeId) -> TypeId {
        self.typer().underlying(ty)
    }

    /// [`PackageCx::core`], for types declared in this function too.
    pub fn core(&self, ty: TypeId) -> TypeId {
        self.typer().core(ty)
    }

    /// [`PackageCx::fields`], for types declared in this function too.
    pub fn fields(&self, ty: TypeId) -> Option<Vec<(String, TypeId)>> {
        self.typer().struct_fields(self.underlying(ty))
    }

    /// [`PackageCx::canonical`], for types declared in this function too.
    pub fn canonical(&self, ty: TypeId) -> TypeId {
        self.typer().canonical(ty)
    }

    /// [`PackageCx::is_named`], for types declared in this function too.
    pub fn is_named(&self, ty: TypeId, package: &str, name: &str) -> bool {
        self.typer().is_named(ty, package, name)
    }

    /// [`PackageCx::identical`], for types declared in this function too.
    pub fn identical(&self, a: TypeId, b: TypeId) -> bool {
        !a.is_unknown() && self.typer().identical(a, b)
    }

    /// Whether this is the predeclared type `error`.
    pub fn is_error(&self, ty: TypeId) -> bool {
        self.is_named(ty, "", "error")
    }

    /// [`PackageCx::type_string`], for types declared in this function too.
    pub fn type_string(&self, ty: TypeId) -> String {
        self.typer().type_string(ty)
    }

    pub(crate) fn typer(&self) -> Typer<'_> {
        Typer {
            cx: self.cx,
            body: Some(&self.types),
        }
    }

    pub(crate) fn place(&self) -> Place<'a> {
        Place {
            path: self.cx.root_path(),
            package: self.cx.names(),
            file: self.types.file,
        }
    }
}
