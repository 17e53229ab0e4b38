//! `cond-wait-without-lock`.

use go_flow::{CallMode, LiteralUse, Place, Point, Projection, Visit, calls};
use go_syntax::{ExprId, FuncId};
use go_types::{Callee, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds waits on a sync.Cond whose lock is not held.
    ///
    /// ## What it does
    /// Reports `c.Wait()` of a `sync.Cond`
    ///
    /// - in a goroutine that is written as a literal and takes no lock on the way to the `Wait`, when the
    ///   function has made the `Cond`;
    /// - after the lock of the `Cond` (`c.L`, or what the function gave to `sync.NewCond`) was given
    ///   back, when nothing takes it again in between.
    ///
    /// ## Why it is bad
    /// `Wait` first unlocks `c.L`. When nobody holds it, that is a fatal error which cannot be
    /// recovered from (`sync: unlock of unlocked mutex`); when another goroutine holds it, its
    /// critical section is torn open.
    ///
    /// ## Example
    /// ```go
    /// func run(work func()) {
    /// 	var mu sync.Mutex
    /// 	ready := sync.NewCond(&mu)
    /// 	go func() {
    /// 		ready.Wait()
    /// 		work()
    /// 	}()
    /// 	ready.Broadcast()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func run(work func()) {
    /// 	var mu sync.Mutex
    /// 	isReady := false
    /// 	ready := sync.NewCond(&mu)
    /// 	go func() {
    /// 		mu.Lock()
    /// 		for !isReady {
    /// 			ready.Wait()
    /// 		}
    /// 		mu.Unlock()
    /// 		work()
    /// 	}()
    /// 	mu.Lock()
    /// 	isReady = true
    /// 	mu.Unlock()
    /// 	ready.Broadcast()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a called function takes the lock and comes back with it.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub CondWaitWithoutLock {
        name: "cond-wait-without-lock",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for CondWaitWithoutLock {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        calls(package.file(input.index), func).contains("Wait")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().calls() {
            let Callee::Selected { x, name: "Wait" } = cx.facts().callee(site.call) else {
                continue;
            };
            if site.mode != CallMode::Now
                || !is_cond(cx, site.call, x)
                || !cx.facts().reachable(site.point)
            {
                continue;
            }
            let spawned = matches!(
                cx.facts().literal_runs(site.point.func),
                LiteralUse::Spawned { .. }
            );
            let call = cx.call_snippet(site.call);
            let span = cx.file().expr(site.call).span;
            let help = "take the lock of the condition before, and hold it until after the loop that waits";
            if spawned && is_made_here(cx, x) && !locks_before(cx, site.point) {
                let message =
                    format!("the goroutine does not hold the lock that `{call}` gives back first");
                cx.report(&Self::META, span, message).help(help);
            } else if let Some(unlock) = given_back(cx, x, site.point) {
                let message =
                    format!("the lock that `{call}` gives back first is not held any more");
                cx.report(&Self::META, span, message)
                    .help(help)
                    .related(cx.file().expr(unlock).span, "given back here");
            }
        }
    }
}

/// Whether `x.Wait()` is about a condition: by type, or by the function that has made it.
fn is_cond(cx: &RuleCx<'_>, call: ExprId, x: ExprId) -> bool {
    cx.body().is_method_call(call, "sync", "Cond", "Wait")
        || cx.facts().value_of(x).is_some_and(|made| {
            cx.body()
                .is_call_to(cx.file().unparen(made), "sync", "NewCond")
        })
}

/// Whether a condition is a variable of the function: of others, who started the goroutine may hold
/// the lock for it.
fn is_made_here(cx: &RuleCx<'_>, cond: ExprId) -> bool {
    match cx.body().object(cond) {
        Object::Local(local) => !cx.body().names().local(local).is_param(),
        _ => false,
    }
}

/// Whether every way to a point passes something that takes a lock, or may.
fn locks_before(cx: &RuleCx<'_>, point: Point) -> bool {
    let facts = cx.facts();
    let cfg = facts.cfg(point.func);
    let may_lock = |call: ExprId| match facts.callee(call) {
        Callee::Builtin(_) | Callee::Conversion(_) => false,
        Callee::Func { package, .. } => !crate::harmless::is_standard(facts, package),
        Callee::Selected { name, .. } => !matches!(
            name,
            "Add"
                | "Done"
                | "Wait"
                | "Unlock"
                | "RUnlock"
                | "Printf"
                | "Println"
                | "Store"
                | "Load"
        ),
        _ => true,
    };
    cfg.search([cfg.entry()], |node| {
        let at = Point {
            func: point.func,
            node,
        };
        if node == point.node {
            return Visit::Stop;
        }
        let mut calls = facts.calls_at(at).iter();
        if calls.any(|site| site.mode == CallMode::Now && may_lock(site.call)) {
            Visit::Skip
        } else {
            Visit::Continue
        }
    })
    .is_none()
}

/// The `Unlock` of the lock of a condition that comes last before a `Wait`, with nothing in between
/// that may lock.
fn given_back(cx: &RuleCx<'_>, cond: ExprId, wait: Point) -> Option<ExprId> {
    let facts = cx.facts();
    let locks = locks_of(cx, cond);
    let cfg = facts.cfg(wait.func);
    let is_of =
        |place: &Option<Place<'_>>| place.as_ref().is_some_and(|place| locks.contains(place));
    let mut found = None;
    let mut is_certain = true;
    cfg.search_before(wait.node, |node| {
        let at = Point {
            func: wait.func,
            node,
        };
        let here = facts
            .locks()
            .iter()
            .rfind(|lock| lock.point == at && lock.mode == CallMode::Now && is_of(&lock.place));
        match here {
            Some(lock) if lock.op.acquires() => {
                is_certain = false;
                Visit::Stop
            }
            Some(lock) => {
                found = Some(lock.call);
                Visit::Skip
            }
            None if node == cfg.entry() => {
                is_certain = false;
                Visit::Stop
            }
            None => Visit::Continue,
        }
    });
    found.filter(|_| is_certain)
}

/// The places of the lock of a condition, as far as the function tells.
fn locks_of<'a>(cx: &RuleCx<'a>, cond: ExprId) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    if let Some(mut place) = Place::of_operand(cx.body(), cond) {
        place.path.push(Projection::Field("L"));
        places.push(place);
    }
    let file = cx.file();
    if let Some(made) = cx.facts().value_of(cond)
        && cx.body().is_call_to(file.unparen(made), "sync", "NewCond")
        && let Some((_, &[lock])) = file.call(file.unparen(made))
    {
        places.extend(Place::of_operand(cx.body(), lock));
    }
    places
}
