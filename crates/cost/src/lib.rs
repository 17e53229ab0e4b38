//! What the compiler makes of each `defer`, per release of Go and flags, and what that costs.
//!
//! [`classes`] takes a top-level function and the [`Build`] it is compiled in. The compiler decides
//! late, on a tree that it has rewritten: dead code is gone, loops over functions are calls with the body
//! as a literal, switches may be tables. So a function is first [lowered](lower) to the few things that
//! count, as that release does it, and then judged by the release's own conditions.
//!
//! What needs the whole of the compiler's escape analysis is approximated in [`escape`], and says so.

mod bill;
mod build;
mod classes;
mod escape;
mod inliner;
mod lower;
mod passes;
mod reason;
mod survey;
mod tree;

#[cfg(test)]
mod tests;

pub use bill::{Priced, Total, Totals, price};
pub use build::Build;
pub use classes::{FunctionClasses, Site, classes};
pub use go_binary::Class;
pub use reason::{LoopKind, Reason};
pub use survey::{NoThreads, Seen, Survey, Surveyed};
