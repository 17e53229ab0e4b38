//! Names of functions and types without the major version of their module.
//!
//! Releases of a library differ in little that models speak of, so a model of one serves for all. The
//! suffixes are those of <https://go.dev/ref/mod#major-version-suffixes>; what `gopkg.in` stands for is
//! written on its first page.

use std::borrow::Cow;

/// A key such as `path.T.M`, or a type such as `*path.T`, without major versions.
pub(super) fn unversioned(key: &str) -> Cow<'_, str> {
    let path_ends = key.rfind('/').unwrap_or(0);
    if path_ends == 0 || !(key.contains("/v") || key.contains("gopkg.in/")) {
        return Cow::Borrowed(key);
    }
    let (stars, path) = key.split_at(key.len() - key.trim_start_matches('*').len());
    let mut text = stars.to_owned();
    let mut parts = path.split('/');
    if let Some(rest) = path.strip_prefix("gopkg.in/") {
        parts = rest.split('/');
        let first = parts.next().unwrap_or_default();
        text.push_str("github.com/");
        if let Some((name, rest)) = without_version(first) {
            text.push_str("go-");
            text.push_str(name);
            text.push('/');
            text.push_str(name);
            text.push_str(rest);
        } else {
            text.push_str(first);
            if let Some(second) = parts.next() {
                text.push('/');
                let (name, rest) = without_version(second).unwrap_or((second, ""));
                text.push_str(name);
                text.push_str(rest);
            }
        }
    } else {
        text.push_str(parts.next().unwrap_or_default());
    }
    for part in parts {
        // What follows the version in the last part is the name in the package.
        let end = part.find('.').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        if !is_major(name) {
            text.push('/');
            text.push_str(name);
        }
        text.push_str(rest);
    }
    if text == key {
        Cow::Borrowed(key)
    } else {
        Cow::Owned(text)
    }
}

/// Whether a part of a path is the version of a module: `v2` and above.
fn is_major(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|digits| {
        !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && digits != "1"
            && !digits.starts_with('0')
    })
}

/// `name.v3.T` as `name` and `.T`.
fn without_version(part: &str) -> Option<(&str, &str)> {
    let (name, rest) = part.split_once(".v")?;
    let end = rest.find('.').unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    let is_version = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_version.then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::unversioned;

    #[test]
    fn major_versions_go_and_the_rest_stays() {
        for (key, want) in [
            ("os.Open", "os.Open"),
            ("net/http.Get", "net/http.Get"),
            ("github.com/a/b.C.D", "github.com/a/b.C.D"),
            ("github.com/a/b/v5.C.D", "github.com/a/b.C.D"),
            ("*github.com/a/b/v12/sub.C", "*github.com/a/b/sub.C"),
            ("k8s.io/api/core/v1.Pod", "k8s.io/api/core/v1.Pod"),
            ("k8s.io/api/x/v1beta1.Pod", "k8s.io/api/x/v1beta1.Pod"),
            ("github.com/a/vault/api.C", "github.com/a/vault/api.C"),
            (
                "gopkg.in/gorp.v1.DbMap.Begin",
                "github.com/go-gorp/gorp.DbMap.Begin",
            ),
            ("*gopkg.in/src/fs.v4.File", "*github.com/src/fs.File"),
            (
                "gopkg.in/src/fs.v4/util.File",
                "github.com/src/fs/util.File",
            ),
            ("gopkg.in/yaml.v3", "github.com/go-yaml/yaml"),
            ("gopkg.in/odd", "github.com/odd"),
            ("/v2", "/v2"),
        ] {
            assert_eq!(unversioned(key), want, "{key}");
        }
    }
}
