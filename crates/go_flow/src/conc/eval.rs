//! Expressions: what they give, as far as that is followed.
//!
//! A node is evaluated from its start each time something in it had to wait or to be called; what
//! calls, receives and allocations gave is kept in the frame meanwhile, so that each happens once.

use std::cell::Cell;

use go_syntax::{BinaryOp, ExprId, ExprKind, File, FuncId, LitKind, UnaryOp};
use go_types::{Basic, Body, MemberKind, Object, Type, TypeId, UniverseConst};

use super::Site;
use super::numbers::{binary, small};
use super::ops::{Op, What};
use super::places::set_field;
use super::program::Program;
use super::state::{Frame, Gid, Lock, Obj, ObjId, State, Sym, Val};

/// Expressions are followed so many levels deep.
const MAX_DEPTH: u32 = 60;
/// Slices are followed up to this length.
pub(super) const MAX_LIST: usize = 6;

/// Why evaluation stops.
#[derive(Debug)]
pub(super) enum Stop {
    /// A function was called: its frame is on the stack.
    Call,
    /// The goroutine is about to do something that others see.
    Op(Op),
    /// It depends on something that is not known: so many ways.
    Fork(u8),
    /// The path ends here without anything to say: a panic, the end of the process.
    Discard,
    /// There is too much of it.
    Bound,
}

pub(super) type Eval = Result<Val, Stop>;

/// Runs a program; see [`super`].
pub(super) struct Machine<'p, 'a> {
    pub(super) program: &'p Program<'a>,
    /// How many steps are left for the first function that is looked at.
    pub(super) steps: Cell<u32>,
    /// How deep the expression is that is being evaluated.
    pub(super) depth: Cell<u32>,
}

impl<'p, 'a> Machine<'p, 'a> {
    pub(super) fn body(&self, st: &State, g: Gid) -> &'a Body<'a> {
        self.program.body(st.frame(g).body)
    }

    pub(super) fn file(&self, st: &State, g: Gid) -> &'a File {
        self.program.file(st.frame(g).body)
    }

    pub(super) fn site(&self, st: &State, g: Gid, expr: ExprId) -> Site {
        let frame = st.frame(g);
        let span = self.program.file(frame.body).expr(expr).span;
        self.program.site(frame.body, frame.func, span)
    }

    fn keep(&self, st: &mut State, g: Gid, expr: ExprId, val: Val) -> Val {
        st.frame_mut(g).memo.push((expr, val.clone()));
        val
    }

    /// The value of an expression that is assigned, passed or sent: structs are copied.
    pub(super) fn eval_copy(&self, st: &mut State, g: Gid, expr: ExprId) -> Eval {
        let val = self.eval(st, g, expr)?;
        let file = self.file(st, g);
        let is_fresh = matches!(
            file.expr(file.unparen(expr)).kind,
            ExprKind::CompositeLit { .. } | ExprKind::Call { .. }
        );
        Ok(if is_fresh { val } else { self.copy(st, val, 0) })
    }

    /// A copy of a struct that is stored elsewhere.
    pub(super) fn copy(&self, st: &mut State, val: Val, depth: u32) -> Val {
        let Val::Own(id) = val else { return val };
        if depth > 4 || st.escaped(id) {
            return Val::Unknown;
        }
        let mut obj = st.obj(id).clone();
        if let Obj::Struct { fields, .. } = &mut obj {
            for (_, val) in fields {
                *val = self.copy(st, std::mem::replace(val, Val::Unknown), depth + 1);
            }
        }
        Val::Own(st.alloc(obj))
    }

    /// The values of an expression that gives `count`.
    pub(super) fn eval_many(
        &self,
        st: &mut State,
        g: Gid,
        expr: ExprId,
        count: usize,
    ) -> Result<Vec<Val>, Stop> {
        let val = self.eval(st, g, expr)?;
        let file = self.file(st, g);
        let expr = file.unparen(expr);
        if let ExprKind::Unary {
            op: UnaryOp::Recv, ..
        } = file.expr(expr).kind
            && let Some(Val::Tuple(vals)) = st.frame(g).memo_of(expr)
        {
            return Ok(vals.to_vec());
        }
        Ok(match val {
            Val::Tuple(vals) if vals.len() == count => vals.to_vec(),
            Val::Tuple(_) => vec![Val::Unknown; count],
            first if matches!(file.expr(expr).kind, ExprKind::TypeAssert { .. }) => {
                let mut vals = vec![Val::Unknown; count];
                vals[0] = first;
                vals
            }
            _ => vec![Val::Unknown; count],
        })
    }

    /// The value of an expression. What is nested too deeply is not known.
    pub(super) fn eval(&self, st: &mut State, g: Gid, expr: ExprId) -> Eval {
        let depth = self.depth.get();
        if depth > MAX_DEPTH {
            return Ok(Val::Unknown);
        }
        self.depth.set(depth + 1);
        let val = self.eval_nested(st, g, expr);
        self.depth.set(depth);
        val
    }

    fn eval_nested(&self, st: &mut State, g: Gid, expr: ExprId) -> Eval {
        let body = self.body(st, g);
        let file = body.file();
        match file.expr(expr).kind {
            ExprKind::Paren(x)
            | ExprKind::TypeAssert { x, .. }
            | ExprKind::KeyValue { value: x, .. } => self.eval(st, g, x),
            ExprKind::Ident => Ok(self.ident(st, g, expr)),
            ExprKind::BasicLit(LitKind::Int) => {
                Ok(super::program::number(file, expr).map_or(Val::Unknown, Val::Int))
            }
            ExprKind::FuncLit(func) => {
                if let Some(val) = st.frame(g).memo_of(expr) {
                    return Ok(val.clone());
                }
                let val = self.closure(st, g, func);
                Ok(self.keep(st, g, expr, val))
            }
            ExprKind::CompositeLit { elts, .. } => {
                if let Some(val) = st.frame(g).memo_of(expr) {
                    return Ok(val.clone());
                }
                let val = self.composite(st, g, expr, file.exprs(elts))?;
                Ok(self.keep(st, g, expr, val))
            }
            ExprKind::Selector { x, sel } => self.selector(st, g, expr, x, file.span_text(sel)),
            ExprKind::Index { x, indices } => {
                let base = self.eval(st, g, x)?;
                if matches!(base, Val::Func(_)) {
                    return Ok(base);
                }
                let &[index] = file.exprs(indices) else {
                    return Ok(Val::Unknown);
                };
                let key = index;
                let index = self.eval(st, g, index)?;
                if let Some(id) = object_of(&base)
                    && !st.escaped(id)
                    && matches!(st.obj(id), Obj::Map(_))
                {
                    let key = self.key(st, g, key);
                    return Ok(lookup(st, id, key));
                }
                Ok(self.element(st, &base, &index))
            }
            ExprKind::Slice { x, lo, hi, max } => {
                let base = self.eval(st, g, x)?;
                let is_whole = lo.is_none() && hi.is_none() && max.is_none();
                for bound in [lo, hi, max].into_iter().flatten() {
                    self.eval(st, g, bound)?;
                }
                if is_whole {
                    return Ok(base);
                }
                st.escape(&base);
                Ok(Val::Unknown)
            }
            ExprKind::Call { .. } => self.call(st, g, expr),
            ExprKind::Star(x) => Ok(match self.eval(st, g, x)? {
                Val::Nil => return Err(Stop::Discard),
                Val::Ref(id) if !st.escaped(id) => match st.obj(id) {
                    Obj::Cell(val) => val.clone(),
                    _ => Val::Own(id),
                },
                _ => Val::Unknown,
            }),
            ExprKind::Unary { op, x } => self.unary(st, g, expr, op, x),
            ExprKind::Binary { op, x, y } => {
                if matches!(op, BinaryOp::LAnd | BinaryOp::LOr) {
                    // Conditions of their own in the graph.
                    return Ok(Val::Unknown);
                }
                let a = self.eval(st, g, x)?;
                let b = self.eval(st, g, y)?;
                Ok(binary(op, &a, &b))
            }
            _ => Ok(Val::Unknown),
        }
    }

    fn ident(&self, st: &mut State, g: Gid, expr: ExprId) -> Val {
        let body = self.body(st, g);
        match body.object(expr) {
            Object::Local(local) => self.read(st, g, local),
            Object::Nil => Val::Nil,
            Object::UniverseConst(UniverseConst::True) => Val::Bool(true),
            Object::UniverseConst(UniverseConst::False) => Val::Bool(false),
            Object::Member(id) => {
                let member = body.cx().names().member(id);
                match member.kind {
                    MemberKind::Func(func) => self
                        .program
                        .index_of(member.file, func)
                        .map_or(Val::Unknown, Val::Func),
                    _ => Val::Unknown,
                }
            }
            _ => Val::Unknown,
        }
    }

    /// A key of a map, when it is written down.
    pub(super) fn key(&self, st: &State, g: Gid, expr: ExprId) -> Option<u32> {
        let body = self.body(st, g);
        let file = body.file();
        let expr = file.unparen(expr);
        match file.expr(expr).kind {
            ExprKind::BasicLit(_) => Some(self.program.sym(file.expr_text(expr))),
            _ => None,
        }
    }

    fn closure(&self, st: &mut State, g: Gid, func: FuncId) -> Val {
        let index = st.frame(g).body;
        let captured = self.program.captured(index, func);
        let cells = captured
            .iter()
            .filter_map(|&local| match st.frame(g).local(local) {
                Some(&Val::Ref(cell)) => Some((local, cell)),
                _ => None,
            })
            .collect();
        Val::Ref(st.alloc(Obj::Closure {
            body: index,
            func,
            cells,
        }))
    }

    fn element(&self, st: &mut State, base: &Val, index: &Val) -> Val {
        let (Val::Ref(id) | Val::Own(id)) = *base else {
            return Val::Unknown;
        };
        if st.escaped(id) {
            return Val::Unknown;
        }
        if let (Obj::List(vals), Val::Int(index)) = (st.obj(id), index)
            && let Some(val) = usize::try_from(*index).ok().and_then(|i| vals.get(i))
        {
            return val.clone();
        }
        // One of them, and nobody knows which.
        if matches!(st.obj(id), Obj::List(_)) {
            st.escape(base);
        }
        Val::Unknown
    }

    fn composite(&self, st: &mut State, g: Gid, expr: ExprId, elts: &[ExprId]) -> Eval {
        let body = self.body(st, g);
        let file = body.file();
        let ty = body.cx().deref(body.type_of(expr));
        let is_elided_pointer = ty != body.type_of(expr);
        if let Some(obj) = sync_object(body, ty) {
            let mut obj = obj;
            for &elt in elts {
                let val = self.eval(st, g, elt)?;
                if let Obj::Cond { lock, .. } = &mut obj {
                    *lock = val;
                }
            }
            return Ok(Val::Own(st.alloc(obj)));
        }
        match body.cx().ty(body.underlying(ty)) {
            Type::Struct { .. } => {
                let declared = self.program.fields_of(body, ty);
                let mut fields = Vec::new();
                for (index, &elt) in elts.iter().enumerate() {
                    let (name, value) = match file.expr(elt).kind {
                        ExprKind::KeyValue { key, value } => {
                            (self.program.sym(file.expr_text(key)), value)
                        }
                        _ => match declared.as_ref().and_then(|all| all.get(index)) {
                            Some(field) => (field.name, elt),
                            None => continue,
                        },
                    };
                    let val = self.eval_copy(st, g, value)?;
                    fields.push((name, val));
                }
                fields.sort_by_key(|&(sym, _)| sym);
                let ty = self.type_sym(body, ty);
                let id = st.alloc(Obj::Struct { ty, fields });
                Ok(if is_elided_pointer {
                    Val::Ref(id)
                } else {
                    Val::Own(id)
                })
            }
            Type::Slice(_) | Type::Array { .. } => {
                let mut vals = Vec::new();
                for &elt in elts {
                    let val = self.eval_copy(st, g, elt)?;
                    vals.push(val);
                }
                if vals.len() > MAX_LIST {
                    vals.iter().for_each(|val| st.escape(val));
                    return Ok(Val::NonNil);
                }
                Ok(Val::Ref(st.alloc(Obj::List(vals))))
            }
            Type::Map { .. } if elts.len() <= MAX_LIST => {
                let mut entries = Vec::new();
                for &elt in elts {
                    let ExprKind::KeyValue { key, value } = file.expr(elt).kind else {
                        continue;
                    };
                    let val = self.eval_copy(st, g, value)?;
                    entries.push((self.key(st, g, key), val));
                }
                Ok(Val::Ref(st.alloc(Obj::Map(entries))))
            }
            _ => {
                for &elt in elts {
                    let val = self.eval(st, g, elt)?;
                    st.escape(&val);
                }
                Ok(Val::NonNil)
            }
        }
    }

    /// The name of a type of the package.
    fn type_sym(&self, body: &Body<'_>, ty: TypeId) -> Option<u32> {
        let Type::Named { name, .. } = body.cx().ty(ty) else {
            return None;
        };
        let named = body.cx().named(name);
        (named.package == *body.cx().names().path()).then(|| self.program.sym(&named.name))
    }

    fn selector(&self, st: &mut State, g: Gid, expr: ExprId, x: ExprId, name: &str) -> Eval {
        let body = self.body(st, g);
        if let Object::Package(_) = body.object(x) {
            return Ok(Val::Unknown);
        }
        if let Some(val) = st.frame(g).memo_of(expr) {
            return Ok(val.clone());
        }
        let base = self.eval(st, g, x)?;
        let ty = body.type_of(x);
        if let Some(path) = self.program.path_to(body, ty, name) {
            return self.walk(st, st_body(st, g), base, &path);
        }
        if let Some(id) = object_of(&base)
            && matches!(st.obj(id), Obj::Cond { .. })
        {
            return self.field(st, st_body(st, g), &base, self.program.sym(name), ty);
        }
        // A method as a value.
        if let Some(target) = self.method_value(st, g, &base, ty, name) {
            let val = Val::Ref(st.alloc(target));
            return Ok(self.keep(st, g, expr, val));
        }
        st.escape(&base);
        Ok(Val::Unknown)
    }

    fn method_value(
        &self,
        st: &mut State,
        g: Gid,
        base: &Val,
        ty: TypeId,
        name: &str,
    ) -> Option<Obj> {
        let (body, receiver) = self.find_method(st, g, base, ty, name)?;
        Some(Obj::Method { body, receiver })
    }

    /// Goes through fields, one by one.
    pub(super) fn walk(
        &self,
        st: &mut State,
        body: usize,
        base: Val,
        path: &[(Sym, TypeId)],
    ) -> Eval {
        let mut val = base;
        for &(name, ty) in path {
            val = self.field(st, body, &val, name, ty)?;
        }
        Ok(val)
    }

    fn field(&self, st: &mut State, body: usize, base: &Val, name: Sym, ty: TypeId) -> Eval {
        let id = match *base {
            Val::Ref(id) | Val::Own(id) if !st.escaped(id) => id,
            Val::Nil => return Err(Stop::Discard),
            _ => return Ok(Val::Unknown),
        };
        match st.obj(id) {
            Obj::Cell(inner) => {
                let inner = inner.clone();
                self.field(st, body, &inner, name, ty)
            }
            Obj::Cond { lock, .. } if *self.program.text_of(name) == *"L" => Ok(lock.clone()),
            Obj::Struct { fields, .. } => {
                if let Ok(at) = fields.binary_search_by_key(&name, |&(sym, _)| sym) {
                    return Ok(fields[at].1.clone());
                }
                let val = self.zero(st, body, ty, 0);
                set_field(st, id, name, val.clone());
                Ok(val)
            }
            _ => Ok(Val::Unknown),
        }
    }

    /// The zero value of a type.
    pub(super) fn zero(&self, st: &mut State, index: usize, ty: TypeId, depth: u32) -> Val {
        let body = self.program.body(index);
        let cx = body.cx();
        if let Some(obj) = sync_object(body, ty) {
            return Val::Own(st.alloc(obj));
        }
        match cx.ty(body.underlying(ty)) {
            Type::Struct { .. } => {
                let ty = self.type_sym(body, ty);
                let id = st.alloc(Obj::Struct {
                    ty,
                    fields: Vec::new(),
                });
                Val::Own(id)
            }
            Type::Pointer(_)
            | Type::Chan { .. }
            | Type::Map { .. }
            | Type::Slice(_)
            | Type::Func { .. }
            | Type::Interface { .. }
            | Type::EmptyInterface => Val::Nil,
            Type::Array { len, elem } => match len {
                Some(len) if len <= 4 && depth < 2 => {
                    let vals = (0..len).map(|_| self.zero(st, index, elem, depth + 1));
                    let vals = vals.collect();
                    Val::Ref(st.alloc(Obj::List(vals)))
                }
                _ => Val::Unknown,
            },
            Type::Basic(Basic::Bool) => Val::Bool(false),
            Type::Basic(
                Basic::Int
                | Basic::Int8
                | Basic::Int16
                | Basic::Int32
                | Basic::Int64
                | Basic::Uint
                | Basic::Uint8
                | Basic::Uint16
                | Basic::Uint32
                | Basic::Uint64,
            ) => Val::Int(0),
            _ if body.is_error(ty) => Val::Nil,
            _ => Val::Unknown,
        }
    }

    fn unary(&self, st: &mut State, g: Gid, expr: ExprId, op: UnaryOp, x: ExprId) -> Eval {
        match op {
            UnaryOp::Recv => {
                if let Some(Val::Tuple(vals)) = st.frame(g).memo_of(expr) {
                    return Ok(vals[0].clone());
                }
                let chan = self.eval(st, g, x)?;
                if is_outside(st, &chan) {
                    let val = Val::Tuple([Val::Unknown, Val::Unknown].into());
                    self.keep(st, g, expr, val);
                    return Ok(Val::Unknown);
                }
                Err(Stop::Op(Op {
                    what: What::Recv(chan),
                    key: Some(expr),
                    site: self.site(st, g, expr),
                    operand: Some(x),
                }))
            }
            UnaryOp::Addr => {
                let file = self.file(st, g);
                let x = file.unparen(x);
                let val = self.eval(st, g, x)?;
                Ok(match val {
                    Val::Own(id) => Val::Ref(id),
                    Val::Ref(_) if matches!(file.expr(x).kind, ExprKind::CompositeLit { .. }) => {
                        val
                    }
                    _ => {
                        if let ExprKind::Ident = file.expr(x).kind
                            && let Object::Local(local) = self.body(st, g).object(x)
                            && let Some(cell @ Val::Ref(_)) = st.frame(g).local(local)
                        {
                            return Ok(cell.clone());
                        }
                        st.escape(&val);
                        Val::NonNil
                    }
                })
            }
            UnaryOp::Not => Ok(match self.eval(st, g, x)? {
                Val::Bool(truth) => Val::Bool(!truth),
                _ => Val::Unknown,
            }),
            UnaryOp::Neg => Ok(match self.eval(st, g, x)? {
                Val::Int(number) => small(-number),
                _ => Val::Unknown,
            }),
            _ => {
                self.eval(st, g, x)?;
                Ok(Val::Unknown)
            }
        }
    }

    /// What `append` gives.
    pub(super) fn append(&self, st: &mut State, base: &Val, more: Vec<Val>) -> Val {
        let old = match base {
            Val::Nil => Some(Vec::new()),
            Val::Ref(id) | Val::Own(id) if !st.escaped(*id) => match st.obj(*id) {
                Obj::List(vals) => Some(vals.clone()),
                _ => None,
            },
            _ => None,
        };
        match old {
            Some(mut vals) if vals.len() + more.len() <= MAX_LIST => {
                vals.extend(more);
                Val::Ref(st.alloc(Obj::List(vals)))
            }
            _ => {
                st.escape(base);
                more.iter().for_each(|val| st.escape(val));
                Val::NonNil
            }
        }
    }
}

/// The function that a goroutine is in.
pub(super) fn st_body(st: &State, g: Gid) -> usize {
    let Frame { body, .. } = st.frame(g);
    *body
}

/// What a map has under a key: known when it is the only value, or the key is written down.
fn lookup(st: &mut State, id: ObjId, key: Option<u32>) -> Val {
    let Obj::Map(entries) = st.obj(id) else {
        return Val::Unknown;
    };
    let by_key = entries.iter().find(|(at, _)| key.is_some() && *at == key);
    match (by_key, &**entries) {
        (Some((_, val)), _) | (None, [(None, val)]) => val.clone(),
        (None, [(_, val)]) if key.is_none() => val.clone(),
        _ => {
            st.escape(&Val::Ref(id));
            Val::Unknown
        }
    }
}

pub(super) fn object_of(val: &Val) -> Option<ObjId> {
    match val {
        Val::Ref(id) | Val::Own(id) => Some(*id),
        _ => None,
    }
}

/// Whether a channel is one that others, who are not followed, send to or receive from.
pub(super) fn is_outside(st: &State, chan: &Val) -> bool {
    match chan {
        Val::Nil => false,
        Val::Ref(id) => {
            st.escaped(*id) && !matches!(st.obj(*id), Obj::Ctx { .. })
                || !matches!(st.obj(*id), Obj::Chan(_) | Obj::Ctx { .. })
        }
        _ => true,
    }
}

/// The object that a variable of a type of package sync is.
pub(super) fn sync_object(body: &Body<'_>, ty: TypeId) -> Option<Obj> {
    let cx = body.cx();
    let Type::Named { name, .. } = cx.ty(ty) else {
        return None;
    };
    let named = cx.named(name);
    match (&*named.package, &*named.name) {
        ("sync", "Mutex") => Some(Obj::Lock(Lock::default())),
        ("sync", "RWMutex") => Some(Obj::Lock(Lock {
            is_rw: true,
            ..Lock::default()
        })),
        ("sync", "WaitGroup") | ("golang.org/x/sync/errgroup", "Group") => Some(Obj::Group(0)),
        ("sync", "Cond") => Some(Obj::Cond {
            lock: Val::Nil,
            waiting: Vec::new(),
        }),
        ("sync", "Once") => Some(Obj::Once(false)),
        _ => None,
    }
}
