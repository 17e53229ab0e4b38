//! What hits cost in the program itself, from windows that held it up to different degrees.
//!
//! The price that is measured at the start is that of a short loop. In a large program a hit also empties caches,
//! and costs more; on a processor that others share, now more, now less. Windows with many probes and windows
//! with few tell: once what hits took is subtracted, both must see the program do the same in the same time.

use std::collections::HashMap;

use super::likelihood::mean_and_variance;

/// One window.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Sample {
    /// The processor time that the program used in it.
    pub(crate) processor: f64,
    /// What hits took of that, as the prices of the start say.
    pub(crate) trapped: f64,
    /// Hits by point, with what each cost.
    pub(crate) hits: Vec<(usize, u64, f64)>,
}

/// How many times the measured price a hit costs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Dearness {
    pub(crate) value: f64,
    /// Its standard deviation.
    pub(crate) doubt: f64,
}

/// What is known without windows.
pub(crate) const PRIOR: Dearness = Dearness {
    value: 1.2,
    doubt: 0.15,
};
/// Windows with many traps and with few also differ in what a hit costs: more is not known.
const LEAST_DOUBT: f64 = 0.1;
/// For the same reason, windows count for less than they seem to say.
const TRUSTED: f64 = 0.25;
/// What is tried.
const LOWEST: f64 = 0.5;
const STEP: f64 = 0.01;
const STEPS: u32 = 150;
/// The program has at least so much of its time for itself, or it would not be seen to do anything.
pub(crate) const LEAST: f64 = 0.01;

/// What is left of processor time when hits took some of it.
pub(crate) fn own(processor: f64, trapped: f64, dearness: f64) -> f64 {
    (processor - trapped * dearness).max(processor * LEAST)
}

impl Dearness {
    /// The most likely value, given the windows.
    pub(crate) fn of(samples: &[Sample]) -> Self {
        let samples: Vec<_> = samples
            .iter()
            .filter(|sample| sample.processor > 0.0 && sample.trapped > 0.0)
            .collect();
        // Each window says one thing; that they scatter, and how much, takes two.
        let freedom = samples.len() as f64 - 2.0;
        if freedom < 3.0 {
            return PRIOR;
        }
        let likelihoods: Vec<(f64, f64)> = (0..STEPS)
            .map(|step| LOWEST + STEP * f64::from(step))
            .map(|dearness| {
                let off = (dearness - PRIOR.value) / PRIOR.doubt;
                let squares = disagreement(&samples, dearness).max(1e-12);
                (
                    dearness,
                    -0.5 * TRUSTED * freedom * squares.ln() - 0.5 * off * off,
                )
            })
            .collect();
        let (value, variance) = mean_and_variance(&likelihoods);
        Self {
            value,
            doubt: variance.max(0.0).sqrt().max(LEAST_DOUBT),
        }
    }
}

/// How much windows disagree, if hits are so dear: the squares of what each saw too much or too little, as a
/// share of what it saw.
fn disagreement(samples: &[&Sample], dearness: f64) -> f64 {
    let mut rates: HashMap<usize, (f64, f64)> = HashMap::new();
    for sample in samples {
        let own = own(sample.processor, sample.trapped, dearness);
        for &(point, hits, _) in &sample.hits {
            let rate = rates.entry(point).or_default();
            rate.0 += hits as f64;
            rate.1 += own;
        }
    }
    let mut squares = 0.0;
    for sample in samples {
        let own = own(sample.processor, sample.trapped, dearness);
        let (mut off, mut total, mut scatter) = (0.0, 0.0, 0.0);
        for &(point, hits, price) in &sample.hits {
            let expected = rates
                .get(&point)
                .map_or(0.0, |(hits, time)| hits / time.max(1e-12) * own);
            off += price * (hits as f64 - expected);
            total += price * hits as f64;
            scatter += price * price * (hits as f64).max(1.0);
        }
        // What windows see scatters in proportion, but also as few hits do.
        let scale = (SCATTER * total).powi(2) + scatter;
        squares += off * off / scale.max(f64::MIN_POSITIVE);
    }
    squares
}

/// How much windows differ that saw many hits.
const SCATTER: f64 = 0.03;

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of a millisecond of a program that comes to three points every 2 µs; `dearness` times a
    /// microsecond for a hit.
    fn windows(dearness: f64, noise: f64) -> Vec<Sample> {
        let points: [&[usize]; 4] = [&[0], &[1], &[2], &[0, 1, 2]];
        (0..40)
            .map(|number| {
                let looked_at = points[number % 4];
                let rounds = 1e-3 / (2e-6 + dearness * 1e-6 * looked_at.len() as f64);
                let wobble = 1.0 + noise * f64::from(u8::try_from(number * 7 % 5).unwrap_or(0))
                    - 2.0 * noise;
                let hits = (rounds * wobble) as u64;
                Sample {
                    processor: 1e-3,
                    trapped: hits as f64 * 1e-6 * looked_at.len() as f64,
                    hits: looked_at.iter().map(|&point| (point, hits, 1e-6)).collect(),
                }
            })
            .collect()
    }

    #[test]
    fn windows_with_many_probes_and_with_few_tell_the_price() {
        for dearness in [0.8, 1.0, 1.3] {
            let found = Dearness::of(&windows(dearness, 0.01));
            assert!(
                (found.value - dearness).abs() < 0.12,
                "{dearness}: {found:?}"
            );
            assert!(found.doubt < 0.13, "{found:?}");
            assert!(
                (found.value - dearness).abs() < 2.5 * found.doubt,
                "{found:?}"
            );
        }
    }

    #[test]
    fn windows_that_are_all_alike_tell_nothing() {
        let alike: Vec<_> = windows(1.3, 0.01).into_iter().step_by(4).collect();
        let found = Dearness::of(&alike);
        assert!(found.doubt > 0.09, "{found:?}");
        assert_eq!(Dearness::of(&alike[..3]), PRIOR);
    }
}
