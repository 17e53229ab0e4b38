//! Values that nobody else has: a copy of them does no harm.

use go_flow::{Access, FunctionFacts, Value};
use go_syntax::{ExprId, ExprKind, FuncId, UnaryOp};
use go_types::{Body, Builtin, Callee, LocalId, Selection, Type};

use crate::cx::RuleCx;
use crate::origin::root_local;

/// Whether `expr` is a local variable, or a field of one, that nobody else knows and whose lock was
/// never used.
pub(crate) fn is_unused_local(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let mut at = expr;
    loop {
        match file.expr(at).kind {
            ExprKind::Paren(x) => at = x,
            ExprKind::Selector { x, .. } if cx.facts().is_struct(cx.body().type_of(x)) => at = x,
            ExprKind::Index { x, .. } if is_array(cx, x) => at = x,
            _ => break,
        }
    }
    let Some(local) = cx.body().names().local_of(at) else {
        return false;
    };
    let names = cx.body().names();
    let facts = cx.facts().var(local);
    names.local(local).is_var()
        && !facts.address_taken
        && !facts.is_written_in_literal()
        && use_of_guard(cx, local).is_none()
}

/// Whether `expr` is `*p`, and `p` a local variable that points to a new value of which only fields
/// were used.
pub(crate) fn is_unused_pointee(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let ExprKind::Star(x) = file.expr(expr).kind else {
        return false;
    };
    let Some(local) = cx.body().names().local_of(file.unparen(x)) else {
        return false;
    };
    let facts = cx.facts().var(local);
    let [write] = facts.writes.as_slice() else {
        return false;
    };
    let is_new = match write.value {
        Value::Expr(value) => {
            let value = file.unparen(value);
            match file.expr(value).kind {
                ExprKind::Unary {
                    op: UnaryOp::Addr,
                    x,
                } => matches!(
                    file.expr(file.unparen(x)).kind,
                    ExprKind::CompositeLit { .. }
                ),
                _ => cx.body().is_builtin_call(value, Builtin::New),
            }
        }
        _ => false,
    };
    is_new
        && !facts.address_taken
        && facts.reads.iter().all(|read| {
            read.expr
                .is_some_and(|ident| is_field_or_pointee(cx, ident))
        })
}

/// Whether `expr` is `*p`, and nothing else is done with what `p` points to: a function made it, as
/// its name says.
pub(crate) fn is_moved(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    const MAKE: [&str; 6] = ["new", "make", "create", "unmarshal", "clone", "copy"];
    let file = cx.file();
    let ExprKind::Star(x) = file.expr(expr).kind else {
        return false;
    };
    let x = file.unparen(x);
    let (Some(local), Some(point)) = (cx.body().names().local_of(x), cx.facts().point_of_expr(x))
    else {
        return false;
    };
    let facts = cx.facts().var(local);
    let Some(definition) = cx.facts().definitions(point, local).single() else {
        return false;
    };
    let (Value::Expr(value) | Value::Element { expr: value, .. }) = definition.value else {
        return false;
    };
    let mut call = file.unparen(value);
    if let ExprKind::TypeAssert { x, .. } = file.expr(call).kind {
        call = file.unparen(x);
    }
    let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = cx.facts().callee(call)
    else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    let is_same = |read: &Access| {
        let definitions = cx.facts().definitions(read.point, local);
        definitions
            .list
            .iter()
            .any(|other| other.point == definition.point)
    };
    MAKE.iter().any(|word| name.starts_with(word))
        && facts.captures.is_empty()
        && facts
            .reads
            .iter()
            .all(|read| read.expr == Some(x) || !is_same(read))
}

/// Whether an identifier stands before `.field` or after `*`.
fn is_field_or_pointee(cx: &RuleCx<'_>, ident: ExprId) -> bool {
    let file = cx.file();
    let exprs = file.func(cx.root()).exprs;
    exprs.iter().any(|expr| match file.expr(expr).kind {
        ExprKind::Star(x) => file.unparen(x) == ident,
        ExprKind::Selector { x, sel } if file.unparen(x) == ident => {
            let ty = cx.body().type_of(x);
            matches!(
                cx.body().selection(ty, file.span_text(sel)),
                Some(Selection::Field(_))
            )
        }
        _ => false,
    })
}

fn is_array(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let body = cx.body();
    let ty = body.underlying(body.type_of(expr));
    matches!(body.cx().ty(ty), Type::Array { .. })
}

/// A call of a method with a pointer receiver on a local variable, or on a field of it: it may lock
/// it, or keep its address.
pub(crate) fn use_of_guard(cx: &RuleCx<'_>, local: LocalId) -> Option<ExprId> {
    let is_use = |call: &&go_flow::CallSite| {
        let Callee::Selected { x, .. } = cx.facts().callee(call.call) else {
            return false;
        };
        root_local(cx, x) == Some(local)
            && is_within_variable(cx, x)
            && cx
                .body()
                .method(call.call)
                .is_none_or(|method| method.pointer)
    };
    cx.facts().calls().iter().find(is_use).map(|call| call.call)
}

/// Whether a path leads to a part of the variable at its root, not to something it points to.
fn is_within_variable(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let mut at = file.unparen(expr);
    loop {
        at = match file.expr(at).kind {
            ExprKind::Ident => return true,
            ExprKind::Selector { x, .. } if cx.facts().is_struct(cx.body().type_of(x)) => {
                file.unparen(x)
            }
            ExprKind::Index { x, .. } if is_array(cx, x) => file.unparen(x),
            _ => return false,
        };
    }
}

/// Whether a function is only called in its package, and each call hands over a value for the
/// parameter `index` that nobody else has.
pub(crate) fn gets_fresh_values(cx: &RuleCx<'_>, func: FuncId, index: usize) -> bool {
    let names = cx.body().cx().names();
    let node = cx.file().func(func);
    let Some(name) = node.name.map(|name| cx.file().name(name)) else {
        return false;
    };
    if node.recv.is_some() || name.starts_with(char::is_uppercase) {
        return false;
    }
    let mut calls = 0;
    for (file_index, file) in (0..).zip(names.files()) {
        let roots = file
            .all_funcs()
            .filter(|&root| file.func(root).parent.is_none());
        for root in roots {
            let mentions: Vec<ExprId> = file
                .func(root)
                .exprs
                .iter()
                .filter(|&expr| file.ident(expr) == Some(name))
                .collect();
            if mentions.is_empty() {
                continue;
            }
            let body = Body::new(cx.body().cx(), file_index, root);
            let facts = FunctionFacts::new(&body);
            let there = cx.elsewhere(&body, &facts);
            let is_fresh_call = |mention: ExprId| {
                facts.calls().iter().any(|call| {
                    file.call(call.call).is_some_and(|(fun, args)| {
                        file.unparen(fun) == mention
                            && args.get(index).is_some_and(|&arg| is_fresh(&there, arg))
                    })
                })
            };
            if !mentions.iter().all(|&mention| is_fresh_call(mention)) {
                return false;
            }
            calls += mentions.len();
        }
    }
    calls > 0
}

/// Whether an expression gives a value that nobody else has.
fn is_fresh(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let expr = file.unparen(expr);
    match file.expr(expr).kind {
        ExprKind::CompositeLit { .. } | ExprKind::Call { .. } => true,
        ExprKind::Ident => is_unused_local(cx, expr),
        _ => false,
    }
}
