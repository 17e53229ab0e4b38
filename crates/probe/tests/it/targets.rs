//! Building the targets with the Go that there is.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the source of the target is.
pub(crate) fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/targets/truth")
}

/// The target, built once; nothing where there is no Go.
pub(crate) fn truth() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT.get_or_init(|| build("truth", &[])).as_deref()
}

/// The target, built with further flags.
pub(crate) fn build(name: &str, flags: &[&str]) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("DEFERSCOPE_GOROOT").map(PathBuf::from) else {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "DEFERSCOPE_GOROOT must name the root of Go in CI"
        );
        // Past the capture of output: nobody should think that this was tested.
        writeln!(
            std::io::stderr(),
            "\n*** NOT TESTED: set DEFERSCOPE_GOROOT to build what snapshots are taken of ***"
        )
        .expect("stderr is open");
        return None;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = folder.join(format!("{name}-{}", std::process::id()));
    let cache = std::env::var_os("GOCACHE").map_or_else(|| folder.join("go-cache"), PathBuf::from);
    let output = Command::new(root.join("bin/go"))
        .current_dir(source())
        .args(["build", "-buildvcs=false"])
        .args(flags)
        .arg("-o")
        .arg(&binary)
        .arg(".")
        .env("GOROOT", &root)
        .env("GOCACHE", cache)
        .env("GOFLAGS", "-mod=mod")
        .env("GOPROXY", "off")
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0")
        .output()
        .expect("go starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(binary)
}
