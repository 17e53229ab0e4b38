//! Other programs that want the processors, for as long as this lives.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// They compute, and nothing else.
pub(super) struct Others(Vec<Child>);

impl Others {
    pub(super) fn start(count: usize) -> Result<Self> {
        // Those that have started are ended, whatever happens.
        let mut others = Self(Vec::new());
        for _ in 0..count {
            let mut command = Command::new("sh");
            command
                .args(["-c", "while :; do :; done"])
                .stdin(Stdio::null());
            let child = command
                .spawn()
                .context("starting a program that computes")?;
            others.0.push(child);
        }
        Ok(others)
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It cannot have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
