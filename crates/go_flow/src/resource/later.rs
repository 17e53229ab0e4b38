//! Calls that happen later: `defer` and `go`.

use go_syntax::{ExprId, StmtId};
use go_types::Callee;

use super::explore::Explorer;
use super::life::Seen;
use super::outcome::Fate;
use super::state::{How, State};
use super::values::Temps;
use crate::facts::Point;
use crate::trail::TooMany;

impl<'a> Explorer<'_, '_, 'a> {
    pub(crate) fn defer(
        &mut self,
        point: Point,
        stmt: StmtId,
        mut state: State,
        temps: &Temps,
    ) -> Result<Vec<State>, TooMany> {
        let Some(call) = self.t.call_of(stmt).filter(|_| !self.past_defers) else {
            return Ok(vec![state]);
        };
        let literal = match self.t.facts().callee(call) {
            Callee::Literal(func) => Some(func),
            Callee::Var(local) => self.t.literal_of(local),
            _ => None,
        };
        let Some(func) = literal else {
            if self.is_beyond() {
                return Ok(self.defer_beyond(point, stmt, call, state, temps));
            }
            return Ok(self.call_later(point, call, state, temps));
        };
        if self.is_beyond() {
            if let Some((_, args)) = self.t.file().call(call) {
                self.bind(func, args, &mut state, temps);
            }
            state.defers.push(stmt);
            return Ok(vec![state]);
        }
        // When it runs, other values may be known.
        let mut then = state.clone();
        if let Some((_, args)) = self.t.file().call(call) {
            self.bind(func, args, &mut then, temps);
        }
        then.forget_all();
        let (fates, remains) = self.probe(func, then)?;
        // What is not held now may be when it runs.
        if fates.is_empty() || remains {
            // Its arguments are those of now.
            if let Some((_, args)) = self.t.file().call(call) {
                self.bind(func, args, &mut state, temps);
            }
            state.defers.push(stmt);
            return Ok(vec![state]);
        }
        self.settle(Fate::Released, point, None);
        Ok(Vec::new())
    }

    /// Runs a deferred call when the function ends.
    pub(crate) fn run_defer(
        &mut self,
        stmt: StmtId,
        mut state: State,
    ) -> Result<Vec<State>, TooMany> {
        let Some(call) = self.t.call_of(stmt) else {
            return Ok(vec![state]);
        };
        let point = self.t.facts().point_of_stmt(stmt);
        if self.is_beyond() && state.life.bound.contains(&stmt) {
            self.release(call, Seen::No, &mut state);
            return Ok(vec![state]);
        }
        let mut temps = Temps::default();
        let literal = match self.t.facts().callee(call) {
            Callee::Literal(func) => Some(func),
            Callee::Var(local) => self.t.literal_of(local),
            _ => None,
        };
        if let Some(func) = literal {
            if let Some((_, args)) = self.t.file().call(call) {
                self.bind(func, args, &mut state, &temps);
            }
            let before = self.outcomes.len();
            let states = self.inline(func, state)?;
            if self.is_beyond() {
                return Ok(states);
            }
            // What it depends on is not known, so whoever wrote it is believed.
            let mut within = self.outcomes[before..].iter();
            if within.any(|outcome| !outcome.fate.is_leak()) {
                return Ok(Vec::new());
            }
            return Ok(states);
        }
        // The receiver was evaluated when the resource was not yet there; only what it points to can
        // have it in it.
        if let Callee::Selected { x, .. } = self.t.facts().callee(call)
            && let Some(How::Inside) = self.t.value(&state, &temps, x).how()
            && let (Some(fate), Some(point)) = (self.receive(call, &state, &mut temps), point)
        {
            self.settle(fate, point, None);
            return Ok(Vec::new());
        }
        let args = self.t.file().call(call).map_or(&[][..], |(_, args)| args);
        for (index, &arg) in args.iter().enumerate() {
            if let Some(how @ (How::Inside | How::Call)) = self.t.value(&state, &temps, arg).how()
                && let (Some(fate), Some(point)) = (self.pass(call, index, how, &mut temps), point)
            {
                self.settle(fate, point, None);
                return Ok(Vec::new());
            }
        }
        Ok(vec![state])
    }

    pub(crate) fn spawn(
        &mut self,
        point: Point,
        stmt: StmtId,
        state: State,
        temps: &Temps,
    ) -> Result<Vec<State>, TooMany> {
        let Some(call) = self.t.call_of(stmt) else {
            return Ok(vec![state]);
        };
        let literal = match self.t.facts().callee(call) {
            Callee::Literal(func) => Some(func),
            Callee::Var(local) => self.t.literal_of(local),
            _ => None,
        };
        // Who reads to the end of a pipe elsewhere is done with it then, and who accepts connections
        // elsewhere mostly does so until the program ends.
        let rule = &*self.t.models().class(self.gives.class).rule;
        if matches!(rule, "pipe-not-closed" | "listener-not-closed") {
            let info = self.t.node_info(self.t.facts().cfg(point.func), point);
            let mut holders = state.holders.iter();
            if holders.any(|holder| info.locals.binary_search(&holder.local).is_ok()) {
                self.settle(Fate::Kept, point, None);
                return Ok(Vec::new());
            }
        }
        if let Some(func) = literal {
            let mut then = state.clone();
            if let Some((_, args)) = self.t.file().call(call) {
                self.bind(func, args, &mut then, temps);
            }
            let (fates, _) = self.probe(func, then)?;
            if fates.is_empty() {
                return Ok(vec![state]);
            }
            self.settle(Fate::Kept, point, None);
            return Ok(Vec::new());
        }
        Ok(self.call_later(point, call, state, temps))
    }

    /// A call that happens later, of something that is no literal.
    fn call_later(
        &mut self,
        point: Point,
        call: ExprId,
        state: State,
        temps: &Temps,
    ) -> Vec<State> {
        let mut temps = temps.clone();
        if let Some(fate) = self.receive(call, &state, &mut temps) {
            self.settle(fate, point, None);
            return Vec::new();
        }
        let args = self.t.file().call(call).map_or(&[][..], |(_, args)| args);
        for (index, &arg) in args.iter().enumerate() {
            if let Some(how) = self.t.value(&state, &temps, arg).how()
                && let Some(fate) = self.pass(call, index, how, &mut temps)
            {
                self.settle(fate, point, None);
                return Vec::new();
            }
        }
        vec![state]
    }
}
