//! The XML formats against their schemas.
//!
//! The XSD files are checked by xmllint. Where it is not installed, that is said on standard error,
//! and CI fails; the same rules, written out by hand, are checked everywhere.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use quick_xml::events::Event;
use report::Format;

use crate::documents::reports;
use crate::sample::shop;

#[test]
fn junit() {
    check(Format::Junit, "junit-10.xsd", JUNIT);
}

#[test]
fn checkstyle() {
    check(Format::Checkstyle, "checkstyle.xsd", CHECKSTYLE);
}

fn check(format: Format, schema: &str, rules: &[Element]) {
    let folder = tempfile::tempdir().expect("a place for documents");
    let mut files = Vec::new();
    for (index, (name, report)) in reports().into_iter().enumerate() {
        let document = report.render(format);
        if let Err(error) = structure(&document, rules) {
            panic!("{name}: {error}\n{document}");
        }
        let file = folder.path().join(format!("{index}.xml"));
        std::fs::write(&file, document).expect("the folder is ours");
        files.push(file);
    }
    let schema = format!("{}/tests/schemas/{schema}", env!("CARGO_MANIFEST_DIR"));
    let xmllint = |files: &[PathBuf]| {
        let options = ["--nonet", "--noout", "--schema", &schema];
        Command::new("xmllint").args(options).args(files).output()
    };
    match xmllint(&files) {
        Ok(output) => {
            let complaints = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{complaints}");
            for bad in broken(&shop().render(format), rules[0].name) {
                let file = folder.path().join("bad.xml");
                std::fs::write(&file, &bad).expect("the folder is ours");
                let output = xmllint(&[file]).expect("it has just been run");
                assert!(!output.status.success(), "{bad}");
            }
        }
        Err(error) => {
            let complaint = format!(
                "{format} is not checked against {schema}: xmllint cannot be run ({error}); \
                 install it (Debian: libxml2-utils)"
            );
            assert!(std::env::var_os("CI").is_none(), "{complaint}");
            // Not with `eprintln!`, which the test harness would swallow.
            writeln!(std::io::stderr(), "NOT TESTED: {complaint}").expect("stderr is open");
        }
    }
}

/// What an element may hold.
struct Element {
    name: &'static str,
    children: &'static [&'static str],
    required: &'static [&'static str],
    optional: &'static [&'static str],
    text: bool,
}

const JUNIT: &[Element] = &[
    Element {
        name: "testsuites",
        children: &["testsuite"],
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        text: false,
    },
    Element {
        name: "testsuite",
        children: &["testcase"],
        required: &["name", "tests", "failures", "errors"],
        optional: &[
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "package",
            "file",
        ],
        text: false,
    },
    Element {
        name: "testcase",
        children: &["failure"],
        required: &["name"],
        optional: &["time", "classname"],
        text: false,
    },
    Element {
        name: "failure",
        children: &[],
        required: &[],
        optional: &["type", "message"],
        text: true,
    },
];

const CHECKSTYLE: &[Element] = &[
    Element {
        name: "checkstyle",
        children: &["file"],
        required: &["version"],
        optional: &[],
        text: false,
    },
    Element {
        name: "file",
        children: &["error"],
        required: &["name"],
        optional: &[],
        text: false,
    },
    Element {
        name: "error",
        children: &[],
        required: &["line", "severity", "message", "source"],
        optional: &["column"],
        text: false,
    },
];

/// Well-formed, and nothing where it does not belong. The first rule is for the root.
fn structure(document: &str, rules: &[Element]) -> Result<(), String> {
    let mut reader = quick_xml::Reader::from_str(document);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<&Element> = Vec::new();
    let mut roots = 0;
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.name();
                let name = name.as_ref();
                match open.last() {
                    Some(parent) if parent.children.contains(&name) => {}
                    Some(parent) => return Err(format!("<{name}> in <{}>", parent.name)),
                    None if name == rules[0].name && roots == 0 => roots = 1,
                    None => return Err(format!("<{name}> is not the root")),
                }
                let rule = rules.iter().find(|rule| rule.name == name);
                let rule = rule.ok_or_else(|| format!("unknown element <{name}>"))?;
                attributes(start, rule)?;
                if matches!(event, Event::Start(_)) {
                    open.push(rule);
                }
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text)
                if !text.trim().is_empty() && !open.last().is_some_and(|element| element.text) =>
            {
                return Err(format!("text where none belongs: {text:?}"));
            }
            Event::GeneralRef(reference) => {
                let reference = format!("&{};", &**reference);
                quick_xml::escape::unescape(&reference).map_err(|error| error.to_string())?;
            }
            Event::Eof if open.is_empty() && roots == 1 => return Ok(()),
            Event::Eof => return Err("the document ends too soon".to_owned()),
            _ => {}
        }
        if let Some(c) = event_text(&event).chars().find(|&c| !is_xml_char(c)) {
            return Err(format!("{c:?} cannot be in XML"));
        }
    }
}

fn attributes(start: &quick_xml::events::BytesStart<'_>, rule: &Element) -> Result<(), String> {
    let mut seen = HashMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = attribute.key.as_ref().to_owned();
        let value = attribute.value.to_string();
        if value.contains('<') || quick_xml::escape::unescape(&value).is_err() {
            return Err(format!(
                "the value of {key} of <{}> is not escaped",
                rule.name
            ));
        }
        let known = rule
            .required
            .iter()
            .chain(rule.optional)
            .any(|&name| name == key);
        if !known || seen.insert(key.clone(), value).is_some() {
            return Err(format!("attribute {key} of <{}>", rule.name));
        }
    }
    match rule.required.iter().find(|&&name| !seen.contains_key(name)) {
        Some(name) => Err(format!("<{}> has no {name}", rule.name)),
        None => Ok(()),
    }
}

fn event_text<'a>(event: &'a Event<'_>) -> &'a str {
    match event {
        Event::Start(start) | Event::Empty(start) => start,
        Event::Text(text) => text,
        _ => "",
    }
}

/// The characters of XML 1.0.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// For the property tests.
pub(crate) fn well_formed(format: Format, document: &str) -> Result<(), String> {
    structure(
        document,
        if format == Format::Junit {
            JUNIT
        } else {
            CHECKSTYLE
        },
    )
}

/// A check that lets everything pass would make the tests above worthless.
#[test]
fn the_structure_check_does_refuse() {
    for (format, rules) in [(Format::Junit, JUNIT), (Format::Checkstyle, CHECKSTYLE)] {
        let good = shop().render(format);
        assert_eq!(structure(&good, rules), Ok(()));
        for bad in broken(&good, rules[0].name) {
            assert!(structure(&bad, rules).is_err(), "{bad}");
        }
    }
}

/// The document with one thing wrong in it, in several ways.
fn broken(good: &str, root: &str) -> Vec<String> {
    let end = format!("</{root}>");
    let bad = [
        good.replacen(
            &format!("<{root} "),
            &format!("<{root} colour=\"blue\" "),
            1,
        ),
        good.replace(" name=\"", " label=\""),
        good.replacen(&end, "", 1),
        good.replacen(&end, &format!("words{end}"), 1),
        good.replacen(&end, &format!("<{root}/>{end}"), 1),
        good.replacen("until", "\u{1}", 1),
        good.replacen("until", "<", 1),
        good.replacen("until", "&nonsense;", 1),
    ];
    assert!(
        bad.iter().all(|bad| bad != good),
        "nothing was broken in {good}"
    );
    bad.into()
}
