//! Patterns with `...`, and the words that stand for many packages. That they give nothing is worth
//! a remark.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Loader, Selection, Target};
use crate::package::{Package, PackageId};
use crate::pattern::Glob;
use crate::problem::ProblemKind;
use crate::resolve::Resolution;
use crate::scope::ScopeKind;
use crate::walk::{Found, Walk};

impl Loader<'_> {
    pub(super) fn add_walk(&mut self, pattern: &str, root: PathBuf, name: String, glob: Glob) {
        let Some(metadata) = self.metadata(&root) else {
            return;
        };
        if !metadata.is_dir() {
            let message = format!("{} is not a folder", root.display());
            return self.complain(
                ProblemKind::MissingPath,
                &root,
                message,
                "name a folder before `...`",
            );
        }
        let vendor = glob.enters_vendor();
        let found = self.project.walk(&Walk {
            root,
            name,
            glob: Some(glob),
            vendor,
        });
        if !self.add_found(&found) {
            self.complain_about_no_match(pattern, &found.nested_modules);
        }
    }

    pub(super) fn add_import_glob(&mut self, pattern: &str, glob: &Glob) {
        let mut any = false;
        let mut nested = Vec::new();
        for (root, name) in self.main_roots() {
            let walk = Walk {
                root,
                name,
                glob: Some(glob.clone()),
                vendor: glob.enters_vendor(),
            };
            let found = self.project.walk(&walk);
            any |= self.add_found(&found);
            nested.extend(found.nested_modules);
        }
        if !any && glob.may_be_standard() {
            for (root, name) in self.std_roots() {
                let walk = Walk {
                    root,
                    name,
                    glob: Some(glob.clone()),
                    vendor: glob.enters_vendor(),
                };
                any |= self.add_found(&self.project.walk(&walk));
            }
        }
        if !any {
            self.complain_about_no_match(pattern, &nested);
        }
    }

    pub(super) fn add_main_modules(&mut self, pattern: &str) {
        let mut any = false;
        let mut nested = Vec::new();
        for (root, name) in self.main_roots() {
            let found = self.project.walk(&Walk {
                root,
                name,
                glob: None,
                vendor: false,
            });
            any |= self.add_found(&found);
            nested.extend(found.nested_modules);
        }
        if !any {
            self.complain_about_no_match(pattern, &nested);
        }
    }

    /// Adds the standard library or, with `cmd`, the commands; both with what they vendor.
    pub(super) fn add_std(&mut self, pattern: &str, name: &str) {
        let Some((root, name)) = self
            .std_roots()
            .into_iter()
            .find(|(_, known)| known == name)
        else {
            let message = format!("cannot find {pattern:?}: no installation of Go was found");
            let help = "set GOROOT to the folder that `go env GOROOT` prints";
            return self.complain(
                ProblemKind::PackageNotFound,
                Path::new(pattern),
                message,
                help,
            );
        };
        let mut found = self.project.walk(&Walk {
            root,
            name,
            glob: None,
            vendor: true,
        });
        // Go leaves out these two: the one is of no use, the other is a tool of somebody else.
        let cgo = self.project.tags.cgo();
        found.folders.retain(|(location, scan)| {
            let path = &*location.import_path;
            let is_main = || scan.units.iter().any(|unit| &*unit.name == "main");
            (cgo || path != "runtime/cgo") && !(path.starts_with("cmd/vendor/") && is_main())
        });
        if !self.add_found(&found) {
            self.complain_about_no_match(pattern, &[]);
        }
    }

    /// Adds everything that the targets need, their tests included, and what that needs in turn.
    pub(super) fn add_dependencies(&mut self) {
        let project = self.project;
        let mut seen: FxHashSet<PackageId> = self.index.keys().copied().collect();
        let mut queue: VecDeque<Arc<Package>> = self
            .targets
            .iter()
            .map(|target| Arc::clone(&target.package))
            .collect();
        while let Some(package) = queue.pop_front() {
            let tests = project.is_worked_on(&package);
            for path in package.imports(|file| tests || !file.flags.test) {
                let Resolution::Dir(location) = project.resolve_import(&package, &path) else {
                    continue;
                };
                if project.embedded_package(&location.dir).is_some() {
                    continue;
                }
                let Some(package) = project.package_of(&location) else {
                    continue;
                };
                if seen.insert(package.id) {
                    let target = Target {
                        package: Arc::clone(&package),
                        selection: Selection::All,
                    };
                    self.add_target(target);
                    queue.push_back(package);
                }
            }
        }
    }

    /// Adds what a walk found, and says whether that was anything.
    fn add_found(&mut self, found: &Found) -> bool {
        self.problems.extend(found.problems.iter().cloned());
        let before = self.problems.len();
        let mut any = false;
        for (location, scan) in &found.folders {
            any |= !scan.units.is_empty();
            self.add_packages(location, scan);
        }
        // A package that could not be read was matched all the same.
        any || self.problems.len() > before || !found.problems.is_empty()
    }

    fn complain_about_no_match(&mut self, pattern: &str, nested: &[PathBuf]) {
        let nested: Vec<String> = nested
            .iter()
            .take(3)
            .map(|dir| {
                dir.strip_prefix(&self.project.cwd)
                    .unwrap_or(dir)
                    .display()
                    .to_string()
            })
            .collect();
        let help = if nested.is_empty() {
            "check the spelling, and GOOS, GOARCH and tags".to_owned()
        } else {
            format!(
                "there are modules below ({}); name them, as in `./{}/...`",
                nested.join(", "),
                nested[0]
            )
        };
        let message = format!("pattern {pattern:?} matched no packages");
        self.complain(
            ProblemKind::MatchedNoPackages,
            Path::new(pattern),
            message,
            &help,
        );
    }

    /// Where the code that is worked on starts, and the import paths there.
    fn main_roots(&self) -> Vec<(PathBuf, String)> {
        let cwd = &self.project.cwd;
        let scope = match self.project.scope_of(cwd) {
            scope if matches!(scope.kind, ScopeKind::Tree(_)) => {
                self.project.workspace().cloned().unwrap_or(scope)
            }
            scope => scope,
        };
        match &scope.kind {
            ScopeKind::Modules(list) => list
                .main
                .iter()
                .map(|main| (main.module.dir.clone(), main.module.path.clone()))
                .collect(),
            ScopeKind::Std(_) => self.std_roots(),
            ScopeKind::Tree(_) => vec![(cwd.clone(), scope.place(cwd).import_path)],
        }
    }

    fn std_roots(&self) -> Vec<(PathBuf, String)> {
        let scope = self.project.std_scope();
        let ScopeKind::Std(tree) = &scope.kind else {
            return Vec::new();
        };
        if self.project.embedded_package(&tree.src).is_some() {
            return Vec::new();
        }
        vec![
            (tree.src.clone(), String::new()),
            (tree.src.join("cmd"), "cmd".to_owned()),
        ]
    }
}
