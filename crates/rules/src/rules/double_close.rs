//! `double-close`.

use go_flow::{ChannelAct, ChannelOp, Point, Visit};
use go_syntax::FuncId;
use go_types::{Builtin, Callee, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
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
    /// - a `close` in the `default` of a `select` that asks whether the channel is closed, when no lock
    ///   keeps two goroutines from doing so at once;
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
        let asked = channels.ops.iter().find(|op| {
            op.act == ChannelAct::Receive
                && op.place.as_ref() == Some(place)
                && op.arm.is_some_and(|arm| {
                    arm.has_default
                        && arm.cases == 1
                        && cx.file().stmt(arm.select).span.contains(close_span)
                        && !cx.file().stmt(arm.clause).span.contains(close_span)
                })
        });
        let root = cx.file().func(cx.root());
        let name_of_root = root.name.map_or("", |name| cx.file().name(name));
        let is_locked = facts.locks().iter().any(|lock| lock.op.acquires())
            || name_of_root.to_lowercase().contains("locked");
        if let Some(asked) = asked.filter(|_| !is_locked && close.point.func == cx.root()) {
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
            .and_then(go_flow::Place::local);
        let Some(local) = local else { continue };
        if facts.reachable(op.point) && facts.is_nil_at(op.point, local) {
            let channel = name(channels, op);
            let message = format!("`{channel}` is nil here, and closing a nil channel panics");
            report(channels, told, op, op, message, "");
        }
    }
}
