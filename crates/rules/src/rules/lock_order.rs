//! `lock-order`.

use go_flow::{LockFate, LockField, LockOrder as Order, Mutex};
use go_syntax::{ArenaId, FuncId};
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;
use crate::locked::{is_start, takes_locks, taking_call};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds two locks that are taken in one order here and in the other order there.
    ///
    /// ## What it does
    /// Notes, for each function of the package, which locks it takes while it holds others, itself
    /// or by calling functions of the package. When two locks are taken in both orders, it reports the
    /// first place with the rarer one. A lock is known by the field of the type, or by the variable of
    /// the package, that it is.
    ///
    /// It is silent about two locks of the same field and about locks of two values of one type (which
    /// of two values comes first is not seen),
    /// about locks in values that the function has just made, when all is taken for reading, when
    /// both functions hold the same third lock before, about `main` and `init`, and in tests.
    ///
    /// ## Why it is bad
    /// When two goroutines come to the two functions at the same time, each gets its first lock and
    /// waits for the other's: both for ever, and with them all who want either lock.
    ///
    /// ## Example
    /// ```go
    /// type bank struct {
    /// 	accounts sync.Mutex
    /// 	journal  sync.Mutex
    /// }
    ///
    /// func (b *bank) deposit() {
    /// 	b.accounts.Lock()
    /// 	defer b.accounts.Unlock()
    /// 	b.journal.Lock()
    /// 	defer b.journal.Unlock()
    /// }
    ///
    /// func (b *bank) audit() {
    /// 	b.journal.Lock()
    /// 	defer b.journal.Unlock()
    /// 	b.accounts.Lock()
    /// 	defer b.accounts.Unlock()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type bank struct {
    /// 	accounts sync.Mutex
    /// 	journal  sync.Mutex
    /// }
    ///
    /// func (b *bank) deposit() {
    /// 	b.accounts.Lock()
    /// 	defer b.accounts.Unlock()
    /// 	b.journal.Lock()
    /// 	defer b.journal.Unlock()
    /// }
    ///
    /// func (b *bank) audit() {
    /// 	b.accounts.Lock()
    /// 	defer b.accounts.Unlock()
    /// 	b.journal.Lock()
    /// 	defer b.journal.Unlock()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the two functions never run at the same time, or never on the same two values.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub LockOrder {
        name: "lock-order",
        category: Locks,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

impl Rule for LockOrder {
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
            let Some(held) = &lock.field else { continue };
            for event in &lock.events {
                let LockFate::Takes {
                    lock: taken, op, ..
                } = &event.fate
                else {
                    continue;
                };
                let Some(expr) = event.expr else { continue };
                if taken == held || reported.contains(&(held, taken)) {
                    continue;
                }
                let reads = lock.op.is_read() && op.is_read();
                let orders = cx.lock_contracts().orders(cx.body().cx());
                let here = (cx.body().file_index(), cx.root());
                let span = cx.file().expr(expr).span;
                let is_it = |order: &&Order| {
                    let harmless = reads && order.reads
                        || is_test_or_start(order)
                        || is_gated(&orders, here, order.func, held, taken);
                    !harmless
                };
                let Some(other) = of_pair(&orders, taken, held).find(is_it) else {
                    continue;
                };
                // The rarer order is the odd one, and the first place with it stands for all.
                let (ours, theirs) = (
                    functions(&orders, held, taken),
                    functions(&orders, taken, held),
                );
                let is_first = of_pair(&orders, held, taken)
                    .find(|order| !is_test_or_start(order))
                    .is_some_and(|first| (first.func, first.span) == (here, span));
                let is_odd = ours < theirs
                    || ours == theirs && place_of(other) < (here.0, here.1.index(), span.start);
                if !is_first || !is_odd {
                    continue;
                }
                reported.push((held, taken));
                let call = cx.call_snippet(expr);
                let mut finding = cx
                    .report(
                        &LockOrder::META,
                        span,
                        format!(
                            "`{call}` takes `{}` with `{}` held, and `{}` takes them in the other order: when both run at the same time, each may wait for the other for ever",
                            short(&taken.0),
                            short(&held.0),
                            other.function
                        ),
                    )
                    .help("take the two locks in the same order everywhere, or give the first back before the second is taken")
                    .related(
                        cx.file().expr(lock.call).span,
                        format!("`{}` takes the first here", taking_call(cx, lock)),
                    );
                if other.func.0 == here.0 {
                    finding = finding.related(other.span, "the other order");
                }
                drop(finding);
            }
        }
    }
}

/// The places where `b` is taken with `a` held.
fn of_pair<'o>(
    orders: &'o [Order],
    a: &'o LockField,
    b: &'o LockField,
) -> impl Iterator<Item = &'o Order> {
    orders
        .iter()
        .filter(move |order| order.held == *a && order.taken == *b)
}

/// How many functions do that.
fn functions(orders: &[Order], a: &LockField, b: &LockField) -> usize {
    let mut functions: Vec<_> = of_pair(orders, a, b).map(|order| order.func).collect();
    functions.dedup();
    functions.len()
}

fn place_of(order: &Order) -> (u32, usize, u32) {
    (order.func.0, order.func.1.index(), order.span.start)
}

/// Whether both functions hold the same third lock when they take the two.
fn is_gated(
    orders: &[Order],
    here: (u32, FuncId),
    there: (u32, FuncId),
    a: &LockField,
    b: &LockField,
) -> bool {
    let gates = |func| {
        orders
            .iter()
            .filter(move |order| order.func == func && order.taken == *a)
            .map(|order| &order.held)
            .filter(move |gate| {
                *gate != b
                    && orders.iter().any(|order| {
                        order.func == func && order.taken == *b && order.held == **gate
                    })
            })
    };
    gates(here).any(|gate| gates(there).any(|other| other == gate))
}

fn is_test_or_start(order: &Order) -> bool {
    matches!(&*order.function, "main" | "init" | "TestMain")
        || order.function.starts_with("Test")
        || order.function.starts_with("Benchmark")
}

/// A field with the last part of its type's path.
fn short(field: &str) -> &str {
    field.rsplit('/').next().unwrap_or(field)
}
