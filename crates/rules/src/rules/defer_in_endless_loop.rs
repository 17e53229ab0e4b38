//! `defer-in-endless-loop`.

use go_flow::{CallEnd, CallMode, CallSite, End, Visit};

use crate::cx::RuleCx;
use crate::duty::Duty;
use crate::fixes::loops::wrap_for;
use crate::repeat::{Repeat, head_span, repeat};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds `defer` statements in loops that never end, so that the deferred calls never run.
    ///
    /// ## What it does
    /// Reports a `defer` in a loop that no path leaves towards the end of the function. A `break`
    /// within a `select` or `switch` ends that statement and not the loop, so it is no way out; a
    /// `break` with the label of the loop, a `goto` and a `return` are.
    ///
    /// A loop that only a panic can end counts as endless, and the message says so. A loop that
    /// ends by `runtime.Goexit` (or `t.FailNow` and the like in tests) does not: deferred calls run
    /// then.
    ///
    /// ## Why it is bad
    /// The function does not return, and so what is deferred does not run (specification, "Defer
    /// statements"). Each iteration adds a call to the list of the goroutine, and what the call
    /// holds on to is lost: files and connections stay open, locks stay taken, memory grows for as
    /// long as the process lives.
    ///
    /// ## Example
    /// ```go
    /// func serve(l net.Listener, stop <-chan struct{}) {
    /// 	for {
    /// 		select {
    /// 		case <-stop:
    /// 			break
    /// 		default:
    /// 			conn, err := l.Accept()
    /// 			if err != nil {
    /// 				continue
    /// 			}
    /// 			defer conn.Close()
    /// 			io.WriteString(conn, "hello\n")
    /// 		}
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func serve(l net.Listener, stop <-chan struct{}) {
    /// 	for {
    /// 		select {
    /// 		case <-stop:
    /// 			return
    /// 		default:
    /// 			greet(l)
    /// 		}
    /// 	}
    /// }
    ///
    /// func greet(l net.Listener) {
    /// 	conn, err := l.Accept()
    /// 	if err != nil {
    /// 		return
    /// 	}
    /// 	defer conn.Close()
    /// 	io.WriteString(conn, "hello\n")
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a function that is called in the loop never returns, by ending the goroutine in a way
    /// that is not known here, the deferred calls may run after all.
    ///
    /// ## Fix safety
    /// The fix puts the body of the loop into a function literal that is called at once, so that what
    /// is deferred runs at the end of the iteration. It is safe for releases of what the iteration made,
    /// unless the loop starts goroutines; otherwise it is unsafe, since other calls may be meant to run later.
    pub DeferInEndlessLoop {
        name: "defer-in-endless-loop",
        category: Placement,
        severity: Error,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferInEndlessLoop {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            let Some(Repeat::Endless(lp)) = repeat(cx, site) else {
                continue;
            };
            let cfg = cx.facts().cfg(site.point.func);
            let ends = |end| {
                let stop_at = |node| {
                    if node == cfg.end(end) {
                        Visit::Stop
                    } else {
                        Visit::Continue
                    }
                };
                cfg.search_after(site.point.node, stop_at).is_some()
            };
            let may_exit = |call: &CallSite| {
                let end = cx.facts().call_end(call.call);
                call.mode == CallMode::Now
                    && cfg.in_same_cycle(call.point.node, site.point.node)
                    // In a test, what may be `Fatal` of a logger is that of the test.
                    && (end == Some(CallEnd::Maybe(End::Goexit))
                        || cx.is_test() && matches!(end, Some(CallEnd::Maybe(_))))
            };
            if ends(End::Goexit) || cx.facts().calls_of(site.point.func).iter().any(may_exit) {
                continue;
            }
            let duty = Duty::of(cx, site);
            let call = cx.call_snippet(duty.call);
            let when = if ends(End::Panic) {
                "runs only if a panic ends the loop"
            } else {
                "never runs"
            };
            cx.report(
                &Self::META,
                cx.file().stmt(site.stmt).span,
                format!(
                    "`{call}` {when}, because nothing else leaves the loop around it: {}",
                    duty.kind.piles_up("every iteration")
                ),
            )
            .help(format!(
                "move the body of the loop into a function of its own and defer there, or call `{call}` at the end of the iteration"
            ))
            .related(head_span(cx, lp), "this loop has no way out")
            .repair(wrap_for(cx, site, &duty, lp.stmt, true));
        }
    }
}
