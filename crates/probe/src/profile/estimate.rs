//! From what windows saw to what the program does, with an interval.
//!
//! Windows are the clusters of a ratio estimate. A program that has time to spare does the same with our traps
//! in it: its hits are those of the time. One that is busy all the time does less, by what the traps take, and
//! where many programs want the processor, by what it does not get just then: its hits are those of the
//! processor time that it has for its own work, of which we know how much it has when nobody watches. Which
//! of the two it is, its processor time tells too: the first kind has no less for itself in windows.

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

/// What a window saw of one thing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Observed {
    /// How often it happened.
    pub(crate) count: u64,
    /// What it is in proportion to: the time of the window, as [`Basis`] measures it.
    pub(crate) time: f64,
}

/// By what time hits are counted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Basis {
    /// That of the clock.
    Wall,
    /// The processor time that the program has for its own work.
    Own {
        /// How much of that it has a second when nobody watches.
        running: f64,
        /// The rate is at least this much of the best guess, as hits may be cheaper than measured.
        least: f64,
        /// At most this much, as they may be dearer.
        most: f64,
    },
}

impl Basis {
    /// From sums over windows, in seconds: how long they were, the processor time that the program used in them,
    /// what hits took of that; and how many processors it uses else.
    pub(crate) fn new(wall: f64, processor: f64, trapped: f64, running: f64) -> Self {
        /// How far off the price of a hit may be: measured in a short loop, it is paid in a large program.
        const PRICE_DOUBT: f64 = 0.15;
        /// The program has at least so much of its time for itself, or it would not be seen to do anything.
        const LEAST: f64 = 0.01;
        let own = own(processor, trapped);
        if own >= running * wall || own <= 0.0 {
            return Self::Wall;
        }
        let doubt = PRICE_DOUBT * trapped;
        let dearer = (own - doubt).max(LEAST * processor).min(own);
        Self::Own {
            running,
            least: own / (own + doubt).min(processor),
            most: own / dearer,
        }
    }
}

/// What is left of processor time when traps took some of it.
pub(crate) fn own(processor: f64, trapped: f64) -> f64 {
    (processor - trapped).max(0.0)
}

/// Rates a second, from windows. From one window or none, nothing can be said.
#[must_use]
pub(crate) fn rate(windows: &[Observed], basis: Basis) -> Option<Estimate> {
    let time: f64 = windows.iter().map(|window| window.time).sum();
    let count: u64 = windows.iter().map(|window| window.count).sum();
    if windows.len() < 2 || time <= 0.0 {
        return None;
    }
    let (factor, least, most) = match basis {
        Basis::Wall => (1.0, 1.0, 1.0),
        Basis::Own {
            running,
            least,
            most,
        } => (running, least, most),
    };
    let many = windows.len() as f64;
    let ratio = count as f64 / time;
    let squares: f64 = windows
        .iter()
        .map(|window| (window.count as f64 - ratio * window.time).powi(2))
        .sum();
    let clusters = (many / (many - 1.0) * squares).sqrt() / time;
    // Few hits that happen to be spread evenly say less than their evenness pretends.
    let hits = (count as f64).sqrt() / time;
    let reach = student(windows.len() - 1) * clusters.max(hits);
    let below = reach.hypot(ratio * (1.0 - least));
    let above = reach.hypot(ratio * (most - 1.0));
    Some(Estimate {
        value: ratio * factor,
        low: ((ratio - below) * factor).max(0.0),
        high: if count == 0 {
            // None seen in so much time: three times as much would show one, 95 times in 100.
            3.0 / time * factor
        } else {
            (ratio + above) * factor
        },
    })
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

    fn windows(counts: &[u64], time: f64) -> Vec<Observed> {
        counts
            .iter()
            .map(|&count| Observed { count, time })
            .collect()
    }

    #[test]
    fn a_busy_program_is_held_up_and_an_idle_one_is_not() {
        // 20 windows of 10 ms. Busy all the time: half of that went to traps.
        let basis = Basis::new(0.2, 0.2, 0.1, 1.0);
        assert!(
            matches!(basis, Basis::Own { running: 1.0, .. }),
            "{basis:?}"
        );
        let estimate = rate(&windows(&[5000; 20], 0.005), basis).expect("windows");
        assert!((estimate.value - 1_000_000.0).abs() < 1.0, "{estimate:?}");
        // Others had the processor in most of the time.
        let basis = Basis::new(0.2, 0.02, 0.01, 0.5);
        let estimate = rate(&windows(&[500; 20], 0.000_5), basis).expect("windows");
        assert!((estimate.value - 500_000.0).abs() < 1.0, "{estimate:?}");
        // It runs a quarter of the time, and twice as much with the traps.
        assert_eq!(Basis::new(0.2, 0.1, 0.05, 0.25), Basis::Wall);
        let estimate = rate(&windows(&[5000; 20], 0.01), Basis::Wall).expect("windows");
        assert!((estimate.value - 500_000.0).abs() < 1.0, "{estimate:?}");
        assert!(estimate.low < estimate.value && estimate.value < estimate.high);
    }

    #[test]
    fn windows_that_differ_make_the_interval_wide() {
        let even = rate(&windows(&[100; 30], 0.01), Basis::Wall).expect("windows");
        let uneven: Vec<u64> = (0..30)
            .map(|n| if n % 10 == 0 { 1000 } else { 0 })
            .collect();
        let uneven = rate(&windows(&uneven, 0.01), Basis::Wall).expect("windows");
        assert!((even.value - uneven.value).abs() < 1.0);
        assert!(uneven.high - uneven.low > 5.0 * (even.high - even.low));
    }

    #[test]
    fn the_price_of_a_hit_is_not_known_for_sure() {
        let busy = Basis::new(0.3, 0.3, 0.12, 1.0);
        let estimate = rate(&windows(&[100_000; 30], 0.006), busy).expect("windows");
        let half = (estimate.high - estimate.low) / 2.0 / estimate.value;
        assert!((0.09..0.12).contains(&half), "{half}");
    }

    #[test]
    fn what_was_never_seen_may_be_rare() {
        let estimate = rate(&windows(&[0; 10], 0.01), Basis::Wall).expect("windows");
        assert_eq!((estimate.value, estimate.low), (0.0, 0.0));
        assert!((estimate.high - 30.0).abs() < 0.1, "{estimate:?}");
        assert_eq!(rate(&windows(&[5], 0.01), Basis::Wall), None);
        assert_eq!(rate(&[], Basis::Wall), None);
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
                    time: 0.0975,
                })
                .collect();
            let estimate = rate(&seen, Basis::Wall).expect("windows");
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
