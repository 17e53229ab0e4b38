//! `deferscope cost`: from arguments to a table.

use std::cmp::Ordering;

use anyhow::{Context, Result, bail};
use calibration::Calibration;
use cost::{Build, Priced, Survey, Totals, price};
use go_project::Project;
use profiles::evidence::{self, Merged};

use super::args::{CostArgs, Format, Sort, TotalsOf};
use super::{Went, build_for, complain, context, json, release, text};
use crate::commands::config::working_folder;
use crate::exit::Exit;
use crate::output::to_stdout;

/// What was found, for the writers.
pub(super) struct Found<'f> {
    pub(super) sites: Vec<Priced>,
    pub(super) totals: Totals,
    pub(super) build: Build,
    pub(super) calibration: &'f Calibration,
    pub(super) release: &'f calibration::Release,
    pub(super) observed: Option<&'f Merged>,
}

/// A defer whose class is not the same in two releases.
pub(super) struct Change {
    pub(super) before: Priced,
    pub(super) after: Priced,
}

/// What two releases make of the same code.
pub(super) struct Compared<'f> {
    pub(super) before: Found<'f>,
    pub(super) after: Found<'f>,
    pub(super) changes: Vec<Change>,
}

pub(crate) fn run(args: &CostArgs) -> Result<Exit> {
    let own;
    let calibration = match &args.calibration {
        Some(path) => {
            own = Calibration::load(path)?;
            &own
        }
        None => Calibration::reference(),
    };
    match &args.compare {
        Some(releases) => compare(args, calibration, releases),
        None => list(args, calibration),
    }
}

fn list(args: &CostArgs, calibration: &Calibration) -> Result<Exit> {
    let observed = observed(args)?;
    let (context, build) = context(&args.build)?;
    let release = calibration.for_minor(build.minor);
    let folder = working_folder()?;
    let project = Project::open(&folder, context);
    let survey = Survey {
        project: &project,
        patterns: &args.patterns,
        builds: &[build],
        tests: args.tests,
        jobs: args.jobs,
    };
    let surveyed = survey.run(|seen| price(&seen, 0, release))?;
    let went = complain(&surveyed, &folder);
    if went == Went::Nowhere {
        return Ok(Exit::Failure);
    }
    let mut sites: Vec<Priced> = surveyed.functions.into_iter().flatten().collect();
    if let Some(observed) = &observed {
        sites.retain(|site| observed.sites.contains_key(&site.id));
    }
    let totals = Totals::of(&sites, release);
    sort(&mut sites, args.sort, observed.as_ref());
    let found = Found {
        sites,
        totals,
        build,
        calibration,
        release,
        observed: observed.as_ref(),
    };
    to_stdout(|out| match (args.format, args.totals) {
        (Format::Json, _) => json::list(out, &found),
        (Format::Text, None) => text::list(out, &found, args.all),
        (Format::Text, Some(TotalsOf::Function)) => text::functions(out, &found),
        (Format::Text, Some(TotalsOf::Package)) => text::packages(out, &found),
    })?;
    Ok(match went {
        Went::Well => Exit::Clean,
        Went::Partly | Went::Nowhere => Exit::Failure,
    })
}

fn compare(args: &CostArgs, calibration: &Calibration, releases: &str) -> Result<Exit> {
    let Some((before, after)) = releases.split_once(',') else {
        bail!("--compare takes two releases with a comma between, such as go1.21,go1.27");
    };
    let (before, after) = (release(before)?, release(after)?);
    let (mut context, _) = context(&args.build)?;
    // The files are those of the newer release.
    context.release = after.max(before);
    let builds =
        [before, after].map(|version| build_for(&args.build, &context, version.minor.into()));
    let folder = working_folder()?;
    let project = Project::open(&folder, context);
    let survey = Survey {
        project: &project,
        patterns: &args.patterns,
        builds: &builds,
        tests: args.tests,
        jobs: args.jobs,
    };
    let prices = builds.map(|build| calibration.for_minor(build.minor));
    let surveyed = survey.run(|seen| [price(&seen, 0, prices[0]), price(&seen, 1, prices[1])])?;
    let went = complain(&surveyed, &folder);
    if went == Went::Nowhere {
        return Ok(Exit::Failure);
    }
    let mut sites = [Vec::new(), Vec::new()];
    for [before, after] in surveyed.functions {
        sites[0].extend(before);
        sites[1].extend(after);
    }
    let [before, after] = sites;
    let mut changes: Vec<Change> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before.class != after.class)
        .map(|(before, after)| Change {
            before: before.clone(),
            after: after.clone(),
        })
        .collect();
    changes.sort_by(|a, b| place(&a.after).cmp(&place(&b.after)));
    let dearer = changes
        .iter()
        .any(|change| change.after.class > change.before.class && change.before.class.is_some());
    let found = |index: usize, sites: Vec<Priced>| Found {
        totals: Totals::of(&sites, prices[index]),
        sites,
        build: builds[index],
        calibration,
        release: prices[index],
        observed: None,
    };
    let compared = Compared {
        before: found(0, before),
        after: found(1, after),
        changes,
    };
    to_stdout(|out| match args.format {
        Format::Json => json::compared(out, &compared),
        Format::Text => text::compared(out, &compared),
    })?;
    Ok(match (went, dearer) {
        (Went::Partly | Went::Nowhere, _) => Exit::Failure,
        (Went::Well, true) => Exit::Findings,
        (Went::Well, false) => Exit::Clean,
    })
}

fn observed(args: &CostArgs) -> Result<Option<Merged>> {
    if args.evidence.is_empty() {
        return Ok(None);
    }
    let mut all = Vec::new();
    for path in &args.evidence {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let read =
            evidence::read(&bytes).with_context(|| format!("{} is no evidence", path.display()))?;
        all.extend(read);
    }
    Ok(Some(Merged::of(all)))
}

/// What a site cost where it was observed, in ns of CPU time: what was measured, else its count times its
/// price.
pub(super) fn weight(site: &Priced, observed: &Merged) -> Option<f64> {
    let seen = observed.sites.get(&site.id)?;
    #[expect(clippy::cast_precision_loss, reason = "for people to read")]
    match (seen.cpu_ns, seen.count) {
        (Some(cpu), _) => Some(cpu as f64),
        (None, Some(count)) => Some(count as f64 * site.ns?),
        (None, None) => None,
    }
}

fn sort(sites: &mut [Priced], by: Sort, observed: Option<&Merged>) {
    let descending = |a: Option<f64>, b: Option<f64>| {
        let (a, b) = (a.unwrap_or(-1.0), b.unwrap_or(-1.0));
        b.partial_cmp(&a).unwrap_or(Ordering::Equal)
    };
    sites.sort_by(|a, b| {
        let first = match by {
            Sort::Cost => match observed {
                Some(observed) => descending(weight(a, observed), weight(b, observed)),
                None => b.repeats.cmp(&a.repeats).then(descending(a.ns, b.ns)),
            },
            Sort::Class => b.class.cmp(&a.class),
            Sort::Place => Ordering::Equal,
            Sort::Function => (&a.id.package, &a.id.function).cmp(&(&b.id.package, &b.id.function)),
        };
        first.then_with(|| place(a).cmp(&place(b)))
    });
}

fn place(site: &Priced) -> (&str, u32, u32) {
    (&site.path, site.id.line, site.column)
}
