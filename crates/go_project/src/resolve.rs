//! Imports: from an importing package and a path to the folder that is meant.
//!
//! The rules are those of the `go` command for a build that may not touch the network. One is
//! looser: a package need not be listed in `vendor/modules.txt` to be found in the vendor folder.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::build_list::BuildList;
use crate::names::{
    below, clean, guess_from_path, is_importable, is_relative_import, join_path, looks_standard,
    strip_path_prefix,
};
use crate::package::{Module, Origin, Package};
use crate::project::{Project, StandardLibrary};
use crate::scope::{Scope, ScopeKind, SourceTree, StdTree};

/// Where an import leads.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// To a folder with Go source.
    Dir(Arc<Location>),
    /// To package unsafe, which the compiler knows.
    Unsafe,
    /// To the pseudo-package "C".
    Cgo,
    /// Nowhere that can be seen from here.
    NotFound(Arc<NotFound>),
}

/// A folder under an import path.
#[derive(Clone, Debug)]
pub struct Location {
    /// The folder, absolute.
    pub dir: Arc<Path>,
    /// The path that names its package everywhere. It differs from the path imported where Go's own
    /// packages import what Go vendors: that is `vendor/…` or `cmd/vendor/…`.
    pub import_path: Arc<str>,
    /// Its module, if any.
    pub module: Option<Arc<Module>>,
    /// Where its source comes from.
    pub origin: Origin,
    pub(crate) scope: Arc<Scope>,
}

impl Location {
    fn key(&self) -> (u32, &Path, &str) {
        (self.scope.id, &self.dir, &self.import_path)
    }
}

impl PartialEq for Location {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Location {}

/// Why an import leads nowhere.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum NotFound {
    /// The path cannot name a package.
    InvalidPath,
    /// What is asked for is the source of the standard library, and no Go is installed.
    NoGoroot,
    /// No Go is installed, and the standard library of this release has no such package.
    NotInEmbeddedStd(&'static str),
    /// The installed Go has no such package.
    NotInStd,
    /// The main module of this path has no such folder.
    NotInMainModule(String),
    /// The vendor folder lacks it.
    NotVendored(PathBuf),
    /// The module is required, and its source is not in the module cache.
    NotDownloaded {
        /// The module's path.
        module: String,
        /// The version required; empty if unknown.
        version: String,
    },
    /// The module is there and has no such package.
    NotInModule {
        /// The module's path.
        module: String,
        /// Its folder.
        dir: PathBuf,
    },
    /// No module is required that could hold it.
    NoModule,
    /// A relative import of a folder without Go source.
    NotInFolder(PathBuf),
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidPath => f.write_str("it is not a valid import path"),
            Self::NoGoroot => f.write_str("no installation of Go was found to look it up in"),
            Self::NotInEmbeddedStd(release) => write!(
                f,
                "it is not in the standard library of Go {release}, and no other installation of Go was found"
            ),
            Self::NotInStd => f.write_str("it is not in the standard library"),
            Self::NotInMainModule(module) => write!(f, "module {module} has no such package"),
            Self::NotVendored(dir) => write!(f, "it is not in {}", dir.display()),
            Self::NotDownloaded { module, version } => {
                write!(f, "{module} {version} is not in the module cache")
            }
            Self::NotInModule { module, dir } => {
                write!(
                    f,
                    "module {module} in {} has no such package",
                    dir.display()
                )
            }
            Self::NoModule => f.write_str("no module that go.mod requires provides it"),
            Self::NotInFolder(dir) => write!(f, "{} holds no Go source", dir.display()),
        }
    }
}

/// What a package is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackageName {
    /// The name.
    pub name: Arc<str>,
    /// Whether it was read from a package clause, rather than guessed from the path.
    pub known: bool,
}

impl Project {
    /// Finds the folder that `path` means in the files of `from`.
    pub fn resolve_import(&self, from: &Package, path: &str) -> Resolution {
        self.resolve(&from.scope, &from.dir, path)
    }

    /// Finds the folder that `path` means in the working folder, whatever packages are there.
    pub fn resolve_here(&self, path: &str) -> Resolution {
        self.resolve(&self.scope_of(&self.cwd), &self.cwd, path)
    }

    /// The name by which a file of `from` refers to what it imports as `path`, if it gives no other.
    pub fn package_name_of(&self, from: &Package, path: &str) -> PackageName {
        let known = match self.resolve_import(from, path) {
            Resolution::Dir(location) => self.clause_name(&location.dir),
            Resolution::Unsafe | Resolution::Cgo => Some(self.interner.intern(path)),
            Resolution::NotFound(_) => None,
        };
        match known {
            Some(name) => PackageName { name, known: true },
            None => PackageName {
                name: self.interner.intern(&guess_from_path(path)),
                known: false,
            },
        }
    }

    pub(crate) fn resolve(&self, scope: &Arc<Scope>, dir: &Path, path: &str) -> Resolution {
        match path {
            "C" => return Resolution::Cgo,
            "unsafe" => return Resolution::Unsafe,
            _ => {}
        }
        // In most scopes the answer is the same for all importing folders.
        let relative = is_relative_import(path);
        let from = match &scope.kind {
            ScopeKind::Modules(_) if !relative => None,
            ScopeKind::Std(tree) if !relative => Some(tree.src.join("cmd"))
                .filter(|cmd| dir.starts_with(cmd))
                .map(Arc::from),
            _ => Some(Arc::from(dir)),
        };
        let key = (scope.id, from, self.interner.intern(path));
        if let Some(known) = self.resolutions.get(&key) {
            return known;
        }
        let found = if relative {
            self.resolve_relative(dir, path)
        } else if !is_importable(path) {
            Err(NotFound::InvalidPath)
        } else {
            match &scope.kind {
                ScopeKind::Std(tree) => self.resolve_in_std(scope, tree, dir, path),
                ScopeKind::Modules(list) => self.resolve_in_modules(scope, list, path),
                ScopeKind::Tree(tree) => self.resolve_in_tree(scope, tree, dir, path),
            }
        };
        let resolution = match found {
            Ok(location) => Resolution::Dir(Arc::new(location)),
            Err(why) => Resolution::NotFound(Arc::new(why)),
        };
        self.resolutions.insert(key, resolution)
    }

    fn resolve_relative(&self, dir: &Path, path: &str) -> Result<Location, NotFound> {
        let target = clean(&dir.join(path));
        if self.has_go(&target) {
            Ok(self.location_of(&target))
        } else {
            Err(NotFound::NotInFolder(target))
        }
    }

    /// Within Go itself: the standard library, then what the importing module vendors.
    fn resolve_in_std(
        &self,
        scope: &Arc<Scope>,
        tree: &StdTree,
        dir: &Path,
        path: &str,
    ) -> Result<Location, NotFound> {
        let vendor = if dir.starts_with(tree.src.join("cmd")) {
            "cmd/vendor"
        } else {
            "vendor"
        };
        [path.to_owned(), join_path(vendor, path)]
            .into_iter()
            .map(|path| below(&tree.src, &path))
            .find(|dir| self.has_go(dir))
            .map(|dir| self.location_in(scope, &dir))
            .ok_or(NotFound::NotInStd)
    }

    /// A package of the installed Go.
    fn in_goroot(&self, path: &str) -> Option<Location> {
        if !looks_standard(path) || strip_path_prefix(path, "vendor").is_some() {
            return None;
        }
        let scope = self.std_scope();
        let ScopeKind::Std(tree) = &scope.kind else {
            return None;
        };
        let dir = below(&tree.src, path);
        self.has_go(&dir).then(|| self.location_in(&scope, &dir))
    }

    /// Why a path that should be the standard library's leads nowhere.
    fn not_in_std(&self) -> NotFound {
        match self.standard_library() {
            StandardLibrary::Embedded { release, .. } => NotFound::NotInEmbeddedStd(release),
            StandardLibrary::Sources(_) => NotFound::NotInStd,
        }
    }

    fn resolve_in_modules(
        &self,
        scope: &Arc<Scope>,
        list: &BuildList,
        path: &str,
    ) -> Result<Location, NotFound> {
        if let Some(location) = self.in_goroot(path) {
            return Ok(location);
        }
        let mut why = None;
        for (main, rest) in list.main_for(path) {
            let dir = below(&main.module.dir, rest);
            // A module within the module is not part of it.
            let inside = self.module_root(&dir).as_deref() == Some(&main.module.dir);
            if inside && self.has_go(&dir) {
                return Ok(self.location_in(scope, &dir));
            }
            why.get_or_insert_with(|| NotFound::NotInMainModule(main.module.path.clone()));
        }
        if let Some(vendor) = &list.vendor {
            let dir = below(&vendor.dir, path);
            if self.has_go(&dir) {
                return Ok(self.location_in(scope, &dir));
            }
            let missing = || NotFound::NotVendored(vendor.dir.clone());
            return Err(why.unwrap_or_else(|| {
                if looks_standard(path) {
                    self.not_in_std()
                } else {
                    missing()
                }
            }));
        }
        let mut prefix = path;
        loop {
            if list.demanded(prefix).is_some() || list.is_summed(prefix) {
                match self.in_dependency(scope, list, prefix, path) {
                    Ok(location) => return Ok(location),
                    Err(reason) => {
                        // The longest module path is the likeliest to be meant.
                        if !matches!(
                            why,
                            Some(NotFound::NotDownloaded { .. } | NotFound::NotInModule { .. })
                        ) {
                            why = Some(reason);
                        }
                    }
                }
            }
            let Some((shorter, _)) = prefix.rsplit_once('/') else {
                break;
            };
            prefix = shorter;
        }
        Err(why.unwrap_or_else(|| {
            if looks_standard(path) {
                self.not_in_std()
            } else {
                NotFound::NoModule
            }
        }))
    }

    fn in_dependency(
        &self,
        scope: &Arc<Scope>,
        list: &BuildList,
        module_path: &str,
        path: &str,
    ) -> Result<Location, NotFound> {
        let rest = strip_path_prefix(path, module_path).unwrap_or_default();
        let version = list.demanded(module_path).unwrap_or_default();
        let mut why = NotFound::NotDownloaded {
            module: module_path.to_owned(),
            version: version.to_owned(),
        };
        for candidate in list.candidates(module_path, self.context.mod_cache.as_deref()) {
            let dir = below(&candidate.dir, rest);
            if !self.has_go(&dir) {
                if candidate.dir.is_dir() {
                    let module = module_path.to_owned();
                    why = NotFound::NotInModule {
                        module,
                        dir: candidate.dir,
                    };
                    // The version that is used is there; another would be a guess.
                    break;
                }
                continue;
            }
            // Also a folder on this machine stands for the version that it replaces.
            let version = candidate.version.or_else(|| {
                Some(version)
                    .filter(|version| !version.is_empty())
                    .map(str::to_owned)
            });
            return Ok(Location {
                dir: dir.into(),
                import_path: self.interner.intern(path),
                module: Some(self.module(&candidate.dir, module_path, version)),
                origin: candidate.origin,
                scope: Arc::clone(scope),
            });
        }
        Err(why)
    }

    /// Outside of modules: vendor folders from the importing folder upwards, the standard library,
    /// the tree itself, GOPATH, and the module that the tree lies in.
    ///
    /// The standard library comes before the tree, as in Go: a folder `testdata/src/errors` is a
    /// test about errors, not what its neighbours import.
    fn resolve_in_tree(
        &self,
        scope: &Arc<Scope>,
        tree: &SourceTree,
        dir: &Path,
        path: &str,
    ) -> Result<Location, NotFound> {
        let within = |origin: Origin, dir: &Path| Location {
            import_path: self.interner.intern(path),
            origin,
            ..self.location_in(scope, dir)
        };
        for folder in dir
            .ancestors()
            .take_while(|folder| folder.starts_with(&tree.root))
        {
            let dir = below(&folder.join("vendor"), path);
            if self.has_go(&dir) {
                return Ok(within(Origin::Vendored, &dir));
            }
        }
        if let Some(location) = self.in_goroot(path) {
            return Ok(location);
        }
        if tree.is_src {
            let dir = below(&tree.root, path);
            if self.has_go(&dir) {
                return Ok(self.location_in(scope, &dir));
            }
        }
        for root in &self.context.gopath {
            let dir = below(&root.join("src"), path);
            if self.has_go(&dir) {
                return Ok(Location {
                    origin: Origin::Gopath,
                    ..self.location_of(&dir)
                });
            }
        }
        match &tree.outer {
            Some(outer) => match self.resolve(outer, dir, path) {
                Resolution::Dir(location) => Ok((*location).clone()),
                Resolution::NotFound(why) => Err((*why).clone()),
                Resolution::Unsafe | Resolution::Cgo => Err(NotFound::InvalidPath),
            },
            None if looks_standard(path) => Err(self.not_in_std()),
            None => Err(NotFound::NoModule),
        }
    }
}
