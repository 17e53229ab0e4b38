//! Which files may be changed, and writing them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use go_project::header;
use rules::SYNTAX_ERROR;

use crate::atomic::write_atomically;
use crate::revision::{GitError, modified};

/// Why a file, or a finding, was left alone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FixError {
    /// It cannot be read.
    #[error("cannot read {}: {message}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// It is not UTF-8.
    #[error("{} is left as it is: it is not UTF-8\n  help: convert it first", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A program wrote it.
    #[error("{} is left as it is: it is generated, and would be overwritten\n  help: repair what generates it", path.display())]
    Generated {
        /// The file.
        path: PathBuf,
    },
    /// Nobody may write to it.
    #[error("{} is left as it is: it is read-only\n  help: make it writable, or leave it out", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else has changed it.
    #[error("{} is left as it is: it has changed since it was analysed\n  help: run deferscope again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write {}: {message}; it is as it was", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// A fix did not do what it should.
    #[error("{}: the fix of `{rule}` was taken back, because {}: {description}", path.display(), after(rule, found))]
    Unproven {
        /// The file.
        path: PathBuf,
        /// The rule.
        rule: &'static str,
        /// The rule that spoke after it.
        found: &'static str,
        /// What the fix would have done.
        description: String,
    },
}

/// What was found after a fix that was taken back.
fn after(rule: &str, found: &str) -> String {
    match found {
        SYNTAX_ERROR => "the result is no Go".to_owned(),
        _ if found == rule => "the finding stays".to_owned(),
        _ => format!("`{found}` would find something instead"),
    }
}

impl FixError {
    /// The file that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. }
            | Self::NotText { path }
            | Self::Generated { path }
            | Self::ReadOnly { path }
            | Self::Changed { path }
            | Self::Unwritable { path, .. }
            | Self::Unproven { path, .. } => path,
        }
    }

    /// Whether what was asked for could not be done, rather than should not be.
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::Generated { .. } | Self::Unproven { .. })
    }
}

/// What becomes of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Where it is.
    pub absolute: PathBuf,
    /// As findings name it.
    pub path: Arc<PathBuf>,
    /// What it was.
    pub before: Arc<str>,
    /// What it is to be.
    pub after: Arc<str>,
    /// How many findings that repairs.
    pub fixes: usize,
}

/// The text of a file that may be changed.
pub(super) fn open(absolute: &Path, path: &Path) -> Result<Arc<str>, FixError> {
    let named = || path.to_path_buf();
    let bytes = std::fs::read(absolute).map_err(|error| FixError::Unreadable {
        path: named(),
        message: error.to_string(),
    })?;
    let head = header::scan(&bytes, true);
    if head.is_ok_and(|head| head.generated) {
        return Err(FixError::Generated { path: named() });
    }
    let text = String::from_utf8(bytes).map_err(|_| FixError::NotText { path: named() })?;
    Ok(Arc::from(text))
}

/// Writes the files, each as a whole or not at all, and keeps their permissions. A file that is not as
/// it was when it was analysed, or that is read-only, is left alone. Returns how many were written,
/// and why others were not.
pub fn write_changes(changes: &[Change]) -> (usize, Vec<FixError>) {
    let mut errors = Vec::new();
    let mut written = 0;
    for change in changes {
        match write(change) {
            Ok(()) => written += 1,
            Err(error) => errors.push(error),
        }
    }
    (written, errors)
}

fn write(change: &Change) -> Result<(), FixError> {
    let path = || (*change.path).clone();
    let unwritable = |error: &io::Error| FixError::Unwritable {
        path: path(),
        message: error.to_string(),
    };
    let metadata = std::fs::metadata(&change.absolute).map_err(|error| unwritable(&error))?;
    if metadata.permissions().readonly() {
        return Err(FixError::ReadOnly { path: path() });
    }
    let now = std::fs::read(&change.absolute).map_err(|error| unwritable(&error))?;
    if now != change.before.as_bytes() {
        return Err(FixError::Changed { path: path() });
    }
    write_atomically(&change.absolute, |out| {
        out.write_all(change.after.as_bytes())
    })
    .map_err(|error| unwritable(&error.source))
}

/// Those of the changed files that have changes which are not committed; none where there is no git.
pub fn uncommitted(cwd: &Path, changes: &[Change]) -> Vec<PathBuf> {
    let known: Result<Vec<PathBuf>, GitError> = modified(cwd);
    let Ok(modified) = known else {
        return Vec::new();
    };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    changes
        .iter()
        .filter(|change| modified.contains(&real(&change.absolute)))
        .map(|change| (*change.path).clone())
        .collect()
}
