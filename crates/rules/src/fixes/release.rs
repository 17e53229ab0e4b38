//! Releasing what is left behind: a `defer` behind the check of the error, or a release before each
//! `return` that forgets it, when another path hands it on or releases it by hand.

use diagnostics::Applicability;
use go_flow::{ArgEffect, Class, Fate, Leak, NodeId, NodeKind, Subject, Visit};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, StmtId, StmtKind};
use go_types::{Callee, LocalId, Object, Selection, Type, TypeId};

use super::Repair;
use super::anchors::{Anchor, acquired, behind_check};
use super::lines::insert_before;
use super::names::{is_visible, package};
use crate::cx::RuleCx;
use crate::release::target;

/// More `return`s than this are better served by a `defer`, which takes more than an edit.
const MAX_RETURNS: usize = 3;

/// The repair of a leak, if it is plain.
pub(crate) fn repair(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> Option<Repair> {
    if leak.fate != Fate::Held || leak.at.func != leak.point.func {
        return None;
    }
    let file = cx.file();
    if *class.rule == *"pool-item-not-returned" && leak.subject == Subject::Result {
        return super::slots::item(cx, class, leak);
    }
    if leak.subject == Subject::Receiver && *class.rule == *"process-not-waited" {
        return wait(cx, leak);
    }
    if leak.subject != Subject::Result {
        return None;
    }
    let Object::Local(local) = cx.body().object(file.unparen(target(cx, leak)?)) else {
        return None;
    };
    if *class.rule == *"writer-not-finished" {
        return super::writers::finish(cx, class, leak, local);
    }
    let cfg = cx.facts().cfg(leak.point.func);
    let stmt = cfg.stmt_of_node(leak.point.node)?;
    let acquisition = cx.facts().acquisition(stmt)?;
    if acquisition.call != leak.call {
        return None;
    }
    let anchor = acquired(cx, &acquisition)?;
    let release = Release::of(cx, class, leak, local)?;
    let in_loop = !cfg.loops_of_node(leak.point.node).is_empty();
    let undo = !class.closing.rollback.is_empty();
    let is_own = || !class.exhausted_by.is_empty() && is_never_handed_on(cx, class, local);
    if !leak.otherwise_fine || (undo && leak.otherwise_released) || is_own() {
        if in_loop || is_reassigned(cx, local) || lends_channel(cx, local) {
            return None;
        }
        let applicability = if wants_reading(cx, class, local) {
            // A reader that comes before may wait for ever, so a person has to write that.
            Applicability::DisplayOnly
        } else if release.is_tame && !context_escapes(cx, class, leak, stmt) {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        };
        let code = format!("defer {}", release.text);
        let anchor = behind_defers(cx, anchor, local);
        return Some(Repair {
            applicability,
            description: format!(
                "Add `{code}` where it is known that there is something to release"
            ),
            edits: vec![anchor.insert(cx, &code)?],
        });
    }
    before_returns(cx, leak, local, anchor, &release)
}

/// Whether a channel that it feeds is returned, or given to a goroutine: after the release who waits there
/// would wait for ever.
fn lends_channel(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let file = cx.file();
    let lends = |expr: ExprId| {
        let mut found = false;
        walk(file, Node::Expr(expr), |node| {
            if let Node::Expr(part) = node
                && (file.call(part).is_some() || file.selector(part).is_some())
                && let Type::Chan { .. } =
                    (cx.body().cx()).ty(cx.body().underlying(cx.body().type_of(part)))
            {
                found |= mentions(cx, Node::Expr(part), local);
            }
            if found { Descend::Stop } else { Descend::Into }
        });
        found
    };
    let Some(body) = file.func(cx.root()).body else {
        return false;
    };
    let mut found = false;
    walk(file, Node::Stmt(body), |node| {
        if let Node::Stmt(stmt) = node {
            found |= match file.stmt(stmt).kind {
                StmtKind::Return(results) => {
                    file.exprs(results).iter().any(|&result| lends(result))
                }
                StmtKind::Go(call) => lends(call),
                _ => false,
            };
        }
        if found { Descend::Stop } else { Descend::Into }
    });
    found
}

/// Whether what is released should be read to its end before, says a rule that runs too.
fn wants_reading(cx: &RuleCx<'_>, class: &Class, local: LocalId) -> bool {
    let file = cx.file();
    let is_body = |expr: ExprId| {
        file.selector(expr).is_some_and(|(x, name)| {
            name == "Body" && cx.body().object(file.unparen(x)) == Object::Local(local)
        })
    };
    *class.rule == *"body-not-closed"
        && cx.runs("body-not-drained")
        && !cx.is_test()
        && !file.func(cx.root()).exprs.iter().any(is_body)
}

/// The place behind what is deferred there already for the same thing, and has to come after its release:
/// a file is closed before it is removed.
fn behind_defers(cx: &RuleCx<'_>, anchor: Anchor, local: LocalId) -> Anchor {
    let mut anchor = anchor;
    while let Some(next) = anchor.next(cx)
        && matches!(cx.file().stmt(next).kind, StmtKind::Defer(_))
        && mentions(cx, Node::Stmt(next), local)
    {
        anchor = Anchor::After(next);
    }
    anchor
}

/// Waits for a process that a command has started: beside the function where nothing does, before the
/// `return`s that leave it out otherwise.
fn wait(cx: &RuleCx<'_>, leak: &Leak) -> Option<Repair> {
    let file = cx.file();
    let (fun, _) = file.call(leak.call)?;
    let (command, _) = file.selector(file.unparen(fun))?;
    let Object::Local(local) = cx.body().object(command) else {
        return None;
    };
    let cfg = cx.facts().cfg(leak.point.func);
    let stmt = cfg.stmt_of_node(leak.point.node)?;
    let acquisition = cx.facts().acquisition(stmt)?;
    let is_one = cfg.loops_of_node(leak.point.node).is_empty() && !is_reassigned(cx, local);
    if acquisition.call != leak.call || !is_one {
        return None;
    }
    let anchor = acquired(cx, &acquisition).or_else(|| behind_check(cx, &acquisition))?;
    let var = file.expr_text(command);
    let calls = |name: &str| {
        cx.facts().calls().iter().any(|site| {
            matches!(cx.facts().callee(site.call), Callee::Selected { x, name: called }
                if called == name && mentions(cx, Node::Expr(x), local))
        })
    };
    if leak.otherwise_fine {
        let text = match calls("Kill") {
            true => format!("{var}.Wait()"),
            false => format!("{var}.Process.Kill()\n{var}.Wait()"),
        };
        let release = Release {
            text,
            is_tame: false,
        };
        let mut repair = before_returns(cx, leak, local, anchor, &release)?;
        repair.description = format!("End the process and call `{var}.Wait()` before the `return`");
        return leak.with_error.then_some(repair);
    }
    // Somebody waits for it by its number.
    let is_process = |expr: ExprId| {
        file.selector(expr).is_some_and(|(x, name)| {
            name == "Process" && cx.body().object(file.unparen(x)) == Object::Local(local)
        })
    };
    if file.func(cx.root()).exprs.iter().any(is_process) {
        return None;
    }
    // What comes by a pipe has to be read before.
    if ["StdoutPipe", "StderrPipe", "StdinPipe"]
        .into_iter()
        .any(calls)
    {
        return None;
    }
    let code = format!("go {var}.Wait()");
    Some(Repair {
        applicability: Applicability::Unsafe,
        description: format!("Wait for the process in a goroutine, by `{code}`"),
        edits: vec![anchor.insert(cx, &code)?],
    })
}

/// How something is released.
struct Release {
    text: String,
    /// Whether nothing else than the resource can feel it.
    is_tame: bool,
}

impl Release {
    fn of(cx: &RuleCx<'_>, class: &Class, leak: &Leak, local: LocalId) -> Option<Self> {
        let file = cx.file();
        let var = file.span_text(cx.body().names().local(local).span);
        let tame = |text| {
            Some(Self {
                text,
                is_tame: true,
            })
        };
        if class.by_call {
            let takes_nothing = match cx.body().cx().ty(underlying(cx, local)) {
                Type::Func { params, .. } => cx.body().cx().types(params).is_empty(),
                Type::Unknown => true,
                _ => false,
            };
            return takes_nothing.then(|| tame(format!("{var}()")))?;
        }
        match &*class.name {
            "temp-file" => {
                let os = package(cx, "os")?;
                return Some(Self {
                    text: format!("{os}.Remove({var}.Name())"),
                    is_tame: false,
                });
            }
            "temp-dir" => {
                let os = package(cx, "os")?;
                return Some(Self {
                    text: format!("{os}.RemoveAll({var})"),
                    is_tame: false,
                });
            }
            _ => {}
        }
        // To wait is to wait for others.
        if matches!(
            &*class.rule,
            "process-not-waited"
                | "pool-item-not-returned"
                | "semaphore-not-released"
                | "body-not-drained"
                | "temp-not-removed"
        ) {
            return None;
        }
        let rollback = class.closing.rollback.first();
        let method = rollback.or(class.release.first())?;
        let ty = cx.body().type_of_local(local);
        let owner = match &*leak.field {
            "" => ty,
            field => match cx.body().selection(ty, field) {
                Some(Selection::Field(ty)) => ty,
                Some(Selection::Method { .. }) => return None,
                None => TypeId::UNKNOWN,
            },
        };
        takes_nothing(cx, class, owner, method)?;
        let field = match &*leak.field {
            "" => String::new(),
            field => format!(".{field}"),
        };
        tame(format!("{var}{field}.{method}()"))
    }
}

fn underlying(cx: &RuleCx<'_>, local: LocalId) -> TypeId {
    cx.body().underlying(cx.body().type_of_local(local))
}

/// That the method can be called without arguments; of types that are not known, those of the standard
/// library are.
fn takes_nothing(cx: &RuleCx<'_>, class: &Class, ty: TypeId, method: &str) -> Option<()> {
    if ty.is_unknown() {
        let is_std = |name: &str| {
            let path = name.trim_start_matches('*');
            !path.split('/').next().unwrap_or_default().contains('.') || !path.contains('/')
        };
        let known = !class.types.is_empty() && class.types.iter().all(|name| is_std(name));
        return known.then_some(());
    }
    let Some(Selection::Method { signature, .. }) = cx.body().selection(ty, method) else {
        return None;
    };
    match cx.body().cx().ty(signature) {
        Type::Func { params, .. } if cx.body().cx().types(params).is_empty() => Some(()),
        _ => None,
    }
}

/// Whether the variable gets another value anywhere: a `defer` would release one of them only.
fn is_reassigned(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let writes = cx.facts().var(local).writes.len();
    writes > 1
}

/// Whether the variable is only ever what methods are called on, and none of them releases it.
fn is_never_handed_on(cx: &RuleCx<'_>, class: &Class, local: LocalId) -> bool {
    let file = cx.file();
    let func = file.func(cx.root());
    let names = cx.body().names();
    let home = names.local(local).func;
    names.uses(local).iter().all(|used| {
        used.func == home
            && !used.role.writes()
            && func.exprs.iter().any(|expr| {
                file.selector(expr).is_some_and(|(x, name)| {
                    x == used.expr && !class.release.iter().any(|release| **release == *name)
                })
            })
    })
}

/// Whether what goes with the resource outlives the function: the context of a `cancel`.
fn context_escapes(cx: &RuleCx<'_>, class: &Class, leak: &Leak, stmt: StmtId) -> bool {
    if *class.rule != *"cancel-not-called" {
        return false;
    }
    let file = cx.file();
    let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind else {
        return true;
    };
    let others = file.exprs(lhs).iter().enumerate();
    others
        .filter(|&(index, _)| u32::try_from(index) != Ok(leak.result))
        .any(|(_, &other)| match cx.body().object(other) {
            Object::Local(context) => !is_lent_only(cx, context),
            Object::Blank => false,
            _ => true,
        })
}

/// Whether a variable is only ever an argument of calls that nothing outlives, as far as can be told.
pub(super) fn is_lent_only(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let file = cx.file();
    let func = file.func(cx.root());
    let uses = cx.body().names().uses(local);
    let home = cx.body().names().local(local).func;
    uses.iter().all(|used| {
        used.func == home
            && !used.role.writes()
            && func.exprs.iter().any(|call| {
                let Some((fun, args)) = file.call(call) else {
                    return false;
                };
                let fun = file.unparen(fun);
                let is_receiver = file.selector(fun).is_some_and(|(x, _)| x == used.expr);
                let is_lent = args.contains(&used.expr)
                    && args
                        .iter()
                        .position(|&arg| arg == used.expr)
                        .is_some_and(|index| {
                            let contract =
                                cx.facts().call_contract(cx.models(), cx.contracts(), call);
                            contract.contract.param(index) == ArgEffect::Borrow
                        });
                is_receiver || is_lent
            })
    })
}

/// Whether somebody may hold the resource without its being passed: a literal around it, or one of its
/// methods as a value.
fn may_be_kept(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let file = cx.file();
    let names = cx.body().names();
    let home = names.local(local).func;
    let exprs = || file.func(cx.root()).exprs.iter();
    let is_method_value = |used: ExprId| {
        let mut selectors =
            exprs().filter(|&expr| file.selector(expr).is_some_and(|(x, _)| x == used));
        selectors.any(|selector| {
            let mut calls = exprs().filter_map(|expr| file.call(expr));
            let is_called = calls.any(|(fun, _)| file.unparen(fun) == selector);
            !is_called
                && matches!(
                    cx.body()
                        .cx()
                        .ty(cx.body().underlying(cx.body().type_of(selector))),
                    Type::Func { .. }
                )
        })
    };
    names
        .uses(local)
        .iter()
        .any(|used| used.func != home || is_method_value(used.expr))
}

/// Releases before each `return` that can be reached with the resource in hand.
fn before_returns(
    cx: &RuleCx<'_>,
    leak: &Leak,
    local: LocalId,
    anchor: Anchor,
    release: &Release,
) -> Option<Repair> {
    if may_be_kept(cx, local) {
        return None;
    }
    let cfg = cx.facts().cfg(leak.point.func);
    let start = cfg
        .node_of_stmt(anchor.next(cx)?)
        .or_else(|| first_node(cx, leak, anchor))?;
    let mut returns: Vec<StmtId> = Vec::new();
    let mut falls_off = false;
    let mut released: Vec<NodeId> = Vec::new();
    let _ = cfg.search([start], |node| {
        if node == leak.point.node {
            return Visit::Skip;
        }
        if ends_duty(cx, leak, node, local) {
            released.push(node);
            return Visit::Skip;
        }
        match cfg.kind(node) {
            NodeKind::Return(stmt) => {
                returns.push(stmt);
                Visit::Skip
            }
            NodeKind::Exit => {
                falls_off = true;
                Visit::Skip
            }
            _ => Visit::Continue,
        }
    });
    let is_known = returns
        .iter()
        .any(|&stmt| cfg.node_of_stmt(stmt) == Some(leak.at.node));
    if falls_off || !is_known || returns.len() > MAX_RETURNS {
        return None;
    }
    // Where a variable tells whether it was released on the way, once more would be too much.
    let forgets = |node: NodeId| {
        let is_forgetful =
            |stmt: &StmtId| cfg.node_of_stmt(*stmt).is_some_and(|other| other == node);
        returns.iter().any(is_forgetful)
    };
    for &node in &released {
        let again = cfg.search_after(node, |node| match node {
            _ if node == leak.point.node => Visit::Skip,
            _ if forgets(node) => Visit::Stop,
            _ => Visit::Continue,
        });
        if again.is_some() {
            return None;
        }
    }
    returns.sort_by_key(|&stmt| cx.file().stmt(stmt).span.start);
    let edits: Option<Vec<_>> = returns
        .iter()
        .map(|&stmt| {
            let at = cx.file().stmt(stmt).span.start;
            (!mentions(cx, Node::Stmt(stmt), local) && is_visible(cx, local, at))
                .then(|| insert_before(cx, stmt, &release.text))?
        })
        .collect();
    let applicability = if leak.with_error && release.is_tame {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    };
    Some(Repair {
        applicability,
        description: format!(
            "Call `{}` before the `return` that forgets it",
            release.text
        ),
        edits: edits?,
    })
}

/// The node that comes first behind an anchor, where its statement has none of its own.
fn first_node(cx: &RuleCx<'_>, leak: &Leak, anchor: Anchor) -> Option<NodeId> {
    let cfg = cx.facts().cfg(leak.point.func);
    let span = cx.file().stmt(anchor.next(cx)?).span;
    cfg.nodes()
        .filter(|node| {
            cfg.span_of_node(node.id)
                .is_some_and(|at| span.contains(at))
        })
        .map(|node| node.id)
        .next()
}

/// Whether at a node the resource is released or handed on.
fn ends_duty(cx: &RuleCx<'_>, leak: &Leak, node: NodeId, local: LocalId) -> bool {
    let cfg = cx.facts().cfg(leak.point.func);
    match cfg.kind(node) {
        NodeKind::Return(stmt) => return mentions(cx, Node::Stmt(stmt), local),
        NodeKind::Defer(stmt) | NodeKind::Go(stmt) => {
            return mentions(cx, Node::Stmt(stmt), local);
        }
        _ => {}
    }
    let mut own: Vec<ExprId> = Vec::new();
    cfg.own_exprs(node, |expr| own.push(expr));
    own.iter().any(|&expr| is_end(cx, expr, local))
        || own.iter().any(|&expr| is_bare_use(cx, &own, expr, local))
}

/// Whether a call releases what the variable holds, or takes it over.
fn is_end(cx: &RuleCx<'_>, expr: ExprId, local: LocalId) -> bool {
    let file = cx.file();
    let Some((_, args)) = file.call(expr) else {
        return false;
    };
    let contract = || cx.facts().call_contract(cx.models(), cx.contracts(), expr);
    if let Some(index) = args
        .iter()
        .position(|&arg| mentions_outside_literals(cx, arg, local))
    {
        let effect = contract().contract.param(index);
        return !matches!(effect, ArgEffect::Borrow | ArgEffect::Drain);
    }
    match cx.facts().callee(expr) {
        Callee::Selected { x, name } if mentions_outside_literals(cx, x, local) => {
            matches!(
                name,
                "Close" | "Stop" | "End" | "Rollback" | "Commit" | "Release" | "Shutdown"
            ) || matches!(contract().contract.recv, ArgEffect::Release)
        }
        Callee::Var(called) => called == local,
        _ => false,
    }
}

/// Whether the variable is used other than as what a method is called on, or as an argument.
fn is_bare_use(cx: &RuleCx<'_>, own: &[ExprId], expr: ExprId, local: LocalId) -> bool {
    let file = cx.file();
    if cx.body().names().local_of(expr) != Some(local) || cx.body().names().is_definition(expr) {
        return false;
    }
    !own.iter().any(|&other| match file.expr(other).kind {
        ExprKind::Selector { x, .. } => x == expr,
        ExprKind::Call { args, .. } => file.exprs(args).contains(&expr),
        ExprKind::Binary { x, y, .. } => {
            let other = if x == expr { y } else { x };
            (x == expr || y == expr) && cx.body().object(other) == Object::Nil
        }
        _ => false,
    })
}

fn mentions_outside_literals(cx: &RuleCx<'_>, expr: ExprId, local: LocalId) -> bool {
    mentions(cx, Node::Expr(expr), local)
}

/// Whether a variable occurs somewhere, literals included.
pub(crate) fn mentions(cx: &RuleCx<'_>, node: Node, local: LocalId) -> bool {
    let mut found = false;
    walk(cx.file(), node, |node| {
        if let Node::Expr(expr) = node {
            found |= cx.body().names().local_of(expr) == Some(local);
        }
        if found { Descend::Stop } else { Descend::Into }
    });
    found
}
