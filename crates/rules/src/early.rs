//! What the arguments of a deferred call read too early: the clock, and variables that have not got
//! their value yet.

use go_flow::{Access, DeferSite, Point, Value, Visit};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, Span, StmtKind, UnaryOp};
use go_types::{Builtin, Callee, LocalId, LocalKind, MemberKind, Object, Role, Type, TypeId};

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
                ExprKind::Selector { x, .. } if is_struct(cx, cx.body().type_of(x)) => open.push(x),
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

/// Whether values of a type are structs.
pub(crate) fn is_struct(cx: &RuleCx<'_>, ty: TypeId) -> bool {
    let body = cx.body();
    matches!(body.cx().ty(body.underlying(ty)), Type::Struct { .. })
}

/// Whether the use of `local` at `ident`, in an argument, has a value that is known and not the last
/// one.
fn stale_value(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    local: LocalId,
    ident: ExprId,
) -> Option<StaleValue> {
    let info = cx.body().names().local(local);
    if !info.is_var() || info.func != site.point.func {
        return None;
    }
    // A literal that uses the variable itself wants the old value besides.
    if site.literal.is_some_and(|literal| {
        cx.body()
            .names()
            .uses(local)
            .iter()
            .any(|used| used.func == literal)
    }) {
        return None;
    }
    let known = known_value(cx, site.point, local)?;
    let assigned = late_change(cx, site, local, &known)?;
    Some(StaleValue {
        local,
        uses: vec![ident],
        value: known.text,
        assigned,
    })
}

/// Whether the value of a variable can change without an assignment to the variable: by one to a
/// field or element, or by a method with a pointer receiver.
fn is_built_up(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let body = cx.body();
    let ty = body.underlying(body.type_of_local(local));
    matches!(
        body.cx().ty(ty),
        Type::Struct { .. } | Type::Array { .. } | Type::Unknown | Type::TypeParam(_)
    )
}

/// Whether anything uses the variable on the way to `point`.
fn is_touched_before(cx: &RuleCx<'_>, point: Point, local: LocalId) -> bool {
    let reads = &cx.facts().var(local).reads;
    let cfg = cx.facts().cfg(point.func);
    let reads_at = |node| {
        reads.iter().any(|read| {
            read.point
                == Point {
                    func: point.func,
                    node,
                }
        })
    };
    let visit = |node| {
        if reads_at(node) {
            Visit::Stop
        } else {
            Visit::Continue
        }
    };
    cfg.search_before(point.node, visit).is_some()
}

/// The value that a variable certainly has.
struct Known {
    text: String,
    /// The constant; `None` for the zero value, nil included.
    constant: Option<ExprId>,
}

fn known_value(cx: &RuleCx<'_>, point: Point, local: LocalId) -> Option<Known> {
    let is_changed = is_built_up(cx, local) && is_touched_before(cx, point, local);
    if let Some(definition) = cx
        .facts()
        .definitions(point, local)
        .single()
        .filter(|_| !is_changed)
    {
        let constant = match definition.value {
            Value::Zero => None,
            Value::Expr(expr) if cx.body().object(expr) == Object::Nil => None,
            Value::Expr(expr) if is_constant(cx, expr) => Some(expr),
            _ => return nil_now(cx, point, local),
        };
        let text = match constant {
            Some(expr) => format!("`{}`", cx.snippet(expr)),
            None => zero_text(cx, cx.body().type_of_local(local)).to_owned(),
        };
        // A name for something, such as a path or a descriptor, may be meant as it is, while it is
        // used; what only says how far things got is not.
        let is_state = constant.is_none_or(|expr| is_bool_or_empty(cx, expr))
            || !is_used_as_it_is(cx, point, local);
        return is_state.then_some(Known { text, constant });
    }
    // The zero value of what has been changed meanwhile proves nothing.
    let definitions = cx.facts().definitions(point, local).list;
    let is_zero = definitions
        .iter()
        .any(|definition| definition.value == Value::Zero);
    if is_changed && is_zero {
        None
    } else {
        nil_now(cx, point, local)
    }
}

fn nil_now(cx: &RuleCx<'_>, point: Point, local: LocalId) -> Option<Known> {
    let is_nil = cx.facts().is_nil_at(point, local);
    is_nil.then(|| Known {
        text: "nil".to_owned(),
        constant: None,
    })
}

/// A literal, a constant with a name, or a composite literal without elements.
fn is_constant(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let expr = file.unparen(expr);
    match file.expr(expr).kind {
        ExprKind::BasicLit(_) => true,
        ExprKind::Unary {
            op: UnaryOp::Neg,
            x,
        } => is_constant(cx, x),
        ExprKind::CompositeLit { elts, .. } => file.exprs(elts).is_empty(),
        ExprKind::Ident => match cx.body().object(expr) {
            Object::UniverseConst(_) => true,
            Object::Local(local) => {
                matches!(cx.body().names().local(local).kind, LocalKind::Const { .. })
            }
            Object::Member(member) => {
                matches!(
                    cx.body().cx().names().member(member).kind,
                    MemberKind::Const { .. }
                )
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a constant cannot be the name or number of anything.
fn is_bool_or_empty(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let expr = cx.file().unparen(expr);
    matches!(cx.body().object(expr), Object::UniverseConst(_))
        || matches!(cx.file().expr_text(expr), "0" | "\"\"" | "``")
        || matches!(cx.file().expr(expr).kind, ExprKind::CompositeLit { .. })
}

/// Whether somebody but the deferred call reads the value that a variable has at `point`.
fn is_used_as_it_is(cx: &RuleCx<'_>, point: Point, local: LocalId) -> bool {
    let facts = cx.facts().var(local);
    let is_here =
        |access: &Access, node| access.point.func == point.func && access.point.node == node;
    let reads = |access: &&Access| access.role == Role::Read && access.point != point;
    if facts
        .reads
        .iter()
        .filter(reads)
        .any(|read| read.point.func != point.func)
    {
        return true;
    }
    let cfg = cx.facts().cfg(point.func);
    let read_at = |node| {
        if facts
            .reads
            .iter()
            .filter(reads)
            .any(|read| is_here(read, node))
        {
            Visit::Stop
        } else if facts.writes.iter().any(|write| is_here(write, node)) {
            Visit::Skip
        } else {
            Visit::Continue
        }
    };
    cfg.search_after(point.node, read_at).is_some()
        || cfg.search_before(point.node, read_at).is_some()
}

/// Where a variable gets another value than `known` after the `defer`.
fn late_change(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    local: LocalId,
    known: &Known,
) -> Option<Span> {
    let facts = cx.facts();
    let changes = |access: &&Access| match access.role {
        Role::Write => !keeps(cx, access.value, local, known),
        Role::ReadWrite => true,
        Role::PartWrite => {
            is_struct(cx, cx.body().type_of_local(local)) && is_field_of_variable(cx, access)
        }
        _ => false,
    };
    let var = facts.var(local);
    let parts = var.reads.iter().filter(|read| read.role == Role::PartWrite);
    let late = facts.accesses_after(
        site.point,
        local,
        var.writes.iter().chain(parts).filter(changes),
    );
    let first = late.iter().min_by_key(|late| late.in_closure)?;
    let access = &first.access;
    match access.expr {
        Some(expr) => Some(cx.file().expr(expr).span),
        None => facts.cfg(access.point.func).span_of_node(access.point.node),
    }
}

/// Whether a write gives the variable the value it has anyway.
fn keeps(cx: &RuleCx<'_>, value: Value, local: LocalId, known: &Known) -> bool {
    let file = cx.file();
    match value {
        Value::Zero => known.constant.is_none(),
        Value::Expr(expr) => match (cx.body().object(expr), known.constant) {
            (Object::Local(other), _) if other == local => true,
            (Object::Nil, None) => true,
            (_, None) => {
                is_constant(cx, expr)
                    && matches!(file.expr_text(file.unparen(expr)), "0" | "\"\"" | "false")
            }
            (_, Some(constant)) => {
                file.expr_text(file.unparen(expr)) == file.expr_text(file.unparen(constant))
            }
        },
        _ => false,
    }
}

/// Whether a write to a part assigns to a field of the variable itself, not of what it points to.
pub(crate) fn is_field_of_variable(cx: &RuleCx<'_>, access: &Access) -> bool {
    let Some(ident) = access.expr else {
        return false;
    };
    let file = cx.file();
    let Some(stmt) = cx
        .facts()
        .cfg(access.point.func)
        .stmt_of_node(access.point.node)
    else {
        return false;
    };
    let is_target = |target: &ExprId| {
        let selector = file.selector(file.unparen(*target));
        selector.is_some_and(|(x, _)| file.unparen(x) == ident)
    };
    match file.stmt(stmt).kind {
        StmtKind::Assign { lhs, .. } => file.exprs(lhs).iter().any(is_target),
        StmtKind::IncDec { x, .. } => is_target(&x),
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
