//! The code that `ecosystem` runs over.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::corpus::patterns;
use crate::debian;
use crate::project::Project;
use crate::toolchains::{self, GO};

/// What the tables call the standard library and the commands.
pub(super) const GOROOT: &str = "GOROOT";

/// A folder of Go code.
#[derive(Clone, Debug)]
pub(super) struct CodeBase {
    pub(super) name: String,
    /// Where `check` is run.
    pub(super) root: PathBuf,
    /// What it is told to look at.
    pub(super) patterns: Vec<String>,
}

impl CodeBase {
    fn new(name: impl Into<String>, root: PathBuf) -> Result<Self> {
        Ok(Self {
            name: name.into(),
            patterns: patterns(&root)?,
            root,
        })
    }
}

/// GOROOT, the Debian packages and the folders in `repos`; those that `only` names.
pub(super) fn all(project: &Project, repos: &[PathBuf], only: &[String]) -> Result<Vec<CodeBase>> {
    let go = toolchains::go_toolchain(project, GO)?;
    let mut all = vec![CodeBase::new(GOROOT, go.root.join("src"))?];
    for package in debian::fetch(project)? {
        let root = source_folder(&package.root)
            .with_context(|| format!("looking for the code of {}", package.name))?;
        all.push(CodeBase::new(
            format!("{} {}", package.name, package.version),
            root,
        )?);
    }
    for repo in repos {
        let root = repo
            .canonicalize()
            .with_context(|| format!("looking for {}", repo.display()))?;
        let name = root
            .file_name()
            .unwrap_or(root.as_os_str())
            .to_string_lossy()
            .into_owned();
        all.push(CodeBase::new(name, root)?);
    }
    if !only.is_empty() {
        all.retain(|code| only.iter().any(|name| code.name.contains(name.as_str())));
        if all.is_empty() {
            bail!("no code base is called {}", only.join(" or "));
        }
    }
    Ok(all)
}

/// Debian keeps libraries in a GOPATH, and Go itself in a folder with its version.
fn source_folder(package: &Path) -> Result<PathBuf> {
    let share = package.join("usr/share");
    let gopath = share.join("gocode/src");
    if gopath.is_dir() {
        return Ok(gopath);
    }
    for entry in
        std::fs::read_dir(&share).with_context(|| format!("reading {}", share.display()))?
    {
        let source = entry?.path().join("src");
        if source.is_dir() {
            return Ok(source);
        }
    }
    bail!("{} has no Go code", package.display())
}
