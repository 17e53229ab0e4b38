//! What the arguments of a deferred call read too early: the clock, and variables that have not got
//! their value yet.

use go_flow::{Access, DeferSite, Known, Point, Value, Visit};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, Span, UnaryOp};
use go_types::{Builtin, Callee, LocalId, Object, Role, Type, TypeId};

use crate::cx::RuleCx;

/// What a deferred call reads when it is registered and should read when it runs.
#[derive(Debug, Default)]
pub(crate) struct Early {
    /// Calls that tell how much time has passed.
    pub(crate) clocks: Vec<ExprId>,
    /// Variables that have no value yet.
    pub(crate) stale: Vec<StaleValue>,
}

/// A variable that is always the same when a call is deferred, and gets another value later.
#[derive(Debug)]
pub(crate) struct StaleValue {
    /// The variable.
    pub(crate) local: LocalId,
    /// Where it stands in the arguments.
    pub(crate) uses: Vec<ExprId>,
    /// Its value, as messages write it.
    pub(crate) value: String,
    /// Where it gets another value.
    pub(crate) assigned: Span,
}

/// What the call of `site` reads too early.
pub(crate) fn early_values(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Early {
    let mut early = Early::default();
    let Some((fun, args)) = cx.file().call(site.call) else {
        return early;
    };
    let mut scan = Scan {
        cx,
        idents: Vec::new(),
        clocks: Vec::new(),
    };
    args.iter().for_each(|&arg| scan.value(arg));
    // In `log.With("took", time.Since(start)).Print()` the operand is evaluated early too. (In
    // `f(x)()` the first call is meant to happen at once.)
    if let Some((x, _)) = cx.file().selector(cx.file().unparen(fun)) {
        scan.inner_clocks(x);
    }
    let Scan { idents, clocks, .. } = scan;
    if !takes_both_times(cx, site) {
        early.clocks = clocks;
    }
    for ident in idents {
        let Object::Local(local) = cx.body().object(ident) else {
            continue;
        };
        match early.stale.iter_mut().find(|stale| stale.local == local) {
            Some(stale) => stale.uses.push(ident),
            None => early.stale.extend(stale_value(cx, site, local, ident)),
        }
    }
    early
}

/// Whether a deferred literal reads the clock itself, so that the time in its arguments is another
/// one on purpose.
fn takes_both_times(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    let reads_clock = |literal| {
        cx.facts()
            .calls_of(literal)
            .iter()
            .any(|call| is_clock(cx, call.call))
    };
    site.literal.is_some_and(reads_clock)
}

/// A walk over arguments that finds what their value depends on.
struct Scan<'c, 'a> {
    cx: &'c RuleCx<'a>,
    idents: Vec<ExprId>,
    clocks: Vec<ExprId>,
}

impl Scan<'_, '_> {
    /// Looks at an expression whose value goes to the deferred call, as it is or put into a form that
    /// keeps it.
    fn value(&mut self, expr: ExprId) {
        let cx = self.cx;
        let file = cx.file();
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            match file.expr(expr).kind {
                ExprKind::Ident => self.idents.push(expr),
                ExprKind::Unary {
                    op: UnaryOp::Recv, ..
                } => {}
                // An address is the same whenever it is taken.
                ExprKind::Unary {
                    op: UnaryOp::Addr,
                    x,
                } => {
                    if matches!(
                        file.expr(file.unparen(x)).kind,
                        ExprKind::CompositeLit { .. }
                    ) {
                        open.push(x);
                    }
                }
                ExprKind::Paren(x)
                | ExprKind::KeyValue { value: x, .. }
                | ExprKind::Unary { x, .. } => {
                    open.push(x);
                }
                ExprKind::Binary { x, y, .. } => open.extend([y, x]),
                ExprKind::CompositeLit { elts, .. } => open.extend(file.exprs(elts).iter().rev()),
                ExprKind::Slice { x, lo, hi, max } => {
                    open.extend([max, hi, lo, Some(x)].into_iter().flatten());
                }
                // Of a pointer the field is read through it, whatever it is.
                ExprKind::Selector { x, .. } if cx.facts().is_struct(cx.body().type_of(x)) => {
                    open.push(x);
                }
                ExprKind::Call { .. } if is_clock(cx, expr) => self.clocks.push(expr),
                ExprKind::Call { fun, args, .. } if is_transparent(cx, expr) => {
                    open.extend(file.exprs(args).iter().rev());
                    open.extend(file.selector(file.unparen(fun)).map(|(x, _)| x));
                }
                ExprKind::Call { .. } => self.inner_clocks(expr),
                _ => {}
            }
        }
    }

    /// Looks for clocks within calls that may do anything: what such a call makes of a time that has
    /// only begun is worth nothing.
    fn inner_clocks(&mut self, expr: ExprId) {
        walk(self.cx.file(), Node::Expr(expr), |node| match node {
            Node::Expr(call) if is_clock(self.cx, call) => {
                if starts_now(self.cx, call) {
                    self.clocks.push(call);
                }
                Descend::Past
            }
            Node::Expr(_) => Descend::Into,
            _ => Descend::Past,
        });
    }
}

/// Whether `expr` is `time.Since(t)` or `time.Now().Sub(t)`.
fn is_clock(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    clock_start(cx, expr).is_some()
}

/// The `t` of a clock.
fn clock_start(cx: &RuleCx<'_>, expr: ExprId) -> Option<ExprId> {
    let file = cx.file();
    let (fun, args) = file.call(expr)?;
    let &[start] = args else { return None };
    if cx.body().is_call_to(expr, "time", "Since") {
        return Some(start);
    }
    let (x, name) = file.selector(file.unparen(fun))?;
    let is_now = name == "Sub" && cx.body().is_call_to(file.unparen(x), "time", "Now");
    is_now.then_some(start)
}

/// Whether a clock counts from a time that was taken in this function.
fn starts_now(cx: &RuleCx<'_>, clock: ExprId) -> bool {
    let start = clock_start(cx, clock).and_then(|start| cx.facts().value_of(start));
    start.is_some_and(|value| {
        cx.body()
            .is_call_to(cx.file().unparen(value), "time", "Now")
    })
}

/// Whether a call does nothing but give its operands another form.
pub(crate) fn is_transparent(cx: &RuleCx<'_>, call: ExprId) -> bool {
    match cx.facts().callee(call) {
        Callee::Conversion(_)
        | Callee::Builtin(Builtin::Len | Builtin::Cap | Builtin::Min | Builtin::Max) => true,
        Callee::Func {
            package: "fmt",
            name,
            ..
        } => name.starts_with("Sprint") || name == "Errorf",
        Callee::Func {
            package: "strconv",
            name,
            ..
        } => name.starts_with("Format") || name == "Itoa",
        Callee::Func {
            package: "errors",
            name,
            ..
        } => matches!(name, "Is" | "Unwrap" | "Join"),
        Callee::Func {
            package: "slices",
            name,
            ..
        } => name == "Clone",
        Callee::Func {
            package: "log/slog",
            name,
            ..
        } => {
            matches!(
                name,
                "Any" | "Bool" | "Duration" | "Int" | "Int64" | "Float64" | "String" | "Uint64"
            )
        }
        // Methods of time.Duration.
        Callee::Selected { x, name } => {
            let is_form = matches!(
                name,
                "Seconds"
                    | "Milliseconds"
                    | "Microseconds"
                    | "Nanoseconds"
                    | "Minutes"
                    | "Hours"
                    | "String"
                    | "Round"
                    | "Truncate"
            );
            is_form && is_clock(cx, cx.file().unparen(x))
        }
        _ => false,
    }
}

/// Whether the use of `local` at `ident`, in an argument, has a value that is known and not the last
/// one.
fn stale_value(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    local: LocalId,
    ident: ExprId,
) -> Option<StaleValue> {
    let names = cx.body().names();
    let info = names.local(local);
    // A literal that uses the variable itself wants the old value besides.
    let is_used_in = |literal| names.uses(local).iter().any(|used| used.func == literal);
    if !info.is_var() || info.func != site.point.func || site.literal.is_some_and(is_used_in) {
        return None;
    }
    let known = cx.facts().known_at(site.point, local)?;
    let value = match known {
        Known::Zero => zero_text(cx, cx.body().type_of_local(local)).to_owned(),
        // A name for something, such as a path or a descriptor, may be meant as it is while it is
        // used; what only says how far things got is not.
        Known::Constant(expr) if may_name(cx, expr) && is_used(cx, site.point, local) => {
            return None;
        }
        Known::Constant(expr) => format!("`{}`", cx.snippet(expr)),
    };
    Some(StaleValue {
        local,
        uses: vec![ident],
        value,
        assigned: late_change(cx, site, local, known)?,
    })
}

/// Whether a constant can be the name or number of something.
fn may_name(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let expr = cx.file().unparen(expr);
    !is_zero(cx, expr)
        && !matches!(cx.body().object(expr), Object::UniverseConst(_))
        && !matches!(cx.file().expr(expr).kind, ExprKind::CompositeLit { .. })
}

/// Whether a constant is the zero value of its type, as its text tells.
fn is_zero(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let text = cx.file().expr_text(cx.file().unparen(expr));
    matches!(text, "0" | "\"\"" | "``" | "false")
}

/// Whether anybody but the deferred call reads the value that a variable has at `point`.
fn is_used(cx: &RuleCx<'_>, point: Point, local: LocalId) -> bool {
    let var = cx.facts().var(local);
    let is_read = |access: &&Access| access.role == Role::Read && access.point != point;
    let reads = var.reads.iter().filter(is_read);
    if reads.clone().any(|read| read.point.func != point.func) {
        return true;
    }
    let mut visit = |node| {
        let here = Point {
            func: point.func,
            node,
        };
        if reads.clone().any(|read| read.point == here) {
            Visit::Stop
        } else if var.writes.iter().any(|write| write.point == here) {
            Visit::Skip
        } else {
            Visit::Continue
        }
    };
    let cfg = cx.facts().cfg(point.func);
    cfg.search_after(point.node, &mut visit).is_some()
        || cfg.search_before(point.node, &mut visit).is_some()
}

/// Where a variable gets another value than `known` after the `defer`.
fn late_change(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    local: LocalId,
    known: Known,
) -> Option<Span> {
    let facts = cx.facts();
    let var = facts.var(local);
    let parts = var.reads.iter().filter(|read| read.role == Role::PartWrite);
    let changes =
        var.writes.iter().chain(parts).filter(|access| {
            facts.changes_variable(access) && !keeps(cx, access.value, local, known)
        });
    let late = facts.accesses_after(site.point, local, changes);
    let access = late.iter().min_by_key(|late| late.in_closure)?.access;
    match access.expr {
        Some(expr) => Some(cx.file().expr(expr).span),
        None => facts.cfg(access.point.func).span_of_node(access.point.node),
    }
}

/// Whether a write gives the variable the value it has anyway.
fn keeps(cx: &RuleCx<'_>, value: Value, local: LocalId, known: Known) -> bool {
    let text = |expr| cx.file().expr_text(cx.file().unparen(expr));
    if matches!(value, Value::Expr(expr) if cx.body().object(expr) == Object::Local(local)) {
        return true;
    }
    match (cx.facts().known_value(value), known) {
        (Some(Known::Zero), Known::Zero) => true,
        (Some(Known::Constant(to)), Known::Zero) => is_zero(cx, to),
        (Some(Known::Constant(to)), Known::Constant(from)) => text(to) == text(from),
        _ => false,
    }
}

/// How messages call the zero value of a type.
fn zero_text(cx: &RuleCx<'_>, ty: TypeId) -> &'static str {
    let body = cx.body();
    if body.is_error(ty) {
        return "nil";
    }
    match body.cx().ty(body.underlying(ty)) {
        Type::Basic(basic) if basic.is_string() => "an empty string",
        Type::Basic(basic) if basic.is_numeric() => "0",
        Type::Basic(go_types::Basic::Bool) => "false",
        Type::Pointer(_)
        | Type::Slice(_)
        | Type::Map { .. }
        | Type::Chan { .. }
        | Type::Func { .. }
        | Type::Interface { .. }
        | Type::EmptyInterface
        | Type::Basic(_) => "nil",
        _ => "the zero value",
    }
}
