//! Which function a call calls, as far as that can be told: also through variables that always hold
//! the same one, through interfaces with known implementations, and without the packages at hand.

use std::cell::RefCell;
use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, SpecKind};
use go_types::{
    Callee, Init, LocalId, LocalKind, MemberId, MemberKind, Object, PackageCx, Selection, Type,
    TypeId,
};
use rustc_hash::FxHashMap;

use super::contract::{ArgEffect, Contract, Exits};
use super::declared::CallNames;
use super::models::Models;
use super::tracker::Tracker;

/// A package, and the name (`F` or `T.M`) of a function of it.
pub(crate) type Key = (Rc<str>, String);

/// The types of the package that implement an interface.
#[derive(Debug, Default)]
struct Implementations(RefCell<FxHashMap<TypeId, Rc<[Box<str>]>>>);

/// What variables of the package start with, by their names.
#[derive(Debug)]
struct Variables(FxHashMap<Box<str>, Start>);

#[derive(Debug)]
struct Start {
    function: Key,
    /// Whether the variable starts with what the function gives, not with the function.
    is_called: bool,
}

/// The names of the variables of the package that hold functions which may acquire.
#[derive(Debug)]
struct Acquiring(Vec<Box<str>>);

impl<'a> Tracker<'_, 'a> {
    /// The package and the name (`F` or `T.M`) of what a call calls.
    pub(crate) fn key(&self, call: ExprId) -> Option<Key> {
        match self.facts().callee(call) {
            Callee::Func { package, name, .. } => Some((package.into(), name.to_owned())),
            Callee::Selected { x, name } => match self.body().method(call) {
                Some(method) => self.method_key(method.owner, name),
                None => {
                    let (package, owner) = self.type_name(x)?;
                    Some((package, format!("{owner}.{name}")))
                }
            },
            Callee::Var(local) => self.function_in(local),
            Callee::MemberVar(member) => self.function_in_variable(member),
            _ => None,
        }
    }

    fn method_key(&self, owner: TypeId, name: &str) -> Option<Key> {
        let Type::Named { name: owner, .. } = self.body().cx().ty(owner) else {
            return None;
        };
        let owner = self.body().cx().named(owner);
        Some((Rc::from(&*owner.package), format!("{}.{name}", owner.name)))
    }

    /// The declared function, or the method, that a local variable always holds.
    fn function_in(&self, local: LocalId) -> Option<Key> {
        let LocalKind::Var {
            init: Init::Value(value),
            ..
        } = self.body().names().local(local).kind
        else {
            return None;
        };
        let file = self.file();
        let value = file.unparen(value);
        if !matches!(
            file.expr(value).kind,
            ExprKind::Ident | ExprKind::Selector { .. }
        ) || !self.facts().var_facts(local).is_single_assignment()
        {
            return None;
        }
        let names = self.body().cx().names();
        match (file.expr(value).kind, self.body().object(value)) {
            (_, Object::Member(id)) => match names.member(id).kind {
                MemberKind::Func(_) => {
                    Some((Rc::from(&**names.path()), names.member_name(id).to_owned()))
                }
                _ => None,
            },
            (ExprKind::Selector { x, sel }, _) => {
                let name = file.span_text(sel);
                if let Object::Package(import) = self.body().object(x) {
                    let path = names.canonical_path(import, self.body().cx().loader());
                    return Some((Rc::from(&**path), name.to_owned()));
                }
                match self.body().selection(self.body().type_of(x), name)? {
                    Selection::Method { owner, .. } => self.method_key(owner, name),
                    Selection::Field(_) => None,
                }
            }
            _ => None,
        }
    }

    /// The function that a variable of the package starts with; what else it gets, in tests mostly,
    /// is taken to do the same.
    fn function_in_variable(&self, member: MemberId) -> Option<Key> {
        let cx = self.body().cx();
        let known = cx.memo(|| Variables(variables(cx)));
        let start = known.0.get(cx.names().member_name(member))?;
        (!start.is_called).then(|| start.function.clone())
    }

    /// The package and the name of the type of `expr`, or of what it points to, when the type is
    /// declared in a package that is not at hand, or follows from a function of one.
    fn type_name(&self, expr: ExprId) -> Option<(Rc<str>, String)> {
        let cx = self.body().cx();
        let ty = cx.deref(self.body().type_of(expr));
        if let Type::Named { name, .. } = cx.ty(ty) {
            let named = cx.named(name);
            // What is known of it has no such method.
            let is_known = !matches!(cx.ty(self.body().underlying(ty)), Type::Unknown);
            return (!is_known).then(|| (Rc::from(&*named.package), named.name.to_string()));
        }
        if !ty.is_unknown() {
            return None;
        }
        let file = self.file();
        let expr = file.unparen(expr);
        let key = match (file.expr(expr).kind, self.body().object(expr)) {
            (ExprKind::Call { .. }, _) => self.key(expr)?,
            (_, Object::Local(local)) => {
                let LocalKind::Var { init, .. } = self.body().names().local(local).kind else {
                    return None;
                };
                let (Init::Value(value)
                | Init::Element {
                    expr: value,
                    index: 0,
                    ..
                }) = init
                else {
                    return None;
                };
                let value = file.unparen(value);
                if !matches!(file.expr(value).kind, ExprKind::Call { .. }) {
                    return None;
                }
                self.key(value)?
            }
            (_, Object::Member(member)) => {
                let name = cx.names().member_name(member);
                let known = cx.memo(|| Variables(variables(cx)));
                let start = known.0.get(name).filter(|start| start.is_called)?;
                start.function.clone()
            }
            _ => return None,
        };
        let result = self.models().result_of(&format!("{}.{}", key.0, key.1))?;
        let (package, name) = result.rsplit_once('.')?;
        Some((package.into(), name.to_owned()))
    }

    /// What all implementations of an interface do that the package declares.
    pub(crate) fn common_contract(&self, call: ExprId) -> Option<Contract> {
        let Callee::Selected { name, .. } = self.facts().callee(call) else {
            return None;
        };
        let owner = self.body().method(call)?.owner;
        let cx = self.body().cx();
        if !cx.is_interface(owner) {
            return None;
        }
        let path = cx.names().path();
        let mut common: Option<Contract> = None;
        for ty in &*self.implementations(owner) {
            let key = format!("{ty}.{name}");
            let contract = self.inferred().contract(cx, path, &key);
            let contract = contract.unwrap_or_default();
            common = Some(match common {
                None => contract,
                Some(other) => meet(other, &contract),
            });
        }
        common
    }

    /// The names of the types of the package that implement an interface.
    fn implementations(&self, interface: TypeId) -> Rc<[Box<str>]> {
        let cx = self.body().cx();
        let memo = cx.memo(Implementations::default);
        if let Some(known) = memo.0.borrow().get(&interface) {
            return Rc::clone(known);
        }
        let names = cx.names();
        let types = names.members().filter_map(|(id, member)| {
            let MemberKind::Type(_) = member.kind else {
                return None;
            };
            names.methods_of(names.member_name(id)).next()?;
            let ty = cx.type_of_member(id);
            let implements = !cx.is_interface(ty)
                && (cx.implements(cx.pointer_to(ty), interface) || cx.implements(ty, interface));
            implements.then(|| Box::from(names.member_name(id)))
        });
        let found: Rc<[Box<str>]> = types.collect();
        memo.0.borrow_mut().insert(interface, Rc::clone(&found));
        found
    }
}

/// What holds of two functions.
fn meet(a: Contract, b: &Contract) -> Contract {
    let both = |a: ArgEffect, b: ArgEffect| if a == b { a } else { ArgEffect::Unknown };
    let params = a.params.len().min(b.params.len());
    Contract {
        recv: both(a.recv, b.recv),
        params: (0..params)
            .map(|index| both(a.param(index), b.param(index)))
            .collect(),
        gives: a
            .gives
            .into_iter()
            .filter(|gives| b.gives.contains(gives))
            .collect(),
        never_returns: a.never_returns && b.never_returns,
        writes: a.writes & b.writes,
        exits: if a.exits == b.exits {
            a.exits
        } else {
            Exits::default()
        },
        blocks: a.blocks && b.blocks,
    }
}

/// What variables of the package start with.
fn variables(cx: &PackageCx<'_>) -> FxHashMap<Box<str>, Start> {
    let names = cx.names();
    let mut found = FxHashMap::default();
    for (id, member) in names.members() {
        let MemberKind::Var { spec, index } = member.kind else {
            continue;
        };
        let file = cx.file(member.file);
        let SpecKind::Value { values, .. } = file.spec(spec).kind else {
            continue;
        };
        let Some(&value) = file.exprs(values).get(index as usize) else {
            continue;
        };
        let value = file.unparen(value);
        let call = file.call(value);
        let fun = file.unparen(call.map_or(value, |(fun, _)| fun));
        let function: Key = match file.expr(fun).kind {
            ExprKind::Ident => match cx.lookup(member.file, file.expr_text(fun)) {
                Object::Member(function)
                    if matches!(names.member(function).kind, MemberKind::Func(_)) =>
                {
                    (
                        Rc::from(&**names.path()),
                        names.member_name(function).to_owned(),
                    )
                }
                _ => continue,
            },
            ExprKind::Selector { x, sel } => match cx.lookup(member.file, file.expr_text(x)) {
                Object::Package(import) => {
                    let path = names.canonical_path(import, cx.loader());
                    (Rc::from(&**path), file.span_text(sel).to_owned())
                }
                _ => continue,
            },
            _ => continue,
        };
        let start = Start {
            function,
            is_called: call.is_some(),
        };
        found.insert(Box::from(names.member_name(id)), start);
    }
    found
}

/// Whether one of the names of `calls` is a variable of the package that holds a function which may
/// acquire.
pub fn acquires_by_variable(cx: &PackageCx<'_>, models: &Models, calls: &CallNames<'_>) -> bool {
    let acquiring = cx.memo(|| {
        let known = cx.memo(|| Variables(variables(cx)));
        let acquires = |start: &Start| !start.is_called && models.may_acquire(&start.function.1);
        let acquiring = known.0.iter().filter(|(_, start)| acquires(start));
        Acquiring(acquiring.map(|(name, _)| name.clone()).collect())
    });
    acquiring.0.iter().any(|name| calls.contains(name))
}
