//! Goroutines that can never go on.
//!
//! From a function that starts goroutines, a small program is run in all the ways that matter: the
//! function itself, the goroutines, and the functions of the package that they call. Channels, locks,
//! wait groups, conditions and contexts that are made there are followed through variables, fields,
//! parameters and literals; what is not known (results of other packages, parameters of the first
//! function) may be anything, and what is handed to code that is not followed is left alone from then
//! on. In a state in which a goroutine waits for something that nobody who still runs can get hold
//! of, it waits for ever.
//!
//! `declared` has the functions, `program` what is known of them, `paths` the fields, `state` a state, `ops`
//! the operations, `eval` expressions (`numbers` those of operators), `places` what is assigned to, `calls`
//! and `frames` calls, `step` statements, `conditions` what decides between ways, `sched` what can happen
//! next, `same` which states are alike, and `judge` tells who is stuck.
//!
//! Objects whose methods are called from outside are no part of this; `served` looks at the channels in
//! their fields.
//!
//! The bounds: [`MAX_STATES`] states and [`MAX_STEPS`] steps for each first function, two switches between goroutines that
//! could both go on, a handful of goroutines at a time and of calls within each other; loops whose
//! end is not known run twice, and those that are written to run more than three times run three
//! times. [`Stuck`] is told only of what was seen within them; [`StuckGoroutines::bounded`] counts the
//! functions for which they were not enough.

mod calls;
mod conditions;
mod declared;
mod eval;
mod frames;
mod judge;
mod numbers;
mod ops;
mod paths;
mod places;
mod program;
mod same;
mod sched;
mod served;
mod state;
mod step;

#[cfg(test)]
mod tests;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use go_syntax::{ExprId, Features, FuncId, Span};
use go_types::{Body, PackageCx};
use rustc_hash::FxHashSet;

use declared::is_test;
use eval::Machine;
use program::Program;
use sched::{Move, Wrong};
use state::{State, Status};

/// So many states are looked at for each first function.
const MAX_STATES: usize = 800;

/// So many steps are made for each first function, all states together, in a small package.
const MAX_STEPS: u32 = 16_000;

/// So many steps are made for all first functions of a package together, if that leaves each of them
/// [`MIN_STEPS`].
const PACKAGE_STEPS: u32 = 50_000;

/// So many steps are made for each first function at least.
const MIN_STEPS: u32 = 1_000;

/// So many tests that start goroutines only by what they call are looked at in a package.
const MAX_TESTS: usize = 8;

/// So many times a goroutine that could go on has to wait for another one.
const MAX_SWITCHES: usize = 2;

/// A place in the package.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Site {
    /// The file, as index into those of the package.
    pub file: u32,
    /// The declared function.
    pub root: FuncId,
    /// The function or literal within it.
    pub func: FuncId,
    /// The source.
    pub span: Span,
}

/// What a goroutine waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Waits {
    Send,
    Receive,
    Range,
    Select,
    Lock,
    Group,
    Cond,
    Other,
}

/// In which way a goroutine is stuck.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StuckKind {
    /// Nobody receives what it sends.
    Send,
    /// Nobody receives what it sends after it has sent to the same channel at another place.
    SecondSend,
    /// It is one of several that send, and the receiver left before it had all.
    SendOfMany,
    /// Nobody sends what it wants to receive.
    Receive,
    /// It ranges over a channel that nobody closes.
    Range,
    /// The channel is nil.
    NilChannel,
    /// It waits for a lock that somebody keeps who has ended.
    Lock,
    /// It waits for a group or a condition that nobody ends.
    Wait,
    /// Goroutines wait for each other, or one for itself.
    Circular,
    /// It sends to a channel that is closed by then.
    SendAfterClose,
    /// It closes a channel that is closed by then.
    DoubleClose,
}

/// Something that a goroutine keeps while it is stuck.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// A lock, and where it was taken.
    Lock(Site),
    /// A deferred call that never comes.
    Defer(Site),
}

/// Another goroutine that is stuck with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Other {
    /// Where.
    pub site: Site,
    /// For what.
    pub waits: Waits,
}

/// A goroutine that can never go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stuck {
    /// In which way.
    pub kind: StuckKind,
    /// What it waits for.
    pub waits: Waits,
    /// The operation.
    pub site: Site,
    /// The channel or other operand of the operation, in the same file.
    pub operand: Option<ExprId>,
    /// Where the channel was made, and how much room it has.
    pub made: Option<(Site, usize)>,
    /// The call of the `go` statement; none for the first function itself.
    pub started: Option<Site>,
    /// The `return` by which the function that made the channel was left.
    pub left: Option<Site>,
    /// The loop that serves the channel: where it is left, or where it starts when it waits for itself.
    pub served: Option<Site>,
    /// An earlier send of the same goroutine to the same channel.
    pub sent_before: Option<Site>,
    /// Who else is stuck.
    pub others: Vec<Other>,
    /// What it keeps meanwhile.
    pub holds: Vec<Held>,
}

/// The goroutines of a package that can never go on.
#[derive(Clone, Debug, Default)]
pub struct StuckGoroutines {
    /// All of them, those of one function after each other.
    pub all: Vec<Stuck>,
    /// How many first functions were looked at.
    pub explored: usize,
    /// For how many of them the bounds were not enough.
    pub bounded: usize,
}

/// From which functions on the goroutines of a package are run: each part has those before it in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StuckPart {
    /// From those outside of test files that make channels and send to them, with what they call: these
    /// find all of [`StuckKind::Send`] that matter, for a part of the work.
    Sending,
    /// From all outside of test files.
    Code,
    /// From all. Tests make things and never end them, and values tell in which order they do what: what
    /// is found from them is rarely more than a test that would fail.
    All,
}

/// The files that declare tests.
struct TestFiles(FxHashSet<u32>);

/// What was found so far, for those who do not want to cause the work again.
#[derive(Debug, Default)]
struct Known {
    sending: OnceCell<Rc<StuckGoroutines>>,
    code: OnceCell<Rc<StuckGoroutines>>,
    all: OnceCell<Rc<StuckGoroutines>>,
}

impl Known {
    fn of(&self, part: StuckPart) -> &OnceCell<Rc<StuckGoroutines>> {
        match part {
            StuckPart::Sending => &self.sending,
            StuckPart::Code => &self.code,
            StuckPart::All => &self.all,
        }
    }
}

/// The functions that are asked about, if not all.
#[derive(Default)]
struct Asked(RefCell<Option<FxHashSet<(u32, FuncId)>>>);

impl StuckGoroutines {
    /// Says, before anybody has asked, which declared functions will be asked about: what cannot come
    /// to them by the names in it is not run then.
    pub fn ask_only(cx: &PackageCx<'_>, functions: FxHashSet<(u32, FuncId)>) {
        *cx.memo(Asked::default).0.borrow_mut() = Some(functions);
    }

    /// Those of the package, found out when somebody first asks.
    pub fn of(cx: &PackageCx<'_>, part: StuckPart) -> Rc<Self> {
        let known = cx.memo(Known::default);
        if known.of(part).get().is_none() {
            explore(cx, &known, part);
        }
        Rc::clone(known.of(part).get_or_init(Rc::default))
    }

    /// Whether a file declares tests, whatever it is called: then its functions are run with
    /// [`StuckPart::All`] only.
    pub fn declares_tests(cx: &PackageCx<'_>, file: u32) -> bool {
        cx.memo(|| TestFiles(declared::files_with_tests(cx)))
            .0
            .contains(&file)
    }

    /// How many first functions of the package were looked at, and for how many the bounds were not
    /// enough; nothing when nobody has asked for stuck goroutines.
    pub fn counted(cx: &PackageCx<'_>) -> (usize, usize) {
        let known = cx.memo(Known::default);
        let most = [StuckPart::All, StuckPart::Code, StuckPart::Sending]
            .into_iter()
            .find_map(|part| known.of(part).get());
        most.map_or((0, 0), |found| (found.explored, found.bounded))
    }

    /// Those whose operation stands in a declared function.
    pub fn of_function(&self, file: u32, root: FuncId) -> impl Iterator<Item = &Stuck> {
        self.all
            .iter()
            .filter(move |stuck| (stuck.site.file, stuck.site.root) == (file, root))
    }
}

/// Finds out what `known` has not yet, up to `last`: what is found in a part is the same, whoever asks
/// for more.
fn explore(cx: &PackageCx<'_>, known: &Known, last: StuckPart) {
    let starts_any = crate::lock_paths::declared_functions(cx)
        .any(|(_, file, func)| file.func(func).features.intersects(Features::GO));
    if !starts_any {
        return;
    }
    let declared = declared::declared(cx);
    let bodies: Vec<OnceCell<Body<'_>>> = declared.iter().map(|_| OnceCell::new()).collect();
    let program = Program::new(cx, declared, &bodies);
    let machine = Machine {
        program: &program,
        steps: Cell::new(0),
        depth: Cell::new(0),
    };
    let mut tests = 0;
    let mut firsts: [Vec<usize>; 3] = [const { Vec::new() }; 3];
    for index in 0..program.declared.len() {
        let is_one = match is_first(&program, index) {
            First::Yes => true,
            First::No => false,
            First::ByCall => {
                tests += 1;
                tests <= MAX_TESTS
            }
        };
        if is_one {
            let declared = &program.declared[index];
            let part = match (declared.in_tests, declared.makes_and_sends()) {
                (true, _) => StuckPart::All,
                (false, true) => StuckPart::Sending,
                (false, false) => StuckPart::Code,
            };
            firsts[part as usize].push(index);
        }
    }
    let steps = firsts.each_ref().map(|firsts| steps_for(firsts.len()));
    if let Some(asked) = &*cx.memo(Asked::default).0.borrow() {
        let names = declared::names_leading_to(cx, asked);
        for firsts in &mut firsts {
            firsts.retain(|&index| names.contains(program.name(index)));
        }
    }
    let mut found = StuckGoroutines::default();
    for part in [StuckPart::Sending, StuckPart::Code, StuckPart::All] {
        if part > last {
            break;
        }
        let known = known.of(part).get_or_init(|| {
            let (firsts, steps) = (&firsts[part as usize], steps[part as usize]);
            machine.explore_all(firsts, steps, &mut found);
            if part != StuckPart::Code {
                let mut more = Vec::new();
                served::served(&program, &mut more);
                more.into_iter()
                    .filter(|stuck| is_by_tests(&program, stuck) == (part == StuckPart::All))
                    .for_each(|stuck| judge::add(&mut found.all, stuck));
            }
            Rc::new(found.clone())
        });
        found = StuckGoroutines::clone(known);
    }
}

/// Whether a test makes the channel or serves it: what is sent to that says nothing about the program.
fn is_by_tests(program: &Program<'_>, stuck: &Stuck) -> bool {
    let sites = [stuck.served, stuck.made.map(|(site, _)| site)];
    sites.iter().flatten().any(|site| {
        let mut declared = program.declared.iter();
        declared.any(|declared| declared.in_tests && declared.file == site.file)
    })
}

/// Whether a function is looked at as the first one.
enum First {
    /// It starts goroutines, or sends to what it makes.
    Yes,
    /// It is `main` or a test, and something that it calls starts some.
    ByCall,
    No,
}

fn is_first(program: &Program<'_>, index: usize) -> First {
    let declared = program.declared[index];
    let file = program.file(index);
    if file.func(declared.func).features.intersects(Features::GO) || declared.sends_to_own {
        return First::Yes;
    }
    let name = program.name(index);
    if declared.starts() && (name == "main" || is_test(name)) {
        First::ByCall
    } else {
        First::No
    }
}

/// How many steps are made for each of so many first functions.
fn steps_for(firsts: usize) -> u32 {
    let count = u32::try_from(firsts).unwrap_or(u32::MAX).max(1);
    (PACKAGE_STEPS / count).clamp(MIN_STEPS, MAX_STEPS)
}

impl Machine<'_, '_> {
    /// Looks at what may happen from each of the functions on, so many steps far.
    fn explore_all(&self, firsts: &[usize], steps: u32, result: &mut StuckGoroutines) {
        for &index in firsts {
            result.explored += 1;
            if self.explore(index, steps, &mut result.all) {
                result.bounded += 1;
            }
        }
    }

    /// Looks at what may happen from a function on; whether the bounds were hit.
    fn explore(&self, index: usize, steps: u32, found: &mut Vec<Stuck>) -> bool {
        let name = self.program.name(index);
        let ends_process = name == "main";
        let ends_test = is_test(name);
        self.steps.set(steps);
        let mut bounded = false;
        let mut seen: FxHashSet<u128> = FxHashSet::default();
        let mut queues: Vec<Vec<(State, Option<usize>)>> = vec![Vec::new(); MAX_SWITCHES + 1];
        for st in self.settle(self.start(index), &mut bounded) {
            queues[0].push((st, None));
        }
        let mut count = 0;
        let mut switches = 0;
        while switches <= MAX_SWITCHES {
            let Some((st, last)) = queues[switches].pop() else {
                switches += 1;
                continue;
            };
            if !seen.insert(st.fingerprint()) {
                continue;
            }
            count += 1;
            if count > MAX_STATES {
                bounded = true;
                break;
            }
            let first = &st.goroutines[0];
            if first.status == Status::Ended && (ends_process || ends_test && first.exits) {
                continue;
            }
            let mut wrong = Vec::new();
            let moves = self.moves(&st, &mut wrong);
            for (what, g) in wrong {
                self.tell_wrong(&st, what, g, found);
            }
            self.judge(&st, &moves, found);
            let last_can = last.is_some_and(|last| {
                moves
                    .iter()
                    .any(|step| step.by == last || step.with == Some(last))
            });
            for Move { state, by, with } in moves {
                let is_switch = last_can && last != Some(by) && with != last;
                let next = switches + usize::from(is_switch);
                if next > MAX_SWITCHES {
                    continue;
                }
                for st in self.settle(state, &mut bounded) {
                    queues[next].push((st, Some(by)));
                }
            }
        }
        bounded
    }

    fn tell_wrong(&self, st: &State, what: Wrong, g: usize, found: &mut Vec<Stuck>) {
        let Status::At(op) = &st.goroutines[g].status else {
            return;
        };
        let kind = match what {
            Wrong::SendAfterClose => StuckKind::SendAfterClose,
            Wrong::DoubleClose => StuckKind::DoubleClose,
        };
        judge::add(
            found,
            Stuck {
                kind,
                waits: Waits::Other,
                site: op.site,
                operand: op.operand,
                made: None,
                started: st.goroutines[g].started,
                left: None,
                served: None,
                sent_before: None,
                others: Vec::new(),
                holds: Vec::new(),
            },
        );
    }
}
