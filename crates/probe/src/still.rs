//! Reading a process that stands still, so that it need not stand still for long.
//!
//! Nearly all goroutines of a large process wait, and go on waiting while it is looked at. So their stacks are
//! read and walked before, while the process runs. In the pause only the goroutines themselves (`runtime.g`) are
//! read again, and only of those that did anything since, the stacks.
//!
//! Why what was seen of a goroutine before the pause holds in the pause:
//!
//! - What it has pending stands in its stack, its records and its closures, and nobody else writes to those
//!   while it waits. A sender or receiver may put a value into its stack, and then makes it runnable; the
//!   collector may move its stack, and then its bounds change.
//! - If it ran, and waits again, its counter of stops has changed (see [`go_binary::G::stops`]). That is one
//!   byte: 256 stops later it is the same. So nothing is believed after one look: the counter, the place where
//!   it waits, its stack and the heads of its lists must have been the same in two further looks, of which
//!   the pause is the last, each after a time that is long for a goroutine. One that never rests is taken for
//!   one that did nothing once in 65,536 times, if all of that is the same besides; and is wrong if then it has
//!   other promises pending at the very same place.
//! - What is not counted is never believed: coroutines, goroutines that were preempted, that run, or are in a
//!   system call.

use std::time::{Duration, Instant};

use rustc_hash::FxHashSet;

use crate::goroutine::{Status, Words};
use crate::look::{self, Copy, Look, Mode, Seen};
use crate::memory::{Copied, Memory};
use crate::snapshot::{Panic, Reading};
use crate::sys::memory::monotonic;
use crate::sys::priority::Urgent;
use crate::sys::stop::{Pause, Registers, StopError};
use crate::target::{Target, TargetError};
use crate::wait_reasons;

/// Why a process was not read while it stood still.
#[derive(Debug, thiserror::Error)]
pub enum StillError {
    /// It makes no sense.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// It could not be stopped.
    #[error(transparent)]
    Stop(#[from] StopError),
}

/// What was read while a process stood still.
#[derive(Debug)]
pub struct Still<'t, 'a, 'm> {
    /// What was read; nothing when the time was over before.
    pub reading: Option<Reading<'t, 'a, 'm>>,
    /// How long it stood still, from the first thread to the last.
    pub paused: Duration,
}

impl<'t, 'a, 'm> Still<'t, 'a, 'm> {
    /// Stops a process for `longest` at most, and reads all its goroutines.
    ///
    /// # Errors
    ///
    /// If the process cannot be stopped, or its goroutines cannot be read.
    pub fn look(
        target: &'t Target<'a>,
        memory: &'m dyn Memory,
        pid: i32,
        longest: Duration,
    ) -> Result<Self, StillError> {
        let start = Instant::now();
        let mut known = Known::of(target, memory)?;
        known.look_again(target, memory);
        // Others that compute should not lengthen the pause.
        let urgent = Urgent::begin();
        let pause = Pause::of(pid, longest)?;
        let now = monotonic();
        let last = known.last_look(target, memory, &pause.registers);
        let in_time = !pause.is_over();
        let paused = pause.end();
        drop(urgent);
        let reading = if in_time {
            let last = last?;
            let took = start.elapsed();
            let (look, panics) = known.together(last, took);
            Some(Reading::of_still(target, memory, look, panics, now))
        } else {
            None
        };
        Ok(Self { reading, paused })
    }
}

/// What is known of a process.
#[derive(Debug)]
struct Known<'m> {
    /// The list of goroutines.
    list: Vec<u64>,
    /// Those of the list that lived.
    goroutines: Vec<Option<One>>,
    /// All of the list as they were at the last look, and room for the next one.
    words: Copied<'m>,
    /// What waits for this is not counted.
    uncounted: Vec<u8>,
}

/// What is known of a goroutine.
#[derive(Debug)]
struct One {
    seen: Seen,
    panics: Vec<Panic>,
    /// It was the same at a look after it was read.
    is_calm: bool,
}

/// What the pause showed.
#[derive(Debug)]
struct Last {
    /// Those that moved or are new.
    moved: Vec<One>,
    unreadable: usize,
}

impl One {
    /// Whether it did nothing since it was read.
    fn is_as_before(&self, now: &Words, uncounted: &[u8]) -> bool {
        matches!(now.status, Status::Waiting | Status::Leaked)
            && !uncounted.contains(&now.wait_reason)
            && now.stops.is_some()
            && self.seen.doubt.is_none()
            && self.seen.words.is_still(now)
    }
}

impl<'m> Known<'m> {
    /// Reads everything while the process runs.
    fn of(target: &Target<'_>, memory: &'m dyn Memory) -> Result<Self, TargetError> {
        let copy = look::copy(target, memory)?;
        let list = look::list(target, &mut Copied::of(memory))?;
        let mut read = read_all(target, copy, Mode::Running)
            .0
            .into_iter()
            .peekable();
        // Those that live are in the order of the list.
        let goroutines = list
            .iter()
            .map(|&g| {
                read.next_if(|(address, _)| *address == g)
                    .map(|(_, one)| one)
            })
            .collect();
        let size = Words::len(&target.layout);
        let mut words = Copied::of(memory);
        let ranges = list.iter().map(|&g| (g, g.saturating_add(size)));
        words.fetch(ranges.collect());
        let reasons = wait_reasons::of(target.binary().version());
        let uncounted = (0..=u8::MAX).zip(reasons);
        let uncounted = uncounted.filter(|(_, text)| matches!(*text, "coroutine" | "preempted"));
        let mut known = Self {
            list,
            goroutines,
            words,
            uncounted: uncounted.map(|(number, _)| number).collect(),
        };
        known.compare(target, memory);
        Ok(known)
    }

    /// Looks at all goroutines again, and reads those anew that moved.
    fn look_again(&mut self, target: &Target<'_>, memory: &'m dyn Memory) {
        self.words.refresh();
        self.compare(target, memory);
    }

    fn compare(&mut self, target: &Target<'_>, memory: &'m dyn Memory) {
        let mut moved = Vec::new();
        for (&address, one) in self.list.iter().zip(&mut self.goroutines) {
            let now = look::read(target, &self.words, address).flatten();
            match (&mut *one, now) {
                (Some(one), Some(now)) if one.is_as_before(&now, &self.uncounted) => {
                    one.is_calm = true;
                }
                (_, Some(_)) => moved.push(address),
                (_, None) => *one = None,
            }
        }
        let copy = look::copy_those(target, memory, &moved);
        let mut read = read_all(target, copy, Mode::Running)
            .0
            .into_iter()
            .peekable();
        let moved: FxHashSet<u64> = moved.into_iter().collect();
        for (address, one) in self.list.iter().zip(&mut self.goroutines) {
            if moved.contains(address) {
                let found = read.next_if(|(found, _)| found == address);
                *one = found.map(|(_, one)| one);
            }
        }
    }

    /// The look at the process that stands still.
    fn last_look(
        &mut self,
        target: &Target<'_>,
        memory: &'m dyn Memory,
        registers: &[Registers],
    ) -> Result<Last, TargetError> {
        target.check(&Copied::of(memory))?;
        let list = look::list(target, &mut Copied::of(memory))?;
        self.words.refresh();
        // It only grows, and goroutines do not change their places in it.
        let same = list
            .iter()
            .zip(&self.list)
            .take_while(|(now, before)| now == before);
        let same = same.count();
        let mut moved = Vec::new();
        self.goroutines.truncate(same);
        for (&address, known) in list.iter().zip(&mut self.goroutines) {
            let now = look::read(target, &self.words, address);
            match (&mut *known, now) {
                (Some(one), Some(Some(now)))
                    if one.is_calm && one.is_as_before(&now, &self.uncounted) =>
                {
                    // Since when it waits the collector may have noted meanwhile.
                    one.seen.words = now;
                }
                (_, Some(None)) => *known = None,
                (_, Some(Some(_)) | None) => {
                    *known = None;
                    moved.push(address);
                }
            }
        }
        moved.extend(&list[same..]);
        let copy = look::copy_those(target, memory, &moved);
        let (read, unreadable) = read_all(target, copy, Mode::Still(registers));
        Ok(Last {
            moved: read.into_iter().map(|(_, one)| one).collect(),
            unreadable,
        })
    }

    /// All goroutines as they were in the pause.
    fn together(self, last: Last, took: Duration) -> (Look, Vec<Panic>) {
        let mut look = Look {
            seen: Vec::new(),
            again: last.moved.len(),
            unreadable: last.unreadable,
            took,
        };
        let mut panics = Vec::new();
        for one in self.goroutines.into_iter().flatten().chain(last.moved) {
            look.seen.push(one.seen);
            panics.extend(one.panics);
        }
        (look, panics)
    }
}

/// Walks the stacks that were copied: the goroutines with their addresses, and how many could not be read.
fn read_all(target: &Target<'_>, copy: Copy<'_>, mode: Mode<'_>) -> (Vec<(u64, One)>, usize) {
    let copied = copy.copied;
    let read = copy.goroutines.into_iter().map(|one| {
        let panics = one.panics(target, &copied);
        let seen = look::see(target, &copied, one.words, one.pending, mode);
        let known = One {
            seen,
            panics,
            is_calm: false,
        };
        (one.address, known)
    });
    (read.collect(), copy.unreadable)
}
