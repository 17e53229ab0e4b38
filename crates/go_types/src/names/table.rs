//! A hash table from names to indices that stores no names: the caller knows the name of an index.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Names to indices, at most one index for each name. Open addressing, never more than half full.
#[derive(Debug, Default)]
pub(crate) struct NameTable {
    /// Indices plus one; zero where there is none. The length is zero or a power of two.
    slots: Box<[u32]>,
}

impl NameTable {
    /// A table for at most `count` names.
    pub(crate) fn with_capacity(count: usize) -> Self {
        let len = if count == 0 {
            0
        } else {
            (count * 2).next_power_of_two()
        };
        Self {
            slots: vec![0; len].into_boxed_slice(),
        }
    }

    /// Enters `name` with `index`, unless the name is there already.
    pub(crate) fn insert_if_absent<'a>(
        &mut self,
        name: &str,
        index: u32,
        name_of: impl Fn(u32) -> &'a str,
    ) {
        if let Err(slot) = self.probe(name, name_of)
            && let Some(slot) = self.slots.get_mut(slot)
        {
            *slot = index + 1;
        }
    }

    /// The index entered with `name`.
    pub(crate) fn find<'a>(&self, name: &str, name_of: impl Fn(u32) -> &'a str) -> Option<u32> {
        self.probe(name, name_of).ok()
    }

    /// The index entered with `name`, or the free slot where it belongs.
    fn probe<'a>(&self, name: &str, name_of: impl Fn(u32) -> &'a str) -> Result<u32, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mask = self.slots.len() - 1;
        let hash = hash(name);
        let mut slot = (hash ^ (hash >> 32)) as usize & mask;
        loop {
            match self.slots[slot].checked_sub(1) {
                None => return Err(slot),
                Some(index) if name_of(index) == name => return Ok(index),
                Some(_) => slot = (slot + 1) & mask,
            }
        }
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_entered_first() {
        let names = ["a", "b", "a", "", "längeres"];
        let mut table = NameTable::with_capacity(names.len());
        for (index, name) in (0..).zip(names) {
            table.insert_if_absent(name, index, |index| names[index as usize]);
        }
        let find = |name| table.find(name, |index| names[index as usize]);
        assert_eq!(find("a"), Some(0));
        assert_eq!(find("b"), Some(1));
        assert_eq!(find(""), Some(3));
        assert_eq!(find("längeres"), Some(4));
        assert_eq!(find("c"), None);
    }

    #[test]
    fn an_empty_table_finds_nothing() {
        assert_eq!(NameTable::default().find("a", |_| "a"), None);
        assert_eq!(NameTable::with_capacity(0).find("a", |_| "a"), None);
    }

    #[test]
    fn many_names() {
        let names: Vec<String> = (0..5000).map(|index| format!("name{index}")).collect();
        let mut table = NameTable::with_capacity(names.len());
        for (index, name) in (0..).zip(&names) {
            table.insert_if_absent(name, index, |index| &names[index as usize]);
        }
        for (index, name) in (0..).zip(&names) {
            assert_eq!(
                table.find(name, |index| &names[index as usize]),
                Some(index)
            );
        }
        assert_eq!(table.find("name5000", |index| &names[index as usize]), None);
    }
}
