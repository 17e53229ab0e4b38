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
            let read = |file| self.project.read_file(&package.file_path(file)).ok();
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use go_project::{BuildContext, MapEnv};

    use super::*;
    use crate::{Body, PackageCx};

    /// A Go installation and a module that uses it.
    const FILES: &[(&str, &str)] = &[
        ("go/VERSION", "go1.27.3"),
        ("go/src/runtime/runtime.go", "package runtime"),
        (
            "go/src/os/file.go",
            "package os\nimport \"golang.org/x/sys\"\ntype File struct{ Fd sys.Handle }\nfunc Open(string) (*File, error)\n",
        ),
        (
            "go/src/os/file_windows.go",
            "package os\nfunc Windows() int\n",
        ),
        ("go/src/os/file_test.go", "package os\nfunc Tested() int\n"),
        (
            "go/src/vendor/golang.org/x/sys/sys.go",
            "package sys\ntype Handle int\nfunc (Handle) Close() bool\n",
        ),
        (
            "m/go.mod",
            "module example.com/m\ngo 1.27\nrequire example.com/odd v1.0.0\nreplace example.com/odd => ../odd\n",
        ),
        ("odd/go.mod", "module example.com/odd\n"),
        (
            "odd/odd.go",
            "package even\ntype T struct{ Name string }\nfunc New() *T { return helper() }\nfunc helper() *T\n",
        ),
        (
            "m/b/b.go",
            "package b\nimport \"example.com/odd\"\ntype B struct{ *even.T; size int }\nfunc size(b B) int { return b.size }\n",
        ),
        ("m/b/export_test.go", "package b\nvar Size = size\n"),
        (
            "m/b/b_test.go",
            "package b_test\nimport \"example.com/m/b\"\nfunc f() { _ = b.Size /*:func(b example.com/m/b.B) int*/ }\n",
        ),
        (
            "m/a/a.go",
            "package a
import (
	\"example.com/m/b\"
	\"example.com/missing\"
	\"example.com/odd\"
	\"os\"
	\"unsafe\"
)
func f(x b.B, handle missing.Handle) {
	file, err := os.Open(\"\") /*:(*os.File, error)*/
	_ = file.Fd /*:vendor/golang.org/x/sys.Handle*/
	_ = file.Fd.Close() /*:bool*/
	_ = x.Name /*:string*/
	_ = even.New().Name /*:string*/
	_ = os.Windows /*:?*/
	_ = os.Tested /*:?*/
	_ = b.Size /*:?*/
	_ = handle /*:example.com/missing.Handle*/
	_ = handle.x /*:?*/
	_ = unsafe.Pointer(nil) /*:unsafe.Pointer*/
	_ = unsafe.Sizeof(x) /*:uintptr*/
	_ = unsafe.SliceData([]int{}) /*:*int*/
}
",
        ),
    ];

    struct Tree {
        root: PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Tree {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let root = folder.path().canonicalize().expect("a real path");
            for (path, text) in FILES {
                let path = root.join(path);
                std::fs::create_dir_all(path.parent().expect("below the root"))
                    .expect("folders are made");
                std::fs::write(path, text).expect("the file is written");
            }
            Self {
                root,
                _folder: folder,
            }
        }

        fn project(&self) -> Project {
            let env = MapEnv::default().with("GOROOT", self.root.join("go"));
            let (context, _) = BuildContext::from_env(&env);
            Project::open(&self.root.join("m"), context)
        }
    }

    /// Checks the expectations in a package, which are written as in the tests of types.
    fn check(project: &Project, package: &Arc<Package>) -> usize {
        let loader = ProjectLoader::new(project);
        let read = |file| std::fs::read(package.file_path(file)).expect("the file is read");
        let parsed = package
            .files
            .iter()
            .map(|file| Arc::new(parse(Source::new(read(file)), Mode::Full)));
        let names = Arc::new(PackageNames::new(
            Importer::of(Arc::clone(package)),
            parsed.collect(),
        ));
        let cx = PackageCx::new(&names, &loader);
        let mut checked = 0;
        for (index, file) in (0..).zip(names.files()) {
            for root in file.all_funcs() {
                let body = Body::new(&cx, index, root);
                let exprs = || {
                    file.func(root)
                        .exprs
                        .iter()
                        .map(|expr| (expr, file.expr(expr).span))
                };
                for comment in file.comments() {
                    let text = file.span_text(comment.span);
                    let Some(expected) = text
                        .strip_prefix("/*:")
                        .and_then(|text| text.strip_suffix("*/"))
                    else {
                        continue;
                    };
                    let end = comment.span.start - 1;
                    let Some((expr, _)) = exprs()
                        .filter(|(_, span)| span.end == end)
                        .min_by_key(|(_, span)| span.start)
                    else {
                        continue;
                    };
                    assert_eq!(
                        body.type_string(body.type_of(expr)),
                        expected,
                        "{}",
                        file.expr_text(expr)
                    );
                    checked += 1;
                }
            }
        }
        checked
    }

    #[test]
    fn packages_come_from_the_project() {
        let tree = Tree::new();
        let project = tree.project();
        let package = project
            .package_at(&tree.root.join("m/a"))
            .expect("package a");
        assert_eq!(check(&project, &package), 13);
    }

    #[test]
    fn an_external_test_sees_internal_tests() {
        let tree = Tree::new();
        let project = tree.project();
        let packages = project.packages_at(&tree.root.join("m/b"));
        let external = packages
            .iter()
            .find(|package| package.kind == PackageKind::ExternalTest);
        assert_eq!(check(&project, external.expect("package b_test")), 1);
    }

    #[test]
    fn a_package_is_loaded_once() {
        let tree = Tree::new();
        let project = tree.project();
        let loader = ProjectLoader::new(&project);
        let from = Importer::of(
            project
                .package_at(&tree.root.join("m/a"))
                .expect("package a"),
        );
        let all: Vec<Arc<PackageNames>> = std::thread::scope(|scope| {
            let load = || loader.package("example.com/m/b", &from).expect("package b");
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(load)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .collect()
        });
        assert!(all.iter().all(|package| Arc::ptr_eq(package, &all[0])));
        assert!(loader.package("example.com/nowhere", &from).is_none());
        assert!(
            loader
                .package("os", &Importer::new("known/by/path/only"))
                .is_none()
        );
        let bodies = all[0].files()[0]
            .all_funcs()
            .map(|func| all[0].file(0).func(func).body);
        assert_eq!(bodies.collect::<Vec<_>>(), [None], "bodies are skipped");
        assert_eq!(
            &*loader
                .package_name("example.com/odd", &from)
                .expect("a name"),
            "even"
        );
    }
}
