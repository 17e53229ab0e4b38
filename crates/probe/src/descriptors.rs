//! The open descriptors of a process, by kind.

use std::collections::BTreeMap;
use std::io;

use crate::process::path;

/// What a descriptor stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A regular file, or a folder.
    File,
    /// One that was removed since.
    DeletedFile,
    /// A device.
    Device,
    /// A socket.
    Socket,
    /// An end of a pipe.
    Pipe,
    /// What epoll waits with.
    Epoll,
    /// An event counter.
    Event,
    /// A timer.
    Timer,
    /// A watch on files.
    Watch,
    /// Memory.
    Memory,
    /// Something else.
    Other,
}

impl Kind {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::DeletedFile => "deleted file",
            Self::Device => "device",
            Self::Socket => "socket",
            Self::Pipe => "pipe",
            Self::Epoll => "epoll",
            Self::Event => "eventfd",
            Self::Timer => "timerfd",
            Self::Watch => "inotify",
            Self::Memory => "memory",
            Self::Other => "other",
        }
    }

    /// What the link of a descriptor says.
    pub(crate) fn of(link: &str) -> Self {
        if link.starts_with("socket:") {
            Self::Socket
        } else if link.starts_with("pipe:") {
            Self::Pipe
        } else if let Some(name) = link.strip_prefix("anon_inode:") {
            match name.trim_matches(['[', ']']) {
                "eventpoll" => Self::Epoll,
                "eventfd" => Self::Event,
                "timerfd" => Self::Timer,
                "inotify" => Self::Watch,
                _ => Self::Other,
            }
        } else if link.starts_with("/memfd:") {
            Self::Memory
        } else if link.starts_with("/dev/") {
            Self::Device
        } else if link.ends_with(" (deleted)") {
            Self::DeletedFile
        } else if link.starts_with('/') {
            Self::File
        } else {
            Self::Other
        }
    }
}

/// How many descriptors of each kind a process has open.
///
/// # Errors
///
/// If there is no such process, or its descriptors may not be listed.
pub fn open_descriptors(pid: i32) -> io::Result<BTreeMap<Kind, u64>> {
    let mut counts = BTreeMap::new();
    for entry in std::fs::read_dir(path(pid, "fd"))? {
        // It may have been closed in the meantime.
        if let Ok(link) = entry.and_then(|entry| std::fs::read_link(entry.path())) {
            *counts.entry(Kind::of(&link.to_string_lossy())).or_default() += 1;
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_tell_kinds() {
        for (link, kind) in [
            ("socket:[123]", Kind::Socket),
            ("pipe:[1]", Kind::Pipe),
            ("anon_inode:[eventpoll]", Kind::Epoll),
            ("anon_inode:inotify", Kind::Watch),
            ("anon_inode:[perf_event]", Kind::Other),
            ("/dev/null", Kind::Device),
            ("/tmp/x (deleted)", Kind::DeletedFile),
            ("/memfd:x (deleted)", Kind::Memory),
            ("/tmp/x", Kind::File),
            ("net:[4026531840]", Kind::Other),
        ] {
            assert_eq!(Kind::of(link), kind, "{link}");
        }
    }

    #[test]
    fn our_own_are_counted() {
        let pid = i32::try_from(std::process::id()).expect("a small number");
        let files = || {
            let counts = open_descriptors(pid).expect("we may look at ourselves");
            counts.get(&Kind::DeletedFile).copied().unwrap_or(0)
        };
        let before = files();
        // Nobody else of this program makes such files.
        let open: Vec<_> = (0..20)
            .map(|_| tempfile::tempfile().expect("a file"))
            .collect();
        assert!(files() >= before + 20);
        drop(open);
        assert!(files() < before + 20);
    }
}
