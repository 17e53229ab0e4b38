//! `circular-wait`.

use go_flow::{Held, StuckKind, Waits};
use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use crate::stuck::{may_be_stuck, operand, stuck_here, tell};

declare_rule! {
    /// Finds goroutines that wait for each other.
    ///
    /// ## What it does
    /// Runs the function that starts goroutines together with them, in all orders that matter, and reports when
    /// some of them wait for each other: one for a value while it holds the lock that the other needs before it
    /// can send, two for each other's locks, one for a group whose members wait for it. Also a `Wait` of a group or
    /// condition that nobody ends any more.
    ///
    /// Also looked at are channels in fields that one loop receives from: the loop calls a method of the same
    /// object that sends, or it takes the lock under which a method sends. And groups in fields whose `Wait` is
    /// called by a goroutine with a deferred `Done`.
    ///
    /// ## Why it is bad
    /// None of them ever goes on, and whoever needs one of the locks next stands still as well. It depends on
    /// the order in which they run, so it shows rarely, and under load.
    ///
    /// ## Example
    /// ```go
    /// func stop(work func()) {
    /// 	var mu sync.Mutex
    /// 	done := make(chan bool)
    /// 	go func() {
    /// 		mu.Lock()
    /// 		defer mu.Unlock()
    /// 		work()
    /// 		done <- true
    /// 	}()
    /// 	mu.Lock()
    /// 	defer mu.Unlock()
    /// 	<-done
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func stop(work func()) {
    /// 	var mu sync.Mutex
    /// 	done := make(chan bool)
    /// 	go func() {
    /// 		mu.Lock()
    /// 		defer mu.Unlock()
    /// 		work()
    /// 		done <- true
    /// 	}()
    /// 	<-done
    /// 	mu.Lock()
    /// 	defer mu.Unlock()
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
    pub CircularWait {
        name: "circular-wait",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for CircularWait {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_be_stuck(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stuck in stuck_here(cx, &[StuckKind::Circular, StuckKind::Wait]) {
            let message = match (stuck.kind, stuck.waits) {
                (StuckKind::Wait, Waits::Group) => format!(
                    "`{}` may wait for ever: nobody who could call `Done` is left",
                    operand(cx, &stuck)
                ),
                (StuckKind::Wait, _) => format!(
                    "`{}` may wait for ever: nobody is left who could wake it",
                    operand(cx, &stuck)
                ),
                (_, Waits::Send | Waits::Receive | Waits::Range) => format!(
                    "this may wait for ever: whoever has the other end of `{}` waits for this goroutine",
                    operand(cx, &stuck)
                ),
                (StuckKind::Circular, Waits::Group) if stuck.others.is_empty() => format!(
                    "`{}` may wait for ever: one of its own goroutines calls this, before its `Done`",
                    operand(cx, &stuck)
                ),
                (StuckKind::Circular, Waits::Group) if stuck.operand.is_none() => {
                    "this may wait for ever: it waits for a group, and one of its own goroutines calls it, before its `Done`"
                        .to_owned()
                }
                (_, Waits::Lock) if stuck.others.is_empty() => format!(
                    "this goroutine has `{}` already: it waits for itself, for ever",
                    operand(cx, &stuck)
                ),
                _ => "goroutines wait for each other here, for ever".to_owned(),
            };
            let is_held = stuck.holds.iter().any(|held| matches!(held, Held::Lock(_)));
            let help = match (stuck.kind, stuck.waits) {
                (StuckKind::Wait, Waits::Group) => {
                    "call `Done` in a deferred call, and `Add` once for each goroutine that is started"
                }
                (StuckKind::Wait, Waits::Cond) => {
                    "signal whenever what is waited for changes, also when the other goroutine leaves early"
                }
                (_, Waits::Lock) => "take the locks in one order everywhere, and each of them once",
                _ if is_held => "wait without the lock that the other side needs",
                _ => "let one side also wait for something that ends for certain, in a `select`",
            };
            let finding = cx.report(&Self::META, stuck.site.span, message).help(help);
            drop(tell(cx, &stuck, finding));
        }
    }
}
