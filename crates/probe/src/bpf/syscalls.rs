//! The program that runs when a system call is over: which descriptors a process opens and closes, and the stack
//! of those who open them.
//!
//! The kernel runs it for the system calls of all processes; those of others are passed over at once. Only the
//! end of a call is looked at: the kernel keeps its arguments until then.

use super::assembler::{
    Assembler, AssemblyError, FP, If, Label, Op, R0, R1, R2, R3, R4, R6, R7, R8, R9, Register,
    Width,
};
use super::helper;
use crate::sys::bpf::Map;

/// Where registers are in what the kernel saved when the call began, on amd64.
mod saved {
    /// The fourth argument.
    pub(super) const R10: i32 = 56;
    /// The second argument; the first and the number of the call follow it.
    pub(super) const RSI: i32 = 104;
}

/// A process, as the kernel knows it from everywhere: its number in its own namespace, and that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Namespaced {
    /// The device and the file of the namespace.
    pub namespace: (u64, u64),
    /// The number there.
    pub pid: u32,
}

/// What a system call does to descriptors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Effect {
    /// It closes the one in its first argument.
    Closes = 1,
    /// It returns a new one.
    Opens = 2,
    /// It writes two new ones to where its first argument points.
    OpensPair = 3,
    /// It writes two new ones to where its fourth argument points.
    OpensPairFourth = 4,
    /// It returns a new one, if that is another than its first argument.
    Duplicates = 5,
    /// It returns a new one, if its second argument says so.
    Controls = 6,
}

impl Effect {
    /// As the program reads it, with the number of what is opened.
    #[must_use]
    pub const fn entry(self, opens: u32) -> u32 {
        self as u32 | opens << EFFECT_BITS
    }
}

const EFFECT_BITS: u32 = 8;
/// The program knows calls with smaller numbers.
pub const CALLS: u32 = 512;
/// Frames that are kept of a stack, the innermost.
pub const FRAMES: u32 = 63;
/// The key of an open descriptor: its number.
pub const OPEN_KEY: u32 = 4;
/// An open descriptor: since when, the number of its place.
pub const OPEN_SIZE: u32 = 16;
/// The key of a place: what is opened, and the stack. The kernel allows no more.
pub const PLACE_KEY: u32 = 8 + FRAMES * 8;
/// How many were opened there, and the number of the place: when it was first seen.
pub const PLACE_SIZE: u32 = 16;
/// System calls that were seen; descriptors that were opened or closed; those for whose place there was no
/// room.
pub const SEEN_SIZE: u32 = 24;

/// The maps that the program uses.
#[derive(Debug)]
pub struct Maps {
    /// [`Effect::entry`] by the number of the call; 0 for those that are passed over.
    pub calls: Map,
    /// [`SEEN_SIZE`], under 0, for each processor.
    pub seen: Map,
    /// Open descriptors.
    pub open: Map,
    /// Where descriptors are opened.
    pub places: Map,
    /// Where the key of a place is put together, under 0, for each processor.
    pub scratch: Map,
}

/// Places on the program's stack.
mod frame {
    /// The numbers of the thread and of the process.
    pub(super) const WHO: i16 = -8;
    pub(super) const PROCESS: i16 = -4;
    pub(super) const ZERO: i16 = -12;
    pub(super) const CALL: i16 = -16;
    /// The second argument, the first, the number of the call.
    pub(super) const ARGUMENTS: i16 = -40;
    pub(super) const FIRST: i16 = -32;
    pub(super) const NUMBER: i16 = -24;
    /// One descriptor, or two.
    pub(super) const DESCRIPTOR: i16 = -48;
    pub(super) const OTHER: i16 = -44;
    /// Since when, the number of the place.
    pub(super) const VALUE: i16 = -64;
    pub(super) const PLACE: i16 = -56;
    /// How many, the number.
    pub(super) const FRESH: i16 = -80;
    pub(super) const FRESH_NUMBER: i16 = -72;
    pub(super) const POINTER: i16 = -88;
    pub(super) const WHAT: i16 = -96;
}

/// `EBADF`: there was nothing to close.
const NOT_OPEN: i32 = -9;
/// `F_DUPFD` and `F_DUPFD_CLOEXEC`
const DUPLICATE: [i32; 2] = [0, 1030];
/// The stack of the program, not of the kernel.
const USER_STACK: i32 = 1 << 8;

/// Writes the program.
///
/// # Errors
///
/// None that depends on the arguments.
pub fn program(maps: &Maps, process: Namespaced) -> Result<Vec<u64>, AssemblyError> {
    let mut a = Assembler::new();
    let end = a.label();
    a.register(Op::Move, R6, R1);
    is_of_process(&mut a, process, end);
    a.store_number(Width::Word, FP, frame::ZERO, 0);
    lookup(&mut a, &maps.seen, frame::ZERO);
    a.jump_if(If::Equal, R0, 0, end);
    a.register(Op::Move, R9, R0);
    a.number(Op::Move, R1, 1);
    a.add_at(R9, 0, R1);
    a.load(Width::Double, R3, R6, 0);
    a.number(Op::Add, R3, saved::RSI);
    read(&mut a, helper::READ_KERNEL, frame::ARGUMENTS, 24, end);
    a.load(Width::Double, R1, FP, frame::NUMBER);
    a.store(Width::Word, FP, frame::CALL, R1);
    lookup(&mut a, &maps.calls, frame::CALL);
    a.jump_if(If::Equal, R0, 0, end);
    a.load(Width::Word, R7, R0, 0);
    a.jump_if(If::Equal, R7, 0, end);
    a.register(Op::Move, R1, R7);
    a.number(Op::ShiftRight, R1, EFFECT_BITS.cast_signed());
    a.store(Width::Double, FP, frame::WHAT, R1);
    a.number(Op::And, R7, (1 << EFFECT_BITS) - 1);
    // What it returned.
    a.load(Width::Double, R8, R6, 8);
    let closes = a.label();
    a.jump_if(If::Equal, R7, Effect::Closes as i32, closes);
    opens(&mut a, maps, end);
    a.place(closes);
    a.jump_if(If::Equal, R8, NOT_OPEN, end);
    a.number(Op::Move, R1, 1);
    a.add_at(R9, 8, R1);
    a.load(Width::Double, R1, FP, frame::FIRST);
    a.store(Width::Word, FP, frame::DESCRIPTOR, R1);
    a.map(R1, maps.open.number());
    address(&mut a, R2, frame::DESCRIPTOR);
    a.call(helper::DELETE);
    a.place(end);
    a.number(Op::Move, R0, 0);
    a.exit();
    a.finish()
}

fn is_of_process(a: &mut Assembler, process: Namespaced, end: Label) {
    a.wide(R1, process.namespace.0);
    a.wide(R2, process.namespace.1);
    address(a, R3, frame::WHO);
    a.number(Op::Move, R4, 8);
    a.call(helper::PID_IN_NAMESPACE);
    a.jump_if(If::NotEqual, R0, 0, end);
    a.load(Width::Word, R1, FP, frame::PROCESS);
    a.wide(R2, u64::from(process.pid));
    a.jump_if_register(If::NotEqual, R1, R2, end);
}

/// A call that may have opened something: what it does is in `R7`, what it returned in `R8`.
fn opens(a: &mut Assembler, maps: &Maps, end: Label) {
    let (pair, fourth, at_pointer) = (a.label(), a.label(), a.label());
    let (one, both) = (a.label(), a.label());
    a.jump_if(If::SignedLess, R8, 0, end);
    a.jump_if(If::Equal, R7, Effect::OpensPair as i32, pair);
    a.jump_if(If::Equal, R7, Effect::OpensPairFourth as i32, fourth);
    a.jump_if(If::Equal, R7, Effect::Opens as i32, one);
    let controls = a.label();
    a.jump_if(If::Equal, R7, Effect::Controls as i32, controls);
    a.load(Width::Double, R1, FP, frame::FIRST);
    a.jump_if_register(If::Equal, R1, R8, end);
    a.jump(one);
    a.place(controls);
    a.load(Width::Double, R1, FP, frame::ARGUMENTS);
    for command in DUPLICATE {
        a.jump_if(If::Equal, R1, command, one);
    }
    a.jump(end);
    a.place(fourth);
    a.load(Width::Double, R3, R6, 0);
    a.number(Op::Add, R3, saved::R10);
    read(a, helper::READ_KERNEL, frame::POINTER, 8, end);
    a.load(Width::Double, R3, FP, frame::POINTER);
    a.jump(at_pointer);
    a.place(pair);
    a.load(Width::Double, R3, FP, frame::FIRST);
    a.place(at_pointer);
    read(a, helper::READ_USER, frame::DESCRIPTOR, 8, end);
    a.number(Op::Move, R8, 2);
    a.jump(both);
    a.place(one);
    a.store(Width::Word, FP, frame::DESCRIPTOR, R8);
    a.number(Op::Move, R8, 1);
    a.place(both);
    a.add_at(R9, 8, R8);
    a.call(helper::TIME);
    a.store(Width::Double, FP, frame::VALUE, R0);
    opened_at(a, maps, end);
    // One that was closed in a way that we do not see has left its number.
    update(a, &maps.open, frame::DESCRIPTOR, frame::VALUE);
    a.jump_if(If::NotEqual, R8, 2, end);
    update(a, &maps.open, frame::OTHER, frame::VALUE);
    a.jump(end);
}

/// The number of the place goes to the stack; as many as `R8` says were opened there.
fn opened_at(a: &mut Assembler, maps: &Maps, end: Label) {
    /// Only if there is none.
    const NO_EXIST: i32 = 1;
    let (known, lost, done) = (a.label(), a.label(), a.label());
    lookup(a, &maps.scratch, frame::ZERO);
    a.jump_if(If::Equal, R0, 0, end);
    a.register(Op::Move, R7, R0);
    a.load(Width::Double, R1, FP, frame::WHAT);
    a.store(Width::Double, R7, 0, R1);
    // What an earlier stack left there.
    for word in (8..PLACE_KEY).step_by(8) {
        if let Ok(at) = i16::try_from(word) {
            a.store_number(Width::Double, R7, at, 0);
        }
    }
    a.register(Op::Move, R1, R6);
    a.register(Op::Move, R2, R7);
    a.number(Op::Add, R2, 8);
    a.number(Op::Move, R3, FRAMES.cast_signed() * 8);
    a.number(Op::Move, R4, USER_STACK);
    a.call(helper::STACK);
    place(a, maps);
    a.jump_if(If::NotEqual, R0, 0, known);
    a.store_number(Width::Double, FP, frame::FRESH, 0);
    a.load(Width::Double, R1, FP, frame::VALUE);
    a.store(Width::Double, FP, frame::FRESH_NUMBER, R1);
    a.map(R1, maps.places.number());
    a.register(Op::Move, R2, R7);
    address(a, R3, frame::FRESH);
    a.number(Op::Move, R4, NO_EXIST);
    a.call(helper::UPDATE);
    // Somebody else may have been faster.
    place(a, maps);
    a.jump_if(If::Equal, R0, 0, lost);
    a.place(known);
    a.add_at(R0, 0, R8);
    a.load(Width::Double, R1, R0, 8);
    a.jump(done);
    a.place(lost);
    a.add_at(R9, 16, R8);
    a.number(Op::Move, R1, 0);
    a.place(done);
    a.store(Width::Double, FP, frame::PLACE, R1);
}

/// Looks up the place whose key `R7` has.
fn place(a: &mut Assembler, maps: &Maps) {
    a.map(R1, maps.places.number());
    a.register(Op::Move, R2, R7);
    a.call(helper::LOOKUP);
}

/// Reads so many bytes from where `R3` points.
fn read(a: &mut Assembler, helper: i32, to: i16, bytes: i32, end: Label) {
    address(a, R1, to);
    a.number(Op::Move, R2, bytes);
    a.call(helper);
    a.jump_if(If::NotEqual, R0, 0, end);
}

fn lookup(a: &mut Assembler, map: &Map, key: i16) {
    a.map(R1, map.number());
    address(a, R2, key);
    a.call(helper::LOOKUP);
}

fn update(a: &mut Assembler, map: &Map, key: i16, value: i16) {
    a.map(R1, map.number());
    address(a, R2, key);
    address(a, R3, value);
    a.number(Op::Move, R4, 0);
    a.call(helper::UPDATE);
}

fn address(a: &mut Assembler, to: Register, at: i16) {
    a.register(Op::Move, to, FP);
    a.number(Op::Add, to, at.into());
}
