//! Any bytes to the readers of module files, constraints and heads.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| deferscope_fuzz::module::check(bytes));
