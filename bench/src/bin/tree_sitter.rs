//! tree-sitter-go, as editors use it.

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let mut parser = tree_sitter::Parser::new();
    parser
        .set_language(&tree_sitter_go::LANGUAGE.into())
        .context("loading the grammar")?;
    deferscope_bench::measure(|source| {
        parser
            .parse(&source, None)
            .is_some_and(|tree| !tree.root_node().has_error())
    })
}
