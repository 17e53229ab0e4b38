//! Which node evaluates which expression.

use super::{Cfg, NodeId};

impl Cfg<'_> {
    pub(super) fn expr_nodes(&self) -> &[Option<NodeId>] {
        self.expr_nodes.get_or_init(|| {
            let exprs = self.file.func(self.func).exprs;
            vec![None; exprs.len()].into_boxed_slice()
        })
    }
}
