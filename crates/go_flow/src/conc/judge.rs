//! Who can never go on: goroutines that wait for something that nobody who still runs can reach.

use rustc_hash::{FxHashMap, FxHashSet};

use super::eval::{Machine, object_of};
use super::ops::{Op, Target, What};
use super::sched::Move;
use super::state::{Gid, Obj, ObjId, State, Status, Val, for_each_inner, objects};
use crate::sites::LockOp;

use super::{Held, Other, Site, Stuck, StuckKind, Waits};

/// What goroutines can get hold of.
#[derive(Default)]
struct Reach {
    objects: FxHashSet<ObjId>,
    /// The contexts that they can end.
    cancels: FxHashSet<ObjId>,
}

impl Reach {
    fn add(&mut self, st: &State, val: &Val) {
        let mut work = Vec::new();
        objects(val, &mut |id| work.push(id));
        while let Some(id) = work.pop() {
            if !self.objects.insert(id) {
                continue;
            }
            if let Obj::Cancel(ctx) = st.obj(id) {
                self.cancels.insert(*ctx);
                continue;
            }
            for_each_inner(st.obj(id), &mut |val| objects(val, &mut |id| work.push(id)));
        }
    }

    fn add_goroutine(&mut self, st: &State, g: Gid) {
        let goroutine = &st.goroutines[g];
        for frame in &goroutine.frames {
            frame.locals.iter().for_each(|(_, val)| self.add(st, val));
            frame.memo.iter().for_each(|(_, val)| self.add(st, val));
            frame
                .ranges
                .iter()
                .for_each(|(_, val, _)| self.add(st, val));
            self.add(st, &frame.result);
            if let Some(group) = &frame.group {
                self.add(st, group);
            }
            for pending in frame.defers.iter().chain(frame.thunk.as_deref()) {
                if let Target::Cancel(ctx) = pending.target {
                    self.cancels.insert(ctx);
                } else {
                    pending.for_each(&mut |val| self.add(st, val));
                }
            }
        }
        if let Status::At(op) = &goroutine.status {
            match &op.what {
                What::Cancel(ctx) => {
                    self.cancels.insert(*ctx);
                }
                _ => op.for_each(&mut |val| self.add(st, val)),
            }
        }
        for (id, _, _) in &goroutine.took {
            self.objects.insert(*id);
        }
    }

    /// Whether a wait for the object can be ended from here.
    fn ends(&self, st: &State, id: ObjId) -> bool {
        if !matches!(st.obj(id), Obj::Ctx { .. }) {
            return self.objects.contains(&id);
        }
        let mut at = Some(id);
        while let Some(ctx) = at {
            if self.cancels.contains(&ctx) {
                return true;
            }
            at = match st.obj(ctx) {
                Obj::Ctx { parent, .. } => *parent,
                _ => None,
            };
        }
        false
    }
}

/// What an operation waits for.
fn targets(st: &State, op: &Op) -> Vec<ObjId> {
    match &op.what {
        What::Send(chan, _) | What::Recv(chan) | What::Range(chan) => {
            object_of(chan).into_iter().collect()
        }
        What::Select { arms, .. } => arms.iter().filter_map(|arm| object_of(&arm.chan)).collect(),
        What::Lock { lock: id, .. } | What::GroupWait(id) | What::CondWait(id) => vec![*id],
        What::CondLock(id) => match st.obj(*id) {
            Obj::Cond { lock, .. } => object_of(lock).into_iter().collect(),
            _ => Vec::new(),
        },
        What::Close(_) | What::Signal { .. } | What::Cancel(_) => Vec::new(),
    }
}

impl Machine<'_, '_> {
    /// The goroutines that can never go on from this state.
    pub(super) fn judge(&self, st: &State, moves: &[Move], found: &mut Vec<Stuck>) {
        let mut stuck: Vec<Gid> = Vec::new();
        for (g, goroutine) in st.goroutines.iter().enumerate() {
            let moves_on = moves
                .iter()
                .any(|step| step.by == g || step.with == Some(g));
            if matches!(goroutine.status, Status::At(_)) && !moves_on {
                stuck.push(g);
            }
        }
        if stuck.is_empty() {
            return;
        }
        loop {
            let mut reach = Reach::default();
            for (g, goroutine) in st.goroutines.iter().enumerate() {
                if matches!(goroutine.status, Status::At(_)) && !stuck.contains(&g) {
                    reach.add_goroutine(st, g);
                }
            }
            let before = stuck.len();
            stuck.retain(|&g| match &st.goroutines[g].status {
                Status::At(op) => !targets(st, op).iter().any(|&id| reach.ends(st, id)),
                _ => false,
            });
            if stuck.len() == before {
                break;
            }
        }
        if stuck.is_empty() {
            return;
        }
        self.tell(st, &stuck, found);
    }

    /// Which of the goroutines are to blame: those that no other of them could help, and those that
    /// wait for each other.
    fn tell(&self, st: &State, stuck: &[Gid], found: &mut Vec<Stuck>) {
        let mut reaches: FxHashMap<Gid, Reach> = FxHashMap::default();
        for &g in stuck {
            let mut reach = Reach::default();
            reach.add_goroutine(st, g);
            reaches.insert(g, reach);
        }
        let op_of = |g: Gid| match &st.goroutines[g].status {
            Status::At(op) => Some(op),
            _ => None,
        };
        let helps = |g: Gid, h: Gid| -> bool {
            let (Some(op), Some(other)) = (op_of(g), op_of(h)) else {
                return false;
            };
            let wanted = targets(st, op);
            if let What::Lock { .. } | What::CondLock(_) = op.what {
                return wanted.iter().any(|&id| holds(st, h, id));
            }
            if g == h {
                return false;
            }
            // Who waits for the very same cannot help.
            let same = std::mem::discriminant(&op.what) == std::mem::discriminant(&other.what)
                && targets(st, other) == wanted;
            !same && wanted.iter().any(|&id| reaches[&h].ends(st, id))
        };
        // Who can be reached by going from one who could help to the next.
        let mut after: FxHashMap<Gid, Vec<Gid>> = FxHashMap::default();
        for &g in stuck {
            let mut seen: Vec<Gid> = Vec::new();
            let mut work = vec![g];
            while let Some(at) = work.pop() {
                for &h in stuck {
                    if !seen.contains(&h) && helps(at, h) {
                        seen.push(h);
                        work.push(h);
                    }
                }
            }
            after.insert(g, seen);
        }
        let mut told: Vec<Gid> = Vec::new();
        for &g in stuck {
            if told.contains(&g) {
                continue;
            }
            let ring = &after[&g];
            if ring.is_empty() {
                told.push(g);
                self.report(st, g, &[], stuck, found);
            } else if ring.iter().all(|h| after[h].contains(&g)) {
                // A ring: all of them wait for each other.
                let mut members = ring.clone();
                if !members.contains(&g) {
                    members.push(g);
                }
                members.sort_unstable();
                told.extend(&members);
                let rank = |&h: &Gid| match op_of(h).map(|op| &op.what) {
                    Some(What::Send(..)) => 0,
                    Some(What::Recv(_) | What::Range(_) | What::Select { .. }) => 1,
                    Some(What::CondWait(_)) => 2,
                    Some(What::GroupWait(_)) => 3,
                    // A reader that has the lock already is more to blame than a writer.
                    Some(What::Lock {
                        op: LockOp::RLock, ..
                    }) => 4,
                    _ => 5,
                };
                let place = |&h: &Gid| op_of(h).map(|op| (op.site.file, op.site.span.start));
                if let Some(&first) = members.iter().min_by_key(|&h| (rank(h), place(h))) {
                    self.report(st, first, &members, stuck, found);
                }
            }
        }
    }

    fn report(&self, st: &State, g: Gid, ring: &[Gid], stuck: &[Gid], found: &mut Vec<Stuck>) {
        let Status::At(op) = &st.goroutines[g].status else {
            return;
        };
        let chan = match &op.what {
            What::Send(chan, _) | What::Recv(chan) | What::Range(chan) => object_of(chan),
            _ => None,
        };
        let made = chan.and_then(|id| match st.obj(id) {
            Obj::Chan(chan) => Some(chan),
            _ => None,
        });
        let waits = waits_of(op);
        let sent_before = chan.and_then(|id| {
            st.goroutines[g]
                .sent
                .iter()
                .find(|&&(to, site)| to == id && site != op.site)
                .map(|&(_, site)| site)
        });
        let others_sent = chan.is_some_and(|id| {
            st.goroutines
                .iter()
                .enumerate()
                .any(|(h, other)| h != g && other.sent.iter().any(|&(to, _)| to == id))
        });
        let left = made.and_then(|chan| {
            let body = self.program.index_of(chan.made.file, chan.made.root)?;
            let mut left = st.left.iter();
            left.find(|(of, _)| *of == (body, chan.made.func))
                .map(|&(_, site)| site)
        });
        // Who only waits for the senders, in order to close the channel, is not to blame.
        let is_left = left.is_some_and(|site| site != op.site)
            && matches!(op.what, What::Send(..))
            && !ring.iter().any(|&h| {
                matches!(&st.goroutines[h].status, Status::At(op)
                    if !matches!(op.what, What::Send(..) | What::GroupWait(_)))
            });
        let kind = if ring.is_empty() || is_left {
            match &op.what {
                What::Send(Val::Nil, _) | What::Recv(Val::Nil) | What::Range(Val::Nil) => {
                    StuckKind::NilChannel
                }
                What::Send(..) if sent_before.is_some() => StuckKind::SecondSend,
                What::Send(..) if others_sent && made.is_some_and(|chan| chan.received > 0) => {
                    StuckKind::SendOfMany
                }
                What::Send(..) => StuckKind::Send,
                What::Range(_) => StuckKind::Range,
                What::Recv(_) | What::Select { .. } => StuckKind::Receive,
                What::Lock { .. } | What::CondLock(_) => StuckKind::Lock,
                _ => StuckKind::Wait,
            }
        } else {
            StuckKind::Circular
        };
        let goroutine = &st.goroutines[g];
        let mut holds: Vec<Held> = goroutine
            .took
            .iter()
            .map(|&(_, site, _)| Held::Lock(site))
            .collect();
        for frame in &goroutine.frames {
            for pending in &frame.defers {
                let span = self.program.file(frame.body).expr(pending.call).span;
                let site = self.program.site(frame.body, frame.func, span);
                holds.push(Held::Defer(site));
            }
        }
        let list: &[Gid] = if ring.is_empty() { stuck } else { ring };
        let others = list
            .iter()
            .filter(|&&h| h != g)
            .filter_map(|&h| match &st.goroutines[h].status {
                Status::At(op) => Some(Other {
                    site: op.site,
                    waits: waits_of(op),
                }),
                _ => None,
            })
            .filter(|other| other.site != op.site)
            .collect();
        let stuck = Stuck {
            kind,
            waits,
            site: op.site,
            operand: op.operand,
            made: made.map(|chan| (chan.made, chan.room)),
            started: goroutine.started,
            left: left.filter(|site: &Site| *site != op.site),
            served: None,
            sent_before,
            others,
            holds,
        };
        add(found, stuck);
    }
}

/// Keeps one finding for each place, and of several operations of one function on one channel the
/// first.
pub(super) fn add(found: &mut Vec<Stuck>, stuck: Stuck) {
    let known = found.iter().any(|other| {
        let made = |stuck: &Stuck| stuck.made.map(|(site, _)| site);
        let is_ring = |stuck: &Stuck| stuck.kind == StuckKind::Circular && made(stuck).is_some();
        other.site == stuck.site
            || is_ring(other) && is_ring(&stuck) && made(other) == made(&stuck)
            || other.site.func == stuck.site.func
                && other.site.file == stuck.site.file
                && other.kind == stuck.kind
                && made(other).is_some()
                && made(other) == made(&stuck)
    });
    if !known {
        found.push(stuck);
    }
}

fn waits_of(op: &Op) -> Waits {
    match &op.what {
        What::Send(..) => Waits::Send,
        What::Recv(_) => Waits::Receive,
        What::Range(_) => Waits::Range,
        What::Select { .. } => Waits::Select,
        What::Lock { .. } | What::CondLock(_) => Waits::Lock,
        What::GroupWait(_) => Waits::Group,
        What::CondWait(_) => Waits::Cond,
        What::Close(_) | What::Signal { .. } | What::Cancel(_) => Waits::Other,
    }
}

/// Whether a goroutine has a lock.
fn holds(st: &State, g: Gid, id: ObjId) -> bool {
    match st.obj(id) {
        Obj::Lock(lock) => {
            lock.writer == Some(g)
                || lock.readers.contains(&g)
                || lock.pending == Some(g) && !lock.readers.is_empty()
        }
        _ => false,
    }
}
