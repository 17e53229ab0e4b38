//! Globs over paths, as `exclude`, `per-file-ignores` and `overrides` have them.
//!
//! A glob without a slash means a file or folder of that name anywhere; one with a slash starts at
//! the folder of the configuration. What matches a folder matches everything in it.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::error::Complaint;

/// Globs that are matched together.
#[derive(Clone, Default)]
pub(crate) struct Globs {
    set: GlobSet,
    texts: Vec<String>,
}

/// What was written, and not the tables made of it, whose order differs from run to run.
impl std::fmt::Debug for Globs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Globs").field(&self.texts).finish()
    }
}

impl Globs {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, Complaint> {
        let mut set = GlobSetBuilder::new();
        let mut kept = Vec::new();
        for text in texts {
            for pattern in patterns(text)? {
                let glob = GlobBuilder::new(&pattern)
                    .literal_separator(true)
                    .backslash_escape(true)
                    .build();
                set.add(glob.map_err(|error| bad(text, &error))?);
            }
            kept.push(text.to_owned());
        }
        let set = set.build().map_err(|error| {
            Complaint::new(format!(
                "the globs are too large together: {}",
                error.kind()
            ))
        })?;
        Ok(Self { set, texts: kept })
    }

    /// Whether a file below the folder of the configuration is meant, `path` being relative to that
    /// folder.
    pub(crate) fn matches(&self, path: &Path) -> bool {
        !self.set.is_empty() && self.set.is_match(path)
    }

    /// The globs as written.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }
}

fn bad(text: &str, error: &globset::Error) -> Complaint {
    Complaint::new(format!("`{text}` is not a glob: {}", error.kind()))
        .with_help("`*` stands for a part of a name, `**` for folders, `[…]` for a choice of letters; `\\` takes a letter as it is")
}

/// The globs, understood by globset, that `text` stands for.
fn patterns(text: &str) -> Result<[String; 2], Complaint> {
    if let Some(rest) = text.strip_prefix('!') {
        return Err(
            Complaint::new(format!("`{text}`: there are no negative globs"))
                .with_help(format!("write `\\!{rest}` for a name that starts with `!`")),
        );
    }
    let trimmed = text.trim_end_matches('/');
    let trimmed = trimmed.strip_prefix("./").unwrap_or(trimmed);
    if trimmed.is_empty() || trimmed == "." {
        return Err(
            Complaint::new(format!("`{text}` names no file")).with_help("`**` is everything")
        );
    }
    if trimmed == ".." || trimmed.starts_with("../") {
        return Err(Complaint::new(format!(
            "`{text}` leads out of the folder of the configuration"
        ))
        .with_help("globs are relative to that folder"));
    }
    let anchored = match trimmed.strip_prefix('/') {
        Some(rest) => rest.to_owned(),
        None if trimmed.contains('/') => trimmed.to_owned(),
        None => format!("**/{trimmed}"),
    };
    Ok([format!("{anchored}/**"), anchored])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(glob: &str, path: &str) -> bool {
        Globs::new([glob]).expect("a glob").matches(Path::new(path))
    }

    #[test]
    fn a_name_is_found_anywhere_and_a_path_at_the_root() {
        for (glob, path, expected) in [
            ("gen", "gen/a.go", true),
            ("gen", "a/gen/b/c.go", true),
            ("gen", "a/general/c.go", false),
            ("*.pb.go", "a/b.pb.go", true),
            ("*.pb.go", "a.pb.go/b.go", true),
            ("a/gen", "a/gen/b.go", true),
            ("a/gen", "b/a/gen/b.go", false),
            ("a/gen/", "a/gen/b.go", true),
            ("./a", "a/b.go", true),
            ("/a", "a/b.go", true),
            ("/a", "b/a/b.go", false),
            ("**/a/*.go", "x/y/a/b.go", true),
            ("a/*", "a/b/c.go", true),
            ("a/*.go", "a/b/c.go", false),
            ("**", "a.go", true),
            ("a\\*b/c", "a*b/c/d.go", true),
            ("{a,b}/c", "b/c/d.go", true),
        ] {
            assert_eq!(matches(glob, path), expected, "{glob} {path}");
        }
        assert!(!Globs::default().matches(Path::new("a.go")));
    }

    #[test]
    fn bad_globs_are_explained() {
        for glob in ["[", "a/{b", "!a", "", "/", "./", "..", "../a"] {
            let complaint = Globs::new([glob]).expect_err(glob);
            assert!(complaint.help.is_some(), "{glob}");
        }
    }
}
