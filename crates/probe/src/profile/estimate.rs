//! From what windows saw to what the program does, with an interval.
//!
//! Windows are the clusters of a ratio estimate: hits to the processor time that the program had for its own work
//! in them. What traps take does not count for that, nor does time in which others had the processor. How much
//! of it the program has when nobody watches is known, and so how often a second it comes to a site.
//!
//! A program that has time to spare keeps up with our traps: it has as much for itself in windows as else. Then the
//! clock tells the same, and what the two say differently is doubt.

use super::in_situ::{Dearness, own};

/// A number and where it lies, 95 times in 100.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Estimate {
    /// The best guess.
    pub value: f64,
    /// It is hardly less.
    pub low: f64,
    /// Or more.
    pub high: f64,
}

impl Estimate {
    /// A number that was counted, not guessed.
    #[must_use]
    pub const fn exact(value: f64) -> Self {
        Self {
            value,
            low: value,
            high: value,
        }
    }

    /// The same in another unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            value: self.value * factor,
            low: self.low * factor,
            high: self.high * factor,
        }
    }

    /// Where two estimates of the same do not agree, either may be right; the one that is more sure has the best
    /// guess.
    #[must_use]
    fn or(self, other: Self) -> Self {
        let width = |estimate: &Self| estimate.high - estimate.low;
        let surer = if width(&self) <= width(&other) {
            self
        } else {
            other
        };
        Self {
            value: surer.value,
            low: surer.low.min(other.value).min(self.value),
            high: surer.high.max(other.value).max(self.value),
        }
    }

    /// The sum of numbers whose errors have nothing to do with each other.
    #[must_use]
    pub(crate) fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        let (mut value, mut below, mut above) = (0.0, 0.0, 0.0);
        for one in all {
            value += one.value;
            below += (one.value - one.low).powi(2);
            above += (one.high - one.value).powi(2);
        }
        Self {
            value,
            low: value - f64::sqrt(below),
            high: value + f64::sqrt(above),
        }
    }
}

/// The windows that looked at one thing, together; times in seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Looked {
    /// How long they were.
    pub(crate) wall: f64,
    /// The processor time that the program used in them.
    pub(crate) processor: f64,
    /// What hits took of that, as the prices of the start say.
    pub(crate) trapped: f64,
}

/// What a window saw of one thing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Observed {
    /// How often it happened.
    pub(crate) count: u64,
    /// The window.
    pub(crate) looked: Looked,
}

/// Rates a second, from windows, of a program that uses `running` processors when nobody watches. From one window
/// or none, nothing can be said.
#[must_use]
pub(crate) fn rate(windows: &[Observed], running: f64, dearness: Dearness) -> Option<Estimate> {
    let own_at = |dearness: f64| -> f64 {
        let looked = windows.iter().map(|window| window.looked);
        looked
            .map(|looked| own(looked.processor, looked.trapped, dearness))
            .sum()
    };
    let best = own_at(dearness.value);
    if best <= 0.0 || running <= 0.0 {
        // It never runs where that can be seen.
        return Pairs::new(windows, |looked| looked.wall).ratio();
    }
    let by_windows = Pairs::new(windows, |looked| {
        own(looked.processor, looked.trapped, dearness.value)
    })
    .ratio()?
    .times(running);
    // Hits may be a little dearer or cheaper than they seem.
    let factor = |deviations: f64| best / own_at(dearness.value + deviations * dearness.doubt);
    let value = by_windows.value;
    let below = (value - by_windows.low).hypot(value * (1.0 - factor(-1.96)));
    let above = (by_windows.high - value).hypot(value * (factor(1.96) - 1.0));
    let by_processor = Estimate {
        value,
        low: (value - below).max(0.0),
        high: value + above,
    };
    let by_clock = Pairs::new(windows, |looked| looked.wall).ratio()?;
    Some(if kept_up(windows, running, dearness) {
        by_clock.or(by_processor)
    } else {
        by_processor
    })
}

/// Whether the program may have had as much processor time for itself in windows as when nobody watches.
fn kept_up(windows: &[Observed], running: f64, dearness: Dearness) -> bool {
    let used = Pairs(
        windows
            .iter()
            .map(|window| {
                let looked = window.looked;
                let own = own(looked.processor, looked.trapped, dearness.value);
                (own, looked.wall)
            })
            .collect(),
    );
    let (own, scatter) = used.spread();
    let wall: f64 = windows.iter().map(|window| window.looked.wall).sum();
    let trapped: f64 = windows.iter().map(|window| window.looked.trapped).sum();
    own > running - 1.5 * scatter.hypot(dearness.doubt * trapped / wall)
}

/// Counts, and what they are in proportion to, by window.
struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    fn new(windows: &[Observed], time: impl Fn(&Looked) -> f64) -> Self {
        let pair = |window: &Observed| (window.count as f64, time(&window.looked));
        Self(windows.iter().map(pair).collect())
    }

    /// The ratio of the sums, and its standard deviation: windows are the clusters.
    fn spread(&self) -> (f64, f64) {
        let many = self.0.len() as f64;
        let (count, time) = self
            .0
            .iter()
            .fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        let ratio = count / time;
        let squares: f64 = self
            .0
            .iter()
            .map(|(count, time)| (count - ratio * time).powi(2))
            .sum();
        (ratio, (many / (many - 1.0) * squares).sqrt() / time)
    }

    fn ratio(&self) -> Option<Estimate> {
        let windows = self.0.len();
        let time: f64 = self.0.iter().map(|pair| pair.1).sum();
        let count: f64 = self.0.iter().map(|pair| pair.0).sum();
        if windows < 2 || time <= 0.0 {
            return None;
        }
        let (ratio, clusters) = self.spread();
        // Few hits that happen to be spread evenly say less than their evenness pretends.
        let reach = student(windows - 1) * clusters.max(count.sqrt() / time);
        Some(Estimate {
            value: ratio,
            low: (ratio - reach).max(0.0),
            high: if count == 0.0 {
                // None seen in so much time: three times as much would show one, 95 times in 100.
                3.0 / time
            } else {
                ratio + reach
            },
        })
    }
}

/// How many deviations reach 95 in 100, by degrees of freedom.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 10] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    ];
    match freedom.checked_sub(1) {
        None => f64::INFINITY,
        Some(index) => TABLE
            .get(index)
            .copied()
            .unwrap_or(1.96 + 2.4 / freedom as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of 10 ms in which the program used so much processor time, and hits took so much of that.
    fn windows(counts: &[u64], processor: f64, trapped: f64) -> Vec<Observed> {
        let looked = Looked {
            wall: 0.01,
            processor,
            trapped,
        };
        let all = counts.iter();
        all.map(|&count| Observed { count, looked }).collect()
    }

    const SURE: Dearness = Dearness {
        value: 1.0,
        doubt: 0.01,
    };

    #[test]
    fn what_traps_and_others_take_of_the_processor_does_not_count() {
        // Busy all the time: half of that went to traps.
        let busy = windows(&[5000; 20], 0.01, 0.005);
        let estimate = rate(&busy, 1.0, SURE).expect("windows");
        assert!((estimate.value - 1_000_000.0).abs() < 1.0, "{estimate:?}");
        // Others had the processor in most of the time.
        let crowded = windows(&[500; 20], 0.001, 0.000_5);
        let estimate = rate(&crowded, 0.5, SURE).expect("windows");
        assert!((estimate.value - 500_000.0).abs() < 1.0, "{estimate:?}");
        assert!(estimate.low < estimate.value && estimate.value < estimate.high);
    }

    #[test]
    fn windows_that_differ_make_the_interval_wide() {
        let even = rate(&windows(&[100; 30], 0.0, 0.0), 0.0, SURE).expect("windows");
        let uneven: Vec<u64> = (0..30)
            .map(|n| if n % 10 == 0 { 1000 } else { 0 })
            .collect();
        let uneven = rate(&windows(&uneven, 0.0, 0.0), 0.0, SURE).expect("windows");
        assert!((even.value - uneven.value).abs() < 1.0);
        assert!(uneven.high - uneven.low > 5.0 * (even.high - even.low));
    }

    #[test]
    fn the_price_of_a_hit_is_not_known_for_sure() {
        let doubt = Dearness {
            value: 1.0,
            doubt: 0.075,
        };
        let busy = windows(&[100_000; 30], 0.01, 0.004);
        let estimate = rate(&busy, 1.0, doubt).expect("windows");
        let half = (estimate.high - estimate.low) / 2.0 / estimate.value;
        assert!((0.09..0.12).contains(&half), "{half}");
    }

    #[test]
    fn what_was_never_seen_may_be_rare() {
        let never = windows(&[0; 10], 0.0, 0.0);
        let estimate = rate(&never, 0.0, SURE).expect("windows");
        assert_eq!((estimate.value, estimate.low), (0.0, 0.0));
        assert!((estimate.high - 30.0).abs() < 0.1, "{estimate:?}");
        assert_eq!(rate(&windows(&[5], 0.0, 0.0), 0.0, SURE), None);
        assert_eq!(rate(&[], 0.0, SURE), None);
    }

    #[test]
    fn intervals_cover_nineteen_of_twenty() {
        // Bursts from a generator of our own: the truth is 200 a second.
        let mut seed = 7u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as f64 / f64::from(1u32 << 31)
        };
        let mut covered = 0;
        for _ in 0..400 {
            let seen: Vec<_> = (0..40)
                .map(|_| Observed {
                    count: (random() * 40.0) as u64,
                    looked: Looked {
                        wall: 0.0975,
                        processor: 0.0,
                        trapped: 0.0,
                    },
                })
                .collect();
            let estimate = rate(&seen, 0.0, SURE).expect("windows");
            covered += usize::from(estimate.low <= 200.0 && 200.0 <= estimate.high);
        }
        assert!((372..=396).contains(&covered), "{covered} of 400");
    }

    #[test]
    fn errors_add_in_squares() {
        let one = Estimate {
            value: 10.0,
            low: 7.0,
            high: 13.0,
        };
        let other = Estimate {
            value: 20.0,
            low: 16.0,
            high: 24.0,
        };
        let sum = Estimate::sum([one, other]);
        assert_eq!((sum.value, sum.low, sum.high), (30.0, 25.0, 35.0));
    }
}
