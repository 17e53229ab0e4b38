//! How a function ends, from its body: never, by waiting for ever, or by ending the process.

use go_syntax::StmtKind;
use rustc_hash::FxHashSet;

use super::contract::{Ending, Exits};
use super::tracker::Tracker;
use crate::cfg::{Cfg, End, NodeKind};
use crate::facts::Point;
use crate::search::Visit;
use crate::sites::CallMode;

/// Whether control never comes to the end of a function.
pub(super) fn never_returns<'a>(tracker: &Tracker<'_, 'a>, cfg: &Cfg<'a>) -> bool {
    if !cfg.reachable(cfg.exit()) {
        return true;
    }
    // Only what has calls as statements of their own can end by one of them.
    let mut seen = FxHashSet::from_iter([cfg.entry()]);
    let mut open = vec![cfg.entry()];
    let mut ended = false;
    while let Some(node) = open.pop() {
        if node == cfg.exit() {
            return false;
        }
        let point = Point {
            func: cfg.func(),
            node,
        };
        if matches!(cfg.kind(node), NodeKind::Stmt(_)) && tracker.ends_at(cfg, point) {
            ended = true;
            continue;
        }
        for edge in cfg.successors(node) {
            if seen.insert(edge.node) {
                open.push(edge.node);
            }
        }
    }
    ended
}

/// Whether a function that never returns waits or loops for ever, whatever happens: no path ends it by
/// a panic, the end of the goroutine or that of the process.
pub(super) fn blocks<'a>(tracker: &Tracker<'_, 'a>, cfg: &Cfg<'a>) -> bool {
    let ended = cfg.search([cfg.entry()], |node| {
        let point = Point {
            func: cfg.func(),
            node,
        };
        let mut skipped = false;
        for site in tracker.facts().calls_at(point) {
            if site.mode != CallMode::Now {
                continue;
            }
            let ending = tracker.end_of(site.call);
            if ending.blocks {
                skipped = true;
            } else if ending != Ending::default() || tracker.facts().may_end(site.call) {
                return Visit::Stop;
            }
        }
        match cfg.kind(node) {
            _ if skipped => Visit::Skip,
            NodeKind::Exit | NodeKind::End(End::Panic | End::Goexit | End::Process) => Visit::Stop,
            _ => Visit::Continue,
        }
    });
    ended.is_none()
}

/// Whether a function ends the process, itself or by what it calls as statements of their own.
pub(super) fn exits<'a>(tracker: &Tracker<'_, 'a>, cfg: &Cfg<'a>, never_returns: bool) -> Exits {
    let mut found = false;
    let mut otherwise = cfg.loops().iter().any(|lp| cfg.reachable(lp.head));
    cfg.search([cfg.entry()], |node| {
        let ends = match cfg.kind(node) {
            NodeKind::End(End::Process) => Exits::Always,
            NodeKind::End(_) => {
                otherwise = true;
                Exits::Never
            }
            NodeKind::Stmt(stmt) => match tracker.file().stmt(stmt).kind {
                StmtKind::Expr(call) => tracker.end_of(tracker.file().unparen(call)).exits,
                _ => Exits::Never,
            },
            _ => Exits::Never,
        };
        found |= ends != Exits::Never;
        match ends {
            Exits::Always => Visit::Skip,
            _ => Visit::Continue,
        }
    });
    match (found, never_returns && !otherwise) {
        (false, _) => Exits::Never,
        (true, false) => Exits::Maybe,
        (true, true) => Exits::Always,
    }
}
