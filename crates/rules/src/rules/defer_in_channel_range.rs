//! `defer-in-channel-range`.

use diagnostics::Severity;
use go_flow::Loop;
use go_syntax::{FuncId, Span};

use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};
use crate::fixes::loops::wrap_for;
use crate::keeps::{Carrier, is_kept};
use crate::origin::{Origin, origin};
use crate::repeat::{Repeat, head_span, repeat};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds `defer` statements in loops over a channel, whose calls wait until it is closed.
    ///
    /// ## What it does
    /// Reports a `defer` in the body of `for … := range ch`, where `ch` is a channel. It is silent
    /// when an iteration that gets to the `defer` leaves the loop, and when the `defer` stands in a
    /// function literal that is called in each iteration.
    ///
    /// ## Why it is bad
    /// The loop ends when the channel is closed and empty (specification, "For statements with
    /// range clause"), and deferred calls run after that. Nothing says that this happens soon: a
    /// worker often receives for as long as the process lives, and the channel of a ticker is never
    /// closed. Until then each value that was received has left a call on the list, with the file,
    /// lock or counter that it is to give back.
    ///
    /// ## Example
    /// ```go
    /// func work(jobs <-chan string, busy *sync.WaitGroup) {
    /// 	for path := range jobs {
    /// 		busy.Add(1)
    /// 		defer busy.Done()
    /// 		os.Remove(path)
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func work(jobs <-chan string, busy *sync.WaitGroup) {
    /// 	for path := range jobs {
    /// 		remove(path, busy)
    /// 	}
    /// }
    ///
    /// func remove(path string, busy *sync.WaitGroup) {
    /// 	busy.Add(1)
    /// 	defer busy.Done()
    /// 	os.Remove(path)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// A channel that gets a few values and is closed at once, to collect results, does no harm.
    /// In test files findings are notes.
    ///
    /// ## Fix safety
    /// The fix puts the body of the loop into a function literal that is called at once, so that what
    /// is deferred runs at the end of the iteration. It is safe for releases of what the iteration made,
    /// unless the loop starts goroutines; otherwise it is unsafe, since other calls may be meant to run later.
    pub DeferInChannelRange {
        name: "defer-in-channel-range",
        category: Placement,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferInChannelRange {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            let Some(Repeat::Channel { range, operand }) = repeat(cx, site) else {
                continue;
            };
            let duty = Duty::of(cx, site);
            if is_needed_later(cx, &duty, range, site.point.func) {
                continue;
            }
            let call = cx.call_snippet(duty.call);
            let channel = cx.snippet(operand);
            let message = format!(
                "`{call}` runs after `{channel}` is closed, which may be never: until then {}",
                duty.kind.piles_up("every iteration")
            );
            let finding = cx
                .report(&Self::META, cx.file().stmt(site.stmt).span, message)
                .repair(wrap_for(cx, site, &duty, range.stmt, false))
                .help("move the body of the loop into a function of its own, and defer there")
                .related(
                    head_span(cx, range),
                    format!("this loop goes on until `{channel}` is closed"),
                );
            if cx.is_test() {
                finding.at_most(Severity::Note);
            }
        }
    }
}

/// Whether what the iteration makes is handed to something that goes on with it.
fn is_needed_later(cx: &RuleCx<'_>, duty: &Duty, range: &Loop, func: FuncId) -> bool {
    let file = cx.file();
    let within = Span::new(file.stmt(range.stmt).span.start, file.func(func).span.end);
    let made = duty.subject.map(|subject| origin(cx, subject, within));
    let Some(Origin::Made(local)) = made else {
        return false;
    };
    !matches!(duty.kind, DutyKind::Unlock(_))
        && is_kept(cx, local, range.stmt, within, Carrier::Wrapper)
}
