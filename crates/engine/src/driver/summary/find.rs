//! From what somebody wrote to the function that is meant.

use std::collections::BTreeSet;
use std::sync::Arc;

use go_flow::method_key;
use go_project::{Origin, Package, Resolution};
use go_syntax::{FuncId, Mode};
use go_types::{Importer, MemberKind, PackageNames};
use rayon::prelude::*;

use super::{Run, SummaryError, parsed};

/// So many names are offered for one that does not exist.
const OFFERED: usize = 5;

/// A function that is meant.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The import path of its package.
    pub(super) path: Arc<str>,
    /// Its package; none where only models speak of it.
    pub(super) package: Option<Arc<Package>>,
    /// `F` or `T.M`.
    pub(super) key: String,
    /// Whether its receiver is a pointer.
    pub(super) pointer: bool,
    /// Whether the tests of the package are looked at too.
    pub(super) in_tests: bool,
}

impl Found {
    pub(super) fn full_name(&self) -> String {
        match self.key.split_once('.') {
            Some((ty, method)) => {
                let star = if self.pointer { "*" } else { "" };
                format!("({star}{}.{ty}).{method}", self.path)
            }
            None => format!("{}.{}", self.path, self.key),
        }
    }
}

/// A way to read a name.
#[derive(Debug)]
struct Reading {
    /// The import path, or a folder; empty when there is none.
    path: String,
    /// `F` or `T.M`.
    key: String,
}

/// The ways to read a name: `path.F` and `path.T.M`.
fn readings(text: &str) -> Vec<Reading> {
    let plain = method_key(text);
    let mut plain = plain.strip_prefix('*').unwrap_or(&plain).to_owned();
    // Type parameters are no part of the name.
    while let (Some(start), Some(end)) = (plain.find('['), plain.find(']')) {
        if end < start {
            return Vec::new();
        }
        plain.replace_range(start..=end, "");
    }
    let (head, tail) = plain.split_at(plain.rfind('/').map_or(0, |at| at + 1));
    let parts: Vec<&str> = tail.split('.').collect();
    let is_word = |part: &&str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "()*[]{}".contains(c))
    };
    if !parts.iter().all(is_word) {
        return Vec::new();
    }
    (1..=2)
        .filter(|&names| names <= parts.len())
        .map(|names| {
            let (before, key) = parts.split_at(parts.len() - names);
            let path = format!("{head}{}", before.join("."));
            Reading {
                path: match path.trim_end_matches('/') {
                    "" if path.is_empty() => String::new(),
                    "" => "/".to_owned(),
                    trimmed => trimmed.to_owned(),
                },
                key: key.join("."),
            }
        })
        .collect()
}

/// Where a function or method is declared.
pub(super) fn declared(names: &PackageNames, key: &str) -> Option<(u32, FuncId)> {
    match key.split_once('.') {
        Some((ty, method)) => {
            let method = names.method(names.lookup_method(ty, method)?);
            Some((method.file, method.func))
        }
        None => {
            let member = names.member(names.lookup(key)?);
            match member.kind {
                MemberKind::Func(func) => Some((member.file, func)),
                _ => None,
            }
        }
    }
}

/// All functions and methods that a package declares.
fn functions(run: &Run<'_>, package: &Arc<Package>) -> Vec<Found> {
    let tests = run.project.is_worked_on(package);
    let files = parsed(run, package, tests, Mode::SkipBodies);
    let trees = files.into_iter().map(|(_, tree)| tree).collect();
    let names = PackageNames::new(Importer::of(Arc::clone(package)), trees);
    let found = |key: String, pointer: bool| Found {
        path: Arc::clone(&package.import_path),
        package: Some(Arc::clone(package)),
        key,
        pointer,
        in_tests: tests,
    };
    let members = names
        .members()
        .filter(|(_, member)| matches!(member.kind, MemberKind::Func(_)))
        .map(|(id, _)| found(names.member_name(id).to_owned(), false));
    let methods = names.methods().map(|(id, method)| {
        let key = format!("{}.{}", names.method_base(id), names.method_name(id));
        found(key, method.pointer)
    });
    members.chain(methods).collect()
}

/// The packages that a path means.
fn packages(run: &Run<'_>, path: &str) -> Result<Vec<Arc<Package>>, String> {
    let project = &run.project;
    let relative = path == "." || path == ".." || path.starts_with("./") || path.starts_with("../");
    let absolute = path.starts_with('/') || path.contains(':') || path.contains('\\');
    if !relative && !absolute {
        match project.resolve_here(path) {
            Resolution::Dir(location) => return Ok(project.packages_of(&location).to_vec()),
            Resolution::NotFound(_) if project.cwd().join(path).is_dir() => {}
            Resolution::NotFound(why) => return Err(why.to_string()),
            Resolution::Unsafe | Resolution::Cgo => return Err("it has no source".to_owned()),
        }
    }
    let found = project.packages_at(std::path::Path::new(path));
    if found.is_empty() {
        return Err("the folder holds no Go source, or is not there".to_owned());
    }
    Ok(found.to_vec())
}

/// Finds the function that `text` means.
pub(super) fn find(run: &Run<'_>, text: &str) -> Result<Found, SummaryError> {
    let readings = readings(text);
    if readings.is_empty() {
        return Err(SummaryError::Malformed(text.to_owned()));
    }
    let mut missing = None;
    let mut looked_in = None;
    for reading in readings.iter().filter(|reading| !reading.path.is_empty()) {
        match packages(run, &reading.path) {
            Ok(packages) => {
                let all: Vec<Found> = packages
                    .iter()
                    .flat_map(|package| functions(run, package))
                    .collect();
                let same = all.iter().filter(|found| found.key == reading.key);
                if let Some(found) = one(text, same.cloned().collect())? {
                    return Ok(found);
                }
                // Of methods of interfaces only models speak.
                if let Some(package) = packages.first()
                    && let Some(found) = in_models(run, &package.import_path, &reading.key)
                {
                    return Ok(found);
                }
                looked_in.get_or_insert((format!("package `{}`", reading.path), all, &reading.key));
            }
            Err(why) => {
                missing.get_or_insert((reading, why));
            }
        }
    }
    // Models also speak of packages that are not at hand. Types are exported there, versions in paths
    // are no types.
    let is_type = |key: &str| key.contains('.') && key.starts_with(char::is_uppercase);
    let (methods, others): (Vec<_>, Vec<_>) =
        readings.iter().partition(|reading| is_type(&reading.key));
    for reading in methods.into_iter().chain(others) {
        if let Some(found) = in_models(run, &reading.path, &reading.key) {
            return Ok(found);
        }
    }
    if !text.contains('/') {
        let all = of_module(run);
        let name = method_key(text);
        let name = name.strip_prefix('*').unwrap_or(&name);
        let is_meant = |found: &Found| {
            let package = found.package.as_ref();
            found.key == *name
                || package
                    .is_some_and(|package| *name == *format!("{}.{}", package.name, found.key))
        };
        let same = all
            .iter()
            .filter(|found| is_meant(found))
            .cloned()
            .collect();
        if let Some(found) = one(text, same)? {
            return Ok(found);
        }
        if looked_in.is_none() {
            return Err(unknown(
                text,
                name,
                "the module of this folder".to_owned(),
                &all,
            ));
        }
    }
    match (looked_in, missing) {
        (Some((place, all, key)), _) => Err(unknown(text, key, place, &all)),
        (None, Some((reading, why))) => Err(SummaryError::NoPackage {
            name: reading.key.clone(),
            path: reading.path.clone(),
            why,
        }),
        (None, None) => Err(SummaryError::Malformed(text.to_owned())),
    }
}

/// A function of which only models speak.
fn in_models(run: &Run<'_>, path: &str, key: &str) -> Option<Found> {
    let full = format!("{path}.{key}");
    let models = run.models.get();
    let known = models.function(&full).is_some()
        || models.writes_to(&full).is_some()
        || models.released_by(&full).next().is_some();
    known.then(|| Found {
        path: Arc::from(path),
        package: None,
        key: key.to_owned(),
        pointer: false,
        in_tests: false,
    })
}

/// All functions of the module of the current folder.
fn of_module(run: &Run<'_>) -> Vec<Found> {
    let cwd = run.project.cwd();
    let modules = run.project.main_modules();
    let module = modules
        .iter()
        .filter(|module| cwd.starts_with(&module.dir))
        .max_by_key(|module| module.dir.as_os_str().len());
    let pattern = match module {
        Some(module) => format!("{}/...", module.dir.display()),
        None => "./...".to_owned(),
    };
    let loaded = run.project.load(&[pattern]);
    loaded
        .targets
        .par_iter()
        .filter(|target| !matches!(target.package.origin, Origin::Vendored))
        .flat_map_iter(|target| functions(run, &target.package))
        .collect()
}

/// The only one, if there is one.
fn one(text: &str, mut found: Vec<Found>) -> Result<Option<Found>, SummaryError> {
    let mut matches: BTreeSet<String> = BTreeSet::new();
    found.retain(|found| matches.insert(found.full_name()));
    if found.len() > 1 {
        return Err(SummaryError::Ambiguous {
            name: text.to_owned(),
            matches: matches.into_iter().collect(),
        });
    }
    Ok(found.pop())
}

fn unknown(text: &str, key: &str, place: String, all: &[Found]) -> SummaryError {
    let wanted = key.to_lowercase();
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let distance = |a: &str, b: &str| {
        let distance = strsim::damerau_levenshtein(a, b);
        let limit = (b.chars().count() / 3).max(1);
        (distance <= limit).then_some(distance)
    };
    let mut near: Vec<(usize, String)> = all
        .iter()
        .filter_map(|found| {
            let key = found.key.to_lowercase();
            let whole = distance(&key, &wanted);
            let name = || Some(distance(&last(&key), &last(&wanted))? + 1);
            Some((whole.or_else(name)?, found.full_name()))
        })
        .collect();
    near.sort();
    near.dedup();
    near.truncate(OFFERED);
    SummaryError::Unknown {
        name: text.to_owned(),
        place,
        nearest: near.into_iter().map(|(_, name)| name).collect(),
    }
}
