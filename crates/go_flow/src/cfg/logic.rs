//! Conditions and short circuits.
