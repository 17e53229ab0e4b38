//! Tests through the public interface of the crate, over folders that they write.

#[path = "it/imports.rs"]
mod imports;
#[path = "it/patterns.rs"]
mod patterns;
#[path = "it/problems.rs"]
mod problems;
#[path = "it/reference.rs"]
mod reference;
#[path = "it/tree.rs"]
mod tree;
