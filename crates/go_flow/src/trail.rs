//! The way that a walk along the paths of a function came: what findings are told by.

use go_syntax::FuncId;

use crate::cfg::{EdgeKind, NodeId};
use crate::facts::Point;

/// A step of a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Hop {
    /// The node.
    pub point: Point,
    /// The edge that leaves it.
    pub edge: EdgeKind,
}

/// There are too many paths to follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMany;

/// What a walk came to, in this order.
pub(crate) struct Trail {
    func: FuncId,
    entries: Vec<Entry>,
}

/// A node that a walk came to, with some state.
struct Entry {
    node: NodeId,
    from: Option<(EntryId, EdgeKind)>,
}

/// The number of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryId(usize);

impl Trail {
    pub(crate) fn new(func: FuncId) -> Self {
        Self {
            func,
            entries: Vec::new(),
        }
    }

    /// The walk comes to `node`, from an entry by an edge; it starts there if it comes from nowhere.
    pub(crate) fn enter(&mut self, node: NodeId, from: Option<(EntryId, EdgeKind)>) -> EntryId {
        self.entries.push(Entry { node, from });
        EntryId(self.entries.len() - 1)
    }

    /// The steps to an entry.
    pub(crate) fn hops(&self, to: EntryId) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut at = to;
        while let Some((from, edge)) = self.entries[at.0].from {
            hops.push(Hop {
                point: Point {
                    func: self.func,
                    node: self.entries[from.0].node,
                },
                edge,
            });
            at = from;
        }
        hops.reverse();
        hops
    }

    /// Puts the steps to an entry before those that go on from there.
    pub(crate) fn lead<'h>(&self, to: EntryId, onward: impl Iterator<Item = &'h mut Vec<Hop>>) {
        let mut path = None;
        for hops in onward {
            let path: &Vec<Hop> = path.get_or_insert_with(|| self.hops(to));
            *hops = [path, &**hops].concat();
        }
    }
}
