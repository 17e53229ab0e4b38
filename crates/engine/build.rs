//! Tells the engine which build of the analysis it belongs to: a digest of the sources of everything
//! that takes part in finding something. What one build has kept means nothing to another.

use std::fs;
use std::path::{Path, PathBuf};

/// The crates that take part, by folder.
const CRATES: [&str; 8] = [
    "diagnostics",
    "engine",
    "go_flow",
    "go_project",
    "go_std",
    "go_syntax",
    "go_types",
    "rules",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    let crates = Path::new(&manifest).join("..");
    let mut files = Vec::new();
    for name in CRATES {
        let folder = crates.join(name);
        for part in ["src", "models", "index.bin", "Cargo.toml"] {
            let path = folder.join(part);
            if path.exists() {
                println!("cargo::rerun-if-changed={}", path.display());
                collect(&path, &mut files);
            }
        }
    }
    files.sort();
    let mut hash = Fnv::new();
    for file in &files {
        let name = file.strip_prefix(&crates).unwrap_or(file);
        hash.part(name.to_string_lossy().replace('\\', "/").as_bytes());
        hash.part(&fs::read(file).expect("a source file can be read"));
    }
    hash.part(env!("CARGO_PKG_VERSION").as_bytes());
    println!("cargo::rustc-env=DEFERSCOPE_ANALYSIS={:032x}", hash.0);
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return;
    }
    for entry in fs::read_dir(path).expect("a folder of sources can be read") {
        collect(&entry.expect("an entry").path(), files);
    }
}

/// FNV-1a with 128 bits.
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn part(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().chain(&(bytes.len() as u64).to_le_bytes()) {
            let mixed = self.0 ^ u128::from(byte);
            self.0 = mixed.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}
