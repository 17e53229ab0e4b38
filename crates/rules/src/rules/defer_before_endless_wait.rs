//! `defer-before-endless-wait`.

use go_flow::{CallEnd, CallMode, Cfg, DeferSite, End, FunctionFacts, NodeKind, Point, Visit};
use go_syntax::{ExprId, ExprKind, Span, UnaryOp};
use go_types::{Body, Callee};

use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};
use crate::harmless::{Loss, harm_of, owner_of, recovers};
use crate::repeat::head_span;
use crate::rule::{Rule, declare_rule};
use diagnostics::Severity;

declare_rule! {
    /// Finds `defer` statements before a loop or a wait that never ends.
    ///
    /// ## What it does
    /// Reports a `defer` from which control can never come to the end of the function: what follows
    /// is `select {}`, a loop that nothing leaves, or a function of the program that never returns. A `break` within a `select` or `switch` ends
    /// that statement and not the loop, so it is no way out.
    ///
    /// It is silent for calls that deal with panics, since those run when one comes; for functions
    /// that can end by a panic, by `runtime.Goexit` or by the end of the process; and in `main` for
    /// calls that are of no use once the process has ended. `runtime.UnlockOSThread` is left alone:
    /// a goroutine that keeps its thread for good says so by the pair. What stops a ticker or timer
    /// is a note: a function that goes on for ever needs it for ever. Examples of the documentation are
    /// left alone.
    ///
    /// ## Why it is bad
    /// Deferred calls run when the function returns (specification, "Defer statements"), and this
    /// one does not. Its reader believes that the file is removed, that the wait group is counted
    /// down or that the lock is given back; none of it happens. In a goroutine it means that
    /// whoever waits for it waits for ever.
    ///
    /// ## Example
    /// ```go
    /// func serve(jobs chan func(), wg *sync.WaitGroup) {
    /// 	defer wg.Done()
    /// 	for {
    /// 		job := <-jobs
    /// 		job()
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func serve(jobs chan func(), wg *sync.WaitGroup) {
    /// 	defer wg.Done()
    /// 	for job := range jobs {
    /// 		job()
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a function that is called in the loop ends the goroutine or panics on purpose, and the
    /// deferred call is meant for that.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferBeforeEndlessWait {
        name: "defer-before-endless-wait",
        category: NeverRuns,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferBeforeEndlessWait {
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
        for site in cx.facts().defers() {
            let cfg = cx.facts().cfg(site.point.func);
            let node = site.point.node;
            if !cfg.reachable(node) || cfg.in_cycle(node) {
                continue;
            }
            if cfg.can_reach_exit(node) {
                check_calls(cx, cfg, site);
            } else {
                check_site(cx, cfg, site);
            }
        }
    }
}

/// Reports a `defer` behind which every path comes to a call of a function that never returns.
fn check_calls(cx: &RuleCx<'_>, cfg: &Cfg<'_>, site: &DeferSite<'_>) {
    let mut waits: Option<ExprId> = None;
    let returns = cfg.search_after(site.point.node, |node| {
        let point = Point {
            func: site.point.func,
            node,
        };
        let mut calls = cx.facts().calls_at(point).iter();
        let blocks =
            calls.find(|call| call.mode == CallMode::Now && cx.contract_end(call.call).blocks);
        match (cfg.kind(node), blocks) {
            (_, Some(call)) => {
                waits.get_or_insert(call.call);
                Visit::Skip
            }
            (NodeKind::Exit | NodeKind::End(End::Panic | End::Goexit | End::Process), _) => {
                Visit::Stop
            }
            _ => Visit::Continue,
        }
    });
    let Some(call) = waits.filter(|_| returns.is_none()) else {
        return;
    };
    if may_end(cx, cfg, site)
        || is_about_panics(cx, site)
        || keeps_thread(cx, site)
        || is_main(cx, site) && harm_of(cx.facts(), site).is_none()
    {
        return;
    }
    let wait = format!("`{}` never returns", cx.call_snippet(call));
    report(cx, site, cx.file().expr(call).span, &wait);
}

fn check_site(cx: &RuleCx<'_>, cfg: &Cfg<'_>, site: &DeferSite<'_>) {
    let reaches = |end| cfg.reaches(site.point.node, cfg.end(end));
    if [End::Panic, End::Goexit, End::Process]
        .into_iter()
        .any(reaches)
        || may_end(cx, cfg, site)
        || is_about_panics(cx, site)
        || keeps_thread(cx, site)
        || is_main(cx, site)
            && harm_of(cx.facts(), site).is_none_or(|harm| harm.loss == Loss::Output)
    {
        return;
    }
    if let Some((span, wait)) = wait(cx, cfg, site) {
        report(cx, site, span, wait);
    }
}

fn report(cx: &RuleCx<'_>, site: &DeferSite<'_>, span: Span, wait: &str) {
    let duty = Duty::of(cx, site);
    let call = cx.call_snippet(duty.call);
    let finding = cx
        .report(
            &DeferBeforeEndlessWait::META,
            cx.file().stmt(site.stmt).span,
            format!("`{call}` never runs, because {wait} and so the function does not return"),
        )
        .help(format!(
            "give the function a way to return, or remove the `defer` and call `{call}` where its work is needed"
        ))
        .related(span, "control never leaves this");
    if is_used_for_ever(cx, site, &duty) {
        finding.at_most(Severity::Note);
    }
}

/// Whether a call behind the `defer` is known to end the function in some cases.
fn may_end(cx: &RuleCx<'_>, cfg: &Cfg<'_>, site: &DeferSite<'_>) -> bool {
    let after = cfg.nodes_after(site.point.node);
    cx.facts().calls_of(site.point.func).iter().any(|call| {
        call.mode == CallMode::Now
            && after.contains(call.point.node.index())
            && matches!(cx.facts().call_end(call.call), Some(CallEnd::Maybe(_)))
    })
}

/// Whether the `defer` belongs to `main` itself.
fn is_main(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    let func = cx.file().func(site.point.func);
    cx.is_main_package()
        && func.recv.is_none()
        && func.name.is_some_and(|name| cx.file().name(name) == "main")
}

/// Whether the deferred call deals with panics: it recovers, or its name says so.
fn is_about_panics(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    let facts = cx.facts();
    if let Some(literal) = site.literal.or_else(|| facts.literal_called(site.call)) {
        let calls = facts.calls_of(literal).iter();
        return recovers(facts, literal) || { calls }.any(|inner| handles_panics(cx, inner.call));
    }
    handles_panics(cx, site.call) || sets_error(cx, site)
}

/// Whether the deferred call gets the address of an error. A function that never returns gives its
/// error only by way of a panic that this call recovers from.
fn sets_error(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    let file = cx.file();
    let args = file.call(site.call).map_or(&[][..], |(_, args)| args);
    args.iter()
        .any(|&arg| match file.expr(file.unparen(arg)).kind {
            ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } => {
                let ty = cx.body().type_of(x);
                cx.body().is_error(ty) || ty.is_unknown() && file.expr_text(x) == "err"
            }
            _ => false,
        })
}

fn handles_panics(cx: &RuleCx<'_>, call: ExprId) -> bool {
    const WORDS: [&str; 4] = ["crash", "recover", "panic", "fatal"];
    let Some((fun, _)) = cx.file().call(call) else {
        return false;
    };
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    };
    // A function of the package is looked into; the names of others have to do.
    match cx.body().declaration(call) {
        Some((file, func)) => {
            let body = Body::new(cx.body().cx(), file, func);
            let facts = FunctionFacts::new(&body);
            let tree = body.file();
            recovers(&facts, func)
                || facts.calls_of(func).iter().any(|inner| {
                    tree.call(inner.call)
                        .is_some_and(|(fun, _)| speaks(tree.expr_text(fun)))
                })
        }
        None => speaks(cx.file().expr_text(fun)),
    }
}

/// Whether the call lets go of the thread. A goroutine that never ends keeps it for good, and says by
/// the pair that it means to.
fn keeps_thread(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    matches!(
        cx.facts().callee(site.call),
        Callee::Func {
            package: "runtime",
            name: "UnlockOSThread",
            ..
        }
    )
}

/// Whether the call stops a ticker or timer, or takes a channel off the signals: what the function
/// would need for as long as it runs.
fn is_used_for_ever(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty) -> bool {
    match cx.facts().callee(duty.call) {
        Callee::Selected { x, name: "Stop" } if site.literal.is_none() => {
            duty.kind == DutyKind::Stop && owner_of(cx.facts(), x).0 == "time"
        }
        Callee::Func {
            package: "os/signal",
            ..
        } => true,
        _ => false,
    }
}

/// What control never leaves, and how to say it.
fn wait(cx: &RuleCx<'_>, cfg: &Cfg<'_>, site: &DeferSite<'_>) -> Option<(Span, &'static str)> {
    let mut blocked = None;
    cfg.search_after(site.point.node, |node| {
        let waits = cfg
            .successors(node)
            .iter()
            .any(|edge| edge.node == cfg.end(End::Blocked));
        if waits {
            blocked = Some(node);
            Visit::Stop
        } else {
            Visit::Continue
        }
    });
    if let Some(span) = blocked.and_then(|node| cfg.span_of_node(node)) {
        return Some((span, "the wait after it never ends"));
    }
    let lp = cfg.loops().iter().find(|lp| {
        cfg.reaches(site.point.node, lp.head) && cx.facts().loop_info(cfg, lp).is_endless()
    })?;
    Some((head_span(cx, lp), "nothing leaves the loop after it"))
}
