//! Following a resource along the paths of a function.

use std::collections::VecDeque;
use std::rc::Rc;

use go_syntax::{ExprId, FuncId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::contract::Gives;
use super::life::LifeEvent;
use super::outcome::{Fate, Outcome};
use super::state::{Fact, How, State};
use super::tracker::Tracker;
use crate::cfg::{Cfg, EdgeKind, NodeId, NodeKind};
use crate::facts::Point;
use crate::trail::{Hop, TooMany, Trail};

/// Following one resource may take so many steps; then nothing is said of it.
const BUDGET: usize = 4_000;

/// Literals are followed so many levels deep.
const MAX_DEPTH: usize = 4;

/// Where a walk starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) node: NodeId,
    /// The call within that node after which it starts.
    pub(crate) call: Option<ExprId>,
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
        let mut trail = Trail::new(func);
        let mut states = States::default();
        let mut visited: FxHashSet<(NodeId, StateId)> = FxHashSet::default();
        let first = states.id(state);
        let mut queue = VecDeque::from([(start.node, first, None, start.call)]);
        let mut exits = Vec::new();
        while let Some((node, id, from, call)) = queue.pop_front() {
            if call.is_none() && !visited.insert((node, id)) {
                continue;
            }
            self.budget = self.budget.checked_sub(1).ok_or(TooMany)?;
            let entry = trail.enter(node, from);
            match cfg.kind(node) {
                NodeKind::Exit => {
                    exits.push((State::clone(states.get(id)), trail.hops(entry)));
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
            let new = self.events[events..].iter_mut();
            trail.lead(entry, new.map(|event| &mut event.hops));
            let new = self.outcomes[before..].iter_mut();
            trail.lead(entry, new.map(|outcome| &mut outcome.hops));
            for id in after {
                for edge in cfg.successors(node) {
                    let next = self.take(cfg, point, edge.kind, passes, id, &mut states);
                    let Some(next) = next else { continue };
                    if states.get(next).spent {
                        self.outcomes.push(Outcome {
                            fate: Fate::Released,
                            at: point,
                            hops: trail.hops(entry),
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
