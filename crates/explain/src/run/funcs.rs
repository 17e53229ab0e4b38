//! What a call calls, with its arguments: evaluated at once, called now or later.

use std::rc::Rc;

use go_syntax::{ExprId, ExprKind};
use go_types::{Callee, Selection, Type, TypeId};

use super::convert::{Kind, kind};
use super::machine::{Exec, Machine};
use super::operators::is_interface;
use super::value::{Func, Shown, Slice, Value};

/// A call whose function and arguments have been evaluated.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// `None` for nil.
    pub(super) func: Option<Rc<Func>>,
    pub(super) args: Vec<Value>,
    /// What was evaluated, in the order of the operands of a defer.
    pub(super) values: Vec<Shown>,
}

impl<'a> Machine<'_, 'a> {
    /// Evaluates the function and the arguments of a call.
    pub(super) fn prepare(&mut self, call: ExprId) -> Exec<Prepared> {
        let body = self.body();
        let file = body.file();
        let ExprKind::Call { fun, args, spread } = file.expr(call).kind else {
            return Err(self.give_up_inside());
        };
        let args: Vec<ExprId> = file.exprs(args).to_vec();
        let mut values = Vec::new();
        let func = match body.callee(call) {
            Callee::Builtin(builtin) => Some(Rc::new(Func::Builtin(builtin))),
            Callee::Literal(func) => Some(Rc::new(Func::Literal {
                file: self.frame().file,
                func,
                env: Rc::clone(&self.frame().env),
            })),
            Callee::Func {
                package,
                name,
                member,
            } => {
                let (package, name) = (package.to_owned(), name.to_owned());
                let text = self.text(fun);
                match member.and_then(|_| body.declaration(call)) {
                    Some((at, func)) if self.world.cx.file(at).func(func).body.is_some() => {
                        Some(Rc::new(Func::Declared { file: at, func }))
                    }
                    _ => Some(Rc::new(Func::External {
                        package,
                        name,
                        text,
                        recv: Vec::new(),
                    })),
                }
            }
            Callee::Selected { x, name } => match body.selection(body.type_of(x), name) {
                Some(Selection::Method { .. }) if body.denotes_type(x) => {
                    // `T.M(x)`: not looked into.
                    let text = self.text(fun);
                    Some(Rc::new(Func::Unknown { text }))
                }
                Some(Selection::Method { .. }) => {
                    let func = self.method_value(x, name)?;
                    let shown = match &*func {
                        Func::Method { recv, .. } => recv.shown(),
                        Func::External { recv, .. } => match recv.first() {
                            Some(recv) => recv.shown(),
                            None => unknown_shown(),
                        },
                        _ => unknown_shown(),
                    };
                    values.push(shown);
                    Some(func)
                }
                _ => {
                    let func = self.function_value(fun)?;
                    values.push(unknown_shown());
                    func
                }
            },
            Callee::Var(_) | Callee::MemberVar(_) | Callee::Dynamic => {
                let func = self.function_value(fun)?;
                values.push(match &func {
                    None => Shown {
                        text: "nil".to_owned(),
                        known: true,
                    },
                    Some(_) => unknown_shown(),
                });
                func
            }
            Callee::Conversion(_) | Callee::Unknown => {
                let text = self.text(fun);
                Some(Rc::new(Func::Unknown { text }))
            }
        };
        let args = self.arguments(call, &args, spread, func.as_deref(), &mut values)?;
        Ok(Prepared { func, args, values })
    }

    /// The function that an expression gives; `None` for nil.
    fn function_value(&mut self, fun: ExprId) -> Exec<Option<Rc<Func>>> {
        Ok(match self.value(fun)? {
            Value::Func(func) => Some(func),
            Value::Nil => None,
            _ => {
                let text = self.text(fun);
                Some(Rc::new(Func::Unknown { text }))
            }
        })
    }

    /// `x.name` where that is a method: the receiver is evaluated, and copied or pointed to.
    pub(super) fn method_value(&mut self, x: ExprId, name: &str) -> Exec<Rc<Func>> {
        let body = self.body();
        let ty = body.type_of(x);
        let Some(Selection::Method { owner, pointer, .. }) = body.selection(ty, name) else {
            return Err(self.give_up_inside());
        };
        let text = format!("{}.{name}", self.text(x));
        let is_pointer = matches!(body.cx().ty(body.underlying(ty)), Type::Pointer(_));
        let declared = self.declared_method(owner, name);
        // A promoted method has another receiver than `x`.
        let direct = body.cx().identical(body.cx().deref(ty), owner)
            || is_same_named(&body, body.cx().deref(ty), owner);
        let recv = if is_interface(&body, x) {
            let recv = self.value(x)?;
            if matches!(recv, Value::Nil) {
                return Err(self.nil_dereference());
            }
            recv
        } else if pointer && !is_pointer {
            self.address(x)?
        } else {
            let recv = self.value(x)?;
            if pointer || !is_pointer || !direct {
                recv
            } else {
                match recv {
                    Value::Pointer(pointer) => match self.memory.load(&pointer) {
                        Some(value) => value,
                        None => self.unknown(&text),
                    },
                    Value::Nil => return Err(self.nil_dereference()),
                    other => other,
                }
            }
        };
        if let (Some((file, func)), true) = (declared, direct)
            && self.world.cx.file(file).func(func).body.is_some()
        {
            return Ok(Rc::new(Func::Method { file, func, recv }));
        }
        let (package, owner) = match body.cx().ty(owner) {
            Type::Named { name, .. } => {
                let named = body.cx().named(name);
                (
                    named.package.to_string(),
                    format!("{}.{}", named.name, last_word(&text)),
                )
            }
            _ => (String::new(), name.to_owned()),
        };
        Ok(Rc::new(Func::External {
            package,
            name: owner,
            text,
            recv: vec![recv],
        }))
    }

    /// The declaration of a method of a type of this package.
    fn declared_method(&self, owner: TypeId, name: &str) -> Option<(u32, go_syntax::FuncId)> {
        let cx = self.world.cx;
        let Type::Named { name: id, .. } = cx.ty(owner) else {
            return None;
        };
        let named = cx.named(id);
        let names = cx.names();
        if named.package != *names.path() {
            return None;
        }
        let method = names.method(names.lookup_method(&named.name, name)?);
        Some((method.file, method.func))
    }

    /// The arguments of a call, as values of the parameters' types; those of a variadic parameter in a
    /// slice.
    fn arguments(
        &mut self,
        call: ExprId,
        args: &[ExprId],
        spread: bool,
        func: Option<&Func>,
        values: &mut Vec<Shown>,
    ) -> Exec<Vec<Value>> {
        let body = self.body();
        if let Some(Func::Builtin(builtin)) = func {
            return self.builtin_arguments(*builtin, call, args, values);
        }
        let mut given: Vec<(Value, Option<TypeId>)> = Vec::new();
        let several = match args {
            [only]
                if matches!(
                    body.file().expr(body.file().unparen(*only)).kind,
                    ExprKind::Call { .. }
                ) =>
            {
                body.results_of_call(*only).filter(|types| types.len() > 1)
            }
            _ => None,
        };
        if let (Some(types), [only]) = (several, args) {
            let results = self.several(*only, types.len())?;
            for (value, &ty) in results.into_iter().zip(types.iter()) {
                values.push(value.shown());
                given.push((value, Some(ty)));
            }
        } else {
            for &arg in args {
                let value = self.value(arg)?;
                values.push(self.operand(arg, &value));
                given.push((value, Some(body.type_of(arg))));
            }
        }
        let Some((params, variadic)) = self.parameters(func) else {
            return Ok(given.into_iter().map(|(value, _)| value).collect());
        };
        let fixed = if variadic {
            params.len().saturating_sub(1)
        } else {
            params.len()
        };
        let mut rest = given.into_iter();
        let mut passed = Vec::new();
        for &to in params.iter().take(fixed) {
            let Some((value, from)) = rest.next() else {
                break;
            };
            passed.push(self.assigned(&body, value, from, to));
        }
        if variadic {
            let Some(&last) = params.last() else {
                return Ok(passed);
            };
            if spread {
                if let Some((value, _)) = rest.next() {
                    passed.push(value);
                }
                return Ok(passed);
            }
            let Kind::Slice(elem) = kind(&body, last) else {
                return Ok(passed);
            };
            let mut items = Vec::new();
            for (value, from) in rest {
                items.push(self.assigned(&body, value, from, elem));
            }
            if items.is_empty() {
                passed.push(Value::Nil);
                return Ok(passed);
            }
            let len = items.len();
            let cell = self.memory.new_cell(Value::Array(Rc::new(items)));
            passed.push(Value::Slice(Slice {
                cell,
                start: 0,
                len,
                cap: len,
            }));
        }
        Ok(passed)
    }

    /// An argument as it is told: an address by the variable that it is the address of.
    fn operand(&self, arg: ExprId, value: &Value) -> Shown {
        let file = self.frame().body.file();
        let is_address = matches!(
            file.expr(file.unparen(arg)).kind,
            ExprKind::Unary {
                op: go_syntax::UnaryOp::Addr,
                ..
            }
        );
        match value {
            Value::Pointer(_) if is_address => Shown {
                text: self.text(arg),
                known: true,
            },
            value => value.shown(),
        }
    }

    /// The types of the parameters of a function of this package, and whether it is variadic.
    fn parameters(&self, func: Option<&Func>) -> Option<(Rc<[TypeId]>, bool)> {
        let (file, func) = match func? {
            Func::Literal { file, func, .. }
            | Func::Declared { file, func }
            | Func::Method { file, func, .. } => (*file, *func),
            _ => return None,
        };
        let body = self.world.body(file, func);
        match self.world.cx.ty(body.signature_of(func)) {
            Type::Func {
                params, variadic, ..
            } => Some((self.world.cx.types(params), variadic)),
            _ => None,
        }
    }
}

fn unknown_shown() -> Shown {
    Shown {
        text: String::new(),
        known: false,
    }
}

fn is_same_named(body: &go_types::Body<'_>, a: TypeId, b: TypeId) -> bool {
    match (body.cx().ty(a), body.cx().ty(b)) {
        (Type::Named { name: a, .. }, Type::Named { name: b, .. }) => a == b,
        _ => false,
    }
}

fn last_word(text: &str) -> &str {
    text.rsplit('.').next().unwrap_or(text)
}
