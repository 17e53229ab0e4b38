//! What stood in the way of the work itself, rather than what was found: printed beside the report.

use std::fmt;
use std::path::{Path, PathBuf};

/// Something that went wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// The file or folder it is about, as people know it; empty when it is about none.
    pub path: PathBuf,
    /// The line in the file, from 1.
    pub line: Option<u32>,
    /// Whether a part of what was asked for could not be done: then the exit code is 2.
    pub fatal: bool,
    /// What is wrong. One sentence, no full stop.
    pub message: String,
    /// What to do about it. One sentence, no full stop.
    pub help: Option<String>,
}

impl Problem {
    /// A problem that keeps a part of the work from being done.
    pub(crate) fn fatal(path: &Path, message: String, help: &str) -> Self {
        Self {
            path: path.to_path_buf(),
            line: None,
            fatal: true,
            message,
            help: Some(help.to_owned()),
        }
    }

    /// A problem that the work goes on in spite of.
    pub(crate) fn warning(path: &Path, message: String, help: &str) -> Self {
        Self {
            fatal: false,
            ..Self::fatal(path, message, help)
        }
    }

    /// A bug of deferscope.
    pub(crate) fn bug(path: &Path, function: &str, panic: &str) -> Self {
        let place = if function.is_empty() {
            String::new()
        } else {
            format!(" in {function}")
        };
        Self::fatal(
            path,
            format!("internal error{place}: {panic}; the findings of this part are missing"),
            "this is a bug of deferscope: please report it with the source that shows it",
        )
    }

    /// What loading packages ran into, with paths as they are reported to somebody in `cwd`.
    pub fn of_project(problem: go_project::Problem, cwd: &Path) -> Self {
        let fatal = problem.is_fatal();
        let path = relative(&problem.path, cwd);
        let (absolute, short) = (problem.path.to_string_lossy(), path.to_string_lossy());
        let message = match &*absolute {
            "" => problem.message,
            absolute => problem.message.replace(absolute, &short),
        };
        Self {
            path: path.to_path_buf(),
            line: problem.line,
            fatal,
            message,
            help: problem.help,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some messages are about the path as a whole, and have it in them.
        let path = self.path.to_string_lossy();
        if !path.is_empty() && !self.message.contains(&*path) {
            write!(f, "{path}:")?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)?;
        self.help
            .as_ref()
            .map_or(Ok(()), |help| write!(f, "\n  help: {help}"))
    }
}

/// A path as it is reported: relative where it lies below the working folder.
pub(crate) fn relative<'p>(path: &'p Path, cwd: &Path) -> &'p Path {
    match path.strip_prefix(cwd) {
        Ok(below) if below.as_os_str().is_empty() => path,
        Ok(below) => below,
        Err(_) => path,
    }
}
