//! `cancel-not-called`.

use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds contexts whose cancel function is not called on every path.
    ///
    /// ## What it does
    /// Reports `context.WithCancel`, `WithTimeout`, `WithDeadline`, `signal.NotifyContext` and
    /// functions of the program that hand their cancel function on, when that function is neither
    /// called nor handed on along some path.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// The context stays registered with its parent until the parent ends or the deadline passes
    /// (package context, `CancelFunc`): with a parent that lives as long as the process, every call
    /// leaks a context, and a timer with it.
    ///
    /// ## Example
    /// ```go
    /// func load(ctx context.Context, get func(context.Context) error) error {
    /// 	ctx, cancel := context.WithTimeout(ctx, time.Second)
    /// 	if err := get(ctx); err != nil {
    /// 		return err
    /// 	}
    /// 	cancel()
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func load(ctx context.Context, get func(context.Context) error) error {
    /// 	ctx, cancel := context.WithTimeout(ctx, time.Second)
    /// 	defer cancel()
    /// 	return get(ctx)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the resource is kept alive on purpose until the process ends, or when something that
    /// cannot be seen here releases it: a function of another module that is not at hand, or a
    /// value that finds its way there through reflection or an interface.
    ///
    /// ## Fix safety
    /// The fix adds the `defer` behind the call. This is safe where the context is only lent to what the
    /// function calls, and unsafe where something may go on with it.
    pub CancelNotCalled {
        name: "cancel-not-called",
        category: Context,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

impl Rule for CancelNotCalled {
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
