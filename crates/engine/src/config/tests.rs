//! Reading configuration: what is understood, and what is answered to mistakes.

use std::path::{Path, PathBuf};

use diagnostics::Severity;

use super::*;

const ROOT: &str = "/work/shop";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("deferscope.toml"), Path::new(ROOT))
}

fn config(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn mistakes(text: &str) -> Vec<String> {
    match parse(text) {
        Err(ConfigError::Invalid { problems, .. }) => problems
            .into_iter()
            .map(
                |ConfigProblem {
                     line,
                     column,
                     message,
                     help,
                 }| {
                    format!("{line}:{column}: {message} | {}", help.unwrap_or_default())
                },
            )
            .collect(),
        other => panic!("expected mistakes, got {other:?}"),
    }
}

fn file(path: &str) -> PathBuf {
    Path::new(ROOT).join(path)
}

const FULL: &str = r#"
select = ["suppression"]
extend-select = []
ignore = ["invalid-suppression"]
exclude = ["gen", "third_party/*.go"]
generated = true
tests = false
baseline = "ci/baseline.json"

[severity]
unused-suppression = "error"

[per-file-ignores]
"cmd/**" = ["unused-suppression"]

[[overrides]]
paths = ["internal", "*_test.go"]
extend-select = ["invalid-suppression"]
severity = { invalid-suppression = "note" }

[build]
goos = "plan9"
goarch = "arm"
tags = ["integration", "e2e"]
go-version = "1.21"
"#;

#[test]
fn every_key_is_understood() {
    let config = config(FULL);
    assert_eq!(
        config.selection().severity_of("unused-suppression"),
        Some(Severity::Error)
    );
    assert_eq!(config.selection().severity_of("invalid-suppression"), None);
    assert!(config.generated && !config.tests);
    assert_eq!(config.baseline, Some(file("ci/baseline.json")));
    assert!(config.excludes(&file("a/gen/b.go")) && !config.excludes(&file("a/b.go")));
    assert!(
        !config.excludes(Path::new("/elsewhere/gen/b.go")),
        "globs end at the folder of the file"
    );

    let severity = |path, rule| config.selection_for(&file(path)).severity_of(rule);
    assert_eq!(severity("cmd/a.go", "unused-suppression"), None);
    assert_eq!(
        severity("a.go", "unused-suppression"),
        Some(Severity::Error)
    );
    assert_eq!(
        severity("internal/a.go", "invalid-suppression"),
        Some(Severity::Note)
    );
    assert_eq!(
        severity("x/a_test.go", "invalid-suppression"),
        Some(Severity::Note)
    );
    assert_eq!(severity("x/a.go", "invalid-suppression"), None);

    let build = &config.build;
    assert_eq!(
        (build.goos.as_deref(), build.goarch.as_deref()),
        (Some("plan9"), Some("arm"))
    );
    assert_eq!(
        build.tags.as_deref(),
        Some(&["integration".to_owned(), "e2e".to_owned()][..])
    );
    assert_eq!(build.go_version, Some(GoVersion::new(1, 21)));
}

#[test]
fn nothing_means_the_defaults() {
    for text in ["", "\n# a comment\n", "\u{feff}tests = true\r\n"] {
        let config = config(text);
        assert!(config.tests && !config.generated && config.baseline.is_none());
        assert_eq!(config.selection(), Selection::default());
    }
}

#[test]
fn unknown_keys_come_with_a_suggestion() {
    assert_eq!(
        mistakes("\nselct = []\n"),
        ["2:1: unknown key `selct` | did you mean `select`?"]
    );
    assert_eq!(
        mistakes("extend_select = []"),
        ["1:1: unknown key `extend_select` | did you mean `extend-select`?"]
    );
    assert_eq!(
        mistakes("[build]\nos = 'x'"),
        [
            "2:1: unknown key `os` in `build` | the keys in `build` are `go-version`, `goarch`, `goos`, `tags`"
        ]
    );
    assert_eq!(
        mistakes("[[overrides]]\npaths = ['a']\nsevrity = {}"),
        ["3:1: unknown key `sevrity` in `overrides` | did you mean `severity`?"]
    );
}

#[test]
fn wrong_types_are_answered_with_what_is_expected() {
    for (text, expected) in [
        (
            "select = 'all'",
            "1:10: `select` must be a list, each of its elements a rule, a category or `all`, and is a string | ",
        ),
        (
            "select = [1]",
            "1:11: `select` must be a rule, a category or `all`, and is an integer | ",
        ),
        (
            "tests = 'yes'",
            "1:9: `tests` must be true or false, and is a string | ",
        ),
        (
            "exclude = [true]",
            "1:12: `exclude` must be a glob over paths, and is a boolean | ",
        ),
        (
            "build = 1.5",
            "1:9: `build` must be a table, and is a number | ",
        ),
        (
            "severity = []",
            "1:12: `severity` must be a table, and is a list | ",
        ),
        (
            "overrides = {}",
            "1:13: `overrides` must be a list of tables (`[[…]]`), and is a table | ",
        ),
        (
            "[per-file-ignores]\n\"a\" = 'all'",
            "2:7: `per-file-ignores.a` must be a list, each of its elements a rule, a category or `all`, and is a string | ",
        ),
        (
            "[build]\ngo-version = 1.21",
            "2:14: `build.go-version` must be a version of the Go language in quotes, and is a number | ",
        ),
        (
            "[build]\ngoos = 2024-01-01",
            "2:8: `build.goos` must be a word, and is a date or time | ",
        ),
    ] {
        assert_eq!(mistakes(text), [expected], "{text}");
    }
}

#[test]
fn wrong_values_are_answered_with_what_was_meant() {
    for (text, expected) in [
        (
            "ignore = ['lock']",
            "1:11: `lock` is not a rule, a category or `all` | did you mean `locks`?",
        ),
        (
            "[severity]\nlock = 'off'",
            "2:1: `lock` is not a rule, a category or `all` | did you mean `locks`?",
        ),
        (
            "[severity]\nlocks = 'warn'",
            "2:9: `warn` is not a severity | choose one of `off`, `note`, `warning`, `error`",
        ),
        (
            "[severity]\nlocks = 'eror'",
            "2:9: `eror` is not a severity | did you mean `error`?",
        ),
        (
            "[build]\ngo-version = 'latest'",
            "2:14: `latest` is not a version of the Go language | write it as in go.mod: `1.21`",
        ),
        (
            "[[overrides]]\nignore = []",
            "1:1: `paths` is missing in `overrides` | ",
        ),
    ] {
        assert_eq!(mistakes(text), [expected], "{text}");
    }
    let glob = &mistakes("exclude = ['a', '[']")[0];
    assert!(glob.starts_with("1:17: `[` is not a glob: "), "{glob}");
}

#[test]
fn all_mistakes_are_reported_in_order() {
    let found = mistakes("selct = []\ntests = 1\nexclude = ['!x']\n[build]\ncpu = 'x'");
    let places: Vec<&str> = found
        .iter()
        .filter_map(|mistake| mistake.split(": ").next())
        .collect();
    assert_eq!(
        places,
        ["1:1", "2:9", "5:1"],
        "globs are looked at when the rest is right"
    );
}

#[test]
fn what_is_not_toml_is_located() {
    for (text, place) in [
        ("select = [", "1:11"),
        ("a = 1\na = 2", "2:1"),
        ("= 1", "1:1"),
        ("x = 'a\n", "1:"),
    ] {
        let found = mistakes(text);
        assert!(found[0].starts_with(place), "{text}: {found:?}");
    }
}

#[test]
fn the_message_names_file_line_and_way_out() {
    let error = parse("selct = []").expect_err("a mistake").to_string();
    assert_eq!(
        error,
        "deferscope.toml:1:1: unknown key `selct`\n  help: did you mean `select`?"
    );
}

#[test]
fn files_are_found_upwards_and_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    std::fs::create_dir_all(root.join("a/b")).expect("made");
    assert_eq!(
        Config::find(&root.join("a/b")).filter(|found| found.starts_with(&root)),
        None
    );
    std::fs::write(root.join(FILE_NAME), "exclude = ['a/b']").expect("written");
    let found = Config::find(&root.join("a/b")).expect("found");
    assert_eq!(found, root.join(FILE_NAME));
    assert!(
        Config::load(&found)
            .expect("read")
            .excludes(&root.join("a/b/c.go"))
    );

    std::fs::write(&found, b"tests = true\n# \xff").expect("written");
    let error = Config::load(&found).expect_err("not text").to_string();
    assert!(
        error.contains("deferscope.toml:2:3: ") && error.contains("UTF-8"),
        "{error}"
    );
    assert!(
        matches!(Config::load(&root), Err(ConfigError::Read { .. })),
        "a folder is no file"
    );
}

#[test]
fn flags_win_over_the_file() {
    let flags = Flags {
        select: Some(vec!["all".into()]),
        severity: vec!["suppression=note".into()],
        tests: Some(true),
        tags: Some(vec!["x".into()]),
        goos: Some("linux".into()),
        exclude: vec!["more".into()],
        ..Flags::default()
    };
    let config = config(FULL).with_flags(&flags).expect("good flags");
    assert_eq!(
        config.selection().severity_of("invalid-suppression"),
        Some(Severity::Note)
    );
    assert_eq!(
        config
            .selection_for(&file("cmd/a.go"))
            .severity_of("unused-suppression"),
        None
    );
    assert!(config.tests && config.generated);
    assert_eq!(
        (config.build.goos.as_deref(), config.build.goarch.as_deref()),
        (Some("linux"), Some("arm"))
    );
    assert!(config.excludes(&file("more/a.go")) && config.excludes(&file("gen/a.go")));
}

#[test]
fn wrong_flags_are_named() {
    let fails = |flags: Flags| {
        config("")
            .with_flags(&flags)
            .expect_err("a mistake")
            .to_string()
    };
    let error = fails(Flags {
        select: Some(vec!["lock".into()]),
        ..Flags::default()
    });
    assert_eq!(
        error,
        "invalid value for --select: there is no rule or category `lock`\n  help: did you mean `locks`?"
    );
    let error = fails(Flags {
        severity: vec!["locks".into()],
        ..Flags::default()
    });
    assert!(
        error.starts_with("invalid value for --severity: `locks` has no `=`"),
        "{error}"
    );
    let error = fails(Flags {
        severity: vec!["locks=of".into()],
        ..Flags::default()
    });
    assert!(error.ends_with("did you mean `off`?"), "{error}");
    let error = fails(Flags {
        go_version: Some("x".into()),
        ..Flags::default()
    });
    assert!(error.contains("--go-version"), "{error}");
    let error = fails(Flags {
        exclude: vec!["[".into()],
        ..Flags::default()
    });
    assert!(error.contains("--exclude"), "{error}");
}

#[test]
fn what_is_shown_can_be_read_again() {
    let shown = config(FULL).to_string();
    let again = config(&shown);
    assert_eq!(again.selection(), config(FULL).selection(), "{shown}");
    for path in ["cmd/a.go", "internal/a.go", "a.go", "x/a_test.go"] {
        let path = file(path);
        assert_eq!(
            again.selection_for(&path),
            config(FULL).selection_for(&path),
            "{shown}"
        );
    }
    assert_eq!(again.build, config(FULL).build);
    assert_eq!(
        (again.generated, again.tests, &again.baseline),
        (true, false, &config(FULL).baseline)
    );
    assert!(again.excludes(&file("third_party/a.go")));
}

#[test]
fn the_schema_names_every_rule() {
    let text = schema().to_string();
    for meta in crate::catalogue::all() {
        assert!(text.contains(meta.name), "{}", meta.name);
    }
}

#[test]
fn the_examples_of_the_documentation_are_right() {
    let page = include_str!("../../../../docs/configuration.md");
    let examples: Vec<_> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect();
    let (full, parts) = examples.split_first().expect("an example");
    // One of the parts names a file that is not here.
    for part in parts {
        if let Err(error) = parse(part) {
            let text = error.to_string();
            assert!(text.contains("cannot read ci/coord-models.toml"), "{text}");
        }
    }
    let config = config(full);
    assert_eq!(config.baseline, Some(file("ci/known-findings.json")));
    // They show every key of the schema.
    let schema = schema();
    for key in schema["properties"].as_object().expect("properties").keys() {
        assert!(
            examples.iter().any(|text| text.contains(key.as_str())),
            "{key} is not shown"
        );
        assert!(
            page.contains(&format!("`{key}")) || page.contains(&format!("[{key}")),
            "{key} is not described"
        );
    }
}
