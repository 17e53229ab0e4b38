//! `double-lock`.

use diagnostics::Severity;
use go_flow::{CallMode, LockEvent, LockFate, LockOp, Mutex, TakenLock};
use go_syntax::{ExprId, FuncId};
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::locked::{
    is_exclusive, is_under_test, lock_name, root_name, span_of, takes_locks, taking_call,
};
use crate::rule::{Rule, declare_rule};
use crate::story::story;

declare_rule! {
    /// Finds locks that are taken by a goroutine that holds them already.
    ///
    /// ## What it does
    /// Reports a call of `Lock` or `RLock` that is reached, on some path, with the same lock held by
    /// the function itself, and a call of a function of the package that takes it. The lock is the
    /// same when it is the same variable, or the same field of the same variable, and nothing in
    /// between assigns to either.
    ///
    /// A function whose name ends in `Locked` is called with the lock of its receiver held, if the
    /// receiver has one lock or one that is called `mu`, and a function that takes it is a caller.
    ///
    /// A called function takes a lock when it does so before anything else with it. One that takes it
    /// only when a parameter says so counts when the argument is a constant that does; one that gives
    /// it back first is left alone. A call of a function that a field holds counts when all that the
    /// package puts into the field take the lock of the value that has the field, and printing by
    /// package fmt calls `String` or `Error`. `RLock` within `RLock` is a note, and left alone in tests. Locks of other packages than `sync` may allow
    /// it, so nothing is said of them.
    ///
    /// ## Why it is bad
    /// The locks of Go do not know who holds them: the second `Lock` waits for the first to be given
    /// back, which the waiting goroutine would have to do. It hangs for ever, and everybody who wants
    /// the lock with it. A second `RLock` works until a writer waits between the two: it makes
    /// later readers wait, and waits itself for the first reader (`sync.RWMutex`).
    ///
    /// ## Example
    /// ```go
    /// type store struct {
    /// 	mu   sync.Mutex
    /// 	keys []string
    /// }
    ///
    /// func (s *store) Len() int {
    /// 	s.mu.Lock()
    /// 	defer s.mu.Unlock()
    /// 	return len(s.keys)
    /// }
    ///
    /// func (s *store) Add(key string) int {
    /// 	s.mu.Lock()
    /// 	defer s.mu.Unlock()
    /// 	s.keys = append(s.keys, key)
    /// 	return s.Len()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type store struct {
    /// 	mu   sync.Mutex
    /// 	keys []string
    /// }
    ///
    /// func (s *store) Len() int {
    /// 	s.mu.Lock()
    /// 	defer s.mu.Unlock()
    /// 	return len(s.keys)
    /// }
    ///
    /// func (s *store) Add(key string) int {
    /// 	s.mu.Lock()
    /// 	defer s.mu.Unlock()
    /// 	s.keys = append(s.keys, key)
    /// 	return len(s.keys)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the called function takes the lock only in a state that it cannot be in here.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DoubleLock {
        name: "double-lock",
        category: Locks,
        severity: Error,
        default: on,
        needs: BODY,
    }
}

impl Rule for DoubleLock {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        let is_named = |name| file.name(name).ends_with("Locked");
        takes_locks(package, func, input) || file.func(func).name.is_some_and(is_named)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let mut reported = Vec::new();
        for lock in cx.taken_locks() {
            if lock.given_up || lock.mutex == Mutex::Other || is_under_test(cx, lock) {
                continue;
            }
            for event in &lock.events {
                let LockFate::Again { op, within, .. } = event.fate else {
                    continue;
                };
                // In a loop it is the giving back that is missing.
                if event.expr == Some(lock.call) || reported.contains(&event.expr) {
                    continue;
                }
                // A deferred one was meant to give it back: lock-instead-of-unlock.
                if event.expr.is_some_and(|call| is_deferred(cx, call)) {
                    continue;
                }
                reported.push(event.expr);
                // Tests have no writer that comes in between.
                if cx.is_test() && !is_exclusive(lock) && op.is_read() {
                    continue;
                }
                report(cx, lock, event, op, within);
            }
        }
        if let Some(entered) = cx.facts().entered_lock(&cx.lock_contracts()) {
            for event in &entered.events {
                if let LockFate::Again { within: true, .. } = event.fate
                    && !reported.contains(&event.expr)
                {
                    reported.push(event.expr);
                    report_entered(cx, &entered.name, event);
                }
            }
        }
    }
}

/// Whether a call that locks is deferred itself.
fn is_deferred(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let locks = cx.facts().locks();
    locks
        .iter()
        .any(|lock| lock.call == call && matches!(lock.mode, CallMode::Deferred(_)))
}

/// A function that is called with the lock, by its name, calls one that takes it.
fn report_entered(cx: &RuleCx<'_>, name: &str, event: &LockEvent) {
    let (Some(span), Some(expr)) = (span_of(cx, event), event.expr) else {
        return;
    };
    let again = cx.call_snippet(expr);
    let mut finding = cx
        .report(
            &DoubleLock::META,
            span,
            format!(
                "`{again}` takes `{name}`, which callers of `{}` hold by its name, and waits for ever",
                root_name(cx)
            ),
        )
        .help("call a variant that expects the lock to be held");
    for (span, text) in story(cx, &event.hops) {
        finding = finding.related(span, text);
    }
}

fn report(cx: &RuleCx<'_>, lock: &TakenLock, event: &LockEvent, op: LockOp, within: bool) {
    let (Some(span), Some(expr)) = (span_of(cx, event), event.expr) else {
        return;
    };
    let again = cx.call_snippet(expr);
    let name = lock_name(cx, lock);
    let readers = !is_exclusive(lock) && op.is_read();
    let what = match (within, readers) {
        (false, false) => format!("`{again}` waits for ever, because {name} is held already"),
        (true, false) => {
            format!("`{again}` takes {name}, which is held already, and waits for ever")
        }
        (false, true) => format!(
            "`{again}` waits for ever when a writer has come in between, because {name} is held for reading already"
        ),
        (true, true) => format!(
            "`{again}` takes {name}, which is held for reading already, and waits for ever when a writer has come in between"
        ),
    };
    let help = match within {
        true => {
            "call it before the lock is taken or after it is given back, or a variant that expects the lock to be held"
        }
        false => "give the lock back first, or do without the second call",
    };
    let mut finding = cx.report(&DoubleLock::META, span, what).help(help).related(
        cx.file().expr(lock.call).span,
        format!("`{}` takes it here", taking_call(cx, lock)),
    );
    for (span, text) in story(cx, &event.hops) {
        finding = finding.related(span, text);
    }
    if readers {
        finding.at_most(Severity::Note);
    }
}
