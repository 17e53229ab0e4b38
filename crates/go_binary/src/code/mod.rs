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

/// The addresses of variables that the function whose code starts at `entry` loads, in its order.
pub(crate) fn loads(arch: Arch, code: &[u8], entry: u64) -> Vec<u64> {
    match arch {
        Arch::Amd64 => amd64::loads(code, entry),
        Arch::Arm64 => arm64::loads(code, entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: u64 = 0x1000;

    fn events(arch: Arch, code: &[u8]) -> Vec<(u64, Event)> {
        let mut events = Vec::new();
        walk(arch, code, ENTRY, &mut |pc, event, _| {
            events.push((pc - ENTRY, event));
        });
        events
    }

    #[test]
    fn bytes_inside_of_an_instruction_are_no_call() {
        // mov rax, imm64 with a call of 0x1000 in the number; call 0x1000; ret
        let code = [
            &[0x48, 0xb8, 0xe8, 0xf9, 0xff, 0xff, 0xff, 0, 0, 0][..],
            &[0xe8, 0xf1, 0xff, 0xff, 0xff, 0xc3],
        ]
        .concat();
        assert_eq!(
            likely_calls(Arch::Amd64, &code, ENTRY, &[0x1000]),
            [0x1002, 0x100a],
            "both look like it"
        );
        assert_eq!(events(Arch::Amd64, &code), [(10, Event::Call(0x1000))]);
    }

    #[test]
    fn addresses_are_followed_until_paths_meet() {
        // mov r13, 0; mov [rsp+8], r13: how Go 1.19 clears slots
        let code = [0x49, 0xc7, 0xc5, 0, 0, 0, 0, 0x4c, 0x89, 0x6c, 0x24, 0x08];
        let zero = Event::Store {
            at: 8,
            value: Value::Known(0),
        };
        assert_eq!(events(Arch::Amd64, &code), [(7, zero)]);
        // xor eax, eax; mov [rsp+8], rax; je +0; mov [rsp+16], rax; ret
        let code = [
            &[0x31, 0xc0, 0x48, 0x89, 0x44, 0x24, 0x08, 0x74, 0x00][..],
            &[0x48, 0x89, 0x44, 0x24, 0x10, 0xc3],
        ]
        .concat();
        let store = |at, value| Event::Store { at, value };
        assert_eq!(
            events(Arch::Amd64, &code),
            [
                (2, store(8, Value::Known(0))),
                (9, store(16, Value::Unknown))
            ]
        );
        // STR XZR, [SP, #8]; MOV X0, #5; STP X0, XZR, [SP, #16]; B.EQ +4; STR X0, [SP, #8]; RET
        let code: Vec<u8> = [
            0xf900_07ffu32,
            0xd280_00a0,
            0xa901_7fe0,
            0x5400_0020,
            0xf900_07e0,
            0xd65f_03c0,
        ]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
        assert_eq!(
            events(Arch::Arm64, &code),
            [
                (0, store(8, Value::Known(0))),
                (8, store(16, Value::Known(5))),
                (8, store(24, Value::Known(0))),
                (16, store(8, Value::Unknown))
            ]
        );
    }

    #[test]
    fn jumps_out_of_a_function_are_calls() {
        // jmp 0x2000
        assert_eq!(
            events(Arch::Amd64, &[0xe9, 0xfb, 0x0f, 0, 0]),
            [(0, Event::Call(0x2000))]
        );
        // B 0x2000
        assert_eq!(
            events(Arch::Arm64, &0x1400_0400u32.to_le_bytes()),
            [(0, Event::Call(0x2000))]
        );
    }

    #[test]
    fn large_frames_are_addressed_by_register_on_arm64() {
        // MOVZ X27, #0x8000; MOVK X27, #1, LSL 16; STR X0, [SP, X27]
        // ADD X27, SP, #16, LSL 12; STR X0, [X27, #8]
        let code: Vec<u8> = [
            0xd290_001bu32,
            0xf2a0_003b,
            0xf83b_6be0,
            0x9140_43fb,
            0xf900_0760,
        ]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
        let at: Vec<_> = events(Arch::Arm64, &code)
            .into_iter()
            .map(|(_, event)| match event {
                Event::Store { at, .. } => at,
                Event::Call(_) => -1,
            })
            .collect();
        assert_eq!(at, [0x1_8000, 0x1_0008]);
    }

    #[test]
    fn anything_can_be_decoded() {
        let mut word = 1u32;
        let code: Vec<u8> = (0..40_000)
            .map(|_| {
                word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                word.to_be_bytes()[0]
            })
            .collect();
        for arch in [Arch::Amd64, Arch::Arm64] {
            for event in events(arch, &code) {
                assert!(event.0 < code.len() as u64);
            }
        }
    }
}
