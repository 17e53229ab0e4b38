//! Folders for tests, and short ways to say what was loaded from them.

use std::path::{Path, PathBuf};

use go_project::{BuildContext, Loaded, PackageKind, Problem, Project, Selection};

/// A temporary folder with files in it; removed when dropped.
pub(crate) struct Tree {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // On some systems the temporary folder is behind a link.
        let root = folder.path().canonicalize().expect("a real path");
        let tree = Self {
            _folder: folder,
            root,
        };
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("folders are made");
        std::fs::write(path, text).expect("the file is written");
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The project in a folder of the tree, with neither Go nor a module cache.
    pub(crate) fn project(&self, cwd: &str) -> Project {
        Project::open(&self.path(cwd), BuildContext::default())
    }
}

/// The import paths of what was loaded. Those of strays have a `!`.
pub(crate) fn paths(loaded: &Loaded) -> Vec<String> {
    loaded
        .targets
        .iter()
        .map(|target| {
            let mark = if target.package.kind == PackageKind::Stray {
                "!"
            } else {
                ""
            };
            format!("{}{mark}", target.package.import_path)
        })
        .collect()
}

/// The files that were asked for, by package.
pub(crate) fn files(loaded: &Loaded) -> Vec<String> {
    loaded
        .targets
        .iter()
        .map(|target| {
            let names: Vec<_> = target.files().map(|file| file.display_name()).collect();
            let all = if target.selection == Selection::All {
                " (all)"
            } else {
                ""
            };
            format!("{}: {}{all}", target.package.import_path, names.join(" "))
        })
        .collect()
}

/// Loads patterns that cause no problem.
pub(crate) fn load(project: &Project, patterns: &[&str]) -> Loaded {
    let loaded = project.load(patterns);
    assert_eq!(loaded.problems, [], "{patterns:?}");
    loaded
}

/// Loads one pattern that causes one problem and nothing else.
pub(crate) fn problem(project: &Project, pattern: &str) -> Problem {
    let mut loaded = project.load(&[pattern]);
    assert_eq!(paths(&loaded), [""; 0], "{pattern}");
    assert_eq!(loaded.problems.len(), 1, "{pattern}: {:?}", loaded.problems);
    loaded.problems.remove(0)
}
