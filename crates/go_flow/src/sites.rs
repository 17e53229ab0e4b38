//! What stands where: defers, go statements, calls, locks, recovers, and what becomes of literals.

use go_syntax::{ExprId, FuncId, StmtId};
use go_types::{Callee, LocalId};

use crate::facts::{FunctionFacts, Point};
use crate::place::Place;

/// A `defer` statement.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DeferSite<'a> {
    /// The statement.
    pub stmt: StmtId,
    /// The deferred call.
    pub call: ExprId,
    /// What it calls.
    pub callee: Callee<'a>,
    /// Where it is registered: in the function at whose end it runs.
    pub point: Point,
    /// The literal, in `defer func() { … }()`.
    pub literal: Option<FuncId>,
    /// The place among the defers of the root function, literals included, in source order.
    pub ordinal: u32,
    /// How many defers of the root function start before it on the same line.
    pub on_line: u32,
}

/// A `go` statement.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GoSite<'a> {
    /// The statement.
    pub stmt: StmtId,
    /// The call that the goroutine makes.
    pub call: ExprId,
    /// What it calls.
    pub callee: Callee<'a>,
    /// Where the goroutine is started.
    pub point: Point,
    /// The literal, in `go func() { … }()`.
    pub literal: Option<FuncId>,
}

/// When a call happens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallMode {
    /// At its node.
    Now,
    /// When the function ends: it is the call of a `defer`.
    Deferred(StmtId),
    /// In a goroutine of its own: it is the call of a `go`.
    Spawned(StmtId),
}

/// A call, builtins and conversions included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// The call expression.
    pub call: ExprId,
    /// The node that makes the call, or registers it.
    pub point: Point,
    /// When it happens.
    pub mode: CallMode,
}

/// A call of `recover`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecoverCall {
    /// The call expression.
    pub call: ExprId,
    /// Where; [`Point::func`] is the function that would have to be a deferred one.
    pub point: Point,
    /// When it happens: `defer recover()` is told from `recover()`.
    pub mode: CallMode,
}

/// A method of a lock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LockOp {
    /// `Lock`
    Lock,
    /// `Unlock`
    Unlock,
    /// `RLock`
    RLock,
    /// `RUnlock`
    RUnlock,
    /// `TryLock`
    TryLock,
    /// `TryRLock`
    TryRLock,
}

impl LockOp {
    /// The method with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "Lock" => Self::Lock,
            "Unlock" => Self::Unlock,
            "RLock" => Self::RLock,
            "RUnlock" => Self::RUnlock,
            "TryLock" => Self::TryLock,
            "TryRLock" => Self::TryRLock,
            _ => return None,
        })
    }

    /// The name of the method.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lock => "Lock",
            Self::Unlock => "Unlock",
            Self::RLock => "RLock",
            Self::RUnlock => "RUnlock",
            Self::TryLock => "TryLock",
            Self::TryRLock => "TryRLock",
        }
    }

    /// Whether it takes the lock (or tries to).
    pub const fn acquires(self) -> bool {
        !matches!(self, Self::Unlock | Self::RUnlock)
    }

    /// Whether it is about the lock for reading.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::RLock | Self::RUnlock | Self::TryRLock)
    }

    /// The method that undoes it, or that it undoes.
    #[must_use]
    pub const fn counterpart(self) -> Self {
        match self {
            Self::Lock | Self::TryLock => Self::Unlock,
            Self::RLock | Self::TryRLock => Self::RUnlock,
            Self::Unlock => Self::Lock,
            Self::RUnlock => Self::RLock,
        }
    }
}

/// What kind of lock a method is called on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mutex {
    /// `sync.Mutex`
    Mutex,
    /// `sync.RWMutex`
    RwMutex,
    /// `sync.Locker`
    Locker,
    /// Another type that has such a method.
    Other,
    /// The type of the receiver is not known.
    Unknown,
}

/// A call of a method of a lock, without arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockCall<'a> {
    /// The call expression.
    pub call: ExprId,
    /// Where.
    pub point: Point,
    /// When it happens.
    pub mode: CallMode,
    /// Which method.
    pub op: LockOp,
    /// The kind of lock.
    pub mutex: Mutex,
    /// The operand: `s.mu` in `s.mu.Lock()`.
    pub operand: ExprId,
    /// Which lock: equal places are the same lock, as long as nothing on the path is assigned.
    /// Embedded mutexes are named by what they are embedded in. `None` when the operand is no path.
    pub place: Option<Place<'a>>,
}

/// What becomes of a function literal where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LiteralUse {
    /// Not a literal within this function, but the root.
    Root,
    /// `func() { … }()`: it runs on the spot, as part of the function around it.
    Called { call: ExprId },
    /// `defer func() { … }()`
    Deferred { stmt: StmtId, call: ExprId },
    /// `go func() { … }()`
    Spawned { stmt: StmtId, call: ExprId },
    /// An argument of a call (or what a conversion converts).
    Argument { call: ExprId, index: u32 },
    /// The value of a local variable, by assignment or declaration.
    Assigned { local: LocalId },
    /// Stored elsewhere: in a field, an element, a variable of the package, or sent.
    Stored,
    /// A result of the function around it.
    Returned { stmt: StmtId },
    /// Something else, such as an operand of `==`.
    Other,
}

impl<'a> FunctionFacts<'a> {
    /// All `defer` statements, those in literals included, in source order.
    pub fn defers(&self) -> &[DeferSite<'a>] {
        &[]
    }

    /// The defers that run when `func` ends, in the order of the source.
    pub fn defers_of(&self, func: FuncId) -> impl Iterator<Item = &DeferSite<'a>> {
        self.defers()
            .iter()
            .filter(move |site| site.point.func == func)
    }

    /// All `go` statements, those in literals included, in source order.
    pub fn gos(&self) -> &[GoSite<'a>] {
        &[]
    }

    /// All calls, those in literals included, in source order. What they call is asked of
    /// [`FunctionFacts::callee`].
    pub fn calls(&self) -> &[CallSite] {
        &[]
    }

    /// The calls of one function or literal, in source order.
    pub fn calls_of(&self, func: FuncId) -> impl Iterator<Item = &CallSite> {
        self.calls()
            .iter()
            .filter(move |site| site.point.func == func)
    }

    /// The calls at one node, in source order.
    pub fn calls_at(&self, point: Point) -> impl Iterator<Item = &CallSite> {
        self.calls().iter().filter(move |site| site.point == point)
    }

    /// All calls of methods of locks, those in literals included, in source order.
    pub fn locks(&self) -> &[LockCall<'a>] {
        &[]
    }

    /// All calls of the predeclared `recover`, those in literals included, in source order.
    pub fn recovers(&self) -> &[RecoverCall] {
        &[]
    }

    /// What becomes of the literal `func` where it stands.
    pub fn literal_use(&self, func: FuncId) -> LiteralUse {
        let _ = func;
        LiteralUse::Other
    }

    /// The literal that `call` runs: called on the spot, or the one value that the called local
    /// variable ever has.
    pub fn literal_called(&self, call: ExprId) -> Option<FuncId> {
        let _ = call;
        None
    }
}
