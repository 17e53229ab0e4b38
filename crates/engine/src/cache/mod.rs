//! What runs leave for later ones: findings and contracts by package, and what is known of files.
//!
//! Everything is kept under a digest of what it depends on ([`keys`]), so that nothing is ever out of
//! date; what has no use any more goes in time. There is one file for each working folder, replaced as
//! a whole, so that runs at the same time and runs that are killed leave good files. A file that
//! cannot be read is as good as none: no result depends on the cache.

mod digest;
mod files;
mod graph;
mod image;
mod keys;
mod place;
mod shape;
mod stamp;
mod store;
mod stored;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::Image;
use rustc_hash::FxHashMap;
use store::Store;

pub use place::{CacheError, Cleaned, clean};

pub(crate) use digest::{Digest, Digester, of_bytes};
pub(crate) use files::Files;
pub(crate) use keys::{Setting, Shapes, keys};
pub(crate) use shape::shape;
pub(crate) use stored::{Kept, from_bytes, to_bytes};

/// What has been learnt of the packages of a run before any of them is analysed.
pub(crate) use graph::Seen;

/// The build of the analysis: a digest of its sources.
const BUILD: &str = env!("DEFERSCOPE_ANALYSIS");

/// Where the cache is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CachePlace {
    /// The folder.
    pub folder: PathBuf,
}

impl CachePlace {
    /// The folder that is used unless another is named: `$XDG_CACHE_HOME/deferscope`, or
    /// `.cache/deferscope` in the home folder; none when neither is known.
    pub fn usual(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<Self> {
        let absolute = |name| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let base = absolute("XDG_CACHE_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".cache")))
            .or_else(|| absolute("LOCALAPPDATA"))?;
        Some(Self {
            folder: base.join("deferscope"),
        })
    }
}

/// The cache of a run.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    file: PathBuf,
    pub(crate) store: Arc<Store>,
    pub(crate) files: Arc<Files>,
    pub(crate) shapes: Shapes,
}

impl Cache {
    /// Opens the cache for runs in the folder `cwd`. `given` are files whose content is not that
    /// on the disk, with its digest.
    pub(crate) fn open(place: &CachePlace, cwd: &Path, given: FxHashMap<PathBuf, Digest>) -> Self {
        let tool = of_bytes(BUILD.as_bytes());
        let name = Digester::new("working folder")
            .bytes(cwd.as_os_str().as_encoded_bytes())
            .finish();
        let file = place::file(&place.folder, &hexadecimal(&name));
        let image = std::fs::read(&file)
            .ok()
            .and_then(|bytes| Image::read(bytes, &tool))
            .unwrap_or_default();
        let store = Arc::new(Store::new(tool, image));
        Self {
            folder: place.folder.clone(),
            file,
            files: Arc::new(Files::new(Arc::clone(&store), given)),
            store,
            shapes: Shapes::default(),
        }
    }

    /// Writes what is new.
    pub(crate) fn save(&self) -> Result<(), CacheError> {
        self.files.save();
        match self.store.to_bytes() {
            Some(bytes) => place::write(&self.folder, &self.file, &bytes),
            None => {
                place::mark_used(&self.file);
                Ok(())
            }
        }
    }
}

fn hexadecimal(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads bytes as a file of the cache, and everything in it as whatever it could be.
#[doc(hidden)]
pub fn read_any(bytes: &[u8]) {
    fuzzing::read_any(bytes);
}

mod fuzzing {
    //! Foreign bytes where a cache file is expected.

    use super::*;

    pub(super) fn read_any(bytes: &[u8]) {
        let files = [Arc::new(PathBuf::from("a.go"))];
        let look = |blob: &[u8]| {
            let _ = from_bytes(blob, &files);
            files::read_any(blob);
            let _ = postcard::from_bytes::<go_flow::PackageContracts>(blob);
        };
        look(bytes);
        let tool = of_bytes(BUILD.as_bytes());
        let _ = Image::read(bytes.to_vec(), &tool);
        // With the right mark and checksum, the rest is up to them.
        if let Some(image) = Image::read(image::sealed(&tool, bytes), &tool) {
            for (_, blob, _) in image.entries() {
                look(blob);
            }
        }
    }
}
