//! What a profile is asked for, and what it found out.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use go_binary::{Class, SiteId};

use super::descriptors::Opened;
use super::estimate::Estimate;
use super::exit::Exit;
use super::holder::Start;
use super::points::Counted;
use super::price::Prices;
use super::times::Held;
use crate::sys::bpf::{ProgramKind, uprobes};

/// What is asked for.
pub struct Options<'a> {
    /// The process.
    pub pid: u32,
    /// How long.
    pub duration: Duration,
    /// What it may cost, as a share of the processor time that the process uses.
    pub overhead: f64,
    /// Which sites.
    pub sites: &'a dyn Fn(&SiteId) -> bool,
    /// Whether that leaves some out.
    pub filtered: bool,
    /// Whether to take times.
    pub held: bool,
    /// Whether to watch descriptors.
    pub descriptors: bool,
    /// Starts the process that holds the probes; without it we do, and `kill -9` may leave some in the program.
    pub holder: Option<Start<'a>>,
    /// Whether to place probes one by one also where the kernel could place all at once: for tests.
    pub one_by_one: bool,
    /// Whether to stop.
    pub stop: &'a AtomicBool,
}

impl Options<'_> {
    /// The kind of program that is attached to instructions.
    pub(crate) fn uprobes(&self) -> ProgramKind {
        if self.one_by_one {
            ProgramKind::UprobeEach
        } else {
            uprobes()
        }
    }
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("pid", &self.pid)
            .field("duration", &self.duration)
            .field("overhead", &self.overhead)
            .finish_non_exhaustive()
    }
}

/// What became of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The time was over; the process runs on.
    Time,
    /// We were told to stop; the process runs on.
    Stopped,
    /// It exited.
    Exited,
    /// It runs another program now.
    Replaced,
}

/// What a profile found out.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// The process.
    pub pid: u32,
    /// Its executable.
    pub executable: String,
    /// The release of Go that built it.
    pub go_version: Option<String>,
    /// When it began.
    pub started: SystemTime,
    /// How long it was watched, in seconds.
    pub seconds: f64,
    /// How it ended.
    pub ended: Ended,
    /// The sites that were hit, or may have been.
    pub sites: Vec<SiteProfile>,
    /// How many sites were watched.
    pub watched: usize,
    /// Panics a second.
    pub panics: Option<Estimate>,
    /// Panics that were recovered, a second.
    pub recovers: Option<Estimate>,
    /// What it opened, if that was watched.
    pub descriptors: Option<Opened>,
    /// How it ended, if it did.
    pub exit: Option<Exit>,
    /// What it cost.
    pub cost: Cost,
    /// What should be known.
    pub notes: Vec<String>,
}

/// What a site did.
#[derive(Clone, PartialEq, Debug)]
pub struct SiteProfile {
    /// The site.
    pub id: SiteId,
    /// Its class.
    pub class: Class,
    /// The function that it is in, as it stands in stack traces.
    pub symbol: String,
    /// The path of its file, as the compiler knew it.
    pub path: String,
    /// How often it ran while the process was watched.
    pub count: Estimate,
    /// Whether that was counted, not estimated.
    pub exact: bool,
    /// How often a second.
    pub rate: Estimate,
    /// How long its promises waited.
    pub held: Option<Held>,
    /// Promises that were made while we watched, and were not kept at the end.
    pub pending: Option<u64>,
    /// What it was counted at.
    pub counted: Counted,
}

/// What a profile cost the process.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Cost {
    /// What hits cost here.
    pub prices: Prices,
    /// Hits of probes.
    pub hits: u64,
    /// How many times as dear they were in the program, as far as windows tell.
    pub dearness: f64,
    /// Processor time that they took, in seconds.
    pub trapped_seconds: f64,
    /// Processor time of the process that placing probes and taking them away took, in seconds.
    pub placing_seconds: f64,
    /// The sum of both: what the budget is for.
    pub seconds: f64,
    /// All processor time that deferscope used meanwhile, placing included, in seconds.
    pub own_seconds: f64,
    /// Processor time that the process used besides.
    pub process_seconds: f64,
    /// How long it was looked at, from the first probe to the last, in seconds.
    pub watched_seconds: f64,
    /// How many windows there were.
    pub windows: usize,
    /// How long they were together, in seconds.
    pub window_seconds: f64,
}

impl Cost {
    /// As a share of a processor.
    #[must_use]
    pub fn of_processor(&self) -> f64 {
        self.seconds / self.watched_seconds.max(1e-9)
    }

    /// As a share of what the process used, or of one processor if it used less: what the budget is a share of.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.seconds / self.process_seconds.max(self.watched_seconds).max(1e-9)
    }

    /// As a share of what the process used.
    #[must_use]
    pub fn of_process(&self) -> f64 {
        self.seconds / self.process_seconds.max(1e-9)
    }
}
