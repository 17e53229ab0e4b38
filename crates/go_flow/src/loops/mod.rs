//! Loops: which ones are around a statement, how they can be left, how often they go round.

mod bound;

#[cfg(test)]
mod tests;

use go_syntax::{BranchKind, ExprId, StmtId, StmtKind};
use go_types::{Object, Type, UniverseConst};

use crate::cfg::{Cfg, EdgeKind, End, Loop, LoopId, LoopKind, NodeId, NodeKind};
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

impl<'a> Cfg<'a> {
    /// The loops around a statement within this function, innermost first; a loop is not around
    /// itself, but around its `post` statement. A loop that `goto` forms is around the statements
    /// between label and `goto` that can run again because of it.
    pub fn loops_of(&self, stmt: StmtId) -> Vec<&Loop> {
        let node = self.node_of_stmt(stmt);
        let around =
            |lp: &Loop| lp.stmt != stmt && node.is_some_and(|node| self.is_in_loop(node, lp));
        self.loops_from(self.loop_around_stmt(stmt), around)
    }

    /// The loops around a node, a loop itself included when the node is part of its head; innermost
    /// first.
    pub fn loops_of_node(&self, node: NodeId) -> Vec<&Loop> {
        self.loops_from(self.loop_around_node(node), |lp| self.is_in_loop(node, lp))
    }

    /// Whether a node is part of a loop, head included.
    pub fn is_in_loop(&self, node: NodeId, lp: &Loop) -> bool {
        lp.spans(node) && (lp.kind != LoopKind::Goto || self.in_same_cycle(node, lp.head))
    }

    /// The chain of `for` and `range` from `innermost` outwards, with those `goto` loops that
    /// `around` accepts at their places.
    fn loops_from(&self, innermost: Option<LoopId>, around: impl Fn(&Loop) -> bool) -> Vec<&Loop> {
        let mut found = Vec::new();
        let mut next = innermost;
        while let Some(id) = next {
            let lp = self.loop_(id);
            found.push(lp);
            next = lp.parent;
        }
        let gotos = self.loops().iter().filter(|lp| lp.kind == LoopKind::Goto);
        let before = found.len();
        found.extend(gotos.filter(|lp| around(lp)));
        if found.len() > before {
            // Of two loops around the same statement the inner one starts later.
            found.sort_by_key(|lp| std::cmp::Reverse(lp.head));
        }
        found
    }

    /// The ways out of a loop that can be reached. Of a loop that `goto` forms, all that stands
    /// between label and `goto` counts.
    fn ways(&self, lp: &Loop, always_true: impl Fn(ExprId) -> bool) -> Ways {
        let mut ways = Ways::default();
        for node in lp.nodes() {
            if !self.reachable(node) {
                continue;
            }
            for edge in self.successors(node) {
                if lp.spans(edge.node) {
                    continue;
                }
                let way = match (self.kind(edge.node), self.kind(node), edge.kind) {
                    (NodeKind::End(End::Panic), ..) => Way::Panic,
                    (NodeKind::End(End::Process), ..) => Way::Process,
                    (NodeKind::End(End::Goexit), ..) => Way::Goexit,
                    (NodeKind::End(End::Blocked), ..) => Way::Blocked,
                    (_, NodeKind::Return(_), _) => Way::Return,
                    (_, NodeKind::Branch(stmt), EdgeKind::Jump) => self.way_of_branch(stmt, lp),
                    (_, NodeKind::Cond(expr), EdgeKind::False) if always_true(expr) => continue,
                    _ => Way::Condition,
                };
                ways.insert(way);
            }
        }
        ways
    }

    /// The way that a branch statement is which leaves `lp`.
    fn way_of_branch(&self, stmt: StmtId, lp: &Loop) -> Way {
        let StmtKind::Branch {
            kind: BranchKind::Break,
            label,
        } = self.file().stmt(stmt).kind
        else {
            return Way::Jump;
        };
        let name = |id| self.file().name(id);
        match (label, lp.label) {
            // Without label it leaves nothing but the innermost.
            (None, _) => Way::Break,
            (Some(label), Some(own)) if name(label) == name(own) => Way::Break,
            _ => Way::Jump,
        }
    }
}

impl FunctionFacts<'_> {
    /// What is known of a loop of `cfg`, which is a graph of this function.
    pub fn loop_info(&self, cfg: &Cfg<'_>, lp: &Loop) -> LoopInfo {
        let body = self.body();
        let ways = cfg.ways(lp, |expr| {
            body.object(expr) == Object::UniverseConst(UniverseConst::True)
        });
        let (over_channel, over_func) = match self.file().stmt(lp.stmt).kind {
            StmtKind::Range { x, .. } => {
                let cx = body.cx();
                match cx.ty(body.core(body.type_of(x))) {
                    Type::Unknown | Type::TypeParam(_) => (Answer::Unknown, Answer::Unknown),
                    Type::Chan { .. } => (Answer::Yes, Answer::No),
                    Type::Func { .. } => (Answer::No, Answer::Yes),
                    _ => (Answer::No, Answer::No),
                }
            }
            _ => (Answer::No, Answer::No),
        };
        LoopInfo {
            ways,
            bound: bound::bound(self, lp.stmt),
            over_channel,
            over_func,
        }
    }
}
