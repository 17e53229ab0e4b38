//! From what somebody wrote to the function that is meant.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use go_project::{Package, Project};
use go_syntax::{ArenaId, Features, File, FuncId, Mode, Source, StmtKind, parse};
use go_types::{Importer, PackageNames};

use crate::error::ExplainError;

/// So many names are offered for one that does not exist.
const OFFERED: usize = 5;

/// The function that is meant, with its package.
pub(crate) struct Found {
    pub(crate) package: Arc<Package>,
    pub(crate) names: Arc<PackageNames>,
    /// By index of the file in the package.
    pub(crate) paths: Vec<PathBuf>,
    /// The minor version of the language that each file is written in.
    pub(crate) versions: Vec<u32>,
    pub(crate) file: u32,
    /// A declared function, or a literal in it.
    pub(crate) func: FuncId,
}

/// A package with its files parsed.
struct Parsed {
    package: Arc<Package>,
    names: Arc<PackageNames>,
    paths: Vec<PathBuf>,
    versions: Vec<u32>,
}

/// A function of a parsed package.
#[derive(Clone)]
struct Known {
    parsed: usize,
    file: u32,
    func: FuncId,
    label: String,
    line: u32,
}

/// Finds the function that `target` means.
pub(crate) fn find(project: &Project, target: &str) -> Result<Found, ExplainError> {
    let split = target
        .rsplit_once(':')
        .filter(|(path, what)| !path.is_empty() && !what.is_empty() && !what.contains('/'));
    match split {
        Some((path, what)) => match what.parse::<u32>() {
            Ok(line) => at_line(project, path, line),
            Err(_) => in_path(project, path, what),
        },
        None => by_name(project, target),
    }
}

fn at_line(project: &Project, path: &str, line: u32) -> Result<Found, ExplainError> {
    let absolute = project.cwd().join(path);
    if absolute.is_dir() {
        return Err(ExplainError::Malformed(format!("{path}:{line}")));
    }
    let (parsed, file) = file_at(project, path, &absolute)?;
    let tree = parsed.names.file(file);
    let index = tree.line_index();
    if line == 0 || line > index.line_count() {
        return Err(ExplainError::BeyondEnd {
            path: path.to_owned(),
            line,
            lines: index.line_count(),
        });
    }
    let covers = |func: &FuncId| {
        let span = tree.func(*func).span;
        index.line(span.start) <= line && line <= index.line(span.end.saturating_sub(1))
    };
    // The innermost with defers of its own; else the declared function around.
    let around: Vec<FuncId> = tree.all_funcs().filter(covers).collect();
    let func = around
        .iter()
        .rev()
        .find(|&&func| has_own_defers(tree, func))
        .or_else(|| {
            around
                .iter()
                .find(|&&func| tree.func(func).parent.is_none())
        });
    let Some(&func) = func else {
        let mut nearest: Vec<(u32, String)> = tree
            .all_funcs()
            .filter(|&func| tree.func(func).parent.is_none())
            .map(|func| {
                let start = index.line(tree.func(func).span.start);
                let label = parsed.names.function_label(file, func);
                (start.abs_diff(line), format!("{label} (line {start})"))
            })
            .collect();
        nearest.sort();
        nearest.truncate(2);
        return Err(ExplainError::NoFunction {
            path: path.to_owned(),
            line,
            nearest: nearest.into_iter().map(|(_, name)| name).collect(),
        });
    };
    parsed.found(file, func)
}

/// Whether a defer statement stands in `func` itself.
fn has_own_defers(tree: &File, func: FuncId) -> bool {
    let node = tree.func(func);
    let nested: Vec<_> = (func.index() + 1..tree.all_funcs().len())
        .map(FuncId::from_index)
        .take_while(|&inner| tree.func(inner).parent.is_some())
        .filter(|&inner| tree.func(inner).parent == Some(func))
        .map(|inner| tree.func(inner).stmts)
        .collect();
    node.stmts.iter().any(|stmt| {
        matches!(tree.stmt(stmt).kind, StmtKind::Defer(_))
            && !nested.iter().any(|inner| inner.contains(stmt))
    })
}

fn in_path(project: &Project, path: &str, name: &str) -> Result<Found, ExplainError> {
    let absolute = project.cwd().join(path);
    if path.ends_with(".go") || absolute.is_file() {
        let (parsed, file) = file_at(project, path, &absolute)?;
        let all = [parsed];
        let known = functions(&all, Some(file));
        return pick(project, &all, &known, name, &format!("`{path}`"));
    }
    let packages = packages_of(project, path);
    if packages.is_empty() {
        return Err(no_path(project, path));
    }
    let all: Vec<Parsed> = packages
        .iter()
        .map(|package| Parsed::read(project, package))
        .collect::<Result<_, _>>()?;
    let known = functions(&all, None);
    pick(project, &all, &known, name, &format!("package `{path}`"))
}

/// `PKG.F`, `PKG.T.M`, `F`, `T.M`: in the packages of the current module.
fn by_name(project: &Project, text: &str) -> Result<Found, ExplainError> {
    let plain = plain(text);
    let is_word = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || "_-~".contains(c))
    };
    if plain.is_empty()
        || !plain
            .split(['.', '/'])
            .all(|part| is_word(part) || part == "..")
    {
        return Err(ExplainError::Malformed(text.to_owned()));
    }
    if text.ends_with(".go") || project.cwd().join(text).is_dir() {
        return Err(ExplainError::Malformed(text.to_owned()));
    }
    // A path before the name: the last one or two words are the function.
    let tail = plain.rfind('/').map_or(0, |at| at + 1);
    let dots: Vec<usize> = plain[tail..]
        .match_indices('.')
        .map(|(at, _)| at + tail)
        .collect();
    for &dot in dots.iter().rev().take(2) {
        let (path, name) = (&plain[..dot], &plain[dot + 1..]);
        let packages = packages_of(project, path);
        if packages.is_empty() {
            continue;
        }
        let all: Vec<Parsed> = packages
            .iter()
            .map(|package| Parsed::read(project, package))
            .collect::<Result<_, _>>()?;
        let known = functions(&all, None);
        return pick(project, &all, &known, name, &format!("package `{path}`"));
    }
    let loaded = project.load::<&str>(&[]);
    let mut all = Vec::new();
    for target in &loaded.targets {
        all.push(Parsed::read(project, &target.package)?);
    }
    let known = functions(&all, None);
    // With the name of the package before it?
    let short: Vec<Known> = known
        .iter()
        .filter(|known| {
            let package = &all[known.parsed].package.name;
            self::plain(&known.label) == plain
                || plain
                    .strip_prefix(&**package)
                    .and_then(|rest| rest.strip_prefix('.'))
                    .is_some_and(|rest| rest == self::plain(&known.label))
        })
        .cloned()
        .collect();
    if short.is_empty() {
        return pick(project, &all, &known, &plain, "the packages of this module");
    }
    one(project, &all, &short, text)
}

fn packages_of(project: &Project, path: &str) -> Vec<Arc<Package>> {
    let local = path.starts_with('.') || Path::new(path).is_absolute();
    if !local && let go_project::Resolution::Dir(location) = project.resolve_here(path) {
        return project.packages_of(&location).to_vec();
    }
    let absolute = project.cwd().join(path);
    if absolute.is_dir() {
        return project.packages_at(&absolute).to_vec();
    }
    Vec::new()
}

/// The package that has a file, and its index there.
fn file_at(project: &Project, path: &str, absolute: &Path) -> Result<(Parsed, u32), ExplainError> {
    let (Some(folder), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(no_path(project, path));
    };
    let packages = project.packages_at(folder);
    for package in packages.iter() {
        if package.files.iter().any(|file| file.name == name) {
            let parsed = Parsed::read(project, package)?;
            let at = parsed
                .paths
                .iter()
                .position(|path| path.file_name() == Some(name));
            let at = at.and_then(|at| u32::try_from(at).ok());
            return match at {
                Some(at) => Ok((parsed, at)),
                None => Err(no_path(project, path)),
            };
        }
    }
    if !absolute.is_file() {
        return Err(no_path(project, path));
    }
    let ignored = packages
        .iter()
        .flat_map(|package| package.ignored.iter())
        .find(|ignored| ignored.name == name);
    let why = match ignored {
        Some(ignored) => format!(
            "{}\n  help: set GOOS, GOARCH or GOFLAGS=-tags=… to the build that has it",
            ignored.reason
        ),
        None => "it is no Go file, or no package of its folder has it".to_owned(),
    };
    Err(ExplainError::NotBuilt {
        path: path.to_owned(),
        why,
    })
}

fn no_path(project: &Project, path: &str) -> ExplainError {
    let absolute = project.cwd().join(path);
    // The part that is wrong may be any: it is the first that is not there.
    let missing = { absolute.ancestors() }
        .take_while(|part| !part.exists())
        .last()
        .unwrap_or(&absolute);
    let is_last = missing == absolute;
    let wanted = missing
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let folder = missing.parent().unwrap_or(missing);
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let is_folder = entry.file_type().ok()?.is_dir();
            let may_be =
                is_folder && !name.starts_with(['.', '_']) || is_last && name.ends_with(".go");
            (may_be && name != wanted).then_some(name)
        })
        .collect();
    names.sort();
    // As somebody would write it.
    let folder = folder.strip_prefix(project.cwd()).unwrap_or(folder);
    let nearest = nearest(&wanted, names.into_iter());
    ExplainError::NoPath {
        path: path.to_owned(),
        nearest: { nearest.into_iter() }
            .map(|name| folder.join(name).display().to_string())
            .collect(),
    }
}

impl Parsed {
    fn read(project: &Project, package: &Arc<Package>) -> Result<Self, ExplainError> {
        let (mut trees, mut paths, mut versions) = (Vec::new(), Vec::new(), Vec::new());
        for file in package.files.iter() {
            let path = package.file_path(file);
            let bytes = project
                .read_file(&path)
                .map_err(|source| ExplainError::Unreadable {
                    path: path.clone(),
                    source,
                })?;
            trees.push(Arc::new(parse(Source::new(bytes), Mode::Full)));
            versions.push(u32::from(package.file_version(file).minor));
            paths.push(path);
        }
        let names = PackageNames::new(Importer::of(Arc::clone(package)), trees);
        Ok(Self {
            package: Arc::clone(package),
            names: Arc::new(names),
            paths,
            versions,
        })
    }

    fn found(&self, file: u32, func: FuncId) -> Result<Found, ExplainError> {
        let tree = self.names.file(file);
        if !tree.func(func).features.intersects(Features::BODY) {
            return Err(ExplainError::NoBody {
                name: self.names.function_label(file, func),
            });
        }
        Ok(Found {
            package: Arc::clone(&self.package),
            names: Arc::clone(&self.names),
            paths: self.paths.clone(),
            versions: self.versions.clone(),
            file,
            func,
        })
    }
}

/// The declared functions of packages, or of one file of the first.
fn functions(all: &[Parsed], only: Option<u32>) -> Vec<Known> {
    let mut known = Vec::new();
    for (number, parsed) in all.iter().enumerate() {
        for (file, tree) in (0u32..).zip(parsed.names.files()) {
            if only.is_some_and(|only| only != file) {
                continue;
            }
            let index = tree.line_index();
            for func in tree
                .all_funcs()
                .filter(|&func| tree.func(func).name.is_some())
            {
                known.push(Known {
                    parsed: number,
                    file,
                    func,
                    label: parsed.names.function_label(file, func),
                    line: index.line(tree.func(func).span.start),
                });
            }
        }
    }
    known
}

/// A name without what people write around it: `(*T[K]).M` is `T.M`.
fn plain(text: &str) -> String {
    let mut plain: String = text.chars().filter(|c| !"()*".contains(*c)).collect();
    while let (Some(start), Some(end)) = (plain.find('['), plain.find(']')) {
        if end < start {
            break;
        }
        plain.replace_range(start..=end, "");
    }
    plain
}

fn pick(
    project: &Project,
    all: &[Parsed],
    known: &[Known],
    name: &str,
    place: &str,
) -> Result<Found, ExplainError> {
    let wanted = plain(name);
    let same: Vec<Known> = known
        .iter()
        .filter(|known| plain(&known.label) == wanted)
        .cloned()
        .collect();
    if !same.is_empty() {
        return one(project, all, &same, name);
    }
    // The name of a method without its type.
    let methods: Vec<Known> = known
        .iter()
        .filter(|known| {
            plain(&known.label)
                .rsplit_once('.')
                .is_some_and(|(_, m)| m == wanted)
        })
        .cloned()
        .collect();
    if !methods.is_empty() {
        return one(project, all, &methods, name);
    }
    let labels = known.iter().map(|known| plain(&known.label));
    Err(ExplainError::Unknown {
        name: name.to_owned(),
        place: place.to_owned(),
        nearest: nearest(&wanted, labels.clone()),
        others: labels.take(OFFERED).collect(),
    })
}

/// The only one, if there is one.
fn one(
    project: &Project,
    all: &[Parsed],
    found: &[Known],
    name: &str,
) -> Result<Found, ExplainError> {
    if let [only] = found {
        return all[only.parsed].found(only.file, only.func);
    }
    let shown = |known: &Known| {
        let path = &all[known.parsed].paths[known.file as usize];
        let path = path.strip_prefix(project.cwd()).unwrap_or(path);
        format!("{}:{} ({})", path.display(), known.line, known.label)
    };
    Err(ExplainError::Ambiguous {
        name: name.to_owned(),
        matches: found.iter().take(20).map(shown).collect(),
    })
}

fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let wanted_whole = wanted.to_lowercase();
    let wanted_last = if wanted.ends_with(".go") {
        wanted_whole.clone()
    } else {
        last(wanted)
    };
    let mut near: Vec<(usize, String)> = names
        .filter_map(|name| {
            let whole = strsim::damerau_levenshtein(&name.to_lowercase(), &wanted_whole);
            let short = strsim::damerau_levenshtein(&last(&name), &wanted_last) + 1;
            let distance = whole.min(short);
            let limit = (wanted_last.chars().count() / 3).max(1) + 1;
            (distance <= limit).then_some((distance, name))
        })
        .collect();
    near.sort();
    near.dedup();
    near.truncate(OFFERED);
    near.into_iter().map(|(_, name)| name).collect()
}
