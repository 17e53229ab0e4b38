//! What the functions of a package do to locks that their callers know, found out when somebody asks.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use go_syntax::{DeclKind, ExprId, Features, File, FuncId, StmtKind};
use go_types::{Body, Callee, PackageCx};
use rustc_hash::{FxHashMap, FxHashSet};

use super::LockField;
use super::conditions::Conditions;
use super::effect::{LockContract, LockEffect, TakenWithin};
use super::events::Follower;
use super::needs::{Need, are_rare, is_conditional, needs};
use super::outer::OuterLock;
use super::parties::{LockOrder, is_fresh};
use super::reach::{AllHeld, Holders, collect_holders};
use super::spot::{Spot, embedding_type, field_of};
use super::waits::waits_at;
use crate::cfg::Cfg;
use crate::facts::{FunctionFacts, Point};
use crate::place::Place;
use crate::resource::{CallNames, calls};
use crate::sites::{LiteralUse, LockOp, Mutex};

/// Calls are looked into so many levels deep.
const MAX_DEPTH: usize = 5;

/// Names of functions are followed through calls so many times.
const ROUNDS: usize = 4;

/// As long as it lives, calls are looked into one level deeper.
#[derive(Debug)]
pub(super) struct Deeper<'c>(&'c Cell<usize>);

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// By the index of the file and the function; `None` while one is made.
type Known = FxHashMap<(u32, FuncId), Option<Rc<LockContract>>>;

/// The contracts of a package, made when they are asked for.
#[derive(Debug, Default)]
pub struct LockContracts {
    known: RefCell<Known>,
    never: RefCell<FxHashMap<(u32, FuncId), bool>>,
    depth: Cell<usize>,
    names: OnceCell<Names>,
    keepers: OnceCell<Keepers>,
    handed: OnceCell<FxHashSet<LockField>>,
    releasing: OnceCell<FxHashSet<Box<str>>>,
    holders: OnceCell<Holders>,
    pub(super) fields: RefCell<FxHashMap<(LockField, usize), AllHeld>>,
    pub(super) orders: RefCell<Option<Rc<Vec<LockOrder>>>>,
}

/// The names of functions that are worth a look.
#[derive(Debug, Default)]
struct Names {
    /// They do something with locks, or call what does.
    touch: FxHashSet<Box<str>>,
    /// They wait.
    wait: FxHashSet<Box<str>>,
}

/// The functions that may come back with a lock, by name, and who calls functions of these names.
#[derive(Debug, Default)]
struct Keepers {
    names: FxHashSet<Box<str>>,
    callers: FxHashSet<(u32, FuncId)>,
}

impl LockContracts {
    /// Those of a package.
    pub fn of(cx: &PackageCx<'_>) -> Rc<Self> {
        cx.memo(Self::default)
    }

    /// The places that put functions into fields.
    pub(super) fn holders(&self, cx: &PackageCx<'_>) -> &Holders {
        self.holders.get_or_init(|| collect_holders(cx))
    }

    /// How many levels deep calls are looked into.
    pub(super) const fn depth(&self) -> usize {
        self.depth.get()
    }

    /// One level of calls deeper, until the value is dropped; none where it is too deep.
    pub(super) fn deeper(&self) -> Option<Deeper<'_>> {
        let depth = self.depth.get();
        (depth < MAX_DEPTH).then(|| {
            self.depth.set(depth + 1);
            Deeper(&self.depth)
        })
    }

    fn names(&self, cx: &PackageCx<'_>) -> &Names {
        self.names.get_or_init(|| collect_names(cx))
    }

    fn keepers(&self, cx: &PackageCx<'_>) -> &Keepers {
        self.keepers.get_or_init(|| collect_keepers(cx))
    }

    /// Whether a function calls another of the package that may come back with a lock, as far as names
    /// tell.
    pub fn calls_keeper(&self, cx: &PackageCx<'_>, file: u32, func: FuncId) -> bool {
        self.keepers(cx).callers.contains(&(file, func))
    }

    fn called<'a>(facts: &FunctionFacts<'a>, call: ExprId) -> Option<&'a str> {
        match facts.callee(call) {
            Callee::Func {
                name,
                member: Some(_),
                ..
            }
            | Callee::Selected { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether a function of the package of this name gives some lock back without having taken it.
    pub(crate) fn is_releasing(&self, facts: &FunctionFacts<'_>, name: &str) -> bool {
        self.releasing
            .get_or_init(|| {
                declared(facts.body().cx())
                    .filter(|(_, file, func)| file.func(*func).features.intersects(Features::LOCK))
                    .filter(|(_, file, func)| {
                        let ops = operands(file, *func);
                        ops.iter().any(|(op, operand, _)| {
                            !op.acquires()
                                && !ops
                                    .iter()
                                    .any(|(other, text, _)| other.acquires() && text == operand)
                        })
                    })
                    .filter_map(|(_, file, func)| Some(file.name(file.func(func).name?).into()))
                    .collect()
            })
            .contains(name)
    }

    /// Whether a call may do something with locks, by the name of what it calls.
    pub(crate) fn may_touch(&self, facts: &FunctionFacts<'_>, call: ExprId) -> bool {
        Self::called(facts, call).is_some_and(|name| {
            let names = self.names(facts.body().cx());
            names.touch.contains(name) || names.wait.contains(name)
        })
    }

    /// Whether it may come back with a lock.
    pub(crate) fn may_keep(&self, facts: &FunctionFacts<'_>, call: ExprId) -> bool {
        Self::called(facts, call)
            .is_some_and(|name| self.keepers(facts.body().cx()).names.contains(name))
    }

    /// The contract of what a call calls.
    pub(crate) fn of_call(
        &self,
        facts: &FunctionFacts<'_>,
        call: ExprId,
    ) -> Option<Rc<LockContract>> {
        if !self.may_touch(facts, call) {
            return None;
        }
        let (file, func) = facts.body().declaration(call)?;
        self.of_function(facts.body().cx(), file, func)
    }

    pub(super) fn of_function(
        &self,
        cx: &PackageCx<'_>,
        file: u32,
        func: FuncId,
    ) -> Option<Rc<LockContract>> {
        if let Some(known) = self.known.borrow().get(&(file, func)) {
            return known.clone();
        }
        let deeper = self.deeper()?;
        // Who calls itself finds nothing.
        self.known.borrow_mut().insert((file, func), None);
        let body = Body::new(cx, file, func);
        let facts = FunctionFacts::new(&body);
        let contract = Some(Rc::new(self.infer(&facts)));
        drop(deeper);
        self.known
            .borrow_mut()
            .insert((file, func), contract.clone());
        contract
    }

    fn infer(&self, facts: &FunctionFacts<'_>) -> LockContract {
        let body = facts.body();
        let root = facts.root();
        let conditions = Conditions::of(facts);
        let mut contract = LockContract {
            effects: Vec::new(),
            taken: Vec::new(),
            waits: None,
            unclear: Vec::new(),
        };
        let runs = |func: FuncId| {
            func == root
                || matches!(
                    facts.literal_runs(func),
                    LiteralUse::Called { .. } | LiteralUse::Deferred { .. }
                )
        };
        // By what must hold of arguments for it to be taken; none when nothing takes it.
        let mut spots: Vec<(Spot, Option<Vec<Need>>, Mutex)> = Vec::new();
        let mut add = |spot: Spot, needs: Option<Vec<Need>>, mutex: Mutex| match spots
            .iter_mut()
            .find(|(known, ..)| *known == spot)
        {
            Some((_, known, _)) => match (known.as_mut(), needs) {
                (Some(known), Some(needs)) => known.retain(|need| needs.contains(need)),
                (None, needs) => *known = needs,
                (Some(_), None) => {}
            },
            None => spots.push((spot, needs, mutex)),
        };
        let mut taken = Vec::new();
        let takes_in = |func: FuncId, place: &Place<'_>| {
            facts.locks().iter().any(|other| {
                other.op.acquires()
                    && other.point.func == func
                    && other.place.as_ref() == Some(place)
            })
        };
        for lock in facts.locks() {
            // A goroutine, or whoever gets the literal, gives it back.
            if let Some(place) = &lock.place
                && !runs(lock.point.func)
                && !lock.op.acquires()
                && !takes_in(lock.point.func, place)
            {
                contract
                    .unclear
                    .extend(OuterLock::of(body, &Spot::of_place(facts, place)));
            }
            if let Some(place) = &lock.place
                && runs(lock.point.func)
            {
                if matches!(lock.op, LockOp::Lock | LockOp::RLock)
                    && lock.mutex != Mutex::Other
                    && !is_conditional(facts, lock.point)
                    && !is_fresh(facts, &Spot::of_place(facts, place))
                    && let Some(field) = field_of(facts, lock.operand)
                {
                    taken.push(TakenWithin {
                        field,
                        op: lock.op,
                        lock: OuterLock::of(body, &Spot::of_place(facts, place)),
                    });
                }
                let needs = lock.op.acquires().then(|| needs(facts, lock.point));
                add(Spot::of_place(facts, place), needs, lock.mutex);
            }
        }
        for site in facts.calls() {
            let is_spawned = matches!(site.mode, crate::sites::CallMode::Spawned(_));
            if is_spawned || !runs(site.point.func) {
                continue;
            }
            if let Some(called) = self.of_call(facts, site.call) {
                for effect in &called.effects {
                    if let Some(spot) = effect.lock.at(facts, site.call)
                        && let Some(effect) = effect.for_call(facts, site.call)
                    {
                        let takes = effect.first_taken().is_some();
                        let needs = || [needs(facts, site.point), effect.needs.clone()].concat();
                        add(spot, takes.then(needs), effect.mutex);
                    }
                }
                if !is_conditional(facts, site.point) {
                    taken.extend(called.taken_within().map(|within| {
                        TakenWithin {
                            lock: { within.lock.as_ref() }
                                .and_then(|lock| lock.at(facts, site.call))
                                .and_then(|spot| OuterLock::of(body, &spot)),
                            ..within.clone()
                        }
                    }));
                }
                if site.point.func == root
                    && site.mode == crate::sites::CallMode::Now
                    && contract.waits.is_none()
                {
                    contract.waits = called.waits;
                }
            } else if !is_conditional(facts, site.point)
                && let Some(indirect) = self.indirect(facts, site.call)
            {
                for (spot, effect) in indirect.effects {
                    if !effect.conditional {
                        add(spot, Some(Vec::new()), effect.mutex);
                    }
                }
                taken.extend(
                    indirect
                        .taken
                        .into_iter()
                        .map(|(within, spot)| TakenWithin {
                            lock: spot.and_then(|spot| OuterLock::of(body, &spot)),
                            ..within
                        }),
                );
            }
        }
        taken.sort_by(|a, b| a.field.cmp(&b.field));
        taken.dedup();
        contract.taken = taken;
        for (spot, needs, mutex) in spots {
            let Some(lock) = OuterLock::of(body, &spot) else {
                continue;
            };
            let follower = Follower::new(facts, self, &conditions, spot);
            match follower.endings(root) {
                Some(endings) if endings.iter().all(|ending| ending.first.is_none()) => {}
                Some(endings) => contract.effects.push(Rc::new(LockEffect {
                    lock,
                    endings,
                    mutex,
                    conditional: needs.as_ref().is_none_or(|needs| are_rare(needs)),
                    needs: needs.unwrap_or_default(),
                })),
                None => contract.unclear.push(lock),
            }
        }
        if contract.waits.is_none() {
            let cfg = facts.cfg(root);
            contract.waits = cfg
                .nodes()
                .filter(|node| cfg.reachable(node.id))
                .flat_map(|node| {
                    waits_at(
                        facts,
                        Point {
                            func: root,
                            node: node.id,
                        },
                    )
                })
                .map(|wait| wait.kind)
                .next();
        }
        contract
    }

    /// Whether a call of a function of the package never returns. Only those are looked into whose
    /// name speaks of an end.
    pub(crate) fn never_returns(&self, facts: &FunctionFacts<'_>, call: ExprId) -> bool {
        const WORDS: [&str; 10] = [
            "fatal", "exit", "die", "panic", "abort", "throw", "fail", "crash", "bug", "quit",
        ];
        let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = facts.callee(call) else {
            return false;
        };
        let lower = name.to_ascii_lowercase();
        if !WORDS.iter().any(|word| lower.contains(word)) {
            return false;
        }
        let Some((file, func)) = facts.body().declaration(call) else {
            return false;
        };
        if let Some(&known) = self.never.borrow().get(&(file, func)) {
            return known;
        }
        let body = Body::new(facts.body().cx(), file, func);
        let has_body = body.file().func(func).features.intersects(Features::BODY);
        let cfg = Cfg::build(&body, func);
        let never = has_body && !cfg.reachable(cfg.exit());
        self.never.borrow_mut().insert((file, func), never);
        never
    }

    /// Whether a function of the package other than `here` takes this lock itself and assigns to a field
    /// of one of these names.
    pub fn is_set_outside(
        &self,
        cx: &PackageCx<'_>,
        field: &LockField,
        names: &[&str],
        here: (u32, FuncId),
    ) -> bool {
        let assigns = |file: &File, func: FuncId| {
            file.func(func).stmts.iter().any(|stmt| {
                let is_it = |&target: &ExprId| {
                    file.selector(file.unparen(target))
                        .is_some_and(|(_, name)| names.contains(&name))
                };
                match file.stmt(stmt).kind {
                    StmtKind::Assign { lhs, .. } => file.exprs(lhs).iter().any(is_it),
                    StmtKind::IncDec { x, .. } => is_it(&x),
                    _ => false,
                }
            })
        };
        declared(cx).any(|(index, file, func)| {
            (index, func) != here
                && file.func(func).features.intersects(Features::LOCK)
                && assigns(file, func)
                && {
                    let body = Body::new(cx, index, func);
                    let facts = FunctionFacts::new(&body);
                    { facts.locks().iter() }.any(|lock| {
                        lock.op.acquires() && field_of(&facts, lock.operand).as_ref() == Some(field)
                    })
                }
        })
    }

    /// Whether a function of the package that takes this lock calls one of this name.
    pub fn is_called_under(&self, cx: &PackageCx<'_>, field: &LockField, name: &str) -> bool {
        declared(cx).any(|(index, file, func)| {
            file.func(func).features.intersects(Features::LOCK)
                && calls(file, func).contains(name)
                && {
                    let body = Body::new(cx, index, func);
                    let facts = FunctionFacts::new(&body);
                    { facts.locks().iter() }.any(|lock| {
                        lock.op.acquires() && field_of(&facts, lock.operand).as_ref() == Some(field)
                    })
                }
        })
    }

    /// Whether some function of the package gives this lock back without having taken it: locks pass
    /// from one function to another.
    pub fn is_handed_over(&self, cx: &PackageCx<'_>, field: &LockField) -> bool {
        self.handed
            .get_or_init(|| collect_handed(cx))
            .contains(field)
    }
}

/// The declared functions with a body.
pub(crate) fn declared<'a>(cx: &PackageCx<'a>) -> impl Iterator<Item = (u32, &'a File, FuncId)> {
    let count = u32::try_from(cx.names().files().len()).unwrap_or(u32::MAX);
    let files: Vec<_> = (0..count).map(|index| (index, cx.file(index))).collect();
    files.into_iter().flat_map(|(index, file)| {
        file.top_decls().iter().filter_map(move |&decl| {
            let DeclKind::Func(func) = file.decl(decl).kind else {
                return None;
            };
            let node = file.func(func);
            node.features
                .intersects(Features::BODY)
                .then_some((index, file, func))
        })
    })
}

fn collect_names(cx: &PackageCx<'_>) -> Names {
    let mut names = Names::default();
    let mut functions: Vec<(&str, CallNames<'_>)> = Vec::new();
    for (_, file, func) in declared(cx) {
        let node = file.func(func);
        let Some(name) = node.name.map(|name| file.name(name)) else {
            continue;
        };
        let called = calls(file, func);
        if node.features.intersects(Features::LOCK) {
            names.touch.insert(name.into());
        }
        if node
            .features
            .intersects(Features::CHANNEL.union(Features::SELECT))
            || called.contains("Sleep")
            || called.contains("Wait")
        {
            names.wait.insert(name.into());
        }
        functions.push((name, called));
    }
    // The methods of locks are not functions of the package that happen to be called like them.
    for _ in 0..ROUNDS {
        let before = names.touch.len() + names.wait.len();
        for (name, called) in &functions {
            if called.iter().any(|call| names.touch.contains(*call)) {
                names.touch.insert((*name).into());
            }
            if called.iter().any(|call| names.wait.contains(*call)) {
                names.wait.insert((*name).into());
            }
        }
        if names.touch.len() + names.wait.len() == before {
            break;
        }
    }
    names
}

fn collect_keepers(cx: &PackageCx<'_>) -> Keepers {
    let mut keepers = Keepers::default();
    for (_, file, func) in declared(cx) {
        let node = file.func(func);
        if node.features.intersects(Features::LOCK)
            && let Some(name) = node.name
            && leaves_something(file, func)
        {
            keepers.names.insert(file.name(name).into());
        }
    }
    if keepers.names.is_empty() {
        return keepers;
    }
    for (index, file, func) in declared(cx) {
        if calls(file, func)
            .iter()
            .any(|name| keepers.names.contains(*name))
        {
            keepers.callers.insert((index, func));
        }
    }
    keepers
}

/// The operands of the methods of locks that a function calls: which are taken, which are given back
/// now, and which by a deferred call.
fn operands(file: &File, func: FuncId) -> Vec<(LockOp, &str, bool)> {
    let deferred: FxHashSet<ExprId> = file
        .func(func)
        .stmts
        .iter()
        .filter_map(|stmt| match file.stmt(stmt).kind {
            StmtKind::Defer(call) => Some(file.unparen(call)),
            _ => None,
        })
        .collect();
    file.func(func)
        .exprs
        .iter()
        .filter_map(|expr| {
            let (fun, _) = file.call(expr)?;
            let (x, name) = file.selector(file.unparen(fun))?;
            let op = LockOp::from_name(name)?;
            Some((op, file.expr_text(x), deferred.contains(&expr)))
        })
        .collect()
}

/// Whether a function may come back with a lock: one that it takes is not given back by a `defer`.
fn leaves_something(file: &File, func: FuncId) -> bool {
    let ops = operands(file, func);
    ops.iter().any(|(op, operand, _)| {
        op.acquires()
            && !ops
                .iter()
                .any(|(other, text, deferred)| !other.acquires() && *deferred && text == operand)
    })
}

/// The locks that some function gives back without taking them.
fn collect_handed(cx: &PackageCx<'_>) -> FxHashSet<LockField> {
    let mut handed = FxHashSet::default();
    for (index, file, func) in declared(cx) {
        if !file.func(func).features.intersects(Features::LOCK) {
            continue;
        }
        let ops = operands(file, func);
        let is_unpaired = |operand: &str| {
            !ops.iter()
                .any(|(op, text, _)| op.acquires() && *text == operand)
        };
        let has_literal = file.func(func).features.intersects(Features::FUNC_LIT);
        if !ops
            .iter()
            .any(|(op, operand, _)| !op.acquires() && (has_literal || is_unpaired(operand)))
        {
            continue;
        }
        let body = Body::new(cx, index, func);
        let facts = FunctionFacts::new(&body);
        let locks = facts.locks();
        // What runs on the spot, or at the end, belongs to the function around it.
        let owner = |mut func: FuncId| {
            while func != facts.root()
                && matches!(
                    facts.literal_runs(func),
                    LiteralUse::Called { .. } | LiteralUse::Deferred { .. }
                )
            {
                match file.func(func).parent {
                    Some(parent) => func = parent,
                    None => break,
                }
            }
            func
        };
        for lock in locks {
            if lock.op.acquires() {
                continue;
            }
            let Some(field) = field_of(&facts, lock.operand) else {
                continue;
            };
            let is_taken = locks.iter().any(|other| {
                other.op.acquires()
                    && owner(other.point.func) == owner(lock.point.func)
                    && field_of(&facts, other.operand).as_ref() == Some(&field)
            });
            if !is_taken {
                handed.insert(field);
                handed.extend(embedding_type(&facts, lock.operand));
            }
        }
    }
    handed
}
