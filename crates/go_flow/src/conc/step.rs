//! Nodes: what a goroutine does by itself, until it is about to do something that others see.

use std::rc::Rc;

use go_syntax::{AssignOp, BinaryOp, DeclKind, ExprKind, SpecKind, StmtId, StmtKind};
use go_types::Type;
use rustc_hash::FxHashSet;

use super::eval::{Machine, Stop, is_outside, object_of, st_body};
use super::frames::thunk;
use super::numbers::{MANY, SOME, binary};
use super::ops::{Arm, Op, Target, What};
use super::state::{Gid, Obj, Pending, Shared, State, Status, Val};
use crate::cfg::{EdgeKind, End, NodeId, NodeKind};

/// So many nodes are passed on one path.
const MAX_STEPS: u32 = 2000;
/// So many objects are made on one path.
const MAX_OBJECTS: usize = 400;

pub(super) type Done = Result<(), Stop>;

impl Machine<'_, '_> {
    /// Lets all goroutines go on by themselves as far as they can. Gives the states that may come of
    /// it; `bounded` is told when there are too many.
    pub(super) fn settle(&self, st: State, bounded: &mut bool) -> Vec<State> {
        const MAX_STATES: usize = 256;
        let mut settled = Vec::new();
        // Ways that part and meet again without a difference go on as one.
        let mut seen: FxHashSet<u128> = FxHashSet::default();
        let mut work = vec![st];
        let mut is_forked = false;
        while let Some(mut st) = work.pop() {
            if settled.len() + work.len() > MAX_STATES {
                *bounded = true;
                break;
            }
            let running = st
                .goroutines
                .iter()
                .position(|goroutine| goroutine.status == Status::Running);
            let Some(g) = running else {
                settled.push(st);
                continue;
            };
            st.steps += 1;
            let Some(left) = self.steps.get().checked_sub(1) else {
                *bounded = true;
                break;
            };
            self.steps.set(left);
            if st.steps > MAX_STEPS || st.heap.len() > MAX_OBJECTS {
                *bounded = true;
                continue;
            }
            match self.step(&mut st, g) {
                Ok(()) | Err(Stop::Call) => {
                    if !is_forked || !self.is_join(&st, g) || seen.insert(st.fingerprint()) {
                        work.push(st);
                    }
                }
                Err(Stop::Op(op)) => {
                    st.goroutines[g].status = Status::At(op);
                    work.push(st);
                }
                Err(Stop::Fork(ways)) => {
                    is_forked = true;
                    for way in (1..ways).rev() {
                        let mut st = st.clone();
                        st.frame_mut(g).choice = Some(way);
                        work.push(st);
                    }
                    st.frame_mut(g).choice = Some(0);
                    work.push(st);
                }
                Err(Stop::Discard) => {}
                Err(Stop::Bound) => *bounded = true,
            }
        }
        settled
    }

    /// Whether several ways lead to where a goroutine is.
    fn is_join(&self, st: &State, g: Gid) -> bool {
        let Some(frame) = st.goroutines[g].frames.last() else {
            return false;
        };
        let cfg = self.program.cfg(frame.body, frame.func);
        frame.thunk.is_none() && frame.memo.is_empty() && cfg.predecessors(frame.node).len() > 1
    }

    /// One node of the function on top of the stack.
    fn step(&self, st: &mut State, g: Gid) -> Done {
        if st.goroutines[g].frames.is_empty() {
            st.goroutines[g].status = Status::Ended;
            return Ok(());
        }
        if let Some(pending) = st.frame(g).thunk.clone() {
            let done = st.frame(g).memo_of(pending.call).is_some();
            if !done {
                self.perform(st, g, pending.call, &pending.target, &pending.args)?;
            }
            self.pop(st, g);
            return Ok(());
        }
        let (body, func, node) = {
            let frame = st.frame(g);
            (frame.body, frame.func, frame.node)
        };
        let cfg = self.program.cfg(body, func);
        let file = self.program.file(body);
        match cfg.kind(node) {
            NodeKind::Entry
            | NodeKind::Branch(_)
            | NodeKind::Label(_)
            | NodeKind::Loop(_)
            | NodeKind::Clause(_) => {
                self.follow(st, g, None);
            }
            NodeKind::Exit => self.exit(st, g),
            NodeKind::End(end) => match end {
                End::Panic | End::Process => return Err(Stop::Discard),
                End::Goexit => {
                    st.goroutines[g].exits = true;
                    let exit = cfg.exit();
                    self.go_to(st, g, exit);
                }
                End::Blocked => st.goroutines[g].status = Status::Parked,
            },
            NodeKind::Stmt(stmt) => {
                self.stmt(st, g, stmt)?;
                self.follow(st, g, None);
            }
            NodeKind::Defer(stmt) => {
                let StmtKind::Defer(call) = file.stmt(stmt).kind else {
                    return Err(Stop::Discard);
                };
                let call = file.unparen(call);
                let (target, args) = self.resolve(st, g, call)?;
                st.frame_mut(g).defers.push(Pending {
                    call,
                    target,
                    args: args.into(),
                });
                self.follow(st, g, None);
            }
            NodeKind::Go(stmt) => {
                let StmtKind::Go(call) = file.stmt(stmt).kind else {
                    return Err(Stop::Discard);
                };
                let call = file.unparen(call);
                let (target, args) = self.resolve(st, g, call)?;
                self.spawn(st, g, call, &target, &args, None)?;
                self.follow(st, g, None);
            }
            NodeKind::Return(stmt) => {
                self.returns(st, g, stmt)?;
                let site = self.program.site(body, func, file.stmt(stmt).span);
                st.left.retain(|(of, _)| *of != (body, func));
                st.left.push(((body, func), site));
                self.follow(st, g, None);
            }
            NodeKind::Cond(cond) => {
                let truth = self.condition(st, g, node, cond)?;
                let edge = if truth {
                    EdgeKind::True
                } else {
                    EdgeKind::False
                };
                self.follow(st, g, Some(edge));
            }
            NodeKind::Range(stmt) => {
                let StmtKind::Range { x, .. } = file.stmt(stmt).kind else {
                    return Err(Stop::Discard);
                };
                let val = self.eval(st, g, x)?;
                let frame = st.frame_mut(g);
                frame.ranges.retain(|(of, _, _)| *of != stmt);
                frame.ranges.push((stmt, val, 0));
                self.follow(st, g, None);
            }
            NodeKind::RangeNext(stmt) => self.range(st, g, stmt)?,
            NodeKind::Tag(stmt) => {
                match file.stmt(stmt).kind {
                    StmtKind::Switch { tag: Some(tag), .. } => {
                        self.eval(st, g, tag)?;
                    }
                    StmtKind::TypeSwitch { guard, .. } => {
                        let x = match file.stmt(guard).kind {
                            StmtKind::Expr(x) => Some(x),
                            StmtKind::Assign { rhs, .. } => file.exprs(rhs).first().copied(),
                            _ => None,
                        };
                        if let Some(x) = x {
                            self.eval(st, g, x)?;
                        }
                    }
                    _ => {}
                }
                self.follow(st, g, None);
            }
            NodeKind::Case { .. } => {
                let Some(choice) = st.frame(g).choice else {
                    return Err(Stop::Fork(2));
                };
                let edge = (choice == 0).then_some(EdgeKind::Case);
                let other = cfg
                    .successors(node)
                    .iter()
                    .find(|edge| edge.kind != EdgeKind::Case);
                match (edge, other) {
                    (Some(edge), _) => self.follow(st, g, Some(edge)),
                    (None, Some(other)) => self.go_to(st, g, other.node),
                    (None, None) => return Err(Stop::Discard),
                }
            }
            NodeKind::Select(stmt) => self.select(st, g, stmt)?,
            NodeKind::Comm(clause) => {
                if let StmtKind::CommClause {
                    comm: Some(comm), ..
                } = file.stmt(clause).kind
                    && matches!(file.stmt(comm).kind, StmtKind::Assign { .. })
                {
                    self.stmt(st, g, comm)?;
                }
                self.follow(st, g, None);
            }
        }
        Ok(())
    }

    /// Goes on along the edge of this kind, or the only one.
    fn follow(&self, st: &mut State, g: Gid, kind: Option<EdgeKind>) {
        let (cfg, node) = {
            let frame = st.frame(g);
            (self.program.cfg(frame.body, frame.func), frame.node)
        };
        let edges = cfg.successors(node);
        let edge = match kind {
            Some(kind) => edges.iter().find(|edge| edge.kind == kind),
            None => edges.first(),
        };
        match edge {
            Some(edge) => self.go_to(st, g, edge.node),
            // Nothing is known to follow: it stays here for good.
            None => st.goroutines[g].status = Status::Parked,
        }
    }

    pub(super) fn go_to(&self, st: &mut State, g: Gid, node: NodeId) {
        let program = self.program;
        let frame = st.frame_mut(g);
        frame.node = node;
        frame.memo.clear();
        frame.waited = false;
        frame.choice = None;
        let (body, func) = (frame.body, frame.func);
        if !frame.locals.is_empty() {
            let live = program.live_in(body, func);
            frame.locals.retain(|&(local, _)| live.at(node, local));
        }
        let cfg = program.cfg(body, func);
        // Ranges that are over.
        frame.ranges.retain(|&(stmt, _, _)| {
            cfg.loop_of_stmt(stmt).is_none_or(|lp| {
                cfg.kind(node) == NodeKind::RangeNext(stmt) || cfg.is_in_loop(node, lp)
            })
        });
        frame
            .rounds
            .retain(|&(at, _)| at == node || cfg.loop_around_node(node).is_some());
    }

    /// The function has returned, but for its deferred calls.
    fn exit(&self, st: &mut State, g: Gid) {
        let frame = st.frame_mut(g);
        if let Some(pending) = frame.defers.pop() {
            let new = thunk(frame.body, frame.func, frame.node, pending);
            st.goroutines[g].frames.push(Shared::new(new));
            return;
        }
        // Named results have their last values now.
        let (body, func) = (frame.body, frame.func);
        let file = self.program.file(body);
        let names = self.program.body(body).names();
        if let Some(results) = file.sig(file.func(func).sig).results {
            let locals: Vec<_> = file
                .fields_of(results)
                .iter()
                .flat_map(|field| file.field(field).names.iter())
                .map(|name| names.declared(name))
                .collect();
            if !locals.is_empty() {
                // Those without a name have what was returned.
                let returned = st.frame(g).result.clone();
                let kept = |index: usize| match &returned {
                    Val::Tuple(vals) => vals.get(index).cloned().unwrap_or(Val::Unknown),
                    val => val.clone(),
                };
                let vals: Vec<Val> = locals
                    .into_iter()
                    .enumerate()
                    .map(|(index, local)| match local {
                        Some(local) => self.read(st, g, local),
                        None => kept(index),
                    })
                    .collect();
                st.frame_mut(g).result = match <[Val; 1]>::try_from(vals) {
                    Ok([val]) => val,
                    Err(vals) => Val::Tuple(vals.into()),
                };
            }
        }
        self.pop(st, g);
    }

    /// Takes the function off the stack and hands its result on.
    fn pop(&self, st: &mut State, g: Gid) {
        let Some(frame) = st.goroutines[g].frames.pop() else {
            return;
        };
        let frame = frame.into_inner();
        if let Some(group) = &frame.group
            && let Some(id) = object_of(group)
            && !st.escaped(id)
            && let Obj::Group(count) = st.obj_mut(id)
        {
            *count -= 1;
        }
        if st.goroutines[g].frames.is_empty() {
            st.goroutines[g].status = Status::Ended;
            if g == 0 {
                st.escape(&frame.result);
            }
            return;
        }
        if st.goroutines[g].exits {
            let (body, func) = {
                let frame = st.frame(g);
                (frame.body, frame.func)
            };
            if st.frame(g).thunk.is_none() {
                let exit = self.program.cfg(body, func).exit();
                self.go_to(st, g, exit);
                return;
            }
        }
        let below = st.frame_mut(g);
        if let Some(dest) = frame.dest {
            below.memo.push((dest, frame.result));
        }
    }

    fn returns(&self, st: &mut State, g: Gid, stmt: StmtId) -> Done {
        let file = self.file(st, g);
        let StmtKind::Return(list) = file.stmt(stmt).kind else {
            return Ok(());
        };
        let exprs = file.exprs(list);
        if exprs.is_empty() {
            return Ok(());
        }
        let mut vals = Vec::new();
        for &expr in exprs {
            vals.push(self.eval_copy(st, g, expr)?);
        }
        let result = match <[Val; 1]>::try_from(vals) {
            Ok([val]) => val,
            Err(vals) => Val::Tuple(vals.into()),
        };
        let (body, func) = {
            let frame = st.frame(g);
            (frame.body, frame.func)
        };
        let names = self.program.body(body).names();
        if let Some(results) = file.sig(file.func(func).sig).results {
            let locals: Vec<_> = file
                .fields_of(results)
                .iter()
                .flat_map(|field| file.field(field).names.iter())
                .map(|name| names.declared(name))
                .collect();
            for (index, local) in locals.iter().enumerate() {
                let val = match &result {
                    Val::Tuple(vals) => vals.get(index).cloned().unwrap_or(Val::Unknown),
                    val if locals.len() == 1 => val.clone(),
                    _ => Val::Unknown,
                };
                if let Some(local) = *local {
                    self.write(st, g, local, val);
                }
            }
        }
        st.frame_mut(g).result = result;
        Ok(())
    }

    fn stmt(&self, st: &mut State, g: Gid, stmt: StmtId) -> Done {
        let body = self.body(st, g);
        let file = body.file();
        match file.stmt(stmt).kind {
            StmtKind::Expr(x) => {
                self.eval(st, g, x)?;
            }
            StmtKind::Send { chan, value } => {
                if st.frame(g).waited {
                    return Ok(());
                }
                let to = self.eval(st, g, chan)?;
                let val = self.eval_copy(st, g, value)?;
                if is_outside(st, &to) {
                    st.escape(&val);
                    return Ok(());
                }
                let frame = st.frame(g);
                return Err(Stop::Op(Op {
                    what: What::Send(to, val),
                    key: None,
                    site: self
                        .program
                        .site(frame.body, frame.func, file.stmt(stmt).span),
                    operand: Some(chan),
                }));
            }
            StmtKind::IncDec { x, inc } => {
                let old = self.eval(st, g, x)?;
                let op = if inc { BinaryOp::Add } else { BinaryOp::Sub };
                let new = binary(op, &old, &Val::Int(1));
                self.assign(st, g, x, new)?;
            }
            StmtKind::Assign { lhs, rhs, op } => {
                let (targets, values) = (file.exprs(lhs), file.exprs(rhs));
                if let AssignOp::Op(op) = op {
                    if let (&[target], &[value]) = (targets, values) {
                        let old = self.eval(st, g, target)?;
                        let more = self.eval(st, g, value)?;
                        self.assign(st, g, target, binary(op, &old, &more))?;
                    }
                    return Ok(());
                }
                let vals = match values {
                    &[value] if targets.len() > 1 => self.eval_many(st, g, value, targets.len())?,
                    _ => {
                        let mut vals = Vec::new();
                        for &value in values {
                            vals.push(self.eval_copy(st, g, value)?);
                        }
                        vals
                    }
                };
                for (&target, val) in targets.iter().zip(vals) {
                    self.assign(st, g, target, val)?;
                }
            }
            StmtKind::Decl(decl) => {
                let DeclKind::Gen { specs, .. } = file.decl(decl).kind else {
                    return Ok(());
                };
                for spec in specs.iter() {
                    let SpecKind::Value { names, values, .. } = file.spec(spec).kind else {
                        continue;
                    };
                    let exprs = file.exprs(values);
                    let count = names.iter().count();
                    let vals = match exprs {
                        [] => Vec::new(),
                        &[value] if count > 1 => self.eval_many(st, g, value, count)?,
                        _ => {
                            let mut vals = Vec::new();
                            for &value in exprs {
                                vals.push(self.eval_copy(st, g, value)?);
                            }
                            vals
                        }
                    };
                    for (index, name) in names.iter().enumerate() {
                        let Some(local) = body.names().declared(name) else {
                            continue;
                        };
                        if !body.names().local(local).is_var() {
                            continue;
                        }
                        let val = match vals.get(index) {
                            Some(val) => val.clone(),
                            None => {
                                let at = st_body(st, g);
                                self.zero(st, at, body.type_of_local(local), 0)
                            }
                        };
                        self.declare(st, g, local, val);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn range(&self, st: &mut State, g: Gid, stmt: StmtId) -> Done {
        let body = self.body(st, g);
        let file = body.file();
        let StmtKind::Range { key, value, x, .. } = file.stmt(stmt).kind else {
            return Err(Stop::Discard);
        };
        let Some(&(_, ref val, at)) = st.frame(g).ranges.iter().find(|(of, _, _)| *of == stmt)
        else {
            return Err(Stop::Discard);
        };
        let val = val.clone();
        let is_chan = matches!(body.cx().ty(body.core(body.type_of(x))), Type::Chan { .. });
        if is_chan && !is_outside(st, &val) {
            let Some(choice) = st.frame(g).choice else {
                let frame = st.frame(g);
                return Err(Stop::Op(Op {
                    what: What::Range(val),
                    key: Some(x),
                    site: self.program.site(frame.body, frame.func, file.expr(x).span),
                    operand: Some(x),
                }));
            };
            if choice == 0 {
                self.follow(st, g, Some(EdgeKind::RangeDone));
                return Ok(());
            }
            let received = match st.frame(g).memo_of(x) {
                Some(Val::Tuple(vals)) => vals[0].clone(),
                _ => Val::Unknown,
            };
            if let Some(key) = key {
                self.assign(st, g, key, received)?;
            }
            self.follow(st, g, Some(EdgeKind::RangeBody));
            return Ok(());
        }
        let list = object_of(&val)
            .filter(|&id| !st.escaped(id))
            .and_then(|id| match st.obj(id) {
                Obj::List(vals) => Some(vals.clone()),
                Obj::Map(entries) => Some(entries.iter().map(|(_, val)| val.clone()).collect()),
                _ => None,
            });
        let count = match (&list, &val) {
            (Some(vals), _) => vals.len(),
            (None, Val::Nil) => 0,
            (None, Val::Int(number)) => usize::try_from((*number).min(MANY)).unwrap_or(0),
            (None, _) if body.is_constant(x) => usize::try_from(MANY).unwrap_or(0),
            (None, _) => usize::try_from(SOME).unwrap_or(0),
        };
        let index = at as usize;
        // Of a channel that others have, or a map, the loop may also be left before.
        if index >= count {
            self.follow(st, g, Some(EdgeKind::RangeDone));
            return Ok(());
        }
        if let Some(entry) = st
            .frame_mut(g)
            .ranges
            .iter_mut()
            .find(|(of, _, _)| *of == stmt)
        {
            entry.2 = at + 1;
        }
        if let Some(key) = key {
            let is_map = matches!(body.cx().ty(body.core(body.type_of(x))), Type::Map { .. });
            let val = if is_chan || is_map {
                Val::Unknown
            } else {
                Val::Int(i64::from(at))
            };
            self.assign(st, g, key, val)?;
        }
        if let Some(value) = value {
            let val = list.map_or(Val::Unknown, |vals| vals[index].clone());
            let val = self.copy(st, val, 0);
            self.assign(st, g, value, val)?;
        }
        self.follow(st, g, Some(EdgeKind::RangeBody));
        Ok(())
    }

    fn select(&self, st: &mut State, g: Gid, stmt: StmtId) -> Done {
        let body = self.body(st, g);
        let file = body.file();
        let StmtKind::Select { body: block } = file.stmt(stmt).kind else {
            return Err(Stop::Discard);
        };
        let (index, func) = {
            let frame = st.frame(g);
            (frame.body, frame.func)
        };
        let cfg = self.program.cfg(index, func);
        let mut arms = Vec::new();
        let mut default = None;
        for &clause in file.block_stmts(block) {
            let StmtKind::CommClause { comm, .. } = file.stmt(clause).kind else {
                continue;
            };
            let Some(node) = cfg.node_of_stmt(clause) else {
                continue;
            };
            let Some(comm) = comm else {
                default = Some(node);
                continue;
            };
            let received = match file.stmt(comm).kind {
                StmtKind::Send { chan, value } => {
                    let chan = self.eval(st, g, chan)?;
                    let val = self.eval_copy(st, g, value)?;
                    arms.push(Arm {
                        chan,
                        send: Some(val),
                        recv: None,
                        node,
                    });
                    continue;
                }
                StmtKind::Expr(x) => Some(x),
                StmtKind::Assign { rhs, .. } => file.exprs(rhs).first().copied(),
                _ => None,
            };
            let Some(received) = received.map(|expr| file.unparen(expr)) else {
                continue;
            };
            let ExprKind::Unary { x, .. } = file.expr(received).kind else {
                continue;
            };
            let chan = self.eval(st, g, x)?;
            arms.push(Arm {
                chan,
                send: None,
                recv: Some(received),
                node,
            });
        }
        if arms.is_empty() {
            match default {
                Some(node) => self.go_to(st, g, node),
                None => self.follow(st, g, None),
            }
            return Ok(());
        }
        let span = file.stmt(stmt).span;
        let head = go_syntax::Span::new(span.start, span.start + 6);
        Err(Stop::Op(Op {
            what: What::Select { arms, default },
            key: None,
            site: self.program.site(index, func, head),
            operand: None,
        }))
    }

    /// The first state of a program that starts with a declared function.
    pub(super) fn start(&self, index: usize) -> State {
        let mut st = State {
            heap: Vec::new(),
            goroutines: vec![Shared::new(super::state::Goroutine {
                frames: Vec::new(),
                status: Status::Running,
                exits: false,
                started: None,
                sent: Vec::new(),
                took: Vec::new(),
            })],
            left: Vec::new(),
            steps: 0,
        };
        let declared = self.program.declared[index];
        let target = Target::Code {
            body: index,
            func: declared.func,
            receiver: Some(Val::Unknown),
            cells: Rc::from([]),
        };
        self.push(&mut st, 0, &target, &[], None);
        st
    }
}
