//! Files, folders and packages that were named one by one. That they give nothing is an error.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use super::{Loader, Selection, Target};
use crate::package::{IgnoreReason, Package};
use crate::problem::{Problem, ProblemKind};
use crate::resolve::{Location, NotFound, Resolution};
use crate::scan::{self, DirScan};

impl Loader<'_> {
    pub(super) fn add_file(&mut self, path: &Path) {
        if !self.project.sources.is_given(path) {
            let Some(metadata) = self.metadata(path) else {
                return;
            };
            if !metadata.is_file() {
                let message = format!("{} is not a regular file", path.display());
                return self.complain(
                    ProblemKind::NotGo,
                    path,
                    message,
                    "name a Go file or a folder",
                );
            }
        }
        if let (Some(dir), Some(name)) = (path.parent(), path.file_name()) {
            self.files
                .entry(dir.to_path_buf())
                .or_default()
                .insert(name.to_owned());
        }
    }

    pub(super) fn add_dir(&mut self, pattern: &str, dir: &Path) {
        let Some(metadata) = self.metadata(dir) else {
            return;
        };
        if !metadata.is_dir() {
            let message = format!("{} is neither a folder nor a Go file", dir.display());
            return self.complain(
                ProblemKind::NotGo,
                dir,
                message,
                "name a folder or a file *.go",
            );
        }
        // Listed here, and not through the project, for the error.
        if let Err(error) = scan::list(dir, &self.project.sources) {
            return self.problems.push(Problem::unreadable(dir, &error));
        }
        let location = self.project.location_of(dir);
        self.add_location(pattern, &location);
    }

    pub(super) fn add_import(&mut self, pattern: &str, path: &str) {
        let project = self.project;
        match project.resolve(&project.scope_of(&project.cwd), &project.cwd, path) {
            // Of the embedded standard library there is nothing that could be analysed.
            Resolution::Dir(location) if project.embedded_package(&location.dir).is_some() => {
                self.complain_not_found(pattern, path, &NotFound::NoGoroot);
            }
            Resolution::Dir(location) => self.add_location(pattern, &location),
            Resolution::NotFound(why) => self.complain_not_found(pattern, path, &why),
            Resolution::Unsafe | Resolution::Cgo => {
                let message = format!("package {path:?} has no source to look at");
                let help = "leave it out";
                self.complain(
                    ProblemKind::PackageNotFound,
                    Path::new(pattern),
                    message,
                    help,
                );
            }
        }
    }

    fn complain_not_found(&mut self, pattern: &str, path: &str, why: &NotFound) {
        let message = format!("no package {path:?}: {why}");
        let help = "name a folder with `./` before it, or the import path of a package";
        let pattern = Path::new(pattern);
        self.complain(ProblemKind::PackageNotFound, pattern, message, help);
    }

    /// Adds the packages of a folder that was named; that there are none is an error.
    fn add_location(&mut self, pattern: &str, location: &Location) {
        let Some(scan) = self.project.scan(&location.dir) else {
            let message = format!("cannot read {}", location.dir.display());
            let help = "grant read access, or leave it out";
            return self.complain(ProblemKind::Unreadable, &location.dir, message, help);
        };
        if scan.units.is_empty() {
            self.complain_about_no_files(pattern, location, &scan);
        }
        self.add_packages(location, &scan);
    }

    fn complain_about_no_files(&mut self, pattern: &str, location: &Location, scan: &DirScan) {
        let dir = &location.dir;
        let reasons: Vec<String> = scan
            .ignored
            .iter()
            .filter(|file| file.reason != IgnoreReason::HiddenName)
            .take(3)
            .map(|file| format!("{}: {}", file.name.to_string_lossy(), file.reason))
            .collect();
        if reasons.is_empty() {
            let below = pattern.trim_end_matches('/');
            let help =
                format!("name a folder that holds Go files, or `{below}/...` for those below it");
            let message = format!("no Go files in {}", dir.display());
            self.complain(ProblemKind::NoGoFiles, dir, message, &help);
        } else {
            let message = format!(
                "build constraints exclude all Go files in {} ({})",
                dir.display(),
                reasons.join("; ")
            );
            let help = "choose another target with GOOS, GOARCH or tags, or name the files";
            self.complain(ProblemKind::AllFilesExcluded, dir, message, help);
        }
    }

    /// Finds the packages of the files that were named.
    pub(super) fn add_named_files(&mut self) {
        for (dir, names) in std::mem::take(&mut self.files) {
            let listing = match scan::list(&dir, &self.project.sources) {
                Ok(listing) => listing,
                Err(error) => {
                    self.problems.push(Problem::unreadable(&dir, &error));
                    continue;
                }
            };
            let location = self.project.location_of(&dir);
            let scan = self.project.scan_listed(&dir, &listing);
            let packages = self.project.assemble(&location, &scan);
            let rest = self.select(&packages, names.clone());
            let about_named = |problem: &&Problem| {
                problem
                    .path
                    .file_name()
                    .is_some_and(|name| names.contains(name))
            };
            self.problems
                .extend(scan.problems.iter().filter(about_named).cloned());
            if rest.is_empty() {
                continue;
            }
            let forced: Vec<OsString> = rest.into_iter().collect();
            let scan = self.project.scan_forced(&dir, &listing, &forced);
            let packages = self.project.assemble_new(&location, &scan);
            for name in self.select(&packages, forced.into_iter().collect()) {
                let path = dir.join(&name);
                if !self.problems.iter().any(|problem| problem.path == path) {
                    let message = format!("{} cannot be used as a Go file", path.display());
                    self.complain(
                        ProblemKind::NotGo,
                        &path,
                        message,
                        "name a regular file *.go",
                    );
                }
            }
        }
    }

    /// Adds the packages that hold files of these names, and returns the names that none holds.
    fn select(
        &mut self,
        packages: &[Arc<Package>],
        mut names: BTreeSet<OsString>,
    ) -> BTreeSet<OsString> {
        for package in packages {
            let files: BTreeSet<OsString> = package
                .files
                .iter()
                .filter_map(|file| names.take(&file.name))
                .collect();
            if !files.is_empty() {
                let selection = Selection::Files(files);
                self.add_target(Target {
                    package: Arc::clone(package),
                    selection,
                });
            }
        }
        names
    }
}
