//! Where the open-coded defers of a function are on its stack.
//!
//! The compiler leaves a few numbers of variable length (`FUNCDATA_OpenCodedDeferInfo`), all of them
//! distances below the frame's variables (`varp` in the runtime, the word below the return address, or below
//! the caller's stack pointer on arm64):
//!
//! - Go 1.18 to 1.21: the byte of bits, the number of defers, and the slot of each, the last first.
//! - Go 1.22 and later: the byte of bits, and the slot of the first. The others follow it upwards; the
//!   slots are the topmost variables of the frame, which tells how many there are.

use crate::varint;
use crate::version::Version;

/// The compiler gives up open-coding at more.
const MAX_DEFERS: u32 = 8;

/// Where the open-coded defers of a function are on its stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenDefers {
    /// How far below `varp` the byte is whose bits tell which defers are pending.
    pub bits: u32,
    /// How far below `varp` the closures are, in the order of the source.
    pub slots: Vec<u32>,
}

impl OpenDefers {
    /// Reads what the compiler left.
    pub(crate) fn read(data: &[u8], release: Version) -> Option<Self> {
        let mut rest = data;
        let bits = varint::unsigned32(&mut rest)?;
        let number = varint::unsigned32(&mut rest)?;
        let slots = if release < Version::new(22) {
            if number == 0 || number > MAX_DEFERS {
                return None;
            }
            let mut slots = (0..number)
                .map(|_| varint::unsigned32(&mut rest))
                .collect::<Option<Vec<_>>>()?;
            slots.reverse();
            slots
        } else {
            let count = number / 8;
            if number % 8 != 0 || count == 0 || count > MAX_DEFERS {
                return None;
            }
            (0..count).map(|slot| number - slot * 8).collect()
        };
        Some(Self { bits, slots })
    }

    /// The distance of a slot, or of the bits, from the stack pointer, where the stack pointer is
    /// `delta` below its value on entry. On amd64 and arm64 alike.
    #[must_use]
    pub const fn from_stack_pointer(distance: u32, delta: i32) -> i64 {
        delta as i64 - 8 - distance as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_are_read() {
        let old = OpenDefers::read(&[9, 2, 24, 32], Version::new(21));
        let slots = |read: Option<OpenDefers>| read.map(|read| read.slots);
        assert_eq!(slots(old), Some(vec![32, 24]), "the last comes first");
        let new = OpenDefers::read(&[17, 16], Version::new(22));
        assert_eq!(slots(new), Some(vec![16, 8]));
    }

    #[test]
    fn nonsense_is_nothing() {
        assert_eq!(OpenDefers::read(&[9, 9], Version::new(21)), None);
        assert_eq!(OpenDefers::read(&[9, 0], Version::new(27)), None);
        assert_eq!(OpenDefers::read(&[9, 13], Version::new(27)), None);
        assert_eq!(OpenDefers::read(&[0x80], Version::new(27)), None);
    }
}
