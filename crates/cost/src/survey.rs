//! Looks at the defers of packages, in parallel, and hands them on in the order of the project.

use std::path::Path;
use std::sync::Arc;

use go_project::{Problem, Project, Target};
use go_syntax::{Features, File, FuncId, LineIndex, Mode, Source, parse};
use go_types::{Body, Importer, PackageCx, PackageNames, ProjectLoader};
use rayon::prelude::*;

use crate::build::Build;
use crate::classes::{FunctionClasses, classes};

/// The stack of a thread, for the deepest tree that the parser accepts.
const STACK_BYTES: usize = 128 << 20;

/// What is looked at, and how.
#[derive(Clone, Copy, Debug)]
pub struct Survey<'s> {
    /// The project.
    pub project: &'s Project,
    /// What to look at, as Go writes it.
    pub patterns: &'s [String],
    /// The ways to compile it.
    pub builds: &'s [Build],
    /// Whether to look at test files.
    pub tests: bool,
    /// The number of threads; one for each processor when absent.
    pub jobs: Option<u16>,
}

/// A top-level function with defers, or a literal outside of functions.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Its import path.
    pub package: &'a str,
    /// Relative to the working folder where it lies below.
    pub path: &'a Path,
    /// Its file.
    pub file: &'a File,
    /// The lines of the file.
    pub lines: &'a LineIndex,
    /// `F`, `T.M` or `(*T).M`.
    pub function: &'a str,
    /// Its body.
    pub body: &'a Body<'a>,
    /// For each build that was asked for.
    pub classes: Vec<FunctionClasses>,
}

/// What came out of a survey.
#[derive(Debug)]
pub struct Surveyed<T> {
    /// How many packages there are that were asked for.
    pub packages: usize,
    /// In the order of packages, files and functions.
    pub functions: Vec<T>,
    /// What was wrong with the patterns and the packages.
    pub problems: Vec<Problem>,
    /// Files that could not be read.
    pub unreadable: Vec<String>,
    /// Files with syntax errors, and where the first is; what stands around it may be missing.
    pub broken: Vec<String>,
}

/// Threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start threads: {0}; ask for fewer with --jobs")]
pub struct NoThreads(#[from] rayon::ThreadPoolBuildError);

impl Survey<'_> {
    /// Calls `visit` for each function with defers.
    ///
    /// # Errors
    ///
    /// If threads cannot be started. What is wrong with packages and files is in the result.
    pub fn run<T: Send>(
        self,
        visit: impl Fn(Seen<'_>) -> T + Sync,
    ) -> Result<Surveyed<T>, NoThreads> {
        let loaded = self.project.load(self.patterns);
        let loader = ProjectLoader::new(self.project);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs.map_or(0, usize::from))
            .stack_size(STACK_BYTES)
            .build()?;
        let task = Task {
            survey: self,
            loader: &loader,
        };
        let pages: Vec<Page<T>> = pool.install(|| {
            let targets = loaded.targets.par_iter().with_max_len(1);
            targets.map(|target| task.package(target, &visit)).collect()
        });
        let mut surveyed = Surveyed {
            packages: loaded.targets.len(),
            functions: Vec::new(),
            problems: loaded.problems,
            unreadable: Vec::new(),
            broken: Vec::new(),
        };
        for page in pages {
            surveyed.unreadable.extend(page.unreadable);
            surveyed.broken.extend(page.broken);
            surveyed.functions.extend(page.functions);
        }
        Ok(surveyed)
    }
}

/// What all threads share.
#[derive(Clone, Copy)]
struct Task<'a> {
    survey: Survey<'a>,
    loader: &'a ProjectLoader<'a>,
}

/// What came out of a package.
struct Page<T> {
    functions: Vec<T>,
    unreadable: Vec<String>,
    broken: Vec<String>,
}

impl Task<'_> {
    fn package<T>(self, target: &Target, visit: &impl Fn(Seen<'_>) -> T) -> Page<T> {
        let mut page = Page {
            functions: Vec::new(),
            unreadable: Vec::new(),
            broken: Vec::new(),
        };
        let package = &target.package;
        let mut wanted = Vec::new();
        let mut trees = Vec::new();
        for file in package.files.iter() {
            if file.flags.test && !self.survey.tests {
                continue;
            }
            let path = package.file_path(file);
            let bytes = match self.survey.project.read_file(&path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    let message = format!("cannot read {}: {error}", path.display());
                    page.unreadable.push(message);
                    continue;
                }
            };
            let tree = parse(Source::new(bytes), Mode::Full);
            if target.selection.includes(file) {
                page.broken.extend(self.first_error(&path, &tree));
                wanted.push((trees.len(), path));
            }
            trees.push(Arc::new(tree));
        }
        if wanted.is_empty() {
            return page;
        }
        let names = Arc::new(PackageNames::new(Importer::of(Arc::clone(package)), trees));
        let cx = PackageCx::new(&names, self.loader);
        for (index, path) in wanted {
            let path = path
                .strip_prefix(self.survey.project.cwd())
                .unwrap_or(&path);
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let file = cx.file(index);
            let mut lines = None;
            for func in roots(file) {
                let body = Body::new(&cx, index, func);
                let builds = self.survey.builds.iter();
                let classes = builds.map(|build| classes(&body, build));
                page.functions.push(visit(Seen {
                    package: names.path(),
                    path,
                    file,
                    lines: lines.get_or_insert_with(|| file.line_index()),
                    function: &names.function_label(index, func),
                    body: &body,
                    classes: classes.collect(),
                }));
            }
        }
        page
    }
}

impl Task<'_> {
    /// The first syntax error of a file.
    fn first_error(self, path: &Path, file: &File) -> Option<String> {
        let error = file.errors().first()?;
        let place = file.line_index().line_column(error.span.start);
        let path = path.strip_prefix(self.survey.project.cwd()).unwrap_or(path);
        Some(format!(
            "{}:{}:{}: syntax error: {}",
            path.display(),
            place.line,
            place.column,
            error.message
        ))
    }
}

/// The functions of a file that stand in no other, and have defers.
fn roots(file: &File) -> impl Iterator<Item = FuncId> + '_ {
    file.all_funcs().filter(|&func| {
        let func = file.func(func);
        func.parent.is_none() && func.features.intersects(Features::DEFER)
    })
}
