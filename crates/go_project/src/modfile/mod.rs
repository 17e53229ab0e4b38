//! The files that describe modules: `go.mod`, `go.work` and `vendor/modules.txt`.
//!
//! Reading only, from bytes; no I/O. A file with errors still yields everything that its good lines
//! say, and the errors come as values with their lines.

mod directives;
mod lines;
mod vendor;

pub use directives::{
    ModFile, Replace, ReplaceWith, Require, Retract, Use, WorkFile, parse_mod, parse_work,
};
pub use lines::{LineError, ModFileError};
pub use vendor::{VendorList, VendoredModule, parse_modules_txt};
