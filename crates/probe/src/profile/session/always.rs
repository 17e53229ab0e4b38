//! What is watched all the time, and what no longer is because it became hot.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::shares::{ALL, Price, SOME};
use super::{CHECK, CREDIT, MOST_CREDIT, Session};
use crate::profile::error::Error;

impl Session<'_> {
    pub(super) fn watch_always(&mut self) -> Result<(), Error> {
        self.link = None;
        if !self.always.is_empty() {
            let points = &self.plan.points;
            let path = self.target.path();
            let placing = self.observer.own_time();
            let link = self
                .observer
                .attach(&path, points, &self.always, self.target.pid)?;
            let placed = self.observer.own_time();
            self.budget.place(placed - placing, self.running());
            self.link = Some(link);
        }
        let spent = self.observer.always_spent()?;
        self.checked = (Instant::now(), self.always_hits()?, spent);
        Ok(())
    }

    fn always_hits(&self) -> Result<HashMap<usize, u64>, Error> {
        let always = self.always.iter();
        always
            .map(|&number| Ok((number, self.observer.hits(number)?.all)))
            .collect()
    }

    /// What is watched all the time may become hot. Then its times are taken in windows only; where that is not
    /// enough, it is counted in windows only from now on, and what was counted until now is not used.
    pub(super) fn demote(&mut self) -> Result<(), Error> {
        let (since, ref before, spent_before) = self.checked;
        let elapsed = since.elapsed();
        if self.always.is_empty() {
            return Ok(());
        }
        let dearer = self.budget.dearer();
        let spent = (self.observer.always_spent()? - spent_before) * dearer;
        let income = self.budget.income(self.running());
        let allowed = self.budget.limit(self.running()) - self.others_price();
        // A little credit, so that few hits in a short time are no reason.
        let all = income * self.options.duration.as_secs_f64();
        let credit = (all * CREDIT).min(MOST_CREDIT);
        if spent < allowed * elapsed.as_secs_f64() + credit && elapsed < CHECK {
            return Ok(());
        }
        let now = self.always_hits()?;
        let mut prices: HashMap<u32, Price> = HashMap::new();
        for (number, hits) in &now {
            let Some(point) = self.plan.points.get(*number) else {
                continue;
            };
            let hits = hits - before.get(number).copied().unwrap_or(0);
            let seconds = |nanos: f64| hits as f64 * nanos * 1e-9 * dearer / elapsed.as_secs_f64();
            let count = self.prices.of(point, false);
            let timed = self.held && !self.counted.contains(&point.slot);
            let price = prices.entry(point.slot).or_default();
            if point.counts || point.slot == u32::MAX {
                price.count += seconds(count);
                if timed {
                    price.times += seconds(self.prices.of(point, true) - count);
                }
            } else if timed {
                price.times += seconds(self.prices.of(point, true));
            }
        }
        self.checked = (Instant::now(), now, self.observer.always_spent()?);
        let mut rest: f64 = prices.values().map(|price| price.count + price.times).sum();
        self.always_price = rest;
        if rest <= allowed {
            return Ok(());
        }
        let mut dearest: Vec<(u32, Price)> = prices.into_iter().collect();
        dearest.sort_by(|one, other| other.1.times.total_cmp(&one.1.times));
        let mut untimed = HashSet::new();
        for (slot, price) in &dearest {
            if rest <= income * ALL {
                break;
            }
            if price.times > 0.0 {
                rest -= price.times;
                untimed.insert(*slot);
            }
        }
        dearest.sort_by(|one, other| other.1.count.total_cmp(&one.1.count));
        let mut hot = HashMap::new();
        if rest > allowed {
            for (slot, price) in dearest {
                if rest <= income * SOME {
                    break;
                }
                rest -= price.count;
                hot.insert(slot, price.count);
            }
        }
        let blind = Instant::now();
        self.move_to_windows(&untimed, &hot)?;
        self.always_price = rest;
        self.watch_always()?;
        self.blind += blind.elapsed().as_secs_f64();
        Ok(())
    }

    /// Takes the times of some slots in windows, and of others counts as well: those cost so much.
    fn move_to_windows(
        &mut self,
        untimed: &HashSet<u32>,
        hot: &HashMap<u32, f64>,
    ) -> Result<(), Error> {
        self.link = None;
        let mut always = Vec::new();
        for number in std::mem::take(&mut self.always) {
            let Some(point) = self.plan.points.get(number) else {
                continue;
            };
            if let Some(took) = hot.get(&point.slot) {
                self.spent_hits += self.observer.hits(number)?.all;
                self.observer.reset(number)?;
                let load = took / self.budget.dearer() / self.running().max(1e-6);
                self.costs.loads.insert(point.slot, load);
                self.windowed.push(number);
            } else if untimed.contains(&point.slot) && !point.counts && point.slot != u32::MAX {
                self.windowed.push(number);
            } else {
                always.push(number);
            }
        }
        self.always = always;
        self.counted.extend(untimed);
        self.counted.retain(|slot| !hot.contains_key(slot));
        // Run points of what was only counted are in windows already, and stay there.
        self.windowed.sort_unstable();
        self.windowed.dedup();
        self.describe()
    }
}
