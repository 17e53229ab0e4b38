//! Whole lines: inserting them before, after or within statements, and indenting them.
//!
//! gofmt aligns the comments at the ends of neighbouring lines. A line that comes between two such
//! lines, or is taken from between them, would change that, so these builders refuse.

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprKind, File, LitKind, Span, StmtId};

use super::Change;
use crate::blocks::{lines_with_comment, whole_lines};
use crate::cx::RuleCx;

/// The blanks that the line of `at` starts with.
pub(crate) fn indent<'a>(cx: &RuleCx<'a>, at: u32) -> &'a str {
    let text = cx.file().text();
    let start = line_start(text, at);
    let line = &text[start..];
    let width = line.len() - line.trim_start_matches(['\t', ' ']).len();
    &line[..width]
}

fn line_start(text: &str, at: u32) -> usize {
    let before = text.get(..at as usize).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// `code`, one statement a line, with `indent` before each line that is not empty.
pub(crate) fn indented(indent: &str, code: &str) -> String {
    let mut out = String::new();
    for line in code.lines() {
        if !line.is_empty() {
            out.push_str(indent);
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Inserts the lines of `code` behind the lines of `stmt`, indented as it is.
pub(crate) fn insert_after(cx: &RuleCx<'_>, stmt: StmtId, code: &str) -> Option<Change> {
    let span = cx.file().stmt(stmt).span;
    let lines = whole_lines(cx, span)?;
    insert_at(cx, lines.end, indent(cx, span.start), code)
}

/// Inserts the lines of `code` before the line of `stmt` and the comments right above it, indented as it
/// is.
pub(crate) fn insert_before(cx: &RuleCx<'_>, stmt: StmtId, code: &str) -> Option<Change> {
    let span = cx.file().stmt(stmt).span;
    whole_lines(cx, span)?;
    let lines = lines_with_comment(cx, span)?;
    insert_at(cx, lines.start, indent(cx, span.start), code)
}

/// Inserts the lines of `code` at the start of a block that has lines of its own.
pub(crate) fn insert_first(cx: &RuleCx<'_>, block: StmtId, code: &str) -> Option<Change> {
    let file = cx.file();
    let span = file.stmt(block).span;
    let brace = span.start + 1;
    let rest = file.text().get(brace as usize..span.end as usize)?;
    let length = rest.find('\n')?;
    let tail = rest[..length].trim();
    if !(tail.is_empty() || tail.starts_with("//")) {
        return None;
    }
    let at = brace + u32::try_from(length + 1).ok()?;
    let deeper = format!("{}\t", indent(cx, span.start));
    insert_at(cx, at, &deeper, code)
}

fn insert_at(cx: &RuleCx<'_>, at: u32, indent: &str, code: &str) -> Option<Change> {
    if is_seam(cx.file(), at, at) {
        return None;
    }
    Some((Span::new(at, at), indented(indent, code)))
}

/// Removes whole lines, and the blank line that gofmt would remove with them: the second of two, or
/// one at the start or the end of a block.
pub(crate) fn remove(cx: &RuleCx<'_>, lines: Span) -> Option<Change> {
    let text = cx.file().text();
    let before = text.get(..lines.start as usize)?;
    let after = text.get(lines.end as usize..)?;
    if is_seam(cx.file(), lines.start, lines.end) || touches_aligned(cx.file(), lines) {
        return None;
    }
    let previous = before.lines().next_back().unwrap_or("").trim();
    let next = after.lines().next().unwrap_or("");
    let opens = previous.ends_with('{') || previous.ends_with(':');
    if next.trim().is_empty() && !after.is_empty() && (previous.is_empty() || opens) {
        let end = lines.end + u32::try_from(next.len() + 1).ok()?;
        return Some((Span::new(lines.start, end), String::new()));
    }
    if previous.is_empty() && next.trim_start().starts_with('}') {
        let blank = before.trim_end_matches(['\n', '\r', '\t', ' ']);
        let end_of_line = before.get(blank.len()..)?.find('\n')?;
        let start = u32::try_from(blank.len() + end_of_line + 1).ok()?;
        return Some((Span::new(start, lines.end), String::new()));
    }
    Some((lines, String::new()))
}

/// Whether comments at the ends of these lines may be aligned with those of the neighbours.
fn touches_aligned(file: &File, lines: Span) -> bool {
    let last = lines.end.saturating_sub(1);
    (has_tail(file, lines.start) && lines.start > 0 && has_tail(file, lines.start - 1))
        || (has_tail(file, last) && has_tail(file, lines.end))
}

/// Whether the line that ends at `start` and the one that starts at `end` both end in a comment.
fn is_seam(file: &File, start: u32, end: u32) -> bool {
    start > 0 && has_tail(file, start - 1) && has_tail(file, end)
}

/// Whether the line around `at` has code, and a comment at its end.
pub(crate) fn has_tail(file: &File, at: u32) -> bool {
    let text = file.text();
    let start = line_start(text, at.min(u32::try_from(text.len()).unwrap_or(u32::MAX)));
    let end = text[start..]
        .find('\n')
        .map_or(text.len(), |length| start + length);
    let comments = file.comments();
    let first = comments.partition_point(|comment| (comment.span.start as usize) < start);
    comments.get(first).is_some_and(|comment| {
        let from = comment.span.start as usize;
        from < end && !text[start..from].trim().is_empty()
    })
}

/// Whether the line of `at` and a neighbour both end in comments, which gofmt has aligned: then the
/// line cannot change its length.
pub(crate) fn is_aligned(file: &File, at: u32) -> bool {
    let text = file.text();
    let start = line_start(text, at);
    let end = text[start..]
        .find('\n')
        .map_or(text.len(), |length| start + length);
    let next = u32::try_from(end + 1).unwrap_or(u32::MAX);
    has_tail(file, at)
        && (start > 0 && has_tail(file, u32::try_from(start - 1).unwrap_or(0))
            || (next as usize) < text.len() && has_tail(file, next))
}

/// The text of whole lines with one more tab before each, but for what lies in raw strings, and with
/// `changes`, which lie in them.
pub(crate) fn deeper(
    cx: &RuleCx<'_>,
    within: Node,
    lines: Span,
    changes: Vec<Change>,
) -> Option<String> {
    let file = cx.file();
    let text = file.span_text(lines);
    let mut raw: Vec<Span> = Vec::new();
    walk(file, within, |node| {
        if let Node::Expr(expr) = node {
            let expr = file.expr(expr);
            let is_raw = matches!(expr.kind, ExprKind::BasicLit(LitKind::String))
                && file.span_text(expr.span).starts_with('`');
            if is_raw {
                raw.push(expr.span);
            }
        }
        Descend::Into
    });
    let mut edits = changes;
    let mut at = lines.start;
    for line in text.split_inclusive('\n') {
        let is_raw = raw.iter().any(|span| span.start < at && at < span.end);
        if !line.trim().is_empty() && !is_raw {
            edits.push((Span::new(at, at), "\t".to_owned()));
        }
        at += u32::try_from(line.len()).ok()?;
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut copied = lines.start;
    for (span, new) in edits {
        // A change that holds the start of a line has to bring its tabs along.
        if span.start < copied {
            return None;
        }
        out.push_str(file.span_text(Span::new(copied, span.start)));
        out.push_str(&new);
        copied = span.end;
    }
    out.push_str(file.span_text(Span::new(copied, lines.end)));
    Some(out)
}
