//! A process by its number: which program it runs, where that was loaded, what may be done with it.
//!
//! Everything is read below `/proc/PID`, whose links lead into the process's own mount namespace, and to
//! executables that were deleted.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Why a process cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// There is no such process.
    #[error("there is no process {pid}")]
    Missing {
        /// The number.
        pid: i32,
    },
    /// It has ended.
    #[error(
        "process {pid} has ended and waits for its parent to notice (a zombie): nothing is left to read"
    )]
    Zombie {
        /// The number.
        pid: i32,
    },
    /// It is a part of the kernel.
    #[error("process {pid} is a thread of the kernel: it runs no program")]
    Kernel {
        /// The number.
        pid: i32,
    },
    /// We may not.
    #[error(
        "looking into process {pid} is not permitted{owner}. Run the same command with sudo, or once: \
         sudo setcap cap_sys_ptrace,cap_dac_read_search+ep {ourselves}{yama}"
    )]
    Denied {
        /// The number.
        pid: i32,
        /// Whose it is.
        owner: String,
        /// Our own executable.
        ourselves: String,
        /// What else forbids it.
        yama: &'static str,
    },
    /// Something else.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// What was read.
        path: String,
        /// Why not.
        error: io::Error,
    },
    /// It makes no sense.
    #[error(
        "{path} does not say where the program was loaded; is the process just starting? Try again"
    )]
    NoEntry {
        /// What was read.
        path: String,
    },
}

/// A process, as it was when it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Its number, as we see it.
    pub pid: i32,
    /// Its number in its own namespace, if that is another.
    pub inner_pid: Option<i32>,
    /// The path of its executable, as it knows it.
    pub executable: PathBuf,
    /// Whether that was deleted or replaced since.
    pub deleted: bool,
    /// Where its first instruction is.
    pub entry: u64,
    /// Who traces it already, or 0.
    pub tracer: i32,
    /// When it started, and which file it runs: what changes when the number is used again, or when it runs
    /// another program.
    incarnation: (u64, u64, u64, u64),
}

/// Numbers of the auxiliary vector.
const AT_ENTRY: u64 = 9;
const AT_RANDOM: u64 = 25;
/// A flag of the kernel: a thread of its own.
const PF_KTHREAD: u64 = 0x0020_0000;

impl Process {
    /// Finds out about a process.
    ///
    /// # Errors
    ///
    /// If there is no such process, it is ending or one of the kernel, or we may not look into it.
    pub fn find(pid: i32) -> Result<Self, ProcessError> {
        let stat = read_text(pid, "stat")?;
        // The name in parentheses may contain anything.
        let (_, rest) = stat.rsplit_once(") ").unwrap_or_default();
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
        if matches!(fields.first(), Some(&("Z" | "X"))) {
            return Err(ProcessError::Zombie { pid });
        }
        if number(6).is_some_and(|flags| flags & PF_KTHREAD != 0) {
            return Err(ProcessError::Kernel { pid });
        }
        let started = number(19).unwrap_or(0);
        let exe = path(pid, "exe");
        let target = std::fs::read_link(&exe).map_err(|error| explain(pid, "exe", error))?;
        let metadata = std::fs::metadata(&exe).map_err(|error| explain(pid, "exe", error))?;
        let text = target.to_string_lossy();
        let (executable, deleted) = match text.strip_suffix(" (deleted)") {
            Some(name) if metadata.nlink() == 0 => (PathBuf::from(name), true),
            _ => (target, false),
        };
        let vector =
            std::fs::read(path(pid, "auxv")).map_err(|error| explain(pid, "auxv", error))?;
        if vector.is_empty() {
            // It is ending: its memory is gone already.
            return Err(ProcessError::Zombie { pid });
        }
        let entry = entry_of(&vector).ok_or_else(|| ProcessError::NoEntry {
            path: path(pid, "auxv").display().to_string(),
        })?;
        let status = read_text(pid, "status")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_ascii_whitespace().next_back()?.parse().ok()
        };
        Ok(Self {
            pid,
            inner_pid: field("NSpid:").filter(|&inner| inner != pid),
            executable,
            deleted,
            entry,
            tracer: field("TracerPid:").unwrap_or(0),
            incarnation: (
                started,
                metadata.dev(),
                metadata.ino(),
                auxiliary(&vector, AT_RANDOM).unwrap_or(0),
            ),
        })
    }

    /// The bytes of its executable.
    ///
    /// # Errors
    ///
    /// If it may not be read.
    pub fn read_executable(&self) -> Result<Vec<u8>, ProcessError> {
        std::fs::read(path(self.pid, "exe")).map_err(|error| explain(self.pid, "exe", error))
    }

    /// Whether the number still stands for the same process, running the same program.
    #[must_use]
    pub fn is_still_there(&self) -> bool {
        Self::find(self.pid).is_ok_and(|now| now.incarnation == self.incarnation)
    }

    /// Why nothing of its memory could be read.
    #[must_use]
    pub fn denied(&self) -> ProcessError {
        denied(self.pid)
    }
}

/// The number behind a key of the auxiliary vector.
pub(crate) fn auxiliary(vector: &[u8], wanted: u64) -> Option<u64> {
    let (pairs, _) = vector.as_chunks::<16>();
    pairs.iter().find_map(|pair| {
        let key = u64::from_le_bytes(*pair.first_chunk()?);
        let value = u64::from_le_bytes(*pair.last_chunk()?);
        (key == wanted).then_some(value)
    })
}

/// [`auxiliary`] for the address of the first instruction.
pub(crate) fn entry_of(vector: &[u8]) -> Option<u64> {
    auxiliary(vector, AT_ENTRY)
}

pub(crate) fn path(pid: i32, name: &str) -> PathBuf {
    Path::new("/proc").join(pid.to_string()).join(name)
}

fn read_text(pid: i32, name: &str) -> Result<String, ProcessError> {
    let bytes = std::fs::read(path(pid, name)).map_err(|error| explain(pid, name, error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn explain(pid: i32, name: &str, error: io::Error) -> ProcessError {
    match error.kind() {
        // Threads of the kernel are told before; this one has given back its memory and ends.
        io::ErrorKind::NotFound if name == "exe" && path(pid, "stat").exists() => {
            ProcessError::Zombie { pid }
        }
        io::ErrorKind::NotFound => ProcessError::Missing { pid },
        io::ErrorKind::PermissionDenied => denied(pid),
        // ESRCH: it ended between two reads.
        _ if error.raw_os_error() == Some(3) => ProcessError::Missing { pid },
        _ => ProcessError::Unreadable {
            path: path(pid, name).display().to_string(),
            error,
        },
    }
}

fn denied(pid: i32) -> ProcessError {
    let uid = |path: &Path| std::fs::metadata(path).ok().map(|metadata| metadata.uid());
    let theirs = uid(&path(pid, "stat"));
    let same = theirs.is_some() && theirs == uid(Path::new("/proc/self/stat"));
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    ProcessError::Denied {
        pid,
        owner: match theirs {
            Some(uid) if !same => format!(": it belongs to user {uid}"),
            _ => String::new(),
        },
        ourselves: std::env::current_exe().map_or_else(
            |_| "deferscope".to_owned(),
            |path| path.display().to_string(),
        ),
        yama: match scope.trim() {
            "1" if same => ", or until the next start: sudo sysctl kernel.yama.ptrace_scope=0",
            "3" => {
                ". But kernel.yama.ptrace_scope is 3: nobody may until the next start of the machine"
            }
            _ => "",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_a_process() {
        let pid = i32::try_from(std::process::id()).expect("a small number");
        let process = Process::find(pid).expect("we may look at ourselves");
        assert!(process.executable.is_absolute() && process.entry != 0);
        assert!(process.is_still_there());
        assert_eq!(process.inner_pid, None);
        assert!(!process.deleted);
    }

    #[test]
    fn what_is_no_process_is_named() {
        let missing = Process::find(i32::MAX).expect_err("no such number");
        assert!(matches!(missing, ProcessError::Missing { .. }), "{missing}");
        let mut child = std::process::Command::new("true")
            .spawn()
            .expect("true runs");
        let pid = i32::try_from(child.id()).expect("a small number");
        // On its way there it may be about to start its program.
        let zombie = loop {
            match Process::find(pid) {
                Ok(_) | Err(ProcessError::NoEntry { .. }) => std::thread::yield_now(),
                Err(error) => break error,
            }
        };
        assert!(matches!(zombie, ProcessError::Zombie { .. }), "{zombie}");
        child.wait().expect("it ended");
    }

    #[test]
    fn auxiliary_vectors_are_read() {
        let vector: Vec<u8> = [3u64, 64, 9, 0x40_1000, 0, 0]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .collect();
        assert_eq!(entry_of(&vector), Some(0x40_1000));
        assert_eq!(auxiliary(&vector, AT_RANDOM), None);
        assert_eq!(entry_of(&vector[..20]), None);
    }
}
