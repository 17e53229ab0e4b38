//! Places as the machine-readable formats give them: a path with `/`, lines and columns in bytes.

use std::path::Path;

use diagnostics::{ByteRange, Diagnostic, Related};

use crate::source::{LineColumn, Sources};
use crate::wording;

/// A range in a file.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) start: LineColumn,
    /// Exclusive.
    pub(crate) end: LineColumn,
    /// Whether the lines are real. They are 1 when the file could not be read, because the formats
    /// that demand a line have no other way to name the file as a whole.
    pub(crate) exact: bool,
}

impl Place {
    pub(crate) fn new(sources: &Sources<'_>, path: &Path, range: ByteRange) -> Self {
        let (start, end, exact) = match sources.file(path) {
            Some(file) => {
                let start = file.clamp(range.start);
                let end = file.clamp(range.end).max(start);
                (file.place(start), file.place(end), true)
            }
            None => {
                let whole = LineColumn { line: 1, column: 1 };
                (whole, whole, false)
            }
        };
        Self {
            path: wording::slash_path(path),
            start,
            end,
            exact,
        }
    }

    pub(crate) fn of_finding(sources: &Sources<'_>, diagnostic: &Diagnostic) -> Self {
        Self::new(sources, &diagnostic.path, diagnostic.range)
    }

    pub(crate) fn of_related(
        sources: &Sources<'_>,
        diagnostic: &Diagnostic,
        related: &Related,
    ) -> Self {
        Self::new(sources, related_path(diagnostic, related), related.range)
    }
}

/// The file that a related place is in.
pub(crate) fn related_path<'a>(diagnostic: &'a Diagnostic, related: &'a Related) -> &'a Path {
    related.path.as_ref().unwrap_or(&diagnostic.path)
}

/// The findings of each file, files in the order in which they first come up.
pub(crate) fn by_file(diagnostics: &[Diagnostic]) -> Vec<(&Path, Vec<&Diagnostic>)> {
    let mut index = rustc_hash::FxHashMap::default();
    let mut files: Vec<(&Path, Vec<&Diagnostic>)> = Vec::new();
    for diagnostic in diagnostics {
        let path = diagnostic.path.as_path();
        let at = *index.entry(path).or_insert_with(|| {
            files.push((path, Vec::new()));
            files.len() - 1
        });
        files[at].1.push(diagnostic);
    }
    files
}
