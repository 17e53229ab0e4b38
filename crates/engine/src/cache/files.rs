//! What is known of files: their heads and the digests of their contents, as long as the file system
//! says that they are the same. Kept by folder.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use go_project::header::Header;
use go_project::{KnownFiles, KnownFolder};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::digest::{Digest, Digester, of_bytes};
use super::image::Blob;
use super::stamp::Stamp;
use super::store::{Store, lock};

/// A file, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    name: Blob<'a>,
    stamp: Stamp,
    digest: Option<Digest>,
    #[serde(borrow)]
    head: Blob<'a>,
}

/// A file, as this run met it.
#[derive(Debug)]
struct Met {
    name: Box<[u8]>,
    /// Absent when the file is too young to be recognised later.
    stamp: Option<Stamp>,
    digest: Option<Digest>,
    head: Option<Box<[u8]>>,
    /// Whether the kept record says all of this already.
    is_kept: bool,
}

#[derive(Debug, Default)]
struct Folder {
    /// Sorted by name.
    files: Vec<Met>,
    /// How many files the kept record has.
    kept: usize,
}

impl Folder {
    fn find(&mut self, name: &[u8]) -> Option<&mut Met> {
        let at = self
            .files
            .binary_search_by(|met| (*met.name).cmp(name))
            .ok()?;
        self.files.get_mut(at)
    }

    fn add(&mut self, met: Met) {
        match self
            .files
            .binary_search_by(|known| known.name.cmp(&met.name))
        {
            // Scanned a second time: what the first one found stands.
            Ok(_) => {}
            Err(at) => self.files.insert(at, met),
        }
    }
}

/// The files of a run.
#[derive(Debug)]
pub(crate) struct Files {
    store: Arc<Store>,
    now: SystemTime,
    /// Files whose content is not that on the disk, and the digest of what it is.
    given: FxHashMap<PathBuf, Digest>,
    folders: Mutex<FxHashMap<PathBuf, Arc<Mutex<Folder>>>>,
    /// Whether a file was read with two contents: then no result is to be kept.
    is_torn: AtomicBool,
}

impl Files {
    pub(crate) fn new(store: Arc<Store>, given: FxHashMap<PathBuf, Digest>) -> Self {
        Self {
            store,
            now: SystemTime::now(),
            given,
            folders: Mutex::default(),
            is_torn: AtomicBool::new(false),
        }
    }

    /// Whether a file changed while it was being looked at.
    pub(crate) fn is_torn(&self) -> bool {
        self.is_torn.load(Ordering::Relaxed)
    }

    fn folder_at(&self, dir: &Path) -> Arc<Mutex<Folder>> {
        let mut folders = lock(&self.folders);
        if let Some(known) = folders.get(dir) {
            return Arc::clone(known);
        }
        Arc::clone(folders.entry(dir.to_path_buf()).or_default())
    }

    /// The digests of files of a folder; nothing when one of them cannot be read.
    pub(crate) fn digests<'n>(
        &self,
        dir: &Path,
        names: impl Iterator<Item = &'n OsStr>,
    ) -> Option<Vec<Digest>> {
        let folder = self.folder_at(dir);
        names.map(|name| self.digest(&folder, dir, name)).collect()
    }

    fn digest(&self, folder: &Mutex<Folder>, dir: &Path, name: &OsStr) -> Option<Digest> {
        if !self.given.is_empty()
            && let Some(digest) = self.given.get(&dir.join(name))
        {
            return Some(*digest);
        }
        let known = lock(folder)
            .find(name.as_encoded_bytes())
            .and_then(|met| met.digest);
        known.or_else(|| {
            let digest = read_digest(&dir.join(name)).ok()?;
            self.note(folder, name, digest);
            Some(digest)
        })
    }

    /// A file has this content.
    fn note(&self, folder: &Mutex<Folder>, name: &OsStr, digest: Digest) {
        let mut folder = lock(folder);
        let name = name.as_encoded_bytes();
        match folder.find(name) {
            Some(met) => match met.digest {
                Some(known) if known == digest => {}
                Some(_) => self.is_torn.store(true, Ordering::Relaxed),
                None => {
                    met.digest = Some(digest);
                    met.is_kept = false;
                }
            },
            None => folder.add(Met {
                name: name.into(),
                stamp: None,
                digest: Some(digest),
                head: None,
                is_kept: false,
            }),
        }
    }

    /// Keeps what has been learnt.
    pub(crate) fn save(&self) {
        for (dir, folder) in lock(&self.folders).iter() {
            let folder = lock(folder);
            let records: Vec<Record<'_>> = folder
                .files
                .iter()
                .filter_map(|met| {
                    Some(Record {
                        name: Blob(&met.name),
                        stamp: met.stamp?,
                        digest: met.digest,
                        head: Blob(met.head.as_deref()?),
                    })
                })
                .collect();
            let news = folder
                .files
                .iter()
                .any(|met| !met.is_kept && met.stamp.is_some());
            if !news && records.len() == folder.kept {
                continue;
            }
            if let Ok(blob) = postcard::to_stdvec(&records) {
                self.store.put(key(dir), blob);
            }
        }
    }
}

fn key(dir: &Path) -> Digest {
    Digester::new("folder")
        .bytes(dir.as_os_str().as_encoded_bytes())
        .finish()
}

/// Reads bytes as what is kept of a folder.
pub(super) fn read_any(blob: &[u8]) {
    let records: Vec<Record<'_>> = postcard::from_bytes(blob).unwrap_or_default();
    for record in records {
        let _ = postcard::from_bytes::<Header<'_>>(record.head.0);
    }
}

/// The digest of the content of a file, read piece by piece.
fn read_digest(path: &Path) -> io::Result<Digest> {
    // Most files are small, and the others are few.
    Ok(of_bytes(&std::fs::read(path)?))
}

impl KnownFiles for Files {
    fn folder<'k>(&'k self, dir: &'k Path) -> Box<dyn KnownFolder + 'k> {
        let blob = self.store.get(&key(dir));
        let records: Vec<Record<'k>> = blob
            .and_then(|blob| postcard::from_bytes(blob).ok())
            .unwrap_or_default();
        Box::new(Scan {
            files: self,
            dir,
            path: PathBuf::new(),
            met: Vec::with_capacity(records.len()),
            records,
        })
    }

    fn content(&self, path: &Path, bytes: &[u8]) {
        if self.given.contains_key(path) {
            return;
        }
        if let (Some(dir), Some(name)) = (path.parent(), path.file_name()) {
            self.note(&self.folder_at(dir), name, of_bytes(bytes));
        }
    }
}

/// A folder that is being scanned.
struct Scan<'k> {
    files: &'k Files,
    dir: &'k Path,
    path: PathBuf,
    records: Vec<Record<'k>>,
    met: Vec<Met>,
}

impl KnownFolder for Scan<'_> {
    fn head(&mut self, name: &OsStr) -> Option<Header<'_>> {
        let bytes = name.as_encoded_bytes();
        let at = self
            .records
            .binary_search_by(|record| record.name.0.cmp(bytes))
            .ok()?;
        let record = &self.records[at];
        self.path.clear();
        self.path.push(self.dir);
        self.path.push(name);
        let stamp = Stamp::of(&std::fs::metadata(&self.path).ok()?)?;
        if stamp != record.stamp {
            return None;
        }
        let header = postcard::from_bytes(record.head.0).ok()?;
        self.met.push(Met {
            name: bytes.into(),
            stamp: Some(stamp),
            digest: record.digest,
            head: Some(record.head.0.into()),
            is_kept: true,
        });
        Some(header)
    }

    fn learn(&mut self, name: &OsStr, metadata: &Metadata, header: &Header<'_>) {
        let stamp = Stamp::of(metadata).filter(|stamp| stamp.is_settled(self.files.now));
        let head = postcard::to_stdvec(header).ok();
        self.met.push(Met {
            name: name.as_encoded_bytes().into(),
            stamp,
            digest: None,
            head: head.map(Into::into),
            is_kept: false,
        });
    }
}

impl Drop for Scan<'_> {
    fn drop(&mut self) {
        let folder = self.files.folder_at(self.dir);
        let mut folder = lock(&folder);
        folder.kept = self.records.len();
        if folder.files.is_empty() {
            folder.files = std::mem::take(&mut self.met);
            folder.files.sort_by(|a, b| a.name.cmp(&b.name));
        } else {
            for met in self.met.drain(..) {
                folder.add(met);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::image::Image;
    use super::*;

    const TOOL: Digest = [7; 16];

    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).expect("written");
    }

    fn scan(files: &Files, dir: &Path) -> Option<String> {
        let mut folder = files.folder(dir);
        let name = OsStr::new("a.go");
        if let Some(header) = folder.head(name) {
            return header.package.map(|clause| clause.name.to_owned());
        }
        let path = dir.join(name);
        let metadata = path.metadata().expect("there");
        let bytes = std::fs::read(&path).expect("read");
        let header = go_project::header::scan(&bytes, true).expect("a head");
        folder.learn(name, &metadata, &header);
        None
    }

    /// A later run, to which everything seems settled.
    fn later(store: &Arc<Store>) -> Files {
        let mut files = Files::new(Arc::clone(store), FxHashMap::default());
        files.now += std::time::Duration::from_secs(3600);
        files
    }

    fn reopened(store: &Store) -> Arc<Store> {
        let bytes = store.to_bytes().expect("something changed");
        Arc::new(Store::new(
            TOOL,
            Image::read(bytes, &TOOL).expect("an image"),
        ))
    }

    #[test]
    fn a_file_is_known_until_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path();
        write(&dir.join("a.go"), "package one");
        let store = Arc::new(Store::new(TOOL, Image::default()));
        let names = || [OsStr::new("a.go")].into_iter();

        let first = later(&store);
        assert_eq!(scan(&first, dir), None);
        let digest = first.digests(dir, names()).expect("a digest");
        first.save();
        let store = reopened(&store);

        let second = later(&store);
        assert_eq!(scan(&second, dir).as_deref(), Some("one"));
        assert_eq!(second.digests(dir, names()), Some(digest.clone()));
        second.content(&dir.join("a.go"), b"package one");
        assert!(!second.is_torn());
        second.content(&dir.join("a.go"), b"package other");
        assert!(second.is_torn());
        second.save();
        assert!(store.to_bytes().is_none(), "nothing new was learnt");

        write(&dir.join("a.go"), "package three");
        let third = later(&store);
        assert_eq!(scan(&third, dir), None);
        assert_ne!(third.digests(dir, names()), Some(digest));
        assert!(
            third
                .digests(dir, [OsStr::new("b.go")].into_iter())
                .is_none(),
            "there is no such file"
        );
    }

    #[test]
    fn a_young_file_is_not_recognised() {
        let folder = tempfile::tempdir().expect("a folder");
        write(&folder.path().join("a.go"), "package one");
        let store = Arc::new(Store::new(TOOL, Image::default()));
        let files = Files::new(Arc::clone(&store), FxHashMap::default());
        assert_eq!(scan(&files, folder.path()), None);
        files.save();
        assert!(store.to_bytes().is_none());
    }
}
