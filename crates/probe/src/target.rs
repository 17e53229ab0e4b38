//! A Go program together with the place where it was loaded: what addresses of its memory mean.

use std::cell::RefCell;

use go_binary::{
    Arch, Binary, Class, Defers, FuncId, Maker, OpenDefers, RuntimeLayout, Site, SiteId, Symbol,
    Version,
};
use rustc_hash::FxHashMap;

use crate::memory::Copied;

/// Why the memory of a program cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no Go program.
    #[error("{0}")]
    Binary(#[from] go_binary::Error),
    /// It is too old.
    #[error("it was built by Go {release}; processes of Go 1.21 and later can be looked into")]
    OldRelease {
        /// The release.
        release: Version,
    },
    /// The code that leads to the goroutines is not as we know it.
    #[error("the list of goroutines was not found in its code; is the runtime changed?")]
    NoGoroutines,
    /// The memory is of another program.
    #[error("the memory is not that of this program: it was built at another time, or replaced")]
    Mismatch,
    /// Nothing can be read.
    #[error("its memory cannot be read")]
    Unreadable,
}

/// What is known of an instruction in a stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// How far the stack pointer is below its value on entry.
    pub(crate) delta: i32,
    /// The open-coded defers of the function: the number of its [`go_binary::DeferFunction`].
    pub(crate) open: Option<u32>,
    pub(crate) kind: Kind,
}

/// What a function means for those who unwind stacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Ordinary,
    /// Nothing called it.
    Outermost,
    /// It was put between two instructions: its caller goes on at exactly that address.
    Interrupt,
    /// A stub: the goroutine is on the stack of its thread.
    SystemStack,
    /// It takes up a goroutine where that stopped.
    Resume,
    /// The kernel called it, for a signal.
    Signal,
}

/// A program and where it was loaded.
#[derive(Debug)]
pub struct Target<'a> {
    pub(crate) binary: Binary<'a>,
    /// What is added to addresses in the file.
    pub(crate) bias: u64,
    pub(crate) layout: RuntimeLayout,
    pub(crate) defers: Defers<'a>,
    /// All sites as the code has them, with the identity of each.
    pub(crate) places: Vec<Place<'a>>,
    /// By the address behind the call that makes a record.
    by_return: FxHashMap<u64, u32>,
    /// By the function that is called at the end.
    by_target: FxHashMap<FuncId, Vec<u32>>,
    /// The first place of each function of `defers`, by its number there.
    first_place: Vec<u32>,
    open: FxHashMap<FuncId, u32>,
    sites: FxHashMap<SiteId, Site>,
    /// The length and the start of the list of goroutines, as they are loaded.
    pub(crate) goroutines: (u64, u64),
    at: RefCell<FxHashMap<(u64, bool), Option<At>>>,
    /// What should be known about the result.
    pub(crate) warnings: Vec<String>,
}

/// A `defer` statement in a function of the program.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) function: FuncId,
    pub(crate) id: SiteId,
    pub(crate) class: Class,
    pub(crate) maker: Maker,
    pub(crate) path: &'a str,
}

impl<'a> Target<'a> {
    /// Finds the tables of a program whose first instruction was loaded at `entry`.
    ///
    /// # Errors
    ///
    /// If it is no Go program, was built by a Go before 1.21, or its code does not lead to the goroutines.
    pub fn new(bytes: &'a [u8], entry: u64) -> Result<Self, TargetError> {
        let binary = Binary::parse(bytes)?;
        let release = binary.version();
        let mut warnings = Vec::new();
        if binary.build_info().is_none() {
            warnings.push(format!(
                "the program does not say which Go built it; the structures of Go {release} are assumed"
            ));
        }
        if binary.image().arch() == Arch::Arm64 {
            warnings.push(
                "no snapshot of an arm64 program was ever compared with the truth: numbers may be wrong"
                    .to_owned(),
            );
        }
        let layout = match RuntimeLayout::of(release) {
            Some(layout) => layout,
            None if release > Binary::NEWEST => {
                match RuntimeLayout::read(binary.image(), release) {
                    Ok(layout) => {
                        warnings.push(format!(
                        "Go {release} is newer than this deferscope knows; its structures were read from the \
                         program's debug information"
                    ));
                        layout
                    }
                    Err(error) => {
                        warnings.push(format!(
                        "Go {release} is newer than this deferscope knows, and {error}: the structures of Go \
                         {} are assumed",
                        Binary::NEWEST
                    ));
                        RuntimeLayout::of(Binary::NEWEST).ok_or(TargetError::NoGoroutines)?
                    }
                }
            }
            None => return Err(TargetError::OldRelease { release }),
        };
        let bias = entry.wrapping_sub(binary.image().entry());
        let (length, first) = binary.goroutine_list().ok_or(TargetError::NoGoroutines)?;
        let defers = binary.defers();
        let sites = binary.sites(&defers);
        let identities = binary.identities(&defers);
        let call = match binary.image().arch() {
            Arch::Amd64 => 5,
            Arch::Arm64 => 4,
        };
        let mut places = Vec::with_capacity(identities.len());
        let mut by_return = FxHashMap::default();
        let mut by_target: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut first_place = Vec::new();
        let mut open = FxHashMap::default();
        let mut identities = identities.into_iter();
        for (number, found) in (0..).zip(&defers.functions) {
            first_place.push(count(&places));
            if found.open.is_some() {
                open.insert(found.function, number);
            }
            for (site, id) in found.sites.iter().zip(&mut identities) {
                let place = count(&places);
                if !matches!(site.maker, Maker::Slot(_)) {
                    by_return.insert(site.pc + call, place);
                }
                if let Some(target) = site.target {
                    by_target.entry(target).or_default().push(place);
                }
                places.push(Place {
                    function: site.function,
                    id,
                    class: site.class(),
                    maker: site.maker,
                    path: site.file,
                });
            }
        }
        Ok(Self {
            bias,
            layout,
            places,
            by_return,
            by_target,
            first_place,
            open,
            sites: sites
                .into_iter()
                .map(|site| (site.id.clone(), site))
                .collect(),
            goroutines: (length.wrapping_add(bias), first.wrapping_add(bias)),
            at: RefCell::default(),
            warnings,
            defers,
            binary,
        })
    }

    /// The program.
    #[must_use]
    pub const fn binary(&self) -> &Binary<'a> {
        &self.binary
    }

    /// What should be known about the result.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The `defer` statement with an identity.
    #[must_use]
    pub fn site(&self, id: &SiteId) -> Option<&Site> {
        self.sites.get(id)
    }

    /// Whether the memory is of this program: the runtime's description of it must say what the file says.
    pub(crate) fn check(&self, memory: &Copied<'_>) -> Result<(), TargetError> {
        let module = self.binary.module_data();
        let [text, end] = [176, 184]
            .map(|offset| memory.word(module.address.wrapping_add(self.bias).wrapping_add(offset)));
        match (text, end) {
            (Some(text), Some(end))
                if text == module.text.wrapping_add(self.bias)
                    && end == module.text_end.wrapping_add(self.bias) =>
            {
                Ok(())
            }
            (Some(_), Some(_)) => Err(TargetError::Mismatch),
            _ => Err(TargetError::Unreadable),
        }
    }

    /// What is known of the instruction at `pc`, an address of the file. For `returned` it is where a call
    /// comes back to, which can lie behind the function.
    pub(crate) fn at(&self, pc: u64, returned: bool) -> Option<At> {
        if let Some(known) = self.at.borrow().get(&(pc, returned)) {
            return *known;
        }
        let known = self.look_up(pc, returned);
        self.at.borrow_mut().insert((pc, returned), known);
        known
    }

    fn look_up(&self, pc: u64, returned: bool) -> Option<At> {
        let inside = if returned { pc.checked_sub(1)? } else { pc };
        let function = self.binary.functions().at(inside)?;
        let delta = self
            .binary
            .stack_delta(&function, pc)
            .or_else(|| self.binary.stack_delta(&function, inside))?;
        let kind = match function.name {
            "runtime.goexit" | "runtime.mstart" | "runtime.mstart0" | "runtime.mstart1"
            | "runtime.rt0_go" | "runtime.mcall" | "runtime.morestack" => Kind::Outermost,
            "runtime.sigpanic" | "runtime.asyncPreempt" | "runtime.sigpanic0" => Kind::Interrupt,
            "runtime.systemstack_switch" => Kind::SystemStack,
            "runtime.gogo" | "gogo" => Kind::Resume,
            "runtime.sigtramp" => Kind::Signal,
            _ => Kind::Ordinary,
        };
        Some(At {
            delta,
            open: self.open.get(&function.id).copied(),
            kind,
        })
    }

    /// The place whose call of the runtime comes back to `pc`, or else the one that calls `function` at the
    /// end and whose record has no address of its own.
    pub(crate) fn place_of_record(&self, pc: u64, function: Option<FuncId>) -> Option<u32> {
        if let Some(&place) = self.by_return.get(&pc.wrapping_sub(self.bias)) {
            return Some(place);
        }
        let candidates = self.by_target.get(&function?)?;
        let ranged = |&&place: &&u32| {
            let place = usize::try_from(place)
                .ok()
                .and_then(|at| self.places.get(at));
            place.is_some_and(|place| place.maker == Maker::Deferprocat)
        };
        candidates.iter().find(ranged).copied()
    }

    /// The place of a slot of the function with this number, and the open-coded defers of that function.
    pub(crate) fn place_of_slot(&self, function: u32, slot: u8) -> Option<u32> {
        let at = function as usize;
        let found = self.defers.functions.get(at)?;
        let within = found
            .sites
            .iter()
            .position(|site| site.maker == Maker::Slot(slot))?;
        Some(self.first_place.get(at)? + u32::try_from(within).ok()?)
    }

    /// The open-coded defers of the function with this number, and the first instruction that makes one.
    pub(crate) fn open_defers(&self, function: u32) -> Option<(&OpenDefers, u64)> {
        let found = self.defers.functions.get(function as usize)?;
        let first = found.sites.iter().map(|site| site.pc).min();
        Some((found.open.as_ref()?, first.unwrap_or(0)))
    }

    /// The function whose code starts at `entry`, as it is loaded.
    pub(crate) fn function_at(&self, entry: u64) -> Option<FuncId> {
        let entry = entry.wrapping_sub(self.bias);
        let found = self.binary.functions().at(entry)?;
        (found.entry == entry).then_some(found.id)
    }

    pub(crate) fn name_of(&self, function: FuncId) -> &'a str {
        self.binary
            .functions()
            .function(function)
            .map_or("?", |function| function.name)
    }

    /// What a deferred function calls, in words: behind the wrapper of the compiler.
    pub(crate) fn called(&self, place: &Place<'_>, function: Option<FuncId>) -> String {
        let known = self
            .sites
            .get(&place.id)
            .and_then(|site| site.calls.clone());
        match function.map(|function| self.name_of(function)) {
            Some(name) if Symbol::parse(name).is_wrapper() => {
                known.unwrap_or_else(|| name.to_owned())
            }
            Some(name) => name.to_owned(),
            None => known.unwrap_or_else(|| "?".to_owned()),
        }
    }
}

fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
