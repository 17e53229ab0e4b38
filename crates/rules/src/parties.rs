//! Who calls a function of the package, and in which goroutine.

use go_flow::{CallMode, FunctionFacts, LiteralUse};
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

/// A goroutine: what it runs, a literal or a function of the package.
type Goroutine = (u32, FuncId);

/// Whether a goroutine that the package starts calls the function without a lock, and others call it
/// as well: two calls may come at once.
pub(crate) fn may_meet_itself(package: &PackageCx<'_>, func: (u32, FuncId)) -> bool {
    let tree = package.file(func.0);
    let name = tree.func(func.1).name.map_or("", |name| tree.name(name));
    let mut by_others = name.starts_with(char::is_uppercase);
    let mut first: Option<Goroutine> = None;
    callers(package, func, &mut |caller| {
        if is_locked(caller) {
            return false;
        }
        match goroutine_of(package, caller, DEEPEST) {
            None => by_others = true,
            Some(found) if first.is_none() => first = Some(found),
            Some(found) => by_others |= first != Some(found),
        }
        first.is_some() && by_others
    });
    first.is_some() && by_others
}

fn is_locked(caller: &Caller<'_, '_>) -> bool {
    let point = caller.facts.point_of_expr(caller.call);
    point.is_none_or(|point| !locks_at(caller.facts, point, true).is_empty())
}

/// The goroutine that makes a call, when the package starts it.
fn goroutine_of(package: &PackageCx<'_>, caller: &Caller<'_, '_>, depth: u32) -> Option<Goroutine> {
    let facts = caller.facts;
    let spawned = facts
        .call_site(caller.call)
        .is_some_and(|site| matches!(site.mode, CallMode::Spawned(_)));
    if spawned {
        return facts.body().declaration(caller.call);
    }
    let mut func = facts.func_of_expr(caller.call);
    loop {
        match facts.literal_runs(func) {
            LiteralUse::Spawned { .. } => return Some((caller.func.0, func)),
            LiteralUse::Called { .. } | LiteralUse::Deferred { .. } => {
                func = facts.created_at(func)?.func;
            }
            _ => break,
        }
    }
    if depth == 0 || func != facts.root() {
        return None;
    }
    let mut found = None;
    callers(package, caller.func, &mut |outer| {
        if outer.func != caller.func {
            found = goroutine_of(package, outer, depth - 1);
        }
        found.is_some()
    });
    found
}
