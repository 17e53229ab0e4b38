//! What is known on a path along which a lock is followed.

use go_syntax::StmtId;

use super::Answered;
use super::conditions::{Key, Known};
use crate::sites::LockOp;

/// How things stand with the lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Phase {
    /// The function has not done anything to it.
    Untouched,
    /// It is held, taken for reading or not.
    Held { read: bool },
    /// It was given back.
    Free,
}

/// What is known on a path.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) first: Option<LockOp>,
    /// The lock was taken only if this is so.
    pub(super) only_if: Option<(Key, bool)>,
    pub(super) known: Known,
    /// What the function returns.
    pub(super) result: Option<Answered>,
    /// What a call told of the variables that its node assigns.
    pub(super) told: Known,
    /// Calls that run when the function ends, in the order of registration, and whether they are
    /// certain to be registered.
    pub(super) defers: Vec<(StmtId, bool)>,
}

impl State {
    /// The lock at the start of a function: nothing was done to it, and nothing is known.
    pub(super) fn new() -> Self {
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
