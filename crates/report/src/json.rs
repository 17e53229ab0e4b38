//! One JSON object per line. The fields and their order are a contract: new ones go to the end.

use std::io::{self, Write};

use diagnostics::{Diagnostic, Fix};
use serde::Serialize;

use crate::evidence::{EvidenceObject, SiteObject};
use crate::fix::edited_path;
use crate::input::ReportInput;
use crate::place::Place;
use crate::source::Sources;
use crate::wording::slash_path;

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    category: &'a str,
    severity: &'a str,
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    function: &'a str,
    message: &'a str,
    related: Vec<Related<'a>>,
    fix: Option<FixLine<'a>>,
    fingerprint: &'a str,
    help: Option<&'a str>,
    /// Only in runs with evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidenceObject<'a>>,
}

#[derive(Serialize)]
struct Related<'a> {
    path: String,
    line: usize,
    message: &'a str,
    column: usize,
}

#[derive(Serialize)]
struct FixLine<'a> {
    applicability: &'a str,
    description: &'a str,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    path: String,
    start: u32,
    end: u32,
    text: &'a str,
}

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for diagnostic in input.diagnostics {
        serde_json::to_writer(&mut *out, &line(sources, diagnostic))?;
        out.write_all(b"\n")?;
    }
    for site in input.observed {
        serde_json::to_writer(&mut *out, &SiteObject::of(site))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn line<'a>(sources: &Sources<'_>, diagnostic: &'a Diagnostic) -> Line<'a> {
    let Place {
        path,
        start,
        end,
        exact: _,
    } = Place::of_finding(sources, diagnostic);
    let related = diagnostic.related.iter().map(|related| {
        let place = Place::of_related(sources, diagnostic, related);
        Related {
            path: place.path,
            line: place.start.line,
            message: &related.message,
            column: place.start.column,
        }
    });
    Line {
        rule: diagnostic.rule,
        category: diagnostic.category.as_str(),
        severity: diagnostic.severity.as_str(),
        path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        function: &diagnostic.function,
        message: &diagnostic.message,
        related: related.collect(),
        fix: diagnostic.fix.as_ref().map(|fix| fix_line(diagnostic, fix)),
        fingerprint: &diagnostic.fingerprint,
        help: diagnostic.help.as_deref(),
        evidence: diagnostic.evidence.as_deref().map(EvidenceObject::of),
    }
}

fn fix_line<'a>(diagnostic: &'a Diagnostic, fix: &'a Fix) -> FixLine<'a> {
    let edits = fix.edits.iter().map(|edit| Edit {
        path: slash_path(edited_path(diagnostic, edit)),
        start: edit.range.start,
        end: edit.range.end,
        text: &edit.text,
    });
    FixLine {
        applicability: fix.applicability.as_str(),
        description: &fix.description,
        edits: edits.collect(),
    }
}
