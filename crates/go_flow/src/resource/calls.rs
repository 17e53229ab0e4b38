//! What a call does with resources, as far as models, contracts and types tell.

use std::cell::RefCell;
use std::rc::Rc;

use go_syntax::{ExprId, ExprKind};
use go_types::{Basic, Builtin, Callee, PackageCx, Selection, Type, TypeId};
use rustc_hash::FxHashMap;

use super::contract::{ArgEffect, Contract, Ending, Gives};
use super::models::{ClassId, Models};
use super::tracker::Tracker;
use super::versions::unversioned;

/// The number of the last of an unknown number of results.
pub(crate) const LAST: u32 = u32::MAX;

/// Methods that end the use of a value, whatever it is.
pub(crate) const ENDING: [&str; 12] = [
    "Close",
    "CloseWithError",
    "Stop",
    "Shutdown",
    "Release",
    "Cancel",
    "Destroy",
    "Dispose",
    "Done",
    "End",
    "Finish",
    "Terminate",
];

/// Further methods that end the use of something with a `Close`.
const GIVING_UP: [&str; 6] = ["Abort", "Discard", "Disconnect", "Kill", "Free", "Rollback"];

/// Verbs of functions that go on with a writer or reader when they have returned.
const KEEPING: [&str; 8] = [
    "Set", "set", "Start", "start", "Register", "register", "Redirect", "Attach",
];

/// Whether a name goes on with a new word, or ends.
fn starts_a_word(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| !c.is_lowercase())
}

/// Which types have a method that ends their use; kept for a package.
#[derive(Debug, Default)]
struct Closable(RefCell<FxHashMap<TypeId, bool>>);

/// The kinds of resources that types are; kept for a package.
#[derive(Debug, Default)]
struct Classes(RefCell<FxHashMap<TypeId, Option<ClassId>>>);

impl<'a> Tracker<'_, 'a> {
    /// What a call does.
    pub(crate) fn contract(&self, call: ExprId) -> Rc<Contract> {
        if let Some(known) = self.contracts.borrow().get(&call) {
            return Rc::clone(known);
        }
        let made = Rc::new(self.make_contract(call));
        self.contracts.borrow_mut().insert(call, Rc::clone(&made));
        made
    }

    fn make_contract(&self, call: ExprId) -> Contract {
        let mut contract = self.declared_contract(call).unwrap_or_default();
        if contract.gives.is_empty() {
            contract.gives.extend(self.returned(call));
        }
        contract
    }

    /// What models and contracts say of what a call calls.
    fn declared_contract(&self, call: ExprId) -> Option<Contract> {
        let (package, name) = self.key(call)?;
        if let Some(contract) = self.models().function(&format!("{package}.{name}")) {
            return Some(contract.clone());
        }
        self.inferred()
            .contract(self.body().cx(), &package, &name)
            .or_else(|| self.common_contract(call))
    }

    /// How a call ends, by its contract. Unlike [`contract`](Self::contract) this needs no types of
    /// results, and most calls are asked for nothing else.
    pub(crate) fn contract_end(&self, call: ExprId) -> Ending {
        if let Some(known) = self.contracts.borrow().get(&call) {
            return known.ending();
        }
        let declared = self.declared_contract(call);
        declared
            .map(|contract| contract.ending())
            .unwrap_or_default()
    }

    /// What a call through an interface or a function value gives, by the types of its results.
    fn returned(&self, call: ExprId) -> Option<Gives> {
        let through_interface = match self.facts().callee(call) {
            Callee::Selected { .. } => self
                .body()
                .method(call)
                .is_none_or(|method| self.body().cx().is_interface(method.owner)),
            Callee::Var(_) | Callee::MemberVar(_) | Callee::Dynamic => true,
            _ => false,
        };
        if !through_interface {
            return None;
        }
        let results = self.body().results_of_call(call)?;
        let cx = self.body().cx();
        (0..).zip(&*results).find_map(|(result, &ty)| {
            let named = matches!(cx.ty(cx.deref(ty)), Type::Named { .. });
            let text = named.then(|| cx.type_string(ty))?;
            let mut rows = self.models().returned().iter();
            let text = unversioned(&text);
            let (_, gives) = rows.find(|(name, _)| **name == *text)?;
            Some(Gives {
                result,
                ..gives.clone()
            })
        })
    }

    /// The number of the last result of a call, when it can tell whether the call succeeded.
    pub(crate) fn error_result(&self, call: ExprId) -> Option<u32> {
        let body = self.body();
        // When nobody knows the types, the model's word is good: it is the last one.
        let Some(results) = body.results_of_call(call) else {
            return Some(LAST);
        };
        let last = results.len().checked_sub(1)?;
        let tells = self.is_kind_of_error(results[last])
            || matches!(
                body.cx().ty(body.underlying(results[last])),
                Type::Basic(Basic::Bool)
            );
        tells.then(|| u32::try_from(last).ok())?
    }

    /// Whether a type is `error`, or points to an error of some kind: `*StatusError`.
    pub(crate) fn is_kind_of_error(&self, ty: TypeId) -> bool {
        let body = self.body();
        body.is_error(ty)
            || (matches!(body.cx().ty(ty), Type::Pointer(_))
                && body.type_string(ty).ends_with("Error"))
    }

    /// Whether a call makes a name of what it is given.
    pub(crate) fn makes_path(&self, call: ExprId) -> bool {
        if let Some(results) = self.body().results_of_call(call) {
            return results.first().is_some_and(|&ty| {
                let under = self.body().underlying(ty);
                matches!(self.body().cx().ty(under), Type::Basic(Basic::String))
            });
        }
        matches!(
            self.facts().callee(call),
            Callee::Func {
                package: "path" | "path/filepath",
                ..
            }
        )
    }

    /// Whether the arguments of a call are written as they must be for it to acquire.
    pub(crate) fn is_written_as_wanted(&self, call: ExprId) -> bool {
        let Some((package, name)) = self.key(call) else {
            return true;
        };
        let wanted = self.models().only_arg(&format!("{package}.{name}"));
        let Some((_, args)) = self.file().call(call) else {
            return true;
        };
        wanted.iter().all(|(index, names)| {
            args.get(*index).is_some_and(|&arg| {
                let text = self.file().expr_text(arg);
                names.iter().any(|name| text.ends_with(&**name))
            })
        })
    }

    /// Whether no result of a call can be responsible for what it takes over.
    pub(crate) fn gives_no_owner(&self, call: ExprId) -> bool {
        let body = self.body();
        match body.results_of_call(call) {
            Some(results) => results
                .first()
                .is_none_or(|&ty| !ty.is_unknown() && body.is_error(ty)),
            // Methods such as Serve, of packages that are not at hand.
            None => matches!(self.facts().callee(call), Callee::Selected { .. }),
        }
    }

    /// Whether a call gives something that is responsible for one of its arguments, so that it is
    /// the argument that is followed.
    pub(crate) fn takes_over(&self, call: ExprId) -> bool {
        let contract = self.contract(call);
        let Some((_, args)) = self.file().call(call) else {
            return false;
        };
        args.iter()
            .enumerate()
            .any(|(index, &arg)| contract.param(index) == ArgEffect::Own && self.is_closable(arg))
    }

    /// What a call does with argument `index`, which is the resource or something around it.
    pub(crate) fn arg_effect(&self, call: ExprId, index: usize, class: ClassId) -> ArgEffect {
        match self.facts().callee(call) {
            Callee::Builtin(Builtin::Append) => return ArgEffect::Keep,
            Callee::Builtin(_) => return ArgEffect::Borrow,
            _ => {}
        }
        let contract: &Contract = &self.contract(call);
        let effect = contract.param(index);
        if effect == ArgEffect::Borrow && self.is_served(call, class) {
            return ArgEffect::Keep;
        }
        if effect != ArgEffect::Unknown {
            return effect;
        }
        if let Some((package, name)) = self.key(call) {
            let key = format!("{package}.{name}");
            if self.models().releases(&key, class, index) {
                return ArgEffect::Release;
            }
            // What holds for what a package exports need not hold for the rest of it.
            if self.models().borrows(&package) && *package != **self.body().cx().names().path() {
                return ArgEffect::Borrow;
            }
        }
        if self.is_served(call, class) {
            return ArgEffect::Keep;
        }
        match self.param_type(call, index) {
            // Through such a parameter it cannot be closed, and whoever keeps it does not own it; but
            // it must not be closed while it is in use.
            Some(ty) if self.is_plain_interface(ty) => match self.sounds_keeping(call) {
                true => ArgEffect::Keep,
                false => self.around(call).unwrap_or(ArgEffect::Borrow),
            },
            _ => ArgEffect::Unknown,
        }
    }

    /// Whether a call serves a listener, which mostly goes on until the listener is closed.
    fn is_served(&self, call: ExprId, class: ClassId) -> bool {
        *self.models().class(class).rule == *"listener-not-closed"
            && match self.facts().callee(call) {
                Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                    name.starts_with("Serve") || name.starts_with("serve")
                }
                _ => false,
            }
    }

    /// What it may do with a stream that a call makes another one of.
    fn around(&self, call: ExprId) -> Option<ArgEffect> {
        let results = self.body().results_of_call(call)?;
        let &first = results.first()?;
        if first.is_unknown() || self.body().is_error(first) {
            None
        } else if self.is_closable_type(first) {
            Some(ArgEffect::Own)
        } else if is_stream(self.body().cx(), first) {
            Some(ArgEffect::Wrap)
        } else {
            None
        }
    }

    /// Whether the name of what a call calls says that it goes on with what it is given.
    fn sounds_keeping(&self, call: ExprId) -> bool {
        match self.facts().callee(call) {
            Callee::Func { name, .. } | Callee::Selected { name, .. } => KEEPING
                .iter()
                .any(|verb| name.strip_prefix(verb).is_some_and(starts_a_word)),
            _ => false,
        }
    }

    /// Whether a call gives an error and has a name that says so: `httpError(…)`, `wrapErrorf(…)`.
    /// A method without arguments asks for an error that may be nil.
    pub(crate) fn sounds_like_error(&self, call: ExprId) -> bool {
        let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = self.facts().callee(call)
        else {
            return false;
        };
        let has_arguments = || {
            self.file()
                .call(call)
                .is_some_and(|(_, args)| !args.is_empty())
        };
        name.contains("rror")
            && !name.ends_with("OrNil")
            && has_arguments()
            && self.body().is_error(self.body().type_of(call))
    }

    /// Whether a method belongs to a package of which everything only borrows.
    pub(crate) fn is_borrowing_method(&self, call: ExprId) -> bool {
        self.key(call).is_some_and(|(package, _)| {
            self.models().borrows(&package) && *package != **self.body().cx().names().path()
        }) || self.is_quiet(call)
    }

    /// Whether a call makes a file of a descriptor that others opened: one with a fixed number, which
    /// the process got when it started, or one that a field tells.
    pub(crate) fn is_inherited(&self, call: ExprId) -> bool {
        let file = self.file();
        if let Callee::Func {
            name: "FcntlInt", ..
        } = self.facts().callee(call)
        {
            // Of all requests only those that duplicate give a descriptor.
            let request = file.call(call).and_then(|(_, args)| args.get(1).copied());
            return !request.is_some_and(|arg| file.expr_text(arg).contains("DUPFD"));
        }
        self.body().is_call_to(call, "os", "NewFile")
            && file.call(call).is_some_and(|(_, args)| {
                let Some(&arg) = args.first() else {
                    return false;
                };
                let mut arg = file.unparen(arg);
                if let (Callee::Conversion(_), Some((_, &[inner]))) =
                    (self.facts().callee(arg), file.call(arg))
                {
                    arg = file.unparen(inner);
                }
                matches!(
                    file.expr(arg).kind,
                    ExprKind::BasicLit(_) | ExprKind::Selector { .. }
                )
            })
    }

    pub(crate) fn param_type(&self, call: ExprId, index: usize) -> Option<TypeId> {
        let (fun, _) = self.file().call(call)?;
        let body = self.body();
        let Type::Func {
            params, variadic, ..
        } = body.cx().ty(body.underlying(body.type_of(fun)))
        else {
            return None;
        };
        let params = body.cx().types(params);
        let last = params.len().checked_sub(1)?;
        if variadic && index >= last {
            return match body.cx().ty(params[last]) {
                Type::Slice(elem) => Some(elem),
                _ => None,
            };
        }
        params.get(index).copied()
    }

    /// Whether a type is an interface with methods of which none ends the use of the value.
    pub(crate) fn is_plain_interface(&self, ty: TypeId) -> bool {
        let under = self.body().underlying(ty);
        matches!(self.body().cx().ty(under), Type::Interface { .. }) && !self.is_closable_type(ty)
    }

    /// Whether the value of an expression has a method that ends its use.
    pub(crate) fn is_closable(&self, expr: ExprId) -> bool {
        self.is_closable_type(self.body().type_of(expr))
    }

    pub(crate) fn is_closable_type(&self, ty: TypeId) -> bool {
        let memo = self.body().cx().memo(Closable::default);
        if let Some(&known) = memo.0.borrow().get(&ty) {
            return known;
        }
        let is_method = |name: &&str| {
            matches!(
                self.body().selection(ty, name),
                Some(Selection::Method { .. })
            )
        };
        let closable = ENDING.iter().any(is_method);
        memo.0.borrow_mut().insert(ty, closable);
        closable
    }

    /// [`class_of`], with what is at hand.
    pub(crate) fn class_of(&self, ty: TypeId) -> Option<ClassId> {
        class_of(self.body().cx(), self.models(), ty)
    }

    /// Whether the field `name` of the resource at hand is its channel.
    pub(crate) fn is_channel(&self, name: &str) -> bool {
        let class = self.models().class(self.class.get());
        class.channel.as_deref() == Some(name)
    }

    /// Whether the resource at hand is released by its name.
    pub(crate) fn is_named(&self) -> bool {
        self.models().class(self.class.get()).release_via.is_some()
    }

    /// Whether the resource at hand is a command that was started.
    pub(crate) fn is_command(&self) -> bool {
        &*self.models().class(self.class.get()).name == "started-command"
    }

    /// Whether a call releases the resource at hand, a state of the program.
    pub(crate) fn releases_global(&self, call: ExprId) -> bool {
        self.key(call).is_some_and(|(package, name)| {
            self.models()
                .releases_global(&format!("{package}.{name}"), self.class.get())
        })
    }

    /// Whether the method `name` tells the name of the resource at hand.
    pub(crate) fn names_by(&self, name: &str) -> bool {
        let class = self.models().class(self.class.get());
        class.release_via.as_deref() == Some(name)
    }

    /// Whether a call releases what its argument `index` names.
    pub(crate) fn named_release(&self, call: ExprId, index: usize) -> bool {
        self.key(call).is_some_and(|(package, name)| {
            self.models()
                .releases(&format!("{package}.{name}"), self.class.get(), index)
        })
    }

    /// Whether calling `name` on something with a `Close` ends the use of it in another way.
    pub(crate) fn is_other_end(&self, name: &str) -> bool {
        self.class.get() == ClassId::CLOSER && (Self::is_ending(name) || GIVING_UP.contains(&name))
    }

    /// Whether calling `name` on something responsible for the resource ends the use of it.
    pub(crate) fn is_ending(name: &str) -> bool {
        ENDING.contains(&name)
    }
}

/// The kind of resource that values of a type are: by the models, or because they have a method
/// `Close` without parameters.
pub(crate) fn class_of(cx: &PackageCx<'_>, models: &Models, ty: TypeId) -> Option<ClassId> {
    let memo = cx.memo(Classes::default);
    if let Some(&known) = memo.0.borrow().get(&ty) {
        return known;
    }
    let class = compute_class(cx, models, ty);
    memo.0.borrow_mut().insert(ty, class);
    class
}

fn compute_class(cx: &PackageCx<'_>, models: &Models, ty: TypeId) -> Option<ClassId> {
    let named = match cx.ty(ty) {
        Type::Pointer(elem) => elem,
        Type::Named { .. } | Type::Interface { .. } => ty,
        _ => return None,
    };
    if let Type::Named { .. } = cx.ty(named)
        && let Some(class) = models.class_of_type(&cx.type_string(ty))
    {
        return Some(class);
    }
    let is_called_bare = |method: &str| {
        let Some(Selection::Method { signature, .. }) = cx.selection(ty, method) else {
            return false;
        };
        matches!(cx.ty(signature), Type::Func { params, .. } if cx.types(params).is_empty())
    };
    if is_called_bare("Close") {
        return Some(ClassId::CLOSER);
    }
    // What types of other packages need is in the models.
    let is_own = matches!(
        cx.ty(named),
        Type::Named { name, .. } if !is_std(&cx.named(name).package)
    );
    let mut enders = ClassId::ENDERS.into_iter();
    let (class, _) = enders.find(|(_, method)| is_own && is_called_bare(method))?;
    Some(class)
}

/// Which types have a field that is a resource; kept for a package.
#[derive(Debug, Default)]
struct Owners(RefCell<FxHashMap<TypeId, bool>>);

/// The kind of resource that a field of values of a type is, and the field.
pub(crate) fn field_of<'m>(
    cx: &PackageCx<'_>,
    models: &'m Models,
    ty: TypeId,
) -> Option<&'m (ClassId, Box<str>)> {
    if !matches!(cx.ty(ty), Type::Pointer(_)) {
        return None;
    }
    let memo = cx.memo(Owners::default);
    if memo.0.borrow().get(&ty) == Some(&false) {
        return None;
    }
    let found = models.field_of_type(&cx.type_string(ty));
    memo.0.borrow_mut().insert(ty, found.is_some());
    found
}

/// Whether a type is an interface through which data is read or written, so that something to close
/// may be behind it.
pub(crate) fn is_stream(cx: &PackageCx<'_>, ty: TypeId) -> bool {
    let is_interface = matches!(cx.ty(cx.underlying(ty)), Type::Interface { .. });
    let has = |name| matches!(cx.selection(ty, name), Some(Selection::Method { .. }));
    is_interface && (has("Read") || has("Write"))
}

/// Whether a package is of the standard library.
fn is_std(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    !first.contains('.') && first != "command-line-arguments"
}
