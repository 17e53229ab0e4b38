//! Building the targets with the Go that there is.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where the source of the target is.
pub(crate) fn source() -> PathBuf {
    folder("truth")
}

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/targets")
        .join(target)
}

/// The target, built once; nothing where there is no Go.
pub(crate) fn truth() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT
        .get_or_init(|| build_in(&source(), "truth", &[]))
        .as_deref()
}

/// The target that opens what it is told to, built once; nothing where there is no Go.
pub(crate) fn holds() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT
        .get_or_init(|| build_in(&folder("holds"), "holds", &[]))
        .as_deref()
}

/// The target, built with further flags.
pub(crate) fn build(name: &str, flags: &[&str]) -> Option<PathBuf> {
    build_in(&source(), name, flags)
}

fn build_in(source: &Path, name: &str, flags: &[&str]) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("DEFERSCOPE_GOROOT").map(PathBuf::from) else {
        not_tested("set DEFERSCOPE_GOROOT to build what is looked at");
        return None;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = folder.join(format!("{name}-{}", std::process::id()));
    probe::truth::build(&root, source, ".", flags, &binary).expect("it compiles");
    Some(binary)
}

/// Past the capture of output: nobody should think that this was tested. In CI it must be.
pub(crate) fn not_tested(why: &str) {
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "in CI this must be tested, but: {why}"
    );
    writeln!(std::io::stderr(), "\n*** NOT TESTED: {why} ***").expect("stderr is open");
}
