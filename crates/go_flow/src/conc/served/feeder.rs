//! Goroutines that send, one by one, what the methods of their object receive: a reader that reads ahead,
//! an iterator with a buffer. When the object is closed before all was taken, the next send waits for ever.

use go_syntax::{Features, FuncId};
use rustc_hash::FxHashSet;

use super::{Chan, FieldOp, Served};
use crate::channels::ChannelAct;
use crate::conc::{Stuck, StuckKind, Waits};
use crate::sites::{CallMode, LiteralUse};

/// Methods that end an object.
const ENDS: [&str; 5] = ["Close", "Stop", "Shutdown", "Cancel", "Release"];

impl Served<'_, '_> {
    /// What the `go` statements of the package start.
    fn find_spawned(&self) -> FxHashSet<(usize, FuncId)> {
        let mut spawned = FxHashSet::default();
        for (index, declared) in self.program.declared.iter().enumerate() {
            let node = self.program.file(index).func(declared.func);
            if !node.features.intersects(Features::GO) {
                continue;
            }
            let facts = self.program.facts(index);
            for go in facts.gos() {
                let literal = go.literal.or_else(|| facts.literal_called(go.call));
                if let Some(literal) = literal {
                    spawned.insert((index, literal));
                } else if let Some((file, func)) = facts.body().declaration(go.call)
                    && let Some(to) = self.program.index_of(file, func)
                {
                    spawned.insert((to, func));
                }
            }
        }
        spawned
    }

    /// A goroutine that sends in a loop without listening to anything, while an object that can be ended
    /// receives in plain methods.
    pub(super) fn judge_feeder(
        &self,
        chan: Chan,
        sends: &[FieldOp],
        receives: &[FieldOp],
        closes: &[FieldOp],
        found: &mut Vec<Stuck>,
    ) {
        let Some(first) = sends.first() else { return };
        let at = (first.body, first.point.func);
        let is_fed = sends.iter().all(|op| {
            (op.body, op.point.func) == at
                && op.mode == CallMode::Now
                && op.arm.is_none()
                && self.program.facts(op.body).in_cycle(op.point)
        });
        // Who waits for requests sends as many replies.
        let is_asked = || {
            let ops = self.program.facts(first.body).channel_ops();
            ops.iter().any(|op| {
                op.point.func == at.1 && matches!(op.act, ChannelAct::Receive | ChannelAct::Range)
            })
        };
        if !is_fed || receives.is_empty() || is_asked() {
            return;
        }
        let spawned = self.spawned.get_or_init(|| self.find_spawned());
        let taken = receives.iter().all(|op| {
            let facts = self.program.facts(op.body);
            matches!(facts.literal_use(op.point.func), LiteralUse::Root)
                && !spawned.contains(&(op.body, op.point.func))
                && !facts.in_cycle(op.point)
        });
        if !taken
            || !spawned.contains(&at)
            || closes.iter().any(|op| (op.body, op.point.func) != at)
            || !self.is_ended_by_others(first, receives)
        {
            return;
        }
        found.push(Stuck {
            kind: StuckKind::Send,
            waits: Waits::Send,
            site: self.site(first),
            operand: Some(first.channel),
            made: Some((chan.made, chan.room)),
            started: None,
            left: None,
            served: None,
            sent_before: None,
            others: Vec::new(),
            holds: Vec::new(),
        });
    }

    /// Whether the object of an operation has a method that ends it, and which receives nothing.
    fn is_ended_by_others(&self, op: &FieldOp, receives: &[FieldOp]) -> bool {
        let body = self.program.body(op.body);
        let Some(object) = op.object else {
            return false;
        };
        let ty = body.type_of(object);
        ENDS.iter().any(|name| {
            if body.selection(ty, name).is_none() {
                return false;
            }
            let Some(method) = self.program.method_of(body, ty, name) else {
                return true;
            };
            let func = self.program.declared[method.index].func;
            let inside = self.same_object(method.index, func, None);
            !receives
                .iter()
                .any(|receive| inside.contains_key(&(receive.body, receive.point.func)))
        })
    }
}
