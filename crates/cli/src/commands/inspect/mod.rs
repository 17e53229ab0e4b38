//! `deferscope inspect`: the defers of a built program, or of two.

mod json;
mod text;

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use go_binary::{Binary, Class, Defers, Site, Verdict, compare};

use crate::args::{InspectArgs, InspectFormat};
use crate::exit::Exit;
use crate::output::to_stdout;

/// A program, inspected.
struct Inspected<'a> {
    path: String,
    binary: Binary<'a>,
    defers: Defers<'a>,
    sites: Vec<Site>,
}

pub(crate) fn run(args: &InspectArgs) -> Result<Exit> {
    let filter = Filter::new(args);
    let bytes = read(&args.binary)?;
    let first = inspect(&args.binary, &bytes)?;
    let Some(other) = &args.other else {
        let sites: Vec<_> = first
            .sites
            .iter()
            .filter(|site| filter.shows(site))
            .collect();
        to_stdout(|out| match args.format {
            InspectFormat::Text => text::one(out, &first, &sites),
            InspectFormat::Json => json::one(out, &first, &sites),
        })?;
        return Ok(Exit::Clean);
    };
    let other_bytes = read(other)?;
    let second = inspect(other, &other_bytes)?;
    let mut comparison = compare(&first.sites, &second.sites);
    comparison.changes.retain(|change| {
        let sites = [change.before, change.after];
        sites.into_iter().flatten().any(|site| filter.shows(site))
    });
    to_stdout(|out| match args.format {
        InspectFormat::Text => text::two(out, &first, &second, &comparison),
        InspectFormat::Json => json::two(out, &first, &second, &comparison),
    })?;
    Ok(if comparison.is_worse() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let metadata = std::fs::metadata(path).with_context(|| {
        format!(
            "cannot inspect {}; give the executable that `go build` made",
            path.display()
        )
    })?;
    if !metadata.is_file() {
        bail!(
            "cannot inspect {}: it is no regular file; give the executable that `go build` made",
            path.display()
        );
    }
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn inspect<'a>(path: &Path, bytes: &'a [u8]) -> Result<Inspected<'a>> {
    let binary = Binary::parse(bytes)
        .map_err(|error| anyhow!("cannot inspect {}: {error}", path.display()))?;
    let defers = binary.defers();
    let sites = binary.sites(&defers);
    Ok(Inspected {
        path: path.display().to_string(),
        binary,
        defers,
        sites,
    })
}

impl Inspected<'_> {
    /// How many sites there are of each class, the dearest first.
    fn counts(&self) -> [(Class, usize); 3] {
        [
            Class::HeapAllocated,
            Class::StackAllocated,
            Class::OpenCoded,
        ]
        .map(|class| {
            let count = self.sites.iter().filter(|site| site.class == class);
            (class, count.count())
        })
    }

    /// The release as Go writes it.
    fn release(&self) -> String {
        match self.binary.build_info() {
            Some(info) => info.go_version.clone(),
            None => "an unknown release of Go".to_owned(),
        }
    }
}

/// Which sites are shown.
struct Filter<'a> {
    classes: Vec<Class>,
    packages: &'a [String],
}

impl<'a> Filter<'a> {
    fn new(args: &'a InspectArgs) -> Self {
        Self {
            classes: args.class.iter().map(|&class| class.into()).collect(),
            packages: &args.package,
        }
    }

    fn shows(&self, site: &Site) -> bool {
        let package = site.id.package.as_str();
        let in_package = |pattern: &String| match pattern.strip_suffix("/...") {
            Some(root) => package
                .strip_prefix(root)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            None => package == pattern,
        };
        (self.classes.is_empty() || self.classes.contains(&site.class))
            && (self.packages.is_empty() || self.packages.iter().any(in_package))
    }
}

/// How many changes of a kind there are.
fn count(comparison: &go_binary::Comparison<'_>, verdict: Verdict) -> usize {
    let changes = comparison.changes.iter();
    changes.filter(|change| change.verdict == verdict).count()
}
