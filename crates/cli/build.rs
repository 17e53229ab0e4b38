//! Tells the binary which commit it was built from, if that is known.
//!
//! Nothing else about the build gets into the binary, so that the same source gives the same bytes.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Set by whoever builds from a source archive.
const VARIABLE: &str = "DEFERSCOPE_COMMIT";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let given = std::env::var(VARIABLE)
        .ok()
        .filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)?;
        // The crate two folders up is the repository. A repository further up is somebody else's.
        let root = manifest.parent()?.parent()?;
        for file in heads(&root.join(".git")) {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        commit(root)
    });
    println!("cargo::rustc-env={VARIABLE}={}", commit.unwrap_or_default());
}

/// The files that change when another commit is checked out.
fn heads(git: &Path) -> Vec<PathBuf> {
    let head = git.join("HEAD");
    let Ok(text) = std::fs::read_to_string(&head) else {
        return Vec::new();
    };
    let reference = text.strip_prefix("ref: ").map(|name| git.join(name.trim()));
    [Some(head), reference, Some(git.join("packed-refs"))]
        .into_iter()
        .flatten()
        .filter(|file| file.exists())
        .collect()
}

fn commit(root: &Path) -> Option<String> {
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args([
            "log",
            "-1",
            "--no-show-signature",
            "--format=%h %cs",
            "--abbrev=12",
        ])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
