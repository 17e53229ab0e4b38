//! The process that is watched: who it is, whether it is still the same, how much it runs.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::error::Error;
use crate::sys::bpf::processor_time;

/// A process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    pub(crate) pid: u32,
    started: u64,
    executable: (u64, u64),
}

/// What has become of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Same,
    Exited,
    Replaced,
}

impl Target {
    pub(crate) fn new(pid: u32) -> Result<Self, Error> {
        let (started, dead) = stat(pid).ok_or(Error::NoProcess(pid))?;
        if dead {
            return Err(Error::NoProcess(pid));
        }
        let executable = executable(pid).map_err(|error| Error::Executable { pid, error })?;
        Ok(Self {
            pid,
            started,
            executable,
        })
    }

    /// A path to its executable, also where it stands in another container or was removed.
    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/exe", self.pid))
    }

    /// The path as its user knows it.
    pub(crate) fn name(&self) -> String {
        std::fs::read_link(self.path()).map_or_else(
            |_| "?".to_owned(),
            |path| path.to_string_lossy().into_owned(),
        )
    }

    pub(crate) fn state(&self) -> State {
        match stat(self.pid) {
            Some((started, false)) if started == self.started => {}
            _ => return State::Exited,
        }
        match executable(self.pid) {
            Ok(executable) if executable == self.executable => State::Same,
            Ok(_) => State::Replaced,
            Err(_) => State::Exited,
        }
    }

    /// The processor time it has used, in seconds; nothing when it is gone.
    pub(crate) fn processor_seconds(&self) -> Option<f64> {
        Some(processor_time(self.pid).ok()? as f64 / 1e9)
    }
}

/// The device and the file: what tells executables apart.
fn executable(pid: u32) -> io::Result<(u64, u64)> {
    let metadata = std::fs::metadata(format!("/proc/{pid}/exe"))?;
    Ok((metadata.dev(), metadata.ino()))
}

/// When the process started, in the kernel's ticks, and whether it is dead.
fn stat(pid: u32) -> Option<(u64, bool)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(&text)
}

fn parse_stat(text: &str) -> Option<(u64, bool)> {
    // The name in parentheses may have anything in it.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X" | "x");
    // It is field 22 of all, and the state was field 3.
    let started = fields.nth(18)?.parse().ok()?;
    Some((started, dead))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_anything_in_it() {
        let text = "7 (a) Z (b) S 1 7 7 0 -1 4194560 1 0 0 0 3 4 0 0 20 0 5 0 98765 1 2";
        assert_eq!(parse_stat(text), Some((98765, false)));
        assert_eq!(parse_stat(&text.replace(" S ", " Z ")), Some((98765, true)));
        assert_eq!(parse_stat("7 (a"), None);
    }

    #[test]
    fn we_are_there_and_the_same() {
        let target = Target::new(std::process::id()).expect("we are a process");
        assert_eq!(target.state(), State::Same);
        assert!(target.processor_seconds().is_some());
        let other = Target {
            started: target.started + 1,
            ..target
        };
        assert_eq!(other.state(), State::Exited);
    }
}
