//! Following a lock along the paths of a function.

use std::collections::VecDeque;

use go_syntax::{ExprId, FuncId, StmtId, StmtKind};
use go_types::Object;
use rustc_hash::FxHashSet;

use super::conditions::{Answer, Key, learn};
use super::effect::Ending;
use super::events::{Event, Follower};
use super::state::{Phase, State};
use super::{LockEvent, LockFate, OnlyIf, Start};
use crate::cfg::{EdgeKind, NodeId, NodeKind};
use crate::facts::Point;
use crate::trail::{Hop, TooMany, Trail};

/// Following one lock may take so many steps; then nothing is said of it.
const BUDGET: usize = 6_000;

/// Literals are followed so many levels deep.
const MAX_DEPTH: usize = 3;

/// Follows one lock.
pub(super) struct Walk<'w, 'f, 'a> {
    pub(super) f: &'w Follower<'f, 'a>,
    /// What says whether the lock was taken; none when the walk starts where the function does, with a
    /// lock that it may or may not take.
    pub(super) follows: Option<OnlyIf>,
    pub(super) events: Vec<LockEvent>,
    endings: Vec<Ending>,
    /// Whether the lock gets out of sight somewhere.
    pub(super) escaped: bool,
    budget: usize,
    depth: usize,
}

impl<'a> Follower<'_, 'a> {
    /// What happens to a lock from the call that takes it.
    pub(super) fn follow(&self, start: &Start) -> (Vec<LockEvent>, bool) {
        let mut walk = self.walk(Some(start.only_if));
        let mut state = State {
            phase: Phase::Held {
                read: start.op.is_read(),
            },
            known: self.conditions.known_before(self.facts, start.point),
            defers: walk.defers_before(start.point),
            ..State::new()
        };
        if let OnlyIf::Told(key, value) = start.only_if {
            state.only_if = Some((key, value));
        }
        // What is nil cannot be locked.
        if let Some(operand) = start.operand
            && let Object::Local(local) = self.facts.body().object(operand)
        {
            learn(&mut state.known, Key::Nil(local), false);
        }
        let given_up = walk
            .run(start.point.func, start.point.node, Some(start.call), state)
            .is_err();
        (nearest(walk.events), given_up)
    }

    /// What happens to a lock that the root function is called with.
    pub(super) fn follow_entered(&self) -> Vec<LockEvent> {
        let mut walk = self.walk(Some(OnlyIf::Always));
        let root = self.facts.root();
        let state = State {
            phase: Phase::Held { read: false },
            ..State::new()
        };
        let entry = self.facts.cfg(root).entry();
        match walk.run(root, entry, None, state) {
            Ok(()) => nearest(walk.events),
            Err(TooMany) => Vec::new(),
        }
    }

    /// How a function leaves a lock that it may or may not touch; `None` when that is not understood.
    pub(super) fn endings(&self, func: FuncId) -> Option<Vec<Ending>> {
        let mut walk = self.walk(None);
        let entry = self.facts.cfg(func).entry();
        walk.run(func, entry, None, State::new()).ok()?;
        (!walk.escaped).then_some(walk.endings)
    }

    fn walk(&self, follows: Option<OnlyIf>) -> Walk<'_, '_, 'a> {
        Walk {
            f: self,
            follows,
            events: Vec::new(),
            endings: Vec::new(),
            escaped: false,
            budget: BUDGET,
            depth: 0,
        }
    }
}

/// Each kind once for each place, the nearest first.
fn nearest(mut events: Vec<LockEvent>) -> Vec<LockEvent> {
    events.sort_by_key(|event| event.hops.len());
    let mut kept: Vec<LockEvent> = Vec::new();
    for event in events {
        let again = kept.iter().any(|known| {
            known.fate == event.fate && known.at == event.at && known.expr == event.expr
        });
        if !again {
            kept.push(event);
        }
    }
    kept
}

impl<'a> Walk<'_, '_, 'a> {
    /// The `defer` statements that may be registered when control comes to a point, and whether they
    /// certainly are.
    fn defers_before(&self, point: Point) -> Vec<(StmtId, bool)> {
        let facts = self.f.facts;
        let cfg = facts.cfg(point.func);
        let mut defers: Vec<(StmtId, bool)> = facts
            .defers_of(point.func)
            .filter(|site| {
                site.point.node != point.node && cfg.reaches(site.point.node, point.node)
            })
            .filter(|site| !self.f.deferred(site.stmt).is_empty())
            .filter(|site| !self.f.is_moved_between(site, point))
            .map(|site| {
                let certain = !cfg.reaches_avoiding(cfg.entry(), point.node, site.point.node);
                (site.stmt, certain)
            })
            .collect();
        defers.sort_by_key(|&(stmt, _)| facts.file().stmt(stmt).span.start);
        defers
    }

    fn run(
        &mut self,
        func: FuncId,
        node: NodeId,
        call: Option<ExprId>,
        state: State,
    ) -> Result<(), TooMany> {
        let exits = self.walk(func, node, call, state)?;
        let exit = Point {
            func,
            node: self.f.facts.cfg(func).exit(),
        };
        for (state, hops) in exits {
            let at = hops.last().map_or(exit, |hop: &Hop| hop.point);
            let before = self.events.len();
            let states = self.run_defers(at, state)?;
            for event in &mut self.events[before..] {
                event.hops.clone_from(&hops);
            }
            for state in states {
                self.end(func, at, &hops, &state);
            }
        }
        Ok(())
    }

    /// The function ends.
    fn end(&mut self, func: FuncId, at: Point, hops: &[Hop], state: &State) {
        let held = matches!(state.phase, Phase::Held { .. });
        let result = state.result.or_else(|| self.named_result(func, state));
        if self.follows.is_none() {
            let ending = Ending {
                first: state.first,
                held,
                result,
            };
            if !self.endings.contains(&ending) {
                self.endings.push(ending);
            }
        } else if held && state.only_if.is_none() {
            let fate = if self.ends_elsewhere(func) {
                LockFate::Unknown
            } else {
                LockFate::Kept { result }
            };
            self.events.push(LockEvent {
                fate,
                at,
                expr: None,
                hops: hops.to_vec(),
            });
        }
    }

    /// Whether the end of a literal is not the end of the matter: another function gives back what it
    /// takes.
    fn ends_elsewhere(&self, func: FuncId) -> bool {
        func != self.f.facts.root() && self.released_outside(func)
    }

    /// Whether another function of this one gives the lock back without having taken it.
    fn released_outside(&self, func: FuncId) -> bool {
        let facts = self.f.facts;
        let of_spot = |lock: &&crate::sites::LockCall<'_>| {
            lock.point.func != func
                && lock
                    .place
                    .as_ref()
                    .is_some_and(|place| super::Spot::of_place(facts, place) == self.f.spot)
        };
        let others: Vec<_> = facts.locks().iter().filter(of_spot).collect();
        others.iter().any(|lock| {
            !lock.op.acquires()
                && !others
                    .iter()
                    .any(|other| other.op.acquires() && other.point.func == lock.point.func)
        })
    }

    fn run_defers(&mut self, at: Point, mut state: State) -> Result<Vec<State>, TooMany> {
        let defers = std::mem::take(&mut state.defers);
        let mut states = vec![state];
        for (stmt, certain) in defers.into_iter().rev() {
            let events = self.f.deferred(stmt);
            let mut after = Vec::new();
            for state in states {
                if !certain && state.phase == Phase::Free {
                    // Perhaps it was never registered.
                    after.push(state);
                    continue;
                }
                let known = self.events.len();
                let was_held = matches!(state.phase, Phase::Held { .. });
                let ends = self.apply_all(at, &events, state, true)?;
                let is_inline = events.iter().any(|event| matches!(event, Event::Inline(_)));
                if self.follows.is_some() && is_inline && self.is_undecided(known, was_held, &ends)
                {
                    // It asks something that says whether the lock is held.
                    self.events.truncate(known);
                    self.note(LockFate::Unknown, at, None);
                    continue;
                }
                after.extend(ends);
            }
            states = after;
        }
        Ok(states)
    }

    /// Whether a deferred literal gives the lock back on some of its paths and not on others, and
    /// nothing that is known decides between them.
    fn is_undecided(&self, known: usize, was_held: bool, ends: &[State]) -> bool {
        let is_held = |state: &State| matches!(state.phase, Phase::Held { .. });
        if was_held {
            return ends.iter().any(is_held) && !ends.iter().all(is_held);
        }
        let twice = |event: &LockEvent| matches!(event.fate, LockFate::ReleasedTwice { .. });
        !ends.is_empty() && self.events[known..].iter().any(twice)
    }

    /// Runs a literal as a call would; gives the states in which it returns.
    pub(super) fn inline(&mut self, func: FuncId, state: State) -> Result<Vec<State>, TooMany> {
        if self.depth >= MAX_DEPTH {
            return Ok(vec![state]);
        }
        self.depth += 1;
        let outer = state.defers.clone();
        let result = state.result;
        let mut inner = state;
        inner.defers.clear();
        let cfg = self.f.facts.cfg(func);
        let exits = self.walk(func, cfg.entry(), None, inner)?;
        let exit = Point {
            func,
            node: cfg.exit(),
        };
        let mut states: Vec<State> = Vec::new();
        for (state, _) in exits {
            for mut state in self.run_defers(exit, state)? {
                state.defers.clone_from(&outer);
                state.result = result;
                if !states.contains(&state) {
                    states.push(state);
                }
            }
        }
        self.depth -= 1;
        Ok(states)
    }

    fn walk(
        &mut self,
        func: FuncId,
        start: NodeId,
        call: Option<ExprId>,
        state: State,
    ) -> Result<Vec<(State, Vec<Hop>)>, TooMany> {
        let cfg = self.f.facts.cfg(func);
        let mut trail = Trail::new(func);
        let mut visited: FxHashSet<(NodeId, State)> = FxHashSet::default();
        let mut queue = VecDeque::from([(start, state, None, call)]);
        let mut exits = Vec::new();
        while let Some((node, state, from, call)) = queue.pop_front() {
            if call.is_none() && !visited.insert((node, state.clone())) {
                continue;
            }
            self.budget = self.budget.checked_sub(1).ok_or(TooMany)?;
            let entry = trail.enter(node, from);
            match cfg.kind(node) {
                NodeKind::Exit => {
                    exits.push((state, trail.hops(entry)));
                    continue;
                }
                NodeKind::End(_) => continue,
                _ => {}
            }
            let point = Point { func, node };
            let before = self.events.len();
            let states = self.step(point, state, call)?;
            let new = self.events[before..].iter_mut();
            trail.lead(entry, new.map(|event| &mut event.hops));
            for state in states {
                for edge in cfg.successors(node) {
                    if let Some(next) = self.leave(point, edge.kind, &state, call) {
                        queue.push_back((edge.node, next, Some((entry, edge.kind)), None));
                    }
                }
            }
        }
        Ok(exits)
    }

    /// Takes an edge; none when control cannot go there with the lock.
    fn leave(
        &self,
        point: Point,
        edge: EdgeKind,
        state: &State,
        call: Option<ExprId>,
    ) -> Option<State> {
        let mut next = state.clone();
        if call.is_some()
            && let Some(OnlyIf::Edge(wanted)) = self.follows
        {
            return (matches!(edge, EdgeKind::True) == wanted).then_some(next);
        }
        match self.f.conditions.refine(point, edge, &mut next.known) {
            Answer::Contradicts => None,
            Answer::Tells(key, value) => match next.only_if {
                Some((told, wanted)) if told == key => {
                    if value != wanted {
                        return None;
                    }
                    next.only_if = None;
                    Some(next)
                }
                _ => Some(next),
            },
            Answer::Nothing => Some(next),
        }
    }

    fn step(
        &mut self,
        point: Point,
        state: State,
        call: Option<ExprId>,
    ) -> Result<Vec<State>, TooMany> {
        let facts = self.f.facts;
        let events = self.f.events(point);
        let mut events = &events[..];
        if let Some(call) = call {
            let is_start = |event: &Event| match event {
                Event::Op(_, at, _) | Event::Call(at, _) | Event::Other(_, _, at, _) => *at == call,
                Event::Waits(wait) => wait.call == Some(call),
                _ => false,
            };
            let at = events.iter().rposition(is_start).map_or(0, |at| at + 1);
            events = &events[at..];
        }
        let mut states = self.apply_all(point, events, state, false)?;
        let writes = self.f.conditions.writes(facts, point);
        let kind = facts.cfg(point.func).kind(point.node);
        for state in &mut states {
            if call.is_none()
                && let Some((Key::True(local) | Key::Nil(local), _)) = state.only_if
                && writes.locals.iter().any(|&(written, _)| written == local)
            {
                // Nobody will ever know whether it was taken.
                state.only_if = Some((Key::Text(u32::MAX), true));
            }
            self.f.conditions.assign(&writes, &mut state.known);
            for (key, value) in std::mem::take(&mut state.told) {
                learn(&mut state.known, key, value);
            }
            match kind {
                NodeKind::Defer(stmt) => {
                    let registered = state.defers.iter().any(|&(known, _)| known == stmt);
                    if !registered && !self.f.deferred(stmt).is_empty() {
                        state.defers.push((stmt, true));
                    } else if let Some(known) =
                        state.defers.iter_mut().find(|(known, _)| *known == stmt)
                    {
                        known.1 = true;
                    }
                }
                NodeKind::Return(stmt) => {
                    if let StmtKind::Return(results) = facts.file().stmt(stmt).kind
                        && let Some(&last) = facts.file().exprs(results).last()
                    {
                        state.result = self.answered(last, &state.known);
                    }
                }
                _ => {}
            }
        }
        Ok(states)
    }

    fn apply_all(
        &mut self,
        point: Point,
        events: &[Event],
        state: State,
        deferred: bool,
    ) -> Result<Vec<State>, TooMany> {
        let mut states = vec![state];
        for event in events {
            let mut after = Vec::new();
            for state in states {
                after.extend(self.apply(point, event, state, deferred)?);
            }
            states = after;
        }
        Ok(states)
    }
}
