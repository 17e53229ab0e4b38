//! A function that makes a system call at the bottom of a stack of frames, as Go programs do: what looking at
//! such calls costs is measured with it.
#![expect(unsafe_code, reason = "it runs machine code that it wrote")]

use std::io;

use super::calibration::Code;

/// The function.
#[derive(Debug)]
pub struct Descent {
    code: Code,
}

impl Descent {
    /// Makes it.
    ///
    /// # Errors
    ///
    /// What the kernel says; a machine may forbid new code.
    pub fn new() -> io::Result<Self> {
        let code = Code::new(&[
            0x55, // push rbp
            0x48, 0x89, 0xe5, // mov rbp, rsp
            0xff, 0xcf, // dec edi
            0x74, 0x07, // jz to the bottom
            0xe8, 0xf3, 0xff, 0xff, 0xff, // call the first instruction
            0x5d, // pop rbp
            0xc3, // ret
            0x89, 0xf0, // the bottom: mov eax, esi
            0x89, 0xd7, // mov edi, edx
            0x0f, 0x05, // syscall
            0x5d, // pop rbp
            0xc3, // ret
        ])?;
        Ok(Self { code })
    }

    /// Asks for the number of the parent, so many times, below so many frames.
    pub fn ask(&self, times: u32, frames: u32) {
        for _ in 0..times {
            self.call(frames, libc::SYS_getppid, 0);
        }
    }

    /// Opens a descriptor and closes it, so many times, below so many frames.
    pub fn open_and_close(&self, times: u32, frames: u32) {
        for _ in 0..times {
            let descriptor = self.call(frames, libc::SYS_epoll_create1, 0);
            if let Ok(descriptor) = u32::try_from(descriptor) {
                self.call(frames, libc::SYS_close, descriptor);
            }
        }
    }

    fn call(&self, frames: u32, number: libc::c_long, argument: u32) -> i64 {
        let number = u32::try_from(number).unwrap_or_default();
        // SAFETY: the mapping holds a function of three numbers that follows the platform's convention. The
        // system calls that it is asked for here take a number and touch no memory; what is closed was opened
        // just before, and nobody else knows of it.
        unsafe {
            let function: extern "C" fn(u32, u32, u32) -> i64 =
                std::mem::transmute(self.code.start());
            function(frames.max(1), number, argument)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_calls_are_made() {
        let descent = Descent::new().expect("code may be made here");
        let parent = std::os::unix::process::parent_id();
        assert_eq!(descent.call(20, libc::SYS_getppid, 0), i64::from(parent));
        let new = descent.call(1, libc::SYS_epoll_create1, 0);
        let new = u32::try_from(new).expect("a descriptor");
        assert_eq!(descent.call(3, libc::SYS_close, new), 0);
    }
}
