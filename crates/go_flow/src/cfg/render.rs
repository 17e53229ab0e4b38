//! Graphs as text, and nodes as places in the source.

use std::fmt::Write;

use go_syntax::{Span, StmtId, StmtKind};

use super::{Cfg, EdgeKind, End, NodeId, NodeKind};

/// How much of the source stands on the line of a node.
const MAX_TEXT: usize = 48;

impl Cfg<'_> {
    /// The graph as text, for people and tests: a line for each node with its source and its edges.
    /// Ends that nothing leads to are left out.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for node in self.nodes() {
            if matches!(node.kind, NodeKind::End(_)) && self.predecessors(node.id).is_empty() {
                continue;
            }
            let _ = write!(out, "{} {}", node.id.index(), self.describe(node.id));
            for (position, edge) in self.successors(node.id).iter().enumerate() {
                out.push_str(if position == 0 { " -> " } else { ", " });
                let word = edge_word(edge.kind);
                if !word.is_empty() {
                    let _ = write!(out, "{word} ");
                }
                let _ = write!(out, "{}", edge.node.index());
            }
            if !self.reachable(node.id) && node.id != self.exit() {
                out.push_str(" (unreachable)");
            }
            out.push('\n');
        }
        out
    }

    /// What happens at a node, with a piece of the source.
    fn describe(&self, node: NodeId) -> String {
        let word = match self.kind(node) {
            NodeKind::Entry => "entry",
            NodeKind::Exit => return "exit".to_owned(),
            NodeKind::End(End::Panic) => "panic",
            NodeKind::End(End::Process) => "process-end",
            NodeKind::End(End::Goexit) => "goexit",
            NodeKind::End(End::Blocked) => "blocked",
            NodeKind::Stmt(_)
            | NodeKind::Defer(_)
            | NodeKind::Go(_)
            | NodeKind::Return(_)
            | NodeKind::Branch(_) => "",
            NodeKind::Label(_) => "label",
            NodeKind::Cond(_) => "if",
            NodeKind::Loop(_) => "loop",
            NodeKind::Range(_) => "range",
            NodeKind::RangeNext(_) => "next",
            NodeKind::Tag(_) => "tag",
            NodeKind::Case { .. } => "test",
            NodeKind::Clause(_) | NodeKind::Comm(_) => "enter",
            NodeKind::Select(_) => "wait",
        };
        let text = match self.span_of_node(node) {
            Some(span) => one_line(self.file.span_text(span)),
            None => String::new(),
        };
        match (word, &*text) {
            ("", text) => format!("`{text}`"),
            (word, "") => word.to_owned(),
            (word, text) => format!("{word} `{text}`"),
        }
    }
}

/// See [`Cfg::span_of_node`].
pub(super) fn span_of_node(cfg: &Cfg<'_>, node: NodeId) -> Option<Span> {
    let file = cfg.file;
    match cfg.kind(node) {
        NodeKind::Entry | NodeKind::End(_) => None,
        NodeKind::Exit => {
            let body = file.func(cfg.func).body?;
            let end = file.stmt(body).span.end;
            Some(Span::new(end.saturating_sub(1), end))
        }
        NodeKind::Cond(expr) | NodeKind::Case { expr, .. } => Some(file.expr(expr).span),
        NodeKind::Stmt(stmt)
        | NodeKind::Defer(stmt)
        | NodeKind::Go(stmt)
        | NodeKind::Return(stmt)
        | NodeKind::Branch(stmt) => Some(file.stmt(stmt).span),
        NodeKind::Label(stmt)
        | NodeKind::Loop(stmt)
        | NodeKind::Range(stmt)
        | NodeKind::RangeNext(stmt)
        | NodeKind::Tag(stmt)
        | NodeKind::Clause(stmt)
        | NodeKind::Select(stmt)
        | NodeKind::Comm(stmt) => Some(head(cfg, stmt)),
    }
}

/// A compound statement without its body.
fn head(cfg: &Cfg<'_>, stmt: StmtId) -> Span {
    let file = cfg.file;
    let span = file.stmt(stmt).span;
    let end = match file.stmt(stmt).kind {
        StmtKind::Labeled { label, .. } => file.name_span(label).end,
        StmtKind::For { body, .. }
        | StmtKind::Range { body, .. }
        | StmtKind::Switch { body, .. }
        | StmtKind::TypeSwitch { body, .. }
        | StmtKind::Select { body } => file.stmt(body).span.start,
        StmtKind::CaseClause { list, .. } => match file.exprs(list).last() {
            Some(&last) => file.expr(last).span.end,
            None => span.start + "default".len() as u32,
        },
        StmtKind::CommClause { comm, .. } => match comm {
            Some(comm) => file.stmt(comm).span.end,
            None => span.start + "default".len() as u32,
        },
        _ => span.end,
    };
    let end = end.clamp(span.start, span.end);
    let text = file.span_text(Span::new(span.start, end)).trim_end();
    Span::new(
        span.start,
        span.start + u32::try_from(text.len()).unwrap_or(0),
    )
}

fn edge_word(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Next => "",
        EdgeKind::True => "true",
        EdgeKind::False => "false",
        EdgeKind::RangeBody => "body",
        EdgeKind::RangeDone => "done",
        EdgeKind::Case => "case",
        EdgeKind::Default => "default",
        EdgeKind::Jump => "jump",
        EdgeKind::Return => "return",
        EdgeKind::Ends => "ends",
    }
}

/// The text with spaces for other white space, cut where it is long.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > MAX_TEXT {
            let end = line.floor_char_boundary(MAX_TEXT);
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}
