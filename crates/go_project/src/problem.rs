//! What went wrong, as data: which file, which line, what, and what to do next.
//!
//! Nothing here prints or decides on exit codes; [`Problem::is_fatal`] only says whether a part of
//! what was asked for could not be looked at.

use std::fmt;
use std::path::{Path, PathBuf};

/// The sort of a [`Problem`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ProblemKind {
    /// A file or folder that was named does not exist.
    MissingPath,
    /// A file that was named is not a Go file.
    NotGo,
    /// A pattern that cannot mean anything.
    BadPattern,
    /// An import path that was named leads to no folder.
    PackageNotFound,
    /// A folder that was named holds no Go file.
    NoGoFiles,
    /// Build constraints exclude every Go file of a folder that was named.
    AllFilesExcluded,
    /// A file or folder could not be read.
    Unreadable,
    /// The clauses at the head of a file are longer than anybody writes.
    HeaderTooLarge,
    /// A pattern with `...` matched nothing.
    MatchedNoPackages,
    /// `go.mod` does not say what it should.
    BadGoMod,
    /// `go.work` does not say what it should.
    BadGoWork,
    /// The module of the folder is not among those of the `go.work` in effect.
    NotInWorkspace,
    /// A `//go:build` line that is not an expression.
    BadConstraint,
    /// One folder holds files of several packages.
    SeveralPackages,
    /// An environment variable or a setting of `go env -w` means nothing.
    BadEnvironment,
}

impl ProblemKind {
    /// Whether something that was asked for could not be looked at.
    pub const fn is_fatal(self) -> bool {
        match self {
            Self::MissingPath
            | Self::NotGo
            | Self::BadPattern
            | Self::PackageNotFound
            | Self::NoGoFiles
            | Self::AllFilesExcluded
            | Self::Unreadable
            | Self::HeaderTooLarge => true,
            Self::MatchedNoPackages
            | Self::BadGoMod
            | Self::BadGoWork
            | Self::NotInWorkspace
            | Self::BadConstraint
            | Self::SeveralPackages
            | Self::BadEnvironment => false,
        }
    }
}

/// Something that stood in the way of loading packages.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// The file or folder it is about. Empty for a problem of the environment.
    pub path: PathBuf,
    /// The line in the file, from 1.
    pub line: Option<u32>,
    /// The sort of problem.
    pub kind: ProblemKind,
    /// What is wrong. One sentence, no full stop.
    pub message: String,
    /// What to do about it. One sentence, no full stop.
    pub help: Option<String>,
}

impl Problem {
    /// A problem without line and help.
    pub fn new(kind: ProblemKind, path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line: None,
            kind,
            message: message.into(),
            help: None,
        }
    }

    /// With the line, from 1.
    #[must_use]
    pub fn at_line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether something that was asked for could not be looked at.
    pub const fn is_fatal(&self) -> bool {
        self.kind.is_fatal()
    }

    /// The problem of a file or folder that the system refused to read.
    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let message = format!("cannot read {}: {error}", path.display());
        let help = match error.kind() {
            std::io::ErrorKind::PermissionDenied => "grant read access, or leave the path out",
            std::io::ErrorKind::NotFound => "it is a link to nowhere, or it vanished just now",
            _ => "check the path, or leave it out",
        };
        Self::new(ProblemKind::Unreadable, path, message).with_help(help)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.as_os_str().is_empty() {
            write!(f, "{}:", self.path.display())?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_one_line() {
        let problem = Problem::new(ProblemKind::BadGoMod, "a/go.mod", "unknown directive")
            .at_line(3)
            .with_help("remove it");
        assert_eq!(
            problem.to_string(),
            "a/go.mod:3: unknown directive (remove it)"
        );
        let problem = Problem::new(ProblemKind::BadEnvironment, "", "GOFLAGS is odd");
        assert_eq!(problem.to_string(), "GOFLAGS is odd");
    }
}
