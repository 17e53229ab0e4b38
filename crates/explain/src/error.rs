//! Why there is nothing to explain.

use std::path::PathBuf;

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// What was given is not PATH:FUNC, PATH:LINE or the name of a function.
    #[error(
        "`{0}` does not name a function\n  help: write PATH:FUNC (server.go:Serve, ./store:'(*DB).Get'), PATH:LINE (server.go:120), or PKG.FUNC"
    )]
    Malformed(String),
    /// The path leads to nothing.
    #[error("there is no Go file or package at `{path}`{}", listed("did you mean", .nearest))]
    NoPath {
        /// The path as given.
        path: String,
        /// Files with names like it.
        nearest: Vec<String>,
    },
    /// The file is there, but no package of the build has it.
    #[error("`{path}` is not part of the build: {why}")]
    NotBuilt {
        /// The path as given.
        path: String,
        /// Why.
        why: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no such function.
    #[error("there is no function `{name}` in {place}{}", listed("did you mean", .nearest))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        place: String,
        /// Names that resemble it.
        nearest: Vec<String>,
    },
    /// There are several.
    #[error("`{name}` may be any of {} functions{}", .matches.len(), listed("name one of them", .matches))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Where they are, as PATH:LINE, and their names.
        matches: Vec<String>,
    },
    /// The line is not one of a function.
    #[error("line {line} of `{path}` lies in no function{}", listed("the functions nearest to it are", .nearest))]
    NoFunction {
        /// The path as given.
        path: String,
        /// The line.
        line: u32,
        /// The functions before and after it.
        nearest: Vec<String>,
    },
    /// The line is beyond the end of the file.
    #[error("`{path}` has only {lines} lines, so there is no line {line}")]
    BeyondEnd {
        /// The path as given.
        path: String,
        /// The line asked for.
        line: u32,
        /// The number of lines.
        lines: u32,
    },
    /// The function has no body.
    #[error(
        "`{name}` has no body in Go: it is implemented elsewhere, so its defers cannot be told"
    )]
    NoBody {
        /// The function.
        name: String,
    },
}

fn listed(head: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!("\n  help: {head}: {}", names.join(", "))
}
