//! What was observed at run time, put beside what was found in the source.
//!
//! Evidence names sites as a built program has them; the source may have changed since. [`source`]
//! tells where its defers are today, [`matching`] which of them was meant, and this module hands
//! evidence to findings and keeps what is striking and has none.

mod matching;
mod source;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::evidence::Held;
use diagnostics::{Category, Diagnostic, Evidence, ObservedSite};
use go_binary::SiteId;
use profiles::evidence::{Merged, Site};
use rules::{EvidenceUse, rule_by_name};
use rustc_hash::FxHashMap;

use crate::driver::Unit;
use source::Located;

/// What came of evidence beside the findings that it was given to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Observed {
    /// What is striking and no finding speaks of, the heaviest first.
    pub apart: Vec<ObservedSite>,
    /// Sites in packages that were not checked.
    pub elsewhere: usize,
    /// Sites of checked packages that are not in their source.
    pub lost: usize,
    /// Sites that were found, but at another line than they were seen at.
    pub moved: usize,
}

/// Gives findings what was observed at their place.
pub(crate) fn join(
    evidence: &Merged,
    units: &[Unit],
    read: &(dyn Fn(&Path) -> Option<Vec<u8>> + Sync),
    findings: &mut [Diagnostic],
) -> Observed {
    let mut observed = Observed::default();
    let located = source::locate(evidence, units, read, &mut observed);
    let mut by_file: FxHashMap<&Path, Vec<&Located<'_>>> = FxHashMap::default();
    for site in &located {
        by_file.entry(&site.path).or_default().push(site);
    }
    let mut spoken: Vec<&SiteId> = Vec::new();
    for finding in findings.iter_mut() {
        let Some(sites) = by_file.get(finding.path.as_path()) else {
            continue;
        };
        let Some(lines) = lines_of(finding, sites) else {
            continue;
        };
        let of_finding = |line: u32| {
            let here = sites.iter().filter(move |site| site.line == line);
            here.filter(|site| site.function == finding.function)
        };
        let (first, related) = lines;
        let mut at: Vec<&&Located<'_>> = of_finding(first).collect();
        if at.is_empty() {
            at = related.iter().flat_map(|&line| of_finding(line)).collect();
        }
        spoken.extend(at.iter().map(|site| site.id));
        let heaviest = at
            .into_iter()
            .max_by(|one, other| one.evidence.weight().order(&other.evidence.weight()));
        finding.evidence = heaviest.map(|site| Box::new(site.evidence.clone()));
    }
    spoken.sort_unstable();
    for site in &located {
        let Some(striking) = site.evidence.striking() else {
            continue;
        };
        if spoken.binary_search(&site.id).is_ok() {
            continue;
        }
        observed.apart.push(ObservedSite {
            path: Arc::clone(&site.path),
            line: site.line,
            package: site.id.package.clone(),
            function: site.function.clone(),
            ordinal: site.id.ordinal,
            striking,
            evidence: site.evidence.clone(),
        });
    }
    observed.apart.sort_by(|one, other| {
        let weights = other.evidence.weight().order(&one.evidence.weight());
        weights
            .then_with(|| one.path.cmp(&other.path))
            .then_with(|| (one.line, one.ordinal).cmp(&(other.line, other.ordinal)))
    });
    observed
}

/// The line that a finding begins at, and those of its story in the same file.
fn lines_of(finding: &Diagnostic, sites: &[&Located<'_>]) -> Option<(u32, Vec<u32>)> {
    let index = &sites.first()?.lines;
    let related = finding
        .related
        .iter()
        .filter(|related| related.path.is_none())
        .map(|related| index.line(related.range.start))
        .collect();
    Some((index.line(finding.range.start), related))
}

/// Takes out the findings of rules about cost that nothing observed bears out. `asked` tells whether
/// a rule was selected for a file by name, rather than turned on by the evidence.
pub(crate) fn weigh(
    findings: &mut Vec<Diagnostic>,
    mut asked: impl FnMut(&Path, &'static str) -> bool,
) {
    findings.retain_mut(|finding| {
        if finding.category != Category::Cost {
            return true;
        }
        let Some(rule) = rule_by_name(finding.rule) else {
            return true;
        };
        let kind = rule.evidence();
        if kind == EvidenceUse::None {
            return true;
        }
        let seen = finding.evidence.take();
        let matters = seen.as_ref().is_some_and(|seen| rule.weigh(finding, seen));
        finding.evidence = seen;
        matters || (kind == EvidenceUse::TurnsOn && asked(&finding.path, finding.rule))
    });
}

/// Puts what weighs most first, and leaves the rest in the order of the text.
pub(crate) fn sort(findings: &mut [Diagnostic]) {
    let weight = |finding: &Diagnostic| finding.evidence.as_ref().map(|seen| seen.weight());
    findings.sort_by(|one, other| match (weight(one), weight(other)) {
        (Some(one), Some(other)) => other.order(&one),
        (one, other) => other.is_some().cmp(&one.is_some()),
    });
}

/// What findings are told of a site.
fn told(evidence: &Merged, site: &Site, moved: bool) -> Evidence {
    let share = |nanos: Option<u64>| {
        let total = evidence.total_cpu_ns;
        nanos.filter(|_| total > 0).map(|n| n as f64 / total as f64)
    };
    Evidence {
        class: site.class.map(go_binary::Class::as_str),
        count: site.count,
        interval: site.count_low.zip(site.count_high),
        rate: site.rate,
        held: site.held_ns.map(|held| Held {
            mean: held.mean,
            p50: held.p50,
            p99: held.p99,
            max: held.max,
        }),
        pending: site.pending,
        open: site
            .resources
            .iter()
            .map(|resource| (resource.kind.clone(), resource.open))
            .collect(),
        panics: site.panics,
        recovers: site.recovers,
        cpu_share: share(site.cpu_ns),
        deferred_cpu_share: share(site.deferred_cpu_ns),
        observed_line: moved.then_some(site.line),
    }
}

/// The number of last parts that two paths have in common.
fn common_end(one: &Path, other: &Path) -> usize {
    let parts = |path: &Path| {
        path.components()
            .rev()
            .map(|c| c.as_os_str().to_owned())
            .collect::<Vec<_>>()
    };
    let (one, other): (Vec<_>, Vec<_>) = (parts(one), parts(other));
    one.iter().zip(&other).take_while(|(a, b)| a == b).count()
}

/// A file that the compiler knew by this path, in whatever system it ran on.
fn foreign(path: &str) -> PathBuf {
    PathBuf::from(path.replace('\\', "/"))
}
