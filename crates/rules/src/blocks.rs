//! Statement lists, and edits that move or remove whole lines of them.

use go_syntax::{Span, StmtId, StmtKind};

use crate::cx::RuleCx;

/// A list of statements, and the place of one of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InList<'a> {
    /// The statement that has the list: a block, or a clause of a `switch` or `select`.
    pub(crate) owner: StmtId,
    /// The statements.
    pub(crate) list: &'a [StmtId],
    /// The place of the one that was asked for.
    pub(crate) index: usize,
}

impl<'a> InList<'a> {
    /// The list that `stmt`, a statement of the function of `cx`, is an element of; `None` for a
    /// labelled statement and for the parts of others, such as `init`.
    pub(crate) fn of(cx: &RuleCx<'a>, stmt: StmtId) -> Option<Self> {
        let file = cx.file();
        file.func(cx.root()).stmts.iter().find_map(|owner| {
            let (StmtKind::Block(list)
            | StmtKind::CaseClause { body: list, .. }
            | StmtKind::CommClause { body: list, .. }) = file.stmt(owner).kind
            else {
                return None;
            };
            let list = file.stmts(list);
            let index = list.iter().position(|&other| other == stmt)?;
            Some(Self { owner, list, index })
        })
    }

    /// The statement after it.
    pub(crate) fn next(&self) -> Option<StmtId> {
        self.list.get(self.index + 1).copied()
    }
}

/// The lines of `span` from the first column to the line feed after the last: `None` when something
/// else than a comment stands on them.
pub(crate) fn whole_lines(cx: &RuleCx<'_>, span: Span) -> Option<Span> {
    let text = cx.file().text();
    let before = text.get(..span.start as usize)?;
    let after = text.get(span.end as usize..)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = after.find('\n').map_or(after.len(), |at| at + 1);
    let tail = after[..rest].trim();
    let is_alone = before[start..].trim().is_empty() && (tail.is_empty() || tail.starts_with("//"));
    let end = span.end as usize + rest;
    is_alone.then(|| {
        Some(Span::new(
            u32::try_from(start).ok()?,
            u32::try_from(end).ok()?,
        ))
    })?
}

/// The lines of `span` together with the lines above it that have nothing but a `//` comment.
pub(crate) fn lines_with_comment(cx: &RuleCx<'_>, span: Span) -> Option<Span> {
    let lines = whole_lines(cx, span)?;
    let text = cx.file().text();
    let mut start = lines.start as usize;
    while let Some(above) = text.get(..start.saturating_sub(1)) {
        let line = above.rfind('\n').map_or(0, |at| at + 1);
        if start == 0 || !above[line..].trim_start().starts_with("//") {
            break;
        }
        start = line;
    }
    Some(Span::new(u32::try_from(start).ok()?, lines.end))
}
