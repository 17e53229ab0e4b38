//! What can go wrong.

use std::path::PathBuf;

/// Why there is no calibration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// A file could not be read.
    #[error("cannot read the calibration {}; `deferscope bench --output FILE` writes one", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no TOML, or has keys that a calibration does not have.
    #[error("{place}: {message}; `deferscope bench --output FILE` writes a calibration")]
    Syntax {
        /// The file and the line.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A file says something that cannot be.
    #[error("{path}: {key}: {problem}")]
    Value {
        /// The file.
        path: String,
        /// Which key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no Go.
    #[error(
        "no Go was found: there is no `go` command on PATH, in $GOROOT/bin or in /usr/local/go/bin. Install Go, or name one: `deferscope bench --go /path/to/go`"
    )]
    NoGo,
    /// There is no such Go.
    #[error("cannot find {wanted}: {looked}")]
    NoSuchGo {
        /// What was asked for.
        wanted: String,
        /// Where it is not.
        looked: String,
    },
    /// A Go, or the benchmark, failed.
    #[error("cannot {what}: {problem}")]
    Go {
        /// What was to be done.
        what: String,
        /// What it said.
        problem: String,
    },
    /// The compiler made something else of a case than its name says.
    #[error(
        "{version} does not compile the benchmark as the names of its cases say, so its prices would be wrong: {problem}"
    )]
    Class {
        /// The release.
        version: String,
        /// The case and the classes.
        problem: String,
    },
    /// A temporary file could not be written.
    #[error("cannot write {}: set TMPDIR to a folder with room", path.display())]
    Scratch {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}
