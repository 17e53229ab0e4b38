//! How a process ended while it was watched, and what it had promised then: deferred calls that will never run.
//!
//! What was promised while probes watched is known to the end. For the rest, a thread of ours looks into
//! the process now and then, as `snapshot` does; the last of its looks counts. That takes processor time of
//! ours, not of the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use go_binary::SiteId;

use super::error::Error;
use super::found::{Ended, Profile};
use super::target::Target;
use super::watchers::Watcher;
use crate::process::Process;
use crate::snapshot::{Looking, Snapshot};
use crate::sys::memory::{ProcessMemory, monotonic};
use crate::sys::pidfd::ProcessDescriptor;

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It returned from main, or called `os.Exit` or the like.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
}

impl Status {
    /// What `wait` says.
    const fn of(wait: i32) -> Self {
        match wait & 0x7f {
            0 => Self::Code(wait >> 8 & 0xff),
            signal => Self::Signal(signal),
        }
    }
}

/// The end of a process, or of its program.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Exit {
    /// How it ended; nothing if it runs another program now, or if the kernel does not tell.
    pub status: Option<Status>,
    /// Sites whose deferred calls were waiting, those with the most first.
    pub pending: Vec<Unkept>,
    /// How many seconds before the end it was looked into for the last time, if ever.
    pub looked: Option<f64>,
}

/// Promises of a site that were not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unkept {
    /// The site.
    pub id: SiteId,
    /// The path of its file, as the compiler knew it.
    pub path: String,
    /// Those made while probes watched and not kept at the end, if that is known.
    pub watched: Option<u64>,
    /// Those that were waiting at the last look.
    pub seen: u64,
}

impl Unkept {
    /// As many as there were at least: what was made between the last look and the end is known where probes
    /// watched.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.watched.unwrap_or(0).max(self.seen)
    }
}

/// What the last look saw.
struct Look {
    at: Instant,
    sites: Vec<(SiteId, String, u64)>,
}

/// Watches the end.
pub(crate) struct Ending {
    pid: u32,
    descriptor: Option<ProcessDescriptor>,
    over: Arc<AtomicBool>,
    last: Arc<Mutex<Option<Look>>>,
    looking: Option<JoinHandle<()>>,
    /// When it was last there.
    alive: Instant,
    target: Target,
}

/// From one look to the next, at least.
const DISTANCE: Duration = Duration::from_millis(500);
/// Looking takes one part in so many of our time.
const SHARE: u32 = 50;
/// How long the parent of a process may take to notice its end.
const NOTICED: Duration = Duration::from_millis(200);

impl Ending {
    pub(crate) fn new(target: &Target) -> Self {
        Self {
            pid: target.pid,
            // Without it, only the parent may know.
            descriptor: ProcessDescriptor::open(target.pid).ok(),
            over: Arc::default(),
            last: Arc::default(),
            looking: None,
            alive: Instant::now(),
            target: target.clone(),
        }
    }

    fn status(&self) -> Option<Status> {
        let begin = Instant::now();
        loop {
            let descriptor = self.descriptor.as_ref();
            let known = descriptor
                .and_then(ProcessDescriptor::wait_status)
                .or_else(|| zombie_status(self.pid));
            if known.is_some() || begin.elapsed() > NOTICED {
                return known.map(Status::of);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Watcher for Ending {
    fn begin(&mut self) -> Result<(), Error> {
        let (pid, over, last) = (self.pid, Arc::clone(&self.over), Arc::clone(&self.last));
        self.looking = std::thread::Builder::new()
            .name("looks".to_owned())
            .spawn(move || look(pid, &over, &last))
            .ok();
        Ok(())
    }

    fn poll(&mut self) -> Result<f64, Error> {
        if self.target.state() == super::target::State::Same {
            self.alive = Instant::now();
        }
        Ok(0.0)
    }

    fn end(&mut self, ended: Ended, profile: &mut Profile) -> Result<(), Error> {
        self.over.store(true, Ordering::Relaxed);
        if let Some(looking) = self.looking.take() {
            looking.thread().unpark();
            // If it panicked, it has seen nothing.
            let _ = looking.join();
        }
        let status = match ended {
            Ended::Time | Ended::Stopped => return Ok(()),
            Ended::Exited => self.status(),
            Ended::Replaced => None,
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pending: HashMap<SiteId, Unkept> = HashMap::new();
        let mut looked = None;
        if let Some(look) = last.take() {
            looked = Some(self.alive.saturating_duration_since(look.at).as_secs_f64());
            for (id, path, seen) in look.sites {
                let unkept = Unkept {
                    id: id.clone(),
                    path,
                    watched: None,
                    seen,
                };
                pending.insert(id, unkept);
            }
        }
        for site in &profile.sites {
            let Some(watched) = site.pending.filter(|&pending| pending > 0) else {
                continue;
            };
            let unkept = pending.entry(site.id.clone()).or_insert_with(|| Unkept {
                id: site.id.clone(),
                path: site.path.clone(),
                watched: None,
                seen: 0,
            });
            unkept.watched = Some(watched);
        }
        let mut pending: Vec<_> = pending.into_values().collect();
        pending.sort_by(|one, other| {
            let order = other.count().cmp(&one.count());
            order.then_with(|| one.id.cmp(&other.id))
        });
        profile.exit = Some(Exit {
            status,
            pending,
            looked,
        });
        Ok(())
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Looks now and then, until it is over.
fn look(pid: u32, over: &AtomicBool, last: &Mutex<Option<Look>>) {
    let Ok(pid) = i32::try_from(pid) else { return };
    let Ok(process) = Process::find(pid) else {
        return;
    };
    let Ok(bytes) = process.read_executable() else {
        return;
    };
    let Ok(target) = crate::Target::new(&bytes, process.entry) else {
        return;
    };
    let memory = ProcessMemory::of(pid);
    while !over.load(Ordering::Relaxed) {
        let at = Instant::now();
        let snapshot = Snapshot::take(&target, &memory, Looking::Running(monotonic()));
        // What ended under our eyes was not seen as a whole.
        if let Ok(snapshot) = snapshot
            && process.is_still_there()
        {
            let sites = snapshot.sites.into_iter();
            let sites = sites
                .filter(|site| site.id.line > 0)
                .map(|site| (site.id, site.path, site.pending))
                .collect();
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Look { at, sites });
        }
        std::thread::park_timeout(DISTANCE.max(at.elapsed() * SHARE));
    }
}

/// How a process ended whose parent has not noticed yet.
fn zombie_status(pid: u32) -> Option<i32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    if !matches!(fields.next()?, "Z" | "X" | "x") {
        return None;
    }
    // It is field 52 of all, and the state was field 3.
    fields.nth(48)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_apart() {
        assert_eq!(Status::of(3 << 8), Status::Code(3));
        assert_eq!(Status::of(9), Status::Signal(9));
        // With a core dumped.
        assert_eq!(Status::of(6 | 0x80), Status::Signal(6));
    }

    #[test]
    fn a_child_is_known_before_and_after_its_parent_notices() {
        let mut child = std::process::Command::new("sh")
            .args(["-c", "exit 7"])
            .spawn()
            .expect("sh runs");
        let descriptor = ProcessDescriptor::open(child.id()).expect("it is there");
        let zombie = loop {
            if let Some(status) = zombie_status(child.id()) {
                break status;
            }
            std::thread::yield_now();
        };
        assert_eq!(Status::of(zombie), Status::Code(7));
        child.wait().expect("it ended");
        // Older kernels do not say.
        let after = descriptor.wait_status().map(Status::of);
        assert!(matches!(after, None | Some(Status::Code(7))), "{after:?}");
    }
}
