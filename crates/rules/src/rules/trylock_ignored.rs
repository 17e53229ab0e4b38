//! `trylock-ignored`.

use go_flow::{CallMode, LockOp, Mutex, NodeKind};
use go_syntax::StmtKind;
use go_types::Object;

use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds calls of `TryLock` whose answer nobody looks at.
    ///
    /// ## What it does
    /// Reports `TryLock` and `TryRLock` of the locks of package `sync` when the result is dropped:
    /// the call is a statement, is deferred or started as a goroutine, or its result is assigned to
    /// `_`.
    ///
    /// ## Why it is bad
    /// `TryLock` does not wait: when another goroutine holds the lock it returns `false` and takes
    /// nothing. What follows then runs without the lock, and the `Unlock` that belongs to it opens
    /// the lock of the other, or ends the program with `fatal error: sync: unlock of unlocked mutex`.
    ///
    /// ## Example
    /// ```go
    /// func add(mu *sync.Mutex, total *int, n int) {
    /// 	mu.TryLock()
    /// 	defer mu.Unlock()
    /// 	*total += n
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func add(mu *sync.Mutex, total *int, n int) {
    /// 	mu.Lock()
    /// 	defer mu.Unlock()
    /// 	*total += n
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the lock is known to be free, as in a test.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub TrylockIgnored {
        name: "trylock-ignored",
        category: Locks,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for TrylockIgnored {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies(
        &self,
        file: &go_syntax::File,
        func: go_syntax::FuncId,
        _: &crate::FileInput<'_>,
    ) -> bool {
        let text = file.span_text(file.func(func).span);
        text.contains(".TryLock") || text.contains(".TryRLock")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let file = cx.file();
        for lock in cx.facts().locks() {
            if !matches!(lock.op, LockOp::TryLock | LockOp::TryRLock)
                || !matches!(lock.mutex, Mutex::Mutex | Mutex::RwMutex)
            {
                continue;
            }
            let is_dropped = match lock.mode {
                CallMode::Deferred(_) | CallMode::Spawned(_) => true,
                CallMode::Now => match cx.facts().cfg(lock.point.func).kind(lock.point.node) {
                    NodeKind::Stmt(stmt) => match file.stmt(stmt).kind {
                        StmtKind::Expr(expr) => file.unparen(expr) == lock.call,
                        StmtKind::Assign { lhs, rhs, .. } => {
                            let targets = file.exprs(lhs).iter();
                            { targets.zip(file.exprs(rhs)) }.any(|(&target, &value)| {
                                file.unparen(value) == lock.call
                                    && cx.body().object(target) == Object::Blank
                            })
                        }
                        _ => false,
                    },
                    _ => false,
                },
            };
            if is_dropped {
                let call = cx.call_snippet(lock.call);
                let plain = match lock.op {
                    LockOp::TryRLock => "RLock",
                    _ => "Lock",
                };
                cx.report(
                    &TrylockIgnored::META,
                    file.expr(lock.call).span,
                    format!(
                        "nobody looks at what `{call}` gives, so what follows runs without the lock when another goroutine holds it"
                    ),
                )
                .help(format!(
                    "ask `if {call} {{ … }}`, or call `{plain}` to wait for it"
                ));
            }
        }
    }
}
