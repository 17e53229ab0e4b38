//! What must hold of arguments for control to come to a point of a function.

use go_syntax::{BinaryOp, ExprId, ExprKind, UnaryOp};
use go_types::{LocalKind, Object};

use super::conditions::comes_without;
use crate::cfg::NodeKind;
use crate::facts::{FunctionFacts, Point, param_number};

/// Something that must hold of an argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Need {
    /// The parameter; none when the caller cannot tell.
    param: Option<usize>,
    /// The constant that it is compared with, as it is written.
    value: Box<str>,
    /// Whether it must equal the constant, or must not.
    equal: bool,
    /// Whether a caller of whose argument nothing is known is taken not to fulfil it: few values equal a
    /// constant, most differ from it.
    is_rare: bool,
}

impl Need {
    /// Whether a call fulfils it; none when that is not known.
    fn is_met(&self, facts: &FunctionFacts<'_>, call: ExprId) -> Option<bool> {
        let file = facts.file();
        let (_, args) = file.call(call)?;
        let arg = file.unparen(*args.get(self.param?)?);
        let is_known = match file.expr(arg).kind {
            ExprKind::BasicLit(_) => true,
            ExprKind::FuncLit(_)
            | ExprKind::CompositeLit { .. }
            | ExprKind::Unary {
                op: UnaryOp::Addr, ..
            } if *self.value == *"nil" => return Some(!self.equal),
            _ => facts.body().object(arg) == Object::Nil || facts.body().is_constant(arg),
        };
        is_known.then(|| (*file.expr_text(arg) == *self.value) == self.equal)
    }

    /// What it asks of the arguments of the function that makes the call.
    fn passed_on(&self, facts: &FunctionFacts<'_>, call: ExprId) -> Self {
        let file = facts.file();
        let own = || {
            let (_, args) = file.call(call)?;
            match facts.body().object(file.unparen(*args.get(self.param?)?)) {
                Object::Local(local)
                    if matches!(facts.body().names().local(local).kind, LocalKind::Param(_))
                        && facts.var(local).writes.len() <= 1 =>
                {
                    param_number(facts.body(), local)
                }
                _ => None,
            }
        };
        Self {
            param: own(),
            ..self.clone()
        }
    }
}

/// What is left of needs at a call: none when one is not met.
pub(super) fn left_at(
    needs: &[Need],
    facts: &FunctionFacts<'_>,
    call: ExprId,
) -> Option<Vec<Need>> {
    let mut left = Vec::new();
    for need in needs {
        match need.is_met(facts, call) {
            Some(true) => {}
            Some(false) => return None,
            None => left.push(need.passed_on(facts, call)),
        }
    }
    Some(left)
}

/// Whether needs that nothing is known of are taken not to be met.
pub(super) fn are_rare(needs: &[Need]) -> bool {
    needs.iter().any(|need| need.is_rare)
}

/// Whether an argument says if control comes to a point.
pub(super) fn is_conditional(facts: &FunctionFacts<'_>, point: Point) -> bool {
    are_rare(&needs(facts, point))
}

/// What must hold of the arguments: every way to the point passes a condition that speaks of locks, or
/// that asks whether a parameter is true, is nil, or equals something.
pub(super) fn needs(facts: &FunctionFacts<'_>, point: Point) -> Vec<Need> {
    let cfg = facts.cfg(point.func);
    let file = facts.file();
    let body = facts.body();
    let names = body.names();
    let is_param = |expr: ExprId| match body.object(expr) {
        Object::Local(local) => matches!(names.local(local).kind, LocalKind::Param(_)),
        _ => false,
    };
    // The argument is what the caller gave only where nothing else is assigned.
    let number = |expr: ExprId| match body.object(expr) {
        Object::Local(local) if facts.var(local).writes.len() <= 1 => param_number(body, local),
        _ => None,
    };
    let is_constant =
        |expr: ExprId| body.object(file.unparen(expr)) == Object::Nil || body.is_constant(expr);
    // A question that an argument answers: `if key.IsEmpty()`, `if options.Wait`.
    let asks_param = |cond: ExprId| {
        let asked = match file.expr(cond).kind {
            ExprKind::Call { fun, .. } => file.selector(file.unparen(fun)),
            ExprKind::Selector { .. } => file.selector(cond),
            _ => None,
        };
        asked.is_some_and(|(x, _)| is_param(x))
    };
    let speaks_of_locks = |cond: ExprId| {
        let text = file.expr_text(cond).to_ascii_lowercase();
        text.contains("lock")
    };
    // Most conditions ask something else, and to see whether control passes one is dear.
    let matters = |cond: ExprId| {
        let asks_for_param = match file.expr(cond).kind {
            ExprKind::Ident => is_param(cond),
            ExprKind::Unary { x, .. } => is_param(x),
            ExprKind::Binary {
                op: BinaryOp::Eq | BinaryOp::Ne,
                x,
                y,
            } => is_param(x) || is_param(y),
            _ => asks_param(cond),
        };
        asks_for_param || speaks_of_locks(cond)
    };
    let mut found = Vec::new();
    for node in cfg.nodes() {
        let NodeKind::Cond(cond) = node.kind else {
            continue;
        };
        let cond = file.unparen(cond);
        if !matters(cond) {
            continue;
        }
        let needs_true = !comes_without(cfg, point.node, node.id, true);
        let needs_false = !comes_without(cfg, point.node, node.id, false);
        if needs_true == needs_false {
            continue;
        }
        let of_truth = |expr: ExprId, truth: bool| Need {
            param: number(expr),
            value: "true".into(),
            equal: truth,
            is_rare: true,
        };
        let unknown = Need {
            param: None,
            value: "".into(),
            equal: true,
            is_rare: true,
        };
        let need = match file.expr(cond).kind {
            ExprKind::Ident if is_param(cond) => Some(of_truth(cond, needs_true)),
            ExprKind::Unary { x, .. } if is_param(x) => Some(of_truth(x, needs_false)),
            ExprKind::Binary {
                op: op @ (BinaryOp::Eq | BinaryOp::Ne),
                x,
                y,
            } if is_param(x) || is_param(y) => {
                let (param, value) = if is_param(x) { (x, y) } else { (y, x) };
                let equal = (op == BinaryOp::Eq) == needs_true;
                match is_constant(value) {
                    true => Some(Need {
                        param: number(param),
                        value: file.expr_text(file.unparen(value)).into(),
                        equal,
                        is_rare: equal,
                    }),
                    false => equal.then_some(unknown),
                }
            }
            _ => (asks_param(cond) && needs_true || speaks_of_locks(cond)).then_some(unknown),
        };
        found.extend(need);
    }
    found
}
