//! Walking a goroutine's stack with the table of functions.

use go_binary::Arch;

use crate::memory::Copied;
use crate::target::{At, Kind, Target};

/// A frame: an instruction and where the stack pointer was then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The address in the file.
    pub(crate) pc: u64,
    /// Whether a call comes back to that address, rather than that it comes next.
    pub(crate) returned: bool,
    pub(crate) sp: u64,
    pub(crate) at: At,
}

/// An instruction that a stack is walked from, and the stack pointer there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    /// The address in memory.
    pub(crate) pc: u64,
    pub(crate) sp: u64,
    /// Whether a call comes back to that address, rather than that it comes next.
    pub(crate) returned: bool,
}

impl Position {
    /// What the runtime saved. What parks a goroutine saves where it comes back to.
    pub(crate) const fn saved((pc, sp): (u64, u64)) -> Self {
        Self {
            pc,
            sp,
            returned: false,
        }
    }
}

/// A recursion may be as deep as this; Go gives a stack at most 1 GB.
const DEEPEST: usize = 1 << 24;

/// The stack of a goroutine, read once.
pub(crate) struct Stack<'c> {
    copied: &'c Copied<'c>,
    /// What was copied of it in advance.
    start: u64,
    bytes: &'c [u8],
    bounds: (u64, u64),
}

impl<'c> Stack<'c> {
    pub(crate) fn new(copied: &'c Copied<'_>, sp: u64, bounds: (u64, u64)) -> Self {
        let (start, bytes) = copied.range_at(sp).unwrap_or_default();
        Self {
            copied,
            start,
            bytes,
            bounds,
        }
    }

    /// Whether an address is within the stack.
    pub(crate) const fn holds(&self, address: u64) -> bool {
        self.bounds.0 <= address && address < self.bounds.1
    }

    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        if !self.holds(address) {
            return None;
        }
        let offset = address.checked_sub(self.start);
        let found = offset
            .and_then(|offset| usize::try_from(offset).ok())
            .and_then(|offset| self.bytes.get(offset..)?.first_chunk());
        match found {
            Some(bytes) => Some(u64::from_le_bytes(*bytes)),
            None => self.copied.word(address),
        }
    }

    pub(crate) fn byte(&self, address: u64) -> Option<u8> {
        if !self.holds(address) {
            return None;
        }
        let offset = address.checked_sub(self.start);
        let found = offset
            .and_then(|offset| usize::try_from(offset).ok())
            .and_then(|offset| self.bytes.get(offset));
        found.copied().or_else(|| self.copied.byte(address))
    }

    /// Calls `visit` with each frame, the innermost first. Whether the end was reached.
    pub(crate) fn walk(
        &self,
        target: &Target<'_>,
        from: Position,
        visit: &mut dyn FnMut(&Frame),
    ) -> bool {
        let (mut pc, mut sp) = (from.pc.wrapping_sub(target.bias), from.sp);
        let mut returned = from.returned;
        for _ in 0..DEEPEST {
            if !self.holds(sp) {
                return false;
            }
            let Some(at) = target.at(pc, returned) else {
                return false;
            };
            visit(&Frame {
                pc,
                returned,
                sp,
                at,
            });
            if at.kind == Kind::Outermost {
                return true;
            }
            let Some(entry_sp) = sp.checked_add_signed(at.delta.into()) else {
                return false;
            };
            let (place, next) = match target.binary.image().arch() {
                Arch::Amd64 => (entry_sp, entry_sp + 8),
                Arch::Arm64 => (sp, entry_sp),
            };
            let Some(caller) = self.word(place) else {
                // Above the first function of a goroutine there is nothing.
                return false;
            };
            if next <= sp {
                return false;
            }
            (pc, sp) = (caller.wrapping_sub(target.bias), next);
            returned = at.kind != Kind::Interrupt;
        }
        false
    }
}
