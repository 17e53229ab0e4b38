//! Every machine-readable format over reports of all kinds: what they contain.

use std::collections::HashSet;
use std::sync::Arc;

use diagnostics::{Applicability, Category, Diagnostic, Edit, Severity};
use report::Format;
use serde_json::json;

use crate::sample::{IMPORT_GO, Report, edit, finding, fix, range, related, shop};

/// Reports of all kinds, the ordinary one first.
pub(crate) fn reports() -> Vec<(&'static str, Report)> {
    let text = "a := \"é😀\"; defer f()\n";
    let mut anchored = shop();
    anchored.root = Some("/work/my shop".into());
    vec![
        ("shop", shop()),
        ("anchored", anchored),
        ("empty", Report::new()),
        (
            "the files are gone",
            Report {
                diagnostics: shop().diagnostics,
                ..Report::new()
            },
        ),
        (
            "no columns are bytes",
            Report::new()
                .file("a.go", text)
                .finding(finding("a.go", range(14, 23))),
        ),
        (
            "end of file",
            Report::new()
                .file("a.go", "a\n")
                .finding(finding("a.go", range(2, 2))),
        ),
        (
            "beyond the end",
            Report::new()
                .file("a.go", "a")
                .finding(finding("a.go", range(9, 4))),
        ),
        (
            "not UTF-8",
            Report::new()
                .file("a.go", b"\xff\xfe defer")
                .finding(finding("a.go", range(3, 8))),
        ),
        ("hostile texts", hostile()),
        ("odd paths", odd_paths()),
        ("a fix of two files", two_files()),
        ("twins", twins()),
        ("observed", observed()),
    ]
}

/// The shop as it ran.
fn observed() -> Report {
    crate::sample::observed()
}

fn hostile() -> Report {
    let text = "]]> <!-- \" ' & \u{0}\u{1b}[31m\r\n{0} [a](b) %0A ::error \u{fffe} \u{202e}";
    let hostile = Diagnostic {
        message: text.to_owned(),
        help: Some(text.to_owned()),
        function: text.to_owned(),
        related: vec![related(Some(text), range(0, 1), text)],
        fix: Some(fix(Applicability::Safe, vec![edit(range(0, 1), text)])),
        fingerprint: text.to_owned(),
        ..finding(text, range(0, 1))
    };
    Report::new().file(text, text).finding(hostile)
}

fn odd_paths() -> Report {
    ["./a.go", "../b.go", "/abs/c.go", "d e/%41:é#?.go", "-f.go"]
        .into_iter()
        .fold(Report::new(), |report, path| {
            report
                .file(path, "defer f()")
                .finding(finding(path, range(0, 5)))
        })
}

fn two_files() -> Report {
    let other = Edit {
        path: Some(Arc::new("b.go".into())),
        range: range(0, 1),
        text: "B".to_owned(),
    };
    let edits = vec![edit(range(0, 1), "A"), other];
    let finding = Diagnostic {
        fix: Some(fix(Applicability::Safe, edits)),
        ..finding("a.go", range(0, 1))
    };
    Report::new()
        .file("a.go", "a")
        .file("b.go", "b")
        .finding(finding)
}

fn twins() -> Report {
    let twin = Diagnostic {
        rule: "syntax-error",
        category: Category::Syntax,
        severity: Severity::Note,
        fingerprint: "aa".to_owned(),
        ..finding("a.go", range(0, 1))
    };
    let other = finding("b.go", range(0, 1));
    let report = Report::new().file("a.go", "a").file("b.go", "b");
    report
        .finding(twin.clone())
        .finding(other)
        .finding(twin.clone())
        .finding(twin)
}

#[test]
fn empty_reports_are_complete_documents() {
    let empty = Report::new();
    assert_eq!(empty.render(Format::Text), "No findings in 12 files.\n");
    assert_eq!(empty.render(Format::Concise), "");
    assert_eq!(empty.render(Format::Json), "");
    assert_eq!(empty.render(Format::Github), "");
    assert_eq!(empty.json(Format::Gitlab), json!([]));
    assert_eq!(
        empty.json(Format::Rdjson),
        json!({"source": {"name": "deferscope"}, "diagnostics": []})
    );
    assert_eq!(
        empty.render(Format::Checkstyle),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\"/>\n"
    );
    let sarif = empty.json(Format::Sarif);
    assert_eq!(sarif["runs"][0]["results"], json!([]));
    assert_eq!(
        sarif["runs"][0]["tool"]["driver"]["rules"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let junit = empty.render(Format::Junit);
    assert!(
        junit.contains("<testcase name=\"no findings\" classname=\"deferscope\"/>"),
        "{junit}"
    );
    assert!(!junit.contains("<failure"), "{junit}");
}

#[test]
fn concise_is_one_line_each() {
    assert_eq!(
        shop().render(Format::Concise),
        "store/import.go:12:3: defer-in-loop: `f.Close` is deferred in a loop: every file stays open \
         until `Import` returns\n\
         store/stock.go:12:2: lock-instead-of-unlock: the deferred call locks `s.mu` again, and the \
         method never returns\n"
    );
    let hostile = hostile().render(Format::Concise);
    assert_eq!(hostile.lines().count(), 1);
    assert!(
        !hostile.contains(['\u{1b}', '\r', '\u{202e}']),
        "{hostile:?}"
    );
}

#[test]
fn github_commands_keep_to_their_line() {
    let shop = shop().render(Format::Github);
    let second = shop.lines().nth(1).expect("two findings");
    assert_eq!(
        second,
        "::error file=store/stock.go,line=12,endLine=12,col=2,endColumn=19,\
         title=deferscope (lock-instead-of-unlock)::the deferred call locks `s.mu` again, and the \
         method never returns (help: write `defer s.mu.Unlock()`)%0A\
         store/stock.go:11: locked here"
    );
    let hostile = hostile().render(Format::Github);
    assert_eq!(hostile.lines().count(), 1, "{hostile:?}");
    let (_, rest) = hostile.split_once("::warning file=").expect("a command");
    let (properties, _) = rest.split_once("::").expect("a message");
    assert!(
        properties.contains("%0D%0A{0} [a](b) %250A %3A%3Aerror"),
        "{properties:?}"
    );
    assert!(!hostile.contains('\r'));
}

#[test]
fn github_columns_are_for_single_lines() {
    let lines = Report::new()
        .file("a.go", "defer func() {\n}()\n")
        .finding(finding("a.go", range(0, 18)));
    let command = lines.render(Format::Github);
    assert!(
        command.starts_with("::warning file=a.go,line=1,endLine=2,title="),
        "{command}"
    );
}

#[test]
fn gitlab_fingerprints_are_unique() {
    let issues = twins().json(Format::Gitlab);
    let issues = issues.as_array().expect("a list");
    let fingerprints: HashSet<_> = issues
        .iter()
        .map(|issue| issue["fingerprint"].as_str().expect("text"))
        .collect();
    assert_eq!(fingerprints.len(), 4);
    assert!(fingerprints.contains("aa"), "{fingerprints:?}");
}

#[test]
fn gitlab_paths_have_no_dot() {
    let issues = odd_paths().json(Format::Gitlab);
    assert_eq!(issues[0]["location"]["path"], "a.go");
}

#[test]
fn checkstyle_has_one_element_for_each_file() {
    let report = twins().render(Format::Checkstyle);
    assert_eq!(report.matches("<file ").count(), 2, "{report}");
    assert_eq!(report.matches("<error ").count(), 4, "{report}");
}

#[test]
fn rdjson_puts_the_edits_of_a_fix_into_one_suggestion() {
    let document = shop().json(Format::Rdjson);
    let first = &document["diagnostics"][0];
    assert_eq!(
        first["suggestions"],
        json!([{
            "range": {"start": {"line": 12, "column": 1}, "end": {"line": 14, "column": 1}},
            "text": "\t\tread(f)\n\t\tf.Close()\n",
        }])
    );
    assert_eq!(
        first["code"]["url"],
        "https://example.invalid/rules/defer-in-loop"
    );
    assert_eq!(
        document["diagnostics"][1]["code"],
        json!({"value": "lock-instead-of-unlock"})
    );
    assert_eq!(document["severity"], "ERROR");
}

#[test]
fn rdjson_suggests_nothing_that_is_not_a_whole_fix() {
    let document = two_files().json(Format::Rdjson);
    assert_eq!(document["diagnostics"][0].get("suggestions"), None);
    let mut shown = shop();
    for diagnostic in &mut shown.diagnostics {
        diagnostic
            .fix
            .as_mut()
            .expect("both have one")
            .applicability = Applicability::DisplayOnly;
    }
    let document = shown.json(Format::Rdjson);
    assert_eq!(document["diagnostics"][0].get("suggestions"), None);
    let sarif = shown.json(Format::Sarif);
    assert_eq!(sarif["runs"][0]["results"][0].get("fixes"), None);
}

#[test]
fn sarif_tells_the_story() {
    let run = shop().json(Format::Sarif)["runs"][0].clone();
    let result = &run["results"][0];
    assert_eq!(result["ruleIndex"], 0);
    assert_eq!(result["level"], "warning");
    assert_eq!(
        result["partialFingerprints"],
        json!({"deferscope/v1": "5f1d0c9a7be34e02"})
    );
    assert_eq!(
        result["locations"][0]["logicalLocations"],
        json!([{"fullyQualifiedName": "Import", "kind": "function"}])
    );
    let related = result["relatedLocations"].as_array().expect("two places");
    assert_eq!(related.len(), 2);
    assert_eq!(related[0]["id"], 1);
    assert_eq!(related[0]["message"]["text"], "the loop");
    let flow = &result["codeFlows"][0]["threadFlows"][0]["locations"];
    let lines: Vec<_> = flow
        .as_array()
        .expect("a flow")
        .iter()
        .map(|step| step["location"]["physicalLocation"]["region"]["startLine"].as_u64())
        .collect();
    assert_eq!(lines, [Some(7), Some(8), Some(12)]);
    // One related place is no flow.
    assert_eq!(run["results"][1].get("codeFlows"), None);
}

#[test]
fn sarif_fixes_give_the_regions_to_replace() {
    let run = shop().json(Format::Sarif)["runs"][0].clone();
    assert_eq!(
        run["results"][0]["fixes"],
        json!([{
            "description": {"text": "close the file when the iteration ends"},
            "artifactChanges": [{
                "artifactLocation": {"uri": "store/import.go", "uriBaseId": "%SRCROOT%"},
                "replacements": [
                    {
                        "deletedRegion":
                            {"startLine": 12, "startColumn": 1, "endLine": 13, "endColumn": 1},
                        "insertedContent": {"text": ""},
                    },
                    {
                        "deletedRegion":
                            {"startLine": 14, "startColumn": 1, "endLine": 14, "endColumn": 1},
                        "insertedContent": {"text": "\t\tf.Close()\n"},
                    },
                ],
            }],
            "properties": {"applicability": "unsafe"},
        }])
    );
}

#[test]
fn sarif_names_the_root_only_when_there_is_one() {
    let (_, anchored) = &reports()[1];
    let run = anchored.json(Format::Sarif)["runs"][0].clone();
    assert_eq!(
        run["originalUriBaseIds"],
        json!({"%SRCROOT%": {"uri": "file:///work/my%20shop/"}})
    );
    assert_eq!(
        shop().json(Format::Sarif)["runs"][0].get("originalUriBaseIds"),
        None
    );
}

#[test]
fn sarif_gives_bytes_where_the_text_is_gone() {
    let gone = Report {
        diagnostics: shop().diagnostics,
        ..Report::new()
    };
    let start = IMPORT_GO.find("defer ").expect("it is there");
    assert_eq!(
        gone.json(Format::Sarif)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"],
        json!({"byteOffset": start, "byteLength": 15})
    );
}

#[test]
fn junit_counts_what_it_holds() {
    let report = twins().render(Format::Junit);
    assert!(
        report.contains(r#"<testsuites name="deferscope" tests="4" failures="4" errors="0">"#),
        "{report}"
    );
    assert!(
        report.contains(r#"<testsuite name="a.go" tests="3" failures="3" errors="0">"#),
        "{report}"
    );
    assert_eq!(report.matches("<testcase ").count(), 4);
    assert_eq!(report.matches("<failure ").count(), 4);
}

/// Fixes are tried, which costs, only for formats that say that they show them.
#[test]
fn formats_show_fixes_if_they_say_so() {
    let with = shop();
    let mut without = with.clone();
    for diagnostic in &mut without.diagnostics {
        diagnostic.fix = None;
    }
    for &format in Format::ALL {
        let shows = with.render(format) != without.render(format);
        assert_eq!(shows, format.shows_fixes(), "{format}");
    }
}
