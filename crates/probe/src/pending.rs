//! The deferred calls that a goroutine has promised and not begun: records on its list, and open-coded ones in
//! its frames. And its panics.

use go_binary::{FuncId, OpenDefers};
use rustc_hash::FxHashMap;

use crate::goroutine::Words;
use crate::memory::Copied;
use crate::stack::{Frame, Stack};
use crate::target::Target;

/// How a pending call is remembered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Form {
    /// A bit and a slot in a frame.
    Slot,
    /// A record on the stack.
    OnStack,
    /// A record on the heap.
    OnHeap,
    /// A record of a body of a range over a function, not yet joined to the list.
    Ranged,
}

/// What pending calls are counted by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Key {
    /// A place of the target; nothing where no `defer` statement is known.
    pub(crate) place: Option<u32>,
    pub(crate) form: Form,
    pub(crate) function: Option<FuncId>,
}

/// How many, and in how many frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Count {
    pub(crate) calls: u64,
    pub(crate) frames: u64,
    last: u64,
}

/// The pending calls of a goroutine.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) counts: FxHashMap<Key, Count>,
    pub(crate) panics: Vec<PanicWords>,
    /// Something did not make sense.
    pub(crate) is_odd: bool,
}

/// A panic in flight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PanicWords {
    pub(crate) value_type: u64,
    pub(crate) value: u64,
    pub(crate) recovered: bool,
    pub(crate) goexit: bool,
}

/// The runtime marks lists that take no more.
const CLOSED: u64 = 1;
/// A list that is longer goes in circles, or would not fit into any machine.
const MOST_RECORDS: u64 = 1 << 28;
const MOST_PANICS: usize = 1 << 16;

impl Pending {
    fn add(&mut self, key: Key, frame: u64) {
        let count = self.counts.entry(key).or_default();
        count.calls += 1;
        if count.last != frame {
            count.last = frame;
            count.frames += 1;
        }
    }

    /// The records and the panics on a goroutine's lists.
    pub(crate) fn read_lists(
        &mut self,
        target: &Target<'_>,
        copied: &Copied<'_>,
        words: &Words,
        stack: &Stack<'_>,
    ) {
        let mut circle = Circle::default();
        let mut record = words.defers;
        while record != 0 {
            if !record.is_multiple_of(8) || circle.closes(record) {
                self.is_odd = true;
                break;
            }
            let Some(next) = self.read_record(target, copied, record, stack) else {
                self.is_odd = true;
                break;
            };
            record = next;
        }
        let layout = &target.layout.panic;
        let mut panic = words.panics;
        while panic != 0 {
            let word = |at: u64| copied.word(panic.checked_add(at)?);
            let byte = |at: u64| copied.byte(panic.checked_add(at)?);
            let (Some(value_type), Some(value), Some(link), Some(recovered), Some(goexit)) = (
                word(layout.value),
                word(layout.value + 8),
                word(layout.link),
                byte(layout.recovered),
                byte(layout.goexit),
            ) else {
                self.is_odd = true;
                break;
            };
            if recovered > 1 || goexit > 1 || self.panics.len() >= MOST_PANICS {
                self.is_odd = true;
                break;
            }
            self.panics.push(PanicWords {
                value_type,
                value,
                recovered: recovered == 1,
                goexit: goexit == 1,
            });
            panic = link;
        }
    }

    /// Counts a record; the next one, or nothing if it makes no sense.
    fn read_record(
        &mut self,
        target: &Target<'_>,
        copied: &Copied<'_>,
        record: u64,
        stack: &Stack<'_>,
    ) -> Option<u64> {
        let layout = &target.layout.record;
        let word = |at: u64| copied.word(record.checked_add(at)?);
        let byte = |at: u64| copied.byte(record.checked_add(at)?);
        let (sp, pc, next) = (word(layout.sp)?, word(layout.pc)?, word(layout.link)?);
        let heap = byte(layout.heap)?;
        if heap > 1 || !stack.holds(sp) {
            return None;
        }
        if let Some(at) = layout.range_func
            && byte(at)? != 0
        {
            let list = copied.word(word(layout.head?)?)?;
            self.read_ranged(target, copied, list, sp)?;
            return Some(next);
        }
        if let Some([started, open]) = layout.not_waiting
            && (byte(started)? != 0 || byte(open)? != 0)
        {
            return Some(next);
        }
        let closure = word(layout.function)?;
        let function = callee(target, copied, closure);
        let place = target.place_of_record(pc, function);
        if place.is_none() && function.is_none() {
            return None;
        }
        let form = if heap == 1 {
            Form::OnHeap
        } else {
            Form::OnStack
        };
        let key = Key {
            place,
            form,
            function,
        };
        self.add(key, sp);
        Some(next)
    }

    /// The records of bodies of a range over a function, which only know what they call.
    fn read_ranged(
        &mut self,
        target: &Target<'_>,
        copied: &Copied<'_>,
        first: u64,
        frame: u64,
    ) -> Option<()> {
        let layout = &target.layout.record;
        let mut circle = Circle::default();
        let mut record = first;
        while record != 0 && record != CLOSED {
            if !record.is_multiple_of(8) || circle.closes(record) {
                return None;
            }
            let closure = copied.word(record.checked_add(layout.function)?)?;
            let function = callee(target, copied, closure)?;
            let key = Key {
                place: target.place_of_record(0, Some(function)),
                form: Form::Ranged,
                function: Some(function),
            };
            self.add(key, frame);
            record = copied.word(record.checked_add(layout.link)?)?;
        }
        Some(())
    }

    /// The open-coded defers of a frame.
    pub(crate) fn read_frame(
        &mut self,
        target: &Target<'_>,
        copied: &Copied<'_>,
        frame: &Frame,
        stack: &Stack<'_>,
    ) {
        let Some(number) = frame.at.open else {
            return;
        };
        let Some((open, first)) = target.open_defers(number) else {
            return;
        };
        // Before the function made its first promise the bits may be anybody's.
        if !frame.returned && frame.pc <= first {
            return;
        }
        let place = |distance: u32| {
            let offset = OpenDefers::from_stack_pointer(distance, frame.at.delta);
            frame.sp.checked_add_signed(offset)
        };
        let Some(bits) = place(open.bits).and_then(|at| stack.byte(at)) else {
            self.is_odd = true;
            return;
        };
        if u32::from(bits) >> open.slots.len() != 0 {
            self.is_odd = true;
            return;
        }
        for (slot, &distance) in (0u8..).zip(&open.slots) {
            if bits & (1 << slot) == 0 {
                continue;
            }
            let closure = place(distance).and_then(|at| stack.word(at));
            let key = Key {
                place: target.place_of_slot(number, slot),
                form: Form::Slot,
                function: closure.and_then(|closure| callee(target, copied, closure)),
            };
            self.add(key, frame.sp);
        }
    }
}

/// The function that a closure calls.
fn callee(target: &Target<'_>, copied: &Copied<'_>, closure: u64) -> Option<FuncId> {
    target.function_at(copied.word(closure)?)
}

/// Notices when a list goes in circles, at the price of a comparison.
#[derive(Debug)]
struct Circle {
    marked: u64,
    steps: u64,
    next: u64,
}

impl Default for Circle {
    fn default() -> Self {
        Self {
            marked: 0,
            steps: 0,
            next: 1,
        }
    }
}

impl Circle {
    fn closes(&mut self, at: u64) -> bool {
        if at == self.marked || self.steps >= MOST_RECORDS {
            return true;
        }
        self.steps += 1;
        if self.steps == self.next {
            self.marked = at;
            self.next *= 2;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_noticed() {
        let list = [8u64, 16, 24, 32];
        let mut circle = Circle::default();
        assert!(!list.iter().any(|&at| circle.closes(at)));
        let mut circle = Circle::default();
        let steps = list.iter().cycle().position(|&at| circle.closes(at));
        assert!(steps.is_some_and(|steps| steps < 16), "{steps:?}");
    }
}
