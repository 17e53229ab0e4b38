//! Wait groups: what a goroutine does at its end is deferred at its start, and it is counted before it
//! starts.

use diagnostics::Applicability;
use go_syntax::{ExprId, ExprKind, FuncId, StmtId, StmtKind};
use go_types::{LocalKind, Object};

use super::lines::{insert_before, insert_first, remove};
use super::{Change, Repair};
use crate::blocks::{InList, whole_lines};
use crate::cx::RuleCx;

/// Defers `done`, which the goroutine `literal` calls by hand in these places.
pub(crate) fn defer_done(
    cx: &RuleCx<'_>,
    literal: FuncId,
    done: ExprId,
    dones: &[ExprId],
) -> Option<Repair> {
    let file = cx.file();
    let body = file.func(literal).body?;
    let text = file.expr_text(done);
    // The receiver has to be there at the start.
    let (fun, _) = file.call(done)?;
    let (x, _) = file.selector(file.unparen(fun))?;
    if let Object::Local(local) = cx.body().object(x) {
        let declared = cx.body().names().local(local);
        let is_own_variable =
            declared.func == literal && matches!(declared.kind, LocalKind::Var { .. });
        if is_own_variable {
            return None;
        }
    } else if text.contains('(') && text.matches('(').count() > 1 {
        return None;
    }
    let mut is_last = true;
    let mut edits: Vec<Change> = vec![insert_first(cx, body, &format!("defer {text}"))?];
    for &call in dones {
        if file.expr_text(call) != text {
            return None;
        }
        let stmt = statement(cx, call)?;
        is_last &= ends_after(cx, literal, stmt);
        // Nothing would be left of the block.
        let list = InList::of(cx, stmt)?;
        if list.list.len() == 1 && list.owner != body {
            return None;
        }
        edits.push(remove(cx, whole_lines(cx, file.stmt(stmt).span)?)?);
    }
    Some(Repair {
        // What comes after it now runs before.
        applicability: match is_last {
            true => Applicability::Safe,
            false => Applicability::Unsafe,
        },
        description: format!("Defer `{text}` at the start of the goroutine"),
        edits,
    })
}

/// The statement that is nothing but a call.
fn statement(cx: &RuleCx<'_>, call: ExprId) -> Option<StmtId> {
    let file = cx.file();
    let mut stmts = file.func(cx.root()).stmts.iter();
    stmts.find(
        |&stmt| matches!(file.stmt(stmt).kind, StmtKind::Expr(expr) if file.unparen(expr) == call),
    )
}

/// Whether the function ends right after a statement.
fn ends_after(cx: &RuleCx<'_>, func: FuncId, stmt: StmtId) -> bool {
    let file = cx.file();
    let Some(list) = InList::of(cx, stmt) else {
        return false;
    };
    match list.next() {
        Some(next) => matches!(file.stmt(next).kind, StmtKind::Return(_)),
        None => file.func(func).body == Some(list.owner),
    }
}

/// Whether a statement of the literal that `go` starts runs in any case: nothing before it ends that.
fn is_certain(cx: &RuleCx<'_>, go: StmtId, stmt: StmtId) -> bool {
    let file = cx.file();
    let StmtKind::Go(call) = file.stmt(go).kind else {
        return false;
    };
    let literal = file
        .call(call)
        .and_then(|(fun, _)| match file.expr(file.unparen(fun)).kind {
            ExprKind::FuncLit(literal) => file.func(literal).body,
            _ => None,
        });
    InList::of(cx, stmt).is_some_and(|place| {
        let before = &place.list[..place.index];
        Some(place.owner) == literal
            && before.iter().all(|&stmt| {
                matches!(
                    file.stmt(stmt).kind,
                    StmtKind::Defer(_)
                        | StmtKind::Expr(_)
                        | StmtKind::Decl(_)
                        | StmtKind::Assign { .. }
                )
            })
    })
}

/// Moves `add`, a statement of the goroutine that `go` starts, before that.
pub(crate) fn add_before(cx: &RuleCx<'_>, go: StmtId, add: ExprId) -> Option<Repair> {
    let file = cx.file();
    let text = file.expr_text(add);
    let stmt = statement(cx, add)?;
    let start = file.stmt(go).span.start;
    let (fun, args) = file.call(add)?;
    let (x, _) = file.selector(file.unparen(fun))?;
    // What is counted, and by how much, has to be there outside.
    let &[count] = args else { return None };
    if file.expr_text(count) != "1" {
        return None;
    }
    let Object::Local(local) = cx.body().object(x) else {
        return None;
    };
    let names = cx.body().names();
    let around = file.stmt(go).span;
    if !is_certain(cx, go, stmt)
        || around.contains(names.local(local).span)
        || !super::names::is_visible(cx, local, start)
    {
        return None;
    }
    Some(Repair {
        applicability: Applicability::Safe,
        description: format!("Call `{text}` before the goroutine starts"),
        edits: vec![
            insert_before(cx, go, text)?,
            remove(cx, whole_lines(cx, file.stmt(stmt).span)?)?,
        ],
    })
}
