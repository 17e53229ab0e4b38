//! `send-after-close`.

use go_flow::{CallMode, ChannelAct, ChannelOp, NodeKind, Place, Point, Visit};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, File, FuncId, Span, StmtKind, UnaryOp};
use go_types::{Builtin, Callee, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use crate::sequence::Channels;
use crate::stops::{STOPS, type_name};

declare_rule! {
    /// Finds values that are sent on a channel after it was closed.
    ///
    /// ## What it does
    /// Reports a send
    ///
    /// - that follows a `close` of the same variable or field in one function, with no assignment
    ///   between, also in the next round of a loop;
    /// - in a goroutine, when the function that started it closes the channel without having waited
    ///   for anything in between: neither received from it, nor called `Wait`, nor taken a lock, nor
    ///   called something that could;
    /// - in a goroutine, when the function closes the channel by a `defer` and can return while the
    ///   goroutine still has to send;
    /// - in a goroutine, on a private field that `Close`, `Stop` or `Shutdown` of its type closes without
    ///   waiting for anything, when the goroutine takes no lock, counts down no wait group and does not
    ///   recover.
    ///
    /// ## Why it is bad
    /// A send on a closed channel panics (Go specification, Send statements), also in a `select`
    /// that has other cases. Where a goroutine is involved that happens only now and then, and nobody
    /// recovers from it: the process ends.
    ///
    /// ## Example
    /// ```go
    /// func first(ctx context.Context, urls []string, fetch func(string) string) string {
    /// 	results := make(chan string)
    /// 	defer close(results)
    /// 	for _, url := range urls {
    /// 		go func() { results <- fetch(url) }()
    /// 	}
    /// 	select {
    /// 	case result := <-results:
    /// 		return result
    /// 	case <-ctx.Done():
    /// 		return ""
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func first(ctx context.Context, urls []string, fetch func(string) string) string {
    /// 	// Nobody needs to close it: it is collected with the last goroutine.
    /// 	results := make(chan string, len(urls))
    /// 	for _, url := range urls {
    /// 		go func() { results <- fetch(url) }()
    /// 	}
    /// 	select {
    /// 	case result := <-results:
    /// 		return result
    /// 	case <-ctx.Done():
    /// 		return ""
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When something that the function does not show keeps the order, such as a called function that
    /// only returns when the goroutines are done.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub SendAfterClose {
        name: "send-after-close",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: CHANNEL,
    }
}

impl Rule for SendAfterClose {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        let node = file.func(func);
        let starts_and_sends = || {
            node.features.intersects(go_syntax::Features::GO)
                && node
                    .stmts
                    .iter()
                    .any(|stmt| matches!(file.stmt(stmt).kind, StmtKind::Send { .. }))
        };
        node.exprs.iter().any(|expr| is_close(file, expr)) || starts_and_sends()
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let channels = Channels::new(cx);
        let mut told = Vec::new();
        for close in channels.now(ChannelAct::Close) {
            for send in channels.now(ChannelAct::Send) {
                if channels.follows(close, send)
                    && !crate::sequence::is_meant(cx, close.span, send.span)
                {
                    let channel = cx.snippet(send.channel);
                    report(
                        &channels,
                        &mut told,
                        send,
                        close.span,
                        format!("`{channel}` is closed, so this send panics"),
                        "closed here",
                    );
                }
            }
        }
        from_goroutines(&channels, &mut told);
        closed_by_stop(&channels, &mut told);
    }
}

fn is_close(file: &File, expr: ExprId) -> bool {
    file.call(expr)
        .is_some_and(|(fun, _)| file.ident(file.unparen(fun)) == Some("close"))
}

/// The fields that a function closes: the call and the name.
fn closed_fields(file: &File, func: FuncId) -> impl Iterator<Item = (ExprId, &str)> {
    let calls = file
        .func(func)
        .exprs
        .iter()
        .filter(|&expr| is_close(file, expr));
    calls.filter_map(|expr| {
        let (_, args) = file.call(expr)?;
        let (_, field) = file.selector(file.unparen(*args.first()?))?;
        Some((expr, field))
    })
}

/// Sends in a goroutine on a field that a method of its owner closes without waiting for anybody.
fn closed_by_stop(channels: &Channels<'_, '_>, told: &mut Vec<Span>) {
    let cx = channels.cx;
    let (file, body, facts) = (cx.file(), cx.body(), cx.facts());
    if cx.is_test() {
        return;
    }
    for send in channels.now(ChannelAct::Send) {
        let literal = send.point.func;
        if channels.goroutine(literal).is_none()
            || send.arm.is_some()
            || selects(file, literal, &["Lock", "RLock", "Done"])
            || recovers(file, literal)
        {
            continue;
        }
        let channel = facts.value_of(send.channel).unwrap_or(send.channel);
        let Some((owner, field)) = file.selector(file.unparen(channel)) else {
            continue;
        };
        let Some(name) = type_name(body, body.type_of(owner)) else {
            continue;
        };
        if !field.starts_with(char::is_lowercase) {
            continue;
        }
        let names = body.cx().names();
        let stop = STOPS[..6].iter().find_map(|stop| {
            let method = names.method(names.lookup_method(&name, stop)?);
            let tree = body.cx().file(method.file);
            let (close, _) = closed_fields(tree, method.func).find(|(_, name)| *name == field)?;
            let waits = selects(tree, method.func, &["Wait", "Lock", "RLock", "Do"])
                || tree.func(method.func).exprs.iter().any(|expr| {
                    matches!(
                        tree.expr(expr).kind,
                        ExprKind::Unary {
                            op: UnaryOp::Recv,
                            ..
                        }
                    )
                });
            (!waits).then_some((stop, method.file, tree.expr(close).span))
        });
        let Some((stop, at, close)) = stop else {
            continue;
        };
        if told.contains(&send.span) {
            continue;
        }
        told.push(send.span);
        let shown = cx.snippet(send.channel);
        let finding = cx
            .report(
                &SendAfterClose::META,
                send.span,
                format!(
                    "`{stop}` of `{name}` may close `{shown}` before this goroutine sends, which panics then"
                ),
            )
            .help(format!(
                "wait for the goroutine in `{stop}`, or do not close `{field}`"
            ));
        if at == body.file_index() {
            finding.related(
                close,
                "closed here, without having waited for the goroutine",
            );
        }
    }
}

/// Whether a function, or a literal in it, calls `recover`: then the panic may be meant.
fn recovers(file: &File, func: FuncId) -> bool {
    let mut exprs = file.func(func).exprs.iter();
    exprs.any(|expr| {
        file.call(expr)
            .is_some_and(|(fun, _)| file.ident(file.unparen(fun)) == Some("recover"))
    })
}

/// Whether a function, with its literals, selects one of `names`.
fn selects(file: &File, func: FuncId, names: &[&str]) -> bool {
    let mut exprs = file.func(func).exprs.iter();
    exprs.any(|expr| {
        file.selector(expr)
            .is_some_and(|(_, name)| names.contains(&name))
    })
}

fn report(
    channels: &Channels<'_, '_>,
    told: &mut Vec<Span>,
    send: &ChannelOp<'_>,
    close: Span,
    message: String,
    note: &str,
) {
    if told.contains(&send.span) {
        return;
    }
    told.push(send.span);
    channels
        .cx
        .report(&SendAfterClose::META, send.span, message)
        .help("close the channel only when all that send on it are done")
        .related(close, note);
}

/// Sends in a goroutine that the function around it does not wait for before it closes.
fn from_goroutines(channels: &Channels<'_, '_>, told: &mut Vec<Span>) {
    let facts = channels.cx.facts();
    for send in channels.now(ChannelAct::Send) {
        let (Some(go), Some(place)) = (channels.goroutine(send.point.func), &send.place) else {
            continue;
        };
        let inside = channels.cx.file().func(send.point.func).span;
        if !place.is_variable()
            || channels.is_made_in(place, inside)
            || !channels.is_assigned_once(place)
        {
            continue;
        }
        let channel = channels.cx.snippet(send.channel);
        let cfg = facts.cfg(go.func);
        let guards = Waits { channels, place };
        for close in channels.now(ChannelAct::Close) {
            if close.place.as_ref() == Some(place)
                && close.point.func == go.func
                && guards.passes_by(go, |node| node == close.point.node)
            {
                report(
                    channels,
                    told,
                    send,
                    close.span,
                    format!(
                        "`{channel}` may be closed before the goroutine sends, which panics then"
                    ),
                    "closed here, without having waited for the goroutine",
                );
            }
        }
        for (close, at) in channels.deferred_closes() {
            if close.place.as_ref() == Some(place)
                && at.func == go.func
                && (cfg.dominates(at.node, go.node) || channels.always_follows(go, at.node))
                && !defers_wait(channels, at.func)
                && guards.passes_by(go, |node| node == cfg.exit())
            {
                report(
                    channels,
                    told,
                    send,
                    close.span,
                    format!(
                        "the function can end, and close `{channel}`, before the goroutine sends, which panics then"
                    ),
                    "closed here when the function ends",
                );
            }
        }
    }
}

/// Whether the function puts off anything else than a `close` that may wait.
fn defers_wait(channels: &Channels<'_, '_>, func: FuncId) -> bool {
    let facts = channels.cx.facts();
    let mut defers = facts.defers_of(func);
    defers.any(|site| match site.callee {
        // `defer cancel()` waits for nobody.
        Callee::Builtin(_) | Callee::Var(_) => false,
        Callee::Literal(literal) => facts
            .calls_of(literal)
            .iter()
            .any(|call| !matches!(facts.callee(call.call), Callee::Builtin(Builtin::Close))),
        Callee::Selected { name, .. } => !matches!(name, "Done" | "Unlock" | "RUnlock" | "Stop"),
        _ => true,
    })
}

/// What the function that started a goroutine may wait for it with.
struct Waits<'x, 'c, 'a> {
    channels: &'x Channels<'c, 'a>,
    place: &'x Place<'a>,
}

impl Waits<'_, '_, '_> {
    /// Whether a way leads from the `go` statement to what `is_goal` accepts, on which nothing waits.
    fn passes_by(&self, go: Point, is_goal: impl Fn(go_flow::NodeId) -> bool) -> bool {
        let cfg = self.channels.cx.facts().cfg(go.func);
        cfg.search_after(go.node, |node| {
            if is_goal(node) {
                Visit::Stop
            } else if self.waits(Point {
                func: go.func,
                node,
            }) {
                Visit::Skip
            } else {
                Visit::Continue
            }
        })
        .is_some()
    }

    /// Whether passing a node may mean that the goroutine is done: something is received, a wait
    /// group or lock is waited for, or a function is called that nobody knows.
    fn waits(&self, point: Point) -> bool {
        let cfg = self.channels.cx.facts().cfg(point.func);
        // A loop that waits in its rounds is supposed to have some.
        let is_head = matches!(
            cfg.kind(point.node),
            NodeKind::RangeNext(_) | NodeKind::Loop(_)
        );
        let lp = is_head
            .then(|| cfg.loops().iter().find(|lp| lp.head == point.node))
            .flatten();
        match lp {
            Some(lp) => cfg.nodes().any(|node| {
                cfg.is_in_loop(node.id, lp)
                    && self.waits_itself(Point {
                        func: point.func,
                        node: node.id,
                    })
            }),
            None => self.waits_itself(point),
        }
    }

    fn waits_itself(&self, point: Point) -> bool {
        let (cx, facts) = (self.channels.cx, self.channels.cx.facts());
        let received = self.channels.ops.iter().any(|op| {
            op.point == point
                && match op.act {
                    ChannelAct::Receive => !self.is_clock_or_context(op.channel),
                    // Somebody took it: perhaps the goroutine.
                    ChannelAct::Range | ChannelAct::Send => true,
                    ChannelAct::Close => false,
                }
        });
        received
            || facts
                .calls_at(point)
                .iter()
                .any(|site| site.mode == CallMode::Now && self.may_wait(cx, site.call))
    }

    fn may_wait(&self, cx: &RuleCx<'_>, call: ExprId) -> bool {
        match cx.facts().callee(call) {
            Callee::Builtin(_) | Callee::Conversion(_) => false,
            Callee::Func {
                package: "time",
                name,
                ..
            } => name == "Sleep",
            Callee::Func { package, .. } => {
                !matches!(
                    package,
                    "fmt"
                        | "log"
                        | "errors"
                        | "strings"
                        | "strconv"
                        | "context"
                        | "math"
                        | "bytes"
                        | "sort"
                ) || self.mentions_channel(cx, call)
            }
            // `ctx.Err()`, `cancel()`
            Callee::Selected { name, .. } => !matches!(
                name,
                "Err"
                    | "Done"
                    | "Error"
                    | "String"
                    | "Add"
                    | "Errorf"
                    | "Printf"
                    | "Println"
                    | "Logf"
                    | "Infof"
                    | "Debugf"
            ),
            _ => true,
        }
    }

    fn mentions_channel(&self, cx: &RuleCx<'_>, call: ExprId) -> bool {
        let mut found = false;
        walk(cx.file(), Node::Expr(call), |node| {
            if let Node::Expr(expr) = node {
                found |= Place::of(cx.body(), expr).is_some_and(|place| place == *self.place);
            }
            Descend::Into
        });
        found
    }

    /// Whether what is received comes from a context or a timer: not from the goroutine.
    fn is_clock_or_context(&self, channel: ExprId) -> bool {
        let cx = self.channels.cx;
        let file = cx.file();
        let channel = file.unparen(channel);
        match file.expr(channel).kind {
            ExprKind::Call { .. } => match cx.facts().callee(channel) {
                Callee::Selected { x, name: "Done" } => {
                    let ty = cx.body().type_of(x);
                    ty.is_unknown() || cx.body().is_named(ty, "context", "Context")
                }
                Callee::Func {
                    package: "time", ..
                } => true,
                _ => false,
            },
            ExprKind::Selector { x, sel } if file.span_text(sel) == "C" => {
                let body = cx.body();
                let ty = body.cx().deref(body.type_of(x));
                body.is_named(ty, "time", "Timer") || body.is_named(ty, "time", "Ticker")
            }
            _ => false,
        }
    }
}
