//! What runs as methods of the same object: in a loop that serves a channel, and in goroutines that a
//! group of the object waits for.

use go_syntax::{ExprId, ExprKind, FuncId};
use go_types::Callee;
use rustc_hash::FxHashMap;

use super::paths::{is_self, reaches};
use super::{FieldOp, Key, Served, Server};
use crate::cfg::{LoopId, NodeId};
use crate::conc::{Held, Other, Site, Stuck, StuckKind, Waits};
use crate::facts::{FunctionFacts, Point};
use crate::sites::{CallMode, LiteralUse, LockOp};

/// Calls of methods of the same object are followed so many levels deep.
const MAX_DEPTH: usize = 4;

/// Functions that run, each with where its declared function is called, but for the first.
pub(super) type Inside = FxHashMap<(usize, FuncId), Option<(usize, FuncId, ExprId)>>;

impl<'a> Served<'_, 'a> {
    /// The functions that run when a function runs, as methods of the same object: itself (only the
    /// loop, if there is one), and what it calls on its receiver or with it.
    pub(super) fn same_object(&self, body: usize, func: FuncId, lp: Option<LoopId>) -> Inside {
        let mut seen = Inside::default();
        let mut level = vec![(body, func, lp, None)];
        for _ in 0..=MAX_DEPTH {
            let mut next = Vec::new();
            for (at, func, lp, by) in level {
                if seen.contains_key(&(at, func)) {
                    continue;
                }
                seen.insert((at, func), by);
                let caller = func;
                self.calls_on_self(at, caller, lp, &mut |call, to, func| {
                    let is_literal = self.program.declared[to].func != func;
                    let by = if is_literal {
                        by
                    } else {
                        Some((at, caller, call))
                    };
                    next.push((to, func, None, by));
                });
            }
            level = next;
        }
        seen
    }

    /// Calls `visit` for the calls that a function makes at once and on its receiver, and for those of
    /// literals that it runs on the spot.
    fn calls_on_self(
        &self,
        index: usize,
        func: FuncId,
        lp: Option<LoopId>,
        visit: &mut dyn FnMut(ExprId, usize, FuncId),
    ) {
        let facts = self.program.facts(index);
        let body = facts.body();
        let file = body.file();
        let cfg = facts.cfg(func);
        let lp = lp.map(|lp| cfg.loop_(lp));
        for site in facts.calls_of(func) {
            let is_in = lp.is_none_or(|lp| cfg.is_in_loop(site.point.node, lp));
            if !is_in || matches!(site.mode, CallMode::Spawned(_)) {
                continue;
            }
            if let Some(literal) = facts.literal_called(site.call) {
                visit(site.call, index, literal);
                continue;
            }
            let args = file.call(site.call).map_or(&[][..], |(_, args)| args);
            let is_about_self = match facts.callee(site.call) {
                Callee::Selected { name: "Do", .. } => {
                    if let &[arg] = args
                        && let ExprKind::FuncLit(literal) = file.expr(file.unparen(arg)).kind
                    {
                        visit(site.call, index, literal);
                    }
                    continue;
                }
                Callee::Selected { x, .. } => is_self(body, facts.root(), x),
                Callee::Func {
                    member: Some(_), ..
                } => args.iter().any(|&arg| is_self(body, facts.root(), arg)),
                _ => false,
            };
            if is_about_self
                && let Some((file, func)) = body.declaration(site.call)
                && let Some(to) = self.program.index_of(file, func)
            {
                visit(site.call, to, func);
            }
        }
    }

    /// The lock under which an operation waits and which the loop takes, and where.
    pub(super) fn needs_lock(
        &self,
        op: &FieldOp,
        server: Server,
        inside: &Inside,
    ) -> Option<(Site, Site)> {
        let facts = self.program.facts(op.body);
        let cfg = facts.cfg(op.point.func);
        for lock in facts.locks() {
            let is_taken = matches!(lock.op, LockOp::Lock)
                && lock.mode == CallMode::Now
                && lock.point.func == op.point.func;
            let Some(key) = self.lock_key(facts, lock.operand).filter(|_| is_taken) else {
                continue;
            };
            let gives_back = |node: NodeId| {
                facts.locks().iter().any(|other| {
                    other.op == LockOp::Unlock
                        && other.mode == CallMode::Now
                        && other.point
                            == Point {
                                func: op.point.func,
                                node,
                            }
                        && other.place == lock.place
                })
            };
            if !reaches(cfg, lock.point.node, op.point.node, &gives_back) {
                continue;
            }
            for &(body, func) in inside.keys() {
                let others = self.program.facts(body);
                let cfg = others.cfg(func);
                let is_server = (body, func) == (server.body, server.func);
                let wanted = others.locks().iter().find(|other| {
                    other.point.func == func
                        && matches!(other.op, LockOp::Lock | LockOp::RLock)
                        && other.mode == CallMode::Now
                        && (!is_server || cfg.is_in_loop(other.point.node, cfg.loop_(server.lp)))
                        && self.lock_key(others, other.operand) == Some(key)
                });
                if let Some(wanted) = wanted {
                    return Some((
                        self.call_site(op.body, op.point.func, lock.call),
                        self.call_site(body, func, wanted.call),
                    ));
                }
            }
        }
        None
    }

    fn call_site(&self, index: usize, func: FuncId, call: ExprId) -> Site {
        let span = self.program.file(index).expr(call).span;
        self.program.site(index, func, span)
    }

    /// The field of the object that a lock is; a lock that is embedded has no name.
    fn lock_key(&self, facts: &FunctionFacts<'a>, operand: ExprId) -> Option<Key> {
        let body = facts.body();
        let file = body.file();
        let operand = file.unparen(operand);
        if is_self(body, facts.root(), operand) {
            let owner = body.cx().deref(body.type_of(operand));
            let go_types::Type::Named { name, .. } = body.cx().ty(owner) else {
                return None;
            };
            let named = body.cx().named(name);
            return (named.package == *body.cx().names().path())
                .then(|| (self.program.sym(&named.name), self.program.sym("")));
        }
        let (x, name) = file.selector(operand)?;
        is_self(body, facts.root(), x).then(|| self.key(body, body.type_of(x), name))?
    }

    /// Groups whose `Wait` is called by one of their goroutines.
    pub(super) fn groups(&self, found: &mut Vec<Stuck>) {
        for index in 0..self.program.declared.len() {
            let declared = self.program.declared[index];
            let node = self.program.file(index).func(declared.func);
            if declared.in_tests || !node.features.intersects(go_syntax::Features::GO) {
                continue;
            }
            let facts = self.program.facts(index);
            for go in facts.gos() {
                let literal = go.literal.or_else(|| facts.literal_called(go.call));
                let target = match literal {
                    Some(literal) => Some((index, literal)),
                    None => facts
                        .body()
                        .declaration(go.call)
                        .and_then(|(file, func)| Some((self.program.index_of(file, func)?, func))),
                };
                if let Some((body, func)) = target {
                    let started = self.call_site(index, go.point.func, go.call);
                    self.waits_for_itself(body, func, started, found);
                }
            }
        }
    }

    /// A goroutine that is told off by a deferred `Done`, and calls what waits for the group.
    fn waits_for_itself(&self, body: usize, func: FuncId, started: Site, found: &mut Vec<Stuck>) {
        let facts = self.program.facts(body);
        for defer in facts.defers_of(func) {
            let Some(key) = self.group_call(facts, defer.call, "Done") else {
                continue;
            };
            for ((at, inner), by) in self.same_object(body, func, None) {
                let others = self.program.facts(at);
                for site in others.calls_of(inner) {
                    let is_other_goroutine =
                        matches!(others.literal_use(inner), LiteralUse::Spawned { .. })
                            && (at, inner) != (body, func);
                    if site.mode != CallMode::Now
                        || self.group_call(others, site.call, "Wait") != Some(key)
                        || is_other_goroutine
                    {
                        continue;
                    }
                    let wait = self.call_site(at, inner, site.call);
                    let told = by.map_or(wait, |(at, func, call)| self.call_site(at, func, call));
                    let file = self.program.file(at);
                    let done = self.program.file(body).stmt(defer.stmt).span;
                    found.push(Stuck {
                        kind: StuckKind::Circular,
                        waits: Waits::Group,
                        site: told,
                        operand: file
                            .call(site.call)
                            .filter(|_| by.is_none())
                            .and_then(|(fun, _)| file.selector(file.unparen(fun)).map(|(x, _)| x)),
                        made: None,
                        started: Some(started),
                        left: None,
                        served: None,
                        sent_before: None,
                        others: by
                            .map(|_| Other {
                                site: wait,
                                waits: Waits::Group,
                            })
                            .into_iter()
                            .collect(),
                        holds: vec![Held::Defer(self.program.site(body, defer.point.func, done))],
                    });
                }
            }
        }
    }

    /// The field of the object whose method `name` a call calls.
    fn group_call(&self, facts: &FunctionFacts<'a>, call: ExprId, name: &str) -> Option<Key> {
        let Callee::Selected { x, name: called } = facts.callee(call) else {
            return None;
        };
        let body = facts.body();
        let is_group =
            called == name && body.is_named(body.cx().deref(body.type_of(x)), "sync", "WaitGroup");
        is_group.then(|| self.lock_key(facts, x))?
    }
}
