//! `listener-not-closed`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds listeners that are not closed on every path.
    ///
    /// ## What it does
    /// Reports listeners (`net.Listen`, `tls.Listen`, `net.ListenPacket`, …, and functions that
    /// return them) that are neither closed nor handed on along some path.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The port stays taken and the kernel goes on accepting connections for it: clients connect,
    /// and nobody answers. A second attempt to listen fails with "address already in use".
    ///
    /// ## Example
    /// ```go
    /// func free(want string) error {
    /// 	l, err := net.Listen("tcp", want)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	if l.Addr().String() != want {
    /// 		return errors.New("another address")
    /// 	}
    /// 	return l.Close()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func free(want string) error {
    /// 	l, err := net.Listen("tcp", want)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer l.Close()
    /// 	if l.Addr().String() != want {
    /// 		return errors.New("another address")
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the resource is kept alive on purpose until the process ends, or when something that
    /// cannot be seen here releases it: a function of another module that is not at hand, or a
    /// value that finds its way there through reflection or an interface.
    ///
    /// ## Fix safety
    /// Where the resource is left behind on every path, the fix adds the `defer` behind the check of the
    /// error. Where another path releases it or hands it on, the fix releases it before each `return` that
    /// forgets it, if these are few. This is safe: nobody else holds the resource then. There is no fix in loops, nor where
    /// the error is not checked right after the call.
    pub ListenerNotClosed {
        name: "listener-not-closed",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for ListenerNotClosed {
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
