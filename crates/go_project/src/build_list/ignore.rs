//! The `ignore` directives of a module.

/// The folders that the `ignore` directives of a module name.
#[derive(Debug, Default)]
pub(crate) struct IgnoreSet {
    /// From the root of the module; with slashes around.
    rooted: Vec<String>,
    /// At any depth; with slashes around.
    anywhere: Vec<String>,
}

impl IgnoreSet {
    pub(super) fn new(patterns: &[String]) -> Self {
        let mut set = Self::default();
        for pattern in patterns {
            let pattern = pattern.replace('\\', "/");
            let (list, path) = match pattern.strip_prefix("./") {
                Some(path) => (&mut set.rooted, path),
                None => (&mut set.anywhere, pattern.as_str()),
            };
            let path = path.trim_matches('/');
            if !path.is_empty() {
                list.push(format!("/{path}/"));
            }
        }
        set
    }

    /// Whether a folder, given relative to the root of the module, is ignored.
    pub(crate) fn contains(&self, folder: &str) -> bool {
        if folder.is_empty() || (self.rooted.is_empty() && self.anywhere.is_empty()) {
            return false;
        }
        let folder = format!("/{folder}/");
        self.rooted.iter().any(|path| folder.starts_with(path))
            || self.anywhere.iter().any(|path| folder.contains(path))
    }
}
