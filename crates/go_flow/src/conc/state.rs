//! The state of a small concurrent program: goroutines with their stacks, and the heap they share.
//!
//! Values are abstract: what decides who waits for whom is followed (channels, locks, pointers to
//! structs, functions, small numbers, truth values), everything else is [`Val::Unknown`].

use std::collections::VecDeque;
use std::rc::Rc;

use go_syntax::{ExprId, FuncId, StmtId};
use go_types::LocalId;

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

/// Something that states share until one of them changes it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    pub(super) fn new(inner: T) -> Self {
        Self(Rc::new(inner))
    }
}

impl<T: Clone> Shared<T> {
    pub(super) fn into_inner(self) -> T {
        Rc::unwrap_or_clone(self.0)
    }
}

impl<T> std::ops::Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> std::ops::DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
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
    pub(super) frames: Vec<Shared<Frame>>,
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
    pub(super) heap: Vec<Shared<Entry>>,
    pub(super) goroutines: Vec<Shared<Goroutine>>,
    /// The last `return` of each function, for the story.
    pub(super) left: Vec<((usize, FuncId), Site)>,
    /// How many micro steps led here.
    pub(super) steps: u32,
}

impl State {
    pub(super) fn alloc(&mut self, obj: Obj) -> ObjId {
        let id = ObjId::try_from(self.heap.len()).unwrap_or(ObjId::MAX);
        self.heap.push(Shared::new(Entry {
            obj,
            escaped: false,
        }));
        id
    }

    pub(super) fn obj(&self, id: ObjId) -> &Obj {
        &self.heap[id as usize].obj
    }

    pub(super) fn obj_mut(&mut self, id: ObjId) -> &mut Obj {
        &mut self.heap[id as usize].obj
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
            self.heap[id as usize].escaped = true;
            for_each_inner(self.obj(id), &mut |val| {
                objects(val, &mut |id| work.push(id));
            });
            // Who has a context cannot end it, and who has the function to end it can.
            if let Obj::Cancel(ctx) = *self.obj(id) {
                self.let_out(ctx);
            }
        }
    }

    /// Whether something can be reached from the values that a function may wait for, end or call:
    /// all but plain data and contexts.
    pub(super) fn carries<'v>(&self, vals: impl Iterator<Item = &'v Val>) -> bool {
        let mut seen: Vec<ObjId> = Vec::new();
        for val in vals {
            match val {
                Val::Func(_) => return true,
                val => objects(val, &mut |id| seen.push(id)),
            }
        }
        let mut at = 0;
        while at < seen.len() {
            let id = seen[at];
            at += 1;
            if self.escaped(id) {
                continue;
            }
            match self.obj(id) {
                Obj::Ctx { .. } => {}
                Obj::Cell(_) | Obj::List(_) | Obj::Map(_) | Obj::Struct { ty: None, .. } => {
                    for_each_inner(self.obj(id), &mut |val| {
                        objects(val, &mut |id| {
                            if !seen.contains(&id) {
                                seen.push(id);
                            }
                        });
                    });
                }
                _ => return true,
            }
        }
        false
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

impl Pending {
    /// Calls `visit` for the values in it.
    pub(super) fn for_each(&self, visit: &mut dyn FnMut(&Val)) {
        self.args.iter().for_each(&mut *visit);
        self.target.for_each(visit);
    }
}
