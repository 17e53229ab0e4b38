//! Machine code, as far as defers show in it: calls of known functions, and what is stored on the
//! stack.
//!
//! A function is decoded from its first instruction to its last, so that bytes inside of an instruction are
//! never taken for one. On the way, a small model of registers and stack words follows the addresses
//! of functions into closures. It forgets everything where control flow comes together: what it
//! says of a value is true, or `Unknown`.

mod amd64;
mod arm64;
mod state;

pub(crate) use self::state::{State, Value};
use crate::image::Arch;

/// Something that an instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// It calls, or jumps out of the function to, this address.
    Call(u64),
    /// It stores eight bytes at this distance from the stack pointer.
    Store {
        /// The distance.
        at: i64,
        /// What is stored.
        value: Value,
    },
}

/// Decodes the function whose code starts at `entry`; tells `visit` the address of each instruction that
/// does something, and what is known before it does.
pub(crate) fn walk(arch: Arch, code: &[u8], entry: u64, visit: &mut dyn FnMut(u64, Event, &State)) {
    match arch {
        Arch::Amd64 => amd64::walk(code, entry, visit),
        Arch::Arm64 => arm64::walk(code, entry, visit),
    }
}

/// The addresses in `code` where a call of one of `targets` (sorted) seems to be. On amd64 some of
/// them may lie inside of other instructions.
pub(crate) fn likely_calls(arch: Arch, code: &[u8], start: u64, targets: &[u64]) -> Vec<u64> {
    match arch {
        Arch::Amd64 => amd64::likely_calls(code, start, targets),
        Arch::Arm64 => arm64::likely_calls(code, start, targets),
    }
}
