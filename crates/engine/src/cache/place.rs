//! Where the cache is on the disk: a folder that is marked as ours, with a file for each working
//! folder. The mark is that of <https://bford.info/cachedir/>, which backup programs know.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::atomic::write_atomically;

const TAG: &str = "CACHEDIR.TAG";
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This folder is a cache of deferscope; `deferscope clean` removes it.\n";
/// The end of the names of our files.
const SUFFIX: &str = "dfrs";
/// The start of the names of files that are being written.
const UNFINISHED: &str = ".deferscope-";
/// The cache is kept below this size.
const LARGEST: u64 = 1 << 30;
/// What is being written for longer than this is not written any more.
const ABANDONED: Duration = Duration::from_hours(1);
/// A file that is used is marked as such when the last mark is older than this.
const FRESH: Duration = Duration::from_hours(6);

/// The folder of the cache could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It cannot be read, made or written to.
    #[error("cannot use the cache in {}: {source}\n  help: name another folder with --cache-dir, or use --no-cache", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} is no cache of deferscope: there is no {TAG} of ours in it\n  help: name an empty folder, or one that does not exist yet", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
}

/// What was removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cleaned {
    /// How many files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

fn error(path: &Path) -> impl Fn(io::Error) -> CacheError {
    let path = path.to_path_buf();
    move |source| CacheError::Io {
        path: path.clone(),
        source,
    }
}

/// The file for a name.
pub(super) fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension(SUFFIX)
}

/// Makes the folder, or sees that it is ours.
pub(super) fn prepare(folder: &Path) -> Result<(), CacheError> {
    if is_ours(folder) {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(error(folder))?;
    if fs::read_dir(folder)
        .map_err(error(folder))?
        .next()
        .is_some()
        && !is_ours(folder)
    {
        return Err(CacheError::NotOurs {
            path: folder.to_path_buf(),
        });
    }
    write_atomically(&folder.join(TAG), |out| out.write_all(TAG_TEXT.as_bytes()))
        .map_err(|failed| error(folder)(failed.source))
}

fn is_ours(folder: &Path) -> bool {
    fs::read(folder.join(TAG)).is_ok_and(|text| text == TAG_TEXT.as_bytes())
}

/// Writes a file of the cache, all of it or nothing, and makes room for it.
pub(super) fn write(folder: &Path, file: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    prepare(folder)?;
    write_atomically(file, |out| out.write_all(bytes))
        .map_err(|failed| error(folder)(failed.source))?;
    shrink(folder, LARGEST);
    Ok(())
}

/// Says that a file was of use, so that it outlives others.
pub(super) fn mark_used(file: &Path) {
    let used = || -> io::Result<()> {
        let handle = File::options().append(true).open(file)?;
        let now = SystemTime::now();
        let last = handle.metadata()?.modified()?;
        if now.duration_since(last).is_ok_and(|age| age > FRESH) {
            handle.set_modified(now)?;
        }
        Ok(())
    };
    // A cache that cannot be written to is of use all the same.
    let _ = used();
}

/// Our files in a folder, with what the file system says of them.
fn ours(folder: &Path) -> io::Result<Vec<(PathBuf, fs::Metadata)>> {
    let entries = fs::read_dir(folder)?.flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_cache = name
            .strip_suffix(SUFFIX)
            .and_then(|name| name.strip_suffix('.'))
            .is_some_and(|name| name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()));
        is_cache || name.starts_with(UNFINISHED)
    });
    Ok(entries
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .filter(|(_, metadata)| metadata.is_file())
        .collect())
}

/// Removes what was left unfinished, and the files that were not used for longest until the rest is
/// within `limit`.
fn shrink(folder: &Path, limit: u64) {
    let Ok(files) = ours(folder) else {
        return;
    };
    let now = SystemTime::now();
    let mut kept = Vec::new();
    for (path, metadata) in files {
        let modified = metadata.modified().unwrap_or(now);
        let unfinished = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
        if !unfinished {
            kept.push((modified, path, metadata.len()));
        } else if now
            .duration_since(modified)
            .is_ok_and(|age| age > ABANDONED)
        {
            let _ = fs::remove_file(path);
        }
    }
    kept.sort();
    let mut total: u64 = kept.iter().map(|(_, _, size)| size).sum();
    // The newest is the one that has just been written.
    let newest = kept.pop();
    for (_, path, size) in kept {
        if total <= limit {
            break;
        }
        if fs::remove_file(path).is_ok() {
            total -= size;
        }
    }
    drop(newest);
}

/// Removes a cache.
///
/// # Errors
///
/// When the folder is not ours, or something in it cannot be removed. A folder that does not exist
/// is clean.
pub fn clean(folder: &Path) -> Result<Cleaned, CacheError> {
    if !folder.exists() {
        return Ok(Cleaned::default());
    }
    if !is_ours(folder) {
        return Err(CacheError::NotOurs {
            path: folder.to_path_buf(),
        });
    }
    let mut cleaned = Cleaned::default();
    for (path, metadata) in ours(folder).map_err(error(folder))? {
        fs::remove_file(&path).map_err(error(&path))?;
        cleaned.files += 1;
        cleaned.bytes += metadata.len();
    }
    fs::remove_file(folder.join(TAG)).map_err(error(folder))?;
    // Whatever else is in the folder is somebody else's, and stays.
    let _ = fs::remove_dir(folder);
    Ok(cleaned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = [
        "00000000000000000000000000000001",
        "00000000000000000000000000000002",
        "00000000000000000000000000000003",
    ];

    #[test]
    fn a_folder_of_others_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let note = folder.path().join("note.txt");
        fs::write(&note, "mine").expect("written");
        let target = file(folder.path(), NAMES[0]);
        assert!(matches!(
            write(folder.path(), &target, b"x"),
            Err(CacheError::NotOurs { .. })
        ));
        assert!(matches!(
            clean(folder.path()),
            Err(CacheError::NotOurs { .. })
        ));
        assert!(note.exists() && !target.exists());
    }

    #[test]
    fn a_clean_removes_our_files_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = folder.path().join("a/cache");
        assert_eq!(clean(&cache).expect("clean"), Cleaned::default());
        write(&cache, &file(&cache, NAMES[0]), b"four").expect("written");
        let other = cache.join("other.dfrs");
        fs::write(&other, "mine").expect("written");
        let cleaned = clean(&cache).expect("clean");
        assert_eq!(cleaned, Cleaned { files: 1, bytes: 4 });
        assert!(other.exists());
        fs::remove_file(other).expect("removed");
        assert!(clean(&cache).is_err(), "the mark is gone");
    }

    #[test]
    fn the_oldest_make_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = folder.path().join("cache");
        let old = SystemTime::now() - Duration::from_hours(100);
        for (age, name) in NAMES.iter().enumerate() {
            let path = file(&cache, name);
            write(&cache, &path, &[0; 100]).expect("written");
            let time = old + Duration::from_hours(age as u64);
            let handle = File::options().append(true).open(&path).expect("there");
            handle.set_modified(time).expect("set");
        }
        mark_used(&file(&cache, NAMES[0]));
        let abandoned = cache.join(".deferscope-abc");
        fs::write(&abandoned, "x").expect("written");
        let handle = File::options()
            .append(true)
            .open(&abandoned)
            .expect("there");
        handle.set_modified(old).expect("set");
        shrink(&cache, 250);
        let there = NAMES.map(|name| file(&cache, name).exists());
        assert_eq!(there, [true, false, true], "the second is the oldest now");
        assert!(!abandoned.exists());
        shrink(&cache, 0);
        assert!(file(&cache, NAMES[0]).exists(), "the newest stays");
    }
}
