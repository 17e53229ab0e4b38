//! Where the fields of the runtime's structures are, by release: for those who read a living process.
//!
//! The runtime promises none of this. The numbers were read from the DWARF of programs built by Go 1.21.13,
//! 1.22.10, 1.23.4, 1.24.11, 1.25.5, 1.26.6 and 1.27.3, on amd64 and arm64, which agree; `cargo xtask oracle
//! inspect` reads them again. There is no table for releases that were not measured:
//! [`RuntimeLayout::read`] reads their debug information.

use crate::version::Version;

/// The offsets of fields, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuntimeLayout {
    /// The first release that it holds for.
    pub since: Version,
    /// A goroutine.
    pub g: G,
    /// A thread; nothing if the debug information has it otherwise. Less is known without, but nothing is
    /// wrong.
    pub m: Option<M>,
    /// A record of a deferred call.
    pub record: Record,
    /// A panic, or the end of a goroutine by `runtime.Goexit`.
    pub panic: Panic,
}

/// `runtime.g`: a goroutine. Its `stack` (two addresses) is at 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct G {
    /// Its size.
    pub size: u64,
    /// The list of its panics, the latest first.
    pub panics: u64,
    /// The list of its defer records, the latest first.
    pub defers: u64,
    /// The thread that runs it.
    pub m: u64,
    /// The stack pointer where it stopped.
    pub sched_sp: u64,
    /// The instruction where it stopped.
    pub sched_pc: u64,
    /// The frame pointer where it stopped.
    pub sched_bp: u64,
    /// The stack pointer with which it entered a system call, or 0.
    pub syscall_sp: u64,
    /// The instruction of that.
    pub syscall_pc: u64,
    /// The frame pointer of that; there since Go 1.23.
    pub syscall_bp: Option<u64>,
    /// Its status: 32 bits. 6 is dead.
    pub status: u64,
    /// Its number.
    pub id: u64,
    /// Since when it waits, in nanoseconds, or 0.
    pub wait_since: u64,
    /// Why it waits: a byte whose meaning changes with releases.
    pub wait_reason: u64,
    /// A byte that is counted up when it stops to run (`trackingSeq`), except to switch to a coroutine.
    pub stops: Option<u64>,
    /// The instruction of the `go` statement that started it.
    pub go_pc: u64,
    /// The function that it started with.
    pub start_pc: u64,
}

/// `runtime.m`: a thread. The goroutine on whose stack it schedules, `g0`, is at 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct M {
    /// The goroutine on whose stack it handles signals.
    pub signals: u64,
    /// The stack pointer of who called the kernel's shared object (vDSO), or 0: what it runs there is on
    /// another stack.
    pub vdso_sp: u64,
    /// Where that call comes back to.
    pub vdso_pc: u64,
}

/// `runtime._defer`: a record of a deferred call. Open-coded defers have none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its size.
    pub size: u64,
    /// Whether it is on the heap: a byte.
    pub heap: u64,
    /// Whether it stands for a list of those of bodies of ranges over functions: a byte; since Go 1.22.
    pub range_func: Option<u64>,
    /// The stack pointer of the function that deferred.
    pub sp: u64,
    /// The instruction behind the call that made it. 0 in the bodies of ranges over functions until the
    /// list is joined.
    pub pc: u64,
    /// The closure to be called.
    pub function: u64,
    /// The next record.
    pub link: u64,
    /// The list that the bodies of a range over a function add to; since Go 1.22.
    pub head: Option<u64>,
    /// Whether its call has begun, or it stands for the open-coded defers of a frame that a panic found:
    /// two bytes, `started` and `openDefer`; until Go 1.21.
    pub not_waiting: Option<[u64; 2]>,
}

/// `runtime._panic`: a panic in flight. It is on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Panic {
    /// Its size.
    pub size: u64,
    /// The value: the address of its type, and that of its data.
    pub value: u64,
    /// The panic before it, in whose deferred calls it happened.
    pub link: u64,
    /// Whether it was recovered: a byte.
    pub recovered: u64,
    /// Whether it is none, but the end of the goroutine: a byte.
    pub goexit: u64,
}

const PANIC_1_21: Panic = Panic {
    size: 56,
    value: 8,
    link: 24,
    recovered: 48,
    goexit: 50,
};

const PANIC_1_22: Panic = Panic {
    size: 104,
    recovered: 96,
    goexit: 97,
    ..PANIC_1_21
};

const PANIC_1_25: Panic = Panic {
    goexit: 98,
    ..PANIC_1_22
};

const PANIC_1_26: Panic = Panic {
    size: 104,
    value: 0,
    link: 16,
    recovered: 88,
    goexit: 90,
};

const PANIC_1_27: Panic = Panic {
    size: 96,
    ..PANIC_1_26
};

const RECORD_1_21: Record = Record {
    size: 72,
    heap: 1,
    range_func: None,
    sp: 8,
    pc: 16,
    function: 24,
    link: 40,
    head: None,
    not_waiting: Some([0, 2]),
};

const RECORD_1_22: Record = Record {
    size: 48,
    heap: 0,
    range_func: Some(1),
    sp: 8,
    pc: 16,
    function: 24,
    link: 32,
    head: Some(40),
    not_waiting: None,
};

const G_1_21: G = G {
    size: 408,
    panics: 32,
    defers: 40,
    m: 48,
    sched_sp: 56,
    sched_pc: 64,
    sched_bp: 104,
    syscall_sp: 112,
    syscall_pc: 120,
    syscall_bp: None,
    status: 144,
    id: 152,
    wait_since: 168,
    wait_reason: 176,
    stops: Some(188),
    go_pc: 280,
    start_pc: 296,
};

const G_1_23: G = G {
    size: 432,
    syscall_bp: Some(128),
    status: 152,
    id: 160,
    wait_since: 176,
    wait_reason: 184,
    stops: Some(199),
    go_pc: 288,
    start_pc: 304,
    ..G_1_21
};

const G_1_25: G = G {
    size: 440,
    sched_bp: 96,
    syscall_sp: 104,
    syscall_pc: 112,
    syscall_bp: Some(120),
    stops: Some(191),
    ..G_1_21
};

const M_1_21: M = M {
    signals: 80,
    vdso_sp: 808,
    vdso_pc: 816,
};

const M_1_22: M = M {
    vdso_sp: 1120,
    vdso_pc: 1128,
    ..M_1_21
};

const M_1_23: M = M {
    vdso_sp: 856,
    vdso_pc: 864,
    ..M_1_21
};

const M_1_24: M = M {
    vdso_sp: 904,
    vdso_pc: 912,
    ..M_1_21
};

const M_1_25: M = M {
    signals: 72,
    vdso_sp: 896,
    vdso_pc: 904,
};

/// By release, the newest first.
const LAYOUTS: [RuntimeLayout; 7] = [
    RuntimeLayout {
        since: Version::new(27),
        g: G {
            size: 456,
            go_pc: 288,
            start_pc: 304,
            ..G_1_25
        },
        m: Some(M_1_25),
        record: RECORD_1_22,
        panic: PANIC_1_27,
    },
    RuntimeLayout {
        since: Version::new(26),
        g: G {
            size: 456,
            go_pc: 288,
            start_pc: 304,
            ..G_1_25
        },
        m: Some(M_1_25),
        record: RECORD_1_22,
        panic: PANIC_1_26,
    },
    RuntimeLayout {
        since: Version::new(25),
        g: G_1_25,
        m: Some(M_1_25),
        record: RECORD_1_22,
        panic: PANIC_1_25,
    },
    RuntimeLayout {
        since: Version::new(24),
        g: G {
            size: 440,
            ..G_1_23
        },
        m: Some(M_1_24),
        record: RECORD_1_22,
        panic: PANIC_1_22,
    },
    RuntimeLayout {
        since: Version::new(23),
        g: G_1_23,
        m: Some(M_1_23),
        record: RECORD_1_22,
        panic: PANIC_1_22,
    },
    RuntimeLayout {
        since: Version::new(22),
        g: G {
            size: 424,
            stops: Some(191),
            ..G_1_21
        },
        m: Some(M_1_22),
        record: RECORD_1_22,
        panic: PANIC_1_22,
    },
    RuntimeLayout {
        since: Version::new(21),
        g: G_1_21,
        m: Some(M_1_21),
        record: RECORD_1_21,
        panic: PANIC_1_21,
    },
];

impl RuntimeLayout {
    /// The layout of a release; nothing for one that was not measured.
    #[must_use]
    pub fn of(release: Version) -> Option<Self> {
        if release.minor > crate::Binary::NEWEST.minor {
            return None;
        }
        LAYOUTS.into_iter().find(|layout| layout.since <= release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_the_layout_of_the_newest_before_it() {
        let of = |minor, patch| RuntimeLayout::of(Version { minor, patch });
        assert_eq!(of(20, 9), None, "not measured");
        assert_eq!(of(28, 0), None, "not known");
        let sizes = [21, 22, 23, 24, 25, 26, 27].map(|minor| of(minor, 3).map(|l| l.g.size));
        assert_eq!(sizes, [408, 424, 432, 440, 440, 456, 456].map(Some));
        assert_eq!(of(25, 1).map(|l| l.g.status), Some(144));
        assert_eq!(of(24, 1).map(|l| l.g.status), Some(152));
    }

    #[test]
    fn layouts_are_in_order_and_within_their_sizes() {
        assert!(LAYOUTS.is_sorted_by(|one, other| one.since > other.since));
        for layout in LAYOUTS {
            let (g, record, panic) = (layout.g, layout.record, layout.panic);
            let last = [
                g.go_pc,
                g.start_pc,
                g.status,
                g.id,
                g.wait_since,
                g.wait_reason,
            ];
            assert!(last.iter().all(|&at| at < g.size), "{g:?}");
            let head = record.head.unwrap_or(0);
            assert!(record.link.max(head) < record.size, "{record:?}");
            let m = layout.m.expect("it was measured");
            assert_eq!(m.vdso_sp + 8, m.vdso_pc, "{m:?}");
            assert!(panic.goexit.max(panic.value) < panic.size, "{panic:?}");
        }
    }
}
