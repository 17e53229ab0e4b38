//! Being woken in time.
#![expect(unsafe_code, reason = "system calls take addresses")]

/// This thread runs as soon as it wants to, as long as this lives. Where that is not allowed, nothing changes.
#[derive(Debug)]
pub struct Urgent(Option<libc::sched_attr>);

impl Urgent {
    /// Begins.
    #[must_use]
    pub fn begin() -> Self {
        Self(instead(|urgent| {
            urgent.sched_policy = libc::SCHED_RR as u32;
            urgent.sched_priority = 1;
        }))
    }
}

impl Urgent {
    /// Whether this thread is urgent.
    #[must_use]
    pub fn is_begun() -> bool {
        attributes().is_some_and(|attributes| attributes.sched_policy == libc::SCHED_RR as u32)
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        back(self.0.as_ref());
    }
}

/// This thread runs soon after it wants to, as long as this lives: at once if there is an idle processor, for it goes
/// there, and else before others. One that is [`Urgent`] goes to the processor that it had last, and takes that from
/// whoever is at work there, though another may be idle. Where it is not allowed, nothing changes.
#[derive(Debug)]
pub struct Prompt(Option<libc::sched_attr>);

/// How long it runs before it is somebody else's turn, in nanoseconds: who wants little gets it sooner (Linux 6.12).
const SLICE: u64 = 200_000;
/// The nice value of threads that go before all others.
const FIRST: i32 = -20;

impl Prompt {
    /// Begins.
    #[must_use]
    pub fn begin() -> Self {
        Self(instead(|prompt| {
            prompt.sched_nice = FIRST;
            prompt.sched_runtime = SLICE;
        }))
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        back(self.0.as_ref());
    }
}

/// Schedules this thread otherwise, and gives how it was scheduled before, if that is allowed. One that is in
/// real time already stays so.
fn instead(change: impl FnOnce(&mut libc::sched_attr)) -> Option<libc::sched_attr> {
    let before = attributes()?;
    let mut after = before;
    // What this thread may start is as patient as ever.
    after.sched_flags |= libc::SCHED_FLAG_RESET_ON_FORK as u64;
    change(&mut after);
    let fair = [libc::SCHED_OTHER, libc::SCHED_BATCH, libc::SCHED_IDLE];
    let is_fair = fair
        .map(|policy| policy as u32)
        .contains(&before.sched_policy);
    (is_fair && set_attributes(&after)).then_some(before)
}

/// That it is refused is no harm: the thread then is quicker than it need be.
fn back(before: Option<&libc::sched_attr>) {
    if let Some(before) = before {
        set_attributes(before);
    }
}

/// How this thread is scheduled.
fn attributes() -> Option<libc::sched_attr> {
    // SAFETY: zeros are valid: there are numbers only.
    let mut attributes: libc::sched_attr = unsafe { std::mem::zeroed() };
    let size = size_of::<libc::sched_attr>();
    // SAFETY: the kernel writes no more bytes than there are, as it is told; 0 is the calling thread.
    let result = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, size, 0) };
    attributes.size = size as u32;
    (result == 0).then_some(attributes)
}

fn set_attributes(attributes: &libc::sched_attr) -> bool {
    // SAFETY: the kernel reads as many bytes as the size in them says, and they live here; 0 is the calling thread.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const *attributes, 0) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Policy, niceness and flags before, while, and after; in a thread of its own, for that is what is scheduled.
    fn three<T>(begin: fn() -> T, allowed: fn(&T) -> bool) -> (bool, [(u32, i32, u64); 3]) {
        let state = || {
            let attributes = attributes().expect("it can be asked");
            (
                attributes.sched_policy,
                attributes.sched_nice,
                attributes.sched_flags,
            )
        };
        let thread = std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                let before = state();
                let begun = begin();
                let (allowed, during) = (allowed(&begun), state());
                drop(begun);
                (allowed, [before, during, state()])
            });
            thread.join()
        });
        thread.expect("it ends")
    }

    #[test]
    fn who_was_prompt_is_as_before() {
        let (allowed, [before, during, after]) = three(Prompt::begin, |prompt| prompt.0.is_some());
        assert_eq!(before, after);
        assert_eq!(during.1, if allowed { FIRST } else { before.1 });
        assert_eq!(during.0, before.0);
    }

    #[test]
    fn who_was_urgent_is_as_before() {
        let (allowed, [before, during, after]) = three(Urgent::begin, |urgent| urgent.0.is_some());
        assert_eq!(before, after);
        assert_eq!(during.0 == libc::SCHED_RR as u32, allowed);
    }

    #[test]
    fn who_is_prompt_can_be_urgent_for_a_while() {
        let (_, [_, during, after]) = three(
            || {
                let prompt = Prompt::begin();
                let niceness = attributes().map(|attributes| attributes.sched_nice);
                drop(Urgent::begin());
                let again = attributes().map(|attributes| attributes.sched_nice);
                assert_eq!(niceness, again);
                prompt
            },
            |prompt| prompt.0.is_some(),
        );
        assert_eq!(during.0, after.0);
    }
}
