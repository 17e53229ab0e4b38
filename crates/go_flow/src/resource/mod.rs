//! What becomes of a resource: from the call that acquires it along every path to where it is
//! released, handed on, or left behind.
//!
//! One resource is followed at a time. Its state is small: which variables hold it, which error says
//! that nothing was acquired, what is known of the variables that conditions test, which deferred
//! literals may still release it. A path ends when the resource is released or handed on, when it
//! turns out that nothing was acquired, or when the function returns. Whatever is not understood
//! counts as handed on, so that silence is the answer to doubt.
//!
//! What called functions do comes from [`Contracts`](Inferred): models that are data, and contracts that
//! were [inferred](infer_package) from bodies. `state` is the state, `outcome` what becomes of a resource
//! on a path, `values` tells which expressions mean the resource, `step` what a node does, `refine` what a
//! condition tells, `explore` follows the paths, `tracker` keeps what is asked on the way again and again,
//! `before` tells what holds at the start, `origins` where that is, `keys` what is called, `leaks` finds
//! what is left behind, `life` goes on beyond releases, `ask` answers what rules ask about one call.
//!
//! `inferred` is where contracts come from, `infer` makes them, `demand` those that are asked for;
//! `declared` tells which functions are worth a look into their bodies, `endings` how functions end,
//! `returns` which of them surely return.

mod ask;
mod assign;
mod before;
mod calls;
mod channels;
mod contract;
mod declared;
mod demand;
mod endings;
mod explore;
mod follow;
mod infer;
mod inferred;
mod keys;
mod later;
mod leaks;
mod lets_go;
mod life;
mod models;
mod nodes;
mod origins;
mod outcome;
mod quiet;
mod refine;
mod returns;
mod starts;
mod state;
mod step;
mod takes_in;
mod tracker;
mod values;
mod versions;

#[cfg(test)]
mod life_tests;
#[cfg(test)]
mod tests;

pub use ask::DeadReturn;
pub use contract::{
    ArgEffect, CallContract, Contract, Ending, Exits, Gives, PackageContracts, Subject,
};
pub use declared::{CallNames, calls};
pub use demand::OnDemand;
pub use infer::infer_package;
pub use inferred::{Inferred, NoContracts, OwnContracts};
pub use keys::acquires_by_variable;
pub use leaks::{Leak, Leaks, Stored};
pub use life::{LifeEvent, What};
pub use models::{
    Acquire, Class, ClassId, CloseError, Closing, FunctionModel, Iterate, Models, Twice, Wanted,
    WritesTo, method_key,
};
pub use outcome::Fate;

use go_syntax::ExprId;

use crate::facts::FunctionFacts;
use tracker::Tracker;

impl<'a> FunctionFacts<'a> {
    /// What is acquired in this function, literals included, and left behind on some path; in the
    /// order of the source.
    pub fn leaks(&self, models: &Models, inferred: &dyn Inferred) -> Leaks {
        Tracker::new(self, models, inferred).leaks()
    }

    /// What goes wrong when, or after, resources that are acquired in this function are released, of
    /// the kinds that `wanted` chooses; in the order of the source.
    pub fn life_events(
        &self,
        models: &Models,
        inferred: &dyn Inferred,
        wanted: &dyn Fn(&Class) -> bool,
    ) -> Vec<LifeEvent> {
        Tracker::new(self, models, inferred).life_events(wanted)
    }

    /// How a call ends, as far as the contract of what it calls tells. ([`FunctionFacts::call_end`]
    /// knows only of the table.)
    pub fn contract_end(&self, call: ExprId, models: &Models, inferred: &dyn Inferred) -> Ending {
        Tracker::new(self, models, inferred).end_of(call)
    }

    /// What a call waits for, as models tell: `network`, `process`, ….
    pub fn waits_for<'m>(&self, call: ExprId, models: &'m Models) -> Option<&'m str> {
        let (package, name) = Tracker::new(self, models, &NoContracts).key(call)?;
        models.blocks_on(&format!("{package}.{name}"))
    }
}
