//! Which operation on a lock came last, at each node of a graph: the state that tells a lock that is
//! held from one that is not.
//!
//! What called functions do to the lock is not seen; a literal that is called on the spot, or held by
//! a variable that is called, makes the answer unknown.

use std::rc::Rc;

use go_syntax::FuncId;
use rustc_hash::FxHashMap;

use crate::bitset::BitSet;
use crate::cfg::{Cfg, Edge, EdgeKind, NodeId, NodeKind};
use crate::facts::{FunctionFacts, Point};
use crate::place::{IndexKey, Place, Projection};
use crate::sites::{CallMode, LiteralUse, LockCall, LockOp};

/// The operations on one lock that may be the last one before some point: a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LastOps(u8);

impl LastOps {
    /// None: the point is never reached.
    pub const NONE: Self = Self(0);
    /// The function has not touched the lock, or it cannot be told.
    pub const UNKNOWN: Self = Self(1 << 7);

    const fn of(op: LockOp) -> Self {
        Self(1 << op as u8)
    }

    const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `op` may be the last one.
    pub const fn contains(self, op: LockOp) -> bool {
        self.0 & Self::of(op).0 != 0
    }

    /// Whether the last operation certainly is one of those that `wanted` accepts.
    pub fn all(self, wanted: impl Fn(LockOp) -> bool) -> bool {
        self != Self::NONE && self.0 & Self::UNKNOWN.0 == 0 && self.iter().all(wanted)
    }

    /// The operations, without [`LastOps::UNKNOWN`].
    pub fn iter(self) -> impl Iterator<Item = LockOp> {
        LockOp::ALL.into_iter().filter(move |&op| self.contains(op))
    }
}

/// The state of one lock before each node of one graph, by function and place.
pub(crate) type LockStates<'a> = FxHashMap<(FuncId, Place<'a>), Rc<[LastOps]>>;

impl<'a> FunctionFacts<'a> {
    /// Which operations may have been the last one on the lock at `lock`'s place when that call is
    /// made. For a deferred call, and for one in a deferred literal, this is the state in which the
    /// `defer` finds the lock, and unknown when the function uses the lock after that.
    ///
    /// [`LastOps::UNKNOWN`] when the lock has no place.
    pub fn last_ops(&self, lock: &LockCall<'_>) -> LastOps {
        let known = self.locks().iter().find(|known| known.call == lock.call);
        let Some(place) = known.and_then(|known| known.place.as_ref()) else {
            return LastOps::UNKNOWN;
        };
        let here = self.last_ops_at(lock.point, place);
        if let CallMode::Deferred(_) = lock.mode {
            return self.unless_used_after(lock.point, place, here);
        }
        if here != LastOps::UNKNOWN || lock.mode != CallMode::Now {
            return here;
        }
        // The literal does not touch the lock before: what its `defer` found still holds.
        let LiteralUse::Deferred { stmt, .. } = self.literal_use(lock.point.func) else {
            return here;
        };
        let Some(defer) = self.point_of_stmt(stmt) else {
            return here;
        };
        self.unless_used_after(defer, place, self.last_ops_at(defer, place))
    }

    /// `state`, unless the function of `point` works with the lock after `point`.
    fn unless_used_after(&self, point: Point, place: &Place<'a>, state: LastOps) -> LastOps {
        let after = self.cfg(point.func).nodes_after(point.node);
        let used = self
            .ops_in(point.func, place)
            .any(|lock| lock.mode == CallMode::Now && after.contains(lock.point.node.index()));
        if used { LastOps::UNKNOWN } else { state }
    }

    /// The operations on a lock in `func` itself, not in its literals.
    fn ops_in<'f>(
        &'f self,
        func: FuncId,
        place: &'f Place<'a>,
    ) -> impl Iterator<Item = &'f LockCall<'a>> {
        let locks = self.locks();
        let start = locks.partition_point(|lock| lock.point.func < func);
        let of_func = locks[start..]
            .iter()
            .take_while(move |lock| lock.point.func == func);
        of_func.filter(move |lock| lock.place.as_ref() == Some(place))
    }

    fn last_ops_at(&self, point: Point, place: &Place<'a>) -> LastOps {
        let key = (point.func, place.clone());
        let known = self.lock_states.borrow().get(&key).cloned();
        let states = known.unwrap_or_else(|| {
            let states: Rc<[LastOps]> = self.states(self.cfg(point.func), place).into();
            self.lock_states
                .borrow_mut()
                .insert(key, Rc::clone(&states));
            states
        });
        states[point.node.index()]
    }

    /// The state before each node.
    fn states(&self, cfg: &Cfg<'a>, place: &Place<'a>) -> Vec<LastOps> {
        let effects = self.lock_effects(cfg, place);
        let mut before = vec![LastOps::NONE; cfg.len()];
        before[cfg.entry().index()] = LastOps::UNKNOWN;
        let mut open = vec![cfg.entry()];
        // A node comes back only when its state has grown, which happens at most seven times.
        while let Some(node) = open.pop() {
            for edge in cfg.successors(node) {
                let state = effects.after(node, edge, before[node.index()]);
                let slot = &mut before[edge.node.index()];
                let joined = slot.union(state);
                if joined != *slot {
                    *slot = joined;
                    open.push(edge.node);
                }
            }
        }
        before
    }

    fn lock_effects(&self, cfg: &Cfg<'a>, place: &Place<'a>) -> LockEffects {
        let func = cfg.func();
        let mut effects = LockEffects {
            last: vec![None; cfg.len()],
            tries: BitSet::new(cfg.len()),
        };
        // A variable on the way that is written makes the place another one.
        let indices = place.path.iter().filter_map(|step| match step {
            Projection::Index(IndexKey::Local(local)) => Some(*local),
            _ => None,
        });
        for local in place.local().into_iter().chain(indices) {
            for write in &self.var(local).writes {
                if write.point.func == func {
                    effects.set(write.point.node, LastOps::UNKNOWN);
                }
            }
        }
        for lock in self.ops_in(func, place) {
            if lock.mode == CallMode::Now {
                let node = lock.point.node;
                effects.set(node, LastOps::of(lock.op));
                let is_condition = |cond| self.file().unparen(cond) == lock.call;
                if matches!(cfg.kind(node), NodeKind::Cond(cond) if is_condition(cond)) {
                    effects.tries.insert(node.index());
                }
            }
        }
        let touched_in = |literal: FuncId| self.ops_in(literal, place).next().is_some();
        for site in self.calls_of(func) {
            if site.mode == CallMode::Now && self.literal_called(site.call).is_some_and(touched_in)
            {
                effects.set(site.point.node, LastOps::UNKNOWN);
            }
        }
        effects
    }
}

/// What the nodes of a graph do to one lock.
struct LockEffects {
    /// The state after a node that changes it.
    last: Vec<Option<LastOps>>,
    /// The nodes whose condition tells whether the lock was taken.
    tries: BitSet,
}

impl LockEffects {
    fn set(&mut self, node: NodeId, state: LastOps) {
        self.last[node.index()] = Some(state);
    }

    /// The state at the start of `edge`, which leaves `node`.
    fn after(&self, node: NodeId, edge: &Edge, before: LastOps) -> LastOps {
        match self.last[node.index()] {
            Some(_) if edge.kind == EdgeKind::False && self.tries.contains(node.index()) => before,
            state => state.unwrap_or(before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_facts;

    /// Checks the operations that may be the last before each call of `method` on `mu`.
    #[track_caller]
    fn assert_last(statements: &str, method: LockOp, expected: &[&[LockOp]]) {
        let text = format!(
            "import \"sync\"\nvar mu sync.RWMutex\nfunc f(a, b bool, mus []*sync.RWMutex) {{\n{statements}\n}}\n"
        );
        with_facts(&text, |facts| {
            let found: Vec<Option<Vec<LockOp>>> = facts
                .locks()
                .iter()
                .filter(|lock| lock.op == method)
                .map(|lock| facts.last_ops(lock))
                .map(|ops| ops.all(|_| true).then(|| ops.iter().collect()))
                .collect();
            let expected: Vec<Option<Vec<LockOp>>> = expected
                .iter()
                .map(|ops| (!ops.is_empty()).then(|| ops.to_vec()))
                .collect();
            assert_eq!(found, expected, "{statements}");
        });
    }

    const UNKNOWN: &[LockOp] = &[];

    #[test]
    fn the_last_operation_on_every_way() {
        assert_last("mu.Lock(); mu.Unlock()", LockOp::Unlock, &[&[LockOp::Lock]]);
        assert_last("mu.Unlock()", LockOp::Unlock, &[UNKNOWN]);
        assert_last(
            "if a { mu.Lock() } else { mu.RLock() }; mu.Unlock()",
            LockOp::Unlock,
            &[&[LockOp::Lock, LockOp::RLock]],
        );
        assert_last(
            "if a { mu.Lock() }; mu.Unlock()",
            LockOp::Unlock,
            &[UNKNOWN],
        );
        assert_last(
            "mu.Lock(); if a { mu.Unlock(); return }; mu.Unlock()",
            LockOp::Unlock,
            &[&[LockOp::Lock], &[LockOp::Lock]],
        );
        assert_last(
            "for a { mu.RLock(); mu.Unlock() }",
            LockOp::Unlock,
            &[&[LockOp::RLock]],
        );
        assert_last(
            "mu.Lock(); for a { mu.Unlock(); mu.RLock() }; mu.RUnlock()",
            LockOp::RUnlock,
            &[&[LockOp::Lock, LockOp::RLock]],
        );
    }

    #[test]
    fn deferred_calls_find_what_the_function_left() {
        assert_last(
            "mu.Lock(); defer mu.Unlock()",
            LockOp::Unlock,
            &[&[LockOp::Lock]],
        );
        assert_last(
            "mu.RLock(); defer mu.Unlock(); mu.RUnlock(); mu.Lock()",
            LockOp::Unlock,
            &[UNKNOWN],
        );
        assert_last(
            "mu.RLock(); defer func() { mu.Unlock() }()",
            LockOp::Unlock,
            &[&[LockOp::RLock]],
        );
        assert_last(
            "mu.RLock(); defer func() { mu.RUnlock(); mu.Lock(); mu.Unlock() }()",
            LockOp::Unlock,
            &[&[LockOp::Lock]],
        );
        assert_last(
            "mu.RLock(); go func() { mu.Unlock() }()",
            LockOp::Unlock,
            &[UNKNOWN],
        );
    }

    #[test]
    fn a_try_counts_where_it_succeeds() {
        assert_last(
            "if mu.TryRLock() { mu.Unlock() }",
            LockOp::Unlock,
            &[&[LockOp::TryRLock]],
        );
        assert_last(
            "if !mu.TryLock() { mu.Unlock() }",
            LockOp::Unlock,
            &[UNKNOWN],
        );
        assert_last(
            "if !mu.TryLock() { return }; mu.Unlock()",
            LockOp::Unlock,
            &[&[LockOp::TryLock]],
        );
        assert_last(
            "mu.Lock(); if ok := mu.TryRLock(); ok { mu.RUnlock() }",
            LockOp::RUnlock,
            &[&[LockOp::TryRLock]],
        );
    }

    #[test]
    fn another_lock_is_not_this_one() {
        assert_last(
            "for i, m := range mus { m.RLock(); mus[i].Lock(); m.Unlock() }",
            LockOp::Unlock,
            &[&[LockOp::RLock]],
        );
        assert_last(
            "m := mus[0]; m.RLock(); m = mus[1]; m.Unlock()",
            LockOp::Unlock,
            &[UNKNOWN],
        );
        assert_last(
            "i := 0; mus[i].RLock(); i++; mus[i].Unlock()",
            LockOp::Unlock,
            &[UNKNOWN],
        );
    }

    #[test]
    fn literals_that_are_called_hide_the_state() {
        assert_last(
            "mu.RLock(); func() { mu.RUnlock(); mu.Lock() }(); mu.Unlock()",
            LockOp::Unlock,
            &[UNKNOWN],
        );
        assert_last(
            "swap := func() { mu.RUnlock(); mu.Lock() }; mu.RLock(); swap(); mu.Unlock()",
            LockOp::Unlock,
            &[UNKNOWN],
        );
        assert_last(
            "mu.RLock(); func() { }(); mu.Unlock()",
            LockOp::Unlock,
            &[&[LockOp::RLock]],
        );
    }

    #[test]
    fn unreachable_calls_have_no_state() {
        assert_last("mu.Lock(); return; mu.Unlock()", LockOp::Unlock, &[UNKNOWN]);
    }
}
