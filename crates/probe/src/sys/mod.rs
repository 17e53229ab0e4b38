//! System calls: the memory of processes, stopping and continuing them, BPF programs and probes.
//!
//! The only place of the project that may contain `unsafe`.

#[cfg(target_os = "linux")]
pub mod bpf;
#[cfg(target_os = "linux")]
pub mod calibration;
#[cfg(target_os = "linux")]
pub mod descent;
#[cfg(target_os = "linux")]
pub mod memory;
#[cfg(target_os = "linux")]
pub mod passing;
#[cfg(target_os = "linux")]
pub mod perf_event;
#[cfg(target_os = "linux")]
pub mod pidfd;
#[cfg(target_os = "linux")]
pub mod priority;
#[cfg(target_os = "linux")]
pub mod running;
#[cfg(target_os = "linux")]
pub mod stop;
