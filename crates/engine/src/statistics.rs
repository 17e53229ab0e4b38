//! What a run did, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a run did. Everything but the times is the same for the same input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Packages analysed; tests that see their package from outside are one of their own.
    pub packages: usize,
    /// Files analysed.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files parsed and not analysed: generated ones.
    pub generated: usize,
    /// Paths that are imported and lead nowhere from here.
    pub imports_not_found: usize,
    /// Findings that a comment suppressed.
    pub suppressed: usize,
    /// Findings outside of what has changed since the revision.
    pub not_new: usize,
    /// Findings that the baseline knows.
    pub baselined: usize,
    /// Entries of the baseline that nothing was found for, as far as this run could tell.
    pub stale: usize,
    /// Findings below the least severity.
    pub below_severity: usize,
    /// Functions that were run with the goroutines that they start.
    pub explored: usize,
    /// Those of them for which the bounds were not enough.
    pub unexplored: usize,
    /// Where the time went.
    pub times: Times,
}

/// Where the time went. The first two are wall-clock times, the others are summed over threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Times {
    /// Finding packages.
    pub discover: Duration,
    /// Everything after that.
    pub analyse: Duration,
    /// Reading files.
    pub read: Duration,
    /// Parsing them.
    pub parse: Duration,
    /// Collecting names.
    pub names: Duration,
    /// Running rules.
    pub rules: Duration,
    /// Trying fixes.
    pub fixes: Duration,
}

/// What threads count together.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) read: Clock,
    pub(crate) parse: Clock,
    pub(crate) names: Clock,
    pub(crate) rules: Clock,
    pub(crate) fixes: Clock,
}

impl Counters {
    /// Adds what was counted.
    pub(crate) fn add_to(&self, statistics: &mut Statistics) {
        let times = &mut statistics.times;
        times.read = self.read.total();
        times.parse = self.parse.total();
        times.names = self.names.total();
        times.rules = self.rules.total();
        times.fixes = self.fixes.total();
    }
}

/// Adds up the time that something takes on all threads.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    pub(crate) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanos, Ordering::Relaxed);
        result
    }

    fn total(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}
