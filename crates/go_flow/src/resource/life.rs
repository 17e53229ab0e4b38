//! A resource beyond its release: whether the error of the release is seen, whether it is released
//! again, whether it is used afterwards.
//!
//! The walk is the same as for leaks, but it goes on where a release would end it. [`Life`](super::state::Life)
//! is what a path knows.

use go_syntax::{ExprId, StmtKind};
use go_types::{Callee, Object, Selection, Type};

use super::contract::{ArgEffect, Gives, Subject};
use super::explore::Explorer;
use super::models::{Class, ClassId, CloseError, WritesTo};
use super::outcome::Fate;
use super::state::{Fact, How, State};
use super::tracker::Tracker;
use super::values::Temps;
use crate::cfg::NodeKind;
use crate::facts::Point;
use crate::trail::Hop;

/// What goes wrong with a resource when it is released, or after.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// Nobody sees the error of the release on a path that does not end in an error, though it may
    /// say that data is lost.
    ErrorDropped,
    /// It is released again.
    ReleasedTwice {
        /// Whether somebody looks at the error of the second release.
        seen: bool,
    },
    /// It is used after its release.
    UsedAfter,
}

/// Something that goes wrong with a resource, on some path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifeEvent {
    /// The call that acquires it.
    pub call: ExprId,
    /// What kind of resource it is.
    pub class: ClassId,
    /// Which result of the call it is, or is in.
    pub result: u32,
    /// What goes wrong.
    pub what: What,
    /// The call that releases it.
    pub release: ExprId,
    /// The first write that may be lost, the second release, or the use; for a writer that is never
    /// written to, the release.
    pub at: ExprId,
    /// The shortest path from the acquisition to where that happens.
    pub hops: Vec<Hop>,
    /// Whether the path returns an error, or comes by a condition that says there is one.
    pub fails: bool,
}

/// Whether somebody looks at what a call gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// Nobody does.
    No,
    /// It is thrown away with a blank, which says that it is meant.
    Blank,
    Yes,
}

/// Methods that put data into what they are called on, whatever it is, by the word they begin with.
const WRITING: [&str; 6] = ["Write", "Encode", "Print", "ReadFrom", "AddFS", "Append"];

/// Methods that fail, or find nothing, on what was released.
const NEEDING: [&str; 6] = ["Read", "Write", "Seek", "Sync", "Truncate", "Flush"];

impl<'a> Tracker<'_, 'a> {
    /// Follows everything that is acquired, of the kinds that `wanted` chooses.
    pub(crate) fn life_events(&self, wanted: &dyn Fn(&Class) -> bool) -> Vec<LifeEvent> {
        let mut events: Vec<LifeEvent> = Vec::new();
        let mut acquisitions = self.acquisitions();
        let known: Vec<ExprId> = acquisitions.iter().map(|&(call, ..)| call).collect();
        acquisitions.extend(self.writers(&known));
        for (call, point, gives) in acquisitions {
            if !wanted(self.models().class(gives.class)) {
                continue;
            }
            let Ok(mut found) = self.follow_beyond(call, point, &gives) else {
                continue;
            };
            for event in &mut found {
                event.fails |= event.hops.iter().any(|hop| self.tells_error(hop));
            }
            // What happens on a good path tells more.
            found.sort_by_key(|event| (event.fails, event.hops.len()));
            for event in found {
                let same = |other: &LifeEvent| {
                    (other.call, other.result) == (event.call, event.result)
                        && (other.release, other.what) == (event.release, event.what)
                };
                if !events.iter().any(same) {
                    events.push(event);
                }
            }
        }
        events
    }

    /// Calls that give something to write to and to close, by their names and types, though neither
    /// models nor contracts tell: `fs.Create(…)`, `object.NewWriter(…)`. Whether it has to be closed
    /// is not known, but who does close it may lose data.
    fn writers(&self, known: &[ExprId]) -> Vec<(ExprId, Point, Gives)> {
        let file = self.file();
        let mut found = Vec::new();
        for &func in self.facts().funcs() {
            for site in self.facts().calls_of(func) {
                let (Callee::Func { name, .. } | Callee::Selected { name, .. }) =
                    self.facts().callee(site.call)
                else {
                    continue;
                };
                let makes = matches!(name, "Create" | "OpenFile" | "TempFile" | "CreateTemp")
                    || (name.ends_with("Writer") && name != "Writer");
                if !makes || known.contains(&site.call) {
                    continue;
                }
                let NodeKind::Stmt(stmt) = self.facts().cfg(func).kind(site.point.node) else {
                    continue;
                };
                let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
                    continue;
                };
                let &[value] = file.exprs(rhs) else {
                    continue;
                };
                let targets = file.exprs(lhs);
                if file.unparen(value) == site.call
                    && matches!(targets.len(), 1 | 2)
                    && self.may_be_written_and_closed(targets[0])
                {
                    let gives = Gives {
                        subject: Subject::Result,
                        why: "".into(),
                        result: 0,
                        class: ClassId::CLOSER,
                        field: "".into(),
                        unless_error: targets.len() == 2,
                    };
                    found.push((site.call, site.point, gives));
                }
            }
        }
        found
    }

    /// Whether a value has `Write` and `Close`, as far as its type is known.
    fn may_be_written_and_closed(&self, expr: ExprId) -> bool {
        let ty = self.body().type_of(expr);
        let has = |name| {
            matches!(
                self.body().selection(ty, name),
                Some(Selection::Method { .. })
            )
        };
        ty.is_unknown() || (has("Write") && has("Close"))
    }

    /// Whether somebody looks at what a call at a node gives.
    pub(crate) fn seen(&self, point: Point, call: ExprId) -> Seen {
        let file = self.file();
        let stmt = match self.facts().cfg(point.func).kind(point.node) {
            NodeKind::Defer(stmt) | NodeKind::Go(stmt) if self.call_of(stmt) == Some(call) => {
                return Seen::No;
            }
            NodeKind::Stmt(stmt) => stmt,
            _ => return Seen::Yes,
        };
        match file.stmt(stmt).kind {
            StmtKind::Expr(expr) if file.unparen(expr) == call => Seen::No,
            StmtKind::Assign { lhs, rhs, .. } => {
                let blank = |&target: &ExprId| self.body().object(target) == Object::Blank;
                match *file.exprs(rhs) {
                    [value] if file.unparen(value) == call && file.exprs(lhs).iter().all(blank) => {
                        Seen::Blank
                    }
                    _ => Seen::Yes,
                }
            }
            _ => Seen::Yes,
        }
    }

    /// Whether a method puts data into what it is called on.
    fn writes_to_receiver(&self, call: ExprId, how: How) -> bool {
        let Callee::Selected { name, .. } = self.facts().callee(call) else {
            return false;
        };
        // That of `io.WriterTo` reads what it is called on; a packet is written to an address as well.
        let args = self.file().call(call).map_or(0, |(_, args)| args.len());
        let is_read = name == "WriteTo" && args == 1;
        let starts = |word: &&str| !is_read && name.starts_with(*word);
        WRITING.iter().any(starts)
            || (how == How::Wrap && matches!(name, "Flush" | "Create" | "CreateHeader" | "Execute"))
            || self.key(call).is_some_and(|(package, name)| {
                let to = self.models().writes_to(&format!("{package}.{name}"));
                to == Some(WritesTo::Recv)
            })
    }

    /// Whether a call writes to argument `index`.
    fn writes_to_argument(&self, call: ExprId, index: usize) -> bool {
        if let Some((package, name)) = self.key(call) {
            match self.models().writes_to(&format!("{package}.{name}")) {
                Some(WritesTo::Param(to)) => return to == index,
                Some(WritesTo::Recv) => return false,
                None => {}
            }
        }
        if self.contract(call).writes_to(index) {
            return true;
        }
        // What can only be written to will be.
        let Some(ty) = self.param_type(call, index) else {
            return false;
        };
        let has = |name| {
            matches!(
                self.body().selection(ty, name),
                Some(Selection::Method { .. })
            )
        };
        matches!(
            self.body().cx().ty(self.body().underlying(ty)),
            Type::Interface { .. }
        ) && has("Write")
            && !has("Read")
            // Around it comes what writes.
            && self.contract(call).param(index) != ArgEffect::Wrap
    }

    /// Whether the value is good for more after a release: what it holds back is pushed on.
    fn only_flushes(&self) -> bool {
        let class = self.models().class(self.class.get());
        class.release.first().is_some_and(|name| **name == *"Flush")
    }
}

impl<'a> Explorer<'_, '_, 'a> {
    /// Whether the resource is followed beyond its release.
    pub(crate) fn is_beyond(&self) -> bool {
        self.origin.is_some()
    }

    /// Whether a path goes on with the release that `fate` tells of.
    pub(crate) fn goes_on(&self, fate: Fate, call: ExprId, state: &State, temps: &Temps) -> bool {
        if !self.is_beyond() || fate != Fate::Released {
            return false;
        }
        match self.t.facts().callee(call) {
            Callee::Selected { x, .. } => {
                let how = self.t.value(state, temps, x).how();
                matches!(how, Some(How::Same | How::Own))
            }
            Callee::Var(local) => state
                .holders
                .iter()
                .any(|holder| holder.local == local && holder.how == How::Same),
            _ => false,
        }
    }

    /// Notes that `call` releases the resource.
    pub(crate) fn release(&mut self, call: ExprId, seen: Seen, state: &mut State) {
        if let Some(first) = state.life.released {
            if first != call {
                let seen = seen == Seen::Yes;
                self.emit(What::ReleasedTwice { seen }, first, call);
            }
            if seen == Seen::Yes {
                state.life.dropped = None;
            }
            return;
        }
        state.life.released = Some(call);
        let loses = match self.class().closing.error {
            CloseError::Never => false,
            CloseError::Written => state.life.written.is_some(),
            CloseError::Always => true,
        };
        if loses && seen == Seen::No {
            state.life.dropped = Some(call);
        }
    }

    /// Notes what a call that is not a release does with the resource.
    pub(crate) fn note_use(
        &mut self,
        point: Point,
        call: ExprId,
        state: &mut State,
        temps: &Temps,
    ) {
        let file = self.t.file();
        let Some((_, args)) = file.call(call) else {
            return;
        };
        let mut writes = false;
        let mut needs = false;
        if let Callee::Selected { x, name } = self.t.facts().callee(call)
            && let Some(how) = self.t.value(state, temps, x).how()
        {
            if self.asks_error(name) {
                state.life.dropped = None;
            }
            if name == "Sync" && self.t.seen(point, call) == Seen::Yes {
                state.life.written = None;
            }
            if matches!(how, How::Same | How::Own | How::Wrap) {
                writes = self.t.writes_to_receiver(call, how);
                needs = writes
                    || NEEDING.iter().any(|word| name.starts_with(word))
                    || (how == How::Same && self.needed_by(name));
            }
        }
        for (index, &arg) in args.iter().enumerate() {
            if let Some(how @ (How::Same | How::Own | How::Wrap)) =
                self.t.value(state, temps, arg).how()
            {
                if self.t.writes_to_argument(call, index) {
                    writes = true;
                    needs = true;
                }
                let effect = self.t.arg_effect(call, index, self.gives.class);
                needs |= how == How::Same && effect == ArgEffect::Drain;
            }
        }
        self.wrote |= writes;
        if !self.is_beyond() {
            return;
        }
        if let Some(released) = state.life.released
            && (writes || needs)
        {
            if self.t.only_flushes() {
                state.life.released = None;
                // Their errors stay, and every later call tells them again.
                if self.t.seen(point, call) == Seen::Yes {
                    state.life.dropped = None;
                }
            } else {
                self.emit(What::UsedAfter, released, call);
            }
        }
        if writes && state.life.written.is_none() {
            state.life.written = Some(call);
        }
    }

    /// Whether a method tells the error that the release has no result for.
    fn asks_error(&self, name: &str) -> bool {
        let method = self.class().closing.error_method.as_deref();
        method == Some(name)
    }

    /// Whether a method needs the resource at hand not to be released.
    fn needed_by(&self, name: &str) -> bool {
        let class = self.class();
        let by = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
        match &*class.rule {
            "file-not-closed" => by(&["Stat", "Readdir", "Chmod", "Chown", "Truncate"]),
            "rows-not-closed" => by(&["Next", "Scan", "Columns"]),
            "tx-not-finished" => by(&["Exec", "Query", "Prepare", "Get", "Select", "NamedExec"]),
            "stmt-not-closed" => by(&["Exec", "Query"]),
            _ => false,
        }
    }

    /// A call is deferred that is not that of a literal.
    pub(crate) fn defer_beyond(
        &mut self,
        point: Point,
        stmt: go_syntax::StmtId,
        call: ExprId,
        mut state: State,
        temps: &Temps,
    ) -> Vec<State> {
        let mut after = temps.clone();
        if let Some(fate) = self.receive(call, &state, &mut after) {
            if self.goes_on(fate, call, &state, temps) {
                state.defers.push(stmt);
                state.life.bound.push(stmt);
                return vec![state];
            }
            self.settle(fate, point, None);
            return Vec::new();
        }
        let args = self.t.file().call(call).map_or(&[][..], |(_, args)| args);
        for (index, &arg) in args.iter().enumerate() {
            if let Some(how) = self.t.value(&state, temps, arg).how()
                && let Some(fate) = self.pass(call, index, how, &mut after)
            {
                self.settle(fate, point, None);
                return Vec::new();
            }
        }
        state.defers.push(stmt);
        vec![state]
    }

    /// Notes how a path ends.
    pub(crate) fn finish(&mut self, state: &State, hops: &[Hop], error: Option<Fact>) {
        let Some(release) = state.life.dropped else {
            return;
        };
        let fails = error == Some(Fact::NonNil) || hops.iter().any(|hop| self.t.tells_error(hop));
        if fails {
            return;
        }
        let at = state.life.written.unwrap_or(release);
        self.emit(What::ErrorDropped, release, at);
        if let Some(event) = self.events.last_mut() {
            event.hops = hops.to_vec();
        }
    }

    fn emit(&mut self, what: What, release: ExprId, at: ExprId) {
        let Gives { result, class, .. } = self.gives;
        let Some(call) = self.origin else {
            return;
        };
        self.events.push(LifeEvent {
            call,
            class,
            result,
            what,
            release,
            at,
            hops: Vec::new(),
            fails: false,
        });
    }
}
