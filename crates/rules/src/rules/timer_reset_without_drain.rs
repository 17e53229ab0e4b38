//! `timer-reset-without-drain`.

use go_flow::{CallMode, ChannelAct, Place, Point, Projection, Value, Visit, calls};
use go_syntax::{ExprId, FuncId};
use go_types::{Callee, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds timers that are set again while an old tick may still be in their channel.
    ///
    /// ## What it does
    /// Reports, in files written for a Go before 1.23, `t.Reset(d)` of a `time.Timer` in a loop that
    /// also receives from `t.C`, when some way leads from the start, or from the last `Reset`, to this
    /// one without a `t.Stop()` and without a receive from `t.C`.
    ///
    /// ## Why it is bad
    /// Before Go 1.23 the channel of a timer holds one tick. When the timer fires between two rounds,
    /// `Reset` leaves that tick there, and the next receive gets it at once: a timeout that has not
    /// passed (package time, `Timer.Reset`). With Go 1.23 and later `Reset` throws it away.
    ///
    /// ## Example
    /// ```go
    /// // go 1.21
    /// func watch(events <-chan int, idle func()) {
    /// 	timer := time.NewTimer(time.Second)
    /// 	for {
    /// 		timer.Reset(time.Second)
    /// 		select {
    /// 		case _, ok := <-events:
    /// 			if !ok {
    /// 				return
    /// 			}
    /// 		case <-timer.C:
    /// 			idle()
    /// 		}
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// // go 1.21
    /// func watch(events <-chan int, idle func()) {
    /// 	timer := time.NewTimer(time.Second)
    /// 	defer timer.Stop()
    /// 	for {
    /// 		if !timer.Stop() {
    /// 			select {
    /// 			case <-timer.C:
    /// 			default:
    /// 			}
    /// 		}
    /// 		timer.Reset(time.Second)
    /// 		select {
    /// 		case _, ok := <-events:
    /// 			if !ok {
    /// 				return
    /// 			}
    /// 		case <-timer.C:
    /// 			idle()
    /// 		}
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a round is always much shorter than the timer, or a tick too early does no harm.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub TimerResetWithoutDrain {
        name: "timer-reset-without-drain",
        category: Goroutines,
        severity: Warning,
        default: off,
        needs: LOOP,
    }
}

/// From this minor version of Go on, `Reset` throws old ticks away.
const DRAINED_SINCE: u32 = 23;

impl Rule for TimerResetWithoutDrain {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        input.go < DRAINED_SINCE && calls(package.file(input.index), func).contains("Reset")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let facts = cx.facts();
        let ops = facts.channel_ops();
        for site in facts.calls() {
            let Callee::Selected { x, name: "Reset" } = facts.callee(site.call) else {
                continue;
            };
            if site.mode != CallMode::Now
                || !facts.in_cycle(site.point)
                || !is_timer(cx, site.call, x)
            {
                continue;
            }
            let Some(timer) = Place::of_operand(cx.body(), x) else {
                continue;
            };
            let mut channel = timer.clone();
            channel.path.push(Projection::Field("C"));
            let receives: Vec<_> = ops
                .iter()
                .filter(|op| op.act == ChannelAct::Receive && op.place.as_ref() == Some(&channel))
                .collect();
            let func = site.point.func;
            let cfg = facts.cfg(func);
            // A timer that nobody but this loop hears.
            if receives.is_empty() || receives.iter().any(|op| op.point.func != func) {
                continue;
            }
            let stops = |node| {
                facts.calls_at(Point { func, node }).iter().any(|call| {
                    matches!(facts.callee(call.call), Callee::Selected { x, name: "Stop" }
                        if Place::of_operand(cx.body(), x).as_ref() == Some(&timer))
                        || call.mode == CallMode::Now && drains(cx, call.call)
                })
            };
            let again = cfg.search_after(site.point.node, |node| {
                if node == site.point.node {
                    Visit::Stop
                } else if stops(node) || receives.iter().any(|op| op.point.node == node) {
                    Visit::Skip
                } else {
                    Visit::Continue
                }
            });
            if again.is_some() {
                let call = cx.call_snippet(site.call);
                cx.report(
                    &Self::META,
                    cx.file().expr(site.call).span,
                    format!("`{call}` leaves an old tick in the channel when the timer has fired since, and the next receive takes it for the new one"),
                )
                .help("stop the timer and empty its channel before, or ask for Go 1.23 in go.mod");
            }
        }
    }
}

/// Whether a call is of a function of the package that stops a timer and empties its channel.
fn drains(cx: &RuleCx<'_>, call: ExprId) -> bool {
    cx.body().declaration(call).is_some_and(|(file, func)| {
        let tree = cx.body().cx().file(file);
        let selects = |wanted: &str| {
            let mut exprs = tree.func(func).exprs.iter();
            exprs.any(|expr| tree.selector(expr).is_some_and(|(_, name)| name == wanted))
        };
        selects("Stop") && selects("C")
    })
}

/// Whether `x.Reset(…)` is about a timer: by type, or by the function that has made it.
fn is_timer(cx: &RuleCx<'_>, call: ExprId, x: ExprId) -> bool {
    if cx.body().is_method_call(call, "time", "Timer", "Reset") {
        return true;
    }
    let Object::Local(local) = cx.body().object(x) else {
        return false;
    };
    let writes = &cx.facts().var(local).writes;
    !writes.is_empty()
        && writes.iter().all(|write| match write.value {
            Value::Expr(made) => {
                let made = cx.file().unparen(made);
                cx.body().is_call_to(made, "time", "NewTimer")
            }
            _ => false,
        })
}
