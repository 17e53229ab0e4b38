//! Where probes go: for each defer site an instruction that runs once whenever its promise is made, and those
//! that run before it is kept.
//!
//! The kernel replaces the instruction under a probe by a trap. Calls, jumps, pushes and no-operations it
//! then does itself, for about half a microsecond; all others the processor must do in a single step, which
//! is twenty to forty times as dear. So a promise is seen at a *cheap* instruction that runs exactly as often
//! as it is made, if there is one.

use std::collections::{HashMap, HashSet};

use go_binary::{
    Binary, Class, DeferFunction, DeferSite, Defers, Function, Maker, OpenDefers, SiteId,
};

use super::flow::Flow;
use crate::bpf::uprobe::Kind;

/// A defer site in one function of the program: a site of the source has as many as it was compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The site.
    pub id: SiteId,
    /// Its class.
    pub class: Class,
    /// The function that it is in, as it stands in stack traces.
    pub symbol: String,
    /// The path of its file, as the compiler knew it.
    pub path: String,
    /// What it is counted at.
    pub counted: Counted,
    /// Whether the time that promises wait can be taken.
    pub held: bool,
}

/// What a site is counted at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// At an instruction as the promise is made.
    Made,
    /// At an instruction before that, in the same function, which runs as often: the time that promises wait
    /// is a little too long.
    Before,
    /// When the promise is kept.
    Kept,
}

/// A probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    /// Where in the file.
    pub offset: u64,
    /// What is done there.
    pub kind: Kind,
    /// For which slot; for none, the number of slots.
    pub slot: u32,
    /// How far the stack pointer is below its value at the entry of the function that promised.
    pub adjust: i64,
    /// Whether the processor must step over the instruction.
    pub dear: bool,
    /// Whether hits of it are the count of its slot.
    pub counts: bool,
}

/// All probes for a program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// The sites.
    pub slots: Vec<Slot>,
    /// The probes.
    pub points: Vec<Point>,
    /// The probe where panics start.
    pub panic: Option<usize>,
    /// The probe where panics end.
    pub recover: Option<usize>,
    /// Sites for which no place was found.
    pub unplaced: Vec<SiteId>,
}

impl Plan {
    /// Finds places for the sites that `wanted` names; with those for held times, or without.
    #[must_use]
    pub fn new(
        binary: &Binary<'_>,
        file: &[u8],
        wanted: &dyn Fn(&SiteId) -> bool,
        held: bool,
    ) -> Self {
        let defers = binary.defers();
        let ids = binary.identities(&defers);
        let mut planner = Planner {
            binary,
            file,
            held,
            plan: Self::default(),
            deferreturn: entry(binary, "runtime.deferreturn"),
            fatal: binary
                .functions()
                .iter()
                .filter(|function| never_returns(function.name))
                .map(|function| function.entry)
                .collect(),
        };
        planner.all(&defers, &ids, wanted);
        planner.plan
    }
}

/// What the compiler calls when an index is out of range and the like, and what `panic` is.
fn never_returns(name: &str) -> bool {
    ["runtime.panic", "runtime.goPanic", "runtime.gopanic"]
        .iter()
        .any(|start| name.starts_with(start))
}

fn entry(binary: &Binary<'_>, name: &str) -> Option<u64> {
    binary.function_named(name).map(|function| function.entry)
}

struct Planner<'b, 'a> {
    binary: &'b Binary<'a>,
    file: &'b [u8],
    held: bool,
    plan: Plan,
    deferreturn: Option<u64>,
    /// Functions that do not return.
    fatal: HashSet<u64>,
}

impl<'a> Planner<'_, 'a> {
    fn all(&mut self, defers: &Defers<'a>, ids: &[SiteId], wanted: &dyn Fn(&SiteId) -> bool) {
        let mut ids = ids.iter();
        for found in &defers.functions {
            let ids: Vec<_> = ids.by_ref().take(found.sites.len()).collect();
            // The runtime itself also runs where there is no goroutine.
            if !ids.iter().any(|id| id.package != "runtime" && wanted(id)) {
                continue;
            }
            let Some(function) = self.binary.functions().function(found.function) else {
                continue;
            };
            let flow = Flow::decode(self.binary.code(&function), function.entry, &self.fatal);
            for (site, id) in found.sites.iter().zip(ids) {
                if wanted(id) {
                    self.site(found, &function, &flow, site, id);
                }
            }
        }
        self.plan.panic = self.runtime("runtime.gopanic", Kind::Panic);
        self.plan.recover = self.runtime("runtime.recovery", Kind::Count);
    }

    fn site(
        &mut self,
        found: &DeferFunction<'a>,
        function: &Function<'a>,
        flow: &Flow,
        site: &DeferSite<'a>,
        id: &SiteId,
    ) {
        let slot = u32::try_from(self.plan.slots.len()).unwrap_or(u32::MAX);
        let runs =
            match (&found.open, site.maker) {
                (Some(open), Maker::Slot(_)) => {
                    let mut runs = self.open_coded_runs(open, function, flow, site, slot);
                    // Where the function goes on after a panic was recovered.
                    if !runs.is_empty() {
                        runs.extend(self.record_runs(function, flow, slot).into_iter().map(
                            |run| Point {
                                counts: false,
                                ..run
                            },
                        ));
                    }
                    runs
                }
                // The record goes to the frame of another function.
                (_, Maker::Deferprocat) => Vec::new(),
                _ => self.record_runs(function, flow, slot),
            };
        let made = match site.maker {
            Maker::Slot(_) => flow.made(site.pc),
            _ => Some((site.pc, Counted::Made)),
        };
        let mut points: Vec<Point> = Vec::new();
        let counted = match made {
            Some((pc, counted)) => {
                points.extend(self.made(function, pc, slot, false));
                counted
            }
            None if !runs.is_empty() => Counted::Kept,
            None => {
                points.extend(self.made(function, site.pc, slot, true));
                Counted::Made
            }
        };
        let held = self.held && counted != Counted::Kept && !runs.is_empty();
        if !held {
            for point in &mut points {
                point.kind = Kind::Count;
            }
        }
        if held || counted == Counted::Kept {
            points.extend(runs.iter().map(|&run| Point {
                kind: if held { Kind::Run } else { Kind::Count },
                counts: counted == Counted::Kept,
                ..run
            }));
        }
        if points.is_empty() {
            self.plan.unplaced.push(id.clone());
            return;
        }
        self.plan.points.extend(points);
        self.plan.slots.push(Slot {
            id: id.clone(),
            class: site.class(),
            symbol: function.name.to_owned(),
            path: site.file.to_owned(),
            counted,
            held,
        });
    }

    /// The probe where a promise is made.
    fn made(&self, function: &Function<'a>, pc: u64, slot: u32, dear: bool) -> Option<Point> {
        Some(Point {
            offset: self.offset(pc)?,
            kind: Kind::Register,
            slot,
            adjust: self.binary.stack_delta(function, pc)?.into(),
            dear,
            counts: true,
        })
    }

    /// Where the records of a frame are worked off.
    fn record_runs(&self, function: &Function<'a>, flow: &Flow, slot: u32) -> Vec<Point> {
        let Some(deferreturn) = self.deferreturn else {
            return Vec::new();
        };
        let calls = flow.calls(deferreturn);
        calls
            .filter_map(|pc| self.run(function, pc, slot))
            .collect()
    }

    fn run(&self, function: &Function<'a>, pc: u64, slot: u32) -> Option<Point> {
        Some(Point {
            offset: self.offset(pc)?,
            kind: Kind::Run,
            slot,
            adjust: self.binary.stack_delta(function, pc)?.into(),
            dear: false,
            counts: false,
        })
    }

    /// Where an open-coded defer is run: in what it calls, or where that is called.
    fn open_coded_runs(
        &self,
        open: &OpenDefers,
        function: &Function<'a>,
        flow: &Flow,
        site: &DeferSite<'a>,
        slot: u32,
    ) -> Vec<Point> {
        let target = site
            .target
            .and_then(|target| self.binary.functions().function(target));
        let Some(target) = target else {
            return Vec::new();
        };
        let Some(delta) = self.binary.stack_delta(function, site.pc) else {
            return Vec::new();
        };
        // What starts on the line of the statement is there for it alone: a literal, or a wrapper.
        let own = self
            .binary
            .declared_at(&target)
            .is_some_and(|(file, line)| (file, line) == (site.file, site.line));
        if own
            && let Some(push) = push_of_frame(self.binary.code(&target), target.entry)
            && let Some(offset) = self.offset(push)
        {
            return vec![Point {
                offset,
                kind: Kind::Run,
                slot,
                // It was called from there: the return address is between.
                adjust: i64::from(delta) + 8,
                dear: false,
                counts: false,
            }];
        }
        let bits = OpenDefers::from_stack_pointer(open.bits, delta);
        flow.calls_after_bits(target.entry, bits)
            .filter_map(|pc| self.run(function, pc, slot))
            .collect()
    }

    fn runtime(&mut self, name: &str, kind: Kind) -> Option<usize> {
        let function = self.binary.function_named(name)?;
        let push = push_of_frame(self.binary.code(&function), function.entry)?;
        let offset = self.offset(push)?;
        self.plan.points.push(Point {
            offset,
            kind,
            slot: u32::MAX,
            adjust: 0,
            dear: false,
            counts: false,
        });
        Some(self.plan.points.len() - 1)
    }

    /// Where an address is in the file.
    fn offset(&self, address: u64) -> Option<u64> {
        let data = self.binary.image().tail(address)?;
        let at = data
            .as_ptr()
            .addr()
            .checked_sub(self.file.as_ptr().addr())?;
        (at < self.file.len()).then_some(at as u64)
    }
}

/// The instruction with which a function makes its frame, if it makes one right away.
fn push_of_frame(code: &[u8], entry: u64) -> Option<u64> {
    /// The check of the stack takes three, and wrappers have a check of their own.
    const PROLOGUE: usize = 12;
    let flow = Flow::decode(code, entry, &HashSet::new());
    flow.steps
        .iter()
        .take(PROLOGUE)
        .find(|step| step.pushes_frame)
        .map(|step| step.pc)
}

/// The slots of each site, by their numbers.
#[must_use]
pub fn by_site(slots: &[Slot]) -> Vec<(SiteId, Vec<usize>)> {
    let mut found: HashMap<&SiteId, Vec<usize>> = HashMap::new();
    for (number, slot) in slots.iter().enumerate() {
        found.entry(&slot.id).or_default().push(number);
    }
    let mut sites: Vec<_> = found
        .into_iter()
        .map(|(id, slots)| (id.clone(), slots))
        .collect();
    sites.sort();
    sites
}
