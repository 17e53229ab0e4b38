//! From how likely each of some values is to what to believe: the mean, and how sure that is.

/// The mean and the variance of values, given the logarithms of their likelihoods.
pub(crate) fn mean_and_variance(values: &[(f64, f64)]) -> (f64, f64) {
    // Likelihoods may be too small for a number: only what they are to the best matters.
    let best = values
        .iter()
        .map(|(_, log)| *log)
        .fold(f64::NEG_INFINITY, f64::max);
    let (mut weight, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (value, log) in values {
        let likelihood = (log - best).exp();
        weight += likelihood;
        sum += likelihood * value;
        squares += likelihood * value * value;
    }
    let mean = sum / weight;
    (mean, squares / weight - mean * mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_values_count_more_however_small_all_likelihoods_are() {
        let (mean, variance) = mean_and_variance(&[
            (1.0, -5000.0),
            (2.0, -5000.0 + 3.0_f64.ln()),
            (9.0, -9000.0),
        ]);
        assert!((mean - 1.75).abs() < 1e-12, "{mean}");
        assert!((variance - 0.1875).abs() < 1e-12, "{variance}");
    }
}
