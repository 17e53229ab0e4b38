//! Channels in fields that one loop serves: what becomes of the other end when the loop has been left.
//!
//! An object that keeps a goroutine has channels in its fields, one loop that receives from them, and
//! methods that send. The machine of [`super`] does not see these together, as nobody starts the one
//! and calls the others in one function. Here the operations of the whole package are collected by
//! type and field, and three things are found: an operation that waits for a loop which may have been
//! left for another reason (`case <-quit: return`); a loop that calls, by itself, what waits for it;
//! and a loop that needs the lock under which it is waited for. A group whose `Wait` is called by one
//! of its own goroutines is found on the same calls.
//!
//! Only fields that the package uses for nothing else are judged: made by `make` on the spot, and only
//! sent to, received from, compared and closed.

use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, File, FuncId, Span, StmtKind};
use go_types::{Basic, Body, Callee, LocalKind, Object, Type, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::program::Program;
use super::state::Sym;
use super::{Held, Other, Site, Stuck, StuckKind, Waits};
use crate::cfg::{Cfg, Loop, LoopId, NodeId, NodeKind};
use crate::channels::{ChannelAct, ChannelOp, SelectArm};
use crate::facts::{FunctionFacts, Point};
use crate::fields::FieldUses;
use crate::place::Place;
use crate::sites::{CallMode, LiteralUse, LockOp};

/// Calls of methods of the same object are followed so many levels deep.
const MAX_DEPTH: usize = 4;

/// A field of a type of the package.
type Key = (Sym, Sym);

/// An operation on such a field.
#[derive(Clone, Copy, Debug)]
struct FieldOp {
    act: ChannelAct,
    /// The declared function, as index into those of the package.
    body: usize,
    point: Point,
    span: Span,
    channel: ExprId,
    /// The `select` around it.
    arm: Option<SelectArm>,
    mode: CallMode,
}

/// A channel in a field.
#[derive(Debug, Default)]
struct Channel {
    ops: Vec<FieldOp>,
}

/// Where a channel is made for a field of some name, and whether it has room.
#[derive(Clone, Copy, Debug)]
enum Made {
    Here(Site, bool),
    /// Somebody else may have it.
    Elsewhere,
}

/// The loop in which all operations of one end stand.
#[derive(Clone, Copy, Debug)]
struct Server {
    body: usize,
    func: FuncId,
    lp: LoopId,
}

/// What is known of a package.
struct Served<'p, 'a> {
    program: &'p Program<'a>,
    uses: Rc<FieldUses>,
    channels: FxHashMap<Key, Channel>,
    made: FxHashMap<Sym, Made>,
}

/// Looks for them in a package.
pub(super) fn served(program: &Program<'_>, found: &mut Vec<Stuck>) {
    let mut served = Served {
        program,
        uses: FieldUses::of(program.cx),
        channels: FxHashMap::default(),
        made: FxHashMap::default(),
    };
    served.collect();
    let mut keys: Vec<Key> = served.channels.keys().copied().collect();
    keys.sort_unstable();
    for key in keys {
        served.judge(key, found);
    }
    served.groups(found);
}

impl<'a> Served<'_, 'a> {
    /// Whether fields of the name are channels of which all is seen.
    fn is_candidate(&self, name: &str) -> bool {
        self.uses
            .get(name)
            .is_some_and(|of| of.sent && (of.received || of.ranged) && of.assigned && !of.escapes)
    }

    fn collect(&mut self) {
        for index in 0..self.program.declared.len() {
            let file = self.program.file(index);
            let node = file.func(self.program.declared[index].func);
            let mut mentions = false;
            for expr in node.exprs.iter() {
                match file.expr(expr).kind {
                    ExprKind::Selector { sel, .. } => {
                        mentions = mentions || self.is_candidate(file.span_text(sel));
                    }
                    ExprKind::KeyValue { key, value } => {
                        if let Some(name) = file.ident(key)
                            && self.is_candidate(name)
                        {
                            self.is_made(index, name, value);
                        }
                    }
                    _ => {}
                }
            }
            if !mentions {
                continue;
            }
            for stmt in node.stmts.iter() {
                let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                    continue;
                };
                let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                for (at, &target) in lhs.iter().enumerate() {
                    let Some((_, name)) = file.selector(file.unparen(target)) else {
                        continue;
                    };
                    if !self.is_candidate(name) {
                        continue;
                    }
                    match rhs.get(at) {
                        Some(&value) if lhs.len() == rhs.len() => self.is_made(index, name, value),
                        _ => {
                            let name = self.program.sym(name);
                            self.made.insert(name, Made::Elsewhere);
                        }
                    }
                }
            }
            if super::declared::is_test(self.program.name(index)) {
                continue;
            }
            let facts = self.program.facts(index);
            for op in facts.channel_ops() {
                self.add(index, &op);
            }
        }
    }

    /// A field gets a value.
    fn is_made(&mut self, index: usize, name: &str, value: ExprId) {
        let file = self.program.file(index);
        let value = file.unparen(value);
        let root = self.program.declared[index].func;
        let made = match file.call(value) {
            Some((fun, args))
                if file.ident(fun) == Some("make")
                    && args.first().is_some_and(|&ty| {
                        matches!(file.expr(ty).kind, ExprKind::ChanType { .. })
                    }) =>
            {
                let has_room = args.get(1).is_some_and(|&size| file.expr_text(size) != "0");
                let site = self.program.site(index, root, file.expr(value).span);
                Made::Here(site, has_room)
            }
            _ => Made::Elsewhere,
        };
        let name = self.program.sym(name);
        let made = match (self.made.get(&name), made) {
            (Some(Made::Elsewhere), _) => Made::Elsewhere,
            (Some(Made::Here(site, true)), Made::Here(..)) => Made::Here(*site, true),
            (_, made) => made,
        };
        self.made.insert(name, made);
    }

    fn add(&mut self, index: usize, op: &ChannelOp<'a>) {
        let body = self.program.body(index);
        let file = body.file();
        let Some((x, name)) = file.selector(file.unparen(op.channel)) else {
            return;
        };
        if !self.is_candidate(name) {
            return;
        }
        let Some(key) = self.key(body, body.type_of(x), name) else {
            // Of whose field it is nobody knows.
            let name = self.program.sym(name);
            self.made.insert(name, Made::Elsewhere);
            return;
        };
        self.channels.entry(key).or_default().ops.push(FieldOp {
            act: op.act,
            body: index,
            point: op.point,
            span: op.span,
            channel: op.channel,
            arm: op.arm,
            mode: op.mode,
        });
    }

    /// The field `name` of a type of the package.
    fn key(&self, body: &Body<'a>, ty: TypeId, name: &str) -> Option<Key> {
        let cx = body.cx();
        let owner = cx.deref(ty);
        let Type::Named { name: named, .. } = cx.ty(owner) else {
            return None;
        };
        let named = cx.named(named);
        let field = self.program.sym(name);
        let fields = self.program.fields_of(body, owner)?;
        (named.package == *cx.names().path() && fields.iter().any(|at| at.name == field))
            .then(|| (self.program.sym(&named.name), field))
    }

    fn site(&self, op: &FieldOp) -> Site {
        self.program.site(op.body, op.point.func, op.span)
    }

    fn judge(&self, key: Key, found: &mut Vec<Stuck>) {
        let Some(&Made::Here(made, has_room)) = self.made.get(&key.1) else {
            return;
        };
        let ops = &self.channels[&key].ops;
        if ops.iter().any(|op| op.act == ChannelAct::Close) {
            return;
        }
        let is_receive = |op: &FieldOp| matches!(op.act, ChannelAct::Receive | ChannelAct::Range);
        let (receives, sends): (Vec<FieldOp>, Vec<FieldOp>) =
            ops.iter().copied().partition(is_receive);
        if !has_room && let Some(server) = self.server(&receives) {
            self.judge_waiters(key, made, server, &receives, &sends, found);
        }
        if let Some(server) = self.server(&sends) {
            self.judge_waiters(key, made, server, &sends, &receives, found);
        }
    }

    /// The loop in which all the operations stand.
    fn server(&self, ops: &[FieldOp]) -> Option<Server> {
        let of = |op: &FieldOp| {
            let cfg = self.program.cfg(op.body, op.point.func);
            let lp = outermost(cfg, op.point.node)?;
            (op.mode == CallMode::Now).then_some(Server {
                body: op.body,
                func: op.point.func,
                lp: lp.id,
            })
        };
        let first = of(ops.first()?)?;
        let same = |op: &FieldOp| {
            of(op).is_some_and(|it| (it.body, it.func, it.lp) == (first.body, first.func, first.lp))
        };
        ops.iter().all(same).then_some(first)
    }

    /// Looks at what waits for a loop that serves the channel.
    fn judge_waiters(
        &self,
        key: Key,
        made: Site,
        server: Server,
        serving: &[FieldOp],
        waiting: &[FieldOp],
        found: &mut Vec<Stuck>,
    ) {
        let left = self.way_out(server, serving);
        let inside = self.same_object(server.body, server.func, Some(server.lp));
        for op in waiting {
            if op.mode != CallMode::Now
                || op.arm.is_some_and(|arm| arm.has_default || arm.cases > 1)
                || !matches!(op.act, ChannelAct::Send | ChannelAct::Receive)
            {
                continue;
            }
            let is_send = op.act == ChannelAct::Send;
            let at = (op.body, op.point.func);
            let mut stuck = Stuck {
                kind: StuckKind::Circular,
                waits: if is_send { Waits::Send } else { Waits::Receive },
                site: self.site(op),
                operand: Some(op.channel),
                made: Some((made, 0)),
                started: None,
                left: None,
                served: None,
                sent_before: None,
                others: Vec::new(),
                holds: Vec::new(),
            };
            let is_same = self.is_on_self(op);
            if is_send && inside.contains(&at) && is_same && at != (server.body, server.func) {
                stuck.served = Some(self.head_of(server));
                found.push(stuck);
            } else if is_send
                && is_same
                && let Some((held, wanted)) = self.needs_lock(op, server, &inside)
            {
                stuck.holds.push(Held::Lock(held));
                stuck.others.push(Other {
                    site: wanted,
                    waits: Waits::Lock,
                });
                found.push(stuck);
            } else if let Some((left, quit)) = &left
                && !inside.contains(&at)
                && !self.is_guarded(key, op, quit.as_deref())
            {
                stuck.kind = if is_send {
                    StuckKind::Send
                } else {
                    StuckKind::Receive
                };
                stuck.served = Some(*left);
                found.push(stuck);
            }
        }
    }

    fn head_of(&self, server: Server) -> Site {
        let cfg = self.program.cfg(server.body, server.func);
        let file = self.program.file(server.body);
        let span = file.stmt(cfg.loop_(server.lp).stmt).span;
        let head = Span::new(span.start, (span.start + 3).min(span.end));
        self.program.site(server.body, server.func, head)
    }

    /// A case of a `select` in the loop by which it is left without serving the channel again, and the
    /// name of what is received there.
    fn way_out(&self, server: Server, serving: &[FieldOp]) -> Option<(Site, Option<String>)> {
        let cfg = self.program.cfg(server.body, server.func);
        let facts = self.program.facts(server.body);
        let file = facts.file();
        let lp = cfg.loop_(server.lp);
        let arms = facts.channel_ops().into_iter().filter(|op| {
            op.point.func == server.func
                && op.act == ChannelAct::Receive
                && op.arm.is_some()
                && cfg.is_in_loop(op.point.node, lp)
                && !serving.iter().any(|own| own.span == op.span)
        });
        for arm in arms {
            let is_serving = |node: NodeId| {
                serving
                    .iter()
                    .any(|own| own.point.func == server.func && own.point.node == node)
            };
            if leaves(cfg, lp, arm.point.node, &is_serving) {
                let name = quit_name(file, arm.channel).map(str::to_owned);
                let site = self.program.site(server.body, server.func, arm.span);
                return Some((site, name));
            }
        }
        None
    }

    /// Whether the object of an operation is the receiver of the method that it stands in.
    fn is_on_self(&self, op: &FieldOp) -> bool {
        let body = self.program.body(op.body);
        let file = body.file();
        file.selector(file.unparen(op.channel))
            .is_some_and(|(x, _)| is_receiver(body, x))
    }

    /// Whether a waiting operation is made sure of in a way that is not followed: what ends the loop is
    /// asked for, or a flag of the object, or the object is only being built.
    fn is_guarded(&self, key: Key, op: &FieldOp, quit: Option<&str>) -> bool {
        let body = self.program.body(op.body);
        let facts = self.program.facts(op.body);
        let file = body.file();
        let Some((x, _)) = file.selector(file.unparen(op.channel)) else {
            return true;
        };
        let root = Place::of(body, x).and_then(|place| place.local());
        let kind = root.map(|local| body.names().local(local).kind);
        if !matches!(kind, Some(LocalKind::Receiver(_) | LocalKind::Param(_))) {
            return true;
        }
        let node = file.func(facts.root());
        // What ends the loop is asked, closed or ended here.
        let asks = quit.is_none_or(|quit| {
            node.exprs.iter().any(|expr| match file.expr(expr).kind {
                ExprKind::Selector { sel, .. } => file.span_text(sel) == quit,
                ExprKind::Ident => file.expr_text(expr) == quit,
                _ => false,
            })
        });
        asks || self.asks_flag(key, facts) || quit.is_some_and(|quit| self.waits_first(quit))
    }

    /// Whether a condition of the function asks a flag of the object.
    fn asks_flag(&self, key: Key, facts: &FunctionFacts<'a>) -> bool {
        let body = facts.body();
        let file = body.file();
        let cx = body.cx();
        let conds = facts.funcs().iter().flat_map(|&func| {
            let cfg = facts.cfg(func);
            cfg.nodes().filter_map(|node| match node.kind {
                NodeKind::Cond(cond) => Some(file.expr(cond).span),
                _ => None,
            })
        });
        let conds: Vec<Span> = conds.collect();
        file.func(facts.root()).exprs.iter().any(|expr| {
            let ExprKind::Selector { x, sel } = file.expr(expr).kind else {
                return false;
            };
            let span = file.expr(expr).span;
            if !conds.iter().any(|cond| cond.contains(span)) {
                return false;
            }
            let owner = self.key(body, body.type_of(x), file.span_text(sel));
            if owner.is_none_or(|owner| owner.0 != key.0) {
                // A method that tells.
                return is_receiver(body, x) && owner.is_none();
            }
            let ty = cx.deref(body.type_of(expr));
            match cx.ty(ty) {
                Type::Basic(Basic::Bool | Basic::Int | Basic::Int32 | Basic::Int64) => true,
                Type::Named { name, .. } => {
                    let named = cx.named(name);
                    *named.package == *"sync/atomic"
                        || matches!(cx.ty(body.underlying(ty)), Type::Basic(_) | Type::Unknown)
                }
                _ => ty.is_unknown(),
            }
        })
    }

    /// Whether who closes the channel that ends the loop waits for others before.
    fn waits_first(&self, quit: &str) -> bool {
        let name = self.program.sym(quit);
        (0..self.program.declared.len()).any(|index| {
            let file = self.program.file(index);
            let node = file.func(self.program.declared[index].func);
            let mut waits = None;
            let mut closes = None;
            for expr in node.exprs.iter() {
                let Some((fun, args)) = file.call(expr) else {
                    continue;
                };
                let start = file.expr(expr).span.start;
                let fun = file.unparen(fun);
                match (file.selector(fun), file.ident(fun)) {
                    (Some((_, "Wait")), _) => waits = waits.or(Some(start)),
                    (None, Some("close")) => {
                        let is_it = args.first().is_some_and(|&arg| {
                            file.selector(file.unparen(arg))
                                .is_some_and(|(_, field)| self.program.sym(field) == name)
                        });
                        if is_it {
                            closes = Some(start);
                        }
                    }
                    _ => {}
                }
            }
            matches!((waits, closes), (Some(wait), Some(close)) if wait < close)
        })
    }

    /// The functions that run when a function runs, as methods of the same object: itself (only the
    /// loop, if there is one), and what it calls on its receiver.
    fn same_object(
        &self,
        body: usize,
        func: FuncId,
        lp: Option<LoopId>,
    ) -> FxHashSet<(usize, FuncId)> {
        let mut seen: FxHashSet<(usize, FuncId)> = FxHashSet::default();
        let mut level = vec![(body, func, lp)];
        for _ in 0..=MAX_DEPTH {
            let mut next = Vec::new();
            for (body, func, lp) in level {
                if !seen.insert((body, func)) {
                    continue;
                }
                self.calls_on_self(body, func, lp, &mut |_, to, func| {
                    next.push((to, func, None));
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
            if let Callee::Selected { x, name } = facts.callee(site.call) {
                if name == "Do"
                    && let Some((_, &[arg])) = file.call(site.call)
                    && let ExprKind::FuncLit(literal) = file.expr(file.unparen(arg)).kind
                {
                    visit(site.call, index, literal);
                } else if is_receiver(body, x)
                    && let Some((file, func)) = body.declaration(site.call)
                    && let Some(to) = self.program.index_of(file, func)
                {
                    visit(site.call, to, func);
                }
            }
        }
    }

    /// The lock under which an operation waits and which the loop takes, and where.
    fn needs_lock(
        &self,
        op: &FieldOp,
        server: Server,
        inside: &FxHashSet<(usize, FuncId)>,
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
            for &(body, func) in inside {
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
                    let place = |index: usize, func: FuncId, call: ExprId| {
                        let span = self.program.file(index).expr(call).span;
                        self.program.site(index, func, span)
                    };
                    return Some((
                        place(op.body, op.point.func, lock.call),
                        place(body, func, wanted.call),
                    ));
                }
            }
        }
        None
    }

    /// The field of the receiver that a lock is.
    fn lock_key(&self, facts: &FunctionFacts<'a>, operand: ExprId) -> Option<Key> {
        let body = facts.body();
        let (x, name) = body.file().selector(body.file().unparen(operand))?;
        is_receiver(body, x).then(|| self.key(body, body.type_of(x), name))?
    }

    /// Groups whose `Wait` is called by one of their goroutines.
    fn groups(&self, found: &mut Vec<Stuck>) {
        for index in 0..self.program.declared.len() {
            let node = self
                .program
                .file(index)
                .func(self.program.declared[index].func);
            if !node.features.intersects(go_syntax::Features::GO) || !self.mentions_wait() {
                continue;
            }
            let facts = self.program.facts(index);
            for go in facts.gos() {
                let literal = go.literal.or_else(|| facts.literal_called(go.call));
                let (body, func) = match literal {
                    Some(literal) => (index, literal),
                    None => {
                        let Callee::Selected { x, .. } = facts.callee(go.call) else {
                            continue;
                        };
                        let declared = facts.body().declaration(go.call);
                        match declared.and_then(|(file, func)| {
                            Some((self.program.index_of(file, func)?, func))
                        }) {
                            Some(target) if is_receiver(facts.body(), x) => target,
                            _ => continue,
                        }
                    }
                };
                let started = self.program.file(index).expr(go.call).span;
                let started = self.program.site(index, go.point.func, started);
                self.waits_for_itself(body, func, started, found);
            }
        }
    }

    fn mentions_wait(&self) -> bool {
        self.uses
            .any(|of| of.selects(&["Wait"]) && of.selects(&["Done"]))
    }

    /// A goroutine that is told off by a deferred `Done`, and calls what waits for the group.
    fn waits_for_itself(&self, body: usize, func: FuncId, started: Site, found: &mut Vec<Stuck>) {
        let facts = self.program.facts(body);
        for defer in facts.defers_of(func) {
            let Some(key) = self.group_call(facts, defer.call, "Done") else {
                continue;
            };
            for (at, func) in self.same_object(body, func, None) {
                let others = self.program.facts(at);
                for site in others.calls_of(func) {
                    if site.mode != CallMode::Now
                        || self.group_call(others, site.call, "Wait") != Some(key)
                        || matches!(others.literal_use(func), LiteralUse::Spawned { .. })
                            && (at, func) != (started.file as usize, started.func)
                            && (at, func) != (body, func)
                    {
                        continue;
                    }
                    let file = self.program.file(at);
                    let done = self.program.file(body).stmt(defer.stmt).span;
                    found.push(Stuck {
                        kind: StuckKind::Circular,
                        waits: Waits::Group,
                        site: self.program.site(at, func, file.expr(site.call).span),
                        operand: file
                            .call(site.call)
                            .and_then(|(fun, _)| file.selector(file.unparen(fun)).map(|(x, _)| x)),
                        made: None,
                        started: Some(started),
                        left: None,
                        served: None,
                        sent_before: None,
                        others: Vec::new(),
                        holds: vec![Held::Defer(self.program.site(body, defer.point.func, done))],
                    });
                }
            }
        }
    }

    /// The field of the receiver whose method `name` a call calls.
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

/// The outermost loop around a node.
fn outermost<'c>(cfg: &'c Cfg<'_>, node: NodeId) -> Option<&'c Loop> {
    let mut id = cfg.loop_around_node(node)?;
    while let Some(parent) = cfg.loop_(id).parent {
        id = parent;
    }
    Some(cfg.loop_(id))
}

/// Whether a path leads from a node out of a loop, without another round or another `select`, and not
/// past a node that `serves`.
fn leaves(cfg: &Cfg<'_>, lp: &Loop, from: NodeId, serves: &dyn Fn(NodeId) -> bool) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    let mut is_left = false;
    while at < seen.len() {
        for edge in cfg.successors(seen[at]) {
            let node = edge.node;
            if seen.contains(&node) {
                continue;
            }
            if serves(node) {
                return false;
            }
            match cfg.kind(node) {
                NodeKind::Select(_) | NodeKind::RangeNext(_) | NodeKind::End(_) => {}
                _ if node == lp.head => {}
                _ if !cfg.is_in_loop(node, lp) => is_left = true,
                _ => seen.push(node),
            }
        }
        at += 1;
    }
    is_left
}

/// Whether control may come from one node to another without passing one that `stops`.
fn reaches(cfg: &Cfg<'_>, from: NodeId, to: NodeId, stops: &dyn Fn(NodeId) -> bool) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while at < seen.len() {
        for edge in cfg.successors(seen[at]) {
            if edge.node == to {
                return true;
            }
            if !stops(edge.node) && !seen.contains(&edge.node) {
                seen.push(edge.node);
            }
        }
        at += 1;
    }
    false
}

/// What a channel that ends a loop is known by: its field or variable, or that of its context.
fn quit_name(file: &File, channel: ExprId) -> Option<&str> {
    let channel = file.unparen(channel);
    if let Some((_, name)) = file.selector(channel) {
        return Some(name);
    }
    if let Some((fun, [])) = file.call(channel) {
        let (x, method) = file.selector(file.unparen(fun))?;
        if method != "Done" {
            return Some(method);
        }
        let x = file.unparen(x);
        return file
            .selector(x)
            .map(|(_, name)| name)
            .or_else(|| file.ident(x));
    }
    file.ident(channel)
}

/// Whether an expression is the receiver of the method that it stands in.
fn is_receiver(body: &Body<'_>, expr: ExprId) -> bool {
    let expr = body.file().unparen(expr);
    match body.object(expr) {
        Object::Local(local) => {
            matches!(body.names().local(local).kind, LocalKind::Receiver(_))
        }
        _ => false,
    }
}
