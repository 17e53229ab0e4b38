//! Which states go on in the same way: a number for each that does not depend on in which order objects
//! were made, nor on those that nobody can reach any more.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::ops::{Op, Target, What};
use super::state::{Frame, Obj, ObjId, Pending, State, Status, Val};

/// No number.
const NONE: u32 = u32::MAX;

/// Hashes twice, in two ways.
struct Twice {
    low: FxHasher,
    high: FxHasher,
}

impl Hasher for Twice {
    fn write(&mut self, bytes: &[u8]) {
        self.low.write(bytes);
        self.high.write(bytes);
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.low.write_u64(number);
        self.high
            .write_u64(number.rotate_left(29) ^ 0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.low.finish()
    }
}

/// Objects by the order in which they are come upon.
struct Order {
    hash: Twice,
    /// The numbers of all objects; [`NONE`] for those that were not come upon.
    numbers: Vec<u32>,
    queue: Vec<ObjId>,
}

impl State {
    /// A number that is equal for states that go on in the same way.
    pub(super) fn fingerprint(&self) -> u128 {
        let mut order = Order {
            hash: Twice {
                low: FxHasher::default(),
                high: FxHasher::default(),
            },
            numbers: vec![NONE; self.heap.len()],
            queue: Vec::new(),
        };
        for goroutine in &self.goroutines {
            match &goroutine.status {
                Status::Ended => order.put(&1_u8),
                Status::Parked => order.put(&2_u8),
                status => {
                    order.put(&(3_u8, goroutine.exits, goroutine.frames.len()));
                    for (id, _, op) in &goroutine.took {
                        order.object(*id);
                        order.put(op);
                    }
                    for frame in &goroutine.frames {
                        order.frame(frame);
                    }
                    if let Status::At(op) = status {
                        order.op(op);
                    }
                }
            }
        }
        let mut at = 0;
        while at < order.queue.len() {
            let entry = &self.heap[order.queue[at] as usize];
            at += 1;
            order.put(&entry.escaped);
            order.obj(&entry.obj);
        }
        let Twice { low, high } = order.hash;
        (u128::from(high.finish()) << 64) | u128::from(low.finish())
    }
}

impl Order {
    fn put(&mut self, what: &impl Hash) {
        what.hash(&mut self.hash);
    }

    fn number(&mut self, id: ObjId) -> u32 {
        let number = &mut self.numbers[id as usize];
        if *number == NONE {
            *number = u32::try_from(self.queue.len()).unwrap_or(NONE - 1);
            self.queue.push(id);
        }
        *number
    }

    fn object(&mut self, id: ObjId) {
        let number = self.number(id);
        self.put(&number);
    }

    fn val(&mut self, val: &Val) {
        match val {
            Val::Unknown => self.put(&0_u8),
            Val::Nil => self.put(&1_u8),
            Val::NonNil => self.put(&2_u8),
            Val::Bool(truth) => self.put(&(3 + u8::from(*truth))),
            Val::Int(number) => self.put(&(5_u8, *number)),
            Val::Ref(id) => {
                self.put(&6_u8);
                self.object(*id);
            }
            Val::Own(id) => {
                self.put(&7_u8);
                self.object(*id);
            }
            Val::Func(index) => self.put(&(8_u8, *index)),
            Val::Tuple(vals) => {
                self.put(&(9_u8, vals.len()));
                vals.iter().for_each(|val| self.val(val));
            }
        }
    }

    fn pending(&mut self, pending: &Pending) {
        self.put(&(pending.call, pending.args.len()));
        pending.args.iter().for_each(|val| self.val(val));
        let target = &pending.target;
        self.put(&std::mem::discriminant(target));
        match target {
            Target::Code {
                body,
                func,
                cells,
                receiver,
            } => {
                self.put(&(*body, *func, cells.len(), receiver.is_some()));
                cells.iter().for_each(|(local, _)| self.put(local));
            }
            Target::Lock(op, _) => self.put(op),
            Target::Signal { all, .. } => self.put(all),
            Target::CallsArgument(index) => self.put(index),
            _ => {}
        }
        target.for_each(&mut |val| self.val(val));
    }

    fn op(&mut self, op: &Op) {
        self.put(&(op.key, op.site, op.operand));
        let what = &op.what;
        self.put(&std::mem::discriminant(what));
        match what {
            What::Select { arms, default } => {
                self.put(&(arms.len(), *default));
                for arm in arms {
                    self.put(&(arm.recv, arm.node, arm.send.is_some()));
                }
            }
            What::Lock { op, announced, .. } => self.put(&(*op, *announced)),
            What::Signal { all, .. } => self.put(all),
            _ => {}
        }
        op.for_each(&mut |val| self.val(val));
    }

    fn frame(&mut self, frame: &Frame) {
        self.put(&(frame.body, frame.func, frame.node, frame.dest));
        self.put(&(frame.waited, frame.choice, frame.thunk.is_some()));
        if let Some(thunk) = &frame.thunk {
            self.pending(thunk);
        }
        self.put(&frame.locals.len());
        for (local, val) in &frame.locals {
            self.put(local);
            self.val(val);
        }
        self.put(&frame.memo.len());
        for (expr, val) in &frame.memo {
            self.put(expr);
            self.val(val);
        }
        self.put(&frame.ranges.len());
        for (stmt, val, at) in &frame.ranges {
            self.put(&(*stmt, *at));
            self.val(val);
        }
        self.put(&frame.decided);
        self.put(&frame.rounds);
        self.put(&frame.defers.len());
        for pending in &frame.defers {
            self.pending(pending);
        }
        self.val(&frame.result);
        self.val(frame.group.as_ref().unwrap_or(&Val::Nil));
    }

    fn obj(&mut self, obj: &Obj) {
        self.put(&std::mem::discriminant(obj));
        match obj {
            Obj::Cell(val) => self.val(val),
            Obj::Struct { ty, fields } => {
                self.put(&(*ty, fields.len()));
                for (name, val) in fields {
                    self.put(name);
                    self.val(val);
                }
            }
            Obj::Chan(chan) => {
                self.put(&(chan.room, chan.closed, chan.received));
                self.put(&(chan.made, chan.buffer.len()));
                chan.buffer.iter().for_each(|val| self.val(val));
            }
            Obj::Lock(lock) => self.put(lock),
            Obj::Group(count) => self.put(count),
            Obj::Cond { lock, waiting } => {
                self.val(lock);
                self.put(waiting);
            }
            Obj::Once(done) => self.put(done),
            Obj::Ctx {
                cancelled,
                from_outside,
                parent,
            } => {
                self.put(&(*cancelled, *from_outside, parent.is_some()));
                if let Some(parent) = parent {
                    self.object(*parent);
                }
            }
            Obj::Cancel(ctx) => self.object(*ctx),
            Obj::List(vals) => {
                self.put(&vals.len());
                vals.iter().for_each(|val| self.val(val));
            }
            Obj::Closure { body, func, cells } => {
                self.put(&(*body, *func, cells.len()));
                for (local, id) in cells {
                    self.put(local);
                    self.object(*id);
                }
            }
            Obj::Method { body, receiver } => {
                self.put(body);
                self.val(receiver);
            }
            Obj::Map(entries) => {
                self.put(&entries.len());
                for (key, val) in entries {
                    self.put(key);
                    self.val(val);
                }
            }
        }
    }
}
