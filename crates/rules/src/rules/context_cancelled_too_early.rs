//! `context-cancelled-too-early`.

use go_flow::{CallMode, DeferSite, GoSite, NodeKind, Place, PlaceRoot, Point, Visit, calls};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, FuncId, Span, StmtKind, UnaryOp};
use go_types::{Callee, LocalKind, Object, PackageCx, Selection};

use crate::FileInput;
use crate::contexts::{
    Cancellable, MAKERS, cancellables, context_argument, is_context_of, maker, works_with,
};
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds contexts that are cancelled while what they were made for still goes on.
    ///
    /// ## What it does
    /// Reports contexts whose `cancel` is deferred (or called) by the function that makes them, and
    /// that are used beyond its end:
    ///
    /// - a goroutine gets the context, and nothing but the end of the function comes after its start;
    /// - the context is returned, or stored in what the caller has right before the function ends;
    /// - a result of the function only works as long as its context does: an HTTP response whose body
    ///   was not read, `sql.Rows`, `sql.Row` or `sql.Tx`, a request or command that was not run yet,
    ///   a stream.
    ///
    /// The context of an HTTP request ends when the handler returns: a goroutine that gets it at the end
    /// of a handler is reported likewise.
    ///
    /// It also reports calls that get the context of an `errgroup` after its `Wait`, which cancels it.
    ///
    /// A goroutine that only waits for the end of the context is right, and so is one that works
    /// while the function does.
    ///
    /// ## Why it is bad
    /// `cancel` runs when the function returns, and everything that looks at the context stops then:
    /// the goroutine has hardly begun, reading the body gives `context canceled`, the transaction is
    /// rolled back. It often works in tests, where the race is won.
    ///
    /// ## Example
    /// ```go
    /// func fetch(ctx context.Context, url string) (*http.Response, error) {
    /// 	ctx, cancel := context.WithTimeout(ctx, time.Minute)
    /// 	defer cancel()
    /// 	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return http.DefaultClient.Do(req)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func fetch(ctx context.Context, url string) ([]byte, error) {
    /// 	ctx, cancel := context.WithTimeout(ctx, time.Minute)
    /// 	defer cancel()
    /// 	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	resp, err := http.DefaultClient.Do(req)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer resp.Body.Close()
    /// 	return io.ReadAll(resp.Body)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When who gets the context only wants its values, or when the goroutine is meant to do next to
    /// nothing.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub ContextCancelledTooEarly {
        name: "context-cancelled-too-early",
        category: Context,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for ContextCancelledTooEarly {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let called = calls(package.file(input.index), func);
        called.contains("Context") || MAKERS.iter().any(|name| called.contains(name))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        of_requests(cx);
        for made in cancellables(cx) {
            if made.is_group {
                after_wait(cx, &made);
                continue;
            }
            let cancels: Vec<_> = cx
                .facts()
                .defers_of(made.point.func)
                .filter(|site| made.is_deferred_cancel(cx, site))
                .collect();
            let Some(&cancel) = cancels.first() else {
                continue;
            };
            if !returned(cx, &made, cancel) && !stored(cx, &made, cancel) {
                spawned(cx, &made, cancel);
            }
        }
    }
}

fn report(cx: &RuleCx<'_>, span: Span, message: String, cancel: &DeferSite<'_>, help: &str) {
    cx.report(&ContextCancelledTooEarly::META, span, message)
        .help(help)
        .related(
            cx.file().stmt(cancel.stmt).span,
            "this cancels the context when the function returns",
        );
}

fn name_of(cx: &RuleCx<'_>, made: &Cancellable) -> String {
    let span = cx.body().names().local(made.ctx).span;
    cx.file().span_text(span).to_owned()
}

/// Reports results that end with the context.
fn returned(cx: &RuleCx<'_>, made: &Cancellable, cancel: &DeferSite<'_>) -> bool {
    let file = cx.file();
    let func = made.point.func;
    let cfg = cx.facts().cfg(func);
    let mut found = false;
    for node in cfg.nodes() {
        let NodeKind::Return(stmt) = node.kind else {
            continue;
        };
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            continue;
        };
        if !cfg.reaches(cancel.point.node, node.id) {
            continue;
        }
        for &result in file.exprs(results) {
            let Some(why) = ends_with(cx, made, result) else {
                continue;
            };
            // Who returns the function that cancels, or the end of the context, knows what it does.
            if found {
                break;
            }
            found = true;
            let ctx = name_of(cx, made);
            let message = match why {
                Bound::Itself => format!("the context `{ctx}` is returned cancelled"),
                Bound::Part => {
                    format!("what is returned holds the context `{ctx}`, which is cancelled then")
                }
                Bound::Thing(noun) => format!(
                    "the {noun} that is returned ends with the context `{ctx}`, which is cancelled then"
                ),
            };
            report(
                cx,
                file.expr(result).span,
                message,
                cancel,
                "return the cancel function as well, or do here what needs the context",
            );
        }
    }
    found
}

/// How a value ends with a context.
enum Bound {
    /// It is the context.
    Itself,
    /// The context is a part of it.
    Part,
    /// It was made with it.
    Thing(&'static str),
}

/// Whether a value is of no use once the context is cancelled.
fn ends_with(cx: &RuleCx<'_>, made: &Cancellable, expr: ExprId) -> Option<Bound> {
    let file = cx.file();
    let expr = file.unparen(expr);
    if made.is_ctx(cx, expr) {
        return Some(Bound::Itself);
    }
    let value = cx.facts().value_of(expr).unwrap_or(expr);
    let literal = match file.expr(value).kind {
        ExprKind::Unary {
            op: UnaryOp::Addr,
            x,
        } => file.unparen(x),
        _ => value,
    };
    if let ExprKind::CompositeLit { elts, .. } = file.expr(literal).kind {
        let holds = file.exprs(elts).iter().any(|&elt| {
            let value = match file.expr(elt).kind {
                ExprKind::KeyValue { value, .. } => value,
                _ => elt,
            };
            made.is_ctx(cx, value)
        });
        // With the function that cancels, it may be a record of what was.
        return holds.then_some(Bound::Part);
    }
    thing(cx, made, expr).map(Bound::Thing)
}

/// The word for a value that was made with the context and ends with it.
fn thing(cx: &RuleCx<'_>, made: &Cancellable, expr: ExprId) -> Option<&'static str> {
    let file = cx.file();
    if let ExprKind::Selector { x, sel } = file.expr(expr).kind {
        let noun = thing(cx, made, file.unparen(x))?;
        return (file.span_text(sel) == "Body" && noun == "response").then_some("body");
    }
    let (call, index) = maker(cx, expr)?;
    if index != 0 {
        return None;
    }
    let gets = || context_argument(cx, call, |arg| made.is_ctx(cx, arg)).is_some();
    match cx.facts().callee(call) {
        Callee::Func {
            package: "net/http",
            name: "NewRequestWithContext",
            ..
        } => gets().then_some("request"),
        Callee::Func {
            package: "os/exec",
            name: "CommandContext",
            ..
        } => (gets() && !is_run(cx, expr)).then_some("command"),
        Callee::Selected {
            name: "WithContext",
            ..
        } => (gets() && is_request(cx, call)).then_some("request"),
        Callee::Selected {
            name: "Do" | "RoundTrip",
            ..
        } => {
            let request = file.call(call)?.1.first().copied()?;
            let is_bound = thing(cx, made, file.unparen(request)) == Some("request")
                || is_replaced(cx, made, request);
            (is_bound && !is_read(cx, expr)).then_some("response")
        }
        Callee::Selected { x, name } => {
            let noun = match name {
                "QueryContext" | "QueryxContext" | "NamedQueryContext" => "rows",
                "QueryRowContext" | "QueryRowxContext" => "row",
                "BeginTx" | "BeginTxx" => "transaction",
                _ => return is_stream(cx, call).then(gets)?.then_some("stream"),
            };
            (gets() && is_sql(cx, call, x)).then_some(noun)
        }
        _ => None,
    }
}

/// Whether a request variable was given the context by `req = req.WithContext(ctx)`.
fn is_replaced(cx: &RuleCx<'_>, made: &Cancellable, request: ExprId) -> bool {
    let file = cx.file();
    let request = file.unparen(request);
    let Some((call, 0)) = maker(cx, request) else {
        return false;
    };
    matches!(
        cx.facts().callee(call),
        Callee::Selected {
            name: "WithContext",
            ..
        }
    ) && is_request(cx, call)
        && context_argument(cx, call, |arg| made.is_ctx(cx, arg)).is_some()
}

fn is_request(cx: &RuleCx<'_>, call: ExprId) -> bool {
    cx.body()
        .is_method_call(call, "net/http", "Request", "WithContext")
}

/// Whether a method is one of database/sql, or of a package around it.
fn is_sql(cx: &RuleCx<'_>, call: ExprId, x: ExprId) -> bool {
    let body = cx.body();
    // Where the package is not at hand, the names of the methods are good enough.
    let Some(method) = body.method(call) else {
        let ty = body.cx().deref(body.type_of(x));
        return body.selection(ty, "Close").is_none();
    };
    let owner = body.type_string(body.cx().deref(method.owner));
    ["database/sql.", "github.com/jmoiron/sqlx."]
        .iter()
        .any(|package| owner.starts_with(package))
}

/// Whether a call gives something to receive from, as calls of gRPC do.
fn is_stream(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let body = cx.body();
    let Some(results) = body.results_of_call(call) else {
        return false;
    };
    let has = |name| {
        results
            .first()
            .is_some_and(|&ty| matches!(body.selection(ty, name), Some(Selection::Method { .. })))
    };
    has("Recv") && has("CloseSend")
}

/// Whether the function reads, or replaces, the body of a response.
fn is_read(cx: &RuleCx<'_>, response: ExprId) -> bool {
    let Object::Local(local) = cx.body().object(response) else {
        return false;
    };
    let file = cx.file();
    file.func(cx.root()).exprs.iter().any(|expr| {
        matches!(file.selector(expr), Some((x, "Body")) if cx.body().object(x) == Object::Local(local))
    })
}

/// Whether the function runs a command.
fn is_run(cx: &RuleCx<'_>, command: ExprId) -> bool {
    let Object::Local(local) = cx.body().object(command) else {
        return false;
    };
    cx.facts().calls().iter().any(|site| {
        matches!(
            cx.facts().callee(site.call),
            Callee::Selected { x, name: "Run" | "Wait" | "Output" | "CombinedOutput" }
                if cx.body().object(x) == Object::Local(local)
        )
    })
}

/// Reports stores of the context in what outlives the function.
fn stored(cx: &RuleCx<'_>, made: &Cancellable, cancel: &DeferSite<'_>) -> bool {
    let file = cx.file();
    let func = made.point.func;
    let cfg = cx.facts().cfg(func);
    for node in cfg.nodes() {
        let NodeKind::Stmt(stmt) = node.kind else {
            continue;
        };
        let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
            continue;
        };
        for (&target, &value) in file.exprs(lhs).iter().zip(file.exprs(rhs)) {
            if !made.is_ctx(cx, value) || !outlives(cx, target) {
                continue;
            }
            // Put back before the end, or used by what the function does until then.
            let point = Point {
                func,
                node: node.id,
            };
            if is_set_again(cx, target, node.id, func) || !nothing_follows(cx, point, cancel) {
                return true;
            }
            let ctx = name_of(cx, made);
            report(
                cx,
                file.stmt(stmt).span,
                format!(
                    "`{}` keeps the context `{ctx}`, which is cancelled when the function returns",
                    cx.snippet(target)
                ),
                cancel,
                "keep the cancel function as well, and call it when the owner is closed",
            );
            return true;
        }
    }
    false
}

/// Whether an assignment to `target` is seen after the function has returned: a field of what a
/// pointer or the receiver leads to, or a variable of the package.
fn outlives(cx: &RuleCx<'_>, target: ExprId) -> bool {
    let Some(place) = Place::of(cx.body(), target) else {
        return false;
    };
    match place.root {
        PlaceRoot::Member(_) | PlaceRoot::Imported { .. } => true,
        PlaceRoot::Local(local) => {
            let what = cx.body().names().local(local);
            let is_given = matches!(what.kind, LocalKind::Param(_) | LocalKind::Receiver(_));
            let is_pointer = matches!(
                cx.body().cx().ty(cx.body().type_of_local(local)),
                go_types::Type::Pointer(_)
            );
            // Requests are given contexts for the calls that the function makes.
            is_given && is_pointer && !place.is_variable()
        }
    }
}

/// Whether the place gets another value too.
fn is_set_again(cx: &RuleCx<'_>, target: ExprId, node: go_flow::NodeId, func: FuncId) -> bool {
    let file = cx.file();
    let text = file.expr_text(target);
    file.func(cx.root()).stmts.iter().any(|stmt| {
        let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind else {
            return false;
        };
        file.exprs(lhs).iter().any(|&to| file.expr_text(to) == text)
            && cx.facts().point_of_stmt(stmt) != Some(Point { func, node })
    })
}

/// Reports goroutines that get the context right before it is cancelled.
fn spawned(cx: &RuleCx<'_>, made: &Cancellable, cancel: &DeferSite<'_>) {
    for go in cx.facts().gos() {
        if go.point.func == made.point.func
            && cx.facts().reachable(go.point)
            && gets_context(cx, made, go)
            && is_pending(cx, cancel, go)
            && nothing_follows(cx, go.point, cancel)
        {
            let ctx = name_of(cx, made);
            report(
                cx,
                cx.file().stmt(go.stmt).span,
                format!(
                    "the goroutine works with `{ctx}`, which is cancelled at once: the function returns without waiting for it"
                ),
                cancel,
                "let the goroutine call the cancel function when it is done, or wait for it",
            );
            return;
        }
    }
}

/// Reports goroutines that get the context of an HTTP request right before the handler returns.
fn of_requests(cx: &RuleCx<'_>) {
    let facts = cx.facts();
    for go in facts.gos() {
        if cx.is_test() || !facts.reachable(go.point) || !is_handler(cx, go.point.func) {
            continue;
        }
        let is_root = &mut |cx: &RuleCx<'_>, expr: ExprId| is_request_context(cx, expr);
        let is_ctx = |arg: ExprId, is_root: &mut dyn FnMut(&RuleCx<'_>, ExprId) -> bool| {
            is_context_of(cx, arg, is_root)
        };
        let direct = context_argument(cx, go.call, |arg| is_ctx(arg, is_root));
        let captured = || {
            let literal = go.literal.or_else(|| facts.literal_called(go.call))?;
            facts
                .calls_of(literal)
                .iter()
                .filter(|site| site.mode == CallMode::Now && !is_brief(cx, site.call))
                .find_map(|site| {
                    context_argument(cx, site.call, |arg| {
                        is_context_of(cx, arg, &mut |cx, expr| is_request_context(cx, expr))
                    })
                })
        };
        if direct.or_else(captured).is_none() || !returns_soon(cx, go.point) {
            continue;
        }
        cx.report(
            &ContextCancelledTooEarly::META,
            cx.file().stmt(go.stmt).span,
            "the goroutine works with the context of the request, which is cancelled when the handler returns",
        )
        .help("give it `context.WithoutCancel` of that context, or wait for it");
        return;
    }
}

/// Whether a function is an HTTP handler: it has a response writer and a request.
fn is_handler(cx: &RuleCx<'_>, func: FuncId) -> bool {
    let file = cx.file();
    let params = file.fields_of(file.sig(file.func(func).sig).params);
    let types: Vec<&str> = params
        .iter()
        .map(|field| file.expr_text(file.field(field).ty))
        .collect();
    matches!(&*types, ["http.ResponseWriter", "*http.Request", ..])
}

/// Whether an expression is `r.Context()` of a request, or a variable that holds it.
fn is_request_context(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let Some((call, 0)) = maker(cx, expr) else {
        return false;
    };
    let Callee::Selected { x, name: "Context" } = cx.facts().callee(call) else {
        return false;
    };
    let Object::Local(local) = cx.body().object(x) else {
        return false;
    };
    // One that a variable got from elsewhere is another request.
    let LocalKind::Param(field) = cx.body().names().local(local).kind else {
        return false;
    };
    cx.facts().var(local).is_single_assignment()
        && cx.file().expr_text(cx.file().field(field).ty) == "*http.Request"
}

/// Whether nothing comes after a point of a handler but answering the request.
fn returns_soon(cx: &RuleCx<'_>, from: Point) -> bool {
    let facts = cx.facts();
    let file = cx.file();
    let cfg = facts.cfg(from.func);
    let params = file.fields_of(file.sig(file.func(from.func).sig).params);
    let writer = params
        .iter()
        .flat_map(|field| file.field(field).names.iter())
        .next()
        .and_then(|name| cx.body().names().declared(name));
    let answers = |call: ExprId| {
        let mut found = false;
        walk(file, Node::Expr(call), |node| {
            if let Node::Expr(expr) = node {
                found |= writer.is_some_and(|w| cx.body().object(expr) == Object::Local(w));
            }
            Descend::Into
        });
        found
    };
    if !cfg.can_reach_exit(from.node)
        || facts
            .defers_of(from.func)
            .any(|site| !is_brief(cx, site.call) && !is_harmless(cx, site))
    {
        return false;
    }
    cfg.search_after(from.node, |node| {
        let point = Point {
            func: from.func,
            node,
        };
        let waits = matches!(
            cfg.kind(node),
            NodeKind::Select(_) | NodeKind::Comm(_) | NodeKind::Range(_)
        ) || receives(cx, point);
        let works = facts.calls_at(point).iter().any(|site| {
            site.mode == CallMode::Now && !is_brief(cx, site.call) && !answers(site.call)
        });
        match cfg.kind(node) {
            NodeKind::Go(_) => Visit::Continue,
            _ if waits || works => Visit::Stop,
            _ => Visit::Continue,
        }
    })
    .is_none()
}

/// Whether a deferred call certainly does not wait.
fn is_harmless(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    matches!(
        site.callee,
        Callee::Selected {
            name: "Close" | "Unlock" | "RUnlock" | "End" | "Finish",
            ..
        }
    ) || matches!(site.callee, Callee::Var(_))
        && site.literal.is_none()
        && cx.facts().literal_called(site.call).is_none()
}

/// Whether something is received at a node.
fn receives(cx: &RuleCx<'_>, point: Point) -> bool {
    let file = cx.file();
    let cfg = cx.facts().cfg(point.func);
    file.func(point.func).exprs.iter().any(|expr| {
        let is_receive = matches!(
            file.expr(expr).kind,
            ExprKind::Unary {
                op: UnaryOp::Recv,
                ..
            }
        );
        is_receive && cfg.node_of_expr(expr) == Some(point.node)
    })
}

fn gets_context(cx: &RuleCx<'_>, made: &Cancellable, go: &GoSite<'_>) -> bool {
    match go.literal.or_else(|| cx.facts().literal_called(go.call)) {
        Some(literal) => {
            let cancels = cx
                .facts()
                .calls_of(literal)
                .iter()
                .any(|site| made.is_cancel(cx, site.call));
            !cancels
                && (works_with(cx, literal, made.ctx)
                    || context_argument(cx, go.call, |arg| made.is_ctx(cx, arg)).is_some())
        }
        None => context_argument(cx, go.call, |arg| made.is_ctx(cx, arg)).is_some(),
    }
}

/// Whether the call of `cancel` runs at the end of the function that starts the goroutine.
fn is_pending(cx: &RuleCx<'_>, cancel: &DeferSite<'_>, go: &GoSite<'_>) -> bool {
    let cfg = cx.facts().cfg(go.point.func);
    cfg.dominates(cancel.point.node, go.point.node)
        || cfg.dominates(go.point.node, cancel.point.node)
}

/// Whether nothing that takes time comes between a point and the end of the function.
fn nothing_follows(cx: &RuleCx<'_>, from: Point, cancel: &DeferSite<'_>) -> bool {
    let facts = cx.facts();
    let func = from.func;
    let cfg = facts.cfg(func);
    if !cfg.can_reach_exit(from.node) {
        return false;
    }
    // Other deferred calls may wait.
    let may_wait = |site: &DeferSite<'_>| {
        site.stmt != cancel.stmt
            && cfg.reaches(site.point.node, cfg.exit())
            && !is_brief(cx, site.call)
    };
    if facts.defers_of(func).any(may_wait) {
        return false;
    }
    let busy = cfg.search_after(from.node, |node| {
        let point = Point { func, node };
        let waits = match cfg.kind(node) {
            NodeKind::Select(_) | NodeKind::Comm(_) | NodeKind::Range(_) => true,
            NodeKind::Go(_) => return Visit::Continue,
            NodeKind::Stmt(stmt) => matches!(cx.file().stmt(stmt).kind, StmtKind::Send { .. }),
            _ => false,
        };
        let calls = facts
            .calls_at(point)
            .iter()
            .any(|site| site.mode == CallMode::Now && !is_brief(cx, site.call));
        if waits || calls || receives(cx, point) {
            Visit::Stop
        } else {
            Visit::Continue
        }
    });
    busy.is_none()
}

/// Whether a call certainly takes no time.
fn is_brief(cx: &RuleCx<'_>, call: ExprId) -> bool {
    match cx.facts().callee(call) {
        Callee::Builtin(_) | Callee::Conversion(_) => true,
        Callee::Func { package, .. } => {
            matches!(
                package,
                "fmt" | "log" | "errors" | "strings" | "strconv" | "log/slog"
            )
        }
        Callee::Selected { name, .. } => matches!(
            name,
            "Lock"
                | "Unlock"
                | "RLock"
                | "RUnlock"
                | "Add"
                | "Done"
                | "Info"
                | "Infof"
                | "Debug"
                | "Debugf"
                | "Print"
                | "Printf"
                | "Println"
                | "Store"
                | "Load"
                | "Set"
                | "Error"
                | "String"
        ),
        _ => false,
    }
}

/// Reports calls that get the context of a group after its `Wait`.
fn after_wait(cx: &RuleCx<'_>, made: &Cancellable) {
    let facts = cx.facts();
    let func = made.point.func;
    let cfg = facts.cfg(func);
    let waits = facts
        .calls_of(func)
        .iter()
        .filter(|site| made.is_cancelled_by(cx, site));
    let wait = { waits }.find(|site| facts.reachable(site.point));
    let Some(wait) = wait else { return };
    let late = facts.calls_of(func).iter().find(|site| {
        site.mode == CallMode::Now
            && site.point != wait.point
            && cfg.dominates(wait.point.node, site.point.node)
            && !is_brief(cx, site.call)
            && !is_log(cx, site.call)
            && context_argument(cx, site.call, |arg| made.is_ctx(cx, arg)).is_some()
    });
    let Some(late) = late else { return };
    let ctx = name_of(cx, made);
    cx.report(
        &ContextCancelledTooEarly::META,
        cx.file().expr(late.call).span,
        format!(
            "`{}` gets the context `{ctx}` of the group, which `Wait` has cancelled",
            cx.call_snippet(late.call)
        ),
    )
    .help("use the context that the group was made with")
    .related(
        cx.file().expr(wait.call).span,
        "the context of the group is cancelled when this returns",
    );
}

/// Whether a call only tells something.
fn is_log(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = cx.facts().callee(call)
    else {
        return false;
    };
    [
        "Log", "Info", "Debug", "Warn", "Error", "Trace", "Print", "With", "From", "Get", "Cause",
    ]
    .iter()
    .any(|verb| name.starts_with(verb))
}
