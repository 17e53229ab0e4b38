//! Snapshots of Go programs that know what they hold.
#![cfg(target_os = "linux")]

#[path = "it/chaos.rs"]
mod chaos;
#[path = "it/descriptors.rs"]
mod descriptors;
#[path = "it/ends.rs"]
mod ends;
#[path = "it/holds.rs"]
mod holds;
#[path = "it/one_by_one.rs"]
mod one_by_one;
#[path = "it/targets.rs"]
mod targets;
#[path = "it/truth.rs"]
mod truth;
