//! What a node does to the lock that is followed.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, FuncId, StmtId, StmtKind, UnaryOp};
use go_types::{Callee, LocalId, LocalKind, Object, Selection, Type};
use rustc_hash::FxHashMap;

use super::LockField;
use super::conditions::Conditions;
use super::contract::LockContracts;
use super::effect::LockEffect;
use super::spot::{Spot, field_of, field_of_spot};
use super::waits::{Wait, waits_at};
use crate::cfg::NodeKind;
use crate::facts::{FunctionFacts, Point};
use crate::sites::{CallMode, DeferSite, LiteralUse, LockCall, LockOp, Mutex};

/// Something that concerns the lock.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A method of it is called.
    Op(LockOp, ExprId, Mutex),
    /// A function of the package does something to it.
    Call(ExprId, Rc<LockEffect>),
    /// A literal runs.
    Inline(FuncId),
    /// Something that is not followed may give it back.
    Escape,
    /// The variable that leads to it gets another value.
    Moves,
    /// The call never returns.
    Never,
    /// Something waits.
    Waits(Wait),
    /// Another lock is taken.
    Other(LockField, LockOp, ExprId, bool),
}

/// Follows one lock through one function.
pub(crate) struct Follower<'f, 'a> {
    pub(super) facts: &'f FunctionFacts<'a>,
    pub(super) contracts: &'f LockContracts,
    pub(super) conditions: &'f Conditions<'a>,
    pub(super) spot: Spot,
    /// Variables that a call which takes the lock gives: a value of them may give it back.
    guards: Vec<LocalId>,
    /// Whether a named result refers to it.
    is_result: OnceCell<bool>,
    /// The calls that are methods of it.
    ops: Vec<(LockCall<'a>, bool)>,
    cache: RefCell<FxHashMap<Point, Rc<Vec<Event>>>>,
    deferred: RefCell<FxHashMap<StmtId, Rc<Vec<Event>>>>,
}

impl<'f, 'a> Follower<'f, 'a> {
    pub(crate) fn new(
        facts: &'f FunctionFacts<'a>,
        contracts: &'f LockContracts,
        conditions: &'f Conditions<'a>,
        spot: Spot,
    ) -> Self {
        let ops = facts
            .locks()
            .iter()
            .map(|lock| {
                let place = lock.place.as_ref();
                let same = place.is_some_and(|place| Spot::of_place(facts, place) == spot);
                (lock.clone(), same)
            })
            .collect();
        Self {
            facts,
            contracts,
            conditions,
            spot,
            guards: Vec::new(),
            is_result: OnceCell::new(),
            ops,
            cache: RefCell::default(),
            deferred: RefCell::default(),
        }
    }

    /// The lock is taken by `call`, a function: who gets what it gives may give the lock back.
    pub(super) fn taken_by(mut self, point: Point, call: ExprId) -> Self {
        let file = self.facts.file();
        let body = self.facts.body();
        if let NodeKind::Stmt(stmt) = self.facts.cfg(point.func).kind(point.node)
            && let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind
            && let [only] = file.exprs(rhs)
            && file.unparen(*only) == call
        {
            self.guards = { file.exprs(lhs).iter() }
                .filter_map(|&target| match body.object(target) {
                    Object::Local(local) => Some(local),
                    _ => None,
                })
                .filter(|&local| {
                    let ty = body.type_of_local(local);
                    !body.is_error(ty)
                        && !matches!(body.cx().ty(body.underlying(ty)), Type::Basic(_))
                })
                .collect();
        }
        self
    }

    fn lock_call(&self, call: ExprId) -> Option<&(LockCall<'a>, bool)> {
        self.ops.iter().find(|(lock, _)| lock.call == call)
    }

    /// Whether a literal (or one within it) gives the lock back and does not take it, or takes it and
    /// does not give it back.
    fn passes_on(&self, literal: FuncId) -> bool {
        let within = |func: FuncId| {
            let mut at = Some(func);
            while let Some(func) = at {
                if func == literal {
                    return true;
                }
                at = self.facts.file().func(func).parent;
            }
            false
        };
        let mut releases = false;
        let mut takes = false;
        let mut gives = false;
        for (lock, same) in &self.ops {
            if !within(lock.point.func) {
                continue;
            }
            takes |= *same && lock.op.acquires();
            gives |= *same && !lock.op.acquires();
            releases |= !lock.op.acquires()
                && (*same
                    || lock.place.is_none() && self.may_be(lock)
                    || self.is_unpaired_alias(lock));
        }
        if takes {
            return !gives;
        }
        releases
            || self.facts.calls().iter().any(|site| {
                within(site.point.func)
                    && match self.facts.callee(site.call) {
                        Callee::Selected { name, .. } | Callee::Func { name, .. } => {
                            self.lock_call(site.call).is_none() && sounds_like_release(name)
                        }
                        _ => false,
                    }
            })
    }

    /// Whether an operation on a lock without place may concern this one: the last field is the same.
    fn may_be(&self, lock: &LockCall<'a>) -> bool {
        let file = self.facts.file();
        let last = match file.selector(file.unparen(lock.operand)) {
            Some((_, name)) => format!(".{name}"),
            None => return true,
        };
        self.spot.path.last().is_none_or(|step| **step == *last)
    }

    /// Whether a call gives back a lock in another variable that the function has not taken there:
    /// perhaps it is this one.
    fn is_unpaired_alias(&self, lock: &LockCall<'a>) -> bool {
        let Some(place) = &lock.place else {
            return false;
        };
        let spot = Spot::of_place(self.facts, place);
        spot != self.spot
            && spot.ends_like(&self.spot)
            && !self.ops.iter().any(|(other, _)| {
                other.op.acquires()
                    && other
                        .place
                        .as_ref()
                        .is_some_and(|place| Spot::of_place(self.facts, place) == spot)
            })
    }

    /// What happens at a node, in order.
    pub(super) fn events(&self, point: Point) -> Rc<Vec<Event>> {
        if let Some(known) = self.cache.borrow().get(&point) {
            return Rc::clone(known);
        }
        let events = Rc::new(self.collect(point));
        self.cache.borrow_mut().insert(point, Rc::clone(&events));
        events
    }

    fn collect(&self, point: Point) -> Vec<Event> {
        let facts = self.facts;
        let file = facts.file();
        let cfg = facts.cfg(point.func);
        let mut events = Vec::new();
        self.mentions(point, &mut events);
        for wait in waits_at(facts, point) {
            events.push(Event::Waits(wait));
        }
        for site in facts.calls_at(point) {
            match site.mode {
                CallMode::Now => self.call(site.call, &mut events),
                CallMode::Spawned(_) => {
                    if self.is_handed(site.call) {
                        events.push(Event::Escape);
                    }
                }
                CallMode::Deferred(_) => {}
            }
        }
        match cfg.kind(point.node) {
            NodeKind::Return(stmt) => {
                if let StmtKind::Return(results) = file.stmt(stmt).kind {
                    let results = file.exprs(results);
                    let gives_lock = results.iter().any(|&result| {
                        { self.spot.local() }.is_some_and(|local| self.is_root(result, local))
                            || self.refers(result)
                    });
                    if gives_lock || results.is_empty() && self.is_result() {
                        events.push(Event::Escape);
                    }
                }
            }
            kind => {
                if let NodeKind::Stmt(stmt) = kind
                    && self.is_stored(stmt)
                {
                    events.push(Event::Escape);
                }
                let writes = self.conditions.writes(facts, point);
                let root = self.spot.local();
                let moves = writes
                    .locals
                    .iter()
                    .any(|&(local, _)| Some(local) == root || self.spot.indices.contains(&local));
                let fields = || {
                    writes.fields.iter().any(|field| {
                        let is_it = |step: &str| step.strip_prefix('.') == Some(field);
                        self.spot.path.iter().any(|step| is_it(step))
                    })
                };
                let is_var = || {
                    root.is_some_and(|root| {
                        let kind = facts.body().names().local(root).kind;
                        matches!(kind, LocalKind::Var { .. })
                    })
                };
                if moves && is_var() && !fields() {
                    events.push(Event::Moves);
                } else if moves || fields() {
                    events.push(Event::Escape);
                }
            }
        }
        events
    }

    /// Whether a statement puts a variable that is a lock, or points to one, into a field.
    fn is_stored(&self, stmt: StmtId) -> bool {
        let file = self.facts.file();
        let Some(local) = self.spot.local().filter(|_| self.spot.path.is_empty()) else {
            return false;
        };
        let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
            return false;
        };
        let is_field = |&&target: &&ExprId| file.selector(file.unparen(target)).is_some();
        let is_local = |&value: &ExprId| self.facts.body().object(value) == Object::Local(local);
        { file.exprs(lhs).iter() }.any(|target| is_field(&target))
            && file.exprs(rhs).iter().any(is_local)
    }

    /// Whether an expression is the address of the lock.
    fn refers(&self, expr: ExprId) -> bool {
        let file = self.facts.file();
        matches!(
            file.expr(file.unparen(expr)).kind,
            ExprKind::Unary {
                op: UnaryOp::Addr,
                ..
            }
        ) && Spot::of(self.facts, expr).is_some_and(|spot| spot == self.spot)
    }

    /// Whether a named result is given the address of the lock, or of what it lies in, anywhere.
    fn is_result(&self) -> bool {
        *self.is_result.get_or_init(|| {
            let file = self.facts.file();
            let body = self.facts.body();
            file.func(self.facts.root()).stmts.iter().any(|stmt| {
                let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                    return false;
                };
                let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
                lhs.iter().zip(rhs).any(|(&target, &value)| {
                    matches!(body.object(target), Object::Local(local)
                        if body.names().local(local).is_result())
                        && (self.refers(value) || { self.spot.local() }
                            .is_some_and(|local| self.is_root(value, local)))
                })
            })
        })
    }

    /// Whether a result is what the lock lies in, or has it in it. A method that returns its receiver
    /// hands nothing on, but what it makes of the receiver may be there to give the lock back.
    fn is_root(&self, result: ExprId, local: LocalId) -> bool {
        let file = self.facts.file();
        let names = self.facts.body().names();
        let is_receiver = matches!(names.local(local).kind, LocalKind::Receiver(_));
        let result = file.unparen(result);
        let is_made = match file.expr(result).kind {
            ExprKind::CompositeLit { .. } => true,
            ExprKind::Unary { x, .. } => {
                matches!(
                    file.expr(file.unparen(x)).kind,
                    ExprKind::CompositeLit { .. }
                )
            }
            _ => false,
        };
        if is_receiver && !is_made {
            return false;
        }
        let mut open = vec![result];
        while let Some(expr) = open.pop() {
            match file.expr(expr).kind {
                ExprKind::Ident if self.facts.body().object(expr) == Object::Local(local) => {
                    return true;
                }
                ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::Unary { x, .. } => open.push(x),
                ExprKind::CompositeLit { elts, .. } => open.extend(file.exprs(elts)),
                ExprKind::KeyValue { value, .. } => open.push(value),
                ExprKind::Call { args, .. } => open.extend(file.exprs(args)),
                _ => {}
            }
        }
        false
    }

    /// Literals that are handed on, and the methods of the lock as values.
    fn mentions(&self, point: Point, events: &mut Vec<Event>) {
        let facts = self.facts;
        let file = facts.file();
        let cfg = facts.cfg(point.func);
        let mut called: Vec<ExprId> = Vec::new();
        // What is only looked at: the operands of selectors and comparisons.
        let mut used: Vec<ExprId> = Vec::new();
        let mut escapes = false;
        cfg.own_exprs(point.node, |expr| match file.expr(expr).kind {
            ExprKind::Call { fun, .. } => called.push(file.unparen(fun)),
            ExprKind::Binary { x, y, .. } => used.extend([file.unparen(x), file.unparen(y)]),
            ExprKind::FuncLit(func) => {
                let runs = match facts.literal_use(func) {
                    LiteralUse::Called { .. } | LiteralUse::Deferred { .. } => true,
                    LiteralUse::Assigned { local } => facts.literal_in(local) == Some(func),
                    _ => false,
                };
                escapes |= !runs && (self.passes_on(func) || self.has_guard(func));
            }
            ExprKind::Selector { x, sel }
                if matches!(file.span_text(sel), "Unlock" | "RUnlock")
                    && !called.contains(&expr) =>
            {
                escapes |= Spot::of(facts, x).is_none_or(|spot| spot == self.spot);
            }
            // A method of the package as a value may give it back when it is called.
            ExprKind::Selector { x, sel }
                if !called.contains(&expr)
                    && self.contracts.is_releasing(facts, file.span_text(sel))
                    && facts
                        .body()
                        .selection(facts.body().type_of(x), file.span_text(sel))
                        .is_some_and(|found| matches!(found, Selection::Method { .. })) =>
            {
                escapes = true;
            }
            ExprKind::Ident if !called.contains(&expr) => {
                if let Object::Local(local) = facts.body().object(expr)
                    && !is_target(file, cfg.kind(point.node), expr)
                {
                    escapes |= facts
                        .literal_in(local)
                        .is_some_and(|literal| self.passes_on(literal));
                    escapes |= self.guards.contains(&local) && !used.contains(&expr);
                }
            }
            ExprKind::Selector { x, .. } => used.push(file.unparen(x)),
            _ => {}
        });
        if escapes {
            events.push(Event::Escape);
        }
    }

    /// Whether a literal has a guard of the lock in it.
    fn has_guard(&self, literal: FuncId) -> bool {
        let span = self.facts.file().func(literal).span;
        self.guards.iter().any(|&guard| {
            let mut captures = self.facts.var(guard).captures.iter();
            captures.any(|captured| {
                let func = self.facts.file().func(captured.literal);
                span.contains(func.span)
            })
        })
    }

    /// What a call does to the lock.
    fn call(&self, call: ExprId, events: &mut Vec<Event>) {
        let facts = self.facts;
        let known = self.lock_call(call).filter(|(lock, same)| {
            // A type's own method is looked into.
            *same || lock.mutex != Mutex::Other || self.contracts.of_call(facts, call).is_none()
        });
        if let Some((lock, same)) = known {
            if *same {
                // What gives an answer may not have taken it.
                let op = match lock.op {
                    LockOp::Lock if super::has_result(facts, lock) => LockOp::TryLock,
                    LockOp::RLock if super::has_result(facts, lock) => LockOp::TryRLock,
                    op => op,
                };
                events.push(Event::Op(op, call, lock.mutex));
            } else if matches!(lock.op, LockOp::TryLock | LockOp::TryRLock) {
                // It does not wait.
            } else if lock.op.acquires() {
                let of_another = lock.place.as_ref().is_some_and(|place| {
                    let spot = Spot::of_place(facts, place);
                    super::parties::is_fresh(facts, &spot) || self.is_of_another(&spot)
                });
                if !of_another && let Some(field) = field_of(facts, lock.operand) {
                    events.push(Event::Other(field, lock.op, call, false));
                }
            } else if lock.place.is_none() && self.may_be(lock) || self.is_unpaired_alias(lock) {
                events.push(Event::Escape);
            }
            return;
        }
        if let Some(literal) = facts.literal_called(call) {
            events.push(Event::Inline(literal));
            return;
        }
        if ends_test(facts, call) || self.contracts.never_returns(facts, call) {
            events.push(Event::Never);
            return;
        }
        if let Some(contract) = self.contracts.of_call(facts, call) {
            let effects = contract.effects.iter();
            for effect in effects.filter_map(|effect| effect.for_call(facts, call)) {
                match effect.lock.at(facts, call) {
                    Some(spot) if spot == self.spot => {
                        events.push(Event::Call(call, effect));
                    }
                    // A guard comes to the lock by a path of its own.
                    Some(spot) if effect.gives() && self.may_be_guard(&spot) => {
                        events.push(Event::Escape);
                    }
                    _ => {}
                }
            }
            for taken in contract.taken_within() {
                let is_other_matter = { taken.lock.as_ref() }
                    .and_then(|lock| lock.at(facts, call))
                    .is_some_and(|spot| spot == self.spot || self.is_of_another(&spot));
                if !is_other_matter {
                    events.push(Event::Other(taken.field.clone(), taken.op, call, true));
                }
            }
            if let Some(kind) = contract.waits {
                events.push(Event::Waits(Wait {
                    kind,
                    call: Some(call),
                    operand: None,
                    span: facts.file().expr(call).span,
                    within: true,
                }));
            }
            let is_it = |lock: &super::outer::OuterLock| {
                lock.at(facts, call).is_none_or(|spot| spot == self.spot)
            };
            if contract.unclear.iter().any(is_it) {
                events.push(Event::Escape);
            }
            return;
        }
        if self.is_handed(call) {
            events.push(Event::Escape);
            return;
        }
        let Some(indirect) = self.contracts.indirect(facts, call) else {
            return;
        };
        for (spot, effect) in indirect.effects {
            // What gives it back by a field is not certain to do so.
            if spot == self.spot && effect.gives() {
                events.push(Event::Escape);
            } else if spot == self.spot {
                events.push(Event::Call(call, effect));
            }
        }
        for (taken, spot) in indirect.taken {
            let is_other_matter =
                spot.is_some_and(|spot| spot == self.spot || self.is_of_another(&spot));
            if !is_other_matter {
                events.push(Event::Other(taken.field, taken.op, call, true));
            }
        }
    }

    /// Whether what a called function gives back, and this one does not take, may be the lock by
    /// another path.
    fn may_be_guard(&self, spot: &Spot) -> bool {
        let facts = self.facts;
        let is_alike = match (field_of_spot(facts, spot), field_of_spot(facts, &self.spot)) {
            (Some(field), Some(own)) => field == own,
            _ => spot.ends_like(&self.spot) && !spot.path.is_empty(),
        };
        let is_taken = || {
            self.ops.iter().any(|(other, _)| {
                other.op.acquires() && { other.place.as_ref() }
                    .is_some_and(|place| Spot::of_place(facts, place) == *spot)
            })
        };
        is_alike && !is_taken()
    }

    /// Whether a lock lies in another value of the type that this one lies in: which of two comes first
    /// is not known.
    fn is_of_another(&self, spot: &Spot) -> bool {
        let (Some(own), Some(other)) = (self.spot.local(), spot.local()) else {
            return false;
        };
        let body = self.facts.body();
        let of = |local| body.cx().deref(body.type_of_local(local));
        own != other && !of(own).is_unknown() && body.identical(of(own), of(other))
    }

    /// Whether a call that is not followed gets the lock, or sounds as if it gave locks back.
    fn is_handed(&self, call: ExprId) -> bool {
        let facts = self.facts;
        let file = facts.file();
        let Some((_, args)) = file.call(call) else {
            return false;
        };
        let name = match facts.callee(call) {
            Callee::Builtin(_)
            | Callee::Conversion(_)
            | Callee::Literal(_)
            | Callee::Func {
                package: "sync", ..
            } => return false,
            Callee::Func { name, .. } | Callee::Selected { name, .. } => name,
            Callee::Var(local) => {
                let span = facts.body().names().local(local).span;
                file.span_text(span)
            }
            _ => "",
        };
        if sounds_like_release(name) && facts.body().declaration(call).is_none() {
            return true;
        }
        args.iter().any(|&arg| {
            let arg = file.unparen(arg);
            let refers = matches!(
                file.expr(arg).kind,
                ExprKind::Unary { .. } | ExprKind::Ident | ExprKind::Selector { .. }
            );
            refers && Spot::of(facts, arg).is_some_and(|spot| spot == self.spot)
                && !(self.spot.path.is_empty() && self.spot.local().is_none())
                // Passing on what the lock is embedded in is no sign.
                && is_lock(facts, arg)
        })
    }

    /// Whether a `defer` of a method of the lock was for another one: the variable that leads to it is
    /// assigned to on the way to a point.
    pub(super) fn is_moved_between(&self, site: &DeferSite, point: Point) -> bool {
        let facts = self.facts;
        let StmtKind::Defer(call) = facts.file().stmt(site.stmt).kind else {
            return false;
        };
        let call = facts.file().unparen(call);
        let cfg = facts.cfg(point.func);
        let is_method = self.lock_call(call).is_some_and(|(_, same)| *same);
        is_method && { self.spot.local() }.is_some_and(|local| {
            facts.var(local).writes.iter().any(|write| {
                write.point.func == point.func
                    && write.point.node != site.point.node
                    && cfg.reaches(site.point.node, write.point.node)
                    && cfg.reaches(write.point.node, point.node)
            })
        })
    }

    /// What a deferred call does to the lock when the function ends.
    pub(super) fn deferred(&self, stmt: StmtId) -> Rc<Vec<Event>> {
        if let Some(known) = self.deferred.borrow().get(&stmt) {
            return Rc::clone(known);
        }
        let mut events = Vec::new();
        if let StmtKind::Defer(call) = self.facts.file().stmt(stmt).kind {
            let file = self.facts.file();
            let call = file.unparen(call);
            self.call(call, &mut events);
            // `defer once.Do(mu.Unlock)`
            let gives_later = |arg: &&ExprId| {
                file.selector(file.unparen(**arg)).is_some_and(|(x, name)| {
                    matches!(name, "Unlock" | "RUnlock")
                        && Spot::of(self.facts, x).is_none_or(|spot| spot == self.spot)
                })
            };
            let args = file.call(call).map_or(&[][..], |(_, args)| args);
            if args.iter().any(|arg| gives_later(&arg)) {
                events.push(Event::Escape);
            }
            let concerns = |event: &Event| match event {
                Event::Op(..) | Event::Call(..) | Event::Escape => true,
                Event::Inline(func) => self.touches(*func),
                _ => false,
            };
            if !events.iter().any(concerns) {
                events.clear();
            }
        }
        let events = Rc::new(events);
        self.deferred.borrow_mut().insert(stmt, Rc::clone(&events));
        events
    }

    /// Whether anything in a literal may concern the lock.
    fn touches(&self, literal: FuncId) -> bool {
        let func = self.facts.file().func(literal);
        let in_it = |expr: ExprId| func.span.contains(self.facts.file().expr(expr).span);
        self.facts.calls().iter().any(|site| {
            in_it(site.call)
                && (self.lock_call(site.call).is_some()
                    || self.contracts.may_touch(self.facts, site.call)
                    || match self.facts.callee(site.call) {
                        Callee::Selected { name, .. } | Callee::Func { name, .. } => {
                            sounds_like_release(name)
                        }
                        Callee::Var(_) => true,
                        _ => false,
                    })
        })
    }
}

/// Whether a call ends a test, or the process, by its name: the type may be an interface of the
/// program's own.
fn ends_test(facts: &FunctionFacts<'_>, call: ExprId) -> bool {
    matches!(
        facts.callee(call),
        Callee::Selected {
            name: "Fatal" | "Fatalf" | "Fatalln" | "FailNow" | "SkipNow" | "Skip" | "Skipf",
            ..
        }
    )
}

/// Whether a variable is assigned at a node, not used.
fn is_target(file: &go_syntax::File, kind: NodeKind, expr: ExprId) -> bool {
    let NodeKind::Stmt(stmt) = kind else {
        return false;
    };
    match file.stmt(stmt).kind {
        StmtKind::Assign { lhs, .. } => file.exprs(lhs).iter().any(|&x| file.unparen(x) == expr),
        _ => false,
    }
}

/// Whether an expression is a lock itself, or points to one.
fn is_lock(facts: &FunctionFacts<'_>, expr: ExprId) -> bool {
    let body = facts.body();
    let ty = body.cx().deref(body.type_of(expr));
    ty.is_unknown()
        || ["Mutex", "RWMutex", "Locker"]
            .iter()
            .any(|name| body.is_named(ty, "sync", name))
}

/// Whether a function by its name gives locks back.
pub(super) fn sounds_like_release(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("unlock") || name == "release" || name.ends_with("release")
}
