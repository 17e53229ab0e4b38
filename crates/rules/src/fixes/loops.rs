//! The body of a loop in a literal that is called at once, so that what it defers runs at the end of
//! the iteration.
//!
//! `continue` becomes `return`. Where the body returns errors, and nothing but errors, the literal
//! returns them, and the loop passes them on. What leaves the loop in other ways (`break`, `goto`, a
//! label, a `return` of a value) is not repaired.

use diagnostics::Applicability;
use go_syntax::walk::{Descend, Node, for_each_child, walk_function};
use go_syntax::{BranchKind, ExprId, ExprKind, File, FuncId, Span, StmtId, StmtKind};
use go_types::{Callee, LocalKind, Object};

use super::anchors::{Test, tests};
use super::lines::{deeper, indent, is_aligned};
use super::names::is_predeclared;
use super::{Change, Repair};
use crate::cx::RuleCx;

/// How control leaves the body of a loop, other than at its end.
#[derive(Default)]
struct Exits {
    continues: Vec<StmtId>,
    returns: Vec<StmtId>,
    /// In a way that a literal cannot follow.
    other: bool,
}

/// Wraps the body of the loop `stmt` of the function `func`.
pub(crate) fn wrap(
    cx: &RuleCx<'_>,
    func: FuncId,
    stmt: StmtId,
    is_release: bool,
) -> Option<Repair> {
    let file = cx.file();
    let (StmtKind::For { body, .. } | StmtKind::Range { body, .. }) = file.stmt(stmt).kind else {
        return None;
    };
    let mut exits = Exits::default();
    find_exits(file, Node::Stmt(body), false, false, &mut exits);
    if exits.other || sets_result(cx, func, body) {
        return None;
    }
    let block = file.stmt(body).span;
    let lines = inner_lines(file, block)?;
    let tabs = format!("{}\t", indent(cx, block.end - 1));
    let (head, tail, leave) = if exits.returns.is_empty() {
        (
            format!("{tabs}func() {{\n"),
            format!("{tabs}}}()\n"),
            "return".to_owned(),
        )
    } else {
        let others = returned_beside(cx, func, &exits.returns)?;
        if !is_predeclared(cx, "error") || !is_predeclared(cx, "nil") {
            return None;
        }
        let end = match ends_in_return(file, body) {
            true => String::new(),
            false => format!("{tabs}\treturn nil\n"),
        };
        let mut passed = others;
        passed.push("err".to_owned());
        (
            format!("{tabs}if err := func() error {{\n"),
            format!(
                "{end}{tabs}}}(); err != nil {{\n{tabs}\treturn {}\n{tabs}}}\n",
                passed.join(", ")
            ),
            "return nil".to_owned(),
        )
    };
    let mut inner: Vec<Change> = Vec::new();
    for &at in &exits.continues {
        inner.push((file.stmt(at).span, leave.clone()));
    }
    for &at in &exits.returns {
        let StmtKind::Return(results) = file.stmt(at).kind else {
            return None;
        };
        let last = *file.exprs(results).last()?;
        let text = file.expr_text(last);
        inner.push((file.stmt(at).span, format!("return {text}")));
    }
    if inner.iter().any(|(span, _)| is_aligned(file, span.start)) {
        return None;
    }
    let text = deeper(cx, Node::Stmt(body), lines, inner)?;
    let starts = has_go(file, body);
    Some(Repair {
        applicability: if is_release && !starts {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        },
        description: "Wrap the body of the loop in a function literal that is called at once"
            .to_owned(),
        edits: vec![(lines, format!("{head}{text}{tail}"))],
    })
}

/// Whether a literal in the body sets a result of the function: the literal around it would return
/// before, and what is returned then would take its place.
fn sets_result(cx: &RuleCx<'_>, func: FuncId, body: StmtId) -> bool {
    let file = cx.file();
    let within = file.stmt(body).span;
    let names = cx.body().names();
    names
        .locals()
        .filter(|(_, local)| local.is_result() && local.func == func)
        .any(|(id, _)| {
            names
                .uses(id)
                .iter()
                .any(|used| used.func != func && within.contains(file.expr(used.expr).span))
        })
}

/// The lines between the braces of a block.
fn inner_lines(file: &File, block: Span) -> Option<Span> {
    let text = file.span_text(block);
    let open = text.find('\n')? + 1;
    let head = text.get(1..open)?.trim();
    let close = text.rfind('\n')? + 1;
    let is_plain = head.is_empty() || head.starts_with("//");
    let closes = text.get(close..)?.trim() == "}";
    (is_plain && closes && open < close).then(|| {
        Some(Span::new(
            block.start + u32::try_from(open).ok()?,
            block.start + u32::try_from(close).ok()?,
        ))
    })?
}

/// Collects how control leaves. `in_loop` and `in_switch`: a `break` or `continue` there belongs to
/// something within.
fn find_exits(file: &File, node: Node, in_loop: bool, in_switch: bool, exits: &mut Exits) {
    let (mut in_loop, mut in_switch) = (in_loop, in_switch);
    match node {
        Node::Func(_) | Node::Expr(_) => return,
        Node::Stmt(stmt) => match file.stmt(stmt).kind {
            StmtKind::Branch { kind, label } => match kind {
                BranchKind::Fallthrough => {}
                _ if label.is_some() => exits.other = true,
                BranchKind::Goto => exits.other = true,
                BranchKind::Break => exits.other |= !in_loop && !in_switch,
                BranchKind::Continue if !in_loop => exits.continues.push(stmt),
                BranchKind::Continue => {}
            },
            StmtKind::Return(_) => exits.returns.push(stmt),
            StmtKind::Labeled { .. } => exits.other = true,
            StmtKind::For { .. } | StmtKind::Range { .. } => in_loop = true,
            StmtKind::Switch { .. } | StmtKind::TypeSwitch { .. } | StmtKind::Select { .. } => {
                in_switch = true;
            }
            _ => {}
        },
        _ => {}
    }
    for_each_child(file, node, |child| {
        find_exits(file, child, in_loop, in_switch, exits);
    });
}

/// What the `return`s give beside an error that is one for sure: the same plain values each.
fn returned_beside(cx: &RuleCx<'_>, func: FuncId, returns: &[StmtId]) -> Option<Vec<String>> {
    let file = cx.file();
    let mut beside: Option<Vec<String>> = None;
    for &stmt in returns {
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            return None;
        };
        let (&last, others) = file.exprs(results).split_last()?;
        if !cx.body().is_error(cx.body().type_of(last)) || !is_error(cx, func, stmt, last) {
            return None;
        }
        let texts: Option<Vec<String>> = others
            .iter()
            .map(|&other| is_plain(cx, other).then(|| file.expr_text(other).to_owned()))
            .collect();
        let texts = texts?;
        if beside.as_ref().is_some_and(|known| *known != texts) {
            return None;
        }
        beside = Some(texts);
    }
    beside
}

/// Whether a value is the same wherever it is written: a literal, `nil`, `true`, or `T{}`.
fn is_plain(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    match file.expr(expr).kind {
        ExprKind::BasicLit(_) => true,
        ExprKind::CompositeLit { elts, .. } => elts.is_empty(),
        ExprKind::Ident => matches!(
            cx.body().object(expr),
            Object::Nil | Object::UniverseConst(_)
        ),
        ExprKind::Unary { x, .. } => matches!(file.expr(x).kind, ExprKind::BasicLit(_)),
        _ => false,
    }
}

/// Whether a returned error cannot be nil: it was made on the spot, or a condition around says so.
fn is_error(cx: &RuleCx<'_>, func: FuncId, stmt: StmtId, value: ExprId) -> bool {
    let file = cx.file();
    let value = file.unparen(value);
    if let Some((_, args)) = file.call(value) {
        let made = matches!(
            cx.facts().callee(value),
            Callee::Func {
                package: "fmt",
                name: "Errorf",
                ..
            } | Callee::Func {
                package: "errors",
                name: "New",
                ..
            }
        );
        // `errors.Wrap(err, "…")` is nil for nil, so it is as good as what it is given.
        let wraps = matches!(
            cx.facts().callee(value),
            Callee::Func {
                package: "github.com/pkg/errors",
                name: "Wrap" | "Wrapf" | "WithStack" | "WithMessage",
                ..
            }
        );
        return made
            || wraps
                && args
                    .first()
                    .is_some_and(|&arg| is_error(cx, func, stmt, arg));
    }
    let Object::Local(local) = cx.body().object(value) else {
        return false;
    };
    if matches!(cx.body().names().local(local).kind, LocalKind::Param(_)) {
        return false;
    }
    // The innermost `if` whose first branch the `return` stands in.
    let at = file.stmt(stmt).span;
    file.func(func).stmts.iter().any(|around| {
        let StmtKind::If { cond, body, .. } = file.stmt(around).kind else {
            return false;
        };
        let within = file.stmt(body).span;
        let is_set_between = || {
            cx.facts().var(local).writes.iter().any(|write| {
                write.expr.is_some_and(|expr| {
                    let span = file.expr(expr).span;
                    within.contains(span) && span.start < at.start
                })
            })
        };
        within.contains(at) && tests(cx, cond, local) == Some(Test::IsError) && !is_set_between()
    })
}

fn ends_in_return(file: &File, body: StmtId) -> bool {
    file.block_stmts(body)
        .last()
        .is_some_and(|&last| matches!(file.stmt(last).kind, StmtKind::Return(_)))
}

fn has_go(file: &File, body: StmtId) -> bool {
    let mut found = false;
    walk_function(file, Node::Stmt(body), |node| {
        if let Node::Stmt(stmt) = node {
            found |= matches!(file.stmt(stmt).kind, StmtKind::Go(_));
        }
        Descend::Into
    });
    found
}
