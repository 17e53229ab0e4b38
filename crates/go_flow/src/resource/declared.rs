//! The declared functions of a package, and what their names and types tell of their contracts: enough
//! to pass by most of them without a look into the body.

use std::cell::OnceCell;

use go_syntax::{DeclKind, ExprId, Features, File, FuncId, StmtKind};
use go_types::{PackageCx, Type, TypeId};
use rustc_hash::FxHashSet;

use super::calls::{class_of, field_of, is_stream};
use super::inferred::Inferred;
use super::keys::acquires_by_variable;
use super::models::Models;
use super::returns::{called_name, surely_returns};

/// A declared function with a body, and what of it can matter to its callers.
pub(super) struct Function<'a> {
    pub(super) file: u32,
    pub(super) func: FuncId,
    pub(super) name: &'a str,
    /// The name in contracts.
    pub(super) key: String,
    /// The names of what it calls.
    pub(super) calls: CallNames<'a>,
    /// What its types tell; `None` when they are not known.
    types: OnceCell<Option<Types>>,
    /// Whether it starts goroutines, or calls what may be a method that does.
    starts: bool,
    /// Whether it may never return.
    may_end: bool,
}

/// What the types of a function tell of it.
#[derive(Clone, Copy)]
pub(super) struct Types {
    /// Whether a parameter, or the receiver, may be something to release.
    pub(super) takes: bool,
    /// Whether a result may be something to release.
    pub(super) gives: bool,
    /// Whether the receiver points to something to release.
    pub(super) owns: bool,
    /// Whether a parameter is a context, which may end what it starts.
    gets_context: bool,
}

impl Types {
    fn of(cx: &PackageCx<'_>, models: &Models, file: u32, func: FuncId) -> Option<Self> {
        let Type::Func {
            params, results, ..
        } = cx.ty(cx.signature(file, func))
        else {
            return None;
        };
        let receiver = receiver_of(cx.file(file), func).map(|ty| cx.declared_type(file, ty));
        let matters =
            |&ty: &TypeId| class_of(cx, models, ty).is_some() || field_of(cx, models, ty).is_some();
        Some(Self {
            takes: cx
                .types(params)
                .iter()
                .chain(&receiver)
                .any(|ty| matters(ty) || is_stream(cx, *ty)),
            gives: cx.types(results).iter().any(|ty| {
                matters(ty)
                    || matches!(
                        cx.ty(cx.underlying(*ty)),
                        Type::Func { .. } | Type::Struct { .. } | Type::Pointer(_)
                    )
            }),
            owns: receiver.is_some_and(|ty| {
                matches!(cx.ty(ty), Type::Pointer(_)) && class_of(cx, models, ty).is_some()
            }),
            gets_context: cx
                .types(params)
                .iter()
                .any(|&ty| cx.is_named(ty, "context", "Context")),
        })
    }
}

/// The type of the receiver of a function.
fn receiver_of(file: &File, func: FuncId) -> Option<ExprId> {
    let list = file.func(func).recv?;
    Some(file.field(file.fields_of(list).first()?).ty)
}

/// The declared functions with a body.
pub(super) fn functions<'a>(cx: &PackageCx<'a>, models: &Models) -> Vec<Function<'a>> {
    let mut functions = Vec::new();
    let starting = starting_methods(cx);
    for index in (0..).take(cx.names().files().len()) {
        let file = cx.file(index);
        for &decl in file.top_decls() {
            let DeclKind::Func(func) = file.decl(decl).kind else {
                continue;
            };
            let node = file.func(func);
            let (Some(name), true) = (node.name, node.features.intersects(Features::BODY)) else {
                continue;
            };
            let name = file.name(name);
            let key = match receiver_of(file, func) {
                Some(ty) => format!("{}.{name}", receiver_base(file, ty)),
                None => name.to_owned(),
            };
            let calls = calls(file, func);
            let loops = Features::LOOP.union(Features::GOTO).union(Features::SELECT);
            functions.push(Function {
                file: index,
                func,
                name,
                key,
                types: OnceCell::new(),
                starts: node.features.intersects(Features::GO)
                    || calls.iter().any(|call| starting.contains(call)),
                may_end: node.features.intersects(loops)
                    || calls.iter().any(|call| models.may_end(call)),
                calls,
            });
        }
    }
    functions
}

/// The names of the methods of the package that start goroutines.
fn starting_methods<'a>(cx: &PackageCx<'a>) -> FxHashSet<&'a str> {
    let names = cx.names();
    let starting = names.methods().filter(|(_, method)| {
        let features = cx.file(method.file).func(method.func).features;
        features.intersects(Features::GO)
    });
    starting.map(|(id, _)| names.method_name(id)).collect()
}

/// The names of what a function calls, or puts into a variable. Those that occur often are in it often:
/// most questions end with one of the first.
#[derive(Clone, Debug)]
pub struct CallNames<'a>(Vec<&'a str>);

impl<'a> CallNames<'a> {
    /// The names.
    pub fn iter(&self) -> std::slice::Iter<'_, &'a str> {
        self.0.iter()
    }

    /// Whether one of them is `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}

/// The names of what a function calls, or puts into a variable, literals in it included.
pub fn calls(file: &File, func: FuncId) -> CallNames<'_> {
    let node = file.func(func);
    let mut names: Vec<&str> = node
        .exprs
        .iter()
        .filter_map(|expr| called_name(file, expr))
        .collect();
    for stmt in node.stmts.iter() {
        if let StmtKind::Assign { rhs, .. } = file.stmt(stmt).kind {
            let values = file.exprs(rhs).iter();
            names.extend(values.filter_map(|&value| file.selector(value).map(|(_, name)| name)));
        }
    }
    CallNames(names)
}

/// The name of the type of a receiver.
fn receiver_base(file: &File, ty: ExprId) -> &str {
    use go_syntax::ExprKind::{Index, Star};
    let mut ty = file.unparen(ty);
    while let Star(x) | Index { x, .. } = file.expr(ty).kind {
        ty = file.unparen(x);
    }
    file.expr_text(ty)
}

impl Function<'_> {
    /// Whether it may never return.
    pub(super) fn may_end(
        &self,
        cx: &PackageCx<'_>,
        models: &Models,
        known: &dyn Inferred,
    ) -> bool {
        let ends = |call: &str| models.may_end(call) || known.may_end(call);
        (self.may_end || self.calls.iter().any(|call| known.may_end(call)))
            && !surely_returns(cx.file(self.file), self.func, ends)
    }

    /// Whether it may end the process.
    pub(super) fn may_exit(&self, models: &Models, known: &dyn Inferred) -> bool {
        let mut calls = self.calls.iter();
        calls.any(|call| models.may_end(call) || known.may_end(call) || known.may_exit(call))
    }

    /// What its types tell: dearer to know than names.
    pub(super) fn types(&self, cx: &PackageCx<'_>, models: &Models) -> Option<Types> {
        let types = || Types::of(cx, models, self.file, self.func);
        *self.types.get_or_init(types)
    }

    /// Whether it may give its caller something that it starts.
    pub(super) fn may_start(&self, cx: &PackageCx<'_>, models: &Models) -> bool {
        self.starts
            && self
                .types(cx, models)
                .is_some_and(|types| types.gives && !types.gets_context)
    }

    /// Whether it may acquire something, and give it to its caller or put it into its receiver.
    pub(super) fn may_acquire(
        &self,
        cx: &PackageCx<'_>,
        models: &Models,
        known: &dyn Inferred,
    ) -> bool {
        let acquires = |call: &&str| models.may_acquire(call) || known.may_give(call);
        (self.calls.iter().any(acquires) || acquires_by_variable(cx, models, &self.calls))
            && self
                .types(cx, models)
                .is_some_and(|types| types.gives || types.owns)
    }

    /// Whether it may give its caller anything.
    pub(super) fn may_give(
        &self,
        cx: &PackageCx<'_>,
        models: &Models,
        known: &dyn Inferred,
    ) -> bool {
        self.may_start(cx, models) || self.may_acquire(cx, models, known)
    }
}
