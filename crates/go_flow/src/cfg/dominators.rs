//! Dominators: which nodes every path from the entry to a node passes.
//!
//! The algorithm of Lengauer and Tarjan with path compression, which stays quick where thousands of
//! conditions lead to one node; numbers of a walk over the tree of dominators answer whether one
//! node dominates another at once.

use super::{Cfg, NodeId};

/// The tree of dominators of the reachable nodes.
#[derive(Debug)]
pub(super) struct Dominators {
    /// By node.
    immediate: Box<[Option<NodeId>]>,
    /// By node: when a walk over the tree enters it, counted from one; zero when unreachable.
    enters: Box<[u32]>,
    /// By node: when the walk has seen all below it.
    leaves: Box<[u32]>,
}

impl Cfg<'_> {
    /// Whether every path from the entry to `b` passes `a` (a node dominates itself). An unreachable
    /// node neither dominates nor is dominated.
    pub fn dominates(&self, a: NodeId, b: NodeId) -> bool {
        let tree = self.dominators.get_or_init(|| dominators(self));
        let (a, b) = (a.index(), b.index());
        tree.enters[a] != 0 && tree.enters[a] <= tree.enters[b] && tree.leaves[b] <= tree.leaves[a]
    }

    /// The last node that every path to `node` passes before it; `None` for the entry and for
    /// unreachable nodes.
    pub fn immediate_dominator(&self, node: NodeId) -> Option<NodeId> {
        self.dominators.get_or_init(|| dominators(self)).immediate[node.index()]
    }
}

/// Not a number of the search.
const NONE: usize = usize::MAX;

/// The state of the algorithm, by number of a depth-first search.
struct Search {
    nodes: Vec<NodeId>,
    parents: Vec<usize>,
    semi: Vec<usize>,
    /// The forest of the nodes already looked at: an ancestor, and the node with the least semi on
    /// the way to it.
    ancestors: Vec<usize>,
    labels: Vec<usize>,
}

fn dominators(cfg: &Cfg<'_>) -> Dominators {
    let mut numbers = vec![NONE; cfg.len()];
    let mut search = number(cfg, &mut numbers);
    let count = search.nodes.len();
    let mut buckets: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut dominator = vec![0; count];
    for w in (1..count).rev() {
        for edge in cfg.predecessors(search.nodes[w]) {
            let v = numbers[edge.node.index()];
            if v != NONE {
                let u = search.eval(v);
                search.semi[w] = search.semi[w].min(search.semi[u]);
            }
        }
        buckets[search.semi[w]].push(w);
        let parent = search.parents[w];
        search.ancestors[w] = parent;
        for v in std::mem::take(&mut buckets[parent]) {
            let u = search.eval(v);
            dominator[v] = if search.semi[u] < search.semi[v] {
                u
            } else {
                parent
            };
        }
    }
    for w in 1..count {
        if dominator[w] != search.semi[w] {
            dominator[w] = dominator[dominator[w]];
        }
    }
    tree(cfg.len(), &search.nodes, &dominator)
}

/// A depth-first search from the entry: numbers the nodes, and notes who found whom.
fn number(cfg: &Cfg<'_>, numbers: &mut [usize]) -> Search {
    let mut nodes = Vec::new();
    let mut parents = Vec::new();
    let mut stack = vec![(cfg.entry(), 0)];
    while let Some((node, parent)) = stack.pop() {
        if numbers[node.index()] != NONE {
            continue;
        }
        let number = nodes.len();
        numbers[node.index()] = number;
        nodes.push(node);
        parents.push(parent);
        for edge in cfg.successors(node).iter().rev() {
            if numbers[edge.node.index()] == NONE {
                stack.push((edge.node, number));
            }
        }
    }
    let count = nodes.len();
    Search {
        nodes,
        parents,
        semi: (0..count).collect(),
        ancestors: vec![NONE; count],
        labels: (0..count).collect(),
    }
}

impl Search {
    /// The node with the least semi on the way from `v` to the root of its tree in the forest.
    fn eval(&mut self, v: usize) -> usize {
        if self.ancestors[v] == NONE {
            return v;
        }
        // The nodes below the child of the root, lowest first.
        let mut way = Vec::new();
        let mut at = v;
        while self.ancestors[self.ancestors[at]] != NONE {
            way.push(at);
            at = self.ancestors[at];
        }
        for &node in way.iter().rev() {
            let up = self.ancestors[node];
            if self.semi[self.labels[up]] < self.semi[self.labels[node]] {
                self.labels[node] = self.labels[up];
            }
            self.ancestors[node] = self.ancestors[up];
        }
        self.labels[v]
    }
}

/// The tree from the immediate dominators, by number.
fn tree(len: usize, nodes: &[NodeId], dominator: &[usize]) -> Dominators {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut immediate = vec![None; len];
    for (w, &up) in dominator.iter().enumerate().skip(1) {
        children[up].push(w);
        immediate[nodes[w].index()] = Some(nodes[up]);
    }
    let (mut enters, mut leaves) = (vec![0; len], vec![0; len]);
    let mut clock = 0;
    let mut stack = vec![(0, false)];
    while let Some((w, done)) = stack.pop() {
        if done {
            leaves[nodes[w].index()] = clock;
            continue;
        }
        clock += 1;
        enters[nodes[w].index()] = clock;
        stack.push((w, true));
        stack.extend(children[w].iter().map(|&child| (child, false)));
    }
    Dominators {
        immediate: immediate.into_boxed_slice(),
        enters: enters.into_boxed_slice(),
        leaves: leaves.into_boxed_slice(),
    }
}
