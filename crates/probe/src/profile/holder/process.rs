//! The other process: what it does from beginning to end.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::SigSet;

use super::{Answer, EACH, MULTI, Request};
use crate::sys::bpf::{Link, Program, ProgramKind, own_processor_time};
use crate::sys::passing;
use crate::sys::priority::{Prompt, Urgent};

/// Holds probes for the process at the other end of the socket, until that is gone.
///
/// # Errors
///
/// If there is no such process: somebody else has called.
pub fn hold(socket: OwnedFd) -> io::Result<()> {
    // What a terminal, a shell or a `kill` of the group tells the other process is not for this one. It may lead a
    // session already.
    let _ = nix::unistd::setsid();
    SigSet::all().thread_block()?;
    // What stops others from placing probes stops this one at the first of them.
    let _ = raise_limit();
    let socket = UnixStream::from(socket);
    let (kind, program) = passing::receive(&socket)?;
    let kind = match kind {
        MULTI => ProgramKind::UprobeMulti,
        EACH => ProgramKind::UprobeEach,
        _ => return Err(io::Error::from(io::ErrorKind::InvalidData)),
    };
    let program = Program::received(program, kind);
    // Probes must go when they should, also where many programs want the processor. As long as there are none that
    // must go soon, an idle processor is better than that of the program.
    let _prompt = Prompt::begin();
    let mut urgent = None;
    let mut links: BTreeMap<u64, Link> = BTreeMap::new();
    let mut requests = BufReader::new(socket.try_clone()?);
    answer(&socket, Ok(0));
    let mut line = String::new();
    let mut last = 0;
    loop {
        line.clear();
        match requests.read_line(&mut line) {
            // Half a line is what it wrote when it was killed.
            Ok(_) if !line.ends_with('\n') => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
            Ok(_) => {}
        }
        let Ok(request) = serde_json::from_str(&line) else {
            break;
        };
        let result = match request {
            Request::Attach { file, pid, places } => program
                .attach(&file, &places, pid)
                .map(|link| {
                    urgent.get_or_insert_with(Urgent::begin);
                    last += 1;
                    links.insert(last, link);
                    last
                })
                .map_err(|error| error.raw_os_error().unwrap_or(libc::EIO)),
            Request::Detach { link } => {
                links.remove(&link);
                urgent = None;
                Ok(link)
            }
        };
        answer(&socket, result);
    }
    drop(links);
    Ok(())
}

/// If nobody is there to read it, the end of the socket is what is read next.
fn answer(mut socket: &UnixStream, result: Result<u64, i32>) {
    let used = own_processor_time().unwrap_or(0);
    if let Ok(mut line) = serde_json::to_vec(&Answer { result, used }) {
        line.push(b'\n');
        let _ = socket.write_all(&line);
    }
}

/// As many descriptors as it may have: probes that are placed one by one need one each.
fn raise_limit() -> nix::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
}
