//! The process that holds the probes of a profile: this program, started again.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::exit::Exit;

/// Starts it. The same file, whatever has become of its path, has the same capabilities.
pub(super) fn start(socket: OwnedFd) -> io::Result<Child> {
    Command::new("/proc/self/exe")
        .arg0("deferscope")
        .arg("hold-probes")
        .stdin(Stdio::from(socket))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// What it then does.
pub(crate) fn run() -> Result<Exit> {
    let socket = io::stdin().as_fd().try_clone_to_owned();
    let held = socket.and_then(probe::profile::hold);
    held.context("this is for `deferscope profile` to start, which gives it a socket")?;
    Ok(Exit::Clean)
}
