//! Where it is known that a call has given what it gives: the place for a `defer`.

use go_flow::{Acquisition, CallEnd};
use go_syntax::walk::Node;
use go_syntax::{AssignOp, BinaryOp, BranchKind, ExprId, ExprKind, StmtId, StmtKind};
use go_types::{LocalId, Object};

use super::Change;
use super::lines::{insert_after, insert_first};
use super::release::mentions;
use crate::blocks::InList;
use crate::cx::RuleCx;

/// A place between statements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Anchor {
    /// After this statement.
    After(StmtId),
    /// At the start of this block.
    In(StmtId),
}

impl Anchor {
    /// Inserts lines there.
    pub(crate) fn insert(self, cx: &RuleCx<'_>, code: &str) -> Option<Change> {
        match self {
            Self::After(stmt) => insert_after(cx, stmt, code),
            Self::In(block) => insert_first(cx, block, code),
        }
    }

    /// The statement that comes next there.
    pub(crate) fn next(self, cx: &RuleCx<'_>) -> Option<StmtId> {
        match self {
            Self::After(stmt) => InList::of(cx, stmt)?.next(),
            Self::In(block) => cx.file().block_stmts(block).first().copied(),
        }
    }
}

/// Where what `acquisition` gives is first known to be there: behind the check of its error, or at
/// once when it has none.
pub(crate) fn acquired(cx: &RuleCx<'_>, acquisition: &Acquisition) -> Option<Anchor> {
    let file = cx.file();
    let stmt = acquisition.stmt;
    let Some(error) = acquisition.error else {
        let behind = check_of_others(cx, stmt).unwrap_or(stmt);
        return (!may_have_error(cx, acquisition)).then_some(Anchor::After(behind));
    };
    if let Some(list) = InList::of(cx, stmt) {
        let next = list.next()?;
        return match file.stmt(next).kind {
            StmtKind::If {
                init: None,
                cond,
                body,
                els,
            } => match tests(cx, cond, error.local)? {
                Test::IsError if els.is_none() && leaves(cx, body) => Some(Anchor::After(next)),
                Test::IsError => els
                    .filter(|&els| matches!(file.stmt(els).kind, StmtKind::Block(_)))
                    .map(Anchor::In),
                Test::IsNone => Some(Anchor::In(body)),
            },
            _ => None,
        };
    }
    // `if x, err := call(); err == nil {`
    let around = file.func(cx.root()).stmts.iter().find(
        |&other| matches!(file.stmt(other).kind, StmtKind::If { init: Some(init), .. } if init == stmt),
    )?;
    match file.stmt(around).kind {
        StmtKind::If {
            cond, body, els, ..
        } => match tests(cx, cond, error.local)? {
            Test::IsNone => Some(Anchor::In(body)),
            // What the statement declares is not visible behind it.
            Test::IsError if els.is_none() => {
                is_plain_assignment(cx, stmt).then(|| behind_check(cx, acquisition))?
            }
            Test::IsError => els
                .filter(|&els| matches!(file.stmt(els).kind, StmtKind::Block(_)))
                .map(Anchor::In),
        },
        _ => None,
    }
}

fn is_plain_assignment(cx: &RuleCx<'_>, stmt: StmtId) -> bool {
    matches!(
        cx.file().stmt(stmt).kind,
        StmtKind::Assign {
            op: AssignOp::Assign,
            ..
        }
    )
}

/// The place behind `if err := call(); err != nil { return … }`.
pub(crate) fn behind_check(cx: &RuleCx<'_>, acquisition: &Acquisition) -> Option<Anchor> {
    let file = cx.file();
    let error = acquisition.error?.local;
    file.func(cx.root()).stmts.iter().find_map(|around| {
        let StmtKind::If {
            init: Some(init),
            cond,
            body,
            els: None,
        } = file.stmt(around).kind
        else {
            return None;
        };
        let is_check = init == acquisition.stmt && tests(cx, cond, error) == Some(Test::IsError);
        (is_check && leaves(cx, body)).then_some(Anchor::After(around))
    })
}

/// The `if` behind `stmt` that leaves by what another result of its call says, such as a code or `ok`:
/// then there may be nothing to release.
pub(crate) fn check_of_others(cx: &RuleCx<'_>, stmt: StmtId) -> Option<StmtId> {
    let file = cx.file();
    let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind else {
        return None;
    };
    let next = InList::of(cx, stmt)?.next()?;
    let StmtKind::If {
        init: None,
        cond,
        body,
        els: None,
    } = file.stmt(next).kind
    else {
        return None;
    };
    let targets = file.exprs(lhs).iter();
    let locals: Vec<LocalId> = targets
        .filter_map(|&target| match cx.body().object(target) {
            Object::Local(local) => Some(local),
            _ => None,
        })
        .collect();
    let is_asked = locals.len() > 1
        && locals
            .iter()
            .any(|&local| mentions(cx, Node::Expr(cond), local));
    (is_asked && leaves(cx, body)).then_some(next)
}

/// Whether a result of the call that nobody looks at may be an error.
fn may_have_error(cx: &RuleCx<'_>, acquisition: &Acquisition) -> bool {
    let body = cx.body();
    match body.results_of_call(acquisition.call) {
        Some(types) if types.iter().all(|ty| !ty.is_unknown()) => {
            types.iter().any(|&ty| body.is_error(ty))
        }
        _ => acquisition.results.iter().any(Option::is_none),
    }
}

/// What a condition says of an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Test {
    /// There is one.
    IsError,
    /// There is none.
    IsNone,
}

/// What the condition `cond` says of `error`, when it says nothing else.
pub(crate) fn tests(cx: &RuleCx<'_>, cond: ExprId, error: LocalId) -> Option<Test> {
    let file = cx.file();
    let ExprKind::Binary { op, x, y } = file.expr(file.unparen(cond)).kind else {
        return None;
    };
    let is_error = |expr| cx.body().object(file.unparen(expr)) == Object::Local(error);
    let is_nil = |expr| cx.body().object(file.unparen(expr)) == Object::Nil;
    if !(is_error(x) && is_nil(y)) {
        return None;
    }
    match op {
        BinaryOp::Ne => Some(Test::IsError),
        BinaryOp::Eq => Some(Test::IsNone),
        _ => None,
    }
}

/// Whether control never comes to the end of `block`.
pub(crate) fn leaves(cx: &RuleCx<'_>, block: StmtId) -> bool {
    let Some(&last) = cx.file().block_stmts(block).last() else {
        return false;
    };
    match cx.file().stmt(last).kind {
        StmtKind::Return(_) => true,
        StmtKind::Branch { kind, .. } => kind != BranchKind::Fallthrough,
        StmtKind::Expr(call) => {
            let call = cx.file().unparen(call);
            matches!(cx.facts().call_end(call), Some(CallEnd::Never(_)))
                || matches!(cx.file().call(call), Some((fun, _)) if cx.file().ident(fun) == Some("panic"))
        }
        _ => false,
    }
}
