//! What a call does to what it is given, and what it gives.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize, Serializer};

use super::models::ClassId;

/// What a function does with a resource that it is given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum ArgEffect {
    /// Nothing is known: it may keep or release it.
    #[default]
    Unknown,
    /// It uses it and is done with it on return.
    Borrow,
    /// It reads it to the end and is done with it on return.
    Drain,
    /// The first result refers to it, but releasing that result does not release it.
    Wrap,
    /// The first result is responsible for it: releasing that result releases it.
    Own,
    /// It releases it.
    Release,
    /// It keeps it for longer than the call.
    Keep,
}

/// What of a call becomes a resource.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Subject {
    /// One of its results.
    #[default]
    Result,
    /// What it is called on: a command that is started.
    Receiver,
    /// An argument: a channel that signals are sent to.
    Param(u32),
    /// A state of the program, such as that it is profiled.
    Global,
}

/// A resource that a function gives to its caller.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Gives {
    /// What becomes the resource.
    pub subject: Subject,
    /// Which result it is, or is in.
    pub result: u32,
    /// What kind of resource.
    pub class: ClassId,
    /// The field of the result that is the resource; empty for the result itself.
    pub field: Box<str>,
    /// Whether the last result says, by an error that is not nil or by `false`, that nothing was
    /// acquired.
    pub unless_error: bool,
    /// What it holds that makes it one, when that was inferred: `file`, `goroutine`.
    pub why: Box<str>,
}

/// Whether a function ends the process.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub enum Exits {
    /// As far as is known, it does not.
    #[default]
    Never,
    /// On some path: `if err != nil { log.Fatal(err) }`.
    Maybe,
    /// It never returns because it ends the process.
    Always,
}

/// What a contract says about how calls end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ending {
    /// The call never returns.
    pub never_returns: bool,
    /// It ends the process.
    pub exits: Exits,
    /// It waits or loops for ever.
    pub blocks: bool,
}

/// What a function does with resources.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Contract {
    /// What the caller must release.
    pub gives: Vec<Gives>,
    /// What it does with its receiver.
    pub recv: ArgEffect,
    /// What it does with its parameters; those that are not listed are unknown.
    pub params: Vec<ArgEffect>,
    /// Whether it never returns.
    pub never_returns: bool,
    /// The parameters that it writes to, by bit.
    pub writes: u32,
    /// Whether it ends the process.
    pub exits: Exits,
    /// Whether it never returns because it waits or loops for ever. No deferred call runs then.
    pub blocks: bool,
}

impl Contract {
    /// Whether the contract says nothing at all.
    pub fn is_silent(&self) -> bool {
        self.gives.is_empty()
            && !self.never_returns
            && self.writes == 0
            && self.exits == Exits::Never
            && !self.blocks
            && self.recv == ArgEffect::Unknown
            && self
                .params
                .iter()
                .all(|&effect| effect == ArgEffect::Unknown)
    }

    /// How calls end.
    pub(crate) fn ending(&self) -> Ending {
        Ending {
            never_returns: self.never_returns,
            exits: self.exits,
            blocks: self.blocks,
        }
    }

    /// Whether it writes to parameter `index`.
    pub fn writes_to(&self, index: usize) -> bool {
        index < 32 && self.writes & (1 << index) != 0
    }

    /// What it does with parameter `index`.
    pub fn param(&self, index: usize) -> ArgEffect {
        self.params.get(index).copied().unwrap_or_default()
    }
}

/// The contracts of the functions of a package, by `F` or `T.M`. Functions that are not in it do
/// nothing that is known.
///
/// Contracts are kept between runs: they are written in an order that does not depend on how they came
/// about, so that equal contracts are equal bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PackageContracts {
    #[serde(serialize_with = "sorted_map")]
    by_name: FxHashMap<Box<str>, Contract>,
    /// The names, without their types, of those that give something.
    #[serde(serialize_with = "sorted_set")]
    giving: FxHashSet<Box<str>>,
    /// Likewise of those that never return.
    #[serde(serialize_with = "sorted_set")]
    ending: FxHashSet<Box<str>>,
    /// Likewise of those that may end the process.
    #[serde(serialize_with = "sorted_set")]
    exiting: FxHashSet<Box<str>>,
}

fn sorted_map<K: Serialize + Ord, V: Serialize, S: Serializer>(
    map: &FxHashMap<K, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map.iter().collect::<BTreeMap<_, _>>())
}

fn sorted_set<K: Serialize + Ord, S: Serializer>(
    set: &FxHashSet<K>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(set.iter().collect::<BTreeSet<_>>())
}

impl PackageContracts {
    /// The contract of a function (`F`) or method (`T.M`).
    pub fn get(&self, name: &str) -> Option<&Contract> {
        self.by_name.get(name)
    }

    /// Whether a function or method called `name` gives something to its caller.
    pub fn gives_named(&self, name: &str) -> bool {
        self.giving.contains(name)
    }

    /// Whether a function or method called `name` never returns.
    pub fn ends_named(&self, name: &str) -> bool {
        self.ending.contains(name)
    }

    /// Whether a function or method called `name` may end the process.
    pub fn exits_named(&self, name: &str) -> bool {
        self.exiting.contains(name)
    }

    /// The names of the functions and methods that may end the process.
    pub fn exiting(&self) -> impl Iterator<Item = &str> {
        self.exiting.iter().map(|name| &**name)
    }

    /// The names of the functions and methods that never return.
    pub fn ending(&self) -> impl Iterator<Item = &str> {
        self.ending.iter().map(|name| &**name)
    }

    /// The names of the functions and methods that give something to their callers.
    pub fn giving(&self) -> impl Iterator<Item = &str> {
        self.giving.iter().map(|name| &**name)
    }

    /// Sets the contract of a function; tells whether it is another than before.
    pub(crate) fn set(&mut self, key: &str, contract: Contract) -> bool {
        if contract.is_silent() {
            return self.by_name.remove(key).is_some();
        }
        if self.by_name.get(key) == Some(&contract) {
            return false;
        }
        let name = key.rsplit('.').next().unwrap_or(key);
        if !contract.gives.is_empty() {
            self.giving.insert(name.into());
        }
        if contract.never_returns {
            self.ending.insert(name.into());
        }
        if contract.exits != Exits::Never {
            self.exiting.insert(name.into());
        }
        self.by_name.insert(key.into(), contract);
        true
    }

    /// The functions with their contracts, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Contract)> {
        let sorted: BTreeMap<&str, &Contract> = self
            .by_name
            .iter()
            .map(|(name, contract)| (&**name, contract))
            .collect();
        sorted.into_iter()
    }

    /// How many functions have a contract.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether no function has a contract.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

/// What one call does, as far as models and contracts tell.
#[derive(Clone, Debug, Default)]
pub struct CallContract {
    /// The contract of what is called.
    pub contract: Contract,
    /// The number of the last result when it can tell whether the call succeeded: an error, or a
    /// truth value.
    pub error: Option<u32>,
}
