//! What a fix does to the text of each file.

use std::ops::Range;
use std::path::Path;

use diagnostics::{Diagnostic, Edit, Fix};

use crate::source::SourceFile;

/// The edits of a fix in one file, in the order of the text.
#[derive(Debug)]
pub(crate) struct FileEdits<'a> {
    pub(crate) path: &'a Path,
    pub(crate) edits: Vec<&'a Edit>,
}

/// The path that an edit changes.
pub(crate) fn edited_path<'a>(diagnostic: &'a Diagnostic, edit: &'a Edit) -> &'a Path {
    edit.path.as_ref().unwrap_or(&diagnostic.path)
}

/// The edits of a fix, file by file in the order in which the fix names them.
pub(crate) fn by_file<'a>(diagnostic: &'a Diagnostic, fix: &'a Fix) -> Vec<FileEdits<'a>> {
    let mut files: Vec<FileEdits<'a>> = Vec::new();
    for edit in &fix.edits {
        let path = edited_path(diagnostic, edit);
        match files.iter_mut().find(|file| file.path == path) {
            Some(file) => file.edits.push(edit),
            None => files.push(FileEdits {
                path,
                edits: vec![edit],
            }),
        }
    }
    for file in &mut files {
        // Stable, so that several insertions at one place keep their order.
        file.edits
            .sort_by_key(|edit| (edit.range.start, edit.range.end));
    }
    files
}

/// The part of the file that lies in `within`, after the edits; nothing when the edits do not fit
/// the text, because it has changed or they overlap.
pub(crate) fn apply(file: &SourceFile, within: Range<usize>, edits: &[&Edit]) -> Option<Vec<u8>> {
    let mut result = Vec::new();
    let mut copied = within.start;
    for edit in edits {
        let range = byte_range(edit)?;
        result.extend_from_slice(file.text().get(copied..range.start)?);
        result.extend_from_slice(edit.text.as_bytes());
        copied = range.end;
    }
    result.extend_from_slice(file.text().get(copied..within.end)?);
    Some(result)
}

/// The bytes that an edit replaces, unless it ends before it starts.
pub(crate) fn byte_range(edit: &Edit) -> Option<Range<usize>> {
    let start = usize::try_from(edit.range.start).ok()?;
    let end = usize::try_from(edit.range.end).ok()?;
    (start <= end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use diagnostics::ByteRange;

    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit {
            path: None,
            range: ByteRange { start, end },
            text: text.to_owned(),
        }
    }

    fn applied(text: &str, within: Range<usize>, edits: &[Edit]) -> Option<String> {
        let file = SourceFile::new(Arc::from(text.as_bytes()));
        let edits: Vec<&Edit> = edits.iter().collect();
        apply(&file, within, &edits).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn edits_replace_insert_and_delete() {
        let edits = [edit(0, 1, "X"), edit(2, 2, "+"), edit(4, 6, "")];
        assert_eq!(applied("abcdefg", 0..7, &edits).as_deref(), Some("Xb+cdg"));
        assert_eq!(applied("abcdefg", 0..6, &edits).as_deref(), Some("Xb+cd"));
    }

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        assert_eq!(applied("abc", 0..3, &[edit(2, 4, "")]), None);
        assert_eq!(applied("abc", 0..3, &[edit(2, 1, "")]), None);
        assert_eq!(
            applied("abc", 0..3, &[edit(0, 2, ""), edit(1, 3, "")]),
            None
        );
    }
}
