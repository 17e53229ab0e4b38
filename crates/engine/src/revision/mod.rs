//! `--new-from-rev`: which lines of which files git calls new, and whether a finding touches them.

mod diff;
mod git;

use std::path::{Path, PathBuf};

use diagnostics::{ByteRange, Diagnostic};
use go_syntax::LineIndex;
use rustc_hash::FxHashMap;

pub use git::GitError;

/// What has changed in the working tree since a revision.
#[derive(Debug)]
pub struct Changes {
    /// The top of the working tree.
    root: PathBuf,
    /// By path relative to the root.
    files: FxHashMap<PathBuf, FileChanges>,
}

/// What has changed in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum FileChanges {
    /// All of it: the file is new.
    All,
    /// These places, in order.
    Some(Vec<Change>),
}

/// A run of changed lines. Lines are numbered from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    /// The first new line; for a mere deletion, the line that the deleted ones followed.
    pub(crate) line: u32,
    /// How many lines are new. None: lines were deleted.
    pub(crate) count: u32,
}

/// The tracked Go files around `cwd` that are not as they were committed.
pub(crate) fn modified(cwd: &Path) -> Result<Vec<PathBuf>, GitError> {
    let git = git::Git::open(cwd)?;
    let names = git.modified()?;
    let root = git.into_root();
    Ok(names.iter().map(|name| root.join(name)).collect())
}

impl Changes {
    /// Asks git what has changed since `revision` in the working tree around `cwd`. Files that git
    /// does not track have changed as a whole, unless it ignores them.
    ///
    /// # Errors
    ///
    /// When git is not there or does not know the revision.
    pub fn since(revision: &str, cwd: &Path) -> Result<Self, GitError> {
        let git = git::Git::open(cwd)?;
        git.check_revision(revision)?;
        let mut files = FxHashMap::default();
        for (path, changes) in diff::parse(&git.diff(revision)?) {
            files.insert(path, FileChanges::Some(changes));
        }
        for path in git.untracked()? {
            files.insert(path, FileChanges::All);
        }
        Ok(Self {
            root: git.into_root(),
            files,
        })
    }

    /// The changes of a file, given by its absolute path; `None` when there are none.
    pub(crate) fn of(&self, path: &Path) -> Option<&FileChanges> {
        let direct = path
            .strip_prefix(&self.root)
            .ok()
            .and_then(|path| self.files.get(path));
        // The path may lead through links that git does not know by that name.
        direct.or_else(|| {
            let real = path.canonicalize().ok()?;
            self.files.get(real.strip_prefix(&self.root).ok()?)
        })
    }
}

impl FileChanges {
    /// Whether a finding, or a place that belongs to its story in the same file, is on a changed line;
    /// or whether lines were deleted between these places.
    pub(crate) fn touch(&self, finding: &Diagnostic, lines: &LineIndex) -> bool {
        let Self::Some(changes) = self else {
            return true;
        };
        let own = |path: &Option<_>| path.as_ref().is_none_or(|path| *path == finding.path);
        let related = finding
            .related
            .iter()
            .filter(|related| own(&related.path))
            .map(|related| related.range);
        let places: Vec<(u32, u32)> = std::iter::once(finding.range)
            .chain(related)
            .map(|range| line_range(range, lines))
            .collect();
        let first = places.iter().map(|place| place.0).min().unwrap_or(0);
        let last = places.iter().map(|place| place.1).max().unwrap_or(0);
        changes.iter().any(|change| match change.count {
            0 => first <= change.line && change.line < last,
            count => places
                .iter()
                .any(|&(from, to)| change.line <= to && from < change.line.saturating_add(count)),
        })
    }
}

/// The first and the last line of a range.
fn line_range(range: ByteRange, lines: &LineIndex) -> (u32, u32) {
    let last = range.end.saturating_sub(1).max(range.start);
    (lines.line(range.start), lines.line(last))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use diagnostics::{Category, Related, Severity};

    use super::*;

    /// Ten lines of two bytes each.
    fn touches(changes: &[(u32, u32)], finding: (u32, u32), related: &[u32]) -> bool {
        let lines = LineIndex::new(&"x\n".repeat(10));
        let range = |from: u32, to: u32| ByteRange {
            start: (from - 1) * 2,
            end: (to - 1) * 2 + 1,
        };
        let finding = Diagnostic {
            rule: "r",
            category: Category::Placement,
            severity: Severity::Warning,
            path: Arc::new("a.go".into()),
            range: range(finding.0, finding.1),
            function: String::new(),
            message: String::new(),
            help: None,
            related: related
                .iter()
                .map(|&line| Related {
                    path: None,
                    range: range(line, line),
                    message: String::new(),
                })
                .collect(),
            fix: None,
            fingerprint: String::new(),
            evidence: None,
        };
        let changes = changes
            .iter()
            .map(|&(line, count)| Change { line, count })
            .collect();
        FileChanges::Some(changes).touch(&finding, &lines)
    }

    #[test]
    fn a_finding_is_new_where_lines_are() {
        assert!(touches(&[(4, 1)], (4, 4), &[]));
        assert!(!touches(&[(3, 1), (5, 2)], (4, 4), &[]));
        assert!(touches(&[(2, 2)], (3, 6), &[]));
        assert!(touches(&[(6, 9)], (3, 6), &[]));
        assert!(!touches(&[], (3, 6), &[]));
    }

    #[test]
    fn places_of_the_story_count() {
        assert!(touches(&[(2, 1)], (4, 4), &[2]));
        assert!(
            !touches(&[(3, 1)], (4, 4), &[2]),
            "between them is not on them"
        );
    }

    #[test]
    fn a_deletion_counts_between_the_places() {
        assert!(
            touches(&[(3, 0)], (4, 4), &[2]),
            "the check between them is gone"
        );
        assert!(touches(&[(3, 0)], (3, 4), &[]));
        assert!(!touches(&[(3, 0)], (3, 3), &[]));
        assert!(!touches(&[(4, 0)], (4, 4), &[2]));
    }
}
