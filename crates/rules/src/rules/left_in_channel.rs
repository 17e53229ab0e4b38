//! `left-in-channel`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds resources that a goroutine sends to a channel which nobody reads any more.
    ///
    /// ## What it does
    /// Reports a call in a goroutine that opens something (a connection, a response, a file) which the
    /// goroutine then sends to a channel, when the function around it can end without receiving it: its
    /// `select` took another case, such as `<-ctx.Done()` or a timeout.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// What is in a channel when the last reference to it goes is gone with it, open as it is: the
    /// descriptor, the connection, the transaction. With a channel without buffer the goroutine itself
    /// waits for ever, too. It happens when the other side is slow, which is when there are many of them.
    ///
    /// ## Example
    /// ```go
    /// func dial(ctx context.Context, addr string) (net.Conn, error) {
    /// 	ch := make(chan net.Conn, 1)
    /// 	go func() {
    /// 		c, err := net.Dial("tcp", addr)
    /// 		if err != nil {
    /// 			close(ch)
    /// 			return
    /// 		}
    /// 		ch <- c
    /// 	}()
    /// 	select {
    /// 	case c := <-ch:
    /// 		return c, nil
    /// 	case <-ctx.Done():
    /// 		return nil, ctx.Err()
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func dial(ctx context.Context, addr string) (net.Conn, error) {
    /// 	var d net.Dialer
    /// 	return d.DialContext(ctx, "tcp", addr)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the goroutine learns by other means that nobody waits, and does not send then.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub LeftInChannel {
        name: "left-in-channel",
        category: Release,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for LeftInChannel {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_acquire(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_leaks(cx, &Self::META);
    }
}
