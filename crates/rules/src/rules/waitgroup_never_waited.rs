//! `waitgroup-never-waited`.

use go_flow::{ChannelAct, Visit, calls};
use go_syntax::FuncId;
use go_types::{Builtin, Callee, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::groups::{GroupCall, GroupOp, group_calls, imports, is_private};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds wait groups that count goroutines and that nobody waits for.
    ///
    /// ## What it does
    /// Reports a `sync.WaitGroup` that is a variable of a function, which nothing but its own methods
    /// is done with, when goroutines are counted on it and
    ///
    /// - `Wait` is called nowhere;
    /// - every `Wait` comes before the first `Add` or `Go`, and is not passed again.
    ///
    /// It is silent when the goroutines send on a channel or close one, so that their end is heard of.
    ///
    /// ## Why it is bad
    /// The goroutines are counted so that somebody can wait for their end. When nobody does, the
    /// function goes on, and returns, while they still work: with what its deferred calls have
    /// released by then, and with results that are not there yet.
    ///
    /// ## Example
    /// ```go
    /// func warm(urls []string, get func(string)) {
    /// 	var wg sync.WaitGroup
    /// 	for _, url := range urls {
    /// 		wg.Add(1)
    /// 		go func() {
    /// 			defer wg.Done()
    /// 			get(url)
    /// 		}()
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func warm(urls []string, get func(string)) {
    /// 	var wg sync.WaitGroup
    /// 	for _, url := range urls {
    /// 		wg.Add(1)
    /// 		go func() {
    /// 			defer wg.Done()
    /// 			get(url)
    /// 		}()
    /// 	}
    /// 	wg.Wait()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When nobody is to wait: then the group can go.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub WaitgroupNeverWaited {
        name: "waitgroup-never-waited",
        category: Goroutines,
        severity: Warning,
        default: on,
        needs: GO | FUNC_LIT,
    }
}

impl Rule for WaitgroupNeverWaited {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        if !imports(file, "sync") {
            return false;
        }
        let called = calls(file, func);
        called.contains("Add") || called.contains("Go")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let calls = group_calls(cx.facts());
        let mut seen = Vec::new();
        for call in &calls {
            let Some(local) = call.place.local().filter(|_| call.place.is_variable()) else {
                continue;
            };
            if !matches!(call.op, GroupOp::Add | GroupOp::Go) || seen.contains(&local) {
                continue;
            }
            seen.push(local);
            if !is_private(cx.facts(), local, &calls) {
                continue;
            }
            let of: Vec<&GroupCall<'_>> = calls.iter().filter(|c| c.place == call.place).collect();
            // Counting alone starts nothing.
            let starts = of.iter().any(|c| match c.op {
                GroupOp::Go => true,
                GroupOp::Done => c.point.func != call.point.func,
                _ => false,
            });
            if !starts {
                continue;
            }
            if is_heard_otherwise(cx, &of) {
                continue;
            }
            let name = cx.snippet(call.operand);
            let span = cx.file().expr(call.call).span;
            let waits: Vec<_> = of.iter().filter(|c| c.op == GroupOp::Wait).collect();
            let help = "call `Wait` where the goroutines have to be done";
            match waits.first() {
                None => {
                    cx.report(
                        &Self::META,
                        span,
                        format!("nobody waits for the goroutines that `{name}` counts"),
                    )
                    .help(help);
                }
                Some(first) if waits.iter().all(|wait| is_too_early(cx, &of, wait)) => {
                    cx.report(
                        &Self::META,
                        cx.file().expr(first.call).span,
                        format!("`{name}` counts nothing yet, so this `Wait` returns at once"),
                    )
                    .help(help)
                    .related(span, "counted only here");
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether a counted goroutine tells its end in another way: it sends on a channel, or closes one, or
/// panics so that somebody recovers.
fn is_heard_otherwise(cx: &RuleCx<'_>, of: &[&GroupCall<'_>]) -> bool {
    let ops = cx.facts().channel_ops();
    let file = cx.file();
    of.iter()
        .filter(|call| call.op != GroupOp::Wait)
        .any(|call| {
            let func = match call.op {
                GroupOp::Go => file.expr(call.call).span,
                _ if call.point.func == cx.root() => return false,
                _ => file.func(call.point.func).span,
            };
            ops.iter().any(|op| {
                matches!(op.act, ChannelAct::Send | ChannelAct::Close) && func.contains(op.span)
            }) || cx.facts().calls().iter().any(|site| {
                cx.facts().callee(site.call) == Callee::Builtin(Builtin::Panic)
                    && func.contains(file.expr(site.call).span)
            })
        })
}

/// Whether a `Wait` comes before all that counts.
fn is_too_early(cx: &RuleCx<'_>, of: &[&GroupCall<'_>], wait: &GroupCall<'_>) -> bool {
    let cfg = cx.facts().cfg(wait.point.func);
    // A literal may be called again.
    let is_own = wait
        .place
        .local()
        .is_some_and(|local| cx.body().names().local(local).func == wait.point.func);
    is_own
        && wait.mode == go_flow::CallMode::Now
        && cx.facts().reachable(wait.point)
        && of
            .iter()
            .filter(|call| matches!(call.op, GroupOp::Add | GroupOp::Go))
            .all(|call| {
                call.point.func == wait.point.func
                    && call.mode == go_flow::CallMode::Now
                    && cfg
                        .search_after(call.point.node, |node| {
                            if node == wait.point.node {
                                Visit::Stop
                            } else {
                                Visit::Continue
                            }
                        })
                        .is_none()
                    && call.point != wait.point
            })
}
