//! What goroutines do that others see, and what calls come down to.

use std::rc::Rc;

use go_syntax::{ExprId, FuncId};
use go_types::LocalId;

use super::Site;
use super::state::{ObjId, Val, renumber};
use crate::cfg::NodeId;
use crate::sites::LockOp;

/// What a call comes down to, its operands evaluated.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Target {
    /// A function of the package or a literal.
    Code {
        body: usize,
        func: FuncId,
        receiver: Option<Val>,
        cells: Rc<[(LocalId, ObjId)]>,
    },
    Close,
    Lock(LockOp, Val),
    GroupAdd(Val),
    GroupDone(Val),
    GroupWait(Val),
    /// Starts the argument as a goroutine that the group waits for.
    GroupGo(Val),
    CondWait(Val),
    Signal {
        cond: Val,
        all: bool,
    },
    OnceDo(Val),
    Cancel(ObjId),
    /// Calls the argument at once.
    CallsArgument(usize),
    /// Gives this value.
    Gives(Val),
    /// Something that does not matter; its arguments stay with it.
    Harmless,
    /// Not followed: what it is given is known to others from then on.
    Opaque,
}

impl Target {
    pub(super) fn for_each(&self, visit: &mut dyn FnMut(&Val)) {
        match self {
            Self::Code {
                receiver, cells, ..
            } => {
                receiver.iter().for_each(&mut *visit);
                cells.iter().for_each(|(_, id)| visit(&Val::Ref(*id)));
            }
            Self::Lock(_, val)
            | Self::GroupAdd(val)
            | Self::GroupDone(val)
            | Self::GroupWait(val)
            | Self::GroupGo(val)
            | Self::CondWait(val)
            | Self::Signal { cond: val, .. }
            | Self::OnceDo(val)
            | Self::Gives(val) => visit(val),
            // The function, not the context: it can be ended.
            Self::Cancel(id) => visit(&Val::Ref(*id)),
            Self::Close | Self::CallsArgument(_) | Self::Harmless | Self::Opaque => {}
        }
    }

    pub(super) fn renumber(&self, to: &mut dyn FnMut(ObjId) -> ObjId) -> Self {
        match self {
            Self::Code {
                body,
                func,
                receiver,
                cells,
            } => Self::Code {
                body: *body,
                func: *func,
                receiver: receiver.as_ref().map(|val| renumber(val, to)),
                cells: cells.iter().map(|&(local, id)| (local, to(id))).collect(),
            },
            Self::Lock(op, val) => Self::Lock(*op, renumber(val, to)),
            Self::GroupAdd(val) => Self::GroupAdd(renumber(val, to)),
            Self::GroupDone(val) => Self::GroupDone(renumber(val, to)),
            Self::GroupWait(val) => Self::GroupWait(renumber(val, to)),
            Self::GroupGo(val) => Self::GroupGo(renumber(val, to)),
            Self::CondWait(val) => Self::CondWait(renumber(val, to)),
            Self::Signal { cond, all } => Self::Signal {
                cond: renumber(cond, to),
                all: *all,
            },
            Self::OnceDo(val) => Self::OnceDo(renumber(val, to)),
            Self::Gives(val) => Self::Gives(renumber(val, to)),
            Self::Cancel(id) => Self::Cancel(to(*id)),
            Self::Close | Self::CallsArgument(_) | Self::Harmless | Self::Opaque => self.clone(),
        }
    }
}

/// An arm of a `select`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Arm {
    pub(super) chan: Val,
    /// The value, for a send.
    pub(super) send: Option<Val>,
    /// The receive expression, for the others.
    pub(super) recv: Option<ExprId>,
    pub(super) node: NodeId,
}

/// What a goroutine is about to do.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum What {
    Send(Val, Val),
    /// The result goes to the expression; of a `range` to its statement.
    Recv(Val),
    Range(Val),
    Select {
        arms: Vec<Arm>,
        default: Option<NodeId>,
    },
    Close(Val),
    /// To announce, for a write lock, comes before to take it.
    Lock {
        lock: ObjId,
        op: LockOp,
        announced: bool,
    },
    GroupWait(ObjId),
    /// Has given the lock back and waits to be woken.
    CondWait(ObjId),
    /// Woken: takes the lock again.
    CondLock(ObjId),
    Signal {
        cond: ObjId,
        all: bool,
    },
    Cancel(ObjId),
}

/// An operation with its place.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Op {
    pub(super) what: What,
    /// The expression that is told the result; none for statements.
    pub(super) key: Option<ExprId>,
    pub(super) site: Site,
    /// The channel or other operand, as it is written.
    pub(super) operand: Option<ExprId>,
}

impl Op {
    pub(super) fn renumber(&self, to: &mut dyn FnMut(ObjId) -> ObjId) -> Self {
        let what = match &self.what {
            What::Send(chan, val) => What::Send(renumber(chan, to), renumber(val, to)),
            What::Recv(chan) => What::Recv(renumber(chan, to)),
            What::Range(chan) => What::Range(renumber(chan, to)),
            What::Close(chan) => What::Close(renumber(chan, to)),
            What::Select { arms, default } => What::Select {
                arms: arms
                    .iter()
                    .map(|arm| Arm {
                        chan: renumber(&arm.chan, to),
                        send: arm.send.as_ref().map(|val| renumber(val, to)),
                        ..*arm
                    })
                    .collect(),
                default: *default,
            },
            What::Lock {
                lock,
                op,
                announced,
            } => What::Lock {
                lock: to(*lock),
                op: *op,
                announced: *announced,
            },
            What::GroupWait(id) => What::GroupWait(to(*id)),
            What::CondWait(id) => What::CondWait(to(*id)),
            What::CondLock(id) => What::CondLock(to(*id)),
            What::Signal { cond, all } => What::Signal {
                cond: to(*cond),
                all: *all,
            },
            What::Cancel(id) => What::Cancel(to(*id)),
        };
        Self {
            what,
            ..self.clone()
        }
    }

    /// Calls `visit` for the values in it.
    pub(super) fn for_each(&self, visit: &mut dyn FnMut(&Val)) {
        match &self.what {
            What::Send(chan, val) => {
                visit(chan);
                visit(val);
            }
            What::Recv(chan) | What::Range(chan) | What::Close(chan) => visit(chan),
            What::Select { arms, .. } => {
                for arm in arms {
                    visit(&arm.chan);
                    arm.send.iter().for_each(&mut *visit);
                }
            }
            What::Lock { lock: id, .. }
            | What::GroupWait(id)
            | What::CondWait(id)
            | What::CondLock(id)
            | What::Signal { cond: id, .. }
            | What::Cancel(id) => visit(&Val::Ref(*id)),
        }
    }
}
