//! What a running Go process says of its defers, without a change to it.
//!
//! Linux only. System calls and `unsafe` stand in `sys` and nowhere else.
//!
//! - [`Process`] finds a process and its program, [`Target`] says what addresses of its memory mean.
//! - [`Memory`] is where bytes come from: [`sys::memory::ProcessMemory`], [`CoreFile`].
//! - [`Snapshot`] is what all goroutines had pending at a moment, while the process ran, or stood still for it
//!   ([`Still`], [`sys::stop::Pause`]).

#[cfg(target_os = "linux")]
pub mod bpf;
#[cfg(target_os = "linux")]
pub mod profile;
pub mod sys;

#[cfg(target_os = "linux")]
mod core_file;
#[cfg(target_os = "linux")]
mod descriptors;
#[cfg(target_os = "linux")]
mod goroutine;
#[cfg(target_os = "linux")]
mod look;
mod memory;
#[cfg(target_os = "linux")]
mod pending;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod snapshot;
#[cfg(target_os = "linux")]
mod stack;
#[cfg(target_os = "linux")]
mod still;
#[cfg(target_os = "linux")]
mod suspicion;
#[cfg(target_os = "linux")]
mod target;
#[cfg(target_os = "linux")]
mod thread;
#[cfg(target_os = "linux")]
pub mod truth;
#[cfg(target_os = "linux")]
mod value;
#[cfg(target_os = "linux")]
mod wait_reasons;

pub use self::memory::{Copied, Memory, Piece, Unreadable};
#[cfg(target_os = "linux")]
pub use self::{
    core_file::{CoreError, CoreFile, CoreMemory},
    descriptors::{Kind, open_descriptors},
    goroutine::Status,
    look::Doubt,
    process::{Process, ProcessError},
    snapshot::{Group, Looking, Panic, PendingAt, Place, Reading, SitePending, Snapshot},
    still::{Still, StillError},
    suspicion::{At, MANY_CALLS, MANY_GOROUTINES, Suspicion, suspected_rules},
    target::{Target, TargetError},
};
