//! Following a lock along the paths of a function.

use std::collections::VecDeque;

use go_syntax::{ExprId, ExprKind, FuncId, StmtId, StmtKind};
use go_types::{Builtin, Callee, LocalId, LocalKind, Object};
use rustc_hash::FxHashSet;

use super::conditions::{Answer, Key, Known, fact, learn};
use super::contract::{Ending, LockEffect};
use super::events::{Event, Follower};
use super::{Answered, LockEvent, LockFate, OnlyIf, Start};
use crate::cfg::{EdgeKind, NodeId, NodeKind};
use crate::facts::Point;
use crate::resource::Hop;
use crate::sites::{LockOp, Mutex};

/// Following one lock may take so many steps; then nothing is said of it.
const BUDGET: usize = 6_000;

/// Literals are followed so many levels deep.
const MAX_DEPTH: usize = 3;

/// How things stand with the lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Phase {
    /// The function has not done anything to it.
    Untouched,
    /// It is held, taken for reading or not.
    Held { read: bool },
    /// It was given back.
    Free,
}

/// What is known on a path.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State {
    phase: Phase,
    first: Option<LockOp>,
    /// The lock was taken only if this is so.
    only_if: Option<(Key, bool)>,
    known: Known,
    /// What the function returns.
    result: Option<Answered>,
    /// What a call told of the variables that its node assigns.
    told: Known,
    /// Calls that run when the function ends, in the order of registration, and whether they are
    /// certain to be registered.
    defers: Vec<(StmtId, bool)>,
}

struct Entry {
    node: NodeId,
    parent: Option<(usize, EdgeKind)>,
}

/// There are too many paths.
struct TooMany;

struct Walk<'w, 'f, 'a> {
    f: &'w Follower<'f, 'a>,
    /// What says whether the lock was taken; none when the walk starts where the function does, with a
    /// lock that it may or may not take.
    follows: Option<OnlyIf>,
    events: Vec<LockEvent>,
    endings: Vec<Ending>,
    escaped: bool,
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

impl State {
    fn new() -> Self {
        Self {
            phase: Phase::Untouched,
            first: None,
            only_if: None,
            known: Known::new(),
            result: None,
            told: Known::new(),
            defers: Vec::new(),
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

    fn inline(&mut self, func: FuncId, state: State) -> Result<Vec<State>, TooMany> {
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
        let mut entries: Vec<Entry> = Vec::new();
        let mut visited: FxHashSet<(NodeId, State)> = FxHashSet::default();
        let mut queue = VecDeque::from([(start, state, None, call)]);
        let mut exits = Vec::new();
        while let Some((node, state, parent, call)) = queue.pop_front() {
            if call.is_none() && !visited.insert((node, state.clone())) {
                continue;
            }
            self.budget = self.budget.checked_sub(1).ok_or(TooMany)?;
            let entry = entries.len();
            entries.push(Entry { node, parent });
            match cfg.kind(node) {
                NodeKind::Exit => {
                    exits.push((state, hops(func, &entries, entry)));
                    continue;
                }
                NodeKind::End(_) => continue,
                _ => {}
            }
            let point = Point { func, node };
            let before = self.events.len();
            let states = self.step(point, state, call)?;
            if self.events.len() > before {
                let path = hops(func, &entries, entry);
                for event in &mut self.events[before..] {
                    event.hops = [&path, &*event.hops].concat();
                }
            }
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

    fn note(&mut self, fate: LockFate, at: Point, expr: Option<ExprId>) {
        if self.follows.is_some() {
            self.events.push(LockEvent {
                fate,
                at,
                expr,
                hops: Vec::new(),
            });
        }
    }

    /// What an event makes of a state; nothing when the path ends with it.
    fn apply(
        &mut self,
        point: Point,
        event: &Event,
        mut state: State,
        deferred: bool,
    ) -> Result<Vec<State>, TooMany> {
        // Whether it was taken is not settled: what is done now is done in both cases.
        let is_certain = state.only_if.is_none();
        match event {
            Event::Op(op, call, mutex) => {
                return Ok(self
                    .op(point, *op, *call, *mutex, state, deferred)
                    .into_iter()
                    .collect());
            }
            Event::Call(call, effect) => {
                return Ok(self.call(point, *call, effect, state));
            }
            Event::Inline(func) => return self.inline(*func, state),
            // A lock that nothing was done to is not the one that is meant yet.
            Event::Moves if state.phase == Phase::Untouched => return Ok(vec![state]),
            Event::Escape | Event::Moves => {
                if self.follows.is_none() {
                    // Of a lock that is not held nothing can be handed on.
                    self.escaped |= state.phase != Phase::Free;
                }
                if matches!(state.phase, Phase::Untouched) {
                    return Ok(vec![state]);
                }
                self.note(LockFate::Unknown, point, None);
                return Ok(Vec::new());
            }
            Event::Never => return Ok(Vec::new()),
            Event::Waits(wait) => {
                if matches!(state.phase, Phase::Held { .. }) && is_certain {
                    self.note(LockFate::Waits(*wait), point, wait.call);
                }
            }
            Event::Other(lock, op, call, within) => {
                if matches!(state.phase, Phase::Held { .. }) && is_certain {
                    let fate = LockFate::Takes {
                        lock: lock.clone(),
                        op: *op,
                        within: *within,
                    };
                    self.note(fate, point, Some(*call));
                }
            }
        }
        state.defers.truncate(64);
        Ok(vec![state])
    }

    fn op(
        &mut self,
        point: Point,
        op: LockOp,
        call: ExprId,
        mutex: Mutex,
        mut state: State,
        deferred: bool,
    ) -> Option<State> {
        let read = op.is_read();
        match (state.phase, op) {
            (_, LockOp::TryLock | LockOp::TryRLock) => {
                if self.follows.is_none() {
                    self.escaped = true;
                }
                match state.phase {
                    Phase::Held { .. } => Some(state),
                    _ => None,
                }
            }
            (Phase::Untouched, LockOp::Lock | LockOp::RLock) => {
                state.first = Some(op);
                state.phase = Phase::Held { read };
                Some(state)
            }
            (Phase::Untouched, _) => {
                state.first = Some(op);
                state.phase = Phase::Free;
                Some(state)
            }
            (Phase::Held { .. }, LockOp::Lock | LockOp::RLock) => {
                if state.only_if.is_none() {
                    let deferred_release = self.is_given_back_later(&state);
                    let fate = LockFate::Again {
                        op,
                        within: false,
                        deferred_release,
                    };
                    self.note(fate, point, Some(call));
                }
                None
            }
            (Phase::Held { read: held }, _) => {
                if held != read && !matches!(mutex, Mutex::Other | Mutex::Unknown) {
                    self.note(LockFate::Unknown, point, Some(call));
                    return None;
                }
                self.note(LockFate::Released, point, Some(call));
                state.phase = Phase::Free;
                Some(state)
            }
            (Phase::Free, LockOp::Lock | LockOp::RLock) => {
                // Another call takes it: that is followed from there.
                if self.follows.is_some() {
                    return None;
                }
                state.phase = Phase::Held { read };
                Some(state)
            }
            (Phase::Free, _) => {
                if state.only_if.is_none() {
                    self.note(LockFate::ReleasedTwice { deferred }, point, Some(call));
                }
                None
            }
        }
    }

    /// Whether a deferred call that is still to come gives the lock back.
    fn is_given_back_later(&self, state: &State) -> bool {
        state.defers.iter().any(|&(stmt, certain)| {
            certain
                && self.f.deferred(stmt).iter().any(|event| match event {
                    Event::Op(op, ..) => !op.acquires(),
                    Event::Call(_, effect) => effect.gives(),
                    Event::Inline(_) => true,
                    _ => false,
                })
        })
    }

    fn call(
        &mut self,
        point: Point,
        call: ExprId,
        effect: &LockEffect,
        state: State,
    ) -> Vec<State> {
        match state.phase {
            Phase::Held { .. } => {
                let gives = effect.gives();
                match effect.first_taken() {
                    Some(op) if !gives => {
                        if state.only_if.is_none() && !effect.conditional {
                            let deferred_release = self.is_given_back_later(&state);
                            let fate = LockFate::Again {
                                op,
                                within: true,
                                deferred_release,
                            };
                            self.note(fate, point, Some(call));
                        } else {
                            self.note(LockFate::Unknown, point, Some(call));
                        }
                        return Vec::new();
                    }
                    Some(_) => {
                        self.escape(point, call);
                        return Vec::new();
                    }
                    None => {}
                }
                if !gives {
                    return vec![state];
                }
                self.give(point, call, effect, &state)
            }
            Phase::Untouched => {
                let mut states = Vec::new();
                for ending in &effect.endings {
                    let mut next = state.clone();
                    if ending.first.is_some() {
                        next.first = ending.first;
                        let read = ending.first.is_some_and(LockOp::is_read);
                        next.phase = match ending.held {
                            true => Phase::Held { read },
                            false => Phase::Free,
                        };
                    }
                    self.tell(point, call, ending.result, &mut next);
                    if !states.contains(&next) {
                        states.push(next);
                    }
                }
                states
            }
            Phase::Free => {
                if self.follows.is_some() {
                    // It is taken anew, or given back twice by others: that is another matter.
                    return Vec::new();
                }
                let held = effect.endings.iter().any(|ending| ending.held);
                let free = effect.endings.iter().any(|ending| !ending.held);
                if held && free {
                    self.escaped = true;
                    return Vec::new();
                }
                let mut next = state;
                if held {
                    next.phase = Phase::Held { read: false };
                }
                vec![next]
            }
        }
    }

    /// A called function gives the lock back, on some path.
    fn give(
        &mut self,
        point: Point,
        call: ExprId,
        effect: &LockEffect,
        state: &State,
    ) -> Vec<State> {
        let mut states: Vec<State> = Vec::new();
        let kept: Vec<_> = effect
            .endings
            .iter()
            .filter(|ending| ending.held || ending.first.is_none())
            .collect();
        let freed: Vec<_> = effect
            .endings
            .iter()
            .filter(|ending| !ending.held && ending.first.is_some())
            .collect();
        // Where both may be, the result has to tell which.
        let one = |endings: &[&Ending]| {
            let first = endings.first()?.result?;
            let all = endings.iter().all(|ending| ending.result == Some(first));
            all.then_some(first)
        };
        let unknown = |endings: &[&Ending]| endings.iter().all(|ending| ending.result.is_none());
        // What is not known is taken for the other answer.
        let (kept_by, freed_by) = match (one(&kept), one(&freed)) {
            (Some(kept), Some(freed)) if kept != freed => (Some(kept), Some(freed)),
            (Some(by), None) if unknown(&freed) => (Some(by), Some(by.opposite())),
            (None, Some(by)) if unknown(&kept) => (Some(by.opposite()), Some(by)),
            _ => (None, None),
        };
        let told = kept.is_empty() || freed.is_empty() || kept_by.is_some();
        if !told {
            self.escape(point, call);
            return Vec::new();
        }
        for ending in kept {
            let mut next = state.clone();
            self.tell(point, call, kept_by.or(ending.result), &mut next);
            states.push(next);
        }
        if !freed.is_empty() {
            self.note(LockFate::Released, point, Some(call));
        }
        for ending in freed {
            let mut next = state.clone();
            next.phase = Phase::Free;
            self.tell(point, call, freed_by.or(ending.result), &mut next);
            states.push(next);
        }
        let mut known: Vec<State> = Vec::new();
        for state in states {
            if !known.contains(&state) {
                known.push(state);
            }
        }
        known
    }

    fn escape(&mut self, point: Point, call: ExprId) {
        if self.follows.is_none() {
            self.escaped = true;
        }
        self.note(LockFate::Unknown, point, Some(call));
    }

    /// Learns what the last result of `call` is, where a variable takes it.
    fn tell(&self, point: Point, call: ExprId, result: Option<Answered>, state: &mut State) {
        let Some(result) = result else { return };
        let facts = self.f.facts;
        let file = facts.file();
        let NodeKind::Stmt(stmt) = facts.cfg(point.func).kind(point.node) else {
            return;
        };
        let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
            return;
        };
        let [only] = file.exprs(rhs) else { return };
        if file.unparen(*only) != call {
            return;
        }
        let Some(Object::Local(local)) = file
            .exprs(lhs)
            .last()
            .map(|&target| facts.body().object(target))
        else {
            return;
        };
        let (key, value) = match result {
            Answered::Nil => (Key::Nil(local), true),
            Answered::NonNil => (Key::Nil(local), false),
            Answered::True => (Key::True(local), true),
            Answered::False => (Key::True(local), false),
        };
        learn(&mut state.told, key, value);
    }

    /// What is known of a value that is returned.
    fn answered(&self, value: ExprId, known: &Known) -> Option<Answered> {
        let facts = self.f.facts;
        let file = facts.file();
        let value = file.unparen(value);
        match file.expr(value).kind {
            ExprKind::Ident => match facts.body().object(value) {
                Object::Nil => Some(Answered::Nil),
                Object::Local(local) => self.fact_of(local, known),
                Object::UniverseConst(_) => match file.expr_text(value) {
                    "true" => Some(Answered::True),
                    "false" => Some(Answered::False),
                    _ => None,
                },
                _ => is_error_name(file.expr_text(value)).then_some(Answered::NonNil),
            },
            ExprKind::Selector { sel, .. } => {
                is_error_name(file.span_text(sel)).then_some(Answered::NonNil)
            }
            ExprKind::Unary { .. } | ExprKind::CompositeLit { .. } => Some(Answered::NonNil),
            ExprKind::Call { .. } => match facts.callee(value) {
                Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                    let makes = [
                        "New",
                        "Errorf",
                        "Wrap",
                        "Wrapf",
                        "Error",
                        "WithStack",
                        "Join",
                    ];
                    let lower = name.to_ascii_lowercase();
                    (makes.contains(&name)
                        || lower.ends_with("errorf")
                        || lower.starts_with("newerr"))
                    .then_some(Answered::NonNil)
                }
                Callee::Builtin(Builtin::New | Builtin::Make) => Some(Answered::NonNil),
                _ => None,
            },
            _ => None,
        }
    }

    fn fact_of(&self, local: LocalId, known: &Known) -> Option<Answered> {
        if let Some(nil) = fact(known, Key::Nil(local)) {
            return Some(if nil { Answered::Nil } else { Answered::NonNil });
        }
        fact(known, Key::True(local)).map(|truth| match truth {
            true => Answered::True,
            false => Answered::False,
        })
    }

    /// What is known of the last named result.
    fn named_result(&self, func: FuncId, state: &State) -> Option<Answered> {
        let names = self.f.facts.body().names();
        let last = names
            .locals()
            .filter(|(_, local)| local.func == func && matches!(local.kind, LocalKind::Result(_)))
            .last();
        self.fact_of(last?.0, &state.known)
    }
}

fn is_error_name(name: &str) -> bool {
    name.starts_with("Err") || name.starts_with("err") && name.len() > 3
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
