//! What can be watched all the time, by what it costs.

use std::collections::{HashMap, HashSet};

/// What it costs to watch a slot, in seconds a second.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Price {
    /// To count it.
    pub(super) count: f64,
    /// To take times as well: what that adds.
    pub(super) times: f64,
}

/// Slots that are watched all the time; the others are in windows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Shares {
    /// With times.
    pub(super) timed: HashSet<u32>,
    /// Counted, with times in windows.
    pub(super) counted: HashSet<u32>,
}

/// If all can be counted for so much of what is earned, they are.
pub(super) const ALL: f64 = 0.97;
/// Else those that are watched all the time have so much, for the others need the rest.
pub(super) const SOME: f64 = 0.35;

impl Shares {
    /// By slot, and with what is earned in a second: as many as can be are counted, the cheapest first, and of those as
    /// many as can be have their times taken.
    pub(super) fn of(prices: &HashMap<u32, Price>, income: f64) -> Self {
        let all: f64 = prices.values().map(|price| price.count).sum();
        let allowed = income * if all <= ALL * income { ALL } else { SOME };
        let mut sum = 0.0;
        let mut within = |what: fn(&Price) -> f64, slots: Vec<u32>| -> Vec<u32> {
            let price = |slot: &u32| prices.get(slot).map_or(0.0, what);
            let mut slots = slots;
            slots.sort_by(|one, other| price(one).total_cmp(&price(other)).then(one.cmp(other)));
            slots
                .into_iter()
                .take_while(|slot| {
                    let fits = sum + price(slot) <= allowed;
                    sum += if fits { price(slot) } else { 0.0 };
                    fits
                })
                .collect()
        };
        let counted = within(|price| price.count, prices.keys().copied().collect());
        let timed: HashSet<u32> = within(|price| price.times, counted.clone())
            .into_iter()
            .collect();
        Self {
            counted: counted
                .into_iter()
                .filter(|slot| !timed.contains(slot))
                .collect(),
            timed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(prices: &[(u32, f64, f64)]) -> (Vec<u32>, Vec<u32>) {
        let price = |&(slot, count, times): &(u32, f64, f64)| (slot, Price { count, times });
        let shares = Shares::of(&prices.iter().map(price).collect(), 0.01);
        let sorted = |slots: HashSet<u32>| {
            let mut slots: Vec<_> = slots.into_iter().collect();
            slots.sort_unstable();
            slots
        };
        (sorted(shares.timed), sorted(shares.counted))
    }

    #[test]
    fn what_is_cheap_is_watched_all_the_time() {
        let cheap = [(1, 0.001, 0.002), (2, 0.000_1, 0.000_2)];
        assert_eq!(shares(&cheap), (vec![1, 2], vec![]));
    }

    #[test]
    fn times_are_left_out_before_counts_are() {
        let dear = [(1, 0.006, 0.012), (2, 0.000_5, 0.001)];
        assert_eq!(shares(&dear), (vec![2], vec![1]));
    }

    #[test]
    fn where_not_all_can_be_counted_windows_need_their_share() {
        let dearer = [(1, 0.1, 0.2), (2, 0.003, 0.006), (3, 0.003, 0.0)];
        assert_eq!(shares(&dearer), (vec![], vec![2]));
        let dearer = [(1, 0.1, 0.2), (2, 0.000_5, 0.001), (3, 0.001, 0.002)];
        assert_eq!(shares(&dearer), (vec![2], vec![3]));
    }
}
