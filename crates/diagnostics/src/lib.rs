//! Findings: what a rule says, where, with which story, and how it could be repaired.
//!
//! These are plain data. Rules make them, the engine sorts and filters them, reports print them.
//! Positions are byte offsets into the file named by `path`; lines and columns are computed by
//! whoever prints.

pub mod evidence;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use evidence::{Evidence, ObservedSite, Striking};

/// The heading of the catalogue of defects that a rule stands under.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// A file that is not Go.
    Syntax,
    /// A defer in the wrong place.
    Placement,
    /// A defer that does something else than it seems to.
    Semantics,
    /// A defer that does not run.
    NeverRuns,
    /// A resource that is not released.
    Release,
    /// An error that is lost.
    Errors,
    /// Locks.
    Locks,
    /// Contexts and timers.
    Context,
    /// Goroutines and channels.
    Goroutines,
    /// Values shared by accident.
    Aliasing,
    /// What a defer costs.
    Cost,
    /// The directives addressed to deferscope itself.
    Suppression,
}

impl Category {
    /// All categories, in the order of the catalogue.
    pub const ALL: &'static [Self] = &[
        Self::Syntax,
        Self::Placement,
        Self::Semantics,
        Self::NeverRuns,
        Self::Release,
        Self::Errors,
        Self::Locks,
        Self::Context,
        Self::Goroutines,
        Self::Aliasing,
        Self::Cost,
        Self::Suppression,
    ];

    /// The name used on the command line and in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Placement => "placement",
            Self::Semantics => "semantics",
            Self::NeverRuns => "never-runs",
            Self::Release => "release",
            Self::Errors => "errors",
            Self::Locks => "locks",
            Self::Context => "context",
            Self::Goroutines => "goroutines",
            Self::Aliasing => "aliasing",
            Self::Cost => "cost",
            Self::Suppression => "suppression",
        }
    }

    /// The category with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|category| category.as_str() == name)
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably wrong.
    Warning,
    /// Wrong whenever the line runs, or unreadable input.
    Error,
}

impl Severity {
    /// The name used in configuration and in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How far a fix can be trusted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Keeps the meaning of the program but for the defect.
    Safe,
    /// May change what the program does in ways that a person should look at.
    Unsafe,
    /// Shown, never applied.
    DisplayOnly,
}

impl Applicability {
    /// The name used in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::DisplayOnly => "display-only",
        }
    }
}

/// A half-open range of byte offsets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

/// A further place that belongs to the story of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Related {
    /// The file; that of the finding when absent.
    pub path: Option<Arc<PathBuf>>,
    /// Where.
    pub range: ByteRange,
    /// What happens there.
    pub message: String,
}

/// A replacement of some bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// The file; that of the finding when absent.
    pub path: Option<Arc<PathBuf>>,
    /// The bytes to replace; empty to insert.
    pub range: ByteRange,
    /// What to put in their place.
    pub text: String,
}

/// A repair.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// How far it can be trusted.
    pub applicability: Applicability,
    /// What it does, in the imperative.
    pub description: String,
    /// Edits that do not overlap.
    pub edits: Vec<Edit>,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The rule's name.
    pub rule: &'static str,
    /// The rule's category.
    pub category: Category,
    /// How much it matters, after configuration.
    pub severity: Severity,
    /// The file, relative to the folder that deferscope runs in where it lies below it.
    pub path: Arc<PathBuf>,
    /// Where.
    pub range: ByteRange,
    /// The enclosing declared function: `F`, `T.M` or `(*T).M`; empty outside of functions.
    pub function: String,
    /// What goes wrong when the program runs. One sentence, no full stop.
    pub message: String,
    /// What to write instead. One sentence, no full stop.
    pub help: Option<String>,
    /// The story: where acquired, which path escapes, where the release was expected.
    pub related: Vec<Related>,
    /// The repair, if there is one.
    pub fix: Option<Fix>,
    /// Identifies the finding across unrelated changes of the file; hexadecimal. Does not depend on
    /// line numbers. Filled in by the engine.
    pub fingerprint: String,
    /// What was observed at run time, if anybody looked. Filled in by the engine.
    pub evidence: Option<Box<Evidence>>,
}
