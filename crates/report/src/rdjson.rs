//! Reviewdog Diagnostic Format, as one JSON document.

use std::io::{self, Write};

use diagnostics::{Applicability, Diagnostic, Severity};
use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use crate::fix;
use crate::input::ReportInput;
use crate::place::Place;
use crate::source::{LineColumn, Sources};
use crate::wording::{TOOL, message_with_help};

#[derive(Serialize)]
struct Document<D: Serialize> {
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    diagnostics: D,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Entry<'a> {
    message: &'a str,
    location: Location,
    severity: &'static str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedLocation<'a>>,
}

#[derive(Serialize)]
struct Location {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct RelatedLocation<'a> {
    message: &'a str,
    location: Location,
}

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        source: Source { name: TOOL },
        severity: input
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.severity)
            .max()
            .map(severity),
        diagnostics: Entries { input, sources },
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

/// The findings, made into entries one by one, so that a long report is never held in memory.
struct Entries<'a> {
    input: &'a ReportInput<'a>,
    sources: &'a Sources<'a>,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rules = self
            .input
            .rules
            .iter()
            .filter_map(|rule| Some((rule.name, rule.help_uri?)));
        let pages: FxHashMap<&str, &str> = rules.collect();
        serializer.collect_seq(
            self.input
                .diagnostics
                .iter()
                .map(|diagnostic| EntryOf(self.sources, diagnostic, &pages)),
        )
    }
}

struct EntryOf<'a>(
    &'a Sources<'a>,
    &'a Diagnostic,
    &'a FxHashMap<&'a str, &'a str>,
);

impl Serialize for EntryOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(sources, diagnostic, pages) = self;
        let related = diagnostic.related.iter().map(|related| RelatedLocation {
            message: &related.message,
            location: location(Place::of_related(sources, diagnostic, related)),
        });
        let entry = Entry {
            message: &message_with_help(diagnostic),
            location: location(Place::of_finding(sources, diagnostic)),
            severity: severity(diagnostic.severity),
            code: Code {
                value: diagnostic.rule,
                url: pages.get(diagnostic.rule).copied(),
            },
            suggestions: suggestion(sources, diagnostic).into_iter().collect(),
            related_locations: related.collect(),
        };
        entry.serialize(serializer)
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Note => "INFO",
    }
}

fn location(place: Place) -> Location {
    let range = place.exact.then(|| range(place.start, place.end));
    Location {
        path: place.path,
        range,
    }
}

fn range(start: LineColumn, end: LineColumn) -> Range {
    let position = |place: LineColumn| Position {
        line: place.line,
        column: place.column,
    };
    Range {
        start: position(start),
        end: position(end),
    }
}

/// The fix as the one suggestion that it is.
///
/// Reviewers accept suggestions one by one, so the edits of a fix are put together into one that
/// reaches from the first to the last. A suggestion can only be about the file of the finding and
/// must be UTF-8; there is none otherwise.
fn suggestion(sources: &Sources<'_>, diagnostic: &Diagnostic) -> Option<Suggestion> {
    let fix = diagnostic.fix.as_ref()?;
    if fix.applicability == Applicability::DisplayOnly {
        return None;
    }
    let files = fix::by_file(diagnostic, fix);
    let [only] = files.as_slice() else {
        return None;
    };
    if only.path != diagnostic.path.as_path() {
        return None;
    }
    let file = sources.file(only.path)?;
    let start = fix::byte_range(only.edits.first()?)?.start;
    let end = fix::byte_range(only.edits.last()?)?.end;
    let text = String::from_utf8(fix::apply(&file, start..end, &only.edits)?).ok()?;
    Some(Suggestion {
        range: range(file.place(start), file.place(end)),
        text,
    })
}
