//! Calls: what they come down to, and what that does at once.

use std::rc::Rc;

use go_syntax::{ExprId, ExprKind, FuncId};
use go_types::{Builtin, Callee, Constant, MemberKind, Type, TypeId};

use super::eval::{Eval, Machine, Stop, is_outside, object_of, st_body};
use super::numbers::SOME;
use super::ops::{Op, Target, What};
use super::state::{Chan, Gid, Obj, ObjId, State, Val};
use crate::sites::LockOp;

/// Calls are followed so many levels deep.
const MAX_DEPTH: usize = 10;
/// Channels have no more room than this.
const ROOM: i64 = 1000;
/// Packages whose functions do not keep what they are given, unless it is a function, which some of them
/// call later and elsewhere: finalizers, cleanups.
const HARMLESS: [&str; 16] = [
    "bytes",
    "errors",
    "fmt",
    "log",
    "log/slog",
    "math",
    "math/rand",
    "os",
    "path",
    "path/filepath",
    "reflect",
    "runtime",
    "strconv",
    "strings",
    "time",
    "unsafe",
];

type Resolved = Result<(Target, Vec<Val>), Stop>;

impl Machine<'_, '_> {
    /// A call within an expression.
    pub(super) fn call(&self, st: &mut State, g: Gid, call: ExprId) -> Eval {
        if let Some(val) = st.frame(g).memo_of(call) {
            return Ok(val.clone());
        }
        let body = self.body(st, g);
        if let Callee::Builtin(builtin) = body.callee(call)
            && !matches!(builtin, Builtin::Close)
        {
            let val = self.builtin(st, g, call, builtin)?;
            st.frame_mut(g).memo.push((call, val.clone()));
            return Ok(val);
        }
        let (target, args) = self.resolve(st, g, call)?;
        let val = self.perform(st, g, call, &target, &args)?;
        st.frame_mut(g).memo.push((call, val.clone()));
        Ok(val)
    }

    fn args(&self, st: &mut State, g: Gid, call: ExprId) -> Result<Vec<Val>, Stop> {
        let file = self.file(st, g);
        let Some((_, exprs)) = file.call(call) else {
            return Ok(Vec::new());
        };
        let mut vals = Vec::new();
        for &arg in exprs {
            let val = self.eval_copy(st, g, arg)?;
            match val {
                Val::Tuple(more) if exprs.len() == 1 => vals.extend(more.iter().cloned()),
                val => vals.push(val),
            }
        }
        Ok(vals)
    }

    fn builtin(&self, st: &mut State, g: Gid, call: ExprId, builtin: Builtin) -> Eval {
        let body = self.body(st, g);
        let file = body.file();
        let Some((_, exprs)) = file.call(call) else {
            return Ok(Val::Unknown);
        };
        match builtin {
            Builtin::Make => {
                let Some((&ty, sizes)) = exprs.split_first() else {
                    return Ok(Val::Unknown);
                };
                let mut size = None;
                for &expr in sizes {
                    let val = self.eval(st, g, expr)?;
                    size.get_or_insert(match val {
                        Val::Int(number) => number,
                        _ => match body.constant(expr) {
                            Some(Constant::Int(number)) => {
                                i64::try_from(number).unwrap_or(ROOM).clamp(0, ROOM)
                            }
                            Some(_) => ROOM,
                            None => SOME,
                        },
                    });
                }
                let room = usize::try_from(size.unwrap_or(0)).unwrap_or(0);
                let ty = body.type_of(ty);
                Ok(match body.cx().ty(body.core(ty)) {
                    Type::Chan { .. } => Val::Ref(st.alloc(Obj::Chan(Chan {
                        room,
                        buffer: std::collections::VecDeque::new(),
                        closed: false,
                        made: self.site(st, g, call),
                        received: 0,
                    }))),
                    Type::Slice(elem) if room <= 4 => {
                        let index = st_body(st, g);
                        let vals = (0..room).map(|_| self.zero(st, index, elem, 1)).collect();
                        Val::Ref(st.alloc(Obj::List(vals)))
                    }
                    Type::Map { .. } => Val::Ref(st.alloc(Obj::Map(Vec::new()))),
                    _ => Val::NonNil,
                })
            }
            Builtin::New => {
                let Some(&ty) = exprs.first() else {
                    return Ok(Val::Unknown);
                };
                let index = st_body(st, g);
                Ok(match self.zero(st, index, body.type_of(ty), 0) {
                    Val::Own(id) => Val::Ref(id),
                    val => Val::Ref(st.alloc(Obj::Cell(val))),
                })
            }
            Builtin::Append => {
                let mut vals = self.args(st, g, call)?;
                if vals.is_empty() {
                    return Ok(Val::Unknown);
                }
                let base = vals.remove(0);
                let is_spread = matches!(
                    file.expr(file.unparen(call)).kind,
                    ExprKind::Call { spread: true, .. }
                );
                if is_spread {
                    let inner = vals
                        .first()
                        .and_then(object_of)
                        .map(|id| st.obj(id).clone());
                    vals = match (inner, vals.first()) {
                        (Some(Obj::List(inner)), _) => inner,
                        (_, Some(Val::Nil)) => Vec::new(),
                        _ => {
                            st.escape(&base);
                            return Ok(Val::NonNil);
                        }
                    };
                }
                Ok(self.append(st, &base, vals))
            }
            Builtin::Len => {
                let Some(&x) = exprs.first() else {
                    return Ok(Val::Unknown);
                };
                let val = self.eval(st, g, x)?;
                Ok(
                    match object_of(&val).map(|id| (st.obj(id), st.escaped(id))) {
                        Some((Obj::List(vals), false)) => {
                            Val::Int(i64::try_from(vals.len()).unwrap_or(i64::MAX))
                        }
                        Some((Obj::Chan(chan), false)) => super::numbers::small(
                            i64::try_from(chan.buffer.len()).unwrap_or(i64::MAX),
                        ),
                        _ if val == Val::Nil => Val::Int(0),
                        _ => Val::Unknown,
                    },
                )
            }
            // Paths on which somebody panics are not followed.
            Builtin::Recover => Ok(Val::Nil),
            Builtin::Panic => {
                self.args(st, g, call)?;
                Err(Stop::Discard)
            }
            Builtin::Copy => {
                let vals = self.args(st, g, call)?;
                vals.iter().for_each(|val| st.escape(val));
                Ok(Val::Unknown)
            }
            _ => {
                self.args(st, g, call)?;
                Ok(Val::Unknown)
            }
        }
    }

    /// What a call comes down to, its operands evaluated.
    pub(super) fn resolve(&self, st: &mut State, g: Gid, call: ExprId) -> Resolved {
        let body = self.body(st, g);
        let file = body.file();
        let Some((fun, _)) = file.call(call) else {
            return Ok((Target::Opaque, Vec::new()));
        };
        match body.callee(call) {
            Callee::Builtin(Builtin::Close) => Ok((Target::Close, self.args(st, g, call)?)),
            Callee::Builtin(_) => Ok((Target::Harmless, self.args(st, g, call)?)),
            Callee::Conversion(_) => {
                let args = self.args(st, g, call)?;
                let val = args.first().cloned().unwrap_or(Val::Unknown);
                Ok((Target::Gives(val), Vec::new()))
            }
            Callee::Func {
                member: Some(member),
                ..
            } => {
                let member = body.cx().names().member(member);
                let args = self.args(st, g, call)?;
                let MemberKind::Func(func) = member.kind else {
                    return Ok((Target::Opaque, args));
                };
                Ok((self.declared(st, g, member.file, func, None, &args), args))
            }
            Callee::Func { package, name, .. } => self.library(st, g, call, package, name),
            Callee::Selected { x, name } => self.selected(st, g, call, x, name),
            Callee::Unknown => Ok((Target::Opaque, self.args(st, g, call)?)),
            _ => {
                let val = self.eval(st, g, fun)?;
                let args = self.args(st, g, call)?;
                match self.callable(st, &val) {
                    Some(target) => Ok((target, args)),
                    None if val == Val::Nil => Err(Stop::Discard),
                    None => Ok((Target::Opaque, args)),
                }
            }
        }
    }

    /// A declared function of the package, if it is worth to be followed.
    fn declared(
        &self,
        st: &State,
        g: Gid,
        file: u32,
        func: FuncId,
        receiver: Option<Val>,
        args: &[Val],
    ) -> Target {
        let depth = st.goroutines[g].frames.len();
        let matters = |body: usize| {
            let declared = self.program.declared[body];
            (declared.concerned() || self.is_short(body))
                && (declared.starts()
                    || self.program.gives(body)
                    || st.carries(receiver.iter().chain(args)))
        };
        match self.program.index_of(file, func) {
            Some(body) if depth < MAX_DEPTH && matters(body) => Target::Code {
                body,
                func,
                receiver,
                cells: Rc::from([]),
            },
            _ => Target::Opaque,
        }
    }

    /// Whether a function is so short that it hardly costs anything.
    fn is_short(&self, body: usize) -> bool {
        let func = self.program.declared[body].func;
        self.program.file(body).func(func).stmts.len() <= 12
    }

    /// The function that a value is.
    pub(super) fn callable(&self, st: &State, val: &Val) -> Option<Target> {
        match val {
            Val::Func(body) => Some(Target::Code {
                body: *body,
                func: self.program.declared[*body].func,
                receiver: None,
                cells: Rc::from([]),
            }),
            Val::Ref(id) => match st.obj(*id) {
                Obj::Closure { body, func, cells } => Some(Target::Code {
                    body: *body,
                    func: *func,
                    receiver: None,
                    cells: cells.clone().into(),
                }),
                Obj::Method { body, receiver } => Some(Target::Code {
                    body: *body,
                    func: self.program.declared[*body].func,
                    receiver: Some(receiver.clone()),
                    cells: Rc::from([]),
                }),
                Obj::Cancel(ctx) => Some(Target::Cancel(*ctx)),
                _ => None,
            },
            _ => None,
        }
    }

    /// A function of another package.
    fn library(&self, st: &mut State, g: Gid, call: ExprId, package: &str, name: &str) -> Resolved {
        let args = self.args(st, g, call)?;
        let first = args.first().cloned().unwrap_or(Val::Unknown);
        let parent = object_of(&first).filter(|&id| matches!(st.obj(id), Obj::Ctx { .. }));
        let mut context = |from_outside: bool, parent: Option<ObjId>| {
            st.alloc(Obj::Ctx {
                cancelled: false,
                from_outside,
                parent,
            })
        };
        let target = match (package, name) {
            ("context", "Background" | "TODO" | "WithoutCancel") => {
                Target::Gives(Val::Ref(context(false, None)))
            }
            (
                "context",
                "WithCancel" | "WithTimeout" | "WithDeadline" | "WithCancelCause"
                | "WithTimeoutCause" | "WithDeadlineCause",
            )
            | ("os/signal", "NotifyContext") => {
                let by_itself = !name.starts_with("WithCancel");
                let ctx = context(by_itself || parent.is_none(), parent);
                let cancel = st.alloc(Obj::Cancel(ctx));
                Target::Gives(Val::Tuple([Val::Ref(ctx), Val::Ref(cancel)].into()))
            }
            ("golang.org/x/sync/errgroup", "WithContext") => {
                let ctx = context(true, parent);
                let group = st.alloc(Obj::Group(0));
                Target::Gives(Val::Tuple([Val::Ref(group), Val::Ref(ctx)].into()))
            }
            ("sync", "NewCond") => Target::Gives(Val::Ref(st.alloc(Obj::Cond {
                lock: first,
                waiting: Vec::new(),
            }))),
            ("sync", "OnceFunc") | ("context", "WithValue") => Target::Gives(first),
            ("time", "AfterFunc") => Target::Opaque,
            _ if HARMLESS.contains(&package)
                && !args.iter().any(|arg| self.callable(st, arg).is_some()) =>
            {
                Target::Harmless
            }
            _ => Target::Opaque,
        };
        Ok((target, args))
    }

    /// `x.name(…)`
    fn selected(&self, st: &mut State, g: Gid, call: ExprId, x: ExprId, name: &str) -> Resolved {
        let body = self.body(st, g);
        let ty = body.type_of(x);
        if body.denotes_type(x) {
            return Ok((Target::Opaque, self.args(st, g, call)?));
        }
        let base = self.eval(st, g, x)?;
        if base == Val::Nil && !matches!(body.cx().ty(ty), Type::Pointer(_)) {
            return Err(Stop::Discard);
        }
        let args = self.args(st, g, call)?;
        if let Some(target) = self.sync_method(st, &base, name) {
            return Ok((target, args));
        }
        if let Some((index, receiver)) = self.find_method(st, g, &base, ty, name) {
            let declared = self.program.declared[index];
            let (file, func) = (declared.file, declared.func);
            let mut target = self.declared(st, g, file, func, Some(receiver), &args);
            if matches!(target, Target::Opaque) {
                st.escape(&base);
                target = Target::Opaque;
            }
            return Ok((target, args));
        }
        // A field that holds a function.
        if let Some(path) = self.program.path_to(body, ty, name) {
            let index = st_body(st, g);
            let last_is_sync = false;
            let val = self.walk(st, index, base, &path)?;
            return Ok(match self.callable(st, &val) {
                Some(target) => (target, args),
                None if val == Val::Nil && !last_is_sync => return Err(Stop::Discard),
                None => (Target::Opaque, args),
            });
        }
        // A promoted method of an embedded lock or group.
        for owner in [
            "Mutex",
            "RWMutex",
            "WaitGroup",
            "Once",
            "Cond",
            "Context",
            "Group",
        ] {
            let Some(path) = self.program.path_to(body, ty, owner) else {
                continue;
            };
            let index = st_body(st, g);
            let val = self.walk(st, index, base.clone(), &path)?;
            if let Some(target) = self.sync_method(st, &val, name) {
                return Ok((target, args));
            }
        }
        let owner = body.cx().deref(ty);
        let is_testing = ["T", "B", "F", "TB", "M"]
            .iter()
            .any(|name| body.is_named(owner, "testing", name));
        if is_testing {
            return Ok(match name {
                "Run" => (Target::CallsArgument(1), args),
                "Cleanup" => (Target::Opaque, args),
                _ => (Target::Harmless, args),
            });
        }
        // Of an object that nobody knows; done once, as far as this function is concerned.
        if name == "Do" && body.is_named(owner, "sync", "Once") {
            return Ok((Target::CallsArgument(0), args));
        }
        // What a library's object is given may be kept there.
        st.escape(&base);
        Ok((Target::Opaque, args))
    }

    /// A method of a lock, group, condition or context.
    fn sync_method(&self, st: &mut State, base: &Val, name: &str) -> Option<Target> {
        let id = object_of(base)?;
        let mut base = Val::Ref(id);
        if let Obj::Cell(inner) = st.obj(id)
            && let Some(inner) = object_of(inner)
        {
            base = Val::Ref(inner);
        }
        let id = object_of(&base)?;
        Some(match (st.obj(id), name) {
            (Obj::Lock(_), _) => match LockOp::from_name(name) {
                Some(op) => Target::Lock(op, base),
                None => {
                    st.escape(&base);
                    Target::Opaque
                }
            },
            (Obj::Group(_), "Add") => Target::GroupAdd(base),
            (Obj::Group(_), "Done") => Target::GroupDone(base),
            (Obj::Group(_), "Wait") => Target::GroupWait(base),
            (Obj::Group(_), "Go") => Target::GroupGo(base),
            (Obj::Cond { .. }, "Wait") => Target::CondWait(base),
            (Obj::Cond { .. }, "Signal" | "Broadcast") => Target::Signal {
                cond: base,
                all: name == "Broadcast",
            },
            (Obj::Once(_), "Do") => Target::OnceDo(base),
            (Obj::Ctx { .. }, "Done") => Target::Gives(base),
            (Obj::Ctx { .. }, "Err") => Target::Gives(match st.is_cancelled(id) {
                Some(true) => Val::NonNil,
                Some(false) => Val::Nil,
                None => Val::Unknown,
            }),
            (Obj::Group(_), "SetLimit") | (Obj::Ctx { .. }, _) => Target::Harmless,
            _ => return None,
        })
    }

    /// The method of the package that `base.name` is, with its receiver.
    pub(super) fn find_method(
        &self,
        st: &mut State,
        g: Gid,
        base: &Val,
        ty: TypeId,
        name: &str,
    ) -> Option<(usize, Val)> {
        let body = self.body(st, g);
        // By the type that is written.
        let found = match self.program.method_of(body, ty, name) {
            Some(found) => {
                let at = st_body(st, g);
                let receiver = self.walk(st, at, base.clone(), &found.path).ok()?;
                Some((found.index, found.pointer, receiver))
            }
            None => None,
        };
        // By the type of the object, behind an interface.
        let (index, is_pointer, receiver) = match found {
            Some(found) => found,
            None => {
                let Obj::Struct { ty: Some(sym), .. } = st.obj(object_of(base)?) else {
                    return None;
                };
                let owner = self.program.text_of(*sym);
                let names = body.cx().names();
                let method = names.method(names.lookup_method(&owner, name)?);
                let index = self.program.index_of(method.file, method.func)?;
                (index, method.pointer, base.clone())
            }
        };
        let receiver = match receiver {
            Val::Own(id) if is_pointer => Val::Ref(id),
            Val::Ref(id) if !is_pointer && matches!(st.obj(id), Obj::Struct { .. }) => {
                self.copy(st, Val::Own(id), 0)
            }
            val => val,
        };
        Some((index, receiver))
    }

    /// Makes a call whose operands are known.
    pub(super) fn perform(
        &self,
        st: &mut State,
        g: Gid,
        call: ExprId,
        target: &Target,
        args: &[Val],
    ) -> Eval {
        let op = |what: What, operand: Option<ExprId>| {
            Stop::Op(Op {
                what,
                key: Some(call),
                site: self.site(st, g, call),
                operand,
            })
        };
        let file = self.file(st, g);
        let receiver = || {
            let (fun, _) = file.call(call)?;
            file.selector(file.unparen(fun)).map(|(x, _)| x)
        };
        let known = |val: &Val| object_of(val).filter(|&id| !st.escaped(id));
        match target {
            Target::Code { .. } => {
                self.push(st, g, target, args, Some(call));
                Err(Stop::Call)
            }
            Target::Close => match args.first() {
                Some(chan) if !is_outside(st, chan) && *chan != Val::Nil => {
                    let operand = file.call(call).and_then(|(_, args)| args.first().copied());
                    Err(op(What::Close(chan.clone()), operand))
                }
                _ => Ok(Val::Unknown),
            },
            Target::Lock(lock_op, val) => {
                let Some(lock) = known(val) else {
                    return Ok(Val::Unknown);
                };
                match lock_op {
                    LockOp::Lock | LockOp::RLock => Err(op(
                        What::Lock {
                            lock,
                            op: *lock_op,
                            announced: false,
                        },
                        receiver(),
                    )),
                    LockOp::Unlock | LockOp::RUnlock => {
                        self.unlock(st, g, lock, *lock_op);
                        Ok(Val::Unknown)
                    }
                    LockOp::TryLock | LockOp::TryRLock => {
                        st.escape(&Val::Ref(lock));
                        Ok(Val::Unknown)
                    }
                }
            }
            Target::GroupAdd(val) | Target::GroupDone(val) => {
                let change = match (target, args.first()) {
                    (Target::GroupDone(_), _) => -1,
                    (_, Some(Val::Int(number))) => *number,
                    (_, Some(_)) => SOME,
                    _ => 1,
                };
                if let Some(id) = known(val)
                    && let Obj::Group(count) = st.obj_mut(id)
                {
                    *count += change.min(if change > 8 { super::numbers::MANY } else { 8 });
                }
                Ok(Val::Unknown)
            }
            Target::GroupWait(val) => match known(val) {
                Some(id) => Err(op(What::GroupWait(id), receiver())),
                None => Ok(Val::Unknown),
            },
            Target::GroupGo(val) => {
                let fun = args.first().cloned().unwrap_or(Val::Unknown);
                match self.callable(st, &fun) {
                    Some(code) => {
                        if let Some(id) = known(val)
                            && let Obj::Group(count) = st.obj_mut(id)
                        {
                            *count += 1;
                        }
                        self.spawn(st, g, call, &code, &[], Some(val.clone()))?;
                    }
                    None => st.escape(&fun),
                }
                Ok(Val::Unknown)
            }
            Target::CondWait(val) => {
                let Some(id) = known(val) else {
                    return Ok(Val::Unknown);
                };
                let stop = op(What::CondWait(id), receiver());
                let mut held = None;
                if let Obj::Cond { lock, waiting } = st.obj_mut(id) {
                    waiting.push(g);
                    held = object_of(lock);
                }
                if let Some(lock) = held {
                    self.unlock(st, g, lock, LockOp::Unlock);
                }
                Err(stop)
            }
            Target::Signal { cond, all } => match known(cond) {
                Some(cond) => Err(op(What::Signal { cond, all: *all }, receiver())),
                None => Ok(Val::Unknown),
            },
            Target::OnceDo(val) => {
                let Some(id) = known(val) else {
                    args.iter().for_each(|val| st.escape(val));
                    return Ok(Val::Unknown);
                };
                if let Obj::Once(done) = st.obj_mut(id)
                    && std::mem::replace(done, true)
                {
                    return Ok(Val::Unknown);
                }
                self.call_value(st, g, call, args.first())
            }
            Target::Cancel(ctx) => Err(op(What::Cancel(*ctx), None)),
            Target::CallsArgument(index) => {
                let val = args.get(*index).cloned();
                self.call_value(st, g, call, val.as_ref())
            }
            Target::Gives(val) => Ok(val.clone()),
            Target::Harmless => Ok(Val::Unknown),
            Target::Opaque => {
                args.iter().for_each(|val| st.escape(val));
                Ok(Val::Unknown)
            }
        }
    }

    fn call_value(&self, st: &mut State, g: Gid, call: ExprId, val: Option<&Val>) -> Eval {
        let Some(val) = val else {
            return Ok(Val::Unknown);
        };
        match self.callable(st, val) {
            Some(target @ Target::Code { .. }) => {
                let args = [Val::Unknown];
                let count = usize::from(matches!(target, Target::Code { func, body, .. }
                    if !self.params(body, func).is_empty()));
                self.push(st, g, &target, &args[..count], Some(call));
                Err(Stop::Call)
            }
            Some(target) => self.perform(st, g, call, &target, &[]),
            None => {
                st.escape(val);
                Ok(Val::Unknown)
            }
        }
    }

    fn unlock(&self, st: &mut State, g: Gid, id: ObjId, op: LockOp) {
        st.goroutines[g]
            .took
            .retain(|&(lock, _, took)| lock != id || took.counterpart() != op);
        if st.escaped(id) {
            return;
        }
        if let Obj::Lock(lock) = st.obj_mut(id) {
            if op == LockOp::Unlock {
                lock.writer = None;
            } else if let Some(at) = lock.readers.iter().position(|&reader| reader == g) {
                lock.readers.remove(at);
            } else {
                lock.readers.pop();
            }
        }
    }
}
