//! What is watched all the time, and what no longer is because it became hot.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::{CHECK, CREDIT, IDLE, Session};
use crate::profile::error::Error;

impl Session<'_> {
    pub(super) fn watch_always(&mut self) -> Result<(), Error> {
        self.link = None;
        if !self.always.is_empty() {
            let points = &self.plan.points;
            let path = self.target.path();
            let link = self
                .observer
                .attach(&path, points, &self.always, self.target.pid)?;
            self.link = Some(link);
        }
        self.checked = (Instant::now(), self.always_hits()?, self.observer.total()?);
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
        let (since, ref before, total) = self.checked;
        let elapsed = since.elapsed();
        if self.always.is_empty() {
            return Ok(());
        }
        let hits = self.observer.total()? - total;
        let each = if self.held {
            self.prices.timed
        } else {
            self.prices.count
        };
        let allowed = self.options.overhead * self.running().max(IDLE) / 2.0;
        // A little credit, so that few hits in a short time are no reason.
        if hits as f64 * each * 1e-9 < allowed * elapsed.as_secs_f64() + CREDIT && elapsed < CHECK {
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
        self.checked = (Instant::now(), now, self.observer.total()?);
        self.always_price = rest;
        if rest <= 1.5 * allowed {
            return Ok(());
        }
        let mut dearest: Vec<_> = price.into_iter().collect();
        dearest.sort_by(|one, other| other.1.total_cmp(&one.1));
        let mut hot = HashSet::new();
        for (slot, price) in dearest {
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
                let hits = self.observer.hits(number)?.all;
                self.spent += hits as f64 * self.prices.of(point, self.held) * 1e-9;
                self.spent_hits += hits;
            }
            self.observer.reset(number)?;
        }
        self.always = always;
        self.windowed.append(&mut moved);
        self.describe()?;
        self.watch_always()
    }
}
