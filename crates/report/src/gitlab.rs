//! GitLab's code quality report: the subset of Code Climate's issues that GitLab reads, plus the
//! fields that Code Climate itself demands.

use std::io::{self, Write};

use diagnostics::{Category, Diagnostic, Severity};
use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use crate::input::ReportInput;
use crate::place::Place;
use crate::source::Sources;
use crate::wording::message_with_help;

#[derive(Serialize)]
struct Issue<'a> {
    r#type: &'static str,
    check_name: &'a str,
    description: &'a str,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut fingerprints = Fingerprints::default();
    let mut serializer = serde_json::Serializer::pretty(&mut *out);
    let issues = input.diagnostics.iter().map(|diagnostic| {
        let place = Place::of_finding(sources, diagnostic);
        IssueOf {
            diagnostic,
            fingerprint: fingerprints.unique(diagnostic),
            place,
        }
    });
    serializer.collect_seq(issues)?;
    out.write_all(b"\n")
}

/// An issue to be; serialised at once, so that a long report is never held in memory.
struct IssueOf<'a> {
    diagnostic: &'a Diagnostic,
    fingerprint: String,
    place: Place,
}

impl Serialize for IssueOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            diagnostic,
            fingerprint,
            place,
        } = self;
        let issue = Issue {
            r#type: "issue",
            check_name: diagnostic.rule,
            description: &message_with_help(diagnostic),
            categories: [category(diagnostic.category)],
            severity: severity(diagnostic.severity),
            fingerprint: fingerprint.clone(),
            location: Location {
                path: place.path.clone(),
                lines: Lines {
                    begin: place.start.line,
                    end: place.end.line,
                },
            },
        };
        issue.serialize(serializer)
    }
}

/// Keeps fingerprints apart: GitLab shows one of several issues that share one.
#[derive(Default)]
struct Fingerprints {
    seen: FxHashMap<String, usize>,
}

impl Fingerprints {
    fn unique(&mut self, diagnostic: &Diagnostic) -> String {
        let mut candidate = diagnostic.fingerprint.clone();
        if candidate.is_empty() {
            candidate = format!("{}:{}", diagnostic.rule, diagnostic.path.display());
        }
        loop {
            let seen = self.seen.entry(candidate.clone()).or_default();
            *seen += 1;
            if *seen == 1 {
                return candidate;
            }
            candidate = format!("{candidate}-{seen}");
        }
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}

fn category(category: Category) -> &'static str {
    match category {
        Category::Cost => "Performance",
        Category::Suppression => "Clarity",
        Category::Syntax
        | Category::Placement
        | Category::Semantics
        | Category::NeverRuns
        | Category::Release
        | Category::Errors
        | Category::Locks
        | Category::Context
        | Category::Goroutines
        | Category::Aliasing => "Bug Risk",
    }
}
