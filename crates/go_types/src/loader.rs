//! How the packages that are imported come in: asked for by name, only when somebody asks about
//! something in them.

use std::sync::Arc;

use crate::names::PackageNames;

/// The package on whose behalf others are asked for.
#[derive(Clone, Debug)]
pub struct Importer {
    /// Its import path; the path of the package under test with `_test` added, for external tests.
    pub path: Arc<str>,
    /// What the project knows of it; absent for packages that no project has loaded.
    pub package: Option<Arc<go_project::Package>>,
}

impl Importer {
    /// A package that is known by its path only.
    pub fn new(path: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            package: None,
        }
    }

    /// A package of a project.
    pub fn of(package: Arc<go_project::Package>) -> Self {
        Self {
            path: Arc::clone(&package.import_path),
            package: Some(package),
        }
    }
}

/// Where imported packages come from. The implementor caches: the same question may be asked many
/// times, from many threads.
pub trait Loader: Sync {
    /// The name in the package clause of the package that a file of `from` imports as
    /// `import_path`. This must not cost more than reading one file's head; `None` when the package
    /// is not there, and then a name is guessed from the path.
    fn package_name(&self, import_path: &str, from: &Importer) -> Option<Arc<str>>;

    /// The path by which the build knows this package, when it is not `import_path` itself:
    /// packages vendored by the standard library have `vendor/` before their path. Reads no source.
    fn canonical_path(&self, import_path: &str, from: &Importer) -> Option<Arc<str>> {
        let _ = (import_path, from);
        None
    }

    /// The declarations of the package, its files parsed with `Mode::SkipBodies`; `None` when it is
    /// not there. `import_path` is as written in a file of `from`, or canonical. Never asked for
    /// package unsafe.
    fn package(&self, import_path: &str, from: &Importer) -> Option<Arc<PackageNames>>;
}

/// A loader that knows no packages.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPackages;

impl Loader for NoPackages {
    fn package_name(&self, _: &str, _: &Importer) -> Option<Arc<str>> {
        None
    }

    fn package(&self, _: &str, _: &Importer) -> Option<Arc<PackageNames>> {
        None
    }
}
