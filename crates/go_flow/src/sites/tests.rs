//! Sites of small functions.
