//! The regression: prices that are not negative, and come closest to what was measured.
//!
//! Each case counts by the share that the model is off, not by nanoseconds: a loop of 1,000 takes ten
//! thousand times as long as a function with one defer, and would decide everything.

use std::collections::BTreeMap;

use crate::model::{Fit, Term};

/// What a case says: how often each term happens, and how long it took in ns.
pub(crate) type Row<'a> = (&'a BTreeMap<Term, u32>, f64);

/// The prices, by non-negative least squares, in the manner of Lawson and Hanson. Terms that are in no
/// case have none.
pub(crate) fn prices(rows: &[Row<'_>]) -> BTreeMap<Term, f64> {
    let terms: Vec<Term> = Term::ALL
        .iter()
        .copied()
        .filter(|term| rows.iter().any(|(counts, _)| counts.contains_key(term)))
        .collect();
    // Every row divided by its time: the wanted value is 1 everywhere.
    let design: Vec<Vec<f64>> = rows
        .iter()
        .filter(|(_, time)| *time > 0.0)
        .map(|(counts, time)| {
            let count = |term| f64::from(counts.get(term).copied().unwrap_or(0));
            terms.iter().map(|term| count(term) / time).collect()
        })
        .collect();
    let solution = solve(&design, terms.len());
    terms.into_iter().zip(solution).collect()
}

/// How well these prices fit.
pub(crate) fn quality(rows: &[Row<'_>], prices: &BTreeMap<Term, f64>) -> Fit {
    let (mut weights, mut weighted) = (0.0, 0.0);
    for (_, time) in rows {
        weights += 1.0 / (time * time);
        weighted += 1.0 / time;
    }
    let mean = weighted / weights;
    let (mut left, mut total, mut worst) = (0.0, 0.0, 0.0f64);
    for (counts, time) in rows {
        let off = (time - predict(counts, prices)) / time;
        left += off * off;
        total += ((time - mean) / time).powi(2);
        worst = worst.max(off.abs());
    }
    Fit {
        r_squared: if total > 0.0 { 1.0 - left / total } else { 1.0 },
        worst_percent: worst * 100.0,
    }
}

/// The time that these prices make of a case.
pub(crate) fn predict(counts: &BTreeMap<Term, u32>, prices: &BTreeMap<Term, f64>) -> f64 {
    let part =
        |(term, &count): (&Term, &u32)| prices.get(term).copied().unwrap_or(0.0) * f64::from(count);
    counts.iter().map(part).sum()
}

/// x >= 0 that makes every row of `design` times x come closest to 1.
fn solve(design: &[Vec<f64>], width: usize) -> Vec<f64> {
    // Columns of like length, or pivots would mean nothing.
    let lengths: Vec<f64> = (0..width)
        .map(|column| {
            let squares = design.iter().map(|row| row[column] * row[column]);
            squares.sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
        })
        .collect();
    let at = |row: &[f64], column: usize| row[column] / lengths[column];
    let mut normal = vec![vec![0.0; width]; width];
    let mut right = vec![0.0; width];
    for row in design {
        for (i, line) in normal.iter_mut().enumerate() {
            right[i] += at(row, i);
            for (j, cell) in line.iter_mut().enumerate() {
                *cell += at(row, i) * at(row, j);
            }
        }
    }
    let mut solution = vec![0.0; width];
    // The terms that have a price; the others are held at zero.
    let mut passive: Vec<usize> = Vec::new();
    // Each round makes the rest smaller; the bound is for what rounding may do.
    for _ in 0..3 * width {
        let gain = |i: usize| {
            let there: f64 = (0..width).map(|j| normal[i][j] * solution[j]).sum();
            right[i] - there
        };
        let best = (0..width)
            .filter(|i| !passive.contains(i))
            .max_by(|&i, &j| gain(i).total_cmp(&gain(j)));
        let Some(best) = best.filter(|&i| gain(i) > 1e-10) else {
            break;
        };
        passive.push(best);
        while let Some(wanted) = solve_for(&normal, &right, &passive) {
            if wanted.iter().all(|&value| value > 0.0) {
                for (&i, value) in passive.iter().zip(wanted) {
                    solution[i] = value;
                }
                break;
            }
            // Go as far towards it as nothing gets negative.
            let mut step = 1.0f64;
            for (&i, &value) in passive.iter().zip(&wanted) {
                if value <= 0.0 {
                    step = step.min(solution[i] / (solution[i] - value).max(f64::MIN_POSITIVE));
                }
            }
            for (&i, &value) in passive.iter().zip(&wanted) {
                solution[i] += step * (value - solution[i]);
            }
            passive.retain(|&i| solution[i] > 1e-12);
            for (i, value) in solution.iter_mut().enumerate() {
                if !passive.contains(&i) {
                    *value = 0.0;
                }
            }
        }
    }
    let scaled = solution.iter().zip(&lengths);
    scaled.map(|(value, length)| value / length).collect()
}

/// The solution of the normal equations for some of the terms, by Gaussian elimination; nothing when there
/// are no terms. What the others decide already (a pivot of zero) is zero.
fn solve_for(normal: &[Vec<f64>], right: &[f64], which: &[usize]) -> Option<Vec<f64>> {
    let size = which.len();
    if size == 0 {
        return None;
    }
    let mut rows: Vec<Vec<f64>> = which
        .iter()
        .map(|&i| {
            let row = which.iter().map(|&j| normal[i][j]);
            row.chain([right[i]]).collect()
        })
        .collect();
    for column in 0..size {
        let pivot = (column..size)
            .max_by(|&i, &j| rows[i][column].abs().total_cmp(&rows[j][column].abs()))?;
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-12 {
            continue;
        }
        let pivot = rows[column].clone();
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column {
                let factor = row[column] / pivot[column];
                for (value, &of_pivot) in row.iter_mut().zip(&pivot).skip(column) {
                    *value -= factor * of_pivot;
                }
            }
        }
    }
    let value = |(i, row): (usize, &Vec<f64>)| {
        if row[i].abs() < 1e-12 {
            0.0
        } else {
            row[size] / row[i]
        }
    };
    Some(rows.iter().enumerate().map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Counts = BTreeMap<Term, u32>;

    fn counts(counts: &[(Term, u32)]) -> Counts {
        counts.iter().copied().collect()
    }

    fn near(value: f64, wanted: f64) {
        assert!((value - wanted).abs() < 1e-6, "{value} is not {wanted}");
    }

    #[test]
    fn exact_data_give_back_their_prices() {
        let designs = [
            counts(&[(Term::Function, 1)]),
            counts(&[(Term::Function, 1), (Term::Call, 1)]),
            counts(&[(Term::Function, 1), (Term::Call, 8)]),
            counts(&[
                (Term::Function, 1),
                (Term::Call, 1000),
                (Term::HeapAllocated, 1000),
            ]),
            counts(&[
                (Term::Function, 1),
                (Term::Call, 1),
                (Term::HeapAllocated, 1),
            ]),
        ];
        let truth = BTreeMap::from([
            (Term::Function, 2.5),
            (Term::Call, 1.25),
            (Term::HeapAllocated, 14.0),
        ]);
        let rows: Vec<_> = designs.iter().map(|c| (c, predict(c, &truth))).collect();
        let found = prices(&rows);
        assert_eq!(found.len(), 3);
        for (term, price) in &truth {
            near(found[term], *price);
        }
        let fit = quality(&rows, &found);
        near(fit.r_squared, 1.0);
        near(fit.worst_percent, 0.0);
    }

    /// A line through three points that are on none, each with the weight 1/y².
    #[test]
    fn noisy_data_are_fitted_as_the_normal_equations_say() {
        let data = [(1u32, 1.0f64), (2, 2.2), (4, 3.8)];
        let designs: Vec<Counts> = data
            .iter()
            .map(|&(n, _)| counts(&[(Term::Function, 1), (Term::Call, n)]))
            .collect();
        let rows: Vec<_> = designs.iter().zip(data).map(|(c, (_, y))| (c, y)).collect();
        let found = prices(&rows);
        // Cramer's rule on the weighted sums.
        let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            data.iter()
                .map(|&(n, y)| f(f64::from(n), y) / (y * y))
                .sum()
        };
        let (w, wx, wxx) = (sum(&|_, _| 1.0), sum(&|x, _| x), sum(&|x, _| x * x));
        let (wy, wxy) = (sum(&|_, y| y), sum(&|x, y| x * y));
        let determinant = w * wxx - wx * wx;
        near(found[&Term::Function], (wy * wxx - wxy * wx) / determinant);
        near(found[&Term::Call], (w * wxy - wx * wy) / determinant);
        let fit = quality(&rows, &found);
        assert!(fit.r_squared > 0.95 && fit.r_squared < 1.0, "{fit:?}");
        assert!(fit.worst_percent > 1.0, "{fit:?}");
    }

    #[test]
    fn no_price_is_negative() {
        // One more open-coded defer makes it faster: noise.
        let plain = counts(&[(Term::Function, 1), (Term::Call, 1)]);
        let more = counts(&[(Term::Function, 1), (Term::Call, 2)]);
        let open = counts(&[(Term::Function, 1), (Term::Call, 1), (Term::OpenCoded, 1)]);
        let found = prices(&[(&plain, 4.0), (&more, 5.0), (&open, 3.9)]);
        assert_eq!(found[&Term::OpenCoded], 0.0);
        // Then the case says something about the others only.
        assert!(
            found[&Term::Function] > 2.8 && found[&Term::Function] < 3.0,
            "{found:?}"
        );
        assert!(found.values().all(|&price| price >= 0.0));
    }

    #[test]
    fn terms_that_cannot_be_told_apart_do_no_harm() {
        let both = counts(&[(Term::Mutex, 1), (Term::Panic, 1)]);
        let found = prices(&[(&both, 10.0), (&both, 10.0)]);
        near(predict(&both, &found), 10.0);
        assert!(found.values().all(|price| price.is_finite()));
        assert!(prices(&[]).is_empty());
    }
}
