//! `unbounded-spawn`.

use go_flow::{Answer, CallMode, ChannelAct, GoSite, Loop, Point};
use go_syntax::{ExprKind, StmtKind};
use go_types::{Callee, Type};

use crate::cx::RuleCx;
use crate::repeat::head_span;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds loops that start as many goroutines as there is input.
    ///
    /// ## What it does
    /// Reports a `go` statement in a loop over a channel, or in one that goes on until something ends
    /// (`for { … }`, `for rows.Next()`), and over a slice or map that the function got as a parameter,
    /// when nothing in the loop limits how many of them run at once: no send on a channel, no
    /// `Acquire`, no `Wait`, no receive.
    ///
    /// ## Why it is bad
    /// Goroutines are cheap, what they hold is not: connections, files, memory, a place at the other
    /// end. With a thousand elements it works, and with a million the process runs out of something,
    /// or the server behind it does. Started with limits, all of them are done no later.
    ///
    /// ## Example
    /// ```go
    /// func serve(jobs <-chan string, handle func(string)) {
    /// 	for job := range jobs {
    /// 		go handle(job)
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func serve(jobs <-chan string, handle func(string)) {
    /// 	slots := make(chan struct{}, 16)
    /// 	for job := range jobs {
    /// 		slots <- struct{}{}
    /// 		go func() {
    /// 			defer func() { <-slots }()
    /// 			handle(job)
    /// 		}()
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the input is small, or limited where it comes from. It is off by default for that reason:
    /// switch it on where the amount of input is in the hands of others.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub UnboundedSpawn {
        name: "unbounded-spawn",
        category: Goroutines,
        severity: Note,
        default: off,
        needs: GO,
    }
}

impl Rule for UnboundedSpawn {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() {
            return;
        }
        for go in cx.facts().gos() {
            let cfg = cx.facts().cfg(go.point.func);
            if !cfg.reachable(go.point.node) || !cfg.in_cycle(go.point.node) {
                continue;
            }
            let loops = cfg.loops_of_node(go.point.node);
            let Some(lp) = loops.iter().find(|lp| is_open(cx, go, lp)) else {
                continue;
            };
            if is_limited(cx, go, lp) {
                continue;
            }
            cx.report(
                &Self::META,
                cx.file().stmt(go.stmt).span,
                "each round starts one more goroutine, and nothing limits how many run at once",
            )
            .help("take a slot of a buffered channel before, use `errgroup` with `SetLimit`, or start a fixed number of workers")
            .related(head_span(cx, lp), "as many as the loop has rounds");
        }
    }
}

/// Whether nothing in the function says how many rounds there are.
fn is_open(cx: &RuleCx<'_>, go: &GoSite<'_>, lp: &Loop) -> bool {
    let (file, facts) = (cx.file(), cx.facts());
    let cfg = facts.cfg(go.point.func);
    let info = facts.loop_info(cfg, lp);
    if info.bound.is_some() {
        return false;
    }
    match file.stmt(lp.stmt).kind {
        StmtKind::Range { x, .. } => {
            if info.over_channel == Answer::Yes {
                return true;
            }
            let body = cx.body();
            let is_list = matches!(
                body.cx().ty(body.core(body.type_of(x))),
                Type::Slice(_) | Type::Map { .. }
            );
            is_list
                && crate::origin::root_local(cx, x).is_some_and(|local| {
                    body.names().local(local).is_param()
                        && matches!(file.expr(file.unparen(x)).kind, ExprKind::Ident)
                })
        }
        // `for i := 0; i < n; i++` is counted.
        StmtKind::For { cond, post, .. } => {
            post.is_none()
                && cond.is_none_or(|cond| {
                    matches!(file.expr(file.unparen(cond)).kind, ExprKind::Call { .. })
                })
        }
        _ => false,
    }
}

/// Whether something in the loop may wait for a goroutine to end before the next starts.
fn is_limited(cx: &RuleCx<'_>, go: &GoSite<'_>, lp: &Loop) -> bool {
    let facts = cx.facts();
    let func = go.point.func;
    let cfg = facts.cfg(func);
    let within = |point: Point| point.func == func && cfg.is_in_loop(point.node, lp);
    let waits = facts.channel_ops().iter().any(|op| {
        within(op.point)
            && match op.act {
                ChannelAct::Send => true,
                ChannelAct::Receive => op.arm.is_none(),
                ChannelAct::Range | ChannelAct::Close => false,
            }
    });
    waits
        || facts.calls().iter().any(|site| {
            within(site.point)
                && site.mode == CallMode::Now
                && match facts.callee(site.call) {
                    // Groups of a fixed size: those of package sync take a number.
                    Callee::Selected { name: "Add", .. }
                        if cx
                            .file()
                            .call(site.call)
                            .is_some_and(|(_, args)| args.is_empty()) =>
                    {
                        true
                    }
                    Callee::Selected { name, .. } | Callee::Func { name, .. } => {
                        let name = name.to_lowercase();
                        ["acquire", "wait", "limit", "take", "reserve", "sleep"]
                            .iter()
                            .any(|part| name.contains(part))
                    }
                    _ => false,
                }
        })
}
