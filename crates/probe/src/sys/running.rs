//! The processor time of another process, up to date.
//!
//! The kernel's clock of a process has what its threads used until the scheduler looked at them for the last time,
//! milliseconds ago for one that is busy: too coarse for windows of a few. What the task clocks of `perf_event_open`
//! say is brought up to date when they are read.
#![expect(unsafe_code, reason = "system calls take addresses")]

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::FromRawFd;

/// The clocks of all threads of a process, and of those that they start.
#[derive(Debug)]
pub struct TaskClocks(Vec<File>);

/// `struct perf_event_attr`, as long as it was at first.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup: u32,
    breakpoint: u32,
    address: u64,
}

/// `PERF_TYPE_SOFTWARE`
const SOFTWARE: u32 = 1;
/// `PERF_COUNT_SW_TASK_CLOCK`
const TASK_CLOCK: u64 = 1;
/// `inherit`: threads that are started later count, too.
const INHERIT: u64 = 1 << 1;
/// `PERF_FLAG_FD_CLOEXEC`
const CLOSE_ON_EXEC: u32 = 1 << 3;
/// Clocks for more threads would take longer to make than what they are for.
const MOST: usize = 512;

impl TaskClocks {
    /// They begin at zero now.
    ///
    /// # Errors
    ///
    /// What the kernel says, or that there are too many threads.
    pub fn new(pid: u32) -> io::Result<Self> {
        let mut clocks = Vec::new();
        for entry in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let name = entry?.file_name();
            let Some(thread) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            if clocks.len() == MOST {
                return Err(io::Error::other("too many threads"));
            }
            match open(thread) {
                Ok(clock) => clocks.push(clock),
                // It ended meanwhile.
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(clocks))
    }

    /// What they have run since then, together, in seconds.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn seconds(&self) -> io::Result<f64> {
        let mut sum = 0;
        for mut clock in &self.0 {
            let mut value = [0; 8];
            clock.read_exact(&mut value)?;
            sum += u64::from_ne_bytes(value);
        }
        Ok(sum as f64 * 1e-9)
    }
}

fn open(thread: i32) -> io::Result<File> {
    let attributes = Attributes {
        kind: SOFTWARE,
        size: size_of::<Attributes>() as u32,
        config: TASK_CLOCK,
        flags: INHERIT,
        ..Attributes::default()
    };
    // SAFETY: the kernel reads as many bytes of the attributes as their size says, and they live here; the other
    // arguments are numbers: any processor, no group.
    let result = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attributes,
            thread,
            -1,
            -1,
            CLOSE_ON_EXEC,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    let number = i32::try_from(result).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made the descriptor for us, and nobody else knows of it.
    Ok(unsafe { File::from_raw_fd(number) })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_attributes_have_the_size_that_they_had_at_first() {
        assert_eq!(size_of::<Attributes>(), 64);
    }

    #[test]
    fn a_thread_at_work_is_seen_at_work() {
        let Ok(clocks) = TaskClocks::new(std::process::id()) else {
            assert!(
                std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                "in CI this must be tested"
            );
            let words = "\n*** NOT TESTED: task clocks: no right to make them ***";
            writeln!(io::stderr(), "{words}").expect("stderr is open");
            return;
        };
        let own = || crate::sys::bpf::own_processor_time().expect("there is a clock") as f64 * 1e-9;
        let (before, began) = (clocks.seconds().expect("they are ours"), own());
        while own() - began < 0.002 {
            std::hint::spin_loop();
        }
        // Others of this process may run as well.
        let ran = clocks.seconds().expect("they are ours") - before;
        assert!(ran >= 0.002, "{ran}");
    }
}
