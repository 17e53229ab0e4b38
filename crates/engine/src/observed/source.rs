//! Where the defers of the files are that evidence speaks of, and which site is which.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::Evidence;
use go_binary::SiteId;
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{DeclKind, File, LineIndex, Mode, Source, StmtKind, parse};
use profiles::evidence::{Merged, Site};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Observed, common_end, foreign, matching, told};
use crate::driver::Unit;
use crate::guard::catch;

/// A site whose place in the source of today is known.
#[derive(Debug)]
pub(super) struct Located<'e> {
    pub(super) id: &'e SiteId,
    pub(super) path: Arc<PathBuf>,
    pub(super) line: u32,
    /// The function as findings name it.
    pub(super) function: String,
    /// The lines of the file.
    pub(super) lines: Arc<LineIndex>,
    pub(super) evidence: Evidence,
}

/// A declared function, or everything that is outside of functions.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    /// First and last line.
    pub(super) lines: (u32, u32),
    /// The lines of its defers, in order, a line twice when it has two.
    pub(super) defers: Vec<u32>,
}

/// A file that evidence may speak of.
struct Candidate<'u> {
    absolute: &'u Path,
    path: &'u Arc<PathBuf>,
    sites: Vec<(&'u SiteId, &'u Site)>,
}

/// The sites of a package, by the name of their file.
type ByFile<'e> = FxHashMap<&'e str, Vec<(&'e SiteId, &'e Site)>>;

/// Finds the sites in the source.
pub(super) fn locate<'e>(
    evidence: &'e Merged,
    units: &'e [Unit],
    read: &(dyn Fn(&Path) -> Option<Vec<u8>> + Sync),
    observed: &mut Observed,
) -> Vec<Located<'e>> {
    let mut by_package: FxHashMap<&str, ByFile<'_>> = FxHashMap::default();
    for (id, site) in &evidence.sites {
        let files = by_package.entry(&id.package).or_default();
        files.entry(&id.file).or_default().push((id, site));
    }
    let mut candidates = Vec::new();
    for unit in units {
        let own = by_package.get(&*unit.package.import_path);
        // Who has only names calls every main package by its name.
        let main = unit
            .package
            .is_main()
            .then(|| by_package.get("main"))
            .flatten();
        for file in unit.files.iter().filter(|file| file.wanted) {
            let Some(name) = file.absolute.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            let sites: Vec<_> = own
                .into_iter()
                .chain(main)
                .filter_map(|files| files.get(name))
                .flatten()
                .copied()
                .collect();
            if !sites.is_empty() {
                candidates.push(Candidate {
                    absolute: &file.absolute,
                    path: &file.path,
                    sites,
                });
            }
        }
    }
    let places: Vec<Vec<Place<'_>>> = candidates
        .par_iter()
        .map(|candidate| in_file(evidence, candidate, read))
        .collect();
    let located = settle(places.into_iter().flatten().collect());
    let checked = |id: &SiteId| {
        let is_main = |unit: &Unit| id.package == "main" && unit.package.is_main();
        units
            .iter()
            .any(|unit| *unit.package.import_path == *id.package || is_main(unit))
    };
    observed.moved = located
        .iter()
        .filter(|site| site.evidence.observed_line.is_some())
        .count();
    let known: rustc_hash::FxHashSet<&SiteId> = located.iter().map(|site| site.id).collect();
    for id in evidence.sites.keys().filter(|id| !known.contains(id)) {
        if checked(id) {
            observed.lost += 1;
        } else {
            observed.elsewhere += 1;
        }
    }
    located
}

/// A place that a site may have, and how well the paths fit.
struct Place<'e> {
    located: Located<'e>,
    fits: usize,
}

/// Of several places that a site may have, the one whose path fits best; none when two fit alike.
fn settle(places: Vec<Place<'_>>) -> Vec<Located<'_>> {
    let mut best: FxHashMap<&SiteId, (usize, usize)> = FxHashMap::default();
    for place in &places {
        let (fits, count) = best.entry(place.located.id).or_default();
        match place.fits.cmp(fits) {
            std::cmp::Ordering::Greater => (*fits, *count) = (place.fits, 1),
            std::cmp::Ordering::Equal => *count += 1,
            std::cmp::Ordering::Less => {}
        }
    }
    places
        .into_iter()
        .filter(|place| best.get(place.located.id) == Some(&(place.fits, 1)))
        .map(|place| place.located)
        .collect()
}

/// The places of a file's sites.
fn in_file<'e>(
    evidence: &Merged,
    candidate: &Candidate<'e>,
    read: &(dyn Fn(&Path) -> Option<Vec<u8>> + Sync),
) -> Vec<Place<'e>> {
    let tree = read(candidate.absolute)
        .and_then(|bytes| catch(|| parse(Source::new(bytes), Mode::Full)).ok());
    let Some(tree) = tree else {
        return Vec::new();
    };
    let lines = Arc::new(tree.line_index());
    let functions = functions(&tree, &lines);
    let mut places = Vec::new();
    for function in &functions {
        let mut here: Vec<_> = candidate
            .sites
            .iter()
            .copied()
            .filter(|(id, _)| matching::is_same_function(&id.function, &function.name))
            .collect();
        // Functions of one name are `init` and `_`; their lines tell them apart.
        if functions.iter().filter(|f| f.name == function.name).count() > 1 {
            here.retain(|(id, _)| (function.lines.0..=function.lines.1).contains(&id.line));
        }
        let found = matching::today(function, &here);
        for ((id, site), line) in here.into_iter().zip(found) {
            let Some(line) = line else { continue };
            let fits = match &site.path {
                Some(path) => 1 + common_end(&foreign(path), candidate.absolute),
                None => 1,
            };
            places.push(Place {
                located: Located {
                    id,
                    path: Arc::clone(candidate.path),
                    line,
                    function: function.name.clone(),
                    lines: Arc::clone(&lines),
                    evidence: told(evidence, site, line != id.line),
                },
                fits,
            });
        }
    }
    places
}

/// The functions of a file with their defers, and what is outside of functions under no name.
pub(super) fn functions(tree: &File, lines: &LineIndex) -> Vec<Declared> {
    let mut outside = Declared {
        name: String::new(),
        lines: (1, lines.line_count()),
        defers: Vec::new(),
    };
    let mut functions = Vec::new();
    for &decl in tree.top_decls() {
        let mut defers = Vec::new();
        walk(tree, Node::Decl(decl), |node| {
            if let Node::Stmt(stmt) = node {
                let stmt = tree.stmt(stmt);
                if matches!(stmt.kind, StmtKind::Defer(_)) {
                    defers.push(lines.line(stmt.span.start));
                }
            }
            Descend::Into
        });
        defers.sort_unstable();
        let node = tree.decl(decl);
        match node.kind {
            DeclKind::Func(func) => functions.push(Declared {
                name: rules::function_name(tree, func),
                lines: (
                    lines.line(node.span.start),
                    lines.line(node.span.end.saturating_sub(1)),
                ),
                defers,
            }),
            _ => outside.defers.extend(defers),
        }
    }
    outside.defers.sort_unstable();
    functions.push(outside);
    functions
}
