//! What a process held at a moment, in words that need neither its memory nor its program any more.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use go_binary::SiteId;
use rustc_hash::FxHashMap;

use crate::goroutine::Status;
use crate::look::{self, Copy, Doubt, Look, Mode, Seen};
use crate::memory::Memory;
use crate::pending::Form;
use crate::sys::stop::Registers;
use crate::target::{Target, TargetError};
use crate::wait_reasons;

/// Whether the process stood still.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Looking<'r> {
    /// It did, and these are the registers of its threads. The clock of its `waitsince`, if it is known.
    Still(&'r [Registers], Option<u64>),
    /// It ran.
    Running(Option<u64>),
}

/// What a process held.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When it was taken.
    pub taken: SystemTime,
    /// How long reading took.
    pub took: Duration,
    /// Whether the process stood still while it was read.
    pub still: bool,
    /// Which Go built it.
    pub go_version: String,
    /// The goroutines that are alike, the most first.
    pub groups: Vec<Group>,
    /// The sites with pending calls, those with the most first.
    pub sites: Vec<SitePending>,
    /// The panics in flight.
    pub panics: Vec<Panic>,
    /// All goroutines, also those of the runtime.
    pub goroutines: usize,
    /// Those that were read more than once.
    pub again: usize,
    /// Those of which something may be wrong, by reason.
    pub doubtful: BTreeMap<Doubt, usize>,
    /// Pending calls of those.
    pub doubtful_pending: u64,
    /// Those that could not be read.
    pub unreadable: usize,
    /// What should be known.
    pub warnings: Vec<String>,
}

/// A place in the source.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// The function, as it stands in stack traces.
    pub function: String,
    /// The path of the file.
    pub file: String,
    /// The line.
    pub line: u32,
}

/// Goroutines that do the same at the same place.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they are doing.
    pub status: Status,
    /// What they wait for, in Go's words; empty when they do not.
    pub reason: String,
    /// Where they are, the innermost first.
    pub stack: Vec<Place>,
    /// Where the `go` statement is that started them.
    pub created_by: Option<Place>,
    /// How many.
    pub count: u64,
    /// The numbers of the first few.
    pub ids: Vec<u64>,
    /// How long the one waits that waits longest: at least, since only the collector takes notice.
    pub longest: Option<Duration>,
    /// Their pending calls together.
    pub pending: u64,
    /// Those by site.
    pub pending_at: Vec<PendingAt>,
    /// They belong to the runtime.
    pub system: bool,
    /// Those of which something may be wrong.
    pub doubtful: u64,
}

/// The calls that goroutines which are alike have pending at a site.
#[derive(Clone, Debug)]
pub struct PendingAt {
    /// The identity of the site.
    pub id: SiteId,
    /// `open-coded`, `stack-allocated` or `heap-allocated`.
    pub class: &'static str,
    /// The `defer` statement, in the function that it was compiled into.
    pub place: Place,
    /// How many.
    pub calls: u64,
}

/// The calls pending at a `defer` statement.
#[derive(Clone, Debug)]
pub struct SitePending {
    /// Its identity.
    pub id: SiteId,
    /// The path of its file.
    pub path: String,
    /// `open-coded`, `stack-allocated` or `heap-allocated`.
    pub class: &'static str,
    /// How many calls.
    pub pending: u64,
    /// In how many goroutines.
    pub goroutines: u64,
    /// In how many frames: calls of the function around it.
    pub frames: u64,
    /// The most in one goroutine.
    pub largest: u64,
    /// The number of that goroutine.
    pub largest_in: u64,
    /// What is called at the end, the most often first.
    pub calls: Vec<(String, u64)>,
    /// What the goroutines wait for, the most first.
    pub reasons: Vec<(String, u64)>,
    /// How long the one waits that waits longest.
    pub longest: Option<Duration>,
    /// Calls of goroutines of which something may be wrong.
    pub doubtful: u64,
}

/// A panic in flight, or the end of a goroutine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Panic {
    /// The goroutine.
    pub goroutine: u64,
    /// The value in words; nothing for `runtime.Goexit`.
    pub value: Option<String>,
    /// Whether it was recovered, and only its function has not returned yet.
    pub recovered: bool,
}

/// So many numbers of goroutines are kept of a group.
const IDS: usize = 8;

impl Snapshot {
    /// Reads all goroutines of a program and sums them up.
    ///
    /// # Errors
    ///
    /// If the memory is not that of the program, or cannot be read.
    pub fn take(
        target: &Target<'_>,
        memory: &dyn Memory,
        looking: Looking<'_>,
    ) -> Result<Self, TargetError> {
        let reading = Reading::start(target, memory, looking)?;
        Ok(reading.sum_up())
    }
}

/// What was read, before stacks are walked and it is put in words: that takes longer, and a process that was
/// stopped need not wait for it.
#[derive(Debug)]
pub struct Reading<'t, 'a, 'm> {
    target: &'t Target<'a>,
    memory: &'m dyn Memory,
    read: Read<'m>,
    taken: SystemTime,
    now: Option<u64>,
    panics: Vec<Panic>,
}

/// How far it was read.
#[derive(Debug)]
enum Read<'m> {
    /// While it ran.
    Running(Copy<'m>),
    /// While it stood still; the stacks are walked when it runs again.
    Still(Copy<'m>, Vec<Registers>),
    /// The same, and they were walked.
    Walked(Look),
}

impl<'t, 'a, 'm> Reading<'t, 'a, 'm> {
    /// Copies all goroutines, their stacks and their lists.
    ///
    /// # Errors
    ///
    /// Those of [`Snapshot::take`].
    pub fn start(
        target: &'t Target<'a>,
        memory: &'m dyn Memory,
        looking: Looking<'_>,
    ) -> Result<Self, TargetError> {
        let taken = SystemTime::now();
        let copy = look::copy(target, memory)?;
        let panics = copy.panics(target);
        let (read, now) = match looking {
            Looking::Still(registers, now) => (Read::Still(copy, registers.to_vec()), now),
            Looking::Running(now) => (Read::Running(copy), now),
        };
        Ok(Self {
            target,
            memory,
            read,
            taken,
            now,
            panics,
        })
    }

    /// What was seen of a process that stood still when its clock showed `now`.
    pub(crate) fn of_still(
        target: &'t Target<'a>,
        memory: &'m dyn Memory,
        look: Look,
        panics: Vec<Panic>,
        now: Option<u64>,
    ) -> Self {
        Self {
            target,
            memory,
            read: Read::Walked(look),
            taken: SystemTime::now(),
            now,
            panics,
        }
    }

    /// Puts it in words.
    #[must_use]
    pub fn sum_up(self) -> Snapshot {
        let still = !matches!(self.read, Read::Running(_));
        let look = match self.read {
            Read::Running(copy) => look::walk(self.target, self.memory, copy, Mode::Running),
            Read::Still(copy, registers) => {
                look::walk(self.target, self.memory, copy, Mode::Still(&registers))
            }
            Read::Walked(look) => look,
        };
        let mut sums = Sums {
            target: self.target,
            reasons: wait_reasons::of(self.target.binary().version()),
            now: self.now,
            places: FxHashMap::default(),
            groups: FxHashMap::default(),
            sites: FxHashMap::default(),
        };
        let mut doubtful = BTreeMap::new();
        let mut doubtful_pending = 0;
        for seen in &look.seen {
            let pending = sums.add(seen);
            if let Some(doubt) = seen.doubt {
                *doubtful.entry(doubt).or_default() += 1;
                doubtful_pending += pending;
            }
        }
        let (groups, sites) = sums.finish();
        let release = self.target.binary().version().to_string();
        Snapshot {
            taken: self.taken,
            took: look.took,
            still,
            go_version: match self.target.binary().build_info() {
                Some(info) => info.go_version.clone(),
                None => format!("go{release}, perhaps"),
            },
            groups,
            sites,
            panics: self.panics,
            goroutines: look.seen.len(),
            again: look.again,
            doubtful,
            doubtful_pending,
            unreadable: look.unreadable,
            warnings: self.target.warnings().to_vec(),
        }
    }
}

/// What makes goroutines alike.
#[derive(PartialEq, Eq, Hash)]
struct Alike {
    status: Status,
    reason: u8,
    stack: Vec<(u64, bool)>,
    go_pc: u64,
    start_pc: u64,
}

/// The calls of a site, being counted.
struct SiteSum {
    class: &'static str,
    path: String,
    pending: u64,
    goroutines: u64,
    frames: u64,
    largest: (u64, u64),
    calls: FxHashMap<String, u64>,
    reasons: FxHashMap<String, u64>,
    longest: Option<Duration>,
    doubtful: u64,
}

struct Sums<'t, 'a> {
    target: &'t Target<'a>,
    reasons: Vec<&'static str>,
    now: Option<u64>,
    places: FxHashMap<(u64, bool), Vec<Place>>,
    groups: FxHashMap<Alike, Group>,
    sites: FxHashMap<SiteId, SiteSum>,
}

impl Sums<'_, '_> {
    /// Counts a goroutine; how many calls it has pending.
    fn add(&mut self, seen: &Seen) -> u64 {
        let words = &seen.words;
        let waits = matches!(words.status, Status::Waiting | Status::Leaked);
        let waited = self
            .now
            .filter(|_| words.wait_since != 0 && (waits || words.status == Status::Syscall))
            .and_then(|now| now.checked_sub(words.wait_since))
            .map(Duration::from_nanos);
        let reason = match self.reasons.get(usize::from(words.wait_reason)) {
            Some(reason) if waits => (*reason).to_owned(),
            None if waits => format!("reason {}", words.wait_reason),
            _ => String::new(),
        };
        // Different numbers of the same goroutine's calls at a site differ in what they call.
        let mut at_sites: BTreeMap<SiteId, (u64, Option<u32>, &'static str)> = BTreeMap::new();
        for (key, count) in &seen.pending.counts {
            let place = key
                .place
                .and_then(|place| self.target.places.get(place as usize));
            let (id, class, path, calls) = match place {
                Some(place) => (
                    place.id.clone(),
                    place.class.as_str(),
                    place.path,
                    self.target.called(place, key.function),
                ),
                // A record whose statement the code did not tell: it is named after what it calls.
                None => {
                    let name = key
                        .function
                        .map_or("?", |function| self.target.name_of(function));
                    (
                        unknown_site(name),
                        form_class(key.form),
                        "",
                        name.to_owned(),
                    )
                }
            };
            let sum = self.sites.entry(id.clone()).or_insert_with(|| SiteSum {
                class,
                path: path.to_owned(),
                pending: 0,
                goroutines: 0,
                frames: 0,
                largest: (0, 0),
                calls: FxHashMap::default(),
                reasons: FxHashMap::default(),
                longest: None,
                doubtful: 0,
            });
            sum.pending += count.calls;
            sum.frames += count.frames;
            *sum.calls.entry(calls).or_default() += count.calls;
            if seen.doubt.is_some() {
                sum.doubtful += count.calls;
            }
            at_sites.entry(id).or_insert((0, key.place, class)).0 += count.calls;
        }
        let mut pending = 0;
        for (id, (calls, ..)) in &at_sites {
            let calls = *calls;
            pending += calls;
            let Some(sum) = self.sites.get_mut(id) else {
                continue;
            };
            sum.goroutines += 1;
            sum.largest = sum.largest.max((calls, words.id));
            sum.longest = sum.longest.max(waited);
            let doing = if reason.is_empty() {
                words.status.as_str()
            } else {
                &reason
            };
            match sum.reasons.get_mut(doing) {
                Some(count) => *count += 1,
                None => {
                    sum.reasons.insert(doing.to_owned(), 1);
                }
            }
        }
        let target = self.target;
        let group = self.group(seen, reason, waited, pending);
        for (id, (calls, place, class)) in at_sites {
            match group.pending_at.iter_mut().find(|known| known.id == id) {
                Some(known) => known.calls += calls,
                None => {
                    let place = place.and_then(|place| target.places.get(place as usize));
                    group.pending_at.push(PendingAt {
                        place: Place {
                            function: place
                                .map_or(id.function.as_str(), |place| {
                                    target.name_of(place.function)
                                })
                                .to_owned(),
                            file: place.map_or("", |place| place.path).to_owned(),
                            line: id.line,
                        },
                        class,
                        id,
                        calls,
                    });
                }
            }
        }
        pending
    }

    fn group(
        &mut self,
        seen: &Seen,
        reason: String,
        waited: Option<Duration>,
        pending: u64,
    ) -> &mut Group {
        let words = &seen.words;
        let alike = Alike {
            status: words.status,
            reason: if reason.is_empty() {
                0
            } else {
                words.wait_reason
            },
            stack: seen.stack.clone(),
            go_pc: words.go_pc,
            start_pc: words.start_pc,
        };
        let (target, places) = (self.target, &mut self.places);
        let group = self.groups.entry(alike).or_insert_with_key(|alike| {
            let mut place = |pc, returned| {
                places
                    .entry((pc, returned))
                    .or_insert_with(|| shown(target, pc, returned))
                    .clone()
            };
            let mut stack = Vec::new();
            for (at, &(pc, returned)) in alike.stack.iter().enumerate() {
                // What was left out was behind the first ones.
                if seen.left_out > 0 && at == 64 {
                    stack.push(Place {
                        function: format!("… {} frames left out …", seen.left_out),
                        file: String::new(),
                        line: 0,
                    });
                }
                stack.extend(place(pc, returned));
            }
            stack.retain(|place| place.function != "runtime.goexit");
            let creator = alike.go_pc.wrapping_sub(target.bias);
            Group {
                status: alike.status,
                reason,
                stack,
                created_by: place(creator, true).into_iter().next(),
                count: 0,
                ids: Vec::new(),
                longest: None,
                pending: 0,
                pending_at: Vec::new(),
                system: is_system(target, alike.start_pc),
                doubtful: 0,
            }
        });
        group.count += 1;
        group.pending += pending;
        group.longest = group.longest.max(waited);
        group.doubtful += u64::from(seen.doubt.is_some());
        if group.ids.len() < IDS {
            group.ids.push(words.id);
        }
        group
    }

    fn finish(self) -> (Vec<Group>, Vec<SitePending>) {
        let mut groups: Vec<_> = self.groups.into_values().collect();
        for group in &mut groups {
            group.ids.sort_unstable();
        }
        groups.sort_by(|one, other| {
            let key = |group: &Group| (std::cmp::Reverse(group.count), group.ids.first().copied());
            key(one).cmp(&key(other))
        });
        let sorted = |counts: FxHashMap<String, u64>| {
            let mut counts: Vec<_> = counts.into_iter().collect();
            counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
            counts
        };
        let mut sites: Vec<_> = self
            .sites
            .into_iter()
            .map(|(id, sum)| SitePending {
                id,
                path: sum.path,
                class: sum.class,
                pending: sum.pending,
                goroutines: sum.goroutines,
                frames: sum.frames,
                largest: sum.largest.0,
                largest_in: sum.largest.1,
                calls: sorted(sum.calls),
                reasons: sorted(sum.reasons),
                longest: sum.longest,
                doubtful: sum.doubtful,
            })
            .collect();
        sites.sort_by(|one, other| {
            other
                .pending
                .cmp(&one.pending)
                .then_with(|| one.id.cmp(&other.id))
        });
        (groups, sites)
    }
}

/// The places of an instruction: what was inlined there first.
fn shown(target: &Target<'_>, pc: u64, returned: bool) -> Vec<Place> {
    let pc = if returned { pc.saturating_sub(1) } else { pc };
    let frames = target.binary().frames_at(pc);
    let shown = frames.into_iter().map(|frame| Place {
        function: frame.function.to_owned(),
        file: frame.file.to_owned(),
        line: frame.line,
    });
    shown.collect()
}

/// Whether a goroutine that started with a function belongs to the runtime, as Go sees it.
fn is_system(target: &Target<'_>, start_pc: u64) -> bool {
    target.function_at(start_pc).is_some_and(|function| {
        let name = target.name_of(function);
        name.starts_with("runtime.") && !matches!(name, "runtime.main" | "runtime.handleAsyncEvent")
    })
}

const fn form_class(form: Form) -> &'static str {
    match form {
        Form::Slot => "open-coded",
        Form::OnStack => "stack-allocated",
        Form::OnHeap | Form::Ranged => "heap-allocated",
    }
}

/// What stands for a `defer` statement that is not known.
fn unknown_site(calls: &str) -> SiteId {
    SiteId {
        package: String::new(),
        function: format!("a defer of {calls}"),
        file: String::new(),
        line: 0,
        ordinal: 1,
    }
}
