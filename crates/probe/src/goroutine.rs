//! A goroutine as the runtime describes it (`runtime.g`): the words that matter, decoded.

use go_binary::RuntimeLayout;
use serde::Serialize;

/// What a goroutine is doing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It could run, and waits for a thread.
    Runnable,
    /// A thread runs it.
    Running,
    /// It is in a system call, or in code of C.
    Syscall,
    /// It waits for something.
    Waiting,
    /// Its stack is being moved.
    Copying,
    /// It was stopped to be looked at.
    Preempted,
    /// The collector found that nothing can ever wake it.
    Leaked,
}

impl Status {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Runnable => "runnable",
            Self::Running => "running",
            Self::Syscall => "syscall",
            Self::Waiting => "waiting",
            Self::Copying => "copying",
            Self::Preempted => "preempted",
            Self::Leaked => "leaked",
        }
    }

    /// What a number means; nothing for those that do not live.
    fn of(number: u32) -> Option<Self> {
        // The collector sets a bit while it looks at one.
        Some(match number & !0x1000 {
            1 => Self::Runnable,
            2 => Self::Running,
            3 => Self::Syscall,
            4 => Self::Waiting,
            8 => Self::Copying,
            9 => Self::Preempted,
            10 => Self::Leaked,
            _ => return None,
        })
    }
}

/// The words of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Words {
    pub(crate) stack: (u64, u64),
    pub(crate) panics: u64,
    pub(crate) defers: u64,
    /// The thread that runs it.
    pub(crate) thread: u64,
    pub(crate) sched: (u64, u64),
    pub(crate) syscall: (u64, u64),
    pub(crate) status: Status,
    pub(crate) id: u64,
    pub(crate) wait_since: u64,
    pub(crate) wait_reason: u8,
    /// How often it stopped to run, as far as a byte counts.
    pub(crate) stops: Option<u8>,
    pub(crate) go_pc: u64,
    pub(crate) start_pc: u64,
}

impl Words {
    /// So many bytes of a goroutine are looked at.
    pub(crate) const fn len(layout: &RuntimeLayout) -> u64 {
        layout.g.start_pc + 8
    }

    /// Decodes the bytes of a goroutine; nothing when it does not live.
    pub(crate) fn of(layout: &RuntimeLayout, bytes: &[u8]) -> Option<Self> {
        let g = &layout.g;
        let word = |at: u64| {
            let at = usize::try_from(at).ok()?;
            Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
        };
        let status = u32::try_from(word(g.status)? & 0xffff_ffff).ok()?;
        Some(Self {
            status: Status::of(status)?,
            stack: (word(0)?, word(8)?),
            panics: word(g.panics)?,
            defers: word(g.defers)?,
            thread: word(g.m)?,
            sched: (word(g.sched_pc)?, word(g.sched_sp)?),
            syscall: (word(g.syscall_pc)?, word(g.syscall_sp)?),
            id: word(g.id)?,
            wait_since: word(g.wait_since)?,
            wait_reason: *bytes.get(usize::try_from(g.wait_reason).ok()?)?,
            stops: match g.stops {
                Some(at) => Some(*bytes.get(usize::try_from(at).ok()?)?),
                None => None,
            },
            go_pc: word(g.go_pc)?,
            start_pc: word(g.start_pc)?,
        })
    }

    /// Whether it did nothing between two looks at it, as far as its words tell. One that runs never seems
    /// still.
    pub(crate) fn is_still(&self, later: &Self) -> bool {
        self.status != Status::Running
            && self.status != Status::Copying
            && (self.status, self.id, self.stack) == (later.status, later.id, later.stack)
            && self.stops == later.stops
            && (self.sched, self.syscall) == (later.sched, later.syscall)
            && (self.defers, self.panics) == (later.defers, later.panics)
    }
}
