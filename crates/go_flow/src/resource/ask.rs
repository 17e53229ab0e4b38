//! What rules ask about one call, or one `defer`.

use go_syntax::{ExprId, StmtId};
use go_types::{LocalId, TypeId};

use super::calls::class_of;
use super::contract::{CallContract, Gives};
use super::explore::{Fate, Leak, Tracker};
use super::infer::Inferred;
use super::models::{ClassId, Models};
use crate::facts::{FunctionFacts, Point};

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
        (*tracker.contract(call)).clone()
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
        let is_dead = |outcome: super::explore::Outcome| match outcome.fate {
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
