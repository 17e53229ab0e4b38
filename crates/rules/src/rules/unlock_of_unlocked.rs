//! `unlock-of-unlocked`.

use go_flow::{LockEvent, LockFate, LockOp, Mutex, TakenLock};
use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::locked::{is_under_test, lock_name, span_of, takes_locks, taking_call};
use crate::rule::{Rule, declare_rule};
use crate::story::story;

declare_rule! {
    /// Finds locks that are given back twice.
    ///
    /// ## What it does
    /// Reports an `Unlock` or `RUnlock` that is reached, on some path, after the lock that the
    /// function took was given back, and has not been taken again: most often a deferred `Unlock`
    /// that runs after an explicit one.
    ///
    /// It is silent when what happens in between is not understood, when a function takes the same
    /// lock for reading in several places, and for locks of other packages than `sync`.
    ///
    /// ## Why it is bad
    /// The program ends with `fatal error: sync: unlock of unlocked mutex`, which no `recover`
    /// catches (`internal/sync/mutex.go`). When another goroutine has taken the lock in between it
    /// is worse: its lock is opened, and two work on what one of them protects.
    ///
    /// ## Example
    /// ```go
    /// type queue struct {
    /// 	mu    sync.Mutex
    /// 	items []string
    /// }
    ///
    /// func (q *queue) pop() (string, bool) {
    /// 	q.mu.Lock()
    /// 	defer q.mu.Unlock()
    /// 	if len(q.items) == 0 {
    /// 		q.mu.Unlock()
    /// 		return "", false
    /// 	}
    /// 	item := q.items[0]
    /// 	q.items = q.items[1:]
    /// 	return item, true
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type queue struct {
    /// 	mu    sync.Mutex
    /// 	items []string
    /// }
    ///
    /// func (q *queue) pop() (string, bool) {
    /// 	q.mu.Lock()
    /// 	defer q.mu.Unlock()
    /// 	if len(q.items) == 0 {
    /// 		return "", false
    /// 	}
    /// 	item := q.items[0]
    /// 	q.items = q.items[1:]
    /// 	return item, true
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a function that is called in between takes the lock and is not at hand.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub UnlockOfUnlocked {
        name: "unlock-of-unlocked",
        category: Locks,
        severity: Error,
        default: off,
        needs: LOCK,
    }
}

impl Rule for UnlockOfUnlocked {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        takes_locks(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let mut reported = Vec::new();
        for lock in cx.taken_locks() {
            if lock.given_up
                || !matches!(lock.mutex, Mutex::Mutex | Mutex::RwMutex)
                || is_under_test(cx, lock)
                || has_many_readers(cx, lock)
            {
                continue;
            }
            for event in &lock.events {
                let LockFate::ReleasedTwice { deferred } = event.fate else {
                    continue;
                };
                if reported.contains(&event.expr) {
                    continue;
                }
                reported.push(event.expr);
                report(cx, lock, event, deferred);
            }
        }
    }
}

/// Whether the lock is taken for reading in several places, so that it is given back as often.
fn has_many_readers(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let reads = |op: LockOp| op.is_read() && op.acquires();
    reads(lock.op)
        && cx
            .facts()
            .locks()
            .iter()
            .any(|other| reads(other.op) && other.call != lock.call)
}

fn report(cx: &RuleCx<'_>, lock: &TakenLock, event: &LockEvent, deferred: bool) {
    let (Some(span), Some(expr)) = (span_of(cx, event), event.expr) else {
        return;
    };
    let again = cx.call_snippet(expr);
    let name = lock_name(cx, lock);
    let message = match deferred {
        true => format!(
            "the deferred `{again}` runs on a path that has given {name} back already: the program ends with a fatal error, or opens the lock of another goroutine"
        ),
        false => format!(
            "`{again}` is reached with {name} given back already: the program ends with a fatal error, or opens the lock of another goroutine"
        ),
    };
    let mut finding = cx
        .report(&UnlockOfUnlocked::META, span, message)
        .help("give the lock back once on every path")
        .related(
            cx.file().expr(lock.call).span,
            format!("`{}` takes it here", taking_call(cx, lock)),
        );
    let first = lock.events.iter().find(|other| {
        other.fate == LockFate::Released
            && other.expr != event.expr
            && event.hops.iter().any(|hop| hop.point == other.at)
    });
    if let Some(first) = first.and_then(|first| span_of(cx, first)) {
        finding = finding.related(first, "given back here");
    }
    for (span, text) in story(cx, &event.hops) {
        finding = finding.related(span, text);
    }
}
