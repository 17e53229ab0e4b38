//! Looking at all goroutines at once: what is copied when, and what is done when it does not fit together.
//!
//! First everything is copied in few calls: the list, the goroutines, their stacks, then record by record. With
//! the process running, each goroutine is looked at again at the end: one that moved in between is read anew by
//! itself, and counted as doubtful if it never stands still. How a process that stands still is read in little
//! time is the matter of `still`.

use std::time::{Duration, Instant};

use crate::goroutine::{Status, Words};
use crate::memory::{Copied, Memory};
use crate::pending::Pending;
use crate::stack::{Position, Stack};
use crate::sys::stop::Registers;
use crate::target::{Target, TargetError};
use crate::thread::Thread;
use crate::value;

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
    pub(crate) copied: Copied<'m>,
    /// The goroutines that live.
    pub(crate) goroutines: Vec<One>,
    pub(crate) unreadable: usize,
    pub(crate) start: Instant,
    pub(crate) took: Duration,
}

/// A goroutine whose stack was not walked yet.
#[derive(Debug)]
pub(crate) struct One {
    pub(crate) address: u64,
    pub(crate) words: Words,
    /// What is on its lists.
    pub(crate) pending: Pending,
}

impl Copy<'_> {
    /// The panics in flight.
    pub(crate) fn panics(&self, target: &Target<'_>) -> Vec<crate::Panic> {
        let goroutines = self.goroutines.iter();
        goroutines
            .flat_map(|one| one.panics(target, &self.copied))
            .collect()
    }
}

impl One {
    /// Its panics in flight.
    pub(crate) fn panics(&self, target: &Target<'_>, copied: &Copied<'_>) -> Vec<crate::Panic> {
        let panics = self.pending.panics.iter();
        panics
            .map(|panic| crate::Panic {
                goroutine: self.words.id,
                value: (!panic.goexit).then(|| value::shown(target, copied, panic)),
                recovered: panic.recovered,
            })
            .collect()
    }
}

/// Copies all goroutines, their stacks and their lists.
pub(crate) fn copy<'m>(
    target: &Target<'_>,
    memory: &'m dyn Memory,
) -> Result<Copy<'m>, TargetError> {
    let mut copied = Copied::of(memory);
    target.check(&copied)?;
    let list = list(target, &mut copied)?;
    Ok(copy_those(target, memory, &list))
}

/// Copies some goroutines, their stacks and their lists.
pub(crate) fn copy_those<'m>(
    target: &Target<'_>,
    memory: &'m dyn Memory,
    list: &[u64],
) -> Copy<'m> {
    let start = Instant::now();
    let mut copied = Copied::of(memory);
    let size = Words::len(&target.layout);
    copied.fetch(list.iter().map(|&g| (g, g.saturating_add(size))).collect());
    let mut unreadable = 0;
    let mut goroutines = Vec::with_capacity(list.len());
    for &g in list {
        match read(target, &copied, g) {
            Some(Some(words)) => goroutines.push((g, words)),
            // It does not live.
            Some(None) => {}
            None => unreadable += 1,
        }
    }
    let stacks = goroutines.iter().flat_map(|(_, words)| stack_ranges(words));
    copied.fetch(stacks.collect());
    let records: Vec<u64> = goroutines
        .iter()
        .map(|(_, words)| words.defers)
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
    let goroutines = goroutines.into_iter().map(|(address, words)| One {
        address,
        words,
        pending: lists(target, &copied, &words),
    });
    let goroutines = goroutines.collect();
    Copy {
        copied,
        goroutines,
        unreadable,
        start,
        took: start.elapsed(),
    }
}

/// What is on the lists of a goroutine.
fn lists(target: &Target<'_>, copied: &Copied<'_>, words: &Words) -> Pending {
    let mut pending = Pending::default();
    if words.defers != 0 || words.panics != 0 {
        let stack = Stack::new(copied, words.stack.0, words.stack);
        pending.read_lists(target, copied, words, &stack);
    }
    pending
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
    for one in goroutines {
        addresses.push(one.address);
        let seen = see(target, &copied, one.words, one.pending, mode);
        look.seen.push(seen);
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
            let pending = lists(target, &fresh, &words);
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
pub(crate) fn list(target: &Target<'_>, copied: &mut Copied<'_>) -> Result<Vec<u64>, TargetError> {
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
pub(crate) fn read(
    target: &Target<'_>,
    copied: &Copied<'_>,
    address: u64,
) -> Option<Option<Words>> {
    let len = usize::try_from(Words::len(&target.layout)).ok()?;
    copied.with(address, len, |bytes| Words::of(&target.layout, bytes))
}

/// Where a goroutine goes on.
fn position(words: &Words) -> Position {
    Position::saved(if words.status == Status::Syscall && words.syscall.1 != 0 {
        words.syscall
    } else {
        words.sched
    })
}

/// What of its stack is in use, in parts that can be fetched; of one that runs, all of it.
fn stack_ranges(words: &Words) -> impl Iterator<Item = (u64, u64)> + use<> {
    let (low, high) = words.stack;
    let sp = position(words).sp;
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
pub(crate) fn see(
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
    let position = match (words.status, mode) {
        (Status::Running, Mode::Still(registers)) => {
            let thread = Thread::new(target, copied, words.thread, registers);
            thread.position_of(&words)
        }
        (Status::Running, Mode::Running) => None,
        _ => Some(position(&words)),
    };
    if let Some(position) = position {
        let stack = Stack::new(copied, position.sp, words.stack);
        let mut last: Vec<(u64, bool)> = Vec::new();
        let complete = stack.walk(target, position, &mut |frame| {
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
