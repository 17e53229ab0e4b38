//! Paths as URIs.

use std::path::{Component, Path};

use super::model::ArtifactLocation;

/// The base that relative paths are relative to.
pub(super) const ROOT: &str = "%SRCROOT%";

/// A file: an absolute URI, or one relative to [`ROOT`].
pub(super) fn artifact(path: &Path) -> ArtifactLocation {
    if path.is_absolute() {
        ArtifactLocation {
            uri: format!("file://{}", absolute(path)),
            uri_base_id: None,
        }
    } else {
        let path = path.strip_prefix(Component::CurDir).unwrap_or(path);
        ArtifactLocation {
            uri: encode(path),
            uri_base_id: Some(ROOT),
        }
    }
}

/// A folder, as the value of a base; such a URI ends with a slash.
pub(super) fn base(folder: &Path) -> ArtifactLocation {
    let path = absolute(folder);
    let slash = if path.ends_with('/') { "" } else { "/" };
    ArtifactLocation {
        uri: format!("file://{path}{slash}"),
        uri_base_id: None,
    }
}

/// Starts with a slash, also where paths start with a drive.
fn absolute(path: &Path) -> String {
    let path = encode(path);
    if path.starts_with('/') {
        path
    } else {
        format!("/{path}")
    }
}

/// Percent-encodes everything that is not unreserved; bytes that are not Unicode too, which makes
/// this the one format that names such files exactly.
fn encode(path: &Path) -> String {
    let mut uri = String::new();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            b'\\' if cfg!(windows) => uri.push('/'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn relative_paths_have_a_base() {
        let location = artifact(Path::new("./a b/é:1#2%.go"));
        assert_eq!(location.uri, "a%20b/%C3%A9%3A1%232%25.go");
        assert_eq!(location.uri_base_id, Some(ROOT));
    }

    #[test]
    fn absolute_paths_have_none() {
        let location = artifact(Path::new("/usr/lib/go/src/os/file.go"));
        assert_eq!(location.uri, "file:///usr/lib/go/src/os/file.go");
        assert_eq!(location.uri_base_id, None);
    }

    #[test]
    fn bytes_that_are_not_unicode_survive() {
        assert_eq!(
            artifact(Path::new(OsStr::from_bytes(b"a\xff.go"))).uri,
            "a%FF.go"
        );
    }

    #[test]
    fn bases_end_with_a_slash() {
        assert_eq!(base(Path::new("/work/shop")).uri, "file:///work/shop/");
        assert_eq!(base(Path::new("/")).uri, "file:///");
    }
}
