//! Effects of small functions.
