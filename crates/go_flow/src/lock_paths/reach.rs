//! Calls of functions that the text of the call does not name: by an interface that one type of the
//! package implements, by a field that holds functions, and by package fmt of `String` methods.

use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, File, FuncId, StmtKind};
use go_types::{Body, Callee, LocalId, LocalKind, MemberKind, Object, PackageCx, Selection, Type};
use rustc_hash::FxHashMap;

use super::LockField;
use super::conditions::Conditions;
use super::contract::{LockContracts, declared};
use super::effect::{LockContract, LockEffect, TakenWithin};
use super::events::Follower;
use super::needs::is_conditional;
use super::outer::OuterLock;
use super::parties::is_fresh;
use super::spot::{Spot, field_of};
use crate::facts::{FunctionFacts, param_number};
use crate::sites::{CallMode, LockOp};

/// What a call does to locks by a function that it does not name.
#[derive(Clone, Debug, Default)]
pub(super) struct Indirect {
    /// What certainly happens to locks that the caller knows.
    pub(super) effects: Vec<(Spot, Rc<LockEffect>)>,
    /// The locks that are taken, perhaps.
    pub(super) taken: Vec<(TakenWithin, Option<Spot>)>,
}

/// The places that put a function into a field, by the name of the field.
pub(super) type Holders = FxHashMap<Box<str>, Vec<Holder>>;

/// A place that puts a function into a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder {
    file: u32,
    root: FuncId,
    /// `x.field`, or the name of the field in a literal.
    target: ExprId,
    value: ExprId,
    /// Whether it is an assignment, so that the value that has the field is known.
    is_assigned: bool,
}

/// Fields that more places than these put something into are not followed.
const MAX_HOLDERS: usize = 8;

/// What the functions that a field holds do.
pub(super) type AllHeld = Rc<[Option<Held>]>;

/// What a function in a field does to locks.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// To locks of the value that has the field.
    own: Vec<Rc<LockEffect>>,
    taken: Vec<TakenWithin>,
}

impl LockContracts {
    /// What a call does to locks, when it is none of a declared function of the package.
    pub(super) fn indirect(&self, facts: &FunctionFacts<'_>, call: ExprId) -> Option<Indirect> {
        match facts.callee(call) {
            Callee::Func {
                package: "fmt" | "log",
                name,
                member: None,
            } => self.of_printed(facts, call, name),
            Callee::Selected { x, name } => {
                let cx = facts.body().cx();
                let by_name = self.may_touch(facts, call);
                let by_field = self.holders(cx).contains_key(name);
                if !by_name && !by_field {
                    return None;
                }
                let ty = facts.body().type_of(x);
                match facts.body().selection(ty, name)? {
                    Selection::Method { owner, .. } if by_name && cx.is_interface(owner) => {
                        let contract = self.of_implementation(cx, owner, name)?;
                        Some(Indirect {
                            effects: Vec::new(),
                            taken: anonymous(&contract),
                        })
                    }
                    Selection::Field(_) if by_field => self.of_field(facts, call, (x, name)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The contract of the one type of the package that implements an interface of the package, those apart that stand
    /// in for others in tests.
    fn of_implementation(
        &self,
        cx: &PackageCx<'_>,
        interface: go_types::TypeId,
        method: &str,
    ) -> Option<Rc<LockContract>> {
        let names = cx.names();
        // An interface of another package is there for types of others.
        let is_own = match cx.ty(interface) {
            Type::Named { name, .. } => cx.named(name).package == *names.path(),
            _ => true,
        };
        if !is_own {
            return None;
        }
        let mut candidates = names.members().filter_map(|(id, member)| {
            let MemberKind::Type(_) = member.kind else {
                return None;
            };
            let found = names.method(names.lookup_method(names.member_name(id), method)?);
            let ty = cx.type_of_member(id);
            let implements = !cx.is_interface(ty)
                && !is_stand_in(names.member_name(id))
                && cx.implements(cx.pointer_to(ty), interface);
            implements.then_some((found.file, found.func))
        });
        let (file, func) = candidates.next()?;
        if candidates.next().is_some() {
            return None;
        }
        self.of_function(cx, file, func)
    }

    /// What printing does: it calls the `Error` or `String` method of what it prints.
    fn of_printed(&self, facts: &FunctionFacts<'_>, call: ExprId, name: &str) -> Option<Indirect> {
        let file = facts.file();
        let body = facts.body();
        let cx = body.cx();
        let (_, args) = file.call(call)?;
        let args = match name.starts_with('F') && !name.starts_with("Fatal") {
            true => args.get(1..)?,
            false => args,
        };
        let printed: Vec<ExprId> = match name.ends_with('f') {
            true => {
                let (format, args) = args.split_first()?;
                let ExprKind::BasicLit(_) = file.expr(file.unparen(*format)).kind else {
                    return None;
                };
                let verbs = verbs(file.expr_text(*format));
                { args.iter().zip(verbs) }
                    .filter(|(_, verb)| matches!(verb, 'v' | 's'))
                    .map(|(&arg, _)| arg)
                    .collect()
            }
            false => args.to_vec(),
        };
        let mut indirect = Indirect::default();
        for arg in printed {
            // A copy that is printed has a lock of its own.
            let ty = body.type_of(arg);
            let Type::Pointer(target) = cx.ty(ty) else {
                continue;
            };
            let Type::Named { name: owner, .. } = cx.ty(target) else {
                continue;
            };
            let owner = cx.named(owner);
            if owner.package != *cx.names().path() {
                continue;
            }
            let names = cx.names();
            let Some(method) = ["Error", "String"]
                .iter()
                .find_map(|method| names.lookup_method(&owner.name, method))
            else {
                continue;
            };
            let method = names.method(method);
            let (Some(contract), Some(spot)) = (
                self.of_function(cx, method.file, method.func),
                Spot::of(facts, arg),
            ) else {
                continue;
            };
            for effect in &contract.effects {
                if let Some(spot) = effect.lock.of_receiver(&spot) {
                    indirect.effects.push((spot, Rc::clone(effect)));
                }
            }
            indirect.taken.extend(contract.taken_within().map(|taken| {
                let spot = taken.lock.as_ref().and_then(|lock| lock.of_receiver(&spot));
                (taken.clone(), spot)
            }));
        }
        Some(indirect)
    }

    /// What the functions do that a field holds.
    fn of_field(
        &self,
        facts: &FunctionFacts<'_>,
        call: ExprId,
        (x, name): (ExprId, &str),
    ) -> Option<Indirect> {
        let file = facts.file();
        let cx = facts.body().cx();
        let (fun, _) = file.call(call)?;
        let field = field_of(facts, fun)?;
        let spot = Spot::of(facts, x);
        let all = self.all_held(cx, &field, name);
        let mut indirect = Indirect::default();
        for held in all.iter().flatten() {
            let taken = held.taken.iter().map(|taken| (taken.clone(), None));
            indirect.taken.extend(taken);
        }
        // Certain is what each of them does.
        if let (Some(Some(first)), Some(spot)) = (all.first(), spot) {
            for effect in &first.own {
                let same = |held: &Option<Held>| {
                    held.as_ref().is_some_and(|held| {
                        { held.own.iter() }.any(|other| {
                            other.lock == effect.lock
                                && other.first_taken().is_some() == effect.first_taken().is_some()
                        })
                    })
                };
                if all.iter().all(same)
                    && let Some(spot) = effect.lock.of_receiver(&spot)
                {
                    indirect.effects.push((spot, Rc::clone(effect)));
                }
            }
        }
        Some(indirect)
    }

    /// What each of the functions does that the package puts into a field; none for what is not
    /// understood, and nothing at all when there are many.
    fn all_held(&self, cx: &PackageCx<'_>, field: &LockField, name: &str) -> AllHeld {
        // What is too deep to be looked into is another matter one level higher.
        let key = (field.clone(), self.depth());
        if let Some(known) = self.fields.borrow().get(&key) {
            return Rc::clone(known);
        }
        // Who calls what it is made of finds nothing.
        let empty = AllHeld::default();
        self.fields.borrow_mut().insert(key.clone(), empty);
        let mut all = Vec::new();
        if let Some(holders) = self.holders(cx).get(name)
            && holders.len() <= MAX_HOLDERS
        {
            for holder in holders {
                self.held(cx, holder, &field.0, &mut all);
            }
        }
        let all: AllHeld = all.into();
        self.fields.borrow_mut().insert(key, Rc::clone(&all));
        all
    }

    /// What the function does that a place puts into the field; none in the list for what is not
    /// understood.
    fn held(&self, cx: &PackageCx<'_>, holder: &Holder, field: &str, all: &mut Vec<Option<Held>>) {
        let body = Body::new(cx, holder.file, holder.root);
        let facts = FunctionFacts::new(&body);
        let file = facts.file();
        let (owner, is_it) = match file.selector(holder.target) {
            Some((x, _)) if holder.is_assigned => {
                let is_it = field_of(&facts, holder.target).is_some_and(|of| *of.0 == *field);
                (Spot::of(&facts, x), is_it)
            }
            // The type of the literal is not asked for: fields of one name are taken together.
            _ => (None, true),
        };
        if !is_it {
            return;
        }
        let value = file.unparen(holder.value);
        if body.object(value) == Object::Nil {
            return;
        }
        // A function that puts what it is given into the field of its receiver.
        if let Object::Local(local) = body.object(value)
            && let LocalKind::Param(_) = body.names().local(local).kind
            && body.names().local(local).func == holder.root
            && let (Some(index), Some(name)) =
                (param_number(&body, local), file.func(holder.root).name)
            && let Some(spot) = &owner
            && spot.path.is_empty()
            && { spot.local() }.is_some_and(|owner| {
                matches!(body.names().local(owner).kind, LocalKind::Receiver(_))
            })
        {
            let setter = file.name(name);
            for (index_of, other, func) in declared(cx) {
                let calls = crate::resource::calls(other, func);
                if !calls.contains(setter) {
                    continue;
                }
                let body = Body::new(cx, index_of, func);
                let facts = FunctionFacts::new(&body);
                for site in facts.calls() {
                    let Callee::Selected { x, name } = facts.callee(site.call) else {
                        continue;
                    };
                    if name != setter
                        || body.declaration(site.call) != Some((holder.file, holder.root))
                    {
                        continue;
                    }
                    let Some(&arg) = other.call(site.call).and_then(|(_, args)| args.get(index))
                    else {
                        continue;
                    };
                    let owner = Spot::of(&facts, x);
                    all.push(self.of_value(&facts, arg, owner.as_ref()));
                }
            }
            return;
        }
        all.push(self.of_value(&facts, value, owner.as_ref()));
    }

    /// What a function value does to locks; to those of `owner` when it is known.
    fn of_value(
        &self,
        facts: &FunctionFacts<'_>,
        value: ExprId,
        owner: Option<&Spot>,
    ) -> Option<Held> {
        let file = facts.file();
        let body = facts.body();
        let cx = body.cx();
        let value = file.unparen(value);
        let literal = match file.expr(value).kind {
            ExprKind::FuncLit(literal) => Some(literal),
            ExprKind::Ident => match body.object(value) {
                Object::Local(local) => Some(facts.literal_in(local)?),
                Object::Member(member) => {
                    let member = cx.names().member(member);
                    let MemberKind::Func(func) = member.kind else {
                        return None;
                    };
                    let contract = self.of_function(cx, member.file, func)?;
                    return Some(Held {
                        own: Vec::new(),
                        taken: contract.taken_within().cloned().collect(),
                    });
                }
                _ => return None,
            },
            _ => None,
        };
        if let Some(literal) = literal {
            return self.of_literal(facts, literal, owner.and_then(root_of));
        }
        let (x, name) = file.selector(value)?;
        let Selection::Method { owner: ty, .. } = body.selection(body.type_of(x), name)? else {
            return None;
        };
        let Type::Named { name: ty, .. } = cx.ty(cx.deref(ty)) else {
            return None;
        };
        let ty = cx.named(ty);
        if ty.package != *cx.names().path() {
            return None;
        }
        let method = cx.names().method(cx.names().lookup_method(&ty.name, name)?);
        let contract = self.of_function(cx, method.file, method.func)?;
        let is_own = owner.is_some() && Spot::of(facts, x).as_ref() == owner;
        Some(Held {
            own: match is_own {
                true => contract.effects.clone(),
                false => Vec::new(),
            },
            taken: contract.taken_within().cloned().collect(),
        })
    }

    /// What a literal does to locks; those of what `owner` holds are known as those of a receiver.
    fn of_literal(
        &self,
        facts: &FunctionFacts<'_>,
        literal: FuncId,
        owner: Option<LocalId>,
    ) -> Option<Held> {
        let _deeper = self.deeper()?;
        let conditions = Conditions::of(facts);
        let mut held = Held::default();
        let mut spots: Vec<(Spot, crate::sites::Mutex)> = Vec::new();
        for lock in facts.locks() {
            let Some(place) = &lock.place else { continue };
            if lock.point.func != literal || is_conditional(facts, lock.point) {
                continue;
            }
            let spot = Spot::of_place(facts, place);
            if matches!(lock.op, LockOp::Lock | LockOp::RLock)
                && !is_fresh(facts, &spot)
                && let Some(field) = field_of(facts, lock.operand)
            {
                held.taken.push(TakenWithin {
                    field,
                    op: lock.op,
                    lock: None,
                });
            }
            spots.push((spot, lock.mutex));
        }
        for site in facts.calls_of(literal) {
            if site.mode != CallMode::Now || is_conditional(facts, site.point) {
                continue;
            }
            let Some(contract) = self.of_call(facts, site.call) else {
                if let Some(indirect) = self.indirect(facts, site.call) {
                    held.taken
                        .extend(indirect.taken.into_iter().map(|(taken, _)| taken));
                }
                continue;
            };
            held.taken.extend(contract.taken_within().cloned());
            for effect in &contract.effects {
                if let Some(spot) = effect.lock.at(facts, site.call)
                    && !effect.conditional
                {
                    spots.push((spot, effect.mutex));
                }
            }
        }
        for (spot, mutex) in spots {
            if owner.is_none() || spot.local() != owner || !spot.indices.is_empty() {
                continue;
            }
            let lock = OuterLock::of_owner(spot.path.clone());
            if held.own.iter().any(|effect| effect.lock == lock) {
                continue;
            }
            let follower = Follower::new(facts, self, &conditions, spot);
            if let Some(endings) = follower.endings(literal) {
                held.own.push(Rc::new(LockEffect {
                    lock,
                    endings,
                    mutex,
                    conditional: false,
                    needs: Vec::new(),
                }));
            }
        }
        Some(held)
    }
}

fn anonymous(contract: &LockContract) -> Vec<(TakenWithin, Option<Spot>)> {
    { contract.taken_within() }
        .map(|taken| {
            let taken = TakenWithin {
                lock: None,
                ..taken.clone()
            };
            (taken, None)
        })
        .collect()
}

/// Whether a type, by its name, stands in for another in tests.
fn is_stand_in(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    { ["mock", "fake", "stub", "dummy", "noop", "test"].iter() }.any(|word| name.contains(word))
}

/// The variable that a spot is, without steps.
fn root_of(spot: &Spot) -> Option<LocalId> {
    { spot.path.is_empty() }.then(|| spot.local()).flatten()
}

/// The verbs of a format, in order; an explicit index or a width that is an argument makes the rest
/// unknown.
fn verbs(format: &str) -> Vec<char> {
    let mut verbs = Vec::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        let mut is_syntax = false;
        for c in chars.by_ref() {
            match c {
                '%' => break,
                '*' | '[' => return verbs,
                '#' => is_syntax = true,
                '+' | '-' | ' ' | '.' | '0'..='9' => {}
                // The Go syntax of a value asks no `String` method.
                verb => {
                    verbs.push(if is_syntax { 'T' } else { verb });
                    break;
                }
            }
        }
    }
    verbs
}

/// The places of a package that put functions into fields.
pub(super) fn collect_holders(cx: &PackageCx<'_>) -> Holders {
    let mut holders = Holders::default();
    for (index, file, root) in declared(cx) {
        let mut add = |name: &str, target: ExprId, value: ExprId, is_assigned: bool| {
            let holder = Holder {
                file: index,
                root,
                target,
                value,
                is_assigned,
            };
            holders.entry(name.into()).or_default().push(holder);
        };
        let node = file.func(root);
        for stmt in node.stmts.iter() {
            let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                continue;
            };
            let (lhs, rhs) = (file.exprs(lhs), file.exprs(rhs));
            if lhs.len() != rhs.len() {
                continue;
            }
            for (&target, &value) in lhs.iter().zip(rhs) {
                let target = file.unparen(target);
                if let Some((_, name)) = file.selector(target)
                    && may_be_function(file, value)
                {
                    add(name, target, value, true);
                }
            }
        }
        for expr in node.exprs.iter() {
            if let ExprKind::KeyValue { key, value } = file.expr(expr).kind
                && let Some(name) = file.ident(key)
                && may_be_function(file, value)
            {
                add(name, key, value, false);
            }
        }
    }
    // Of what is only ever given plain variables nothing is known that is worth a look.
    holders.retain(|_, holders| {
        holders.iter().any(|holder| {
            let file = cx.file(holder.file);
            file.ident(file.unparen(holder.value)).is_none() || holder.is_assigned
        })
    });
    holders
}

/// Whether a value may be a function, by its form.
fn may_be_function(file: &File, value: ExprId) -> bool {
    matches!(
        file.expr(file.unparen(value)).kind,
        ExprKind::FuncLit(_) | ExprKind::Ident | ExprKind::Selector { .. }
    )
}
