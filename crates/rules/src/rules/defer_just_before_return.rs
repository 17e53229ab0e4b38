//! `defer-just-before-return`.

use diagnostics::Applicability;
use go_flow::{Cfg, DeferSite, NodeId, NodeKind, PanicRisk, Place, Point};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, Span, StmtKind};
use go_types::{LocalId, Object};

use crate::cx::RuleCx;
use crate::duty::{Duty, DutyKind};
use crate::fixes::upwards;
use crate::locked::follows_lock;
use crate::origin::root_local;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds `defer` statements with nothing between them and the end of the function.
    ///
    /// ## What it does
    /// Reports a `defer` that is followed by the end of the function, or by a `return` whose
    /// results are constants or plain local variables. It is silent when evaluating a result can
    /// call, block or panic, or reads what others may change (`return s.count` under a lock); when
    /// the deferred call uses a named result or recovers; and when it gives back a lock that the
    /// statement before has taken. In test files only those are reported that come too late:
    /// something between the beginning of the duty and the `defer` can panic or return.
    ///
    /// ## Why it is bad
    /// A deferred call is there for what happens between the `defer` and the end: a panic, a
    /// `return` on the way. Nothing can happen there, so the call runs at once, and everything
    /// above it can leave the function without it. Often the `defer` was meant to stand further up:
    /// a `defer wg.Done()` in the last line of a goroutine is skipped when the work panics or
    /// returns early, and then `Wait` never returns.
    ///
    /// ## Example
    /// ```go
    /// func start(wg *sync.WaitGroup, work func()) {
    /// 	go func() {
    /// 		work()
    /// 		defer wg.Done()
    /// 	}()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func start(wg *sync.WaitGroup, work func()) {
    /// 	go func() {
    /// 		defer wg.Done()
    /// 		work()
    /// 	}()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// Someone may want the `defer` there so that it is not forgotten when the function grows.
    ///
    /// ## Fix safety
    /// Where something above can panic or return, the fix moves the `defer` up, to where the duty begins:
    /// the start of the goroutine for `wg.Done()` and `close(ch)`, else behind the call that acquires, or
    /// the check of its error. It is safe where the order of deferred calls stays. Elsewhere the fix takes
    /// the word `defer` away; the program does what it did before, so it is safe. There is none for
    /// deferred literals that do not come too late.
    pub DeferJustBeforeReturn {
        name: "defer-just-before-return",
        category: Placement,
        severity: Note,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferJustBeforeReturn {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            let cfg = cx.facts().cfg(site.point.func);
            if !cfg.reachable(site.point.node)
                || uses_result(cx, site)
                || follows_lock(cx, site.point)
            {
                continue;
            }
            let Some(next) = only_successor(cfg, site.point.node) else {
                continue;
            };
            let end = match cfg.kind(next) {
                NodeKind::Exit => "the end of",
                NodeKind::Return(stmt) => {
                    let StmtKind::Return(results) = cx.file().stmt(stmt).kind else {
                        continue;
                    };
                    if !cx
                        .file()
                        .exprs(results)
                        .iter()
                        .all(|&result| is_inert(cx, site, result))
                    {
                        continue;
                    }
                    "the return from"
                }
                _ => continue,
            };
            report(cx, site, end);
        }
    }
}

fn report(cx: &RuleCx<'_>, site: &DeferSite<'_>, end: &str) {
    let file = cx.file();
    let too_late = begins_earlier(cx, site);
    if cx.is_test() && !too_late {
        return;
    }
    let call = cx.call_snippet(site.call);
    let function = cx.func_label(site.point.func);
    let stmt = file.stmt(site.stmt).span;
    let (consequence, help) = match too_late {
        true => (
            format!("`{call}` does not run when something above panics or returns"),
            format!("defer `{call}` where the duty begins, or call it without `defer`"),
        ),
        false => (
            format!("`{call}` runs at once all the same"),
            format!("call `{call}` without `defer`"),
        ),
    };
    let message =
        format!("nothing can happen between this `defer` and {end} {function}: {consequence}");
    let finding = cx
        .report(&DeferJustBeforeReturn::META, stmt, message)
        .help(help);
    if too_late {
        finding.repair(upwards::defer_earlier(cx, site));
    } else if site.literal.is_none() && is_plain(cx, site) {
        let keyword = Span::new(stmt.start, file.expr(site.call).span.start);
        let edit = (keyword, String::new());
        finding.fix(Applicability::Safe, "Call it without `defer`", [edit]);
    }
}

/// Whether nothing else is wrong with the `defer`: that the call gives something, takes a lock, or never
/// returns.
fn is_plain(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    let mut locks = cx.facts().locks().iter();
    let takes_lock = locks.any(|lock| lock.call == site.call && lock.op.acquires());
    !takes_lock && !cx.contract_end(site.call).blocks && !gives_something(cx, site)
}

/// Whether the call gives something else than an error.
fn gives_something(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    let body = cx.body();
    body.results_of_call(site.call).is_some_and(|types| {
        types
            .iter()
            .any(|&ty| !ty.is_unknown() && !body.is_error(ty))
    })
}

/// Whether something can go wrong between the point where the duty begins (the lock is taken, the
/// file opened) and the `defer`.
fn begins_earlier(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    let facts = cx.facts();
    let cfg = facts.cfg(site.point.func);
    let duty = Duty::of(cx, site);
    let at_lock = facts.locks().iter().rfind(|lock| {
        matches!(duty.kind, DutyKind::Unlock(op) if op.counterpart() == lock.op)
            && lock.point.func == site.point.func
            && lock.place.is_some()
            && lock.place
                == duty
                    .subject
                    .and_then(|subject| Place::of_operand(cx.body(), subject))
    });
    let at_definition = || {
        let local = root_local(cx, duty.subject?)?;
        let definition = facts.definitions(site.point, local).single()?;
        (definition.point.func == site.point.func).then_some(definition.point.node)
    };
    let begin = match (at_lock, duty.kind) {
        (Some(lock), _) => Some(lock.point.node),
        (None, DutyKind::Done | DutyKind::CloseChannel) => Some(cfg.entry()),
        (None, kind) if kind.is_release() => at_definition(),
        _ => None,
    };
    begin.is_some_and(|begin| {
        cfg.nodes().any(|node| {
            let effect = facts.effect_at(Point {
                func: site.point.func,
                node: node.id,
            });
            effect.panic >= PanicRisk::Call
                && cfg.reaches(begin, node.id)
                && cfg.reaches(node.id, site.point.node)
        })
    })
}

fn only_successor(cfg: &Cfg<'_>, node: NodeId) -> Option<NodeId> {
    match cfg.successors(node) {
        [edge] => Some(edge.node),
        _ => None,
    }
}

/// Whether the deferred call has to do with the results of the function, or with a panic.
fn uses_result(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> bool {
    let in_call = |expr: ExprId| {
        cx.file()
            .expr(site.call)
            .span
            .contains(cx.file().expr(expr).span)
    };
    let names = cx.body().names();
    let is_used = |id: LocalId| names.uses(id).iter().any(|used| in_call(used.expr));
    names
        .locals()
        .any(|(id, local)| local.is_result() && local.func == site.point.func && is_used(id))
        || cx
            .facts()
            .recovers()
            .iter()
            .any(|recover| in_call(recover.call))
}

/// Whether evaluating `expr` before or after the deferred call is all the same.
fn is_inert(cx: &RuleCx<'_>, site: &DeferSite<'_>, expr: ExprId) -> bool {
    let file = cx.file();
    if !cx.facts().is_pure(expr) {
        return false;
    }
    let mut inert = true;
    walk(file, Node::Expr(expr), |node| {
        let Node::Expr(part) = node else {
            inert &= !matches!(node, Node::Func(_));
            return Descend::Past;
        };
        inert &= match file.expr(part).kind {
            ExprKind::Ident => match cx.body().object(part) {
                Object::Local(local) => !may_change(cx, site, local),
                Object::Member(id) => !matches!(
                    cx.body().cx().names().member(id).kind,
                    go_types::MemberKind::Var { .. }
                ),
                Object::Unknown | Object::DotMember(_) => false,
                _ => true,
            },
            // Fields and variables of other packages.
            ExprKind::Selector { .. } | ExprKind::Index { .. } | ExprKind::Star(_) => false,
            _ => true,
        };
        Descend::Into
    });
    inert
}

/// Whether the deferred call may assign to `local`.
fn may_change(cx: &RuleCx<'_>, site: &DeferSite<'_>, local: LocalId) -> bool {
    let names = cx.body().names();
    let facts = cx.facts().var(local);
    let call = cx.file().expr(site.call).span;
    let is_used = names
        .uses(local)
        .iter()
        .any(|used| call.contains(cx.file().expr(used.expr).span));
    names.local(local).is_var()
        && (is_used || facts.address_taken || facts.captures.iter().any(|capture| capture.writes))
}
