//! Acquisitions of small functions.
