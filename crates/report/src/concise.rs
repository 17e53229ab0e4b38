//! `path:line:col: rule: message`, one line each.

use std::io::{self, Write};

use crate::input::ReportInput;
use crate::place::Place;
use crate::source::Sources;
use crate::wording::visible;

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for diagnostic in input.diagnostics {
        let Place { path, start, .. } = Place::of_finding(sources, diagnostic);
        let (path, message) = (visible(&path), visible(&diagnostic.message));
        writeln!(
            out,
            "{path}:{}:{}: {}: {message}",
            start.line, start.column, diagnostic.rule
        )?;
    }
    Ok(())
}
