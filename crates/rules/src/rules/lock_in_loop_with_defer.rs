//! `lock-in-loop-with-defer`.

use go_flow::{CallMode, EdgeKind, LockFate, LoopKind, Mutex, NodeKind, TakenLock};
use go_syntax::{BinaryOp, ExprId, ExprKind, FuncId, StmtId};
use go_types::{Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::loops::wrap;
use crate::locked::{is_exclusive, lock_name, takes_locks, taking_call};
use crate::rule::{Rule, declare_rule};
use diagnostics::Severity;

declare_rule! {
    /// Finds locks that are taken in a loop and given back by a `defer`.
    ///
    /// ## What it does
    /// Reports a `Lock` in a loop whose `Unlock` is deferred, when there can be a next round: the
    /// deferred call has not run then. That round comes to the same lock, or takes another and keeps
    /// both.
    ///
    /// It is silent when every round leaves the function, and when the body of the loop is a literal
    /// that is called in each round.
    ///
    /// ## Why it is bad
    /// Deferred calls run when the function returns, not at the end of a round (specification,
    /// "Defer statements"). The second round waits for a lock that its own function holds, for ever;
    /// a test with one element does not see it. When each element has a lock of its own, all of them
    /// are held in the end: two goroutines that go through the elements in different orders wait for
    /// each other, and an element that comes up twice waits for itself.
    ///
    /// ## Example
    /// ```go
    /// func total(mu *sync.Mutex, shared map[string]int, keys []string) int {
    /// 	sum := 0
    /// 	for _, key := range keys {
    /// 		mu.Lock()
    /// 		defer mu.Unlock()
    /// 		sum += shared[key]
    /// 	}
    /// 	return sum
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func total(mu *sync.Mutex, shared map[string]int, keys []string) int {
    /// 	mu.Lock()
    /// 	defer mu.Unlock()
    /// 	sum := 0
    /// 	for _, key := range keys {
    /// 		sum += shared[key]
    /// 	}
    /// 	return sum
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the loop never makes a second round for a reason that the code does not show.
    ///
    /// ## Fix safety
    /// The fix puts the body of the loop into a function literal that is called at once, so that the lock
    /// is given back at the end of the round. It is unsafe: the locks of all rounds may be meant to be
    /// held together.
    pub LockInLoopWithDefer {
        name: "lock-in-loop-with-defer",
        category: Locks,
        severity: Error,
        default: off,
        needs: LOCK,
    }
}

impl Rule for LockInLoopWithDefer {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        takes_locks(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for lock in cx.taken_locks() {
            if lock.given_up || lock.mutex == Mutex::Other {
                continue;
            }
            let comes_round = lock.events.iter().any(|event| {
                matches!(
                    event.fate,
                    LockFate::Again {
                        deferred_release: true,
                        ..
                    }
                ) && event.expr == Some(lock.call)
            });
            if !comes_round && (cx.is_test() || !is_given_back_later(cx, lock))
                || comes_round && is_once(cx, lock)
            {
                continue;
            }
            let call = taking_call(cx, lock);
            let name = lock_name(cx, lock);
            let what = match is_exclusive(lock) {
                _ if !comes_round => {
                    "one that comes up twice, or another function that takes them in another order, waits for ever"
                }
                true => "the second round waits for ever",
                false => "each round takes it once more, and waits for ever once a writer waits",
            };
            let finding = cx
                .report(
                    &LockInLoopWithDefer::META,
                    cx.file().expr(lock.call).span,
                    match comes_round {
                        true => format!(
                            "`{call}` comes round again with {name} held until the function returns: {what}"
                        ),
                        false => format!(
                            "each round takes another lock by `{call}`, and all are held until the function returns: {what}"
                        ),
                    },
                )
                .help("give the lock back at the end of the round, or put the body of the loop into a function")
                .repair(loop_around(cx, lock).and_then(|stmt| wrap(cx, lock.point.func, stmt, false)));
            if comes_round && !is_exclusive(lock) {
                finding.at_most(Severity::Note);
            }
        }
    }
}

/// The `for` or `range` statement around the call that takes a lock.
fn loop_around(cx: &RuleCx<'_>, lock: &TakenLock) -> Option<StmtId> {
    let cfg = cx.facts().cfg(lock.point.func);
    let &innermost = cfg.loops_of_node(lock.point.node).first()?;
    (innermost.kind != LoopKind::Goto).then_some(innermost.stmt)
}

/// Whether a `defer` in the same loop gives the lock back.
fn is_given_back_later(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let facts = cx.facts();
    let cfg = facts.cfg(lock.point.func);
    let release = lock.op.counterpart();
    // The variable that leads to it means another in each round.
    let varies = lock
        .events
        .iter()
        .any(|event| event.fate == LockFate::Unknown);
    varies
        && is_in_range(cx, lock)
        && facts.in_cycle(lock.point)
        && facts.locks().iter().any(|other| {
            let place = |call| {
                let mut locks = facts.locks().iter();
                locks.find(|known| known.call == call)?.place.as_ref()
            };
            matches!(other.mode, CallMode::Deferred(_))
                && other.op == release
                && other.point.func == lock.point.func
                && cfg.in_same_cycle(other.point.node, lock.point.node)
                && other.place.is_some()
                && other.place.as_ref() == place(lock.call)
        })
}

/// Whether the loop goes through the elements of something.
fn is_in_range(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let cfg = cx.facts().cfg(lock.point.func);
    cfg.loops()
        .iter()
        .any(|lp| lp.kind == LoopKind::Range && cfg.in_same_cycle(lp.head, lock.point.node))
}

/// Whether a condition in the loop lets only one round come to the call: a count that equals a
/// number, or a variable that says that it was done.
fn is_once(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let file = cx.file();
    let cfg = cx.facts().cfg(lock.point.func);
    cfg.nodes().any(|node| {
        let NodeKind::Cond(cond) = node.kind else {
            return false;
        };
        // The call is what comes first where the condition holds.
        let leads =
            |edge: &go_flow::Edge| edge.kind == EdgeKind::True && edge.node == lock.point.node;
        let leads_not =
            |edge: &go_flow::Edge| edge.kind == EdgeKind::False && edge.node == lock.point.node;
        let cond = file.unparen(cond);
        // A negation has no node of its own: `!done` leads there where `done` does not hold.
        if !cfg.in_same_cycle(node.id, lock.point.node)
            || !cfg
                .successors(node.id)
                .iter()
                .any(|edge| leads(edge) || leads_not(edge))
        {
            return false;
        }
        let outlives = |expr: ExprId| match cx.body().object(expr) {
            Object::Local(local) => {
                let writes = &cx.facts().var(local).writes;
                writes.first().is_some_and(|first| {
                    first.point.func != lock.point.func
                        || !cfg.in_same_cycle(first.point.node, lock.point.node)
                }) && writes.len() > 1
            }
            _ => false,
        };
        // The element of the round: one of them equals a constant.
        let is_of_round = |expr: ExprId| match cx.body().object(expr) {
            Object::Local(local) => {
                let writes = &cx.facts().var(local).writes;
                let mut heads = cfg.loops().iter().filter(|lp| lp.kind == LoopKind::Range);
                heads.any(|lp| {
                    cfg.in_same_cycle(lp.head, lock.point.node)
                        && writes.iter().all(|write| write.point.node == lp.head)
                })
            }
            _ => false,
        };
        let is_constant = |expr: ExprId| {
            matches!(file.expr(file.unparen(expr)).kind, ExprKind::BasicLit(_))
                || cx.body().is_constant(expr)
        };
        match file.expr(cond).kind {
            ExprKind::Ident => outlives(cond),
            ExprKind::Unary { x, .. } => outlives(x),
            ExprKind::Binary {
                op: BinaryOp::Eq,
                x,
                y,
            } => {
                let holds = || cfg.successors(node.id).iter().any(leads);
                is_constant(y) && (outlives(x) || is_of_round(x) && holds())
            }
            _ => false,
        }
    })
}
