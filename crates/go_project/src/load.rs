//! From the words of a command line to packages.

mod folders;
mod trees;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::package::{Package, PackageId, PackageKind, SourceFile};
use crate::pattern::Request;
use crate::problem::{Problem, ProblemKind};
use crate::project::Project;
use crate::resolve::Location;
use crate::scan::DirScan;
use crate::scope::ScopeKind;

/// What patterns led to.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The packages, sorted by import path, kind, name and folder; each once.
    pub targets: Vec<Target>,
    /// What went wrong, sorted by path and line.
    pub problems: Vec<Problem>,
}

/// A package that was asked for.
#[derive(Clone, Debug)]
pub struct Target {
    /// The package, with all its files.
    pub package: Arc<Package>,
    /// Which of them were asked for.
    pub selection: Selection,
}

/// Which files of a package were asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// All of them.
    All,
    /// Those of these names. The others are there to understand these.
    Files(BTreeSet<OsString>),
}

impl Selection {
    /// Whether a file was asked for.
    pub fn includes(&self, file: &SourceFile) -> bool {
        match self {
            Self::All => true,
            Self::Files(names) => names.contains(&file.name),
        }
    }
}

impl Target {
    /// The files that were asked for.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.package
            .files
            .iter()
            .filter(|file| self.selection.includes(file))
    }
}

impl Project {
    /// Loads the packages that `patterns` ask for; without patterns, those of `./...`.
    ///
    /// Patterns are those of the `go` command, with these differences:
    ///
    /// - A relative path that exists is a folder even without `./`, and so is the start of a pattern
    ///   with `...`: `internal/shop`, `internal/...`. That goes for the words `std`, `cmd`, `work` and
    ///   `all`, too, except that `cmd` in Go's own source means the commands.
    /// - A root that is named is walked, whatever it is called and even if `go.mod` ignores it:
    ///   `./testdata/...` finds packages. A root in a module of its own is loaded by the rules of
    ///   that module.
    /// - Import path patterns match the main modules, and the standard library when nothing else
    ///   matches; never other dependencies. `...` alone is all of the main modules.
    /// - In a folder that is in no module, `...` enters the modules of the `go.work` in effect.
    /// - A Go file stands for itself, but it is loaded together with its package, so that names
    ///   declared elsewhere are known; [`Selection`] tells which files were asked for. A file that
    ///   build constraints exclude is added to its package.
    pub fn load<S: AsRef<str>>(&self, patterns: &[S]) -> Loaded {
        let mut loader = Loader::new(self);
        if patterns.is_empty() {
            loader.add("./...");
        }
        for pattern in patterns {
            loader.add(pattern.as_ref());
        }
        loader.finish()
    }
}

struct Loader<'p> {
    project: &'p Project,
    targets: Vec<Target>,
    index: FxHashMap<PackageId, usize>,
    problems: Vec<Problem>,
    /// Files that were named, by folder.
    files: BTreeMap<PathBuf, BTreeSet<OsString>>,
}

impl<'p> Loader<'p> {
    fn new(project: &'p Project) -> Self {
        Self {
            project,
            targets: Vec::new(),
            index: FxHashMap::default(),
            problems: Vec::new(),
            files: BTreeMap::new(),
        }
    }

    fn add(&mut self, pattern: &str) {
        // Within Go's own source, `cmd` is the word it always is, although there is such a folder.
        let cmd = match &self.project.scope_of(&self.project.cwd).kind {
            ScopeKind::Std(tree) => Some(tree.src.join("cmd")),
            _ => None,
        };
        let exists = |path: &Path| Some(path) != cmd.as_deref() && path.exists();
        let request = match Request::parse(pattern, &self.project.cwd, exists) {
            Ok(request) => request,
            Err(problem) => return self.problems.push(problem),
        };
        match request {
            Request::File(path) => self.add_file(&path),
            Request::Dir(dir) => self.add_dir(pattern, &dir),
            Request::Walk { root, name, glob } => self.add_walk(pattern, root, name, glob),
            Request::Import(path) => self.add_import(pattern, &path),
            Request::ImportGlob(glob) => self.add_import_glob(pattern, &glob),
            Request::Std => self.add_std(pattern, ""),
            Request::Cmd => self.add_std(pattern, "cmd"),
            Request::Work => self.add_main_modules(pattern),
            Request::All => {
                self.add_main_modules(pattern);
                self.add_dependencies();
            }
        }
    }

    fn complain(&mut self, kind: ProblemKind, path: &Path, message: String, help: &str) {
        self.problems
            .push(Problem::new(kind, path, message).with_help(help));
    }

    /// Whether there is something at a path that was named.
    fn metadata(&mut self, path: &Path) -> Option<Metadata> {
        match std::fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                let help = if path.is_symlink() {
                    "it is a link to nowhere; correct or remove it".to_owned()
                } else {
                    format!(
                        "check the spelling; relative paths start at {}",
                        self.project.cwd.display()
                    )
                };
                let message = format!("{} does not exist", path.display());
                self.complain(ProblemKind::MissingPath, path, message, &help);
                None
            }
            Err(error) => {
                self.problems.push(Problem::unreadable(path, &error));
                None
            }
        }
    }

    fn add_packages(&mut self, location: &Location, scan: &DirScan) {
        self.problems.extend(scan.problems.iter().cloned());
        for package in self.project.assemble(location, scan).iter() {
            self.add_target(Target {
                package: Arc::clone(package),
                selection: Selection::All,
            });
        }
    }

    fn add_target(&mut self, target: Target) {
        let Some(index) = self.index.get(&target.package.id) else {
            self.index.insert(target.package.id, self.targets.len());
            return self.targets.push(target);
        };
        // Named files come last, so what is there is not less than what is added, or also files.
        if let (Selection::Files(known), Selection::Files(more)) =
            (&mut self.targets[*index].selection, target.selection)
        {
            known.extend(more);
        }
    }

    fn finish(mut self) -> Loaded {
        self.add_named_files();
        let mut scopes = FxHashSet::default();
        let here = self.project.scope_of(&self.project.cwd);
        let all = self.targets.iter().map(|target| &target.package.scope);
        for scope in all
            .chain(std::iter::once(&here))
            .chain(self.project.workspace())
        {
            if scopes.insert(scope.id) {
                self.problems.extend(scope.problems.iter().cloned());
            }
        }
        self.problems.sort();
        self.problems.dedup();
        self.targets.sort_by(|a, b| {
            let key = |target: &Target| -> (Arc<str>, PackageKind, Arc<str>, Arc<Path>, bool) {
                let package = &target.package;
                (
                    // External tests sort right behind their package.
                    package.import_path.strip_suffix("_test").map_or_else(
                        || Arc::clone(&package.import_path),
                        |path| match package.kind {
                            PackageKind::ExternalTest => Arc::from(path),
                            _ => Arc::clone(&package.import_path),
                        },
                    ),
                    package.kind,
                    Arc::clone(&package.name),
                    Arc::clone(&package.dir),
                    matches!(target.selection, Selection::Files(_)),
                )
            };
            key(a).cmp(&key(b))
        });
        Loaded {
            targets: self.targets,
            problems: self.problems,
        }
    }
}
