//! What was observed at run time, as formats for programs have it. The names are those of evidence
//! files, see docs/evidence.md.

use diagnostics::{Evidence, ObservedSite};
use serde::Serialize;

use crate::wording::slash_path;

/// The evidence of a finding or a site. What was not looked at is left out.
#[derive(Serialize)]
pub(crate) struct EvidenceObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count_low: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count_high: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_ns: Option<HeldObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<Resource<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    panics: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovers: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deferred_cpu_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_line: Option<u32>,
}

#[derive(Serialize)]
struct HeldObject {
    mean: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    p50: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
}

#[derive(Serialize)]
struct Resource<'a> {
    kind: &'a str,
    open: u64,
}

impl<'a> EvidenceObject<'a> {
    pub(crate) fn of(seen: &'a Evidence) -> Self {
        Self {
            class: seen.class,
            count: seen.count,
            count_low: seen.interval.map(|(low, _)| low),
            count_high: seen.interval.map(|(_, high)| high),
            rate: seen.rate,
            held_ns: seen.held.map(|held| HeldObject {
                mean: held.mean,
                p50: held.p50,
                p99: held.p99,
                max: held.max,
            }),
            pending: seen.pending,
            resources: seen
                .open
                .iter()
                .map(|(kind, open)| Resource { kind, open: *open })
                .collect(),
            panics: seen.panics,
            recovers: seen.recovers,
            cpu_share: seen.cpu_share,
            deferred_cpu_share: seen.deferred_cpu_share,
            observed_line: seen.observed_line,
        }
    }
}

/// A place where something was observed and nothing found.
#[derive(Serialize)]
pub(crate) struct SiteObject<'a> {
    kind: &'static str,
    striking: &'static str,
    path: String,
    line: u32,
    package: &'a str,
    function: &'a str,
    ordinal: u32,
    message: String,
    evidence: EvidenceObject<'a>,
}

impl<'a> SiteObject<'a> {
    pub(crate) fn of(site: &'a ObservedSite) -> Self {
        Self {
            kind: "observed-site",
            striking: site.striking.as_str(),
            path: slash_path(&site.path),
            line: site.line,
            package: &site.package,
            function: &site.function,
            ordinal: site.ordinal,
            message: site.evidence.to_string(),
            evidence: EvidenceObject::of(&site.evidence),
        }
    }
}
