//! What stands where: defers, go statements, calls, locks, recovers, and what becomes of literals.
//! `collect` finds them, `runs` follows literals through the variables that hold them.

mod collect;
mod runs;

#[cfg(test)]
mod tests;

use go_syntax::{ExprId, ExprKind, FuncId, StmtId};
use go_types::{Callee, LocalId};

use crate::facts::{FunctionFacts, Point};
use crate::place::Place;
use crate::vars::Value;

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
    /// All methods.
    pub const ALL: [Self; 6] = [
        Self::Lock,
        Self::Unlock,
        Self::RLock,
        Self::RUnlock,
        Self::TryLock,
        Self::TryRLock,
    ];

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

/// Everything of this file for one root function.
#[derive(Debug)]
pub(crate) struct Sites<'a> {
    pub(crate) defers: Vec<DeferSite<'a>>,
    pub(crate) gos: Vec<GoSite<'a>>,
    /// Function by function, node by node.
    pub(crate) calls: Vec<CallSite>,
    pub(crate) recovers: Vec<RecoverCall>,
    /// By position of the function among those of the root.
    pub(crate) literals: Box<[Literal]>,
}

/// Where a literal stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal {
    pub(crate) role: LiteralUse,
    /// The node that creates it; absent for the root.
    pub(crate) created: Option<Point>,
}

impl<'a> FunctionFacts<'a> {
    /// All `defer` statements, those in literals included, in source order.
    pub fn defers(&self) -> &[DeferSite<'a>] {
        &self.sites().defers
    }

    /// The defers that run when `func` ends, in the order of the source.
    pub fn defers_of(&self, func: FuncId) -> impl Iterator<Item = &DeferSite<'a>> {
        self.defers()
            .iter()
            .filter(move |site| site.point.func == func)
    }

    /// All `go` statements, those in literals included, in source order.
    pub fn gos(&self) -> &[GoSite<'a>] {
        &self.sites().gos
    }

    /// All calls: those of the root, then those of each literal in turn; those of one function node
    /// by node, and at one node in the order in which they are made. What they call is asked of
    /// [`FunctionFacts::callee`].
    pub fn calls(&self) -> &[CallSite] {
        &self.sites().calls
    }

    /// The calls of one function or literal.
    pub fn calls_of(&self, func: FuncId) -> &[CallSite] {
        let calls = self.calls();
        let start = calls.partition_point(|site| site.point.func < func);
        let end = calls.partition_point(|site| site.point.func <= func);
        &calls[start..end]
    }

    /// The calls at one node, in the order in which they are made.
    pub fn calls_at(&self, point: Point) -> &[CallSite] {
        let calls = self.calls();
        let start = calls.partition_point(|site| site.point < point);
        let end = calls.partition_point(|site| site.point <= point);
        &calls[start..end]
    }

    /// The call with this expression.
    pub fn call_site(&self, call: ExprId) -> Option<&CallSite> {
        let point = self.point_of_expr(call)?;
        self.calls_at(point).iter().find(|site| site.call == call)
    }

    /// All calls of methods of locks, those in literals included, in the order of
    /// [`FunctionFacts::calls`].
    pub fn locks(&self) -> &[LockCall<'a>] {
        self.lock_calls()
    }

    /// All calls of the predeclared `recover`, in the order of [`FunctionFacts::calls`].
    pub fn recovers(&self) -> &[RecoverCall] {
        &self.sites().recovers
    }

    /// What becomes of the literal `func` where it stands.
    ///
    /// # Panics
    ///
    /// When `func` is no function of these facts.
    pub fn literal_use(&self, func: FuncId) -> LiteralUse {
        self.sites().literals[self.position(func)].role
    }

    /// The node that creates the literal `func`; `None` for the root.
    pub fn created_at(&self, func: FuncId) -> Option<Point> {
        self.sites().literals[self.position(func)].created
    }

    /// The literal that `call` runs: called on the spot, or the one value that the called local
    /// variable ever has.
    pub fn literal_called(&self, call: ExprId) -> Option<FuncId> {
        match self.callee(call) {
            Callee::Literal(func) => Some(func),
            Callee::Var(local) => self.literal_in(local),
            _ => None,
        }
    }

    /// The literal that is the one value that `local` ever has, the zero value of its declaration
    /// apart.
    pub fn literal_in(&self, local: LocalId) -> Option<FuncId> {
        let facts = self.var(local);
        if facts.address_taken {
            return None;
        }
        let mut values = facts
            .writes
            .iter()
            .map(|write| write.value)
            .filter(|&value| value != Value::Zero);
        let (Some(Value::Expr(value)), None) = (values.next(), values.next()) else {
            return None;
        };
        match self.file().expr(self.file().unparen(value)).kind {
            ExprKind::FuncLit(func) => Some(func),
            _ => None,
        }
    }
}
