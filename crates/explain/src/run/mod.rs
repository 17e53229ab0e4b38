//! Running a function on values that may be unknown.
//!
//! The machine runs Go by its tree: integers, strings, truth values, structs, pointers, slices,
//! closures and channels exactly; what it does not know is a value of its own, which says where it
//! comes from. A condition on such a value is decided both ways, one run for each: see `Choices`. What
//! is called outside of the package is not looked into: it gives unknown values, may change what it can
//! reach, and may panic.
//!
//! A run is bounded in steps and gives up (`Stop::Abort`) rather than guess.

mod assign;
mod builtins;
mod calls;
mod constants;
mod convert;
mod defers;
mod exprs;
mod funcs;
mod loops;
mod machine;
mod memory;
mod operators;
mod stmts;
mod value;

pub(crate) use machine::{
    Abort, Choices, Completion, Decision, ExitKind, Machine, Memo, PathResult, PathRun, World,
};
pub(crate) use value::Shown;
