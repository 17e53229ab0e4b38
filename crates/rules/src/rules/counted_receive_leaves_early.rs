//! `counted-receive-leaves-early`.

use go_flow::StuckKind;
use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use crate::stuck::{may_be_stuck, operand, stuck_here, tell};

declare_rule! {
    /// Finds goroutines that all send, when the receiver stops before it has all values.
    ///
    /// ## What it does
    /// Reports a send of one of several goroutines to a channel without enough room, when the receiver takes
    /// some of the values and leaves: its loop returns at the first error, or counts fewer.
    ///
    /// ## Why it is bad
    /// Each goroutine whose value nobody takes waits for ever. It happens when something fails, so tests that
    /// only see success do not show it.
    ///
    /// ## Example
    /// ```go
    /// func all(urls []string) error {
    /// 	errs := make(chan error)
    /// 	for _, u := range urls {
    /// 		go func() { errs <- check(u) }()
    /// 	}
    /// 	for range urls {
    /// 		if err := <-errs; err != nil {
    /// 			return err
    /// 		}
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func all(urls []string) error {
    /// 	errs := make(chan error, len(urls))
    /// 	for _, u := range urls {
    /// 		go func() { errs <- check(u) }()
    /// 	}
    /// 	for range urls {
    /// 		if err := <-errs; err != nil {
    /// 			return err
    /// 		}
    /// 	}
    /// 	return nil
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
    pub CountedReceiveLeavesEarly {
        name: "counted-receive-leaves-early",
        category: Goroutines,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for CountedReceiveLeavesEarly {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_be_stuck(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stuck in stuck_here(cx, &[StuckKind::SendOfMany]) {
            let chan = operand(cx, &stuck);
            let finding = cx
                .report(&Self::META, stuck.site.span, format!("this send may wait for ever: the receiver leaves before it has a value of each goroutine that sends to `{chan}`"))
                .help("give the channel room for all values, or receive all of them before the function returns");
            drop(tell(cx, &stuck, finding));
        }
    }
}
