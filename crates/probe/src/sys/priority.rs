//! Being woken in time.
#![expect(unsafe_code, reason = "system calls take addresses")]

/// This thread runs as soon as it wants to, as long as this lives. Where that is not allowed, nothing changes.
#[derive(Debug)]
pub struct Urgent(());

impl Urgent {
    /// Begins.
    #[must_use]
    pub fn begin() -> Self {
        // What this thread may start is as patient as ever.
        schedule(libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, 1);
        Self(())
    }
}

impl Urgent {
    /// Whether this thread is urgent.
    #[must_use]
    pub fn is_begun() -> bool {
        // SAFETY: it takes no address; 0 is the calling thread.
        let policy = unsafe { libc::sched_getscheduler(0) };
        policy & !libc::SCHED_RESET_ON_FORK == libc::SCHED_RR
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        schedule(libc::SCHED_OTHER, 0);
    }
}

fn schedule(policy: libc::c_int, priority: libc::c_int) {
    let parameter = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: the kernel reads one parameter, which lives here; 0 is the calling thread. That it refuses is
    // no harm: windows then end a little late where the machine is busy.
    unsafe {
        libc::sched_setscheduler(0, policy, &raw const parameter);
    }
}
