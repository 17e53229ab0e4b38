//! The program that runs at every probe: it counts, and takes the time between a promise and its run.
//!
//! A promise is known by its goroutine, by how deep in the stack its frame begins (which stays the same when
//! the stack is moved), and by its site. Promises of one site in one frame, as loops make them, share an
//! entry: how many, the first, the last, the sum.

use super::assembler::{
    Assembler, AssemblyError, FP, If, Label, Op, R0, R1, R2, R3, R4, R6, R7, R8, R9, Register,
    Width,
};
use super::helper;
use crate::sys::bpf::Map;

/// Where registers are in what the kernel saved of the program it interrupted, on amd64.
mod saved {
    /// In Go code, the goroutine.
    pub(super) const R14: i16 = 8;
    pub(super) const RSP: i16 = 152;
}

/// What is done at a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Kind {
    /// It is counted, and that is all.
    Count = 0,
    /// A promise is made.
    Register = 1,
    /// The promises of a frame are about to be kept.
    Run = 2,
    /// A goroutine panics.
    Panic = 3,
}

/// When a point is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Watched {
    /// All the time.
    Always = 0,
    /// In windows.
    InWindows = 1,
    /// It counts all the time, but times are taken in windows.
    TimedInWindows = 2,
}

/// What the program knows of a point, under the number of the point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What is done.
    pub kind: Kind,
    /// For which site.
    pub slot: u32,
    /// When it is watched.
    pub watched: Watched,
    /// How far the stack pointer is below its value at the entry of the function that promised.
    pub adjust: i64,
    /// What a hit costs, in nanoseconds.
    pub price: u64,
}

impl Entry {
    /// Its size as the program reads it.
    pub const SIZE: u32 = 32;

    /// As the program reads it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend((self.kind as u32).to_le_bytes());
        bytes.extend(self.slot.to_le_bytes());
        bytes.extend((self.watched as u64).to_le_bytes());
        bytes.extend(self.adjust.to_le_bytes());
        bytes.extend(self.price.to_le_bytes());
        bytes
    }
}

const ENTRY_KIND: i16 = 0;
const ENTRY_SLOT: i16 = 4;
const ENTRY_WATCHED: i16 = 8;
const ENTRY_ADJUST: i16 = 16;
const ENTRY_PRICE: i16 = 24;

/// What we tell the program while it runs; one entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Control {
    /// Whether points that are watched in windows count.
    pub open: bool,
    /// Whether points that are always watched count.
    pub watching: bool,
    /// Whether times are taken at points that are always watched.
    pub held: bool,
    /// Whether they are at the others.
    pub window_held: bool,
    /// The number of the window.
    pub window: u32,
}

impl Control {
    /// Its size as the program reads it.
    pub const SIZE: u32 = 40;

    /// As the program reads it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        [
            u64::from(self.watching),
            u64::from(self.open),
            u64::from(self.held),
            u64::from(self.window_held),
            u64::from(self.window),
        ]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect()
    }
}

const CONTROL_WATCHING: i16 = 0;
const CONTROL_OPEN: i16 = 8;
const CONTROL_HELD: i16 = 16;
const CONTROL_WINDOW_HELD: i16 = 24;
const CONTROL_WINDOW: i16 = 32;

/// What is in `hits`: how often a point was hit while it counted, and how often at all.
pub const HITS_SIZE: u32 = 16;
/// What is in `held`: how many promises were kept, the sum of how long they waited, the longest.
pub const HELD_SIZE: u32 = 24;
/// The key of an open promise: goroutine, depth, site.
pub const OPEN_KEY: u32 = 24;
/// An open promise: how many, the time of the first, of the last, the sum of times since the first, and
/// the round: the window and the panics of the goroutine until then.
pub const OPEN_SIZE: u32 = 40;
/// Of the buckets of times: octaves, each in eight.
pub const SUB_BUCKETS: u32 = 8;
/// How many there are.
pub const BUCKETS: u32 = 64 * SUB_BUCKETS;

/// The maps that the program uses.
#[derive(Debug)]
pub struct Maps {
    /// [`Control`], under 0.
    pub control: Map,
    /// [`Entry`] by point.
    pub points: Map,
    /// By point, for each processor.
    pub hits: Map,
    /// What hits of points that are always watched cost, in nanoseconds, under 0, for each processor.
    pub total: Map,
    /// By site, for each processor.
    pub held: Map,
    /// Open promises.
    pub open: Map,
    /// How many promises waited how long: by site and bucket.
    pub buckets: Map,
    /// How often a goroutine has panicked.
    pub panics: Map,
}

/// Places on the program's stack.
mod frame {
    pub(super) const POINT: i16 = -4;
    pub(super) const ZERO: i16 = -8;
    /// Goroutine, depth, site.
    pub(super) const KEY: i16 = -32;
    pub(super) const DEPTH: i16 = -24;
    pub(super) const SLOT: i16 = -16;
    pub(super) const STACK_END: i16 = -40;
    /// How many, first, last, sum, round.
    pub(super) const VALUE: i16 = -80;
    pub(super) const FIRST: i16 = -72;
    pub(super) const LAST: i16 = -64;
    pub(super) const SUM: i16 = -56;
    pub(super) const ROUND: i16 = -48;
    pub(super) const G: i16 = -88;
    pub(super) const BUCKET: i16 = -92;
    pub(super) const WEIGHT: i16 = -104;
    pub(super) const OLDEST: i16 = -112;
    pub(super) const NEWEST: i16 = -120;
    pub(super) const COUNT: i16 = -128;
}

/// Writes the program. `goid` is where a goroutine has its number.
///
/// # Errors
///
/// None that depends on the arguments.
pub fn program(maps: &Maps, goid: i32) -> Result<Vec<u64>, AssemblyError> {
    let mut a = Assembler::new();
    let end = a.label();
    let (counts, windowed) = (a.label(), a.label());
    a.register(Op::Move, R6, R1);
    a.call(helper::COOKIE);
    a.store(Width::Word, FP, frame::POINT, R0);
    a.store_number(Width::Word, FP, frame::ZERO, 0);
    lookup(&mut a, &maps.control, frame::ZERO);
    a.jump_if(If::Equal, R0, 0, end);
    a.register(Op::Move, R8, R0);
    lookup(&mut a, &maps.points, frame::POINT);
    a.jump_if(If::Equal, R0, 0, end);
    a.register(Op::Move, R9, R0);
    lookup(&mut a, &maps.hits, frame::POINT);
    a.jump_if(If::Equal, R0, 0, end);
    a.number(Op::Move, R1, 1);
    a.add_at(R0, 8, R1);
    a.load(Width::Double, R2, R9, ENTRY_WATCHED);
    a.jump_if(If::Equal, R2, Watched::InWindows as i32, windowed);
    a.load(Width::Double, R2, R8, CONTROL_WATCHING);
    a.jump_if(If::Equal, R2, 0, end);
    a.add_at(R0, 0, R1);
    lookup(&mut a, &maps.total, frame::ZERO);
    a.jump_if(If::Equal, R0, 0, end);
    a.load(Width::Double, R1, R9, ENTRY_PRICE);
    a.load(Width::Double, R2, R8, CONTROL_HELD);
    a.load(Width::Double, R3, R9, ENTRY_WATCHED);
    a.jump_if(If::Equal, R3, 0, counts);
    a.load(Width::Double, R2, R8, CONTROL_WINDOW_HELD);
    a.jump(counts);
    a.place(windowed);
    a.load(Width::Double, R2, R8, CONTROL_OPEN);
    a.jump_if(If::Equal, R2, 0, end);
    a.load(Width::Double, R2, R8, CONTROL_WINDOW_HELD);
    a.place(counts);
    a.add_at(R0, 0, R1);
    a.jump_if(If::Equal, R2, 0, end);
    a.load(Width::Word, R7, R9, ENTRY_KIND);
    a.jump_if(If::Equal, R7, Kind::Count as i32, end);
    key(&mut a, goid, end);
    let (register, run) = (a.label(), a.label());
    a.jump_if(If::Equal, R7, Kind::Register as i32, register);
    a.jump_if(If::Equal, R7, Kind::Run as i32, run);
    panicked(&mut a, maps, end);
    a.place(register);
    registered(&mut a, maps, end);
    a.place(run);
    kept(&mut a, maps, end);
    a.place(end);
    a.number(Op::Move, R0, 0);
    a.exit();
    a.finish()
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

/// Goroutine, depth and site, from what was saved (`R6`) and what is known of the point (`R9`).
fn key(a: &mut Assembler, goid: i32, end: Label) {
    /// `g.stack.hi`
    const STACK_HIGH: i32 = 8;
    a.load(Width::Double, R3, R6, saved::R14);
    a.store(Width::Double, FP, frame::G, R3);
    a.number(Op::Add, R3, goid);
    address(a, R1, frame::KEY);
    a.number(Op::Move, R2, 8);
    a.call(helper::READ_USER);
    a.jump_if(If::NotEqual, R0, 0, end);
    a.load(Width::Double, R3, FP, frame::G);
    a.number(Op::Add, R3, STACK_HIGH);
    address(a, R1, frame::STACK_END);
    a.number(Op::Move, R2, 8);
    a.call(helper::READ_USER);
    a.jump_if(If::NotEqual, R0, 0, end);
    a.load(Width::Double, R1, FP, frame::STACK_END);
    a.load(Width::Double, R2, R6, saved::RSP);
    a.register(Op::Sub, R1, R2);
    a.load(Width::Double, R2, R9, ENTRY_ADJUST);
    a.register(Op::Sub, R1, R2);
    a.store(Width::Double, FP, frame::DEPTH, R1);
    a.load(Width::Word, R1, R9, ENTRY_SLOT);
    a.store(Width::Double, FP, frame::SLOT, R1);
}

fn panicked(a: &mut Assembler, maps: &Maps, end: Label) {
    let first = a.label();
    lookup(a, &maps.panics, frame::KEY);
    a.jump_if(If::Equal, R0, 0, first);
    a.number(Op::Move, R1, 1);
    a.add_at(R0, 0, R1);
    a.jump(end);
    a.place(first);
    a.store_number(Width::Double, FP, frame::VALUE, 1);
    update(a, &maps.panics, frame::KEY, frame::VALUE);
    a.jump(end);
}

/// The round goes to its place on the stack: `window << 32 | panics`.
fn round(a: &mut Assembler, maps: &Maps) {
    let (always, none, done) = (a.label(), a.label(), a.label());
    a.number(Op::Move, R7, 0);
    a.load(Width::Double, R1, R9, ENTRY_WATCHED);
    a.jump_if(If::Equal, R1, 0, always);
    a.load(Width::Double, R7, R8, CONTROL_WINDOW);
    a.number(Op::ShiftLeft, R7, 32);
    a.place(always);
    lookup(a, &maps.panics, frame::KEY);
    a.jump_if(If::Equal, R0, 0, none);
    a.load(Width::Double, R1, R0, 0);
    a.register(Op::Or, R7, R1);
    a.place(none);
    a.place(done);
    a.store(Width::Double, FP, frame::ROUND, R7);
}

fn registered(a: &mut Assembler, maps: &Maps, end: Label) {
    let fresh = a.label();
    round(a, maps);
    a.call(helper::TIME);
    a.register(Op::Move, R7, R0);
    lookup(a, &maps.open, frame::KEY);
    a.jump_if(If::Equal, R0, 0, fresh);
    // What an earlier frame left there when a panic went through it, or an earlier window, is void.
    a.load(Width::Double, R1, R0, 32);
    a.load(Width::Double, R2, FP, frame::ROUND);
    a.jump_if_register(If::NotEqual, R1, R2, fresh);
    a.load(Width::Double, R1, R0, 0);
    a.number(Op::Add, R1, 1);
    a.store(Width::Double, R0, 0, R1);
    a.store(Width::Double, R0, 16, R7);
    a.load(Width::Double, R1, R0, 8);
    a.register(Op::Sub, R7, R1);
    a.load(Width::Double, R1, R0, 24);
    a.register(Op::Add, R1, R7);
    a.store(Width::Double, R0, 24, R1);
    a.jump(end);
    a.place(fresh);
    a.store_number(Width::Double, FP, frame::VALUE, 1);
    a.store(Width::Double, FP, frame::FIRST, R7);
    a.store(Width::Double, FP, frame::LAST, R7);
    a.store_number(Width::Double, FP, frame::SUM, 0);
    update(a, &maps.open, frame::KEY, frame::VALUE);
    a.jump(end);
}

/// `R8` is needed no more after the window is known; then it has the time since the last promise.
fn kept(a: &mut Assembler, maps: &Maps, end: Label) {
    let (valid, no_maximum) = (a.label(), a.label());
    a.call(helper::TIME);
    a.register(Op::Move, R7, R0);
    lookup(a, &maps.open, frame::KEY);
    a.jump_if(If::Equal, R0, 0, end);
    a.register(Op::Move, R6, R0);
    a.load(Width::Double, R1, R9, ENTRY_WATCHED);
    a.jump_if(If::Equal, R1, 0, valid);
    a.load(Width::Double, R1, R6, 32);
    a.number(Op::ShiftRight, R1, 32);
    a.load(Width::Double, R2, R8, CONTROL_WINDOW);
    a.jump_if_register(If::NotEqual, R1, R2, end);
    a.place(valid);
    a.load(Width::Double, R1, R6, 0);
    a.store(Width::Double, FP, frame::COUNT, R1);
    a.load(Width::Double, R2, R6, 8);
    a.register(Op::Move, R3, R7);
    a.register(Op::Sub, R3, R2);
    a.store(Width::Double, FP, frame::OLDEST, R3);
    a.load(Width::Double, R2, R6, 16);
    a.register(Op::Sub, R7, R2);
    a.store(Width::Double, FP, frame::NEWEST, R7);
    // The sum: how many times the longest, less the sum of the times since the first.
    a.register(Op::Move, R7, R3);
    a.register(Op::Mul, R7, R1);
    a.load(Width::Double, R2, R6, 24);
    a.register(Op::Sub, R7, R2);
    a.map(R1, maps.open.number());
    address(a, R2, frame::KEY);
    a.call(helper::DELETE);
    // The site as a key of 32 bits is the lower half of the word.
    lookup(a, &maps.held, frame::SLOT);
    a.jump_if(If::Equal, R0, 0, end);
    a.load(Width::Double, R1, FP, frame::COUNT);
    a.add_at(R0, 0, R1);
    a.add_at(R0, 8, R7);
    a.load(Width::Double, R1, FP, frame::OLDEST);
    a.load(Width::Double, R2, R0, 16);
    a.jump_if_register(If::GreaterOrEqual, R2, R1, no_maximum);
    a.store(Width::Double, R0, 16, R1);
    a.place(no_maximum);
    spread(a, maps, end);
}

/// The promises of a frame go to buckets: the first and the last as they were, those between as if they
/// had been made at a third and at two thirds of the time.
fn spread(a: &mut Assembler, maps: &Maps, end: Label) {
    a.load(Width::Double, R7, FP, frame::OLDEST);
    a.store_number(Width::Double, FP, frame::WEIGHT, 1);
    bucket(a, maps);
    a.load(Width::Double, R1, FP, frame::COUNT);
    a.jump_if(If::Less, R1, 2, end);
    a.load(Width::Double, R7, FP, frame::NEWEST);
    bucket(a, maps);
    for third in [1, 2] {
        a.load(Width::Double, R1, FP, frame::COUNT);
        a.jump_if(If::Less, R1, 3, end);
        a.number(Op::Sub, R1, third);
        a.number(Op::ShiftRight, R1, 1);
        a.store(Width::Double, FP, frame::WEIGHT, R1);
        a.load(Width::Double, R7, FP, frame::OLDEST);
        a.load(Width::Double, R2, FP, frame::NEWEST);
        a.register(Op::Sub, R7, R2);
        a.number(Op::Mul, R7, third);
        a.number(Op::Div, R7, 3);
        a.register(Op::Add, R7, R2);
        bucket(a, maps);
    }
    a.jump(end);
}

/// The time in `R7` goes to its bucket, as often as the weight says.
fn bucket(a: &mut Assembler, maps: &Maps) {
    let (small, shifted, fresh, done) = (a.label(), a.label(), a.label(), a.label());
    // The octave goes to R2: the number of the highest bit.
    a.register(Op::Move, R1, R7);
    a.number(Op::Move, R2, 0);
    for bits in [32, 16, 8, 4, 2, 1] {
        let below = a.label();
        a.register(Op::Move, R3, R1);
        a.number(Op::ShiftRight, R3, bits);
        a.jump_if(If::Equal, R3, 0, below);
        a.register(Op::Move, R1, R3);
        a.number(Op::Add, R2, bits);
        a.place(below);
    }
    a.register(Op::Move, R1, R7);
    a.jump_if(If::Less, R2, 3, small);
    a.register(Op::Move, R3, R2);
    a.number(Op::Sub, R3, 3);
    a.register(Op::ShiftRight, R1, R3);
    a.jump(shifted);
    a.place(small);
    a.number(Op::Move, R3, 3);
    a.register(Op::Sub, R3, R2);
    a.register(Op::ShiftLeft, R1, R3);
    a.place(shifted);
    a.number(Op::And, R1, 7);
    a.number(Op::ShiftLeft, R2, 3);
    a.register(Op::Or, R1, R2);
    a.load(Width::Double, R3, FP, frame::SLOT);
    a.number(Op::ShiftLeft, R3, 9);
    a.register(Op::Or, R1, R3);
    a.store(Width::Word, FP, frame::BUCKET, R1);
    lookup(a, &maps.buckets, frame::BUCKET);
    a.jump_if(If::Equal, R0, 0, fresh);
    a.load(Width::Double, R1, FP, frame::WEIGHT);
    a.add_at(R0, 0, R1);
    a.jump(done);
    a.place(fresh);
    update(a, &maps.buckets, frame::BUCKET, frame::WEIGHT);
    a.place(done);
}

/// The bucket of a time, as the program computes it.
#[must_use]
pub const fn bucket_of(nanos: u64) -> u32 {
    let octave = if nanos == 0 { 0 } else { nanos.ilog2() };
    let within = if octave >= 3 {
        nanos >> (octave - 3)
    } else {
        nanos << (3 - octave)
    };
    octave * SUB_BUCKETS + (within & 7) as u32
}

/// The times of a bucket: from the first to before the second.
#[must_use]
pub fn bounds(bucket: u32) -> (f64, f64) {
    let octave = f64::from(bucket / SUB_BUCKETS).exp2();
    let eighths = f64::from(bucket % SUB_BUCKETS);
    let width = octave / f64::from(SUB_BUCKETS);
    (octave + eighths * width, octave + (eighths + 1.0) * width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_within_the_bounds_of_its_bucket() {
        for nanos in (1..5000).chain((10..63).map(|bit| (1 << bit) + 12_345)) {
            let (from, to) = bounds(bucket_of(nanos));
            assert!(
                from <= nanos as f64 && (nanos as f64) < to,
                "{nanos}: {from} to {to}"
            );
        }
        assert_eq!(bucket_of(0), 0);
        assert!(bucket_of(u64::MAX) < BUCKETS);
    }

    #[test]
    fn what_the_program_reads_has_the_size_that_it_expects() {
        let entry = Entry {
            kind: Kind::Run,
            slot: 7,
            watched: Watched::InWindows,
            adjust: -16,
            price: 700,
        };
        let bytes = entry.bytes();
        assert_eq!(bytes.len(), Entry::SIZE as usize);
        assert_eq!(bytes[..8], [2, 0, 0, 0, 7, 0, 0, 0]);
        assert_eq!(bytes[16..24], (-16i64).to_le_bytes());
        assert_eq!(bytes[24..], 700u64.to_le_bytes());
        assert_eq!(Control::default().bytes().len(), Control::SIZE as usize);
    }
}
