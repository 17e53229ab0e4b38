//! Tests through the public interface of the crate.

#[path = "it/reference.rs"]
mod reference;
