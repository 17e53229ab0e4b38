//! Lines and columns: bytes everywhere but in SARIF, which counts UTF-16 code units.

use report::Format;
use serde_json::{Value, json};

use crate::sample::{Report, finding, range};

fn one(text: &str, needle: &str) -> Report {
    let report = Report::new().file("a.go", text);
    let range = report.range("a.go", needle);
    report.finding(finding("a.go", range))
}

fn region(report: &Report) -> Value {
    let sarif = report.json(Format::Sarif);
    let location = &sarif["runs"][0]["results"][0]["locations"][0];
    location["physicalLocation"]["region"].clone()
}

fn text_region(start: (u32, u32), end: (u32, u32)) -> Value {
    let ((start_line, start_column), (end_line, end_column)) = (start, end);
    json!({
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

#[test]
fn columns_behind_other_than_ascii() {
    // é: two bytes, one unit. 😀: four bytes, two units. A tab is one of either.
    let report = one("package p\n\ts := \"é😀\"; defer f()\n", "defer f()");
    let line = report.json(Format::Json);
    assert_eq!(line["line"], 2);
    assert_eq!(line["column"], 17);
    assert_eq!(line["end_column"], 26);
    assert_eq!(region(&report), text_region((2, 14), (2, 23)));
    let rdjson = report.json(Format::Rdjson);
    assert_eq!(
        rdjson["diagnostics"][0]["location"]["range"],
        json!({"start": {"line": 2, "column": 17}, "end": {"line": 2, "column": 26}})
    );
    assert!(report.render(Format::Concise).starts_with("a.go:2:17: "));
    assert!(
        report
            .render(Format::Github)
            .contains("line=2,endLine=2,col=17,endColumn=26")
    );
    assert!(
        report
            .render(Format::Checkstyle)
            .contains(r#"line="2" column="17""#)
    );
    assert!(report.render(Format::Text).contains("--> a.go:2:17\n"));
}

#[test]
fn line_endings_of_windows() {
    let report = one("package p\r\n\r\ndefer f()\r\n", "defer f()");
    assert_eq!(region(&report), text_region((3, 1), (3, 10)));
    assert!(report.render(Format::Concise).starts_with("a.go:3:1: "));
}

#[test]
fn ranges_of_several_lines() {
    let report = one(
        "x\ndefer func() {\n\tf()\n}()\n",
        "defer func() {\n\tf()\n}()",
    );
    let line = report.json(Format::Json);
    let place = ["line", "column", "end_line", "end_column"].map(|key| line[key].as_u64());
    assert_eq!(place, [Some(2), Some(1), Some(4), Some(4)]);
    assert_eq!(region(&report), text_region((2, 1), (4, 4)));
}

#[test]
fn the_end_of_the_file() {
    let report = Report::new()
        .file("a.go", "ab\n")
        .finding(finding("a.go", range(3, 3)));
    let line = report.json(Format::Json);
    assert_eq!(
        (line["line"].as_u64(), line["column"].as_u64()),
        (Some(2), Some(1))
    );
    // SARIF knows no line after the last newline.
    assert_eq!(region(&report), text_region((1, 4), (1, 4)));
}

#[test]
fn a_file_that_is_gone_is_named_as_a_whole() {
    let report = Report::new().finding(finding("a.go", range(40, 50)));
    let line = report.json(Format::Json);
    let place = ["line", "column", "end_line", "end_column"].map(|key| line[key].as_u64());
    assert_eq!(place, [Some(1); 4]);
    let rdjson = report.json(Format::Rdjson);
    assert_eq!(
        rdjson["diagnostics"][0]["location"],
        json!({"path": "a.go"})
    );
    assert!(!report.render(Format::Github).contains(",col="));
}
