//! The cases in `testdata/RULE/*.go`.
//!
//! A line that ends in `// want` must be reported, exactly once; `// want "text"` must be reported
//! with a message that contains the text; nothing else may be reported. `// want-types` marks what
//! is only found with the standard library's declarations at hand, and `// bug` what is reported
//! wrongly and known to be (see docs/known-gaps.md), `// bug-types` only with declarations; `// bug-missed` marks what should be reported
//! and is not. A line `// go: 1.N` sets the language version, which is the newest otherwise.

use std::path::{Path, PathBuf};

use diagnostics::Applicability;
use rules::Rule;

use super::harness::{Input, apply, loaders, run};

const NEWEST: u32 = 27;

struct Expectation<'a> {
    line: u32,
    text: Option<&'a str>,
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// The cases of a rule; none is a failure.
fn cases_of(rule: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(testdata().join(rule))
        .into_iter()
        .flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "go"));
    paths.sort();
    paths
}

fn expectations(text: &str, with_types: bool) -> Vec<Expectation<'_>> {
    let mut expected = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, marker)) = line.rsplit_once("// ") else {
            continue;
        };
        let rest = match marker
            .split_once(' ')
            .map_or((marker, ""), |(word, rest)| (word, rest))
        {
            ("want" | "bug", rest) => rest,
            ("want-types" | "bug-types", rest) if with_types => rest,
            _ => continue,
        };
        let text = rest
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        assert!(
            rest.is_empty() || text.is_some(),
            "line {}: malformed marker {marker:?}",
            index + 1
        );
        expected.push(Expectation {
            line: u32::try_from(index + 1).expect("short file"),
            text,
        });
    }
    expected
}

/// The text with spaces for markers: a rule that looks at comments must not see them.
fn without_markers(text: &str) -> String {
    let blank = |line: &str| match line.rsplit_once("// ") {
        Some((code, marker)) if marker.starts_with("want") || marker.starts_with("bug") => {
            format!("{code}{}", " ".repeat(line.len() - code.len()))
        }
        _ => line.to_owned(),
    };
    text.split('\n').map(blank).collect::<Vec<_>>().join("\n")
}

fn language_version(text: &str) -> u32 {
    let version = text.lines().find_map(|line| line.strip_prefix("// go: 1."));
    version.map_or(NEWEST, |minor| minor.trim().parse().expect("a number"))
}

#[test]
fn every_rule_finds_what_its_cases_say() {
    let mut failures = Vec::new();
    for (loader_name, loader) in loaders() {
        for &rule in rules::all_rules() {
            let (mut positive, mut negative) = (false, false);
            for path in cases_of(rule.meta().name) {
                let text = std::fs::read_to_string(&path).expect("readable case");
                let code = without_markers(&text);
                let input = Input {
                    path: &path,
                    text: &code,
                    go: language_version(&text),
                };
                let expected = expectations(&text, loader_name != "no packages");
                positive |= !expectations(&text, true).is_empty();
                negative |= text.lines().count() > expected.len() + 5;
                let found = run(rule, &input, &*loader);
                let lines = go_syntax::LineIndex::new(&text);
                let place = |line: u32| format!("{}:{line} (with {loader_name})", path.display());
                for want in &expected {
                    let here: Vec<_> = found
                        .iter()
                        .filter(|d| lines.line(d.range.start) == want.line)
                        .collect();
                    match (here.as_slice(), want.text) {
                        ([one], Some(text)) if !one.message.contains(text) => {
                            failures.push(format!(
                                "{}: want {text:?}, got {:?}",
                                place(want.line),
                                one.message
                            ));
                        }
                        ([_], _) => {}
                        (many, _) => failures.push(format!(
                            "{}: reported {} times, want 1",
                            place(want.line),
                            many.len()
                        )),
                    }
                }
                for d in &found {
                    let line = lines.line(d.range.start);
                    if !expected.iter().any(|want| want.line == line) {
                        failures.push(format!("{}: unexpected: {}", place(line), d.message));
                    }
                }
                failures
                    .extend(check_wording(&found).map(|why| format!("{}: {why}", path.display())));
                if let Some(why) = check_fixes(rule, &input, &*loader) {
                    failures.push(format!("{}: {why}", path.display()));
                }
            }
            if !positive || !negative {
                failures.push(format!(
                    "{}: needs cases that are reported and cases that are not",
                    rule.meta().name
                ));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn check_wording(found: &[diagnostics::Diagnostic]) -> impl Iterator<Item = String> + '_ {
    found
        .iter()
        .flat_map(|d| {
            std::iter::once(&d.message)
                .chain(&d.help)
                .chain(d.related.iter().map(|r| &r.message))
        })
        .filter_map(|text| {
            let bad = text.is_empty() || text.ends_with('.') || text.contains('\n');
            bad.then(|| format!("a message is one line without a full stop: {text:?}"))
        })
}

/// Applies fixes until there are none; each round must leave fewer findings, and valid Go.
fn check_fixes(
    rule: &'static dyn Rule,
    input: &Input<'_>,
    loader: &dyn go_types::Loader,
) -> Option<String> {
    let mut text = input.text.to_owned();
    for _ in 0..100 {
        let found = run(
            rule,
            &Input {
                text: &text,
                ..*input
            },
            loader,
        );
        let fix = found.iter().find_map(|d| {
            d.fix
                .as_ref()
                .filter(|fix| fix.applicability != Applicability::DisplayOnly)
        })?;
        let fixed = apply(&text, &fix.edits);
        let file = go_syntax::parse(
            go_syntax::Source::from(fixed.as_str()),
            go_syntax::Mode::Full,
        );
        if let Some(error) = file.errors().first() {
            return Some(format!(
                "fix {:?} breaks the file: {}\n{fixed}",
                fix.description, error.message
            ));
        }
        let after = run(
            rule,
            &Input {
                text: &fixed,
                ..*input
            },
            loader,
        );
        if after.len() >= found.len() {
            return Some(format!(
                "fix {:?} leaves {} findings of {}\n{fixed}",
                fix.description,
                after.len(),
                found.len()
            ));
        }
        text = fixed;
    }
    Some("fixes do not come to an end".to_owned())
}
