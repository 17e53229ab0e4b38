//! Go text that is nearly right to the parser: tokens of seeds lost, doubled, swapped and spliced.
#![no_main]

use go_mutate::{Random, cross, mutate, repeat};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| deferscope_fuzz::tree::check(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(u64::from(seed));
    let changed = match random.below(16) {
        0 => repeat(&data[..size], &mut random),
        _ => mutate(&data[..size], &mut random, 4),
    };
    let length = changed.len().min(max_size).min(data.len());
    data[..length].copy_from_slice(&changed[..length]);
    length
});

libfuzzer_sys::fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    let crossed = cross(one, other, &mut Random::new(u64::from(seed)));
    let length = crossed.len().min(out.len());
    out[..length].copy_from_slice(&crossed[..length]);
    length
});
