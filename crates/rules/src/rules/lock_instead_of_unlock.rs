//! `lock-instead-of-unlock`.

use diagnostics::Applicability;
use go_flow::{CallMode, LiteralUse, LockCall, LockOp};
use go_syntax::{FuncId, StmtId};

use crate::cx::RuleCx;
use crate::held::{method_span, taken_at};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds `defer mu.Lock()` right where `defer mu.Unlock()` is meant.
    ///
    /// ## What it does
    /// Reports a deferred `Lock` or `RLock` of a lock that is held where the `defer` stands: on
    /// every path to it, the last thing that happened to the lock is that it was taken. A deferred
    /// literal that does nothing to the lock but take it counts as well.
    ///
    /// It is silent where taking the lock again is the point: after an `Unlock`, as in
    /// `mu.Unlock(); defer mu.Lock()` in a function whose caller holds the lock, and where the
    /// function gives the lock back after the `defer`.
    ///
    /// ## Why it is bad
    /// When the function returns, the deferred call waits for a lock that its own goroutine holds,
    /// which is for ever: locks of package `sync` do not know who holds them, and a second `Lock`
    /// blocks (package `sync`, `Mutex.Lock`). The caller never gets its result, and everybody else
    /// who wants the lock waits too. Two `RLock`s do not block each other; the lock then is never
    /// given back, and the next `Lock` waits for ever.
    ///
    /// ## Example
    /// ```go
    /// type counter struct {
    /// 	mu sync.Mutex
    /// 	n  int
    /// }
    ///
    /// func (c *counter) next() int {
    /// 	c.mu.Lock()
    /// 	defer c.mu.Lock()
    /// 	c.n++
    /// 	return c.n
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type counter struct {
    /// 	mu sync.Mutex
    /// 	n  int
    /// }
    ///
    /// func (c *counter) next() int {
    /// 	c.mu.Lock()
    /// 	defer c.mu.Unlock()
    /// 	c.n++
    /// 	return c.n
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a function that is called after the `defer` gives the lock back, so that the deferred
    /// call takes it anew for the caller.
    ///
    /// ## Fix safety
    /// The fix calls the method that gives back what was taken, `Unlock` or `RUnlock`. It is safe:
    /// the deferred call could not have come to an end, or left the lock taken for good.
    pub LockInsteadOfUnlock {
        name: "lock-instead-of-unlock",
        category: Locks,
        severity: Error,
        default: on,
        needs: LOCK,
    }
}

impl Rule for LockInsteadOfUnlock {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for lock in cx.facts().locks() {
            if matches!(lock.op, LockOp::Lock | LockOp::RLock)
                && let Some(defer) = deferred_by(cx, lock)
            {
                check_lock(cx, lock, defer);
            }
        }
    }
}

/// The `defer` that makes this call, directly or as the only use of the lock in its literal.
fn deferred_by(cx: &RuleCx<'_>, lock: &LockCall<'_>) -> Option<StmtId> {
    match lock.mode {
        CallMode::Deferred(stmt) => Some(stmt),
        CallMode::Now => {
            let LiteralUse::Deferred { stmt, .. } = cx.facts().literal_use(lock.point.func) else {
                return None;
            };
            let is_other = |other: &LockCall<'_>| {
                other.point.func == lock.point.func
                    && other.call != lock.call
                    && other.place == lock.place
            };
            (!cx.facts().locks().iter().any(is_other)).then_some(stmt)
        }
        CallMode::Spawned(_) => None,
    }
}

fn check_lock(cx: &RuleCx<'_>, lock: &LockCall<'_>, defer: StmtId) {
    let facts = cx.facts();
    let last = facts.last_ops(lock);
    if !last.all(LockOp::acquires) || given_back_later(cx, lock, defer) {
        return;
    }
    let Some(defer_point) = facts.point_of_stmt(defer) else {
        return;
    };
    let held_for_reading = last.all(LockOp::is_read);
    let call = cx.call_snippet(lock.call);
    let end = cx.func_label(defer_point.func);
    let message = if held_for_reading && lock.op.is_read() {
        format!(
            "the deferred `{call}` takes the lock once more when {end} returns, instead of giving it back: the next `Lock` waits for ever"
        )
    } else {
        format!(
            "the deferred `{call}` finds the lock taken when {end} returns, and waits for ever for its own goroutine to give it back"
        )
    };
    let right = if held_for_reading {
        LockOp::RUnlock
    } else {
        LockOp::Unlock
    };
    let operand = cx.snippet(lock.operand);
    let span = match lock.mode {
        CallMode::Deferred(_) => cx.file().stmt(defer).span,
        _ => cx.file().expr(lock.call).span,
    };
    let mut finding = cx
        .report(&LockInsteadOfUnlock::META, span, message)
        .help(format!("write `defer {operand}.{}()`", right.as_str()));
    if let Some(taken) = taken_at(cx, lock) {
        finding = finding.related(taken, "taken here");
    }
    // Taken for reading on one way and for writing on another, it has to be given back in both.
    let is_one_kind = held_for_reading || last.all(|op| !op.is_read());
    if is_one_kind
        && !is_given_back_too(cx, lock)
        && let Some(method) = method_span(cx, lock)
    {
        finding.fix(
            Applicability::Safe,
            format!("Call `{}`", right.as_str()),
            [(method, right.as_str().to_owned())],
        );
    }
}

/// Whether another deferred call gives the lock back: one of the two is too much.
fn is_given_back_too(cx: &RuleCx<'_>, lock: &LockCall<'_>) -> bool {
    cx.facts().locks().iter().any(|other| {
        !other.op.acquires()
            && other.place == lock.place
            && matches!(other.mode, CallMode::Deferred(_))
    })
}

/// Whether something that runs after the `defer` and before the deferred call gives the lock back:
/// a later `defer`, or a literal that somebody may call. (Calls in the function itself are part of
/// the state of the lock.)
fn given_back_later(cx: &RuleCx<'_>, lock: &LockCall<'_>, defer: StmtId) -> bool {
    let facts = cx.facts();
    let Some(point) = facts.point_of_stmt(defer) else {
        return true;
    };
    let may_run_first = |func: FuncId| {
        func != lock.point.func && !matches!(facts.literal_runs(func), LiteralUse::Spawned { .. })
    };
    facts.locks().iter().any(|other| {
        !other.op.acquires()
            && other.place == lock.place
            && if other.point.func == point.func {
                facts.cfg(point.func).reaches(point.node, other.point.node)
            } else {
                may_run_first(other.point.func)
            }
    })
}
