//! Graphs as text, and nodes as places in the source.

use go_syntax::Span;

use super::{Cfg, NodeId};

impl Cfg<'_> {
    /// The graph as text: one line for each node, with its edges.
    pub fn render(&self) -> String {
        String::new()
    }
}

/// See [`Cfg::span_of_node`].
pub(super) fn span_of_node(cfg: &Cfg<'_>, node: NodeId) -> Option<Span> {
    let _ = (cfg, node);
    None
}
