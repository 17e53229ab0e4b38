//! `defer-loop-variable`.

use go_flow::{DeferSite, Loop, LoopKind};
use go_syntax::{ExprId, ExprKind, FuncId, RangeOp, Span, StmtKind, UnaryOp};
use go_types::{DeclSite, Local, LocalId, LocalKind, Type};

use crate::cx::RuleCx;
use crate::repeat::head_span;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred calls that use a loop variable which all iterations share.
    ///
    /// ## What it does
    /// Reports a `defer` in the body of a loop when the deferred call uses the loop's variable as it
    /// is when the call runs: a function literal that mentions it, an argument `&v`, a method with a
    /// pointer receiver on a variable that is no pointer. Loops that declare their variable
    /// (`for v := range`) share it in files of a language version before Go 1.22; loops that assign
    /// to a variable declared before them (`for v = range`) always do.
    ///
    /// ## Why it is bad
    /// Before Go 1.22 a loop has one variable for all its iterations (specification, "For
    /// statements"). Deferred calls run when the function returns, and by then the variable has its
    /// last value: each of them works on the last element, and the others are never released.
    ///
    /// ## Example
    /// ```go
    /// // go 1.21
    /// func closeAll(files []*os.File) {
    /// 	for _, f := range files {
    /// 		defer func() { f.Close() }()
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// // go 1.21
    /// func closeAll(files []*os.File) {
    /// 	for _, f := range files {
    /// 		defer f.Close()
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the deferred call wants the last value, as for a count of the elements that were seen.
    /// The language version comes from the `go` line of go.mod or from a `//go:build` line; without
    /// either the newest is assumed.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferLoopVariable {
        name: "defer-loop-variable",
        category: Semantics,
        severity: Error,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferLoopVariable {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            if cx.facts().in_cycle(site.point)
                && let Some(shared) = shared_variable(cx, site)
            {
                report(cx, site, &shared);
            }
        }
    }
}

/// A loop variable that a deferred call uses late.
struct Shared<'c> {
    local: LocalId,
    owner: &'c Loop,
    /// Where it is used.
    used: Span,
    /// Whether the loop declares it.
    declared: bool,
}

fn report(cx: &RuleCx<'_>, site: &DeferSite<'_>, shared: &Shared<'_>) {
    let name = cx
        .file()
        .span_text(cx.body().names().local(shared.local).span);
    let reason = match shared.declared {
        true => "is one variable for all iterations before Go 1.22",
        false => "is declared outside of the loop and shared by all iterations",
    };
    let message =
        format!("`{name}` {reason}: when the deferred calls run, each of them sees its last value");
    cx.report(
        &DeferLoopVariable::META,
        cx.file().stmt(site.stmt).span,
        message,
    )
    .related(
        head_span(cx, shared.owner),
        format!("each iteration assigns to `{name}`"),
    )
    .related(shared.used, "this is evaluated when the function ends")
    .help(format!(
        "pass `{name}` as an argument, or copy it first: `{name} := {name}`"
    ));
}

fn shared_variable<'c>(cx: &RuleCx<'c>, site: &DeferSite<'_>) -> Option<Shared<'c>> {
    let loops = cx.facts().cfg(site.point.func).loops_of(site.stmt);
    cx.body().names().locals().find_map(|(id, local)| {
        let used = late_use(cx, site, id)?;
        let (owner, declared) = loops
            .iter()
            .find_map(|lp| Some((*lp, variable_of(cx, lp, id, local)?)))?;
        if declared && cx.go_at_least(22) {
            return None;
        }
        // An iteration that leaves the loop leaves the variable as it is.
        let changes = cx
            .facts()
            .writes_after(site.point, id)
            .iter()
            .any(|write| !write.in_closure);
        changes.then_some(Shared {
            local: id,
            owner,
            used,
            declared,
        })
    })
}

/// Where the deferred call uses the variable when it runs, rather than its value at the statement.
fn late_use(cx: &RuleCx<'_>, site: &DeferSite<'_>, local: LocalId) -> Option<Span> {
    let file = cx.file();
    let uses = cx.body().names().uses(local);
    if let Some(literal) = cx.facts().literal_called(site.call) {
        let span = file.func(literal).span;
        let is_within = |func: FuncId| span.contains(file.func(func).span);
        let used = uses.iter().find(|used| is_within(used.func));
        if let Some(used) = used {
            return Some(file.expr(used.expr).span);
        }
    }
    let is_variable = |expr: ExprId| cx.body().names().local_of(file.unparen(expr)) == Some(local);
    let (_, args) = file.call(site.call)?;
    let address = args
        .iter()
        .find(|&&arg| match file.expr(file.unparen(arg)).kind {
            ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } => is_variable(x),
            _ => false,
        });
    let receiver = || {
        let method = cx
            .body()
            .method(site.call)
            .filter(|method| method.pointer)?;
        let recv = method.recv.filter(|&recv| is_variable(recv))?;
        is_value(cx, recv).then_some(recv)
    };
    address
        .copied()
        .or_else(receiver)
        .map(|expr| file.expr(expr).span)
}

/// Whether the method is called on the variable itself, whose address it gets, not on a pointer.
fn is_value(cx: &RuleCx<'_>, recv: ExprId) -> bool {
    let body = cx.body();
    !matches!(
        body.cx().ty(body.underlying(body.type_of(recv))),
        Type::Pointer(_)
    )
}

/// Whether `local` is a variable of the loop, and if so, whether the loop declares it.
fn variable_of(cx: &RuleCx<'_>, lp: &Loop, id: LocalId, local: &Local) -> Option<bool> {
    let file = cx.file();
    let is_local = |expr: &ExprId| cx.body().names().local_of(file.unparen(*expr)) == Some(id);
    match (file.stmt(lp.stmt).kind, local.kind) {
        (_, LocalKind::RangeVar { stmt, .. }) => {
            (stmt == lp.stmt && lp.kind == LoopKind::Range).then_some(true)
        }
        (
            StmtKind::Range {
                key,
                value,
                op: RangeOp::Assign,
                ..
            },
            _,
        ) => [key, value].iter().flatten().any(is_local).then_some(false),
        (
            StmtKind::For {
                init: Some(init), ..
            },
            _,
        ) => {
            let StmtKind::Assign { lhs, .. } = file.stmt(init).kind else {
                return None;
            };
            let assigned = file.exprs(lhs).iter().find(|expr| is_local(expr))?;
            Some(local.site == DeclSite::Expr(*assigned))
        }
        _ => None,
    }
}
