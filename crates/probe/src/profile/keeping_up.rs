//! Whether the program keeps up with its work while traps take of its time.
//!
//! One that has time to spare does: a server with a few requests, a program that wakes up by a clock. Then it has as much
//! processor time for itself in windows as else, and windows with many traps see as much of it as windows with few. One
//! that does what it can has so much less time for itself as traps take.

use super::estimate::{Observed, Pairs, Total};
use super::in_situ::Dearness;
use super::likelihood::mean_and_variance;

/// The share of what traps take, as the prices of the start say, by which the program does less.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Lag {
    pub(crate) value: f64,
    /// Its standard deviation.
    pub(crate) doubt: f64,
}

/// Windows that saw one thing: with few traps, and with more.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Doses {
    pub(crate) few: Vec<Observed>,
    pub(crate) more: Vec<Observed>,
}

/// What is tried: steps until it does less by all that traps take.
const STEPS: u32 = 20;
/// Before anything is known, a program is as likely to keep up as not.
const KEEPS_UP: f64 = STEPS as f64;

impl Lag {
    /// From windows of all kinds, of a program that uses `running` processors when nobody watches, and from sites
    /// that were seen with few and with more traps.
    pub(crate) fn of(
        windows: &[Observed],
        doses: &[Doses],
        running: f64,
        dearness: Dearness,
    ) -> Self {
        let share = Share::of(windows, running, dearness);
        let responses: Vec<_> = doses.iter().filter_map(Response::of).collect();
        let likelihoods: Vec<(f64, f64)> = (0..=STEPS)
            .map(|step| {
                let lag = f64::from(step) / f64::from(STEPS);
                let weight = if step == 0 { KEEPS_UP.ln() } else { 0.0 };
                let share = share.as_ref().map_or(0.0, |share| share.likelihood(lag));
                let responses = responses.iter().map(|one| one.likelihood(lag));
                (lag, weight + share + responses.sum::<f64>())
            })
            .collect();
        let (value, variance) = mean_and_variance(&likelihoods);
        Self {
            value,
            doubt: variance.max(1e-4).sqrt(),
        }
    }
}

/// What the program had for itself in windows, of what it has else.
struct Share {
    kept: f64,
    deviation: f64,
    /// What traps took of each second.
    trapped: f64,
}

impl Share {
    fn of(windows: &[Observed], running: f64, dearness: Dearness) -> Option<Self> {
        let total = Total::of(windows);
        if windows.len() < 3 || running <= 0.0 || total.wall <= 0.0 {
            return None;
        }
        let trapped = total.trapped / total.wall;
        let own = total.processor - total.trapped * dearness.value;
        let pairs = windows.iter().map(|window| {
            let looked = window.looked;
            (
                looked.processor - looked.trapped * dearness.value,
                looked.wall,
            )
        });
        let scatter = Pairs(pairs.collect()).per_window()? / windows.len() as f64;
        let kept = own / total.wall / running;
        let price = dearness.doubt * trapped / running;
        Some(Self {
            kept,
            deviation: (kept * scatter.sqrt()).hypot(price).max(0.01),
            trapped,
        })
    }

    fn likelihood(&self, lag: f64) -> f64 {
        let off = (self.kept - (1.0 - lag * self.trapped)) / self.deviation;
        -0.5 * off * off
    }
}

/// How the rate of a site by the clock follows what traps take.
struct Response {
    /// The logarithm of the one with more traps to the one with few.
    ratio: f64,
    variance: f64,
    few: f64,
    more: f64,
}

impl Response {
    fn of(doses: &Doses) -> Option<Self> {
        /// So many windows with few traps, with more, and hits.
        const FEW: usize = 3;
        const MORE: usize = 2;
        const HITS: f64 = 100.0;
        let (few, more) = (Total::of(&doses.few), Total::of(&doses.more));
        if doses.few.len() < FEW || doses.more.len() < MORE {
            return None;
        }
        if few.count < HITS || more.count <= 0.0 {
            return None;
        }
        let variance = |windows: &[Observed]| {
            Some(Pairs::by_clock(windows).per_window()? / windows.len() as f64)
        };
        Some(Self {
            ratio: (more.count / more.wall / (few.count / few.wall)).ln(),
            variance: variance(&doses.few)? + variance(&doses.more)? + 2.0 / HITS / HITS,
            few: few.trapped / few.wall,
            more: more.trapped / more.wall,
        })
    }

    fn likelihood(&self, lag: f64) -> f64 {
        let kept = |trapped: f64| (1.0 - lag * trapped).max(0.01);
        let expected = (kept(self.more) / kept(self.few)).ln();
        -0.5 * (self.ratio - expected).powi(2) / self.variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::estimate::Looked;

    const PRICE: Dearness = Dearness {
        value: 1.0,
        doubt: 0.1,
    };

    /// Windows of 10 ms with a little scatter: hits a second, microseconds of processor for each besides a trap of
    /// one microsecond; `probes` at each.
    fn windows(rate: f64, own: f64, probes: f64) -> Vec<Observed> {
        (0..12)
            .map(|number| {
                let count = rate * 0.01 * (1.0 + 0.01 * f64::from(number % 3 - 1));
                let trapped = count * probes * 1e-6;
                Observed {
                    count: count as u64,
                    looked: Looked {
                        wall: 0.01,
                        processor: count * own * 1e-6 + trapped,
                        trapped,
                    },
                }
            })
            .collect()
    }

    #[test]
    fn a_program_with_time_to_spare_keeps_up() {
        // 100,000 a second of 1 µs each: it uses a tenth of a processor, with traps two and three tenths.
        let (few, more) = (windows(1e5, 1.0, 1.0), windows(1e5, 1.0, 2.0));
        let doses = [Doses { few, more }];
        let lag = Lag::of(&doses[0].few, &doses, 0.1, PRICE);
        assert!(lag.value < 0.1 && lag.doubt < 0.15, "{lag:?}");
    }

    #[test]
    fn a_busy_program_falls_behind_by_what_traps_take() {
        // 1,000,000 a second of 1 µs each; with one trap half as many, with two a third.
        let (few, more) = (windows(5e5, 1.0, 1.0), windows(3.333e5, 1.0, 2.0));
        let doses = [Doses { few, more }];
        let lag = Lag::of(&doses[0].few, &doses, 1.0, PRICE);
        assert!(lag.value > 0.9 && lag.doubt < 0.1, "{lag:?}");
    }

    #[test]
    fn from_nothing_follows_that_it_may_be_so_or_so() {
        let lag = Lag::of(&[], &[], 0.5, PRICE);
        assert!((0.2..0.3).contains(&lag.value), "{lag:?}");
        assert!(lag.doubt > 0.3, "{lag:?}");
    }
}
