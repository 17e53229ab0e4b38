//! Graphs of small functions.
