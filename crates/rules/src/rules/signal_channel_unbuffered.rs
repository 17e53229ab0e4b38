//! `signal-channel-unbuffered`.

use diagnostics::Applicability;
use go_syntax::{ExprId, FuncId, Span};
use go_types::{Builtin, Callee, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};
use go_flow::calls;

declare_rule! {
    /// Finds channels without a buffer that are to get signals.
    ///
    /// ## What it does
    /// Reports `signal.Notify(c, …)` where `c` was made in the same function without a buffer.
    ///
    /// ## Why it is bad
    /// Package os/signal does not wait for whoever receives: a signal that comes while nobody stands
    /// at the channel is dropped (documentation of `signal.Notify`). That is the case while the
    /// program still starts, and while it deals with the signal before. The program then does not
    /// shut down when it is asked to, and is killed some seconds later with nothing released.
    ///
    /// ## Example
    /// ```go
    /// func wait() {
    /// 	interrupted := make(chan os.Signal)
    /// 	signal.Notify(interrupted, os.Interrupt)
    /// 	<-interrupted
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func wait() {
    /// 	interrupted := make(chan os.Signal, 1)
    /// 	signal.Notify(interrupted, os.Interrupt)
    /// 	<-interrupted
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When it does not matter that a signal is lost.
    ///
    /// ## Fix safety
    /// The fix gives the channel a buffer of one. It is safe: nothing else is sent to it by package
    /// os/signal, and who receives sees no difference.
    pub SignalChannelUnbuffered {
        name: "signal-channel-unbuffered",
        category: Goroutines,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for SignalChannelUnbuffered {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        calls(package.file(input.index), func).contains("Notify")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().calls() {
            if !cx.body().is_call_to(site.call, "os/signal", "Notify") {
                continue;
            }
            let file = cx.file();
            let Some(&channel) = file.call(site.call).and_then(|(_, args)| args.first()) else {
                continue;
            };
            // Nobody receives from a channel without a name: the call is made for what else it does.
            let Some(made) = cx.facts().value_of(channel) else {
                continue;
            };
            let made = file.unparen(made);
            if made == file.unparen(channel) {
                continue;
            }
            if let Some(fix) = unbuffered(cx, made) {
                let name = cx.snippet(channel);
                cx.report(
                    &Self::META,
                    file.expr(site.call).span,
                    format!(
                        "`{name}` has no buffer, so a signal that comes while nobody receives is lost"
                    ),
                )
                .help("make the channel with a buffer of one")
                .related(file.expr(made).span, "made here")
                .fix(
                    Applicability::Safe,
                    "Give the channel a buffer of one",
                    [fix],
                );
            }
        }
    }
}

/// The edit that gives a channel a buffer, if `made` makes one without.
fn unbuffered(cx: &RuleCx<'_>, made: ExprId) -> Option<(Span, String)> {
    let file = cx.file();
    if cx.facts().callee(made) != Callee::Builtin(Builtin::Make) {
        return None;
    }
    let (_, args) = file.call(made)?;
    match *args {
        [ty] => {
            let end = file.expr(ty).span.end;
            Some((Span::new(end, end), ", 1".to_owned()))
        }
        [_, size] if file.expr_text(size) == "0" => Some((file.expr(size).span, "1".to_owned())),
        _ => None,
    }
}
