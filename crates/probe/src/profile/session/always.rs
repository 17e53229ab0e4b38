//! What is watched all the time, and what no longer is because it became hot.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

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

    /// What is watched all the time may become hot: then it is watched in windows from now on, and what was
    /// counted of it until now is not used.
    pub(super) fn demote(&mut self) -> Result<(), Error> {
        let (since, ref before, spent_before) = self.checked;
        let elapsed = since.elapsed();
        if self.always.is_empty() {
            return Ok(());
        }
        let spent = (self.observer.always_spent()? - spent_before) * self.budget.dearer();
        let allowed = self.budget.income(self.running()) / 2.0;
        // A little credit, so that few hits in a short time are no reason.
        let all = self.budget.income(self.running()) * self.options.duration.as_secs_f64();
        let credit = (all * CREDIT).min(MOST_CREDIT);
        if spent < allowed * elapsed.as_secs_f64() + credit && elapsed < CHECK {
            return Ok(());
        }
        let now = self.always_hits()?;
        let mut price: HashMap<u32, f64> = HashMap::new();
        for (number, hits) in &now {
            if let Some(point) = self.plan.points.get(*number) {
                let hits = hits - before.get(number).copied().unwrap_or(0);
                let each = self.prices.of(point, self.held) * 1e-9;
                *price.entry(point.slot).or_default() += hits as f64 * each;
            }
        }
        let mut rest = price.values().sum::<f64>() / elapsed.as_secs_f64();
        self.checked = (Instant::now(), now, self.observer.always_spent()?);
        self.always_price = rest;
        if rest <= 1.5 * allowed {
            return Ok(());
        }
        let mut dearest: Vec<_> = price.iter().map(|(&slot, &price)| (slot, price)).collect();
        dearest.sort_by(|one, other| other.1.total_cmp(&one.1));
        let mut hot = HashSet::new();
        for &(slot, price) in &dearest {
            if rest <= allowed {
                break;
            }
            rest -= price / elapsed.as_secs_f64();
            hot.insert(slot);
        }
        self.link = None;
        let points = &self.plan.points;
        let is_hot = |number: &usize| {
            points
                .get(*number)
                .is_some_and(|point| hot.contains(&point.slot))
        };
        let (mut moved, always): (Vec<usize>, Vec<usize>) =
            self.always.iter().copied().partition(is_hot);
        for &number in &moved {
            if let Some(point) = points.get(number) {
                self.spent_hits += self.observer.hits(number)?.all;
                let took = price.get(&point.slot).copied().unwrap_or(0.0);
                let own = elapsed.as_secs_f64() * self.running();
                self.costs.loads.insert(point.slot, took / own.max(1e-6));
            }
            self.observer.reset(number)?;
        }
        self.always = always;
        self.windowed.append(&mut moved);
        self.describe()?;
        self.watch_always()
    }
}
