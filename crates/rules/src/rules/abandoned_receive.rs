//! `abandoned-receive`.

use go_flow::StuckKind;
use go_syntax::FuncId;
use go_types::PackageCx;

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
    /// are not seen may also make a path look possible that is none.
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
        may_be_stuck(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stuck in stuck_here(cx, &[StuckKind::Receive, StuckKind::NilChannel]) {
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
    }
}
