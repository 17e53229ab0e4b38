//! Local variables: where they are written, read and captured, and which value they may have where.
//! `collect` finds the accesses, `flow` answers what happens when, `known`
//! and `nil` which value a variable certainly has.

mod collect;
mod flow;
mod known;
mod nil;

#[cfg(test)]
mod tests;

pub use known::Known;

use go_syntax::{ExprId, FuncId, StmtId};
use go_types::{LocalId, Role};

use crate::facts::Point;

/// One place where a variable is written or read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Where.
    pub point: Point,
    /// The identifier; absent for declarations by name, parameters, and results set by `return`.
    pub expr: Option<ExprId>,
    /// What happens.
    pub role: Role,
    /// For a write the value that is written.
    pub value: Value,
}

/// What a variable is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// Nothing: this is a read.
    None,
    /// What the caller passed.
    Param,
    /// The zero value.
    Zero,
    /// The value of this expression.
    Expr(ExprId),
    /// One of the values of an expression with several: result of a call, comma-ok form.
    Element {
        expr: ExprId,
        index: u32,
        count: u32,
    },
    /// Its value before, changed by `++`, `+=` and so on.
    Updated(StmtId),
    /// The key, or value, of an element of a `range` statement.
    Range { stmt: StmtId, is_key: bool },
    /// The operand of a type switch, in this clause.
    TypeSwitch { clause: StmtId },
    /// Something else.
    Unknown,
}

/// A literal that uses a variable of a function around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capture {
    /// The literal in which the use stands (the innermost around it).
    pub literal: FuncId,
    /// Whether it assigns to the variable.
    pub writes: bool,
}

/// What is known of one variable in its function and the literals in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VarFacts {
    /// The variable.
    pub local: LocalId,
    /// Where it is assigned as a whole, its declaration first. A `return` with values assigns to
    /// named results.
    pub writes: Vec<Access>,
    /// Where its value is used, in source order: also parts of it, its address, and `x++`. Writes
    /// to parts of it are here too, see [`Access::role`]. A `return` reads the named results it
    /// does not set.
    pub reads: Vec<Access>,
    /// The literals that use it.
    pub captures: Vec<Capture>,
    /// Whether its address is taken, or that of a part of it. (Calls of methods with pointer
    /// receivers take addresses too, which is not seen here.)
    pub address_taken: bool,
    /// The last write at each node that has one, as index into `writes`; sorted.
    by_point: Vec<(Point, u32)>,
}

impl VarFacts {
    /// Whether the variable never changes after its declaration, as far as the text tells.
    pub fn is_single_assignment(&self) -> bool {
        self.writes.len() == 1 && !self.address_taken
    }

    /// The write at a node. Of several at one node (`x, x = 1, 2`) it is the last one, whose value
    /// stays.
    pub fn write_at(&self, point: Point) -> Option<&Access> {
        let found = self
            .by_point
            .binary_search_by_key(&point, |&(at, _)| at)
            .ok()?;
        self.writes.get(self.by_point[found].1 as usize)
    }

    fn index_writes(&mut self) {
        self.by_point = (0..)
            .zip(&self.writes)
            .map(|(index, write)| (write.point, index))
            .collect();
        self.by_point.sort_unstable();
        self.by_point.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = next.1;
            }
            same
        });
    }

    /// Whether a literal assigns to the variable of a function around it.
    pub fn is_written_in_literal(&self) -> bool {
        self.captures.iter().any(|capture| capture.writes)
    }
}

/// An access, mostly a write, that may happen after some point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LateWrite {
    /// The access.
    pub access: Access,
    /// Whether it stands in another function than the point: in a literal that may be called at any
    /// time, or in the function around the literal.
    pub in_closure: bool,
}

/// A write whose value a variable may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition {
    /// Where it is written.
    pub point: Point,
    /// What is written.
    pub value: Value,
}

/// The values that a variable may have at some point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definitions {
    /// The writes that reach the point.
    pub list: Vec<Definition>,
    /// Whether there are no others: `false` when the address is taken or a literal that may have run
    /// assigns to it.
    pub exact: bool,
}

impl Definitions {
    /// The one definition, when there is only one and no other is possible.
    pub fn single(&self) -> Option<Definition> {
        match *self.list {
            [definition] if self.exact => Some(definition),
            _ => None,
        }
    }
}
