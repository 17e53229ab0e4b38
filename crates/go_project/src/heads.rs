//! Heads of files that are known from an earlier run, so that files that have not changed need not be
//! opened. Whoever keeps them is elsewhere; here is only what is asked of them.

use std::ffi::OsStr;
use std::fmt;
use std::fs::Metadata;
use std::path::Path;

use crate::header::Header;

/// Keeps the heads of files, and hears of the contents of those that are read.
pub trait KnownFiles: fmt::Debug + Send + Sync {
    /// What is known of the Go files of a folder, which is about to be scanned.
    fn folder<'k>(&'k self, dir: &'k Path) -> Box<dyn KnownFolder + 'k>;

    /// A file of the disk was read, as a whole.
    fn content(&self, path: &Path, bytes: &[u8]);
}

/// What is known of the files of one folder.
pub trait KnownFolder {
    /// The head of a file, if it is known and the file has not changed since.
    fn head(&mut self, name: &OsStr) -> Option<Header<'_>>;

    /// A head was read. The metadata are those of the open file, from before it was read.
    fn learn(&mut self, name: &OsStr, metadata: &Metadata, header: &Header<'_>);
}
