//! Looking for nodes by their place in the file.

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{File, Span};

/// Calls `visit` for the nodes that overlap `span`, parents before children. Subtrees that do not
/// are passed over, so this costs little even in large files.
pub(crate) fn walk_overlapping(file: &File, span: Span, mut visit: impl FnMut(Node, Span)) {
    let decls = file.top_decls();
    let first = decls.partition_point(|&decl| file.decl(decl).span.end <= span.start);
    for &decl in &decls[first..] {
        if file.decl(decl).span.start >= span.end {
            break;
        }
        walk(file, Node::Decl(decl), |node| {
            let at = span_of(file, node);
            if at.end <= span.start || at.start >= span.end {
                return Descend::Past;
            }
            visit(node, at);
            Descend::Into
        });
    }
}

fn span_of(file: &File, node: Node) -> Span {
    match node {
        Node::Expr(id) => file.expr(id).span,
        Node::Stmt(id) => file.stmt(id).span,
        Node::Decl(id) => file.decl(id).span,
        Node::Spec(id) => file.spec(id).span,
        Node::Func(id) => file.func(id).span,
        Node::Fields(id) => file.field_list(id).span,
    }
}

/// The start of the line of an offset.
pub(crate) fn line_start(text: &str, at: u32) -> u32 {
    let before = &text.as_bytes()[..(at as usize).min(text.len())];
    memchr::memrchr(b'\n', before)
        .map_or(0, |newline| u32::try_from(newline + 1).unwrap_or(u32::MAX))
}

/// The end of the line of an offset, its newline excluded.
pub(crate) fn line_end(text: &str, at: u32) -> u32 {
    let rest = text.as_bytes().get(at as usize..).unwrap_or_default();
    let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    at.saturating_add(u32::try_from(length).unwrap_or(u32::MAX))
}
