//! Findings for people: title, excerpt with carets, the places of the story, help and fix.
//!
//! Each part of a finding is laid out on its own and then moved right, so that the line numbers of
//! all parts end in one column.

mod diff;
mod excerpt;
mod layout;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use diagnostics::{Applicability, Diagnostic, Severity, Striking};

use crate::fix;
use crate::input::ReportInput;
use crate::place::related_path;
use crate::source::Sources;
use crate::wording::{count, slash_path, visible};
use diff::{DiffLine, Kind};
use layout::{Painter, Part, Snippet};

/// Places in one file that are no more lines apart than this share an excerpt.
const NEAR: usize = 12;

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let painter = Painter::new(input.color, input.width);
    for diagnostic in input.diagnostics {
        finding(&painter, sources, diagnostic, out)?;
        out.write_all(b"\n")?;
    }
    apart(&painter, sources, input, out)?;
    writeln!(out, "{}", closing_line(input))
}

/// What was observed where nothing was found.
fn apart(
    painter: &Painter,
    sources: &Sources<'_>,
    input: &ReportInput<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if input.observed.is_empty() {
        return Ok(());
    }
    writeln!(out, "Observed at run time, without a finding:\n")?;
    for site in input.observed {
        let what = match site.striking {
            Striking::Piles => "piles up",
            Striking::Hot => "is hot",
        };
        let path = slash_path(&site.path);
        let text = sources.file(&site.path).and_then(|file| {
            let line = (site.line as usize).checked_sub(1)?;
            let bytes = file
                .text()
                .get(file.line_start(line)..file.line_end(line))?;
            let text = String::from_utf8_lossy(bytes);
            Some(visible(text.trim()).into_owned())
        });
        let place = format!("{}:{}", visible(&path), site.line);
        match visible(&site.function) {
            function if function.is_empty() => writeln!(out, "  {place} {what}")?,
            function => writeln!(out, "  {place} {what} in {function}")?,
        }
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            writeln!(out, "    {}", painter.faint(&text))?;
        }
        writeln!(out, "    {}\n", visible(&site.evidence.to_string()))?;
    }
    Ok(())
}

fn finding(
    painter: &Painter,
    sources: &Sources<'_>,
    diagnostic: &Diagnostic,
    out: &mut dyn Write,
) -> io::Result<()> {
    let title = painter.title(diagnostic.severity, diagnostic.rule, &diagnostic.message);
    let snippets = snippets(sources, diagnostic);
    let fix = fix_part(sources, diagnostic);
    let observed = diagnostic.evidence.as_deref().map(ToString::to_string);
    let mut parts = vec![Part::Line(title)];
    let last = snippets.len().saturating_sub(1);
    for (index, snippet) in snippets.into_iter().enumerate() {
        let is_last = index == last;
        let mut notes = Vec::new();
        if let Some(seen) = observed.as_deref().filter(|_| is_last) {
            notes.push(("observed", seen));
        }
        if let Some(help) = diagnostic.help.as_deref().filter(|_| is_last) {
            notes.push(("help", help));
        }
        let is_followed = !is_last || fix.is_some();
        parts.push(painter.snippet(diagnostic.severity, snippet, &notes, is_followed));
    }
    if let Some((kind, description, lines)) = fix {
        parts.push(painter.fix_title(kind, &description));
        parts.extend(painter.fix(&lines));
    }
    painter.print(&parts, out)
}

/// The excerpts to show: one around the finding, then one for each group of related places that is
/// elsewhere, in the order of the story.
fn snippets(sources: &Sources<'_>, diagnostic: &Diagnostic) -> Vec<Snippet> {
    let mut places = vec![Place {
        path: &diagnostic.path,
        lines: None,
        range: diagnostic.range,
        label: None,
    }];
    places.extend(diagnostic.related.iter().map(|related| Place {
        path: related_path(diagnostic, related),
        lines: None,
        range: related.range,
        label: Some(&related.message),
    }));
    for place in &mut places {
        if let Some(file) = sources.file(place.path) {
            let range = excerpt::shown(&file, place.range);
            place.lines = Some((file.line_of(range.start), file.line_of(range.end)));
        }
    }
    groups(places)
        .iter()
        .map(|group| snippet(sources, group))
        .collect()
}

/// A place to show: the finding itself, which has no label, or a related one.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a Path,
    /// First and last line, unless the file cannot be read.
    lines: Option<(usize, usize)>,
    range: diagnostics::ByteRange,
    label: Option<&'a str>,
}

impl Place<'_> {
    fn is_near(&self, other: &Self) -> bool {
        let near = match (self.lines, other.lines) {
            (Some((a_first, a_last)), Some((b_first, b_last))) => {
                a_first <= b_last + NEAR && b_first <= a_last + NEAR
            }
            // Of a file that cannot be read, nothing but the path is shown.
            _ => true,
        };
        self.path == other.path && near
    }
}

/// Puts places together that are near each other, directly or through a third one.
fn groups(places: Vec<Place<'_>>) -> Vec<Vec<Place<'_>>> {
    let mut groups: Vec<Vec<Place<'_>>> = Vec::new();
    for place in places {
        let near = |group: &Vec<Place<'_>>| group.iter().any(|other| other.is_near(&place));
        let Some(first) = groups.iter().position(near) else {
            groups.push(vec![place]);
            continue;
        };
        groups[first].push(place);
        // The new place may be what brings two groups together.
        let mut index = first + 1;
        while index < groups.len() {
            if near(&groups[index]) {
                let joined = groups.remove(index);
                groups[first].extend(joined);
            } else {
                index += 1;
            }
        }
    }
    groups
}

fn snippet(sources: &Sources<'_>, group: &[Place<'_>]) -> Snippet {
    let first = group[0];
    let path = slash_path(first.path);
    let label = |place: &Place<'_>| place.label.map(|label| visible(label).into_owned());
    let Some(file) = sources.file(first.path) else {
        return Snippet {
            origin: path,
            excerpt: None,
            labels: group.iter().map(label).collect(),
        };
    };
    let ranges: Vec<_> = group
        .iter()
        .map(|place| excerpt::shown(&file, place.range))
        .collect();
    let start = file.place(ranges[0].start);
    Snippet {
        origin: format!("{path}:{}:{}", start.line, start.column),
        excerpt: Some(excerpt::excerpt(&file, &ranges)),
        labels: group.iter().map(label).collect(),
    }
}

/// What kind of fix there is, what it does, and the lines that it changes.
fn fix_part<'a>(
    sources: &Sources<'_>,
    diagnostic: &'a Diagnostic,
) -> Option<(&'static str, Cow<'a, str>, Vec<DiffLine>)> {
    let fix = diagnostic.fix.as_ref()?;
    let kind = match fix.applicability {
        Applicability::Safe => "safe fix",
        Applicability::Unsafe => "unsafe fix",
        Applicability::DisplayOnly => "suggestion",
    };
    let mut lines = Vec::new();
    for file in fix::by_file(diagnostic, fix) {
        let diff = sources
            .file(file.path)
            .and_then(|text| diff::diff(&text, &file.edits));
        if file.path != diagnostic.path.as_path() || !lines.is_empty() {
            let text = visible(&slash_path(file.path)).into_owned();
            lines.push(DiffLine {
                kind: Kind::File,
                number: None,
                text,
            });
        }
        lines.extend(diff.unwrap_or_default());
    }
    Some((kind, visible(&fix.description), lines))
}

/// `Found 3 findings (1 error, 2 warnings, 0 notes) in 2 files, 1 fixable.`
fn closing_line(input: &ReportInput<'_>) -> String {
    let diagnostics = input.diagnostics;
    if diagnostics.is_empty() && input.summary.files == 0 {
        return "No file was checked.".to_owned();
    }
    if diagnostics.is_empty() {
        return format!("No findings in {}.", count(input.summary.files, "file"));
    }
    let of = |severity| {
        diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .count()
    };
    let files: rustc_hash::FxHashSet<&Path> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.path.as_path())
        .collect();
    let fixable = diagnostics
        .iter()
        .filter_map(|diagnostic| diagnostic.fix.as_ref());
    let fixable = fixable
        .filter(|fix| fix.applicability != Applicability::DisplayOnly)
        .count();
    let mut line = format!(
        "Found {} ({}, {}, {}) in {}",
        count(diagnostics.len(), "finding"),
        count(of(Severity::Error), "error"),
        count(of(Severity::Warning), "warning"),
        count(of(Severity::Note), "note"),
        count(files.len(), "file"),
    );
    if fixable > 0 {
        line.push_str(&format!(", {fixable} fixable"));
    }
    line.push('.');
    line
}
