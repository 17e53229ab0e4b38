//! `bpf(2)`: maps, programs, and what they are attached to.
//!
//! Nothing is pinned in a file system, and everything is tied to a descriptor of this process: when it ends,
//! however it ends, the kernel takes its probes out of the programs they watch.
#![expect(unsafe_code, reason = "system calls take addresses")]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::perf_event;

const MAP_CREATE: libc::c_int = 0;
const MAP_LOOKUP: libc::c_int = 1;
const MAP_UPDATE: libc::c_int = 2;
const MAP_DELETE: libc::c_int = 3;
const MAP_NEXT_KEY: libc::c_int = 4;
const PROGRAM_LOAD: libc::c_int = 5;
const PROGRAM_NEXT_ID: libc::c_int = 11;
const PROGRAM_BY_ID: libc::c_int = 13;
const INFORMATION: libc::c_int = 15;
const RAW_TRACEPOINT_OPEN: libc::c_int = 17;
const LINK_CREATE: libc::c_int = 28;

const PERF_EVENT: u32 = 41;
const TRACE_UPROBE_MULTI: u32 = 48;
const PROGRAM_KPROBE: u32 = 2;
const PROGRAM_RAW_TRACEPOINT: u32 = 17;

/// The kinds of maps used here, with the kernel's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum MapKind {
    /// Keys to values.
    Hash = 1,
    /// Values by number.
    Array = 2,
    /// Values by number, for each processor its own.
    PerCpuArray = 6,
    /// Stacks by number.
    StackTrace = 7,
    /// Keys to values; the oldest make room for new ones.
    LruHash = 9,
}

/// The kinds of programs used here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProgramKind {
    /// Attached to many instructions of a file at once (Linux 6.6).
    UprobeMulti,
    /// Attached to instructions of a file one by one (Linux 5.15, where programs are told the place).
    UprobeEach,
    /// Attached to a tracepoint, with its raw arguments.
    RawTracepoint,
}

/// Why a program was not loaded.
#[derive(Debug)]
pub struct LoadError {
    /// What the kernel says.
    pub error: io::Error,
    /// What its verifier says.
    pub log: String,
}

/// The call itself; the attribute is as many bytes as the kernel of that call knows.
fn bpf(command: libc::c_int, attribute: &[u64]) -> io::Result<libc::c_long> {
    // SAFETY: the attribute is readable for as many bytes as are named; the addresses in it, put there by
    // the callers in this file, are of buffers that outlive the call and are as large as the kernel expects.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command,
            attribute.as_ptr(),
            size_of_val(attribute),
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

/// A call that answers in its attribute.
fn bpf_answer(command: libc::c_int, attribute: &mut [u64]) -> io::Result<()> {
    // SAFETY: the attribute can be written for as many bytes as are named; an address in
    // it, put there by a caller in this file, is of a buffer that outlives the call and is as large as it says.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command,
            attribute.as_mut_ptr(),
            size_of_val(attribute),
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn descriptor(result: libc::c_long) -> io::Result<OwnedFd> {
    let number = i32::try_from(result).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made the descriptor for us, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// A descriptor where an attribute has 32 bits for it.
fn low(descriptor: &OwnedFd) -> u64 {
    u64::from(descriptor.as_raw_fd().cast_unsigned())
}

const fn pair(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// A map: what programs and we both see.
#[derive(Debug)]
pub struct Map {
    descriptor: OwnedFd,
    key: usize,
    /// As many bytes as a lookup writes.
    value: usize,
}

impl Map {
    /// Makes a map. `value` is a multiple of 8 for [`MapKind::PerCpuArray`].
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn new(kind: MapKind, key: u32, value: u32, entries: u32) -> io::Result<Self> {
        let attribute = [
            pair(kind as u32, key),
            pair(value, entries),
            0,
            0,
            0,
            0,
            0,
            0,
        ];
        let descriptor = descriptor(bpf(MAP_CREATE, &attribute)?)?;
        let processors = if kind == MapKind::PerCpuArray {
            possible_processors()?
        } else {
            1
        };
        Ok(Self {
            descriptor,
            key: key as usize,
            value: value as usize * processors,
        })
    }

    /// The number that programs name it by.
    #[must_use]
    pub fn number(&self) -> i32 {
        self.descriptor.as_raw_fd()
    }

    /// How many bytes a lookup gives: those of a value, or of one for each processor.
    #[must_use]
    pub const fn value_size(&self) -> usize {
        self.value
    }

    /// The value of a key.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn lookup(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.check(key, None)?;
        let mut value = vec![0; self.value];
        let attribute = [
            low(&self.descriptor),
            key.as_ptr().addr() as u64,
            value.as_mut_ptr().expose_provenance() as u64,
            0,
        ];
        match bpf(MAP_LOOKUP, &attribute) {
            Ok(_) => Ok(Some(value)),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn update(&self, key: &[u8], value: &[u8]) -> io::Result<()> {
        self.check(key, Some(value))?;
        let attribute = [
            low(&self.descriptor),
            key.as_ptr().addr() as u64,
            value.as_ptr().addr() as u64,
            0,
        ];
        bpf(MAP_UPDATE, &attribute).map(drop)
    }

    /// Removes a key; that it is not there is no error.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn delete(&self, key: &[u8]) -> io::Result<()> {
        self.check(key, None)?;
        let attribute = [low(&self.descriptor), key.as_ptr().addr() as u64, 0, 0];
        match bpf(MAP_DELETE, &attribute) {
            Err(error) if error.raw_os_error() != Some(libc::ENOENT) => Err(error),
            _ => Ok(()),
        }
    }

    /// All keys. Those that come and go meanwhile may be missing or there twice.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn keys(&self, at_most: usize) -> io::Result<Vec<Vec<u8>>> {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        while keys.len() < at_most {
            let mut next = vec![0; self.key];
            let before = keys.last().map_or(0, |key| key.as_ptr().addr() as u64);
            let attribute = [
                low(&self.descriptor),
                before,
                next.as_mut_ptr().expose_provenance() as u64,
                0,
            ];
            match bpf(MAP_NEXT_KEY, &attribute) {
                Ok(_) => keys.push(next),
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(keys)
    }

    /// The kernel reads as many bytes as the map was made for.
    fn check(&self, key: &[u8], value: Option<&[u8]>) -> io::Result<()> {
        if key.len() != self.key || value.is_some_and(|value| value.len() != self.value) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        Ok(())
    }
}

/// A program in the kernel.
#[derive(Debug)]
pub struct Program {
    descriptor: OwnedFd,
    kind: ProgramKind,
}

impl Program {
    /// Gives a program to the kernel, which verifies it.
    ///
    /// # Errors
    ///
    /// What the kernel says, and what its verifier says.
    pub fn load(kind: ProgramKind, code: &[u64]) -> Result<Self, LoadError> {
        // What is refused for want of rights, or unknown to the kernel, needs no log.
        let refused = match Self::load_with(kind, code, &mut []) {
            Ok(program) => return Ok(program),
            Err(error) => error,
        };
        let mut log = vec![0; 1 << 18];
        match Self::load_with(kind, code, &mut log) {
            Ok(program) => Ok(program),
            Err(_) => {
                let end = log.iter().position(|&byte| byte == 0).unwrap_or(log.len());
                let log = String::from_utf8_lossy(&log[..end]).into_owned();
                Err(LoadError {
                    error: refused,
                    log,
                })
            }
        }
    }

    fn load_with(kind: ProgramKind, code: &[u64], log: &mut [u8]) -> io::Result<Self> {
        let (number, attach) = match kind {
            ProgramKind::UprobeMulti => (PROGRAM_KPROBE, TRACE_UPROBE_MULTI),
            ProgramKind::UprobeEach => (PROGRAM_KPROBE, 0),
            ProgramKind::RawTracepoint => (PROGRAM_RAW_TRACEPOINT, 0),
        };
        let length = u32::try_from(code.len()).map_err(io::Error::other)?;
        let log_length = u32::try_from(log.len()).map_err(io::Error::other)?;
        let name = name_of_ours(std::process::id());
        // Some helpers are only for programs under the GPL; this is what we say the program is under.
        let licence = c"Dual MIT/GPL";
        let log_address = if log.is_empty() {
            0
        } else {
            log.as_mut_ptr().expose_provenance() as u64
        };
        let attribute = [
            pair(number, length),
            code.as_ptr().addr() as u64,
            licence.as_ptr().addr() as u64,
            pair(u32::from(!log.is_empty()), log_length),
            log_address,
            0,
            name[0],
            name[1],
            pair(0, attach),
        ];
        let descriptor = descriptor(bpf(PROGRAM_LOAD, &attribute)?)?;
        Ok(Self { descriptor, kind })
    }

    /// A program that another process has loaded, by a descriptor that it gave.
    #[must_use]
    pub const fn received(descriptor: OwnedFd, kind: ProgramKind) -> Self {
        Self { descriptor, kind }
    }

    /// What kind it is.
    #[must_use]
    pub const fn kind(&self) -> ProgramKind {
        self.kind
    }

    /// Runs the program whenever process `pid` comes to one of these places of a file. It gets the cookie
    /// of the place.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn attach(&self, file: &Path, places: &[Place], pid: u32) -> io::Result<Link> {
        let path = CString::new(file.as_os_str().as_bytes())?;
        if self.kind == ProgramKind::UprobeEach {
            return self.attach_each(&path, places, pid);
        }
        let offsets: Vec<u64> = places.iter().map(|place| place.offset).collect();
        let cookies: Vec<u64> = places.iter().map(|place| place.cookie).collect();
        let count = u32::try_from(places.len()).map_err(io::Error::other)?;
        let attribute = [
            low(&self.descriptor),
            pair(TRACE_UPROBE_MULTI, 0),
            path.as_ptr().addr() as u64,
            offsets.as_ptr().addr() as u64,
            0,
            cookies.as_ptr().addr() as u64,
            pair(count, 0),
            u64::from(pid),
        ];
        Ok(Link::of(descriptor(bpf(LINK_CREATE, &attribute)?)?))
    }

    /// Place by place: each is an event of perf with a link that the program is told the place by. The link keeps
    /// the event.
    fn attach_each(&self, path: &CStr, places: &[Place], pid: u32) -> io::Result<Link> {
        let kind = perf_event::uprobes()?;
        let mut link = Link::default();
        for place in places {
            let event = perf_event::at_instruction(kind, path, place.offset, pid)?;
            let attribute = [
                pair(
                    self.descriptor.as_raw_fd().cast_unsigned(),
                    event.as_raw_fd().cast_unsigned(),
                ),
                pair(PERF_EVENT, 0),
                place.cookie,
            ];
            let one = descriptor(bpf(LINK_CREATE, &attribute)?)?;
            link.descriptors.push(one);
        }
        Ok(link)
    }

    /// Runs the program at a tracepoint.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn attach_tracepoint(&self, name: &str) -> io::Result<Link> {
        let name = CString::new(name)?;
        let attribute = [name.as_ptr().addr() as u64, low(&self.descriptor)];
        Ok(Link::of(descriptor(bpf(RAW_TRACEPOINT_OPEN, &attribute)?)?))
    }
}

impl AsFd for Program {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Which of the two kinds of programs at instructions this kernel has; [`ProgramKind::UprobeMulti`] where nobody
/// may ask.
#[must_use]
pub fn uprobes() -> ProgramKind {
    static KNOWN: OnceLock<ProgramKind> = OnceLock::new();
    *KNOWN.get_or_init(|| {
        // `r0 = 0; exit`
        let nothing = match Program::load(ProgramKind::UprobeMulti, &[0xb7, 0x95]) {
            Ok(nothing) => nothing,
            Err(refused) if refused.error.raw_os_error() == Some(libc::EINVAL) => {
                return ProgramKind::UprobeEach;
            }
            Err(_) => return ProgramKind::UprobeMulti,
        };
        // A folder has no instructions: kernels that know what is asked for say so, others do not get so far.
        let place = Place {
            offset: 0,
            cookie: 0,
        };
        match nothing.attach(Path::new("/"), &[place], std::process::id()) {
            Err(error) => match error.raw_os_error() {
                Some(libc::EINVAL | libc::EOPNOTSUPP) => ProgramKind::UprobeEach,
                _ => ProgramKind::UprobeMulti,
            },
            Ok(_) => ProgramKind::UprobeMulti,
        }
    })
}

/// The name of programs of process `pid`, by which they are found.
fn name_of_ours(pid: u32) -> [u64; 2] {
    let mut name = [0; 16];
    // The last byte is a zero.
    for (byte, letter) in name.iter_mut().zip(format!("defer_{pid}").bytes().take(15)) {
        *byte = letter;
    }
    let (words, _) = name.as_chunks::<8>();
    [0, 1].map(|at| words.get(at).map_or(0, |word| u64::from_ne_bytes(*word)))
}

/// How many programs the kernel has that a process of deferscope gave to it. When that has ended there is none:
/// what is attached anywhere would keep its program.
///
/// # Errors
///
/// What the kernel says: only those with rights may ask.
pub fn programs_of(pid: u32) -> io::Result<usize> {
    /// As much of `struct bpf_prog_info` as reaches to the end of the name.
    const WORDS: usize = 10;
    let name = name_of_ours(pid);
    let (mut last, mut count) = (0, 0);
    loop {
        let mut attribute = [pair(last, 0), 0];
        match bpf_answer(PROGRAM_NEXT_ID, &mut attribute) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(count),
            Err(error) => return Err(error),
        }
        let [answer, _] = attribute;
        last = u32::try_from(answer >> 32).unwrap_or(u32::MAX);
        let program = match bpf(PROGRAM_BY_ID, &[pair(last, 0), 0]) {
            Ok(program) => descriptor(program)?,
            // It is gone meanwhile.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => continue,
            Err(error) => return Err(error),
        };
        let mut information = [0u64; WORDS];
        let length = u32::try_from(size_of_val(&information)).map_err(io::Error::other)?;
        let mut attribute = [
            pair(program.as_raw_fd().cast_unsigned(), length),
            information.as_mut_ptr().expose_provenance() as u64,
        ];
        bpf_answer(INFORMATION, &mut attribute)?;
        count += usize::from(information.ends_with(&name));
    }
}

/// A place in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Where in the file.
    pub offset: u64,
    /// What the program is told.
    pub cookie: u64,
}

/// That a program is attached; dropping it takes the program away.
#[derive(Debug, Default)]
pub struct Link {
    descriptors: Vec<OwnedFd>,
}

impl Link {
    fn of(descriptor: OwnedFd) -> Self {
        Self {
            descriptors: vec![descriptor],
        }
    }
}

/// How many processors the kernel keeps values for.
pub(crate) fn possible_processors() -> io::Result<usize> {
    let path = "/sys/devices/system/cpu/possible";
    let text = std::fs::read_to_string(path)?;
    let last = text.trim().rsplit(['-', ',']).next().unwrap_or_default();
    let last: usize = last
        .parse()
        .map_err(|_| io::Error::other(format!("{path} says {text:?}")))?;
    Ok(last + 1)
}

/// The processor time that a process has used, to the nanosecond.
///
/// # Errors
///
/// What the kernel says: there may be no such process.
pub fn processor_time(pid: u32) -> io::Result<u64> {
    /// The clock that counts what the scheduler gave.
    const SCHEDULED: i32 = 2;
    let clock = (!pid.cast_signed() << 3) | SCHEDULED;
    read_clock(clock)
}

/// The processor time that this thread has used, to the nanosecond.
///
/// # Errors
///
/// What the kernel says.
pub fn own_processor_time() -> io::Result<u64> {
    read_clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// The clock that BPF programs read.
///
/// # Errors
///
/// What the kernel says.
pub fn monotonic() -> io::Result<u64> {
    read_clock(libc::CLOCK_MONOTONIC)
}

fn read_clock(clock: libc::clockid_t) -> io::Result<u64> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel writes one timespec, which lives here.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Ok(seconds * 1_000_000_000 + nanos)
}
