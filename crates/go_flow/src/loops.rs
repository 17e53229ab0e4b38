//! Loops: which ones are around a statement, how they can be left, how often they go round.

use go_syntax::StmtId;

use crate::cfg::{Cfg, Loop};
use crate::facts::FunctionFacts;

/// An answer that may be unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The types that tell are not known.
    Unknown,
}

/// A way out of a loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Way {
    /// The condition fails, or there are no more elements. (A loop that `goto` forms: control passes
    /// the last `goto` by.)
    Condition,
    /// A `break` of this loop.
    Break,
    /// A `goto`, or a `break` or `continue` of a loop further out.
    Jump,
    /// A `return`.
    Return,
    /// A call of `panic`.
    Panic,
    /// A call that ends the process.
    Process,
    /// A call that ends the goroutine.
    Goexit,
    /// A `select {}`.
    Blocked,
}

/// A set of [`Way`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ways(u8);

impl Ways {
    /// Whether `way` is one of them.
    pub const fn contains(self, way: Way) -> bool {
        self.0 & (1 << way as u8) != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn insert(&mut self, way: Way) {
        self.0 |= 1 << way as u8;
    }

    /// Whether the function goes on, or returns, after the loop.
    pub const fn leads_on(self) -> bool {
        self.contains(Way::Condition)
            || self.contains(Way::Break)
            || self.contains(Way::Jump)
            || self.contains(Way::Return)
    }
}

/// What is known of a loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoopInfo {
    /// The ways out that can be reached.
    pub ways: Ways,
    /// How many times it goes round at most, where the source shows a constant.
    pub bound: Option<u64>,
    /// Whether it ranges over a channel; [`Answer::No`] for loops without `range`.
    pub over_channel: Answer,
    /// Whether it ranges over a function; [`Answer::No`] for loops without `range`.
    pub over_func: Answer,
}

impl LoopInfo {
    /// Whether the loop never ends but by a panic, the end of the process or of the goroutine.
    pub const fn is_endless(&self) -> bool {
        !self.ways.leads_on()
    }
}

impl Cfg<'_> {
    /// The loops around a statement within this function, innermost first; a loop is not around
    /// itself, but around its `post` statement. A loop that `goto` forms is around the statements
    /// between label and `goto` that can run again because of it.
    pub fn loops_of(&self, stmt: StmtId) -> Vec<&Loop> {
        let _ = stmt;
        Vec::new()
    }

    /// The loops around the statement of a node, the loop itself included when the node is part of
    /// its head; innermost first.
    pub fn loops_of_node(&self, node: crate::NodeId) -> Vec<&Loop> {
        let _ = node;
        Vec::new()
    }
}

impl FunctionFacts<'_> {
    /// What is known of a loop of `cfg`, which is a graph of this function.
    pub fn loop_info(&self, cfg: &Cfg<'_>, lp: &Loop) -> LoopInfo {
        let _ = (cfg, lp);
        LoopInfo {
            ways: Ways::default(),
            bound: None,
            over_channel: Answer::Unknown,
            over_func: Answer::Unknown,
        }
    }
}
