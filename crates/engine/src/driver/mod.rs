//! A run: from patterns and configuration to a sorted list of findings.
//!
//! Packages are analysed in parallel, each by one thread: its files are read and parsed, its names
//! collected, the rules run, and its trees dropped. What comes out does not depend on the number of
//! threads: every list is sorted at the end.

mod changes;
mod contracts;
mod file;
mod kept;
mod package;
mod prove;
mod rulesets;
mod summary;
mod targets;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use diagnostics::{Diagnostic, Severity};
use go_project::{BuildContext, Env, KnownFiles, Project, StandardLibrary};
use go_types::ProjectLoader;
use profiles::evidence::Merged;
use rayon::prelude::*;
use rules::{RunModels, SYNTAX_ERROR};
use rustc_hash::FxHashSet;

use crate::baseline::Baseline;
use crate::cache::{Cache, CacheError, CachePlace, Seen};
use crate::config::Config;
use crate::observed::{self, Observed};
use crate::problem::Problem;
use crate::revision::Changes;
use crate::statistics::{Counters, Statistics};

use package::PackageReport;
use rulesets::RuleSets;

pub(crate) use contracts::Contracts;
pub use summary::{Fact, FactSource, Place, Summary, SummaryError, summarize};
pub(crate) use targets::{Unit, UnitFile};

/// The stack of a thread. The parser bounds how deep trees are, and later stages recurse along them.
const STACK_BYTES: usize = 128 << 20;

/// What to do.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The absolute folder that relative paths start at and are reported from.
    pub cwd: &'a Path,
    /// The environment that Go's settings come from.
    pub env: &'a (dyn Env + Sync),
    /// What to look at; everything in the module when empty.
    pub patterns: &'a [String],
    /// The settings.
    pub config: &'a Config,
    /// Files whose content is not the one on the disk.
    pub stand_ins: &'a [StandIn],
    /// Report only what is new in these changes.
    pub changes: Option<&'a Changes>,
    /// Do not report these findings.
    pub baseline: Option<&'a Baseline>,
    /// What was observed when programs ran. Settings should say so too, see [`Config::with_evidence`].
    pub evidence: Option<&'a Merged>,
    /// The least severity that is reported.
    pub min_severity: Severity,
    /// Where what earlier runs found out is, unless it is not to be used.
    pub cache: Option<&'a CachePlace>,
    /// The number of threads; one for each processor when absent.
    pub jobs: Option<usize>,
    /// Whether to count imports that lead nowhere, which costs a little.
    pub count_imports: bool,
    /// Whether fixes are tried before they are offered: see `prove`. Without, they may be as the rules
    /// make them, and are not to be shown.
    pub prove_fixes: bool,
    /// Hears how far the run is.
    pub observer: &'a dyn Observer,
    /// Ends the run when it becomes true.
    pub interrupt: &'a AtomicBool,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("cwd", &self.cwd)
            .field("patterns", &self.patterns)
            .field("config", &self.config)
            .field("jobs", &self.jobs)
            .finish_non_exhaustive()
    }
}

/// A file whose content is not the one on the disk.
#[derive(Clone, Debug)]
pub struct StandIn {
    /// The absolute path of the file, which need not exist.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Arc<[u8]>,
}

/// Hears how far a run is. Called from many threads.
pub trait Observer: Sync {
    /// So many packages will be analysed.
    fn start(&self, packages: usize) {
        let _ = packages;
    }

    /// One of them is done.
    fn package_done(&self) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {}

/// What came out.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, sorted by path, position and rule; with evidence, those that it speaks of first,
    /// the heaviest before the others.
    pub findings: Vec<Diagnostic>,
    /// What evidence there is beside that of findings.
    pub observed: Observed,
    /// What went wrong, sorted by path and line.
    pub problems: Vec<Problem>,
    /// What was done.
    pub statistics: Statistics,
    /// Where the standard library came from, if the run got so far.
    pub standard_library: Option<StandardLibrary>,
    /// How many of the packages an earlier run had analysed already.
    pub from_cache: usize,
    /// Why what was found out is not there for later runs.
    pub cache_error: Option<CacheError>,
    /// Whether the run was ended early, so that the rest is not to be relied on.
    pub interrupted: bool,
}

impl Outcome {
    /// Whether a part of what was asked for could not be done.
    pub fn has_failed(&self) -> bool {
        self.problems.iter().any(|problem| problem.fatal)
    }
}

/// The threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {jobs} threads: {source}\n  help: ask for fewer with --jobs")]
pub struct ThreadError {
    /// How many were asked for.
    jobs: usize,
    /// Why.
    source: rayon::ThreadPoolBuildError,
}

/// Does what is asked for.
///
/// # Errors
///
/// When threads cannot be started. Everything else that goes wrong is a [`Problem`] in the outcome.
pub fn run(request: &Request<'_>) -> Result<Outcome, ThreadError> {
    let jobs = request
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .stack_size(STACK_BYTES)
        .thread_name(|index| format!("deferscope-{index}"))
        .build()
        .map_err(|source| ThreadError { jobs, source })?;
    Ok(pool.install(|| Run::new(request).finish()))
}

/// The report on a package.
enum Reported {
    /// As an earlier run made it.
    Known(PackageReport),
    New(PackageReport),
}

/// What the threads of a run share.
struct Run<'a> {
    request: &'a Request<'a>,
    project: Project,
    problems: Vec<Problem>,
    rule_sets: RuleSets<'a>,
    counters: Counters,
    cache: Option<Cache>,
    models: RunModels,
}

impl<'a> Run<'a> {
    fn new(request: &'a Request<'a>) -> Self {
        let (mut context, problems) = BuildContext::from_env(request.env);
        let build = &request.config.build;
        if let Some(goos) = &build.goos {
            context.goos.clone_from(goos);
        }
        if let Some(goarch) = &build.goarch {
            context.goarch.clone_from(goarch);
        }
        if let Some(tags) = &build.tags {
            context.tags = tags.iter().cloned().collect();
        }
        let mut project = Project::open(request.cwd, context);
        for StandIn { path, bytes } in request.stand_ins {
            project = project.with_overlay(path, Arc::clone(bytes));
        }
        let cache = kept::open(request);
        if let Some(cache) = &cache {
            project = project.with_known_files(Arc::clone(&cache.files) as Arc<dyn KnownFiles>);
        }
        Self {
            request,
            project,
            problems: problems
                .into_iter()
                .map(|problem| Problem::of_project(problem, request.cwd))
                .collect(),
            rule_sets: RuleSets::new(request.config),
            counters: Counters::default(),
            cache,
            models: RunModels::new(Some(Arc::clone(&request.config.models))),
        }
    }

    fn finish(mut self) -> Outcome {
        let start = Instant::now();
        let units = self.units();
        let mut statistics = Statistics {
            packages: units.len(),
            ..Statistics::default()
        };
        statistics.times.discover = start.elapsed();
        self.request.observer.start(units.len());

        let start = Instant::now();
        let loader = ProjectLoader::new(&self.project);
        let wants_contracts = self.wants_contracts(&units);
        let seen =
            (self.cache.is_some() || wants_contracts).then(|| Seen::new(&self.project, &units));
        let circles = seen.iter().flat_map(Seen::in_circles).collect();
        let contracts = Contracts::new(
            &self.project,
            &loader,
            &self.models,
            self.cache.as_ref(),
            circles,
        );
        let memory = kept::Memory::new(&self, &contracts, &units, seen.as_ref(), wants_contracts);
        let keys = memory.as_ref().and_then(kept::Memory::keys_at_first);
        let reports: Vec<Reported> = units
            .par_iter()
            .enumerate()
            .with_max_len(1)
            .map(|(index, unit)| {
                let known = (memory.as_ref().zip(keys.as_ref()))
                    .and_then(|(memory, keys)| memory.recall(keys[index].as_ref()?, unit));
                let reported = if let Some(report) = known {
                    Reported::Known(report)
                } else if self.is_interrupted() {
                    Reported::New(PackageReport::default())
                } else {
                    Reported::New(package::analyse(&self, &loader, &contracts, unit))
                };
                self.request.observer.package_done();
                reported
            })
            .collect();
        let from_cache = reports
            .iter()
            .filter(|reported| matches!(reported, Reported::Known(_)))
            .count();
        let cache_error = match memory {
            Some(memory) if !self.is_interrupted() => memory.save(keys, &reports).err(),
            _ => None,
        };
        if self.request.count_imports {
            statistics.imports_not_found = targets::imports_not_found(&self.project, &units);
        }
        drop(contracts);
        drop(loader);
        drop(seen);

        let mut findings = Vec::new();
        for (unit, reported) in units.iter().zip(reports) {
            let (Reported::Known(mut report) | Reported::New(mut report)) = reported;
            statistics.not_new += changes::drop_old(&self, unit, &mut report.findings);
            findings.extend(report.findings);
            self.problems.extend(report.problems);
            statistics.suppressed += report.suppressed;
            statistics.files += report.files;
            statistics.bytes += report.bytes;
            statistics.generated += report.generated;
            statistics.explored += report.explored.0;
            statistics.unexplored += report.explored.1;
        }
        findings.sort_by(order);
        self.counters.add_to(&mut statistics);
        let observed = self.weigh(&units, &mut findings);
        self.filter(&mut findings, &units, &mut statistics);
        statistics.times.analyse = start.elapsed();
        self.problems.sort();
        self.problems.dedup();
        let interrupted = self.is_interrupted();
        Outcome {
            findings,
            observed,
            standard_library: Some(self.project.standard_library()),
            problems: self.problems,
            statistics,
            from_cache,
            cache_error,
            interrupted,
        }
    }

    /// Whether a rule that runs somewhere asks what called functions do with resources.
    fn wants_contracts(&self, units: &[Unit]) -> bool {
        units
            .iter()
            .flat_map(|unit| &unit.files)
            .filter(|file| file.wanted)
            .any(|file| self.rule_sets.of(&file.absolute).rules.wants_contracts())
    }

    /// Loads what the patterns ask for.
    fn units(&mut self) -> Vec<Unit> {
        let loaded = self.project.load(self.request.patterns);
        let cwd = self.request.cwd;
        self.problems.extend(
            loaded
                .problems
                .into_iter()
                .map(|problem| Problem::of_project(problem, cwd)),
        );
        let found = loaded.targets.len();
        let units = targets::units(self.request, loaded.targets);
        if found == 0 && !self.problems.iter().any(|problem| problem.fatal) {
            let help = "name a folder, a file or a pattern such as `./...`; GOOS, GOARCH and tags choose files too";
            self.problems.push(Problem::fatal(
                Path::new(""),
                "there is no Go package to check".to_owned(),
                help,
            ));
        } else if found > 0 && units.is_empty() {
            let help = "`deferscope config show` prints the settings in effect";
            let message =
                "all files are excluded by the settings, so nothing was checked".to_owned();
            self.problems
                .push(Problem::warning(Path::new(""), message, help));
        }
        units
    }

    /// Puts what was observed beside what was found. This comes before the baseline: what is known is
    /// spoken of.
    fn weigh(&self, units: &[Unit], findings: &mut Vec<Diagnostic>) -> Observed {
        let observed = match self.request.evidence {
            Some(evidence) => {
                let read = |path: &Path| package::read(self, path).ok();
                observed::join(evidence, units, &read, findings)
            }
            None => Observed::default(),
        };
        let config = self.request.config;
        let mut by_name = config.clone();
        by_name.with_evidence = false;
        observed::weigh(findings, |path, rule| {
            let selection = by_name.selection_for(&self.request.cwd.join(path));
            selection.severity_of(rule).is_some()
        });
        if self.request.evidence.is_some() {
            observed::sort(findings);
        }
        observed
    }

    fn filter(&self, findings: &mut Vec<Diagnostic>, units: &[Unit], statistics: &mut Statistics) {
        if let Some(baseline) = self.request.baseline {
            let selection = self.request.config.selection();
            let analysed: FxHashSet<&Path> = units
                .iter()
                .flat_map(|unit| &unit.files)
                .map(|file| file.path.as_path())
                .collect();
            // What was not looked for, or not looked at, may still be there.
            let looked_for = |path: &str, rule: &str| {
                self.request.changes.is_none()
                    && (rule == SYNTAX_ERROR || selection.severity_of(rule).is_some())
                    && (analysed.contains(Path::new(path)) || !self.request.cwd.join(path).exists())
            };
            let applied = baseline.apply(findings, looked_for);
            statistics.baselined = applied.known;
            statistics.stale = applied.stale;
        }
        let before = findings.len();
        findings.retain(|finding| finding.severity >= self.request.min_severity);
        statistics.below_severity = before - findings.len();
    }

    fn is_interrupted(&self) -> bool {
        self.request.interrupt.load(Ordering::Relaxed)
    }
}

/// The order in which findings are reported: that of the text, then by rule.
fn order(a: &Diagnostic, b: &Diagnostic) -> std::cmp::Ordering {
    let key = |finding: &'_ Diagnostic| (finding.range, finding.rule);
    (a.path.cmp(&b.path))
        .then_with(|| key(a).cmp(&key(b)))
        .then_with(|| a.message.cmp(&b.message))
}
