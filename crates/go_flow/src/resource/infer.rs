//! Contracts of functions, from their bodies.

use std::cell::{OnceCell, RefCell};

use go_syntax::{DeclKind, Features, FuncId, StmtKind};
use go_types::{Body, LocalId, LocalKind, PackageCx, Type, TypeId};
use rustc_hash::FxHashSet;

use super::calls::{class_of, field_of, is_stream};
use super::contract::{ArgEffect, Contract, Ending, Exits, Gives, PackageContracts, Subject};
use super::explore::{Fate, Outcome, TooMany, Tracker};
use super::keys::acquires_by_variable;
use super::models::{ClassId, Models};
use super::returns::{called_name, surely_returns};
use crate::cfg::{Cfg, End, NodeKind};
use crate::facts::{FunctionFacts, Point, param_number};
use crate::search::Visit;
use crate::sites::CallMode;

/// Contracts may build on each other along chains of calls; a package is gone through so many times
/// at most.
pub(super) const ROUNDS: usize = 3;

/// Where the contracts of functions come from.
pub trait Inferred: std::fmt::Debug {
    /// The contract of `name` (`F` or `T.M`) of the package with the canonical path `package`, as
    /// code of `cx` calls it.
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract>;

    /// Whether a function or method called `name`, of whatever package at hand, may give its caller
    /// something to release. Most calls need no further look.
    fn may_give(&self, name: &str) -> bool;

    /// Whether a function or method called `name` may never return, likewise.
    fn may_end(&self, name: &str) -> bool;

    /// Whether a function or method called `name` may end the process, likewise.
    fn may_exit(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

/// No function has a contract.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoContracts;

impl Inferred for NoContracts {
    fn contract(&self, _: &PackageCx<'_>, _: &str, _: &str) -> Option<Contract> {
        None
    }

    fn may_give(&self, _: &str) -> bool {
        false
    }

    fn may_end(&self, _: &str) -> bool {
        false
    }
}

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

/// The contracts that one package sees: its own, and those of others.
#[derive(Debug)]
pub struct OwnContracts<D> {
    path: std::sync::Arc<str>,
    own: PackageContracts,
    others: D,
}

impl<D: Inferred> OwnContracts<D> {
    /// Nothing is known of the functions of the package itself.
    pub fn none(cx: &PackageCx<'_>, others: D) -> Self {
        Self::new(cx, PackageContracts::default(), others)
    }

    /// The contracts of the functions of the package are inferred.
    pub fn infer(cx: &PackageCx<'_>, models: &Models, others: D) -> Self {
        let own = infer_package(cx, models, &others);
        Self::new(cx, own, others)
    }

    fn new(cx: &PackageCx<'_>, own: PackageContracts, others: D) -> Self {
        Self {
            path: std::sync::Arc::clone(cx.names().path()),
            own,
            others,
        }
    }
}

impl<D: Inferred> Inferred for OwnContracts<D> {
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract> {
        if *package == *self.path {
            self.own.get(name).cloned()
        } else {
            self.others.contract(cx, package, name)
        }
    }

    fn may_give(&self, name: &str) -> bool {
        self.own.gives_named(name) || self.others.may_give(name)
    }

    fn may_end(&self, name: &str) -> bool {
        self.own.ends_named(name) || self.others.may_end(name)
    }

    fn may_exit(&self, name: &str) -> bool {
        self.own.exits_named(name) || self.others.may_exit(name)
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

/// A declared function with a body, and what of it can matter to its callers.
pub(super) struct Function<'a> {
    file: u32,
    func: FuncId,
    pub(super) name: &'a str,
    /// The name in contracts.
    pub(super) key: String,
    /// The names of what it calls.
    pub(super) calls: CallNames<'a>,
    /// What its types tell; `None` when they are not known.
    types: OnceCell<Option<Types>>,
    /// Whether it starts goroutines, or calls what may be a method that does.
    starts: bool,
    /// Whether it may never return.
    may_end: bool,
}

/// What the types of a function tell of it.
#[derive(Clone, Copy)]
struct Types {
    /// Whether a parameter, or the receiver, may be something to release.
    takes: bool,
    /// Whether a result may be something to release.
    gives: bool,
    /// Whether the receiver points to something to release.
    owns: bool,
    /// Whether a parameter is a context, which may end what it starts.
    gets_context: bool,
}

impl Types {
    fn of(cx: &PackageCx<'_>, models: &Models, file: u32, func: FuncId) -> Option<Self> {
        let Type::Func {
            params, results, ..
        } = cx.ty(cx.signature(file, func))
        else {
            return None;
        };
        let receiver = receiver_of(cx.file(file), func).map(|ty| cx.declared_type(file, ty));
        let matters =
            |&ty: &TypeId| class_of(cx, models, ty).is_some() || field_of(cx, models, ty).is_some();
        Some(Self {
            takes: cx
                .types(params)
                .iter()
                .chain(&receiver)
                .any(|ty| matters(ty) || is_stream(cx, *ty)),
            gives: cx.types(results).iter().any(|ty| {
                matters(ty)
                    || matches!(
                        cx.ty(cx.underlying(*ty)),
                        Type::Func { .. } | Type::Struct { .. } | Type::Pointer(_)
                    )
            }),
            owns: receiver.is_some_and(|ty| {
                matches!(cx.ty(ty), Type::Pointer(_)) && class_of(cx, models, ty).is_some()
            }),
            gets_context: cx
                .types(params)
                .iter()
                .any(|&ty| cx.is_named(ty, "context", "Context")),
        })
    }
}

/// The type of the receiver of a function.
fn receiver_of(file: &go_syntax::File, func: FuncId) -> Option<go_syntax::ExprId> {
    let list = file.func(func).recv?;
    Some(file.field(file.fields_of(list).first()?).ty)
}

/// The declared functions with a body.
pub(super) fn functions<'a>(cx: &PackageCx<'a>, models: &Models) -> Vec<Function<'a>> {
    let mut functions = Vec::new();
    let starting = starting_methods(cx);
    for index in (0..).take(cx.names().files().len()) {
        let file = cx.file(index);
        for &decl in file.top_decls() {
            let DeclKind::Func(func) = file.decl(decl).kind else {
                continue;
            };
            let node = file.func(func);
            let (Some(name), true) = (node.name, node.features.intersects(Features::BODY)) else {
                continue;
            };
            let name = file.name(name);
            let key = match receiver_of(file, func) {
                Some(ty) => format!("{}.{name}", receiver_base(file, ty)),
                None => name.to_owned(),
            };
            let calls = calls(file, func);
            let loops = Features::LOOP.union(Features::GOTO).union(Features::SELECT);
            functions.push(Function {
                file: index,
                func,
                name,
                key,
                types: OnceCell::new(),
                starts: node.features.intersects(Features::GO)
                    || calls.iter().any(|call| starting.contains(call)),
                may_end: node.features.intersects(loops)
                    || calls.iter().any(|call| models.may_end(call)),
                calls,
            });
        }
    }
    functions
}

/// The names of the methods of the package that start goroutines.
fn starting_methods<'a>(cx: &PackageCx<'a>) -> FxHashSet<&'a str> {
    let names = cx.names();
    let starting = names.methods().filter(|(_, method)| {
        let features = cx.file(method.file).func(method.func).features;
        features.intersects(Features::GO)
    });
    starting.map(|(id, _)| names.method_name(id)).collect()
}

/// The names of what a function calls, or puts into a variable. Those that occur often are in it often:
/// most questions end with one of the first.
#[derive(Clone, Debug)]
pub struct CallNames<'a>(Vec<&'a str>);

impl<'a> CallNames<'a> {
    /// The names.
    pub fn iter(&self) -> std::slice::Iter<'_, &'a str> {
        self.0.iter()
    }

    /// Whether one of them is `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}

/// The names of what a function calls, or puts into a variable, literals in it included.
pub fn calls(file: &go_syntax::File, func: FuncId) -> CallNames<'_> {
    let node = file.func(func);
    let mut names: Vec<&str> = node
        .exprs
        .iter()
        .filter_map(|expr| called_name(file, expr))
        .collect();
    for stmt in node.stmts.iter() {
        if let StmtKind::Assign { rhs, .. } = file.stmt(stmt).kind {
            let values = file.exprs(rhs).iter();
            names.extend(values.filter_map(|&value| file.selector(value).map(|(_, name)| name)));
        }
    }
    CallNames(names)
}

/// The name of the type of a receiver.
fn receiver_base(file: &go_syntax::File, ty: go_syntax::ExprId) -> &str {
    use go_syntax::ExprKind::{Index, Star};
    let mut ty = file.unparen(ty);
    while let Star(x) | Index { x, .. } = file.expr(ty).kind {
        ty = file.unparen(x);
    }
    file.expr_text(ty)
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

impl Function<'_> {
    /// Whether it may never return.
    pub(super) fn may_end(
        &self,
        cx: &PackageCx<'_>,
        models: &Models,
        known: &dyn Inferred,
    ) -> bool {
        let ends = |call: &str| models.may_end(call) || known.may_end(call);
        (self.may_end || self.calls.iter().any(|call| known.may_end(call)))
            && !surely_returns(cx.file(self.file), self.func, ends)
    }

    /// Whether it may end the process.
    pub(super) fn may_exit(&self, models: &Models, known: &dyn Inferred) -> bool {
        let mut calls = self.calls.iter();
        calls.any(|call| models.may_end(call) || known.may_end(call) || known.may_exit(call))
    }

    /// What its types tell: dearer to know than names.
    fn types(&self, cx: &PackageCx<'_>, models: &Models) -> Option<Types> {
        let types = || Types::of(cx, models, self.file, self.func);
        *self.types.get_or_init(types)
    }

    /// Whether it may give its caller something that it starts.
    fn may_start(&self, cx: &PackageCx<'_>, models: &Models) -> bool {
        self.starts
            && self
                .types(cx, models)
                .is_some_and(|types| types.gives && !types.gets_context)
    }

    /// Whether it may acquire something, and give it to its caller or put it into its receiver.
    fn may_acquire(&self, cx: &PackageCx<'_>, models: &Models, known: &dyn Inferred) -> bool {
        let acquires = |call: &&str| models.may_acquire(call) || known.may_give(call);
        (self.calls.iter().any(acquires) || acquires_by_variable(cx, models, &self.calls))
            && self
                .types(cx, models)
                .is_some_and(|types| types.gives || types.owns)
    }

    /// Whether it may give its caller anything.
    pub(super) fn may_give(
        &self,
        cx: &PackageCx<'_>,
        models: &Models,
        known: &dyn Inferred,
    ) -> bool {
        self.may_start(cx, models) || self.may_acquire(cx, models, known)
    }
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

/// Whether control never comes to the end of a function.
fn never_returns<'a>(tracker: &Tracker<'_, 'a>, cfg: &Cfg<'a>) -> bool {
    if !cfg.reachable(cfg.exit()) {
        return true;
    }
    // Only what has calls as statements of their own can end by one of them.
    let mut seen = FxHashSet::from_iter([cfg.entry()]);
    let mut open = vec![cfg.entry()];
    let mut ended = false;
    while let Some(node) = open.pop() {
        if node == cfg.exit() {
            return false;
        }
        let point = Point {
            func: cfg.func(),
            node,
        };
        if matches!(cfg.kind(node), NodeKind::Stmt(_)) && tracker.ends_at(cfg, point) {
            ended = true;
            continue;
        }
        for edge in cfg.successors(node) {
            if seen.insert(edge.node) {
                open.push(edge.node);
            }
        }
    }
    ended
}

/// Whether a function that never returns waits or loops for ever, whatever happens: no path ends it by
/// a panic, the end of the goroutine or that of the process.
fn blocks<'a>(tracker: &Tracker<'_, 'a>, cfg: &Cfg<'a>) -> bool {
    let ended = cfg.search([cfg.entry()], |node| {
        let point = Point {
            func: cfg.func(),
            node,
        };
        let mut skipped = false;
        for site in tracker.facts().calls_at(point) {
            if site.mode != CallMode::Now {
                continue;
            }
            let ending = tracker.end_of(site.call);
            if ending.blocks {
                skipped = true;
            } else if ending != Ending::default() || tracker.facts().may_end(site.call) {
                return Visit::Stop;
            }
        }
        match cfg.kind(node) {
            _ if skipped => Visit::Skip,
            NodeKind::Exit | NodeKind::End(End::Panic | End::Goexit | End::Process) => Visit::Stop,
            _ => Visit::Continue,
        }
    });
    ended.is_none()
}

/// Whether a function ends the process, itself or by what it calls as statements of their own.
fn exits<'a>(tracker: &Tracker<'_, 'a>, cfg: &Cfg<'a>, never_returns: bool) -> Exits {
    let mut found = false;
    let mut otherwise = cfg.loops().iter().any(|lp| cfg.reachable(lp.head));
    cfg.search([cfg.entry()], |node| {
        let ends = match cfg.kind(node) {
            NodeKind::End(End::Process) => Exits::Always,
            NodeKind::End(_) => {
                otherwise = true;
                Exits::Never
            }
            NodeKind::Stmt(stmt) => match tracker.file().stmt(stmt).kind {
                StmtKind::Expr(call) => tracker.end_of(tracker.file().unparen(call)).exits,
                _ => Exits::Never,
            },
            _ => Exits::Never,
        };
        found |= ends != Exits::Never;
        match ends {
            Exits::Always => Visit::Skip,
            _ => Visit::Continue,
        }
    });
    match (found, never_returns && !otherwise) {
        (false, _) => Exits::Never,
        (true, false) => Exits::Maybe,
        (true, true) => Exits::Always,
    }
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
