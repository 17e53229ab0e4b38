//! A process of its own that holds probes.
//!
//! The kernel takes probes away when whoever holds them ends, but it gives that up half-way when `kill -9` comes just
//! while it places or removes them: breakpoints stay in the program. So another process holds them, which nobody has
//! a reason to kill: it has a session of its own and hears no signals. Its only tie to us is a socket; when we are
//! gone, however that came, it reads the end of it, takes away what there is, and ends.
//!
//! How that process comes about is not known here: see [`Start`]. What it then does is [`hold`].

mod process;

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub use self::process::hold;
use super::error::Error;
use crate::sys::bpf::{Place, Program, ProgramKind};
use crate::sys::passing;

/// Starts a process that calls [`hold`] with this socket, and does nothing else.
pub type Start<'a> = &'a dyn Fn(OwnedFd) -> io::Result<Child>;

/// How long an answer may take; placing probes takes some hundredths of a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// And for each probe, where they are placed one by one.
const FOR_EACH: Duration = Duration::from_secs(5);

/// What the process is told, a line each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Request {
    Attach {
        file: PathBuf,
        pid: u32,
        places: Vec<Place>,
    },
    Detach {
        link: u64,
    },
}

/// What it answers, a line each; the first when it is ready.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Answer {
    /// The number of the link, or the kernel's error.
    result: Result<u64, i32>,
    /// The processor time that it has used until now, in nanoseconds.
    used: u64,
}

/// The first byte, by the kind of the program that comes with it.
const MULTI: u8 = b'm';
const EACH: u8 = b'e';

/// The process, as we know it.
#[derive(Debug)]
pub(crate) struct Holder(RefCell<Inner>);

#[derive(Debug)]
struct Inner {
    child: Child,
    socket: UnixStream,
    answers: BufReader<UnixStream>,
    used: u64,
}

impl Holder {
    /// Starts it, and gives it the program that it will attach.
    pub(crate) fn start(start: Start<'_>, program: &Program) -> Result<Rc<Self>, Error> {
        let starting = |error| Error::system("starting a process that holds the probes", error);
        let (socket, theirs) = UnixStream::pair().map_err(starting)?;
        let child = start(theirs.into()).map_err(starting)?;
        let reading = socket.try_clone().map_err(starting)?;
        let mut inner = Inner {
            child,
            socket,
            answers: BufReader::new(reading),
            used: 0,
        };
        let kind = match program.kind() {
            ProgramKind::UprobeEach => EACH,
            _ => MULTI,
        };
        // If it is gone already, how it ended is told with the answer that does not come.
        let sent = passing::send(&inner.socket, kind, program.as_fd());
        let ready = inner.answer(PATIENCE).map_err(starting)?;
        sent.map_err(starting)?;
        ready.map_err(|error| starting(io::Error::from_raw_os_error(error)))?;
        Ok(Rc::new(Self(RefCell::new(inner))))
    }

    /// Runs the program whenever process `pid` comes to one of these places.
    pub(crate) fn attach(
        self: &Rc<Self>,
        file: &Path,
        places: Vec<Place>,
        pid: u32,
    ) -> io::Result<Held> {
        let more = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let request = Request::Attach {
            file: file.to_owned(),
            pid,
            places,
        };
        let patience = PATIENCE.saturating_add(FOR_EACH.saturating_mul(more));
        let link = self.0.borrow_mut().ask(&request, patience)?;
        Ok(Held {
            holder: Rc::clone(self),
            link,
            patience,
        })
    }

    /// The processor time that it has used, in seconds.
    pub(crate) fn processor_seconds(&self) -> f64 {
        self.0.borrow().used as f64 * 1e-9
    }

    /// That it is still there: without it nothing is seen.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let ended = self.0.borrow_mut().child.try_wait();
        match ended.map_err(|error| Error::system("asking for the holder of the probes", error))? {
            None => Ok(()),
            Some(status) => Err(Error::system("watching", gone(Some(status)))),
        }
    }
}

impl Inner {
    fn ask(&mut self, request: &Request, patience: Duration) -> io::Result<u64> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        // As at the start.
        let sent = self.socket.write_all(&line);
        let result = self.answer(patience)?;
        sent?;
        result.map_err(io::Error::from_raw_os_error)
    }

    fn answer(&mut self, patience: Duration) -> io::Result<Result<u64, i32>> {
        self.socket.set_read_timeout(Some(patience))?;
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => return Err(gone(ended(&mut self.child, Duration::from_secs(1)))),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                return Err(gone(ended(&mut self.child, Duration::from_secs(1))));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // What it answers later would be taken for the answer to something else.
                self.socket.shutdown(Shutdown::Both)?;
                let words = "the process that holds the probes does not answer";
                return Err(io::Error::other(words));
            }
            Err(error) => return Err(error),
        }
        let answer: Answer = serde_json::from_str(&line)?;
        self.used = answer.used;
        Ok(answer.result)
    }
}

/// How it ended, if that is known before long.
fn ended(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let begin = Instant::now();
    while begin.elapsed() < patience {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(Duration::from_millis(1)),
            Ok(status) => return status,
            Err(_) => return None,
        }
    }
    None
}

fn gone(status: Option<ExitStatus>) -> io::Error {
    let how = status.map_or_else(String::new, |status| format!(" ({status})"));
    io::Error::other(format!(
        "the process that holds the probes has ended{how}; if somebody killed it while they were placed, \
         run `deferscope profile` again: it takes away what was left"
    ))
}

impl Drop for Inner {
    fn drop(&mut self) {
        // It takes away what there is, and ends; if it is gone already, that is no harm.
        let _ = self.socket.shutdown(Shutdown::Both);
        ended(&mut self.child, PATIENCE);
    }
}

/// That a program is attached; dropping it takes the program away.
#[derive(Debug)]
pub(crate) struct Held {
    holder: Rc<Holder>,
    link: u64,
    patience: Duration,
}

impl Drop for Held {
    fn drop(&mut self) {
        let request = Request::Detach { link: self.link };
        // If it is gone, so are its links, and the next look at it says so.
        let _ = self.holder.0.borrow_mut().ask(&request, self.patience);
    }
}

#[cfg(test)]
mod tests;
