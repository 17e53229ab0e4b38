//! What the fuzz targets demand of the layers. A broken demand panics, which is how libFuzzer learns
//! of it; the targets themselves only hand over bytes.

pub mod binary;
pub mod calibration;
pub mod config;
pub mod module;
pub mod profile;
pub mod tree;
