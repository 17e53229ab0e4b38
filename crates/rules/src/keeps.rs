//! Where values come from and where they go, seen from a loop or block: is what is released there
//! made there, and does something outside keep it?
//!
//! The answers are rough and lean one way: in doubt a value is kept, so that rules stay silent.

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{AssignOp, ExprId, ExprKind, Span, SpecKind, StmtId, StmtKind, UnaryOp};
use go_types::{Basic, Builtin, Callee, LocalId, LocalKind, Type, TypeId};

use crate::cx::RuleCx;

/// Where a value that is used in a loop or block comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// An element of something that was there before.
    Element(LocalId),
    /// A variable that gets its value there, from a call.
    Made(LocalId),
    /// Something that was there before, or that no variable holds.
    Outside,
}

/// Where the value of `expr`, used in the loop or block at `within`, comes from.
pub(crate) fn origin(cx: &RuleCx<'_>, expr: ExprId, within: Span) -> Origin {
    // `c := conns[i]`, `d := c.x`: each step leads to a declaration further up.
    let mut expr = expr;
    let mut last = None;
    for _ in 0..MAX_STEPS {
        let Some(root) = root_local(cx, expr) else {
            // The copy of something outside is made here, but nothing is acquired by that.
            return last.map_or(Origin::Outside, Origin::Element);
        };
        let local = cx.body().names().local(root);
        let is_path = !matches!(
            cx.file().expr(cx.file().unparen(expr)).kind,
            ExprKind::Ident
        );
        if !starts_within(local.span, within) {
            let written = cx.facts().var(root).writes.iter().any(|write| {
                let span = write.expr.map(|expr| cx.file().expr(expr).span);
                span.is_some_and(|span| starts_within(span, within))
            });
            return match (written, is_path || last.is_some()) {
                (true, false) => Origin::Made(root),
                (_, true) if has_index(cx, expr) || last.is_some() => {
                    Origin::Element(last.unwrap_or(root))
                }
                _ => Origin::Outside,
            };
        }
        match local.kind {
            LocalKind::RangeVar { .. } => return Origin::Element(root),
            LocalKind::Var { init, .. } => match init.expr().filter(|&init| !has_call(cx, init)) {
                Some(init) if cx.facts().var(root).writes.len() <= 1 => {
                    last = Some(root);
                    expr = init;
                }
                _ => return Origin::Made(root),
            },
            LocalKind::TypeSwitchVar { switch, .. } => {
                let StmtKind::TypeSwitch { guard, .. } = cx.file().stmt(switch).kind else {
                    return Origin::Outside;
                };
                let StmtKind::Assign { rhs, .. } = cx.file().stmt(guard).kind else {
                    return Origin::Outside;
                };
                let Some(&operand) = cx.file().exprs(rhs).first() else {
                    return Origin::Outside;
                };
                last = Some(root);
                expr = operand;
            }
            _ => return Origin::Outside,
        }
    }
    Origin::Outside
}

const MAX_STEPS: usize = 16;

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
            _ => return None,
        }
    }
}

fn has_index(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    any_expr(cx, expr, |kind| matches!(kind, ExprKind::Index { .. }))
}

/// Whether evaluating `expr` calls or receives something.
fn has_call(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    any_expr(cx, expr, |kind| {
        matches!(
            kind,
            ExprKind::Call { .. }
                | ExprKind::CompositeLit { .. }
                | ExprKind::Unary {
                    op: UnaryOp::Recv,
                    ..
                }
        )
    })
}

fn any_expr(cx: &RuleCx<'_>, expr: ExprId, test: impl Fn(ExprKind) -> bool) -> bool {
    let file = cx.file();
    let mut found = false;
    walk(file, Node::Expr(expr), |node| match node {
        Node::Expr(expr) if test(file.expr(expr).kind) => {
            found = true;
            Descend::Stop
        }
        Node::Func(_) => Descend::Past,
        _ => Descend::Into,
    });
    found
}

/// Whether something starts in `within`. (Loops that `goto` forms have no end in the tree; what is
/// visible in them and starts after their label is theirs.)
fn starts_within(span: Span, within: Span) -> bool {
    within.start <= span.start && span.start < within.end
}

/// Whether the value that `local` has in the statement `block` may be kept by something that lives
/// longer: assigned or appended to what is declared outside, sent, returned, handed to a method that
/// stores it.
pub(crate) fn is_kept(cx: &RuleCx<'_>, local: LocalId, block: StmtId, within: Span) -> bool {
    let flows = flows(cx, block);
    let mut holders = vec![local];
    loop {
        let before = holders.len();
        for flow in &flows {
            if !flow
                .values
                .iter()
                .any(|&value| carries(cx, value, &holders))
            {
                continue;
            }
            match flow.to {
                Target::Local(local)
                    if starts_within(cx.body().names().local(local).span, within) =>
                {
                    if !holders.contains(&local) {
                        holders.push(local);
                    }
                }
                Target::Local(_) | Target::Elsewhere => return true,
            }
        }
        if holders.len() == before {
            return false;
        }
    }
}

/// Values that go somewhere.
struct Flow {
    values: Vec<ExprId>,
    to: Target,
}

enum Target {
    Local(LocalId),
    Elsewhere,
}

/// All flows in a statement, function literals in it included.
fn flows(cx: &RuleCx<'_>, block: StmtId) -> Vec<Flow> {
    let file = cx.file();
    let names = cx.body().names();
    let mut flows = Vec::new();
    let target = |expr: ExprId| root_local(cx, expr).map_or(Target::Elsewhere, Target::Local);
    walk(file, Node::Stmt(block), |node| {
        match node {
            Node::Stmt(stmt) => match file.stmt(stmt).kind {
                StmtKind::Assign {
                    lhs,
                    rhs,
                    op: AssignOp::Define | AssignOp::Assign,
                } => {
                    let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                    for (index, &to) in lhs
                        .iter()
                        .enumerate()
                        .filter(|(_, to)| file.ident(**to) != Some("_"))
                    {
                        let value = if rhs.len() == lhs.len() {
                            rhs.get(index)
                        } else {
                            rhs.first()
                        };
                        let holds =
                            rhs.len() == lhs.len() || may_hold(cx, cx.body().type_of(to), None);
                        if let Some(&value) = value.filter(|_| holds) {
                            flows.push(Flow {
                                values: vec![value],
                                to: target(to),
                            });
                        }
                    }
                }
                StmtKind::Send { value, .. } => flows.push(Flow {
                    values: vec![value],
                    to: Target::Elsewhere,
                }),
                StmtKind::Return(results) => {
                    flows.push(Flow {
                        values: file.exprs(results).to_vec(),
                        to: Target::Elsewhere,
                    });
                }
                _ => {}
            },
            Node::Spec(spec) => {
                if let SpecKind::Value {
                    names: declared,
                    values,
                    ..
                } = file.spec(spec).kind
                {
                    for local in declared.iter().filter_map(|name| names.declared(name)) {
                        flows.push(Flow {
                            values: file.exprs(values).to_vec(),
                            to: Target::Local(local),
                        });
                    }
                }
            }
            Node::Expr(call) => {
                if let (Callee::Selected { x, name }, Some((_, args))) =
                    (cx.facts().callee(call), file.call(call))
                    && stores(name)
                {
                    flows.push(Flow {
                        values: args.to_vec(),
                        to: target(x),
                    });
                }
            }
            _ => {}
        }
        Descend::Into
    });
    flows
}

/// Whether a method with this name keeps its arguments in its receiver.
fn stores(name: &str) -> bool {
    [
        "Add", "Append", "Push", "Store", "Set", "Register", "Put", "Insert", "Attach", "Swap",
        "Use", "Reset",
    ]
    .iter()
    .any(|word| {
        name.strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
    })
}

/// Whether the value of `expr` may lead to what one of `holders` holds.
fn carries(cx: &RuleCx<'_>, expr: ExprId, holders: &[LocalId]) -> bool {
    let file = cx.file();
    let names = cx.body().names();
    let is_holder = |expr| {
        names
            .local_of(expr)
            .is_some_and(|local| holders.contains(&local))
    };
    let mut work = vec![expr];
    while let Some(expr) = work.pop() {
        match file.expr(expr).kind {
            ExprKind::Ident if is_holder(expr) => return true,
            ExprKind::Paren(x) | ExprKind::Slice { x, .. } | ExprKind::TypeAssert { x, .. } => {
                work.push(x);
            }
            ExprKind::Unary {
                op: UnaryOp::Addr,
                x,
            } => work.push(x),
            ExprKind::Selector { x, .. } | ExprKind::Index { x, .. } | ExprKind::Star(x)
                if may_hold(cx, cx.body().type_of(expr), None) =>
            {
                work.push(x);
            }
            ExprKind::CompositeLit { elts, .. } => work.extend(file.exprs(elts)),
            ExprKind::KeyValue { value, .. } => work.push(value),
            ExprKind::FuncLit(func) => {
                let span = file.func(func).span;
                let uses_here = |&local: &LocalId| {
                    cx.body()
                        .names()
                        .uses(local)
                        .iter()
                        .any(|use_| span.contains(file.expr(use_.expr).span))
                };
                if holders.iter().any(uses_here) {
                    return true;
                }
            }
            ExprKind::Call { fun, args, .. } => {
                let name = match cx.facts().callee(expr) {
                    Callee::Builtin(Builtin::Append) | Callee::Conversion(_) => {
                        work.extend(file.exprs(args));
                        continue;
                    }
                    Callee::Builtin(_) => continue,
                    Callee::Func { name, .. } | Callee::Selected { name, .. } => Some(name),
                    _ => None,
                };
                if may_hold(cx, cx.body().type_of(expr), Some(name.unwrap_or_default())) {
                    work.extend(file.exprs(args));
                    work.extend(file.selector(file.unparen(fun)).map(|(x, _)| x));
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether a value of this type may hold on to something that has to be released. Where the type is
/// not known, the name of the function that gives the value decides, if there is one.
fn may_hold(cx: &RuleCx<'_>, ty: TypeId, made_by: Option<&str>) -> bool {
    let package = cx.body().cx();
    match package.ty(package.underlying(ty)) {
        Type::Unknown => made_by.is_none_or(|name| {
            ["New", "new", "With", "Wrap", "Open"]
                .iter()
                .any(|word| name.starts_with(word))
                || name.ends_with("Reader")
                || name.ends_with("Writer")
        }),
        Type::Basic(Basic::UnsafePointer) => true,
        Type::Basic(_) => false,
        Type::Slice(elem) | Type::Array { elem, .. } => {
            !matches!(package.ty(package.underlying(elem)), Type::Basic(_))
        }
        Type::Tuple(types) => package
            .types(types)
            .iter()
            .any(|&ty| may_hold(cx, ty, made_by)),
        _ => !package.is_error(ty),
    }
}
