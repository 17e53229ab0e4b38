//! Any bytes to the reader of what earlier runs have kept.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| engine::read_any_cache(bytes));
