//! Why the facts of a binary cannot be told.

use thiserror::Error;

/// Why a file cannot be read as a Go program. What each says stands for itself; the caller adds the
/// name of the file.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Error {
    /// It is a program of another kind, and says so in its first bytes.
    #[error("this is {what}; only ELF files for amd64 and arm64 can be inspected. {hint}")]
    Foreign {
        /// What it is.
        what: &'static str,
        /// What to do instead.
        hint: &'static str,
    },
    /// It is no program at all.
    #[error(
        "this is no executable: it starts with neither of the marks of ELF, Mach-O and PE files"
    )]
    NotExecutable,
    /// An ELF file for a machine that we do not know.
    #[error("this ELF file is for {machine}; only amd64 and arm64 can be inspected")]
    Machine {
        /// The machine's name, or its number.
        machine: String,
    },
    /// The headers of the ELF file contradict its length or themselves.
    #[error("the ELF headers are damaged: {what}. Is the file complete?")]
    Elf {
        /// What is wrong.
        what: String,
    },
    /// There is no table of functions.
    #[error(
        "no table of Go functions (pclntab) was found: this is no Go program, it was built by Go \
         before 1.18, or it is packed or encrypted"
    )]
    NoFunctionTable,
    /// The table of functions was made by a Go that is older than what we know.
    #[error(
        "the table of functions (pclntab) is that of Go {release}; Go 1.18 and later can be inspected"
    )]
    OldFunctionTable {
        /// The releases that wrote it.
        release: &'static str,
    },
    /// The table of functions contradicts itself.
    #[error("the table of Go functions (pclntab) is damaged: {what}")]
    FunctionTable {
        /// What is wrong.
        what: &'static str,
    },
    /// The runtime's description of the program is missing or contradicts itself.
    #[error(
        "the runtime's description of the program (moduledata) was not found: the data of the file \
         are damaged, or it was built by a Go that is not known here"
    )]
    NoModuleData,
}
