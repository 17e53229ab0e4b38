//! What a hit of a probe costs on this machine: a small function of our own, with probes in it and without.
#![expect(unsafe_code, reason = "it runs machine code that it wrote")]

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::PathBuf;

const PAGE: usize = 4096;
/// As large as a goroutine that programs look into.
const GOROUTINE: usize = 512;

/// A function of a few instructions in a file that has no name. It looks like Go's: R14 has the address of a
/// goroutine, here one of zeros.
#[derive(Debug)]
pub struct Specimen {
    code: Code,
    _goroutine: Box<[u8; GOROUTINE]>,
}

impl Specimen {
    /// Where the first instruction is that the kernel does by itself.
    pub const CHEAP: u64 = 12;
    /// Where the second is.
    pub const CHEAP_TOO: u64 = 14;
    /// Where one is that the processor does in a single step.
    pub const DEAR: u64 = 16;

    /// Makes it.
    ///
    /// # Errors
    ///
    /// What the kernel says; a machine may forbid new code.
    pub fn new() -> io::Result<Self> {
        let goroutine = Box::new([0; GOROUTINE]);
        let mut code = vec![
            0x41, 0x56, // push r14
            0x49, 0xbe, // mov r14, the address that follows
        ];
        code.extend((goroutine.as_ptr().addr() as u64).to_le_bytes());
        code.extend([
            0x55, // push rbp
            0x5d, // pop rbp
            0x55, // push rbp
            0x5d, // pop rbp
            0x48, 0x89, 0xed, // mov rbp, rbp
            0x41, 0x5e, // pop r14
            0xc3, // ret
        ]);
        Ok(Self {
            code: Code::new(&code)?,
            _goroutine: goroutine,
        })
    }

    /// The path by which its file can be opened.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.code.file.as_raw_fd()))
    }

    /// Runs it this many times.
    pub fn run(&self, times: u32) {
        // SAFETY: the mapping holds a function without arguments that follows the platform's convention: it
        // gives back the registers that it changes.
        let function: extern "C" fn() = unsafe { std::mem::transmute(self.code.start()) };
        for _ in 0..times {
            function();
        }
    }
}

/// Instructions of ours in a file that has no name, where they can be run.
#[derive(Debug)]
pub(super) struct Code {
    file: File,
    start: *mut libc::c_void,
}

impl Code {
    /// A page that begins with these bytes.
    pub(super) fn new(code: &[u8]) -> io::Result<Self> {
        // SAFETY: the name is a string that ends with zero.
        let descriptor =
            unsafe { libc::memfd_create(c"deferscope-calibration".as_ptr(), libc::MFD_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was made just now, and nobody else knows of it.
        let mut file = unsafe { File::from_raw_fd(descriptor) };
        let mut page = code.to_vec();
        page.resize(PAGE, 0xcc);
        file.write_all(&page)?;
        // SAFETY: a new mapping of a page of our own file, at an address that the kernel chooses.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                PAGE,
                libc::PROT_READ | libc::PROT_EXEC,
                libc::MAP_PRIVATE,
                file.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { file, start })
    }

    /// Where the first instruction is; as long as this lives.
    pub(super) const fn start(&self) -> *mut libc::c_void {
        self.start
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, one page long, and no function of it runs now.
        unsafe {
            libc::munmap(self.start, PAGE);
        }
    }
}
