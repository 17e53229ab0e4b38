//! `double-send`.

use go_flow::StuckKind;
use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use crate::stuck::{may_be_stuck, operand, return_behind, stuck_here, tell};

declare_rule! {
    /// Finds a second send on the same path, when only one value is received.
    ///
    /// ## What it does
    /// Reports a send that waits for ever after the same goroutine has sent to the same channel before, at
    /// another place: mostly a `return` is missing after an error was sent.
    ///
    /// ## Why it is bad
    /// The receiver takes one value and goes. The goroutine waits for ever at the second, with its deferred
    /// calls.
    ///
    /// ## Example
    /// ```go
    /// func run(work func() error) error {
    /// 	done := make(chan error)
    /// 	go func() {
    /// 		if err := work(); err != nil {
    /// 			done <- err
    /// 		}
    /// 		done <- nil
    /// 	}()
    /// 	return <-done
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func run(work func() error) error {
    /// 	done := make(chan error)
    /// 	go func() {
    /// 		if err := work(); err != nil {
    /// 			done <- err
    /// 			return
    /// 		}
    /// 		done <- nil
    /// 	}()
    /// 	return <-done
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
    /// Where the first send ends a block and stands in no loop, the fix puts a `return` behind it. It is marked
    /// as unsafe, because what follows is then left out on that way.
    pub DoubleSend {
        name: "double-send",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for DoubleSend {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_be_stuck(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stuck in stuck_here(cx, &[StuckKind::SecondSend]) {
            let chan = operand(cx, &stuck);
            let mut finding = cx
                .report(&Self::META, stuck.site.span, format!("this goroutine has sent to `{chan}` before, and nobody receives a second value: it waits for ever"))
                .help("return after the first send");
            if let Some((applicability, what, span, text)) = return_behind(cx, &stuck) {
                finding = finding.fix(applicability, what, [(span, text)]);
            }
            drop(tell(cx, &stuck, finding));
        }
    }
}
