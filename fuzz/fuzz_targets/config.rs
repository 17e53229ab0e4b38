//! Any bytes to the readers of configuration and baselines.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| deferscope_fuzz::config::check(bytes));
