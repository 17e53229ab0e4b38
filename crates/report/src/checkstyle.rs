//! Checkstyle's XML report.

use std::io::{self, Write};

use diagnostics::Severity;

use crate::input::ReportInput;
use crate::place::{self, Place};
use crate::source::Sources;
use crate::wording::{TOOL, message_with_help, slash_path};
use crate::xml::Xml;

/// The version of Checkstyle whose report this is; some readers want to see one.
const FORMAT_VERSION: &str = "4.3";

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut xml = Xml::new(out)?;
    let version = [("version", FORMAT_VERSION)];
    let files = place::by_file(input.diagnostics);
    if files.is_empty() {
        xml.empty("checkstyle", &version)?;
        return xml.finish();
    }
    xml.open("checkstyle", &version)?;
    for (path, diagnostics) in files {
        xml.open("file", &[("name", &slash_path(path))])?;
        for diagnostic in diagnostics {
            let place = Place::of_finding(sources, diagnostic);
            let severity = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "info",
            };
            let attributes = [
                ("line", &*place.start.line.to_string()),
                ("column", &place.start.column.to_string()),
                ("severity", severity),
                ("message", &message_with_help(diagnostic)),
                ("source", &format!("{TOOL}.{}", diagnostic.rule)),
            ];
            xml.empty("error", &attributes)?;
        }
        xml.close("file")?;
    }
    xml.close("checkstyle")?;
    xml.finish()
}
