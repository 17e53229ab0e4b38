//! Where the contents of files come from: the disk, what was given in its place, and the embedded
//! index of the standard library.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use go_std::{Files, Index};
use rustc_hash::FxHashMap;

use crate::names::{below, slashed};

/// The release of Go that the embedded standard library is of, such as `1.27.3`.
pub fn embedded_release() -> &'static str {
    go_std::embedded().release()
}

/// Contents that are not those on the disk.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// What was given, by absolute path.
    given: FxHashMap<PathBuf, Arc<[u8]>>,
    /// The standard library, when no Go is installed.
    pub(crate) std: Option<EmbeddedStd>,
}

impl Sources {
    /// The disk, and this standard library.
    pub(crate) fn new(std: Option<EmbeddedStd>) -> Self {
        Self {
            given: FxHashMap::default(),
            std,
        }
    }

    /// Uses `bytes` as the content of the file at `path`.
    pub(crate) fn give(&mut self, path: PathBuf, bytes: Arc<[u8]>) {
        self.given.insert(path, bytes);
    }

    /// Whether the content of the file at `path` was given.
    pub(crate) fn is_given(&self, path: &Path) -> bool {
        self.given.contains_key(path)
    }

    /// The names of the files in `dir` whose contents were given.
    pub(crate) fn given_in<'a>(&'a self, dir: &'a Path) -> impl Iterator<Item = &'a OsStr> {
        self.given
            .keys()
            .filter(move |path| path.parent() == Some(dir))
            .filter_map(|path| path.file_name())
    }

    /// The content of a file that does not come from the disk.
    pub(crate) fn content(&self, path: &Path) -> Option<io::Result<&[u8]>> {
        if let Some(bytes) = self.given.get(path) {
            return Some(Ok(bytes));
        }
        let std = self.std.as_ref()?;
        let package = std.package_at(path.parent()?)?;
        let name = path.file_name()?.to_str()?;
        Some(std.files(&package).and_then(|files| {
            let text = files.text(name).ok_or(io::ErrorKind::NotFound)?;
            Ok(text.as_bytes())
        }))
    }
}

/// The standard library of one release of Go as the program brings it along, at a place where no
/// folder is.
#[derive(Clone, Debug)]
pub(crate) struct EmbeddedStd {
    pub(crate) index: &'static Index,
    /// Stands for `GOROOT/src`.
    pub(crate) src: PathBuf,
}

impl EmbeddedStd {
    pub(crate) fn new(index: &'static Index) -> Self {
        let root = format!("/(Go {} as deferscope knows it)", index.release());
        Self {
            index,
            src: Path::new(&root).join("src"),
        }
    }

    /// Whether a folder or file is of this library.
    pub(crate) fn covers(&self, path: &Path) -> bool {
        path.starts_with(&self.src)
    }

    /// The folder that stands for a package.
    pub(crate) fn dir(&self, package: &str) -> PathBuf {
        below(&self.src, package)
    }

    /// The import path of the package that a folder stands for, whether there is one or not.
    pub(crate) fn package_at(&self, dir: &Path) -> Option<String> {
        dir.strip_prefix(&self.src).ok().map(slashed)
    }

    /// The files of a package.
    pub(crate) fn files(&self, package: &str) -> io::Result<&'static Files> {
        self.index
            .files(package)
            .ok_or(io::ErrorKind::NotFound)?
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.clone()))
    }
}
