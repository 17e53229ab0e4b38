//! Contracts of functions, package by package, made when somebody first asks.
//!
//! A package waits for those that it imports, never for one that imports it, so waiting ends.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use go_flow::{Contract, Inferred, OwnContracts, PackageContracts, infer_package};
use go_project::{Origin, Package, Project};
use go_syntax::{Mode, Source, parse};
use go_types::{Importer, Loader, PackageCx, PackageNames};
use rustc_hash::FxHashMap;

use crate::guard::catch;

type Slot = Arc<OnceLock<Arc<PackageContracts>>>;

/// The contracts of all packages of a run.
pub(crate) struct Contracts<'p> {
    project: &'p Project,
    loader: &'p dyn Loader,
    /// By folder.
    packages: Mutex<FxHashMap<Arc<std::path::Path>, Slot>>,
}

impl<'p> Contracts<'p> {
    pub(crate) fn new(project: &'p Project, loader: &'p dyn Loader) -> Self {
        Self {
            project,
            loader,
            packages: Mutex::default(),
        }
    }

    /// The contracts as a package under analysis sees them: its own functions, those of its test
    /// files included, and those of others. Nothing is inferred unless `wanted`.
    pub(crate) fn of_unit<'c>(
        &'c self,
        names: &Arc<PackageNames>,
        wanted: bool,
    ) -> OwnContracts<'c, Self> {
        let cx = PackageCx::new(names, self.loader);
        if wanted && let Ok(contracts) = catch(|| OwnContracts::infer(&cx, rules::models(), self)) {
            return contracts;
        }
        OwnContracts::none(&cx, self)
    }

    fn of_package(&self, package: &Arc<Package>) -> Arc<PackageContracts> {
        let slot = {
            let mut packages = self.packages.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(packages.entry(Arc::clone(&package.dir)).or_default())
        };
        Arc::clone(slot.get_or_init(|| {
            // A package on which an analysis fails has no contracts; the failure is reported where
            // the package itself is analysed.
            Arc::new(catch(|| self.infer(package)).unwrap_or_default())
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
        infer_package(&cx, rules::models(), self)
    }
}

impl Inferred for Contracts<'_> {
    fn contract(&self, cx: &PackageCx<'_>, package: &str, name: &str) -> Option<Contract> {
        if *package == **cx.names().path() {
            return None;
        }
        let names = cx.package(&Arc::from(package))?;
        let package = names.importer().package.as_ref()?;
        // What the standard library does is in the models.
        if matches!(package.origin, Origin::Std { .. }) {
            return None;
        }
        self.of_package(package).get(name).cloned()
    }
}

impl fmt::Debug for Contracts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contracts").finish_non_exhaustive()
    }
}
