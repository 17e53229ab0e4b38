//! Programs for the kernel's BPF machine, written here instruction by instruction.
//!
//! What they are for stands in [`crate::profile`]; how they get into the kernel, in `crate::sys::bpf`.

pub mod assembler;
mod helper;
pub mod syscalls;
pub mod uprobe;
