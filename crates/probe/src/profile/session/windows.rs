//! Windows: the moments in which frequent points have probes.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::{LOOKED_AT, Session};
use crate::bpf::uprobe::Control;
use crate::profile::error::Error;
use crate::profile::kernel::Hits;
use crate::sys::bpf::monotonic;

/// A window that is over.
#[derive(Debug)]
pub(super) struct Window {
    /// It was for times; that it holds the program up more, and so says less of counts.
    pub(super) timed: bool,
    /// The points that had probes in it.
    pub(super) looked_at: HashSet<usize>,
    /// Hits by point.
    pub(super) counted: HashMap<usize, u64>,
    /// The processor time of the process in it.
    pub(super) processor: f64,
    /// What hits took of that.
    pub(super) trapped: f64,
    pub(super) wall: f64,
}

impl Session<'_> {
    /// One window of so many seconds, for counts or for times.
    pub(super) fn window(&mut self, length: f64, timed: bool) -> Result<(), Error> {
        let clock = || monotonic().map_err(|error| Error::system("reading a clock", error));
        let before = self.hits()?;
        let numbers: Vec<usize> = self
            .windowed
            .iter()
            .copied()
            .filter(|&number| {
                let point = self.plan.points.get(number);
                point.is_some_and(|point| timed || point.counts || point.slot == u32::MAX)
            })
            .collect();
        let path = self.target.path();
        let link = self
            .observer
            .attach(&path, &self.plan.points, &numbers, self.target.pid)?;
        self.control.window += 1;
        let begin = (self.target.processor_seconds(), clock()?);
        self.observer.control(Control {
            open: true,
            window_held: timed,
            ..self.control
        })?;
        std::thread::sleep(Duration::from_secs_f64(length));
        self.observer.control(self.control)?;
        let end = (self.target.processor_seconds(), clock()?);
        drop(link);
        let after = self.hits()?;
        let (mut counted, mut trapped) = (HashMap::new(), 0.0);
        for (&number, hits) in &after {
            let Some(point) = self.plan.points.get(number) else {
                continue;
            };
            let was = before.get(&number).copied().unwrap_or_default();
            let price = self.prices.of(point, timed) * 1e-9;
            self.spent += (hits.all - was.all) as f64 * price;
            trapped += (hits.counted - was.counted) as f64 * price;
            if hits.counted > was.counted {
                counted.insert(number, hits.counted - was.counted);
            }
        }
        if timed {
            self.cut(end.1)?;
        }
        if let (Some(first), Some(last)) = (begin.0, end.0) {
            self.windows.push(Window {
                timed,
                looked_at: numbers.into_iter().collect(),
                counted,
                processor: last - first,
                trapped,
                wall: (end.1 - begin.1) as f64 / 1e9,
            });
        }
        Ok(())
    }

    fn hits(&self) -> Result<HashMap<usize, Hits>, Error> {
        self.windowed
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
