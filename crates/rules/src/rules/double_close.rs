//! `double-close`.

use go_flow::{CallMode, ChannelAct, ChannelOp, FunctionFacts, Place, Point, Value, Visit};
use go_syntax::{ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Body, Builtin, Callee, LocalId, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::parties::{callers, may_meet_itself};
use crate::rule::{Rule, declare_rule};
use crate::sequence::Channels;

declare_rule! {
    /// Finds channels that are closed twice.
    ///
    /// ## What it does
    /// Reports a `close` of a channel that was closed before for certain, as far as one function and
    /// the goroutines that it starts tell:
    ///
    /// - a `close` that follows another one of the same variable or field, with no assignment
    ///   between;
    /// - a `close` in a loop, of a channel from outside of it, that the loop does not leave;
    /// - a `close` by hand where another one is deferred;
    /// - a `close` in the `default` of a `select` that asks whether the channel is closed, when a
    ///   goroutine of the package comes there as well as others, and no lock keeps them apart;
    /// - a call of a function of the package that closes the channel which it is given, perhaps only
    ///   when it fails, when the caller closes it as well;
    /// - a `close` of what a map of the value has under a key, when the entry stays: the next call with
    ///   that key closes it again;
    /// - a goroutine that closes a channel of the function around it, when it is started in a loop,
    ///   or when that function closes it as well.
    ///
    /// It is silent when a condition between the two asks for something that is set there (`if
    /// !closed`), and when a `sync.Once` closes.
    ///
    /// ## Why it is bad
    /// The second `close` of a channel panics (Go specification, Close), and so does the `close` of
    /// one that is nil. In a goroutine nobody recovers from that, and the process ends: no deferred
    /// call of any other goroutine runs.
    ///
    /// ## Example
    /// ```go
    /// func produce(out chan<- int, next func() (int, error)) {
    /// 	defer close(out)
    /// 	for {
    /// 		n, err := next()
    /// 		if err != nil {
    /// 			close(out)
    /// 			return
    /// 		}
    /// 		out <- n
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func produce(out chan<- int, next func() (int, error)) {
    /// 	defer close(out)
    /// 	for {
    /// 		n, err := next()
    /// 		if err != nil {
    /// 			return
    /// 		}
    /// 		out <- n
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the panic is wanted, as in a test of it, or when conditions that have nothing to do with
    /// each other in the text exclude each other.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DoubleClose {
        name: "double-close",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for DoubleClose {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        closes(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let channels = Channels::new(cx);
        let mut told = Vec::new();
        in_sequence(&channels, &mut told);
        with_deferred(&channels, &mut told);
        by_goroutine(&channels, &mut told);
        of_nil(&channels, &mut told);
        asked_first(&channels, &mut told);
        by_callee(&channels, &mut told);
        left_in_map(&channels, &mut told);
    }
}

/// Whether a function may close a channel.
fn closes(package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
    let file = package.file(input.index);
    let mut exprs = file.func(func).exprs.iter();
    exprs.any(|expr| {
        file.call(expr)
            .is_some_and(|(fun, _)| file.ident(file.unparen(fun)) == Some("close"))
    })
}

type Told = Vec<go_syntax::Span>;

fn report(
    channels: &Channels<'_, '_>,
    told: &mut Told,
    second: &ChannelOp<'_>,
    first: &ChannelOp<'_>,
    message: String,
    note: &str,
) {
    if told.contains(&second.span) || told.contains(&first.span) {
        return;
    }
    told.push(second.span);
    let mut finding = channels
        .cx
        .report(&DoubleClose::META, second.span, message)
        .help("close the channel in one place: where nothing is sent any more");
    if first.span != second.span {
        finding = finding.related(first.span, note);
    }
    drop(finding);
}

fn name(channels: &Channels<'_, '_>, op: &ChannelOp<'_>) -> String {
    channels.cx.snippet(op.channel)
}

/// Two in a row, or one that is passed again.
fn in_sequence(channels: &Channels<'_, '_>, told: &mut Told) {
    let closes: Vec<_> = channels.now(ChannelAct::Close).collect();
    for first in &closes {
        for second in &closes {
            if !channels.follows(first, second) {
                continue;
            }
            if crate::sequence::is_meant(channels.cx, first.span, second.span) {
                continue;
            }
            let channel = name(channels, second);
            let message = if first.span == second.span {
                format!("the next round of the loop closes `{channel}` again, and that panics")
            } else {
                format!("`{channel}` is closed already, so this `close` panics")
            };
            report(channels, told, second, first, message, "closed here first");
        }
    }
}

/// One that is deferred, and another.
fn with_deferred(channels: &Channels<'_, '_>, told: &mut Told) {
    let deferred = channels.deferred_closes();
    for (index, (op, at)) in deferred.iter().enumerate() {
        let Some(place) = &op.place else { continue };
        if !channels.is_assigned_once(place) {
            continue;
        }
        let cfg = channels.cx.facts().cfg(at.func);
        let follows = |other: Point| {
            other.func == at.func
                && (cfg.dominates(at.node, other.node)
                    || cfg.dominates(other.node, at.node)
                    || channels.always_follows(other, at.node))
        };
        for other in channels.now(ChannelAct::Close) {
            if other.place.as_ref() == Some(place) && follows(other.point) {
                let channel = name(channels, other);
                let message = format!(
                    "`{channel}` is closed here and again by the deferred call, which panics"
                );
                report(channels, told, other, op, message, "this closes it again");
            }
        }
        for (other, point) in &deferred[index + 1..] {
            if other.place.as_ref() == Some(place) && follows(*point) {
                let channel = name(channels, other);
                let message =
                    format!("two deferred calls close `{channel}`, and the second of them panics");
                report(channels, told, other, op, message, "this closes it too");
            }
        }
    }
}

/// Goroutines that always close what another one closes as well.
fn by_goroutine(channels: &Channels<'_, '_>, told: &mut Told) {
    let facts = channels.cx.facts();
    let mut sure: Vec<(&ChannelOp<'_>, FuncId)> = channels
        .now(ChannelAct::Close)
        .filter(|op| {
            let cfg = facts.cfg(op.point.func);
            !cfg.reaches_avoiding(cfg.entry(), cfg.exit(), op.point.node)
                && cfg.reaches(op.point.node, cfg.exit())
        })
        .map(|op| (op, op.point.func))
        .collect();
    for (op, at) in channels.deferred_closes() {
        let cfg = facts.cfg(at.func);
        if !cfg.reaches_avoiding(cfg.entry(), cfg.exit(), at.node) {
            sure.push((op, at.func));
        }
    }
    for (op, literal) in sure {
        let Some(go) = channels.goroutine(literal) else {
            continue;
        };
        let Some(place) = op.place.as_ref() else {
            continue;
        };
        // What the literal declares itself is another channel each time.
        let inside = channels.cx.file().func(literal).span;
        if channels.is_made_in(place, inside) || !channels.is_assigned_once(place) {
            continue;
        }
        let cfg = facts.cfg(go.func);
        let channel = name(channels, op);
        if is_started_again(channels, go, op) && place.is_variable() {
            let message = format!(
                "each of the goroutines that the loop starts closes `{channel}`, and the second one panics"
            );
            report(channels, told, op, op, message, "");
            continue;
        }
        let other = channels.now(ChannelAct::Close).find(|other| {
            other.place.as_ref() == Some(place)
                && other.point.func == go.func
                && (cfg.dominates(go.node, other.point.node)
                    || channels.always_follows(go, other.point.node))
                && cfg.reaches(go.node, other.point.node)
        });
        if let Some(other) = other {
            let message =
                format!("`{channel}` is closed here and by the goroutine, and one of them panics");
            report(
                channels,
                told,
                other,
                op,
                message,
                "the goroutine closes it",
            );
        }
    }
}

/// Whether a `go` statement can be passed again with the same channel.
fn is_started_again<'a>(channels: &Channels<'_, 'a>, go: Point, op: &ChannelOp<'a>) -> bool {
    let (facts, file) = (channels.cx.facts(), channels.cx.file());
    let cfg = facts.cfg(go.func);
    let Some(place) = &op.place else {
        return false;
    };
    cfg.in_cycle(go.node)
        && cfg.loops_of_node(go.node).iter().all(|lp| {
            let info = facts.loop_info(cfg, lp);
            let span = file.stmt(lp.stmt).span;
            let go_span = file.func(op.point.func).span;
            !channels.is_made_in(place, span)
                && info.bound != Some(1)
                && !channels.is_in_one_round(go_span, span)
        })
        && cfg
            .search_after(go.node, |node| {
                let point = Point {
                    func: go.func,
                    node,
                };
                if node == go.node {
                    Visit::Stop
                } else if channels.changes(point, place)
                    && place
                        .local()
                        .is_some_and(|local| facts.var(local).write_at(point).is_some())
                {
                    Visit::Skip
                } else {
                    Visit::Continue
                }
            })
            .is_some()
}

/// `select { case <-c: default: close(c) }` without a lock: two goroutines may both come to `close`.
fn asked_first(channels: &Channels<'_, '_>, told: &mut Told) {
    let (cx, facts) = (channels.cx, channels.cx.facts());
    for close in channels.now(ChannelAct::Close) {
        let Some(place) = &close.place else { continue };
        // Others know it: it is a field, and not one of something made here.
        let is_shared = !place.is_variable()
            && place
                .local()
                .is_some_and(|local| cx.body().names().local(local).is_param());
        if !is_shared {
            continue;
        }
        let close_span = close.span;
        let asked = asked_before(channels, close_span, |op| op.place.as_ref() == Some(place));
        let root = cx.file().func(cx.root());
        let name_of_root = root.name.map_or("", |name| cx.file().name(name));
        let is_locked = facts.locks().iter().any(|lock| lock.op.acquires())
            || name_of_root.to_lowercase().contains("locked");
        let here = (cx.body().file_index(), cx.root());
        if let Some(asked) = asked.filter(|_| !is_locked && close.point.func == cx.root())
            && !is_emptied(channels, asked)
            && may_meet_itself(cx.body().cx(), here)
        {
            let channel = name(channels, close);
            let message = format!(
                "two goroutines may both find `{channel}` open here, and the second `close` panics"
            );
            report(
                channels,
                told,
                close,
                asked,
                message,
                "asked here, without a lock",
            );
        }
    }
}

/// The receive of a `select` in whose `default` the close stands, from one of the channels that `is_same`
/// picks.
fn asked_before<'c, 'a>(
    channels: &'c Channels<'_, 'a>,
    close: go_syntax::Span,
    is_same: impl Fn(&ChannelOp<'a>) -> bool,
) -> Option<&'c ChannelOp<'a>> {
    let file = channels.cx.file();
    channels.ops.iter().find(|op| {
        op.act == ChannelAct::Receive
            && is_same(op)
            && op.arm.is_some_and(|arm| {
                arm.has_default
                    && arm.cases == 1
                    && file.stmt(arm.select).span.contains(close)
                    && !file.stmt(arm.clause).span.contains(close)
            })
    })
}

/// Whether the receive that asks only empties the channel: it is done again and again.
fn is_emptied(channels: &Channels<'_, '_>, asked: &ChannelOp<'_>) -> bool {
    channels.cx.facts().in_cycle(asked.point)
}

/// A function of the package that closes what it is given, and a caller that does so too.
fn by_callee(channels: &Channels<'_, '_>, told: &mut Told) {
    let (cx, facts) = (channels.cx, channels.cx.facts());
    let (file, body) = (cx.file(), cx.body());
    let deferred = channels.deferred_closes();
    for site in facts.calls() {
        if site.mode != CallMode::Now || !facts.reachable(site.point) {
            continue;
        }
        let args = file.call(site.call).map_or(&[][..], |(_, args)| args);
        for (index, &arg) in args.iter().enumerate() {
            let Some(place) = Place::of(body, arg).filter(|_| facts.is_channel(arg)) else {
                continue;
            };
            let cfg = facts.cfg(site.point.func);
            // A deferred close comes whatever the call does, one that follows only when it returns.
            let is_same = |op: &ChannelOp<'_>| op.place.as_ref() == Some(&place);
            let earlier = deferred.iter().find(|(op, at)| {
                is_same(op) && at.func == site.point.func && cfg.dominates(at.node, site.point.node)
            });
            let own = earlier.map(|(op, _)| (*op, false)).or_else(|| {
                let mut closes = channels.now(ChannelAct::Close);
                closes
                    .find(|op| {
                        is_same(op)
                            && op.point.func == site.point.func
                            && cfg.dominates(site.point.node, op.point.node)
                    })
                    .map(|op| (op, true))
            });
            let Some((own, must_always)) = own else {
                continue;
            };
            if channels.is_assigned_once(&place)
                && let Some((span, name)) = closes_param(cx, site.call, index, must_always)
            {
                let channel = cx.snippet(arg);
                let message =
                    format!("`{name}` closes `{channel}` too, and the second `close` panics");
                if told.contains(&own.span) {
                    continue;
                }
                told.push(own.span);
                let mut finding = cx
                    .report(&DoubleClose::META, own.span, message)
                    .help("close the channel in one place: where it was made")
                    .related(file.expr(site.call).span, "given away here");
                if let Some(span) = span {
                    finding = finding.related(span, "closed here first");
                }
                drop(finding);
            }
        }
    }
}

/// Where a function of the package closes its parameter number `index`, on some path or on all; the
/// place when it is in this file, and the name of the function.
fn closes_param(
    cx: &RuleCx<'_>,
    call: ExprId,
    index: usize,
    always: bool,
) -> Option<(Option<go_syntax::Span>, String)> {
    let package = cx.body().cx();
    let (at, func) = cx.body().declaration(call)?;
    if (at, func) == (cx.body().file_index(), cx.root()) {
        return None;
    }
    let tree = package.file(at);
    let mut exprs = tree.func(func).exprs.iter();
    exprs.find(|&expr| {
        tree.call(expr)
            .is_some_and(|(fun, _)| tree.ident(tree.unparen(fun)) == Some("close"))
    })?;
    let body = Body::new(package, at, func);
    let inner = FunctionFacts::new(&body);
    let param = parameter(&body, func, index)?;
    let var = inner.var(param);
    // A select that asks first, and a parameter that is set, are beyond this.
    if var.writes.len() > 1 || var.address_taken {
        return None;
    }
    let cfg = inner.cfg(func);
    let ops = inner.channel_ops();
    let is_asked = ops.iter().any(|op| {
        op.act == ChannelAct::Receive
            && body.object(op.channel) == Object::Local(param)
            && op.arm.is_some_and(|arm| arm.has_default)
    });
    let close = ops.iter().find(|op| {
        op.act == ChannelAct::Close
            && body.object(op.channel) == Object::Local(param)
            && op.point.func == func
            && inner.reachable(op.point)
            && !matches!(op.mode, CallMode::Spawned(_))
            && (!always || !cfg.reaches_avoiding(cfg.entry(), cfg.exit(), op.point.node))
    })?;
    if is_asked {
        return None;
    }
    let name = tree
        .func(func)
        .name
        .map(|name| tree.name(name).to_owned())?;
    Some(((at == cx.body().file_index()).then_some(close.span), name))
}

/// The parameter number `index` of a function.
fn parameter(body: &Body<'_>, func: FuncId, index: usize) -> Option<LocalId> {
    let file = body.file();
    let params = file.fields_of(file.sig(file.func(func).sig).params);
    let mut names = params
        .iter()
        .flat_map(|field| file.field(field).names.iter());
    body.names().declared(names.nth(index)?)
}

/// A channel out of a map that keeps it.
fn left_in_map(channels: &Channels<'_, '_>, told: &mut Told) {
    let (cx, facts) = (channels.cx, channels.cx.facts());
    let (file, body) = (cx.file(), cx.body());
    for close in channels.now(ChannelAct::Close) {
        // `c := m[k]` or `c, ok := m[k]`, and then `close(c)`
        let Object::Local(local) = body.object(close.channel) else {
            continue;
        };
        let definitions = facts.definitions(close.point, local);
        let entry = match definitions.single().map(|found| found.value) {
            Some(Value::Expr(value) | Value::Element { expr: value, .. }) => file.unparen(value),
            _ => continue,
        };
        let ExprKind::Index { x: map, .. } = file.expr(entry).kind else {
            continue;
        };
        let Some((_, field)) = file.selector(file.unparen(map)) else {
            continue;
        };
        let is_map = matches!(
            body.cx().ty(body.core(body.type_of(map))),
            go_types::Type::Map { .. }
        );
        let package = body.cx();
        let here = (body.file_index(), cx.root());
        let helper_takes_out = || {
            facts.calls().iter().any(|site| {
                body.declaration(site.call)
                    .is_some_and(|(at, func)| takes_out(package.file(at), func, field))
            })
        };
        let is_same = |op: &ChannelOp<'_>| body.object(op.channel) == Object::Local(local);
        if !is_map
            || takes_out(file, cx.root(), field)
            || facts.in_cycle(close.point)
            || asked_before(channels, close.span, is_same).is_some()
            || helper_takes_out()
        {
            continue;
        }
        let mut is_taken_out = false;
        let mut is_called = false;
        callers(package, here, &mut |caller| {
            is_called = true;
            is_taken_out = takes_out(package.file(caller.func.0), caller.func.1, field);
            is_taken_out
        });
        let name_of_root = file.func(cx.root()).name.map_or("", |name| file.name(name));
        if is_taken_out || !is_called && !name_of_root.starts_with(char::is_uppercase) {
            continue;
        }
        let channel = name(channels, close);
        let message = format!(
            "`{channel}` stays in `{field}`, so the next call with this key closes it again, which panics"
        );
        if told.contains(&close.span) {
            continue;
        }
        told.push(close.span);
        cx.report(&DoubleClose::META, close.span, message)
            .help(format!("delete the entry from `{field}` where it is read"))
            .related(file.expr(entry).span, "taken from the map here");
    }
}

/// Whether a function deletes from a field, or sets it or an entry of it.
fn takes_out(file: &go_syntax::File, func: FuncId, field: &str) -> bool {
    let is_field = |expr: ExprId| {
        let expr = file.unparen(expr);
        let expr = match file.expr(expr).kind {
            ExprKind::Index { x, .. } => file.unparen(x),
            _ => expr,
        };
        file.selector(expr).is_some_and(|(_, name)| name == field)
    };
    let node = file.func(func);
    let deletes = node.exprs.iter().any(|expr| {
        file.call(expr).is_some_and(|(fun, args)| {
            matches!(file.ident(file.unparen(fun)), Some("delete" | "clear"))
                && args.first().is_some_and(|&map| is_field(map))
        })
    });
    deletes
        || node.stmts.iter().any(|stmt| match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, .. } => file.exprs(lhs).iter().any(|&target| is_field(target)),
            _ => false,
        })
}

/// A channel that has not been made.
fn of_nil(channels: &Channels<'_, '_>, told: &mut Told) {
    let facts = channels.cx.facts();
    for site in facts.calls() {
        if facts.callee(site.call) != Callee::Builtin(Builtin::Close) {
            continue;
        }
        let Some(op) = channels.ops.iter().find(|op| {
            op.act == ChannelAct::Close && op.span == channels.cx.file().expr(site.call).span
        }) else {
            continue;
        };
        let local = op
            .place
            .as_ref()
            .filter(|place| place.is_variable())
            .and_then(Place::local);
        let Some(local) = local else { continue };
        if facts.reachable(op.point) && facts.is_nil_at(op.point, local) {
            let channel = name(channels, op);
            let message = format!("`{channel}` is nil here, and closing a nil channel panics");
            report(channels, told, op, op, message, "");
        }
    }
}
