//! Contracts of functions, package by package, made when somebody first asks.
//!
//! A package waits for those that it imports, never for one that imports it, so waiting ends.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use go_flow::{Contract, Inferred, OnDemand, OwnContracts, PackageContracts, infer_package};
use go_project::{Origin, Package, PackageId, Project, Resolution};
use go_syntax::{Mode, Source, parse};
use go_types::{ImportId, Importer, Loader, PackageCx, PackageNames};
use rules::RunModels;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cache::{Cache, Digest};
use crate::guard::catch;

type Slot = Arc<OnceLock<Arc<PackageContracts>>>;

/// The contracts of all packages of a run.
pub(crate) struct Contracts<'p> {
    project: &'p Project,
    loader: &'p dyn Loader,
    models: &'p RunModels,
    cache: Option<&'p Cache>,
    /// Packages that import themselves by way of others. Nobody waits for their contracts.
    circles: FxHashSet<PackageId>,
    /// By folder.
    packages: Mutex<FxHashMap<Arc<Path>, Slot>>,
    /// Where the cache has contracts, by folder.
    offered: Mutex<FxHashMap<Arc<Path>, Digest>>,
}

impl<'p> Contracts<'p> {
    pub(crate) fn new(
        project: &'p Project,
        loader: &'p dyn Loader,
        models: &'p RunModels,
        cache: Option<&'p Cache>,
        circles: FxHashSet<PackageId>,
    ) -> Self {
        Self {
            project,
            loader,
            models,
            cache,
            circles,
            packages: Mutex::default(),
            offered: Mutex::default(),
        }
    }

    /// Says under which key the cache has the contracts of a package.
    pub(crate) fn offer(&self, package: &Package, key: Digest) {
        let mut offered = self.offered.lock().unwrap_or_else(PoisonError::into_inner);
        offered.insert(Arc::clone(&package.dir), key);
    }

    fn cached(&self, package: &Package) -> Option<PackageContracts> {
        let offered = self.offered.lock().unwrap_or_else(PoisonError::into_inner);
        let key = *offered.get(&package.dir)?;
        drop(offered);
        postcard::from_bytes(self.cache?.store.get(&key)?).ok()
    }

    /// Whether the contracts of a package come from its bodies: what the standard library does is in
    /// the models.
    pub(crate) fn has_own(&self, package: &Package) -> bool {
        !matches!(package.origin, Origin::Std) && !self.circles.contains(&package.id)
    }

    /// The contracts as a package under analysis sees them: its own functions, those of its test
    /// files included, and those of others. All are inferred at once, so that threads can share them.
    pub(crate) fn of_unit<'c>(&'c self, cx: &PackageCx<'_>) -> OwnContracts<Imported<'c>> {
        let infer = || OwnContracts::infer(cx, self.models.get(), self.imported(cx));
        // The rules meet the same trouble and report it.
        catch(infer).unwrap_or_else(|_| self.unknown(cx))
    }

    /// Likewise, each inferred when it is asked for.
    pub(crate) fn on_demand<'c>(&'c self, cx: &'c PackageCx<'c>) -> OnDemand<'c, Imported<'c>> {
        let imported = catch(|| self.imported(cx)).unwrap_or_else(|_| self.nothing());
        OnDemand::new(cx, self.models.get(), imported)
    }

    /// For those who do not ask.
    pub(crate) fn unknown<'c>(&'c self, cx: &PackageCx<'_>) -> OwnContracts<Imported<'c>> {
        OwnContracts::none(cx, self.nothing())
    }

    fn nothing(&self) -> Imported<'_> {
        Imported {
            all: self,
            giving: FxHashSet::default(),
            ending: FxHashSet::default(),
            exiting: FxHashSet::default(),
        }
    }

    /// What the packages that a package imports give.
    fn imported(&self, cx: &PackageCx<'_>) -> Imported<'_> {
        let names = cx.names();
        let mut giving = FxHashSet::default();
        let mut ending = FxHashSet::default();
        let mut exiting = FxHashSet::default();
        let mut seen = FxHashSet::default();
        for file in (0..).take(names.files().len()) {
            for index in (0..).take(names.imports(file).len()) {
                let path = names.canonical_path(ImportId { file, index }, self.loader);
                if !seen.insert(Arc::clone(path)) {
                    continue;
                }
                if let Some(package) = self.dependency(cx, path) {
                    let contracts = self.of_package(&package);
                    giving.extend(contracts.giving().map(Into::into));
                    ending.extend(contracts.ending().map(Into::into));
                    exiting.extend(contracts.exiting().map(Into::into));
                }
            }
        }
        Imported {
            all: self,
            giving,
            ending,
            exiting,
        }
    }

    /// The package with a canonical path, unless it is the one that asks, or of the standard
    /// library: what that does is in the models.
    fn dependency(&self, cx: &PackageCx<'_>, path: &str) -> Option<Arc<Package>> {
        if *path == **cx.names().path() {
            return None;
        }
        // Nothing is read to tell that a package is of the standard library.
        if let Some(importer) = &cx.names().importer().package
            && let Resolution::Dir(location) = self.project.resolve_import(importer, path)
            && matches!(location.origin, Origin::Std)
        {
            return None;
        }
        let names = cx.package(&Arc::from(path))?;
        let package = names.importer().package.as_ref()?;
        self.has_own(package).then(|| Arc::clone(package))
    }

    /// The contracts of a package as others see it.
    pub(crate) fn of_package(&self, package: &Arc<Package>) -> Arc<PackageContracts> {
        let slot = {
            let mut packages = self.packages.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(packages.entry(Arc::clone(&package.dir)).or_default())
        };
        Arc::clone(slot.get_or_init(|| {
            // A package on which an analysis fails has no contracts; the failure is reported where
            // the package itself is analysed.
            let contracts = self
                .cached(package)
                .or_else(|| catch(|| self.infer(package)).ok());
            Arc::new(contracts.unwrap_or_default())
        }))
    }

    fn infer(&self, package: &Arc<Package>) -> PackageContracts {
        let files = package
            .files
            .iter()
            .filter(|file| !file.flags.test)
            .filter_map(|file| self.project.read_file(&package.file_path(file)).ok())
            .map(|bytes| Arc::new(parse(Source::new(bytes), Mode::Full)))
            .collect();
        let names = Arc::new(PackageNames::new(Importer::of(Arc::clone(package)), files));
        let cx = PackageCx::new(&names, self.loader);
        infer_package(&cx, self.models.get(), &self.imported(&cx))
    }
}

/// What one package sees of the others.
#[derive(Clone, Debug)]
pub(crate) struct Imported<'c> {
    all: &'c Contracts<'c>,
    /// The names of the functions of the packages it imports that give something to release.
    giving: FxHashSet<Box<str>>,
    /// The names of those that never return.
    ending: FxHashSet<Box<str>>,
    /// The names of those that may end the process.
    exiting: FxHashSet<Box<str>>,
}

impl Inferred for Imported<'_> {
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract> {
        let package = self.all.dependency(cx, package)?;
        self.all.of_package(&package).get(name).cloned()
    }

    fn may_give(&self, name: &str) -> bool {
        self.giving.contains(name)
    }

    fn may_end(&self, name: &str) -> bool {
        self.ending.contains(name)
    }

    fn may_exit(&self, name: &str) -> bool {
        self.exiting.contains(name)
    }
}

impl fmt::Debug for Contracts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contracts").finish_non_exhaustive()
    }
}
