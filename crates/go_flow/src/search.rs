//! The primitive behind questions about paths: a breadth-first search over a graph that the caller
//! steers, and the shortest path to what it found.

use std::collections::VecDeque;

use crate::bitset::BitSet;
use crate::cfg::{Cfg, Edge, EdgeKind, NodeId};

/// What a search does after it came to a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visit {
    /// Goes on to the successors.
    Continue,
    /// Does not go beyond this node.
    Skip,
    /// Ends: this is what was looked for.
    Stop,
}

/// One node of a [`Path`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// The node.
    pub node: NodeId,
    /// The edge by which the path leaves it; `None` for the last node.
    pub leaves_by: Option<EdgeKind>,
}

/// A shortest path, from where a search started to what it found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// The nodes in the order in which they are passed.
    pub steps: Vec<Step>,
}

impl Path {
    /// The first node.
    pub fn first(&self) -> Option<NodeId> {
        self.steps.first().map(|step| step.node)
    }

    /// The last node.
    pub fn last(&self) -> Option<NodeId> {
        self.steps.last().map(|step| step.node)
    }

    /// The nodes at which the path could have gone another way, and how it went on.
    pub fn choices<'p>(
        &'p self,
        cfg: &'p Cfg<'_>,
    ) -> impl DoubleEndedIterator<Item = (NodeId, EdgeKind)> + 'p {
        self.steps
            .iter()
            .filter(|step| cfg.successors(step.node).len() > 1)
            .filter_map(|step| Some((step.node, step.leaves_by?)))
    }
}

impl Cfg<'_> {
    /// Visits the nodes `from` and what can be reached from them, each at most once, the nearest
    /// first; returns the node at which `visit` stopped.
    pub fn search(
        &self,
        from: impl IntoIterator<Item = NodeId>,
        visit: impl FnMut(NodeId) -> Visit,
    ) -> Option<NodeId> {
        self.run(from, Cfg::successors, visit, |_, _, _| {})
    }

    /// [`Cfg::search`] from the successors of `node`. The node itself is visited only when it can be
    /// reached again.
    pub fn search_after(&self, node: NodeId, visit: impl FnMut(NodeId) -> Visit) -> Option<NodeId> {
        self.search(self.successors(node).iter().map(|edge| edge.node), visit)
    }

    /// [`Cfg::search`] against the direction of the edges.
    pub fn search_back(
        &self,
        from: impl IntoIterator<Item = NodeId>,
        visit: impl FnMut(NodeId) -> Visit,
    ) -> Option<NodeId> {
        self.run(from, Cfg::predecessors, visit, |_, _, _| {})
    }

    /// [`Cfg::search_back`] from the predecessors of `node`.
    pub fn search_before(
        &self,
        node: NodeId,
        visit: impl FnMut(NodeId) -> Visit,
    ) -> Option<NodeId> {
        self.search_back(self.predecessors(node).iter().map(|edge| edge.node), visit)
    }

    /// Like [`Cfg::search_after`]; returns the way, which starts at `node`.
    pub fn find_path(&self, node: NodeId, visit: impl FnMut(NodeId) -> Visit) -> Option<Path> {
        let mut came_from: Vec<Option<(NodeId, EdgeKind)>> = vec![None; self.len()];
        let mut starts: Vec<NodeId> = Vec::new();
        for edge in self.successors(node) {
            // Of two edges to the same node the first is as good as the other.
            if came_from[edge.node.index()].is_none() {
                came_from[edge.node.index()] = Some((node, edge.kind));
                starts.push(edge.node);
            }
        }
        let found = self.run(starts, Cfg::successors, visit, |from, kind, to| {
            let slot = &mut came_from[to.index()];
            if slot.is_none() {
                *slot = Some((from, kind));
            }
        })?;
        let mut steps = vec![Step {
            node: found,
            leaves_by: None,
        }];
        let mut at = found;
        // The node searched from may be on the way to itself: at least one step is taken.
        while let Some((from, kind)) = came_from[at.index()] {
            steps.push(Step {
                node: from,
                leaves_by: Some(kind),
            });
            at = from;
            if at == node {
                break;
            }
        }
        steps.reverse();
        Some(Path { steps })
    }

    /// Whether a path of at least one edge leads from `a` to `b`.
    pub fn reaches(&self, a: NodeId, b: NodeId) -> bool {
        self.search_after(a, |node| {
            if node == b {
                Visit::Stop
            } else {
                Visit::Continue
            }
        })
        .is_some()
    }

    /// Whether a path leads from `a` to `b` (at least one edge) that does not pass `avoiding` on
    /// its way.
    pub fn reaches_avoiding(&self, a: NodeId, b: NodeId, avoiding: NodeId) -> bool {
        self.search_after(a, |node| match node {
            _ if node == b => Visit::Stop,
            _ if node == avoiding => Visit::Skip,
            _ => Visit::Continue,
        })
        .is_some()
    }

    /// All nodes that can be reached from `node` by at least one edge.
    pub fn nodes_after(&self, node: NodeId) -> BitSet {
        let mut set = BitSet::new(self.len());
        self.search_after(node, |node| {
            set.insert(node.index());
            Visit::Continue
        });
        set
    }

    fn run<'g>(
        &'g self,
        from: impl IntoIterator<Item = NodeId>,
        edges: impl Fn(&'g Self, NodeId) -> &'g [Edge],
        mut visit: impl FnMut(NodeId) -> Visit,
        mut discover: impl FnMut(NodeId, EdgeKind, NodeId),
    ) -> Option<NodeId> {
        let mut seen = BitSet::new(self.len());
        let mut queue: VecDeque<NodeId> = VecDeque::new();
        for node in from {
            if seen.insert(node.index()) {
                queue.push_back(node);
            }
        }
        while let Some(node) = queue.pop_front() {
            match visit(node) {
                Visit::Stop => return Some(node),
                Visit::Skip => {}
                Visit::Continue => {
                    for edge in edges(self, node) {
                        if seen.insert(edge.node.index()) {
                            discover(node, edge.kind, edge.node);
                            queue.push_back(edge.node);
                        }
                    }
                }
            }
        }
        None
    }
}
