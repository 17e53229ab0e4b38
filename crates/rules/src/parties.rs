//! Who calls a function of the package, and in which goroutine.

use go_flow::{CallMode, FunctionFacts, LiteralUse, Point};
use go_syntax::{ExprId, File, FuncId};
use go_types::{Body, PackageCx};

use crate::held::locks_at;

/// How far callers of callers are followed.
const DEEPEST: u32 = 2;

/// A call of a function, as the function that makes it sees it.
pub(crate) struct Caller<'f, 'a> {
    /// The facts of that function.
    pub(crate) facts: &'f FunctionFacts<'a>,
    /// Its file and itself.
    pub(crate) func: (u32, FuncId),
    /// The call.
    pub(crate) call: ExprId,
}

/// Shows every call of a function of the package to `see`, until that says to stop.
pub(crate) fn callers(
    package: &PackageCx<'_>,
    (file, func): (u32, FuncId),
    see: &mut dyn FnMut(&Caller<'_, '_>) -> bool,
) {
    let tree = package.file(file);
    let Some(name) = tree.func(func).name.map(|name| tree.name(name)) else {
        return;
    };
    for (index, other) in (0..).zip(package.names().files()) {
        for root in other.all_funcs() {
            if other.func(root).parent.is_some() {
                continue;
            }
            let calls: Vec<ExprId> = calls_of(other, root, name).collect();
            if calls.is_empty() {
                continue;
            }
            let body = Body::new(package, index, root);
            if !calls
                .iter()
                .any(|&call| body.declaration(call) == Some((file, func)))
            {
                continue;
            }
            let facts = FunctionFacts::new(&body);
            for call in calls {
                let caller = Caller {
                    facts: &facts,
                    func: (index, root),
                    call,
                };
                if body.declaration(call) == Some((file, func)) && see(&caller) {
                    return;
                }
            }
        }
    }
}

/// The calls in a function of what is called `name`.
fn calls_of<'f>(file: &'f File, root: FuncId, name: &'f str) -> impl Iterator<Item = ExprId> + 'f {
    file.func(root).exprs.iter().filter(move |&expr| {
        file.call(expr).is_some_and(|(fun, _)| {
            let fun = file.unparen(fun);
            file.ident(fun) == Some(name)
                || file.selector(fun).is_some_and(|(_, called)| called == name)
        })
    })
}

/// Whether a goroutine that the package starts calls the function without a lock, and others call it
/// as well: two calls may come at once.
pub(crate) fn may_meet_itself(package: &PackageCx<'_>, func: (u32, FuncId)) -> bool {
    let tree = package.file(func.0);
    let name = tree.func(func.1).name.map_or("", |name| tree.name(name));
    let is_exported = name.starts_with(char::is_uppercase);
    let (mut by_goroutine, mut by_others) = (false, is_exported);
    callers(package, func, &mut |caller| {
        if is_locked(caller) {
            return false;
        }
        if in_goroutine(package, caller, DEEPEST) {
            by_goroutine = true;
        } else {
            by_others = true;
        }
        by_goroutine && by_others
    });
    by_goroutine && by_others
}

fn is_locked(caller: &Caller<'_, '_>) -> bool {
    let point = caller.facts.point_of_expr(caller.call);
    point.is_none_or(|point| !locks_at(caller.facts, point, true).is_empty())
}

/// Whether a call is made by a goroutine that the package starts.
fn in_goroutine(package: &PackageCx<'_>, caller: &Caller<'_, '_>, depth: u32) -> bool {
    let facts = caller.facts;
    let spawned = facts
        .call_site(caller.call)
        .is_some_and(|site| matches!(site.mode, CallMode::Spawned(_)));
    let mut func = facts.func_of_expr(caller.call);
    let mut in_literal = false;
    loop {
        match facts.literal_runs(func) {
            LiteralUse::Spawned { .. } => in_literal = true,
            LiteralUse::Called { .. } | LiteralUse::Deferred { .. } => {
                let Some(Point { func: outer, .. }) = facts.created_at(func) else {
                    break;
                };
                func = outer;
                continue;
            }
            _ => {}
        }
        break;
    }
    if spawned || in_literal {
        return true;
    }
    if depth == 0 || func != facts.root() {
        return false;
    }
    let mut found = false;
    callers(package, caller.func, &mut |outer| {
        found = outer.func != caller.func && in_goroutine(package, outer, depth - 1);
        found
    });
    found
}
