//! The JSON lines, which are a contract: the fields, their order and their types.

use report::Format;
use serde_json::{Value, json};

use crate::sample::{Report, finding, range, shop};

#[test]
fn a_line_is_what_the_contract_says() {
    let lines = shop().render(Format::Json);
    let first = lines.lines().next().expect("two findings");
    assert_eq!(
        first,
        concat!(
            r#"{"rule":"defer-in-loop","category":"placement","severity":"warning","#,
            r#""path":"store/import.go","line":12,"column":3,"end_line":12,"end_column":18,"#,
            r#""function":"Import","message":"`f.Close` is deferred in a loop: every file stays "#,
            r#"open until `Import` returns","related":[{"path":"store/import.go","line":7,"#,
            r#""message":"the loop","column":2},{"path":"store/import.go","line":8,"#,
            r#""message":"opened here","column":13}],"fix":{"applicability":"unsafe","#,
            r#""description":"close the file when the iteration ends","edits":["#,
            r#"{"path":"store/import.go","start":188,"end":206,"text":""},"#,
            r#"{"path":"store/import.go","start":216,"end":216,"text":"\t\tf.Close()\n"}]},"#,
            r#""fingerprint":"5f1d0c9a7be34e02","help":"close the file at the end of the iteration"}"#,
        )
    );
}

#[test]
fn what_a_finding_does_not_have_is_null_or_empty_never_left_out() {
    let report = Report::new()
        .file("a.go", "ab")
        .finding(finding("a.go", range(1, 2)));
    assert_eq!(
        report.json(Format::Json),
        json!({
            "rule": "defer-in-loop",
            "category": "placement",
            "severity": "warning",
            "path": "a.go",
            "line": 1,
            "column": 2,
            "end_line": 1,
            "end_column": 3,
            "function": "",
            "message": "the file stays open until the function returns",
            "related": [],
            "fix": null,
            "fingerprint": "",
            "help": null,
        })
    );
}

#[test]
fn each_line_stands_for_itself() {
    let text = shop().render(Format::Json);
    assert!(text.ends_with('\n'));
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["function"], "(*Stock).Take");
}
