//! Descriptors that a process opens while it is watched: where, how many, and which of them stay open.
//!
//! `kernel` has our program at the end of system calls, `calls` knows which calls matter, `opener` tells which
//! line of a stack opened something, in the words of its author.

mod calls;
mod kernel;
mod opener;

use std::collections::HashMap;
use std::time::Instant;

use go_binary::{Binary, SiteId};

pub use self::kernel::CallPrices;
use self::kernel::{Observer, Open};
use self::opener::Opener;
use super::error::Error;
use super::found::{Ended, Profile};
use super::target::Target;
use super::watchers::Watcher;
use crate::descriptors::Kind;
use crate::snapshot::Place;
use crate::sys::bpf::monotonic;

/// What was seen of descriptors.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Opened {
    /// How many were opened.
    pub opened: u64,
    /// How many of those were closed.
    pub closed: u64,
    /// Where they were opened, those with the most open ones first.
    pub places: Vec<OpenedAt>,
    /// How long that was watched, in seconds: not to the end where it became too dear.
    pub seconds: f64,
    /// System calls of the process.
    pub calls: u64,
    /// What seeing one cost.
    pub prices: CallPrices,
    /// What all of that cost, in seconds.
    pub cost: f64,
}

impl Opened {
    /// How many are open still.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.places.iter().map(|place| place.open).sum()
    }
}

/// Descriptors of one kind that one line opened.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenedAt {
    /// What they are.
    pub kind: Kind,
    /// The line: the innermost of the program's own, or of its modules; of the standard library where there is
    /// none. Nothing if no stack was seen.
    pub site: Option<SiteId>,
    /// The path of its file, as the compiler knew it.
    pub path: String,
    /// How many it opened.
    pub opened: u64,
    /// How many of those are open still.
    pub open: u64,
    /// How long the oldest of those has been open, in seconds.
    pub oldest: Option<f64>,
    /// What some of those are, such as paths of files.
    pub examples: Vec<String>,
    /// The stacks in which that was, those with the most open ones first.
    pub stacks: Vec<OpenedIn>,
}

/// Descriptors that were opened in one stack.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenedIn {
    /// The stack, the innermost first.
    pub stack: Vec<Place>,
    /// How many were opened.
    pub opened: u64,
    /// How many of those are open still.
    pub open: u64,
}

/// A process that uses less of a processor is watched as if it used so much.
const IDLE: f64 = 0.25;
/// What it may cost before that is looked at, in seconds.
const CREDIT: f64 = 0.005;
/// As much as a profile shows of what is open.
const EXAMPLES: usize = 3;

/// Watches descriptors.
pub(crate) struct Descriptors<'a> {
    target: Target,
    opener: Opener<'a>,
    prices: CallPrices,
    observer: Observer,
    /// What it may cost, as a share of the processor time of the process.
    share: f64,
    began: Instant,
    processor: f64,
    /// How long it was watched, and why not for longer.
    gave_up: Option<(f64, String)>,
}

impl<'a> Descriptors<'a> {
    /// Gets ready; what it may cost is a share of the processor time of the process.
    pub(crate) fn new(target: &Target, binary: &'a Binary<'a>, share: f64) -> Result<Self, Error> {
        let pid = target.pid;
        let prices = CallPrices::measure()?;
        let process = kernel::namespaced(pid)
            .map_err(|error| Error::system("reading the status of the process", error))?;
        Ok(Self {
            target: target.clone(),
            opener: Opener::new(binary, pid),
            prices,
            observer: Observer::new(process)?,
            share,
            began: Instant::now(),
            processor: 0.0,
            gave_up: None,
        })
    }

    /// By descriptor what it is, of those that are open still; all of them when the process is no more.
    fn still_open(&self, ended: Ended) -> Result<Vec<(Open, Option<String>)>, Error> {
        let open = self.observer.open()?;
        if matches!(ended, Ended::Exited | Ended::Replaced) {
            return Ok(open.into_iter().map(|open| (open, None)).collect());
        }
        let folder = format!("/proc/{}/fd", self.target.pid);
        Ok(open
            .into_iter()
            .filter_map(|open| {
                let link = std::fs::read_link(format!("{folder}/{}", open.descriptor)).ok()?;
                Some((open, Some(link.to_string_lossy().into_owned())))
            })
            .collect())
    }

    fn places(&self, ended: Ended) -> Result<Vec<OpenedAt>, Error> {
        let now = monotonic().map_err(|error| Error::system("reading a clock", error))?;
        let mut open: HashMap<u64, Vec<(Open, Option<String>)>> = HashMap::new();
        for (one, link) in self.still_open(ended)? {
            open.entry(one.place).or_default().push((one, link));
        }
        let mut lines: HashMap<(Kind, Option<SiteId>), OpenedAt> = HashMap::new();
        for at in self.observer.places()? {
            let open = open.remove(&at.number).unwrap_or_default();
            let links: Vec<&str> = open
                .iter()
                .filter_map(|(_, link)| link.as_deref())
                .collect();
            // What is open says what it is; the call that opened it knows less.
            let kind = links
                .first()
                .map_or_else(|| calls::kind(at.what), |link| Kind::of(link));
            let stack = self.opener.stack(&at.stack);
            let named = self.opener.named(&stack);
            let (site, path) = match named {
                Some(place) => (Some(self.opener.site(place)), place.file.clone()),
                None => (None, String::new()),
            };
            let line = lines
                .entry((kind, site.clone()))
                .or_insert_with(|| OpenedAt {
                    kind,
                    site,
                    path,
                    opened: 0,
                    open: 0,
                    oldest: None,
                    examples: Vec::new(),
                    stacks: Vec::new(),
                });
            let still = open.len() as u64;
            line.opened += at.opened;
            line.open += still;
            for (one, link) in &open {
                let age = now.saturating_sub(one.since) as f64 / 1e9;
                line.oldest = Some(line.oldest.map_or(age, |oldest| oldest.max(age)));
                let names = link.iter().filter(|link| link.starts_with('/'));
                line.examples.extend(names.cloned());
            }
            line.stacks.push(OpenedIn {
                stack,
                opened: at.opened,
                open: still,
            });
        }
        let mut lines: Vec<_> = lines.into_values().collect();
        for line in &mut lines {
            line.examples.sort();
            line.examples.dedup();
            line.examples.truncate(EXAMPLES);
            line.stacks
                .sort_by_key(|stack| std::cmp::Reverse((stack.open, stack.opened)));
        }
        lines.sort_by(|one, other| {
            let order = (other.open, other.opened).cmp(&(one.open, one.opened));
            order.then_with(|| one.site.cmp(&other.site))
        });
        Ok(lines)
    }
}

impl Watcher for Descriptors<'_> {
    fn begin(&mut self) -> Result<(), Error> {
        self.processor = self.target.processor_seconds().unwrap_or(0.0);
        self.began = Instant::now();
        if let Err(error) = self.observer.attach() {
            let why = format!("descriptors are not watched: {error}");
            self.gave_up = Some((0.0, why));
        }
        Ok(())
    }

    fn poll(&mut self) -> Result<f64, Error> {
        let seen = self.observer.seen()?;
        let cost = self.prices.seconds(seen);
        if !self.observer.is_attached() {
            return Ok(cost);
        }
        let elapsed = self.began.elapsed().as_secs_f64();
        let processor = self.target.processor_seconds().unwrap_or(0.0) - self.processor;
        if cost > self.share * processor.max(IDLE * elapsed) + CREDIT {
            self.observer.detach();
            let rate = seen.calls as f64 / elapsed;
            self.gave_up = Some((
                elapsed,
                format!(
                    "descriptors were watched for the first {elapsed:.1} s only: at {rate:.0} system calls a \
                     second that costs more than half of --overhead; give a larger one"
                ),
            ));
        }
        Ok(cost)
    }

    fn end(&mut self, ended: Ended, profile: &mut Profile) -> Result<(), Error> {
        self.observer.detach();
        let seen = self.observer.seen()?;
        let places = self.places(ended)?;
        let opened = places.iter().map(|place| place.opened).sum::<u64>();
        let open = places.iter().map(|place| place.open).sum::<u64>();
        if seen.lost > 0 {
            let lost = seen.lost;
            profile.notes.push(format!(
                "{lost} descriptors were opened in more different ways than are remembered: they are not shown"
            ));
        }
        let cost = self.prices.seconds(seen);
        profile.cost.seconds += cost;
        profile.cost.process_seconds = (profile.cost.process_seconds - cost).max(0.0);
        let seconds = match self.gave_up.take() {
            Some((seconds, why)) => {
                profile.notes.push(why);
                seconds
            }
            None => self.began.elapsed().as_secs_f64(),
        };
        profile.descriptors = Some(Opened {
            opened,
            closed: opened.saturating_sub(open),
            places,
            seconds,
            calls: seen.calls,
            prices: self.prices,
            cost,
        });
        Ok(())
    }
}
