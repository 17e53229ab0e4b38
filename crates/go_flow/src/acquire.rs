//! Assignments of the shape `x, err := call()`: what they give, and which variable has the error.

use go_syntax::{ExprId, StmtId};
use go_types::LocalId;

use crate::facts::{FunctionFacts, Point};

/// How it is known that a variable holds the error of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorBy {
    /// Its type is `error`.
    Type,
    /// Types are not known; it is the last variable and is called `err`, or `…Err`, or `err…`.
    Name,
}

/// The variable that takes the error of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ErrorLocal {
    /// The variable.
    pub local: LocalId,
    /// Which result of the call it takes.
    pub index: u32,
    /// How that is known.
    pub by: ErrorBy,
}

/// An assignment or declaration whose one value is a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acquisition {
    /// The assignment or declaration.
    pub stmt: StmtId,
    /// Where it happens.
    pub point: Point,
    /// The call.
    pub call: ExprId,
    /// For each result of the call the local variable that takes it; `None` for `_`, fields and
    /// variables of the package.
    pub results: Vec<Option<LocalId>>,
    /// The variable that takes the error; never a variable of which it is unknown whether it does.
    pub error: Option<ErrorLocal>,
}

impl Acquisition {
    /// The variables that take something else than the error.
    pub fn values(&self) -> impl Iterator<Item = LocalId> + '_ {
        let error = self.error.map(|error| error.local);
        self.results
            .iter()
            .flatten()
            .copied()
            .filter(move |&local| Some(local) != error)
    }
}

impl FunctionFacts<'_> {
    /// What `stmt` takes from a call; `None` when it is no assignment or declaration with one call
    /// as its only value. (For a declaration in parentheses: the first such specification.)
    pub fn acquisition(&self, stmt: StmtId) -> Option<Acquisition> {
        let _ = stmt;
        None
    }

    /// All acquisitions, those of literals included, in the order of the source.
    pub fn acquisitions(&self) -> Vec<Acquisition> {
        Vec::new()
    }
}
