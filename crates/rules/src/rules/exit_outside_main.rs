//! `exit-outside-main`.

use diagnostics::Severity;
use go_flow::{CallEnd, CallMode, CallSite, End, calls};
use go_syntax::FuncId;
use go_types::{Callee, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds functions of libraries that end the process.
    ///
    /// ## What it does
    /// Reports `os.Exit`, `log.Fatal` and the like in packages other than `main`, and as a note
    /// `os.Exit(m.Run())` in a `TestMain` where Go does that itself since 1.15.
    ///
    /// It is silent in `init`, in tests, in functions whose names say that they end the program
    /// (`Must…`, `Fatal…`, `Exit…`, `Die…`, `…OrDie`), and in packages of commands (a path with
    /// `cmd`, `cli`, `command` or `commands` in it).
    ///
    /// ## Why it is bad
    /// No deferred call of any caller runs, in no goroutine: nothing is flushed, removed or unlocked,
    /// and who uses the library cannot do anything about it. An error that is returned can be
    /// handled, logged, or turned into an exit by `main`.
    ///
    /// ## Example
    /// ```go
    /// package store
    ///
    /// import (
    /// 	"log"
    /// 	"os"
    /// )
    ///
    /// func Load(name string) []byte {
    /// 	data, err := os.ReadFile(name)
    /// 	if err != nil {
    /// 		log.Fatal(err)
    /// 	}
    /// 	return data
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// package store
    ///
    /// import "os"
    ///
    /// func Load(name string) ([]byte, error) {
    /// 	return os.ReadFile(name)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// In programs that are made of many packages, where ending the process is a deliberate choice.
    /// Since that is common, the rule is off by default.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub ExitOutsideMain {
        name: "exit-outside-main",
        category: NeverRuns,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

/// Names of functions that say that they end the program.
const SAYS_SO: [&str; 10] = [
    "must",
    "fatal",
    "exit",
    "die",
    "abort",
    "usage",
    "panic",
    "kill",
    "terminate",
    "check",
];

impl Rule for ExitOutsideMain {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        const NAMES: [&str; 4] = ["Exit", "Fatal", "Fatalf", "Fatalln"];
        !input.is_main
            && calls(package.file(input.index), func)
                .iter()
                .any(|name| NAMES.contains(name) || name.starts_with("Fatal"))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let file = cx.file();
        let func = file.func(cx.root());
        let name = func.name.map(|name| file.name(name)).unwrap_or_default();
        if cx.is_test() {
            if name == "TestMain" && cx.go_at_least(15) {
                test_main(cx);
            }
            return;
        }
        let lower = name.to_ascii_lowercase();
        if name == "init" || SAYS_SO.iter().any(|word| lower.contains(word)) || is_command(cx) {
            return;
        }
        for site in cx.facts().calls() {
            let ends = cx.facts().call_end(site.call) == Some(CallEnd::Never(End::Process));
            if ends && cx.facts().reachable(site.point) {
                let call = cx.call_snippet(site.call);
                cx.report(
                    &ExitOutsideMain::META,
                    file.expr(site.call).span,
                    format!("`{call}` in a library ends the whole process, and no deferred call of any caller runs"),
                )
                .help("return an error and let `main` decide");
            }
        }
    }
}

/// Whether the package is one of a command.
fn is_command(cx: &RuleCx<'_>) -> bool {
    let path = cx.body().cx().names().path();
    path.split('/').any(|part| {
        matches!(
            part,
            "cmd" | "cli" | "command" | "commands" | "main" | "tools" | "scripts"
        )
    })
}

/// Reports `os.Exit(m.Run())` as the last statement.
fn test_main(cx: &RuleCx<'_>) {
    let file = cx.file();
    let runs = |site: &&CallSite| {
        let is_run = |call| {
            matches!(
                cx.facts().callee(call),
                Callee::Selected { name: "Run", .. }
            )
        };
        site.mode == CallMode::Now
            && cx.body().is_call_to(site.call, "os", "Exit")
            && file
                .call(site.call)
                .is_some_and(|(_, args)| args.first().is_some_and(|&arg| is_run(file.unparen(arg))))
    };
    let Some(site) = cx.facts().calls_of(cx.root()).iter().find(runs) else {
        return;
    };
    if cx.facts().defers().is_empty() {
        cx.report(
            &ExitOutsideMain::META,
            file.expr(site.call).span,
            "the call of `os.Exit` is not needed: since Go 1.15 the tests end with the result of `m.Run`",
        )
        .help("write `m.Run()`, and deferred calls may be added")
        .at_most(Severity::Note);
    }
}
