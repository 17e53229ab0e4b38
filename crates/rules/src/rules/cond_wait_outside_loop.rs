//! `cond-wait-outside-loop`.

use go_flow::{CallMode, LiteralUse, NodeKind, Point, calls};
use go_syntax::{ExprId, FuncId};
use go_types::{Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds waits on a sync.Cond that do not look at the condition again.
    ///
    /// ## What it does
    /// Reports `c.Wait()` of a `sync.Cond` that stands behind a condition or after a lock of the same
    /// function and in no loop. It is silent for a function that does nothing but wait, and leaves
    /// the loop to its callers, and when nothing but a return follows.
    ///
    /// ## Why it is bad
    /// `Wait` gives the lock back and takes it again before it returns; in between anybody else may
    /// have made the condition false once more (documentation of `sync.Cond.Wait`). Code after a wait
    /// without a loop then takes an element from an empty queue. And a `Wait` that asks for no
    /// condition at all sleeps for ever when the signal came before it.
    ///
    /// ## Example
    /// ```go
    /// type queue struct {
    /// 	mu    sync.Mutex
    /// 	ready *sync.Cond
    /// 	items []int
    /// }
    ///
    /// func (q *queue) pop() int {
    /// 	q.mu.Lock()
    /// 	defer q.mu.Unlock()
    /// 	if len(q.items) == 0 {
    /// 		q.ready.Wait()
    /// 	}
    /// 	item := q.items[0]
    /// 	q.items = q.items[1:]
    /// 	return item
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type queue struct {
    /// 	mu    sync.Mutex
    /// 	ready *sync.Cond
    /// 	items []int
    /// }
    ///
    /// func (q *queue) pop() int {
    /// 	q.mu.Lock()
    /// 	defer q.mu.Unlock()
    /// 	for len(q.items) == 0 {
    /// 		q.ready.Wait()
    /// 	}
    /// 	item := q.items[0]
    /// 	q.items = q.items[1:]
    /// 	return item
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When only one goroutine ever waits, nobody makes the condition false again, and the condition
    /// was tested under the lock.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub CondWaitOutsideLoop {
        name: "cond-wait-outside-loop",
        category: Goroutines,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for CondWaitOutsideLoop {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        calls(package.file(input.index), func).contains("Wait")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().calls() {
            if site.mode != CallMode::Now
                || !cx.body().is_method_call(site.call, "sync", "Cond", "Wait")
                || !cx.facts().reachable(site.point)
                || is_in_loop(cx, site.point)
            {
                continue;
            }
            let is_asked = is_asked_before(cx, site.point);
            // Tests know who comes first.
            if !is_asked && (cx.is_test() || !locks_before(cx, site.point)) {
                continue;
            }
            if is_asked && !uses_state_after(cx, site.point) {
                continue;
            }
            let call = cx.call_snippet(site.call);
            let message = if is_asked {
                format!("what `{call}` waits for may be over again when it returns")
            } else {
                format!(
                    "`{call}` asks for no condition, so it sleeps on when the signal has come before"
                )
            };
            cx.report(&Self::META, cx.file().expr(site.call).span, message)
                .help("wait in a loop: `for !condition { … }`");
        }
    }
}

/// Whether a point is passed again, in its function or in those around it that call it.
fn is_in_loop(cx: &RuleCx<'_>, mut point: Point) -> bool {
    loop {
        if cx.facts().in_cycle(point) {
            return true;
        }
        match cx.facts().literal_runs(point.func) {
            LiteralUse::Called { call } => match cx.facts().point_of_expr(call) {
                Some(outer) => point = outer,
                None => return true,
            },
            LiteralUse::Root | LiteralUse::Spawned { .. } | LiteralUse::Deferred { .. } => {
                return false;
            }
            // Whoever runs it may do so in a loop.
            _ => return true,
        }
    }
}

/// Whether a condition decides if a point is passed.
fn is_asked_before(cx: &RuleCx<'_>, point: Point) -> bool {
    let cfg = cx.facts().cfg(point.func);
    cfg.nodes().any(|node| {
        matches!(node.kind, NodeKind::Cond(_))
            && cfg.dominates(node.id, point.node)
            && cfg.reaches_avoiding(node.id, cfg.exit(), point.node)
    })
}

/// Whether something that others may have changed is read after a wait. A function that only returns
/// leaves the next look to its callers.
fn uses_state_after(cx: &RuleCx<'_>, wait: Point) -> bool {
    let (file, facts) = (cx.file(), cx.facts());
    let after = facts.cfg(wait.func).nodes_after(wait.node);
    let called: Vec<ExprId> = facts
        .calls()
        .iter()
        .filter_map(|site| file.call(site.call))
        .map(|(fun, _)| file.unparen(fun))
        .collect();
    file.func(wait.func).exprs.iter().any(|expr| {
        let Some((x, name)) = file.selector(expr) else {
            return false;
        };
        let at = facts
            .point_of_expr(expr)
            .filter(|at| at.func == wait.func && after.contains(at.node.index()));
        // `mu.Unlock`, `log.Printf` and what they are called on.
        let span = file.expr(expr).span;
        let is_call = called.contains(&expr)
            || called.iter().any(|&fun| {
                file.selector(fun).is_some_and(|(_, method)| {
                    file.expr(fun).span.contains(span)
                        && matches!(method, "Unlock" | "RUnlock" | "Lock" | "RLock")
                })
            });
        at.is_some()
            && !is_call
            && !name.is_empty()
            && !matches!(cx.body().object(x), Object::Package(_))
    })
}

/// Whether the function takes a lock before a point.
fn locks_before(cx: &RuleCx<'_>, point: Point) -> bool {
    let cfg = cx.facts().cfg(point.func);
    let mut locks = cx.facts().locks().iter();
    locks.any(|lock| {
        lock.point.func == point.func
            && lock.mode == CallMode::Now
            && lock.op.acquires()
            && cfg.dominates(lock.point.node, point.node)
    })
}
