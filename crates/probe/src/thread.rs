//! Where a goroutine is that a thread of a stopped process runs: mostly where the thread is, but that may work
//! for the runtime on its own stack, handle a signal on a third one, or be in the kernel's shared object (vDSO).

use go_binary::Arch;

use crate::goroutine::Words;
use crate::memory::Copied;
use crate::stack::{Position, Stack};
use crate::sys::stop::Registers;
use crate::target::{Kind, Target};

/// A thread that runs a goroutine, as its `runtime.m` describes it.
pub(crate) struct Thread<'c> {
    target: &'c Target<'c>,
    copied: &'c Copied<'c>,
    m: u64,
    registers: &'c [Registers],
}

/// The lower end of a stack, and its upper end.
type Bounds = (u64, u64);

const fn is_within(bounds: Bounds, sp: u64) -> bool {
    bounds.0 <= sp && sp < bounds.1
}

impl<'c> Thread<'c> {
    pub(crate) const fn new(
        target: &'c Target<'c>,
        copied: &'c Copied<'c>,
        m: u64,
        registers: &'c [Registers],
    ) -> Self {
        Self {
            target,
            copied,
            m,
            registers,
        }
    }

    /// Where the goroutine is that it runs; nothing where that cannot be told.
    pub(crate) fn position_of(&self, words: &Words) -> Option<Position> {
        if let Some(found) = self.on(words.stack) {
            // The scheduler has just set the stack pointer, and jumps next.
            let goes_on = self.kind_at(found.pc) == Some(Kind::Resume);
            let pc = if goes_on { words.sched.0 } else { found.pc };
            return Some(Position { pc, ..found });
        }
        let interrupted = self.interrupted();
        if let Some(found) = interrupted.filter(|found| is_within(words.stack, found.sp)) {
            return Some(found);
        }
        // Its thread is on its own stack, on which the runtime works for it. What it saved when it went there is
        // where it is, unless it did not go there in one of the ways that save it.
        let saved = Position::saved(words.sched);
        let stub = self.kind_at(saved.pc) == Some(Kind::SystemStack);
        let is_saved = is_within(words.stack, saved.sp)
            && (stub || self.is_scheduling(interrupted).unwrap_or(false));
        is_saved.then_some(saved)
    }

    /// Where it is, if it is on this stack. In the vDSO, to which the runtime goes on the scheduler's stack and
    /// of which there is no table, that is where it went there.
    fn on(&self, bounds: Bounds) -> Option<Position> {
        let vdso = self.vdso().filter(|from| is_within(bounds, from.sp));
        vdso.or_else(|| {
            let mut registers = self.registers.iter();
            let found = registers.find(|found| is_within(bounds, found.sp))?;
            Some(Position::saved((found.pc, found.sp)))
        })
    }

    fn kind_at(&self, pc: u64) -> Option<Kind> {
        let at = self.target.at(pc.wrapping_sub(self.target.bias), false)?;
        Some(at.kind)
    }

    /// Where it called the vDSO, while it is there.
    fn vdso(&self) -> Option<Position> {
        let layout = self.target.layout.m?;
        let word = |at: u64| self.copied.word(self.m.checked_add(at)?);
        let (pc, sp) = (word(layout.vdso_pc)?, word(layout.vdso_sp)?);
        (sp != 0).then_some(Position {
            pc,
            sp,
            returned: true,
        })
    }

    /// The bounds of the stack of the goroutine that a field of the thread points to. They are its first words.
    fn bounds(&self, field: u64) -> Option<Bounds> {
        let goroutine = self.copied.word(self.m.checked_add(field)?)?;
        Some((
            self.copied.word(goroutine)?,
            self.copied.word(goroutine.checked_add(8)?)?,
        ))
    }

    /// Whether it is on the stack of its scheduler, and came there from the beginning of one of its ways.
    fn is_scheduling(&self, interrupted: Option<Position>) -> Option<bool> {
        let bounds = self.bounds(0)?;
        let found = self
            .on(bounds)
            .or(interrupted.filter(|found| is_within(bounds, found.sp)))?;
        let stack = Stack::new(self.copied, found.sp, bounds);
        Some(stack.walk(self.target, found, &mut |_| {}))
    }

    /// Where it was when the signal came that it handles.
    fn interrupted(&self) -> Option<Position> {
        // Signal frames of arm64 were never looked at.
        if self.target.binary.image().arch() != Arch::Amd64 {
            return None;
        }
        let bounds = self.bounds(self.target.layout.m?.signals)?;
        let found = self.on(bounds)?;
        let stack = Stack::new(self.copied, found.sp, bounds);
        let mut entry = None;
        stack.walk(self.target, found, &mut |frame| {
            if entry.is_none() && frame.at.kind == Kind::Signal {
                entry = frame.sp.checked_add_signed(frame.at.delta.into());
            }
        });
        // There is the address that the handler returns to, then what the kernel saved: `struct ucontext` of
        // arch/x86/include/uapi/asm/ucontext.h, whose registers begin at 40, `rsp` the 16th, `rip` the 17th.
        const SP: u64 = 8 + 40 + 15 * 8;
        let at = entry?.checked_add(SP)?;
        let (sp, pc) = (stack.word(at)?, stack.word(at.checked_add(8)?)?);
        Some(Position::saved((pc, sp)))
    }
}
