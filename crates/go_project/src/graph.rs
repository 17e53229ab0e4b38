//! Which of the loaded packages need which others, and an order in which each comes after those.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::load::Target;
use crate::package::{Package, PackageId, PackageKind};
use crate::project::Project;
use crate::resolve::Resolution;

/// Loaded packages and the imports among them. Packages are numbered as the targets were.
///
/// The imports of tests inside a package do not count: they may lead back to it. External tests are
/// packages of their own and come after what they test.
#[derive(Clone, Debug)]
pub struct PackageGraph {
    packages: Vec<Arc<Package>>,
    imports: Vec<Vec<usize>>,
    waves: Vec<Vec<usize>>,
}

impl PackageGraph {
    /// The graph of what [`Project::load`] returned.
    pub fn new(project: &Project, targets: &[Target]) -> Self {
        let packages: Vec<Arc<Package>> = targets
            .iter()
            .map(|target| Arc::clone(&target.package))
            .collect();
        let index: FxHashMap<PackageId, usize> = packages
            .iter()
            .enumerate()
            .map(|(index, package)| (package.id, index))
            .collect();
        let imports: Vec<Vec<usize>> = packages
            .par_iter()
            .enumerate()
            .map(|(this, package)| {
                let external = package.kind == PackageKind::ExternalTest;
                let mut found: Vec<usize> = package
                    .imports(|file| external || !file.flags.test)
                    .iter()
                    .filter_map(|path| match project.resolve_import(package, path) {
                        Resolution::Dir(location) => project.package_of(&location),
                        _ => None,
                    })
                    .filter_map(|package| index.get(&package.id).copied())
                    .filter(|other| *other != this)
                    .collect();
                found.sort_unstable();
                found.dedup();
                found
            })
            .collect();
        let waves = waves(&imports);
        Self {
            packages,
            imports,
            waves,
        }
    }

    /// The packages.
    pub fn packages(&self) -> &[Arc<Package>] {
        &self.packages
    }

    /// The packages that one imports, as far as they are in the graph; sorted.
    pub fn imports(&self, package: usize) -> &[usize] {
        &self.imports[package]
    }

    /// The packages in groups: each imports only from groups before its own, so that a group can be
    /// worked on in parallel. Packages that import each other in a circle, which Go refuses, come
    /// last, together.
    pub fn waves(&self) -> &[Vec<usize>] {
        &self.waves
    }
}

fn waves(imports: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut importers: Vec<Vec<usize>> = vec![Vec::new(); imports.len()];
    let mut missing: Vec<usize> = imports.iter().map(Vec::len).collect();
    for (importer, imported) in imports.iter().enumerate() {
        for other in imported {
            importers[*other].push(importer);
        }
    }
    let mut waves = Vec::new();
    let mut done = 0;
    let mut wave: Vec<usize> = (0..imports.len())
        .filter(|index| missing[*index] == 0)
        .collect();
    while !wave.is_empty() {
        done += wave.len();
        let mut next = Vec::new();
        for index in &wave {
            for importer in &importers[*index] {
                missing[*importer] -= 1;
                if missing[*importer] == 0 {
                    next.push(*importer);
                }
            }
        }
        next.sort_unstable();
        waves.push(std::mem::replace(&mut wave, next));
    }
    if done < imports.len() {
        waves.push(
            (0..imports.len())
                .filter(|index| missing[*index] > 0)
                .collect(),
        );
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wave_needs_only_those_before() {
        assert_eq!(
            waves(&[vec![], vec![0], vec![0, 1], vec![]]),
            [vec![0, 3], vec![1], vec![2]]
        );
        assert_eq!(waves(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn circles_come_last() {
        assert_eq!(
            waves(&[vec![1], vec![0], vec![], vec![0]]),
            [vec![2], vec![0, 1, 3]]
        );
    }
}
