//! `waitgroup-waits-for-itself`.

use go_flow::{CallMode, LiteralUse, Point, calls};
use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::groups::{GroupCall, GroupOp, group_calls, imports};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds goroutines that wait for a wait group which waits for them.
    ///
    /// ## What it does
    /// Reports `wg.Wait()` in a function that itself calls `Done` of the same group only later: by a
    /// `defer`, or in a goroutine by hand after the `Wait`; and in the function that `wg.Go` runs.
    ///
    /// ## Why it is bad
    /// `Wait` returns when the counter is zero. As long as the goroutine stands in `Wait` its own
    /// `Done` has not happened, so the counter is never zero: it waits for itself, and whoever else
    /// waits for the group does so too.
    ///
    /// ## Example
    /// ```go
    /// func collect(parts [][]int, sum func([]int) int) chan int {
    /// 	results := make(chan int)
    /// 	var wg sync.WaitGroup
    /// 	for _, part := range parts {
    /// 		wg.Add(1)
    /// 		go func() {
    /// 			defer wg.Done()
    /// 			results <- sum(part)
    /// 		}()
    /// 	}
    /// 	wg.Add(1)
    /// 	go func() {
    /// 		defer wg.Done()
    /// 		wg.Wait()
    /// 		close(results)
    /// 	}()
    /// 	return results
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func collect(parts [][]int, sum func([]int) int) chan int {
    /// 	results := make(chan int)
    /// 	var wg sync.WaitGroup
    /// 	for _, part := range parts {
    /// 		wg.Add(1)
    /// 		go func() {
    /// 			defer wg.Done()
    /// 			results <- sum(part)
    /// 		}()
    /// 	}
    /// 	go func() {
    /// 		wg.Wait()
    /// 		close(results)
    /// 	}()
    /// 	return results
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When somebody else counts down what this function has counted up, so that its own `Done` is for
    /// another.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub WaitgroupWaitsForItself {
        name: "waitgroup-waits-for-itself",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for WaitgroupWaitsForItself {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        if !imports(file, "sync") {
            return false;
        }
        let called = calls(file, func);
        called.contains("Wait") && (called.contains("Done") || called.contains("Go"))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let calls = group_calls(cx.facts());
        for wait in &calls {
            if wait.op != GroupOp::Wait
                || wait.mode != CallMode::Now
                || !cx.facts().reachable(wait.point)
            {
                continue;
            }
            let Some((later, note)) = done_later(cx, &calls, wait) else {
                continue;
            };
            let call = cx.call_snippet(wait.call);
            let finding = cx
                .report(
                    &Self::META,
                    cx.file().expr(wait.call).span,
                    format!("`{call}` waits for this goroutine itself, for ever"),
                )
                .help("wait in a goroutine that is not counted")
                .related(later, note);
            drop(crate::held::tell_kept(cx, wait.point, finding));
        }
    }
}

/// What counts the group down only after `wait`, in the same function.
fn done_later(
    cx: &RuleCx<'_>,
    calls: &[GroupCall<'_>],
    wait: &GroupCall<'_>,
) -> Option<(go_syntax::Span, &'static str)> {
    let facts = cx.facts();
    let func = wait.point.func;
    let cfg = facts.cfg(func);
    let same = |call: &&GroupCall<'_>| call.place == wait.place;
    let here: Vec<&GroupCall<'_>> = calls
        .iter()
        .filter(same)
        .filter(|call| call.point.func == func)
        .collect();
    // `wg.Go(func() { … wg.Wait() … })`
    if let LiteralUse::Argument { call, .. } = facts.literal_use(func)
        && let Some(go) = calls.iter().filter(same).find(|go| go.call == call)
        && go.op == GroupOp::Go
    {
        return Some((
            cx.file().expr(go.call).span,
            "counted here until the function returns",
        ));
    }
    // What it adds itself it may also have had counted down.
    if here.iter().any(|call| call.op == GroupOp::Add) {
        return None;
    }
    let span = |call: &GroupCall<'_>| cx.file().expr(call.call).span;
    let deferred = calls.iter().filter(same).find_map(|call| {
        if call.op != GroupOp::Done {
            return None;
        }
        let at = registered_at(cx, call, func)?;
        cfg.dominates(at.node, wait.point.node).then(|| span(call))
    });
    if let Some(span) = deferred {
        return Some((span, "it is counted down only when the function ends"));
    }
    if !matches!(facts.literal_runs(func), LiteralUse::Spawned { .. }) {
        return None;
    }
    let mut dones = here
        .iter()
        .filter(|call| call.op == GroupOp::Done && call.mode == CallMode::Now)
        .peekable();
    let first = dones.peek().map(|call| span(call))?;
    dones
        .all(|done| cfg.dominates(wait.point.node, done.point.node) && done.point != wait.point)
        .then_some((first, "it is counted down only after this"))
}

/// Where the `Done` is deferred in `func`, directly or as a certain step of a literal.
fn registered_at(cx: &RuleCx<'_>, done: &GroupCall<'_>, func: FuncId) -> Option<Point> {
    let facts = cx.facts();
    let point = match done.mode {
        CallMode::Deferred(_) => done.point,
        CallMode::Now => match facts.literal_use(done.point.func) {
            LiteralUse::Deferred { stmt, .. } => facts.point_of_stmt(stmt)?,
            _ => return None,
        },
        CallMode::Spawned(_) => return None,
    };
    (point.func == func).then_some(point)
}
