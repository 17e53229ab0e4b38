//! What `--version` says.

use std::sync::LazyLock;

use go_project::GoVersion;

/// The version of deferscope.
pub(crate) const NUMBER: &str = env!("CARGO_PKG_VERSION");

/// The version with the commit, and the newest Go that is understood.
pub(crate) fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| {
        let commit = env!("DEFERSCOPE_COMMIT");
        let commit = if commit.is_empty() {
            String::new()
        } else {
            format!(" ({commit})")
        };
        format!(
            "{NUMBER}{commit}\nunderstands Go up to {}",
            GoVersion::NEWEST
        )
    });
    &LONG
}
