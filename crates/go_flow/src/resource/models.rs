//! Models: what is known of libraries without looking into them. They are data; whoever has them in
//! a file reads them there.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::contract::{ArgEffect, Contract, Exits, Gives};
use super::versions::unversioned;
use crate::ends::ending_names;

/// A kind of resource.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ClassId(u32);

impl ClassId {
    /// Anything with a method `Close` that some function gives to its caller to close.
    pub const CLOSER: Self = Self(0);

    /// Likewise with another method that ends its use.
    pub(crate) const ENDERS: [(Self, &'static str); 4] = [
        (Self(1), "Stop"),
        (Self(2), "Shutdown"),
        (Self(3), "Release"),
        (Self(4), "Destroy"),
    ];

    #[inline]
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a second release does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Twice {
    /// Nothing.
    #[default]
    Ok,
    /// It gives an error.
    Error,
    /// It panics.
    Panic,
    /// It silently breaks something.
    Bug,
}

/// What an error of the release says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum CloseError {
    /// Nothing that matters.
    #[default]
    Never,
    /// That what was written is lost.
    Written,
    /// That something is lost, whatever was done before.
    Always,
}

/// What is known of the release of a kind of resource.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Closing {
    /// What a second one does.
    pub twice: Twice,
    /// What its error says.
    pub error: CloseError,
    /// The method that tells the error when the release itself has no result.
    pub error_method: Option<Box<str>>,
    /// Methods that end it well.
    pub commit: Vec<Box<str>>,
    /// Methods that undo it.
    pub rollback: Vec<Box<str>>,
}

/// A loop that ends on an error as it does at the end of the data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Iterate {
    /// The methods that are the condition of the loop.
    pub next: Vec<Box<str>>,
    /// The method to be asked after it.
    pub error_method: Box<str>,
    /// The rule that speaks of it.
    pub rule: Box<str>,
}

/// What a function writes to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WritesTo {
    /// Its receiver.
    Recv,
    /// This parameter.
    Param(usize),
}

/// What is known of a kind of resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Class {
    /// The name in the models.
    pub name: Box<str>,
    /// The rule that speaks of it.
    pub rule: Box<str>,
    /// How a message calls it.
    pub noun: Box<str>,
    /// Types whose values are such resources, as go/types writes them.
    pub types: Vec<Box<str>>,
    /// Types with a field that is such a resource, and the field.
    pub field_of: Vec<(Box<str>, Box<str>)>,
    /// The methods that release it.
    pub release: Vec<Box<str>>,
    /// The method that tells the name by which functions release it, when that is how it is released.
    pub release_via: Option<Box<str>>,
    /// Whether who gets one from a function that took it from elsewhere has to release it.
    pub passes_on: bool,
    /// Whether it is a function, and calling it releases.
    pub by_call: bool,
    /// From this minor version of Go on nothing goes wrong when it is not released.
    pub until_go: Option<u32>,
    /// Whether it matters that it is not released when the process ends.
    pub matters_at_end: bool,
    /// Whether programs often hold one for as long as they run.
    pub long_lived: bool,
    /// Whether programs mostly leave it be, so that only one that releases it on some path can be
    /// said to forget it on another.
    pub habitual: bool,
    /// Methods, such as `Next`, that have released it when they return false.
    pub exhausted_by: Vec<Box<str>>,
    /// The result of the acquiring call that is a function which has released it when its last
    /// result is false.
    pub fed_by: Option<u32>,
    /// Whether reading it to the end releases it.
    pub drained: bool,
    /// The field that is a channel of it: who has only that cannot release it.
    pub channel: Option<Box<str>>,
    /// Whether what comes from that channel says that it has released itself.
    pub fires: bool,
    /// Whether it is the name of a file, which other names may be made of.
    pub is_path: bool,
    /// Whether it does no harm to leave it behind on a path that ends in an error.
    pub error_excuses: bool,
    /// What is known of its release.
    pub closing: Closing,
    /// What happens when it is not released.
    pub note: Box<str>,
}

/// Arguments by their numbers, and the names by one of which each must be written.
pub type Wanted = Vec<(usize, Vec<Box<str>>)>;

/// A function that acquires.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acquire {
    /// `path.F` or `path.T.M`.
    pub func: Box<str>,
    /// What the caller must release.
    pub gives: Gives,
    /// It acquires only when each of these arguments is written with one of these names.
    pub only_arg: Wanted,
}

/// What a function does with its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionModel {
    /// `path.F` or `path.T.M`.
    pub func: Box<str>,
    /// What it does with its receiver.
    pub recv: Option<ArgEffect>,
    /// What it does with its parameters, by number.
    pub params: Vec<(usize, ArgEffect)>,
}

/// Everything that is known of libraries.
#[derive(Debug)]
pub struct Models {
    classes: Vec<Class>,
    by_name: FxHashMap<Box<str>, ClassId>,
    by_type: FxHashMap<Box<str>, ClassId>,
    by_owner: FxHashMap<Box<str>, (ClassId, Box<str>)>,
    functions: FxHashMap<Box<str>, Contract>,
    /// Last parts of the names of functions that acquire, so that most calls need no look-up.
    names: FxHashSet<Box<str>>,
    /// Last parts of the names of functions that never return.
    ends: FxHashSet<Box<str>>,
    /// Packages of which everything that is not listed only borrows.
    borrowing: FxHashSet<Box<str>>,
    /// The methods that release some kind of resource.
    releasing_methods: FxHashSet<Box<str>>,
    /// `path.F` that release argument N.
    releasing: FxHashMap<Box<str>, Vec<(ClassId, usize)>>,
    /// What functions write to, by `path.F` or `path.T.M`.
    writing: FxHashMap<Box<str>, WritesTo>,
    /// Loops that end silently on an error, by the type of what they go over.
    iterating: FxHashMap<Box<str>, Iterate>,
    /// The names by which certain arguments must be written for a function to acquire.
    only_arg: FxHashMap<Box<str>, Wanted>,
    /// Types of results that are resources, or have one in a field, whatever function gives them.
    returned: Vec<(Box<str>, Gives)>,
    /// The types of the results of functions, for packages that are not at hand.
    results: FxHashMap<Box<str>, Box<str>>,
    /// What functions wait for, by `path.F` or `path.T.M`.
    blocking: FxHashMap<Box<str>, Box<str>>,
    /// Last parts of the names of functions that wait.
    blocking_names: FxHashSet<Box<str>>,
}

/// The number of the argument of a function that releases a state of the program.
const NO_ARGUMENT: usize = usize::MAX;

impl Default for Models {
    fn default() -> Self {
        Self::new()
    }
}

impl Models {
    /// Models that know nothing but that a `Close` closes.
    pub fn new() -> Self {
        let closer = Class {
            name: "closer".into(),
            rule: "closer-not-closed".into(),
            noun: "closer".into(),
            types: Vec::new(),
            field_of: Vec::new(),
            release: vec!["Close".into()],
            release_via: None,
            passes_on: true,
            by_call: false,
            until_go: None,
            matters_at_end: false,
            long_lived: false,
            habitual: false,
            exhausted_by: Vec::new(),
            fed_by: None,
            drained: false,
            channel: None,
            fires: false,
            is_path: false,
            error_excuses: false,
            closing: Closing {
                error: CloseError::Written,
                ..Closing::default()
            },
            note: "".into(),
        };
        let mut models = Self {
            classes: Vec::new(),
            by_name: FxHashMap::default(),
            by_type: FxHashMap::default(),
            by_owner: FxHashMap::default(),
            functions: FxHashMap::default(),
            names: FxHashSet::default(),
            ends: ending_names().map(Into::into).collect(),
            borrowing: FxHashSet::default(),
            releasing_methods: FxHashSet::default(),
            releasing: FxHashMap::default(),
            writing: FxHashMap::default(),
            iterating: FxHashMap::default(),
            only_arg: FxHashMap::default(),
            returned: Vec::new(),
            results: FxHashMap::default(),
            blocking: FxHashMap::default(),
            blocking_names: FxHashSet::default(),
        };
        models.add_class(closer.clone());
        for (_, method) in ClassId::ENDERS {
            models.add_class(Class {
                name: format!("closer by {method}").into(),
                noun: "value".into(),
                release: vec![method.into()],
                ..closer.clone()
            });
        }
        models
    }

    /// Adds a kind of resource, or replaces the one with its name.
    pub fn add_class(&mut self, class: Class) -> ClassId {
        let id = match self.by_name.get(&class.name) {
            Some(&id) => id,
            None => {
                let index = u32::try_from(self.classes.len()).expect("there are few classes");
                self.by_name.insert(class.name.clone(), ClassId(index));
                ClassId(index)
            }
        };
        self.releasing_methods.extend(class.release.iter().cloned());
        for ty in &class.types {
            self.by_type.insert(unversioned(ty).into(), id);
        }
        for (ty, field) in &class.field_of {
            let owner = unversioned(ty).into();
            self.by_owner.insert(owner, (id, field.clone()));
        }
        match self.classes.get_mut(id.index()) {
            Some(old) => *old = class,
            None => self.classes.push(class),
        }
        id
    }

    /// Adds a function that acquires.
    pub fn add_acquire(&mut self, acquire: Acquire) {
        let last = acquire.func.rsplit('.').next().unwrap_or_default();
        self.names.insert(last.into());
        if !acquire.only_arg.is_empty() {
            let func = unversioned(&acquire.func).into();
            self.only_arg.insert(func, acquire.only_arg);
        }
        let func = unversioned(&acquire.func).into();
        let contract = self.functions.entry(func).or_default();
        // Another version of the library may have said so.
        if !contract.gives.contains(&acquire.gives) {
            contract.gives.push(acquire.gives);
        }
    }

    /// Says that results of this type are to be released, or a field of theirs, when nothing more is
    /// known of the function that gives them.
    pub fn add_returned(&mut self, ty: &str, gives: Gives) {
        self.returned.push((unversioned(ty).into(), gives));
    }

    /// What must be released of results of these types.
    pub fn returned(&self) -> &[(Box<str>, Gives)] {
        &self.returned
    }

    /// Says what type (`path.T`) the first result of a function (`path.F`, `path.T.M`) is of, or
    /// points to.
    pub fn add_result(&mut self, func: &str, ty: &str) {
        self.results.insert(unversioned(func).into(), ty.into());
    }

    /// The type (`path.T`) that the first result of a function is of, or points to.
    pub fn result_of(&self, func: &str) -> Option<&str> {
        self.results.get(&*unversioned(func)).map(|ty| &**ty)
    }

    /// The names by which certain arguments of a function must be written for it to acquire.
    pub fn only_arg(&self, func: &str) -> &[(usize, Vec<Box<str>>)] {
        let list = self.only_arg.get(&*unversioned(func));
        list.map_or(&[], |list| list)
    }

    /// Adds what a function does with its arguments.
    pub fn add_function(&mut self, function: &FunctionModel) {
        let func = unversioned(&function.func).into();
        let contract = self.functions.entry(func).or_default();
        if let Some(effect) = function.recv {
            contract.recv = effect;
        }
        for &(index, effect) in &function.params {
            if contract.params.len() <= index {
                contract.params.resize(index + 1, ArgEffect::Unknown);
            }
            contract.params[index] = effect;
        }
    }

    /// Says that a function never returns, and whether it ends the process.
    pub fn add_end(&mut self, func: &str, exits: Exits) {
        let last = func.rsplit('.').next().unwrap_or_default();
        self.ends.insert(last.into());
        let contract = self.functions.entry(unversioned(func).into()).or_default();
        contract.never_returns = exits != Exits::Maybe;
        contract.exits = exits;
    }

    /// Says that a function releases resources of `class` that are its argument `index`.
    pub fn add_release(&mut self, func: &str, class: ClassId, index: usize) {
        self.releasing
            .entry(unversioned(func).into())
            .or_default()
            .push((class, index));
    }

    /// Says that a function writes to its receiver or to a parameter.
    pub fn add_writes(&mut self, func: &str, to: WritesTo) {
        self.writing.insert(unversioned(func).into(), to);
    }

    /// Says that loops over values of a type end silently on an error.
    pub fn add_iterate(&mut self, ty: &str, iterate: Iterate) {
        self.iterating.insert(unversioned(ty).into(), iterate);
    }

    /// Says that a function may wait for long, and for what: `network`, `process`, ….
    pub fn add_block(&mut self, func: &str, on: &str) {
        let last = func.rsplit('.').next().unwrap_or_default();
        self.blocking_names.insert(last.into());
        self.blocking.insert(unversioned(func).into(), on.into());
    }

    /// Whether a function of this name may wait for long.
    pub fn may_block(&self, name: &str) -> bool {
        self.blocking_names.contains(name)
    }

    /// What a function, by `path.F` or `path.T.M`, waits for.
    pub(crate) fn blocks_on(&self, key: &str) -> Option<&str> {
        self.blocking.get(&*unversioned(key)).map(|on| &**on)
    }

    /// What a function, by `path.F` or `path.T.M`, writes to.
    pub fn writes_to(&self, key: &str) -> Option<WritesTo> {
        self.writing.get(&*unversioned(key)).copied()
    }

    /// What is to be asked after loops over values of a type.
    pub fn iterate(&self, ty: &str) -> Option<&Iterate> {
        self.iterating.get(&*unversioned(ty))
    }

    /// Everything that loops end silently over.
    pub fn iterates(&self) -> impl Iterator<Item = &Iterate> {
        self.iterating.values()
    }

    /// Says that a function releases the state of the program of kind `class`.
    pub fn add_global_release(&mut self, func: &str, class: ClassId) {
        self.add_release(func, class, NO_ARGUMENT);
    }

    /// Whether `path.F` releases the state of the program of kind `class`.
    pub fn releases_global(&self, key: &str, class: ClassId) -> bool {
        self.releases(key, class, NO_ARGUMENT)
    }

    /// Says that everything in a package that is not listed only borrows its arguments.
    pub fn add_borrowing(&mut self, package: &str) {
        self.borrowing.insert(unversioned(package).into());
    }

    /// The kind of resource with this name.
    pub fn class_named(&self, name: &str) -> Option<ClassId> {
        self.by_name.get(name).copied()
    }

    /// The kind of resource that values of a type are.
    pub fn class_of_type(&self, ty: &str) -> Option<ClassId> {
        self.by_type.get(&*unversioned(ty)).copied()
    }

    /// The kind of resource that a field of values of a type is, and the field.
    pub fn field_of_type(&self, ty: &str) -> Option<&(ClassId, Box<str>)> {
        self.by_owner.get(&*unversioned(ty))
    }

    /// Whether a kind is one that no model describes: whatever has a method that ends its use.
    pub(crate) fn is_inferred(&self, id: ClassId) -> bool {
        id == ClassId::CLOSER || ClassId::ENDERS.iter().any(|&(ender, _)| ender == id)
    }

    /// What is known of a kind.
    #[inline]
    pub fn class(&self, id: ClassId) -> &Class {
        // Contracts that were kept in a file may name what is not here.
        self.classes.get(id.index()).unwrap_or(&self.classes[0])
    }

    /// All kinds.
    pub fn classes(&self) -> impl Iterator<Item = (ClassId, &Class)> {
        (0..).map(ClassId).zip(&self.classes)
    }

    /// What is known of a function, by `path.F` or `path.T.M`.
    pub fn function(&self, key: &str) -> Option<&Contract> {
        self.functions.get(&*unversioned(key))
    }

    /// Whether a function or method of this name acquires something, in whatever package.
    pub fn may_acquire(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a method of this name releases some kind of resource.
    pub fn is_release(&self, name: &str) -> bool {
        self.releasing_methods.contains(name)
    }

    /// Whether a function or method of this name never returns, in whatever package.
    pub fn may_end(&self, name: &str) -> bool {
        self.ends.contains(name)
    }

    /// Whether what is not listed of a package only borrows.
    pub fn borrows(&self, package: &str) -> bool {
        self.borrowing.contains(&*unversioned(package))
    }

    /// The kinds of resources that `path.F` releases, with the number of the argument; none for a
    /// state of the program.
    pub fn released_by(&self, key: &str) -> impl Iterator<Item = (ClassId, Option<usize>)> + '_ {
        let list = self.releasing.get(&*unversioned(key));
        let list = list.into_iter().flatten();
        list.map(|&(class, index)| (class, (index != NO_ARGUMENT).then_some(index)))
    }

    /// Whether `path.F` releases resources of `class` that are its argument `index`.
    pub fn releases(&self, key: &str, class: ClassId, index: usize) -> bool {
        self.releasing
            .get(&*unversioned(key))
            .is_some_and(|list| list.contains(&(class, index)))
    }
}

/// The key of a function as models write it: `(*path.T).M` and `(path.T).M` become `path.T.M`.
pub fn method_key(text: &str) -> String {
    let Some(rest) = text.strip_prefix('(') else {
        return text.to_owned();
    };
    let rest = rest.strip_prefix('*').unwrap_or(rest);
    match rest.split_once(')') {
        Some((ty, method)) => format!("{ty}{method}"),
        None => text.to_owned(),
    }
}
