//! One profile: what is watched all the time, what in windows, and when.
//!
//! A first look tells how often each point is hit. Points that together cost less than half of the budget
//! are watched all the time: their counts are exact. The others are watched in windows, whose length and
//! distance keep what they cost within the rest.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use go_binary::{Arch, Binary, Class, RuntimeLayout, SiteId};

use super::error::Error;
use super::estimate::{Basis, Estimate, Observed, own, rate};
use super::kernel::{Hits, Observer};
use super::points::{Counted, Plan};
use super::price::Prices;
use super::target::{State, Target};
use super::times::{Held, Times};
use crate::bpf::uprobe::{Control, Kind};
use crate::sys::bpf::{Link, monotonic};
use crate::sys::priority::Urgent;

/// What is asked for.
pub struct Options<'a> {
    /// The process.
    pub pid: u32,
    /// How long.
    pub duration: Duration,
    /// What it may cost, as a share of the processor time that the process uses.
    pub overhead: f64,
    /// Which sites.
    pub sites: &'a dyn Fn(&SiteId) -> bool,
    /// Whether that leaves some out.
    pub filtered: bool,
    /// Whether to take times.
    pub held: bool,
    /// Whether to stop.
    pub stop: &'a AtomicBool,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("pid", &self.pid)
            .field("duration", &self.duration)
            .field("overhead", &self.overhead)
            .finish_non_exhaustive()
    }
}

/// What became of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The time was over; the process runs on.
    Time,
    /// We were told to stop; the process runs on.
    Stopped,
    /// It exited.
    Exited,
    /// It runs another program now.
    Replaced,
}

/// What a profile found out.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// The process.
    pub pid: u32,
    /// Its executable.
    pub executable: String,
    /// The release of Go that built it.
    pub go_version: Option<String>,
    /// When it began.
    pub started: SystemTime,
    /// How long it was watched, in seconds.
    pub seconds: f64,
    /// How it ended.
    pub ended: Ended,
    /// The sites that were hit, or may have been.
    pub sites: Vec<SiteProfile>,
    /// How many sites were watched.
    pub watched: usize,
    /// Panics a second.
    pub panics: Option<Estimate>,
    /// Panics that were recovered, a second.
    pub recovers: Option<Estimate>,
    /// What it cost.
    pub cost: Cost,
    /// What should be known.
    pub notes: Vec<String>,
}

/// What a site did.
#[derive(Clone, PartialEq, Debug)]
pub struct SiteProfile {
    /// The site.
    pub id: SiteId,
    /// Its class.
    pub class: Class,
    /// The function that it is in, as it stands in stack traces.
    pub symbol: String,
    /// The path of its file, as the compiler knew it.
    pub path: String,
    /// How often it ran while the process was watched.
    pub count: Estimate,
    /// Whether that was counted, not estimated.
    pub exact: bool,
    /// How often a second.
    pub rate: Estimate,
    /// How long its promises waited.
    pub held: Option<Held>,
    /// Promises that were made while we watched, and were not kept at the end.
    pub pending: Option<u64>,
    /// What it was counted at.
    pub counted: Counted,
}

/// What a profile cost the process.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Cost {
    /// What hits cost here.
    pub prices: Prices,
    /// Hits of probes.
    pub hits: u64,
    /// Processor time that they took, in seconds.
    pub seconds: f64,
    /// Processor time that the process used besides.
    pub process_seconds: f64,
    /// How long it was looked at, from the first probe to the last, in seconds.
    pub watched_seconds: f64,
    /// How many windows there were.
    pub windows: usize,
    /// How long they were together, in seconds.
    pub window_seconds: f64,
}

impl Cost {
    /// As a share of a processor.
    #[must_use]
    pub fn of_processor(&self) -> f64 {
        self.seconds / self.watched_seconds.max(1e-9)
    }

    /// As a share of what the process used.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.seconds / self.process_seconds.max(1e-9)
    }
}

/// A process that runs less is not watched less than one that uses so much of a processor.
const IDLE: f64 = 0.25;
/// How often it is looked whether the process is still there.
const SLICE: Duration = Duration::from_millis(20);
/// How often what it costs.
const MOMENT: Duration = Duration::from_millis(2);
/// How often it is looked whether what is watched all the time became hot.
const CHECK: Duration = Duration::from_millis(500);
/// What it may cost before that is looked at, in seconds.
const CREDIT: f64 = 0.002;
/// The first look.
const PILOT: Duration = Duration::from_millis(3);
/// How often it is tried.
const LOOKS: u32 = 20;
/// What it should have run meanwhile, in seconds.
const RAN: f64 = 0.001_5;
/// How long a window may be.
const SHORTEST: f64 = 0.000_5;
const LONGEST: f64 = 0.05;
/// Times from one window to the next.
const NEAREST: f64 = 0.08;
/// Promises that are looked at when a window ends.
const LOOKED_AT: usize = 1 << 13;

/// Watches a process.
///
/// # Errors
///
/// Where nothing can be said at all. A process that ends midway is no error.
pub fn profile(options: &Options<'_>) -> Result<Profile, Error> {
    let pid = options.pid;
    let target = Target::new(pid)?;
    let file = std::fs::read(target.path()).map_err(|error| Error::Executable { pid, error })?;
    let binary = Binary::parse(&file).map_err(|error| Error::NotGo { pid, error })?;
    let arch = binary.image().arch();
    if arch != Arch::Amd64 || !cfg!(target_arch = "x86_64") {
        let arch = arch.as_str();
        return Err(Error::Architecture { pid, arch });
    }
    let mut notes = Vec::new();
    let layout = RuntimeLayout::of(binary.version()).or_else(|| {
        let newest = RuntimeLayout::of(Binary::NEWEST)?;
        notes.push(format!(
            "this release of Go is not known; times rely on the layout of {}",
            newest.since
        ));
        Some(newest)
    });
    let held = options.held && layout.is_some();
    let plan = Plan::new(&binary, &file, options.sites, held);
    if plan.slots.is_empty() {
        let filtered = options.filtered;
        return Err(Error::NoSites { pid, filtered });
    }
    if !plan.unplaced.is_empty() {
        let count = plan.unplaced.len();
        notes.push(format!(
            "{count} sites have no instruction to put a probe on"
        ));
    }
    let prices = Prices::measure()?;
    // Windows must end when they should, also where many programs want the processor.
    let _urgent = Urgent::begin();
    let goid = layout.map_or(0, |layout| layout.g.id);
    let observer = Observer::new(plan.points.len(), plan.slots.len(), goid)?;
    let mut session = Session {
        options,
        target,
        plan,
        prices,
        observer,
        held,
        always: Vec::new(),
        windowed: Vec::new(),
        windows: Vec::new(),
        spent: 0.0,
        spent_hits: 0,
        link: None,
        always_price: 0.0,
        checked: (Instant::now(), HashMap::new(), 0),
        control: Control::default(),
        turns: 0,
        times: HashMap::new(),
        unwatched: Running::default(),
        began: Instant::now(),
    };
    let mut profile = session
        .run()
        .map_err(|error| match session.target.state() {
            State::Same => error,
            // What the kernel says of a process that is no more has many forms.
            State::Exited | State::Replaced => Error::Gone(pid),
        })?;
    profile.go_version = binary.build_info().map(|info| info.go_version.clone());
    notes.append(&mut profile.notes);
    profile.notes = notes;
    Ok(profile)
}

/// How much the process ran while there was no window.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    processor: f64,
    wall: f64,
}

/// A window that is over.
#[derive(Debug)]
struct Window {
    /// It was for times; that it holds the program up more, and so says less of counts.
    timed: bool,
    /// The points that had probes in it.
    looked_at: HashSet<usize>,
    /// Hits by point.
    counted: HashMap<usize, u64>,
    /// The processor time of the process in it.
    processor: f64,
    /// What hits took of that.
    trapped: f64,
    wall: f64,
}

struct Session<'a> {
    options: &'a Options<'a>,
    target: Target,
    plan: Plan,
    prices: Prices,
    observer: Observer,
    held: bool,
    /// The points that are watched all the time.
    always: Vec<usize>,
    /// Those that are watched in windows.
    windowed: Vec<usize>,
    windows: Vec<Window>,
    /// Seconds that hits took, but for those of points that are watched all the time.
    spent: f64,
    /// Hits that the kernel's counters no longer have.
    spent_hits: u64,
    /// What attaches the points that are watched all the time.
    link: Option<Link>,
    /// What they cost, in seconds a second, when that was last looked at.
    always_price: f64,
    /// When their hits were looked at, what they were then, and the sum of all.
    checked: (Instant, HashMap<usize, u64>, u64),
    control: Control,
    /// How many windows were opened.
    turns: u32,
    times: HashMap<u32, Times>,
    unwatched: Running,
    began: Instant,
}

impl Session<'_> {
    fn run(&mut self) -> Result<Profile, Error> {
        let processor_before = self.target.processor_seconds().unwrap_or(0.0);
        let begin = Instant::now();
        self.pilot()?;
        self.control.watching = true;
        self.control.held = self.held;
        self.watch_always()?;
        self.began = Instant::now();
        let started = SystemTime::now();
        self.observer.control(self.control)?;
        let ended = self.watch()?;
        let seconds = self.began.elapsed().as_secs_f64();
        self.control.watching = false;
        self.observer.control(self.control)?;
        self.link = None;
        let processor = self.processor_since(processor_before);
        let mut profile = self.report(started, seconds, ended, processor)?;
        profile.cost.watched_seconds = begin.elapsed().as_secs_f64();
        Ok(profile)
    }

    /// All points for a moment, to see which are hot. For those that are, it is a window like others.
    fn pilot(&mut self) -> Result<(), Error> {
        self.windowed = (0..self.plan.points.len()).collect();
        self.describe()?;
        let before = self.target.processor_seconds().unwrap_or(0.0);
        let begin = Instant::now();
        // A program that did not get to run was not looked at.
        for _ in 0..LOOKS {
            self.window(PILOT.as_secs_f64(), false)?;
            let ran: f64 = self.windows.iter().map(|window| window.processor).sum();
            let wall = begin.elapsed().as_secs_f64();
            let used = self.target.processor_seconds().unwrap_or(before) - before;
            let idle = wall > 0.3 && used / wall < RAN;
            if ran >= RAN || idle || self.target.state() != State::Same {
                break;
            }
        }
        let processor = self.target.processor_seconds().unwrap_or(before) - before;
        let wall = begin.elapsed().as_secs_f64();
        let windows = &self.windows;
        let looked: f64 = windows.iter().map(|window| window.wall).sum();
        // Points of a slot are watched together.
        let mut price: HashMap<u32, f64> = HashMap::new();
        for (number, point) in self.plan.points.iter().enumerate() {
            let hits: u64 = windows
                .iter()
                .filter_map(|window| window.counted.get(&number))
                .sum();
            // Probes for times were not there; each promise that is made is kept.
            let probes = if self.held && point.kind == Kind::Register {
                2.0
            } else {
                1.0
            };
            let each = self.prices.of(point, self.held) * probes;
            *price.entry(point.slot).or_default() += hits as f64 * each * 1e-9 / looked;
        }
        let mut slots: Vec<_> = price.into_iter().collect();
        slots.sort_by(|one, other| one.1.total_cmp(&other.1));
        // While it was looked at, it did less than it does else: what hits took does not count.
        let allowed = self.options.overhead * (processor / wall).max(IDLE) / 2.0;
        let mut sum = 0.0;
        let always: HashSet<u32> = slots
            .into_iter()
            .take_while(|(_, price)| {
                sum += price;
                sum <= allowed
            })
            .map(|(slot, _)| slot)
            .collect();
        (self.always, self.windowed) = (0..self.plan.points.len()).partition(|&number| {
            let point = self.plan.points.get(number);
            point.is_some_and(|point| always.contains(&point.slot))
        });
        self.describe()
    }

    fn describe(&self) -> Result<(), Error> {
        let windowed: HashSet<usize> = self.windowed.iter().copied().collect();
        for (number, point) in self.plan.points.iter().enumerate() {
            let entry = point.entry(windowed.contains(&number));
            self.observer.describe(number, entry)?;
        }
        Ok(())
    }

    fn watch_always(&mut self) -> Result<(), Error> {
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
    fn demote(&mut self) -> Result<(), Error> {
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

    /// Windows until the time is over.
    fn watch(&mut self) -> Result<Ended, Error> {
        let mut length = PILOT.as_secs_f64();
        let mut random = Random::new();
        loop {
            if self.windowed.is_empty() {
                if let Some(ended) = self.rest(SLICE.as_secs_f64()) {
                    return Ok(ended);
                }
                continue;
            }
            let spent_before = self.spent;
            // Counts and times in turns: fewer probes hold the program up less, and more can be told from counts.
            let timed = self.held && self.turns % 3 == 2;
            self.turns += 1;
            match self.window(length * (0.7 + 0.6 * random.next()), timed) {
                Ok(()) => {}
                // It ended under our hands.
                Err(_) if self.target.state() == State::Exited => return Ok(Ended::Exited),
                Err(error) => return Err(error),
            }
            // What is not used by what is watched all the time.
            let share = self.options.overhead * self.running().max(IDLE);
            let allowed = (share - self.always_price).max(share / 4.0);
            let distance = (self.spent - spent_before) / allowed;
            let wanted = (self.options.duration.as_secs_f64() / 100.0).clamp(NEAREST, 1.0);
            // As many windows as fit, but not so many that each is hardly seen.
            length =
                (length * (wanted / distance.max(1e-9)).clamp(0.5, 2.0)).clamp(SHORTEST, LONGEST);
            let elapsed = self.began.elapsed().as_secs_f64();
            let pause = (self.spent / allowed - elapsed).max(wanted / 2.0);
            if let Some(ended) = self.rest(pause * (0.8 + 0.4 * random.next())) {
                return Ok(ended);
            }
        }
    }

    /// Waits so many seconds, or until there is no more to watch.
    fn rest(&mut self, seconds: f64) -> Option<Ended> {
        let begin = Instant::now();
        let mut last = (self.target.processor_seconds(), Instant::now());
        loop {
            if let Some(ended) = self.is_over() {
                return Some(ended);
            }
            let slice = Instant::now();
            while slice.elapsed() < SLICE {
                let rest = seconds - begin.elapsed().as_secs_f64();
                let left = self.options.duration.saturating_sub(self.began.elapsed());
                if rest <= 0.0 || left.is_zero() {
                    break;
                }
                let step = if self.always.is_empty() {
                    SLICE
                } else {
                    MOMENT
                };
                std::thread::sleep(step.min(Duration::from_secs_f64(rest)).min(left));
                if self.demote().is_err() && self.target.state() == State::Same {
                    return Some(Ended::Stopped);
                }
            }
            let now = (self.target.processor_seconds(), Instant::now());
            if let (Some(before), Some(after)) = (last.0, now.0) {
                self.unwatched.processor += after - before;
                self.unwatched.wall += now.1.duration_since(last.1).as_secs_f64();
            }
            last = now;
            if begin.elapsed().as_secs_f64() >= seconds {
                return self.is_over();
            }
        }
    }

    fn is_over(&self) -> Option<Ended> {
        if self.options.stop.load(Ordering::Relaxed) {
            return Some(Ended::Stopped);
        }
        match self.target.state() {
            State::Same => {}
            State::Exited => return Some(Ended::Exited),
            State::Replaced => return Some(Ended::Replaced),
        }
        (self.began.elapsed() >= self.options.duration).then_some(Ended::Time)
    }

    /// How many processors it uses when there is no window.
    fn running(&self) -> f64 {
        if self.unwatched.wall > 0.0 {
            return self.unwatched.processor / self.unwatched.wall;
        }
        let (processor, wall) = self
            .windows
            .iter()
            .fold((0.0, 0.0), |(processor, wall), window| {
                (processor + window.processor, wall + window.wall)
            });
        if wall > 0.0 { processor / wall } else { 0.0 }
    }

    /// The processor time that it used since it had used so much.
    fn processor_since(&self, before: f64) -> f64 {
        match self.target.processor_seconds() {
            Some(now) => now - before,
            // It is gone; what it used until the last look is known.
            None => {
                let windows = self.windows.iter().map(|window| window.processor);
                self.unwatched.processor + windows.sum::<f64>()
            }
        }
    }

    /// One window of so many seconds, for counts or for times.
    fn window(&mut self, length: f64, timed: bool) -> Result<(), Error> {
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

    fn report(
        &mut self,
        started: SystemTime,
        seconds: f64,
        ended: Ended,
        processor: f64,
    ) -> Result<Profile, Error> {
        self.collect_times()?;
        let mut notes = Vec::new();
        let basis = self.basis();
        let mut cost = Cost {
            prices: self.prices,
            windows: self.windows.len(),
            window_seconds: self.windows.iter().map(|window| window.wall).sum(),
            ..Cost::default()
        };
        for (number, point) in self.plan.points.iter().enumerate() {
            let hits = self.observer.hits(number)?.all;
            cost.hits += hits;
            if self.always.contains(&number) {
                cost.seconds += hits as f64 * self.prices.of(point, self.held) * 1e-9;
            }
        }
        cost.seconds += self.spent;
        cost.hits += self.spent_hits;
        cost.process_seconds = (processor - cost.seconds).max(0.0);
        let always: HashSet<usize> = self.always.iter().copied().collect();
        let mut rates: HashMap<u32, (Estimate, bool)> = HashMap::new();
        let mut whole = (None, None);
        for (number, point) in self.plan.points.iter().enumerate() {
            let exact = always.contains(&number);
            let estimate = if exact {
                let counted = self.observer.hits(number)?.counted;
                Some(Estimate::exact(counted as f64 / seconds))
            } else {
                self.estimate(number, basis)
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
        if !self.windowed.is_empty()
            && self.windows.iter().filter(|window| !window.timed).count() < 2
        {
            let slots = self.windowed.iter().filter_map(|&number| {
                let slot = self.plan.points.get(number)?.slot;
                self.plan.slots.get(usize::try_from(slot).ok()?)
            });
            let sites: HashSet<_> = slots.map(|slot| &slot.id).collect();
            notes.push(format!(
                "{} frequent sites are not shown: the budget had no room for two looks at them; give a longer \
                 --for, a larger --overhead or a --sites that names few",
                sites.len()
            ));
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
            watched: super::points::by_site(&self.plan.slots).len(),
            sites,
            panics: whole.0,
            recovers: whole.1,
            cost,
            notes,
        })
    }

    fn sites(
        &self,
        seconds: f64,
        rates: &HashMap<u32, (Estimate, bool)>,
        pending: &HashMap<u32, u64>,
    ) -> Vec<SiteProfile> {
        let mut sites = Vec::new();
        for (id, slots) in super::points::by_site(&self.plan.slots) {
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
                pending: (exact && slots.iter().any(|(_, slot)| slot.held)).then_some(waiting),
                counted: first.counted,
            });
        }
        sites.sort_by(|one, other| other.rate.value.total_cmp(&one.rate.value));
        sites
    }

    fn estimate(&self, number: usize, basis: Basis) -> Option<Estimate> {
        let windows: Vec<_> = self
            .windows
            .iter()
            .filter(|window| !window.timed && window.looked_at.contains(&number))
            .map(|window| Observed {
                count: window.counted.get(&number).copied().unwrap_or(0),
                time: match basis {
                    Basis::Wall => window.wall,
                    Basis::Own { .. } => own(window.processor, window.trapped),
                },
            })
            .collect();
        rate(&windows, basis)
    }

    fn basis(&self) -> Basis {
        let sum = |of: fn(&Window) -> f64| {
            let windows = self.windows.iter().filter(|window| !window.timed);
            windows.map(of).sum::<f64>()
        };
        Basis::new(
            sum(|window| window.wall),
            sum(|window| window.processor),
            sum(|window| window.trapped),
            self.running(),
        )
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

/// Numbers between 0 and 1, so that windows do not march in step with the program.
struct Random(u64);

impl Random {
    fn new() -> Self {
        Self(monotonic().unwrap_or(1) | 1)
    }

    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
