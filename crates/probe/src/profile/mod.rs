//! How often each defer site of a running program makes its promise, and how long it is kept waiting.
//!
//! - `points` finds where probes go, on what `flow` says of a function's instructions.
//! - `kernel` has our program and its maps in the kernel, `price` measures what a hit costs.
//! - `holder` is a process of its own that holds the probes, so that none stays whoever is killed; `leftovers`
//!   looks for those that stayed all the same.
//! - `session` watches a process within a budget; `estimate`, `in_situ`, `keeping_up` and `times` make numbers of what
//!   it saw.
//! - `watchers` watch what else there is to see of it meanwhile: `descriptors` what it opens,
//!   `exit` how it ends.
//! - `found` is what comes of all that.

mod descriptors;
mod error;
mod estimate;
mod exit;
mod flow;
mod found;
mod holder;
mod in_situ;
mod keeping_up;
mod kernel;
mod leftovers;
mod likelihood;
pub mod points;
mod price;
mod session;
mod target;
mod times;
mod watchers;

pub use self::descriptors::{CallPrices, Opened, OpenedAt, OpenedIn};
pub use self::error::Error;
pub use self::estimate::Estimate;
pub use self::exit::{Exit, Status, Unkept};
pub use self::found::{Cost, Ended, Options, Profile, SiteProfile};
pub use self::holder::{Start, hold};
pub use self::points::Counted;
pub use self::price::Prices;
pub use self::session::profile;
pub use self::times::Held;
