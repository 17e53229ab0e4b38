//! The first look: all points for some moments, to see which are hot.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::shares::{Price, Shares};
use super::windows::For;
use super::{Running, SHORTEST, SLICE, Session};
use crate::bpf::uprobe::Kind;
use crate::profile::error::Error;
use crate::profile::in_situ::own;
use crate::profile::target::State;

/// How many moments.
const LOOKS: u32 = 24;
/// The first is so long, in seconds, and each is longer than the one before.
const MOMENT: f64 = SHORTEST / 2.0;
const LONGER: f64 = 1.5;
/// The longest.
const LONGEST: f64 = 0.03;
/// All together, and how long they are tried.
const TOGETHER: f64 = 0.2;
const TRIED: f64 = 0.8;
/// What it may cost, of the whole budget.
const FIRST: f64 = 0.02;
/// What the process should have run meanwhile, in seconds, whatever that costs.
const RAN: f64 = 0.001;

impl Session<'_> {
    /// All points for some moments. For those that are hot, they are windows like others.
    pub(super) fn first_look(&mut self) -> Result<(), Error> {
        self.windowed = (0..self.plan.points.len()).collect();
        self.describe()?;
        self.settle()?;
        let before = self.target.processor_seconds().unwrap_or(0.0);
        let begin = Instant::now();
        std::thread::sleep(SLICE);
        self.unwatched = Running {
            processor: self.target.processor_seconds().unwrap_or(before) - before,
            wall: begin.elapsed().as_secs_f64(),
        };
        let slots: HashSet<u32> = self.plan.points.iter().map(|point| point.slot).collect();
        let mut length = MOMENT;
        for _ in 0..LOOKS {
            self.window(length, &slots, For::First)?;
            self.settle()?;
            let (mut ran, mut together) = (0.0, 0.0);
            for window in &self.windows {
                ran += window.looked.processor;
                together += window.looked.wall;
            }
            let all = self.budget.income(self.running()) * self.options.duration.as_secs_f64();
            let paid = self.spent > all * FIRST && ran >= RAN;
            let over = together > TOGETHER || begin.elapsed().as_secs_f64() > TRIED;
            if paid || over || self.target.state() != State::Same {
                break;
            }
            length = (length * LONGER).min(LONGEST);
        }
        self.share()
    }

    /// Shares what was seen among what is watched all the time and what in windows.
    fn share(&mut self) -> Result<(), Error> {
        // What the program had for itself: else it did less by what hits took.
        let windows = self.windows.iter().map(|window| window.looked);
        let (own, wall) = windows.fold((0.0, 0.0), |(sum, wall), looked| {
            let own = own(looked.processor, looked.trapped, self.budget.dearer());
            (sum + own, wall + looked.wall)
        });
        // One that was interrupted little kept up.
        let looked = match self.running() {
            0.0 => wall,
            running => (own / running).min(wall),
        };
        let mut prices: HashMap<u32, Price> = HashMap::new();
        for (number, point) in self.plan.points.iter().enumerate() {
            let windows = self.windows.iter();
            let hits: u64 = windows
                .filter_map(|window| window.counted.get(&number))
                .sum();
            let seconds =
                |nanos: f64| hits as f64 * nanos * 1e-9 * self.budget.dearer() / looked.max(1e-6);
            let price = prices.entry(point.slot).or_default();
            if point.counts || point.slot == u32::MAX {
                let count = self.prices.of(point, false);
                price.count += seconds(count);
                // Probes for times were not there; each promise that is made is kept.
                if self.held && point.kind == Kind::Register {
                    price.times += seconds(2.0 * self.prices.of(point, true) - count);
                }
            }
        }
        let shares = Shares::of(&prices, self.budget.income(self.running()));
        self.divide(&shares)
    }

    /// Points by when they are watched.
    pub(super) fn divide(&mut self, shares: &Shares) -> Result<(), Error> {
        self.counted = shares.counted.clone();
        (self.always, self.windowed) = (0..self.plan.points.len()).partition(|&number| {
            self.plan.points.get(number).is_some_and(|point| {
                shares.timed.contains(&point.slot)
                    || shares.counted.contains(&point.slot) && point.counts
            })
        });
        self.describe()
    }
}
