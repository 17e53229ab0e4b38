//! Scopes: within which rules imports lead somewhere, and what import path a folder has.
//!
//! A scope is a main module with its dependencies, a workspace, Go's own source tree, or a tree of
//! folders without modules. Every package is loaded within one; packages of dependencies belong to
//! the scope that reached them, because its build list decides where their imports lead.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::build_list::{BuildList, read_main};
use crate::names::{join_path, slashed, strip_path_prefix};
use crate::package::{Module, Origin};
use crate::problem::Problem;
use crate::sources::EmbeddedStd;
use crate::version::GoVersion;

/// A scope.
pub(crate) struct Scope {
    /// Unlike those of all other scopes of the project.
    pub(crate) id: u32,
    pub(crate) kind: ScopeKind,
    /// What was wrong with the files that describe it.
    pub(crate) problems: Vec<Problem>,
}

#[derive(Debug)]
pub(crate) enum ScopeKind {
    Modules(BuildList),
    Std(StdTree),
    Tree(SourceTree),
}

/// Go's own source: the modules `std` and `cmd`.
#[derive(Debug)]
pub(crate) struct StdTree {
    /// `GOROOT/src`.
    pub(crate) src: PathBuf,
    std: Arc<Module>,
    cmd: Arc<Module>,
}

/// Folders outside of modules.
#[derive(Debug)]
pub(crate) struct SourceTree {
    /// The folder that import paths start at; above it nothing belongs to the tree.
    pub(crate) root: PathBuf,
    /// Whether packages of the tree import each other by paths from the root: `…/src/` trees do.
    pub(crate) is_src: bool,
    /// What comes before all import paths.
    prefix: String,
    /// The scope of the module that the tree lies in, asked last.
    pub(crate) outer: Option<Arc<Scope>>,
}

/// Where a folder stands within a scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) import_path: String,
    pub(crate) module: Option<Arc<Module>>,
    pub(crate) origin: Origin,
}

impl fmt::Debug for Scope {
    /// By its number: every package has its scope, and a build list is long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", self.id)
    }
}

impl Scope {
    /// The place of a folder that the scope contains.
    pub(crate) fn place(&self, dir: &Path) -> Place {
        match &self.kind {
            ScopeKind::Modules(list) => place_in_modules(list, dir),
            ScopeKind::Std(tree) => tree.place(dir),
            ScopeKind::Tree(tree) => tree.place(dir),
        }
    }

    /// The build list, if the scope has one.
    pub(crate) fn build_list(&self) -> Option<&BuildList> {
        match &self.kind {
            ScopeKind::Modules(list) => Some(list),
            ScopeKind::Std(_) | ScopeKind::Tree(_) => None,
        }
    }
}

fn place_in_modules(list: &BuildList, dir: &Path) -> Place {
    if let Some(vendor) = &list.vendor
        && let Ok(rest) = dir.strip_prefix(&vendor.dir)
        && rest != Path::new("")
    {
        let import_path = slashed(rest);
        let module = vendor.module_of(&import_path);
        return Place {
            import_path,
            module,
            origin: Origin::Vendored,
        };
    }
    let Some(main) = list.main_above(dir) else {
        // Unreachable through the project, which asks the scope of the folder.
        let name = dir
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        return Place {
            import_path: name,
            module: None,
            origin: Origin::FirstParty,
        };
    };
    let rest = slashed(dir.strip_prefix(&main.module.dir).unwrap_or(Path::new("")));
    let module = Some(Arc::clone(&main.module));
    match strip_path_prefix(&rest, "vendor") {
        Some(path) if !path.is_empty() => Place {
            import_path: path.to_owned(),
            module,
            origin: Origin::Vendored,
        },
        _ => Place {
            import_path: main.import_path(dir),
            module,
            origin: Origin::FirstParty,
        },
    }
}

impl StdTree {
    /// The tree of the Go source in `src`.
    pub(crate) fn new(src: &Path, problems: &mut Vec<Problem>) -> Self {
        let (std, _) = read_main(src, problems);
        let cmd_root = src.join("cmd");
        let cmd = if cmd_root.join("go.mod").is_file() {
            read_main(&cmd_root, problems).0.module
        } else {
            // Some distributions leave the commands out.
            Arc::new(Module {
                path: "cmd".into(),
                dir: cmd_root,
                ..(*std.module).clone()
            })
        };
        Self {
            src: src.to_path_buf(),
            std: std.module,
            cmd,
        }
    }

    /// The tree of the embedded standard library, which has no commands.
    pub(crate) fn embedded(std: &EmbeddedStd) -> Self {
        let module = |path: &str, dir: PathBuf| {
            Arc::new(Module {
                path: path.to_owned(),
                version: None,
                dir,
                go: GoVersion::parse(std.index.release()).unwrap_or(GoVersion::NEWEST),
            })
        };
        Self {
            std: module("std", std.src.clone()),
            cmd: module("cmd", std.dir("cmd")),
            src: std.src.clone(),
        }
    }

    fn place(&self, dir: &Path) -> Place {
        let rest = dir.strip_prefix(&self.src).unwrap_or(Path::new(""));
        let import_path = slashed(rest);
        let module = self.module_of(&import_path);
        Place {
            import_path,
            module: Some(module),
            origin: Origin::Std,
        }
    }

    /// The module of an import path of the tree.
    pub(crate) fn module_of(&self, import_path: &str) -> Arc<Module> {
        Arc::clone(if strip_path_prefix(import_path, "cmd").is_some() {
            &self.cmd
        } else {
            &self.std
        })
    }
}

impl SourceTree {
    /// The tree of packages below a folder `src`.
    pub(crate) fn src(root: PathBuf, outer: Option<Arc<Scope>>) -> Self {
        Self {
            root,
            is_src: true,
            prefix: String::new(),
            outer,
        }
    }

    /// A folder on its own: its packages are named after it.
    pub(crate) fn loose(root: PathBuf) -> Self {
        let prefix = root
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self {
            root,
            is_src: false,
            prefix,
            outer: None,
        }
    }

    fn place(&self, dir: &Path) -> Place {
        let rest = slashed(dir.strip_prefix(&self.root).unwrap_or(Path::new("")));
        let mut import_path = join_path(&self.prefix, &rest);
        if import_path.is_empty() {
            import_path = dir
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
        }
        Place {
            import_path,
            module: None,
            origin: Origin::FirstParty,
        }
    }
}

/// The folder `src` that `dir` is or lies in, for a folder without module.
///
/// Of several, one below `testdata` is preferred, then one of GOPATH, then the innermost.
pub(crate) fn src_above(dir: &Path, gopath: &[PathBuf]) -> Option<PathBuf> {
    let all: Vec<&Path> = dir
        .ancestors()
        .filter(|path| path.file_name() == Some(OsStr::new("src")))
        .collect();
    let of_gopath = |path: &&&Path| {
        path.parent()
            .is_some_and(|parent| gopath.iter().any(|root| root == parent))
    };
    all.iter()
        .find(|path| is_testdata(path.parent()))
        .or_else(|| all.iter().find(of_gopath))
        .or(all.first())
        .map(|path| path.to_path_buf())
}

/// The folder `testdata/src` that `dir` is or lies in, if it lies below `root`: the layout of the
/// test data of analysers, which are loaded in the manner of GOPATH.
pub(crate) fn testdata_src_above(dir: &Path, root: Option<&Path>) -> Option<PathBuf> {
    dir.ancestors()
        .take_while(|path| root.is_none_or(|root| *path != root && path.starts_with(root)))
        .find(|path| path.file_name() == Some(OsStr::new("src")) && is_testdata(path.parent()))
        .map(Path::to_path_buf)
}

fn is_testdata(path: Option<&Path>) -> bool {
    path.and_then(Path::file_name) == Some(OsStr::new("testdata"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_src_folder_of_a_tree_is_found() {
        let above = |dir: &str, gopath: &[&str]| {
            let gopath: Vec<PathBuf> = gopath.iter().map(PathBuf::from).collect();
            src_above(Path::new(dir), &gopath)
        };
        assert_eq!(
            above("/home/src/x/testdata/src/a/src/b", &[]),
            Some("/home/src/x/testdata/src".into())
        );
        assert_eq!(above("/go/src/x/src/b", &["/go"]), Some("/go/src".into()));
        assert_eq!(above("/go/src/x/src/b", &[]), Some("/go/src/x/src".into()));
        assert_eq!(above("/a/b", &["/a"]), None);
        assert_eq!(above("/a/src", &[]), Some("/a/src".into()));
    }

    #[test]
    fn testdata_trees_within_modules_are_found() {
        let above =
            |dir: &str, root: Option<&str>| testdata_src_above(Path::new(dir), root.map(Path::new));
        assert_eq!(
            above("/m/testdata/src/a/b", Some("/m")),
            Some("/m/testdata/src".into())
        );
        assert_eq!(
            above("/m/testdata/src/a/b", None),
            Some("/m/testdata/src".into())
        );
        assert_eq!(above("/m/testdata/src/a", Some("/m/testdata/src/a")), None);
        assert_eq!(above("/m/testdata/src/a/b", Some("/m/testdata/src")), None);
        assert_eq!(above("/m/src/a", Some("/m")), None);
    }
}
