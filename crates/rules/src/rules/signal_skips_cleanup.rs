//! `signal-skips-cleanup`.

use go_flow::{CallMode, calls};
use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::harmless::{Loss, harm_of};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds commands whose cleanup is skipped when they are interrupted.
    ///
    /// ## What it does
    /// Reports a `defer` in `main` of what stays behind when it does not run (temporary files,
    /// mounts, other processes, the state of the terminal), in a program whose package `main` does
    /// nothing about signals.
    ///
    /// ## Why it is bad
    /// SIGINT and SIGTERM end a program at once unless it asks for them (package os/signal, "Default
    /// behavior of signals in Go programs"). No deferred call runs: Ctrl-C leaves the temporary
    /// directory behind, and so does every stop of the service.
    ///
    /// ## Example
    /// ```go
    /// package main
    ///
    /// import (
    /// 	"log"
    /// 	"os"
    /// )
    ///
    /// func main() {
    /// 	dir, err := os.MkdirTemp("", "work")
    /// 	if err != nil {
    /// 		log.Fatal(err)
    /// 	}
    /// 	defer os.RemoveAll(dir)
    /// 	work(dir)
    /// }
    ///
    /// func work(string) {}
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// package main
    ///
    /// import (
    /// 	"context"
    /// 	"log"
    /// 	"os"
    /// 	"os/signal"
    /// )
    ///
    /// func main() {
    /// 	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
    /// 	defer stop()
    /// 	dir, err := os.MkdirTemp("", "work")
    /// 	if err != nil {
    /// 		log.Fatal(err)
    /// 	}
    /// 	defer os.RemoveAll(dir)
    /// 	work(ctx, dir)
    /// }
    ///
    /// func work(context.Context, string) {}
    /// ```
    ///
    /// ## When it is wrong
    /// In a program that runs for a moment, or whose other packages ask for signals. The rule is off
    /// by default.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub SignalSkipsCleanup {
        name: "signal-skips-cleanup",
        category: NeverRuns,
        severity: Note,
        default: off,
        needs: DEFER,
    }
}

impl Rule for SignalSkipsCleanup {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        let node = file.func(func);
        input.is_main
            && !input.is_test
            && node.recv.is_none()
            && node.name.is_some_and(|name| file.name(name) == "main")
            && !handles_signals(package)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers_of(cx.root()) {
            let Some(harm) = harm_of(cx.facts(), site) else {
                continue;
            };
            let stays = matches!(
                harm.loss,
                Loss::Leftover | Loss::Mount | Loss::Process | Loss::Terminal
            );
            // Only what comes after it can be interrupted.
            let cfg = cx.facts().cfg(cx.root());
            let works = cx.facts().calls_of(cx.root()).iter().any(|call| {
                call.mode == CallMode::Now && cfg.reaches(site.point.node, call.point.node)
            });
            if !stays || !works {
                continue;
            }
            let call = cx.call_snippet(harm.call);
            cx.report(
                &SignalSkipsCleanup::META,
                cx.file().stmt(site.stmt).span,
                format!(
                    "an interrupt ends the program without `{call}`: {}",
                    harm.loss.consequence()
                ),
            )
            .help("ask for the signals with `signal.NotifyContext`, and return from `main` when they come");
        }
    }
}

/// Whether a file of the package imports something about signals.
fn handles_signals(package: &PackageCx<'_>) -> bool {
    (0..).take(package.names().files().len()).any(|index| {
        let file = package.file(index);
        file.imports().any(|import| {
            file.import_path(import)
                .is_some_and(|path| path.contains("signal") || path.contains("interrupt"))
        }) || file
            .all_funcs()
            .filter(|&func| file.func(func).parent.is_none())
            .any(|func| {
                calls(file, func)
                    .iter()
                    .any(|name| name.to_ascii_lowercase().contains("signal"))
            })
    })
}
