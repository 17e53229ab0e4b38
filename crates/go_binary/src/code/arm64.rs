//! AArch64: the few instructions that matter here; all others only overwrite their target register.

use super::{Event, State, Value};

/// Go passes the first argument and the first result here.
const R0: usize = 0;
/// As a base the stack pointer, as a source zero.
const SP: usize = 31;

fn words(code: &[u8]) -> impl Iterator<Item = u32> {
    let (words, _) = code.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word))
}

pub(super) fn likely_calls(code: &[u8], start: u64, targets: &[u64]) -> Vec<u64> {
    words(code)
        .zip((start..).step_by(4))
        .filter(|&(word, pc)| {
            word >> 26 == 0b10_0101 && targets.binary_search(&branch(word, pc)).is_ok()
        })
        .map(|(_, pc)| pc)
        .collect()
}

pub(super) fn loads(code: &[u8], entry: u64) -> Vec<u64> {
    // What is known of each register: an address that ADRP and ADD made.
    let mut known = [None; 32];
    let mut loads = Vec::new();
    for (word, pc) in words(code).zip((entry..).step_by(4)) {
        let rd = (word & 31) as usize;
        let rn = ((word >> 5) & 31) as usize;
        let imm12 = u64::from((word >> 10) & 0xfff);
        let made = if word & 0x9f00_0000 == 0x9000_0000 {
            let pages = signed((word >> 3) & 0x1f_fffc | (word >> 29) & 3, 21);
            Some((pc & !0xfff).wrapping_add_signed(pages << 12))
        } else if word & 0xffc0_0000 == 0x9100_0000 {
            // ADD of 64 bits
            known[rn].map(|base: u64| base.wrapping_add(imm12))
        } else {
            let offset = if word & 0xffc0_0000 == 0xf940_0000 {
                // LDR of 64 bits
                Some(imm12 * 8)
            } else {
                // LDAR of 64 bits
                (word & 0xffff_fc00 == 0xc8df_fc00).then_some(0)
            };
            loads.extend(offset.and_then(|offset| Some(known[rn]?.wrapping_add(offset))));
            None
        };
        known[rd] = made.filter(|_| rd != SP);
    }
    loads
}

pub(super) fn walk(code: &[u8], entry: u64, visit: &mut dyn FnMut(u64, Event, &State)) {
    let end = entry.saturating_add(code.len() as u64);
    let inside = |target: &u64| (entry..end).contains(target);
    let mut joins: Vec<u64> = words(code)
        .zip((entry..).step_by(4))
        .filter_map(|(word, pc)| jump(word, pc))
        .filter(inside)
        .collect();
    joins.sort_unstable();
    joins.dedup();
    let mut state = State::new(R0);
    for (word, pc) in words(code).zip((entry..).step_by(4)) {
        if joins.binary_search(&pc).is_ok() {
            state.forget();
        }
        match word {
            // BL
            _ if word >> 26 == 0b10_0101 => {
                visit(pc, Event::Call(branch(word, pc)), &state);
                state.call();
            }
            // BLR
            _ if word & 0xffff_fc1f == 0xd63f_0000 => state.call(),
            // B
            _ if word >> 26 == 0b00_0101 => {
                let target = branch(word, pc);
                if !inside(&target) {
                    visit(pc, Event::Call(target), &state);
                }
                state.forget();
            }
            // BR, RET, UDF
            _ if word & 0xff9f_fc1f == 0xd61f_0000 || word >> 16 == 0 => state.forget(),
            _ => step(word, pc, &mut state, visit),
        }
    }
}

/// The target of B and BL.
const fn branch(word: u32, pc: u64) -> u64 {
    pc.wrapping_add_signed(signed(word, 26) << 2)
}

/// Where a jump goes to.
const fn jump(word: u32, pc: u64) -> Option<u64> {
    if word >> 26 == 0b00_0101 {
        return Some(branch(word, pc));
    }
    let distance = if word & 0xff00_0010 == 0x5400_0000 || word & 0x7e00_0000 == 0x3400_0000 {
        // B.cond, CBZ, CBNZ
        signed(word >> 5, 19)
    } else if word & 0x7e00_0000 == 0x3600_0000 {
        // TBZ, TBNZ
        signed(word >> 5, 14)
    } else {
        return None;
    };
    Some(pc.wrapping_add_signed(distance << 2))
}

/// The lowest `bits` of a word as a signed number.
const fn signed(word: u32, bits: u32) -> i64 {
    let shift = 64 - bits;
    (((word as u64) << shift) as i64) >> shift
}

fn step(word: u32, pc: u64, state: &mut State, visit: &mut dyn FnMut(u64, Event, &State)) {
    let rd = (word & 31) as usize;
    let rn = ((word >> 5) & 31) as usize;
    let rm = ((word >> 16) & 31) as usize;
    let imm12 = i64::from((word >> 10) & 0xfff);
    let source = |state: &State, number: usize| match number {
        SP => Value::Known(0),
        _ => state.register(number),
    };
    let base = |state: &State| match rn {
        SP => Value::Stack(0),
        _ => state.register(rn),
    };
    let mut store = |state: &mut State, address: Value, value: Value| match address {
        Value::Stack(at) => {
            visit(pc, Event::Store { at, value }, state);
            state.store(at, value);
        }
        Value::Result(call) => state.store_first(call, value),
        Value::Known(_) | Value::Unknown => {}
    };
    let offset = |value: Value, by: i64| match value {
        Value::Result(_) if by == 0 => value,
        _ => value.plus(by),
    };
    let set = |state: &mut State, number: usize, value: Value| {
        if number == SP {
            // All distances change.
            state.forget();
        } else {
            state.set(number, value);
        }
    };
    let pair = signed(word >> 15, 7) * 8;
    match word {
        // STR Xt, [Xn, #imm]
        _ if word & 0xffc0_0000 == 0xf900_0000 => {
            let (to, value) = (offset(base(state), imm12 * 8), source(state, rd));
            store(state, to, value);
        }
        // STUR Xt, [Xn, #imm]
        _ if word & 0xffe0_0c00 == 0xf800_0000 => {
            let (to, value) = (
                offset(base(state), signed(word >> 12, 9)),
                source(state, rd),
            );
            store(state, to, value);
        }
        // STR Xt, [Xn, Xm]
        _ if word & 0xffe0_fc00 == 0xf820_6800 => {
            let to = match (base(state), source(state, rm)) {
                (Value::Stack(at), Value::Known(by)) | (Value::Known(by), Value::Stack(at)) => {
                    Value::Stack(at.wrapping_add_unsigned(by))
                }
                _ => Value::Unknown,
            };
            let value = source(state, rd);
            store(state, to, value);
        }
        // STP Xt, Xu, [Xn, #imm]
        _ if word & 0xffc0_0000 == 0xa900_0000 => {
            let second = ((word >> 10) & 31) as usize;
            for (number, by) in [(rd, pair), (second, pair + 8)] {
                let (to, value) = (offset(base(state), by), source(state, number));
                store(state, to, value);
            }
        }
        // STP, STR and LDR that move their base: prologue and epilogue
        _ if word & 0x7ec0_0000 == 0x2880_0000 || word & 0xffa0_0400 == 0xf800_0400 => {
            set(state, rn, Value::Unknown);
            state.set(rd, Value::Unknown);
        }
        // LDR Xt, [Xn, #imm]
        _ if word & 0xffc0_0000 == 0xf940_0000 => {
            let value = state.load(offset(base(state), imm12 * 8));
            state.set(rd, value);
        }
        // LDP
        _ if word & 0x7e40_0000 == 0x2840_0000 => {
            state.set(rd, Value::Unknown);
            state.set(((word >> 10) & 31) as usize, Value::Unknown);
            if word & 0x0080_0000 != 0 {
                set(state, rn, Value::Unknown);
            }
        }
        // ADRP, ADR
        _ if word & 0x1f00_0000 == 0x1000_0000 => {
            let immediate = signed(((word >> 5) & 0x7_ffff) << 2 | (word >> 29) & 3, 21);
            let address = if word >> 31 == 1 {
                (pc & !0xfff).wrapping_add_signed(immediate << 12)
            } else {
                pc.wrapping_add_signed(immediate)
            };
            set(state, rd, Value::Known(address));
        }
        // ADD and SUB Xd, Xn, #imm
        _ if word & 0xbf80_0000 == 0x9100_0000 => {
            let by = if word & 0x0040_0000 == 0 {
                imm12
            } else {
                imm12 << 12
            };
            let by = if word & 0x4000_0000 == 0 { by } else { -by };
            let value = base(state).plus(by);
            set(state, rd, value);
        }
        // MOV Xd, Xm
        _ if word & 0xffe0_ffe0 == 0xaa00_03e0 => {
            let value = source(state, rm);
            state.set(rd, value);
        }
        // MOVZ
        _ if word & 0xff80_0000 == 0xd280_0000 => {
            let shift = ((word >> 21) & 3) * 16;
            state.set(rd, Value::Known(u64::from((word >> 5) & 0xffff) << shift));
        }
        // MOVK
        _ if word & 0xff80_0000 == 0xf280_0000 => {
            let shift = ((word >> 21) & 3) * 16;
            let value = match state.register(rd) {
                Value::Known(old) => {
                    let part = u64::from((word >> 5) & 0xffff) << shift;
                    Value::Known(old & !(0xffff << shift) | part)
                }
                _ => Value::Unknown,
            };
            state.set(rd, value);
        }
        // Other stores: bytes, floats. They change the stack in ways that are not followed.
        _ if (word >> 25) & 0b0101 == 0b0100 && word & 0x0040_0000 == 0 => {
            if word & 0x3b00_0000 == 0x3900_0000 && rn == SP {
                let size = 1 << (word >> 30);
                state.smear(imm12 * size, 16);
            }
        }
        // Branches leave registers alone.
        _ if (word >> 26) & 7 == 0b101 => {}
        // ADD and SUB of an extended register can set the stack pointer.
        _ if word & 0x1fe0_0000 == 0x0b20_0000 => set(state, rd, Value::Unknown),
        _ => state.set(rd, Value::Unknown),
    }
}
