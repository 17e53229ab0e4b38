//! How a run ends.

use std::process::ExitCode;

/// The exit codes that others rely on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Nothing was found.
    Clean,
    /// Something was found.
    Findings,
    /// deferscope could not do its work.
    Failure,
    /// Somebody pressed Ctrl-C: what shells make of that signal.
    Interrupted,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failure => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
