//! `channel-never-closed`.

use go_flow::StuckKind;
use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use crate::stuck::{may_be_stuck, operand, stuck_here, tell};

declare_rule! {
    /// Finds `range` over a channel that nobody closes.
    ///
    /// ## What it does
    /// Reports a loop over a channel that waits for ever for a next value: those who send have ended, and none
    /// of them closes the channel, or not on this path.
    ///
    /// ## Why it is bad
    /// `range` ends when the channel is closed, and only then. The goroutine that ranges stays for good; when it
    /// is the function itself, its caller waits as well.
    ///
    /// ## Example
    /// ```go
    /// func sum(parts []int) int {
    /// 	ch := make(chan int)
    /// 	go func() {
    /// 		for _, n := range parts {
    /// 			ch <- n
    /// 		}
    /// 	}()
    /// 	total := 0
    /// 	for n := range ch {
    /// 		total += n
    /// 	}
    /// 	return total
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func sum(parts []int) int {
    /// 	ch := make(chan int)
    /// 	go func() {
    /// 		defer close(ch)
    /// 		for _, n := range parts {
    /// 			ch <- n
    /// 		}
    /// 	}()
    /// 	total := 0
    /// 	for n := range ch {
    /// 		total += n
    /// 	}
    /// 	return total
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
    pub ChannelNeverClosed {
        name: "channel-never-closed",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for ChannelNeverClosed {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_be_stuck(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stuck in stuck_here(cx, &[StuckKind::Range]) {
            let chan = operand(cx, &stuck);
            let finding = cx
                .report(&Self::META, stuck.site.span, format!("this loop may wait for ever: nobody sends to `{chan}` any more, and nobody closes it"))
                .help("close the channel in a deferred call of the goroutine that sends");
            drop(tell(cx, &stuck, finding));
        }
    }
}
