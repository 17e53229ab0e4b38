//! `deferred-release-of-returned-value`.

use go_flow::{DeadReturn, DeferSite, LiteralUse, NodeKind, Place, PlaceRoot, Point, Visit, calls};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, FuncId, Span, StmtKind};
use go_types::{Callee, LocalId, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::deferred::{Release, releases, source};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds a `defer` that releases what the function returns.
    ///
    /// ## What it does
    /// Reports a `defer` that closes a file, connection, body, set of rows… which the function goes
    /// on to return: as it is, in a struct, in a reader or writer around it, or in a literal that uses
    /// it. Likewise a deferred `cancel` when the function returns the context that it cancels. Only
    /// returns that do not say that there is an error count. (Where `context-cancelled-too-early` runs,
    /// contexts are left to it.) What is read from the thing, such as its
    /// contents or its name, can be returned.
    ///
    /// ## Why it is bad
    /// Deferred calls run after the results are set and before the caller gets them (Go
    /// specification, Defer statements), so the caller always gets something closed: the first use
    /// fails with "file already closed", "http: read on closed response body", "sql: Rows are
    /// closed", "context canceled".
    ///
    /// ## Example
    /// ```go
    /// func open(path string) (*os.File, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer f.Close()
    /// 	if _, err := f.Seek(512, io.SeekStart); err != nil {
    /// 		return nil, err
    /// 	}
    /// 	return f, nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func open(path string) (*os.File, error) {
    /// 	f, err := os.Open(path)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	if _, err := f.Seek(512, io.SeekStart); err != nil {
    /// 		f.Close()
    /// 		return nil, err
    /// 	}
    /// 	return f, nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the caller only wants what is still good after the release, such as the headers of a
    /// response whose body was read, or when a closed value can be opened again.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferredReleaseOfReturnedValue {
        name: "deferred-release-of-returned-value",
        category: Placement,
        severity: Error,
        default: off,
        needs: DEFER,
    }
}

/// Functions that make a context together with what cancels it.
const CANCELABLE: [&str; 8] = [
    "WithCancel",
    "WithCancelCause",
    "WithTimeout",
    "WithTimeoutCause",
    "WithDeadline",
    "WithDeadlineCause",
    "NotifyContext",
    "WithSignal",
];

impl Rule for DeferredReleaseOfReturnedValue {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        let has_results = |func: FuncId| file.sig(file.func(func).sig).results.is_some();
        let span = file.func(func).span;
        // Literals may return what the function around them does not.
        let mut nested = file
            .all_funcs()
            .filter(|&inner| file.func(inner).parent.is_some());
        let called = calls(file, func);
        (has_results(func)
            || nested.any(|inner| span.contains(file.func(inner).span) && has_results(inner)))
            && (called.iter().any(|name| input.models.is_release(name))
                || CANCELABLE.iter().any(|name| called.contains(name)))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            if !cx.facts().reachable(site.point) {
                continue;
            }
            for release in releases(cx, site) {
                if release.always && check(cx, site, &release) {
                    break;
                }
            }
        }
    }
}

fn check(cx: &RuleCx<'_>, site: &DeferSite<'_>, release: &Release<'_>) -> bool {
    if release.method.is_empty() {
        if cx.runs("context-cancelled-too-early") {
            return false;
        }
        let Some(context) = context_of(cx, site, release.local) else {
            return false;
        };
        let Some(at) = returned_context(cx, site, context) else {
            return false;
        };
        report(cx, site, release, at, How::Context(context));
        return true;
    }
    let Some(class) = release.class(cx) else {
        return false;
    };
    let dead = cx.facts().returned_after(
        cx.models(),
        cx.contracts(),
        site.stmt,
        (release.local, release.field),
        class,
    );
    let is_wrong = |dead: &&DeadReturn| !is_read(cx, release, dead) && is_use(cx, dead);
    if let Some(dead) = dead.iter().find(is_wrong) {
        let how = match dead.itself {
            true => How::Itself,
            false => How::Within,
        };
        report(cx, site, release, dead.at, how);
        return true;
    }
    if let Some(at) = returned_literal(cx, site, release.local) {
        report(cx, site, release, at, How::Within);
        return true;
    }
    false
}

/// How the released thing is returned.
#[derive(Clone, Copy)]
enum How {
    Itself,
    Within,
    Context(LocalId),
}

/// Whether what is returned is something around a part that the function is done with: the caller
/// of one that has read the body of a response wants its headers.
fn is_read(cx: &RuleCx<'_>, release: &Release<'_>, dead: &DeadReturn) -> bool {
    if release.field.is_empty() || dead.itself {
        return false;
    }
    let file = cx.file();
    // Other mentions of the part than the release and its like in other deferred calls.
    let mut exprs = file.func(cx.root()).exprs.iter();
    exprs.any(|expr| {
        let ExprKind::Selector { x, sel } = file.expr(expr).kind else {
            return false;
        };
        file.span_text(sel) == release.field
            && cx.body().object(x) == Object::Local(release.local)
            && !is_released(cx, expr)
    })
}

/// Whether an expression is what a call of a release is made on.
fn is_released(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let span = file.expr(expr).span;
    let mut calls = cx.facts().calls().iter();
    calls.any(|call| match cx.facts().callee(call.call) {
        Callee::Selected { x, name } => cx.models().is_release(name) && file.expr(x).span == span,
        _ => false,
    })
}

/// Whether the result that has it is of use to the caller: no error, number or text.
fn is_use(cx: &RuleCx<'_>, dead: &DeadReturn) -> bool {
    let cfg = cx.facts().cfg(dead.at.func);
    let NodeKind::Return(stmt) = cfg.kind(dead.at.node) else {
        return true;
    };
    let StmtKind::Return(results) = cx.file().stmt(stmt).kind else {
        return true;
    };
    let Some(&result) = cx.file().exprs(results).get(dead.result as usize) else {
        return true;
    };
    let ty = cx.body().type_of(result);
    !cx.body().is_error(ty)
}

/// The variable of the context that a function variable cancels.
fn context_of(cx: &RuleCx<'_>, site: &DeferSite<'_>, cancel: LocalId) -> Option<LocalId> {
    let (call, index) = source(cx, site, cancel)?;
    let Callee::Func { package, name, .. } = cx.facts().callee(call) else {
        return None;
    };
    if index != 1 || !matches!(package, "context" | "os/signal") || !CANCELABLE.contains(&name) {
        return None;
    }
    let cfg = cx.facts().cfg(site.point.func);
    let point = cx.facts().point_of_expr(call)?;
    let acquisition = cx.facts().acquisition(cfg.stmt_of_node(point.node)?)?;
    let context = (*acquisition.results.first()?)?;
    let definition = cx.facts().definitions(site.point, context).single()?;
    (definition.point == point).then_some(context)
}

/// Where the context is returned, as it is or in a struct.
fn returned_context(cx: &RuleCx<'_>, site: &DeferSite<'_>, context: LocalId) -> Option<Point> {
    let definition = cx.facts().definitions(site.point, context).single()?;
    let holds = |at: Point, expr: ExprId| {
        let file = cx.file();
        let is_it = |expr: ExprId| {
            cx.body().object(expr) == Object::Local(context)
                && cx
                    .facts()
                    .definitions(at, context)
                    .single()
                    .is_some_and(|found| found.point == definition.point)
        };
        is_it(expr) || parts(cx, expr).any(|part| is_it(file.unparen(part)))
    };
    returns_after(cx, site.point, |at, results| {
        let fails = |&last: &ExprId| fails(cx, last);
        !results.last().is_some_and(fails) && results.iter().any(|&result| holds(at, result))
    })
}

/// Whether a result says that there is an error.
fn fails(cx: &RuleCx<'_>, result: ExprId) -> bool {
    let body = cx.body();
    body.is_error(body.type_of(result)) && body.object(result) != Object::Nil
}

/// The elements of a composite literal, or of one whose address is taken.
fn parts<'a>(cx: &RuleCx<'a>, expr: ExprId) -> impl Iterator<Item = ExprId> + use<'a> {
    let file = cx.file();
    let mut expr = file.unparen(expr);
    if let ExprKind::Unary { x, .. } = file.expr(expr).kind {
        expr = file.unparen(x);
    }
    let elts = match file.expr(expr).kind {
        ExprKind::CompositeLit { elts, .. } => file.exprs(elts),
        _ => &[],
    };
    elts.iter().map(move |&elt| match file.expr(elt).kind {
        ExprKind::KeyValue { value, .. } => value,
        _ => elt,
    })
}

/// The first return after a point whose results are as wanted.
fn returns_after(
    cx: &RuleCx<'_>,
    from: Point,
    wanted: impl Fn(Point, &[ExprId]) -> bool,
) -> Option<Point> {
    let cfg = cx.facts().cfg(from.func);
    let found = cfg.search_after(from.node, |node| {
        let at = Point {
            func: from.func,
            node,
        };
        match cfg.kind(node) {
            NodeKind::Return(stmt) => match cx.file().stmt(stmt).kind {
                StmtKind::Return(results) if wanted(at, cx.file().exprs(results)) => Visit::Stop,
                _ => Visit::Continue,
            },
            _ => Visit::Continue,
        }
    })?;
    Some(Point {
        func: from.func,
        node: found,
    })
}

/// Where a literal that uses the thing is returned.
fn returned_literal(cx: &RuleCx<'_>, site: &DeferSite<'_>, local: LocalId) -> Option<Point> {
    let facts = cx.facts();
    let definition = facts.definitions(site.point, local).single()?;
    returns_after(cx, site.point, |at, results| {
        results.iter().any(|&result| {
            let ExprKind::FuncLit(func) = cx.file().expr(cx.file().unparen(result)).kind else {
                return false;
            };
            let is_same = facts
                .definitions(at, local)
                .single()
                .is_some_and(|found| found.point == definition.point);
            matches!(facts.literal_use(func), LiteralUse::Returned { .. })
                && is_same
                && calls_it(cx, func, local)
        })
    })
}

/// Whether a literal calls a method of a variable, or hands it to somebody.
fn calls_it(cx: &RuleCx<'_>, func: FuncId, local: LocalId) -> bool {
    let mut found = false;
    walk(cx.file(), Node::Func(func), |node| {
        if let Node::Expr(expr) = node
            && let Some((fun, args)) = cx.file().call(expr)
        {
            let is_it = |expr: ExprId| {
                Place::of_operand(cx.body(), expr)
                    .is_some_and(|place| place.root == PlaceRoot::Local(local))
            };
            found |= args.iter().any(|&arg| is_it(arg))
                || cx
                    .file()
                    .selector(cx.file().unparen(fun))
                    .is_some_and(|(x, _)| is_it(x));
        }
        Descend::Into
    });
    found
}

fn report(cx: &RuleCx<'_>, site: &DeferSite<'_>, release: &Release<'_>, at: Point, how: How) {
    let file = cx.file();
    let name = |local: LocalId| {
        file.span_text(cx.body().names().local(local).span)
            .to_owned()
    };
    let call = cx.call_snippet(release.call);
    let thing = match release.field {
        "" => name(release.local),
        field => format!("{}.{field}", name(release.local)),
    };
    let end = cx.func_label(site.point.func);
    let (message, help) = match how {
        How::Context(context) => (
            format!(
                "`{call}` runs before the caller gets `{}`: {end} always returns a cancelled context",
                name(context)
            ),
            format!(
                "return `{}` too and let the caller call it",
                name(release.local)
            ),
        ),
        How::Itself => (
            format!("`{call}` runs before the caller gets `{thing}`, which is of no use then"),
            format!("release `{thing}` only where {end} fails, and let the caller do it otherwise"),
        ),
        How::Within => (
            format!(
                "`{call}` runs before the caller gets what is returned, which still needs `{thing}`"
            ),
            format!("release `{thing}` only where {end} fails, and let the caller do it otherwise"),
        ),
    };
    let span: Span = file.stmt(site.stmt).span;
    let finding = cx
        .report(&DeferredReleaseOfReturnedValue::META, span, message)
        .help(help);
    if let Some(end) = cx.facts().cfg(at.func).span_of_node(at.node) {
        finding.related(end, "it is returned here".to_owned());
    }
}
