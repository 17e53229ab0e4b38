//! What is kept for one working folder: entries of earlier runs, and those that this run adds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::digest::Digest;
use super::image::{self, Image};

/// An entry that so many writing runs had no use for is dropped. Other settings and patterns have
/// entries of their own, which should survive a while.
const KEPT_RUNS: u32 = 24;
/// A file is not written larger than this; what was not used lately goes first.
const LARGEST: usize = 256 << 20;

/// The entries of one file.
#[derive(Debug)]
pub(crate) struct Store {
    tool: Digest,
    image: Image,
    added: Mutex<FxHashMap<Digest, Vec<u8>>>,
    used: Mutex<FxHashSet<Digest>>,
    changed: AtomicBool,
}

impl Store {
    pub(crate) fn new(tool: Digest, image: Image) -> Self {
        Self {
            tool,
            image,
            added: Mutex::default(),
            used: Mutex::default(),
            changed: AtomicBool::new(false),
        }
    }

    /// Whether no earlier run left anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.image.entries().next().is_none()
    }

    /// What an earlier run kept under a key.
    pub(crate) fn get(&self, key: &Digest) -> Option<&[u8]> {
        let blob = self.image.get(key)?;
        lock(&self.used).insert(*key);
        Some(blob)
    }

    /// Keeps something, instead of what was kept under the key.
    pub(crate) fn put(&self, key: Digest, blob: Vec<u8>) {
        self.changed.store(true, Ordering::Relaxed);
        lock(&self.added).insert(key, blob);
    }

    /// The bytes of a file with everything that is worth keeping, if that is not what was read.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        if !self.changed.load(Ordering::Relaxed) {
            return None;
        }
        let run = self.image.run.wrapping_add(1);
        let (added, used) = (lock(&self.added), lock(&self.used));
        let mut entries: Vec<(Digest, &[u8], u32)> = added
            .iter()
            .map(|(key, blob)| (*key, blob.as_slice(), run))
            .collect();
        entries.extend(
            self.image
                .entries()
                .filter(|(key, _, _)| !added.contains_key(*key))
                .map(|(key, blob, last)| (*key, blob, if used.contains(key) { run } else { last }))
                .filter(|(_, _, last)| run.wrapping_sub(*last) < KEPT_RUNS),
        );
        // In an order that says nothing of hash tables, and the newest first.
        entries.sort_unstable_by_key(|&(key, _, last)| (std::cmp::Reverse(last), key));
        let mut total = 0_usize;
        entries.retain(|(_, blob, _)| {
            total = total.saturating_add(blob.len());
            total <= LARGEST
        });
        Some(image::write(self.tool, run, &entries))
    }
}

/// Locks what stays whole whatever happens to who holds the lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: Digest = [7; 16];

    fn reopened(store: &Store) -> Store {
        let bytes = store.to_bytes().expect("something changed");
        Store::new(TOOL, Image::read(bytes, &TOOL).expect("an image"))
    }

    #[test]
    fn what_is_used_stays_and_the_rest_goes_in_time() {
        let first = Store::new(TOOL, Image::default());
        first.put([1; 16], b"used".to_vec());
        first.put([2; 16], b"idle".to_vec());
        let mut store = reopened(&first);
        assert!(store.to_bytes().is_none(), "nothing changed");
        for round in 0..KEPT_RUNS {
            assert_eq!(store.get(&[1; 16]), Some(&b"used"[..]), "{round}");
            store.put([3; 16], vec![0]);
            store = reopened(&store);
        }
        assert!(store.get(&[1; 16]).is_some());
        assert!(store.get(&[2; 16]).is_none());
        assert!(!store.is_empty());
    }
}
