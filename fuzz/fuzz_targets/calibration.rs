//! Any bytes to the reader of calibrations.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| deferscope_fuzz::calibration::check(bytes));
