//! Why a process cannot be profiled, in words that say what to do next.

use std::io;

use crate::sys::bpf::LoadError;

/// Why a process cannot be profiled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such process, or it cannot be seen from here.
    #[error("there is no process {0}; `pgrep -a NAME` finds one by its name")]
    NoProcess(u32),
    /// It ended, or began to run another program, while probes were placed.
    #[error("process {0} ended before anything was seen of it")]
    Gone(u32),
    /// The executable cannot be read.
    #[error(
        "cannot read the executable of process {pid}: {error}\n  \
         Run deferscope as the user of that process, as root, or with `sudo setcap \
         cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep $(command -v deferscope)`."
    )]
    Executable {
        /// The process.
        pid: u32,
        /// What the kernel says.
        error: io::Error,
    },
    /// It is not a Go program that we can read.
    #[error("process {pid}: {error}")]
    NotGo {
        /// The process.
        pid: u32,
        /// What is not as it should be.
        error: go_binary::Error,
    },
    /// Probes are placed on amd64 only.
    #[error(
        "process {pid} runs a program for {arch}; `profile` can place probes in programs for amd64 only"
    )]
    Architecture {
        /// The process.
        pid: u32,
        /// What it is for.
        arch: &'static str,
    },
    /// No site is to be watched.
    #[error("process {pid} has no defer site to watch{}", if *.filtered { " whose name --sites matches" } else { "" })]
    NoSites {
        /// The process.
        pid: u32,
        /// Some were left out.
        filtered: bool,
    },
    /// Placed one by one, so many probes would be there for too long.
    #[error(
        "process {pid} has {count} places to watch, and before Linux 6.6 probes come and go one by one, each in a \
         tenth of a second: at most {most} can be watched. Name the sites to watch with --sites"
    )]
    TooManyPlaces {
        /// The process.
        pid: u32,
        /// How many.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// We may not use eBPF.
    #[error(
        "this needs the right to use eBPF ({what}: {error})\n  \
         Run deferscope as root, or give it what it needs: `sudo setcap \
         cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep $(command -v deferscope)`."
    )]
    Rights {
        /// What was tried.
        what: &'static str,
        /// What the kernel says.
        error: io::Error,
    },
    /// We may use eBPF, but not place probes one by one.
    #[error(
        "before Linux 6.6 this needs the rights of root ({what}: {error})\n  \
         Run deferscope as root, or give it what it needs: `sudo setcap \
         cap_sys_admin,cap_sys_ptrace,cap_dac_read_search+ep $(command -v deferscope)`."
    )]
    Administrator {
        /// What was tried.
        what: &'static str,
        /// What the kernel says.
        error: io::Error,
    },
    /// The kernel is too old, or made without.
    #[error(
        "this kernel cannot do it ({what}: {error}); `profile` needs Linux 5.15 or later, with \
         CONFIG_UPROBES and CONFIG_BPF_SYSCALL"
    )]
    Kernel {
        /// What was tried.
        what: &'static str,
        /// What the kernel says.
        error: io::Error,
    },
    /// The kernel refused our program.
    #[error("the kernel refuses deferscope's BPF program: {error}\n{log}")]
    Refused {
        /// What it says.
        error: io::Error,
        /// The end of what its verifier says.
        log: String,
    },
    /// Something else the kernel refused.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the kernel says.
        error: io::Error,
    },
}

impl Error {
    /// The error for a refused call, by what the kernel's number means there.
    pub(crate) fn system(what: &'static str, error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Self::Rights { what, error },
            Some(libc::ENOSYS | libc::EINVAL | libc::EOPNOTSUPP) => Self::Kernel { what, error },
            _ => Self::System { what, error },
        }
    }

    pub(crate) fn load(refused: LoadError) -> Self {
        /// The end of the log has the reason.
        const SHOWN: usize = 2000;
        if refused.error.raw_os_error() == Some(libc::EPERM) {
            return Self::system("loading a program", refused.error);
        }
        if refused.log.is_empty() {
            return Self::system("loading a program", refused.error);
        }
        let skipped = refused.log.chars().count().saturating_sub(SHOWN);
        Self::Refused {
            error: refused.error,
            log: refused.log.chars().skip(skipped).collect(),
        }
    }
}
