//! JUnit XML: a suite per file, a failed case per finding.
//!
//! Readers take a report without a case for a job that did not run, so a run without findings is
//! one case that passed.

use std::io::{self, Write};

use diagnostics::Diagnostic;

use crate::input::ReportInput;
use crate::place::{self, Place};
use crate::source::Sources;
use crate::wording::{TOOL, slash_path};
use crate::xml::Xml;

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut xml = Xml::new(out)?;
    let findings = input.diagnostics.len();
    open(&mut xml, "testsuites", TOOL, findings.max(1), findings)?;
    if findings == 0 {
        open(&mut xml, "testsuite", TOOL, 1, 0)?;
        xml.empty("testcase", &[("name", "no findings"), ("classname", TOOL)])?;
        xml.close("testsuite")?;
    }
    for (path, diagnostics) in place::by_file(input.diagnostics) {
        let path = slash_path(path);
        open(
            &mut xml,
            "testsuite",
            &path,
            diagnostics.len(),
            diagnostics.len(),
        )?;
        for diagnostic in diagnostics {
            let place = Place::of_finding(sources, diagnostic);
            let (line, column) = (place.start.line, place.start.column);
            let name = format!("{} ({line}:{column})", diagnostic.rule);
            xml.open("testcase", &[("name", &name), ("classname", &path)])?;
            let failure = [
                ("message", &*diagnostic.message),
                ("type", diagnostic.severity.as_str()),
            ];
            xml.text("failure", &failure, &body(sources, diagnostic, &place))?;
            xml.close("testcase")?;
        }
        xml.close("testsuite")?;
    }
    xml.close("testsuites")?;
    xml.finish()
}

fn open(
    xml: &mut Xml<'_>,
    element: &str,
    name: &str,
    tests: usize,
    failures: usize,
) -> io::Result<()> {
    let (tests, failures) = (tests.to_string(), failures.to_string());
    let attributes = [
        ("name", name),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", "0"),
    ];
    xml.open(element, &attributes)
}

fn body(sources: &Sources<'_>, diagnostic: &Diagnostic, place: &Place) -> String {
    let Place { path, start, .. } = place;
    let mut body = format!(
        "{path}:{}:{}: {}",
        start.line, start.column, diagnostic.message
    );
    for related in &diagnostic.related {
        let Place { path, start, .. } = Place::of_related(sources, diagnostic, related);
        body.push_str(&format!(
            "\n{path}:{}:{}: {}",
            start.line, start.column, related.message
        ));
    }
    if let Some(help) = &diagnostic.help {
        body.push_str("\nhelp: ");
        body.push_str(help);
    }
    body
}
