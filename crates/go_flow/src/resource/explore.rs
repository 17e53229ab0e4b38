//! Following a resource along the paths of a function.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use go_syntax::{BinaryOp, ExprId, ExprKind, File, FuncId, StmtId, StmtKind};
use go_types::{Body, Callee, LocalId, LocalKind, Object, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::contract::{Contract, Gives, Subject};
use super::infer::Inferred;
use super::life::LifeEvent;
use super::models::{ClassId, Models};
use super::nodes::NodeInfo;
use super::state::{Fact, How, State, Sym};
use crate::cfg::{Cfg, EdgeKind, NodeId, NodeKind};
use crate::facts::{FunctionFacts, Point};
use crate::switches::exhaustive;

/// Following one resource may take so many steps; then nothing is said of it.
const BUDGET: usize = 4_000;

/// Literals are followed so many levels deep.
const MAX_DEPTH: usize = 4;

/// What becomes of a resource on a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    /// The function ends, and it was neither released nor handed on.
    Held,
    /// The last variable that holds it gets another value.
    Overwritten,
    /// Nothing ever holds it.
    Discarded,
    /// It is sent to a channel from which nobody may receive it.
    Unreceived,
    /// It is released, now or by a deferred call.
    Released,
    /// It is returned as this result, or within it.
    Returned {
        /// The number of the result.
        result: u32,
        /// Whether it is the result itself, or its field that the acquisition names.
        itself: bool,
    },
    /// It is handed on to something that is not followed.
    Kept,
}

impl Fate {
    /// Whether nobody can release it any more.
    pub const fn is_leak(self) -> bool {
        matches!(
            self,
            Self::Held | Self::Overwritten | Self::Discarded | Self::Unreceived
        )
    }
}

/// A step of a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Hop {
    /// The node.
    pub point: Point,
    /// The edge that leaves it.
    pub edge: EdgeKind,
}

/// What became of a resource, and on which path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) fate: Fate,
    /// Where it happened.
    pub(crate) at: Point,
    pub(crate) hops: Vec<Hop>,
    /// What is known of the error that the function returns.
    pub(crate) error: Option<Fact>,
    /// Whether it had not become a resource yet.
    pub(crate) dormant: bool,
    /// Whether it is in a struct then that the function made.
    pub(crate) in_object: bool,
}

/// A resource that is left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leak {
    /// The call that acquires it.
    pub call: ExprId,
    /// Where.
    pub point: Point,
    /// What it is.
    pub class: ClassId,
    /// What of the call it is.
    pub subject: Subject,
    /// Which result of the call it is, or is in.
    pub result: u32,
    /// The field of that result which it is; empty for the result itself.
    pub field: Box<str>,
    /// What it holds that makes it a resource, when that was inferred.
    pub why: Box<str>,
    /// How it is left behind.
    pub fate: Fate,
    /// Where that happens: the end of the function, or the assignment that overwrites it.
    pub at: Point,
    /// The shortest path from the call to there.
    pub hops: Vec<Hop>,
    /// Whether it is released or handed on on another path.
    pub otherwise_fine: bool,
    /// Whether it is released on another path, for all to see.
    pub otherwise_released: bool,
    /// Whether it is in a struct by then that the function made, and that is left behind with it.
    pub in_object: bool,
    /// Whether that path returns an error, or comes by a condition that says there is one.
    pub with_error: bool,
    /// The first `defer` of the function in which it is acquired that takes care of it on another
    /// path.
    pub deferred: Option<StmtId>,
}

/// What is left behind in a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Leaks {
    /// One for each call that acquires, at most.
    pub list: Vec<Leak>,
    /// What is put into fields of structs, and stays there when the function ends.
    pub stored: Vec<Stored>,
    /// So many resources had too many paths to follow.
    pub given_up: usize,
}

/// A resource that a field of a struct holds when the function has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The call that acquires it.
    pub call: ExprId,
    /// What it is.
    pub class: ClassId,
    /// The type of the struct.
    pub owner: TypeId,
    /// The name of the field.
    pub field: Box<str>,
}

/// There are too many paths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany;

/// What is asked again and again while resources of a function are followed.
pub(crate) struct Tracker<'f, 'a> {
    facts: &'f FunctionFacts<'a>,
    models: &'f Models,
    inferred: &'f dyn Inferred,
    pub(crate) contracts: RefCell<FxHashMap<ExprId, Rc<Contract>>>,
    pub(crate) nodes: RefCell<FxHashMap<Point, Rc<NodeInfo>>>,
    tested: OnceCell<FxHashSet<LocalId>>,
    switches: OnceCell<FxHashMap<StmtId, StmtId>>,
    exhaustive: OnceCell<FxHashSet<StmtId>>,
    fields: RefCell<FxHashMap<Box<str>, Sym>>,
    /// The fields that the resource at hand was put into.
    pub(crate) put_into: RefCell<Vec<(TypeId, Box<str>)>>,
    /// The kind of the resource at hand.
    pub(crate) class: std::cell::Cell<ClassId>,
}

impl<'f, 'a> Tracker<'f, 'a> {
    pub(crate) fn new(
        facts: &'f FunctionFacts<'a>,
        models: &'f Models,
        inferred: &'f dyn Inferred,
    ) -> Self {
        Self {
            facts,
            models,
            inferred,
            contracts: RefCell::default(),
            nodes: RefCell::default(),
            tested: OnceCell::new(),
            switches: OnceCell::new(),
            exhaustive: OnceCell::new(),
            fields: RefCell::default(),
            put_into: RefCell::default(),
            class: std::cell::Cell::new(ClassId::CLOSER),
        }
    }

    #[inline]
    pub(crate) fn facts(&self) -> &'f FunctionFacts<'a> {
        self.facts
    }

    #[inline]
    pub(crate) fn body(&self) -> &'a Body<'a> {
        self.facts.body()
    }

    #[inline]
    pub(crate) fn file(&self) -> &'a File {
        self.facts.file()
    }

    #[inline]
    pub(crate) fn models(&self) -> &'f Models {
        self.models
    }

    #[inline]
    pub(crate) fn inferred(&self) -> &'f dyn Inferred {
        self.inferred
    }

    /// The number of the name of a field.
    pub(crate) fn sym(&self, name: &str) -> Sym {
        if let Some(&sym) = self.fields.borrow().get(name) {
            return sym;
        }
        let mut fields = self.fields.borrow_mut();
        let sym = Sym(u32::try_from(fields.len()).unwrap_or(u32::MAX));
        fields.insert(name.into(), sym);
        sym
    }

    /// Whether the method `name` releases the resource at hand.
    pub(crate) fn releases_by(&self, name: &str) -> bool {
        let class = self.models.class(self.class.get());
        class.release.iter().any(|release| &**release == name)
    }

    /// Whether conditions ask for the value of `local` more than once, or it gets several values, so
    /// that knowing it can rule out paths.
    pub(crate) fn is_tested(&self, local: LocalId) -> bool {
        self.tested
            .get_or_init(|| self.collect_tested())
            .contains(&local)
    }

    fn collect_tested(&self) -> FxHashSet<LocalId> {
        let names = self.body().names();
        let mut counts: FxHashMap<LocalId, u32> = FxHashMap::default();
        for &func in self.facts.funcs() {
            let cfg = self.facts.cfg(func);
            for node in cfg.nodes() {
                if let NodeKind::Cond(_) | NodeKind::Case { .. } | NodeKind::Tag(_) = node.kind {
                    cfg.own_exprs(node.id, |at| {
                        if let Object::Local(local) = self.body().object(at) {
                            *counts.entry(local).or_default() += 1;
                        }
                    });
                }
            }
        }
        let stable = |local: LocalId| {
            let facts = self.facts.var_facts(local);
            let is_result = matches!(names.local(local).kind, LocalKind::Result(_));
            !facts.address_taken && (is_result || !facts.is_written_in_literal())
        };
        // What is returned may be asked for in deferred literals.
        let has_results = names.locals().any(|(_, local)| local.is_result());
        counts
            .into_iter()
            .filter(|&(local, count)| {
                let varies = || !self.facts.var_facts(local).is_single_assignment();
                let matters = count > 1 || has_results || names.local(local).is_result();
                (matters || varies()) && stable(local)
            })
            .map(|(local, _)| local)
            .collect()
    }

    /// The switch that a clause belongs to.
    pub(crate) fn switch_of(&self, clause: StmtId) -> Option<StmtId> {
        let file = self.file();
        let switches = self.switches.get_or_init(|| {
            let mut switches = FxHashMap::default();
            for stmt in file.func(self.facts.root()).stmts.iter() {
                if let StmtKind::Switch { body, .. } | StmtKind::TypeSwitch { body, .. } =
                    file.stmt(stmt).kind
                {
                    for &clause in file.block_stmts(body) {
                        switches.insert(clause, stmt);
                    }
                }
            }
            switches
        });
        switches.get(&clause).copied()
    }

    /// Whether a clause is of a switch over a type of the package that names each of its constants.
    pub(crate) fn is_exhaustive(&self, clause: StmtId) -> bool {
        self.exhaustive
            .get_or_init(|| exhaustive(self.facts, true))
            .contains(&clause)
    }

    /// All calls that acquire, with what they give.
    pub(crate) fn acquisitions(&self) -> Vec<(ExprId, Point, Gives)> {
        let mut found = Vec::new();
        for &func in self.facts.funcs() {
            let cfg = self.facts.cfg(func);
            for node in cfg.nodes() {
                if !cfg.reachable(node.id) {
                    continue;
                }
                let point = Point {
                    func,
                    node: node.id,
                };
                let skipped = match node.kind {
                    NodeKind::Defer(stmt) | NodeKind::Go(stmt) => self.call_of(stmt),
                    _ => None,
                };
                cfg.own_exprs(node.id, |expr| {
                    if Some(expr) == skipped
                        || !matches!(self.file().expr(expr).kind, ExprKind::Call { .. })
                    {
                        return;
                    }
                    let may_give =
                        |name: &str| self.models.may_acquire(name) || self.inferred.may_give(name);
                    let may_give = match self.facts.callee(expr) {
                        Callee::Func { name, .. } | Callee::Selected { name, .. } => may_give(name),
                        Callee::Var(_) | Callee::MemberVar(_) => {
                            self.key(expr).is_some_and(|(_, name)| {
                                may_give(name.rsplit('.').next().unwrap_or_default())
                            })
                        }
                        _ => false,
                    };
                    if !may_give {
                        return;
                    }
                    if self.is_inherited(expr) {
                        return;
                    }
                    let contract = self.contract(expr);
                    if contract.gives.is_empty()
                        || self.takes_over(expr)
                        || !self.is_written_as_wanted(expr)
                    {
                        return;
                    }
                    let gives = contract.gives.iter();
                    found.extend(gives.map(|gives| (expr, point, gives.clone())));
                });
            }
        }
        found.sort_by_key(|(call, _, gives)| (self.file().expr(*call).span.start, gives.result));
        found
    }

    /// Whether a path returns an error, or comes by a condition that says there is one.
    pub(crate) fn ends_in_error(&self, outcome: &Outcome) -> bool {
        outcome.error == Some(Fact::NonNil) || outcome.hops.iter().any(|hop| self.tells_error(hop))
    }

    /// Whether it makes a difference for the resource at hand that there is an error.
    fn failure_matters(&self) -> bool {
        self.models.class(self.class.get()).error_excuses
    }

    pub(crate) fn tells_error(&self, hop: &Hop) -> bool {
        let (NodeKind::Cond(cond) | NodeKind::Case { expr: cond, .. }) =
            self.facts.cfg(hop.point.func).kind(hop.point.node)
        else {
            return false;
        };
        let truth = matches!(hop.edge, EdgeKind::True | EdgeKind::Case);
        let file = self.file();
        let ExprKind::Binary { op, x, y } = file.expr(file.unparen(cond)).kind else {
            return false;
        };
        let is_nil = |expr| self.body().object(expr) == Object::Nil;
        let is_error = |expr| {
            let ty = self.body().type_of(expr);
            let name = || file.expr_text(expr).to_lowercase();
            self.body().is_error(ty) || (ty.is_unknown() && name().contains("err"))
        };
        let about = |x, y| is_nil(x) && is_error(y);
        let wanted = match op {
            BinaryOp::Ne => true,
            BinaryOp::Eq => false,
            _ => return false,
        };
        truth == wanted && (about(x, y) || about(y, x))
    }

    /// The variables of the results of a function, in order; `None` for those without a name.
    pub(crate) fn named_results(&self, func: FuncId) -> Vec<Option<LocalId>> {
        let file = self.file();
        let Some(results) = file.sig(file.func(func).sig).results else {
            return Vec::new();
        };
        let names = self.body().names();
        file.fields_of(results)
            .iter()
            .flat_map(|field| file.field(field).names.iter())
            .map(|name| names.declared(name))
            .collect()
    }

    /// Whether a variable of a function around `func` has to do with the resource.
    fn is_held_outside(&self, func: FuncId, state: &State) -> bool {
        let names = self.body().names();
        let outer = std::iter::successors(self.file().func(func).parent, |&func| {
            self.file().func(func).parent
        });
        let mut owners = state
            .holders
            .iter()
            .map(|holder| names.local(holder.local).func);
        match func == self.facts.root() {
            true => false,
            false => {
                let outer: Vec<FuncId> = outer.collect();
                owners.any(|owner| outer.contains(&owner))
            }
        }
    }

    /// The call of a `defer` or `go` statement.
    pub(crate) fn call_of(&self, stmt: StmtId) -> Option<ExprId> {
        match self.file().stmt(stmt).kind {
            StmtKind::Defer(call) | StmtKind::Go(call) => Some(self.file().unparen(call)),
            _ => None,
        }
    }

    /// Follows everything that is acquired.
    pub(crate) fn leaks(&self) -> Leaks {
        let mut leaks = Leaks::default();
        for (call, point, gives) in self.acquisitions() {
            match self.leak_of(call, point, &gives) {
                Ok((leak, stored)) => {
                    leaks.list.extend(leak);
                    for stored in stored {
                        if !leaks.stored.contains(&stored) {
                            leaks.stored.push(stored);
                        }
                    }
                }
                Err(TooMany) => {
                    self.put_into.take();
                    leaks.given_up += 1;
                }
            }
        }
        leaks
    }

    /// How what a call gives is left behind, if it is, and the fields that hold it in the end.
    pub(crate) fn leak_of(
        &self,
        call: ExprId,
        point: Point,
        gives: &Gives,
    ) -> Result<(Option<Leak>, Vec<Stored>), TooMany> {
        let outcomes = self.follow_call(call, point, gives)?;
        let stays = |outcome: &Outcome| {
            matches!(
                outcome.fate,
                Fate::Kept | Fate::Returned { itself: false, .. }
            )
        };
        let mut stored = self.put_into.take();
        if !outcomes.iter().any(stays) {
            stored.clear();
        }
        let stored = stored.into_iter().map(|(owner, field)| Stored {
            call,
            class: gives.class,
            owner,
            field,
        });
        let released = outcomes
            .iter()
            .any(|outcome| outcome.fate == Fate::Released);
        let fine = outcomes.iter().any(|outcome| !outcome.fate.is_leak());
        let deferred = self.deferred(point.func, &outcomes);
        let excuses = self.models.class(gives.class).error_excuses;
        let shortest = outcomes
            .into_iter()
            .filter(|outcome| outcome.fate.is_leak())
            .filter(|outcome| !excuses || !self.ends_in_error(outcome))
            .min_by_key(|outcome| outcome.hops.len());
        let leak = shortest.map(|outcome| Leak {
            with_error: self.ends_in_error(&outcome),
            call,
            point,
            class: gives.class,
            subject: gives.subject,
            result: gives.result,
            field: gives.field.clone(),
            why: gives.why.clone(),
            fate: outcome.fate,
            at: outcome.at,
            hops: outcome.hops,
            otherwise_fine: fine,
            otherwise_released: released,
            in_object: outcome.in_object,
            deferred,
        });
        Ok((leak, stored.collect()))
    }

    /// The first `defer` of `func` by which a path comes to a good end.
    fn deferred(&self, func: FuncId, outcomes: &[Outcome]) -> Option<StmtId> {
        let defer_of = |outcome: &Outcome| {
            if !matches!(outcome.fate, Fate::Released | Fate::Kept) {
                return None;
            }
            if outcome.at.func != func {
                // In a deferred literal.
                let mut sites = self.facts.defers_of(func);
                return sites
                    .find(|site| site.literal == Some(outcome.at.func))
                    .map(|site| site.stmt);
            }
            match self.facts.cfg(func).kind(outcome.at.node) {
                NodeKind::Defer(stmt) => Some(stmt),
                _ => None,
            }
        };
        outcomes
            .iter()
            .filter_map(defer_of)
            .min_by_key(|&stmt| self.file().stmt(stmt).span.start)
    }
}

/// Where a walk starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) node: NodeId,
    /// The call within that node after which it starts.
    pub(crate) call: Option<ExprId>,
}

/// A state that a walk came to.
struct Entry {
    node: NodeId,
    parent: Option<(usize, EdgeKind)>,
}

/// The number of a state of a walk.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct StateId(u32);

/// The states of a walk. A walk comes to most nodes with a state that it had before, so states are
/// compared once, when they are made, and by number from then on.
#[derive(Default)]
struct States {
    list: Vec<Rc<State>>,
    ids: FxHashMap<Rc<State>, StateId>,
}

impl States {
    fn id(&mut self, state: State) -> StateId {
        if let Some(&id) = self.ids.get(&state) {
            return id;
        }
        let id = StateId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let state = Rc::new(state);
        self.list.push(Rc::clone(&state));
        self.ids.insert(state, id);
        id
    }

    fn get(&self, id: StateId) -> &State {
        &self.list[id.0 as usize]
    }
}

/// Follows one resource.
pub(crate) struct Explorer<'t, 'f, 'a> {
    pub(crate) t: &'t Tracker<'f, 'a>,
    pub(crate) gives: Gives,
    pub(crate) outcomes: Vec<Outcome>,
    /// The call that acquired it, when it is followed beyond its release.
    pub(crate) origin: Option<ExprId>,
    /// What goes wrong then.
    pub(crate) events: Vec<LifeEvent>,
    /// Whether anything is written to it on some path.
    pub(crate) wrote: bool,
    /// Whether deferred calls count for nothing.
    pub(crate) past_defers: bool,
    /// Whether it is out of sight once something else is responsible for it.
    pub(crate) own_keeps: bool,
    /// Which result of the expression it starts with is followed.
    pub(crate) made: u32,
    /// The call that makes a resource of what is followed, when it is not one from the start.
    pub(crate) armed_by: Option<ExprId>,
    /// Whether it is not a resource yet where the walk is.
    pub(crate) dormant: bool,
    budget: usize,
    depth: usize,
}

/// The states in which a walk leaves a function by returning, and how they came there.
type Exits = Vec<(State, Vec<Hop>)>;

impl<'t, 'f, 'a> Explorer<'t, 'f, 'a> {
    pub(crate) fn new(t: &'t Tracker<'f, 'a>, gives: Gives) -> Self {
        Self {
            t,
            made: gives.result,
            gives,
            outcomes: Vec::new(),
            origin: None,
            events: Vec::new(),
            wrote: false,
            past_defers: false,
            own_keeps: false,
            armed_by: None,
            dormant: false,
            budget: BUDGET,
            depth: 0,
        }
    }

    /// Follows the resource through `func` to the end, deferred literals included.
    pub(crate) fn run(&mut self, func: FuncId, start: Start, state: State) -> Result<(), TooMany> {
        let exits = self.walk(func, start, state)?;
        let exit = Point {
            func,
            node: self.t.facts().cfg(func).exit(),
        };
        for (state, hops) in exits {
            let error = state.returned.or_else(|| self.error_fact(func, &state));
            let events = self.events.len();
            let states = self.run_defers(state)?;
            let fails = error == Some(Fact::NonNil);
            for event in &mut self.events[events..] {
                event.hops = [&hops, &*event.hops].concat();
                event.fails |= fails;
            }
            for state in states {
                if self.is_beyond() {
                    // A deferred literal may have asked for the error that is returned.
                    let error = error.or_else(|| self.error_fact(func, &state));
                    self.finish(&state, &hops, error);
                    continue;
                }
                // Where the return statement is says more than the end of the function.
                let at = hops.last().map_or(exit, |hop| hop.point);
                // What was never used has nothing to lose.
                if self.excuses() && !state.used {
                    continue;
                }
                // A variable of an outer function outlives the literal.
                let fate = if self.t.is_held_outside(func, &state) {
                    Fate::Kept
                } else {
                    Fate::Held
                };
                self.outcomes.push(Outcome {
                    fate,
                    at,
                    hops: hops.clone(),
                    error,
                    dormant: state.dormant,
                    in_object: state.holders.iter().any(|holder| {
                        holder.how == How::Inside
                            || (holder.how == How::Same
                                && !holder.path.is_empty()
                                && self.gives.field.is_empty())
                    }),
                });
            }
        }
        Ok(())
    }

    /// Runs the deferred calls of a state; gives the states after them in which the resource is still
    /// held.
    fn run_defers(&mut self, mut state: State) -> Result<Vec<State>, TooMany> {
        let defers = std::mem::take(&mut state.defers);
        let mut states = vec![state];
        for stmt in defers.into_iter().rev() {
            let mut after = Vec::new();
            for state in states {
                after.extend(self.run_defer(stmt, state)?);
            }
            states = after;
        }
        Ok(states)
    }

    /// Runs a literal as a call would; gives the states in which it returns with the resource still
    /// held. What happens to the resource within becomes an outcome.
    pub(crate) fn inline(&mut self, func: FuncId, state: State) -> Result<Vec<State>, TooMany> {
        if self.depth >= MAX_DEPTH {
            return Err(TooMany);
        }
        self.depth += 1;
        let outer = state.defers.clone();
        let mut inner = state;
        inner.defers.clear();
        let start = Start {
            node: self.t.facts().cfg(func).entry(),
            call: None,
        };
        let exits = self.walk(func, start, inner)?;
        let mut states = Vec::new();
        for (state, _) in exits {
            for mut state in self.run_defers(state)? {
                state.defers.clone_from(&outer);
                // What only the literal knows is gone with it.
                let names = self.t.body().names();
                state.restrict(|local| names.local(local).func != func);
                if !states.contains(&state) {
                    states.push(state);
                }
            }
        }
        self.depth -= 1;
        Ok(states)
    }

    /// Runs a literal on the side; tells what happens to the resource in it, and whether it may come
    /// out still held.
    pub(crate) fn probe(
        &mut self,
        func: FuncId,
        state: State,
    ) -> Result<(Vec<Fate>, bool), TooMany> {
        let outcomes = std::mem::take(&mut self.outcomes);
        let events = self.events.len();
        let released = state.life.released;
        let dormant = state.dormant;
        let states = self.inline(func, state);
        self.dormant = dormant;
        let within = std::mem::replace(&mut self.outcomes, outcomes);
        self.events.truncate(events);
        let mut fates: Vec<Fate> = within.into_iter().map(|outcome| outcome.fate).collect();
        let states = states?;
        if states.iter().any(|state| state.life.released != released) {
            fates.push(Fate::Released);
        }
        Ok((fates, !states.is_empty()))
    }

    fn walk(&mut self, func: FuncId, start: Start, state: State) -> Result<Exits, TooMany> {
        let cfg = self.t.facts().cfg(func);
        let mut entries: Vec<Entry> = Vec::new();
        let mut states = States::default();
        let mut visited: FxHashSet<(NodeId, StateId)> = FxHashSet::default();
        let first = states.id(state);
        let mut queue = VecDeque::from([(start.node, first, None, start.call)]);
        let mut exits = Vec::new();
        while let Some((node, id, parent, call)) = queue.pop_front() {
            if call.is_none() && !visited.insert((node, id)) {
                continue;
            }
            self.budget = self.budget.checked_sub(1).ok_or(TooMany)?;
            let entry = entries.len();
            entries.push(Entry { node, parent });
            match cfg.kind(node) {
                NodeKind::Exit => {
                    exits.push((State::clone(states.get(id)), hops(func, &entries, entry)));
                    continue;
                }
                NodeKind::End(_) => continue,
                _ => {}
            }
            let before = self.outcomes.len();
            let events = self.events.len();
            let point = Point { func, node };
            let passes = call.is_none() && self.passes_by(cfg, point, states.get(id));
            let after = match passes {
                // Most nodes have nothing to do with the resource.
                true => vec![id],
                false => {
                    let state = State::clone(states.get(id));
                    let after = self.step(cfg, point, state, call)?;
                    after.into_iter().map(|state| states.id(state)).collect()
                }
            };
            if self.events.len() > events {
                let path = hops(func, &entries, entry);
                for event in &mut self.events[events..] {
                    event.hops = [&path, &*event.hops].concat();
                }
            }
            if self.outcomes.len() > before {
                let path = hops(func, &entries, entry);
                for outcome in &mut self.outcomes[before..] {
                    outcome.hops = [&path, &*outcome.hops].concat();
                }
            }
            for id in after {
                for edge in cfg.successors(node) {
                    let next = self.take(cfg, point, edge.kind, passes, id, &mut states);
                    let Some(next) = next else { continue };
                    if states.get(next).spent {
                        self.outcomes.push(Outcome {
                            fate: Fate::Released,
                            at: point,
                            hops: hops(func, &entries, entry),
                            error: None,
                            dormant: states.get(next).dormant,
                            in_object: false,
                        });
                    } else {
                        queue.push_back((edge.node, next, Some((entry, edge.kind)), None));
                    }
                }
            }
        }
        Ok(exits)
    }

    /// The state behind an edge; `None` when control cannot go there. `passes` tells whether the node
    /// [passes by](Self::passes_by).
    fn take(
        &self,
        cfg: &Cfg<'a>,
        point: Point,
        edge: EdgeKind,
        passes: bool,
        id: StateId,
        states: &mut States,
    ) -> Option<StateId> {
        let failed = !states.get(id).failed
            && self.t.failure_matters()
            && self.t.tells_error(&Hop { point, edge });
        if !failed && !self.t.refines(cfg, point.node, edge, passes) {
            return Some(id);
        }
        let mut next = State::clone(states.get(id));
        if !self.t.refine(cfg, point.node, edge, &mut next) {
            return None;
        }
        next.failed |= failed;
        Some(match next == *states.get(id) {
            true => id,
            false => states.id(next),
        })
    }

    pub(crate) fn settle(&mut self, fate: Fate, at: Point, error: Option<Fact>) {
        self.outcomes.push(Outcome {
            fate,
            at,
            hops: Vec::new(),
            error,
            dormant: self.dormant,
            in_object: false,
        });
    }

    /// What is known of the last named result, when it is an error.
    pub(crate) fn error_fact(&self, func: FuncId, state: &State) -> Option<Fact> {
        let local = (*self.t.named_results(func).last()?)?;
        state.fact(local)
    }
}

/// The steps to an entry.
fn hops(func: FuncId, entries: &[Entry], last: usize) -> Vec<Hop> {
    let mut hops = Vec::new();
    let mut at = last;
    while let Some((parent, edge)) = entries[at].parent {
        hops.push(Hop {
            point: Point {
                func,
                node: entries[parent].node,
            },
            edge,
        });
        at = parent;
    }
    hops.reverse();
    hops
}
