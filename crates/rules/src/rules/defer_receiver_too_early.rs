//! `defer-receiver-too-early`.

use diagnostics::Applicability;
use go_flow::{
    Access, CallMode, Cfg, DeferSite, EdgeKind, NodeId, NodeKind, Place, Point, Projection, Value,
    Visit,
};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, ExprId, ExprKind, Span, StmtKind};
use go_types::{Callee, LocalId, Object, Type};

use crate::contexts::cancellables;
use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};
use crate::keeps::{Carrier, is_kept};
use crate::origin::root_local;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred calls whose receiver is replaced or changed before they run.
    ///
    /// ## What it does
    /// Reports
    /// - `defer conn.Close()` when `conn` is assigned another connection later and the function can
    ///   end without that one being closed; the same for `resp.Body.Close()` when `resp` is assigned,
    ///   and for function variables (`defer cancel()`);
    /// - a deferred method with a value receiver that reads a field which is assigned after the
    ///   `defer`.
    ///
    /// It is silent when the later value is closed, deferred, returned, stored, or made from the one
    /// before (`r = bufio.NewReader(r)`), when a function literal uses the variable, for timers and
    /// tickers since Go 1.23, which need not be stopped, and in tests, which are soon over.
    ///
    /// ## Why it is bad
    /// The receiver is evaluated, and a value receiver copied, when the `defer` statement runs
    /// (specification, "Defer statements" and "Method values"). The deferred call closes the *first*
    /// connection, perhaps for the second time, and the one that was dialled later stays open. A
    /// deferred `stats.Report()` on a copy reports what was counted before the work began.
    ///
    /// ## Example
    /// ```go
    /// func send(addr string, data []byte) error {
    /// 	conn, err := net.Dial("tcp", addr)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer conn.Close()
    /// 	if _, err := conn.Write(data); err == nil {
    /// 		return nil
    /// 	}
    /// 	conn, err = net.Dial("tcp", addr)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	_, err = conn.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func send(addr string, data []byte) error {
    /// 	conn, err := net.Dial("tcp", addr)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer conn.Close()
    /// 	if _, err := conn.Write(data); err == nil {
    /// 		return nil
    /// 	}
    /// 	again, err := net.Dial("tcp", addr)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer again.Close()
    /// 	_, err = again.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the later value needs no closing, or somebody else closes it, to whom it was given in a
    /// way that does not look like it. A method with a value receiver may be meant to get the state
    /// as it is at the `defer`; a second variable says so.
    ///
    /// ## Fix safety
    /// The fix wraps the call in a function literal, which looks at the variable when it runs. It is
    /// unsafe: the first value is then not closed unless that is done by hand before it is replaced.
    pub DeferReceiverTooEarly {
        name: "defer-receiver-too-early",
        category: Semantics,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferReceiverTooEarly {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            if site.literal.is_some() || !cx.facts().reachable(site.point) {
                continue;
            }
            if let Some((field, written)) = changed_field(cx, site) {
                report_copy(cx, site, &field, written);
            } else if !cx.is_test()
                && let Some(replaced) = replaced(cx, site)
            {
                report_replaced(cx, site, &replaced);
            }
        }
    }
}

/// A variable that gets another value after the `defer`, which nobody releases.
struct Replaced {
    local: LocalId,
    kind: DutyKind,
    /// Where it is assigned.
    written: Span,
    /// Where the first value was released by hand before.
    by_hand: Option<Span>,
}

fn replaced(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Option<Replaced> {
    let facts = cx.facts();
    let duty = Duty::of(cx, site);
    let is_func = matches!(site.callee, Callee::Var(_));
    let may_leak = matches!(
        duty.kind,
        DutyKind::Close
            | DutyKind::Cancel
            | DutyKind::Stop
            | DutyKind::Rollback
            | DutyKind::Release
    );
    let is_release = may_leak && matches!(site.callee, Callee::Selected { .. });
    if !(is_func || is_release) {
        return None;
    }
    let subject = duty.subject?;
    let local = Place::of(cx.body(), subject)?.local()?;
    let info = cx.body().names().local(local);
    let var = facts.var(local);
    if !info.is_var()
        || info.is_result()
        || info.func != site.point.func
        || var.address_taken
        || !var.captures.is_empty()
        || is_value(cx, local)
        || is_collected(cx, local)
    {
        return None;
    }
    let late = facts.writes_after(site.point, local);
    let leaked = late.iter().find(|late| {
        !late.in_closure
            && is_next(cx, site, late.access.point, local)
            && is_fresh(cx, late.access.value, local, is_func)
            && stays_unreleased(cx, &late.access, local)
    })?;
    if ends_with_first(cx, site, local, leaked.access.value) {
        return None;
    }
    let body = cx.file().func(site.point.func).body?;
    let within = cx.file().stmt(body).span;
    if is_kept(cx, local, body, within, Carrier::Wrapper) {
        return None;
    }
    let cfg = facts.cfg(site.point.func);
    let written = leaked.access.point.node;
    let by_hand = facts.calls_of(site.point.func).iter().find(|call| {
        call.mode == CallMode::Now
            && releases(cx, call.call, local)
            && cfg.reaches(site.point.node, call.point.node)
            && cfg.reaches(call.point.node, written)
    });
    Some(Replaced {
        local,
        kind: duty.kind,
        written: match leaked.access.expr {
            Some(expr) => cx.file().expr(expr).span,
            None => cfg.span_of_node(written)?,
        },
        by_hand: by_hand.map(|call| cx.file().expr(call.call).span),
    })
}

/// Whether the later value cancels a context that is made of the one that the deferred call cancels:
/// it ends with that.
fn ends_with_first(cx: &RuleCx<'_>, site: &DeferSite<'_>, local: LocalId, later: Value) -> bool {
    let (Value::Expr(call) | Value::Element { expr: call, .. }) = later else {
        return false;
    };
    let Some((_, &[parent, ..])) = cx.file().call(cx.file().unparen(call)) else {
        return false;
    };
    let cfg = cx.facts().cfg(site.point.func);
    cancellables(cx).iter().any(|first| {
        first.cancel == local
            && first.point.func == site.point.func
            && cfg.reaches(first.point.node, site.point.node)
            && first.is_ctx(cx, parent)
    })
}

/// Whether the variable is a plain value, which nobody has to release.
fn is_value(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let body = cx.body();
    matches!(
        body.cx().ty(body.underlying(body.type_of_local(local))),
        Type::Basic(_) | Type::Struct { .. } | Type::Array { .. }
    )
}

/// Whether no other `defer` for the variable comes between that of `site` and a write.
fn is_next(cx: &RuleCx<'_>, site: &DeferSite<'_>, write: Point, local: LocalId) -> bool {
    let cfg = cx.facts().cfg(site.point.func);
    let found = cfg.search_after(site.point.node, |node| match cfg.kind(node) {
        _ if node == write.node => Visit::Stop,
        NodeKind::Defer(stmt) if mentions(cx, Node::Stmt(stmt), local) => Visit::Skip,
        _ => Visit::Continue,
    });
    found.is_some()
}

/// Whether the garbage collector stops what the variable holds: timers and tickers since Go 1.23.
fn is_collected(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let body = cx.body();
    let ty = body.cx().deref(body.type_of_local(local));
    let is_timer = body.is_named(ty, "time", "Ticker") || body.is_named(ty, "time", "Timer");
    // Without the declarations of package time, its functions tell.
    let is_made = |write: &Access| match write.value {
        Value::Expr(call) => {
            let call = cx.file().unparen(call);
            body.is_call_to(call, "time", "NewTicker") || body.is_call_to(call, "time", "NewTimer")
        }
        _ => false,
    };
    cx.go_at_least(23) && (is_timer || cx.facts().var(local).writes.iter().any(is_made))
}

/// Whether a write gives the variable something new: what a call returns that did not get the value
/// before, or a function literal.
fn is_fresh(cx: &RuleCx<'_>, value: Value, local: LocalId, is_func: bool) -> bool {
    let file = cx.file();
    let (Value::Expr(expr) | Value::Element { expr, .. }) = value else {
        return false;
    };
    let expr = file.unparen(expr);
    let is_made = match file.expr(expr).kind {
        ExprKind::Call { .. } => !matches!(
            cx.facts().callee(expr),
            Callee::Conversion(_) | Callee::Builtin(_)
        ),
        ExprKind::FuncLit(_) => is_func,
        _ => false,
    };
    is_made && !mentions(cx, Node::Expr(expr), local)
}

fn mentions(cx: &RuleCx<'_>, node: Node, local: LocalId) -> bool {
    let mut found = false;
    walk(cx.file(), node, |node| {
        if let Node::Expr(expr) = node {
            found |= cx.body().names().local_of(expr) == Some(local);
        }
        if found { Descend::Stop } else { Descend::Into }
    });
    found
}

/// Whether the function can return after a write without anybody releasing what was written. Ways on
/// which the write failed do not count.
fn stays_unreleased(cx: &RuleCx<'_>, write: &Access, local: LocalId) -> bool {
    let facts = cx.facts();
    let func = write.point.func;
    let cfg = facts.cfg(func);
    let error = cfg
        .stmt_of_node(write.point.node)
        .and_then(|stmt| facts.acquisition(stmt))
        .and_then(|acquisition| acquisition.error)
        .map(|error| error.local);
    let mut seen = vec![false; cfg.len()];
    let mut open = vec![write.point.node];
    while let Some(node) = open.pop() {
        for edge in cfg.successors(node) {
            if fails_by(cx, cfg.kind(node), edge.kind, local, error)
                || std::mem::replace(&mut seen[edge.node.index()], true)
            {
                continue;
            }
            if edge.node == cfg.exit() {
                return true;
            }
            let here = Point {
                func,
                node: edge.node,
            };
            if !ends_search(cx, here, cfg.kind(edge.node), local) {
                open.push(edge.node);
            }
        }
    }
    false
}

/// Whether an edge is taken only when the variable holds nothing: the error is not nil, or the
/// variable is.
fn fails_by(
    cx: &RuleCx<'_>,
    node: NodeKind,
    edge: EdgeKind,
    local: LocalId,
    error: Option<LocalId>,
) -> bool {
    let NodeKind::Cond(cond) = node else {
        return false;
    };
    let file = cx.file();
    let ExprKind::Binary { op, x, y } = file.expr(file.unparen(cond)).kind else {
        return false;
    };
    let object = |expr| cx.body().object(expr);
    let ((Object::Local(compared), Object::Nil) | (Object::Nil, Object::Local(compared))) =
        (object(x), object(y))
    else {
        return false;
    };
    let is_nil = match (op, edge) {
        (BinaryOp::Eq, EdgeKind::True) | (BinaryOp::Ne, EdgeKind::False) => true,
        (BinaryOp::Ne, EdgeKind::True) | (BinaryOp::Eq, EdgeKind::False) => false,
        _ => return false,
    };
    compared == local && is_nil || Some(compared) == error && !is_nil
}

/// Whether at a node the value is released, deferred, or replaced.
fn ends_search(cx: &RuleCx<'_>, at: Point, kind: NodeKind, local: LocalId) -> bool {
    let facts = cx.facts();
    if let NodeKind::Defer(stmt) | NodeKind::Go(stmt) = kind
        && mentions(cx, Node::Stmt(stmt), local)
    {
        return true;
    }
    facts.var(local).write_at(at).is_some()
        || facts
            .calls_at(at)
            .iter()
            .any(|call| releases(cx, call.call, local))
}

/// Whether a call releases what a variable holds, or may.
fn releases(cx: &RuleCx<'_>, call: ExprId, local: LocalId) -> bool {
    let file = cx.file();
    let Some((_, args)) = file.call(call) else {
        return false;
    };
    let is_it = |expr: ExprId| root_local(cx, expr) == Some(local);
    let of_callee = match cx.facts().callee(call) {
        Callee::Var(called) => called == local,
        Callee::Selected { x, .. } => is_it(x),
        _ => false,
    };
    let named = match cx.facts().callee(call) {
        Callee::Var(called) if called == local => true,
        Callee::Selected { name, .. } | Callee::Func { name, .. } => {
            const WORDS: [&str; 10] = [
                "close", "release", "stop", "shutdown", "cancel", "free", "cleanup", "rollback",
                "commit", "put",
            ];
            let name = name.to_ascii_lowercase();
            WORDS.iter().any(|word| name.contains(word))
        }
        _ => false,
    };
    named && (of_callee || args.iter().any(|&arg| is_it(arg)))
}

fn report_replaced(cx: &RuleCx<'_>, site: &DeferSite<'_>, replaced: &Replaced) {
    let file = cx.file();
    let name = file.span_text(cx.body().names().local(replaced.local).span);
    let call = cx.call_snippet(site.call);
    let never = match replaced.kind {
        DutyKind::Cancel => "cancelled",
        DutyKind::Stop => "stopped",
        DutyKind::Rollback => "rolled back",
        DutyKind::Close => "closed",
        _ if matches!(site.callee, Callee::Var(_)) => "called",
        _ => "released",
    };
    let twice = match replaced.by_hand {
        Some(_) => format!(", and the first is {never} twice"),
        None => String::new(),
    };
    let message = format!(
        "`{call}` is deferred for what `{name}` is here: what it is set to later is never {never}{twice}"
    );
    let help = match replaced.by_hand {
        Some(_) => {
            format!("let the deferred call look at the variable: `defer func() {{ {call} }}()`")
        }
        None => format!("use another variable for the later one, and defer `{call}` for it too"),
    };
    let mut finding = cx
        .report(
            &DeferReceiverTooEarly::META,
            file.stmt(site.stmt).span,
            message,
        )
        .help(help)
        .related(
            replaced.written,
            format!("`{name}` gets another value here, which is never {never}"),
        );
    if let Some(by_hand) = replaced.by_hand {
        finding = finding.related(by_hand, format!("the first one is {never} here already"));
    }
    add_fix(cx, site, finding);
}

/// A field that is read by the deferred method, which got a copy, and assigned after the `defer`.
fn changed_field(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Option<(String, Span)> {
    let Callee::Selected { x, name } = site.callee else {
        return None;
    };
    let lower = name.to_ascii_lowercase();
    if ["restore", "reset", "revert", "undo"]
        .iter()
        .any(|word| lower.starts_with(word))
    {
        return None;
    }
    let place = Place::of_operand(cx.body(), x)?;
    let local = place.local()?;
    if cx.body().names().local(local).func != site.point.func {
        return None;
    }
    let method = cx.body().method(site.call)?;
    if method.pointer || cx.body().cx().is_interface(method.owner) {
        return None;
    }
    let (file_index, func) = cx.body().declaration(site.call)?;
    let read = fields_read(cx.body().cx().file(file_index), func);
    let file = cx.file();
    let cfg = cx.facts().cfg(site.point.func);
    file.func(site.point.func).stmts.iter().find_map(|stmt| {
        let targets = match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, .. } => file.exprs(lhs).to_vec(),
            StmtKind::IncDec { x, .. } => vec![x],
            _ => return None,
        };
        let point = cx.facts().point_of_stmt(stmt)?;
        let is_after = point.func == site.point.func && cfg.reaches(site.point.node, point.node);
        if !is_after || is_declared_between(cx, site, point.node, local) {
            return None;
        }
        targets.iter().find_map(|&target| {
            let written = Place::of(cx.body(), target)?;
            let Some(Projection::Field(field)) = written.path.get(place.path.len()) else {
                return None;
            };
            let is_read = written.is_within(&place)
                && written
                    .path
                    .iter()
                    .skip(place.path.len())
                    .all(|step| matches!(step, Projection::Field(_)))
                && read.contains(&(*field).to_owned());
            is_read.then(|| (cx.snippet(target), file.expr(target).span))
        })
    })
}

/// Whether control comes from the `defer` to a node only by declaring the variable anew, in the next
/// round of a loop.
fn is_declared_between(cx: &RuleCx<'_>, site: &DeferSite<'_>, to: NodeId, local: LocalId) -> bool {
    let declared = cx.facts().var(local).writes.first();
    let Some(declared) = declared.filter(|write| write.point.func == site.point.func) else {
        return false;
    };
    let cfg = cx.facts().cfg(site.point.func);
    declared.point.node != Cfg::ENTRY
        && !cfg.reaches_avoiding(site.point.node, to, declared.point.node)
}

/// The fields of its receiver that a method reads directly.
fn fields_read(file: &go_syntax::File, func: go_syntax::FuncId) -> Vec<String> {
    let node = file.func(func);
    let receiver = node
        .recv
        .and_then(|list| file.fields_of(list).first())
        .and_then(|field| file.field(field).names.first());
    let Some(receiver) = receiver.map(|name| file.name(name)) else {
        return Vec::new();
    };
    let reads = node.exprs.iter().filter_map(|expr| {
        let (x, field) = file.selector(expr)?;
        (file.ident(file.unparen(x)) == Some(receiver)).then(|| field.to_owned())
    });
    reads.collect()
}

fn report_copy(cx: &RuleCx<'_>, site: &DeferSite<'_>, field: &str, written: Span) {
    let file = cx.file();
    let call = cx.call_snippet(site.call);
    let Callee::Selected { x, name } = site.callee else {
        return;
    };
    let message = format!(
        "`{name}` gets a copy of `{}` that is made here, so it does not see what is assigned to `{field}` later",
        cx.snippet(x)
    );
    let finding = cx
        .report(
            &DeferReceiverTooEarly::META,
            file.stmt(site.stmt).span,
            message,
        )
        .help(format!(
            "call it when the function ends, `defer func() {{ {call} }}()`, or make the receiver a pointer"
        ))
        .related(written, "assigned here, too late for the copy");
    add_fix(cx, site, finding);
}

fn add_fix(cx: &RuleCx<'_>, site: &DeferSite<'_>, finding: crate::Finding<'_>) {
    let file = cx.file();
    let span = file.expr(site.call).span;
    let has_args = file
        .call(site.call)
        .is_some_and(|(_, args)| !args.is_empty());
    // Arguments would be evaluated later too; a call over several lines would have to be indented.
    if has_args || file.span_text(span).contains('\n') {
        return;
    }
    finding.fix(
        Applicability::Unsafe,
        "look at the variable when the function ends",
        [
            (Span::new(span.start, span.start), "func() { ".to_owned()),
            (Span::new(span.end, span.end), " }()".to_owned()),
        ],
    );
}
