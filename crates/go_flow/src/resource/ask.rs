//! What rules ask about one call, or one `defer`.

use go_syntax::{ExprId, StmtId};
use go_types::{LocalId, TypeId};

use super::calls::class_of;
use super::contract::{CallContract, Gives, Subject};
use super::explore::{Explorer, Start};
use super::inferred::Inferred;
use super::leaks::Leak;
use super::models::{ClassId, Models};
use super::outcome::{Fate, Outcome};
use super::state::{How, State};
use super::tracker::Tracker;
use crate::facts::{FunctionFacts, Point};
use crate::trail::TooMany;

/// What a `defer` releases is returned all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeadReturn {
    /// The `return`.
    pub at: Point,
    /// The number of the result that is the released thing, or has it in it.
    pub result: u32,
    /// Whether it is the thing itself.
    pub itself: bool,
}

impl<'a> FunctionFacts<'a> {
    /// How what `call` gives is left behind, if it is, whoever says that it is to be released: as
    /// [`FunctionFacts::leaks`], for one call. `None` also when there are too many paths.
    pub fn leak_of(
        &self,
        models: &Models,
        inferred: &dyn Inferred,
        call: ExprId,
        gives: &Gives,
    ) -> Option<Leak> {
        let point = self.point_of_expr(call)?;
        let tracker = Tracker::new(self, models, inferred);
        tracker.leak_of(call, point, gives).ok()?.0
    }

    /// What a call does with resources, as far as models and contracts tell.
    pub fn call_contract(
        &self,
        models: &Models,
        inferred: &dyn Inferred,
        call: ExprId,
    ) -> CallContract {
        let tracker = Tracker::new(self, models, inferred);
        CallContract {
            contract: (*tracker.contract(call)).clone(),
            error: tracker.error_result(call),
        }
    }

    /// The kind of resource that values of a type are.
    pub fn class_of(&self, models: &Models, ty: TypeId) -> Option<ClassId> {
        class_of(self.body().cx(), models, ty)
    }

    /// The ends of paths that pass `defer`, which releases `local` (or its field, when that is not
    /// empty), and return it without saying that there is an error. Paths that give the variable
    /// another value, release it by hand or hand it to somebody else end before.
    pub fn returned_after(
        &self,
        models: &Models,
        inferred: &dyn Inferred,
        defer: StmtId,
        (local, field): (LocalId, &str),
        class: ClassId,
    ) -> Vec<DeadReturn> {
        let tracker = Tracker::new(self, models, inferred);
        let Some(point) = self.point_of_stmt(defer) else {
            return Vec::new();
        };
        let Ok(outcomes) = tracker.follow_past(point, local, field, class) else {
            return Vec::new();
        };
        let is_dead = |outcome: Outcome| match outcome.fate {
            Fate::Returned { result, itself }
                if outcome.at.func == point.func && !tracker.ends_in_error(&outcome) =>
            {
                Some(DeadReturn {
                    at: outcome.at,
                    result,
                    itself,
                })
            }
            _ => None,
        };
        let mut found: Vec<DeadReturn> = outcomes.into_iter().filter_map(is_dead).collect();
        found.sort_by_key(|dead| (dead.at, dead.result));
        found.dedup();
        found
    }
}

impl Tracker<'_, '_> {
    /// Follows what `local`, or a field of it, holds at the `defer` that releases it, as if no
    /// deferred call did anything to it.
    pub(crate) fn follow_past(
        &self,
        defer: Point,
        local: LocalId,
        field: &str,
        class: ClassId,
    ) -> Result<Vec<Outcome>, TooMany> {
        self.class.set(class);
        let gives = Gives {
            subject: Subject::Result,
            why: "".into(),
            result: 0,
            class,
            field: field.into(),
            unless_error: false,
        };
        let mut explorer = Explorer::new(self, gives);
        explorer.past_defers = true;
        let mut state = State {
            known: self.known_before(defer),
            ..State::default()
        };
        let path = match field {
            "" => Vec::new(),
            field => vec![self.sym(field)],
        };
        state.hold(local, path, How::Same);
        let start = Start {
            node: defer.node,
            call: None,
        };
        explorer.run(defer.func, start, state)?;
        Ok(explorer.outcomes)
    }
}
