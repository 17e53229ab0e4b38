//! The project: one working folder and one build context, with everything learnt about them so far.
//!
//! This file holds the state and how scopes and packages come about from folders. Patterns are
//! expanded in `load` and `walk`, imports in `resolve`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use go_std::Index;

use crate::build_list::{BuildList, go_version_of};
use crate::context::{BuildContext, GoWork};
use crate::heads::KnownFiles;
use crate::memo::{Interner, Memo};
use crate::names::clean;
use crate::package::{Module, Origin, Package, PackageId, PackageKind};
use crate::problem::{Problem, ProblemKind};
use crate::resolve::{Location, Resolution};
use crate::scan::{self, DirScan, Listing, Scanner};
use crate::scope::{Scope, ScopeKind, SourceTree, StdTree, src_above, testdata_src_above};
use crate::sources::{EmbeddedStd, Sources};
use crate::tags::TagSet;
use crate::version::GoVersion;

/// The packages of a folder within a scope, under an import path.
type PackageKey = (u32, Arc<Path>, Arc<str>);

/// An import within a scope, with the importing folder where that matters.
pub(crate) type ImportKey = (u32, Option<Arc<Path>>, Arc<str>);

/// A working folder seen with a build context. All methods may be called from many threads; what
/// they learn is kept for the life of the project, so make a new one after files have changed.
#[derive(Debug)]
pub struct Project {
    pub(crate) cwd: PathBuf,
    pub(crate) context: BuildContext,
    pub(crate) tags: TagSet,
    pub(crate) sources: Sources,
    known: Option<Arc<dyn KnownFiles>>,
    /// The source of the standard library, unless the working folder lies in another one.
    std_src: PathBuf,
    pub(crate) interner: Interner,
    /// `go.work` in effect, and the scope of its modules.
    workspace: Option<Arc<Scope>>,
    next_scope: AtomicU32,
    next_package: AtomicU32,
    /// Module roots above folders.
    roots: Memo<PathBuf, Option<Arc<Path>>>,
    /// Scopes by what they are rooted in: a module, a `src` folder, a loose folder.
    scopes: Memo<PathBuf, Arc<Scope>>,
    /// Scopes of folders.
    scopes_of: Memo<PathBuf, Arc<Scope>>,
    listings: Memo<PathBuf, Option<Arc<Listing>>>,
    scans: Memo<PathBuf, Option<Arc<DirScan>>>,
    modules: Memo<(PathBuf, String, Option<String>), Arc<Module>>,
    packages: Memo<PackageKey, Arc<[Arc<Package>]>>,
    pub(crate) resolutions: Memo<ImportKey, Resolution>,
}

impl Project {
    /// Opens the folder `cwd`. Reads `go.work` and the `go.mod` of the folder, nothing else; what is
    /// wrong with them is reported by [`Project::load`].
    ///
    /// The newest release tag that holds is that of the context, or of the main modules if they ask
    /// for a newer Go: the `go` command would fetch and use that.
    pub fn open(cwd: &Path, context: BuildContext) -> Self {
        let cwd = clean(&std::path::absolute(cwd).unwrap_or_else(|_| cwd.to_path_buf()));
        let (std_src, std) = match &context.goroot {
            Some(root) => (root.join("src"), None),
            None => {
                let std = EmbeddedStd::new(go_std::embedded());
                (std.src.clone(), Some(std))
            }
        };
        let sources = Sources::new(std);
        let mut project = Self {
            tags: TagSet::new(&context, context.release),
            cwd,
            context,
            sources,
            known: None,
            std_src,
            interner: Interner::default(),
            workspace: None,
            next_scope: AtomicU32::new(0),
            next_package: AtomicU32::new(0),
            roots: Memo::default(),
            scopes: Memo::default(),
            scopes_of: Memo::default(),
            listings: Memo::default(),
            scans: Memo::default(),
            modules: Memo::default(),
            packages: Memo::default(),
            resolutions: Memo::default(),
        };
        if let Some(file) = project.find_go_work() {
            let mut problems = Vec::new();
            let list = BuildList::workspace(&file, &project.context, &mut problems);
            project.workspace = Some(project.new_scope(ScopeKind::Modules(list), problems));
        }
        let wanted = project
            .scope_of(&project.cwd)
            .build_list()
            .and_then(|list| list.main.iter().map(|main| main.module.go).max());
        if let Some(release) = wanted.filter(|wanted| *wanted > project.context.release) {
            project.context.release = release;
            project.tags = TagSet::new(&project.context, release);
        }
        project
    }

    /// Uses `bytes` as the content of the file at `path`, which need not exist. To be called before
    /// anything is loaded.
    #[must_use]
    pub fn with_overlay(mut self, path: &Path, bytes: impl Into<Arc<[u8]>>) -> Self {
        let path = clean(&self.cwd.join(path));
        self.sources.give(path, bytes.into());
        self
    }

    /// Asks `known` for the heads of files before they are read, and tells it of what is read. To be
    /// called before anything is loaded.
    #[must_use]
    pub fn with_known_files(mut self, known: Arc<dyn KnownFiles>) -> Self {
        self.known = Some(known);
        self
    }

    /// The working folder, absolute.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// The build context in effect.
    pub fn context(&self) -> &BuildContext {
        &self.context
    }

    /// The modules worked on: that of the working folder, or those of the workspace. Empty outside
    /// of modules.
    pub fn main_modules(&self) -> Vec<Arc<Module>> {
        match &self.scope_of(&self.cwd).kind {
            ScopeKind::Modules(list) => list.main.iter().map(|m| Arc::clone(&m.module)).collect(),
            ScopeKind::Std(tree) => vec![tree.module_of(""), tree.module_of("cmd")],
            ScopeKind::Tree(_) => Vec::new(),
        }
    }

    /// The content of a file, as given if it was, and from the embedded standard library if it is
    /// of that.
    ///
    /// # Errors
    ///
    /// If it was not given and cannot be read.
    pub fn read_file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        match self.sources.content(path) {
            Some(content) => content.map(<[u8]>::to_vec),
            None => {
                let bytes = std::fs::read(path)?;
                if let Some(known) = &self.known {
                    known.content(path, &bytes);
                }
                Ok(bytes)
            }
        }
    }

    /// Whether what is worked on is Go itself, rather than code that uses it.
    pub fn works_on_std(&self) -> bool {
        matches!(self.scope_of(&self.cwd).kind, ScopeKind::Std(_))
    }

    /// Where the standard library comes from.
    pub fn standard_library(&self) -> StandardLibrary {
        let here = self.scope_of(&self.cwd);
        match (&here.kind, &self.sources.std) {
            (ScopeKind::Std(tree), _) => StandardLibrary::Sources(tree.src.clone()),
            (_, None) => StandardLibrary::Sources(self.std_src.clone()),
            (_, Some(std)) => StandardLibrary::Embedded {
                release: std.index.release(),
                packages: std.index.packages().count(),
                unpacked: std.index.unpacked(),
            },
        }
    }

    /// The packages of a folder, found by the rules for the place where it lies. The ordinary one
    /// comes first. Empty when the folder cannot be read or holds no file that takes part.
    pub fn packages_at(&self, dir: &Path) -> Arc<[Arc<Package>]> {
        let dir = clean(&self.cwd.join(dir));
        let location = self.location_of(&dir);
        self.packages_of(&location)
    }

    /// The ordinary package of a folder.
    pub fn package_at(&self, dir: &Path) -> Option<Arc<Package>> {
        ordinary(&self.packages_at(dir))
    }

    /// The ordinary package at the end of an import.
    pub fn package_of(&self, location: &Location) -> Option<Arc<Package>> {
        ordinary(&self.packages_of(location))
    }

    /// The packages at the end of an import: with external tests, and strays.
    pub fn packages_of(&self, location: &Location) -> Arc<[Arc<Package>]> {
        match self.scan(&location.dir) {
            Some(scan) => self.assemble(location, &scan),
            None => Arc::new([]),
        }
    }

    /// Where a folder stands by its own right, rather than by an import that led there.
    pub(crate) fn location_of(&self, dir: &Path) -> Location {
        self.location_in(&self.scope_of(dir), dir)
    }

    pub(crate) fn location_in(&self, scope: &Arc<Scope>, dir: &Path) -> Location {
        let place = scope.place(dir);
        Location {
            dir: dir.into(),
            import_path: self.interner.intern(&place.import_path),
            module: place.module,
            origin: place.origin,
            scope: Arc::clone(scope),
        }
    }

    /// Makes packages out of what a scan found; the same ones whenever it is asked again.
    pub(crate) fn assemble(&self, location: &Location, scan: &DirScan) -> Arc<[Arc<Package>]> {
        let key = (
            location.scope.id,
            Arc::clone(&location.dir),
            Arc::clone(&location.import_path),
        );
        if let Some(known) = self.packages.get(&key) {
            return known;
        }
        let packages = self.assemble_new(location, scan);
        self.packages.insert(key, packages)
    }

    /// Makes packages that nobody else will be given.
    pub(crate) fn assemble_new(&self, location: &Location, scan: &DirScan) -> Arc<[Arc<Package>]> {
        let go_version = location
            .module
            .as_ref()
            .map_or(GoVersion::NEWEST, |module| module.go);
        scan.units
            .iter()
            .map(|unit| {
                let import_path = match unit.kind {
                    PackageKind::ExternalTest => self
                        .interner
                        .intern(&format!("{}_test", location.import_path)),
                    PackageKind::Ordinary | PackageKind::Stray => Arc::clone(&location.import_path),
                };
                Arc::new(Package {
                    id: PackageId(self.next_package.fetch_add(1, Ordering::Relaxed)),
                    import_path,
                    name: Arc::clone(&unit.name),
                    dir: Arc::clone(&location.dir),
                    kind: unit.kind,
                    origin: location.origin,
                    module: location.module.clone(),
                    go_version,
                    files: Arc::clone(&unit.files),
                    ignored: Arc::clone(&scan.ignored),
                    scope: Arc::clone(&location.scope),
                })
            })
            .collect()
    }

    fn scanner(&self) -> Scanner<'_> {
        Scanner {
            tags: &self.tags,
            interner: &self.interner,
            sources: &self.sources,
            known: self.known.as_deref(),
        }
    }

    /// The scan of a folder; nothing if it cannot be read.
    pub(crate) fn scan(&self, dir: &Path) -> Option<Arc<DirScan>> {
        if let Some(known) = self.scans.get(dir) {
            return known;
        }
        let scan = self
            .listing(dir)
            .map(|listing| Arc::new(self.scanner().scan(dir, &listing, &[])));
        self.scans.insert(dir.to_path_buf(), scan)
    }

    /// The scan of a folder that has just been listed.
    pub(crate) fn scan_listed(&self, dir: &Path, listing: &Listing) -> Arc<DirScan> {
        if let Some(Some(known)) = self.scans.get(dir) {
            return known;
        }
        let scan = Arc::new(self.scanner().scan(dir, listing, &[]));
        self.scans
            .insert(dir.to_path_buf(), Some(Arc::clone(&scan)))
            .unwrap_or(scan)
    }

    /// A scan that takes in files whatever their constraints say.
    pub(crate) fn scan_forced(
        &self,
        dir: &Path,
        listing: &Listing,
        forced: &[OsString],
    ) -> DirScan {
        self.scanner().scan(dir, listing, forced)
    }

    fn listing(&self, dir: &Path) -> Option<Arc<Listing>> {
        if let Some(known) = self.listings.get(dir) {
            return known;
        }
        let listing = scan::list(dir, &self.sources).ok().map(Arc::new);
        self.listings.insert(dir.to_path_buf(), listing)
    }

    /// Whether a folder holds Go source.
    pub(crate) fn has_go(&self, dir: &Path) -> bool {
        if let Some((index, package)) = self.embedded_package(dir) {
            // The table of contents says it; nothing need be unpacked.
            return index.contains(&package);
        }
        match self.scans.get(dir) {
            Some(scan) => scan.is_some_and(|scan| scan.has_go_files),
            None => self
                .listing(dir)
                .is_some_and(|listing| listing.has_go_files()),
        }
    }

    /// The name in the package clauses of a folder, without a scan of all its files.
    pub(crate) fn clause_name(&self, dir: &Path) -> Option<Arc<str>> {
        if let Some((index, package)) = self.embedded_package(dir) {
            return Some(self.interner.intern(index.package_name(&package)?));
        }
        if let Some(scan) = self.scans.get(dir) {
            let scan = scan?;
            return scan.units.first().map(|unit| Arc::clone(&unit.name));
        }
        self.scanner().package_name(dir, &*self.listing(dir)?)
    }

    /// The import path that a folder stands for in the embedded standard library, and its index.
    pub(crate) fn embedded_package(&self, dir: &Path) -> Option<(&'static Index, String)> {
        let std = self.sources.std.as_ref()?;
        Some((std.index, std.package_at(dir)?))
    }

    /// The nearest folder at or above `dir` with a `go.mod`.
    pub(crate) fn module_root(&self, dir: &Path) -> Option<Arc<Path>> {
        let mut asked = Vec::new();
        let mut root = None;
        for folder in dir.ancestors() {
            if let Some(known) = self.roots.get(folder) {
                root = known;
                break;
            }
            asked.push(folder);
            if folder.join("go.mod").is_file() {
                root = Some(folder.into());
                break;
            }
        }
        for folder in asked {
            self.roots.insert(folder.to_path_buf(), root.clone());
        }
        root
    }

    /// The module of a dependency, by folder, path and version.
    pub(crate) fn module(&self, dir: &Path, path: &str, version: Option<String>) -> Arc<Module> {
        let key = (dir.to_path_buf(), path.to_owned(), version);
        if let Some(known) = self.modules.get(&key) {
            return known;
        }
        let module = Arc::new(Module {
            path: path.to_owned(),
            version: key.2.clone(),
            dir: dir.to_path_buf(),
            go: go_version_of(dir),
        });
        self.modules.insert(key, module)
    }

    /// The scope that a folder belongs to by its place.
    pub(crate) fn scope_of(&self, dir: &Path) -> Arc<Scope> {
        if let Some(known) = self.scopes_of.get(dir) {
            return known;
        }
        let root = self.module_root(dir);
        let scope = match (testdata_src_above(dir, root.as_deref()), &root) {
            (Some(src), _) => {
                let outer = root.as_ref().map(|root| self.module_scope(root));
                self.scope_at(&src, |_| {
                    ScopeKind::Tree(SourceTree::src(src.clone(), outer))
                })
            }
            (None, Some(root)) => self.module_scope(root),
            (None, None) => self.tree_scope(dir),
        };
        self.scopes_of.insert(dir.to_path_buf(), scope)
    }

    /// The scope of the standard library: that of the working folder when it lies in one, else that
    /// of the installed Go, else the embedded one.
    pub(crate) fn std_scope(&self) -> Arc<Scope> {
        let here = self.scope_of(&self.cwd);
        if matches!(here.kind, ScopeKind::Std(_)) {
            return here;
        }
        self.std_scope_at(&self.std_src)
    }

    fn std_scope_at(&self, src: &Path) -> Arc<Scope> {
        self.scope_at(src, |problems| {
            ScopeKind::Std(match &self.sources.std {
                Some(std) if std.covers(src) => StdTree::embedded(std),
                _ => StdTree::new(src, problems),
            })
        })
    }

    /// The scope of the module in `root`.
    fn module_scope(&self, root: &Path) -> Arc<Scope> {
        if let Some(workspace) = &self.workspace
            && workspace
                .build_list()
                .is_some_and(|list| list.main.iter().any(|m| m.module.dir == root))
        {
            return Arc::clone(workspace);
        }
        if let Some(src) = std_source(root) {
            return self.std_scope_at(&src);
        }
        self.scope_at(root, |problems| {
            let list = BuildList::single(root, &self.context, problems);
            if self.workspace.is_some() && self.cwd.starts_with(root) {
                problems.push(
                    Problem::new(
                        ProblemKind::NotInWorkspace,
                        root,
                        "the module is not among those of the go.work in effect",
                    )
                    .with_help(
                        "run `go work use` in it, or set GOWORK=off; it is analysed by itself",
                    ),
                );
            }
            ScopeKind::Modules(list)
        })
    }

    /// The scope of a folder without module: the tree below `src`, or the working folder, or just
    /// the folder itself.
    fn tree_scope(&self, dir: &Path) -> Arc<Scope> {
        if let Some(src) = src_above(dir, &self.context.gopath) {
            return self.scope_at(&src, |_| {
                ScopeKind::Tree(SourceTree::src(src.clone(), None))
            });
        }
        let root = if dir.starts_with(&self.cwd) {
            &self.cwd
        } else {
            dir
        };
        self.scope_at(root, |_| {
            ScopeKind::Tree(SourceTree::loose(root.to_path_buf()))
        })
    }

    fn scope_at(
        &self,
        root: &Path,
        make: impl FnOnce(&mut Vec<Problem>) -> ScopeKind,
    ) -> Arc<Scope> {
        if let Some(known) = self.scopes.get(root) {
            return known;
        }
        let mut problems = Vec::new();
        let kind = make(&mut problems);
        let scope = self.new_scope(kind, problems);
        self.scopes.insert(root.to_path_buf(), scope)
    }

    fn new_scope(&self, kind: ScopeKind, problems: Vec<Problem>) -> Arc<Scope> {
        let id = self.next_scope.fetch_add(1, Ordering::Relaxed);
        Arc::new(Scope { id, kind, problems })
    }

    /// The scope of the workspace, if there is one.
    pub(crate) fn workspace(&self) -> Option<&Arc<Scope>> {
        self.workspace.as_ref()
    }

    fn find_go_work(&self) -> Option<PathBuf> {
        match &self.context.go_work {
            GoWork::Off => None,
            GoWork::File(file) => Some(clean(&self.cwd.join(file))),
            GoWork::Nearest => self
                .cwd
                .ancestors()
                .map(|dir| dir.join("go.work"))
                .find(|file| file.is_file()),
        }
    }

    /// Whether a location belongs to the code that is worked on: of a main module, of Go itself when
    /// that is what the working folder lies in, or of a folder outside of modules.
    pub fn is_worked_on(&self, package: &Package) -> bool {
        match package.origin {
            Origin::FirstParty => true,
            Origin::Std => package.scope.id == self.scope_of(&self.cwd).id,
            Origin::Vendored | Origin::ModCache | Origin::Gopath | Origin::Replace => false,
        }
    }
}

/// Where the standard library of a project comes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum StandardLibrary {
    /// From this folder, `GOROOT/src`.
    Sources(PathBuf),
    /// From what is part of the program, for want of an installed Go.
    Embedded {
        /// The release of Go, such as `1.27.3`.
        release: &'static str,
        /// How many packages there are.
        packages: usize,
        /// How many of them this process has unpacked so far.
        unpacked: usize,
    },
}

fn ordinary(packages: &[Arc<Package>]) -> Option<Arc<Package>> {
    packages
        .first()
        .filter(|package| package.kind == PackageKind::Ordinary)
        .cloned()
}

/// `GOROOT/src`, if the module in `root` is one of the two that Go itself is made of.
fn std_source(root: &Path) -> Option<PathBuf> {
    let is_std = |dir: &Path| dir.join("runtime").is_dir() && names_module(dir, "std");
    if is_std(root) {
        return Some(root.to_path_buf());
    }
    let parent = root.parent()?;
    (root.file_name()? == "cmd" && names_module(root, "cmd") && is_std(parent))
        .then(|| parent.to_path_buf())
}

fn names_module(dir: &Path, name: &str) -> bool {
    crate::files::read(&dir.join("go.mod"))
        .is_ok_and(|bytes| crate::modfile::parse_mod(&bytes).0.module.as_deref() == Some(name))
}
