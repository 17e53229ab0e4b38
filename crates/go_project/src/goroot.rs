//! Finding an installation of Go, and what it says about itself, without running it.

use std::path::{Path, PathBuf};

use crate::env::{Settings, home};
use crate::problem::{Problem, ProblemKind};
use crate::version::{GoVersion, compare_module_versions};

/// Whether `folder` holds the sources of Go.
pub(crate) fn is_goroot(folder: &Path) -> bool {
    folder.join("src").join("runtime").is_dir()
}

/// Finds the root of Go: `$GOROOT`, then the `go` on `$PATH` through its links, then the usual
/// places, `~/sdk/go*`, and toolchains that Go itself downloaded into the module cache. `GOROOT=off`
/// hides them all.
pub(crate) fn find(
    settings: &Settings<'_>,
    mod_cache: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> Option<PathBuf> {
    if let Some(root) = settings.path("GOROOT") {
        if root.as_os_str() == "off" {
            return None;
        }
        if is_goroot(&root) {
            return Some(root);
        }
        problems.push(
            Problem::new(
                ProblemKind::BadEnvironment,
                &root,
                "GOROOT is set, but this folder does not hold Go (no src/runtime)",
            )
            .with_help("unset GOROOT or correct it; other places are searched meanwhile"),
        );
    }
    on_path(settings)
        .or_else(|| {
            settings
                .env()
                .usual_goroots()
                .into_iter()
                .find(|root| is_goroot(root))
        })
        .or_else(|| {
            let sdk = home(settings.env())?.join("sdk");
            newest(&sdk, |name| name.strip_prefix("go"))
        })
        .or_else(|| {
            let downloads = mod_cache?.join("golang.org");
            newest(&downloads, |name| {
                let rest = name.strip_prefix("toolchain@v0.0.1-go")?;
                // `1.24.0.linux-amd64`: the version ends at the first dot before a letter.
                let end = rest.find(".linux-").or_else(|| rest.find(".darwin-"));
                Some(
                    end.or_else(|| rest.find(".windows-"))
                        .map_or(rest, |end| &rest[..end]),
                )
            })
        })
}

/// The root that the `go` found first on `$PATH` belongs to. A wrapper script leads nowhere.
fn on_path(settings: &Settings<'_>) -> Option<PathBuf> {
    let path = settings.env().var("PATH")?;
    let name = if settings.env().host_os() == "windows" {
        "go.exe"
    } else {
        "go"
    };
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .filter(|file| file.is_file())
        .find_map(|file| {
            let real = std::fs::canonicalize(&file).ok()?;
            // Prefer the path as written: it is the one that people know.
            [file, real].into_iter().find_map(|file| {
                let root = file.parent()?.parent()?;
                is_goroot(root).then(|| root.to_path_buf())
            })
        })
}

/// Of the folders below `parent` whose names carry a version, the one with the newest.
fn newest(parent: &Path, version: impl Fn(&str) -> Option<&str>) -> Option<PathBuf> {
    let mut found: Vec<(String, PathBuf)> = std::fs::read_dir(parent)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((sortable(version(&name)?)?, entry.path()))
        })
        .filter(|(_, path)| is_goroot(path))
        .collect();
    found.sort_by(|(a, x), (b, y)| compare_module_versions(a, b).then_with(|| x.cmp(y)));
    found.pop().map(|(_, path)| path)
}

/// `1.21rc2` and `1.9` in the form of module versions, which have an order.
fn sortable(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (numbers, pre) = text.split_at(end);
    let dots = numbers.bytes().filter(|byte| *byte == b'.').count();
    let padding = match dots {
        0 => ".0.0",
        1 => ".0",
        2 => "",
        _ => return None,
    };
    let dash = if pre.is_empty() || pre.starts_with('-') {
        ""
    } else {
        "-"
    };
    Some(format!("v{numbers}{padding}{dash}{pre}"))
}

/// The release of the Go in `root`: its VERSION file, or the constant in its sources for a checkout
/// that has none.
pub(crate) fn release(root: &Path) -> Option<GoVersion> {
    let from_version_file = crate::files::read(&root.join("VERSION"))
        .ok()
        .and_then(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            text.split_whitespace()
                .find(|word| word.starts_with("go1."))
                .and_then(GoVersion::parse)
        });
    from_version_file.or_else(|| {
        let file = root.join("src/internal/goversion/goversion.go");
        let bytes = crate::files::read(&file).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("const Version = "))?;
        Some(GoVersion::new(1, line.trim().parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::MapEnv;
    use crate::testing::Tree;

    fn find_in(env: &MapEnv, mod_cache: Option<&Path>) -> (Option<PathBuf>, Vec<Problem>) {
        let mut problems = Vec::new();
        let env = env.clone().with("GOENV", "off");
        let settings = Settings::new(&env, &mut problems);
        let root = find(&settings, mod_cache, &mut problems);
        (root, problems)
    }

    #[test]
    fn goroot_is_believed_when_it_holds_go() {
        let tree = Tree::new(&[("go/src/runtime/a.go", "package runtime"), ("other/a", "")]);
        let env = MapEnv::default().with("GOROOT", tree.path("go"));
        assert_eq!(find_in(&env, None), (Some(tree.path("go")), vec![]));
        let env = MapEnv::default().with("GOROOT", tree.path("other"));
        let (root, problems) = find_in(&env, None);
        assert_eq!(root, None);
        assert_eq!(problems.len(), 1);
        assert!(!problems[0].is_fatal());
    }

    #[test]
    fn goroot_off_hides_what_is_there() {
        let tree = Tree::new(&[("sdk/go1.21.4/src/runtime/a.go", "")]);
        let env = MapEnv::default().with("HOME", tree.root());
        assert!(find_in(&env, None).0.is_some());
        assert_eq!(find_in(&env.with("GOROOT", "off"), None), (None, vec![]));
    }

    #[cfg(unix)]
    #[test]
    fn the_go_on_the_path_is_followed_through_links() {
        let tree = Tree::new(&[
            ("lib/go-1.20/src/runtime/a.go", "package runtime"),
            ("lib/go-1.20/bin/go", "a binary"),
            ("shims/go", "#!/bin/sh\nexec something\n"),
            ("bin/other", ""),
        ]);
        std::os::unix::fs::symlink("../lib/go-1.20/bin/go", tree.path("bin/go")).expect("a link");
        let path = std::env::join_paths([tree.path("none"), tree.path("shims"), tree.path("bin")]);
        let env = MapEnv::default().with("PATH", path.expect("joined"));
        let root = find_in(&env, None).0.expect("found");
        assert_eq!(
            root.canonicalize().ok(),
            tree.path("lib/go-1.20").canonicalize().ok()
        );
    }

    #[test]
    fn the_newest_sdk_or_download_is_the_last_resort() {
        let tree = Tree::new(&[
            ("sdk/go1.9/src/runtime/a.go", ""),
            ("sdk/go1.21.4/src/runtime/a.go", ""),
            ("sdk/go1.21rc2/src/runtime/a.go", ""),
            ("sdk/go1.30/README", "not unpacked"),
            ("sdk/gotip/src/runtime/a.go", ""),
            (
                "mod/golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64/src/runtime/a.go",
                "",
            ),
            (
                "mod/golang.org/toolchain@v0.0.1-go1.23.9.linux-amd64/src/runtime/a.go",
                "",
            ),
        ]);
        let env = MapEnv::default().with("HOME", tree.root());
        assert_eq!(find_in(&env, None).0, Some(tree.path("sdk/go1.21.4")));
        let env = MapEnv::default();
        assert_eq!(
            find_in(&env, Some(&tree.path("mod"))).0,
            Some(tree.path("mod/golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64"))
        );
        assert_eq!(find_in(&env, None).0, None);
    }

    #[test]
    fn the_release_is_read_from_the_installation() {
        let tree = Tree::new(&[
            ("a/VERSION", "go1.22.3\ntime 2024-01-01T00:00:00Z\n"),
            ("b/VERSION", "devel go1.28-0123abc Mon\n"),
            (
                "c/src/internal/goversion/goversion.go",
                "package goversion\n\nconst Version = 26\n",
            ),
            ("d/VERSION", "\u{0}garbage"),
        ]);
        assert_eq!(release(&tree.path("a")), Some(GoVersion::new(1, 22)));
        assert_eq!(release(&tree.path("b")), Some(GoVersion::new(1, 28)));
        assert_eq!(release(&tree.path("c")), Some(GoVersion::new(1, 26)));
        assert_eq!(release(&tree.path("d")), None);
    }
}
