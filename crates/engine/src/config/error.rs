//! What can be wrong with a configuration, said so that it can be repaired.

use std::fmt;
use std::path::{Path, PathBuf};

use go_syntax::LineIndex;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file can be read, and is wrong.
    #[error("{}", Problems(path, problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All that is wrong.
        problems: Vec<ConfigProblem>,
    },
    /// A flag is wrong.
    #[error("invalid value for {flag}: {message}{}", Help(help.as_deref()))]
    Flag {
        /// The flag, as written on the command line.
        flag: &'static str,
        /// What is wrong.
        message: String,
        /// The way out.
        help: Option<String>,
    },
}

/// One thing that is wrong in a configuration file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigProblem {
    /// The line, starting at 1.
    pub line: u32,
    /// The column in bytes, starting at 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

/// A complaint about a value, before its place is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Complaint {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Complaint {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn in_flag(self, flag: &'static str) -> ConfigError {
        ConfigError::Flag {
            flag,
            message: self.message,
            help: self.help,
        }
    }
}

/// Collects what is wrong in the text of one file.
#[derive(Debug)]
pub(crate) struct Complaints {
    lines: LineIndex,
    problems: Vec<ConfigProblem>,
}

impl Complaints {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            lines: LineIndex::new(text),
            problems: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, at: usize, complaint: Complaint) {
        let place = self
            .lines
            .line_column(u32::try_from(at).unwrap_or(u32::MAX));
        self.problems.push(ConfigProblem {
            line: place.line,
            column: place.column,
            message: complaint.message,
            help: complaint.help,
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// An error when there was something to complain about.
    pub(crate) fn finish(mut self, path: &Path) -> Result<(), ConfigError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems
            .sort_by_key(|problem| (problem.line, problem.column));
        Err(ConfigError::Invalid {
            path: path.to_path_buf(),
            problems: self.problems,
        })
    }
}

struct Problems<'a>(&'a Path, &'a [ConfigProblem]);

impl fmt::Display for Problems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.1.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let ConfigProblem {
                line,
                column,
                message,
                help,
            } = problem;
            write!(
                f,
                "{}:{line}:{column}: {message}{}",
                self.0.display(),
                Help(help.as_deref())
            )?;
        }
        Ok(())
    }
}

struct Help<'a>(Option<&'a str>);

impl fmt::Display for Help<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |help| write!(f, "\n  help: {help}"))
    }
}
