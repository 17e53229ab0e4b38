//! One profile: what is watched all the time, what in windows, and when.
//!
//! A first look (`first`) tells how often each point is hit, and so what can be watched all the time (`shares`): such
//! counts are exact (`always`). The others are watched in windows (`windows`), a few sites at a time (`groups`); a window
//! is opened when it can be paid (`budget`). `report` makes a profile of what was seen.

mod always;
mod budget;
mod first;
mod groups;
mod report;
mod shares;
mod windows;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use go_binary::{Arch, Binary, RuntimeLayout};

use self::budget::Budget;
use self::windows::{Costs, For, Window, own_time};
use super::error::Error;
use super::found::{Ended, Options, Profile};
use super::kernel::{Observer, Probes};
use super::leftovers::Leftovers;
use super::points::Plan;
use super::price::Prices;
use super::target::{State, Target};
use super::times::Times;
use super::watchers::{self, Watcher};
use crate::bpf::uprobe::{Control, Watched};
use crate::sys::bpf::{ProgramKind, monotonic};
use crate::sys::priority::Prompt;

/// How often it is looked whether the process is still there.
const SLICE: Duration = Duration::from_millis(40);
/// How often what it costs.
const MOMENT: Duration = Duration::from_millis(5);
/// How often it is looked whether what is watched all the time became hot.
const CHECK: Duration = Duration::from_millis(500);
/// What it may cost before that is looked at: of the whole budget, and in seconds.
const CREDIT: f64 = 0.05;
const MOST_CREDIT: f64 = 0.002;
/// How long a window is, in seconds.
const SHORTEST: f64 = 0.001;
const LONGEST: f64 = 0.05;
/// Times from one window to the next, and how many windows there are if they can be paid.
const NEAREST: f64 = 0.08;
const WINDOWS: f64 = 70.0;
/// Of what is earned, windows may spend so much at least.
const LEAST_INCOME: f64 = 0.1;
/// One window in so many is for times, and one for the price of hits.
const TURNS: usize = 5;
/// A program that runs for so much of the time has hardly any to spare.
const SPARE: f64 = 0.85;
/// A window may cost so much of what is left.
const HOARDED: f64 = 0.5;
/// How much traps may take in a window for each second that the program has for itself, if that can be helped.
const HELD_UP: f64 = 0.1;
/// Probes that are placed one by one, at most: they go one by one, too, and cost the program time until then.
const ONE_BY_ONE: usize = 32;
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
    let (count, most) = (plan.points.len(), ONE_BY_ONE);
    if options.uprobes() == ProgramKind::UprobeEach && count > most {
        return Err(Error::TooManyPlaces { pid, count, most });
    }
    if !plan.unplaced.is_empty() {
        let count = plan.unplaced.len();
        notes.push(format!(
            "{count} sites have no instruction to put a probe on"
        ));
    }
    let own_before = own_time();
    let prices = Prices::measure(options.uprobes())?;
    // Windows must begin and end when they should; but as long as there is an idle processor, that of the program must
    // not be taken.
    let _prompt = Prompt::begin();
    let goid = layout.map_or(0, |layout| layout.g.id);
    let (points, slots) = (plan.points.len(), plan.slots.len());
    let observer =
        Observer::new(options.uprobes(), points, slots, goid)?.held_by(options.holder)?;
    let mut leftovers = Leftovers::before(&target, &file, &observer, &mut notes);
    let watchers = watchers::all(&target, &binary, options, &mut notes);
    let mut session = Session {
        options,
        target,
        plan,
        prices,
        observer,
        held,
        always: Vec::new(),
        windowed: Vec::new(),
        counted: HashSet::new(),
        windows: Vec::new(),
        budget: Budget::new(options.overhead),
        costs: Costs::default(),
        spent: 0.0,
        spent_hits: 0,
        link: None,
        blind: 0.0,
        always_price: 0.0,
        checked: (Instant::now(), HashMap::new(), 0.0),
        control: Control::default(),
        turns: 0,
        times: HashMap::new(),
        unwatched: Running::default(),
        before: Running::default(),
        began: Instant::now(),
        own_before,
        watchers,
    };
    let mut profile = session
        .run()
        .map_err(|error| match session.target.state() {
            State::Same => error,
            // What the kernel says of a process that is no more has many forms.
            State::Exited | State::Replaced => Error::Gone(pid),
        })?;
    profile.go_version = binary.build_info().map(|info| info.go_version.clone());
    leftovers.after(&session.target, &file, &session.observer, &mut notes);
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
    /// Slots that are counted all the time, but whose times are taken in windows.
    counted: HashSet<u32>,
    windows: Vec<Window>,
    budget: Budget,
    costs: Costs,
    /// Seconds that hits took in windows, as the prices of the start say.
    spent: f64,
    /// Hits that the kernel's counters no longer have.
    spent_hits: u64,
    /// What attaches the points that are watched all the time.
    link: Option<Probes>,
    /// For how long they had no probes, while those of others were taken away, in seconds.
    blind: f64,
    /// What they cost, in seconds a second, when that was last looked at.
    always_price: f64,
    /// When their hits were looked at, what they were then, and what they had cost.
    checked: (Instant, HashMap<usize, u64>, f64),
    control: Control,
    /// How many windows were opened.
    turns: u32,
    times: HashMap<u32, Times>,
    unwatched: Running,
    /// The same before windows, by their clocks.
    before: Running,
    began: Instant,
    /// The processor time that we had used at the start.
    own_before: f64,
    watchers: Vec<Box<dyn Watcher + 'a>>,
}

impl Session<'_> {
    fn run(&mut self) -> Result<Profile, Error> {
        let processor_before = self.target.processor_seconds().unwrap_or(0.0);
        let begin = Instant::now();
        self.first_look()?;
        self.control.watching = true;
        self.control.held = self.held;
        self.watch_always()?;
        self.began = Instant::now();
        let started = SystemTime::now();
        self.observer.control(self.control)?;
        for watcher in &mut self.watchers {
            watcher.begin()?;
        }
        let ended = self.watch()?;
        let seconds = self.began.elapsed().as_secs_f64();
        self.control.watching = false;
        self.observer.control(self.control)?;
        let removing = self.observer.own_time();
        self.link = None;
        let removed = self.observer.own_time();
        self.budget.place(removed - removing, self.running());
        let processor = self.processor_since(processor_before);
        let mut profile = self.report(started, seconds, ended, processor)?;
        profile.cost.watched_seconds = begin.elapsed().as_secs_f64();
        profile.cost.own_seconds = self.observer.own_time() - self.own_before;
        for watcher in &mut self.watchers {
            watcher.end(ended, &mut profile)?;
        }
        Ok(profile)
    }

    /// Brings what was earned and spent up to date.
    fn settle(&mut self) -> Result<(), Error> {
        let spent = self.spent + self.observer.always_spent()?;
        if let (Some(processor), Ok(now)) = (self.target.processor_seconds(), monotonic()) {
            self.budget.earn(processor, now as f64 * 1e-9, spent);
        }
        Ok(())
    }

    fn describe(&self) -> Result<(), Error> {
        let windowed: HashSet<usize> = self.windowed.iter().copied().collect();
        for (number, point) in self.plan.points.iter().enumerate() {
            let only_counted = self.counted.contains(&point.slot);
            let watched = match (windowed.contains(&number), only_counted) {
                (true, _) => Watched::InWindows,
                (false, true) => Watched::TimedInWindows,
                (false, false) => Watched::Always,
            };
            let price = self.prices.of(point, self.held && !only_counted);
            let entry = point.entry(watched, price.round() as u64);
            self.observer.describe(number, entry)?;
        }
        Ok(())
    }

    /// Windows until the time is over.
    fn watch(&mut self) -> Result<Ended, Error> {
        let mut random = Random::new();
        let mut corrected = 0;
        let wanted = (self.options.duration.as_secs_f64() / WINDOWS).clamp(NEAREST, 1.0);
        loop {
            let pause = wanted * (0.5 + random.next());
            if let Some(ended) = self.rest(pause)? {
                return Ok(ended);
            }
            if self.windowed.is_empty() {
                continue;
            }
            let (slots, purpose) = self.next_look();
            let length = self.length(&slots, purpose, wanted) * (0.7 + 0.6 * random.next());
            loop {
                self.settle()?;
                let missing = self.expected(&slots, purpose, length) - self.budget.left();
                if missing <= 0.0 {
                    break;
                }
                let wait = (missing / self.income()).clamp(0.002, 1.0);
                if let Some(ended) = self.rest(wait)? {
                    return Ok(ended);
                }
            }
            match self.window(length, &slots, purpose) {
                Ok(()) => {}
                // It ended under our hands.
                Err(_) if self.target.state() == State::Exited => return Ok(Ended::Exited),
                Err(error) => return Err(error),
            }
            if self.windows.len() > corrected + corrected / 4 + 4 {
                corrected = self.windows.len();
                self.budget.correct(self.dearness().value);
            }
        }
    }

    /// What windows may cost in a second: what is not used by others and by what is watched all the time.
    fn income(&self) -> f64 {
        let income = self.budget.income(self.running());
        (income - self.always_price - self.others_price()).max(income * LEAST_INCOME)
    }

    /// What others than probes cost, in seconds a second.
    fn others_price(&self) -> f64 {
        self.budget.others_spent() / self.began.elapsed().as_secs_f64().max(1.0)
    }

    /// Which slots the next window looks at, and what for.
    fn next_look(&mut self) -> (HashSet<u32>, For) {
        let load = |slot: u32| self.costs.loads.get(&slot).copied().unwrap_or(0.0);
        let slots: HashSet<u32> = self
            .windowed
            .iter()
            .filter_map(|&number| Some(self.plan.points.get(number)?.slot))
            .collect();
        let all: Vec<_> = slots.iter().map(|&slot| (slot, load(slot))).collect();
        let counted = |(slot, _): &(u32, f64)| !self.counted.contains(slot);
        let for_counts: Vec<_> = all.iter().copied().filter(counted).collect();
        let turn = self.turns as usize;
        self.turns += 1;
        if self.held && (turn % TURNS == TURNS - 1 || for_counts.is_empty()) {
            let slots = self.costs.next(groups::pack(all, HELD_UP), For::Times);
            return (slots.into_iter().collect(), For::Times);
        }
        let groups = groups::pack(for_counts, HELD_UP);
        let heavy: Vec<_> = groups
            .iter()
            .filter(|group| {
                let load = group.iter().map(|&slot| load(slot)).sum::<f64>();
                load > HELD_UP / 2.0 && self.bears(2.0 * load)
            })
            .cloned()
            .collect();
        let purpose = if turn % TURNS == TURNS / 2 && !heavy.is_empty() {
            For::Price
        } else {
            For::Counts
        };
        let of = if purpose == For::Price { heavy } else { groups };
        (self.costs.next(of, purpose).into_iter().collect(), purpose)
    }

    /// Whether a program with time to spare would still have some while traps take so much for each second of its own;
    /// one that has none bears all.
    fn bears(&self, load: f64) -> bool {
        let running = self.running();
        let processors = running.ceil().max(1.0);
        running > SPARE * processors
            || running * (1.0 + load * self.budget.dearer()) < SPARE * processors
    }

    /// How long a window should be: as many as fit, but not so many that each is hardly seen. What was not spent
    /// until now makes it longer.
    fn length(&self, slots: &HashSet<u32>, purpose: For, wanted: f64) -> f64 {
        let fixed = self.expected(slots, purpose, 0.0);
        let a_second = self.expected(slots, purpose, 1.0) - fixed;
        let spend = (self.income() * wanted).max(self.budget.left() * HOARDED);
        ((spend - fixed) / a_second.max(1e-9)).clamp(SHORTEST, LONGEST)
    }

    /// Waits so many seconds, or until there is no more to watch.
    fn rest(&mut self, seconds: f64) -> Result<Option<Ended>, Error> {
        let begin = Instant::now();
        let mut last = self.used()?;
        loop {
            if let Some(ended) = self.is_over() {
                return Ok(Some(ended));
            }
            self.observer.check_holder()?;
            let mut others = 0.0;
            for watcher in &mut self.watchers {
                others += watcher.poll()?;
            }
            self.budget.others(others);
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
                match self.demote() {
                    Err(error) if self.target.state() == State::Same => return Err(error),
                    // That it is over is seen in the next slice.
                    _ => {}
                }
            }
            let now = self.used()?;
            if let (Some(before), Some(after)) = (last.0, now.0) {
                self.unwatched.processor += after - before;
                self.unwatched.wall += now.1.duration_since(last.1).as_secs_f64();
            }
            last = now;
            if begin.elapsed().as_secs_f64() >= seconds {
                return Ok(self.is_over());
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

    /// The processor time that it has used for itself until now, while there was no window.
    fn used(&self) -> Result<(Option<f64>, Instant), Error> {
        let always = self.observer.always_spent()? * self.budget.dearer();
        let processor = self.target.processor_seconds();
        Ok((processor.map(|used| used - always), Instant::now()))
    }

    /// How many processors it uses when there is no window.
    fn running(&self) -> f64 {
        (self.unwatched.processor / self.unwatched.wall.max(1e-9)).max(0.0)
    }

    /// The same by the clocks of windows, if that is known.
    fn baseline(&self) -> f64 {
        /// In seconds.
        const ENOUGH: f64 = 0.1;
        if self.before.wall < ENOUGH {
            return self.running();
        }
        (self.before.processor / self.before.wall).max(0.0)
    }

    /// The processor time that it used since it had used so much.
    fn processor_since(&self, before: f64) -> f64 {
        match self.target.processor_seconds() {
            Some(now) => now - before,
            // It is gone; what it used until the last look is known.
            None => {
                let windows = self.windows.iter().map(|window| window.looked.processor);
                self.unwatched.processor + windows.sum::<f64>()
            }
        }
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
