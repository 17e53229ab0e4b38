//! Where a resource is followed from: the call that acquires it, or the parameter that holds it.

use go_syntax::ExprId;
use go_types::LocalId;

use super::contract::{Gives, Subject};
use super::explore::{Explorer, Start};
use super::life::LifeEvent;
use super::models::ClassId;
use super::outcome::Outcome;
use super::state::{How, State};
use super::tracker::Tracker;
use crate::facts::Point;
use crate::trail::TooMany;

impl Tracker<'_, '_> {
    /// Follows what a call acquires.
    pub(crate) fn follow_call(
        &self,
        call: ExprId,
        point: Point,
        gives: &Gives,
    ) -> Result<Vec<Outcome>, TooMany> {
        self.class.set(gives.class);
        let mut outcomes = Vec::new();
        for (made_by, index, point) in self.origins(call, point, gives) {
            let mut explorer = Explorer::new(self, gives.clone());
            explorer.made = index;
            explorer.armed_by = (made_by != call).then_some(call);
            let start = Start {
                node: point.node,
                call: Some(made_by),
            };
            let state = State {
                defers: self.defers_before(point),
                known: self.known_before(point),
                dormant: made_by != call,
                ..State::default()
            };
            explorer.run(point.func, start, state)?;
            outcomes.extend(explorer.outcomes);
        }
        outcomes.retain(|outcome| !outcome.dormant);
        Ok(outcomes)
    }

    /// Follows what a call acquires beyond its release; tells what goes wrong.
    pub(crate) fn follow_beyond(
        &self,
        call: ExprId,
        point: Point,
        gives: &Gives,
    ) -> Result<Vec<LifeEvent>, TooMany> {
        if gives.subject != Subject::Result {
            return Ok(Vec::new());
        }
        self.class.set(gives.class);
        let mut explorer = Explorer::new(self, gives.clone());
        explorer.origin = Some(call);
        let start = Start {
            node: point.node,
            call: Some(call),
        };
        let state = State {
            defers: self.defers_before(point),
            known: self.known_before(point),
            ..State::default()
        };
        explorer.run(point.func, start, state)?;
        Ok(explorer.events)
    }

    /// Follows what a parameter, or a field of it, holds; tells also whether anything is written to
    /// it.
    pub(crate) fn follow_param(
        &self,
        local: LocalId,
        class: ClassId,
        field: &str,
    ) -> Result<(Vec<Outcome>, bool), TooMany> {
        self.follow_param_if(local, class, field, false)
    }

    /// Likewise; with `own_keeps`, what something else is responsible for counts as handed on.
    pub(crate) fn follow_param_if(
        &self,
        local: LocalId,
        class: ClassId,
        field: &str,
        own_keeps: bool,
    ) -> Result<(Vec<Outcome>, bool), TooMany> {
        self.class.set(class);
        let gives = Gives {
            subject: Subject::Result,
            result: 0,
            class,
            field: field.into(),
            unless_error: false,
            why: "".into(),
        };
        let mut explorer = Explorer::new(self, gives);
        explorer.own_keeps = own_keeps;
        let mut state = State::default();
        let path = match field {
            "" => Vec::new(),
            field => vec![self.sym(field)],
        };
        state.hold(local, path, How::Same);
        let root = self.facts().root();
        let start = Start {
            node: self.facts().cfg(root).entry(),
            call: None,
        };
        explorer.run(root, start, state)?;
        Ok((explorer.outcomes, explorer.wrote))
    }
}
