//! One package: reading and parsing its files, collecting its names, checking its files.

use std::fs::File as Handle;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use diagnostics::Diagnostic;
use go_flow::Inferred;
use go_project::{KnownFiles as _, PackageKind};
use go_syntax::source::MAX_SOURCE_BYTES;
use go_syntax::{File, Mode, Source, parse};
use go_types::{Importer, Loader, PackageCx, PackageNames};
use rayon::prelude::*;

use super::Run;
use super::contracts::Contracts;
use super::file::{FileCheck, FileReport};
use super::prove::Checked;
use super::targets::{Unit, UnitFile};
use crate::cache::{Cache, shape};
use crate::guard::catch;
use crate::problem::Problem;

/// A package of more bytes than this is worth several threads.
const LARGE: usize = 2 << 20;

/// What came out of a package.
#[derive(Debug, Default)]
pub(crate) struct PackageReport {
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) suppressed: usize,
    /// Files analysed, and their bytes.
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    /// Files passed over because a program wrote them.
    pub(crate) generated: usize,
    /// For how many functions goroutines were run, and how often not to the end.
    pub(crate) explored: (usize, usize),
}

/// Analyses a package.
pub(crate) fn analyse(
    run: &Run<'_>,
    loader: &dyn Loader,
    contracts: &Contracts<'_>,
    unit: &Unit,
) -> PackageReport {
    let mut report = PackageReport::default();
    let mut sources = Vec::with_capacity(unit.files.len());
    run.counters.read.time(|| {
        for file in &unit.files {
            match read(run, &file.absolute) {
                Ok(bytes) => sources.push((file, bytes)),
                Err(problem) if file.wanted => report.problems.push(problem.about(&file.path)),
                // The project complains if it was asked for.
                Err(_) => {}
            }
        }
    });
    for (_, bytes) in sources.iter().filter(|(file, _)| file.wanted) {
        report.files += 1;
        report.bytes += bytes.len() as u64;
    }
    let large = sources.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > LARGE;
    let (parsed, problems) = parse_all(run, sources, large);
    report.problems.extend(problems);

    if let (Some(cache), true) = (&run.cache, report.problems.is_empty()) {
        learn_shape(cache, unit, &parsed);
    }
    let (files, trees): (Vec<&UnitFile>, Vec<Arc<File>>) = parsed.into_iter().unzip();
    let importer = Importer::of(Arc::clone(&unit.package));
    let names = match run
        .counters
        .names
        .time(|| catch(|| PackageNames::new(importer, trees)))
    {
        Ok(names) => Arc::new(names),
        Err(panic) => {
            let place = files.first().map_or(Path::new(""), |file| &file.path);
            report.problems.push(Problem::bug(place, "", &panic));
            return report;
        }
    };

    let paths: Vec<_> = files.iter().map(|file| Arc::clone(&file.path)).collect();
    let wanted: Vec<(u32, &UnitFile)> = (0..).zip(files).filter(|(_, file)| file.wanted).collect();
    let wants =
        |(_, file): &(u32, &UnitFile)| run.rule_sets.of(&file.absolute).rules.wants_contracts();
    let cx = PackageCx::new(&names, loader);
    let wants = wanted.iter().any(wants);
    let rules = &run.counters.rules;
    let (shared, on_demand);
    let (reports, own): (Vec<FileReport>, &dyn Inferred) = if large {
        shared = rules.time(|| match wants {
            true => contracts.of_unit(&cx),
            false => contracts.unknown(&cx),
        });
        let new_check = || FileCheck::new(run, loader, unit, &names, &paths, &shared);
        let all = || {
            wanted
                .par_iter()
                .map_init(new_check, |check, &(index, file)| check.run(index, file))
                .collect()
        };
        (rules.time(all), &shared)
    } else {
        let own: &dyn Inferred = if wants {
            on_demand = rules.time(|| contracts.on_demand(&cx));
            &on_demand
        } else {
            shared = contracts.unknown(&cx);
            &shared
        };
        let all = || {
            let mut check = FileCheck::new(run, loader, unit, &names, &paths, own);
            wanted
                .iter()
                .map(|&(index, file)| check.run(index, file))
                .collect()
        };
        (rules.time(all), own)
    };
    for file in reports {
        report.findings.extend(file.findings);
        report.problems.extend(file.problems);
        report.suppressed += file.suppressed;
        report.generated += usize::from(file.generated);
        report.explored = report.explored.max(file.explored);
    }
    if run.request.prove_fixes {
        let checked = Checked {
            run,
            loader,
            unit,
            names: &names,
            contracts: own,
            paths: &paths,
            wanted: &wanted,
        };
        run.counters
            .fixes
            .time(|| checked.prove(&mut report.findings));
    }
    report
}

/// Remembers what other packages see of this one.
fn learn_shape(cache: &Cache, unit: &Unit, parsed: &Parsed<'_>) {
    if unit.package.kind == PackageKind::Ordinary {
        let visible: Vec<_> = parsed
            .iter()
            .filter(|(file, _)| !unit.source(file).flags.test)
            .map(|(file, tree)| (unit.source(file).name.as_encoded_bytes(), &**tree))
            .collect();
        cache
            .shapes
            .learn(&unit.package, shape(visible.into_iter()));
    }
}

type Parsed<'u> = Vec<(&'u UnitFile, Arc<File>)>;

fn parse_all<'u>(
    run: &Run<'_>,
    sources: Vec<(&'u UnitFile, Vec<u8>)>,
    large: bool,
) -> (Parsed<'u>, Vec<Problem>) {
    // Files that are only looked up in are parsed with their bodies too: what a function does is a
    // fact that rules ask for, and must not depend on which files were named.
    let one = |(file, bytes): (&'u UnitFile, Vec<u8>)| match catch(|| {
        parse(Source::new(bytes), Mode::Full)
    }) {
        Ok(tree) => Ok((file, Arc::new(tree))),
        Err(panic) => Err(Problem::bug(&file.path, "", &panic)),
    };
    let results: Vec<Result<_, Problem>> = run.counters.parse.time(|| {
        if large {
            sources.into_par_iter().map(one).collect()
        } else {
            sources.into_iter().map(one).collect()
        }
    });
    let mut parsed = Vec::with_capacity(results.len());
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok(file) => parsed.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    (parsed, problems)
}

/// Why a file could not be read.
pub(super) enum Unreadable {
    System(io::Error),
    TooLarge,
}

impl Unreadable {
    fn about(self, path: &Path) -> Problem {
        match self {
            Self::System(error) => {
                let help = match error.kind() {
                    io::ErrorKind::PermissionDenied => "grant read access, or exclude the file",
                    _ => "check the file, or exclude it",
                };
                Problem::fatal(
                    path,
                    format!("cannot read {}: {error}", path.display()),
                    help,
                )
            }
            Self::TooLarge => {
                let message = format!(
                    "{} is larger than {MAX_SOURCE_BYTES} bytes and is not analysed",
                    path.display()
                );
                Problem::fatal(path, message, "exclude the file")
            }
        }
    }
}

/// The bytes of a file, of the disk or given in its stead.
pub(super) fn read(run: &Run<'_>, path: &Path) -> Result<Vec<u8>, Unreadable> {
    let stand_ins = run.request.stand_ins;
    if let Some(given) = stand_ins.iter().find(|given| given.path == path) {
        return Ok(given.bytes.to_vec());
    }
    let handle = Handle::open(path).map_err(Unreadable::System)?;
    let length = handle.metadata().map_err(Unreadable::System)?.len();
    let limit = MAX_SOURCE_BYTES as u64;
    if length > limit {
        return Err(Unreadable::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    // The file may grow meanwhile, or say that it is empty and never end.
    handle
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(Unreadable::System)?;
    if bytes.len() as u64 > limit {
        return Err(Unreadable::TooLarge);
    }
    if let Some(cache) = &run.cache {
        cache.files.content(path, &bytes);
    }
    Ok(bytes)
}
