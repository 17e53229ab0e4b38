//! Ctrl-C. While packages are analysed the first one ends the run in order; a second one, or one at
//! any other time, ends the process at once. Reports are written as a whole or not at all, so
//! nothing half done is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use crate::exit::Exit;

/// Whether somebody wants the run to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    requested: Arc<AtomicBool>,
    /// Whether anybody looks at `requested`.
    heard: Arc<AtomicBool>,
}

impl Interrupt {
    /// Starts to listen.
    pub(crate) fn listen() -> Result<Self> {
        let interrupt = Self::default();
        let handler = interrupt.clone();
        ctrlc::set_handler(move || {
            let first = !handler.requested.swap(true, Ordering::Relaxed);
            if !first || !handler.heard.load(Ordering::Relaxed) {
                std::process::exit(Exit::Interrupted.code().into());
            }
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(interrupt)
    }

    /// Runs `work`, which looks at the flag that it is given.
    pub(crate) fn while_heard<T>(&self, work: impl FnOnce(&AtomicBool) -> T) -> T {
        self.heard.store(true, Ordering::Relaxed);
        let result = work(&self.requested);
        self.heard.store(false, Ordering::Relaxed);
        result
    }
}
