//! Where values come from, seen from a loop or block: is what is released there made there, or was
//! it there before?

use go_flow::{Access, LiteralUse, Value};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, Span, StmtId, StmtKind, UnaryOp};
use go_types::{Callee, LocalId};

use crate::cx::RuleCx;

/// Where a value that is used in a loop or block comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// An element of something that was there before, or a copy of it.
    Element,
    /// A variable that gets its value there, from a call.
    Made(LocalId),
    /// Something that was there before, or that no variable holds.
    Outside,
}

/// Where the value of `expr`, used in the loop or block at `within`, comes from.
pub(crate) fn origin(cx: &RuleCx<'_>, expr: ExprId, within: Span) -> Origin {
    let mut search = OriginSearch {
        cx,
        within,
        seen: Vec::new(),
    };
    search.origin(expr, false)
}

/// Follows copies (`c := conns[i]`) to where the thing itself comes from.
struct OriginSearch<'s, 'a> {
    cx: &'s RuleCx<'a>,
    within: Span,
    seen: Vec<LocalId>,
}

impl OriginSearch<'_, '_> {
    /// `copied` when a variable of the loop or block holds the value of `expr`.
    fn origin(&mut self, expr: ExprId, copied: bool) -> Origin {
        let outside = if copied {
            Origin::Element
        } else {
            Origin::Outside
        };
        let Some(root) = root_local(self.cx, expr) else {
            return outside;
        };
        if self.seen.contains(&root) {
            return Origin::Element;
        }
        self.seen.push(root);
        let file = self.cx.file();
        let local = self.cx.body().names().local(root);
        let is_local = starts_within(local.span, self.within);
        let is_path = !matches!(file.expr(file.unparen(expr)).kind, ExprKind::Ident);
        let here = |write: &&Access| {
            let span = write.expr.map(|expr| file.expr(expr).span);
            is_local || span.is_some_and(|span| starts_within(span, self.within))
        };
        let values: Vec<Value> = match is_local || !is_path {
            true => self
                .cx
                .facts()
                .var(root)
                .writes
                .iter()
                .filter(here)
                .map(|write| write.value)
                .collect(),
            false => Vec::new(),
        };
        if values.is_empty() {
            return if has_index(self.cx, expr) {
                Origin::Element
            } else {
                outside
            };
        }
        let origins: Vec<Origin> = values
            .iter()
            .map(|&value| self.origin_of_value(root, value, values.len()))
            .collect();
        let first_of = |wanted: fn(&Origin) -> bool| origins.iter().copied().find(wanted);
        first_of(|origin| matches!(origin, Origin::Made(_)))
            .or_else(|| first_of(|origin| *origin == Origin::Element))
            .unwrap_or(Origin::Outside)
    }

    fn origin_of_value(&mut self, local: LocalId, value: Value, count: usize) -> Origin {
        match value {
            Value::Expr(expr) | Value::Element { expr, .. } if has_call(self.cx, expr) => {
                Origin::Made(local)
            }
            Value::Expr(expr) | Value::Element { expr, .. } => self.origin(expr, true),
            Value::Zero if count == 1 => Origin::Made(local),
            Value::Zero | Value::Range { .. } => Origin::Element,
            Value::TypeSwitch { clause } => match self.type_switch_operand(clause) {
                Some(operand) => self.origin(operand, true),
                None => Origin::Outside,
            },
            Value::Param => match self.argument(local) {
                Some(argument) if has_call(self.cx, argument) => Origin::Made(local),
                Some(argument) => self.origin(argument, true),
                None => Origin::Outside,
            },
            Value::None | Value::Updated(_) | Value::Unknown => Origin::Outside,
        }
    }

    /// What the literal that `local` is a parameter of is called with, where it is called on the
    /// spot or deferred.
    fn argument(&self, local: LocalId) -> Option<ExprId> {
        let file = self.cx.file();
        let names = self.cx.body().names();
        let func = names.local(local).func;
        let (LiteralUse::Called { call } | LiteralUse::Deferred { call, .. }) =
            self.cx.facts().literal_use(func)
        else {
            return None;
        };
        let params = file.fields_of(file.sig(file.func(func).sig).params);
        let mut declared = params
            .iter()
            .flat_map(|field| file.field(field).names.iter());
        let index = declared.position(|name| names.declared(name) == Some(local))?;
        file.call(call)?.1.get(index).copied()
    }

    fn type_switch_operand(&self, clause: StmtId) -> Option<ExprId> {
        let file = self.cx.file();
        let at = |switch: StmtId| file.stmt(switch).span.contains(file.stmt(clause).span);
        // The innermost type switch around the clause.
        let guard = file
            .func(self.cx.root())
            .stmts
            .iter()
            .rev()
            .find_map(|stmt| match file.stmt(stmt).kind {
                StmtKind::TypeSwitch { guard, .. } if at(stmt) => Some(guard),
                _ => None,
            })?;
        match file.stmt(guard).kind {
            StmtKind::Assign { rhs, .. } => file.exprs(rhs).first().copied(),
            _ => None,
        }
    }
}

/// The variable of the function at the start of a path: `x` in `x.y[i].z`.
pub(crate) fn root_local(cx: &RuleCx<'_>, expr: ExprId) -> Option<LocalId> {
    let file = cx.file();
    let mut expr = expr;
    loop {
        match file.expr(expr).kind {
            ExprKind::Ident => return cx.body().names().local_of(expr),
            ExprKind::Paren(x)
            | ExprKind::Star(x)
            | ExprKind::Selector { x, .. }
            | ExprKind::Index { x, .. }
            | ExprKind::Slice { x, .. }
            | ExprKind::TypeAssert { x, .. }
            | ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } => expr = x,
            ExprKind::Call { args, .. } if is_conversion(cx, expr) => match *file.exprs(args) {
                [x] => expr = x,
                _ => return None,
            },
            _ => return None,
        }
    }
}

fn is_conversion(cx: &RuleCx<'_>, call: ExprId) -> bool {
    matches!(
        cx.facts().callee(call),
        Callee::Conversion(_)
            | Callee::Func {
                package: "unsafe",
                name: "Pointer",
                ..
            }
    )
}

fn has_index(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let mut found = false;
    walk(file, Node::Expr(expr), |node| {
        let Node::Expr(expr) = node else {
            return Descend::Past;
        };
        found |= matches!(file.expr(expr).kind, ExprKind::Index { .. });
        Descend::Into
    });
    found
}

/// Whether evaluating `expr` makes something: a call, a composite literal, a receive.
fn has_call(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    let mut found = false;
    walk(file, Node::Expr(expr), |node| {
        let Node::Expr(expr) = node else {
            return Descend::Past;
        };
        found |= match file.expr(expr).kind {
            ExprKind::Call { .. } => !is_conversion(cx, expr),
            ExprKind::CompositeLit { .. }
            | ExprKind::Unary {
                op: UnaryOp::Recv, ..
            } => true,
            _ => false,
        };
        Descend::Into
    });
    found
}

/// Whether something starts in `within`. (Loops that `goto` forms have no end in the tree; what is
/// visible in them and starts after their label is theirs.)
pub(crate) fn starts_within(span: Span, within: Span) -> bool {
    within.start <= span.start && span.start < within.end
}
