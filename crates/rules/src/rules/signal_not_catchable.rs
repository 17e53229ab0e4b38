//! `signal-not-catchable`.

use go_flow::calls;
use go_syntax::{ExprKind, FuncId};
use go_types::{Callee, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds programs that wait for a signal which no program ever gets.
    ///
    /// ## What it does
    /// Reports `os.Kill`, `syscall.SIGKILL` and `syscall.SIGSTOP` (also of golang.org/x/sys/unix) among
    /// the signals of `signal.Notify`, `signal.NotifyContext`, `signal.Ignore` and `signal.Reset`.
    ///
    /// ## Why it is bad
    /// The kernel ends or stops the process itself on these two, and tells it nothing (documentation
    /// of package os/signal; signal(7)). What was to be released when the signal comes is not, and
    /// mostly `SIGTERM` was meant, which the program then does not handle.
    ///
    /// ## Example
    /// ```go
    /// func wait() {
    /// 	stop := make(chan os.Signal, 1)
    /// 	signal.Notify(stop, os.Interrupt, os.Kill)
    /// 	<-stop
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func wait() {
    /// 	stop := make(chan os.Signal, 1)
    /// 	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
    /// 	<-stop
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When `SIGTERM` is in the list as well, the surplus signal does no harm. The finding is a note
    /// then.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub SignalNotCatchable {
        name: "signal-not-catchable",
        category: Goroutines,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

/// The functions that take a list of signals.
const TAKERS: [&str; 4] = ["Notify", "NotifyContext", "Ignore", "Reset"];

impl Rule for SignalNotCatchable {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let called = calls(package.file(input.index), func);
        TAKERS.iter().any(|name| called.contains(name))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let file = cx.file();
        for site in cx.facts().calls() {
            let Callee::Func {
                package: "os/signal",
                name,
                ..
            } = cx.facts().callee(site.call)
            else {
                continue;
            };
            if !TAKERS.contains(&name) {
                continue;
            }
            let args = file.call(site.call).map_or(&[][..], |(_, args)| args);
            let has_term = args
                .iter()
                .any(|&arg| file.expr_text(arg).ends_with("SIGTERM"));
            for &arg in args {
                let arg = file.unparen(arg);
                let ExprKind::Selector { x, sel } = file.expr(arg).kind else {
                    continue;
                };
                let Object::Package(import) = cx.body().object(x) else {
                    continue;
                };
                let package = cx
                    .body()
                    .cx()
                    .names()
                    .canonical_path(import, cx.body().cx().loader());
                let is_uncatchable = matches!(
                    (&**package, file.span_text(sel)),
                    ("os", "Kill") | ("syscall" | "golang.org/x/sys/unix", "SIGKILL" | "SIGSTOP")
                );
                if !is_uncatchable {
                    continue;
                }
                let signal = cx.snippet(arg);
                let finding = cx
                    .report(
                        &Self::META,
                        file.expr(arg).span,
                        format!("the process never gets `{signal}`: the kernel acts on it alone"),
                    )
                    .help("ask for `syscall.SIGTERM`, which is what others send first");
                if has_term {
                    drop(finding.at_most(diagnostics::Severity::Note));
                }
            }
        }
    }
}
