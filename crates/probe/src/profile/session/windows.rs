//! Windows: the moments in which frequent points have probes.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::{LOOKED_AT, Session};
use crate::bpf::uprobe::Control;
use crate::profile::error::Error;
use crate::profile::estimate::Looked;
use crate::profile::in_situ::own;
use crate::profile::kernel::Hits;
use crate::profile::target::Target;
use crate::sys::bpf::{monotonic, own_processor_time};
use crate::sys::priority::Urgent;
use crate::sys::running::TaskClocks;

/// How long the program is looked at before probes are placed, in seconds.
const BEFORE: f64 = 0.03;
/// How long it has probes before the window begins, as a share of the window, and in seconds at most.
const SETTLING: f64 = 0.2;
const LONG_SETTLING: f64 = 0.002;

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

/// The processor time of the program while a window is open.
enum Clocks {
    /// To the moment.
    Exactly(TaskClocks),
    /// As the scheduler last looked.
    About(Target),
}

impl Clocks {
    fn of(target: &Target) -> Self {
        TaskClocks::new(target.pid).map_or_else(|_| Self::About(target.clone()), Self::Exactly)
    }

    /// In seconds, and the time in the middle of reading it; nothing when the program is gone.
    fn now(&self) -> Result<Option<(f64, u64)>, Error> {
        let clock = || monotonic().map_err(|error| Error::system("reading a clock", error));
        let begin = clock()?;
        let seconds = match self {
            Self::Exactly(clocks) => clocks.seconds().ok(),
            Self::About(target) => target.processor_seconds(),
        };
        let middle = begin.midpoint(clock()?);
        Ok(seconds.map(|seconds| (seconds, middle)))
    }
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
        let running = self.running();
        // A program that has time to spare keeps up; one that has none does less.
        let share = f64::min(running * load, running.max(1.0) * load / (1.0 + load));
        self.costs.placing + length * (1.0 + SETTLING) * share
    }

    /// One window of so many seconds. That it ends by the clock, whatever the program does in it, is what makes it a
    /// sample: else it would rather end while the program is at work.
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
        let path = self.target.path();
        let running = Clocks::of(&self.target);
        if matches!(purpose, For::Counts | For::Price) {
            self.look_before(&running)?;
        }
        let before = self.hits(&numbers)?;
        let placing = self.observer.own_time();
        let link = self
            .observer
            .attach(&path, &self.plan.points, &numbers, self.target.pid)?;
        let placed = self.observer.own_time();
        self.control.window += 1;
        // So that work which traps delay is as much at the end of the window as at its begin.
        std::thread::sleep(Duration::from_secs_f64(f64::min(
            length * SETTLING,
            LONG_SETTLING,
        )));
        // It must end when it should, also where many programs want the processor.
        let urgent = Urgent::begin();
        let always_before = self.observer.always_spent()?;
        let begin = running.now()?;
        let opened = clock()?;
        self.observer.control(Control {
            open: true,
            window_held: timed,
            ..self.control
        })?;
        std::thread::sleep(Duration::from_secs_f64(length));
        self.observer.control(self.control)?;
        let closed = clock()?;
        let end = running.now()?;
        // Those of points that are watched all the time are part of it.
        let mut trapped = self.observer.always_spent()? - always_before;
        let removing = self.observer.own_time();
        drop(link);
        drop(urgent);
        drop(running);
        let removed = self.observer.own_time();
        self.placed((placed - placing) + (removed - removing));
        let after = self.hits(&numbers)?;
        let mut counted = HashMap::new();
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
            if point.counts || point.slot == u32::MAX {
                *took.entry(point.slot).or_default() += here;
            }
            if hits.counted > was.counted {
                counted.insert(number, hits.counted - was.counted);
            }
        }
        if timed {
            self.cut(closed)?;
        }
        if let (Some(first), Some(last)) = (begin, end) {
            let wall = closed.saturating_sub(opened) as f64 / 1e9;
            // Reading the clocks takes a little longer than what is between.
            let between = last.1.saturating_sub(first.1) as f64 / 1e9;
            let looked = Looked {
                wall,
                processor: (last.0 - first.0) * wall / between.max(1e-9),
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

    /// What the program uses of processors before probes are placed, by the same clocks as in the window: what they
    /// say differs a little from what the clock of the process says.
    fn look_before(&mut self, running: &Clocks) -> Result<(), Error> {
        let always = self.observer.always_spent()?;
        let begin = running.now()?;
        std::thread::sleep(Duration::from_secs_f64(BEFORE));
        let end = running.now()?;
        let always = (self.observer.always_spent()? - always) * self.budget.dearer();
        if let (Some(begin), Some(end)) = (begin, end) {
            self.before.processor += end.0 - begin.0 - always;
            self.before.wall += end.1.saturating_sub(begin.1) as f64 * 1e-9;
        }
        Ok(())
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
