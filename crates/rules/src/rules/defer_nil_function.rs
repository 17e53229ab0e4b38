//! `defer-nil-function`.

use go_flow::{
    Access, CallMode, CallSite, Cfg, DeferSite, Definition, FunctionFacts, Known, NodeId, NodeKind,
    Place, Point, Projection, Value, Visit,
};
use go_syntax::{BinaryOp, ExprId, ExprKind, FuncId, Span, StmtId, StmtKind};
use go_types::{Body, Callee, LocalId, LocalKind, Object, Selection, Type};

use crate::cx::RuleCx;
use crate::decides::set_in_one_if;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred calls of functions that are nil.
    ///
    /// ## What it does
    /// Reports a deferred call of a function that a variable holds, or of a method of an interface,
    /// when that is nil
    /// - whenever the `defer` statement runs: the variable is set later, or never;
    /// - on one way to the `defer`: `var stop func(); if traced { stop = trace() }; defer stop()`;
    /// - when a function of the package returned nil for it, which it does besides functions, and its
    ///   arguments do not decide that before the eyes of the reader;
    /// - when a map has no such key, and nobody looks whether it has;
    /// - when a parameter or field is nil, which the function itself believes possible: it compares
    ///   it with nil elsewhere;
    /// - when the function returns early: a deferred literal calls what is set only after a `return`.
    ///
    /// Where the variable is compared with nil before, nothing is reported. A function that comes
    /// with an error which nobody has looked at is a matter of defer-before-error-check.
    ///
    /// ## Why it is bad
    /// The function value is evaluated when the `defer` statement runs, but the call panics only when
    /// the surrounding function ends: "If a deferred function value evaluates to nil, execution
    /// panics when the function is invoked, not when the defer statement is executed" (specification,
    /// "Defer statements"). So the work is done, and then the program dies of a nil pointer far from
    /// the line that is to blame. A method of a nil interface panics at the `defer` statement itself.
    ///
    /// ## Example
    /// ```go
    /// func load(path string, traced bool) ([]byte, error) {
    /// 	var stop func()
    /// 	if traced {
    /// 		stop = startTrace()
    /// 	}
    /// 	defer stop()
    /// 	return os.ReadFile(path)
    /// }
    ///
    /// func startTrace() func() { return func() {} }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func load(path string, traced bool) ([]byte, error) {
    /// 	if traced {
    /// 		stop := startTrace()
    /// 		defer stop()
    /// 	}
    /// 	return os.ReadFile(path)
    /// }
    ///
    /// func startTrace() func() { return func() {} }
    /// ```
    ///
    /// ## When it is wrong
    /// When what decides whether the variable is set also decides, in a way that the conditions do
    /// not show, whether the `defer` is reached. A map that has all keys by construction is
    /// not known to have them. In tests, variables that are never set are left alone: they are nil on
    /// purpose.
    ///
    /// ## Fix safety
    /// There is no fix: whether the call or the `defer` should be conditional is for a person to say.
    pub DeferNilFunction {
        name: "defer-nil-function",
        category: Semantics,
        severity: Error,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferNilFunction {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            if !cx.facts().reachable(site.point) {
                continue;
            }
            match site.literal {
                Some(literal) => check_literal(cx, site, literal),
                None => check_direct(cx, site),
            }
        }
    }
}

/// What a call calls, if that can be nil.
#[derive(Clone, Copy)]
struct Target {
    /// The variable, field or element.
    expr: ExprId,
    /// Whether a method of it is called, which panics at once.
    is_interface: bool,
}

impl Target {
    fn of(cx: &RuleCx<'_>, call: ExprId) -> Option<Self> {
        let file = cx.file();
        let (fun, _) = file.call(call)?;
        let fun = file.unparen(fun);
        match cx.facts().callee(call) {
            Callee::Var(_) => Some(Self::func(fun)),
            Callee::Dynamic
                if matches!(
                    file.expr(fun).kind,
                    ExprKind::Index { .. } | ExprKind::Call { .. }
                ) =>
            {
                Some(Self::func(fun))
            }
            Callee::Selected { x, name } => {
                let body = cx.body();
                if !may_be_nil(cx, file.unparen(x), fun) {
                    return None;
                }
                let ty = body.type_of(x);
                match body.selection(ty, name)? {
                    Selection::Field(_) => Some(Self::func(fun)),
                    Selection::Method { .. } => {
                        let is_interface =
                            matches!(body.cx().ty(body.underlying(ty)), Type::Interface { .. });
                        is_interface.then(|| Self {
                            expr: file.unparen(x),
                            is_interface,
                        })
                    }
                }
            }
            _ => None,
        }
    }

    fn func(expr: ExprId) -> Self {
        Self {
            expr,
            is_interface: false,
        }
    }
}

/// Whether `x`, or the field `fun` of it, could turn out to be nil, as far as syntax tells: types cost
/// more, and little can be nil.
fn may_be_nil(cx: &RuleCx<'_>, x: ExprId, fun: ExprId) -> bool {
    let file = cx.file();
    if let Some(local) = cx.body().names().local_of(x) {
        let LocalKind::Var { init, .. } = cx.body().names().local(local).kind else {
            return true;
        };
        let Some(value) = init.expr() else {
            return true;
        };
        // What a function of another package gives is not looked into.
        let is_foreign = matches!(
            cx.facts().callee(file.unparen(value)),
            Callee::Func { member: None, .. }
        );
        return !(is_foreign && cx.facts().var(local).is_single_assignment());
    }
    if matches!(
        file.expr(x).kind,
        ExprKind::Call { .. } | ExprKind::Index { .. }
    ) {
        return true;
    }
    let (x, fun) = (file.expr_text(x), file.expr_text(fun));
    let compared = |expr| match file.expr(expr).kind {
        ExprKind::Binary {
            op: BinaryOp::Eq | BinaryOp::Ne,
            x,
            y,
        } => Some((x, y)),
        _ => None,
    };
    let mut comparisons = file.func(cx.root()).exprs.iter().filter_map(compared);
    comparisons.any(|(a, b)| {
        [(a, b), (b, a)].iter().any(|&(operand, other)| {
            let text = file.expr_text(operand);
            file.ident(other) == Some("nil") && (text == x || text == fun)
        })
    })
}

/// Why something is nil when it is called.
enum Why {
    Always,
    /// It is set in this `if`, and nowhere else.
    UnlessSet(StmtId),
    /// A function returned it, which returns nil here, if that is in this file.
    Returned {
        call: ExprId,
        at: Option<Span>,
    },
    MapKey(ExprId),
    /// It is compared with nil here.
    Believed(ExprId),
    /// The function returns here, before it is set there.
    EarlyReturn {
        at: Span,
        set: Span,
    },
}

fn check_direct(cx: &RuleCx<'_>, site: &DeferSite<'_>) {
    let Some(target) = Target::of(cx, site.call) else {
        return;
    };
    let why = match cx.body().names().local_of(target.expr) {
        Some(local) => nil_variable(cx, site, local),
        None => nil_value(cx, site, target.expr),
    };
    if let Some(why) = why.or_else(|| believed_nil(cx, site, target.expr)) {
        report(cx, site, site.call, target, &why);
    }
}

/// Why a variable is nil when the `defer` statement runs.
fn nil_variable(cx: &RuleCx<'_>, site: &DeferSite<'_>, local: LocalId) -> Option<Why> {
    let facts = cx.facts();
    if is_compared_before(cx, site, |expr| {
        cx.body().object(expr) == Object::Local(local)
    }) {
        return None;
    }
    let definitions = facts.definitions(site.point, local);
    if !definitions.exact || definitions.list.is_empty() {
        return None;
    }
    let is_nil = |value: Value| match value {
        Value::Zero => true,
        Value::Expr(expr) => cx.body().object(expr) == Object::Nil,
        _ => false,
    };
    let (nil, set): (Vec<&Definition>, Vec<&Definition>) = definitions
        .list
        .iter()
        .partition(|definition| is_nil(definition.value));
    let writes = &facts.var(local).writes;
    let is_set_somewhere = writes.iter().any(|write| !is_nil(write.value));
    let is_used = set
        .iter()
        .any(|definition| is_called_between(cx, definition.point, site.point, local));
    match (nil.as_slice(), set.as_slice()) {
        // It would panic there.
        (_, [_, ..]) if is_used => None,
        ([], [only]) => match only.value {
            Value::Expr(expr) => nil_value(cx, site, expr),
            Value::Element { expr, .. } if is_sibling_read(cx, expr, site) => None,
            Value::Element { expr, index, .. } => returned_nil(cx, expr, index),
            _ => None,
        },
        ([], _) => None,
        // A test defers what is never set to see it panic.
        (_, []) => (!cx.is_test() || is_set_somewhere).then_some(Why::Always),
        _ => set_in_one_if(cx, site, set.iter().map(|definition| definition.point))
            .map(Why::UnlessSet),
    }
}

/// Whether the function that a variable holds, or a method of the interface that it is, is called on
/// a way from one point to another.
fn is_called_between(cx: &RuleCx<'_>, from: Point, to: Point, local: LocalId) -> bool {
    let facts = cx.facts();
    let between = facts.reads_between(from, to, local);
    facts.calls_of(to.func).iter().any(|call| {
        let target = Target::of(cx, call.call);
        call.mode == CallMode::Now
            && target
                .is_some_and(|target| between.iter().any(|read| read.expr == Some(target.expr)))
    })
}

/// Whether a condition before the `defer` looks at another value of a call with several: that may
/// tell whether there is a function.
fn is_sibling_read(cx: &RuleCx<'_>, call: ExprId, site: &DeferSite<'_>) -> bool {
    let facts = cx.facts();
    let cfg = facts.cfg(site.point.func);
    let is_error = |local| cx.body().is_error(cx.body().type_of_local(local));
    cx.body().names().locals().any(|(local, info)| {
        let var = facts.var(local);
        let is_sibling = info.is_var()
            && var
                .writes
                .iter()
                .any(|write| matches!(write.value, Value::Element { expr, .. } if expr == call));
        is_sibling
            && !is_error(local)
            && var.reads.iter().any(|read| {
                read.point.func == site.point.func
                    && matches!(
                        cfg.kind(read.point.node),
                        NodeKind::Cond(_) | NodeKind::Tag(_)
                    )
                    && cfg.reaches(read.point.node, site.point.node)
            })
    })
}

/// Why the value of an expression, computed by the `defer` statement or before, is nil.
fn nil_value(cx: &RuleCx<'_>, site: &DeferSite<'_>, expr: ExprId) -> Option<Why> {
    let file = cx.file();
    let expr = file.unparen(expr);
    match file.expr(expr).kind {
        ExprKind::Call { .. } => returned_nil(cx, expr, 0),
        ExprKind::Index { x, .. } => {
            let body = cx.body();
            let is_map = matches!(
                body.cx().ty(body.underlying(body.type_of(x))),
                Type::Map { .. }
            );
            (is_map && !is_written_before(cx, site, x)).then_some(Why::MapKey(expr))
        }
        _ => None,
    }
}

/// Whether an element of `map` is assigned before the `defer`, or the map is built there.
fn is_written_before(cx: &RuleCx<'_>, site: &DeferSite<'_>, map: ExprId) -> bool {
    let file = cx.file();
    let text = file.expr_text(map);
    let end = file.stmt(site.stmt).span.start;
    let stmts = file.func(cx.root()).stmts;
    stmts.iter().any(|stmt| match file.stmt(stmt).kind {
        StmtKind::Assign { lhs, .. } if file.stmt(stmt).span.start < end => {
            file.exprs(lhs).iter().any(|&target| {
                let target = match file.expr(target).kind {
                    ExprKind::Index { x, .. } => x,
                    _ => target,
                };
                file.expr_text(target) == text
            })
        }
        // The keys come from the map itself.
        StmtKind::Range { x, .. } => file.expr_text(x) == text,
        _ => false,
    })
}

/// Whether a function of the package returns nil as its result `index`, though it does not fail.
fn returned_nil(cx: &RuleCx<'_>, call: ExprId, index: u32) -> Option<Why> {
    // A test knows what its helpers give it.
    if cx.is_test() {
        return None;
    }
    let call = cx.file().unparen(call);
    let (_, args) = cx.file().call(call)?;
    let is_computed = |&arg: &ExprId| {
        let kind = cx.file().expr(cx.file().unparen(arg)).kind;
        !matches!(kind, ExprKind::Ident | ExprKind::Selector { .. }) || cx.body().is_constant(arg)
    };
    // With such arguments the caller may well know that it gets a function.
    if args.iter().any(is_computed) {
        return None;
    }
    let (at, func) = cx.body().declaration(call)?;
    let results = cx.body().results_of_call(call)?;
    let with_error = results.len() > 1 && results.last().is_some_and(|&ty| cx.body().is_error(ty));
    let body = Body::new(cx.body().cx(), at, func);
    let facts = FunctionFacts::new(&body);
    let file = body.file();
    let returns = file.func(func).stmts.iter().filter(|&stmt| {
        let point = facts.point_of_stmt(stmt);
        // After `t.Fatal` a `return nil` is there for the compiler only.
        point.is_some_and(|point| point.func == func && facts.reachable(point))
    });
    let is_nil =
        |value: Option<&ExprId>| value.is_some_and(|&value| body.object(value) == Object::Nil);
    let nil = returns
        .into_iter()
        .find(|&stmt| match file.stmt(stmt).kind {
            StmtKind::Return(values) => {
                let values = file.exprs(values);
                values.len() == results.len()
                    && is_nil(values.get(index as usize))
                    && (!with_error || is_nil(values.last()))
            }
            _ => false,
        })?;
    let is_here = at == cx.body().file_index();
    Some(Why::Returned {
        call,
        at: is_here.then(|| file.stmt(nil).span),
    })
}

/// The comparisons with nil of what `is_it` knows, in the whole function.
fn comparisons<'c>(
    cx: &'c RuleCx<'_>,
    is_it: impl Fn(ExprId) -> bool + 'c,
) -> impl Iterator<Item = ExprId> + 'c {
    let file = cx.file();
    file.func(cx.root()).exprs.iter().filter(move |&expr| {
        let ExprKind::Binary {
            op: BinaryOp::Eq | BinaryOp::Ne,
            x,
            y,
        } = file.expr(expr).kind
        else {
            return false;
        };
        let object = |expr| cx.body().object(expr);
        object(y) == Object::Nil && is_it(file.unparen(x))
            || object(x) == Object::Nil && is_it(file.unparen(y))
    })
}

fn is_compared_before(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    is_it: impl Fn(ExprId) -> bool,
) -> bool {
    comparisons(cx, is_it).any(|comparison| comes_before(cx, comparison, site))
}

/// Whether an expression may be evaluated before the `defer`, or in the deferred call.
fn comes_before(cx: &RuleCx<'_>, expr: ExprId, site: &DeferSite<'_>) -> bool {
    let file = cx.file();
    if file.expr(site.call).span.contains(file.expr(expr).span) {
        return true;
    }
    match cx.facts().point_of_expr(expr) {
        Some(point) if point.func == site.point.func => cx
            .facts()
            .cfg(point.func)
            .reaches(point.node, site.point.node),
        // In another function: who knows when.
        _ => true,
    }
}

/// A parameter or a field that the function compares with nil, but only after the `defer`.
fn believed_nil(cx: &RuleCx<'_>, site: &DeferSite<'_>, target: ExprId) -> Option<Why> {
    let place = Place::of(cx.body(), target)?;
    let root = place.local()?;
    let info = cx.body().names().local(root);
    let unchanged = info.is_param() && cx.facts().var(root).is_single_assignment();
    if !unchanged || info.func != site.point.func {
        return None;
    }
    if place
        .path
        .iter()
        .any(|step| !matches!(step, Projection::Field(_)))
    {
        return None;
    }
    let is_it = |expr| Place::of(cx.body(), expr).is_some_and(|other| other == place);
    let found: Vec<ExprId> = comparisons(cx, is_it).collect();
    let first = *found.first()?;
    if found
        .iter()
        .any(|&comparison| comes_before(cx, comparison, site))
    {
        return None;
    }
    let is_set =
        cx.file()
            .func(cx.root())
            .stmts
            .iter()
            .any(|stmt| match cx.file().stmt(stmt).kind {
                StmtKind::Assign { lhs, .. } => {
                    cx.file().exprs(lhs).iter().any(|&to| {
                        Place::of(cx.body(), to).is_some_and(|to| place.changes_with(&to))
                    })
                }
                _ => false,
            });
    (!is_set).then_some(Why::Believed(first))
}

/// Calls in a deferred literal of variables that are set after a `return`.
fn check_literal(cx: &RuleCx<'_>, site: &DeferSite<'_>, literal: FuncId) {
    let calls = cx.facts().calls_of(literal).iter();
    let unconditional = calls.filter(|call| is_unconditional(cx, literal, call));
    for call in unconditional {
        let Some(target) = Target::of(cx, call.call) else {
            continue;
        };
        let Some(local) = cx.body().names().local_of(target.expr) else {
            continue;
        };
        if let Some(why) = nil_at_return(cx, site, literal, local) {
            report(cx, site, call.call, target, &why);
            return;
        }
    }
}

/// Whether a call is made whenever the literal runs: it is part of a statement of the literal's own
/// list, and no `return` comes before it.
fn is_unconditional(cx: &RuleCx<'_>, literal: FuncId, call: &CallSite) -> bool {
    let file = cx.file();
    let Some(body) = file.func(literal).body else {
        return false;
    };
    let span = file.expr(call.call).span;
    let stmts = file.block_stmts(body);
    let is_own = stmts.iter().any(|&stmt| {
        file.stmt(stmt).span.contains(span)
            && matches!(
                file.stmt(stmt).kind,
                StmtKind::Expr(_) | StmtKind::Assign { .. }
            )
    });
    let leaves = file.func(literal).stmts.iter().any(|stmt| {
        file.stmt(stmt).span.start < span.start
            && matches!(
                file.stmt(stmt).kind,
                StmtKind::Return(_) | StmtKind::Branch { .. }
            )
    });
    call.mode == CallMode::Now && is_own && !leaves
}

/// Why a variable is nil when the function returns, after it was nil at the `defer`.
fn nil_at_return(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    literal: FuncId,
    local: LocalId,
) -> Option<Why> {
    let facts = cx.facts();
    let info = cx.body().names().local(local);
    let var = facts.var(local);
    let is_here = |point: Point| point.func == site.point.func;
    if info.func != site.point.func
        || var.address_taken
        || !var.writes.iter().all(|write| is_here(write.point))
        || comparisons(cx, |expr| cx.body().object(expr) == Object::Local(local))
            .next()
            .is_some()
    {
        return None;
    }
    let definitions = facts.definitions(site.point, local);
    let is_zero = |value| matches!(facts.known_value(value), Some(Known::Zero));
    if !definitions.exact || !definitions.list.iter().all(|at| is_zero(at.value)) {
        return None;
    }
    let later: Vec<&Access> = var
        .writes
        .iter()
        .filter(|write| !is_zero(write.value))
        .collect();
    if later.iter().any(|write| facts.in_cycle(write.point)) {
        return None;
    }
    let cfg = facts.cfg(site.point.func);
    let span_of = |access: &&Access| match access.expr {
        Some(expr) => Some(cx.file().expr(expr).span),
        None => cfg.span_of_node(access.point.node),
    };
    let Some(set) = later.iter().filter_map(span_of).min() else {
        // A literal that is never set on purpose does not exist.
        return (!definitions.list.is_empty() && !is_captured_elsewhere(cx, local, literal))
            .then_some(Why::Always);
    };
    let path = cfg.find_path(site.point.node, |node| {
        let here = Point {
            func: site.point.func,
            node,
        };
        match node {
            _ if node == cfg.exit() => Visit::Stop,
            _ if later.iter().any(|write| write.point == here) => Visit::Skip,
            _ => Visit::Continue,
        }
    })?;
    let before_exit = path.steps.iter().rev().nth(1)?;
    let at = return_span(cfg, before_exit.node)?;
    (at.start < set.start).then_some(Why::EarlyReturn { at, set })
}

fn return_span(cfg: &Cfg<'_>, node: NodeId) -> Option<Span> {
    match cfg.kind(node) {
        NodeKind::Return(_) => cfg.span_of_node(node),
        _ => None,
    }
}

fn is_captured_elsewhere(cx: &RuleCx<'_>, local: LocalId, literal: FuncId) -> bool {
    let captures = &cx.facts().var(local).captures;
    captures.iter().any(|capture| capture.literal != literal)
}

fn report(cx: &RuleCx<'_>, site: &DeferSite<'_>, call: ExprId, target: Target, why: &Why) {
    let file = cx.file();
    let name = cx.snippet(target.expr);
    let end = cx.func_label(site.point.func);
    let outcome = match (target.is_interface, site.literal) {
        (true, None) => "this line panics".to_owned(),
        _ => format!("the deferred call panics when {end} returns"),
    };
    let reason = match why {
        Why::Always => format!("`{name}` is nil here whatever happens before, so {outcome}"),
        Why::UnlessSet(_) => {
            format!("`{name}` is nil here unless one condition held, and then {outcome}")
        }
        Why::Returned { call, .. } => format!(
            "`{}` returns nil in some cases, and then {outcome}",
            cx.call_snippet(*call)
        ),
        Why::MapKey(expr) => format!(
            "`{}` is nil when the map has no such key, and then {outcome}",
            cx.snippet(*expr)
        ),
        Why::Believed(_) => {
            format!("`{name}` may be nil, as a later comparison shows, and then {outcome}")
        }
        Why::EarlyReturn { .. } => format!(
            "`{name}` is still nil when {end} returns early, and then the deferred call panics"
        ),
    };
    let help = match why {
        Why::Always | Why::UnlessSet(_) => "defer it where it is set".to_owned(),
        Why::EarlyReturn { .. } => format!(
            "defer it where it is set, or look whether `{name}` is nil before `{}`",
            cx.call_snippet(call)
        ),
        _ => format!("defer it only if `{name}` is not nil"),
    };
    let finding = cx
        .report(&DeferNilFunction::META, file.stmt(site.stmt).span, reason)
        .help(help);
    match why {
        Why::UnlessSet(stmt) => {
            let span = match file.stmt(*stmt).kind {
                StmtKind::If { cond, .. } => file.expr(cond).span,
                _ => file.stmt(*stmt).span,
            };
            finding.related(span, format!("`{name}` is set only if this holds"));
        }
        Why::Returned { at: Some(at), .. } => {
            finding.related(*at, "nil is returned here");
        }
        Why::Believed(comparison) => {
            finding.related(file.expr(*comparison).span, "it is compared with nil here");
        }
        Why::EarlyReturn { at, set } => {
            finding
                .related(*at, "the function may return here")
                .related(*set, format!("`{name}` is set only here"));
        }
        _ => {}
    }
}
