//! Any bytes as a Go program.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| deferscope_fuzz::binary::check(bytes));
