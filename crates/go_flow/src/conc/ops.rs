//! What goroutines do that others see, and what calls come down to.

use std::rc::Rc;

use go_syntax::{ExprId, FuncId};
use go_types::LocalId;

use super::Site;
use super::state::{ObjId, Val};
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
