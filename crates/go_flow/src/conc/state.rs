//! The state of a small concurrent program: goroutines with their stacks, and the heap they share.
//!
//! Values are abstract: what decides who waits for whom is followed (channels, locks, pointers to
//! structs, functions, small numbers, truth values), everything else is [`Val::Unknown`].

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use go_syntax::{ExprId, FuncId, StmtId};
use go_types::LocalId;
use rustc_hash::{FxHashMap, FxHasher};

use super::Site;
use super::ops::{Op, Target};
use crate::cfg::NodeId;
use crate::sites::LockOp;

/// A place of the heap.
pub(super) type ObjId = u32;
/// The name of a field or type; see [`super::program::Program::sym`].
pub(super) type Sym = u32;
/// A goroutine, by the order in which they started.
pub(super) type Gid = usize;

/// What is known of a value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Val {
    Unknown,
    Nil,
    /// Something that is not nil.
    NonNil,
    Bool(bool),
    Int(i64),
    /// A pointer to the object, or a reference to it: a channel, slice, function.
    Ref(ObjId),
    /// The object itself, a struct or lock: assigning it makes a copy.
    Own(ObjId),
    /// A declared function.
    Func(usize),
    Tuple(Rc<[Val]>),
}

/// Something in the heap.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Obj {
    /// A variable that literals share.
    Cell(Val),
    /// A struct; fields that are missing are zero.
    Struct {
        ty: Option<Sym>,
        fields: Vec<(Sym, Val)>,
    },
    Chan(Chan),
    Lock(Lock),
    Group(i64),
    Cond {
        lock: Val,
        waiting: Vec<Gid>,
    },
    Once(bool),
    /// A context; `from_outside` when somebody else may end it.
    Ctx {
        cancelled: bool,
        from_outside: bool,
        parent: Option<ObjId>,
    },
    /// The function that ends a context.
    Cancel(ObjId),
    List(Vec<Val>),
    Closure {
        body: usize,
        func: FuncId,
        cells: Vec<(LocalId, ObjId)>,
    },
    /// A method with its receiver.
    Method {
        body: usize,
        receiver: Val,
    },
    /// A map: the keys as they are written, where they are constants.
    Map(Vec<(Option<Sym>, Val)>),
}

/// A channel.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Chan {
    pub(super) room: usize,
    pub(super) buffer: VecDeque<Val>,
    pub(super) closed: bool,
    pub(super) made: Site,
    /// How many values were received, one or more counted as two at most.
    pub(super) received: u8,
}

/// A mutex of either kind.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Lock {
    pub(super) writer: Option<Gid>,
    pub(super) readers: Vec<Gid>,
    /// Who waits to write: no more readers are let in.
    pub(super) pending: Option<Gid>,
    pub(super) is_rw: bool,
}

/// An object, and whether code that is not followed has it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) obj: Obj,
    pub(super) escaped: bool,
}

/// A call that waits for the end of its function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Pending {
    pub(super) call: ExprId,
    pub(super) target: Target,
    pub(super) args: Rc<[Val]>,
}

/// A function that runs, or a single call that is made instead of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Frame {
    pub(super) body: usize,
    pub(super) func: FuncId,
    pub(super) node: NodeId,
    /// Instead of code: one call.
    pub(super) thunk: Option<Rc<Pending>>,
    pub(super) locals: Vec<(LocalId, Val)>,
    /// What the calls and allocations of the node gave so far.
    pub(super) memo: Vec<(ExprId, Val)>,
    /// The statement of the node has waited already, and what came of it.
    pub(super) waited: bool,
    /// What was decided for the condition of the node.
    pub(super) choice: Option<u8>,
    /// Ranges under way: what is left.
    pub(super) ranges: Vec<(StmtId, Val, u32)>,
    /// What was decided for conditions that stand more than once and ask the same each time.
    pub(super) decided: Vec<(Sym, bool)>,
    /// How often conditions of loops that are not known have been taken to hold.
    pub(super) rounds: Vec<(NodeId, u8)>,
    pub(super) defers: Vec<Pending>,
    pub(super) result: Val,
    /// The call of the frame below that waits for the result.
    pub(super) dest: Option<ExprId>,
    /// The goroutine was started by a call of this group, which is told the end.
    pub(super) group: Option<Val>,
}

impl Frame {
    pub(super) fn local(&self, local: LocalId) -> Option<&Val> {
        let at = self
            .locals
            .binary_search_by_key(&local, |&(id, _)| id)
            .ok()?;
        Some(&self.locals[at].1)
    }

    pub(super) fn set_local(&mut self, local: LocalId, val: Val) {
        match self.locals.binary_search_by_key(&local, |&(id, _)| id) {
            Ok(at) => self.locals[at].1 = val,
            Err(at) => self.locals.insert(at, (local, val)),
        }
    }

    pub(super) fn memo_of(&self, expr: ExprId) -> Option<&Val> {
        self.memo
            .iter()
            .find(|(id, _)| *id == expr)
            .map(|(_, val)| val)
    }
}

/// What a goroutine is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Status {
    /// It has steps to make that concern nobody else.
    Running,
    /// It is about to do something that others see.
    At(Op),
    /// It has ended.
    Ended,
    /// It waits for ever on purpose: `select {}`.
    Parked,
}

/// A goroutine.
#[derive(Clone, Debug)]
pub(super) struct Goroutine {
    pub(super) frames: Vec<Frame>,
    pub(super) status: Status,
    /// It unwinds: `runtime.Goexit`.
    pub(super) exits: bool,
    /// Where it was started; not for the first.
    pub(super) started: Option<Site>,
    /// The sends that it has made: on what, and where.
    pub(super) sent: Vec<(ObjId, Site)>,
    /// The locks that it has taken, with the place, for the story.
    pub(super) took: Vec<(ObjId, Site, LockOp)>,
}

/// A state.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) heap: Vec<Rc<Entry>>,
    pub(super) goroutines: Vec<Goroutine>,
    /// The last `return` of each function, for the story.
    pub(super) left: Vec<((usize, FuncId), Site)>,
    /// How many micro steps led here.
    pub(super) steps: u32,
}

impl State {
    pub(super) fn alloc(&mut self, obj: Obj) -> ObjId {
        let id = ObjId::try_from(self.heap.len()).unwrap_or(ObjId::MAX);
        self.heap.push(Rc::new(Entry {
            obj,
            escaped: false,
        }));
        id
    }

    pub(super) fn obj(&self, id: ObjId) -> &Obj {
        &self.heap[id as usize].obj
    }

    pub(super) fn obj_mut(&mut self, id: ObjId) -> &mut Obj {
        &mut Rc::make_mut(&mut self.heap[id as usize]).obj
    }

    pub(super) fn escaped(&self, id: ObjId) -> bool {
        self.heap[id as usize].escaped
    }

    pub(super) fn frame(&self, g: Gid) -> &Frame {
        let frames = &self.goroutines[g].frames;
        &frames[frames.len() - 1]
    }

    pub(super) fn frame_mut(&mut self, g: Gid) -> &mut Frame {
        let frames = &mut self.goroutines[g].frames;
        let last = frames.len() - 1;
        &mut frames[last]
    }

    /// Code that is not followed gets hold of `val`, and of all that can be reached from there.
    pub(super) fn escape(&mut self, val: &Val) {
        let mut work = Vec::new();
        objects(val, &mut |id| work.push(id));
        while let Some(id) = work.pop() {
            if self.escaped(id) {
                continue;
            }
            Rc::make_mut(&mut self.heap[id as usize]).escaped = true;
            for_each_inner(self.obj(id), &mut |val| {
                objects(val, &mut |id| work.push(id));
            });
            // Who has a context cannot end it, and who has the function to end it can.
            if let Obj::Cancel(ctx) = *self.obj(id) {
                self.let_out(ctx);
            }
        }
    }

    /// Others may end a context from now on.
    fn let_out(&mut self, ctx: ObjId) {
        if let Obj::Ctx { from_outside, .. } = self.obj_mut(ctx) {
            *from_outside = true;
        }
    }

    /// Whether a context has ended: `None` when others may end it at any time.
    pub(super) fn is_cancelled(&self, ctx: ObjId) -> Option<bool> {
        let mut at = Some(ctx);
        let mut outside = false;
        while let Some(id) = at {
            let Obj::Ctx {
                cancelled,
                from_outside,
                parent,
            } = *self.obj(id)
            else {
                return None;
            };
            if cancelled {
                return Some(true);
            }
            outside |= from_outside;
            at = parent;
        }
        (!outside).then_some(false)
    }

    /// A number that is equal for states that go on in the same way: what nobody can reach any more,
    /// and in which order objects were made, does not matter.
    pub(super) fn fingerprint(&self) -> u128 {
        let mut low = FxHasher::default();
        let mut high = FxHasher::default();
        0x9e37_79b9_u32.hash(&mut high);
        let mut numbers: FxHashMap<ObjId, u32> = FxHashMap::default();
        let mut queue: Vec<ObjId> = Vec::new();
        let mut put = |val: &dyn Fn(&mut FxHasher)| {
            val(&mut low);
            val(&mut high);
        };
        let mut number = |id: ObjId, queue: &mut Vec<ObjId>| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(id).or_insert_with(|| {
                queue.push(id);
                next
            })
        };
        for goroutine in &self.goroutines {
            match &goroutine.status {
                Status::Ended => put(&|h| 1_u8.hash(h)),
                Status::Parked => put(&|h| 2_u8.hash(h)),
                _ => {
                    put(&|h| {
                        (3_u8, goroutine.exits, goroutine.frames.len()).hash(h);
                    });
                    let took: Vec<(u32, LockOp)> = goroutine
                        .took
                        .iter()
                        .map(|(id, _, op)| (number(*id, &mut queue), *op))
                        .collect();
                    put(&|h| took.hash(h));
                    for frame in &goroutine.frames {
                        let frame = renumber_frame(frame, &mut |id| number(id, &mut queue));
                        put(&|h| frame.hash(h));
                    }
                    if let Status::At(op) = &goroutine.status {
                        let op = op.renumber(&mut |id| number(id, &mut queue));
                        put(&|h| op.hash(h));
                    }
                }
            }
        }
        let mut at = 0;
        while at < queue.len() {
            let entry = &self.heap[queue[at] as usize];
            at += 1;
            let obj = renumber_obj(&entry.obj, &mut |id| number(id, &mut queue));
            put(&|h| (&obj, entry.escaped).hash(h));
        }
        (u128::from(high.finish()) << 64) | u128::from(low.finish())
    }
}

/// Calls `visit` for the objects that a value names.
pub(super) fn objects(val: &Val, visit: &mut dyn FnMut(ObjId)) {
    match val {
        Val::Ref(id) | Val::Own(id) => visit(*id),
        Val::Tuple(vals) => vals.iter().for_each(|val| objects(val, visit)),
        _ => {}
    }
}

/// Calls `visit` for the values within an object.
pub(super) fn for_each_inner(obj: &Obj, visit: &mut dyn FnMut(&Val)) {
    match obj {
        Obj::Cell(val) | Obj::Cond { lock: val, .. } | Obj::Method { receiver: val, .. } => {
            visit(val);
        }
        Obj::Struct { fields, .. } => fields.iter().for_each(|(_, val)| visit(val)),
        Obj::Chan(chan) => chan.buffer.iter().for_each(visit),
        Obj::List(vals) => vals.iter().for_each(visit),
        Obj::Map(entries) => entries.iter().for_each(|(_, val)| visit(val)),
        Obj::Closure { cells, .. } => cells.iter().for_each(|(_, id)| visit(&Val::Ref(*id))),
        Obj::Ctx { parent, .. } => {
            if let Some(parent) = parent {
                visit(&Val::Ref(*parent));
            }
        }
        Obj::Cancel(ctx) => visit(&Val::Ref(*ctx)),
        Obj::Lock(_) | Obj::Group(_) | Obj::Once(_) => {}
    }
}

/// A value with other numbers for objects.
pub(super) fn renumber(val: &Val, to: &mut dyn FnMut(ObjId) -> ObjId) -> Val {
    match val {
        Val::Ref(id) => Val::Ref(to(*id)),
        Val::Own(id) => Val::Own(to(*id)),
        Val::Tuple(vals) => Val::Tuple(vals.iter().map(|val| renumber(val, to)).collect()),
        other => other.clone(),
    }
}

fn renumber_frame(frame: &Frame, to: &mut dyn FnMut(ObjId) -> ObjId) -> Frame {
    let mut frame = frame.clone();
    for (_, val) in &mut frame.locals {
        *val = renumber(val, to);
    }
    for (_, val) in &mut frame.memo {
        *val = renumber(val, to);
    }
    for (_, val, _) in &mut frame.ranges {
        *val = renumber(val, to);
    }
    for pending in &mut frame.defers {
        *pending = pending.renumber(to);
    }
    if let Some(thunk) = &frame.thunk {
        frame.thunk = Some(Rc::new(thunk.renumber(to)));
    }
    frame.result = renumber(&frame.result, to);
    frame.group = frame.group.as_ref().map(|group| renumber(group, to));
    frame
}

impl Pending {
    fn renumber(&self, to: &mut dyn FnMut(ObjId) -> ObjId) -> Self {
        Self {
            call: self.call,
            target: self.target.renumber(to),
            args: self.args.iter().map(|val| renumber(val, to)).collect(),
        }
    }

    /// Calls `visit` for the values in it.
    pub(super) fn for_each(&self, visit: &mut dyn FnMut(&Val)) {
        self.args.iter().for_each(&mut *visit);
        self.target.for_each(visit);
    }
}

fn renumber_obj(obj: &Obj, to: &mut dyn FnMut(ObjId) -> ObjId) -> Obj {
    let mut obj = obj.clone();
    match &mut obj {
        Obj::Cell(val) | Obj::Cond { lock: val, .. } | Obj::Method { receiver: val, .. } => {
            *val = renumber(val, to);
        }
        Obj::Struct { fields, .. } => {
            for (_, val) in fields {
                *val = renumber(val, to);
            }
        }
        Obj::Chan(chan) => {
            for val in &mut chan.buffer {
                *val = renumber(val, to);
            }
        }
        Obj::List(vals) => {
            for val in vals {
                *val = renumber(val, to);
            }
        }
        Obj::Map(entries) => {
            for (_, val) in entries {
                *val = renumber(val, to);
            }
        }
        Obj::Closure { cells, .. } => {
            for (_, id) in cells {
                *id = to(*id);
            }
        }
        Obj::Ctx { parent, .. } => *parent = parent.map(to),
        Obj::Cancel(ctx) => *ctx = to(*ctx),
        Obj::Lock(_) | Obj::Group(_) | Obj::Once(_) => {}
    }
    obj
}
