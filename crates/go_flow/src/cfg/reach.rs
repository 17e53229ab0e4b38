//! What can be reached from where: reachability, cycles. Each is computed once, when somebody asks.

use super::{Cfg, NodeId};
use crate::bitset::BitSet;
use crate::search::Visit;

/// The strongly connected components of a graph.
#[derive(Debug)]
pub(super) struct Components {
    /// By node; nodes that reach each other have the same number.
    numbers: Vec<u32>,
    /// Nodes that reach themselves.
    cyclic: BitSet,
}

impl Cfg<'_> {
    /// Whether the node can be reached again from itself.
    pub fn in_cycle(&self, node: NodeId) -> bool {
        self.components().cyclic.contains(node.index())
    }

    /// Whether the two nodes lie on a common cycle.
    pub fn in_same_cycle(&self, a: NodeId, b: NodeId) -> bool {
        let components = self.components();
        components.numbers[a.index()] == components.numbers[b.index()]
            && components.cyclic.contains(a.index())
    }

    /// Whether the function can return after `from`: a path leads to its normal exit.
    pub fn can_reach_exit(&self, from: NodeId) -> bool {
        self.to_exit
            .get_or_init(|| {
                let mut set = BitSet::new(self.len());
                self.search_back([self.exit()], |node| {
                    set.insert(node.index());
                    Visit::Continue
                });
                set
            })
            .contains(from.index())
    }

    fn components(&self) -> &Components {
        self.components.get_or_init(|| components(self))
    }
}

/// The nodes that can be reached from the entry.
pub(super) fn reachable(cfg: &Cfg<'_>) -> BitSet {
    let mut set = BitSet::new(cfg.len());
    cfg.search([cfg.entry()], |node| {
        set.insert(node.index());
        Visit::Continue
    });
    set
}

/// Tarjan's algorithm with a stack of its own.
fn components(cfg: &Cfg<'_>) -> Components {
    const NEW: u32 = u32::MAX;
    let len = cfg.len();
    let mut order = vec![NEW; len];
    let mut low = vec![0; len];
    let mut numbers = vec![NEW; len];
    let mut cyclic = BitSet::new(len);
    let mut open: Vec<usize> = Vec::new();
    let mut calls: Vec<(usize, usize)> = Vec::new();
    let (mut next_order, mut next_number) = (0, 0);
    for root in 0..len {
        if order[root] != NEW {
            continue;
        }
        calls.push((root, 0));
        while let Some(&(node, edge)) = calls.last() {
            if edge == 0 {
                order[node] = next_order;
                low[node] = next_order;
                next_order += 1;
                open.push(node);
            }
            let successors = cfg.successors(NodeId::from_index(node));
            if let Some(successor) = successors.get(edge) {
                if let Some(top) = calls.last_mut() {
                    top.1 += 1;
                }
                let to = successor.node.index();
                if to == node {
                    cyclic.insert(node);
                }
                if order[to] == NEW {
                    calls.push((to, 0));
                } else if numbers[to] == NEW {
                    low[node] = low[node].min(order[to]);
                }
                continue;
            }
            calls.pop();
            if let Some(&(parent, _)) = calls.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == order[node] {
                let start = open.iter().rposition(|&member| member == node).unwrap_or(0);
                let several = open.len() - start > 1;
                for member in open.drain(start..) {
                    numbers[member] = next_number;
                    if several {
                        cyclic.insert(member);
                    }
                }
                next_number += 1;
            }
        }
    }
    Components { numbers, cyclic }
}
