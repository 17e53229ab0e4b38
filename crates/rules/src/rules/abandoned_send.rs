//! `abandoned-send`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::channels;
use crate::rule::{Rule, declare_rule};
use crate::stuck::{may_send_for_ever, operand, room_for_one, sending_here, tell};

declare_rule! {
    /// Finds sends to a channel that nobody receives from any more.
    ///
    /// ## What it does
    /// Runs the function that starts goroutines together with them, in all orders that matter, and reports a
    /// send that waits for ever on one of them: the other end has returned early, because of an error, a timeout
    /// or a cancelled context, and nobody else has the channel. Channels that are handed to code of other
    /// packages are left alone.
    ///
    /// Of an object with a goroutine the methods are looked at together: when all receives from the channel in a
    /// field stand in one loop, and another case of a `select` leaves that loop, then a plain send in a method waits
    /// for a loop that may be over. The method must ask neither for what ends the loop nor for a flag of the object.
    ///
    /// ## Why it is bad
    /// The goroutine stays for good, with its stack, its deferred calls, and all that it refers to. Each call
    /// of the function that takes this path leaves one more.
    ///
    /// ## Example
    /// ```go
    /// func fetch(ctx context.Context, url string) (string, error) {
    /// 	ch := make(chan string)
    /// 	go func() {
    /// 		ch <- get(url)
    /// 	}()
    /// 	select {
    /// 	case s := <-ch:
    /// 		return s, nil
    /// 	case <-ctx.Done():
    /// 		return "", ctx.Err()
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func fetch(ctx context.Context, url string) (string, error) {
    /// 	ch := make(chan string, 1)
    /// 	go func() {
    /// 		ch <- get(url)
    /// 	}()
    /// 	select {
    /// 	case s := <-ch:
    /// 		return s, nil
    /// 	case <-ctx.Done():
    /// 		return "", ctx.Err()
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the function that is missing on the other side is called by code that is not followed: by
    /// another package through an interface, or by reflection. Conditions that depend on each other in ways that
    /// are not seen may also make a path look possible that is none. Test files are left alone unless the rule
    /// is selected: what they leave behind ends with the process.
    ///
    /// ## Fix safety
    /// Where one goroutine sends one value, the fix gives the channel room for it. The goroutine then no longer
    /// waits for the receiver, so the fix is marked as unsafe: look whether something relies on that.
    /// Elsewhere, in a literal that has a context at hand, it sends in a `select` that ends the goroutine
    /// when the context is done; that is unsafe too, since the value is lost then.
    pub AbandonedSend {
        name: "abandoned-send",
        category: Goroutines,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for AbandonedSend {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_send_for_ever(package, func, input)
    }

    fn leaves_tests_alone(&self) -> bool {
        // Most tests leave a goroutine behind only when they fail, and the process ends soon after.
        true
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stuck in sending_here(cx) {
            let chan = operand(cx, &stuck);
            let mut finding = cx
                .report(&Self::META, stuck.site.span, format!("this send may wait for ever: nobody receives from `{chan}` any more when the other end has left first"))
                .help(match stuck.served {
                    Some(_) => "send in a `select` that also waits for what ends the loop of the receiver",
                    None => "give the channel room for what is sent (`make(chan T, 1)` for one value), or send in a `select` with the context's `Done`",
                });
            if let Some((applicability, what, span, text)) = room_for_one(cx, &stuck) {
                finding = finding.fix(applicability, what, [(span, text)]);
            } else {
                finding = finding.repair(channels::send_or_give_up(cx, &stuck));
            }
            drop(tell(cx, &stuck, finding));
        }
    }
}
