//! What can be reached from where: reachability, cycles, dominators. Each is computed once, when
//! somebody asks.

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

    /// Whether every path from the entry to `b` passes `a` (a node dominates itself). Nothing
    /// dominates an unreachable node.
    pub fn dominates(&self, a: NodeId, b: NodeId) -> bool {
        if !self.reachable(b) {
            return false;
        }
        let mut at = b;
        loop {
            if at == a {
                return true;
            }
            match self.immediate_dominator(at) {
                Some(up) => at = up,
                None => return false,
            }
        }
    }

    /// The last node that every path to `node` passes before it; `None` for the entry and for
    /// unreachable nodes.
    pub fn immediate_dominator(&self, node: NodeId) -> Option<NodeId> {
        self.dominators.get_or_init(|| dominators(self))[node.index()]
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

/// Immediate dominators by iteration in reverse post-order (Cooper, Harvey, Kennedy).
fn dominators(cfg: &Cfg<'_>) -> Box<[Option<NodeId>]> {
    let order = reverse_post_order(cfg);
    let mut position = vec![usize::MAX; cfg.len()];
    for (index, node) in order.iter().enumerate() {
        position[node.index()] = index;
    }
    // By position in `order`.
    let mut dominator = vec![usize::MAX; order.len()];
    dominator[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for (index, &node) in order.iter().enumerate().skip(1) {
            let mut new = usize::MAX;
            for edge in cfg.predecessors(node) {
                let from = position[edge.node.index()];
                if from == usize::MAX || dominator[from] == usize::MAX {
                    continue;
                }
                new = if new == usize::MAX {
                    from
                } else {
                    common(&dominator, new, from)
                };
            }
            if dominator[index] != new {
                dominator[index] = new;
                changed = true;
            }
        }
    }
    let mut result = vec![None; cfg.len()];
    for (index, &node) in order.iter().enumerate().skip(1) {
        result[node.index()] = Some(order[dominator[index]]);
    }
    result.into_boxed_slice()
}

/// The nearest node that dominates both.
fn common(dominator: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        while a > b {
            a = dominator[a];
        }
        while b > a {
            b = dominator[b];
        }
    }
    a
}

/// The reachable nodes, each before its successors where there is no cycle.
fn reverse_post_order(cfg: &Cfg<'_>) -> Vec<NodeId> {
    let mut seen = BitSet::new(cfg.len());
    let mut order = Vec::new();
    let mut stack = vec![(cfg.entry(), 0)];
    seen.insert(cfg.entry().index());
    while let Some((node, edge)) = stack.last_mut() {
        let node = *node;
        match cfg.successors(node).get(*edge) {
            Some(successor) => {
                *edge += 1;
                if seen.insert(successor.node.index()) {
                    stack.push((successor.node, 0));
                }
            }
            None => {
                order.push(node);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}
