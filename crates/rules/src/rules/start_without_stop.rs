//! `start-without-stop`.

use go_flow::{CallMode, CallSite, FieldUses, GoSite, NodeKind, Point, Value, Visit};
use go_syntax::{ExprId, ExprKind, File, FuncId, Span, StmtId, StmtKind, UnaryOp};
use go_types::{Builtin, Callee, LocalId, Object, PackageCx, Type};

use super::goroutine_without_stop::tell;
use crate::FileInput;
use crate::cx::RuleCx;
use crate::endless::{endless, endless_without, holds, is_said_to_stay};
use crate::rule::{Rule, declare_rule};
use crate::stops::{STARTS, STOPS, can_stop, stop_method, type_name};

declare_rule! {
    /// Finds what is started and never stopped, although it could be.
    ///
    /// ## What it does
    /// Reports
    ///
    /// - a goroutine that a constructor or method of a type starts and that never ends, when the type
    ///   has a `Close`, `Stop` or `Shutdown`: that does not end it;
    /// - `x.Start()`, `go x.Run()` and the like on a value that the function makes and keeps for itself,
    ///   when its type has a method to stop it, nobody calls that, and the function returns;
    /// - a goroutine of a value that a constructor makes, when an error return after it drops the value
    ///   without stopping it;
    /// - one of several goroutines of a value that wait for the same channel, which is never closed and
    ///   gets fewer values than there are goroutines;
    /// - `t.part.Start()` on a private field, when nobody in the package stops fields of that name
    ///   although their type can be stopped, and `t` itself has a `Close`, `Stop` or `Shutdown`.
    ///
    /// It is silent when a context, a channel or a function goes into the start, which may end it, in
    /// `main` and `init`, in tests, and when the value goes elsewhere.
    ///
    /// ## Why it is bad
    /// What was started works on when its owner is done with it: it holds its goroutines, timers,
    /// connections and everything that they refer to, and works on data that nobody looks at.
    /// Whoever called `Close` believes that all is over.
    ///
    /// ## Example
    /// ```go
    /// package poll
    ///
    /// import "time"
    ///
    /// type Poller struct {
    /// 	ticker *time.Ticker
    /// 	poll   func()
    /// }
    ///
    /// func New(poll func()) *Poller {
    /// 	p := &Poller{ticker: time.NewTicker(time.Second), poll: poll}
    /// 	go p.run()
    /// 	return p
    /// }
    ///
    /// func (p *Poller) run() {
    /// 	for range p.ticker.C {
    /// 		p.poll()
    /// 	}
    /// }
    ///
    /// func (p *Poller) Close() { p.ticker.Stop() }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// package poll
    ///
    /// import "time"
    ///
    /// type Poller struct {
    /// 	ticker *time.Ticker
    /// 	done   chan struct{}
    /// 	poll   func()
    /// }
    ///
    /// func New(poll func()) *Poller {
    /// 	p := &Poller{ticker: time.NewTicker(time.Second), done: make(chan struct{}), poll: poll}
    /// 	go p.run()
    /// 	return p
    /// }
    ///
    /// func (p *Poller) run() {
    /// 	for {
    /// 		select {
    /// 		case <-p.ticker.C:
    /// 			p.poll()
    /// 		case <-p.done:
    /// 			return
    /// 		}
    /// 	}
    /// }
    ///
    /// func (p *Poller) Close() {
    /// 	p.ticker.Stop()
    /// 	close(p.done)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the value lives as long as the process, or when its `Close` is about something else.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub StartWithoutStop {
        name: "start-without-stop",
        category: Goroutines,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for StartWithoutStop {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        let node = file.func(func);
        let name = node.name.map_or("", |name| file.name(name));
        if input.is_test || name == "init" || name == "main" && input.is_main {
            return false;
        }
        let starts = |expr| {
            file.call(expr).is_some_and(|(fun, _)| {
                file.selector(file.unparen(fun))
                    .is_some_and(|(_, name)| STARTS.contains(&name))
            })
        };
        node.features.intersects(go_syntax::Features::GO) || node.exprs.iter().any(starts)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        // One is enough to tell that the type is not stopped.
        let mut gos = cx.facts().gos().iter();
        gos.find(|go| cx.facts().reachable(go.point) && not_ended_by_close(cx, go).is_some());
        one_message(cx);
        for go in cx.facts().gos() {
            left_by_error(cx, go);
        }
        for site in cx.facts().calls() {
            if cx.facts().reachable(site.point) && is_start(cx, site) {
                never_stopped(cx, site);
            }
        }
    }
}

/// A goroutine that the `Close` of its owner does not end.
fn not_ended_by_close(cx: &RuleCx<'_>, go: &GoSite<'_>) -> Option<()> {
    let local = owner_of(cx, go)?;
    let ty = cx.body().type_of_local(local);
    let name = type_name(cx.body(), ty)?;
    let (file, stop) = stop_method(cx.body().cx(), &name)?;
    let found = endless(cx, go)?;
    let stays = found.span.map(|head| whole_loop(cx.file(), head));
    let mut near = [Some(cx.file().stmt(go.stmt).span), stays].into_iter();
    if near.any(|span| span.is_some_and(|span| is_said_to_stay(cx.file(), span))) {
        return None;
    }
    // The other rule has more to say.
    if found.stopped.is_some() && cx.runs("goroutine-without-stop") {
        return None;
    }
    let tree = cx.body().cx().file(file);
    let label = tree.func(stop).name.map_or("Close", |name| tree.name(name));
    let message =
        format!("`{label}` of `{name}` does not end this goroutine, which goes on for ever");
    let help = format!("close a channel in `{label}`, and return when it is closed");
    tell(cx, &StartWithoutStop::META, go, message, help, &found);
    Some(())
}

/// The loop that starts with `head`, or that itself when it is no loop.
fn whole_loop(file: &File, head: Span) -> Span {
    file.all_funcs()
        .flat_map(|func| file.func(func).stmts.iter())
        .filter(|&stmt| {
            matches!(
                file.stmt(stmt).kind,
                StmtKind::For { .. } | StmtKind::Range { .. }
            )
        })
        .map(|stmt| file.stmt(stmt).span)
        .find(|span| span.start == head.start)
        .unwrap_or(head)
}

/// Goroutines of one value that wait for the same channel, which gets too few values to end all.
fn one_message(cx: &RuleCx<'_>) {
    let (facts, body) = (cx.facts(), cx.body());
    let mut waiting: Vec<(String, usize)> = Vec::new();
    for go in facts.gos() {
        if !facts.reachable(go.point) || facts.in_cycle(go.point) {
            continue;
        }
        let Some(local) = owner_of(cx, go) else {
            continue;
        };
        for field in channels_asked(cx, go) {
            let uses = FieldUses::of(body.cx());
            let is_ours = uses
                .get(&field)
                .is_some_and(|of| of.sent && !of.closed && !of.escapes && !of.ranged);
            let Some(sent) = sends_to(body.cx(), &field).filter(|_| is_ours) else {
                continue;
            };
            let Some(found) = endless_without(cx, go, &field) else {
                continue;
            };
            match waiting.iter_mut().find(|(name, _)| *name == field) {
                Some((_, count)) => *count += 1,
                None => waiting.push((field.clone(), 1)),
            }
            let count = waiting.iter().find(|(name, _)| *name == field);
            let ty = type_name(body, body.type_of_local(local));
            let Some(name) = ty.filter(|_| count.is_some_and(|&(_, count)| count > sent)) else {
                continue;
            };
            let Some((file, stop)) = stop_method(body.cx(), &name) else {
                continue;
            };
            let tree = body.cx().file(file);
            let label = tree.func(stop).name.map_or("Close", |name| tree.name(name));
            let times = if sent == 1 { "once" } else { "too rarely" };
            let message = format!(
                "`{label}` of `{name}` sends to `{field}` {times}, which ends another goroutine, and this one goes on"
            );
            let help = format!("close `{field}`: then all that wait for it go on");
            tell(cx, &StartWithoutStop::META, go, message, help, &found);
            return;
        }
    }
}

/// The private fields that a goroutine receives from.
fn channels_asked(cx: &RuleCx<'_>, go: &GoSite<'_>) -> Vec<String> {
    let (tree, func) = match go.literal {
        Some(literal) => (cx.file(), literal),
        None => match cx.body().declaration(go.call) {
            Some((file, func)) => (cx.body().cx().file(file), func),
            None => return Vec::new(),
        },
    };
    let mut fields = Vec::new();
    for expr in tree.func(func).exprs.iter() {
        if let ExprKind::Unary {
            op: UnaryOp::Recv,
            x,
        } = tree.expr(expr).kind
            && let Some((_, name)) = tree.selector(tree.unparen(x))
            && name.starts_with(char::is_lowercase)
            && !fields.iter().any(|field| field == name)
        {
            fields.push(name.to_owned());
        }
    }
    fields
}

/// How many values the package sends to fields of a name; `None` when a loop sends, or several
/// functions do.
fn sends_to(package: &PackageCx<'_>, field: &str) -> Option<usize> {
    let mut sent = 0;
    let mut functions = 0;
    for file in package.names().files() {
        for func in file.all_funcs() {
            let node = file.func(func);
            if node.parent.is_some() {
                continue;
            }
            let before = sent;
            for stmt in node.stmts.iter() {
                let StmtKind::Send { chan, .. } = file.stmt(stmt).kind else {
                    continue;
                };
                if file
                    .selector(file.unparen(chan))
                    .is_none_or(|(_, name)| name != field)
                {
                    continue;
                }
                let span = file.stmt(stmt).span;
                let in_loop = node.stmts.iter().any(|other| {
                    matches!(
                        file.stmt(other).kind,
                        StmtKind::For { .. } | StmtKind::Range { .. }
                    ) && file.stmt(other).span.contains(span)
                });
                if in_loop {
                    return None;
                }
                sent += 1;
            }
            functions += usize::from(sent > before);
        }
    }
    (functions == 1).then_some(sent)
}

/// A goroutine of a value that a constructor makes, and drops when something fails later on.
fn left_by_error(cx: &RuleCx<'_>, go: &GoSite<'_>) -> Option<()> {
    let (file, body, facts) = (cx.file(), cx.body(), cx.facts());
    // `go p.run()`, and `go p.part.run()`
    let Callee::Selected { x, .. } = go.callee else {
        return None;
    };
    let local = crate::origin::root_local(cx, x)?;
    let declared = body.names().local(local);
    let made = facts.var(local);
    if go.point.func != cx.root() || declared.is_param() || made.writes.len() != 1 {
        return None;
    }
    let is_made = made.writes.iter().all(|write| match write.value {
        Value::Expr(value) => is_made_here(cx, value),
        _ => false,
    });
    let ty = type_name(body, body.type_of_local(local))?;
    let (of, stop) = stop_method(body.cx(), &ty)?;
    if !is_made || owner_of(cx, go) != Some(local) || !waits_for_stop(cx, go) {
        return None;
    }
    let cfg = facts.cfg(go.point.func);
    let mut left = None;
    let found = cfg.search_after(go.point.node, |node| {
        let point = Point {
            func: go.point.func,
            node,
        };
        if ends_it(cx, point, local) {
            return Visit::Skip;
        }
        if let NodeKind::Return(stmt) = cfg.kind(node)
            && drops(cx, stmt, local)
        {
            left = Some(stmt);
            return Visit::Stop;
        }
        Visit::Continue
    });
    let (_, left) = found.zip(left)?;
    let defers_end = facts
        .defers_of(go.point.func)
        .any(|site| mentions(cx, file.expr(site.call).span, local));
    if defers_end {
        return None;
    }
    let tree = body.cx().file(of);
    let label = tree.func(stop).name.map_or("Close", |name| tree.name(name));
    let name = file.span_text(declared.span);
    cx.report(
        &StartWithoutStop::META,
        file.stmt(go.stmt).span,
        format!("an error return drops `{name}`, and this goroutine of it runs on for ever"),
    )
    .help(format!(
        "call `{name}.{label}()` before, or start the goroutine last"
    ))
    .related(file.stmt(left).span, "returned here without it");
    Some(())
}

/// Whether what a goroutine runs goes round in a loop, which only its owner can end.
fn waits_for_stop(cx: &RuleCx<'_>, go: &GoSite<'_>) -> bool {
    let Some((file, func)) = cx.body().declaration(go.call) else {
        return false;
    };
    let tree = cx.body().cx().file(file);
    let node = tree.func(func);
    let Some(body) = node.body else { return false };
    // What comes from outside may end it.
    let has_params = !tree.fields_of(tree.sig(node.sig).params).is_empty();
    let mentions_context = node.exprs.iter().any(|expr| {
        tree.selector(expr)
            .is_some_and(|(_, name)| matches!(name, "ctx" | "Context"))
    });
    !has_params
        && !mentions_context
        && tree
            .block_stmts(body)
            .iter()
            .any(|&stmt| match tree.stmt(stmt).kind {
                StmtKind::For { cond: None, .. } => true,
                StmtKind::Range { x, .. } => tree.selector(tree.unparen(x)).is_some(),
                _ => false,
            })
}

/// Whether something at a point may end what `local` does: it is closed, or handed on.
fn ends_it(cx: &RuleCx<'_>, point: Point, local: LocalId) -> bool {
    let (file, facts) = (cx.file(), cx.facts());
    let hands = |arg: ExprId| {
        let mut arg = file.unparen(arg);
        if let ExprKind::Unary {
            op: UnaryOp::Addr,
            x,
        } = file.expr(arg).kind
        {
            arg = file.unparen(x);
        }
        match file.expr(arg).kind {
            ExprKind::FuncLit(_) => mentions(cx, file.expr(arg).span, local),
            ExprKind::Selector { .. } => file.selector(arg).is_some_and(|(x, name)| {
                STOPS.contains(&name) && mentions(cx, file.expr(x).span, local)
            }),
            _ => cx.body().object(arg) == Object::Local(local),
        }
    };
    facts.calls_at(point).iter().any(|site| {
        let args = file.call(site.call).map_or(&[][..], |(_, args)| args);
        let is_stop = match facts.callee(site.call) {
            Callee::Selected { x, name } => {
                STOPS.contains(&name) && mentions(cx, file.expr(x).span, local)
            }
            Callee::Builtin(Builtin::Close) => args
                .iter()
                .any(|&arg| mentions(cx, file.expr(arg).span, local)),
            Callee::Var(_) => true,
            _ => false,
        };
        is_stop || args.iter().any(|&arg| hands(arg))
    })
}

/// Whether a variable is mentioned within a span.
fn mentions(cx: &RuleCx<'_>, within: Span, local: LocalId) -> bool {
    let mut uses = cx.body().names().uses(local).iter();
    uses.any(|mention| within.contains(cx.file().expr(mention.expr).span))
}

/// Whether a `return` gives nil in the place of a value, with an error.
fn drops(cx: &RuleCx<'_>, stmt: StmtId, local: LocalId) -> bool {
    let file = cx.file();
    let StmtKind::Return(results) = file.stmt(stmt).kind else {
        return false;
    };
    let results = file.exprs(results);
    results.len() >= 2
        && results
            .first()
            .is_some_and(|&first| cx.body().object(first) == Object::Nil)
        && results
            .last()
            .is_some_and(|&last| cx.body().object(last) != Object::Nil)
        && !mentions(cx, file.stmt(stmt).span, local)
}

/// The value whose goroutine this is: the receiver of the method that starts it, or what a
/// constructor makes and returns.
pub(super) fn owner_of(cx: &RuleCx<'_>, go: &GoSite<'_>) -> Option<LocalId> {
    let body = cx.body();
    let mut locals = body.names().locals();
    let receiver = locals.find(|(id, local)| {
        matches!(local.kind, go_types::LocalKind::Receiver(_)) && holds(cx, go, *id)
    });
    if let Some((id, _)) = receiver {
        return Some(id);
    }
    let file = cx.file();
    file.func(cx.root()).stmts.iter().find_map(|stmt| {
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            return None;
        };
        file.exprs(results).iter().find_map(|&result| {
            let mut result = file.unparen(result);
            if let ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } = file.expr(result).kind
            {
                result = file.unparen(x);
            }
            let Object::Local(local) = body.object(result) else {
                return None;
            };
            let declared = body.names().local(local);
            (!declared.is_param() && declared.func == cx.root() && holds(cx, go, local))
                .then_some(local)
        })
    })
}

/// Whether a call starts something by its name, and gets nothing that may end it.
fn is_start(cx: &RuleCx<'_>, site: &CallSite) -> bool {
    let Callee::Selected { name, .. } = cx.facts().callee(site.call) else {
        return false;
    };
    let is_start = match site.mode {
        CallMode::Now => matches!(name, "Start" | "start"),
        CallMode::Spawned(_) => matches!(name, "Run" | "Start" | "run" | "start" | "Serve"),
        CallMode::Deferred(_) => false,
    };
    let args = cx.file().call(site.call).map_or(&[][..], |(_, args)| args);
    is_start
        && args.iter().all(|&arg| {
            let ty = cx.body().type_of(arg);
            matches!(
                cx.body().cx().ty(cx.body().underlying(ty)),
                Type::Basic(_) | Type::Slice(_) | Type::Map { .. } | Type::Struct { .. }
            )
        })
}

fn never_stopped(cx: &RuleCx<'_>, site: &CallSite) -> Option<()> {
    let (file, body) = (cx.file(), cx.body());
    let Callee::Selected { x, .. } = cx.facts().callee(site.call) else {
        return None;
    };
    let x = file.unparen(x);
    let ty = body.type_of(x);
    let stop = can_stop(body, ty, &STOPS[..6])?;
    // Starting it must start something.
    if !starts_goroutine(cx, site) {
        return None;
    }
    let call = cx.call_snippet(site.call);
    let (name, is_left) = match body.object(x) {
        Object::Local(local) => (cx.snippet(x), is_left(cx, site, local)),
        _ => {
            let (owner, field) = file.selector(x)?;
            let kind = type_name(body, body.type_of(owner))?;
            let is_left = stop_method(body.cx(), &kind).is_some() && is_field_left(cx, field);
            (cx.snippet(x), is_left)
        }
    };
    if !is_left {
        return None;
    }
    cx.report(
        &StartWithoutStop::META,
        file.expr(site.call).span,
        format!("nobody stops what `{call}` starts, so it goes on for ever"),
    )
    .help(format!(
        "call `{name}.{stop}()` when it is not needed any more"
    ));
    Some(())
}

/// Whether a method of the package starts a goroutine; of others it is supposed when the call is a
/// goroutine itself.
fn starts_goroutine(cx: &RuleCx<'_>, site: &CallSite) -> bool {
    if matches!(site.mode, CallMode::Spawned(_)) {
        return true;
    }
    match cx.body().declaration(site.call) {
        Some((file, func)) => {
            let node = cx.body().cx().file(file).func(func);
            node.features.intersects(go_syntax::Features::GO)
        }
        None => false,
    }
}

/// Whether a local variable holds a value of this function's own that nobody stops before the
/// function returns.
fn is_left(cx: &RuleCx<'_>, site: &CallSite, local: LocalId) -> bool {
    let (file, body, facts) = (cx.file(), cx.body(), cx.facts());
    let declared = body.names().local(local);
    if declared.is_param() || declared.is_result() || !declared.is_var() {
        return false;
    }
    let var = facts.var(local);
    let is_made = var.writes.len() == 1
        && !var.address_taken
        && var.writes.iter().all(|write| match write.value {
            Value::Expr(value) | Value::Element { expr: value, .. } => is_made_here(cx, value),
            _ => false,
        });
    // Everything that is done with it is calling its methods and reading plain fields.
    let is_own = body.names().uses(local).iter().all(|mention| {
        facts
            .calls()
            .iter()
            .any(|call| match facts.callee(call.call) {
                Callee::Selected { x, name } => {
                    file.unparen(x) == mention.expr && !STOPS.contains(&name) && name != "Wait"
                }
                _ => false,
            })
    });
    let cfg = facts.cfg(site.point.func);
    let returns = cfg
        .search_after(site.point.node, |node| {
            if node == cfg.exit() {
                Visit::Stop
            } else {
                Visit::Continue
            }
        })
        .is_some();
    is_made && is_own && returns && declared.func == site.point.func
}

/// Whether a value is made by a literal or by a function that is called like a constructor.
fn is_made_here(cx: &RuleCx<'_>, value: ExprId) -> bool {
    let file = cx.file();
    let value = file.unparen(value);
    match file.expr(value).kind {
        ExprKind::CompositeLit { .. } => true,
        ExprKind::Unary {
            op: UnaryOp::Addr,
            x,
        } => matches!(
            file.expr(file.unparen(x)).kind,
            ExprKind::CompositeLit { .. }
        ),
        ExprKind::Call { .. } => match cx.facts().callee(value) {
            Callee::Func { name, .. } => name.starts_with("New") || name.starts_with("new"),
            _ => false,
        },
        _ => false,
    }
}

/// Whether nobody in the package stops the fields of a name, or hands them on.
fn is_field_left(cx: &RuleCx<'_>, field: &str) -> bool {
    let uses = FieldUses::of(cx.body().cx());
    field.starts_with(|c: char| c.is_lowercase() || c == '_')
        && uses
            .get(field)
            .is_some_and(|of| !of.escapes && !of.ranged && !of.selects(&STOPS))
}
