//! What the rules that follow locks along paths share: which functions concern them, how they name
//! locks, how they tell a path.

use go_flow::{LockEvent, LockOp, Point, TakenLock};
use go_syntax::{Features, FuncId, Span};
use go_types::PackageCx;

use crate::FileInput;
use crate::cx::RuleCx;

/// Whether a function takes locks, itself or by calling a function of the package that comes back
/// with one.
pub(crate) fn takes_locks(package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
    let node = package.file(input.index).func(func);
    node.features.intersects(Features::LOCK)
        || go_flow::LockContracts::of(package).calls_keeper(package, input.index, func)
}

/// The call that takes a lock, as messages write it.
pub(crate) fn taking_call(cx: &RuleCx<'_>, lock: &TakenLock) -> String {
    cx.call_snippet(lock.call)
}

/// The call that would give it back, when it can be written.
pub(crate) fn giving_call(cx: &RuleCx<'_>, lock: &TakenLock) -> Option<String> {
    let operand = cx.snippet(lock.operand?);
    let operand = operand.strip_prefix('&').unwrap_or(&operand);
    Some(format!("{operand}.{}()", lock.op.counterpart().as_str()))
}

/// The lock, as messages write it.
pub(crate) fn lock_name(cx: &RuleCx<'_>, lock: &TakenLock) -> String {
    match lock.operand {
        Some(operand) => format!("`{}`", cx.snippet(operand)),
        None => format!("the lock that `{}` takes", taking_call(cx, lock)),
    }
}

/// Whether a test has a lock of its own to see what becomes of it.
pub(crate) fn is_under_test(cx: &RuleCx<'_>, lock: &TakenLock) -> bool {
    let file = cx.file();
    // The method of a lock of the package's own is a function like others.
    let operand = lock.operand.or_else(|| {
        let (fun, _) = file.call(lock.call)?;
        let (x, name) = file.selector(file.unparen(fun))?;
        LockOp::from_name(name).map(|_| x)
    });
    cx.is_test() && operand.is_some_and(|operand| file.ident(file.unparen(operand)).is_some())
}

/// Whether it is held so that nobody else can take it.
pub(crate) fn is_exclusive(lock: &TakenLock) -> bool {
    matches!(lock.op, LockOp::Lock | LockOp::TryLock)
}

/// The name of the declared function.
pub(crate) fn root_name<'a>(cx: &RuleCx<'a>) -> &'a str {
    let file = cx.file();
    file.func(cx.root()).name.map_or("", |name| file.name(name))
}

/// Whether a function is the one that starts the program, or a package.
pub(crate) fn is_start(cx: &RuleCx<'_>) -> bool {
    let name = root_name(cx);
    cx.file().func(cx.root()).recv.is_none()
        && (name == "init" || name == "main" && cx.is_main_package())
}

/// Whether the statement before a node takes a lock.
pub(crate) fn follows_lock(cx: &RuleCx<'_>, point: Point) -> bool {
    let cfg = cx.facts().cfg(point.func);
    cx.facts().locks().iter().any(|lock| {
        lock.op.acquires() && lock.point.func == point.func && {
            cfg.successors(lock.point.node).iter()
        }
        .any(|edge| edge.node == point.node)
    })
}

/// Where an event happens.
pub(crate) fn span_of(cx: &RuleCx<'_>, event: &LockEvent) -> Option<Span> {
    match event.expr {
        Some(expr) => Some(cx.file().expr(expr).span),
        None => cx.facts().cfg(event.at.func).span_of_node(event.at.node),
    }
}
