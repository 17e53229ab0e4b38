//! Stopping a process for a moment, with ptrace.
//!
//! Not with SIGSTOP: a process that was stopped with a signal stays so when the one who sent it is killed.
//! A traced thread runs on when its tracer ends, whatever ended it; the kernel sees to that. So the tracer is
//! a thread of its own that does nothing else, and the longest pause is a matter of how long it lives.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::sys::priority::Urgent;

/// What a thread was about to do when it was stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registers {
    /// The thread.
    pub thread: i32,
    /// Its next instruction.
    pub pc: u64,
    /// Its stack pointer.
    pub sp: u64,
}

/// Why a process could not be stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StopError {
    /// We may not, or a debugger has it.
    #[error("it may not be traced, or a debugger traces it already")]
    Denied,
    /// It is gone.
    #[error("it is gone")]
    Gone,
    /// The kernel says so.
    #[error("{0}")]
    Other(Errno),
    /// There was no thread to do it.
    #[error("no thread could be started to trace it")]
    NoThread,
}

impl From<Errno> for StopError {
    fn from(error: Errno) -> Self {
        match error {
            Errno::EPERM => Self::Denied,
            Errno::ESRCH => Self::Gone,
            other => Self::Other(other),
        }
    }
}

/// A stopped process. It runs on when this is dropped, or when its time is over.
#[derive(Debug)]
pub struct Pause {
    /// The registers of its threads.
    pub registers: Vec<Registers>,
    end: Option<Sender<()>>,
    tracer: Option<JoinHandle<Duration>>,
}

impl Pause {
    /// Stops all threads of a process, for `longest` at most.
    ///
    /// # Errors
    ///
    /// If the process is gone, somebody else traces it, or we may not.
    pub fn of(pid: i32, longest: Duration) -> Result<Self, StopError> {
        let (end, ended) = channel();
        let (tell, told) = channel();
        let tracer = std::thread::Builder::new()
            .name("tracer".to_owned())
            .spawn(move || trace(pid, longest, &tell, &ended))
            .map_err(|_| StopError::NoThread)?;
        let registers = match told.recv() {
            Ok(stopped) => stopped?,
            Err(_) => return Err(StopError::NoThread),
        };
        Ok(Self {
            registers,
            end: Some(end),
            tracer: Some(tracer),
        })
    }

    /// Whether the process runs again because the time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.tracer.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Lets the process run; how long it was stopped, from the first thread to the last.
    pub fn end(mut self) -> Duration {
        self.finish()
    }

    fn finish(&mut self) -> Duration {
        self.end = None;
        let tracer = self.tracer.take();
        tracer
            .and_then(|tracer| tracer.join().ok())
            .unwrap_or_default()
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The life of the tracer: it must attach, wait and detach itself, and the threads run on when it ends.
fn trace(
    pid: i32,
    longest: Duration,
    tell: &Sender<Result<Vec<Registers>, StopError>>,
    ended: &Receiver<()>,
) -> Duration {
    let start = Instant::now();
    // The process waits for this thread.
    let _urgent = Urgent::begin();
    let mut threads = Threads::default();
    let stopped = threads.stop_all(pid, start + longest);
    let told = tell.send(stopped.map(|()| threads.registers()));
    if told.is_ok() {
        let left = longest.saturating_sub(start.elapsed());
        match ended.recv_timeout(left) {
            Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
    threads.detach();
    start.elapsed()
}

/// The threads that are traced, and with which signal they go on.
#[derive(Debug, Default)]
struct Threads {
    stopped: Vec<(Pid, Option<Signal>)>,
    seen: Vec<Pid>,
}

impl Threads {
    fn stop_all(&mut self, pid: i32, until: Instant) -> Result<(), StopError> {
        // Threads that run may start others; once all are stopped none can.
        loop {
            let new: Vec<Pid> = threads_of(pid)?
                .into_iter()
                .filter(|thread| !self.seen.contains(thread))
                .collect();
            if new.is_empty() {
                return if self.stopped.is_empty() {
                    Err(StopError::Gone)
                } else {
                    Ok(())
                };
            }
            let mut waiting = Vec::new();
            for thread in new {
                self.seen.push(thread);
                match ptrace::seize(thread, ptrace::Options::empty())
                    .and_then(|()| ptrace::interrupt(thread))
                {
                    Ok(()) => waiting.push(thread),
                    Err(Errno::ESRCH) => {}
                    Err(Errno::EPERM) if is_dead(pid, thread) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            while !waiting.is_empty() {
                waiting.retain(|&thread| !self.has_stopped(thread));
                if waiting.is_empty() {
                    break;
                }
                // One that the kernel does not let go of runs no code either.
                if Instant::now() >= until {
                    break;
                }
                std::thread::sleep(Duration::from_micros(20));
            }
            if Instant::now() >= until {
                return Ok(());
            }
        }
    }

    /// Whether nothing has to be waited for any more.
    fn has_stopped(&mut self, thread: Pid) -> bool {
        let flags = WaitPidFlag::__WALL | WaitPidFlag::WNOHANG;
        match waitpid(thread, Some(flags)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => false,
            Ok(WaitStatus::PtraceEvent(..)) => {
                self.stopped.push((thread, None));
                true
            }
            // On its way to get a signal: it gets it when it goes on.
            Ok(WaitStatus::Stopped(_, signal)) => {
                self.stopped.push((thread, Some(signal)));
                true
            }
            // It ended, or is to get a signal that has no name: then it goes on with that when this
            // tracer ends.
            Ok(_) | Err(_) => true,
        }
    }

    fn registers(&self) -> Vec<Registers> {
        self.stopped
            .iter()
            .filter_map(|&(thread, _)| registers(thread))
            .collect()
    }

    fn detach(&mut self) {
        for (thread, signal) in self.stopped.drain(..) {
            // It may have been killed in the meantime.
            let _ = ptrace::detach(thread, signal);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn registers(thread: Pid) -> Option<Registers> {
    let registers = ptrace::getregs(thread).ok()?;
    Some(Registers {
        thread: thread.as_raw(),
        pc: registers.rip,
        sp: registers.rsp,
    })
}

#[cfg(target_arch = "aarch64")]
fn registers(thread: Pid) -> Option<Registers> {
    let registers = ptrace::getregs(thread).ok()?;
    Some(Registers {
        thread: thread.as_raw(),
        pc: registers.pc,
        sp: registers.sp,
    })
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const fn registers(_thread: Pid) -> Option<Registers> {
    None
}

fn threads_of(pid: i32) -> Result<Vec<Pid>, StopError> {
    let folder = format!("/proc/{pid}/task");
    let entries = std::fs::read_dir(Path::new(&folder)).map_err(|_| StopError::Gone)?;
    Ok(entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .map(Pid::from_raw)
        .collect())
}

/// Whether a thread has ended and only waits to be noticed.
fn is_dead(pid: i32, thread: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/task/{thread}/stat"));
    stat.ok()
        .and_then(|stat| {
            stat.rsplit_once(") ")
                .map(|(_, rest)| rest.starts_with(['Z', 'X']))
        })
        .unwrap_or(true)
}
