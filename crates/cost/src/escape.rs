//! Which results of a function have to live on the heap.
//!
//! The compiler follows every value through the whole program. Here only the addresses of results are
//! followed, which few functions take: through variables, literals and the functions of the package, without
//! regard to order. Functions of other packages are taken not to keep what they are given, unless
//! they take it as an interface.

mod flow;
mod parents;

use go_syntax::{ExprKind, FuncId, Span, StmtId, StmtKind};
use go_types::{Body, LocalId, Role, Type};

use self::flow::Flow;
use crate::build::Build;

/// The first result of `func` that the compiler moves to the heap. What is `dropped` does not count.
pub(crate) fn result_on_heap(
    body: &Body<'_>,
    build: &Build,
    func: FuncId,
    dropped: &[Span],
) -> Option<String> {
    let file = body.file();
    let results = file.sig(file.func(func).sig).results?;
    let named = body
        .names()
        .locals()
        .filter(|(_, local)| local.is_result() && local.func == func);
    let mut named: Vec<LocalId> = named.map(|(id, _)| id).collect();
    named.retain(|&id| may_leak(body, id));
    let loops = if build.has_range_over_func() {
        returning_loops(body, func, dropped)
    } else {
        Vec::new()
    };
    if named.is_empty() && loops.is_empty() {
        return None;
    }
    let flow = Flow::new(body, dropped);
    if loops.iter().any(|&stmt| flow.body_escapes(stmt)) {
        let first = file.fields_of(results).iter().next()?;
        let name = file.field(first).names.iter().next();
        return Some(name.map_or_else(|| "1".to_owned(), |name| file.name(name).to_owned()));
    }
    named
        .into_iter()
        .find(|&id| flow.address_escapes(id))
        .map(|id| file.span_text(body.names().local(id).span).to_owned())
}

/// Whether anything is done with a variable that could take its address.
fn may_leak(body: &Body<'_>, id: LocalId) -> bool {
    let names = body.names();
    let uses = names.uses(id);
    names.is_captured(id)
        || uses
            .iter()
            .any(|used| matches!(used.role, Role::AddressTaken | Role::PartAddressTaken))
        || takes_implicitly(body, id)
}

/// Whether values of a variable have methods of their address, or can be sliced in place.
fn takes_implicitly(body: &Body<'_>, id: LocalId) -> bool {
    let ty = body.type_of_local(id);
    match body.cx().ty(body.underlying(ty)) {
        Type::Array { .. } | Type::Struct { .. } => true,
        Type::Basic(_) | Type::Slice(_) | Type::Map { .. } => {
            matches!(body.cx().ty(body.canonical(ty)), Type::Named { .. })
        }
        _ => false,
    }
}

/// The loops over functions in `func` whose bodies return values: these are then captured.
fn returning_loops(body: &Body<'_>, func: FuncId, dropped: &[Span]) -> Vec<StmtId> {
    let file = body.file();
    let live = |stmt| {
        let span = file.stmt(stmt).span;
        !dropped.iter().any(|dropped| dropped.contains(span))
    };
    let mut loops = Vec::new();
    for stmt in file.func(func).stmts.iter() {
        let StmtKind::Range { x, body: block, .. } = file.stmt(stmt).kind else {
            continue;
        };
        let span = file.stmt(block).span;
        let returns = file.func(func).stmts.iter().any(|inner| {
            matches!(file.stmt(inner).kind, StmtKind::Return(results) if !file.exprs(results).is_empty())
                && span.contains(file.stmt(inner).span)
                && live(inner)
                && function_at(body, inner) == func
        });
        if returns && live(stmt) && is_func(body, x) && function_at(body, stmt) == func {
            loops.push(stmt);
        }
    }
    loops
}

fn is_func(body: &Body<'_>, x: go_syntax::ExprId) -> bool {
    matches!(body.cx().ty(body.core(body.type_of(x))), Type::Func { .. })
}

/// The function or literal that a statement stands in.
pub(crate) fn function_at(body: &Body<'_>, stmt: StmtId) -> FuncId {
    let file = body.file();
    let span = file.stmt(stmt).span;
    let mut at = body.root();
    for expr in file.func(body.root()).exprs.iter() {
        if let ExprKind::FuncLit(func) = file.expr(expr).kind
            && file.func(func).span.contains(span)
            && file.func(at).span.contains(file.func(func).span)
        {
            at = func;
        }
    }
    at
}
