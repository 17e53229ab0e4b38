//! Contracts of a package, each inferred when somebody first asks.
//!
//! Rules ask for few: those of what resources are handed to. What comes out is what
//! [`infer_package`](super::infer_package) makes, where each round goes through all functions in order,
//! and sees of those before it what this round made, of the others what the round before did. So what
//! the contract of a function rests on comes before it, by round and by order: to follow that backwards
//! always ends.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;

use go_types::PackageCx;
use rustc_hash::FxHashMap;

use super::contract::{Contract, Exits};
use super::declared::{Function, functions};
use super::infer::{ROUNDS, infer};
use super::inferred::Inferred;
use super::models::Models;

/// When contracts rest on each other in so long a chain, all are made, in order: the stack is finite.
const MAX_DEPTH: usize = 64;

/// The contracts that one package sees: its own when they are asked for, and those of others.
pub struct OnDemand<'c, D> {
    cx: &'c PackageCx<'c>,
    models: &'c Models,
    others: D,
    functions: OnceCell<Functions<'c>>,
    /// How many contracts that are being made rest on each other.
    depth: Cell<usize>,
    /// Making one of them panicked. Nothing is known from then on: what was half done is not looked at.
    is_broken: Cell<bool>,
}

struct Functions<'c> {
    list: Vec<Function<'c>>,
    by_key: FxHashMap<String, Vec<usize>>,
    by_name: FxHashMap<&'c str, Vec<usize>>,
    /// By function and round.
    made: RefCell<Vec<[Made; ROUNDS]>>,
    /// The functions of whose contracts another one has asked for more than what names tell.
    asked: RefCell<Vec<bool>>,
}

/// What is known so far of a contract after a round.
#[derive(Clone, Default)]
struct Made {
    contract: Option<Rc<Contract>>,
    may_give: Option<bool>,
    may_end: Option<bool>,
    may_exit: Option<bool>,
}

/// What names tell of functions.
#[derive(Clone, Copy)]
enum Trait {
    Gives,
    Ends,
    Exits,
}

impl<'c, D: Inferred> OnDemand<'c, D> {
    /// Cheap: nothing is looked at before somebody asks.
    pub fn new(cx: &'c PackageCx<'c>, models: &'c Models, others: D) -> Self {
        Self {
            cx,
            models,
            others,
            functions: OnceCell::new(),
            depth: Cell::new(0),
            is_broken: Cell::new(false),
        }
    }

    fn functions(&self) -> &Functions<'c> {
        self.functions.get_or_init(|| {
            let entered = Entered::new(self);
            let list = functions(self.cx, self.models);
            drop(entered);
            let mut by_key: FxHashMap<String, Vec<usize>> = FxHashMap::default();
            let mut by_name: FxHashMap<&'c str, Vec<usize>> = FxHashMap::default();
            for (index, function) in list.iter().enumerate() {
                by_key.entry(function.key.clone()).or_default().push(index);
                by_name.entry(function.name).or_default().push(index);
            }
            let made = RefCell::new(vec![Default::default(); list.len()]);
            let asked = RefCell::new(vec![false; list.len()]);
            Functions {
                list,
                asked,
                by_key,
                by_name,
                made,
            }
        })
    }

    /// For how many functions a contract was made.
    #[cfg(test)]
    pub(crate) fn count_made(&self) -> usize {
        let made = self.functions().made.borrow();
        made.iter()
            .filter(|[first, ..]| first.contract.is_some())
            .count()
    }

    /// The functions and methods called `name`.
    fn named(&self, name: &str) -> &[usize] {
        let named = self.functions().by_name.get(name);
        named.map_or(&[], Vec::as_slice)
    }

    /// The contract of a function after a round, counted from one.
    fn after(&self, index: usize, round: usize) -> Rc<Contract> {
        let Some(slot) = round.checked_sub(1) else {
            return Rc::default();
        };
        let functions = self.functions();
        if let Some(known) = &functions.made.borrow()[index][slot].contract {
            return Rc::clone(known);
        }
        if self.depth.get() >= MAX_DEPTH {
            self.make_all();
            return self.after(index, round);
        }
        let function = &functions.list[index];
        let before = self.after(index, slot);
        let made = if slot == 0 || self.is_new(function, index, round) {
            let entered = Entered::new(self);
            let made = infer(self.cx, self.models, &entered.view(index, round), function);
            drop(entered);
            // Equal ones are shared.
            match made == *before {
                true => before,
                false => Rc::new(made),
            }
        } else {
            before
        };
        functions.made.borrow_mut()[index][slot].contract = Some(Rc::clone(&made));
        made
    }

    /// Whether what a contract rests on differs from what it was a round before. What nobody has asked
    /// for, this contract does not rest on.
    fn is_new(&self, function: &Function<'_>, index: usize, round: usize) -> bool {
        let entered = Entered::new(self);
        let (now, before) = (entered.view(index, round), entered.view(index, round - 1));
        let traits = [Trait::Gives, Trait::Ends, Trait::Exits];
        function.calls.iter().any(|call| {
            let named = self.named(call);
            !named.is_empty()
                && (traits
                    .into_iter()
                    .any(|what| now.any_named(call, what) != before.any_named(call, what))
                    || named.iter().any(|&other| {
                        let seen = seen(index, round, other);
                        self.functions().asked.borrow()[other]
                            && self.after(other, seen) != self.after(other, seen - 1)
                    }))
        })
    }

    /// Makes all contracts in an order in which none waits for another.
    fn make_all(&self) {
        let depth = self.depth.replace(0);
        for round in 1..=ROUNDS {
            for index in 0..self.functions().list.len() {
                self.after(index, round);
            }
        }
        self.depth.set(depth);
    }

    /// Whether a function has something in one of the first rounds that its name tells of.
    fn has(&self, index: usize, rounds: usize, what: Trait) -> bool {
        (1..=rounds).any(|round| {
            self.may_have(index, round, what) && {
                let contract = self.after(index, round);
                match what {
                    Trait::Gives => !contract.gives.is_empty(),
                    Trait::Ends => contract.never_returns,
                    Trait::Exits => contract.exits != Exits::Never,
                }
            }
        })
    }

    /// Whether it is worth making the contract to know that.
    fn may_have(&self, index: usize, round: usize, what: Trait) -> bool {
        let functions = self.functions();
        {
            let made = functions.made.borrow();
            let made = &made[index][round - 1];
            let known = match what {
                Trait::Gives => made.may_give,
                Trait::Ends => made.may_end,
                Trait::Exits => made.may_exit,
            };
            if let Some(known) = known.or(made.contract.is_some().then_some(true)) {
                return known;
            }
        }
        if self.depth.get() >= MAX_DEPTH {
            self.make_all();
            return true;
        }
        let function = &functions.list[index];
        let entered = Entered::new(self);
        let view = entered.view(index, round);
        let may = match what {
            Trait::Gives => function.may_give(self.cx, self.models, &view),
            Trait::Ends => function.may_end(self.cx, self.models, &view),
            Trait::Exits => function.may_exit(self.models, &view),
        };
        drop(entered);
        let mut made = functions.made.borrow_mut();
        let made = &mut made[index][round - 1];
        let slot = match what {
            Trait::Gives => &mut made.may_give,
            Trait::Ends => &mut made.may_end,
            Trait::Exits => &mut made.may_exit,
        };
        *slot = Some(may);
        may
    }

    fn final_contract(&self, name: &str) -> Option<Contract> {
        let &last = self.functions().by_key.get(name)?.last()?;
        heard(&self.after(last, ROUNDS))
    }

    fn any_named(&self, name: &str, what: Trait) -> bool {
        !self.is_broken.get()
            && self
                .named(name)
                .iter()
                .any(|&index| self.has(index, ROUNDS, what))
    }
}

/// The round of which the function at `index` sees another one's contract while it is in `round`.
fn seen(index: usize, round: usize, other: usize) -> usize {
    if other < index { round } else { round - 1 }
}

/// A contract that says anything.
fn heard(contract: &Contract) -> Option<Contract> {
    (!contract.is_silent()).then(|| contract.clone())
}

/// While a contract is made.
struct Entered<'e, 'c, D> {
    all: &'e OnDemand<'c, D>,
}

impl<'e, 'c, D: Inferred> Entered<'e, 'c, D> {
    fn new(all: &'e OnDemand<'c, D>) -> Self {
        all.depth.set(all.depth.get() + 1);
        Self { all }
    }

    fn view(&self, index: usize, round: usize) -> View<'e, 'c, D> {
        View {
            all: self.all,
            index,
            round,
        }
    }
}

impl<D> Drop for Entered<'_, '_, D> {
    fn drop(&mut self) {
        self.all.depth.set(self.all.depth.get().saturating_sub(1));
        if std::thread::panicking() {
            self.all.is_broken.set(true);
        }
    }
}

/// What the function at `index` sees in a round.
struct View<'e, 'c, D> {
    all: &'e OnDemand<'c, D>,
    index: usize,
    round: usize,
}

impl<D: Inferred> View<'_, '_, D> {
    fn any_named(&self, name: &str, what: Trait) -> bool {
        self.all.named(name).iter().any(|&other| {
            let rounds = seen(self.index, self.round, other);
            self.all.has(other, rounds, what)
        })
    }
}

impl<D: Inferred> Inferred for View<'_, '_, D> {
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract> {
        if *package != **self.all.cx.names().path() {
            return self.all.others.contract(cx, package, name);
        }
        // Of several with one name the last that was made counts.
        let functions = self.all.functions();
        let same = functions.by_key.get(name)?;
        let before = same.iter().rev().find(|&&other| other < self.index);
        let &other = before.or(same.last())?;
        functions.asked.borrow_mut()[other] = true;
        heard(&self.all.after(other, seen(self.index, self.round, other)))
    }

    fn may_give(&self, name: &str) -> bool {
        self.any_named(name, Trait::Gives) || self.all.others.may_give(name)
    }

    fn may_end(&self, name: &str) -> bool {
        self.any_named(name, Trait::Ends) || self.all.others.may_end(name)
    }

    fn may_exit(&self, name: &str) -> bool {
        self.any_named(name, Trait::Exits) || self.all.others.may_exit(name)
    }
}

impl<D: Inferred> Inferred for OnDemand<'_, D> {
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract> {
        if *package != **self.cx.names().path() {
            return self.others.contract(cx, package, name);
        }
        match self.is_broken.get() {
            true => None,
            false => self.final_contract(name),
        }
    }

    fn may_give(&self, name: &str) -> bool {
        self.any_named(name, Trait::Gives) || self.others.may_give(name)
    }

    fn may_end(&self, name: &str) -> bool {
        self.any_named(name, Trait::Ends) || self.others.may_end(name)
    }

    fn may_exit(&self, name: &str) -> bool {
        self.any_named(name, Trait::Exits) || self.others.may_exit(name)
    }
}

impl<D> fmt::Debug for OnDemand<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnDemand").finish_non_exhaustive()
    }
}

impl<D> fmt::Debug for View<'_, '_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("index", &self.index)
            .field("round", &self.round)
            .finish_non_exhaustive()
    }
}
