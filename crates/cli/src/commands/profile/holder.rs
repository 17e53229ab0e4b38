//! The process that holds the probes of a profile: this program, started again, with a command that is for nobody
//! else, and so is neither in the help nor in what shells complete.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::exit::Exit;

const COMMAND: &str = "hold-probes";

/// Starts it. The same file, whatever has become of its path, has the same capabilities.
pub(super) fn start(socket: OwnedFd) -> io::Result<Child> {
    Command::new("/proc/self/exe")
        .arg0("deferscope")
        .arg(COMMAND)
        .stdin(Stdio::from(socket))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// What it then does; nothing if this process is for something else.
pub(crate) fn run_if_called() -> Option<Result<Exit>> {
    let called = std::env::args_os().nth(1)? == COMMAND;
    called.then(|| {
        let socket = io::stdin().as_fd().try_clone_to_owned();
        let held = socket.and_then(probe::profile::hold);
        held.context("this is for `deferscope profile` to start, which gives it a socket")?;
        Ok(Exit::Clean)
    })
}
