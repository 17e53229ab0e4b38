//! The packages that a run can see: those to analyse and whatever they import, directly or not, with
//! an order in which each comes after those that it imports.

use std::path::Path;
use std::sync::Arc;

use go_project::{Origin, Package, PackageId, PackageKind, Project, Resolution, SourceFile};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::digest::{Digest, Digester};
use crate::driver::Unit;

/// What an import leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Link {
    /// Something that has no files to look at; its digest.
    Fixed(Digest),
    /// A package, by its number in the graph.
    Node(usize),
}

/// A package as others see it: without its tests.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) package: Arc<Package>,
    pub(crate) imports: Vec<(Arc<str>, Link)>,
}

impl Node {
    /// The numbers of the packages that it imports.
    pub(crate) fn targets(&self) -> impl Iterator<Item = usize> + '_ {
        self.imports.iter().filter_map(|(_, link)| match link {
            Link::Node(index) => Some(*index),
            Link::Fixed(_) => None,
        })
    }
}

/// The files of a package that others see.
pub(crate) fn visible(package: &Package) -> impl Iterator<Item = &SourceFile> {
    package.files.iter().filter(|file| !file.flags.test)
}

#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    index: FxHashMap<PackageId, usize>,
}

/// An import before the package that it leads to has a number.
enum Found {
    Fixed(Digest),
    Package(Arc<Package>),
}

/// The graph of a run, and where the imports of its units lead.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) graph: Graph,
    pub(crate) links: Vec<Vec<(Arc<str>, Link)>>,
    pub(crate) under_test: Vec<UnderTest>,
    pub(crate) waves: Vec<Vec<Vec<usize>>>,
}

/// For external tests: their package with its own tests, and where all imports of that lead.
pub(crate) type UnderTest = Option<(Arc<Package>, Vec<(Arc<str>, Link)>)>;

impl Seen {
    pub(crate) fn new(project: &Project, units: &[Unit]) -> Self {
        let mut graph = Graph::default();
        let imports: Vec<(Arc<Package>, Vec<Arc<str>>)> = units
            .par_iter()
            .map(|unit| (Arc::clone(&unit.package), imports_of(unit)))
            .collect();
        let links = graph.add(project, &imports);
        let under_test = add_packages_under_test(project, &mut graph, units);
        let waves = graph.waves();
        Self {
            graph,
            links,
            under_test,
            waves,
        }
    }

    /// The packages that import each other in a circle, which Go refuses.
    pub(crate) fn in_circles(&self) -> impl Iterator<Item = PackageId> + '_ {
        let nodes = &self.graph.nodes;
        let circles = self.waves.iter().flatten();
        circles
            .filter(|circle| match circle[..] {
                [only] => nodes[only].targets().any(|target| target == only),
                _ => true,
            })
            .flatten()
            .map(|&node| nodes[node].package.id)
    }
}

fn imports_of(unit: &Unit) -> Vec<Arc<str>> {
    let mut paths: Vec<Arc<str>> = unit
        .files
        .iter()
        .flat_map(|file| &unit.source(file).imports)
        .map(|import| Arc::clone(&import.path))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// External tests see the tests inside of their package, and what those import.
fn add_packages_under_test(project: &Project, graph: &mut Graph, units: &[Unit]) -> Vec<UnderTest> {
    let tested: Vec<Option<Arc<Package>>> = units
        .iter()
        .map(|unit| {
            let external = unit.package.kind == PackageKind::ExternalTest;
            external
                .then(|| project.package_at(&unit.package.dir))
                .flatten()
        })
        .collect();
    let imports: Vec<(Arc<Package>, Vec<Arc<str>>)> = tested
        .iter()
        .flatten()
        .map(|package| (Arc::clone(package), package.imports(|_| true)))
        .collect();
    let mut links = graph.add(project, &imports).into_iter();
    tested
        .into_iter()
        .map(|package| Some((package?, links.next()?)))
        .collect()
}

impl Graph {
    /// Adds the packages that `imports` lead to, and what these import in turn. Returns where the
    /// imports of each package lead.
    pub(crate) fn add(
        &mut self,
        project: &Project,
        imports: &[(Arc<Package>, Vec<Arc<str>>)],
    ) -> Vec<Vec<(Arc<str>, Link)>> {
        let std_is_fixed = !project.works_on_std();
        let follow = |(package, paths): &(Arc<Package>, Vec<Arc<str>>)| -> Vec<(Arc<str>, Found)> {
            let one = |path: &Arc<str>| {
                let found = follow(project, std_is_fixed, package, path);
                (Arc::clone(path), found)
            };
            paths.iter().map(one).collect()
        };
        let first: Vec<_> = imports.par_iter().map(follow).collect();
        let mut new = Vec::new();
        let links = self.number(first, &mut new);
        while !new.is_empty() {
            let wave: Vec<(Arc<Package>, Vec<Arc<str>>)> = new
                .iter()
                .map(|&node: &usize| Arc::clone(&self.nodes[node].package))
                .map(|package| {
                    let paths = package.imports(|file| !file.flags.test);
                    (package, paths)
                })
                .collect();
            let found: Vec<_> = wave.par_iter().map(follow).collect();
            let mut next = Vec::new();
            let links = self.number(found, &mut next);
            for (node, imports) in new.into_iter().zip(links) {
                self.nodes[node].imports = imports;
            }
            new = next;
        }
        links
    }

    /// Gives numbers to packages; those that are new are appended to `new`.
    fn number(
        &mut self,
        found: Vec<Vec<(Arc<str>, Found)>>,
        new: &mut Vec<usize>,
    ) -> Vec<Vec<(Arc<str>, Link)>> {
        let mut one = |found| match found {
            Found::Fixed(digest) => Link::Fixed(digest),
            Found::Package(package) => {
                let next = self.nodes.len();
                let number = *self.index.entry(package.id).or_insert(next);
                if number == next {
                    new.push(next);
                    self.nodes.push(Node {
                        package,
                        imports: Vec::new(),
                    });
                }
                Link::Node(number)
            }
        };
        found
            .into_iter()
            .map(|imports| {
                imports
                    .into_iter()
                    .map(|(path, found)| (path, one(found)))
                    .collect()
            })
            .collect()
    }

    /// Groups of packages that import each other in a circle; most have one member. Waves of such
    /// groups, each of which imports only from those before it.
    pub(crate) fn waves(&self) -> Vec<Vec<Vec<usize>>> {
        let circles = circles(&self.nodes);
        let mut circle_of = vec![0; self.nodes.len()];
        for (index, circle) in circles.iter().enumerate() {
            for &node in circle {
                circle_of[node] = index;
            }
        }
        let mut depths = vec![0_usize; circles.len()];
        let mut waves: Vec<Vec<Vec<usize>>> = Vec::new();
        for (index, circle) in circles.into_iter().enumerate() {
            let targets = circle.iter().flat_map(|&node| self.nodes[node].targets());
            let depth = targets
                .map(|target| circle_of[target])
                .filter(|&target| target != index)
                .map(|target| depths[target] + 1)
                .max()
                .unwrap_or(0);
            depths[index] = depth;
            if waves.len() <= depth {
                waves.resize_with(depth + 1, Vec::new);
            }
            waves[depth].push(circle);
        }
        waves
    }
}

fn follow(project: &Project, std_is_fixed: bool, from: &Package, path: &str) -> Found {
    let fixed = |what: &str, dir: &Path, path: &str| {
        let dir = dir.as_os_str().as_encoded_bytes();
        Found::Fixed(
            Digester::new(what)
                .bytes(dir)
                .bytes(path.as_bytes())
                .finish(),
        )
    };
    let none = Path::new("");
    match project.resolve_import(from, path) {
        Resolution::Unsafe => fixed("unsafe", none, ""),
        Resolution::Cgo => fixed("C", none, ""),
        Resolution::NotFound(_) => fixed("nowhere", none, path),
        Resolution::Dir(location) if location.origin == Origin::Std && std_is_fixed => {
            fixed("std", &location.dir, &location.import_path)
        }
        Resolution::Dir(location) => match project.package_of(&location) {
            Some(package) => Found::Package(package),
            None => fixed("empty", &location.dir, &location.import_path),
        },
    }
}

/// What says of a package which one it is, apart from its files.
pub(crate) fn identity(package: &Package) -> Digest {
    let kind = match package.kind {
        PackageKind::Ordinary => "ordinary",
        PackageKind::ExternalTest => "external",
        PackageKind::Stray => "stray",
    };
    let module = package.module.as_ref();
    let module = module.map(|module| (&module.path, &module.version, module.go));
    Digester::new(kind)
        .bytes(package.import_path.as_bytes())
        .bytes(package.name.as_bytes())
        .bytes(package.dir.as_os_str().as_encoded_bytes())
        .debug(&(package.origin, package.go_version, module))
        .finish()
}

/// The strongly connected parts of the graph, each after those it leads to (Tarjan's algorithm, with a
/// stack of its own: chains of imports may be long).
fn circles(nodes: &[Node]) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let targets: Vec<Vec<usize>> = nodes.iter().map(|node| node.targets().collect()).collect();
    let mut order = vec![NEW; nodes.len()];
    let mut low = vec![NEW; nodes.len()];
    let mut open = vec![false; nodes.len()];
    let mut path: Vec<usize> = Vec::new();
    let mut circles = Vec::new();
    let mut count = 0;
    for root in 0..nodes.len() {
        if order[root] != NEW {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((node, next)) = work.pop() {
            if next == 0 {
                (order[node], low[node]) = (count, count);
                count += 1;
                path.push(node);
                open[node] = true;
            }
            if let Some(&target) = targets[node].get(next) {
                work.push((node, next + 1));
                if order[target] == NEW {
                    work.push((target, 0));
                } else if open[target] {
                    low[node] = low[node].min(order[target]);
                }
                continue;
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == order[node] {
                let mut circle = Vec::new();
                while let Some(member) = path.pop() {
                    open[member] = false;
                    circle.push(member);
                    if member == node {
                        break;
                    }
                }
                circle.sort_unstable();
                circles.push(circle);
            }
        }
    }
    circles
}
