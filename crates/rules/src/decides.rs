//! What decides whether a variable is set.

use go_flow::{DeferSite, Point};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{StmtId, StmtKind};

use crate::cx::RuleCx;

/// The one `if`, without `else`, in which all `writes` stand, when nothing else between it and the
/// `defer` depends on what it depends on.
pub(crate) fn set_in_one_if(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    mut writes: impl Iterator<Item = Point>,
) -> Option<StmtId> {
    let file = cx.file();
    let deferred = file.stmt(site.stmt).span;
    let stmts = file.func(site.point.func).stmts;
    let cfg = cx.facts().cfg(site.point.func);
    let first = cfg.span_of_node(writes.next()?.node)?;
    let candidates = stmts.iter().filter(|&stmt| {
        let span = file.stmt(stmt).span;
        span.contains(first) && !span.contains(deferred)
    });
    // The outermost statement around the write that the `defer` comes after.
    let outer = candidates.into_iter().min_by_key(|&stmt| {
        (
            file.stmt(stmt).span.start,
            u32::MAX - file.stmt(stmt).span.end,
        )
    })?;
    let StmtKind::If { els: None, .. } = file.stmt(outer).kind else {
        return None;
    };
    let within = file.stmt(outer).span;
    if within.end > deferred.start
        || !writes.all(|write| {
            cfg.span_of_node(write.node)
                .is_some_and(|span| within.contains(span))
        })
    {
        return None;
    }
    let decides = names_in(cx, outer, true);
    let is_related = stmts.iter().any(|stmt| {
        let span = file.stmt(stmt).span;
        let counts = matches!(
            file.stmt(stmt).kind,
            StmtKind::If { .. } | StmtKind::Switch { .. } | StmtKind::For { .. }
        ) && !within.contains(span)
            && !span.contains(within)
            && span.start < deferred.start;
        counts
            && names_in(cx, stmt, false)
                .iter()
                .any(|name| decides.contains(name))
    });
    (!is_related).then_some(outer)
}

/// The names in the condition of a statement and, when `assigned`, those that its body assigns to.
fn names_in<'a>(cx: &RuleCx<'a>, stmt: StmtId, assigned: bool) -> Vec<&'a str> {
    let file = cx.file();
    let mut names = Vec::new();
    let mut add = |node: Node| {
        walk(file, node, |node| {
            if let Node::Expr(expr) = node
                && let Some(name) = file.ident(expr)
                && !matches!(name, "nil" | "true" | "false" | "len")
            {
                names.push(name);
            }
            Descend::Into
        });
    };
    match file.stmt(stmt).kind {
        StmtKind::If { init, cond, .. } => {
            init.into_iter().for_each(|init| add(Node::Stmt(init)));
            add(Node::Expr(cond));
        }
        StmtKind::Switch { init, tag, body } => {
            init.into_iter().for_each(|init| add(Node::Stmt(init)));
            match tag {
                Some(tag) => add(Node::Expr(tag)),
                None => add(Node::Stmt(body)),
            }
        }
        StmtKind::For { cond, .. } => cond.into_iter().for_each(|cond| add(Node::Expr(cond))),
        _ => {}
    }
    if assigned {
        walk(file, Node::Stmt(stmt), |node| {
            if let Node::Stmt(stmt) = node
                && let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind
            {
                for &target in file.exprs(lhs) {
                    names.extend(file.ident(file.unparen(target)));
                }
            }
            Descend::Into
        });
    }
    names
}
