//! What a function does to locks, for those who ask about the function rather than about a call.

use go_syntax::FuncId;
use go_types::PackageCx;

use super::contract::LockContracts;
use super::effect::LockEffect;
use super::{Answered, WaitKind};
use crate::sites::LockOp;

/// What a function does to a lock that its callers know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockDeed {
    /// The lock, as the function writes it: `c.mu`.
    pub lock: String,
    /// What it does.
    pub use_: LockUse,
    /// Whether an argument says if it does.
    pub conditional: bool,
}

/// What a function does to one lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockUse {
    /// It takes the lock and gives it back.
    Within(LockOp),
    /// It takes it and returns with it: always, or when the last result is this.
    Keeps(LockOp, Option<Answered>),
    /// It takes it, and returns with it on some paths that no result tells apart.
    MayKeep(LockOp),
    /// It gives back what its caller took.
    GivesBack,
    /// It gives back what its caller took, and takes it again.
    LetsGo,
    /// Something that is not understood.
    Unclear,
}

impl LockUse {
    fn of(effect: &LockEffect) -> Self {
        let held = effect.endings.iter().any(|ending| ending.held);
        match (effect.first_taken(), effect.gives(), held) {
            (_, true, true) => Self::LetsGo,
            (_, true, false) => Self::GivesBack,
            (None, false, _) => Self::Unclear,
            (Some(op), false, false) => Self::Within(op),
            (Some(op), false, true) => match effect.takes_and_keeps() {
                Some((op, told)) => Self::Keeps(op, told),
                None => Self::MayKeep(op),
            },
        }
    }
}

impl LockContracts {
    /// What a declared function does to the locks that its callers know, and how it waits on some
    /// path, if it does. `receiver` and `params` are the names by which it knows them.
    pub fn deeds(
        &self,
        cx: &PackageCx<'_>,
        (file, func): (u32, FuncId),
        receiver: &str,
        params: &[String],
    ) -> (Vec<LockDeed>, Option<WaitKind>) {
        let Some(contract) = self.of_function(cx, file, func) else {
            return (Vec::new(), None);
        };
        let understood = contract.effects.iter().map(|effect| LockDeed {
            lock: effect.lock.written(cx, receiver, params),
            use_: LockUse::of(effect),
            conditional: effect.conditional && !effect.gives(),
        });
        let unclear = contract.unclear.iter().map(|lock| LockDeed {
            lock: lock.written(cx, receiver, params),
            use_: LockUse::Unclear,
            conditional: false,
        });
        let mut deeds: Vec<LockDeed> = understood.chain(unclear).collect();
        deeds.sort_by(|a, b| a.lock.cmp(&b.lock));
        deeds.dedup();
        (deeds, contract.waits)
    }
}
