//! Contexts and the functions that cancel them: which variable holds which, what is derived from
//! them, and what only works as long as they are not cancelled.

use go_flow::{CallMode, CallSite, DeferSite, Point, Value};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Callee, LocalId, Object};

use crate::cx::RuleCx;

/// A context that a variable of the function can cancel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cancellable {
    /// Where it is made.
    pub(crate) point: Point,
    /// The variable that holds the context.
    pub(crate) ctx: LocalId,
    /// The variable that holds the function, or the group.
    pub(crate) cancel: LocalId,
    /// Whether `cancel` is an errgroup, whose `Wait` cancels.
    pub(crate) is_group: bool,
}

/// Functions of package context that make a context of another one, with a function to cancel it.
const CANCELLABLE: [&str; 6] = [
    "WithCancel",
    "WithCancelCause",
    "WithDeadline",
    "WithDeadlineCause",
    "WithTimeout",
    "WithTimeoutCause",
];

/// The names of all functions that make contexts that can be cancelled.
pub(crate) const MAKERS: [&str; 8] = [
    "WithCancel",
    "WithCancelCause",
    "WithDeadline",
    "WithDeadlineCause",
    "WithTimeout",
    "WithTimeoutCause",
    "NotifyContext",
    "WithContext",
];

/// How deep copies and derived contexts are followed.
const DEEPEST: u32 = 6;

/// The contexts that the function and its literals make and keep in variables, with what cancels
/// them.
pub(crate) fn cancellables(cx: &RuleCx<'_>) -> Vec<Cancellable> {
    let file = cx.file();
    let find = |stmt| {
        let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
            return None;
        };
        let (&[first, second], &[value]) = (file.exprs(lhs), file.exprs(rhs)) else {
            return None;
        };
        let call = file.unparen(value);
        let (is_group, is_maker) = match cx.facts().callee(call) {
            Callee::Func { package, name, .. } => match package {
                "context" | "golang.org/x/net/context" => (false, CANCELLABLE.contains(&name)),
                "os/signal" => (false, name == "NotifyContext"),
                "golang.org/x/sync/errgroup" => (true, name == "WithContext"),
                _ => return None,
            },
            _ => return None,
        };
        let local = |expr| match cx.body().object(expr) {
            Object::Local(local) => Some(local),
            _ => None,
        };
        let (ctx, cancel) = match is_group {
            true => (local(second)?, local(first)?),
            false => (local(first)?, local(second)?),
        };
        is_maker.then_some(Cancellable {
            point: cx.facts().point_of_stmt(stmt)?,
            ctx,
            cancel,
            is_group,
        })
    };
    file.func(cx.root()).stmts.iter().filter_map(find).collect()
}

impl Cancellable {
    /// Whether a call cancels it.
    pub(crate) fn is_cancel(&self, cx: &RuleCx<'_>, call: ExprId) -> bool {
        match cx.facts().callee(call) {
            Callee::Var(local) => !self.is_group && local == self.cancel,
            Callee::Selected { x, name: "Wait" } => {
                self.is_group && cx.body().object(x) == Object::Local(self.cancel)
            }
            _ => false,
        }
    }

    /// Whether a deferred call cancels it, itself or as a step of its literal that is always taken.
    pub(crate) fn is_deferred_cancel(&self, cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
        let Some(literal) = site.literal else {
            return self.is_cancel(cx, site.call);
        };
        let cfg = cx.facts().cfg(literal);
        cx.facts().calls_of(literal).iter().any(|inner| {
            inner.mode == CallMode::Now
                && self.is_cancel(cx, inner.call)
                && cfg.dominates(inner.point.node, cfg.exit())
        })
    }

    /// Whether a call that is made on the spot cancels it.
    pub(crate) fn is_cancelled_by(&self, cx: &RuleCx<'_>, site: &CallSite) -> bool {
        site.mode == CallMode::Now && self.is_cancel(cx, site.call)
    }

    /// Whether the value of `expr` is this context, or one that is made of it and ends with it.
    pub(crate) fn is_ctx(&self, cx: &RuleCx<'_>, expr: ExprId) -> bool {
        is_context_of(cx, expr, &mut |cx, expr| self.is_itself(cx, expr))
    }

    /// Whether `expr` is the variable, and holds what the call gave.
    fn is_itself(&self, cx: &RuleCx<'_>, expr: ExprId) -> bool {
        if cx.body().object(expr) != Object::Local(self.ctx) {
            return false;
        }
        let Some(point) = cx.facts().point_of_expr(expr) else {
            return false;
        };
        if point.func != self.point.func {
            // In a literal: it is the same as long as nobody else assigns.
            return cx
                .facts()
                .var(self.ctx)
                .writes
                .iter()
                .all(|write| write.point == self.point || matches!(write.value, Value::Param));
        }
        let definitions = cx.facts().definitions(point, self.ctx);
        matches!(*definitions.list, [one] if one.point == self.point)
    }
}

/// Whether the value of `expr` is a context that `is_root` knows, or one that is made of such a one
/// and ends with it.
pub(crate) fn is_context_of(
    cx: &RuleCx<'_>,
    expr: ExprId,
    is_root: &mut dyn FnMut(&RuleCx<'_>, ExprId) -> bool,
) -> bool {
    let mut at = cx.file().unparen(expr);
    for _ in 0..DEEPEST {
        if is_root(cx, at) {
            return true;
        }
        let Some(parent) = parent_of(cx, at) else {
            return false;
        };
        at = parent;
    }
    false
}

/// The context that the context `expr` was made of.
fn parent_of(cx: &RuleCx<'_>, expr: ExprId) -> Option<ExprId> {
    let file = cx.file();
    let (call, index) = maker(cx, expr)?;
    let Callee::Func { package, name, .. } = cx.facts().callee(call) else {
        return None;
    };
    let (_, args) = file.call(call)?;
    let derives = match (package, index) {
        ("context" | "golang.org/x/net/context", 0) => {
            name == "WithValue" || CANCELLABLE.contains(&name)
        }
        ("os/signal", 0) => name == "NotifyContext",
        ("golang.org/x/sync/errgroup", 1) => name == "WithContext",
        _ => false,
    };
    derives.then(|| args.first().map(|&arg| file.unparen(arg)))?
}

/// The call that gave the value of `expr`, and which of its results it is.
pub(crate) fn maker(cx: &RuleCx<'_>, expr: ExprId) -> Option<(ExprId, u32)> {
    let file = cx.file();
    let mut at = file.unparen(expr);
    for _ in 0..DEEPEST {
        if let ExprKind::Call { .. } = file.expr(at).kind {
            return Some((at, 0));
        }
        let Object::Local(local) = cx.body().object(at) else {
            return None;
        };
        let point = cx.facts().point_of_expr(at)?;
        let definitions = cx.facts().definitions(point, local);
        let definition = match *definitions.list {
            [one] => one,
            // A captured variable that gets its only value around the literal.
            [] => {
                let writes = &cx.facts().var(local).writes;
                let &[one] = &**writes else { return None };
                go_flow::Definition {
                    point: one.point,
                    value: one.value,
                }
            }
            _ => return None,
        };
        match definition.value {
            Value::Expr(value) => at = file.unparen(value),
            Value::Element { expr, index, .. } => return Some((file.unparen(expr), index)),
            _ => return None,
        }
    }
    None
}

/// The first argument of a call that `is_wanted` accepts and that the call gets as a context.
pub(crate) fn context_argument(
    cx: &RuleCx<'_>,
    call: ExprId,
    mut is_wanted: impl FnMut(ExprId) -> bool,
) -> Option<ExprId> {
    let (_, args) = cx.file().call(call)?;
    args.iter().copied().find(|&arg| is_wanted(arg))
}

/// Whether a literal does more with the variable `ctx` than wait for its end or ask for it.
pub(crate) fn works_with(cx: &RuleCx<'_>, literal: FuncId, ctx: LocalId) -> bool {
    let file = cx.file();
    let mut asked: Vec<ExprId> = Vec::new();
    let mut works = false;
    walk(file, Node::Func(literal), |node| {
        let Node::Expr(expr) = node else {
            return Descend::Into;
        };
        if let Some((x, "Done" | "Err" | "Deadline")) = file.selector(expr) {
            asked.push(file.unparen(x));
        }
        works |= cx.body().object(expr) == Object::Local(ctx) && !asked.contains(&expr);
        Descend::Into
    });
    works
}

/// Whether a literal mentions a variable.
pub(crate) fn mentions(cx: &RuleCx<'_>, literal: FuncId, local: LocalId) -> bool {
    let mut found = false;
    walk(cx.file(), Node::Func(literal), |node| {
        if let Node::Expr(expr) = node {
            found |= cx.body().object(expr) == Object::Local(local);
        }
        Descend::Into
    });
    found
}

/// The beginnings of names of functions that put things in order, and that a cancelled context keeps
/// from it.
const CLEANUPS: [&str; 27] = [
    "Shutdown",
    "Close",
    "Stop",
    "Disconnect",
    "Rollback",
    "Commit",
    "Delete",
    "Remove",
    "Cleanup",
    "CleanUp",
    "Release",
    "Unlock",
    "Flush",
    "ForceFlush",
    "Terminate",
    "Deregister",
    "Unregister",
    "Leave",
    "Kill",
    "Drop",
    "Teardown",
    "TearDown",
    "Destroy",
    "Revoke",
    "Uninstall",
    "Detach",
    "Unmount",
];

/// Whether a call puts things in order, as its name says.
pub(crate) fn is_cleanup(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = cx.facts().callee(call)
    else {
        return false;
    };
    let mut chars = name.chars();
    let name: String = chars
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(chars)
        .collect();
    CLEANUPS.iter().any(|verb| {
        name.strip_prefix(verb)
            .is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_lowercase()))
    })
}
