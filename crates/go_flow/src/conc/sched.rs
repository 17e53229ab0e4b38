//! What can happen next: which goroutine may do what it is about to do, and what comes of it.

use super::eval::{Machine, is_outside, object_of};
use super::ops::{Arm, Op, What};
use super::state::{Gid, Obj, ObjId, State, Status, Val};
use crate::sites::LockOp;

/// A step of the program as a whole.
#[derive(Debug)]
pub(super) struct Move {
    pub(super) state: State,
    /// Who makes it.
    pub(super) by: Gid,
    /// Who goes on with it, too.
    pub(super) with: Option<Gid>,
}

impl Move {
    /// One goroutine makes it, and no other goes on.
    const fn alone(state: State, by: Gid) -> Self {
        Self {
            state,
            by,
            with: None,
        }
    }
}

/// Something that goes wrong at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wrong {
    SendAfterClose,
    DoubleClose,
}

/// What happens to a channel that is waited for: who receives.
enum Receiver {
    Plain,
    Range,
    Arm(usize),
}

impl Machine<'_, '_> {
    /// All that can happen next.
    pub(super) fn moves(&self, st: &State, wrong: &mut Vec<(Wrong, Gid)>) -> Vec<Move> {
        let mut moves = Vec::new();
        for g in 0..st.goroutines.len() {
            if let Status::At(op) = &st.goroutines[g].status {
                self.moves_of(st, g, op, &mut moves, wrong);
            }
        }
        moves
    }

    fn moves_of(
        &self,
        st: &State,
        g: Gid,
        op: &Op,
        moves: &mut Vec<Move>,
        wrong: &mut Vec<(Wrong, Gid)>,
    ) {
        match &op.what {
            What::Send(chan, val) => self.send(st, g, chan, val, None, moves, wrong),
            What::Recv(chan) => {
                if let Some((mut next, result)) = self.receive(st, chan) {
                    self.complete(&mut next, g, result);
                    moves.push(Move::alone(next, g));
                }
            }
            What::Range(chan) => {
                if let Some((mut next, result)) = self.receive(st, chan) {
                    self.complete_range(&mut next, g, result);
                    moves.push(Move::alone(next, g));
                }
            }
            What::Select { arms, default } => {
                let mut is_ready = false;
                for arm in arms {
                    let outside = is_outside(st, &arm.chan);
                    let at = moves.len();
                    match &arm.send {
                        Some(val) => {
                            self.send(st, g, &arm.chan, val, Some(arm), moves, wrong);
                            is_ready |= moves.len() > at && !outside;
                        }
                        None => {
                            if let Some((mut next, result)) = self.receive(st, &arm.chan) {
                                self.complete_arm(&mut next, g, arm, Some(result));
                                moves.push(Move::alone(next, g));
                                // Whether a sender that waits has come before or comes after
                                // this is all the same to it.
                                is_ready |= !outside && !is_open_context(st, &arm.chan);
                            }
                        }
                    }
                }
                if let Some(default) = *default
                    && !is_ready
                {
                    let mut next = st.clone();
                    next.goroutines[g].status = Status::Running;
                    self.go_to(&mut next, g, default);
                    moves.push(Move::alone(next, g));
                }
            }
            What::Close(chan) => {
                let mut next = st.clone();
                if let Some(id) = object_of(chan)
                    && let Obj::Chan(chan) = next.obj_mut(id)
                {
                    if chan.closed {
                        wrong.push((Wrong::DoubleClose, g));
                        return;
                    }
                    chan.closed = true;
                }
                moves.push(self.done(next, g));
            }
            What::Lock {
                lock,
                op: lock_op,
                announced,
            } => self.lock(st, g, op, *lock, *lock_op, *announced, moves),
            What::GroupWait(id) => {
                if st.escaped(*id) || !matches!(*st.obj(*id), Obj::Group(count) if count > 0) {
                    moves.push(self.done(st.clone(), g));
                }
            }
            What::CondWait(id) => {
                if st.escaped(*id) {
                    moves.push(self.done(st.clone(), g));
                }
            }
            What::CondLock(id) => {
                let lock = match st.obj(*id) {
                    Obj::Cond { lock, .. } => object_of(lock),
                    _ => None,
                };
                let mut next = st.clone();
                if let Some(lock) = lock.filter(|&lock| !st.escaped(lock))
                    && let Obj::Lock(lock) = next.obj_mut(lock)
                {
                    if lock.writer.is_some() || !lock.readers.is_empty() {
                        return;
                    }
                    lock.writer = Some(g);
                }
                moves.push(self.done(next, g));
            }
            What::Signal { cond, all } => {
                let mut next = st.clone();
                let mut woken = Vec::new();
                if let Obj::Cond { waiting, .. } = next.obj_mut(*cond) {
                    let count = if *all { waiting.len() } else { 1 };
                    woken = waiting.drain(..count.min(waiting.len())).collect();
                }
                for waiter in woken {
                    if let Status::At(op) = &mut next.goroutines[waiter].status {
                        op.what = What::CondLock(*cond);
                    }
                }
                moves.push(self.done(next, g));
            }
            What::Cancel(ctx) => {
                let mut next = st.clone();
                if let Obj::Ctx { cancelled, .. } = next.obj_mut(*ctx) {
                    *cancelled = true;
                }
                moves.push(self.done(next, g));
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "an operation and where its outcome goes"
    )]
    fn lock(
        &self,
        st: &State,
        g: Gid,
        op: &Op,
        id: ObjId,
        lock_op: LockOp,
        announced: bool,
        moves: &mut Vec<Move>,
    ) {
        let mut next = st.clone();
        let is_write = lock_op == LockOp::Lock;
        if !st.escaped(id)
            && let Obj::Lock(lock) = next.obj_mut(id)
        {
            let free = lock.writer.is_none();
            if is_write {
                let others = lock.pending.is_some_and(|pending| pending != g);
                if !free || !lock.readers.is_empty() || others {
                    if lock.is_rw && !announced && !others && free {
                        lock.pending = Some(g);
                        if let Status::At(Op {
                            what: What::Lock { announced, .. },
                            ..
                        }) = &mut next.goroutines[g].status
                        {
                            *announced = true;
                        }
                        moves.push(Move::alone(next, g));
                    }
                    return;
                }
                lock.writer = Some(g);
                lock.pending = None;
            } else {
                if !free || lock.pending.is_some() {
                    return;
                }
                lock.readers.push(g);
            }
        }
        next.goroutines[g].took.push((id, op.site, lock_op));
        moves.push(self.done(next, g));
    }

    /// The operation that `g` is about to do is done, and gives nothing that is known.
    fn done(&self, mut state: State, g: Gid) -> Move {
        self.complete(&mut state, g, Val::Unknown);
        Move::alone(state, g)
    }

    /// What a receive gives, when there is something without a sender that waits.
    fn receive(&self, st: &State, chan: &Val) -> Option<(State, Val)> {
        let id = match chan {
            Val::Nil => return None,
            Val::Ref(id) if !is_outside(st, chan) => *id,
            _ => {
                let both = Val::Tuple([Val::Unknown, Val::Unknown].into());
                return Some((st.clone(), both));
            }
        };
        match st.obj(id) {
            Obj::Ctx { .. } => {
                let ended = st.is_cancelled(id) != Some(false);
                ended.then(|| (st.clone(), both(Val::Unknown, false)))
            }
            Obj::Chan(chan) if !chan.buffer.is_empty() => {
                let mut next = st.clone();
                let Obj::Chan(chan) = next.obj_mut(id) else {
                    return None;
                };
                let val = chan.buffer.pop_front().unwrap_or(Val::Unknown);
                chan.received = (chan.received + 1).min(2);
                Some((next, both(val, true)))
            }
            Obj::Chan(chan) if chan.closed => Some((st.clone(), both(Val::Unknown, false))),
            _ => None,
        }
    }

    /// A send, of a statement or an arm of a `select`.
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation and where its outcome goes"
    )]
    fn send(
        &self,
        st: &State,
        g: Gid,
        chan: &Val,
        val: &Val,
        arm: Option<&Arm>,
        moves: &mut Vec<Move>,
        wrong: &mut Vec<(Wrong, Gid)>,
    ) {
        let done = |next: &mut State| {
            let site = match &st.goroutines[g].status {
                Status::At(op) => op.site,
                _ => return,
            };
            if let Some(id) = object_of(chan) {
                next.goroutines[g].sent.push((id, site));
            }
            match arm {
                Some(arm) => self.complete_arm(next, g, arm, None),
                None => self.complete(next, g, Val::Unknown),
            }
        };
        let id = match chan {
            Val::Nil => return,
            Val::Ref(id) if !is_outside(st, chan) => *id,
            _ => {
                let mut next = st.clone();
                next.escape(val);
                done(&mut next);
                moves.push(Move::alone(next, g));
                return;
            }
        };
        let Obj::Chan(inner) = st.obj(id) else { return };
        if inner.closed {
            wrong.push((Wrong::SendAfterClose, g));
            return;
        }
        if inner.buffer.len() < inner.room {
            let mut next = st.clone();
            if let Obj::Chan(inner) = next.obj_mut(id) {
                inner.buffer.push_back(val.clone());
            }
            done(&mut next);
            moves.push(Move::alone(next, g));
            return;
        }
        if inner.room > 0 {
            return;
        }
        for (h, how) in receivers(st, g, chan) {
            let mut next = st.clone();
            if let Obj::Chan(inner) = next.obj_mut(id) {
                inner.received = (inner.received + 1).min(2);
            }
            done(&mut next);
            let result = both(val.clone(), true);
            match how {
                Receiver::Plain => self.complete(&mut next, h, result),
                Receiver::Range => self.complete_range(&mut next, h, result),
                Receiver::Arm(index) => {
                    if let Status::At(Op {
                        what: What::Select { arms, .. },
                        ..
                    }) = &st.goroutines[h].status
                    {
                        self.complete_arm(&mut next, h, &arms[index], Some(result));
                    }
                }
            }
            moves.push(Move {
                state: next,
                by: g,
                with: Some(h),
            });
        }
    }

    /// What was waited for has happened.
    fn complete(&self, st: &mut State, g: Gid, result: Val) {
        let status = std::mem::replace(&mut st.goroutines[g].status, Status::Running);
        let Status::At(op) = status else { return };
        let frame = st.frame_mut(g);
        frame.waited = true;
        if let Some(key) = op.key {
            frame.memo.push((key, result));
        }
    }

    fn complete_range(&self, st: &mut State, g: Gid, result: Val) {
        let is_over = matches!(&result, Val::Tuple(vals) if vals[1] == Val::Bool(false));
        self.complete(st, g, result);
        st.frame_mut(g).choice = Some(u8::from(!is_over));
    }

    fn complete_arm(&self, st: &mut State, g: Gid, arm: &Arm, result: Option<Val>) {
        st.goroutines[g].status = Status::Running;
        self.go_to(st, g, arm.node);
        if let (Some(recv), Some(result)) = (arm.recv, result) {
            st.frame_mut(g).memo.push((recv, result));
        }
    }
}

fn both(val: Val, ok: bool) -> Val {
    Val::Tuple([val, Val::Bool(ok)].into())
}

/// Whether somebody outside may end the context, or not.
fn is_open_context(st: &State, chan: &Val) -> bool {
    object_of(chan)
        .is_some_and(|id| matches!(st.obj(id), Obj::Ctx { .. }) && st.is_cancelled(id).is_none())
}

/// Who waits to receive from a channel.
fn receivers(st: &State, g: Gid, chan: &Val) -> Vec<(Gid, Receiver)> {
    let mut found = Vec::new();
    for (h, other) in st.goroutines.iter().enumerate() {
        let Status::At(op) = &other.status else {
            continue;
        };
        if h == g {
            continue;
        }
        match &op.what {
            What::Recv(from) if from == chan => found.push((h, Receiver::Plain)),
            What::Range(from) if from == chan => found.push((h, Receiver::Range)),
            What::Select { arms, .. } => {
                for (index, arm) in arms.iter().enumerate() {
                    if arm.send.is_none() && arm.chan == *chan {
                        found.push((h, Receiver::Arm(index)));
                    }
                }
            }
            _ => {}
        }
    }
    found
}
