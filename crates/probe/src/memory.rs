//! Memory of somebody else: read by address, by few calls, and remembered.
//!
//! Where the bytes come from (a process, a core file, a test) is a [`Memory`]'s matter. Bytes that cannot be
//! read are an error, never zeros.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

/// Why bytes could not be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unreadable {
    /// Nothing is there.
    #[error("nothing is mapped at {address:#x}")]
    Unmapped {
        /// The address.
        address: u64,
    },
    /// The process is gone.
    #[error("the process is gone")]
    Gone,
    /// We may not.
    #[error("reading its memory is not permitted")]
    Denied,
}

/// Bytes that are wanted, and then had.
#[derive(Debug)]
pub struct Piece<'b> {
    /// Where they are.
    pub address: u64,
    /// Where they go.
    pub bytes: &'b mut [u8],
    /// Whether all of them were read.
    pub done: bool,
}

/// Something with addresses and bytes.
pub trait Memory: std::fmt::Debug {
    /// Fills `bytes` with what is at `address`, all of it or none.
    fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), Unreadable>;

    /// Reads many pieces; those that can be read are [`Piece::done`].
    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        for piece in pieces {
            piece.done = self.read(piece.address, piece.bytes).is_ok();
        }
    }
}

/// Memory that answers from what was copied before, if it can.
///
/// It shows the past: make a new one to look again.
pub struct Copied<'m> {
    memory: &'m dyn Memory,
    /// What was fetched in advance: start and bytes, by address, none overlapping.
    ranges: Vec<(u64, Vec<u8>)>,
    /// What was fetched when it was asked for: blocks of [`BLOCK`] bytes.
    blocks: RefCell<FxHashMap<u64, Option<Box<[u8]>>>>,
}

impl std::fmt::Debug for Copied<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copied")
            .field("ranges", &self.ranges.len())
            .field("blocks", &self.blocks.borrow().len())
            .finish_non_exhaustive()
    }
}

/// What is read at once when a few bytes of it are asked for: lists of records lie close together.
const BLOCK: u64 = 4096;
/// Ranges that are closer than this are fetched as one: the kernel finds the pages of a piece in about the time
/// in which it copies so many bytes.
const GAP: u64 = 4096;
/// No range is longer, so that one page that is missing does not spoil much.
const LONGEST: u64 = 256 << 10;

impl<'m> Copied<'m> {
    /// Nothing copied yet.
    #[must_use]
    pub fn of(memory: &'m dyn Memory) -> Self {
        Self {
            memory,
            ranges: Vec::new(),
            blocks: RefCell::default(),
        }
    }

    /// Copies ranges (start and end) in few calls.
    pub fn fetch(&mut self, mut wanted: Vec<(u64, u64)>) {
        wanted.retain(|(start, end)| start < end && end - start <= LONGEST);
        let mut ranges: Vec<_> = merge(wanted)
            .into_iter()
            .filter_map(|(start, end)| Some((start, vec![0; usize::try_from(end - start).ok()?])))
            .collect();
        let done = read_all(self.memory, &mut ranges);
        let mut done = done.into_iter();
        ranges.retain(|_| done.next() == Some(true));
        self.ranges.append(&mut ranges);
        self.ranges.sort_by_key(|(start, _)| *start);
    }

    /// Copies again what was fetched, to the same places: they need not come into being any more. What was
    /// asked for besides is forgotten.
    pub(crate) fn refresh(&mut self) {
        self.blocks.get_mut().clear();
        let done = read_all(self.memory, &mut self.ranges);
        let mut done = done.into_iter();
        self.ranges.retain(|_| done.next() == Some(true));
    }

    /// Calls `with` with the bytes from `address` on; gives nothing where they cannot be read.
    pub(crate) fn with<T>(
        &self,
        address: u64,
        len: usize,
        with: impl FnOnce(&[u8]) -> T,
    ) -> Option<T> {
        self.bytes(address, len, with)
    }

    fn bytes<T>(&self, address: u64, len: usize, with: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let at = self.ranges.partition_point(|(start, _)| *start <= address);
        if let Some((start, bytes)) = at.checked_sub(1).and_then(|at| self.ranges.get(at))
            && let Some(found) = usize::try_from(address - start)
                .ok()
                .and_then(|offset| bytes.get(offset..)?.get(..len))
        {
            return Some(with(found));
        }
        let block = address / BLOCK * BLOCK;
        let offset = usize::try_from(address - block).ok()?;
        if offset + len > usize::try_from(BLOCK).ok()? {
            let mut bytes = vec![0; len];
            self.memory.read(address, &mut bytes).ok()?;
            return Some(with(&bytes));
        }
        let mut blocks = self.blocks.borrow_mut();
        let bytes = blocks.entry(block).or_insert_with(|| {
            let mut bytes = vec![0; usize::try_from(BLOCK).unwrap_or(0)];
            let read = self.memory.read(block, &mut bytes);
            read.is_ok().then(|| bytes.into_boxed_slice())
        });
        if let Some(bytes) = bytes {
            return bytes.get(offset..offset + len).map(with);
        }
        // Not all of the block is there; perhaps this is.
        let mut bytes = vec![0; len];
        self.memory.read(address, &mut bytes).ok()?;
        Some(with(&bytes))
    }

    /// What was fetched in advance around an address: where it starts, and its bytes.
    pub(crate) fn range_at(&self, address: u64) -> Option<(u64, &[u8])> {
        let at = self.ranges.partition_point(|(start, _)| *start <= address);
        let (start, bytes) = self.ranges.get(at.checked_sub(1)?)?;
        Some((*start, bytes))
    }

    /// The number of 64 bits at `address`.
    #[must_use]
    pub fn word(&self, address: u64) -> Option<u64> {
        self.bytes(address, 8, |bytes| bytes.first_chunk().copied())?
            .map(u64::from_le_bytes)
    }

    /// The byte at `address`.
    #[must_use]
    pub fn byte(&self, address: u64) -> Option<u8> {
        self.bytes(address, 1, |bytes| bytes.first().copied())?
    }

    /// `len` bytes at `address`.
    #[must_use]
    pub fn copy(&self, address: u64, len: usize) -> Option<Vec<u8>> {
        self.bytes(address, len, <[u8]>::to_vec)
    }

    /// The longest range that [`Self::fetch`] takes.
    pub(crate) const LONGEST: u64 = LONGEST;
}

/// Ranges in order, those that are close together made one.
fn merge(mut wanted: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    wanted.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (start, end) in wanted {
        match merged.last_mut() {
            Some(last) if start <= last.1.saturating_add(GAP) && end - last.0 <= LONGEST => {
                last.1 = last.1.max(end);
            }
            // What overlaps is not copied twice.
            Some(last) if start < last.1 => {
                if end > last.1 {
                    let start = last.1;
                    merged.push((start, end));
                }
            }
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// Fills ranges; which of them could be read.
fn read_all(memory: &dyn Memory, ranges: &mut [(u64, Vec<u8>)]) -> Vec<bool> {
    let mut pieces: Vec<_> = ranges
        .iter_mut()
        .map(|(address, bytes)| Piece {
            address: *address,
            bytes,
            done: false,
        })
        .collect();
    memory.read_many(&mut pieces);
    pieces.into_iter().map(|piece| piece.done).collect()
}

/// Memory that tests make up.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) bytes: RefCell<std::collections::BTreeMap<u64, u8>>,
    pub(crate) reads: std::cell::Cell<usize>,
}

#[cfg(test)]
impl Fake {
    pub(crate) fn put(&self, address: u64, bytes: &[u8]) {
        let bytes = (address..).zip(bytes.iter().copied());
        self.bytes.borrow_mut().extend(bytes);
    }
}

#[cfg(test)]
impl Memory for Fake {
    fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), Unreadable> {
        self.reads.set(self.reads.get() + 1);
        for (at, byte) in (address..).zip(bytes) {
            let found = self.bytes.borrow().get(&at).copied();
            *byte = found.ok_or(Unreadable::Unmapped { address: at })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fetched_is_not_read_again() {
        let fake = Fake::default();
        fake.put(0x1000, &[7; 64]);
        let mut copied = Copied::of(&fake);
        copied.fetch(vec![(0x1000, 0x1010), (0x1020, 0x1040)]);
        assert_eq!(fake.reads.get(), 1, "they are close together");
        assert_eq!(copied.word(0x1038), Some(0x0707_0707_0707_0707));
        assert_eq!(fake.reads.get(), 1);
    }

    #[test]
    fn what_is_not_there_is_nothing() {
        let fake = Fake::default();
        fake.put(0x1000, &[7; 12]);
        let mut copied = Copied::of(&fake);
        copied.fetch(vec![(0x0, 0x40)]);
        assert_eq!(copied.word(0x1000), Some(0x0707_0707_0707_0707));
        assert_eq!(copied.word(0x1008), None, "not all of it is there");
        assert_eq!(copied.byte(0x100b), Some(7));
        assert_eq!(copied.word(0), None);
        assert_eq!(copied.word(u64::MAX - 3), None);
    }

    #[test]
    fn what_is_refreshed_is_what_is_there_now() {
        let fake = Fake::default();
        fake.put(0x1000, &[7; 0x2000]);
        let mut copied = Copied::of(&fake);
        copied.fetch(vec![(0x1000, 0x1040)]);
        assert_eq!(copied.byte(0x1000).zip(copied.byte(0x2000)), Some((7, 7)));
        fake.put(0x1000, &[8; 0x2000]);
        assert_eq!(copied.byte(0x1000).zip(copied.byte(0x2000)), Some((7, 7)));
        copied.refresh();
        assert_eq!(copied.byte(0x1000).zip(copied.byte(0x2000)), Some((8, 8)));
        fake.bytes.borrow_mut().clear();
        copied.refresh();
        assert_eq!((copied.byte(0x1000), copied.byte(0x2000)), (None, None));
    }

    #[test]
    fn ranges_that_overlap_are_read_once() {
        let fake = Fake::default();
        fake.put(0, &vec![1; 0x100_000]);
        let mut copied = Copied::of(&fake);
        copied.fetch(vec![(0, LONGEST), (LONGEST - 8, LONGEST + 64)]);
        let len: usize = copied.ranges.iter().map(|(_, bytes)| bytes.len()).sum();
        assert_eq!(len as u64, LONGEST + 64);
        assert!(copied.word(LONGEST - 8).is_some() && copied.word(LONGEST + 8).is_some());
    }
}
