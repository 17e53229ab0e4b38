//! How long promises waited: from buckets of times to a distribution.
//!
//! What is watched all the time is told as it was. In windows, promises that were made in a window and kept
//! after it are seen only as "longer than this": the estimate of Kaplan and Meier uses that too, and says
//! what it cannot know.

use crate::bpf::uprobe::{BUCKETS, bounds, bucket_of};

/// How long the promises of a site waited, in nanoseconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Held {
    /// How many were seen from their making to their keeping.
    pub count: u64,
    /// The mean of those.
    pub mean: f64,
    /// Half waited no longer; nothing when that is longer than could be seen.
    pub p50: Option<f64>,
    /// 99 in 100 waited no longer.
    pub p99: Option<f64>,
    /// The longest seen.
    pub max: u64,
    /// How many were seen to be made in a window that ended before they were kept.
    pub cut: u64,
    /// What was seen, by time: from, to, how many.
    pub histogram: Vec<(f64, f64, u64)>,
    /// A cheap probe before the statement was used: the times are a little too long.
    pub from_before: bool,
}

/// What is collected for one site.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Times {
    pub(crate) count: u64,
    pub(crate) sum: u64,
    pub(crate) max: u64,
    /// Seen, by bucket.
    pub(crate) kept: Vec<(u32, u64)>,
    /// Not kept when their window ended, by bucket of the time until then.
    pub(crate) cut: Vec<(u32, u64)>,
    pub(crate) from_before: bool,
}

impl Times {
    pub(crate) fn cut_at(&mut self, nanos: u64, count: u64) {
        let bucket = bucket_of(nanos);
        match self.cut.iter_mut().find(|(number, _)| *number == bucket) {
            Some((_, sum)) => *sum += count,
            None => self.cut.push((bucket, count)),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
        self.kept.extend(&other.kept);
        self.cut.extend(&other.cut);
        self.from_before |= other.from_before;
    }

    pub(crate) fn settle(&self) -> Option<Held> {
        let (kept, cut) = (by_bucket(&self.kept), by_bucket(&self.cut));
        let cut_total = cut.iter().sum::<u64>();
        if self.count == 0 && cut_total == 0 {
            return None;
        }
        Some(Held {
            count: self.count,
            mean: self.sum as f64 / self.count.max(1) as f64,
            p50: quantile(&kept, &cut, 0.50, self.max),
            p99: quantile(&kept, &cut, 0.99, self.max),
            max: self.max,
            cut: cut_total,
            histogram: kept
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(|(bucket, &count)| {
                    let (from, to) = bounds(u32::try_from(bucket).unwrap_or(u32::MAX));
                    (from, to, count)
                })
                .collect(),
            from_before: self.from_before,
        })
    }
}

fn by_bucket(pairs: &[(u32, u64)]) -> Vec<u64> {
    let mut counts = vec![0; BUCKETS as usize];
    for &(bucket, count) in pairs {
        if let Some(sum) = counts.get_mut(bucket as usize) {
            *sum += count;
        }
    }
    counts
}

/// The time that a share of all promises do not outlast.
fn quantile(kept: &[u64], cut: &[u64], share: f64, max: u64) -> Option<f64> {
    let mut at_risk = (kept.iter().sum::<u64>() + cut.iter().sum::<u64>()) as f64;
    let mut surviving = 1.0;
    for (bucket, (&kept, &cut)) in kept.iter().zip(cut).enumerate() {
        if at_risk <= 0.0 {
            break;
        }
        let after = surviving * (1.0 - kept as f64 / at_risk);
        if kept > 0 && 1.0 - after >= share - 1e-9 {
            let (from, to) = bounds(u32::try_from(bucket).unwrap_or(u32::MAX));
            let within = ((share - (1.0 - surviving)) / (surviving - after)).clamp(0.0, 1.0);
            return Some((from + (to - from) * within).min(max as f64));
        }
        surviving = after;
        at_risk -= (kept + cut) as f64;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(kept: &[u64], cut: &[u64]) -> Times {
        let mut times = Times::default();
        for &nanos in kept {
            times.count += 1;
            times.sum += nanos;
            times.max = times.max.max(nanos);
            times.kept.push((bucket_of(nanos), 1));
        }
        for &nanos in cut {
            times.cut_at(nanos, 1);
        }
        times
    }

    #[test]
    fn without_cuts_it_is_what_was_seen() {
        let seen: Vec<u64> = (1..=1000).map(|n| n * 1000).collect();
        let held = times(&seen, &[]).settle().expect("times");
        assert_eq!((held.count, held.max, held.cut), (1000, 1_000_000, 0));
        assert!((held.mean - 500_500.0).abs() < 1.0);
        let near = |value: Option<f64>, truth: f64| {
            value.is_some_and(|value| (value / truth - 1.0).abs() < 0.07)
        };
        assert!(near(held.p50, 500_000.0), "{held:?}");
        assert!(near(held.p99, 990_000.0), "{held:?}");
        assert_eq!(held.histogram.iter().map(|bar| bar.2).sum::<u64>(), 1000);
    }

    #[test]
    fn what_outlasts_all_windows_is_not_known() {
        // A third is kept after a microsecond, two thirds were still open after 10 to 20.
        let cut: Vec<u64> = (0..200).map(|n| 10_000 + n * 50).collect();
        let held = times(&[1000; 100], &cut).settle().expect("times");
        assert_eq!((held.p50, held.p99), (None, None), "{held:?}");
        assert_eq!(held.cut, 200);
    }

    #[test]
    fn cuts_before_the_first_keeping_change_nothing() {
        let held = times(&[1_000_000; 50], &[10; 5000])
            .settle()
            .expect("times");
        let p50 = held.p50.expect("known");
        assert!((900_000.0..=1_000_000.0).contains(&p50), "{p50}");
    }

    #[test]
    fn nothing_seen_is_nothing() {
        assert_eq!(Times::default().settle(), None);
    }
}
