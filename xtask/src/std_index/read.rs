//! The standard library as it is installed: its packages, their files, and what each file declares.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use go_project::header;
use go_syntax::{File, Mode, Source, parse};

/// A package of the standard library, with the files for all systems.
pub(super) struct Package {
    /// Its import path.
    pub(super) path: String,
    /// Its files without tests, sorted by name.
    pub(super) files: Vec<GoFile>,
}

/// A file.
pub(super) struct GoFile {
    pub(super) name: String,
    /// What follows `//go:build`.
    pub(super) constraint: Option<String>,
    /// The name in the package clause.
    pub(super) package: String,
    pub(super) tree: File,
}

impl Package {
    /// Whether code outside of the standard library may import it.
    pub(super) fn is_public(&self) -> bool {
        let internal = self.path.split('/').any(|element| element == "internal");
        !internal && !self.path.starts_with("vendor/")
    }

    /// The name in its package clauses.
    pub(super) fn name(&self) -> &str {
        self.files.first().map_or("", |file| &file.package)
    }
}

/// Reads all packages below `src`, commands apart.
pub(super) fn packages(src: &Path) -> Result<BTreeMap<String, Package>> {
    let mut packages = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(path) = folders.pop() {
        let dir = src.join(&path);
        let mut names = Vec::new();
        let entries =
            std::fs::read_dir(&dir).with_context(|| format!("reading {}", dir.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("reading {}", dir.display()))?;
            let Ok(name) = entry.file_name().into_string() else {
                bail!("{} has a name that is no text", entry.path().display());
            };
            if name.starts_with(['_', '.']) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                let child = if path.is_empty() {
                    name
                } else {
                    format!("{path}/{name}")
                };
                if !child.ends_with("testdata") && child != "cmd" {
                    folders.push(child);
                }
            } else if name.ends_with(".go") && !name.ends_with("_test.go") {
                names.push(name);
            }
        }
        names.sort();
        // These two are for readers: the compiler knows what they declare.
        if matches!(path.as_str(), "builtin" | "unsafe") {
            continue;
        }
        let files = names
            .into_iter()
            .map(|name| read(&dir, name))
            .collect::<Result<Vec<_>>>()?;
        let files = without_strays(files);
        if !files.is_empty() {
            packages.insert(path.clone(), Package { path, files });
        }
    }
    Ok(packages)
}

fn read(dir: &Path, name: String) -> Result<GoFile> {
    let path = dir.join(&name);
    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let Ok(head) = header::scan(&bytes, true) else {
        bail!("{}: the head of the file has no end", path.display());
    };
    let Some(clause) = head.package else {
        bail!("{}: no package clause", path.display());
    };
    let package = clause.name.to_owned();
    let constraint = head
        .go_build
        .map(|text| String::from_utf8_lossy(text).trim().to_owned());
    if constraint.is_none() && !head.plus_build.is_empty() {
        bail!("{}: a `+build` line without `//go:build`", path.display());
    }
    let tree = parse(Source::new(bytes), Mode::SkipBodies);
    if let Some(error) = tree.errors().first() {
        bail!("{}: {}", path.display(), error.message);
    }
    Ok(GoFile {
        name,
        constraint,
        package,
        tree,
    })
}

/// Leaves out programs that generate code, and documentation: files of another package than most.
fn without_strays(files: Vec<GoFile>) -> Vec<GoFile> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &files {
        *counts.entry(&file.package).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .filter(|(name, _)| !matches!(*name, "main" | "documentation"))
        .max_by_key(|(_, count)| *count)
        .map(|(name, _)| name.to_owned());
    files
        .into_iter()
        .filter(|file| most.as_ref() == Some(&file.package))
        .collect()
}
