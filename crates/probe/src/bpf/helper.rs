//! Functions of the kernel that BPF programs call, by the numbers of `enum bpf_func_id` in
//! `include/uapi/linux/bpf.h`.

pub(super) const LOOKUP: i32 = 1;
pub(super) const UPDATE: i32 = 2;
pub(super) const DELETE: i32 = 3;
pub(super) const TIME: i32 = 5;
pub(super) const STACK: i32 = 67;
pub(super) const READ_USER: i32 = 112;
pub(super) const READ_KERNEL: i32 = 113;
pub(super) const PID_IN_NAMESPACE: i32 = 120;
pub(super) const COOKIE: i32 = 174;
