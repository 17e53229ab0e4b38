//! Caches shared between threads.
//!
//! A missing value is computed outside of the lock, and the first one stored wins. Two threads may
//! compute the same value once each; in exchange nobody waits for a computation, so a thread pool
//! that runs other jobs while it waits cannot block itself. All callers see the same stored value.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

const SHARDS: usize = 16;

/// A map that only grows.
#[derive(Debug)]
pub(crate) struct Memo<K, V> {
    shards: [Mutex<FxHashMap<K, V>>; SHARDS],
}

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl<K: Hash + Eq, V: Clone> Memo<K, V> {
    fn shard<Q: Hash + ?Sized>(&self, key: &Q) -> MutexGuard<'_, FxHashMap<K, V>> {
        // A panic of another thread leaves a map that is still a map.
        self.shards[shard_of(key)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The value stored for `key`.
    pub(crate) fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.shard(key).get(key).cloned()
    }

    /// Stores `value` unless there is one, and returns the one that is stored then.
    pub(crate) fn insert(&self, key: K, value: V) -> V {
        self.shard(&key).entry(key).or_insert(value).clone()
    }
}

/// The shard for a key: high bits, because the maps use the low ones.
fn shard_of<Q: Hash + ?Sized>(key: &Q) -> usize {
    (FxBuildHasher.hash_one(key) >> 48) as usize % SHARDS
}

/// Equal strings, stored once. Import paths repeat in every file of a project.
#[derive(Debug)]
pub(crate) struct Interner {
    shards: [Mutex<FxHashSet<Arc<str>>>; SHARDS],
}

impl Default for Interner {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl Interner {
    /// The one copy of `text`.
    pub(crate) fn intern(&self, text: &str) -> Arc<str> {
        let mut shard = self.shards[shard_of(text)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shard.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        shard.insert(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_stays() {
        let memo: Memo<String, u32> = Memo::default();
        assert_eq!(memo.get("a"), None);
        assert_eq!(memo.insert("a".into(), 1), 1);
        assert_eq!(memo.insert("a".into(), 2), 1);
        assert_eq!(memo.get("a"), Some(1));
    }

    #[test]
    fn equal_strings_are_one() {
        let interner = Interner::default();
        assert!(Arc::ptr_eq(
            &interner.intern("fmt"),
            &interner.intern("fmt")
        ));
        assert_eq!(&*interner.intern("os"), "os");
    }
}
