//! Any bytes as a profile, and as evidence.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| deferscope_fuzz::profile::check(bytes));
