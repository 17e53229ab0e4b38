//! Pieces of source for sentences: lines, and texts of one line.

use go_syntax::{ExprId, ExprKind, File, LineIndex, Span};

/// A text longer than this is shortened in the middle.
const LONGEST: usize = 72;

/// The lines of a file.
#[derive(Debug)]
pub(crate) struct Lines {
    index: LineIndex,
}

impl Lines {
    pub(crate) fn new(file: &File) -> Self {
        Self {
            index: file.line_index(),
        }
    }

    /// The line that an offset lies on.
    pub(crate) fn at(&self, offset: u32) -> u32 {
        self.index.line(offset)
    }

    /// First and last line of a span.
    pub(crate) fn of(&self, span: Span) -> (u32, u32) {
        (
            self.at(span.start),
            self.at(span.end.saturating_sub(1).max(span.start)),
        )
    }
}

/// The text of a span in one line.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let count = text.chars().count();
    if count <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST - 20).collect();
    let tail: String = text.chars().skip(count - 16).collect();
    format!("{head} … {tail}")
}

/// An expression in one line; bodies of literals are left out.
pub(crate) fn expr_text(file: &File, expr: ExprId) -> String {
    let node = file.expr(expr);
    match node.kind {
        ExprKind::FuncLit(func) => {
            let func = file.func(func);
            let head = file.sig(func.sig).span;
            format!("{} {{…}}", one_line(file.span_text(head)))
        }
        ExprKind::Call { fun, args, .. }
            if matches!(file.expr(file.unparen(fun)).kind, ExprKind::FuncLit(_)) =>
        {
            let args: Vec<String> = file
                .exprs(args)
                .iter()
                .map(|&arg| expr_text(file, arg))
                .collect();
            format!(
                "{}({})",
                expr_text(file, file.unparen(fun)),
                args.join(", ")
            )
        }
        _ => one_line(file.span_text(node.span)),
    }
}
