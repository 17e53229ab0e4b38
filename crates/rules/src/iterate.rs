//! Loops that end on an error as they do at the end of the data, and whether the error is asked for
//! afterwards: what `rows-err-unchecked` and `scanner-err-unchecked` have in common.

use std::collections::VecDeque;

use go_flow::{Cfg, EdgeKind, Iterate, NodeId, NodeKind, Point, Value, calls};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Body, Callee, LocalId, LocalKind, Object, PackageCx, Selection, Type};
use rustc_hash::FxHashSet;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::{Repair, errors};
use crate::life::gives_error;

/// Whether a function calls something that such a loop may ask, and the model speaks of `rule`.
pub(crate) fn may_iterate(
    package: &PackageCx<'_>,
    func: FuncId,
    input: &FileInput<'_>,
    rule: &str,
) -> bool {
    if input.is_test {
        return false;
    }
    let calls = calls(package.file(input.index), func);
    input
        .models
        .iterates()
        .filter(|iterate| *iterate.rule == *rule)
        .any(|iterate| iterate.next.iter().any(|name| calls.contains(name)))
}

/// A loop after which nobody asks for the error.
pub(crate) struct Unasked {
    /// `x.Next()`.
    pub(crate) call: ExprId,
    /// `x`.
    pub(crate) operand: ExprId,
    /// The variable.
    pub(crate) local: LocalId,
    /// The method to be asked.
    pub(crate) method: String,
}

/// Whether the loop stands in a function that has an error to return.
pub(crate) fn can_tell(cx: &RuleCx<'_>, unasked: &Unasked) -> bool {
    gives_error(cx, cx.facts().func_of_expr(unasked.call))
}

/// Asks for the error behind the loop and returns it.
pub(crate) fn repair(cx: &RuleCx<'_>, unasked: &Unasked) -> Option<Repair> {
    let file = cx.file();
    let func = cx.facts().func_of_expr(unasked.call);
    let call = file.expr(unasked.call).span;
    if !gives_error(cx, func) {
        return None;
    }
    let stmt = file.func(func).stmts.iter().find(|&stmt| {
        matches!(file.stmt(stmt).kind, StmtKind::For { cond: Some(cond), .. }
            if file.expr(cond).span.contains(call))
    })?;
    errors::check_after(cx, func, stmt, unasked.local, &unasked.method)
}

/// What is gone over when the types are unknown: tells the method to be asked.
pub(crate) type ByName<'n> = &'n dyn Fn(LocalId, &str) -> Option<String>;

/// The loops of a function that end silently. With `once`, a single `if x.Next()` counts as well.
pub(crate) fn unasked(
    cx: &RuleCx<'_>,
    rule: &str,
    once: bool,
    by_name: ByName<'_>,
) -> Vec<Unasked> {
    let mut found: Vec<Unasked> = Vec::new();
    for &func in cx.facts().funcs() {
        let cfg = cx.facts().cfg(func);
        for node in cfg.nodes() {
            let NodeKind::Cond(cond) = node.kind else {
                continue;
            };
            let point = Point {
                func,
                node: node.id,
            };
            let is_loop = cfg.in_cycle(node.id);
            if !cfg.reachable(node.id) || !(once || is_loop) {
                continue;
            }
            let Some(unasked) = candidate(cx, rule, cond, by_name) else {
                continue;
            };
            // Whether there is one more is asked for its own sake.
            if !is_loop && is_second(cx, cfg, node.id, &unasked) {
                continue;
            }
            let again = found.iter().any(|other| other.local == unasked.local);
            if !again && is_followed(cx, point, &unasked) && is_unasked(cx, cfg, point, &unasked) {
                found.push(unasked);
            }
        }
    }
    found
}

/// Calls whose rows are neither read nor asked for their error: what went wrong with the query itself
/// may come only with the first row.
pub(crate) fn never_read(cx: &RuleCx<'_>, rule: &str, by_name: ByName<'_>) -> Vec<Unasked> {
    let file = cx.file();
    let mut found = Vec::new();
    for (local, what) in cx.body().names().locals() {
        let LocalKind::Var { .. } = what.kind else {
            continue;
        };
        let ty = cx.body().type_of_local(local);
        let method = if ty.is_unknown() {
            by_name(local, "Next")
        } else {
            let known = cx.models().iterate(&cx.body().type_string(ty));
            known
                .filter(|iterate| *iterate.rule == *rule)
                .map(|iterate| iterate.error_method.to_string())
        };
        let Some(method) = method else { continue };
        let facts = cx.facts().var(local);
        let closes = |expr: ExprId| {
            file.selector(expr).is_some_and(|(x, name)| {
                matches!(name, "Close" | "NextResultSet")
                    && cx.body().object(file.unparen(x)) == Object::Local(local)
            })
        };
        let closed = file
            .func(cx.root())
            .exprs
            .iter()
            .filter(|&expr| closes(expr))
            .count();
        // Every use is to close them.
        if facts.address_taken || closed == 0 || facts.reads.len() != closed {
            continue;
        }
        for write in &facts.writes {
            let (Value::Expr(call) | Value::Element { expr: call, .. }) = write.value else {
                continue;
            };
            let call = file.unparen(call);
            if let (Some((fun, _)), Some(operand)) = (file.call(call), write.expr)
                && file
                    .selector(file.unparen(fun))
                    .is_some_and(|(_, name)| name.starts_with("Query"))
            {
                found.push(Unasked {
                    call,
                    operand,
                    local,
                    method: method.clone(),
                });
            }
        }
    }
    found
}

/// Whether the same was asked before on every path.
fn is_second(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId, unasked: &Unasked) -> bool {
    cfg.nodes().any(|other| {
        let NodeKind::Cond(cond) = other.kind else {
            return false;
        };
        other.id != node
            && cfg.dominates(other.id, node)
            && calls_method(cx, cx.file().unparen(cond), unasked.local, "Next")
    })
}

/// The loop of which `cond` is the condition.
fn candidate(cx: &RuleCx<'_>, rule: &str, cond: ExprId, by_name: ByName<'_>) -> Option<Unasked> {
    let file = cx.file();
    let call = file.unparen(cond);
    let ExprKind::Call { .. } = file.expr(call).kind else {
        return None;
    };
    let Callee::Selected { x, name } = cx.facts().callee(call) else {
        return None;
    };
    let Object::Local(local) = cx.body().object(file.unparen(x)) else {
        return None;
    };
    let named = cx
        .models()
        .iterates()
        .any(|iterate| *iterate.rule == *rule && iterate.next.iter().any(|next| **next == *name));
    if !named {
        return None;
    }
    let ty = cx.body().type_of(x);
    let method = if ty.is_unknown() {
        by_name(local, name)?
    } else {
        model_of(cx, ty, rule, name)?.error_method.to_string()
    };
    Some(Unasked {
        call,
        operand: x,
        local,
        method,
    })
}

fn model_of<'a>(
    cx: &RuleCx<'a>,
    ty: go_types::TypeId,
    rule: &str,
    name: &str,
) -> Option<&'a Iterate> {
    let text = cx.body().type_string(ty);
    let fits = |iterate: &&Iterate| {
        *iterate.rule == *rule && iterate.next.iter().any(|next| **next == *name)
    };
    // A type of one's own with such a value in it, and its methods.
    cx.models().iterate(&text).filter(fits)
}

/// Whether the value is the function's own: made by calls here, or a parameter that it closes.
fn is_followed(cx: &RuleCx<'_>, point: Point, unasked: &Unasked) -> bool {
    let local = unasked.local;
    let facts = cx.facts().var(local);
    // Whoever shares the value may ask.
    for &func in cx.facts().funcs() {
        let cfg = cx.facts().cfg(func);
        if cfg.nodes().any(|node| uses(cx, cfg, node.id, unasked).kept) {
            return false;
        }
    }
    if facts.address_taken || facts.is_written_in_literal() {
        return false;
    }
    let file = cx.file();
    let root = file.func(cx.root()).exprs;
    // Whoever shares the variable may ask.
    if cx.body().names().local(local).func != point.func
        && root
            .iter()
            .any(|expr| asks(cx, expr, local, &unasked.method))
    {
        return false;
    }
    match cx.body().names().local(local).kind {
        LocalKind::Var { .. } => facts.writes.iter().all(|write| match write.value {
            Value::Zero => true,
            Value::Expr(expr) | Value::Element { expr, .. } => {
                matches!(file.expr(file.unparen(expr)).kind, ExprKind::Call { .. })
            }
            _ => false,
        }),
        LocalKind::Param(_) => root
            .iter()
            .any(|expr| calls_method(cx, expr, local, "Close")),
        _ => false,
    }
}

/// Whether `expr` is a call of the method `method` of `local`, or its method value.
fn asks(cx: &RuleCx<'_>, expr: ExprId, local: LocalId, method: &str) -> bool {
    cx.file().selector(expr).is_some_and(|(x, name)| {
        name == method && cx.body().object(cx.file().unparen(x)) == Object::Local(local)
    })
}

fn calls_method(cx: &RuleCx<'_>, expr: ExprId, local: LocalId, method: &str) -> bool {
    cx.file()
        .call(expr)
        .is_some_and(|(fun, _)| asks(cx, cx.file().unparen(fun), local, method))
}

/// Whether some path after the loop comes to the end of the function, not by an error, and nobody
/// asks on it.
/// Where another error is returned, that something failed is known, if not what.
fn is_unasked(cx: &RuleCx<'_>, cfg: &Cfg<'_>, point: Point, unasked: &Unasked) -> bool {
    let file = cx.file();
    // Deferred calls come after everything.
    let defers = cfg.nodes().filter_map(|node| match node.kind {
        NodeKind::Defer(_) => Some(node.id),
        _ => None,
    });
    for node in defers {
        if uses(cx, cfg, node, unasked).asked {
            return false;
        }
    }
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut open: VecDeque<NodeId> = cfg
        .successors(point.node)
        .iter()
        .filter(|edge| edge.kind == EdgeKind::False)
        .map(|edge| edge.node)
        .collect();
    while let Some(node) = open.pop_front() {
        if !seen.insert(node) || node == point.node {
            continue;
        }
        if node == cfg.exit() {
            return true;
        }
        if let NodeKind::Cond(cond) = cfg.kind(node)
            && let Some((fun, _)) = file.call(file.unparen(cond))
            && file
                .selector(file.unparen(fun))
                .is_some_and(|(_, name)| name.starts_with("Next"))
            && mentions(cx, cfg, node, unasked.local)
        {
            // The next loop over it, or the next result set.
            return false;
        }
        if returns_error(cx, cfg, node) {
            continue;
        }
        let at = Point {
            func: point.func,
            node,
        };
        if uses(cx, cfg, node, unasked).asked {
            continue;
        }
        // With another value the chance is gone.
        if cx.facts().var(unasked.local).write_at(at).is_some() {
            return true;
        }
        let error = error_edge(cx, cfg, node);
        for edge in cfg.successors(node) {
            if Some(edge.kind) != error {
                open.push_back(edge.node);
            }
        }
    }
    false
}

/// Whether a node returns an error that is there for certain, as far as its looks tell.
fn returns_error(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId) -> bool {
    let NodeKind::Return(stmt) = cfg.kind(node) else {
        return false;
    };
    let file = cx.file();
    let StmtKind::Return(results) = file.stmt(stmt).kind else {
        return false;
    };
    let Some(&last) = file.exprs(results).last() else {
        return false;
    };
    let last = file.unparen(last);
    // A variable of the package, a new error, a literal.
    let is_new = match file.expr(last).kind {
        ExprKind::Call { fun, .. } => makes_error(file.expr_text(fun)),
        ExprKind::CompositeLit { .. } | ExprKind::Unary { .. } => true,
        ExprKind::Selector { sel, .. } => {
            let name = file.span_text(sel);
            name.starts_with("Err") && name.len() > 3
        }
        _ => matches!(cx.body().object(last), Object::Member(_)),
    };
    is_new && gives_error(cx, cfg.func())
}

/// Whether a function, as it is written, gives an error that is not nil: `fmt.Errorf`, `newError`. Those
/// that wrap give nil for nil.
fn makes_error(fun: &str) -> bool {
    const WRAPPING: [&str; 6] = ["Wrap", "Trace", "Join", "With", "Annotate", "Err"];
    let name = fun.rsplit('.').next().unwrap_or(fun);
    let wraps = WRAPPING
        .iter()
        .any(|word| name.starts_with(word) && !name.starts_with("Error"));
    (fun.contains("rror") || fun.contains(".Err")) && !wraps
}

fn mentions(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId, local: LocalId) -> bool {
    let mut found = false;
    cfg.own_exprs(node, |expr| {
        found |= cx.body().object(expr) == Object::Local(local);
    });
    found
}

/// The edge of a condition that says that there is an error.
fn error_edge(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId) -> Option<EdgeKind> {
    let NodeKind::Cond(cond) = cfg.kind(node) else {
        return None;
    };
    let file = cx.file();
    let ExprKind::Binary { op, x, y } = file.expr(file.unparen(cond)).kind else {
        return None;
    };
    let edge = match op {
        BinaryOp::Ne => EdgeKind::True,
        BinaryOp::Eq => EdgeKind::False,
        _ => return None,
    };
    (cx.body().object(file.unparen(y)) == Object::Nil && is_error(cx, x)).then_some(edge)
}

/// Whether an expression is an error, by its type or, where that is unknown, by its name.
pub(crate) fn is_error(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let ty = cx.body().type_of(expr);
    cx.body().is_error(ty)
        || (ty.is_unknown() && cx.file().expr_text(expr).to_lowercase().contains("err"))
}

/// What happens with the value at a node.
#[derive(Clone, Copy)]
struct Uses {
    /// The error may be asked for, here or by whoever gets the value.
    asked: bool,
    /// Something else holds the value from here on.
    kept: bool,
}

fn uses(cx: &RuleCx<'_>, cfg: &Cfg<'_>, node: NodeId, unasked: &Unasked) -> Uses {
    let file = cx.file();
    let is_it = |expr: ExprId| cx.body().object(file.unparen(expr)) == Object::Local(unasked.local);
    let mut asked = false;
    let mut literals = Vec::new();
    // Mentions, and those of them that are explained.
    let (mut all, mut explained) = (0_usize, 0_usize);
    let mut visit = |expr: ExprId| match file.expr(expr).kind {
        ExprKind::Ident if is_it(expr) => all += 1,
        ExprKind::Selector { x, .. } if is_it(x) => {
            explained += 1;
            asked |= asks(cx, expr, unasked.local, &unasked.method);
        }
        ExprKind::Call { args, .. } => {
            let given = file.exprs(args).iter().filter(|&&arg| is_it(arg)).count();
            explained += given;
            asked |= given > 0 && passes_on(cx, expr, unasked);
        }
        ExprKind::Binary { x, y, .. } => {
            explained += [x, y].into_iter().filter(|&operand| is_it(operand)).count();
        }
        ExprKind::FuncLit(func) => literals.push(func),
        _ => {}
    };
    cfg.own_exprs(node, &mut visit);
    if let Some(stmt) = cfg.stmt_of_node(node)
        && let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind
    {
        explained += file
            .exprs(lhs)
            .iter()
            .filter(|&&target| is_it(target))
            .count();
    }
    let kept = all > explained;
    let mut in_literals = false;
    for func in literals {
        walk(file, Node::Func(func), |at| {
            if let Node::Expr(expr) = at {
                match file.expr(expr).kind {
                    ExprKind::Call { args, .. } => {
                        let given = file.exprs(args).iter().any(|&arg| is_it(arg));
                        in_literals |= given && passes_on(cx, expr, unasked);
                    }
                    _ => in_literals |= asks(cx, expr, unasked.local, &unasked.method),
                }
            }
            Descend::Into
        });
    }
    Uses {
        asked: asked || in_literals || kept,
        kept,
    }
}

/// Whether a call passes the value on to something that may ask.
fn passes_on(cx: &RuleCx<'_>, call: ExprId, unasked: &Unasked) -> bool {
    let file = cx.file();
    let body = cx.body();
    let Some((fun, args)) = file.call(call) else {
        return false;
    };
    let Some(index) = args
        .iter()
        .position(|&arg| body.object(file.unparen(arg)) == Object::Local(unasked.local))
    else {
        return false;
    };
    // Through such a parameter nobody can ask.
    if let Type::Func { params, .. } = body.cx().ty(body.underlying(body.type_of(fun)))
        && let Some(&ty) = body.cx().types(params).get(index)
        && matches!(body.cx().ty(body.underlying(ty)), Type::Interface { .. })
        && !matches!(
            body.selection(ty, &unasked.method),
            Some(Selection::Method { .. })
        )
        && !matches!(
            body.type_string(ty).as_str(),
            "any" | "interface{}" | "interface {}"
        )
    {
        return false;
    }
    // A function of the package is looked into.
    if let Some((index, func)) = body.declaration(call) {
        return may_ask(body, index, func, &unasked.method);
    }
    true
}

/// Whether a function of the package asks something for its error, or hands something on.
fn may_ask(body: &Body<'_>, index: u32, func: FuncId, method: &str) -> bool {
    let file = body.cx().file(index);
    calls(file, func).contains(method)
}
