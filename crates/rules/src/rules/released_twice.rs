//! `released-twice`.

use go_flow::{Class, LifeEvent, NodeKind, Point, Twice, What, calls};
use go_syntax::{ExprId, FuncId, Span, StmtKind};
use go_types::{Builtin, LocalId, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::life::{events, may_release, named};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds resources that are released twice where the second release does harm.
    ///
    /// ## What it does
    /// Reports a second release on one path, mostly by hand and by `defer`, when it panics
    /// (`close(ch)`), breaks something (a pool gets the same item twice, a multipart writer writes its
    /// last boundary again), or gives an error that somebody looks at (`os.File.Close` gives
    /// `os.ErrClosed`).
    ///
    /// A second `Close` that does nothing, or whose error nobody sees, is a common and right idiom: a
    /// checked `Close` at the end beside a deferred one for the early returns.
    ///
    /// ## Why it is bad
    /// `close` of a closed channel panics (Go specification, *Close*). An error that says "already
    /// closed" makes a call that worked look as if it had failed.
    ///
    /// ## Example
    /// ```go
    /// func send(values []int, out chan<- int) {
    /// 	defer close(out)
    /// 	for _, v := range values {
    /// 		out <- v
    /// 	}
    /// 	close(out)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func send(values []int, out chan<- int) {
    /// 	defer close(out)
    /// 	for _, v := range values {
    /// 		out <- v
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a recover around the second `close` is meant to catch the panic.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub ReleasedTwice {
        name: "released-twice",
        category: Placement,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for ReleasedTwice {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_test
            && (may_release(package, func, input)
                || calls(package.file(input.index), func).contains("close"))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let mut reported: Vec<ExprId> = Vec::new();
        for (event, class) in events(cx, |what| matches!(what, What::ReleasedTwice { .. })) {
            if !reported.contains(&event.at) && does_harm(cx, class, event) {
                reported.push(event.at);
                report(cx, class, event);
            }
        }
        for &func in cx.facts().funcs() {
            channels(cx, func);
        }
    }
}

/// Whether the second release does harm.
fn does_harm(cx: &RuleCx<'_>, class: &Class, event: &LifeEvent) -> bool {
    match class.closing.twice {
        Twice::Ok => false,
        Twice::Panic | Twice::Bug => true,
        // Whether a transaction is over is asked by ending it.
        Twice::Error if !class.closing.rollback.is_empty() => false,
        Twice::Error => {
            let file = cx.file();
            let text = file.span_text(file.func(cx.root()).span);
            // The error of a path that fails anyway is the first one.
            event.what == What::ReleasedTwice { seen: true }
                && !event.fails
                && !["ErrClosed", "already closed", "ErrTxDone", "ErrConnDone"]
                    .iter()
                    .any(|known| text.contains(known))
        }
    }
}

fn report(cx: &RuleCx<'_>, class: &Class, event: &LifeEvent) {
    let file = cx.file();
    let noun = named(cx, event, class);
    let call = cx.snippet(event.at);
    let what = match class.closing.twice {
        Twice::Panic => "panics",
        Twice::Bug => "breaks it",
        _ => "gives an error, although all is well",
    };
    let message = format!("`{call}` releases the {noun} a second time, which {what}");
    cx.report(&ReleasedTwice::META, file.expr(event.at).span, message)
        .help("release it in one place; set a variable where it was done by hand")
        .related(
            file.expr(event.release).span,
            "it was released before, here",
        );
}

/// A `close(ch)` of a variable that always holds the same channel.
struct ChannelClose {
    call: ExprId,
    local: LocalId,
    point: Point,
    deferred: bool,
}

/// Reports channels that are certainly closed twice.
fn channels(cx: &RuleCx<'_>, func: FuncId) {
    let file = cx.file();
    let facts = cx.facts();
    let closes: Vec<ChannelClose> = facts
        .calls_of(func)
        .iter()
        .filter_map(|site| {
            if !cx.body().is_builtin_call(site.call, Builtin::Close) {
                return None;
            }
            let (_, &[channel]) = file.call(site.call)? else {
                return None;
            };
            let Object::Local(local) = cx.body().object(file.unparen(channel)) else {
                return None;
            };
            let deferred = match facts.cfg(func).kind(site.point.node) {
                NodeKind::Defer(_) => true,
                NodeKind::Stmt(stmt) if matches!(file.stmt(stmt).kind, StmtKind::Expr(_)) => false,
                _ => return None,
            };
            // Another value is another channel, and a loop declares one for each round.
            if facts.var(local).writes.len() != 1 || facts.var(local).address_taken {
                return None;
            }
            Some(ChannelClose {
                call: site.call,
                local,
                point: site.point,
                deferred,
            })
        })
        .collect();
    let cfg = facts.cfg(func);
    for second in &closes {
        let first = closes.iter().find(|first| {
            first.call != second.call
                && first.local == second.local
                && !second.deferred
                && cfg.dominates(first.point.node, second.point.node)
                && cx.body().names().local(first.local).func == func
        });
        let Some(first) = first else { continue };
        let name = cx.snippet(second.call);
        let (message, other): (String, Span) = if first.deferred {
            // The deferred one comes last.
            let message = format!(
                "the deferred `{name}` closes the channel again when the function ends, which panics"
            );
            (message, file.expr(second.call).span)
        } else {
            let message = format!("`{name}` closes the channel a second time, which panics");
            (message, file.expr(first.call).span)
        };
        let at = if first.deferred { first } else { second };
        cx.report(&ReleasedTwice::META, file.expr(at.call).span, message)
            .help("close it in one place")
            .related(other, "it is closed here before");
        return;
    }
}
