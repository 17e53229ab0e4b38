//! `vendor/modules.txt`: which modules and packages the vendor folder holds.

use std::collections::BTreeMap;

use crate::version::{GoVersion, is_module_version};

/// What `vendor/modules.txt` says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VendorList {
    /// The folder was made for a `go.work`.
    pub workspace: bool,
    /// The modules, in the order of the file.
    pub modules: Vec<VendoredModule>,
    /// Import paths of the packages, each with the index of its module.
    pub packages: BTreeMap<String, usize>,
}

/// A module with packages in the vendor folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VendoredModule {
    /// Its path.
    pub path: String,
    /// Its version, unless it is replaced in all versions.
    pub version: Option<String>,
    /// What it was replaced with, as written after `=>`.
    pub replacement: Option<String>,
    /// The language it is written in.
    pub go: Option<GoVersion>,
    /// The main module requires it itself.
    pub explicit: bool,
}

/// Reads a `vendor/modules.txt`. Lines that mean nothing are skipped, as the `go` command does.
pub fn parse_modules_txt(bytes: &[u8]) -> VendorList {
    let text = String::from_utf8_lossy(bytes);
    let mut list = VendorList::default();
    // Lines belong to the module named last; to none after a module line that cannot be read.
    let mut current: Option<usize> = None;
    for line in text.lines() {
        if let Some(notes) = line.strip_prefix("## ") {
            let notes = notes.split(';').map(str::trim);
            match current.and_then(|index| list.modules.get_mut(index)) {
                Some(module) => {
                    for note in notes {
                        if note == "explicit" {
                            module.explicit = true;
                        } else if let Some(version) = note.strip_prefix("go ") {
                            module.go = GoVersion::parse(version);
                        }
                    }
                }
                None => list.workspace |= notes.into_iter().any(|note| note == "workspace"),
            }
        } else if let Some(rest) = line.strip_prefix("# ") {
            current = parse_module(rest).map(|module| {
                list.modules.push(module);
                list.modules.len() - 1
            });
        } else if let (Some(index), [path]) = (
            current,
            line.split_whitespace().collect::<Vec<_>>().as_slice(),
        ) {
            list.packages.insert((*path).to_owned(), index);
        }
    }
    list
}

fn parse_module(rest: &str) -> Option<VendoredModule> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (path, version, rest) = match words.as_slice() {
        [path, rest @ ..] if rest.first() == Some(&"=>") => (path, None, rest),
        [path, version, rest @ ..] if is_module_version(version) => (path, Some(version), rest),
        _ => return None,
    };
    let replacement = rest.strip_prefix(&["=>"]).map(|words| words.join(" "));
    Some(VendoredModule {
        path: (*path).to_owned(),
        version: version.map(|version| (*version).to_owned()),
        replacement,
        go: None,
        explicit: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_packages_and_notes() {
        let list = parse_modules_txt(
            b"## workspace\n# example.com/a v1.2.3\n## explicit; go 1.20\nexample.com/a\nexample.com/a/b\n\
              # example.com/c v1.0.0 => ../c\n## explicit\nexample.com/c\r\n# example.com/d => example.com/e v1.1.0\n\
              # what is this\nexample.com/lost\n",
        );
        assert!(list.workspace);
        let modules: Vec<_> = list
            .modules
            .iter()
            .map(|m| {
                (
                    m.path.as_str(),
                    m.version.as_deref(),
                    m.replacement.as_deref(),
                    m.go,
                    m.explicit,
                )
            })
            .collect();
        assert_eq!(
            modules,
            [
                (
                    "example.com/a",
                    Some("v1.2.3"),
                    None,
                    Some(GoVersion::new(1, 20)),
                    true
                ),
                ("example.com/c", Some("v1.0.0"), Some("../c"), None, true),
                (
                    "example.com/d",
                    None,
                    Some("example.com/e v1.1.0"),
                    None,
                    false
                ),
            ]
        );
        let packages: Vec<_> = list
            .packages
            .iter()
            .map(|(path, index)| (path.as_str(), *index))
            .collect();
        assert_eq!(
            packages,
            [
                ("example.com/a", 0),
                ("example.com/a/b", 0),
                ("example.com/c", 1)
            ]
        );
    }

    #[test]
    fn garbage_is_an_empty_list() {
        for text in [&b""[..], b"\0\xff", b"# \n## \n##\n#\n x y\n"] {
            assert_eq!(parse_modules_txt(text), VendorList::default());
        }
    }
}
