//! Graphs of small functions.

mod forms;
mod program;
mod queries;
mod random;
