//! `abandoned-receive`.

use go_flow::{Stuck, StuckKind};
use go_syntax::{ExprId, ExprKind, Features, File, FuncId, StmtKind, UnaryOp};
use go_types::{Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use crate::stuck::{may_be_stuck, operand, stuck_here, tell};

declare_rule! {
    /// Finds receives from a channel that nobody sends to or closes any more.
    ///
    /// ## What it does
    /// Runs the function that starts goroutines together with them, in all orders that matter, and reports a
    /// receive, or a `select`, that waits for ever on one of them: who was to send or to close has returned
    /// before, and nobody else has the channel. The channel of a context that nobody can cancel any more is one,
    /// too. So is a plain receive in a method from the channel in a field of its object, when all sends to it
    /// stand in one loop, which another case of a `select` leaves, and nobody closes it.
    ///
    /// `if t.Stop() { <-t.C }` is reported as well: when `Stop` gives true, the timer has not fired and will not.
    ///
    /// ## Why it is bad
    /// The goroutine stays for good, with its stack, its deferred calls, and all that it refers to. When it is
    /// the function itself, its caller waits as well.
    ///
    /// ## Example
    /// ```go
    /// func first(work func() (int, error)) int {
    /// 	ch := make(chan int)
    /// 	go func() {
    /// 		n, err := work()
    /// 		if err != nil {
    /// 			return
    /// 		}
    /// 		ch <- n
    /// 	}()
    /// 	return <-ch
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func first(work func() (int, error)) int {
    /// 	ch := make(chan int)
    /// 	go func() {
    /// 		defer close(ch)
    /// 		n, err := work()
    /// 		if err != nil {
    /// 			return
    /// 		}
    /// 		ch <- n
    /// 	}()
    /// 	return <-ch
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the function that is missing on the other side is called by code that is not followed: by
    /// another package through an interface, or by reflection. Conditions that depend on each other in ways that
    /// are not seen may also make a path look possible that is none: flags, numbers that are counted by hand.
    /// What is seen only from a test is told of test files alone.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub AbandonedReceive {
        name: "abandoned-receive",
        category: Goroutines,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for AbandonedReceive {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        drains_stopped(package.file(input.index), func) || may_be_stuck(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stuck in stuck_here(cx, &[StuckKind::Receive, StuckKind::NilChannel]) {
            if waits_on_purpose(cx, &stuck) {
                continue;
            }
            // Another rule says the same of it, when it runs.
            if stuck.kind == StuckKind::NilChannel && cx.runs("nil-channel") {
                continue;
            }
            let message = match stuck.operand {
                _ if stuck.kind == StuckKind::NilChannel => format!(
                    "`{}` is nil here: this waits for ever",
                    operand(cx, &stuck)
                ),
                Some(operand) => format!(
                    "this may wait for ever: nobody sends to `{0}` any more, and nobody closes it",
                    cx.snippet(operand)
                ),
                None => "this `select` may wait for ever: nobody has the other ends of its channels any more".to_owned(),
            };
            let finding = cx
                .report(&Self::META, stuck.site.span, message)
                .help("close the channel in a deferred call of the goroutine that sends, or also wait for something that ends for certain");
            drop(tell(cx, &stuck, finding));
        }
        for (stop, receive, timer) in drained(cx.file(), cx.root()) {
            let timer = cx.snippet(timer);
            cx.report(
                &Self::META,
                cx.file().expr(receive).span,
                format!(
                    "this waits for ever: `{timer}.Stop()` has told that the timer will not fire"
                ),
            )
            .help(format!(
                "receive when it has not stopped the timer: `if !{timer}.Stop()`"
            ))
            .related(
                cx.file().expr(stop).span,
                "stopped in time when this is true",
            );
        }
    }
}

/// Whether a function receives from a timer after it has stopped it in time.
fn drains_stopped(file: &File, func: FuncId) -> bool {
    file.func(func).features.intersects(Features::CHANNEL) && drained(file, func).next().is_some()
}

/// `if t.Stop() { <-t.C }`: the call, the receive and the timer. Timers of clocks for tests have `C()`, and
/// nothing else has both.
fn drained(file: &File, func: FuncId) -> impl Iterator<Item = (ExprId, ExprId, ExprId)> {
    file.func(func).stmts.iter().filter_map(move |stmt| {
        let StmtKind::If { cond, body, .. } = file.stmt(stmt).kind else {
            return None;
        };
        let stop = file.unparen(cond);
        let (fun, []) = file.call(stop)? else {
            return None;
        };
        let (timer, "Stop") = file.selector(file.unparen(fun))? else {
            return None;
        };
        let &first = file.block_stmts(body).first()?;
        let StmtKind::Expr(receive) = file.stmt(first).kind else {
            return None;
        };
        let ExprKind::Unary {
            op: UnaryOp::Recv,
            x,
        } = file.expr(file.unparen(receive)).kind
        else {
            return None;
        };
        let x = file.unparen(x);
        let channel = match file.call(x) {
            Some((fun, [])) => file.unparen(fun),
            _ => x,
        };
        let (of, "C") = file.selector(channel)? else {
            return None;
        };
        (file.expr_text(of) == file.expr_text(timer)).then_some((stop, receive, timer))
    })
}

/// Whether the channel is made for this wait alone, in the same function, and nothing else is ever done
/// with it: that is another way to write `select {}`.
fn waits_on_purpose(cx: &RuleCx<'_>, stuck: &Stuck) -> bool {
    let body = cx.body();
    let Some(Object::Local(local)) = stuck.operand.map(|operand| body.object(operand)) else {
        return false;
    };
    let is_made_here = stuck
        .made
        .is_some_and(|(made, _)| (made.file, made.func) == (stuck.site.file, stuck.site.func));
    is_made_here && body.names().uses(local).len() == 1
}
