//! A `defer` that comes too late is moved up, to where the duty begins: behind the call that acquires, or
//! to the start of the function for what is owed from there on.

use diagnostics::Applicability;
use go_flow::{DeferSite, Place};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, StmtId};
use go_types::{LocalId, Object};

use super::Repair;
use super::anchors::{Anchor, acquired};
use super::errors::is_only_release;
use super::lines::{indent, remove};
use super::names::is_visible;
use crate::blocks::{InList, lines_with_comment};
use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};

/// Moves the `defer` of `site` up.
pub(crate) fn defer_earlier(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Option<Repair> {
    let file = cx.file();
    let duty = Duty::of(cx, site);
    let anchor = beginning(cx, site, &duty)?;
    if anchor.next(cx) == Some(site.stmt) {
        return None;
    }
    let owner = match anchor {
        Anchor::After(stmt) => InList::of(cx, stmt)?.owner,
        Anchor::In(block) => block,
    };
    if InList::of(cx, site.stmt)?.owner != owner {
        return None;
    }
    let at = match anchor {
        Anchor::After(stmt) => file.stmt(stmt).span.end,
        Anchor::In(block) => file.stmt(block).span.start + 1,
    };
    if !means_the_same(cx, site.stmt, at) {
        return None;
    }
    let lines = lines_with_comment(cx, file.stmt(site.stmt).span)?;
    let text = file.span_text(lines);
    if text.contains('`') {
        return None;
    }
    let blanks = indent(cx, file.stmt(site.stmt).span.start);
    let code: String = text
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix(blanks).unwrap_or(line)))
        .collect();
    let is_between = |other: &DeferSite<'_>| {
        let start = file.stmt(other.stmt).span.start;
        other.point.func == site.point.func && at <= start && start < lines.start
    };
    Some(Repair {
        // What is deferred between the two would run before it.
        applicability: match cx.facts().defers().iter().any(is_between) {
            true => Applicability::Unsafe,
            false => Applicability::Safe,
        },
        description: "Move the `defer` up, to where the duty begins".to_owned(),
        edits: vec![anchor.insert(cx, &code)?, remove(cx, lines)?],
    })
}

/// Where the duty begins, when nothing else fulfils it.
fn beginning(cx: &RuleCx<'_>, site: &DeferSite<'_>, duty: &Duty) -> Option<Anchor> {
    let file = cx.file();
    let func = site.point.func;
    let subject = file.unparen(duty.subject?);
    match duty.kind {
        DutyKind::Done => {
            let text = file.expr_text(subject);
            let calls = |name: &str| {
                let sites = cx.facts().calls_of(func).iter();
                sites
                    .filter(|site| {
                        let called = file.call(site.call);
                        called
                            .and_then(|(fun, _)| file.selector(file.unparen(fun)))
                            .is_some_and(|(x, method)| {
                                method == name && file.expr_text(file.unparen(x)) == text
                            })
                    })
                    .count()
            };
            let is_once = calls("Done") <= 1 && calls("Add") == 0;
            (is_once && is_path(cx, subject)).then_some(Anchor::In(file.func(func).body?))
        }
        DutyKind::CloseChannel => {
            let Object::Local(local) = cx.body().object(subject) else {
                return None;
            };
            (closes(cx, local) == 1).then_some(Anchor::In(file.func(func).body?))
        }
        DutyKind::Unlock(_) => {
            let place = Place::of_operand(cx.body(), subject)?;
            let locks = cx.facts().locks().iter();
            let mut same = locks.filter(|lock| lock.place.as_ref() == Some(&place));
            let (taken, given) = (same.next()?, same.next()?);
            let is_pair = same.next().is_none()
                && taken.op.acquires()
                && taken.point.func == func
                && given.call == duty.call;
            let stmt = cx.facts().cfg(func).stmt_of_node(taken.point.node)?;
            is_pair.then_some(Anchor::After(stmt))
        }
        kind if kind.is_release() => {
            let local = is_only_release(cx, duty.call)?;
            if cx.body().object(subject) != Object::Local(local) {
                return None;
            }
            let definition = cx.facts().definitions(site.point, local).single()?;
            let cfg = cx.facts().cfg(definition.point.func);
            let stmt = cfg.stmt_of_node(definition.point.node)?;
            acquired(cx, &cx.facts().acquisition(stmt)?)
        }
        _ => None,
    }
}

/// How many calls close a channel.
pub(crate) fn closes(cx: &RuleCx<'_>, channel: LocalId) -> usize {
    let file = cx.file();
    let exprs = file.func(cx.root()).exprs.iter();
    exprs
        .filter(|&expr| {
            cx.body().is_builtin_call(expr, go_types::Builtin::Close)
                && file.call(expr).is_some_and(|(_, args)| {
                    let of = |&arg: &ExprId| cx.body().object(file.unparen(arg));
                    args.first().map(of) == Some(Object::Local(channel))
                })
        })
        .count()
}

/// Whether an expression is a variable, or a field of one.
fn is_path(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    match file.expr(file.unparen(expr)).kind {
        ExprKind::Ident => true,
        ExprKind::Selector { x, .. } => is_path(cx, x),
        _ => false,
    }
}

/// Whether all variables that a statement names are there at `at` already, with the values that they have
/// later.
pub(super) fn means_the_same(cx: &RuleCx<'_>, stmt: StmtId, at: u32) -> bool {
    let file = cx.file();
    let within = file.stmt(stmt).span;
    let names = cx.body().names();
    let mut is_same = true;
    walk(file, Node::Stmt(stmt), |node| {
        if let Node::Expr(expr) = node
            && let Some(local) = names.local_of(expr)
            && !within.contains(names.local(local).span)
        {
            let mut writes = cx.facts().var(local).writes.iter();
            is_same &= is_visible(cx, local, at)
                && writes.all(|write| {
                    write
                        .expr
                        .is_none_or(|expr| file.expr(expr).span.start < at)
                });
        }
        if is_same {
            Descend::Into
        } else {
            Descend::Stop
        }
    });
    is_same
}
