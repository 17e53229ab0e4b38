//! `defer-panics`.

use go_flow::{DeferSite, End, Visit};
use go_syntax::FuncId;
use go_types::{Builtin, Callee};

use crate::cx::RuleCx;
use crate::harmless::recovers;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred calls that panic whenever they run.
    ///
    /// ## What it does
    /// Reports `defer panic(…)`, the deferred functions of package log and of well-known loggers that
    /// panic, and deferred literals that come to a panic on every path and do not recover.
    ///
    /// Test files are left alone: they try out what panics do.
    ///
    /// ## Why it is bad
    /// A deferred call runs when the function returns as well as when it panics (specification,
    /// "Defer statements"). So this function never returns a result: an error that is on its way is
    /// lost, a panic is replaced by another one, and calls that were deferred earlier see a panic.
    /// Mostly the `defer` should not be there, or a condition is missing.
    ///
    /// ## Example
    /// ```go
    /// func load(read func() error) error {
    /// 	defer panic("not reached")
    /// 	return read()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func load(read func() error) error {
    /// 	return read()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the function is there to show what panics do.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferPanics {
        name: "defer-panics",
        category: Semantics,
        severity: Error,
        default: off,
        needs: DEFER,
    }
}

impl Rule for DeferPanics {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() {
            return;
        }
        for site in cx.facts().defers() {
            if !cx.facts().reachable(site.point) || !panics(cx, site) || is_caught(cx, site) {
                continue;
            }
            let call = cx.call_snippet(site.call);
            let message = match site.literal {
                Some(_) => "the deferred literal panics whenever it runs, so the function never returns a result".to_owned(),
                None => format!("the deferred `{call}` panics whenever it runs, so the function never returns a result"),
            };
            cx.report(&DeferPanics::META, cx.file().stmt(site.stmt).span, message)
                .help("remove it, or panic only under the condition that calls for it");
        }
    }
}

/// Whether the deferred call always panics.
fn panics(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    match site
        .literal
        .or_else(|| cx.facts().literal_called(site.call))
    {
        Some(literal) => always_panics(cx, literal),
        None => {
            site.callee == Callee::Builtin(Builtin::Panic)
                || cx.facts().call_end(site.call) == Some(go_flow::CallEnd::Never(End::Panic))
        }
    }
}

/// Whether every path of a literal comes to a panic.
fn always_panics(cx: &RuleCx<'_>, literal: FuncId) -> bool {
    let within = cx.file().func(literal).span;
    let may_recover = cx
        .funcs()
        .any(|func| within.contains(cx.file().func(func).span) && recovers(cx.facts(), func));
    if may_recover {
        return false;
    }
    let cfg = cx.facts().cfg(literal);
    let panic = cfg.end(End::Panic);
    let reached = |end| cfg.reachable(end);
    let other = [End::Process, End::Goexit, End::Blocked]
        .into_iter()
        .any(|end| reached(cfg.end(end)));
    // A loop that never ends does not come to the panic.
    let stuck = cfg.search([cfg.entry()], |node| {
        let ends = node == panic || cfg.reaches(node, panic);
        if ends { Visit::Continue } else { Visit::Stop }
    });
    reached(panic) && !reached(cfg.exit()) && !other && stuck.is_none()
}

/// Whether a literal that is deferred by the same function, and so runs later, recovers.
fn is_caught(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    cx.facts().defers_of(site.point.func).any(|other| {
        other.ordinal < site.ordinal
            && other
                .literal
                .is_some_and(|literal| recovers(cx.facts(), literal))
    })
}
