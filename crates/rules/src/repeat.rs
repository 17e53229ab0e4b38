//! Why a deferred call piles up: which loops make one `defer` register many calls.
//!
//! Three rules report the three kinds of [`Repeat`]; that they share this keeps them to one finding
//! for each `defer`.

use go_flow::{Answer, Cfg, DeferSite, Loop};
use go_syntax::{ExprId, ExprKind, Span, StmtKind};
use go_types::Callee;

use crate::cx::RuleCx;

/// How a `defer` comes to be passed more than once in one call of its function.
#[derive(Debug)]
pub(crate) enum Repeat<'c> {
    /// In a loop that nothing but a panic, or the end of the goroutine or process, ends.
    Endless(&'c Loop),
    /// In a loop over what comes from a channel.
    Channel {
        /// The loop.
        range: &'c Loop,
        /// The channel.
        operand: ExprId,
    },
    /// In other loops.
    Loop(Rounds<'c>),
}

/// Loops that end some day.
#[derive(Debug)]
pub(crate) struct Rounds<'c> {
    /// The innermost loop in which the `defer` is passed again.
    pub(crate) innermost: &'c Loop,
    /// How often the `defer` is passed at most in one call of the function, where constants tell.
    pub(crate) bound: Option<u64>,
    /// Whether one of the loops takes its elements from an iterator function.
    pub(crate) over_func: bool,
}

/// Why the `defer` can be passed again before its function ends; `None` when it cannot.
pub(crate) fn repeat<'c>(cx: &RuleCx<'c>, site: &DeferSite<'_>) -> Option<Repeat<'c>> {
    let facts = cx.facts();
    let cfg = facts.cfg(site.point.func);
    let node = site.point.node;
    if !cfg.reachable(node) || !cfg.in_cycle(node) {
        return None;
    }
    let mut loops = cfg.loops_of(site.stmt);
    loops.retain(|lp| goes_round(cfg, lp, site));
    let infos: Vec<_> = loops
        .iter()
        .map(|lp| (*lp, facts.loop_info(cfg, lp)))
        .collect();
    if let Some((lp, _)) = infos.iter().find(|(_, info)| info.is_endless()) {
        return Some(Repeat::Endless(lp));
    }
    let channel = infos.iter().find_map(|(lp, info)| {
        let StmtKind::Range { x, .. } = cx.file().stmt(lp.stmt).kind else {
            return None;
        };
        let is_channel = match info.over_channel {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Unknown => is_timer_channel(cx, x),
        };
        is_channel.then_some(Repeat::Channel {
            range: lp,
            operand: x,
        })
    });
    if channel.is_some() {
        return channel;
    }
    Some(Repeat::Loop(Rounds {
        innermost: loops.first()?,
        bound: infos
            .iter()
            .try_fold(1, |rounds: u64, (_, info)| rounds.checked_mul(info.bound?)),
        over_func: infos.iter().any(|(_, info)| info.over_func == Answer::Yes),
    }))
}

/// Whether control comes from the `defer` back to the head of `lp` within one round of the loop
/// around `lp`.
fn goes_round(cfg: &Cfg<'_>, lp: &Loop, site: &DeferSite<'_>) -> bool {
    match lp.parent {
        Some(parent) => cfg.reaches_avoiding(site.point.node, lp.head, cfg.loop_(parent).head),
        None => cfg.reaches(site.point.node, lp.head),
    }
}

/// The line that a message points to for a loop: its head without the body.
pub(crate) fn head_span(cx: &RuleCx<'_>, lp: &Loop) -> Span {
    let file = cx.file();
    let stmt = file.stmt(lp.stmt);
    match stmt.kind {
        StmtKind::For { body, .. } | StmtKind::Range { body, .. } => {
            let head = Span::new(stmt.span.start, file.stmt(body).span.start);
            let len = file.span_text(head).trim_end().len();
            Span::new(head.start, head.start + u32::try_from(len).unwrap_or(0))
        }
        StmtKind::Labeled { label, .. } => file.name_span(label),
        _ => stmt.span,
    }
}

/// Whether `expr` is the channel of a timer or ticker that is made in this function, or
/// `time.After(…)`, `time.Tick(…)`: without the declarations of package time, names tell.
fn is_timer_channel(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let expr = file.unparen(expr);
    let is_call_to = |call: ExprId, names: &[&str]| matches!(cx.facts().callee(call), Callee::Func { package: "time", name, .. } if names.contains(&name));
    match file.expr(expr).kind {
        ExprKind::Call { .. } => is_call_to(expr, &["After", "Tick"]),
        ExprKind::Selector { x, sel } if file.span_text(sel) == "C" => cx
            .facts()
            .value_of(x)
            .is_some_and(|value| is_call_to(file.unparen(value), &["NewTimer", "NewTicker"])),
        _ => false,
    }
}
