//! What functions give when they fail, and what becomes of a deferred call on nil.
//!
//! Where a declaration of this package is called, its source is looked at. Of others, Go's
//! convention is believed: who returns an error returns nil beside it.

use go_flow::{FunctionFacts, Value};
use go_syntax::walk::{Descend, Node, walk_function};
use go_syntax::{BinaryOp, ExprId, ExprKind, File, FuncId, StmtKind, UnaryOp};
use go_types::{
    Body, Builtin, Callee, LocalId, MemberKind, Object, PackageCx, Selection, Type, TypeId,
};

use crate::cx::RuleCx;
use crate::origin::root_local;

/// What a function gives beside an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnError {
    /// Nil, as its source shows or as the standard library does.
    Nil,
    /// Nil by convention: its source is not at hand.
    Convention,
    /// Its source does not tell.
    Unknown,
    /// Something that can be used.
    Usable,
}

impl OnError {
    /// What is known when it is one or the other.
    fn and(self, other: Self) -> Self {
        let is_one = |wanted| self == wanted || other == wanted;
        [Self::Nil, Self::Unknown, Self::Convention]
            .into_iter()
            .find(|&wanted| is_one(wanted))
            .unwrap_or(Self::Usable)
    }
}

/// What `call` gives as its result `index` when it fails.
pub(crate) fn result_on_error(cx: &RuleCx<'_>, call: ExprId, index: u32) -> OnError {
    of_call(cx.facts(), call, index, MAX_CALLS)
}

/// How far calls within the package are followed.
const MAX_CALLS: u32 = 4;

fn of_call(facts: &FunctionFacts<'_>, call: ExprId, index: u32, depth: u32) -> OnError {
    let Some(depth) = depth.checked_sub(1) else {
        return OnError::Unknown;
    };
    let Some((file, func)) = declaration(facts, call) else {
        let of_std = match facts.callee(call) {
            Callee::Func { package, .. } => is_std(package),
            Callee::Selected { .. } => facts.body().method(call).is_some_and(|method| {
                let types = facts.body().cx();
                matches!(types.ty(method.owner), Type::Named { name, .. } if is_std(&types.named(name).package))
            }),
            _ => false,
        };
        return if of_std {
            OnError::Nil
        } else {
            OnError::Convention
        };
    };
    if file == facts.body().file_index() && facts.funcs().contains(&func) {
        return of_returns(facts, func, index, depth);
    }
    let body = Body::new(facts.body().cx(), file, func);
    of_returns(&FunctionFacts::new(&body), func, index, depth)
}

/// What the `return` statements of `func` give as result `index` beside an error.
fn of_returns(facts: &FunctionFacts<'_>, func: FuncId, index: u32, depth: u32) -> OnError {
    let file = facts.file();
    let Some(body) = file.func(func).body else {
        return OnError::Unknown;
    };
    let mut all = OnError::Usable;
    let mut is_stub = true;
    walk_function(file, Node::Stmt(body), |node| {
        if let Node::Stmt(stmt) = node
            && let StmtKind::Return(results) = file.stmt(stmt).kind
        {
            let given = match *file.exprs(results) {
                [forwarded] if file.call(file.unparen(forwarded)).is_some() => {
                    of_call(facts, file.unparen(forwarded), index, depth)
                }
                // It does not fail here.
                [ref values @ .., error] if facts.body().object(error) == Object::Nil => {
                    is_stub &= values
                        .get(index as usize)
                        .is_some_and(|&value| is_zero(facts, value));
                    return Descend::Into;
                }
                ref results => match results.get(index as usize) {
                    Some(&result) if results.len() > 1 => of_value(facts, result, depth),
                    _ => OnError::Unknown,
                },
            };
            is_stub = false;
            all = all.and(given);
        }
        Descend::Into
    });
    match all {
        // Nothing is done yet: what will be given once there is something to do, is not seen.
        OnError::Usable if is_stub => OnError::Convention,
        _ => all,
    }
}

fn is_struct(facts: &FunctionFacts<'_>, expr: ExprId) -> bool {
    let body = facts.body();
    let ty = body.underlying(body.type_of(expr));
    matches!(body.cx().ty(ty), Type::Struct { .. })
}

/// Whether an expression is nil or a composite literal without elements.
fn is_zero(facts: &FunctionFacts<'_>, expr: ExprId) -> bool {
    let file = facts.file();
    match file.expr(file.unparen(expr)).kind {
        ExprKind::Ident => facts.body().object(expr) == Object::Nil,
        ExprKind::CompositeLit { elts, .. } => {
            file.exprs(elts).is_empty() && is_struct(facts, expr)
        }
        _ => false,
    }
}

/// What a returned expression is.
fn of_value(facts: &FunctionFacts<'_>, expr: ExprId, depth: u32) -> OnError {
    let Some(depth) = depth.checked_sub(1) else {
        return OnError::Unknown;
    };
    let file = facts.file();
    let expr = file.unparen(expr);
    match file.expr(expr).kind {
        // A struct as it is when nothing was set: its pointers and interfaces are nil.
        ExprKind::CompositeLit { elts, .. }
            if file.exprs(elts).is_empty() && is_struct(facts, expr) =>
        {
            OnError::Nil
        }
        ExprKind::FuncLit(_)
        | ExprKind::CompositeLit { .. }
        | ExprKind::Unary {
            op: UnaryOp::Addr, ..
        } => OnError::Usable,
        ExprKind::Call { .. } => match facts.callee(expr) {
            Callee::Builtin(Builtin::New | Builtin::Make) => OnError::Usable,
            _ => OnError::Unknown,
        },
        ExprKind::Ident => match facts.body().object(expr) {
            Object::Nil => OnError::Nil,
            Object::Member(id)
                if matches!(
                    facts.body().cx().names().member(id).kind,
                    MemberKind::Func(_)
                ) =>
            {
                OnError::Usable
            }
            Object::Local(local) => of_local(facts, expr, local, depth),
            _ => OnError::Unknown,
        },
        _ => OnError::Unknown,
    }
}

fn of_local(facts: &FunctionFacts<'_>, expr: ExprId, local: LocalId, depth: u32) -> OnError {
    let Some(point) = facts.point_of_expr(expr) else {
        return OnError::Unknown;
    };
    let definitions = facts.definitions(point, local);
    if !definitions.exact || definitions.list.is_empty() {
        return OnError::Unknown;
    }
    definitions
        .list
        .iter()
        .fold(OnError::Usable, |all, definition| {
            all.and(match definition.value {
                Value::Zero => OnError::Nil,
                Value::Expr(value) => of_value(facts, value, depth),
                Value::Element { expr, index, .. } if facts.file().call(expr).is_some() => {
                    of_call(facts, expr, index, depth)
                }
                _ => OnError::Unknown,
            })
        })
}

/// The declaration of what `call` calls, in this package: index of the file, and function.
pub(crate) fn declaration(facts: &FunctionFacts<'_>, call: ExprId) -> Option<(u32, FuncId)> {
    let body = facts.body();
    let names = body.cx().names();
    match facts.callee(call) {
        Callee::Func {
            member: Some(id), ..
        } => match names.member(id).kind {
            MemberKind::Func(func) => Some((names.member(id).file, func)),
            _ => None,
        },
        Callee::Selected { name, .. } => {
            method_declaration(body.cx(), body.method(call)?.owner, name)
        }
        _ => Some((body.file_index(), facts.literal_called(call)?)),
    }
}

fn method_declaration(types: &PackageCx<'_>, owner: TypeId, name: &str) -> Option<(u32, FuncId)> {
    let Type::Named { name: owner, .. } = types.ty(owner) else {
        return None;
    };
    let owner = types.named(owner);
    let names = types.names();
    if owner.package != *names.path() {
        return None;
    }
    let method = names.method(names.lookup_method(&owner.name, name)?);
    Some((method.file, method.func))
}

/// When a call on nil panics.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum NilCall {
    /// Never: it returns an error, or does nothing.
    Harmless,
    /// Nobody knows: the method gets a nil receiver.
    Unknown,
    /// When it is called.
    Called,
    /// Before: when what is called, and with what, is evaluated.
    Evaluated,
}

/// What becomes of `call` when `local` is nil; `None` when that does not matter to it.
pub(crate) fn call_on_nil(cx: &RuleCx<'_>, call: ExprId, local: LocalId) -> Option<NilCall> {
    let (_, args) = cx.file().call(call)?;
    let of_callee = match cx.facts().callee(call) {
        Callee::Var(called) if called == local => Some(NilCall::Called),
        Callee::Selected { x, name } => receiver_on_nil(cx, call, x, name, local),
        _ => None,
    };
    let of_args = args
        .iter()
        .filter_map(|&arg| evaluated_on_nil(cx, arg, local));
    of_callee.into_iter().chain(of_args).max()
}

fn receiver_on_nil(
    cx: &RuleCx<'_>,
    call: ExprId,
    x: ExprId,
    name: &str,
    local: LocalId,
) -> Option<NilCall> {
    let body = cx.body();
    let types = body.cx();
    let is_local = body.names().local_of(cx.file().unparen(x)) == Some(local);
    if !is_local && !is_field_of_struct(cx, x, local) {
        return evaluated_on_nil(cx, x, local);
    }
    let ty = match is_local {
        true => types.canonical(body.type_of_local(local)),
        false => types.canonical(body.type_of(x)),
    };
    match types.ty(types.underlying(ty)) {
        Type::Interface { .. } | Type::EmptyInterface => Some(NilCall::Evaluated),
        Type::Pointer(elem) => match body.method(call) {
            // Promoted through a field, or with a copy of the value as receiver.
            Some(method) if !is_same_type(cx, method.owner, elem) || !method.pointer => {
                Some(NilCall::Evaluated)
            }
            Some(method) => method_on_nil(cx, method.owner, name),
            None if matches!(body.selection(ty, name), Some(Selection::Field(_))) => {
                Some(NilCall::Evaluated)
            }
            // The type is known by name only.
            None => method_on_nil(cx, elem, name),
        },
        Type::Unknown if is_file(cx, local) => Some(method_of_file(name)),
        Type::Unknown => Some(NilCall::Unknown),
        _ => None,
    }
}

/// Whether `x` is a field of `local`, a struct: when that is as nobody has set it, so is the field.
fn is_field_of_struct(cx: &RuleCx<'_>, x: ExprId, local: LocalId) -> bool {
    let file = cx.file();
    let body = cx.body();
    let is_struct = |ty| matches!(body.cx().ty(body.underlying(ty)), Type::Struct { .. });
    let mut at = file.unparen(x);
    while let ExprKind::Selector { x, .. } = file.expr(at).kind {
        at = file.unparen(x);
        if !is_struct(body.type_of(at)) {
            return false;
        }
    }
    at != file.unparen(x) && body.names().local_of(at) == Some(local)
}

/// Whether `local` holds what a function of package os opens: without the declarations of that
/// package, its name tells.
fn is_file(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let writes = cx.facts().var(local).writes.iter();
    let mut calls = writes.filter_map(|write| match write.value {
        Value::Element { expr, .. } => Some(cx.facts().callee(cx.file().unparen(expr))),
        _ => None,
    });
    calls.any(|callee| {
        matches!(
            callee,
            Callee::Func {
                package: "os",
                name: "Open" | "OpenFile" | "Create" | "CreateTemp",
                ..
            }
        )
    })
}

/// What the methods of `*os.File` do on nil.
fn method_of_file(name: &str) -> NilCall {
    match name {
        "Name" => NilCall::Called,
        _ => NilCall::Harmless,
    }
}

/// Whether two types have one declaration; type arguments are not looked at.
pub(crate) fn is_same_type(cx: &RuleCx<'_>, a: TypeId, b: TypeId) -> bool {
    let types = cx.body().cx();
    let named = |ty| match types.ty(types.canonical(ty)) {
        Type::Named { name, .. } => Some(name),
        _ => None,
    };
    named(a).is_some() && named(a) == named(b)
}

/// What a method with a pointer receiver does when that is nil.
fn method_on_nil(cx: &RuleCx<'_>, owner: TypeId, name: &str) -> Option<NilCall> {
    let types = cx.body().cx();
    let Type::Named { name: id, .. } = types.ty(owner) else {
        return Some(NilCall::Unknown);
    };
    let named = types.named(id);
    if let Some((file, func)) = method_declaration(types, owner, name) {
        let expects_nil = compares_receiver(types.names().file(file), func);
        return (!expects_nil).then_some(NilCall::Unknown);
    }
    // Read in the sources of Go 1.27.
    Some(match (&*named.package, &*named.name) {
        ("os", "File") => method_of_file(name),
        ("net", "TCPListener" | "UnixListener") => NilCall::Harmless,
        (package, _) if is_std(package) => NilCall::Called,
        _ => NilCall::Unknown,
    })
}

/// Whether a method compares its receiver with nil.
fn compares_receiver(file: &File, func: FuncId) -> bool {
    let node = file.func(func);
    let receiver = node.recv.and_then(|list| file.fields_of(list).first());
    let Some(receiver) = receiver.and_then(|field| file.field(field).names.first()) else {
        return true;
    };
    let receiver = file.name(receiver);
    node.exprs.iter().any(|expr| match file.expr(expr).kind {
        ExprKind::Binary {
            op: BinaryOp::Eq | BinaryOp::Ne,
            x,
            y,
        } => [(x, y), (y, x)]
            .iter()
            .any(|&(x, y)| file.ident(x) == Some(receiver) && file.ident(y) == Some("nil")),
        _ => false,
    })
}

/// What evaluating `expr` does when `local` is nil: `f.Name()`, `resp.Body`.
fn evaluated_on_nil(cx: &RuleCx<'_>, expr: ExprId, local: LocalId) -> Option<NilCall> {
    let file = cx.file();
    let body = cx.body();
    let expr = file.unparen(expr);
    match file.expr(expr).kind {
        ExprKind::Selector { x, .. } if root_local(cx, x) == Some(local) => {
            let types = body.cx();
            match types.ty(types.underlying(body.type_of_local(local))) {
                // A field, or a method as a value.
                Type::Pointer(_) | Type::Interface { .. } | Type::EmptyInterface => {
                    Some(NilCall::Evaluated)
                }
                Type::Unknown => Some(NilCall::Unknown),
                _ => None,
            }
        }
        ExprKind::Call { .. } => match cx.facts().callee(expr) {
            Callee::Selected { x, name } => match receiver_on_nil(cx, expr, x, name, local)? {
                NilCall::Called => Some(NilCall::Evaluated),
                other => Some(other),
            },
            _ => None,
        },
        _ => None,
    }
}

/// Whether a package belongs to the standard library, as the first part of its path tells.
fn is_std(package: &str) -> bool {
    const FIRST: [&str; 15] = [
        "archive", "bufio", "compress", "context", "crypto", "database", "debug", "encoding",
        "image", "io", "mime", "net", "os", "syscall", "time",
    ];
    FIRST.contains(&package.split('/').next().unwrap_or_default())
}
