//! What stands between the rules and a user: configuration, the parallel driver, suppressions,
//! baselines, and what is new since a revision.
//!
//! [`run`] takes a [`Request`] and returns an [`Outcome`]; [`fix`] repairs what it finds. Nothing is printed here, and no exit code
//! is chosen: the `deferscope` command does both.

pub mod catalogue;
pub mod config;
pub mod suggest;

mod atomic;
mod baseline;
mod cache;
mod driver;
mod fingerprint;
mod fix;
mod guard;
mod observed;
mod problem;
mod revision;
mod statistics;
mod suppress;
mod tree;

pub use atomic::{WriteError, write_atomically};
pub use baseline::{Applied, Baseline, BaselineError};
#[doc(hidden)]
pub use cache::read_any as read_any_cache;
pub use cache::{CacheError, CachePlace, Cleaned, clean};
pub use config::{Config, ConfigError};
pub use driver::{
    Fact, FactSource, Observer, Outcome, Place, Request, Silent, StandIn, Summary, SummaryError,
    ThreadError, run, summarize,
};
pub use fix::{
    Answer, Asker, Change, Changed, FixError, FixRequest, Fixed, fix, uncommitted, write_changes,
};
pub use observed::Observed;
pub use problem::Problem;
pub use revision::{Changes, GitError};
pub use statistics::{Statistics, Times};
