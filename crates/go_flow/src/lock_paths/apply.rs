//! What the events at a node make of the state of a lock, and what they tell of it.

use go_syntax::{ExprId, StmtKind};
use go_types::Object;

use super::conditions::{Key, learn};
use super::effect::{Ending, LockEffect};
use super::events::Event;
use super::state::{Phase, State};
use super::walk::Walk;
use super::{Answered, LockEvent, LockFate};
use crate::cfg::NodeKind;
use crate::facts::Point;
use crate::sites::{LockOp, Mutex};
use crate::trail::TooMany;

impl Walk<'_, '_, '_> {
    pub(super) fn note(&mut self, fate: LockFate, at: Point, expr: Option<ExprId>) {
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
    pub(super) fn apply(
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
}
