//! All defers of a program: where, of which class, and what they call.
//!
//! Open-coded defers leave their closure in a slot of the frame; the instruction that stores it there is the
//! site. The others call the runtime, and the call is the site. The line of a site is the line of its
//! `defer` statement either way.

use std::collections::{HashMap, HashSet};

use crate::Binary;
use crate::code::{self, Event, State, Value};
use crate::image::Arch;
use crate::open_defers::OpenDefers;
use crate::pclntab::{FuncId, Function, Run};

/// The class of a defer, as `go build -gcflags=-d=defer` calls it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// The calls are written out at the end of the function: nearly free.
    OpenCoded,
    /// A record on the stack.
    StackAllocated,
    /// A record on the heap, or from a pool.
    HeapAllocated,
}

impl Class {
    /// The compiler's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenCoded => "open-coded",
            Self::StackAllocated => "stack-allocated",
            Self::HeapAllocated => "heap-allocated",
        }
    }
}

/// What makes a site's promise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Maker {
    /// The slot of an open-coded defer with this number.
    Slot(u8),
    /// `runtime.deferprocStack`
    DeferprocStack,
    /// `runtime.deferproc`
    Deferproc,
    /// `runtime.deferprocat`: in the body of a range over a function, for the function around it.
    Deferprocat,
}

impl Maker {
    /// The class that it means.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::Slot(_) => Class::OpenCoded,
            Self::DeferprocStack => Class::StackAllocated,
            Self::Deferproc | Self::Deferprocat => Class::HeapAllocated,
        }
    }
}

/// A `defer` statement, as the compiler made it into this function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeferSite<'a> {
    /// The function whose code it is in.
    pub function: FuncId,
    /// The instruction: the call of the runtime, or the store into the slot.
    pub pc: u64,
    /// What makes the promise.
    pub maker: Maker,
    /// The file of the statement.
    pub file: &'a str,
    /// Its line.
    pub line: u32,
    /// What is called at the end, if the code tells it: a function literal, a function, or the compiler's
    /// wrapper around a call.
    pub target: Option<FuncId>,
}

impl DeferSite<'_> {
    /// Its class.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.maker.class()
    }
}

/// A function with defers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeferFunction<'a> {
    /// The function.
    pub function: FuncId,
    /// Its open-coded defers.
    pub open: Option<OpenDefers>,
    /// Whether the defers of bodies of ranges over functions in it end up with it.
    pub ranges_over_functions: bool,
    /// Its defers, in the order of the code.
    pub sites: Vec<DeferSite<'a>>,
    /// Open-coded defers that no instruction reaches: the compiler found out late that they never run.
    pub unreachable: Vec<u8>,
}

/// All defers of a program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Defers<'a> {
    /// The functions that have some, by address.
    pub functions: Vec<DeferFunction<'a>>,
    /// The functions that call `recover`, by address.
    pub recovering: Vec<FuncId>,
}

impl<'a> Defers<'a> {
    /// All sites, by address.
    pub fn sites(&self) -> impl Iterator<Item = &DeferSite<'a>> {
        self.functions.iter().flat_map(|function| &function.sites)
    }
}

/// A function of the runtime whose calls are looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Runtime {
    Make(Maker),
    RangeFunc,
    Recover,
}

const RUNTIME: [(&str, Runtime); 5] = [
    ("runtime.deferproc", Runtime::Make(Maker::Deferproc)),
    (
        "runtime.deferprocStack",
        Runtime::Make(Maker::DeferprocStack),
    ),
    ("runtime.deferprocat", Runtime::Make(Maker::Deferprocat)),
    ("runtime.deferrangefunc", Runtime::RangeFunc),
    ("runtime.gorecover", Runtime::Recover),
];

/// Where the function is in a `_defer` record, in all releases.
const RECORD_FUNCTION: i64 = 24;

impl<'a> Binary<'a> {
    /// Finds all defers of the program.
    #[must_use]
    pub fn defers(&self) -> Defers<'a> {
        let table = self.functions();
        let mut runtime = HashMap::new();
        let mut wanted = HashSet::new();
        for function in table.iter() {
            if let Some((_, kind)) = RUNTIME.iter().find(|(name, _)| *name == function.name) {
                runtime.insert(function.entry, *kind);
            }
            if function.deferreturn != 0 || self.open_defers(&function).is_some() {
                wanted.insert(function.id);
            }
        }
        wanted.extend(self.callers(&runtime));
        let mut wanted: Vec<_> = wanted.into_iter().collect();
        wanted.sort_unstable();
        let mut defers = Defers::default();
        for id in wanted {
            let Some(function) = table.function(id).filter(|function| !function.assembly) else {
                continue;
            };
            let mut search = Search::new(self, function, &runtime);
            search.run();
            if search.recovers {
                defers.recovering.push(id);
            }
            let found = search.finish();
            if !found.sites.is_empty() || found.open.is_some() || found.ranges_over_functions {
                defers.functions.push(found);
            }
        }
        defers
    }

    /// The functions in which there seems to be a call of one of `targets`.
    fn callers(&self, targets: &HashMap<u64, Runtime>) -> HashSet<FuncId> {
        let mut entries: Vec<u64> = targets.keys().copied().collect();
        entries.sort_unstable();
        let module = self.module_data();
        let Some(text) = self.image().tail(module.text) else {
            return HashSet::new();
        };
        let len = usize::try_from(module.text_end - module.text).unwrap_or(usize::MAX);
        let text = &text[..len.min(text.len())];
        code::likely_calls(self.image().arch(), text, module.text, &entries)
            .into_iter()
            .filter_map(|pc| self.functions().at(pc))
            .map(|function| function.id)
            .collect()
    }
}

/// The search for the defers of one function.
struct Search<'b, 'a> {
    binary: &'b Binary<'a>,
    function: Function<'a>,
    runtime: &'b HashMap<u64, Runtime>,
    open: Option<OpenDefers>,
    deltas: Vec<Run>,
    sites: Vec<DeferSite<'a>>,
    /// Stores of zero into slots: the prologue's, or those of nil functions.
    zeroed: Vec<(u64, u8)>,
    ranges_over_functions: bool,
    recovers: bool,
}

impl<'b, 'a> Search<'b, 'a> {
    fn new(
        binary: &'b Binary<'a>,
        function: Function<'a>,
        runtime: &'b HashMap<u64, Runtime>,
    ) -> Self {
        let open = binary.open_defers(&function);
        let deltas = if open.is_some() {
            binary.functions().stack_deltas(&function).collect()
        } else {
            Vec::new()
        };
        Self {
            binary,
            function,
            runtime,
            open,
            deltas,
            sites: Vec::new(),
            zeroed: Vec::new(),
            ranges_over_functions: false,
            recovers: false,
        }
    }

    fn run(&mut self) {
        let code = self.binary.code(&self.function);
        let arch = self.binary.image().arch();
        code::walk(
            arch,
            code,
            self.function.entry,
            &mut |pc, event, state| match event {
                Event::Call(target) => match self.runtime.get(&target) {
                    Some(Runtime::Make(maker)) => self.made(pc, *maker, state),
                    Some(Runtime::RangeFunc) => self.ranges_over_functions = true,
                    Some(Runtime::Recover) => self.recovers = true,
                    None => {}
                },
                Event::Store { at, value } => self.stored(pc, at, value, state),
            },
        );
    }

    /// The runtime is told to remember a defer.
    fn made(&mut self, pc: u64, maker: Maker, state: &State) {
        let closure = match (maker, state.argument()) {
            (Maker::DeferprocStack, Value::Stack(record)) => state.stack(record + RECORD_FUNCTION),
            (Maker::DeferprocStack, _) => Value::Unknown,
            (_, argument) => argument,
        };
        self.site(pc, maker, self.called_through(closure, state));
    }

    /// A word is stored on the stack.
    fn stored(&mut self, pc: u64, at: i64, value: Value, state: &State) {
        let Some(open) = &self.open else {
            return;
        };
        let run = self.deltas.partition_point(|run| run.end <= pc);
        let Some(run) = self.deltas.get(run).filter(|run| run.start <= pc) else {
            return;
        };
        let slot = open
            .slots
            .iter()
            .position(|&slot| OpenDefers::from_stack_pointer(slot, run.value) == at);
        let Some(slot) = slot.and_then(|slot| u8::try_from(slot).ok()) else {
            return;
        };
        if value == Value::Known(0) {
            self.zeroed.push((pc, slot));
            return;
        }
        self.site(pc, Maker::Slot(slot), self.called_through(value, state));
    }

    /// The function that calling a closure calls.
    fn called_through(&self, closure: Value, state: &State) -> Option<FuncId> {
        let table = self.binary.functions();
        match closure {
            Value::Known(address) => self.binary.closure_at(address),
            _ => match state.load(closure) {
                Value::Known(entry) => table.at(entry).filter(|f| f.entry == entry),
                _ => None,
            },
        }
        .map(|function| function.id)
    }

    fn site(&mut self, pc: u64, maker: Maker, target: Option<FuncId>) {
        // A function with defers is never inlined: the statement is in the outermost frame.
        let frames = self.binary.frames_in(&self.function, pc);
        let Some(frame) = frames.last() else {
            return;
        };
        self.sites.push(DeferSite {
            function: self.function.id,
            pc,
            maker,
            file: frame.file,
            line: frame.line,
            target,
        });
    }

    fn finish(mut self) -> DeferFunction<'a> {
        let slots = self.open.as_ref().map_or(0, |open| open.slots.len());
        let has = |sites: &[DeferSite<'_>], slot: u8| {
            sites.iter().any(|site| site.maker == Maker::Slot(slot))
        };
        let zeroed = std::mem::take(&mut self.zeroed);
        let mut unreachable = Vec::new();
        for slot in (0..slots).filter_map(|slot| u8::try_from(slot).ok()) {
            if has(&self.sites, slot) {
                continue;
            }
            // The defer of a function that is known to be nil; the prologue has the line of `func`.
            let prologue = self.binary.declared_at(&self.function);
            for &(pc, _) in zeroed.iter().filter(|&&(_, zeroed)| zeroed == slot) {
                self.site(pc, Maker::Slot(slot), None);
                if let Some(site) = self
                    .sites
                    .pop_if(|site| Some((site.file, site.line)) == prologue)
                {
                    debug_assert_eq!(site.pc, pc, "the site was put there just now");
                }
            }
            if !has(&self.sites, slot) {
                unreachable.push(slot);
            }
        }
        self.sites.sort_by_key(|site| site.pc);
        // Code that was duplicated stores into the same slot more than once.
        let mut seen = HashSet::new();
        self.sites.retain(|site| {
            !matches!(site.maker, Maker::Slot(_)) || seen.insert((site.maker, site.line))
        });
        DeferFunction {
            function: self.function.id,
            open: self.open,
            ranges_over_functions: self.ranges_over_functions,
            sites: self.sites,
            unreachable,
        }
    }
}

impl Arch {
    /// Whether the address of the caller is on the stack, between frames.
    #[must_use]
    pub const fn pushes_return_address(self) -> bool {
        matches!(self, Self::Amd64)
    }
}
