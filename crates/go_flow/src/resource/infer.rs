//! Contracts of functions, from their bodies.

use std::cell::RefCell;

use go_types::{Body, LocalId, LocalKind, PackageCx, Type, TypeId};
use rustc_hash::FxHashSet;

use super::calls::{field_of, is_stream};
use super::contract::{ArgEffect, Contract, Gives, PackageContracts, Subject};
use super::declared::{Function, functions};
use super::endings::{blocks, exits, never_returns};
use super::inferred::Inferred;
use super::models::{ClassId, Models};
use super::outcome::{Fate, Outcome};
use super::tracker::Tracker;
use crate::cfg::NodeKind;
use crate::facts::{FunctionFacts, param_number};
use crate::trail::TooMany;

/// Contracts may build on each other along chains of calls; a package is gone through so many times
/// at most.
pub(super) const ROUNDS: usize = 3;

/// The contracts that are known while those of a package are made.
#[derive(Debug)]
struct Growing<'d> {
    path: &'d str,
    own: RefCell<PackageContracts>,
    others: &'d dyn Inferred,
}

impl Inferred for Growing<'_> {
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract> {
        if package == self.path {
            self.own.borrow().get(name).cloned()
        } else {
            self.others.contract(cx, package, name)
        }
    }

    fn may_give(&self, name: &str) -> bool {
        self.own.borrow().gives_named(name) || self.others.may_give(name)
    }

    fn may_end(&self, name: &str) -> bool {
        self.own.borrow().ends_named(name) || self.others.may_end(name)
    }

    fn may_exit(&self, name: &str) -> bool {
        self.own.borrow().exits_named(name) || self.others.may_exit(name)
    }
}

/// Infers the contracts of all functions of a package; `others` knows those of the packages that it
/// imports.
pub fn infer_package(
    cx: &PackageCx<'_>,
    models: &Models,
    others: &dyn Inferred,
) -> PackageContracts {
    let growing = Growing {
        path: cx.names().path(),
        own: RefCell::default(),
        others,
    };
    let functions = functions(cx, models);
    // The names of the functions whose contracts changed in the round before.
    let mut changed: Option<FxHashSet<&str>> = None;
    for _ in 0..ROUNDS {
        let mut next: FxHashSet<&str> = FxHashSet::default();
        for function in &functions {
            let again = match &changed {
                None => true,
                Some(changed) => {
                    let mut calls = function.calls.iter();
                    calls.any(|call| changed.contains(call) || next.contains(call))
                }
            };
            if !again {
                continue;
            }
            let contract = infer(cx, models, &growing, function);
            let mut own = growing.own.borrow_mut();
            if own.set(&function.key, contract) {
                next.insert(function.name);
            }
        }
        if next.is_empty() {
            break;
        }
        changed = Some(next);
    }
    growing.own.into_inner()
}

/// What the contract of a function may say, as far as the names of what it calls tell. Nothing is looked
/// up for it in the body.
#[derive(Clone, Copy, Debug)]
struct May {
    end: bool,
    exit: bool,
    acquire: bool,
    start: bool,
}

/// The contract of one function.
pub(super) fn infer(
    cx: &PackageCx<'_>,
    models: &Models,
    known: &dyn Inferred,
    function: &Function<'_>,
) -> Contract {
    let Some(types) = function.types(cx, models) else {
        return Contract::default();
    };
    let may = May {
        end: function.may_end(cx, models, known),
        exit: function.may_exit(models, known),
        acquire: function.may_acquire(cx, models, known),
        start: function.may_start(cx, models),
    };
    if !may.end && !may.exit && !types.takes && !may.acquire && !may.start {
        return Contract::default();
    }
    let body = Body::new(cx, function.file, function.func);
    let facts = FunctionFacts::new(&body);
    let tracker = Tracker::new(&facts, models, known);
    let mut contract = Contract {
        never_returns: may.end && never_returns(&tracker, facts.cfg(function.func)),
        ..Contract::default()
    };
    contract.blocks = contract.never_returns && blocks(&tracker, facts.cfg(function.func));
    if may.exit {
        contract.exits = exits(&tracker, facts.cfg(function.func), contract.never_returns);
    }
    if types.takes {
        params(&tracker, &mut contract);
    }
    if types.gives && may.acquire && !contract.never_returns {
        contract.gives = gives(&tracker);
    }
    if types.owns && may.acquire && !contract.never_returns {
        let types = results(&tracker);
        let unless_error = types.last().is_some_and(|&ty| body.is_error(ty));
        let taken = tracker.takes_in(function.name, unless_error);
        contract.gives.extend(taken);
    }
    if may.start && !contract.never_returns {
        let types = results(&tracker);
        let unless_error = types.last().is_some_and(|&ty| body.is_error(ty));
        for given in tracker.started(&types, unless_error) {
            let mut gives = contract.gives.iter();
            if !gives.any(|other| other.result == given.result) {
                contract.gives.push(given);
            }
        }
        contract.gives.sort_by_key(|gives| gives.result);
    }
    contract
}

fn params(tracker: &Tracker<'_, '_>, contract: &mut Contract) {
    let body = tracker.body();
    let names = body.names();
    let root = body.root();
    for (local, what) in names.locals() {
        if what.func != root {
            continue;
        }
        let is_receiver = match what.kind {
            LocalKind::Receiver(_) => true,
            LocalKind::Param(_) => false,
            _ => continue,
        };
        let mut wrote = false;
        let mut follow = |class, field| {
            let (outcomes, writes) = tracker.follow_param(local, class, field)?;
            wrote = writes;
            Ok(outcomes)
        };
        let effect = match tracker.class_of(body.type_of_local(local)) {
            Some(class) => effect(tracker, follow(class, "")),
            // Who keeps it, or gives it back in something else, may be who closes it in the end.
            None if is_stream(body.cx(), body.type_of_local(local)) => {
                let outcomes = follow(ClassId::CLOSER, "");
                match &outcomes {
                    Ok(outcomes) if is_wrapped(tracker, local, outcomes) => ArgEffect::Wrap,
                    _ => match effect(tracker, outcomes) {
                        ArgEffect::Own => ArgEffect::Keep,
                        effect => effect,
                    },
                }
            }
            None => match field_of(body.cx(), tracker.models(), body.type_of_local(local)) {
                Some((class, field)) => effect(tracker, follow(*class, field)),
                None => ArgEffect::Unknown,
            },
        };
        if is_receiver {
            contract.recv = effect;
        } else if let Some(number) = param_number(body, local) {
            if effect != ArgEffect::Unknown {
                contract.params.resize(number + 1, ArgEffect::Unknown);
                contract.params[number] = effect;
            }
            if wrote && number < 32 {
                contract.writes |= 1 << number;
            }
        }
    }
}

fn effect(tracker: &Tracker<'_, '_>, outcomes: Result<Vec<Outcome>, TooMany>) -> ArgEffect {
    let Ok(outcomes) = outcomes else {
        return ArgEffect::Unknown;
    };
    let (mut released, mut held, mut returned) = (false, false, None);
    for outcome in &outcomes {
        match outcome.fate {
            Fate::Released => released = true,
            Fate::Held | Fate::Overwritten | Fate::Discarded => held = true,
            Fate::Returned { result, .. } => returned = Some(result),
            Fate::Kept | Fate::Unreceived => return ArgEffect::Keep,
        }
    }
    match (released, held, returned) {
        (true, false, None) => ArgEffect::Release,
        (false, _, None) => ArgEffect::Borrow,
        (false, _, Some(0)) if result_class(tracker, 0).is_some() => ArgEffect::Own,
        _ => ArgEffect::Keep,
    }
}

/// Whether a stream goes nowhere but into the first result, which has no method to close it.
fn is_wrapped(tracker: &Tracker<'_, '_>, local: LocalId, outcomes: &[Outcome]) -> bool {
    let types = results(tracker);
    let Some(&ty) = types.first() else {
        return false;
    };
    let cx = tracker.body().cx();
    let is_plain = match cx.ty(ty) {
        Type::Pointer(elem) => matches!(cx.ty(cx.underlying(elem)), Type::Struct { .. }),
        _ => matches!(cx.ty(cx.underlying(ty)), Type::Struct { .. }),
    };
    let returned = |outcome: &Outcome| {
        matches!(
            outcome.fate,
            Fate::Returned {
                result: 0,
                itself: false
            }
        )
    };
    let only_returned = |outcomes: &[Outcome]| {
        outcomes.iter().any(returned)
            && outcomes
                .iter()
                .all(|outcome| returned(outcome) || outcome.fate == Fate::Held)
    };
    // A request, which closes its body, may be in between.
    is_plain
        && tracker.class_of(ty).is_none()
        && only_returned(outcomes)
        && tracker
            .follow_param_if(local, ClassId::CLOSER, "", true)
            .is_ok_and(|(outcomes, _)| only_returned(&outcomes))
}

/// The types of the results of the root.
fn results(tracker: &Tracker<'_, '_>) -> Vec<TypeId> {
    let body = tracker.body();
    match body.cx().ty(body.signature_of(body.root())) {
        Type::Func { results, .. } => body.cx().types(results).to_vec(),
        _ => Vec::new(),
    }
}

fn result_class(tracker: &Tracker<'_, '_>, result: u32) -> Option<ClassId> {
    let types = results(tracker);
    tracker.class_of(*types.get(result as usize)?)
}

/// How many return statements the root has.
fn returns(tracker: &Tracker<'_, '_>) -> usize {
    let cfg = tracker.facts().cfg(tracker.body().root());
    cfg.nodes()
        .filter(|node| matches!(node.kind, NodeKind::Return(_)))
        .count()
}

/// What the function gives to its caller.
fn gives(tracker: &Tracker<'_, '_>) -> Vec<Gives> {
    let types = results(tracker);
    if types.is_empty() {
        return Vec::new();
    }
    let body = tracker.body();
    let root = body.root();
    let unless_error = types.last().is_some_and(|&ty| tracker.is_kind_of_error(ty));
    let mut list: Vec<Gives> = Vec::new();
    for (call, point, gives) in tracker.acquisitions() {
        if point.func != root
            || gives.subject == Subject::Global
            || !tracker.models().class(gives.class).passes_on
        {
            continue;
        }
        let Ok(outcomes) = tracker.follow_call(call, point, &gives) else {
            continue;
        };
        let every = outcomes
            .iter()
            .all(|outcome| matches!(outcome.fate, Fate::Returned { .. }))
            && returns(tracker) == 1;
        // What is also handed to a goroutine may be released there.
        let spawned = |outcome: &Outcome| {
            let cfg = tracker.facts().cfg(outcome.at.func);
            outcome.fate == Fate::Kept && matches!(cfg.kind(outcome.at.node), NodeKind::Go(_))
        };
        if outcomes.iter().any(spawned) || tracker.lets_go_and_returns(point, &outcomes) {
            continue;
        }
        for outcome in outcomes {
            let Fate::Returned { result, itself } = outcome.fate else {
                continue;
            };
            // What a literal returns goes to who calls it.
            if outcome.at.func != root {
                continue;
            }
            let Some(&ty) = types.get(result as usize) else {
                continue;
            };
            let same_type = gives.subject == Subject::Result
                && body
                    .results_of_call(call)
                    .is_some_and(|types| types.get(gives.result as usize) == Some(&ty));
            let (class, field) = if itself || (same_type && !gives.field.is_empty()) {
                let field = if itself && !same_type {
                    "".into()
                } else {
                    gives.field.clone()
                };
                (Some(gives.class), field)
            } else if *tracker.models().class(gives.class).rule == *"writer-not-finished" {
                // What is around a writer need not be closed for the sake of the writer.
                continue;
            } else {
                (tracker.class_of(ty), "".into())
            };
            let Some(class) = class else { continue };
            // What nobody has to stop any more is no reason to close what is around it.
            if !itself && tracker.models().class(gives.class).until_go.is_some() {
                continue;
            }
            let why = match (itself, gives.class == ClassId::CLOSER) {
                (true, _) | (false, true) => gives.why.clone(),
                (false, false) => tracker.models().class(gives.class).noun.clone(),
            };
            let given = Gives {
                subject: Subject::Result,
                result,
                class,
                field,
                unless_error: unless_error && result as usize + 1 < types.len(),
                why,
            };
            // Where it gives something else, calling that is no duty.
            let always = !tracker.models().class(class).by_call || every;
            if always && !list.iter().any(|other| other.result == result) {
                list.push(given);
            }
        }
    }
    list.sort_by_key(|gives| gives.result);
    list
}
