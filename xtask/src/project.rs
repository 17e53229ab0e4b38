//! Where things are: the workspace, its target folder, and the cache of what was fetched.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::process;

/// The folders that the chores work in.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The root of the workspace.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// Toolchains, sources and other references; may be shared between clones.
    pub(crate) cache: PathBuf,
}

impl Project {
    /// Finds the folders: the cache is `$DEFERSCOPE_CACHE`, or `deferscope-refs` in the target
    /// folder.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("the xtask crate stands directly below the workspace")?
            .to_path_buf();
        let metadata = cargo_metadata(&root, &["--no-deps"])?;
        let target = metadata["target_directory"]
            .as_str()
            .map(PathBuf::from)
            .ok_or_else(|| anyhow!("`cargo metadata` names no target_directory"))?;
        let cache = match std::env::var_os("DEFERSCOPE_CACHE") {
            Some(path) if !path.is_empty() => root.join(path),
            _ => target.join("deferscope-refs"),
        };
        Ok(Self {
            root,
            target,
            cache,
        })
    }

    /// A folder of the cache, created when it does not exist.
    pub(crate) fn cache_dir(&self, name: &str) -> Result<PathBuf> {
        let path = self.cache.join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
        Ok(path)
    }

    /// A cargo command in the root of the workspace.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(cargo());
        command.current_dir(&self.root);
        command
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// What `cargo metadata` says of the workspace in `root`.
pub(crate) fn cargo_metadata(root: &Path, flags: &[&str]) -> Result<serde_json::Value> {
    let mut command = Command::new(cargo());
    command
        .current_dir(root)
        .args(["metadata", "--format-version", "1"])
        .args(flags);
    let text = process::stdout(&mut command)?;
    serde_json::from_str(&text).context("reading the output of `cargo metadata`")
}

/// Whether this is a continuous-integration run, where a missing reference is a failure.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
