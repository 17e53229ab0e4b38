//! `cleanup-with-cancelled-context`.

use go_flow::{CallMode, CallSite, DeferSite, NodeId, NodeKind, Point, Visit, calls};
use go_syntax::{ExprId, ExprKind, FuncId, Span, StmtKind, UnaryOp};
use go_types::{Callee, LocalId, LocalKind, Object, PackageCx};

use crate::FileInput;
use crate::contexts::{
    Cancellable, cancellables, context_argument, is_cleanup, is_context_of, maker,
};
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds cleanup calls that get a context which is cancelled by then.
    ///
    /// ## What it does
    /// Reports calls of functions whose names say that they put something in order (`Shutdown`,
    /// `Close`, `Rollback`, `Delete…`, `Release…` and the like) and that get a context which is
    /// certainly cancelled: a deferred one, when the `defer` of the context's `cancel` comes later and
    /// so runs first; and one that can only be reached by waiting for `ctx.Done()` of the same
    /// context. Contexts made of it by `context.WithTimeout` and the like are cancelled with it.
    ///
    /// In tests it reports such calls in functions given to `t.Cleanup` with `t.Context()`, which is
    /// cancelled just before those functions run (package testing).
    ///
    /// A `cancel` that is called by hand before the end is no cause: it often says that the cleanup is
    /// not needed any more.
    ///
    /// ## Why it is bad
    /// A context that is made of a cancelled one is cancelled from the start (package context). The
    /// server does not wait for its connections, the lease is not given back, the rows are not
    /// deleted: the call returns `context canceled` at once, and mostly nobody looks at that error.
    ///
    /// ## Example
    /// ```go
    /// func serve(ctx context.Context, srv *http.Server) error {
    /// 	go srv.ListenAndServe()
    /// 	<-ctx.Done()
    /// 	last, cancel := context.WithTimeout(ctx, 5*time.Second)
    /// 	defer cancel()
    /// 	return srv.Shutdown(last)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func serve(ctx context.Context, srv *http.Server) error {
    /// 	go srv.ListenAndServe()
    /// 	<-ctx.Done()
    /// 	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
    /// 	defer cancel()
    /// 	return srv.Shutdown(last)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the function does its work whatever the context says, and wants only its values; or when
    /// it is meant to give up at once.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub CleanupWithCancelledContext {
        name: "cleanup-with-cancelled-context",
        category: Context,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for CleanupWithCancelledContext {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let called = calls(package.file(input.index), func);
        called.contains("Done")
            || called.contains("Cleanup")
            || crate::contexts::MAKERS
                .iter()
                .any(|name| called.contains(name))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let mut told: Vec<ExprId> = Vec::new();
        for made in cancellables(cx) {
            deferred(cx, &made, &mut told);
        }
        after_done(cx, &mut told);
        if cx.is_test() {
            in_cleanups(cx);
        }
    }
}

/// Deferred calls that run after the context is cancelled.
fn deferred(cx: &RuleCx<'_>, made: &Cancellable, told: &mut Vec<ExprId>) {
    let facts = cx.facts();
    let func = made.point.func;
    let cfg = facts.cfg(func);
    for site in facts.defers_of(func) {
        let Some(call) = cleanup_of(cx, site, made) else {
            continue;
        };
        // Every path to the end registers or makes the call of `cancel`.
        let mut cancelled_at: Option<Span> = None;
        let uncancelled = cfg.search_after(site.point.node, |node| {
            if node == cfg.exit() {
                return Visit::Stop;
            }
            match cancels_at(cx, made, Point { func, node }) {
                Some(span) => {
                    cancelled_at.get_or_insert(span);
                    Visit::Skip
                }
                None => Visit::Continue,
            }
        });
        let Some(cancelled_at) = cancelled_at.filter(|_| uncancelled.is_none()) else {
            continue;
        };
        if told.contains(&call) {
            continue;
        }
        told.push(call);
        let name = cx.call_snippet(call);
        cx.report(
            &CleanupWithCancelledContext::META,
            cx.file().stmt(site.stmt).span,
            format!("when the deferred `{name}` runs, its context is cancelled already"),
        )
        .help(format!(
            "defer `{}` before this, so that it runs after it, or give the call a context of its own",
            cx.file().span_text(cx.body().names().local(made.cancel).span)
        ))
        .related(cancelled_at, "this runs first: deferred calls run in reverse order");
    }
}

/// The call of a `defer` that puts something in order with this context.
fn cleanup_of(cx: &RuleCx<'_>, site: &DeferSite<'_>, made: &Cancellable) -> Option<ExprId> {
    let uses = |call: ExprId| {
        is_cleanup(cx, call) && context_argument(cx, call, |arg| made.is_ctx(cx, arg)).is_some()
    };
    match site.literal {
        None => uses(site.call).then_some(site.call),
        Some(literal) => cx
            .facts()
            .calls_of(literal)
            .iter()
            .find(|inner| inner.mode == CallMode::Now && uses(inner.call))
            .map(|inner| inner.call),
    }
}

/// The `defer` at a node by which the context is cancelled before what was deferred earlier runs. (Who
/// calls `cancel` by hand often means to say that the cleanup is no longer needed.)
fn cancels_at(cx: &RuleCx<'_>, made: &Cancellable, point: Point) -> Option<Span> {
    let facts = cx.facts();
    if let NodeKind::Defer(stmt) = facts.cfg(point.func).kind(point.node) {
        let site = facts.defers_of(point.func).find(|site| site.stmt == stmt)?;
        return made
            .is_deferred_cancel(cx, site)
            .then(|| cx.file().stmt(stmt).span);
    }
    None
}

/// Cleanup calls that can be reached only by waiting for the end of their context.
fn after_done(cx: &RuleCx<'_>, told: &mut Vec<ExprId>) {
    let facts = cx.facts();
    let waits: Vec<(Point, LocalId, ExprId)> = facts
        .calls()
        .iter()
        .filter_map(|site| waited_for(cx, site))
        .collect();
    if waits.is_empty() {
        return;
    }
    for site in facts.calls() {
        if matches!(site.mode, CallMode::Spawned(_)) || !is_cleanup(cx, site.call) {
            continue;
        }
        // Where the literal that holds the call runs; of a deferred one, nobody knows.
        for &(wait, local, receive) in &waits {
            if wait.func != site.point.func || told.contains(&site.call) {
                continue;
            }
            let is_same =
                &mut |cx: &RuleCx<'_>, expr: ExprId| cx.body().object(expr) == Object::Local(local);
            let given = context_argument(cx, site.call, |arg| is_context_of(cx, arg, is_same));
            if given.is_none()
                || !facts.reachable(site.point)
                || !only_through(cx, wait, site.point.node)
                || is_set_between(cx, local, wait, site.point.node)
            {
                continue;
            }
            told.push(site.call);
            let call = cx.call_snippet(site.call);
            let name = cx.file().span_text(cx.body().names().local(local).span);
            cx.report(
                &CleanupWithCancelledContext::META,
                cx.file().expr(site.call).span,
                format!("`{call}` gets a context that is cancelled: control comes here only after the end of `{name}`"),
            )
            .help("give it a context that outlives this one: `context.WithoutCancel` keeps the values, and `context.WithTimeout` sets a limit of its own")
            .related(cx.file().expr(receive).span, format!("`{name}` has ended when this goes on"));
        }
    }
}

/// Calls in functions given to `t.Cleanup` with the context of the test.
fn in_cleanups(cx: &RuleCx<'_>) {
    let facts = cx.facts();
    let file = cx.file();
    for site in facts.calls() {
        let Callee::Selected {
            name: "Cleanup", ..
        } = facts.callee(site.call)
        else {
            continue;
        };
        let Some((_, &[function])) = file.call(site.call) else {
            continue;
        };
        let ExprKind::FuncLit(literal) = file.expr(file.unparen(function)).kind else {
            continue;
        };
        let is_root = &mut |cx: &RuleCx<'_>, expr: ExprId| is_test_context(cx, expr);
        let late = facts.calls_of(literal).iter().find(|inner| {
            is_cleanup(cx, inner.call)
                && context_argument(cx, inner.call, |arg| is_context_of(cx, arg, is_root)).is_some()
        });
        let Some(late) = late else { continue };
        let call = cx.call_snippet(late.call);
        cx.report(
            &CleanupWithCancelledContext::META,
            file.expr(late.call).span,
            format!("`{call}` gets the context of the test, which is cancelled before the functions given to `Cleanup` run"),
        )
        .help("give it a context of its own, such as `context.WithoutCancel` of this one");
    }
}

/// Whether the value of an expression is `t.Context()` of a test or benchmark.
fn is_test_context(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let Some((call, 0)) = maker(cx, expr) else {
        return false;
    };
    let Callee::Selected { x, name: "Context" } = cx.facts().callee(call) else {
        return false;
    };
    let Object::Local(local) = cx.body().object(x) else {
        return false;
    };
    let LocalKind::Param(field) = cx.body().names().local(local).kind else {
        return false;
    };
    matches!(
        cx.file().expr_text(cx.file().field(field).ty),
        "*testing.T" | "*testing.B" | "*testing.F" | "testing.TB"
    )
}

/// What a call `ctx.Done()` is waited for with: where, the variable, and the receive.
fn waited_for(cx: &RuleCx<'_>, site: &CallSite) -> Option<(Point, LocalId, ExprId)> {
    let file = cx.file();
    let Callee::Selected { x, name: "Done" } = cx.facts().callee(site.call) else {
        return None;
    };
    let Object::Local(local) = cx.body().object(x) else {
        return None;
    };
    if !file.call(site.call)?.1.is_empty() || !is_context(cx, x) {
        return None;
    }
    let cfg = cx.facts().cfg(site.point.func);
    let is_receive = |expr: ExprId| matches!(file.expr(file.unparen(expr)).kind, ExprKind::Unary { op: UnaryOp::Recv, x } if file.unparen(x) == site.call);
    let receives = |stmt| match file.stmt(stmt).kind {
        StmtKind::Expr(expr) => is_receive(expr),
        StmtKind::Assign { rhs, .. } => file.exprs(rhs).iter().any(|&value| is_receive(value)),
        _ => false,
    };
    let node = match cfg.kind(site.point.node) {
        NodeKind::Stmt(stmt) => receives(stmt).then_some(site.point.node)?,
        NodeKind::Select(select) => {
            let StmtKind::Select { body } = file.stmt(select).kind else {
                return None;
            };
            let clause = file.block_stmts(body).iter().find(|&&clause| {
                matches!(file.stmt(clause).kind, StmtKind::CommClause { comm: Some(comm), .. } if receives(comm))
            })?;
            cfg.node_of_stmt(*clause)?
        }
        NodeKind::Comm(_) => site.point.node,
        _ => return None,
    };
    let point = Point {
        func: site.point.func,
        node,
    };
    Some((point, local, site.call))
}

/// Whether an expression is a context; by its name, when its type is not known.
fn is_context(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let ty = cx.body().type_of(expr);
    cx.body().is_named(ty, "context", "Context")
        || ty.is_unknown() && cx.file().expr_text(expr).to_lowercase().contains("ctx")
}

/// Whether every path to `to` passes `wait`.
fn only_through(cx: &RuleCx<'_>, wait: Point, to: NodeId) -> bool {
    wait.node != to && cx.facts().cfg(wait.func).dominates(wait.node, to)
}

/// Whether the variable may get another value on the way.
fn is_set_between(cx: &RuleCx<'_>, local: LocalId, wait: Point, to: NodeId) -> bool {
    let cfg = cx.facts().cfg(wait.func);
    cx.facts().var(local).writes.iter().any(|write| {
        write.point.func == wait.func
            && cfg.reaches(wait.node, write.point.node)
            && (write.point.node == to || cfg.reaches(write.point.node, to))
    })
}
