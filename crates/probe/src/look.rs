//! Looking at all goroutines at once: what is copied when, and what is done when it does not fit together.
//!
//! First everything is copied in few calls: the list, the goroutines, their stacks, then record by record. With
//! the process stopped that is the truth, and it can go on while the stacks are walked. With the process running, each goroutine is looked at again at the
//! end: one that moved in between is read anew by itself, and counted as doubtful if it never stands still.

use std::time::{Duration, Instant};

use crate::goroutine::{Status, Words};
use crate::memory::{Copied, Memory};
use crate::pending::Pending;
use crate::stack::Stack;
use crate::sys::stop::Registers;
use crate::target::{Kind, Target, TargetError};

/// Why what is said of a goroutine may be wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Doubt {
    /// A thread was running it, and nobody knows where it was.
    Running,
    /// It did something each time that it was looked at.
    Changing,
    /// Its stack or its records make no sense.
    Odd,
}

/// A goroutine that was looked at.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) words: Words,
    pub(crate) pending: Pending,
    /// Addresses in the file, and whether a call comes back there; the innermost first.
    pub(crate) stack: Vec<(u64, bool)>,
    /// Frames left out of the middle.
    pub(crate) left_out: usize,
    pub(crate) doubt: Option<Doubt>,
}

/// What a look gave.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) seen: Vec<Seen>,
    /// Goroutines that were read more than once.
    pub(crate) again: usize,
    /// Goroutines of the list that could not be read at all.
    pub(crate) unreadable: usize,
    /// How long copying took.
    pub(crate) took: Duration,
}

/// A program cannot have more goroutines than fit into its memory.
const MOST_GOROUTINES: u64 = 1 << 28;
/// Go gives a stack no more; `debug.SetMaxStack` may.
const LONGEST_STACK: u64 = 4 << 30;
/// So many frames are kept at either end of a stack.
const KEPT: usize = 64;
/// A goroutine that moves is read so often.
const TRIES: usize = 8;
/// Addresses of user space are below this.
const HIGHEST: u64 = 1 << 56;

/// How the process was when it was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode<'r> {
    /// It stands still, and these are the registers of its threads.
    Still(&'r [Registers]),
    /// It runs.
    Running,
}

/// What was copied of a process: all that may be gone as soon as it goes on.
#[derive(Debug)]
pub(crate) struct Copy<'m> {
    copied: Copied<'m>,
    /// The goroutines that live: where, their words, and what is on their lists.
    goroutines: Vec<(u64, Words, Pending)>,
    unreadable: usize,
    start: Instant,
    took: Duration,
}

impl Copy<'_> {
    /// The panics in flight, with the numbers of their goroutines.
    pub(crate) fn panics(&self) -> impl Iterator<Item = (u64, &crate::pending::PanicWords)> {
        self.goroutines.iter().flat_map(|(_, words, pending)| {
            pending.panics.iter().map(move |panic| (words.id, panic))
        })
    }

    pub(crate) const fn copied(&self) -> &Copied<'_> {
        &self.copied
    }
}

/// Copies all goroutines, their stacks and their lists.
pub(crate) fn copy<'m>(
    target: &Target<'_>,
    memory: &'m dyn Memory,
) -> Result<Copy<'m>, TargetError> {
    let start = Instant::now();
    let mut copied = Copied::of(memory);
    target.check(&copied)?;
    let list = list(target, &mut copied)?;
    let size = Words::len(&target.layout);
    copied.fetch(list.iter().map(|&g| (g, g.saturating_add(size))).collect());
    let mut unreadable = 0;
    let mut goroutines = Vec::with_capacity(list.len());
    for g in list {
        match read(target, &copied, g) {
            Some(Some(words)) => goroutines.push((g, words, Pending::default())),
            // It does not live.
            Some(None) => {}
            None => unreadable += 1,
        }
    }
    let stacks = goroutines
        .iter()
        .flat_map(|(_, words, _)| stack_ranges(words));
    copied.fetch(stacks.collect());
    let records: Vec<u64> = goroutines
        .iter()
        .map(|(_, words, _)| words.defers)
        .filter(|&record| record != 0)
        .collect();
    let size = target.layout.record.size;
    copied.fetch(
        records
            .iter()
            .map(|&at| (at, at.saturating_add(size)))
            .collect(),
    );
    let closures = records
        .iter()
        .filter_map(|&at| copied.word(at.checked_add(target.layout.record.function)?))
        .filter(|&closure| closure != 0 && closure < HIGHEST)
        .map(|closure| (closure, closure + 8))
        .collect();
    copied.fetch(closures);
    for (_, words, pending) in &mut goroutines {
        if words.defers != 0 || words.panics != 0 {
            let stack = Stack::new(&copied, words.stack.0, words.stack);
            pending.read_lists(target, &copied, words, &stack);
        }
    }
    Ok(Copy {
        copied,
        goroutines,
        unreadable,
        start,
        took: start.elapsed(),
    })
}

/// Walks the stacks that were copied. A process that stood still may run again by now.
pub(crate) fn walk(
    target: &Target<'_>,
    memory: &dyn Memory,
    copy: Copy<'_>,
    mode: Mode<'_>,
) -> Look {
    let Copy {
        copied,
        goroutines,
        unreadable,
        start,
        took,
    } = copy;
    let mut look = Look {
        seen: Vec::with_capacity(goroutines.len()),
        again: 0,
        unreadable,
        took,
    };
    let mut addresses = Vec::with_capacity(goroutines.len());
    for (address, words, pending) in goroutines {
        addresses.push(address);
        look.seen.push(see(target, &copied, words, pending, mode));
    }
    if matches!(mode, Mode::Running) {
        check_again(target, memory, &addresses, &mut look);
        look.took = start.elapsed();
    }
    look
}

/// Reads those again that were not still.
fn check_again(target: &Target<'_>, memory: &dyn Memory, addresses: &[u64], look: &mut Look) {
    let size = Words::len(&target.layout);
    let mut later = Copied::of(memory);
    later.fetch(
        addresses
            .iter()
            .map(|&g| (g, g.saturating_add(size)))
            .collect(),
    );
    let mut ended = Vec::new();
    for (at, (&address, seen)) in addresses.iter().zip(&mut look.seen).enumerate() {
        let mut now = read(target, &later, address);
        let mut tries = 0;
        loop {
            let odd = seen.doubt == Some(Doubt::Odd);
            match now {
                Some(Some(now)) if seen.words.is_still(&now) && !odd => {
                    seen.doubt = None;
                    break;
                }
                Some(None) => {
                    // It ended since: then it holds nothing any more.
                    ended.push(at);
                    break;
                }
                _ => {}
            }
            if tries == TRIES {
                seen.doubt = Some(match (seen.words.status, odd) {
                    (_, true) => Doubt::Odd,
                    (Status::Running, _) => Doubt::Running,
                    _ => Doubt::Changing,
                });
                break;
            }
            tries += 1;
            let mut fresh = Copied::of(memory);
            let Some(Some(words)) = read(target, &fresh, address) else {
                now = Some(None);
                continue;
            };
            fresh.fetch(stack_ranges(&words).collect());
            let mut pending = Pending::default();
            let stack = Stack::new(&fresh, words.stack.0, words.stack);
            pending.read_lists(target, &fresh, &words, &stack);
            *seen = see(target, &fresh, words, pending, Mode::Running);
            now = read(target, &Copied::of(memory), address);
        }
        look.again += usize::from(tries > 0);
    }
    for at in ended.into_iter().rev() {
        look.seen.swap_remove(at);
    }
}

/// The addresses of all goroutines.
fn list(target: &Target<'_>, copied: &mut Copied<'_>) -> Result<Vec<u64>, TargetError> {
    let (length, first) = target.goroutines;
    let (Some(length), Some(first)) = (copied.word(length), copied.word(first)) else {
        return Err(TargetError::Unreadable);
    };
    if length > MOST_GOROUTINES || first.checked_add(length * 8).is_none() {
        return Err(TargetError::NoGoroutines);
    }
    let end = first + length * 8;
    let step = Copied::LONGEST;
    copied.fetch(
        (0..=(end - first) / step)
            .map(|at| (first + at * step, end.min(first + (at + 1) * step)))
            .collect(),
    );
    let words = (0..length).map(|at| copied.word(first + at * 8));
    let list: Option<Vec<_>> = words.collect();
    list.ok_or(TargetError::Unreadable)
}

/// The words of a goroutine; nothing where it cannot be read, and nothing in something where it does not live.
#[expect(
    clippy::option_option,
    reason = "what cannot be read is not the same as what does not live"
)]
fn read(target: &Target<'_>, copied: &Copied<'_>, address: u64) -> Option<Option<Words>> {
    let len = usize::try_from(Words::len(&target.layout)).ok()?;
    copied.with(address, len, |bytes| Words::of(&target.layout, bytes))
}

/// Where a goroutine goes on, and its stack pointer then.
fn place(words: &Words) -> (u64, u64) {
    if words.status == Status::Syscall && words.syscall.1 != 0 {
        words.syscall
    } else {
        words.sched
    }
}

/// What of its stack is in use, in parts that can be fetched; of one that runs, all of it.
fn stack_ranges(words: &Words) -> impl Iterator<Item = (u64, u64)> + use<> {
    let (low, high) = words.stack;
    let (_, sp) = place(words);
    let start = if words.status != Status::Running && low <= sp && sp < high {
        sp
    } else {
        low
    };
    let sane = start < high && high < HIGHEST && high - start <= LONGEST_STACK;
    let end = if sane { high } else { start };
    let step = usize::try_from(Copied::LONGEST).unwrap_or(usize::MAX);
    (start..end)
        .step_by(step)
        .map(move |at| (at, end.min(at + Copied::LONGEST)))
}

/// Walks the stack of a goroutine, and adds what its frames have pending to what its lists have.
fn see(
    target: &Target<'_>,
    copied: &Copied<'_>,
    words: Words,
    pending: Pending,
    mode: Mode<'_>,
) -> Seen {
    let mut seen = Seen {
        words,
        pending,
        stack: Vec::new(),
        left_out: 0,
        doubt: None,
    };
    let (pc, sp, known) = match (words.status, mode) {
        (Status::Running, Mode::Still(registers)) => running(target, &words, registers),
        (Status::Running, Mode::Running) => (0, 0, false),
        _ => {
            let (pc, sp) = place(&words);
            (pc, sp, true)
        }
    };
    let stack = Stack::new(copied, sp, words.stack);
    if known {
        let mut last: Vec<(u64, bool)> = Vec::new();
        let complete = stack.walk(target, pc, sp, &mut |frame| {
            let entry = (frame.pc, frame.returned);
            if seen.stack.len() < KEPT {
                seen.stack.push(entry);
            } else {
                if last.len() == 2 * KEPT {
                    last.drain(..KEPT);
                    seen.left_out += KEPT;
                }
                last.push(entry);
            }
            seen.pending.read_frame(target, copied, frame, &stack);
        });
        seen.stack.append(&mut last);
        seen.pending.is_odd |= !complete;
    } else {
        seen.doubt = Some(Doubt::Running);
    }
    if seen.pending.is_odd {
        seen.doubt = Some(Doubt::Odd);
    }
    seen
}

/// Where a goroutine is that a stopped thread runs.
fn running(target: &Target<'_>, words: &Words, registers: &[Registers]) -> (u64, u64, bool) {
    let (low, high) = words.stack;
    if let Some(found) = registers.iter().find(|r| low <= r.sp && r.sp < high) {
        return (found.pc, found.sp, true);
    }
    // Its thread is on its own stack, on which the runtime works for it.
    let (pc, sp) = words.sched;
    let stub = target
        .at(pc.wrapping_sub(target.bias), false)
        .is_some_and(|at| at.kind == Kind::SystemStack);
    (pc, sp, stub && low <= sp && sp < high)
}
