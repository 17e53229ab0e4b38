//! What rules about `append` share: the calls, who holds their results, and whether the array of a
//! slice has room behind it.

use go_flow::{CallMode, Point, Value};
use go_syntax::{AssignOp, ExprId, ExprKind, StmtKind};
use go_types::{Builtin, LocalId, Object, Type, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cx::RuleCx;

/// How many copies and sub-slices are followed.
const DEEPEST: u32 = 8;

/// A call of `append`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Append {
    pub(crate) call: ExprId,
    pub(crate) point: Point,
    /// What is appended to.
    pub(crate) base: ExprId,
}

/// All calls of `append` that are made where they stand.
pub(crate) fn appends(cx: &RuleCx<'_>) -> Vec<Append> {
    let file = cx.file();
    let append = |site: &go_flow::CallSite| {
        let is_append = cx.body().is_builtin_call(site.call, Builtin::Append);
        let (_, args) = file.call(site.call).filter(|_| is_append)?;
        Some(Append {
            call: site.call,
            point: site.point,
            base: file.unparen(*args.first().filter(|_| args.len() > 1)?),
        })
    };
    let now = |site: &&go_flow::CallSite| site.mode == CallMode::Now;
    cx.facts()
        .calls()
        .iter()
        .filter(now)
        .filter_map(append)
        .collect()
}

/// The expression around each expression of the function.
pub(crate) struct Parents {
    parents: FxHashMap<ExprId, ExprId>,
}

impl Parents {
    pub(crate) fn new(cx: &RuleCx<'_>) -> Self {
        use go_syntax::walk::{Node, for_each_child};
        let file = cx.file();
        let mut parents = FxHashMap::default();
        for expr in file.func(cx.root()).exprs.iter() {
            for_each_child(file, Node::Expr(expr), |child| {
                if let Node::Expr(child) = child {
                    parents.insert(child, expr);
                }
            });
        }
        Self { parents }
    }

    /// The expression around `expr` and its parentheses; and `expr` with them.
    pub(crate) fn around(&self, cx: &RuleCx<'_>, mut expr: ExprId) -> (ExprId, Option<ExprId>) {
        loop {
            match self.parents.get(&expr) {
                Some(&parent) if matches!(cx.file().expr(parent).kind, ExprKind::Paren(_)) => {
                    expr = parent;
                }
                other => return (expr, other.copied()),
            }
        }
    }
}

/// Who holds the result of an `append`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Holder {
    /// A variable; perhaps as a part of it.
    Local(LocalId),
    /// A container that lives on: an element of a slice or map, a channel.
    Container,
    /// Nobody, or nobody known.
    Unknown,
}

/// Who holds the value of `expr` after its statement.
pub(crate) fn holder(cx: &RuleCx<'_>, parents: &Parents, expr: ExprId) -> Holder {
    let file = cx.file();
    let mut at = expr;
    for _ in 0..DEEPEST {
        let (inner, parent) = parents.around(cx, at);
        let Some(parent) = parent else {
            return held_by_stmt(cx, inner);
        };
        match file.expr(parent).kind {
            ExprKind::CompositeLit { .. } | ExprKind::KeyValue { .. } | ExprKind::Unary { .. } => {
                at = parent;
            }
            ExprKind::Call { args, spread, .. }
                if cx.body().is_builtin_call(parent, Builtin::Append) =>
            {
                let is_element = file.exprs(args).first() != Some(&inner) && !spread;
                return match is_element {
                    true => Holder::Container,
                    false => Holder::Unknown,
                };
            }
            _ => return Holder::Unknown,
        }
    }
    Holder::Unknown
}

fn held_by_stmt(cx: &RuleCx<'_>, value: ExprId) -> Holder {
    let file = cx.file();
    let Some(point) = cx.facts().point_of_expr(value) else {
        return Holder::Unknown;
    };
    let Some(stmt) = cx.facts().cfg(point.func).stmt_of_node(point.node) else {
        return Holder::Unknown;
    };
    match file.stmt(stmt).kind {
        StmtKind::Assign {
            lhs,
            rhs,
            op: AssignOp::Assign | AssignOp::Define,
        } => {
            let index = file.exprs(rhs).iter().position(|&right| right == value);
            let target = index.and_then(|index| file.exprs(lhs).get(index));
            match target.map(|&target| file.unparen(target)) {
                Some(target) => match file.expr(target).kind {
                    ExprKind::Index { .. } => Holder::Container,
                    _ => match cx.body().object(target) {
                        Object::Local(local) => Holder::Local(local),
                        _ => Holder::Unknown,
                    },
                },
                None => Holder::Unknown,
            }
        }
        StmtKind::Send { value: sent, .. } if sent == value => Holder::Container,
        StmtKind::Decl(_) => {
            let names = cx.body().names();
            names
                .locals()
                .find_map(|(id, _)| {
                    let first = cx.facts().var(id).writes.first()?;
                    (first.value == Value::Expr(value)).then_some(Holder::Local(id))
                })
                .unwrap_or(Holder::Unknown)
        }
        _ => Holder::Unknown,
    }
}

/// Whether a variable holds, at a point, a slice whose array surely or mostly has room behind it:
/// one that has grown by `append`, or that was made with more capacity than length.
pub(crate) fn has_spare(cx: &RuleCx<'_>, point: Point, local: LocalId) -> bool {
    let mut search = SpareSearch {
        cx,
        seen: FxHashSet::default(),
    };
    search.has_spare(point, local, DEEPEST)
}

/// Follows the values of slices to where they were made.
struct SpareSearch<'s, 'a> {
    cx: &'s RuleCx<'a>,
    /// Values that have been looked at: a slice may be made of itself, in a loop or by literals.
    seen: FxHashSet<ExprId>,
}

impl SpareSearch<'_, '_> {
    fn has_spare(&mut self, point: Point, local: LocalId, levels: u32) -> bool {
        let Some(levels) = levels.checked_sub(1) else {
            return false;
        };
        let definitions = self.cx.facts().definitions(point, local);
        let mut definitions = definitions.list.iter();
        definitions.any(|definition| match definition.value {
            Value::Expr(value) => self.gives_spare(definition.point, local, value, levels),
            _ => false,
        })
    }

    fn gives_spare(&mut self, point: Point, local: LocalId, value: ExprId, levels: u32) -> bool {
        let (file, body) = (self.cx.file(), self.cx.body());
        let value = file.unparen(value);
        if !self.seen.insert(value) {
            return false;
        }
        match file.expr(value).kind {
            ExprKind::Call { args, spread, .. } => {
                let args = file.exprs(args);
                if body.is_builtin_call(value, Builtin::Make) {
                    return matches!(*args, [_, len, cap] if file.expr_text(len) != file.expr_text(cap));
                }
                // A first append to an empty slice mostly has the capacity that is asked for.
                body.is_builtin_call(value, Builtin::Append)
                    && !spread
                    && args
                        .first()
                        .is_some_and(|&base| body.object(base) == Object::Local(local))
                    && self.grows(point, local, args.len() - 1, levels)
            }
            ExprKind::Slice {
                x,
                hi: Some(hi),
                max: None,
                ..
            } => is_slice(self.cx, body.type_of(x)) && !is_len_of(self.cx, hi, x),
            ExprKind::Ident => match body.object(value) {
                Object::Local(other) if other != local => self.has_spare(point, other, levels),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether appending `count` elements to `local` leaves room: it happens again and again, or to
    /// a slice that is longer than what it grows by.
    fn grows(&mut self, point: Point, local: LocalId, count: usize, levels: u32) -> bool {
        let Some(levels) = levels.checked_sub(1) else {
            return false;
        };
        if self.cx.facts().in_cycle(point) {
            return true;
        }
        let file = self.cx.file();
        let before = self.cx.facts().definitions(point, local);
        before.list.iter().any(|definition| match definition.value {
            Value::Expr(value) => match file.expr(file.unparen(value)).kind {
                // Arrays grow to twice their size, as long as they are small.
                ExprKind::CompositeLit { elts, .. } => file.exprs(elts).len() > count,
                _ => self.gives_spare(definition.point, local, value, levels),
            },
            _ => false,
        })
    }
}

/// Whether a type is a slice.
pub(crate) fn is_slice(cx: &RuleCx<'_>, ty: TypeId) -> bool {
    matches!(cx.body().cx().ty(cx.body().underlying(ty)), Type::Slice(_))
}

/// Whether `expr` is `len(x)`.
pub(crate) fn is_len_of(cx: &RuleCx<'_>, expr: ExprId, x: ExprId) -> bool {
    let file = cx.file();
    let expr = file.unparen(expr);
    cx.body().is_builtin_call(expr, Builtin::Len)
        && file.call(expr).is_some_and(
            |(_, args)| matches!(*args, [arg] if file.expr_text(arg) == file.expr_text(x)),
        )
}
