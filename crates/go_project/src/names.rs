//! Names and paths: what a package is probably called, import paths, and lexical paths.

use std::path::{Component, Path, PathBuf};

/// The name that a package with this import path most likely has, when its source is not there.
///
/// The last element, without a major version (`/v2`, `.v3`), without a `go-` before or a `-go`
/// behind, up to the first character that no identifier contains.
pub fn guess_from_path(path: &str) -> String {
    let mut elements = path.trim_end_matches('/').rsplit('/');
    let last = elements.next().unwrap_or_default();
    let mut name = match elements.next() {
        Some(before) if is_major_version(last) => before,
        _ => last,
    };
    if let Some((before, version)) = name.rsplit_once('.')
        && is_major_version(version)
    {
        name = before;
    }
    for prefix in ["go-", "go."] {
        name = name
            .strip_prefix(prefix)
            .filter(|rest| !rest.is_empty())
            .unwrap_or(name);
    }
    for suffix in ["-go", ".go"] {
        name = name
            .strip_suffix(suffix)
            .filter(|rest| !rest.is_empty())
            .unwrap_or(name);
    }
    let name = name.trim_start_matches(|c: char| !is_name_start(c));
    let end = name
        .find(|c| !is_name_start(c) && !char::is_numeric(c))
        .unwrap_or(name.len());
    let name = &name[..end];
    if name.is_empty() {
        "_".to_owned()
    } else {
        name.to_owned()
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// `v2`, `v3`, …
fn is_major_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether an import path is one of the standard library's: no dot in its first element.
pub(crate) fn looks_standard(path: &str) -> bool {
    !path.split('/').next().unwrap_or_default().contains('.')
}

/// Whether an import path is relative to the folder of the importing file.
pub(crate) fn is_relative_import(path: &str) -> bool {
    path == "." || path == ".." || path.starts_with("./") || path.starts_with("../")
}

/// Whether an import path could name a package. Stricter rules exist, but a path that passes here
/// leads to a folder below its root or to none.
pub(crate) fn is_importable(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(|c: char| {
            c.is_control() || c.is_whitespace() || "\\:*?\"<>|\u{fffd}".contains(c)
        })
        && path
            .split('/')
            .all(|element| !matches!(element, "" | "." | ".."))
}

/// What follows `prefix` and a slash in `path`; empty when they are equal. An empty prefix is one
/// of every path.
pub(crate) fn strip_path_prefix<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    if prefix.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(prefix)?;
    if rest.is_empty() {
        Some(rest)
    } else {
        rest.strip_prefix('/')
    }
}

/// `prefix/rest`, without the slash when either is empty.
pub(crate) fn join_path(prefix: &str, rest: &str) -> String {
    match (prefix.is_empty(), rest.is_empty()) {
        (true, _) => rest.to_owned(),
        (_, true) => prefix.to_owned(),
        _ => format!("{prefix}/{rest}"),
    }
}

/// The folder of an import path below a root.
pub(crate) fn below(root: &Path, path: &str) -> PathBuf {
    let mut dir = root.to_path_buf();
    dir.extend(path.split('/').filter(|element| !element.is_empty()));
    dir
}

/// A relative path with slashes, as import paths have them.
pub(crate) fn slashed(path: &Path) -> String {
    let mut text = String::new();
    for component in path.components() {
        if let Component::Normal(name) = component {
            if !text.is_empty() {
                text.push('/');
            }
            text.push_str(&name.to_string_lossy());
        }
    }
    text
}

/// The path without `.` and `..`, by the letters alone: links are not looked at.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => clean.push(".."),
            },
            other => clean.push(other),
        }
    }
    if clean.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        clean
    }
}

/// The form that module paths and versions have in the module cache: capitals as `!` and the small
/// letter, for file systems that see no difference.
pub(crate) fn escape_module(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_guessed_as_people_choose_them() {
        for (path, name) in [
            ("fmt", "fmt"),
            ("net/http", "http"),
            ("example.com/a/b", "b"),
            ("example.com/a/v2", "a"),
            ("example.com/a/v2/", "a"),
            ("gopkg.in/yaml.v3", "yaml"),
            ("gopkg.in/go-playground/validator.v9", "validator"),
            ("github.com/mattn/go-sqlite3", "sqlite3"),
            ("github.com/x/uuid-go", "uuid"),
            ("github.com/x/nats.go", "nats"),
            ("github.com/satori/go.uuid", "uuid"),
            ("github.com/x/foo-bar", "foo"),
            ("github.com/x/2fa", "fa"),
            ("example.com/go", "go"),
            ("v2", "v2"),
            ("", "_"),
            ("---", "_"),
        ] {
            assert_eq!(guess_from_path(path), name, "{path}");
        }
    }

    #[test]
    fn paths_are_cleaned_by_their_letters() {
        for (path, cleaned) in [
            ("/a/./b/../c", "/a/c"),
            ("/..", "/"),
            ("a/..", "."),
            ("../a", "../a"),
            ("./a/", "a"),
            ("a/../../b", "../b"),
        ] {
            assert_eq!(clean(Path::new(path)), Path::new(cleaned), "{path}");
        }
    }

    #[test]
    fn prefixes_end_at_slashes() {
        assert_eq!(strip_path_prefix("a/b/c", "a/b"), Some("c"));
        assert_eq!(strip_path_prefix("a/b", "a/b"), Some(""));
        assert_eq!(strip_path_prefix("a/bc", "a/b"), None);
        assert_eq!(strip_path_prefix("a", ""), Some("a"));
        assert_eq!(join_path("a", "b"), "a/b");
        assert_eq!(join_path("", "b"), "b");
        assert_eq!(join_path("a", ""), "a");
    }

    #[test]
    fn import_paths_cannot_leave_their_root() {
        for path in ["a", "a/b", "gopkg.in/yaml.v3", "a/...b"] {
            assert!(is_importable(path), "{path}");
        }
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            "a/../b",
            "..",
            "a b",
            "a\0",
            "C:\\x",
            "a\u{fffd}",
        ] {
            assert!(!is_importable(path), "{path}");
        }
    }

    #[test]
    fn capitals_are_escaped() {
        assert_eq!(
            escape_module("github.com/BurntSushi/toml"),
            "github.com/!burnt!sushi/toml"
        );
        assert_eq!(escape_module("v1.0.0-RC1"), "v1.0.0-!r!c1");
    }
}
