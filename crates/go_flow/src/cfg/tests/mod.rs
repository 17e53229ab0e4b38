//! Graphs of small functions.

mod forms;
mod queries;
