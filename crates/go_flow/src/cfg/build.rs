//! From statements to nodes and edges.

use std::cell::OnceCell;

use go_syntax::FuncId;
use go_types::Body;

use super::{Cfg, Edges, End, NodeKind, reach};
use crate::bitset::BitSet;

/// See [`Cfg::build`].
pub(super) fn build<'a>(body: &Body<'a>, func: FuncId) -> Cfg<'a> {
    let file = body.file();
    let mut nodes = vec![NodeKind::Entry, NodeKind::Exit];
    nodes.extend(End::ALL.map(NodeKind::End));
    let count = nodes.len();
    let stmts = file.func(func).stmts;
    let edges = || Edges {
        starts: vec![0; count + 1],
        edges: Vec::new(),
    };
    let mut cfg = Cfg {
        file,
        func,
        nodes,
        successors: edges(),
        predecessors: edges(),
        stmts,
        stmt_nodes: vec![None; stmts.len()],
        stmt_loops: vec![None; stmts.len()],
        node_stmts: vec![None; count],
        node_loops: vec![None; count],
        loops: Vec::new(),
        reachable: BitSet::new(count),
        expr_nodes: OnceCell::new(),
        components: OnceCell::new(),
        to_exit: OnceCell::new(),
        dominators: OnceCell::new(),
    };
    cfg.reachable = reach::reachable(&cfg);
    cfg
}
