//! How findings tell the path that leads to them.

use go_flow::{EdgeKind, Hop, NodeKind};
use go_syntax::Span;

use crate::cx::RuleCx;

/// So many steps of a path are told.
const MAX_STORY: usize = 5;

/// The conditions on a path, the last few.
pub(crate) fn story(cx: &RuleCx<'_>, hops: &[Hop]) -> Vec<(Span, String)> {
    let condition = |hop: &Hop| {
        let cfg = cx.facts().cfg(hop.point.func);
        let NodeKind::Cond(expr) = cfg.kind(hop.point.node) else {
            return None;
        };
        let text = match hop.edge {
            EdgeKind::True => "on this path the condition holds",
            EdgeKind::False => "on this path the condition does not hold",
            _ => return None,
        };
        Some((cx.file().expr(expr).span, text.to_owned()))
    };
    let told = hops.iter().rev().filter_map(condition);
    let mut story: Vec<_> = told.take(MAX_STORY).collect();
    story.reverse();
    story
}
