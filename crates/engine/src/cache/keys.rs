//! Keys: digests of everything that a result depends on.
//!
//! The report on a package depends on its own files, on the settings, and on what it can see of the
//! packages that it imports. That is their *surface*: the declarations ([`shape`](super::shape)), the
//! contracts of the functions, and the surfaces of what they import in turn. When a body changes and
//! the contracts stay what they were, nobody else need be looked at again.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use go_project::Package;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Cache;
use super::digest::{Digest, Digester, of_bytes};
use super::graph::{Graph, Link, Node, Seen, identity, visible};
use super::shape::shape;
use super::store::lock;
use crate::driver::{Contracts, Unit, UnitFile};
use crate::guard::catch;

/// What the keys of a run are made of, apart from files.
pub(crate) struct Setting<'a> {
    pub(crate) cache: &'a Cache,
    pub(crate) project: &'a go_project::Project,
    pub(crate) contracts: &'a Contracts<'a>,
    /// Of what contracts depend on, apart from packages: models, and what the code is built for.
    pub(crate) world: Digest,
    /// Of the settings that are the same for all files, and of the world.
    pub(crate) base: Digest,
    /// Of the rules that run in a file.
    pub(crate) rules: &'a (dyn Fn(&UnitFile) -> Digest + Sync),
    /// Whether a rule asks for contracts.
    pub(crate) wants_contracts: bool,
    /// Whether packages may be read that no earlier run has seen. Not when everything has been
    /// analysed already.
    pub(crate) may_read: bool,
}

/// Shapes of packages that were parsed in this run, by folder and import path.
#[derive(Debug, Default)]
pub(crate) struct Shapes(Mutex<FxHashMap<(PathBuf, Arc<str>), Digest>>);

impl Shapes {
    pub(crate) fn learn(&self, package: &Package, digest: Digest) {
        let key = (package.dir.to_path_buf(), Arc::clone(&package.import_path));
        lock(&self.0).insert(key, digest);
    }

    fn get(&self, package: &Package) -> Option<Digest> {
        let key = (package.dir.to_path_buf(), Arc::clone(&package.import_path));
        lock(&self.0).get(&key).copied()
    }
}

/// The keys of the reports on units; none where a file cannot be read.
pub(crate) fn keys(setting: &Setting<'_>, units: &[Unit], seen: &Seen) -> Vec<Option<Digest>> {
    let surfaces = surfaces(setting, seen);
    units
        .par_iter()
        .zip(&seen.links)
        .zip(&seen.under_test)
        .map(|((unit, links), under_test)| {
            let digester = Digester::new("report").digest(&setting.base);
            let digester = digester.digest(&identity(&unit.package));
            let names = unit.files.iter().map(|file| &*unit.source(file).name);
            let digests = setting.cache.files.digests(&unit.package.dir, names)?;
            let files = unit.files.iter().zip(&digests);
            let digester = digester.all(files, |digester, (file, digest)| {
                let flags = unit.source(file).flags;
                let digester = digester
                    .bytes(unit.source(file).name.as_encoded_bytes())
                    .digest(digest)
                    .debug(&flags)
                    .flag(file.wanted);
                if file.wanted {
                    digester.digest(&(setting.rules)(file))
                } else {
                    digester
                }
            });
            let digester = add_links(digester, links, &surfaces)?;
            let digester = match under_test {
                None => digester.flag(false),
                Some((package, links)) => {
                    let files = package.files.iter().map(|file| &*file.name);
                    let digests = setting.cache.files.digests(&package.dir, files)?;
                    let digester = digester.flag(true).digest(&identity(package));
                    let digester = digester.all(digests.iter(), Digester::digest);
                    add_links(digester, links, &surfaces)?
                }
            };
            Some(digester.finish())
        })
        .collect()
}

/// Adds what imports lead to; nothing when one of these packages has no surface.
fn add_links(
    digester: Digester,
    links: &[(Arc<str>, Link)],
    surfaces: &[Option<Digest>],
) -> Option<Digester> {
    links.iter().try_fold(digester, |digester, (path, link)| {
        let digest = match link {
            Link::Fixed(digest) => *digest,
            Link::Node(node) => surfaces.get(*node).copied().flatten()?,
        };
        Some(digester.bytes(path.as_bytes()).digest(&digest))
    })
}

/// The surfaces of all packages of the graph.
fn surfaces(setting: &Setting<'_>, seen: &Seen) -> Vec<Option<Digest>> {
    let graph = &seen.graph;
    let contents: Vec<Option<Digest>> = graph
        .nodes
        .par_iter()
        .map(|node| content(setting, &node.package))
        .collect();
    let mut surfaces: Vec<Option<Digest>> = vec![None; graph.nodes.len()];
    for wave in &seen.waves {
        let done: Vec<(&Vec<usize>, Option<Digest>)> = wave
            .par_iter()
            .map(|circle| {
                let surface = surface(setting, graph, circle, &contents, &surfaces);
                (circle, surface)
            })
            .collect();
        for (circle, surface) in done {
            for &node in circle {
                surfaces[node] = surface;
            }
        }
    }
    surfaces
}

/// The digest of the files of a package that others see.
fn content(setting: &Setting<'_>, package: &Package) -> Option<Digest> {
    let names: Vec<&OsStr> = visible(package).map(|file| &*file.name).collect();
    let digests = (setting.cache.files).digests(&package.dir, names.iter().copied())?;
    Some(
        Digester::new("content")
            .digest(&identity(package))
            .all(names.iter().zip(&digests), |digester, (name, digest)| {
                digester.bytes(name.as_encoded_bytes()).digest(digest)
            })
            .finish(),
    )
}

fn surface(
    setting: &Setting<'_>,
    graph: &Graph,
    circle: &[usize],
    contents: &[Option<Digest>],
    surfaces: &[Option<Digest>],
) -> Option<Digest> {
    let [only] = circle else {
        // Go refuses such packages. All of them have all that any of them has.
        return circle
            .iter()
            .try_fold(Digester::new("circle"), |digester, &node| {
                let outside: Vec<(Arc<str>, Link)> = graph.nodes[node]
                    .imports
                    .iter()
                    .filter(|(_, link)| !matches!(link, Link::Node(node) if circle.contains(node)))
                    .cloned()
                    .collect();
                add_links(digester.digest(&contents[node]?), &outside, surfaces)
            })
            .map(Digester::finish);
    };
    let node = &graph.nodes[*only];
    let content = contents[*only]?;
    if node.targets().any(|target| target == *only) {
        return Some(content);
    }
    let digester = Digester::new("surface")
        .digest(&identity(&node.package))
        .digest(&shape_of(setting, &node.package, content));
    let imports = add_links(Digester::new("imports"), &node.imports, surfaces)?.finish();
    let contracts = match setting.contracts.has_own(&node.package) && setting.wants_contracts {
        true => contracts(setting, node, content, imports),
        false => Digest::default(),
    };
    Some(digester.digest(&imports).digest(&contracts).finish())
}

/// The shape of a package with this content. A package of which only the content is known has that
/// for its shape: it cannot change without a difference then.
fn shape_of(setting: &Setting<'_>, package: &Package, content: Digest) -> Digest {
    let cache = setting.cache;
    let key = Digester::new("shape of").digest(&content).finish();
    if let Some(kept) = cache.store.get(&key).and_then(|blob| blob.try_into().ok()) {
        return kept;
    }
    let shape = (cache.shapes.get(package))
        .or_else(|| {
            let worked_on = setting.may_read && setting.project.is_worked_on(package);
            worked_on.then(|| read_shape(setting, package)).flatten()
        })
        .unwrap_or(content);
    cache.store.put(key, shape.to_vec());
    shape
}

fn read_shape(setting: &Setting<'_>, package: &Package) -> Option<Digest> {
    let files: Vec<_> = visible(package)
        .map(|file| {
            let bytes = setting.project.read_file(&package.file_path(file)).ok()?;
            let tree =
                catch(|| go_syntax::parse(go_syntax::Source::new(bytes), go_syntax::Mode::Full));
            Some((file.name.as_encoded_bytes(), tree.ok()?))
        })
        .collect::<Option<_>>()?;
    Some(shape(files.iter().map(|(name, tree)| (*name, tree))))
}

/// The digest of the contracts of a package, which are kept.
fn contracts(setting: &Setting<'_>, node: &Node, content: Digest, imports: Digest) -> Digest {
    let store = &setting.cache.store;
    let key = Digester::new("contracts")
        .digest(&setting.world)
        .digest(&content)
        .digest(&imports)
        .finish();
    if let Some(blob) = store.get(&key) {
        setting.contracts.offer(&node.package, key);
        return of_bytes(blob);
    }
    match postcard::to_stdvec(&*setting.contracts.of_package(&node.package)) {
        Ok(blob) => {
            let digest = of_bytes(&blob);
            store.put(key, blob);
            digest
        }
        // It does not fail; if it did, the content would do.
        Err(_) => content,
    }
}
