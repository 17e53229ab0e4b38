//! Walking a tree of folders for packages, in parallel.
//!
//! One directory read per folder, no further call per entry, and the heads of the files right after
//! it, on whatever thread comes first. The result does not depend on the order: it is sorted.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::names::{join_path, slashed};
use crate::pattern::Glob;
use crate::problem::Problem;
use crate::project::Project;
use crate::resolve::Location;
use crate::scan::{self, DirScan, is_hidden};
use crate::scope::{Scope, ScopeKind};

/// What to walk.
pub(crate) struct Walk {
    /// Where to start. Neither its name nor a `go.mod` in it keeps the walk out.
    pub(crate) root: PathBuf,
    /// What the root is called; names of folders below are appended with slashes.
    pub(crate) name: String,
    /// Which names are wanted; all if absent.
    pub(crate) glob: Option<Glob>,
    /// Whether to go into vendor folders.
    pub(crate) vendor: bool,
}

/// What a walk found.
#[derive(Default)]
pub(crate) struct Found {
    /// Folders with Go files that match, sorted by import path and folder.
    pub(crate) folders: Vec<(Location, Arc<DirScan>)>,
    pub(crate) problems: Vec<Problem>,
    /// Modules below the root that were not entered, sorted.
    pub(crate) nested_modules: Vec<PathBuf>,
}

struct Walker<'p> {
    project: &'p Project,
    walk: &'p Walk,
    /// Enter nested modules that belong to the workspace: the root itself is in no module.
    enter_workspace: bool,
    /// The root is ignored itself, so being named outweighs all ignoring.
    heed_ignores: bool,
    found: Mutex<Found>,
}

impl Project {
    pub(crate) fn walk(&self, walk: &Walk) -> Found {
        let scope = self.scope_of(&walk.root);
        let walker = Walker {
            project: self,
            walk,
            enter_workspace: matches!(scope.kind, ScopeKind::Tree(_)),
            heed_ignores: !is_ignored(&scope, &walk.root),
            found: Mutex::default(),
        };
        rayon::scope(|threads| {
            walker.visit(threads, walk.root.clone(), &walk.name, scope, true);
        });
        let mut found = walker
            .found
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        found
            .folders
            .sort_by(|(a, _), (b, _)| (&a.import_path, &a.dir).cmp(&(&b.import_path, &b.dir)));
        found.problems.sort();
        found.nested_modules.sort();
        found
    }
}

impl Walker<'_> {
    fn visit<'s>(
        &'s self,
        threads: &rayon::Scope<'s>,
        dir: PathBuf,
        name: &str,
        mut scope: Arc<Scope>,
        is_root: bool,
    ) {
        let listing = match scan::list(&dir, &self.project.sources) {
            Ok(listing) => listing,
            // Removed since its parent was listed.
            Err(error) if error.kind() == ErrorKind::NotFound && !is_root => return,
            Err(error) => {
                self.found()
                    .problems
                    .push(Problem::unreadable(&dir, &error));
                return;
            }
        };
        if listing.has_go_mod && !is_root {
            match self
                .project
                .workspace()
                .filter(|work| self.enter_workspace && uses(work, &dir))
            {
                Some(workspace) => scope = Arc::clone(workspace),
                None => {
                    self.found().nested_modules.push(dir);
                    return;
                }
            }
        }
        if !listing.go_files.is_empty() && self.wants(name) {
            let location = self.project.location_in(&scope, &dir);
            let pseudo = location.import_path.as_ref() == "builtin"
                && matches!(scope.kind, ScopeKind::Std(_));
            if !pseudo {
                let scan = self.project.scan_listed(&dir, &listing);
                self.found().folders.push((location, scan));
            }
        }
        // A folder `vendor` may be a package itself, but what lies below is other people's.
        if !is_root && !self.walk.vendor && dir.file_name() == Some(OsStr::new("vendor")) {
            return;
        }
        for folder in &listing.folders {
            if is_hidden(folder) || folder == "testdata" {
                continue;
            }
            let child = dir.join(folder);
            if self.heed_ignores && is_ignored(&scope, &child) {
                continue;
            }
            let scope = if starts_a_tree(&scope, &dir, folder) {
                self.project.scope_of(&child)
            } else {
                Arc::clone(&scope)
            };
            let name = join_path(name, &folder.to_string_lossy());
            threads.spawn(move |threads| self.visit(threads, child, &name, scope, false));
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.walk
            .glob
            .as_ref()
            .is_none_or(|glob| glob.matches(name))
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uses(workspace: &Scope, dir: &Path) -> bool {
    workspace
        .build_list()
        .is_some_and(|list| list.main.iter().any(|main| main.module.dir == dir))
}

/// Whether the module of a folder has an `ignore` directive for it.
fn is_ignored(scope: &Scope, dir: &Path) -> bool {
    let Some(main) = scope.build_list().and_then(|list| list.main_above(dir)) else {
        return false;
    };
    dir.strip_prefix(&main.module.dir)
        .is_ok_and(|rest| main.ignore.contains(&slashed(rest)))
}

/// Whether the folder `name` in `dir` is the root of a source tree, with a scope of its own.
fn starts_a_tree(scope: &Scope, dir: &Path, name: &OsStr) -> bool {
    name == "src"
        && (matches!(scope.kind, ScopeKind::Tree(_))
            || dir.file_name() == Some(OsStr::new("testdata")))
}
