//! Control flow of function bodies, and the facts about defers that rules share.
//!
//! [`FunctionFacts`] is what rules hold: one for each top-level function, built on demand. It gives
//! a [`Cfg`] for the function and for each literal in it, the defers, calls, locks and recovers that
//! stand there, what becomes of each literal, and where variables are written and read. All of it
//! is about one function with the literals in it; what called functions do is not known here, but
//! for the [table](CallEnd) of those that never return.

mod acquire;
mod bitset;
mod cfg;
mod channels;
mod conc;
mod effect;
mod ends;
mod facts;
mod fields;
mod lock_paths;
mod locks;
mod loops;
mod place;
mod resource;
mod search;
mod sites;
mod switches;
mod trail;
mod vars;

#[cfg(test)]
mod testing;

pub use acquire::{Acquisition, ErrorBy, ErrorLocal};
pub use bitset::BitSet;
pub use cfg::{Cfg, Edge, EdgeKind, End, Loop, LoopId, LoopKind, Node, NodeId, NodeKind};
pub use channels::{ChannelAct, ChannelOp, SelectArm};
pub use conc::{Held, Other, Site, Stuck, StuckGoroutines, StuckKind, StuckPart, Waits};
pub use effect::{Effect, PanicRisk};
pub use ends::CallEnd;
pub use facts::{FunctionFacts, Point};
pub use fields::{FieldUse, FieldUses};
pub use lock_paths::{
    Answered, EnteredLock, LockContracts, LockDeed, LockEvent, LockFate, LockField, LockOrder,
    LockUse, OtherSide, Spot, TakenLock, Wait, WaitKind,
};
pub use locks::LastOps;
pub use loops::{Answer, LoopInfo, Way, Ways};
pub use place::{IndexKey, Place, PlaceRoot, Projection};
pub use resource::{
    Acquire, ArgEffect, CallContract, CallNames, Class, ClassId, CloseError, Closing, Contract,
    DeadReturn, Ending, Exits, Fate, FunctionModel, Gives, Inferred, Iterate, Leak, Leaks,
    LifeEvent, Models, NoContracts, OnDemand, OwnContracts, PackageContracts, Stored, Subject,
    Twice, Wanted, What, WritesTo, acquires_by_variable, calls, infer_package, method_key,
};
pub use search::{Path, Step, Visit};
pub use sites::{
    CallMode, CallSite, DeferSite, GoSite, LiteralUse, LockCall, LockOp, Mutex, RecoverCall,
};
pub use trail::Hop;
pub use vars::{Access, Capture, Definition, Definitions, Known, LateWrite, Value, VarFacts};
