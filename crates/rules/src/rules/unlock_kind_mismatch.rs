//! `unlock-kind-mismatch`.

use diagnostics::Applicability;
use go_flow::{CallMode, LockCall, LockOp, Mutex};
use go_syntax::StmtKind;

use crate::cx::RuleCx;
use crate::held::{method_span, taken_at};
use crate::locked::follows_lock;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds read locks that are given back with `Unlock`, and write locks with `RUnlock`.
    ///
    /// ## What it does
    /// Reports an `Unlock` of a `sync.RWMutex` that was taken with `RLock` (or `TryRLock`), and an
    /// `RUnlock` of one that was taken with `Lock` (or `TryLock`): on every path to the call the
    /// last thing that happened to the lock is of the other kind. For a deferred call the state at
    /// the `defer` counts, unless the function works with the lock after it.
    ///
    /// It is silent when some path takes the lock with the method that fits, and for lock types of
    /// other packages, which may have rules of their own.
    ///
    /// ## Why it is bad
    /// Readers and writers are counted apart. `Unlock` without a writer ends the program with
    /// `fatal error: sync: Unlock of unlocked RWMutex`, `RUnlock` without a reader with
    /// `fatal error: sync: RUnlock of unlocked RWMutex`; no `recover` catches these. When somebody
    /// else happens to wait for the lock, the counts go wrong instead: a writer gets in while
    /// readers read, or nobody gets in any more (`sync/rwmutex.go`).
    ///
    /// ## Example
    /// ```go
    /// type cache struct {
    /// 	mu    sync.RWMutex
    /// 	items map[string]string
    /// }
    ///
    /// func (c *cache) get(key string) string {
    /// 	c.mu.RLock()
    /// 	defer c.mu.Unlock()
    /// 	return c.items[key]
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type cache struct {
    /// 	mu    sync.RWMutex
    /// 	items map[string]string
    /// }
    ///
    /// func (c *cache) get(key string) string {
    /// 	c.mu.RLock()
    /// 	defer c.mu.RUnlock()
    /// 	return c.items[key]
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a function that is called in between changes how the lock is held.
    ///
    /// A function of a test that declares a lock and does nothing but lock and unlock it is left
    /// alone: it is there to see the program end.
    ///
    /// ## Fix safety
    /// The fix calls the method that fits how the lock was taken. It is safe: the program could not
    /// have gone on as it was.
    pub UnlockKindMismatch {
        name: "unlock-kind-mismatch",
        category: Locks,
        severity: Error,
        default: on,
        needs: LOCK,
    }
}

impl Rule for UnlockKindMismatch {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for lock in cx.facts().locks() {
            if !lock.op.acquires() && has_two_kinds(cx, lock) {
                check_unlock(cx, lock);
            }
        }
    }
}

/// Whether the lock tells readers from writers.
fn has_two_kinds(cx: &RuleCx<'_>, lock: &LockCall<'_>) -> bool {
    match lock.mutex {
        Mutex::RwMutex => true,
        // A type that is not known has both kinds if the function also uses the method that fits.
        Mutex::Unknown => cx.facts().locks().iter().any(|other| {
            other.op == fitting(lock.op) && other.place.is_some() && other.place == lock.place
        }),
        Mutex::Mutex | Mutex::Locker | Mutex::Other => false,
    }
}

/// The method that should have been called when `op` is of the wrong kind.
fn fitting(op: LockOp) -> LockOp {
    if op.is_read() {
        LockOp::Unlock
    } else {
        LockOp::RUnlock
    }
}

/// Whether the function declares the lock and does nothing but lock and unlock it: a test of what
/// becomes of those who do it wrong.
fn is_about_the_lock(cx: &RuleCx<'_>, lock: &LockCall<'_>) -> bool {
    let file = cx.file();
    let func = lock.point.func;
    let Some(body) = file.func(func).body else {
        return false;
    };
    let is_own = lock.place.as_ref().is_some_and(|place| {
        let local = place.local().filter(|_| place.is_variable());
        local.is_some_and(|local| cx.body().names().local(local).func == func)
    });
    let is_lock_call = |call| {
        let mut locks = cx.facts().locks().iter();
        locks.any(|other| other.call == call && other.place == lock.place)
    };
    is_own && { file.block_stmts(body).iter() }.all(|&stmt| match file.stmt(stmt).kind {
        StmtKind::Decl(_) => true,
        StmtKind::Expr(expr) => is_lock_call(file.unparen(expr)),
        _ => false,
    })
}

fn check_unlock(cx: &RuleCx<'_>, lock: &LockCall<'_>) {
    let last = cx.facts().last_ops(lock);
    if !last.all(|op| op.acquires() && op.is_read() != lock.op.is_read()) {
        return;
    }
    let Some(taken) = last.iter().next() else {
        return;
    };
    if cx.is_test() && is_about_the_lock(cx, lock) {
        return;
    }
    let right = fitting(lock.op);
    let wrong = lock.op.as_str();
    let call = cx.call_snippet(lock.call);
    let operand = cx.snippet(lock.operand);
    let (span, is_deferred) = match lock.mode {
        CallMode::Deferred(stmt) => (cx.file().stmt(stmt).span, true),
        _ => (cx.file().expr(lock.call).span, false),
    };
    let what_happens = match lock.mutex {
        Mutex::RwMutex => {
            format!("the program ends with `fatal error: sync: {wrong} of unlocked RWMutex`")
        }
        _ => "readers and writers are counted apart, so it stays taken".to_owned(),
    };
    let mut finding = cx
        .report(
            &UnlockKindMismatch::META,
            span,
            format!(
                "`{call}` gives back a lock that was taken with `{}`: {what_happens}",
                taken.as_str()
            ),
        )
        .help(format!(
            "write `{}{operand}.{}()`",
            if is_deferred { "defer " } else { "" },
            right.as_str()
        ));
    if let Some(taken) = taken_at(cx, lock) {
        finding = finding.related(taken, "taken here");
    }
    // Else nothing would be left to protect, and something else is wrong.
    if !follows_lock(cx, lock.point)
        && let Some(method) = method_span(cx, lock)
    {
        finding.fix(
            Applicability::Safe,
            format!("Call `{}`", right.as_str()),
            [(method, right.as_str().to_owned())],
        );
    }
}
