//! What can go wrong.

use std::path::PathBuf;

/// Why there is no calibration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// A file could not be read.
    #[error("cannot read the calibration {}", path.display())]
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
}
