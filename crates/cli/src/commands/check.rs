//! `deferscope check`.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::ColorChoice;
use engine::{Baseline, CachePlace, Changes, Config, Outcome, Request, StandIn, catalogue};
use go_project::ProcessEnv;
use profiles::evidence::Merged;
use report::{FilesBelow, ReportInput, RuleDescriptor, RunSummary, SourceProvider};
use rules::{RuleDoc, RuleMeta};

use super::config::{load, working_folder};
use super::{cache, fix};
use crate::args::CheckArgs;
use crate::evidence;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::{self, note, use_color, warning};
use crate::progress::Progress;
use crate::version;

mod statistics;

pub(crate) fn run(args: &CheckArgs, color: ColorChoice) -> Result<Exit> {
    let cwd = working_folder()?;
    let mut config = load(&args.analysis.source, &args.analysis.settings, &cwd)?;
    let observed = evidence::load(&args.evidence, args.quiet)?;
    config.with_evidence = observed.is_some();
    if args.verbose {
        introduce(&config, &cwd);
    }
    let stand_in = args
        .stdin_filename
        .as_deref()
        .map(|path| read_stdin(path, &cwd))
        .transpose()?;
    let changes = args
        .new_from_rev
        .as_deref()
        .map(|revision| Changes::since(revision, &cwd))
        .transpose()?;
    // What is written anew need not be readable, nor there.
    let known = config
        .baseline
        .as_deref()
        .filter(|_| args.write_baseline.is_none());
    let baseline = known.map(Baseline::load).transpose()?;
    let patterns = match &args.stdin_filename {
        Some(path) => vec![path.to_string_lossy().into_owned()],
        None => args.patterns.clone(),
    };

    let cache = (!args.analysis.no_cache)
        .then(|| cache::place(&args.analysis.cache))
        .flatten();
    let interrupt = Interrupt::listen()?;
    let is_fixing = args.fix || args.fix_only || args.fixes.diff || args.fixes.interactive;
    let shows_fixes = args.write_baseline.is_none() && args.format.0.shows_fixes();
    // Questions and progress do not go together.
    let progress = Progress::new(!args.no_progress && !args.quiet && !args.fixes.interactive);
    let done = interrupt.while_heard(|flag| {
        let request = Request {
            cwd: &cwd,
            env: &ProcessEnv,
            patterns: &patterns,
            config: &config,
            stand_ins: stand_in.as_slice(),
            changes: changes.as_ref(),
            baseline: baseline.as_ref(),
            evidence: observed.as_ref(),
            min_severity: args.min_severity.into(),
            cache: cache.as_ref(),
            jobs: args.analysis.jobs.map(usize::from),
            count_imports: args.statistics,
            prove_fixes: is_fixing || shows_fixes,
            observer: &progress,
            interrupt: flag,
        };
        if is_fixing {
            fix::repair(request, &args.fixes)
        } else {
            Ok((engine::run(&request)?, None))
        }
    });
    progress.finish();
    let (outcome, fixed) = done?;
    if outcome.interrupted {
        note("interrupted: not everything was checked, and nothing is reported");
        return Ok(Exit::Interrupted);
    }
    if args.verbose {
        tell_cache(&outcome, cache.as_ref());
    }
    tell_problems(&outcome, args.quiet);
    if let Some(observed) = &observed
        && !args.quiet
    {
        tell_evidence(&outcome, observed);
    }
    if let Some(fixed) = &fixed {
        let exit = fix::finish(fixed, &outcome, args, &cwd)?;
        if args.fix_only || args.fixes.diff {
            return Ok(exit);
        }
        if exit == Exit::Failure {
            report(&outcome, args, color, &cwd, None)?;
            return Ok(exit);
        }
    }
    let exit = match &args.write_baseline {
        Some(path) => write_baseline(&outcome, path, args.quiet)?,
        None => {
            report(&outcome, args, color, &cwd, stand_in.as_ref())?;
            exit(&outcome, args.exit_zero)
        }
    };
    if args.statistics {
        note(statistics::table(&outcome).trim_end());
    }
    Ok(exit)
}

/// Findings of every severity count: who wants otherwise asks for it with `--min-severity`.
fn exit(outcome: &Outcome, exit_zero: bool) -> Exit {
    if outcome.has_failed() {
        Exit::Failure
    } else if outcome.findings.is_empty() || exit_zero {
        Exit::Clean
    } else {
        Exit::Findings
    }
}

fn introduce(config: &Config, cwd: &Path) {
    match &config.path {
        Some(path) => note(&format!("configuration: {}", path.display())),
        None => note("configuration: none, the defaults are used"),
    }
    let (context, _) = go_project::BuildContext::from_env(&ProcessEnv);
    match &context.goroot {
        Some(root) => note(&format!("Go: {}", root.display())),
        None => note(&format!(
            "Go: not found; the standard library is the embedded index of Go {}",
            go_project::embedded_release()
        )),
    }
    let build = &config.build;
    let goos = build.goos.as_ref().unwrap_or(&context.goos);
    let goarch = build.goarch.as_ref().unwrap_or(&context.goarch);
    note(&format!("target: {goos}/{goarch}, in {}", cwd.display()));
}

fn tell_cache(outcome: &Outcome, cache: Option<&CachePlace>) {
    match cache {
        None => note("cache: none"),
        Some(place) => note(&format!(
            "cache: {} of {} packages were known, in {}",
            outcome.from_cache,
            outcome.statistics.packages,
            place.folder.display()
        )),
    }
    // Nothing that was asked for is missing.
    if let Some(error) = &outcome.cache_error {
        warning(&error.to_string());
    }
}

/// What became of the evidence.
fn tell_evidence(outcome: &Outcome, evidence: &Merged) {
    let sites = |count: usize| match count {
        1 => "1 site".to_owned(),
        count => format!("{count} sites"),
    };
    let observed = &outcome.observed;
    let mut told = format!("evidence: {}", sites(evidence.sites.len()));
    for (count, what) in [
        (observed.moved, "at other lines than today"),
        (observed.lost, "not in the source of today"),
        (observed.elsewhere, "in packages that were not checked"),
    ] {
        if count > 0 {
            told.push_str(&format!(", {count} {what}"));
        }
    }
    note(&told);
}

fn read_stdin(path: &Path, cwd: &Path) -> Result<StandIn> {
    let mut bytes = Vec::new();
    let limit = go_syntax::source::MAX_SOURCE_BYTES as u64 + 1;
    io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .context("cannot read standard input")?;
    Ok(StandIn {
        path: lexical(&cwd.join(path)),
        bytes: bytes.into(),
    })
}

/// The path without `.` and `..`, as the project has it.
fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

fn tell_problems(outcome: &Outcome, quiet: bool) {
    for problem in &outcome.problems {
        let text = problem.to_string();
        if problem.fatal {
            output::error(&text);
        } else if !quiet {
            warning(&text);
        }
    }
}

fn write_baseline(outcome: &Outcome, path: &Path, quiet: bool) -> Result<Exit> {
    if outcome.has_failed() {
        output::error("not everything could be checked, so no baseline was written");
        return Ok(Exit::Failure);
    }
    Baseline::of(&outcome.findings).write(path)?;
    if !quiet {
        note(&format!(
            "{} findings written to {}",
            outcome.findings.len(),
            path.display()
        ));
    }
    Ok(Exit::Clean)
}

fn report(
    outcome: &Outcome,
    args: &CheckArgs,
    color: ColorChoice,
    cwd: &Path,
    stand_in: Option<&StandIn>,
) -> Result<()> {
    let format = args.format.0;
    let pages: Vec<Page> = catalogue::documented().map(Page::of).collect();
    let rules: Vec<RuleDescriptor<'_>> = pages.iter().map(Page::descriptor).collect();
    let sources = AnalysedSources {
        files: FilesBelow(cwd.to_path_buf()),
        cwd,
        stand_in,
    };
    let to_file = args.output.is_some();
    let input = ReportInput {
        diagnostics: &outcome.findings,
        observed: &outcome.observed.apart,
        sources: &sources,
        rules: &rules,
        tool_version: version::NUMBER,
        summary: RunSummary {
            files: outcome.statistics.files,
            packages: outcome.statistics.packages,
            duration: None,
        },
        color: format.is_for_people() && use_color(color, to_file),
        width: if to_file { None } else { output::width() },
        root: Some(cwd),
    };
    output::to(args.output.as_deref(), |out| {
        report::write(format, &input, out)
    })
}

/// What reports say of a rule.
struct Page {
    meta: &'static RuleMeta,
    summary: String,
    markdown: String,
}

impl Page {
    fn of(meta: &'static RuleMeta) -> Self {
        let doc = RuleDoc::of(meta);
        Self {
            meta,
            summary: doc.summary.to_owned(),
            markdown: doc.to_markdown(meta),
        }
    }

    fn descriptor(&self) -> RuleDescriptor<'_> {
        RuleDescriptor {
            name: self.meta.name,
            category: self.meta.category,
            severity: self.meta.severity,
            summary: &self.summary,
            help_markdown: &self.markdown,
            help_uri: None,
        }
    }
}

/// The files as they were analysed: from the disk, but for the one that came in on standard input.
struct AnalysedSources<'a> {
    files: FilesBelow,
    cwd: &'a Path,
    stand_in: Option<&'a StandIn>,
}

impl SourceProvider for AnalysedSources<'_> {
    fn source(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        match self.stand_in {
            Some(given) if given.path == self.cwd.join(path) => Ok(Arc::clone(&given.bytes)),
            _ => self.files.source(path),
        }
    }
}
