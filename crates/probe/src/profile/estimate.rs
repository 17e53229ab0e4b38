//! From what windows saw to what the program does, with an interval.
//!
//! Windows are the clusters of two ratios. One is that of hits to the processor time that the program had for its own
//! work in them: what traps take does not count for that. How much of it the program has when nobody watches is known, and
//! so how often a second it comes to a site. That is as good as what is known of the price of a hit, and bad where traps
//! take most of a window. The other is that of hits to the time of day: good for a program that has time to spare and keeps
//! up with its work in spite of our traps, else too low by a share of what they take, which is known as well as
//! `keeping_up` tells. Each has its doubt, and both together say what is said.

use super::in_situ::{Dearness, LEAST};
use super::keeping_up::Lag;

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
    /// The rate of what was counted in so many seconds, in some of which it is not known whether all was seen: probes
    /// were taken away and placed again, and who did that was told so late. All was seen or nothing, or in between.
    #[must_use]
    pub(crate) fn counted(count: u64, seconds: f64, blind: f64) -> Self {
        let seen = (seconds - blind).max(seconds * 0.01);
        let (low, high) = (count as f64 / seconds, count as f64 / seen);
        Self {
            value: low.midpoint(high),
            low,
            high,
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

/// A window; times in seconds.
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

/// What is known of the program besides what windows saw of one thing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Program {
    /// How many processors it uses when nobody watches.
    pub(crate) running: f64,
    /// How dear hits are in it.
    pub(crate) dearness: Dearness,
    /// How far it falls behind while they take of its time.
    pub(crate) lag: Lag,
    /// How much windows differ.
    pub(crate) spread: Spread,
}

/// By how much what one window sees is off, squared and as a share: what follows from many windows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Spread {
    /// By processor time.
    pub(crate) by_processor: f64,
    /// By the clock.
    pub(crate) by_clock: f64,
}

/// Before anything is known: by half.
pub(crate) const UNKNOWN: Spread = Spread {
    by_processor: 0.25,
    by_clock: 0.25,
};
/// What is known of the differences of windows from other sites counts as much as so many windows.
const BORROWED: f64 = 3.0;
/// Two numbers from the same windows are not independent.
const TOGETHER: f64 = 0.85;

/// Rates a second, from windows; nothing without any.
#[must_use]
pub(crate) fn rate(windows: &[Observed], program: &Program) -> Option<Estimate> {
    let total = Total::of(windows);
    if total.wall <= 0.0 {
        return None;
    }
    if total.count == 0.0 {
        // None seen in so much time: three times as much would show one, 95 times in 100.
        return Some(Estimate {
            value: 0.0,
            low: 0.0,
            high: 3.0 / total.wall,
        });
    }
    let many = windows.len() as f64;
    let scatter = |own: Option<f64>, borrowed: f64| {
        let squares = own.unwrap_or(0.0) * (many - 1.0) + borrowed * BORROWED;
        squares / (many - 1.0 + BORROWED) / many + 1.0 / total.count
    };
    let by_clock = {
        let Lag { value, doubt } = program.lag;
        let share = total.trapped / total.wall;
        let kept = (1.0 - value * share).max(LEAST);
        let scatter = scatter(
            Pairs::by_clock(windows).per_window(),
            program.spread.by_clock,
        );
        Logarithm {
            value: (total.count / total.wall / kept).ln(),
            variance: scatter + (share * doubt / kept).powi(2),
        }
    };
    let Dearness { value, doubt } = program.dearness;
    let own = total.processor - total.trapped * value;
    let best = if own > total.processor * LEAST && program.running > 0.0 {
        let pairs = Pairs::by_processor(windows, value);
        let scatter = scatter(pairs.per_window(), program.spread.by_processor);
        let by_processor = Logarithm {
            value: (total.count / own * program.running).ln(),
            variance: scatter + (total.trapped / own * doubt).powi(2),
        };
        by_processor.and(by_clock)
    } else {
        // It never runs for itself where that can be seen.
        by_clock
    };
    let reach = student(many - 1.0 + BORROWED) * best.variance.sqrt();
    Some(Estimate {
        value: best.value.exp(),
        low: (best.value - reach).exp(),
        high: (best.value + reach).exp(),
    })
}

/// A number by its logarithm: errors are factors.
#[derive(Clone, Copy)]
struct Logarithm {
    value: f64,
    variance: f64,
}

impl Logarithm {
    /// What two say together of the same; where they do not agree, they say less.
    fn and(self, other: Self) -> Self {
        let (one, two) = (1.0 / self.variance, 1.0 / other.variance);
        let least = self.variance.min(other.variance) * TOGETHER * TOGETHER;
        let apart = (self.value - other.value).powi(2) / (self.variance + other.variance);
        Self {
            value: (self.value * one + other.value * two) / (one + two),
            variance: (1.0 / (one + two)).max(least) * apart.max(1.0),
        }
    }
}

/// What windows saw, together.
pub(super) struct Total {
    pub(super) count: f64,
    pub(super) wall: f64,
    pub(super) processor: f64,
    pub(super) trapped: f64,
}

impl Total {
    pub(super) fn of(windows: &[Observed]) -> Self {
        let sum = |what: fn(&Observed) -> f64| windows.iter().map(what).sum();
        Self {
            count: sum(|window| window.count as f64),
            wall: sum(|window| window.looked.wall),
            processor: sum(|window| window.looked.processor),
            trapped: sum(|window| window.looked.trapped),
        }
    }
}

/// Counts, and what they are in proportion to, by window: windows are the clusters of a ratio.
pub(super) struct Pairs(pub(super) Vec<(f64, f64)>);

impl Pairs {
    pub(super) fn by_clock(windows: &[Observed]) -> Self {
        let pair = |window: &Observed| (window.count as f64, window.looked.wall);
        Self(windows.iter().map(pair).collect())
    }

    pub(super) fn by_processor(windows: &[Observed], dearness: f64) -> Self {
        let pair = |window: &Observed| {
            let own = window.looked.processor - window.looked.trapped * dearness;
            (window.count as f64, own)
        };
        Self(windows.iter().map(pair).collect())
    }

    /// How far a window is off the ratio of the sums, squared and as a share; nothing from one window.
    pub(super) fn per_window(&self) -> Option<f64> {
        let many = self.0.len() as f64;
        let (count, time) = self
            .0
            .iter()
            .fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        if many < 2.0 || count <= 0.0 || time <= 0.0 {
            return None;
        }
        let ratio = count / time;
        let squares: f64 = self
            .0
            .iter()
            .map(|(count, time)| (count - ratio * time).powi(2))
            .sum();
        Some(many * many / (many - 1.0) * squares / (count * count))
    }
}

impl Spread {
    /// The middle of what sites show that were seen often.
    pub(crate) fn of(sites: &[Vec<Observed>], dearness: Dearness) -> Self {
        /// So many windows, and so many hits in them.
        const WINDOWS: usize = 4;
        const HITS: f64 = 100.0;
        let seen: Vec<&Vec<Observed>> = sites
            .iter()
            .filter(|windows| windows.len() >= WINDOWS && Total::of(windows).count >= HITS)
            .collect();
        let middle = |what: &dyn Fn(&[Observed]) -> Option<f64>, unknown: f64| {
            let mut all: Vec<f64> = seen.iter().filter_map(|windows| what(windows)).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(unknown)
        };
        Self {
            by_processor: middle(
                &|windows| Pairs::by_processor(windows, dearness.value).per_window(),
                UNKNOWN.by_processor,
            ),
            by_clock: middle(
                &|windows| Pairs::by_clock(windows).per_window(),
                UNKNOWN.by_clock,
            ),
        }
    }
}

/// How many deviations reach 95 in 100, by degrees of freedom.
fn student(freedom: f64) -> f64 {
    const TABLE: [f64; 10] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    ];
    let whole = freedom.max(1.0) as usize;
    let exact = TABLE.get(whole - 1).copied();
    exact.unwrap_or(1.96 + 2.4 / freedom)
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

    /// A program whose hits have their price, and that has no time to spare.
    fn busy(running: f64) -> Program {
        Program {
            running,
            dearness: Dearness {
                value: 1.0,
                doubt: 0.01,
            },
            lag: Lag {
                value: 1.0,
                doubt: 0.01,
            },
            spread: Spread {
                by_processor: 1e-4,
                by_clock: 1e-4,
            },
        }
    }

    fn half(estimate: Estimate) -> f64 {
        (estimate.high - estimate.low) / 2.0 / estimate.value
    }

    #[test]
    fn what_traps_take_of_a_busy_program_does_not_count() {
        // Half of its time went to traps.
        let seen = windows(&[5000; 20], 0.01, 0.005);
        let estimate = rate(&seen, &busy(1.0)).expect("windows");
        assert!((estimate.value - 1_000_000.0).abs() < 1.0, "{estimate:?}");
        assert!(estimate.low < estimate.value && estimate.value < estimate.high);
    }

    #[test]
    fn a_program_that_keeps_up_is_counted_by_the_clock() {
        let idle = Program {
            // What hits cost is hardly known, and traps take more than the program does.
            dearness: Dearness {
                value: 1.0,
                doubt: 0.3,
            },
            lag: Lag {
                value: 0.0,
                doubt: 0.02,
            },
            ..busy(0.07)
        };
        let seen = windows(&[3700; 12], 0.0034, 0.0024);
        let estimate = rate(&seen, &idle).expect("windows");
        assert!(
            (estimate.value / 370_000.0 - 1.0).abs() < 0.02,
            "{estimate:?}"
        );
        assert!(half(estimate) < 0.03, "{estimate:?}");
    }

    #[test]
    fn windows_that_differ_make_the_interval_wide() {
        let even = rate(&windows(&[100; 30], 0.0, 0.0), &busy(0.0)).expect("windows");
        let uneven: Vec<u64> = (0..30)
            .map(|n| if n % 10 == 0 { 1000 } else { 0 })
            .collect();
        let uneven = rate(&windows(&uneven, 0.0, 0.0), &busy(0.0)).expect("windows");
        assert!((even.value - uneven.value).abs() < 1.0);
        assert!(half(uneven) > 5.0 * half(even));
    }

    #[test]
    fn two_numbers_that_do_not_agree_say_less() {
        // By its processor time 2,000,000 a second, by the clock 500,000.
        let seen = windows(&[5000; 20], 0.0025, 0.0);
        let apart = rate(&seen, &busy(1.0)).expect("windows");
        assert!(half(apart) > 0.5, "{apart:?}");
    }

    #[test]
    fn one_window_says_little_but_something() {
        let program = Program {
            spread: UNKNOWN,
            ..busy(1.0)
        };
        let estimate = rate(&windows(&[500], 0.01, 0.0), &program).expect("a window");
        assert!((estimate.value - 50_000.0).abs() < 1.0, "{estimate:?}");
        assert!(estimate.low < 25_000.0 && estimate.high > 100_000.0);
        let few = rate(&windows(&[1], 0.01, 0.0), &program).expect("a window");
        assert!(few.low < 10.0 && few.high > 1000.0, "{few:?}");
    }

    #[test]
    fn what_was_not_looked_at_for_a_moment_is_doubtful_by_that() {
        let all = Estimate::counted(500, 10.0, 0.0);
        assert_eq!((all.value, all.low, all.high), (50.0, 50.0, 50.0));
        let most = Estimate::counted(400, 10.0, 2.0);
        assert_eq!((most.value, most.low, most.high), (45.0, 40.0, 50.0));
    }

    #[test]
    fn what_was_never_seen_may_be_rare() {
        let estimate = rate(&windows(&[0; 10], 0.0, 0.0), &busy(0.0)).expect("windows");
        assert_eq!((estimate.value, estimate.low), (0.0, 0.0));
        assert!((estimate.high - 30.0).abs() < 0.1, "{estimate:?}");
        assert_eq!(rate(&[], &busy(0.0)), None);
    }

    #[test]
    fn intervals_cover_nineteen_of_twenty() {
        // Bursts from a generator of our own: the truth is 200 a second.
        let mut seed = 7u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as f64 / f64::from(1u32 << 31)
        };
        for windows in [5, 40] {
            let mut covered = 0;
            for _ in 0..400 {
                let seen: Vec<_> = (0..windows)
                    .map(|_| Observed {
                        count: (random() * 40.0) as u64,
                        looked: Looked {
                            wall: 0.0975,
                            processor: 0.0,
                            trapped: 0.0,
                        },
                    })
                    .collect();
                let program = Program {
                    spread: UNKNOWN,
                    ..busy(0.0)
                };
                let estimate = rate(&seen, &program).expect("windows");
                covered += usize::from(estimate.low <= 200.0 && 200.0 <= estimate.high);
            }
            assert!((368..=397).contains(&covered), "{covered} of 400");
        }
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
