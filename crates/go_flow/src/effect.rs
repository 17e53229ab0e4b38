//! What evaluating an expression, or passing a node, can do besides giving a value.

use go_syntax::ExprId;

use crate::facts::{FunctionFacts, Point};

/// How likely a panic is. Ordered: a whole is as risky as its riskiest part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum PanicRisk {
    /// Nothing in it can panic.
    #[default]
    None,
    /// An operation that panics on some values: index, slice, dereference of a pointer or a field
    /// through one, type assertion without `ok`, division, send, `close`.
    Operation,
    /// A call of which nothing is known.
    Call,
    /// A call of `panic`.
    Certain,
}

/// What evaluation can do. Function literals are created, not run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Effect {
    /// How likely a panic is.
    pub panic: PanicRisk,
    /// Whether functions are called, conversions and builtins without effects (`len`, `append`, …)
    /// apart.
    pub calls: bool,
    /// Whether a channel is received from, sent to, or selected on.
    pub blocks: bool,
    /// Whether something is assigned.
    pub writes: bool,
}

impl Effect {
    /// Whether nothing but a value comes of it.
    pub const fn is_pure(self) -> bool {
        matches!(self.panic, PanicRisk::None) && !self.calls && !self.blocks && !self.writes
    }
}

impl FunctionFacts<'_> {
    /// What evaluating `expr` can do.
    pub fn effect(&self, expr: ExprId) -> Effect {
        let _ = expr;
        Effect::default()
    }

    /// What passing the node can do: all that is evaluated there. The registration of a `defer`
    /// counts, the deferred call does not; likewise `go`.
    pub fn effect_at(&self, point: Point) -> Effect {
        let _ = point;
        Effect::default()
    }

    /// Whether evaluating `expr` only gives a value: no call, no channel, no panic.
    pub fn is_pure(&self, expr: ExprId) -> bool {
        self.effect(expr).is_pure()
    }
}
