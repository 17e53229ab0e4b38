//! Any bytes to the parser.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| deferscope_fuzz::tree::check(bytes));
