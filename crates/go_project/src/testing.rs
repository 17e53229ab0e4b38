//! Folders for tests.

use std::path::{Path, PathBuf};

/// A temporary folder with files in it; removed when dropped.
pub(crate) struct Tree {
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // On some systems the temporary folder is behind a link.
        let root = folder.path().canonicalize().expect("a real path");
        let tree = Self { folder, root };
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        let parent = path.parent().expect("below the root");
        std::fs::create_dir_all(parent).expect("folders are made");
        std::fs::write(path, bytes).expect("the file is written");
    }

    pub(crate) fn root(&self) -> &Path {
        debug_assert!(self.folder.path().exists());
        &self.root
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}
