//! A line on the terminal that says how far a long run is.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use engine::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run that takes less long needs no line.
const PATIENCE: Duration = Duration::from_secs(1);

/// The line. It is there only if standard error is a terminal, and only after a while.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    start: Instant,
    wanted: bool,
    shown: AtomicBool,
}

impl Progress {
    pub(crate) fn new(wanted: bool) -> Self {
        let bar = ProgressBar::hidden();
        if let Ok(style) =
            ProgressStyle::with_template("checking {pos}/{len} packages {bar:30} {elapsed}")
        {
            bar.set_style(style);
        }
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let wanted = wanted && std::io::stderr().is_terminal() && !is_dumb;
        Self {
            bar,
            start: Instant::now(),
            wanted,
            shown: AtomicBool::new(false),
        }
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn start(&self, packages: usize) {
        self.bar.set_length(packages as u64);
    }

    fn package_done(&self) {
        if !self.wanted {
            return;
        }
        self.bar.inc(1);
        if self.start.elapsed() > PATIENCE && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar
                .set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }
}
