//! `nil-channel`.

use go_flow::{ChannelAct, Place};
use go_types::LocalKind;

use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds goroutines that wait on a channel that was never made.
    ///
    /// ## What it does
    /// Reports a send, a receive or a `range` over a local variable that is nil there on every path:
    /// declared without a value and not assigned since. Cases of a `select` are none of its business:
    /// a nil channel switches a case off.
    ///
    /// ## Why it is bad
    /// Sending on a nil channel and receiving from one block for ever (Go specification, Send
    /// statements and Receive operator). The goroutine stays, with all that its deferred calls were to
    /// release.
    ///
    /// ## Example
    /// ```go
    /// func ask(answer func() int) int {
    /// 	var result chan int
    /// 	go func() { result <- answer() }()
    /// 	return <-result
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func ask(answer func() int) int {
    /// 	result := make(chan int, 1)
    /// 	go func() { result <- answer() }()
    /// 	return <-result
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When blocking for ever is what is wanted; `select {}` says so.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub NilChannel {
        name: "nil-channel",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: CHANNEL | LOOP,
    }
}

impl Rule for NilChannel {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let facts = cx.facts();
        for op in facts.channel_ops() {
            if op.act == ChannelAct::Close || op.arm.is_some() || !facts.reachable(op.point) {
                continue;
            }
            let local = op
                .place
                .as_ref()
                .filter(|place| place.is_variable())
                .and_then(Place::local);
            let Some(local) = local else { continue };
            let declared = cx.body().names().local(local);
            if declared.is_param() || !matches!(declared.kind, LocalKind::Var { .. }) {
                continue;
            }
            // In a literal the variable may have its value from later on: only when it has none at
            // all.
            let is_nil = if declared.func == op.point.func {
                facts.is_nil_at(op.point, local)
            } else {
                let var = facts.var(local);
                !var.address_taken
                    && var
                        .writes
                        .iter()
                        .all(|write| write.value == go_flow::Value::Zero)
            };
            if !is_nil {
                continue;
            }
            let name = cx.snippet(op.channel);
            let what = match op.act {
                ChannelAct::Send => "sending to it",
                ChannelAct::Receive => "receiving from it",
                ChannelAct::Range => "the loop over it",
                ChannelAct::Close => continue,
            };
            let finding = cx
                .report(
                    &Self::META,
                    op.span,
                    format!("`{name}` is nil here, so {what} blocks for ever"),
                )
                .help("make the channel first")
                .related(declared.span, "declared here without a value");
            drop(crate::held::tell_kept(cx, op.point, finding));
        }
    }
}
