//! Loops and paths, as far as they matter for who serves a channel.

use go_syntax::{ExprId, ExprKind, File, FuncId, StmtKind};
use go_types::{Body, LocalId, LocalKind, Object};

use crate::cfg::{Cfg, Loop, NodeId, NodeKind};

/// The outermost loop around a node.
pub(super) fn outermost<'c>(cfg: &'c Cfg<'_>, node: NodeId) -> Option<&'c Loop> {
    let mut id = cfg.loop_around_node(node)?;
    while let Some(parent) = cfg.loop_(id).parent {
        id = parent;
    }
    Some(cfg.loop_(id))
}

/// Whether a path leads from a node out of a loop, without another `select` and not past a node that
/// `serves`: on the spot, or because it gives a variable another value that the loop's condition asks
/// for.
pub(super) fn leaves(
    body: &Body<'_>,
    cfg: &Cfg<'_>,
    lp: &Loop,
    from: NodeId,
    serves: &dyn Fn(NodeId) -> bool,
) -> bool {
    let asked = asked_by(body, lp);
    let mut seen = vec![from];
    let mut at = 0;
    let mut is_left = false;
    while at < seen.len() {
        is_left = is_left || assigns(body, cfg, seen[at], &asked);
        for edge in cfg.successors(seen[at]) {
            let node = edge.node;
            if seen.contains(&node) {
                continue;
            }
            if serves(node) {
                return false;
            }
            match cfg.kind(node) {
                NodeKind::Select(_) | NodeKind::RangeNext(_) | NodeKind::End(_) => {}
                _ if node == lp.head => {}
                _ if !cfg.is_in_loop(node, lp) => is_left = true,
                _ => seen.push(node),
            }
        }
        at += 1;
    }
    is_left
}

/// The variables of which the condition of a loop consists: `done` and `!done`.
fn asked_by(body: &Body<'_>, lp: &Loop) -> Option<LocalId> {
    let file = body.file();
    let StmtKind::For {
        cond: Some(cond), ..
    } = file.stmt(lp.stmt).kind
    else {
        return None;
    };
    let cond = file.unparen(cond);
    let asked = match file.expr(cond).kind {
        ExprKind::Unary { x, .. } => file.unparen(x),
        _ => cond,
    };
    match body.object(asked) {
        Object::Local(local) => Some(local),
        _ => None,
    }
}

/// Whether a node sets a variable to `true` or `false`.
fn assigns(body: &Body<'_>, cfg: &Cfg<'_>, node: NodeId, asked: &Option<LocalId>) -> bool {
    let (Some(asked), NodeKind::Stmt(stmt)) = (asked, cfg.kind(node)) else {
        return false;
    };
    let file = body.file();
    let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
        return false;
    };
    let pairs = file.exprs(lhs).iter().zip(file.exprs(rhs));
    pairs.into_iter().any(|(&target, &value)| {
        body.object(target) == Object::Local(*asked)
            && matches!(file.ident(value), Some("true" | "false"))
    })
}

/// Whether control may come from one node to another without passing one that `stops`.
pub(super) fn reaches(
    cfg: &Cfg<'_>,
    from: NodeId,
    to: NodeId,
    stops: &dyn Fn(NodeId) -> bool,
) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while at < seen.len() {
        for edge in cfg.successors(seen[at]) {
            if edge.node == to {
                return true;
            }
            if !stops(edge.node) && !seen.contains(&edge.node) {
                seen.push(edge.node);
            }
        }
        at += 1;
    }
    false
}

/// What a channel that ends a loop is known by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Quit {
    /// The name of its field or variable, or of the field that has its context.
    Name(String),
    /// The context of a variable: other functions have other names for theirs.
    Context,
}

impl Quit {
    pub(super) fn of(file: &File, channel: ExprId) -> Option<Self> {
        let channel = file.unparen(channel);
        let name = |name: &str| Some(Self::Name(name.to_owned()));
        if let Some((_, field)) = file.selector(channel) {
            return name(field);
        }
        if let Some((fun, [])) = file.call(channel) {
            let (x, method) = file.selector(file.unparen(fun))?;
            if method != "Done" {
                return name(method);
            }
            return match file.selector(file.unparen(x)) {
                Some((_, field)) => name(field),
                None => Some(Self::Context),
            };
        }
        file.ident(channel).and_then(name)
    }
}

/// Whether an expression is the object that a function is about: the receiver of a method, or a
/// parameter of a function that is none.
pub(super) fn is_self(body: &Body<'_>, root: FuncId, expr: ExprId) -> bool {
    let file = body.file();
    match body.object(file.unparen(expr)) {
        Object::Local(local) => match body.names().local(local).kind {
            LocalKind::Receiver(_) => true,
            LocalKind::Param(_) => file.func(root).recv.is_none(),
            _ => false,
        },
        _ => false,
    }
}
