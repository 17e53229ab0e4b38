//! Goroutines that can never go on: which function they are told in, and the story.

use std::sync::Arc;

use diagnostics::Applicability;
use go_flow::{Cfg, Held, NodeId, Site, Stuck, StuckGoroutines, StuckKind, StuckPart, Waits};
use go_syntax::{FuncId, Span, StmtKind};
use go_types::{Object, PackageCx};

use crate::FileInput;
use crate::cx::{Finding, RuleCx};

/// Whether a goroutine is stuck in the function.
pub(crate) fn may_be_stuck(package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
    let all = StuckGoroutines::of(package, part_for(package, input.index, input.is_test));
    all.of_function(input.index, func).next().is_some()
}

/// The goroutines that are stuck in the function, in one of these ways.
pub(crate) fn stuck_here(cx: &RuleCx<'_>, kinds: &[StuckKind]) -> Vec<Stuck> {
    let part = part_for(cx.body().cx(), cx.body().file_index(), cx.is_test());
    of_kinds(cx, part, kinds)
}

/// Whether a goroutine waits for ever in the function to send.
pub(crate) fn may_send_for_ever(
    package: &PackageCx<'_>,
    func: FuncId,
    input: &FileInput<'_>,
) -> bool {
    // To run the goroutines of a package is dear.
    let file = package.file(input.index);
    let is_send = |stmt| matches!(file.stmt(stmt).kind, StmtKind::Send { .. });
    if !file.func(func).stmts.iter().any(is_send) {
        return false;
    }
    let all = StuckGoroutines::of(package, part_for_sends(package, input.index, input.is_test));
    all.of_function(input.index, func)
        .any(|stuck| stuck.kind == StuckKind::Send)
}

/// The goroutines that wait for ever in the function to send.
pub(crate) fn sending_here(cx: &RuleCx<'_>) -> Vec<Stuck> {
    let part = part_for_sends(cx.body().cx(), cx.body().file_index(), cx.is_test());
    of_kinds(cx, part, &[StuckKind::Send])
}

fn of_kinds(cx: &RuleCx<'_>, part: StuckPart, kinds: &[StuckKind]) -> Vec<Stuck> {
    let all = StuckGoroutines::of(cx.body().cx(), part);
    all.of_function(cx.body().file_index(), cx.root())
        .filter(|stuck| kinds.contains(&stuck.kind))
        .cloned()
        .collect()
}

fn part_for(package: &PackageCx<'_>, file: u32, is_test: bool) -> StuckPart {
    if is_test || StuckGoroutines::declares_tests(package, file) {
        StuckPart::All
    } else {
        StuckPart::Code
    }
}

fn part_for_sends(package: &PackageCx<'_>, file: u32, is_test: bool) -> StuckPart {
    match part_for(package, file, is_test) {
        StuckPart::Code => StuckPart::Sending,
        part => part,
    }
}

/// The channel or other operand, as it is written.
pub(crate) fn operand(cx: &RuleCx<'_>, stuck: &Stuck) -> String {
    match stuck.operand {
        Some(operand) => cx.snippet(operand),
        None => "it".to_owned(),
    }
}

/// Adds a place of the package to the story.
fn add<'f>(cx: &RuleCx<'_>, finding: Finding<'f>, site: Option<Site>, text: &str) -> Finding<'f> {
    match site {
        Some(site) if site.file == cx.body().file_index() => finding.related(site.span, text),
        Some(site) => match cx.path_of(site.file) {
            Some(path) => finding.related_in(Arc::clone(path), site.span, text),
            None => finding,
        },
        None => finding,
    }
}

/// The places that belong to the story.
pub(crate) fn tell<'f>(cx: &RuleCx<'_>, stuck: &Stuck, mut finding: Finding<'f>) -> Finding<'f> {
    let add = |finding: Finding<'f>, site: Option<Site>, text: &str| add(cx, finding, site, text);
    if let Some((made, room)) = stuck.made {
        let text = match room {
            0 => "the channel is made here, without room for a value".to_owned(),
            1 => "the channel is made here, with room for one value".to_owned(),
            _ => "the channel is made here".to_owned(),
        };
        finding = add(finding, Some(made), &text);
    }
    finding = add(finding, stuck.started, "the goroutine is started here");
    finding = add(finding, stuck.sent_before, "it has sent here before");
    finding = add(
        finding,
        stuck.left,
        "the function that made the channel returns here",
    );
    let text = match stuck.kind {
        StuckKind::Circular => "the loop that serves the channel, and calls this",
        _ => "the only loop that serves the channel is left here",
    };
    finding = add(finding, stuck.served, text);
    for other in stuck.others.iter().take(3) {
        let text = match other.waits {
            Waits::Send => "another goroutine waits here to send",
            Waits::Receive | Waits::Range => "another goroutine waits here to receive",
            Waits::Select => "another goroutine waits here",
            Waits::Lock => "another goroutine waits here for a lock",
            Waits::Group => "another goroutine waits here for the group",
            Waits::Cond => "another goroutine waits here for the condition",
            Waits::Other => continue,
        };
        finding = add(finding, Some(other.site), text);
    }
    for held in stuck.holds.iter().take(3) {
        let (site, text) = match *held {
            Held::Lock(site) => (site, "meanwhile it holds the lock that it takes here"),
            Held::Defer(site) => (site, "this deferred call never runs"),
        };
        finding = add(finding, Some(site), text);
    }
    finding
}

/// A replacement of source, and how sure it is.
pub(crate) type Repair = (Applicability, &'static str, Span, String);

/// Room for the one value that is sent: when all sends to the channel stand in one goroutine, which is
/// started once for each channel, and no path has two of them.
pub(crate) fn room_for_one(cx: &RuleCx<'_>, stuck: &Stuck) -> Option<Repair> {
    let file = cx.file();
    let facts = cx.facts();
    let body = cx.body();
    let (made, 0) = stuck.made? else { return None };
    let started = stuck.started?;
    if (made.file, made.root) != (body.file_index(), cx.root()) || started.root != cx.root() {
        return None;
    }
    let Object::Local(chan) = body.object(stuck.operand?) else {
        return None;
    };
    let mut sends = Vec::new();
    for stmt in file.func(cx.root()).stmts.iter() {
        let StmtKind::Send { chan: to, .. } = file.stmt(stmt).kind else {
            continue;
        };
        if body.object(to) == Object::Local(chan) {
            sends.push(facts.point_of_stmt(stmt)?);
        }
    }
    let is_alone = sends.iter().all(|send| {
        let cfg = facts.cfg(send.func);
        send.func == stuck.site.func
            && !facts.in_cycle(*send)
            && !sends
                .iter()
                .any(|other| other != send && reaches(cfg, send.node, other.node))
    });
    // Others that are handed the channel may send as well.
    let is_handed_on = body.names().uses(chan).iter().any(|site| {
        facts.calls().iter().any(|call| {
            file.call(call.call)
                .is_some_and(|(_, args)| args.iter().any(|&arg| file.unparen(arg) == site.expr))
                && !body.is_builtin_call(call.call, go_types::Builtin::Close)
        })
    });
    let start = facts
        .gos()
        .iter()
        .find(|site| file.expr(site.call).span == started.span)?;
    let make = file
        .func(cx.root())
        .exprs
        .iter()
        .find(|&expr| file.expr(expr).span == made.span && file.call(expr).is_some())?;
    let made_at = facts.point_of_expr(make)?;
    let once =
        !facts.in_cycle(start.point) || made_at.func == start.point.func && facts.in_cycle(made_at);
    if !is_alone || is_handed_on || !once || sends.is_empty() {
        return None;
    }
    let end = made.span.end.checked_sub(1)?;
    if file.call(make)?.1.len() != 1 {
        return None;
    }
    Some((
        Applicability::Unsafe,
        "Make room for the value",
        Span::new(end, end),
        ", 1".to_owned(),
    ))
}

/// A `return` behind the first of two sends, when the goroutine is a literal without results.
pub(crate) fn return_behind(cx: &RuleCx<'_>, stuck: &Stuck) -> Option<Repair> {
    let file = cx.file();
    let before = stuck.sent_before?;
    let literal = stuck.site.func;
    if (before.file, before.func) != (cx.body().file_index(), literal)
        || file.sig(file.func(literal).sig).results.is_some()
    {
        return None;
    }
    // In a loop, what is sent in other rounds would be left out too.
    let cfg = cx.facts().cfg(literal);
    let is_repeated = file.func(cx.root()).stmts.iter().any(|stmt| {
        file.stmt(stmt).span.contains(before.span)
            && cfg
                .node_of_stmt(stmt)
                .is_some_and(|node| cfg.in_cycle(node))
    });
    if is_repeated {
        return None;
    }
    let text = file.text();
    let line = text[..before.span.start as usize].rfind('\n')? + 1;
    let indent = &text[line..before.span.start as usize];
    if !indent.chars().all(char::is_whitespace) {
        return None;
    }
    // It has to be the last statement of its block.
    let rest = text[before.span.end as usize..].trim_start();
    if !rest.starts_with('}') {
        return None;
    }
    let end = before.span.end;
    Some((
        Applicability::Unsafe,
        "Return after the first value",
        Span::new(end, end),
        format!("\n{indent}return"),
    ))
}

/// Whether control may come from one node to another.
fn reaches(cfg: &Cfg<'_>, from: NodeId, to: NodeId) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while at < seen.len() {
        for edge in cfg.successors(seen[at]) {
            if edge.node == to {
                return true;
            }
            if !seen.contains(&edge.node) {
                seen.push(edge.node);
            }
        }
        at += 1;
    }
    false
}
