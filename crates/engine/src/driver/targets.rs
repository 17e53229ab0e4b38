//! What is to be analysed: the packages that were found, less what the settings leave out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use go_project::{Package, Project, Resolution, Selection, SourceFile, Target};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Request;
use crate::problem::relative;

/// A package to analyse.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) package: Arc<Package>,
    /// Its files, those included that are only there to understand the others.
    pub(crate) files: Vec<UnitFile>,
}

/// A file of a package to analyse.
#[derive(Debug)]
pub(crate) struct UnitFile {
    /// Its position in the package.
    pub(crate) index: usize,
    /// The path to report.
    pub(crate) path: Arc<PathBuf>,
    /// Its absolute path.
    pub(crate) absolute: PathBuf,
    /// Whether it is analysed, rather than looked up in.
    pub(crate) wanted: bool,
}

impl Unit {
    /// What the project knows of a file.
    pub(crate) fn source(&self, file: &UnitFile) -> &SourceFile {
        &self.package.files[file.index]
    }
}

/// The packages to analyse. A folder that is reached by two paths is analysed once.
pub(crate) fn units(request: &Request<'_>, targets: Vec<Target>) -> Vec<Unit> {
    without_doubles(targets)
        .into_iter()
        .filter_map(|target| unit(request, &target))
        .collect()
}

fn unit(request: &Request<'_>, target: &Target) -> Option<Unit> {
    let config = request.config;
    let package = &target.package;
    let files: Vec<UnitFile> = package
        .files
        .iter()
        .enumerate()
        .filter(|(_, file)| config.tests || !file.flags.test)
        .map(|(index, file)| {
            let absolute = package.file_path(file);
            UnitFile {
                index,
                path: Arc::new(relative(&absolute, request.cwd).to_path_buf()),
                wanted: target.selection.includes(file) && !config.excludes(&absolute),
                absolute,
            }
        })
        .collect();
    let any = files.iter().any(|file| file.wanted);
    any.then(|| Unit {
        package: Arc::clone(package),
        files,
    })
}

/// Of packages in the same folder, seen through links, keeps the one without links.
fn without_doubles(targets: Vec<Target>) -> Vec<Target> {
    let folders: Vec<Identity> = targets
        .par_iter()
        .map(|target| Identity::of(&target.package.dir))
        .collect();
    let mut kept: Vec<Target> = Vec::with_capacity(targets.len());
    let mut index = FxHashMap::default();
    for (target, folder) in targets.into_iter().zip(folders) {
        let key = (
            folder,
            target.package.kind,
            Arc::clone(&target.package.name),
        );
        match index.get(&key) {
            None => {
                index.insert(key, kept.len());
                kept.push(target);
            }
            Some(&at) => {
                let known: &mut Target = &mut kept[at];
                let selection = merged(&known.selection, &target.selection);
                let dir = &target.package.dir;
                if dir.canonicalize().is_ok_and(|real| *real == **dir) {
                    known.package = target.package;
                }
                known.selection = selection;
            }
        }
    }
    kept
}

/// What two paths to the same folder have in common.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    /// Device and number.
    #[cfg(unix)]
    Inode(u64, u64),
    /// The path without links, where it can be had.
    Path(PathBuf),
}

impl Identity {
    fn of(dir: &Path) -> Self {
        #[cfg(unix)]
        if let Ok(metadata) = dir.metadata() {
            use std::os::unix::fs::MetadataExt;
            return Self::Inode(metadata.dev(), metadata.ino());
        }
        Self::Path(dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf()))
    }
}

fn merged(a: &Selection, b: &Selection) -> Selection {
    match (a, b) {
        (Selection::Files(a), Selection::Files(b)) => Selection::Files(a | b),
        _ => Selection::All,
    }
}

/// The number of import paths in analysed files that lead nowhere.
pub(crate) fn imports_not_found(project: &Project, units: &[Unit]) -> usize {
    let missing = |unit: &Unit| {
        let wanted: FxHashSet<usize> = unit
            .files
            .iter()
            .filter(|file| file.wanted)
            .map(|file| file.index)
            .collect();
        let files = unit
            .package
            .files
            .iter()
            .enumerate()
            .filter(|(index, _)| wanted.contains(index));
        let paths: FxHashSet<Arc<str>> = files
            .flat_map(|(_, file)| &file.imports)
            .map(|import| Arc::clone(&import.path))
            .collect();
        let lost = |path: &Arc<str>| {
            matches!(
                project.resolve_import(&unit.package, path),
                Resolution::NotFound(_)
            )
        };
        paths.into_iter().filter(lost).collect::<Vec<_>>()
    };
    let all: FxHashSet<Arc<str>> = units.par_iter().flat_map_iter(missing).collect();
    all.len()
}
