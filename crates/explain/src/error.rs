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
    #[error(
        "there is no Go file or package at `{path}`{}",
        listed_or("did you mean", .nearest, PATHS)
    )]
    NoPath {
        /// The path as given.
        path: String,
        /// Paths like it; some of those that are there when none is.
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
    #[error(
        "there is no function `{name}` in {place}{}",
        match .nearest.is_empty() {
            true => listed_or("it has", .others, NAMES),
            false => listed("did you mean", .nearest),
        }
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        place: String,
        /// Names that resemble it.
        nearest: Vec<String>,
        /// Some that are there, when none does.
        others: Vec<String>,
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

const PATHS: &str = "write PATH:FUNC or PATH:LINE with a path from the current folder: server.go:Serve, ./store:Get";

const NAMES: &str =
    "write FUNC as it is declared, a method with its type: PATH:Serve, PATH:'(*Server).Serve'";

fn listed_or(head: &str, names: &[String], otherwise: &str) -> String {
    match names.is_empty() {
        true => format!("\n  help: {otherwise}"),
        false => listed(head, names),
    }
}

fn listed(head: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!("\n  help: {head}: {}", names.join(", "))
}
