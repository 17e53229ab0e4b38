//! From what was seen to what is said.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use super::Session;
use super::windows::For;
use crate::profile::error::Error;
use crate::profile::estimate::{Estimate, Observed, Program, Spread, rate};
use crate::profile::found::{Cost, Ended, Profile, SiteProfile};
use crate::profile::in_situ::{Dearness, Sample};
use crate::profile::keeping_up::{Doses, Lag};
use crate::profile::points::{self, Counted};
use crate::profile::times::Times;

/// From so many windows on, those that hold the program up more are not needed for counts.
const ENOUGH: usize = 5;

impl Session<'_> {
    pub(super) fn report(
        &mut self,
        started: SystemTime,
        seconds: f64,
        ended: Ended,
        processor: f64,
    ) -> Result<Profile, Error> {
        self.collect_times()?;
        let dearness = self.dearness();
        let program = self.program(dearness);
        let mut cost = Cost {
            prices: self.prices,
            dearness: dearness.value,
            windows: self.windows.len(),
            window_seconds: self.windows.iter().map(|window| window.looked.wall).sum(),
            hits: self.spent_hits,
            trapped_seconds: (self.spent + self.observer.always_spent()?) * dearness.value,
            placing_seconds: self.budget.placing(),
            ..Cost::default()
        };
        for number in 0..self.plan.points.len() {
            cost.hits += self.observer.hits(number)?.all;
        }
        cost.seconds = cost.trapped_seconds + cost.placing_seconds;
        cost.process_seconds = (processor - cost.trapped_seconds).max(0.0);
        let always: HashSet<usize> = self.always.iter().copied().collect();
        let mut rates: HashMap<u32, (Estimate, bool)> = HashMap::new();
        let mut whole = (None, None);
        for (number, point) in self.plan.points.iter().enumerate() {
            let exact = always.contains(&number);
            let estimate = if exact {
                let counted = self.observer.hits(number)?.counted;
                Some(Estimate::counted(counted, seconds, self.blind))
            } else {
                rate(&self.seen_best(number), &program)
            };
            let Some(estimate) = estimate else {
                continue;
            };
            if self.plan.panic == Some(number) {
                whole.0 = Some(estimate);
            } else if self.plan.recover == Some(number) {
                whole.1 = Some(estimate);
            } else if point.counts {
                let entry = rates
                    .entry(point.slot)
                    .or_insert((Estimate::default(), true));
                entry.0 = Estimate::sum([entry.0, estimate]);
                entry.1 &= exact;
            }
        }
        let pending = self.pending()?;
        let sites = self.sites(seconds, &rates, &pending);
        Ok(Profile {
            pid: self.target.pid,
            executable: self.target.name(),
            go_version: None,
            started,
            seconds,
            ended,
            watched: points::by_site(&self.plan.slots).len(),
            sites,
            panics: whole.0,
            recovers: whole.1,
            descriptors: None,
            exit: None,
            cost,
            notes: Vec::new(),
        })
    }

    fn sites(
        &self,
        seconds: f64,
        rates: &HashMap<u32, (Estimate, bool)>,
        pending: &HashMap<u32, u64>,
    ) -> Vec<SiteProfile> {
        let mut sites = Vec::new();
        for (id, slots) in points::by_site(&self.plan.slots) {
            let slots: Vec<_> = slots
                .into_iter()
                .filter_map(|number| {
                    Some((u32::try_from(number).ok()?, self.plan.slots.get(number)?))
                })
                .collect();
            let of_slots: Vec<_> = slots
                .iter()
                .filter_map(|(number, _)| rates.get(number))
                .collect();
            let rate = Estimate::sum(of_slots.iter().map(|rate| rate.0));
            let exact = !of_slots.is_empty() && of_slots.iter().all(|rate| rate.1);
            let mut times = Times::default();
            for (number, slot) in &slots {
                if let Some(of_slot) = self.times.get(number) {
                    let from_before = slot.counted == Counted::Before;
                    times.add(&Times {
                        from_before,
                        ..of_slot.clone()
                    });
                }
            }
            // Those whose times are taken in windows are not followed in between.
            let timed = slots
                .iter()
                .any(|(number, slot)| slot.held && !self.counted.contains(number));
            let waiting: u64 = slots
                .iter()
                .filter_map(|(number, _)| pending.get(number))
                .sum();
            let Some((_, first)) = slots.first() else {
                continue;
            };
            if rate.value == 0.0 {
                continue;
            }
            sites.push(SiteProfile {
                id,
                symbol: first.symbol.clone(),
                path: first.path.clone(),
                class: slots
                    .iter()
                    .map(|(_, slot)| slot.class)
                    .max()
                    .unwrap_or(first.class),
                count: rate.times(seconds),
                exact,
                rate,
                held: times.settle(),
                pending: (exact && timed).then_some(waiting),
                counted: first.counted,
            });
        }
        sites.sort_by(|one, other| other.rate.value.total_cmp(&one.rate.value));
        sites
    }

    /// What windows for counts saw of a point; from the first look and from windows for the price only if there are
    /// hardly any others, for those hold the program up most.
    fn seen(&self, number: usize, purposes: &[For]) -> Vec<Observed> {
        let windows = self.windows.iter();
        windows
            .filter(|window| purposes.contains(&window.purpose))
            .filter(|window| window.looked_at.contains(&number))
            .map(|window| Observed {
                count: window.counted.get(&number).copied().unwrap_or(0),
                looked: window.looked,
            })
            .collect()
    }

    fn seen_best(&self, number: usize) -> Vec<Observed> {
        let mut seen = self.seen(number, &[For::Counts]);
        for more in [For::Price, For::First] {
            if seen.len() < ENOUGH {
                seen.extend(self.seen(number, &[more]));
            }
        }
        seen
    }

    /// What is known of the program from all windows.
    fn program(&self, dearness: Dearness) -> Program {
        let count = |number: &&usize| {
            let point = self.plan.points.get(**number);
            point.is_some_and(|point| point.counts)
        };
        let counts: Vec<usize> = self.windowed.iter().filter(count).copied().collect();
        let sites: Vec<_> = counts
            .iter()
            .map(|&number| self.seen_best(number))
            .collect();
        let doses: Vec<_> = counts
            .iter()
            .map(|&number| Doses {
                few: self.seen(number, &[For::Counts]),
                more: self.seen(number, &[For::Price]),
            })
            .collect();
        let windows: Vec<_> = self
            .windows
            .iter()
            .filter(|window| window.purpose == For::Counts)
            .map(|window| Observed {
                count: 0,
                looked: window.looked,
            })
            .collect();
        let running = self.baseline();
        Program {
            running,
            dearness,
            lag: Lag::of(&windows, &doses, running, dearness),
            spread: Spread::of(&sites, dearness),
        }
    }

    /// How dear hits are in the program.
    pub(super) fn dearness(&self) -> Dearness {
        let windows = self.windows.iter();
        let others = windows
            .filter(|window| matches!(window.purpose, For::Counts | For::Price))
            .count();
        let samples: Vec<_> = self
            .windows
            .iter()
            .filter(|window| {
                let first = window.purpose == For::First;
                window.purpose != For::Times && (!first || others < ENOUGH)
            })
            .map(|window| {
                let hits = window.looked_at.iter().filter_map(|&number| {
                    let price = self.prices.of(self.plan.points.get(number)?, false) * 1e-9;
                    let count = window.counted.get(&number).copied().unwrap_or(0);
                    Some((number, count, price))
                });
                Sample {
                    processor: window.looked.processor,
                    trapped: window.looked.trapped,
                    hits: hits.collect(),
                }
            })
            .collect();
        Dearness::of(&samples)
    }

    /// The times that the program took, and those of promises that are still open where it was watched all
    /// the time.
    fn collect_times(&mut self) -> Result<(), Error> {
        for number in 0..self.plan.slots.len() {
            let kept = self.observer.kept(number)?;
            let slot = u32::try_from(number).unwrap_or(u32::MAX);
            if kept.count > 0 {
                let times = self.times.entry(slot).or_default();
                (times.count, times.sum, times.max) = (kept.count, kept.sum, kept.max);
            }
        }
        for (slot, bucket, count) in self.observer.buckets()? {
            let times = self.times.entry(slot).or_default();
            times.kept.push((bucket, count));
        }
        Ok(())
    }

    /// By slot, of those watched all the time.
    fn pending(&self) -> Result<HashMap<u32, u64>, Error> {
        let mut pending = HashMap::new();
        for open in self.observer.open(usize::MAX)? {
            if open.window == 0 {
                *pending.entry(open.slot).or_default() += open.count;
            }
        }
        Ok(pending)
    }
}
