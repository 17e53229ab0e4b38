//! `perf_event_open(2)`: an event at an instruction of a file, which a BPF program is then attached to. That is how
//! it was done before many instructions could be named at once.
#![expect(unsafe_code, reason = "system calls take addresses")]

use std::ffi::CStr;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// Where the kernel says by which number it knows events at instructions of programs.
const TYPE: &str = "/sys/bus/event_source/devices/uprobe/type";
/// As much of `struct perf_event_attr` as there was when such events came, and more: the rest is zeros.
const WORDS: usize = 16;
const CLOSE_ON_EXEC: libc::c_ulong = 8;

/// The kind of such events.
///
/// # Errors
///
/// If the kernel has none.
pub(super) fn uprobes() -> io::Result<u32> {
    let text = std::fs::read_to_string(TYPE).map_err(|error| match error.kind() {
        // What the callers take for a kernel that cannot.
        io::ErrorKind::NotFound => io::Error::from_raw_os_error(libc::EOPNOTSUPP),
        _ => error,
    })?;
    text.trim()
        .parse()
        .map_err(|_| io::Error::other(format!("{TYPE} says {text:?}")))
}

/// An event whenever a process comes to a place of a file.
///
/// # Errors
///
/// What the kernel says.
pub(super) fn at_instruction(kind: u32, path: &CStr, offset: u64, pid: u32) -> io::Result<OwnedFd> {
    let mut attribute = [0u64; WORDS];
    let size = size_of_val(&attribute) as u64;
    for (word, value) in [
        (0, u64::from(kind) | size << 32),
        // `uprobe_path` and `probe_offset`.
        (7, path.as_ptr().addr() as u64),
        (8, offset),
    ] {
        if let Some(place) = attribute.get_mut(word) {
            *place = value;
        }
    }
    // On any processor, in no group. The event names one thread, but the trap is for its whole process.
    let (processor, group) = (-1, -1);
    // SAFETY: the attribute is readable for as many bytes as it says, and has the address of a string that outlives
    // the call and ends with zero.
    let result = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            attribute.as_ptr(),
            pid,
            processor,
            group,
            CLOSE_ON_EXEC,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    let number = i32::try_from(result).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made the descriptor for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
