//! The modules that a main module or a workspace is built from, as its files state them.
//!
//! No version selection happens here: since Go 1.17 a `go.mod` lists every module that its packages
//! need, in the version that is used. For older ones, and for a version that is not in the module
//! cache, `go.sum` is asked; see [`BuildList::candidates`].

mod ignore;
mod vendor;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use self::ignore::IgnoreSet;
use self::vendor::Vendor;
use crate::context::BuildContext;
use crate::modfile::{LineError, ModFile, Replace, ReplaceWith, WorkFile, parse_mod, parse_work};
use crate::names::{clean, escape_module, guess_from_path, join_path, slashed, strip_path_prefix};
use crate::package::{Module, Origin};
use crate::problem::{Problem, ProblemKind};
use crate::version::{GoVersion, compare_module_versions};

/// The first language version whose `go.mod` lists all modules needed.
const COMPLETE_REQUIREMENTS: GoVersion = GoVersion::new(1, 17);

/// The modules in reach of the code of some main modules.
#[derive(Debug)]
pub(crate) struct BuildList {
    pub(crate) main: Vec<MainModule>,
    /// Versions by module path; of several demands the highest.
    required: FxHashMap<String, String>,
    replaced: FxHashMap<String, Vec<Replacement>>,
    pub(crate) vendor: Option<Vendor>,
    sum_files: Vec<PathBuf>,
    sums: OnceLock<FxHashMap<String, Vec<String>>>,
    /// Requirements may name less than what is used.
    incomplete: bool,
}

/// A module that is worked on.
#[derive(Debug)]
pub(crate) struct MainModule {
    pub(crate) module: Arc<Module>,
    pub(crate) ignore: IgnoreSet,
}

#[derive(Debug)]
struct Replacement {
    version: Option<String>,
    with: Substitute,
}

/// What takes the place of a module.
#[derive(Debug)]
enum Substitute {
    /// This folder, absolute.
    Dir(PathBuf),
    /// This module of the cache: its path and version.
    Module(String, String),
}

/// A folder that may hold a module, in the order of trust.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Candidate {
    pub(crate) dir: PathBuf,
    pub(crate) version: Option<String>,
    pub(crate) origin: Origin,
}

impl BuildList {
    /// For the module in `root`, by itself.
    pub(crate) fn single(root: &Path, context: &BuildContext, problems: &mut Vec<Problem>) -> Self {
        let (main, file) = read_main(root, problems);
        let mut list = Self::empty();
        list.incomplete = main.module.go < COMPLETE_REQUIREMENTS;
        list.main.push(main);
        list.sum_files.push(root.join("go.sum"));
        list.require(&file);
        list.replace(&file.replace, root);
        list.vendor = Vendor::choose(root, file.go, false, context);
        list
    }

    /// For the modules that a `go.work` uses.
    pub(crate) fn workspace(
        path: &Path,
        context: &BuildContext,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let root = path.parent().unwrap_or(Path::new("/"));
        let file = match crate::files::read(path) {
            Ok(bytes) => {
                let (file, errors) = parse_work(&bytes);
                problems.extend(
                    errors
                        .into_iter()
                        .map(|e| report(ProblemKind::BadGoWork, path, &e)),
                );
                file
            }
            Err(error) => {
                let message = format!("cannot read the workspace: {error}");
                problems.push(
                    Problem::new(ProblemKind::BadGoWork, path, message)
                        .with_help("correct its permissions, or set GOWORK=off"),
                );
                WorkFile::default()
            }
        };
        let mut list = Self::empty();
        list.sum_files.push(path.with_extension("work.sum"));
        let mut replaces_of_modules = Vec::new();
        for one in &file.uses {
            let module_root = clean(&root.join(&one.path));
            if !module_root.join("go.mod").is_file() {
                let message = format!("no module in {}", module_root.display());
                problems.push(
                    Problem::new(ProblemKind::BadGoWork, path, message)
                        .at_line(one.line)
                        .with_help("remove the line, or add the go.mod"),
                );
                continue;
            }
            let (main, file) = read_main(&module_root, problems);
            list.incomplete |= main.module.go < COMPLETE_REQUIREMENTS;
            list.main.push(main);
            list.sum_files.push(module_root.join("go.sum"));
            list.require(&file);
            replaces_of_modules.push((module_root, file.replace));
        }
        // The first replacement found is used, and those of the workspace overrule the others.
        list.replace(&file.replace, root);
        for (module_root, replaces) in replaces_of_modules {
            list.replace(&replaces, &module_root);
        }
        list.vendor = Vendor::choose(root, file.go, true, context);
        list
    }

    fn empty() -> Self {
        Self {
            main: Vec::new(),
            required: FxHashMap::default(),
            replaced: FxHashMap::default(),
            vendor: None,
            sum_files: Vec::new(),
            sums: OnceLock::new(),
            incomplete: false,
        }
    }

    fn require(&mut self, file: &ModFile) {
        for one in &file.require {
            let known = self.required.entry(one.path.clone()).or_default();
            if compare_module_versions(known, &one.version).is_lt() {
                known.clone_from(&one.version);
            }
        }
    }

    fn replace(&mut self, replaces: &[Replace], root: &Path) {
        for one in replaces {
            let with = match &one.with {
                ReplaceWith::Dir(dir) => Substitute::Dir(clean(&root.join(dir))),
                ReplaceWith::Module { path, version } => {
                    Substitute::Module(path.clone(), version.clone())
                }
            };
            let replacement = Replacement {
                version: one.version.clone(),
                with,
            };
            self.replaced
                .entry(one.path.clone())
                .or_default()
                .push(replacement);
        }
    }

    /// The main module whose root is nearest above `dir`.
    pub(crate) fn main_above(&self, dir: &Path) -> Option<&MainModule> {
        self.main
            .iter()
            .filter(|main| dir.starts_with(&main.module.dir))
            .max_by_key(|main| main.module.dir.as_os_str().len())
    }

    /// Main modules whose path begins `import_path`, the longest path first, each with the rest.
    pub(crate) fn main_for<'a>(
        &'a self,
        import_path: &'a str,
    ) -> impl Iterator<Item = (&'a MainModule, &'a str)> {
        let mut found: Vec<_> = self
            .main
            .iter()
            .filter_map(|main| Some((main, strip_path_prefix(import_path, &main.module.path)?)))
            .collect();
        found.sort_by_key(|(main, _)| std::cmp::Reverse(main.module.path.len()));
        found.into_iter()
    }

    /// The version demanded of a module; nothing if it is neither required nor replaced.
    pub(crate) fn demanded(&self, module: &str) -> Option<&str> {
        let required = self.required.get(module).map(String::as_str);
        required.or_else(|| self.replaced.contains_key(module).then_some(""))
    }

    /// Where `module` may be found. A replacement is the only place when there is one. Otherwise the
    /// cache is looked at for the version required and, failing that, for those whose contents
    /// `go.sum` vouches for, the newest first. Below Go 1.17 the newest of all these comes first,
    /// since requirements of requirements may have raised the version.
    pub(crate) fn candidates(&self, module: &str, mod_cache: Option<&Path>) -> Vec<Candidate> {
        let required = self.required.get(module).map(String::as_str);
        if let Some(replacement) = self.replacement(module, required) {
            return match &replacement.with {
                Substitute::Dir(dir) => {
                    let dir = dir.clone();
                    vec![Candidate {
                        dir,
                        version: None,
                        origin: Origin::Replace,
                    }]
                }
                Substitute::Module(path, version) => mod_cache
                    .map(|cache| cached(cache, path, version, Origin::Replace))
                    .into_iter()
                    .collect(),
            };
        }
        let Some(cache) = mod_cache else {
            return Vec::new();
        };
        let mut versions: Vec<&str> = required.into_iter().collect();
        if let Some(sums) = self.sums().get(module) {
            versions.extend(
                sums.iter()
                    .map(String::as_str)
                    .filter(|v| Some(*v) != required),
            );
        }
        if self.incomplete {
            versions.sort_by(|a, b| compare_module_versions(b, a));
        }
        versions
            .iter()
            .map(|version| cached(cache, module, version, Origin::ModCache))
            .collect()
    }

    /// Whether `go.sum` speaks of a module that no `go.mod` requires.
    pub(crate) fn is_summed(&self, module: &str) -> bool {
        self.sums().contains_key(module)
    }

    fn replacement(&self, module: &str, version: Option<&str>) -> Option<&Replacement> {
        let all = self.replaced.get(module)?;
        let exact = all
            .iter()
            .find(|one| one.version.is_some() && one.version.as_deref() == version);
        exact.or_else(|| all.iter().find(|one| one.version.is_none()))
    }

    /// Versions with known contents, by module, the newest first.
    fn sums(&self) -> &FxHashMap<String, Vec<String>> {
        self.sums.get_or_init(|| {
            let mut sums: FxHashMap<String, Vec<String>> = FxHashMap::default();
            for file in &self.sum_files {
                let Ok(bytes) = crate::files::read(file) else {
                    continue;
                };
                for line in String::from_utf8_lossy(&bytes).lines() {
                    let mut words = line.split_whitespace();
                    let (Some(module), Some(version)) = (words.next(), words.next()) else {
                        continue;
                    };
                    if !version.ends_with("/go.mod") {
                        sums.entry(module.to_owned())
                            .or_default()
                            .push(version.to_owned());
                    }
                }
            }
            for versions in sums.values_mut() {
                versions.sort_by(|a, b| compare_module_versions(b, a));
                versions.dedup();
            }
            sums
        })
    }
}

impl MainModule {
    /// The import path of a folder below the root.
    pub(crate) fn import_path(&self, dir: &Path) -> String {
        let rest = dir.strip_prefix(&self.module.dir).unwrap_or(Path::new(""));
        join_path(&self.module.path, &slashed(rest))
    }
}

fn cached(cache: &Path, module: &str, version: &str, origin: Origin) -> Candidate {
    let name = format!("{}@{}", escape_module(module), escape_module(version));
    Candidate {
        dir: crate::names::below(cache, &name),
        version: Some(version.to_owned()),
        origin,
    }
}

fn report(kind: ProblemKind, path: &Path, error: &LineError) -> Problem {
    Problem::new(kind, path, error.error.to_string())
        .at_line(error.line)
        .with_help(error.error.help())
}

/// Reads the `go.mod` of a module that is worked on. Whatever it fails to say is made up.
pub(crate) fn read_main(root: &Path, problems: &mut Vec<Problem>) -> (MainModule, ModFile) {
    let path = root.join("go.mod");
    let file = match crate::files::read(&path) {
        Ok(bytes) => {
            let (file, errors) = parse_mod(&bytes);
            problems.extend(
                errors
                    .into_iter()
                    .map(|e| report(ProblemKind::BadGoMod, &path, &e)),
            );
            file
        }
        Err(error) => {
            let message = format!("cannot read the module: {error}");
            problems.push(
                Problem::new(ProblemKind::BadGoMod, &path, message)
                    .with_help("correct its permissions; until then its imports stay unknown"),
            );
            ModFile::default()
        }
    };
    let unnamed = || guess_from_path(&root.file_name().unwrap_or_default().to_string_lossy());
    let module = Module {
        path: file.module.clone().unwrap_or_else(unnamed),
        version: None,
        dir: root.to_path_buf(),
        go: file.go.unwrap_or(GoVersion::UNSTATED),
    };
    let ignore = IgnoreSet::new(&file.ignore);
    (
        MainModule {
            module: Arc::new(module),
            ignore,
        },
        file,
    )
}

/// The language of the dependency in `dir`. Its errors are its maintainers' affair.
pub(crate) fn go_version_of(dir: &Path) -> GoVersion {
    crate::files::read(&dir.join("go.mod"))
        .ok()
        .and_then(|bytes| parse_mod(&bytes).0.go)
        .unwrap_or(GoVersion::UNSTATED)
}

#[cfg(test)]
mod tests;
