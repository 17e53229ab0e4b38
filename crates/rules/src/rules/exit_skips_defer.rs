//! `exit-skips-defer`.

use diagnostics::Severity;
use go_flow::{
    CallEnd, CallMode, CallSite, DeferSite, End, Exits, LiteralUse, NodeId, Point, Visit, calls,
};
use go_syntax::{ExprId, Span, StmtKind};
use go_types::Callee;

use crate::cx::RuleCx;
use crate::fixes::exits;
use crate::harmless::{Harm, Loss, harm_of, owner_of};
use crate::origin::root_local;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds calls that end the process while deferred calls that matter are pending.
    ///
    /// ## What it does
    /// Reports `os.Exit`, `log.Fatal` and the like (`syscall.Exit`, the `Fatal` methods of well-known
    /// loggers, functions of the program that end the process, on some path at least) where a path leads to them from a `defer` whose call would do something that the end
    /// of the process does not do: write out a buffer, finish an archive, remove a temporary file,
    /// stop a profile, put back the terminal, end a span. Calls in deferred literals, and in
    /// functions of the same package, are looked at.
    ///
    /// A profile or trace that a program does not finish because it fails is a note, and so is a call
    /// that only prints something. A buffer that the
    /// function has made and not touched yet is empty, and nothing is said.
    ///
    /// It is silent where nothing is lost: locks, contexts, wait groups, timers, and what the kernel
    /// closes, such as files and connections. It is silent too when the work is done by hand on
    /// every path between the `defer` and the exit, and in examples of the documentation (`func
    /// Example…` of test files). Of several exits that skip the same calls, the
    /// first is reported.
    ///
    /// ## Why it is bad
    /// `os.Exit` ends the program at once; deferred functions are not run (documentation of package
    /// os), and `log.Fatal` calls it. So the last lines of a report are missing, temporary files
    /// pile up, and the profile of just the run that failed is empty.
    ///
    /// ## Example
    /// ```go
    /// func main() {
    /// 	out := bufio.NewWriter(os.Stdout)
    /// 	defer out.Flush()
    /// 	if _, err := io.Copy(out, os.Stdin); err != nil {
    /// 		log.Fatal(err)
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func main() {
    /// 	if err := run(); err != nil {
    /// 		log.Fatal(err)
    /// 	}
    /// }
    ///
    /// func run() error {
    /// 	out := bufio.NewWriter(os.Stdout)
    /// 	defer out.Flush()
    /// 	_, err := io.Copy(out, os.Stdin)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When it is all the same what becomes of the output, or of a temporary file, once the program
    /// has failed.
    ///
    /// ## Fix safety
    /// In `main` the fix moves the code into `run() int`, whose result `main` hands to `os.Exit`: the exits
    /// become `return`s. In `TestMain` it leaves the exit to package testing. Elsewhere it calls what is
    /// deferred by hand before the exit, where that is a single call. Each is unsafe: more
    /// runs at the end than before, and may take its time.
    pub ExitSkipsDefer {
        name: "exit-skips-defer",
        category: NeverRuns,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for ExitSkipsDefer {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_example() {
            return;
        }
        let mut exits: Vec<&CallSite> = cx
            .facts()
            .calls()
            .iter()
            .filter(|site| {
                !matches!(site.mode, CallMode::Spawned(_))
                    && (ends_process(cx, site.call) || exits(cx, site))
                    && cx.facts().reachable(site.point)
            })
            .collect();
        if exits.is_empty() {
            return;
        }
        exits.sort_by_key(|site| cx.file().expr(site.call).span.start);
        let harms: Vec<(&DeferSite<'_>, Harm)> = cx
            .facts()
            .defers()
            .iter()
            .filter(|site| cx.facts().reachable(site.point))
            .filter_map(|site| Some((site, harm_of(cx.facts(), site)?)))
            .collect();
        let mut told: Vec<u32> = Vec::new();
        for exit in exits {
            let skipped: Vec<_> = harms
                .iter()
                .filter(|(site, harm)| {
                    // What is only guessed at twice is too weak.
                    let is_guess = harm.loss == Loss::Named && !ends_process(cx, exit.call);
                    !is_guess
                        && is_skipped(cx, exit, site, harm)
                        && !callee_does(cx, exit.call, harm.call)
                })
                .collect();
            if skipped.iter().all(|(site, _)| told.contains(&site.ordinal)) {
                continue;
            }
            told.extend(skipped.iter().map(|(site, _)| site.ordinal));
            report(cx, exit, &skipped);
        }
    }
}

/// Whether a call is known to end the process.
fn ends_process(cx: &RuleCx<'_>, call: ExprId) -> bool {
    cx.facts().call_end(call) == Some(CallEnd::Never(End::Process))
}

/// Whether a call is one of a function of the program that ends the process, perhaps under some
/// condition. Tests call such functions for what they test.
fn exits(cx: &RuleCx<'_>, site: &CallSite) -> bool {
    site.mode == CallMode::Now
        && !cx.is_test()
        && cx.facts().call_end(site.call).is_none()
        && cx.contract_end(site.call).exits != Exits::Never
}

/// Whether the function that is called does the work itself before it ends the process.
fn callee_does(cx: &RuleCx<'_>, exit: ExprId, work: ExprId) -> bool {
    let Some((index, func)) = cx.body().declaration(exit) else {
        return false;
    };
    let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = cx.facts().callee(work)
    else {
        return false;
    };
    let called = calls(cx.body().cx().file(index), func);
    called.contains(name)
        || FINISHING.contains(&name) && FINISHING.iter().any(|name| called.contains(name))
}

fn report(cx: &RuleCx<'_>, exit: &CallSite, skipped: &[&(&DeferSite<'_>, Harm)]) {
    let Some((_, harm)) = skipped.last() else {
        return;
    };
    let call = cx.call_snippet(harm.call);
    let end = cx.call_snippet(exit.call);
    let is_certain =
        ends_process(cx, exit.call) || cx.contract_end(exit.call).exits == Exits::Always;
    let ends = if is_certain { "ends" } else { "may end" };
    let mut finding = cx
        .report(
            &ExitSkipsDefer::META,
            cx.file().expr(exit.call).span,
            format!(
                "`{end}` {ends} the process, and the deferred `{call}` does not run: {}",
                harm.loss.consequence()
            ),
        )
        .help(format!(
            "return an error, and end the process in a caller that has nothing deferred, or call `{call}` before `{end}`"
        ));
    let is_minor = skipped.iter().all(|(_, harm)| harm.loss == Loss::Profile);
    let is_output = skipped.iter().all(|(_, harm)| harm.loss == Loss::Output);
    if is_minor && is_failure(cx, exit) || is_output {
        finding = finding.at_most(Severity::Note);
    }
    let works: Vec<ExprId> = skipped.iter().map(|(_, harm)| harm.call).collect();
    if is_certain {
        finding = finding.repair(exits::repair(cx, exit.call, &works));
    }
    for (site, harm) in skipped {
        let call = cx.call_snippet(harm.call);
        finding = finding.related(
            cx.file().stmt(site.stmt).span,
            format!("`{call}` is deferred here and never runs"),
        );
    }
}

/// Whether the exit says that the program has failed: a constant that is not zero, or a logger.
fn is_failure(cx: &RuleCx<'_>, exit: &CallSite) -> bool {
    let is_exit = matches!(
        cx.facts().callee(exit.call),
        Callee::Func { name: "Exit", .. }
    );
    let code = cx.file().call(exit.call).and_then(|(_, args)| args.first());
    !is_exit
        || code.is_some_and(|&code| {
            let text = cx.file().expr_text(code);
            text != "0" && text.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Whether the call of `site` is pending at `exit` on some path, and nothing on the path does the
/// same.
fn is_skipped(cx: &RuleCx<'_>, exit: &CallSite, site: &DeferSite<'_>, harm: &Harm) -> bool {
    if harm.loss == Loss::Data
        && (flushes_itself(cx, exit.call, harm.call) || is_empty(cx, exit, site, harm))
    {
        return false;
    }
    let mut at = exit.point;
    loop {
        if at.func == site.point.func {
            return at.node != site.point.node
                && reaches_undone(cx, site.point, at.node, exit.call, harm.call);
        }
        if done_before(cx, at, exit.call, harm.call) {
            return false;
        }
        // A literal that is called, or deferred, on the spot runs in the function around it.
        let outer = match cx.facts().literal_use(at.func) {
            LiteralUse::Called { .. } => cx.facts().created_at(at.func),
            LiteralUse::Deferred { stmt, .. } => cx.facts().point_of_stmt(stmt),
            _ => None,
        };
        match outer {
            Some(outer) => at = outer,
            None => return false,
        }
    }
}

/// Whether nothing can be in the buffer yet: the function made it, and does not mention it before the
/// exit but in the `defer`.
fn is_empty(cx: &RuleCx<'_>, exit: &CallSite, site: &DeferSite<'_>, harm: &Harm) -> bool {
    let file = cx.file();
    // (Closing an archive writes something in any case.)
    let Callee::Selected {
        x: buffer,
        name: "Flush",
    } = cx.facts().callee(harm.call)
    else {
        return false;
    };
    let Some(root) = root_local(cx, buffer) else {
        return false;
    };
    let func = file.func(cx.root());
    let text = file.expr_text(buffer);
    let is_buffer = |expr: ExprId| file.expr_text(expr) == text;
    // Another name for it writes nothing, but may be written to.
    let named: Vec<(Span, ExprId)> = func
        .stmts
        .iter()
        .filter_map(|stmt| match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, rhs, .. } => match (file.exprs(lhs), file.exprs(rhs)) {
                (&[name], &[value]) if is_buffer(value) => Some((file.stmt(stmt).span, name)),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let is_buffer_or_name = |expr: ExprId| {
        is_buffer(expr) && root_local(cx, expr) == Some(root)
            || named
                .iter()
                .any(|&(_, name)| file.expr_text(name) == file.expr_text(expr))
    };
    let made = func
        .stmts
        .iter()
        .find_map(|stmt| match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, rhs, .. } => {
                let (&first, &value) = (file.exprs(lhs).first()?, file.exprs(rhs).first()?);
                let is_call = file.call(file.unparen(value)).is_some();
                (is_call && is_buffer(first)).then(|| file.stmt(stmt).span)
            }
            _ => None,
        });
    let Some(made) = made else {
        return false;
    };
    let deferred = file.stmt(site.stmt).span;
    let comes_before = |expr: ExprId| {
        let cfg = cx.facts().cfg(exit.point.func);
        cx.facts().func_of_expr(expr) != exit.point.func
            || cfg
                .node_of_expr(expr)
                .is_none_or(|node| cfg.reaches(node, exit.point.node))
    };
    let is_mentioned = func.exprs.iter().any(|expr| {
        let span = file.expr(expr).span;
        !made.contains(span)
            && !deferred.contains(span)
            && !named.iter().any(|(naming, _)| naming.contains(span))
            && is_buffer_or_name(expr)
            && comes_before(expr)
    });
    !is_mentioned
}

/// Whether a path leads from `from` to the node of the exit on which the work is not done by hand.
fn reaches_undone(cx: &RuleCx<'_>, from: Point, to: NodeId, exit: ExprId, work: ExprId) -> bool {
    let cfg = cx.facts().cfg(from.func);
    let visit = |node| {
        let point = Point {
            func: from.func,
            node,
        };
        if does(cx, point, exit, work) {
            Visit::Skip
        } else if node == to {
            Visit::Stop
        } else {
            Visit::Continue
        }
    };
    cfg.search_after(from.node, visit).is_some()
}

/// Whether every path from the start of its function to `point` does the work by hand.
fn done_before(cx: &RuleCx<'_>, point: Point, exit: ExprId, work: ExprId) -> bool {
    let entry = Point {
        func: point.func,
        node: cx.facts().cfg(point.func).entry(),
    };
    !reaches_undone(cx, entry, point.node, exit, work)
}

/// Whether a call at `point` does the same as `work`.
fn does(cx: &RuleCx<'_>, point: Point, exit: ExprId, work: ExprId) -> bool {
    cx.facts().calls_at(point).iter().any(|site| {
        if site.mode != CallMode::Now || site.call == exit {
            return false;
        }
        is_same_work(cx, site.call, work)
            || cx.facts().literal_called(site.call).is_some_and(|literal| {
                let inner = cx.facts().calls_of(literal);
                inner.iter().any(|inner| is_same_work(cx, inner.call, work))
            })
    })
}

/// Methods that finish what they are called on.
const FINISHING: &[&str] = &[
    "Flush",
    "Close",
    "Sync",
    "Stop",
    "Shutdown",
    "Commit",
    "Rollback",
    "End",
    "Kill",
    "Wait",
    "Cleanup",
    "Remove",
    "RemoveAll",
];

fn is_same_work(cx: &RuleCx<'_>, call: ExprId, work: ExprId) -> bool {
    let file = cx.file();
    if file.expr_text(call) == file.expr_text(work) {
        return true;
    }
    match (cx.facts().callee(call), cx.facts().callee(work)) {
        (Callee::Selected { x, name }, Callee::Selected { x: y, .. }) => {
            FINISHING.contains(&name) && file.expr_text(x) == file.expr_text(y)
        }
        (
            Callee::Func {
                package: "os",
                name: "Remove" | "RemoveAll" | "Rename",
                ..
            },
            Callee::Func { package: "os", .. },
        ) => {
            let first = |call| {
                file.call(call)
                    .and_then(|(_, args)| args.first())
                    .map(|&arg| file.expr_text(arg))
            };
            first(call).is_some() && first(call) == first(work)
        }
        _ => false,
    }
}

/// Whether the logger that ends the process writes out first what `flush` would: both are of the
/// same package.
fn flushes_itself(cx: &RuleCx<'_>, exit: ExprId, flush: ExprId) -> bool {
    let package = |call| match cx.facts().callee(call) {
        Callee::Func { package, .. } => package.to_owned(),
        Callee::Selected { x, .. } => owner_of(cx.facts(), x).0,
        _ => String::new(),
    };
    let exits = package(exit);
    exits != "os" && !exits.is_empty() && exits == package(flush)
}
