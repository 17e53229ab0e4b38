//! What the file system says of a file, from which follows that its content has not changed.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A file that changed less than this before it was looked at may change again without a difference
/// in its times: some file systems keep only even seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// Size, times and identity of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Stamp {
    size: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, u32),
    /// Of the file's entry: programs cannot set it.
    changed: (i64, u32),
    device: u64,
    inode: u64,
}

impl Stamp {
    /// The stamp of a file with these metadata.
    pub(crate) fn of(metadata: &Metadata) -> Option<Self> {
        let modified = since_epoch(metadata.modified().ok()?)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Some(Self {
                size: metadata.len(),
                modified,
                changed: (metadata.ctime(), u32::try_from(metadata.ctime_nsec()).ok()?),
                device: metadata.dev(),
                inode: metadata.ino(),
            })
        }
        #[cfg(not(unix))]
        Some(Self {
            size: metadata.len(),
            modified,
            changed: (0, 0),
            device: 0,
            inode: 0,
        })
    }

    /// Whether the file had been left alone for long enough, at `now`, for the next change to show.
    pub(crate) fn is_settled(&self, now: SystemTime) -> bool {
        let limit = now.checked_sub(SETTLED).and_then(since_epoch);
        limit.is_some_and(|limit| self.modified.max(self.changed) < limit)
    }
}

fn since_epoch(time: SystemTime) -> Option<(i64, u32)> {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => Some((i64::try_from(after.as_secs()).ok()?, after.subsec_nanos())),
        Err(before) => Some((
            -i64::try_from(before.duration().as_secs()).ok()? - 1,
            before.duration().subsec_nanos(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_just_been_written_is_not_settled() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.go");
        std::fs::write(&path, "package a").expect("written");
        let stamp = || Stamp::of(&path.metadata().expect("there")).expect("it has times");
        let before = stamp();
        let now = SystemTime::now();
        assert!(!before.is_settled(now));
        assert!(before.is_settled(now + SETTLED + Duration::from_secs(1)));
        std::fs::write(&path, "package ab").expect("written");
        assert_ne!(stamp(), before);
    }
}
