//! What becomes of a lock that a function takes: on every path from the call that takes it to where
//! it is given back, is taken again, or the function ends.
//!
//! One lock is followed at a time, from one call. `conditions` lets conditions that ask the same
//! agree, `events` tells what a node does to the lock, `apply` what that makes of its `state`, `answers`
//! what a function returns then, `walk` follows the paths, `contract` tells what functions of the package
//! do (`effect`) to locks that their callers know (`outer`), and for which arguments (`needs`), `waits`
//! what may block, `reach` which functions calls come to that they do not name, `parties` who ends a wait,
//! and in which order functions take locks.
//! Whatever is not understood ends a path in silence.

mod answers;
mod apply;
mod conditions;
mod contract;
mod deeds;
mod effect;
mod events;
mod needs;
mod outer;
mod parties;
mod reach;
mod spot;
mod state;
mod waits;
mod walk;

#[cfg(test)]
mod tests;

use std::rc::Rc;

use go_syntax::{BinaryOp, ExprId, ExprKind, StmtKind, UnaryOp};
use go_types::{LocalKind, Object};

pub use contract::LockContracts;
pub(crate) use contract::declared as declared_functions;
pub use deeds::{LockDeed, LockUse};
pub use parties::{LockOrder, OtherSide};
pub use spot::Spot;
pub use waits::{Wait, WaitKind};

use crate::cfg::NodeKind;
use crate::facts::{FunctionFacts, Point};
use crate::sites::{CallMode, LockCall, LockOp, Mutex};
use crate::trail::Hop;
use conditions::{Conditions, Key};
use events::Follower;
use spot::{field_of, field_of_spot};

/// What happens to a lock that is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LockFate {
    /// The function ends, and it is still held.
    Kept {
        /// What is known of the last result that is returned there.
        result: Option<Answered>,
    },
    /// It is given back. The path goes on.
    Released,
    /// It is taken again by the goroutine that holds it.
    Again {
        /// By this method.
        op: LockOp,
        /// The called function takes it, not this one.
        within: bool,
        /// A deferred call that is still to come would give it back.
        deferred_release: bool,
    },
    /// It was given back before, and is given back again.
    ReleasedTwice {
        /// By a deferred call.
        deferred: bool,
    },
    /// Something waits while it is held.
    Waits(Wait),
    /// Another lock is taken while it is held.
    Takes {
        /// The other lock.
        lock: LockField,
        /// How it is taken.
        op: LockOp,
        /// By a called function.
        within: bool,
    },
    /// It is handed on to something that is not followed.
    Unknown,
}

/// What is known of a result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answered {
    Nil,
    NonNil,
    True,
    False,
}

impl Answered {
    /// The other of the two.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Nil => Self::NonNil,
            Self::NonNil => Self::Nil,
            Self::True => Self::False,
            Self::False => Self::True,
        }
    }
}

/// Something that happens to a lock, and the path to there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockEvent {
    /// What happens.
    pub fate: LockFate,
    /// Where.
    pub at: Point,
    /// The call or operation that does it.
    pub expr: Option<ExprId>,
    /// The shortest path from where it was taken.
    pub hops: Vec<Hop>,
}

/// A lock by the field of a type that it is, or the variable of a package.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LockField(pub Rc<str>);

/// A lock that is taken, and what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenLock {
    /// The call that takes it.
    pub call: ExprId,
    /// Where.
    pub point: Point,
    /// How it is taken.
    pub op: LockOp,
    /// What kind of lock it is.
    pub mutex: Mutex,
    /// Which lock.
    pub spot: Spot,
    /// The operand of the call, when it is a method of the lock itself.
    pub operand: Option<ExprId>,
    /// The field that it is, when types are known.
    pub field: Option<LockField>,
    /// What happens on the paths, the nearest first, each kind once for each place.
    pub events: Vec<LockEvent>,
    /// The function gives it back before it takes it, on some path: it is called with the lock held,
    /// and comes back with it.
    pub is_entered: bool,
    /// There were too many paths.
    pub given_up: bool,
}

/// A lock that a function is called with, by its name: it ends in `Locked`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnteredLock {
    /// The lock, as it is written.
    pub name: String,
    /// What happens on the paths.
    pub events: Vec<LockEvent>,
}

impl TakenLock {
    /// Whether some path gives it back.
    pub fn is_released(&self) -> bool {
        self.events
            .iter()
            .any(|event| event.fate == LockFate::Released)
    }
}

impl<'a> FunctionFacts<'a> {
    /// The locks that the function takes, literals included, with what becomes of them.
    pub fn taken_locks(&self, contracts: &LockContracts) -> Vec<TakenLock> {
        let conditions = Conditions::of(self);
        let mut taken = Vec::new();
        for start in starts(self, contracts) {
            let mut follower = Follower::new(self, contracts, &conditions, start.spot.clone());
            if start.operand.is_none() {
                follower = follower.taken_by(start.point, start.call);
            }
            let (events, given_up) = follower.follow(&start);
            let is_kept = |event: &LockEvent| matches!(event.fate, LockFate::Kept { .. });
            let gives_first = || {
                let endings = follower.endings(start.point.func);
                let mut first = endings.iter().flatten().filter_map(|ending| ending.first);
                first.any(|op| !op.acquires())
            };
            let is_entered = events.iter().any(is_kept) && gives_first();
            taken.push(TakenLock {
                call: start.call,
                point: start.point,
                op: start.op,
                mutex: start.mutex,
                field: start.field.or_else(|| field_of_spot(self, &start.spot)),
                spot: start.spot,
                operand: start.operand,
                events,
                is_entered,
                given_up,
            });
        }
        taken
    }
}

impl FunctionFacts<'_> {
    /// The lock that the function is called with, if its name ends in `Locked`, the receiver has one
    /// lock, or one called `mu`, and a function that takes this lock calls it; only when it is taken
    /// again.
    pub fn entered_lock(&self, contracts: &LockContracts) -> Option<EnteredLock> {
        let file = self.file();
        let body = self.body();
        let name = file.name(file.func(self.root()).name?);
        let before = name.strip_suffix("Locked")?;
        if before.is_empty() || before.ends_with("Not") || before.ends_with("Un") {
            return None;
        }
        let (receiver, _) = body.names().locals().find(|(_, local)| {
            local.func == self.root() && matches!(local.kind, LocalKind::Receiver(_))
        })?;
        let owner = body.cx().deref(body.type_of_local(receiver));
        let fields = body.fields(owner)?;
        let is_lock = |ty| {
            let ty = body.cx().deref(ty);
            ["Mutex", "RWMutex"]
                .iter()
                .any(|name| body.is_named(ty, "sync", name))
        };
        let locks: Vec<&str> = fields
            .iter()
            .filter(|(_, ty)| is_lock(*ty))
            .map(|(name, _)| &**name)
            .collect();
        let field = match *locks {
            [only] => only,
            _ => locks.into_iter().find(|name| *name == "mu")?,
        };
        let mut path = Vec::new();
        let mut name = file.span_text(body.names().local(receiver).span).to_owned();
        if !matches!(field, "Mutex" | "RWMutex") {
            path.push(format!(".{field}").into());
            name = format!("{name}.{field}");
        }
        let spot = Spot {
            root: spot::SpotRoot::Local(receiver),
            path,
            indices: Vec::new(),
        };
        let conditions = Conditions::of(self);
        let field = field_of_spot(self, &spot);
        let follower = Follower::new(self, contracts, &conditions, spot);
        let events = follower.follow_entered();
        let takes_again = |event: &LockEvent| matches!(event.fate, LockFate::Again { .. });
        // The name may speak of another lock: one caller has to hold this one.
        let function = file.name(file.func(self.root()).name?);
        let is_held = events.iter().any(takes_again)
            && field.is_some_and(|field| contracts.is_called_under(body.cx(), &field, function));
        is_held.then_some(EnteredLock { name, events })
    }
}

/// A call that takes a lock.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    call: ExprId,
    point: Point,
    op: LockOp,
    mutex: Mutex,
    spot: Spot,
    operand: Option<ExprId>,
    field: Option<LockField>,
    /// It is taken only if this is so.
    only_if: OnlyIf,
}

/// What says whether a lock was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnlyIf {
    Always,
    /// A condition that is this very call, or compares it with nil: the edge on which it is taken.
    Edge(bool),
    /// What the call gives to a variable.
    Told(Key, bool),
}

/// The calls that take locks.
fn starts(facts: &FunctionFacts<'_>, contracts: &LockContracts) -> Vec<Start> {
    let mut starts = Vec::new();
    for lock in facts.locks() {
        if lock.mode != CallMode::Now || !lock.op.acquires() {
            continue;
        }
        let Some(place) = lock.place.as_ref() else {
            continue;
        };
        // A method of a type of the package is looked into.
        if lock.mutex == Mutex::Other && contracts.of_call(facts, lock.call).is_some() {
            continue;
        }
        let is_try = matches!(lock.op, LockOp::TryLock | LockOp::TryRLock);
        let only_if = match is_try {
            false if has_result(facts, lock) => {
                match told_by(facts, lock.point, lock.call, Answered::Nil) {
                    Some(only_if) => only_if,
                    None => continue,
                }
            }
            false => OnlyIf::Always,
            true => match told_by(facts, lock.point, lock.call, Answered::True) {
                Some(only_if) => only_if,
                None => continue,
            },
        };
        if !facts.reachable(lock.point) {
            continue;
        }
        starts.push(Start {
            call: lock.call,
            point: lock.point,
            op: lock.op,
            mutex: lock.mutex,
            spot: Spot::of_place(facts, place),
            operand: Some(lock.operand),
            field: field_of(facts, lock.operand),
            only_if,
        });
    }
    for site in facts.calls() {
        if site.mode != CallMode::Now || !contracts.may_keep(facts, site.call) {
            continue;
        }
        let Some(contract) = contracts.of_call(facts, site.call) else {
            continue;
        };
        for effect in &contract.effects {
            let Some((op, when)) = effect.takes_and_keeps() else {
                continue;
            };
            let Some(spot) = effect.lock.at(facts, site.call) else {
                continue;
            };
            let only_if = match when {
                None => OnlyIf::Always,
                Some(when) => match told_by(facts, site.point, site.call, when) {
                    Some(only_if) => only_if,
                    None => continue,
                },
            };
            if !facts.reachable(site.point) {
                continue;
            }
            starts.push(Start {
                call: site.call,
                point: site.point,
                op,
                mutex: effect.mutex,
                field: None,
                spot,
                operand: None,
                only_if,
            });
        }
    }
    starts
}

/// Whether something is done with what a call that takes a lock gives: then it may not have taken it.
fn has_result(facts: &FunctionFacts<'_>, lock: &LockCall<'_>) -> bool {
    let file = facts.file();
    match facts.cfg(lock.point.func).kind(lock.point.node) {
        NodeKind::Stmt(stmt) => {
            !matches!(file.stmt(stmt).kind, StmtKind::Expr(expr) if file.unparen(expr) == lock.call)
        }
        _ => lock.mode == CallMode::Now,
    }
}

/// What says that the last result of `call` is `wanted`.
fn told_by(
    facts: &FunctionFacts<'_>,
    point: Point,
    call: ExprId,
    wanted: Answered,
) -> Option<OnlyIf> {
    let file = facts.file();
    let (is_truth, value) = match wanted {
        Answered::True => (true, true),
        Answered::False => (true, false),
        Answered::Nil => (false, true),
        Answered::NonNil => (false, false),
    };
    let kind = facts.cfg(point.func).kind(point.node);
    if let NodeKind::Cond(cond) = kind {
        let mut cond = file.unparen(cond);
        let mut value = value;
        while let ExprKind::Unary {
            op: UnaryOp::Not,
            x,
        } = file.expr(cond).kind
        {
            cond = file.unparen(x);
            value = !value;
        }
        if is_truth {
            return (cond == call).then_some(OnlyIf::Edge(value));
        }
        let ExprKind::Binary { op, x, y } = file.expr(cond).kind else {
            return None;
        };
        let about = file.unparen(x) == call && facts.body().object(y) == Object::Nil;
        return match op {
            BinaryOp::Eq if about => Some(OnlyIf::Edge(value)),
            BinaryOp::Ne if about => Some(OnlyIf::Edge(!value)),
            _ => None,
        };
    }
    let NodeKind::Stmt(stmt) = kind else {
        return None;
    };
    let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
        return None;
    };
    let [only] = file.exprs(rhs) else { return None };
    if file.unparen(*only) != call {
        return None;
    }
    match facts.body().object(*file.exprs(lhs).last()?) {
        Object::Local(local) if is_truth => Some(OnlyIf::Told(Key::True(local), value)),
        Object::Local(local) => Some(OnlyIf::Told(Key::Nil(local), value)),
        _ => None,
    }
}
