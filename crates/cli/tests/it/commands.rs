//! The commands beside `check`.

use crate::harness::{Folder, Run, deferscope, finish, repository};

fn run(args: &[&str]) -> Run {
    finish(deferscope().args(args))
}

#[test]
fn a_rule_explains_itself() {
    let text = run(&["rule", "defer-in-loop"]).exits(0).stdout;
    for heading in [
        "defer-in-loop\n",
        "\nWhat it does\n",
        "\nWhen it is wrong\n",
        "\nFix safety\n",
    ] {
        assert!(text.contains(heading), "{heading}: {text}");
    }
    assert!(!text.contains("```") && !text.contains('\u{1b}'), "{text}");
    assert!(
        run(&["rule", "defer-in-loop", "--color", "always"])
            .exits(0)
            .stdout
            .contains('\u{1b}')
    );
    let markdown = run(&["rule", "defer-in-loop", "--format", "markdown"])
        .exits(0)
        .stdout;
    assert!(
        markdown.starts_with("# defer-in-loop\n") && markdown.contains("```go"),
        "{markdown}"
    );
    let json: serde_json::Value = serde_json::from_str(
        &run(&["rule", "defer-in-loop", "--format", "json"])
            .exits(0)
            .stdout,
    )
    .expect("JSON");
    assert_eq!(json["markdown"], markdown);
    for name in ["syntax-error", "unused-suppression", "invalid-suppression"] {
        run(&["rule", name]).exits(0);
    }
}

#[test]
fn all_rules_are_listed() {
    let text = run(&["rules"]).exits(0).stdout;
    let json: Vec<serde_json::Value> =
        serde_json::from_str(&run(&["rules", "--format", "json"]).exits(0).stdout).expect("JSON");
    assert_eq!(run(&["rule"]).exits(0).stdout, text);
    for rule in rules::all_rules() {
        let meta = rule.meta();
        assert!(text.contains(&format!("  {}", meta.name)), "{}", meta.name);
        let object = json
            .iter()
            .find(|object| object["name"] == meta.name)
            .expect("listed");
        assert_eq!(object["category"], meta.category.as_str());
        assert_eq!(object["on_by_default"], meta.on_by_default);
    }
    assert_eq!(
        json.len(),
        rules::all_rules().len() + 3,
        "and what the engine reports"
    );
}

#[test]
fn the_configuration_in_effect_can_be_used_as_one() {
    let folder = Folder::module(&[(
        "deferscope.toml",
        "ignore = ['placement']\n[build]\ngoos = 'plan9'\n",
    )]);
    let shown = folder
        .run(&[
            "config",
            "show",
            "--select",
            "defer-in-loop",
            "--tests=false",
        ])
        .exits(0)
        .stdout;
    assert!(
        shown.contains("select = [\"defer-in-loop\"]") && shown.contains("tests = false"),
        "{shown}"
    );
    assert!(shown.contains("goos = \"plan9\""), "{shown}");
    folder.write("deferscope.toml", &shown);
    let again = folder.run(&["config", "show"]).exits(0).stdout;
    assert_eq!(again, shown);
    assert!(
        folder
            .run(&["config", "show", "--isolated"])
            .exits(0)
            .stdout
            .contains("the defaults")
    );
}

#[test]
fn the_committed_schema_and_pages_are_those_of_the_source() {
    let docs = repository().join("docs");
    finish(deferscope().args(["dev", "docs", "--check"]).arg(&docs)).exits(0);
    let schema = std::fs::read_to_string(docs.join("deferscope.schema.json")).expect("a schema");
    assert_eq!(run(&["config", "schema"]).exits(0).stdout, schema);
}

#[test]
fn pages_are_written_and_stale_ones_found() {
    let folder = Folder::new(&[("docs/rules/gone.md", "x"), ("docs/rules/notes.txt", "x")]);
    folder
        .run(&["dev", "docs", "--check"])
        .exits(1)
        .says(&["gone.md is stale", "defer-in-loop.md is stale"]);
    folder.run(&["dev", "docs"]).exits(0);
    folder.run(&["dev", "docs", "--check"]).exits(0);
    assert!(
        !folder.path("docs/rules/gone.md").exists() && folder.path("docs/rules/notes.txt").exists()
    );
    assert!(
        folder
            .read("docs/rules/README.md")
            .contains("[defer-in-loop](defer-in-loop.md)")
    );
    folder.write("docs/rules/defer-in-loop.md", "old");
    folder.run(&["dev", "docs", "--check"]).exits(1);
    folder
        .run(&["dev", "docs", "nowhere"])
        .exits(2)
        .says(&["nowhere is not a folder"]);
}

#[test]
fn files_are_parsed_in_bulk() {
    let folder = Folder::new(&[
        ("a/x.go", "package a\n"),
        ("a/testdata/bad.go", "package\n"),
        ("b/y.go", "package b\n\nfunc f( {\n"),
        ("b/z.txt", "words"),
    ]);
    let run = folder.run(&["dev", "parse", "a"]).exits(0);
    assert!(
        run.stdout
            .starts_with("1 files, 1 lines, 10 bytes, 0 failures, "),
        "{}",
        run.stdout
    );
    let run = folder
        .run(&["dev", "parse", "--include-testdata", "a", "b"])
        .exits(1);
    assert!(
        run.stdout.contains("a/testdata/bad.go:2:1: ") && run.stdout.contains("b/y.go:3:"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("3 files, ") && run.stdout.contains(" 2 failures, "),
        "{}",
        run.stdout
    );
    let run = folder
        .run(&["dev", "parse", "a", "none"])
        .exits(2)
        .says(&["none does not exist"]);
    assert!(run.stdout.contains("1 files, "), "the rest is parsed");
    folder.run(&["dev", "parse"]).exits(2);
}

#[test]
fn completions_are_written_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            run(&["completions", shell])
                .exits(0)
                .stdout
                .contains("new-from-rev"),
            "{shell}"
        );
    }
    run(&["completions", "nushell"]).exits(2);
}

#[test]
fn the_version_names_what_it_understands() {
    let short = run(&["-V"]).exits(0).stdout;
    assert_eq!(short, format!("deferscope {}\n", env!("CARGO_PKG_VERSION")));
    let long = run(&["--version"]).exits(0).stdout;
    assert!(long.contains("understands Go up to 1.27"), "{long}");
}

#[test]
fn help_names_the_exit_codes_and_shows_examples() {
    let help = run(&["--help"]).exits(0).stdout;
    assert!(
        help.contains("Exit codes:") && help.contains("check"),
        "{help}"
    );
    let help = run(&["check", "--help"]).exits(0).stdout;
    for part in [
        "Examples:",
        "--new-from-rev <REV>",
        "--stdin-filename",
        "sarif",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
}
