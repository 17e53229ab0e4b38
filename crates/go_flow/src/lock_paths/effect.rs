//! What a function does to locks, as its callers see it: the data of its contract.

use std::rc::Rc;

use go_syntax::ExprId;

use super::needs::{Need, are_rare, left_at};
use super::outer::OuterLock;
use super::waits::WaitKind;
use super::{Answered, LockField};
use crate::facts::FunctionFacts;
use crate::sites::{LockOp, Mutex};

/// How a function leaves a lock on one of its paths.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Ending {
    /// What it does to it first.
    pub(crate) first: Option<LockOp>,
    /// Whether it is held in the end.
    pub(crate) held: bool,
    /// What is known of the last result.
    pub(crate) result: Option<Answered>,
}

/// What a function does to a lock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LockEffect {
    pub(crate) lock: OuterLock,
    pub(crate) endings: Vec<Ending>,
    /// What kind of lock it is, when that is known.
    pub(crate) mutex: Mutex,
    /// Whether an argument says if it is taken.
    pub(crate) conditional: bool,
    /// What must hold of arguments for it to be taken.
    pub(super) needs: Vec<Need>,
}

impl LockEffect {
    /// Whether some path takes it, before anything else is done to it.
    pub(crate) fn takes(&self) -> bool {
        self.first_taken().is_some() && !self.conditional
    }

    /// The effect of a call, as its arguments have it: none when they say that there is none.
    pub(super) fn for_call(
        self: &Rc<Self>,
        facts: &FunctionFacts<'_>,
        call: ExprId,
    ) -> Option<Rc<Self>> {
        if self.needs.is_empty() {
            return Some(Rc::clone(self));
        }
        let needs = left_at(&self.needs, facts, call)?;
        if needs == self.needs {
            return Some(Rc::clone(self));
        }
        Some(Rc::new(Self {
            conditional: are_rare(&needs),
            needs,
            ..(**self).clone()
        }))
    }

    /// How it is taken first.
    pub(crate) fn first_taken(&self) -> Option<LockOp> {
        let mut first = self.endings.iter().filter_map(|ending| ending.first);
        first.find(|op| matches!(op, LockOp::Lock | LockOp::RLock))
    }

    /// Whether some path gives it back before anything else is done to it.
    pub(crate) fn gives(&self) -> bool {
        let mut first = self.endings.iter().filter_map(|ending| ending.first);
        first.any(|op| !op.acquires())
    }

    /// How it is taken and kept, and which last result says so; none in the second place when it
    /// always is.
    pub(crate) fn takes_and_keeps(&self) -> Option<(LockOp, Option<Answered>)> {
        let op = self.first_taken()?;
        if self.gives() {
            return None;
        }
        let held: Vec<_> = self.endings.iter().filter(|ending| ending.held).collect();
        let free: Vec<_> = self.endings.iter().filter(|ending| !ending.held).collect();
        let first = held.first()?;
        if free.is_empty() {
            // Who fails and keeps the lock all the same has a path of its own to mend.
            let fails = held
                .iter()
                .any(|ending| ending.result == Some(Answered::NonNil));
            let succeeds = held
                .iter()
                .any(|ending| ending.result == Some(Answered::Nil));
            return Some((op, (fails && succeeds).then_some(Answered::Nil)));
        }
        // The result has to tell the ways apart.
        let told = first.result?;
        let tells = held.iter().all(|ending| ending.result == Some(told))
            && free
                .iter()
                .all(|ending| ending.result == Some(told.opposite()));
        tells.then_some((op, Some(told)))
    }
}

/// A lock that a function takes, itself or by what it calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TakenWithin {
    pub(crate) field: LockField,
    pub(crate) op: LockOp,
    /// As its callers know it, if they do.
    pub(crate) lock: Option<OuterLock>,
}

/// What a function does to locks.
#[derive(Clone, Debug)]
pub(crate) struct LockContract {
    pub(crate) effects: Vec<Rc<LockEffect>>,
    /// The locks that it takes on some path, also those that its callers cannot name.
    pub(crate) taken: Vec<TakenWithin>,
    /// How it waits, on some path.
    pub(crate) waits: Option<WaitKind>,
    /// The locks that it does something to that was not understood.
    pub(crate) unclear: Vec<OuterLock>,
}

impl LockContract {
    /// The locks that it takes while its caller holds another. Who gives a lock back first may take
    /// others without it, but that one it takes again.
    pub(crate) fn taken_within(&self) -> impl Iterator<Item = &TakenWithin> {
        let gives = self.effects.iter().any(|effect| effect.gives());
        let is_let_go = |taken: &TakenWithin| {
            self.effects.iter().any(|effect| {
                Some(&effect.lock) == taken.lock.as_ref()
                    && effect.gives()
                    && effect.endings.iter().all(|ending| ending.held)
            })
        };
        self.taken
            .iter()
            .filter(move |taken| !gives || is_let_go(taken))
    }
}
