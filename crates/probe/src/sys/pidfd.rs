//! A process by a descriptor: its number may be used again, the descriptor stays its own, and knows how it ended.
#![expect(unsafe_code, reason = "system calls take addresses")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A process.
#[derive(Debug)]
pub struct ProcessDescriptor(OwnedFd);

/// What the kernel tells of a process (`struct pidfd_info`, as long as it was at first).
#[repr(C)]
#[derive(Default)]
struct Information {
    mask: u64,
    control_group: u64,
    numbers: [u32; 11],
    exit_code: i32,
}

/// `PIDFD_INFO_EXIT`: how it ended.
const EXIT: u64 = 1 << 3;
/// `PIDFD_GET_INFO`: to be read and written, 64 bytes, of the family 0xff, number 11.
const GET_INFORMATION: libc::c_ulong = 3 << 30 | 64 << 16 | 0xff << 8 | 11;

impl ProcessDescriptor {
    /// Of a process by its number.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: the call takes two numbers.
        let result = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        let number = i32::try_from(result).map_err(io::Error::other)?;
        // SAFETY: the kernel has just made the descriptor for us, and nobody else knows of it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(number) }))
    }

    /// How it ended, as `wait` has it: nothing if it has not, if its parent has not noticed yet, or before
    /// Linux 6.15.
    #[must_use]
    pub fn wait_status(&self) -> Option<i32> {
        let mut information = Information {
            mask: EXIT,
            ..Information::default()
        };
        // SAFETY: the kernel reads and writes the 64 bytes that the number of the request names, which are those
        // of the structure, and it lives here.
        let result =
            unsafe { libc::ioctl(self.0.as_raw_fd(), GET_INFORMATION, &raw mut information) };
        (result == 0 && information.mask & EXIT != 0).then_some(information.exit_code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_that_of_the_request() {
        assert_eq!(size_of::<Information>(), 64);
    }

    #[test]
    fn what_runs_has_not_ended() {
        let ourselves = ProcessDescriptor::open(std::process::id()).expect("we are a process");
        assert_eq!(ourselves.wait_status(), None);
        assert!(ProcessDescriptor::open(u32::MAX >> 1).is_err());
    }
}
