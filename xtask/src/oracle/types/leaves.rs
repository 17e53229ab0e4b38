//! Packages that import only the standard library, with no Go in sight of ours: what it knows of the
//! library then is the embedded index.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use go_project::header;

use super::corpora::{Code, Found};
use crate::debian;
use crate::project::Project;
use crate::toolchains::{GO, Go};

/// Fewer leaves than this mean that they were not recognised.
const LEAST: usize = 100;

/// What each corpus is made of.
const STD: &str = "std";
const SHOP: &str = "examples/shop";
const DEBIAN: &str = "Debian packages";

/// The packages of GOROOT that import nothing else, the example, and those of Debian's packages when
/// they are asked for.
pub(super) fn through_index(project: &Project, go: &Go, with_optional: bool) -> Result<Vec<Found>> {
    let src = ("", go.root.join("src"));
    let mut all = vec![
        module(project, STD, &[src])?,
        code(SHOP, &project.root.join(SHOP))?,
    ];
    if with_optional {
        let packages = debian::fetch(project)?;
        if packages.len() < debian::count() {
            let help = "not all of the pinned packages could be had".to_owned();
            let name = label(DEBIAN);
            all.push(Found::Missing { name, help });
            return Ok(all);
        }
        let roots: Vec<_> = packages
            .iter()
            .map(|package| (package.name, package.root.join("usr/share/gocode/src")))
            .filter(|(_, root)| root.is_dir())
            .collect();
        all.push(module(project, DEBIAN, &roots)?);
    }
    Ok(all)
}

/// The names of all corpora, also of those that were not asked for.
pub(super) fn names() -> [String; 3] {
    [STD, SHOP, DEBIAN].map(label)
}

fn label(name: &str) -> String {
    format!("{name} through the index")
}

/// A module of the leaves below some folders, each in a folder of this name.
fn module(project: &Project, name: &str, from: &[(&str, PathBuf)]) -> Result<Found> {
    let short: String = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let folder = project
        .cache_dir("oracle-types")?
        .join("leaves")
        .join(short);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("removing {}", folder.display()))?;
    }
    let mut copied = 0;
    for (below, src) in from {
        copied += copy_leaves(src, Path::new(""), &folder.join(below))?;
    }
    if copied < LEAST {
        bail!("{name}: only {copied} packages import nothing but the standard library");
    }
    let release = GO.rsplit_once('.').map_or(GO, |(release, _)| release);
    let text = format!("module example.com/leaves\n\ngo {release}\n");
    write(&folder.join("go.mod"), text.as_bytes())?;
    code(name, &folder)
}

fn code(name: &str, root: &Path) -> Result<Found> {
    Ok(Found::Here(Code {
        name: label(name),
        root: root.canonicalize()?,
        env: Vec::new(),
        flags: vec!["-tests=false"],
        patterns: vec!["./...".to_owned()],
        our_patterns: vec!["--tests=false".to_owned(), "./...".to_owned()],
        without_go: true,
    }))
}

/// Copies the packages below `src` that import only the standard library, without their tests.
/// Returns how many there are.
fn copy_leaves(src: &Path, path: &Path, to: &Path) -> Result<usize> {
    let dir = src.join(path);
    let mut files = Vec::new();
    let mut copied = 0;
    let mut is_leaf = true;
    for entry in std::fs::read_dir(&dir).with_context(|| format!("reading {}", dir.display()))? {
        let entry = entry?.path();
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        let below = path.join(&*name);
        if entry.is_dir() {
            // Package builtin is for readers only.
            if !name.starts_with(['.', '_']) && !matches!(&*name, "testdata" | "builtin") {
                copied += copy_leaves(src, &below, to)?;
            }
        } else if name.ends_with(".go") && !name.ends_with("_test.go") {
            let bytes =
                std::fs::read(&entry).with_context(|| format!("reading {}", entry.display()))?;
            let head = header::scan(&bytes, true)
                .map_err(|_| anyhow!("{}: its head has no end", entry.display()))?;
            is_leaf &= head.imports.iter().all(|import| is_open(&import.path));
            files.push((below, bytes));
        }
    }
    if !is_leaf || files.is_empty() {
        return Ok(copied);
    }
    for (below, bytes) in files {
        write(&to.join(below), &bytes)?;
    }
    Ok(copied + 1)
}

/// Whether any code may import this from the standard library.
fn is_open(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let internal = path.split('/').any(|element| element == "internal");
    !internal && !first.contains('.') && !matches!(first, "C" | "cmd")
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("creating {}", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
