//! A release at the end of each iteration, and before whatever leaves it, without `defer`: for bodies of
//! loops that a literal cannot wrap, since control leaves them in several ways or by `goto`.

use diagnostics::Applicability;
use go_flow::DeferSite;
use go_syntax::walk::{Descend, Node, for_each_child, walk};
use go_syntax::{BranchKind, ExprId, ExprKind, File, StmtId, StmtKind};
use go_types::Callee;

use super::lines::{insert_after, insert_before, remove};
use super::loops::ends_elsewhere;
use super::names::is_visible;
use super::{Change, Repair};
use crate::blocks::{InList, whole_lines};
use crate::cx::RuleCx;

/// More places than these are better served by a function of its own.
const MAX_PLACES: usize = 4;

/// Calls what `site` defers by hand at the end of each iteration of the loop `stmt`.
pub(super) fn release(cx: &RuleCx<'_>, site: &DeferSite<'_>, stmt: StmtId) -> Option<Repair> {
    let file = cx.file();
    let (StmtKind::For { body, .. } | StmtKind::Range { body, .. }) = file.stmt(stmt).kind else {
        return None;
    };
    let text = file.expr_text(site.call);
    let place = InList::of(cx, site.stmt)?;
    if site.literal.is_some() || text.contains('\n') || place.owner != body {
        return None;
    }
    // What else is deferred would run at another time than this.
    let within = file.stmt(body).span;
    let is_other = |other: &DeferSite<'_>| {
        other.stmt != site.stmt && within.contains(file.stmt(other.stmt).span)
    };
    if cx.facts().defers().iter().any(is_other) {
        return None;
    }
    let mut leaves = Leaves::default();
    for &stmt in place.list {
        leaves.find(file, Node::Stmt(stmt), false, false);
    }
    let start = file.stmt(site.stmt).span.end;
    leaves
        .stmts
        .retain(|&stmt| file.stmt(stmt).span.start > start);
    let mut edits: Vec<Change> = vec![remove(cx, whole_lines(cx, file.stmt(site.stmt).span)?)?];
    for &stmt in &leaves.stmts {
        InList::of(cx, stmt)?;
        if !is_ready(cx, site.call, file.stmt(stmt).span.start) || !is_settled(cx, stmt) {
            return None;
        }
        edits.push(insert_before(cx, stmt, text)?);
    }
    if !ends_elsewhere(file, body) {
        let &last = place.list.last()?;
        if last == site.stmt || !is_ready(cx, site.call, file.stmt(last).span.end) {
            return None;
        }
        edits.push(insert_after(cx, last, text)?);
    }
    (!leaves.has_label && edits.len() <= MAX_PLACES + 1).then(|| Repair {
        // A panic would leave it behind.
        applicability: Applicability::Unsafe,
        description: format!("Call `{text}` where an iteration ends, without `defer`"),
        edits,
    })
}

/// Whether the variables of the call are there at `at`, and have been set once only.
fn is_ready(cx: &RuleCx<'_>, call: ExprId, at: u32) -> bool {
    let mut is_ready = true;
    walk(cx.file(), Node::Expr(call), |node| {
        if let Node::Expr(expr) = node
            && let Some(local) = cx.body().names().local_of(expr)
        {
            is_ready &= is_visible(cx, local, at) && cx.facts().var(local).writes.len() <= 1;
        }
        Descend::Into
    });
    is_ready
}

/// Whether what a statement returns is the same after the release: errors made on the spot, and values
/// that nothing is called for.
fn is_settled(cx: &RuleCx<'_>, stmt: StmtId) -> bool {
    let file = cx.file();
    let StmtKind::Return(results) = file.stmt(stmt).kind else {
        return true;
    };
    let mut is_settled = true;
    for &result in file.exprs(results) {
        walk(file, Node::Expr(result), |node| {
            if let Node::Expr(expr) = node {
                is_settled &= match file.expr(expr).kind {
                    ExprKind::Call { .. } => matches!(
                        cx.facts().callee(expr),
                        Callee::Func {
                            package: "fmt" | "errors" | "github.com/pkg/errors",
                            ..
                        } | Callee::Conversion(_)
                    ),
                    ExprKind::Unary { .. } | ExprKind::Star(_) | ExprKind::FuncLit(_) => false,
                    _ => true,
                };
            }
            Descend::Into
        });
    }
    is_settled
}

/// The statements by which control leaves an iteration.
#[derive(Default)]
struct Leaves {
    stmts: Vec<StmtId>,
    has_label: bool,
}

impl Leaves {
    /// `in_loop` and `in_switch`: a `break` or `continue` there belongs to something within.
    fn find(&mut self, file: &File, node: Node, in_loop: bool, in_switch: bool) {
        let (mut in_loop, mut in_switch) = (in_loop, in_switch);
        match node {
            Node::Func(_) | Node::Expr(_) => return,
            Node::Stmt(stmt) => match file.stmt(stmt).kind {
                StmtKind::Return(_) => self.stmts.push(stmt),
                StmtKind::Branch { kind, label } => {
                    let leaves = match kind {
                        BranchKind::Fallthrough => false,
                        BranchKind::Goto => true,
                        // No label is within: that is not repaired.
                        _ if label.is_some() => true,
                        BranchKind::Break => !in_loop && !in_switch,
                        BranchKind::Continue => !in_loop,
                    };
                    if leaves {
                        self.stmts.push(stmt);
                    }
                }
                StmtKind::Labeled { .. } => self.has_label = true,
                StmtKind::For { .. } | StmtKind::Range { .. } => in_loop = true,
                StmtKind::Switch { .. } | StmtKind::TypeSwitch { .. } | StmtKind::Select { .. } => {
                    in_switch = true;
                }
                _ => {}
            },
            _ => {}
        }
        for_each_child(file, node, |child| {
            self.find(file, child, in_loop, in_switch);
        });
    }
}
