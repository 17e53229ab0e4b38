//! `deferscope dev types`: the types of all expressions, or the objects behind all identifiers.
//!
//! Packages are resolved in parallel and printed in the order in which the project has them.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use go_project::{BuildContext, ProcessEnv, Project, Target};
use go_syntax::{DeclKind, File, Mode, Source, parse};
use go_types::{
    Body, Declarations, Declared, Importer, Mention, PackageCx, PackageNames, ProjectLoader,
    TypeId, definitions,
};
use rayon::prelude::*;

use super::config::working_folder;
use crate::args::TypesArgs;
use crate::exit::Exit;
use crate::output::{error, to_stdout, warning};

/// The stack of a thread, for the deepest tree that the parser accepts.
const STACK_BYTES: usize = 128 << 20;

/// How many packages are resolved before their lines are printed: output waits in memory meanwhile.
const BATCH: usize = 64;

pub(crate) fn run(args: &TypesArgs) -> Result<Exit> {
    let cwd = working_folder()?;
    let (context, mut problems) = BuildContext::from_env(&ProcessEnv);
    let project = Project::open(&cwd, context);
    let loaded = project.load(&args.patterns);
    problems.extend(loaded.problems);
    let mut failed = false;
    for problem in &problems {
        if problem.is_fatal() {
            failed = true;
            error(&problem.to_string());
        } else {
            warning(&problem.to_string());
        }
    }
    let loader = ProjectLoader::new(&project);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.jobs.map_or(0, usize::from))
        .stack_size(STACK_BYTES)
        .build()
        .context("cannot start threads; ask for fewer with --jobs")?;
    let task = Task {
        args,
        project: &project,
        loader: &loader,
    };
    let mut tally = Tally::default();
    to_stdout(|out| {
        for batch in loaded.targets.chunks(BATCH) {
            let pages: Vec<Page> = pool.install(|| {
                let pages = batch.par_iter().with_max_len(1);
                pages.map(|target| task.package(target)).collect()
            });
            for page in pages {
                tally.add(&page.tally);
                for message in &page.unreadable {
                    failed = true;
                    error(message);
                }
                out.write_all(page.text.as_bytes())?;
            }
        }
        if args.count {
            writeln!(out, "{tally}")?;
        }
        Ok(())
    })?;
    Ok(if failed { Exit::Failure } else { Exit::Clean })
}

/// What all threads share.
#[derive(Clone, Copy)]
struct Task<'a> {
    args: &'a TypesArgs,
    project: &'a Project,
    loader: &'a ProjectLoader<'a>,
}

/// What came out of a package.
#[derive(Default)]
struct Page {
    text: String,
    unreadable: Vec<String>,
    tally: Tally,
}

/// How much was resolved.
#[derive(Clone, Copy, Default)]
struct Tally {
    packages: usize,
    files: usize,
    bodies: usize,
    expressions: usize,
    unknown: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.packages += other.packages;
        self.files += other.files;
        self.bodies += other.bodies;
        self.expressions += other.expressions;
        self.unknown += other.unknown;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} packages, {} files, {} bodies, {} expressions, {} unknown types",
            self.packages, self.files, self.bodies, self.expressions, self.unknown
        )
    }
}

impl Task<'_> {
    fn package(self, target: &Target) -> Page {
        let mut page = Page::default();
        let package = &target.package;
        let mut wanted = Vec::new();
        let mut trees = Vec::new();
        for file in package.files.iter() {
            if file.flags.test && !self.args.tests {
                continue;
            }
            let path = package.file_path(file);
            let bytes = match self.project.read_file(&path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    let message = format!("cannot read {}: {error}", path.display());
                    page.unreadable.push(message);
                    continue;
                }
            };
            if target.selection.includes(file) {
                wanted.push((trees.len(), path));
            }
            trees.push(Arc::new(parse(Source::new(bytes), Mode::Full)));
        }
        if wanted.is_empty() {
            return page;
        }
        page.tally.packages = 1;
        let names = Arc::new(PackageNames::new(Importer::of(Arc::clone(package)), trees));
        let cx = PackageCx::new(&names, self.loader);
        for (index, path) in wanted {
            let path = path.strip_prefix(self.project.cwd()).unwrap_or(&path);
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            page.tally.files += 1;
            let mut sheet = Sheet {
                args: self.args,
                path,
                file: cx.file(index),
                page: &mut page,
            };
            if self.args.objects {
                sheet.mentions(&definitions(&names, index));
            }
            for run in cx.file(index).decl_runs() {
                let decls = Declarations::new(&cx, index, &run);
                if self.args.objects {
                    sheet.mentions(&decls.mentions());
                } else {
                    sheet.values(decls.values(), |ty| decls.type_string(ty));
                }
            }
            for &decl in cx.file(index).top_decls() {
                let DeclKind::Func(func) = cx.file(index).decl(decl).kind else {
                    continue;
                };
                let body = Body::new(&cx, index, func);
                sheet.page.tally.bodies += 1;
                if self.args.objects {
                    sheet.mentions(&body.mentions());
                } else {
                    sheet.values(body.values(), |ty| body.type_string(ty));
                }
            }
        }
        page
    }
}

/// The lines about one file.
struct Sheet<'a> {
    args: &'a TypesArgs,
    path: &'a Path,
    file: &'a File,
    page: &'a mut Page,
}

impl Sheet<'_> {
    fn values(
        &mut self,
        values: impl Iterator<Item = (go_syntax::ExprId, TypeId)>,
        type_string: impl Fn(TypeId) -> String,
    ) {
        for (expr, ty) in values {
            self.page.tally.expressions += 1;
            self.page.tally.unknown += usize::from(ty.is_unknown());
            if self.args.count {
                continue;
            }
            let span = self.file.expr(expr).span;
            let (path, ty) = (self.path.display(), type_string(ty));
            // Writing to a string does not fail.
            let _ = writeln!(self.page.text, "{path}\t{}\t{}\t{ty}", span.start, span.end);
        }
    }

    fn mentions(&mut self, mentions: &[Mention]) {
        for mention in mentions {
            self.page.tally.expressions += 1;
            self.page.tally.unknown += usize::from(mention.object == Declared::Unknown);
            if self.args.count {
                continue;
            }
            let role = if mention.definition { "def" } else { "use" };
            // Writing to a string does not fail.
            let text = &mut self.page.text;
            let _ = write!(text, "{}\t{}\t{role}\t", self.path.display(), mention.start);
            let _ = match &mention.object {
                Declared::Predeclared => writeln!(text, "predeclared"),
                Declared::Package(path) => writeln!(text, "package {path}"),
                Declared::At { package, start } => writeln!(text, "{package}@{start}"),
                Declared::Unknown => writeln!(text, "?"),
            };
        }
    }
}
