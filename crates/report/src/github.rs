//! Workflow commands, which GitHub Actions turns into annotations.

use std::borrow::Cow;
use std::io::{self, Write};

use diagnostics::{Diagnostic, Severity};

use crate::input::ReportInput;
use crate::place::Place;
use crate::source::Sources;
use crate::wording::{TOOL, message_with_help};

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for diagnostic in input.diagnostics {
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let place = Place::of_finding(sources, diagnostic);
        write!(out, "::{command} file={}", property(&place.path))?;
        write!(out, ",line={},endLine={}", place.start.line, place.end.line)?;
        // Columns are for annotations of a single line only.
        if place.exact && place.start.line == place.end.line {
            write!(
                out,
                ",col={},endColumn={}",
                place.start.column, place.end.column
            )?;
        }
        let title = format!("{TOOL} ({})", diagnostic.rule);
        writeln!(
            out,
            ",title={}::{}",
            property(&title),
            data(&body(sources, diagnostic))
        )?;
    }
    Ok(())
}

/// The message and, on lines of their own, the related places.
fn body(sources: &Sources<'_>, diagnostic: &Diagnostic) -> String {
    let mut body = message_with_help(diagnostic).into_owned();
    for related in &diagnostic.related {
        let place = Place::of_related(sources, diagnostic, related);
        body.push_str(&format!(
            "\n{}:{}: {}",
            place.path, place.start.line, related.message
        ));
    }
    body
}

/// Escapes what follows the second `::`.
fn data(text: &str) -> Cow<'_, str> {
    escape(text, &['%', '\r', '\n'])
}

/// Escapes the value of a property.
fn property(text: &str) -> Cow<'_, str> {
    escape(text, &['%', '\r', '\n', ':', ','])
}

fn escape<'a>(text: &'a str, special: &[char]) -> Cow<'a, str> {
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if special.contains(&c) {
            escaped.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_keeps_colons_and_commas() {
        assert_eq!(data("50%: a,b\r\nc"), "50%25: a,b%0D%0Ac");
    }

    #[test]
    fn properties_do_not() {
        assert_eq!(property("C:a,b%\n"), "C%3Aa%2Cb%25%0A");
    }
}
