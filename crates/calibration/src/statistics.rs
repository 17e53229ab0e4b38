//! Medians, and confidence intervals by the bootstrap: what would have been found, had other runs happened?

/// The middle of `values`; NaN when there are none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    quantile(values, 0.5)
}

/// The value below which that share of the sorted values is; NaN when there are none.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let at = share * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (at - at.floor())
}

/// The bounds that 95 % of the values are within; they are sorted on the way.
pub(crate) fn interval(values: &mut [f64]) -> (f64, f64) {
    values.sort_unstable_by(f64::total_cmp);
    (quantile(values, 0.025), quantile(values, 0.975))
}

/// Draws with replacement, the same ones for the same seed: results can be had again from the same samples.
#[derive(Debug)]
pub(crate) struct Draws {
    state: u64,
}

impl Draws {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// As many numbers below `count`.
    pub(crate) fn resample(&mut self, count: usize) -> Vec<usize> {
        (0..count).map(|_| self.below(count)).collect()
    }

    fn below(&mut self, count: usize) -> usize {
        // The bias for counts far below 2^64 cannot be seen.
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_between_their_neighbours() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&mut [7.0]), 7.0);
        assert!(median(&mut []).is_nan());
        assert_eq!(quantile(&[0.0, 10.0], 0.25), 2.5);
        assert_eq!(quantile(&[0.0, 10.0], 1.0), 10.0);
    }

    #[test]
    fn draws_are_repeatable_and_reach_everything() {
        let drawn = Draws::new(1).resample(1000);
        assert_eq!(drawn, Draws::new(1).resample(1000));
        assert_ne!(drawn, Draws::new(2).resample(1000));
        assert!(drawn.iter().all(|&n| n < 1000));
        let mut few = [0; 4];
        for _ in 0..100 {
            for n in Draws::resample(&mut Draws::new(drawn[few[0]] as u64), 4) {
                few[n] += 1;
            }
        }
        assert!(few.iter().all(|&n| n > 0), "{few:?}");
    }

    /// The interval of a mean of known spread is as wide as theory says.
    #[test]
    fn intervals_are_as_wide_as_theory_says() {
        let mut draws = Draws::new(7);
        // Uniform on 0..1, so the mean of 100 has a deviation of 0.0289.
        let sample: Vec<f64> = draws
            .resample(1 << 20)
            .iter()
            .take(100)
            .map(|&n| n as f64 / f64::from(1 << 20))
            .collect();
        let mut means: Vec<f64> = (0..2000)
            .map(|_| {
                let again = draws.resample(sample.len());
                again.iter().map(|&n| sample[n]).sum::<f64>() / sample.len() as f64
            })
            .collect();
        let (low, high) = interval(&mut means);
        let width = high - low;
        assert!((0.085..0.140).contains(&width), "{low} {high}");
        assert!(low < 0.5 && 0.5 < high, "{low} {high}");
    }
}
