//! Corpora: named lists of Go files that chores run over.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::debian;
use crate::project::Project;
use crate::toolchains::Go;

/// A list of files below one folder.
#[derive(Clone, Debug)]
pub(crate) struct Corpus {
    /// What the tables call it.
    pub(crate) name: String,
    /// The folder that the paths are relative to.
    pub(crate) root: PathBuf,
    /// The files, sorted, with `/` between the parts of a path.
    pub(crate) files: Vec<String>,
}

impl Corpus {
    fn new(name: impl Into<String>, root: PathBuf, mut files: Vec<String>) -> Self {
        files.sort();
        Self {
            name: name.into(),
            root,
            files,
        }
    }

    /// The full path of one of the files.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }
}

/// The corpora that come with the Go toolchain.
pub(crate) fn of_goroot(go: &Go) -> Result<Vec<Corpus>> {
    let src = go.root.join("src");
    let all = files_below(&src)?;
    let std_and_cmd = |file: &str| is_go(file) && !in_testdata(file);
    let types = |file: &str| file.starts_with("internal/types/testdata/") && is_go(file);
    // All files, since many of them are Go under another name.
    let parser = |file: &str| file.starts_with("go/parser/testdata/");
    let printer = |file: &str| file.starts_with("go/printer/testdata/");
    let rest = |file: &str| {
        is_go(file) && in_testdata(file) && !types(file) && !parser(file) && !printer(file)
    };
    let pick = |name: &str, wanted: &dyn Fn(&str) -> bool| {
        let files = all.iter().filter(|file| wanted(file)).cloned().collect();
        Corpus::new(name, src.clone(), files)
    };
    let mut corpora = vec![
        pick("std and cmd", &std_and_cmd),
        pick("internal/types/testdata", &types),
        pick("go/parser/testdata", &parser),
        pick("go/printer/testdata", &printer),
        pick("other testdata", &rest),
    ];
    let test = go.root.join("test");
    if test.is_dir() {
        let files = files_below(&test)?
            .into_iter()
            .filter(|file| is_go(file))
            .collect();
        corpora.push(Corpus::new("test", test, files));
    }
    Ok(corpora)
}

/// One corpus per Debian source package.
pub(crate) fn of_debian(project: &Project) -> Result<Vec<Corpus>> {
    debian::fetch(project)?
        .into_iter()
        .map(|package| {
            let files = files_below(&package.root)?
                .into_iter()
                .filter(|file| is_go(file))
                .collect();
            Ok(Corpus::new(
                format!("{} {}", package.name, package.version),
                package.root,
                files,
            ))
        })
        .collect()
}

/// Patterns for `deferscope check` that name all code below `root`: `./...` stays in one module, as
/// it does in Go, so every module below has a pattern of its own.
pub(crate) fn patterns(root: &Path) -> Result<Vec<String>> {
    let files = files_below(root)?;
    let is_code = |file: &str| {
        !file
            .split('/')
            .any(|part| part == "vendor" || part.starts_with(['.', '_']))
    };
    let files: Vec<&str> = files
        .iter()
        .map(String::as_str)
        .filter(|file| is_code(file) && !in_testdata(file))
        .collect();
    let modules: Vec<&str> = files
        .iter()
        .filter_map(|file| file.strip_suffix("go.mod"))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .collect();
    let mut patterns: Vec<String> = modules
        .iter()
        .map(|folder| format!("./{folder}..."))
        .collect();
    let stray = |file: &&str| is_go(file) && !modules.iter().any(|folder| file.starts_with(folder));
    if files.iter().any(stray) {
        patterns.push("./...".to_owned());
    }
    patterns.sort();
    Ok(patterns)
}

fn is_go(file: &str) -> bool {
    file.ends_with(".go")
}

fn in_testdata(file: &str) -> bool {
    file.split('/').any(|part| part == "testdata")
}

/// All regular files below `root`, relative to it; symbolic links are not followed.
pub(crate) fn files_below(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        let entries =
            std::fs::read_dir(&path).with_context(|| format!("reading {}", path.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("reading {}", path.display()))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let relative = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(relative);
            } else if kind.is_file() {
                files.push(relative);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_has_a_pattern() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for file in [
            "a/go.mod",
            "a/x.go",
            "a/b/go.mod",
            "a/testdata/go.mod",
            "a/vendor/v/go.mod",
            "a/notgo.mod",
        ] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
            std::fs::write(path, "")?;
        }
        assert_eq!(patterns(folder.path())?, ["./a/...", "./a/b/..."]);
        assert_eq!(patterns(&folder.path().join("a"))?, ["./...", "./b/..."]);
        // Code outside of all modules.
        std::fs::write(folder.path().join("y.go"), "")?;
        assert_eq!(patterns(folder.path())?, ["./...", "./a/...", "./a/b/..."]);
        Ok(())
    }
}
