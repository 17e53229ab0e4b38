//! `lock-held-while-blocking`.

use go_flow::{LockEvent, LockFate, Mutex, NodeKind, OtherSide, TakenLock, Wait, WaitKind};
use go_syntax::FuncId;
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::locked::{is_exclusive, is_start, lock_name, takes_locks, taking_call};
use crate::rule::{Rule, declare_rule};
use crate::story::story;
use diagnostics::Severity;

declare_rule! {
    /// Finds waits under a lock that who ends the wait needs.
    ///
    /// ## What it does
    /// Reports a channel send or receive, a `select` without `default`, a `range` over a channel and
    /// a `(*sync.WaitGroup).Wait` that happen with a lock held, when the other side is at hand and
    /// takes the same lock: the function that receives from the channel (or sends to it, or calls
    /// `Done`) has a call that takes it, itself or by a function of the package. The lock and the
    /// channel are known by the field of the type, or by the variable, that they are.
    ///
    /// `time.Sleep` in a loop is reported as a note when the loop asks for a field that another function
    /// assigns to with the lock held: who is waited for cannot come in.
    ///
    /// It is silent when the other side is not found, since a wait under a lock may be meant: writes
    /// to a connection are often kept apart that way; when somebody at the other end of a channel does
    /// without the lock; and when the function itself counted, made or closed what it waits for. A `select` that can also end by a timer, by
    /// `Done()` of a context or by a channel that is called like one that ends things is left alone,
    /// as is `(*sync.Cond).Wait`, which gives its lock back. Tests are left alone.
    ///
    /// ## Why it is bad
    /// The waiting goroutine holds what the other needs to end the wait: both wait for ever. It
    /// happens only when the two meet at the wrong moment, as when a service is stopped under load.
    ///
    /// ## Example
    /// ```go
    /// type server struct {
    /// 	mu    sync.Mutex
    /// 	conns int
    /// 	wg    sync.WaitGroup
    /// }
    ///
    /// func (s *server) handle() {
    /// 	defer s.wg.Done()
    /// 	s.mu.Lock()
    /// 	s.conns--
    /// 	s.mu.Unlock()
    /// }
    ///
    /// func (s *server) Close() {
    /// 	s.mu.Lock()
    /// 	defer s.mu.Unlock()
    /// 	s.wg.Wait()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type server struct {
    /// 	mu    sync.Mutex
    /// 	conns int
    /// 	wg    sync.WaitGroup
    /// }
    ///
    /// func (s *server) handle() {
    /// 	defer s.wg.Done()
    /// 	s.mu.Lock()
    /// 	s.conns--
    /// 	s.mu.Unlock()
    /// }
    ///
    /// func (s *server) Close() {
    /// 	s.wg.Wait()
    /// 	s.mu.Lock()
    /// 	defer s.mu.Unlock()
    /// 	s.conns = 0
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the channel has room for all that is ever sent, when the two work on different values of
    /// the type, or when the other side has done its part before it takes the lock.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub LockHeldWhileBlocking {
        name: "lock-held-while-blocking",
        category: Locks,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for LockHeldWhileBlocking {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_test && takes_locks(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if is_start(cx) {
            return;
        }
        let mut reported = Vec::new();
        for lock in cx.taken_locks() {
            if lock.given_up || lock.mutex == Mutex::Other {
                continue;
            }
            for event in &lock.events {
                let LockFate::Waits(wait) = &event.fate else {
                    continue;
                };
                if reported.contains(&wait.span) || wait.within {
                    continue;
                }
                if wait.kind == WaitKind::Sleep {
                    if is_exclusive(lock)
                        && cx.facts().in_cycle(event.at)
                        && waits_for_others(cx, lock, event)
                    {
                        reported.push(wait.span);
                        report(cx, lock, event, wait, None);
                    }
                    continue;
                }
                let held = (&lock.spot, lock.field.as_ref());
                let contracts = cx.lock_contracts();
                if let Some(side) = cx.facts().other_side(&contracts, wait, event.at, held) {
                    reported.push(wait.span);
                    report(cx, lock, event, wait, Some(&side));
                }
            }
        }
    }
}

/// Whether the loop around a sleep asks for something that another function changes under the lock. Who
/// sleeps for another reason keeps the others waiting, which may be meant.
fn waits_for_others(cx: &RuleCx<'_>, lock: &TakenLock, event: &LockEvent) -> bool {
    let Some(field) = &lock.field else {
        return false;
    };
    let file = cx.file();
    let cfg = cx.facts().cfg(event.at.func);
    let mut names = Vec::new();
    for node in cfg.nodes() {
        if matches!(node.kind, NodeKind::Cond(_)) && cfg.in_same_cycle(node.id, event.at.node) {
            cfg.own_exprs(node.id, |expr| {
                names.extend(file.selector(expr).map(|(_, name)| name));
            });
        }
    }
    let here = (cx.body().file_index(), cx.root());
    let contracts = cx.lock_contracts();
    contracts.is_set_outside(cx.body().cx(), field, &names, here)
}

fn report(
    cx: &RuleCx<'_>,
    lock: &TakenLock,
    event: &LockEvent,
    wait: &Wait,
    side: Option<&OtherSide>,
) {
    let name = lock_name(cx, lock);
    let what = match (wait.kind, wait.call) {
        (WaitKind::Select, _) => "the `select`".to_owned(),
        (WaitKind::RangeChannel, _) => "the `range`".to_owned(),
        (_, Some(call)) => format!("`{}`", cx.call_snippet(call)),
        (_, None) => {
            let text = cx.file().span_text(wait.span);
            format!("`{}`", text.lines().next().unwrap_or(text))
        }
    };
    let Some(side) = side else {
        cx.report(
            &LockHeldWhileBlocking::META,
            wait.span,
            format!("{what} keeps {name} all the while, so whoever wants the lock sleeps too"),
        )
        .help("give the lock back first")
        .related(cx.file().expr(lock.call).span, "taken here")
        .at_most(Severity::Note);
        return;
    };
    let does = match wait.kind {
        WaitKind::WaitGroup => "calls `Done`",
        WaitKind::Send => "receives",
        WaitKind::Receive | WaitKind::RangeChannel => "sends",
        WaitKind::Select | WaitKind::Sleep => "is at the other end",
    };
    let mut finding = cx
        .report(
            &LockHeldWhileBlocking::META,
            wait.span,
            format!(
                "{what} waits with {name} held, and `{}`, which {does}, takes that lock: both may wait for ever",
                side.function
            ),
        )
        .help("wait before the lock is taken, or after it is given back")
        .related(
            cx.file().expr(lock.call).span,
            format!("`{}` takes it here", taking_call(cx, lock)),
        );
    if side.file == cx.body().file_index() {
        finding = finding.related(side.takes, "the other side takes it here");
    }
    for (span, text) in story(cx, &event.hops) {
        finding = finding.related(span, text);
    }
}
