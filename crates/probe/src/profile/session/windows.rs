//! Windows: the moments in which frequent points have probes.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::{LONGEST, LOOKED_AT, Session};
use crate::bpf::uprobe::Control;
use crate::profile::error::Error;
use crate::profile::estimate::Looked;
use crate::profile::in_situ::own;
use crate::profile::kernel::Hits;
use crate::sys::bpf::{monotonic, own_processor_time};

/// What a window is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum For {
    /// To see what is frequent: all sites at once.
    First,
    /// Counts.
    Counts,
    /// What hits cost in the program: it has more probes than the others, and is held up more.
    Price,
    /// Times.
    Times,
}

/// A window that is over.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) purpose: For,
    /// The points that had probes in it.
    pub(super) looked_at: HashSet<usize>,
    /// Hits by point.
    pub(super) counted: HashMap<usize, u64>,
    pub(super) looked: Looked,
}

/// What windows cost, to know what the next will.
#[derive(Clone, Debug, Default)]
pub(super) struct Costs {
    /// What hits at the probes of a slot take, for counts, for each second that the program has for itself.
    pub(super) loads: HashMap<u32, f64>,
    /// What placing probes and taking them away takes.
    placing: f64,
    /// In how many windows a slot was looked at, by what for.
    seen: HashMap<(u32, For), u32>,
}

impl Costs {
    /// The group with the slot that was looked at least often for this.
    pub(super) fn next(&self, groups: Vec<Vec<u32>>, purpose: For) -> Vec<u32> {
        let seen = |slot: &u32| self.seen.get(&(*slot, purpose)).copied().unwrap_or(0);
        let least = |group: &Vec<u32>| group.iter().map(seen).min();
        groups.into_iter().min_by_key(least).unwrap_or_default()
    }
}

impl Session<'_> {
    /// The points of slots that have probes in a window.
    pub(super) fn points_for(&self, slots: &HashSet<u32>, purpose: For) -> Vec<usize> {
        let wanted = |number: &usize| {
            let Some(point) = self.plan.points.get(*number) else {
                return false;
            };
            let for_all = point.slot == u32::MAX;
            for_all
                || slots.contains(&point.slot)
                    && (point.counts || matches!(purpose, For::Price | For::Times))
        };
        self.windowed.iter().copied().filter(wanted).collect()
    }

    /// What a window would cost in which the program runs for so many seconds.
    pub(super) fn expected(&self, slots: &HashSet<u32>, purpose: For, length: f64) -> f64 {
        let loads = slots.iter().filter_map(|slot| self.costs.loads.get(slot));
        let more = match purpose {
            For::First | For::Counts => 1.0,
            // A promise that is made is kept.
            For::Price => 2.0,
            For::Times => 2.0 * self.prices.timed / self.prices.count,
        };
        let load = loads.sum::<f64>() * more * self.budget.dearer();
        self.costs.placing + length * load / (1.0 + load)
    }

    /// One window, until the program has run for so many seconds in it, or [`LONGEST`] is over.
    pub(super) fn window(
        &mut self,
        length: f64,
        slots: &HashSet<u32>,
        purpose: For,
    ) -> Result<(), Error> {
        let clock = || monotonic().map_err(|error| Error::system("reading a clock", error));
        let timed = purpose == For::Times;
        for &slot in slots {
            *self.costs.seen.entry((slot, purpose)).or_default() += 1;
        }
        let numbers = self.points_for(slots, purpose);
        let before = self.hits(&numbers)?;
        let path = self.target.path();
        let placing = self.observer.own_time();
        let link = self
            .observer
            .attach(&path, &self.plan.points, &numbers, self.target.pid)?;
        let placed = self.observer.own_time();
        self.control.window += 1;
        let begin = (self.target.processor_seconds(), clock()?);
        self.observer.control(Control {
            open: true,
            window_held: timed,
            ..self.control
        })?;
        self.wait_until_ran(length, begin.0);
        self.observer.control(self.control)?;
        let end = (self.target.processor_seconds(), clock()?);
        let removing = self.observer.own_time();
        drop(link);
        let removed = self.observer.own_time();
        self.placed((placed - placing) + (removed - removing));
        let after = self.hits(&numbers)?;
        let (mut counted, mut trapped) = (HashMap::new(), 0.0);
        let mut took: HashMap<u32, f64> = HashMap::new();
        for (&number, hits) in &after {
            let Some(point) = self.plan.points.get(number) else {
                continue;
            };
            let was = before.get(&number).copied().unwrap_or_default();
            let price = self.prices.of(point, timed) * 1e-9;
            let here = (hits.counted - was.counted) as f64 * price;
            self.spent += (hits.all - was.all) as f64 * price;
            trapped += here;
            if point.counts {
                *took.entry(point.slot).or_default() += here;
            }
            if hits.counted > was.counted {
                counted.insert(number, hits.counted - was.counted);
            }
        }
        if timed {
            self.cut(end.1)?;
        }
        if let (Some(first), Some(last)) = (begin.0, end.0) {
            let looked = Looked {
                wall: (end.1 - begin.1) as f64 / 1e9,
                processor: last - first,
                trapped,
            };
            if matches!(purpose, For::First | For::Counts) {
                self.learn(took, own(looked.processor, trapped, self.budget.dearer()));
            }
            self.windows.push(Window {
                purpose,
                looked_at: numbers.into_iter().collect(),
                counted,
                looked,
            });
        }
        Ok(())
    }

    /// Sleeps until the program has run for so many seconds since it had used so much. One that does not get
    /// to run costs nothing meanwhile.
    fn wait_until_ran(&self, length: f64, before: Option<f64>) {
        /// Being woken has its price, too.
        const LEAST: f64 = 0.000_25;
        let begin = Instant::now();
        let processors = self.running().mul_add(1.5, 1.0);
        loop {
            let ran = match (before, self.target.processor_seconds()) {
                (Some(before), Some(now)) => now - before,
                _ => return,
            };
            let rest = LONGEST - begin.elapsed().as_secs_f64();
            if ran >= length || rest <= 0.0 {
                return;
            }
            let step = ((length - ran) / processors).max(LEAST).min(rest);
            std::thread::sleep(Duration::from_secs_f64(step));
        }
    }

    /// Probes were placed, or taken away.
    fn placed(&mut self, own: f64) {
        let took = self.budget.place(own, self.running());
        self.costs.placing += 0.3 * (took - self.costs.placing);
    }

    /// What a window cost tells what the next will.
    fn learn(&mut self, took: HashMap<u32, f64>, own: f64) {
        if own <= 0.0 {
            return;
        }
        for (slot, took) in took {
            let load = took / own;
            match self.costs.loads.get_mut(&slot) {
                // More is believed at once, less in time.
                Some(known) => *known = load.max(*known + 0.3 * (load - *known)),
                None => drop(self.costs.loads.insert(slot, load)),
            }
        }
    }

    fn hits(&self, numbers: &[usize]) -> Result<HashMap<usize, Hits>, Error> {
        numbers
            .iter()
            .map(|&number| Ok((number, self.observer.hits(number)?)))
            .collect()
    }

    /// The promises of this window that are open when it ends.
    fn cut(&mut self, now: u64) -> Result<(), Error> {
        let window = u64::from(self.control.window);
        for open in self.observer.open(LOOKED_AT)? {
            if open.window == window {
                self.times
                    .entry(open.slot)
                    .or_default()
                    .cut_at(now.saturating_sub(open.first), open.count);
            }
        }
        if self.always.is_empty() {
            self.observer.forget(LOOKED_AT)?;
        }
        Ok(())
    }
}

/// The processor time of this thread, in seconds.
pub(super) fn own_time() -> f64 {
    own_processor_time().unwrap_or(0) as f64 * 1e-9
}
