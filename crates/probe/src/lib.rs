//! What a running Go process says of its defers, without a change to it.
//!
//! Linux only. System calls and `unsafe` stand in `sys` and nowhere else.

pub mod sys;
