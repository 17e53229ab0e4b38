//! Imported packages from where the project finds them: the module itself, vendor, the module cache,
//! the installed Go.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use go_project::{Location, Package, PackageKind, Project, Resolution, SourceFile};
use go_syntax::{Mode, Source, parse};
use rustc_hash::FxHashMap;

use crate::loader::{Importer, Loader};
use crate::names::PackageNames;

/// A [`Loader`] over a [`Project`]. Each package is read and parsed once, without bodies, by the
/// first who asks; the others wait.
#[derive(Debug)]
pub struct ProjectLoader<'p> {
    project: &'p Project,
    packages: Mutex<FxHashMap<Key, Slot>>,
    /// Packages whose canonical path is not the path that imports them: it means something only
    /// where that import stands.
    renamed: Mutex<FxHashMap<Arc<str>, Arc<Location>>>,
}

/// A folder, the path that names it, and whether its own tests belong to it.
type Key = (Arc<Path>, Arc<str>, bool);

type Slot = Arc<OnceLock<Option<Arc<PackageNames>>>>;

impl<'p> ProjectLoader<'p> {
    /// A loader without any package yet.
    pub fn new(project: &'p Project) -> Self {
        Self {
            project,
            packages: Mutex::default(),
            renamed: Mutex::default(),
        }
    }

    fn resolve(&self, import_path: &str, from: &Package) -> Option<Arc<Location>> {
        match self.project.resolve_import(from, import_path) {
            Resolution::Dir(location) => Some(location),
            Resolution::Unsafe | Resolution::Cgo => None,
            Resolution::NotFound(_) => lock(&self.renamed).get(import_path).cloned(),
        }
    }

    fn load(&self, location: &Location, with_tests: bool) -> Option<Arc<PackageNames>> {
        let key = (
            Arc::clone(&location.dir),
            Arc::clone(&location.import_path),
            with_tests,
        );
        let slot = Arc::clone(lock(&self.packages).entry(key).or_default());
        let load = || {
            let package = self.project.package_of(location)?;
            let chosen = |file: &&SourceFile| with_tests || !file.flags.test;
            let files = package.files.iter().filter(chosen);
            // A file that cannot be read is reported where it is analysed; here its declarations
            // are missing.
            let read = |file| std::fs::read(package.file_path(file)).ok();
            let files: Vec<_> = files
                .filter_map(read)
                .map(|bytes| Arc::new(parse(Source::new(bytes), Mode::SkipBodies)))
                .collect();
            Some(Arc::new(PackageNames::new(Importer::of(package), files)))
        };
        slot.get_or_init(load).clone()
    }
}

impl Loader for ProjectLoader<'_> {
    fn package_name(&self, import_path: &str, from: &Importer) -> Option<Arc<str>> {
        let name = self
            .project
            .package_name_of(from.package.as_deref()?, import_path);
        Some(name.name)
    }

    fn canonical_path(&self, import_path: &str, from: &Importer) -> Option<Arc<str>> {
        let location = self.resolve(import_path, from.package.as_deref()?)?;
        let canonical = Arc::clone(&location.import_path);
        if *canonical != *import_path {
            lock(&self.renamed)
                .entry(Arc::clone(&canonical))
                .or_insert(location);
        }
        Some(canonical)
    }

    fn package(&self, import_path: &str, from: &Importer) -> Option<Arc<PackageNames>> {
        let importer = from.package.as_deref()?;
        let location = self.resolve(import_path, importer)?;
        // An external test sees the package under test as its internal tests extend it.
        let with_tests = importer.kind == PackageKind::ExternalTest && importer.dir == location.dir;
        self.load(&location, with_tests)
    }
}

/// Locks a map that stays whole whatever happens to who holds the lock.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
