//! Patterns of packages, as the `go` command has them: what a word of the command line means, and
//! which names a pattern with `...` matches.

use std::path::{Path, PathBuf};

use crate::names::{clean, slashed};
use crate::problem::{Problem, ProblemKind};

/// What a word of the command line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Request {
    /// One Go file.
    File(PathBuf),
    /// The packages of one folder.
    Dir(PathBuf),
    /// The packages below a folder whose names match. The folder is called `name`.
    Walk {
        root: PathBuf,
        name: String,
        glob: Glob,
    },
    /// The package with this import path.
    Import(String),
    /// The packages whose import paths match.
    ImportGlob(Glob),
    /// The standard library.
    Std,
    /// The commands of Go itself.
    Cmd,
    /// The packages of the main modules.
    Work,
    /// The packages of the main modules and all that they need.
    All,
}

impl Request {
    /// Reads a word of the command line. Relative paths start at `cwd`; `exists` says whether there
    /// is something at a path, which then outweighs any other meaning of the word.
    pub(crate) fn parse(
        text: &str,
        cwd: &Path,
        exists: impl Fn(&Path) -> bool,
    ) -> Result<Self, Problem> {
        let bad = |message: &str, help: &str| {
            let message = format!("pattern {text:?} {message}");
            Err(Problem::new(ProblemKind::BadPattern, text, message).with_help(help))
        };
        if text.is_empty() {
            return bad(
                "is empty",
                "name a folder, a file or an import path; `./...` is all of it",
            );
        }
        if text.contains('\0') {
            return bad("contains a NUL character", "no file has such a name");
        }
        let word = match text {
            "std" => Some(Self::Std),
            "cmd" => Some(Self::Cmd),
            "work" => Some(Self::Work),
            "all" => Some(Self::All),
            _ => None,
        };
        if let Some(word) = word
            && !exists(&cwd.join(text))
        {
            return Ok(word);
        }
        let text = if cfg!(windows) {
            text.replace('\\', "/")
        } else {
            text.to_owned()
        };
        let path = Path::new(&text);
        let is_local = path.is_absolute()
            || text == "."
            || text == ".."
            || text.starts_with("./")
            || text.starts_with("../");
        let Some(dots) = text.find("...") else {
            let full = clean(&cwd.join(path));
            if text.ends_with(".go") && !full.is_dir() {
                return Ok(Self::File(full));
            }
            // A folder is meant where there is one: `check internal/shop` should just work.
            if is_local || exists(&full) {
                return Ok(Self::Dir(full));
            }
            if text.contains('@') {
                return bad(
                    "names a version",
                    "leave out what follows `@`; the version comes from go.mod",
                );
            }
            return Ok(Self::Import(slashed(path)));
        };
        // The walk starts at the last folder before the first dots.
        let start = text[..dots].rfind('/').map_or("", |slash| &text[..slash]);
        if !is_local && (start.is_empty() || !exists(&cwd.join(start))) {
            return Ok(Self::ImportGlob(Glob::new(&text)));
        }
        let root = if text[..dots].starts_with('/') && start.is_empty() {
            "/"
        } else {
            start
        };
        // Names are relative to the root, so that the spelling of what leads there is all one.
        let glob = Glob::new(&format!(
            "./{}",
            text[start.len()..].trim_start_matches('/')
        ));
        Ok(Self::Walk {
            root: clean(&cwd.join(root)),
            name: ".".into(),
            glob,
        })
    }
}

/// A name in which `...` stands for any text.
///
/// Two rules on top, both Go's: `/...` at the end also matches nothing, and no `...` matches an
/// element `vendor` that has something below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Glob {
    /// The texts between the dots. Elements `vendor` are written as [`VENDOR`].
    parts: Vec<String>,
    /// The pattern without its last `/...`, which matches too.
    whole: Option<Vec<String>>,
    mentions_vendor: bool,
}

/// Stands for an element `vendor` with something below it. No path contains this character.
const VENDOR: char = '\0';

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        let split = |text: &str| text.split("...").map(str::to_owned).collect();
        let marked = mark_vendor(pattern);
        let whole = pattern
            .strip_suffix("/...")
            .map(|text| split(&mark_vendor(text)));
        let mentions_vendor = pattern.split('/').any(|element| element == "vendor");
        Self {
            parts: split(&marked),
            whole,
            mentions_vendor,
        }
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let name = mark_vendor(name);
        parts_match(&self.parts, &name)
            || self.whole.as_ref().is_some_and(|p| parts_match(p, &name))
    }

    /// Whether something below an element `vendor` can match.
    pub(crate) fn enters_vendor(&self) -> bool {
        self.mentions_vendor
    }

    /// Whether the first element of what matches can be one of the standard library's.
    pub(crate) fn may_be_standard(&self) -> bool {
        self.parts
            .first()
            .is_some_and(|part| !part.is_empty() && crate::names::looks_standard(part))
    }
}

fn mark_vendor(name: &str) -> String {
    if !name.contains("vendor") {
        return name.to_owned();
    }
    let mut elements: Vec<&str> = name.split('/').collect();
    let last = elements.len() - 1;
    let mark = VENDOR.to_string();
    for element in &mut elements[..last] {
        if *element == "vendor" {
            *element = &mark;
        }
    }
    elements.join("/")
}

/// Whether `name` is the parts in order with any text between them that has no vendor mark.
///
/// Taking each part as early as possible is enough: a mark that stands in the way of an early choice
/// stands in the way of every later one, too.
fn parts_match(parts: &[String], name: &str) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == name);
    };
    let Some(mut rest) = name.strip_prefix(first.as_str()) else {
        return false;
    };
    for part in middle {
        let Some(at) = rest.find(part.as_str()) else {
            return false;
        };
        if rest[..at].contains(VENDOR) {
            return false;
        }
        rest = &rest[at + part.len()..];
    }
    rest.strip_suffix(last.as_str())
        .is_some_and(|gap| !gap.contains(VENDOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Request {
        Request::parse(text, Path::new("/w"), |path| path == Path::new("/w/dir"))
            .expect("a pattern")
    }

    fn walk(root: &str, glob: &str) -> Request {
        Request::Walk {
            root: root.into(),
            name: ".".into(),
            glob: Glob::new(glob),
        }
    }

    #[test]
    fn words_mean_files_folders_import_paths_or_walks() {
        assert_eq!(parse("a/b.go"), Request::File("/w/a/b.go".into()));
        assert_eq!(parse("/x/../y.go"), Request::File("/y.go".into()));
        assert_eq!(parse("."), Request::Dir("/w".into()));
        assert_eq!(parse("../a/"), Request::Dir("/a".into()));
        assert_eq!(parse("./x/./y"), Request::Dir("/w/x/y".into()));
        assert_eq!(parse("dir"), Request::Dir("/w/dir".into()));
        assert_eq!(parse("other"), Request::Import("other".into()));
        assert_eq!(
            parse("example.com/m//x/"),
            Request::Import("example.com/m/x".into())
        );
        assert_eq!(parse("./..."), walk("/w", "./..."));
        assert_eq!(parse("./a/b..."), walk("/w/a", "./b..."));
        assert_eq!(parse("../..."), walk("/", "./..."));
        assert_eq!(parse("/..."), walk("/", "./..."));
        assert_eq!(parse("/a/..."), walk("/a", "./..."));
        assert_eq!(parse("dir/..."), walk("/w/dir", "./..."));
        assert_eq!(
            parse("other/..."),
            Request::ImportGlob(Glob::new("other/..."))
        );
        assert_eq!(parse("..."), Request::ImportGlob(Glob::new("...")));
        assert_eq!(parse("std"), Request::Std);
        assert_eq!(parse("cmd"), Request::Cmd);
        assert_eq!(parse("all"), Request::All);
    }

    #[test]
    fn words_that_mean_nothing_are_refused() {
        for text in ["", "a\0b", "example.com/m@v1.2.3"] {
            let problem = Request::parse(text, Path::new("/w"), |_| false).expect_err(text);
            assert_eq!(problem.kind, ProblemKind::BadPattern);
            assert!(problem.is_fatal() && problem.help.is_some());
        }
    }

    #[test]
    fn globs_match_as_go_has_them() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (
                "./...",
                &[".", "./a", "./a/b", "./vendor"],
                &["a", "..", "./vendor/x", "./a/vendor/x"],
            ),
            (
                "net/...",
                &["net", "net/http"],
                &["netx", "ne", "net/vendor/a"],
            ),
            ("net...", &["net", "net/http", "netchan"], &["ne"]),
            (".../x", &["a/x", "a/b/x", "/x"], &["x", "a/x/y"]),
            ("a/.../b", &["a/x/b", "a/x/y/b"], &["a/b", "a/b/c"]),
            (
                "./vendor/...",
                &["./vendor/x", "./vendor"],
                &["./x", "./vendor/x/vendor/y"],
            ),
            (
                "a/vendor/b...c",
                &["a/vendor/bxc", "a/vendor/b/c"],
                &["a/vendor/bxd", "a/b/bxc"],
            ),
            ("...", &["", "a", "a/b"], &["vendor/a"]),
            ("a...b...c", &["abc", "aXbYbZc"], &["acb", "ab"]),
            ("a...a", &["aa", "aba"], &["a"]),
        ];
        for (pattern, good, bad) in cases {
            let glob = Glob::new(pattern);
            for name in *good {
                assert!(glob.matches(name), "{pattern} should match {name:?}");
            }
            for name in *bad {
                assert!(!glob.matches(name), "{pattern} should not match {name:?}");
            }
        }
    }

    #[test]
    fn matching_takes_no_exponential_time() {
        let glob = Glob::new(&"a...".repeat(200));
        assert!(!glob.matches(&"a".repeat(150)));
        assert!(glob.matches(&"ab".repeat(5000)));
    }
}
