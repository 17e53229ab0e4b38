//! Comments that suppress, through the binary. What they cover in detail is tested in the engine.

use crate::harness::{Folder, Run};

/// A finding of `defer-in-loop` on line 8, with comments at four places.
fn function(doc: &str, head: &str, above: &str, behind: &str) -> String {
    format!(
        "package p\n\nimport \"os\"\n\n{doc}func f(names []string) {{{head}\n\tfor _, name := range names {{\n\
         \t\tx, _ := os.Open(name)\n{above}\t\tdefer x.Close(){behind}\n\t}}\n}}\n"
    )
}

fn check(text: &str, args: &[&str]) -> Run {
    let folder = Folder::module(&[("a.go", text)]);
    folder.check(&[&["--select", "defer-in-loop,invalid-suppression"], args].concat())
}

#[test]
fn a_comment_at_any_of_the_four_places_is_heard() {
    check(&function("", "", "", ""), &[])
        .exits(1)
        .finds(&["a.go:8:3: defer-in-loop"]);
    for comment in [
        "//nolint",
        "//nolint:deferscope",
        "//nolint:gosec,defer-in-loop // few names",
        "//lint:ignore defer-in-loop few names",
        "//deferscope:ignore defer-in-loop",
        "//deferscope:ignore placement few names",
    ] {
        let own = format!("{comment}\n");
        let behind = format!(" {comment}");
        for text in [
            function(&own, "", "", ""),
            function("", &behind, "", ""),
            function("", "", &format!("\t\t{own}"), ""),
            function("", "", "", &behind),
        ] {
            check(&text, &[]).exits(0).finds(&[]);
        }
    }
    for comment in [
        "//nolint:gosec",
        "//lint:ignore SA4006 why",
        "//deferscope:ignore locks",
        "// nolint is a word",
    ] {
        let run = check(&function("", "", "", &format!(" {comment}")), &[]).exits(1);
        run.finds(&["a.go:8:3: defer-in-loop"]);
    }
}

#[test]
fn a_comment_for_the_file_is_heard() {
    for comment in [
        "//lint:file-ignore defer-in-loop few names",
        "//deferscope:file-ignore defer-in-loop",
    ] {
        check(&format!("{}\n{comment}\n", function("", "", "", "")), &[]).exits(0);
    }
}

#[test]
fn unknown_names_are_a_finding_and_not_a_failure() {
    let text = function("", "", "", " //deferscope:ignore defer-in-lop");
    let run = check(&text, &[]).exits(1);
    assert_eq!(
        run.findings(),
        ["a.go:8:3: defer-in-loop", "a.go:8:39: invalid-suppression"]
    );
    let folder = Folder::module(&[("a.go", &text)]);
    let run = folder
        .run(&["check", "--select", "invalid-suppression"])
        .exits(1);
    assert!(
        run.stdout.contains("did you mean `defer-in-loop`?"),
        "{}",
        run.stdout
    );
}

#[test]
fn unused_comments_are_reported_on_request() {
    let used = function("", "", "", " //nolint:defer-in-loop");
    let unused = used.replace(
        "for _, name := range names",
        "if name := names[0]; name != \"\"",
    );
    check(&unused, &[]).exits(0).finds(&[]);
    let run = check(&unused, &["--report-unused-suppressions"]).exits(1);
    assert_eq!(run.findings(), ["a.go:8:19: unused-suppression"]);
    check(&used, &["--report-unused-suppressions"])
        .exits(0)
        .finds(&[]);

    let other = unused.replace("defer-in-loop", "recover-silent");
    check(&other, &["--report-unused-suppressions"])
        .exits(0)
        .finds(&[]);
    for foreign in ["//nolint", "//nolint:gosec"] {
        let text = unused.replace("//nolint:defer-in-loop", foreign);
        check(&text, &["--report-unused-suppressions"])
            .exits(0)
            .finds(&[]);
    }
    let both = unused.replace("defer-in-loop", "gosec,defer-in-loop");
    check(&both, &["--report-unused-suppressions"])
        .exits(1)
        .finds(&["a.go:8:34: unused-suppression"]);
}

#[test]
fn a_suppressed_finding_does_not_rename_the_next() {
    let twice = function("", "", "\t\tdefer x.Close()\n", "");
    let folder = Folder::module(&[("a.go", &twice)]);
    folder
        .check(&[
            "--select",
            "defer-in-loop",
            "--write-baseline",
            "known.json",
        ])
        .exits(0);
    folder.write(
        "a.go",
        twice.replacen("defer x.Close()", "defer x.Close() //nolint", 1),
    );
    folder
        .check(&["--select", "defer-in-loop", "--baseline", "known.json"])
        .exits(0)
        .finds(&[]);
}

#[test]
fn what_is_not_go_cannot_be_suppressed() {
    check("//nolint\n\npackage p\n\nfunc f( {\n", &[]).exits(1);
}
