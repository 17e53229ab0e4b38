//! Whatever findings say and wherever they are, every format stays well-formed.

use std::sync::Arc;

use diagnostics::{Applicability, ByteRange, Category, Diagnostic, Edit, Fix, Related, Severity};
use proptest::prelude::*;
use report::Format;
use serde_json::Value;

use crate::sample::Report;
use crate::xml_schemas::well_formed;

const PATHS: [&str; 4] = ["a.go", "b/é ü.go", "gone.go", "c:,%\n<&>\".go"];

/// Pieces that have a meaning somewhere, among ordinary and arbitrary ones.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("]]>"),
        Just("<!--"),
        Just("\""),
        Just("'"),
        Just("&"),
        Just("<a b=\"c\">"),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just("\t"),
        Just("\0"),
        Just("\u{1b}[31m"),
        Just("\u{7f}"),
        Just("\u{9b}"),
        Just("{0}"),
        Just("}"),
        Just("[a](b)"),
        Just("\\"),
        Just("%0A"),
        Just("::"),
        Just(","),
        Just("😀"),
        Just("👩‍👩‍👧"),
        Just("e\u{301}"),
        Just("日本語"),
        Just("\u{202e}ab\u{2066}"),
        Just("עברית"),
        Just("\u{feff}"),
        Just("\u{fffe}"),
        Just("\u{2028}"),
        Just("\u{200b}"),
        Just("word"),
        Just(" "),
        Just(""),
    ];
    let arbitrary = any::<String>();
    prop_oneof![
        4 => prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()),
        1 => arbitrary,
    ]
}

fn source() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        text().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..20),
        Just(b"\tdefer f.Close()".to_vec()),
        Just("日本".repeat(400).into_bytes()),
        Just(vec![0x80; 700]),
    ];
    prop::collection::vec(line, 0..60).prop_map(|lines| lines.join(&b'\n'))
}

/// Mostly within the files, sometimes beyond or backwards.
fn range() -> impl Strategy<Value = ByteRange> {
    let offset = || prop_oneof![9 => 0u32..600, 3 => 0u32..6_000, 1 => any::<u32>()];
    (offset(), offset()).prop_map(|(start, end)| ByteRange { start, end })
}

fn path() -> impl Strategy<Value = Arc<std::path::PathBuf>> {
    prop::sample::select(&PATHS[..]).prop_map(|path| Arc::new(path.into()))
}

fn fix() -> impl Strategy<Value = Fix> {
    let applicability = prop::sample::select(vec![
        Applicability::Safe,
        Applicability::Unsafe,
        Applicability::DisplayOnly,
    ]);
    let edit = (prop::option::of(path()), range(), text()).prop_map(|(path, range, text)| Edit {
        path,
        range,
        text,
    });
    (applicability, text(), prop::collection::vec(edit, 0..4)).prop_map(
        |(applicability, description, edits)| Fix {
            applicability,
            description,
            edits,
        },
    )
}

fn diagnostic() -> impl Strategy<Value = Diagnostic> {
    let related =
        (prop::option::of(path()), range(), text()).prop_map(|(path, range, message)| Related {
            path,
            range,
            message,
        });
    let severity = prop::sample::select(vec![Severity::Note, Severity::Warning, Severity::Error]);
    let rule = prop::sample::select(vec!["defer-in-loop", "not-listed"]);
    let place = (path(), range(), prop::collection::vec(related, 0..5));
    let texts = (text(), text(), prop::option::of(text()), text());
    let category = prop::sample::select(Category::ALL);
    (
        rule,
        category,
        severity,
        place,
        texts,
        prop::option::of(fix()),
    )
        .prop_map(
            |(rule, category, severity, (path, range, related), texts, fix)| {
                let (function, message, help, fingerprint) = texts;
                // Rules always say something.
                let message = format!("m{message}");
                Diagnostic {
                    rule,
                    category,
                    severity,
                    path,
                    range,
                    function,
                    message,
                    help,
                    related,
                    fix,
                    fingerprint,
                    evidence: None,
                }
            },
        )
}

fn reports() -> impl Strategy<Value = Report> {
    let findings = prop::collection::vec(diagnostic(), 0..6);
    (findings, source(), source(), source()).prop_map(|(diagnostics, a, b, c)| {
        let report = Report::new()
            .file(PATHS[0], a)
            .file(PATHS[1], b)
            .file(PATHS[3], c);
        Report {
            diagnostics,
            ..report
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_format_stays_well_formed(report in reports()) {
        let findings = report.diagnostics.len();

        let lines = report.render(Format::Json);
        prop_assert_eq!(lines.lines().count(), findings);
        for (line, diagnostic) in lines.lines().zip(&report.diagnostics) {
            let line: Value = serde_json::from_str(line).expect("a JSON line");
            prop_assert_eq!(line["message"].as_str(), Some(&*diagnostic.message));
        }

        let sarif = report.json(Format::Sarif);
        prop_assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(findings));
        prop_assert_eq!(report.json(Format::Gitlab).as_array().map(Vec::len), Some(findings));
        let rdjson = report.json(Format::Rdjson);
        prop_assert_eq!(rdjson["diagnostics"].as_array().map(Vec::len), Some(findings));

        for format in [Format::Junit, Format::Checkstyle] {
            let document = report.render(format);
            if let Err(error) = well_formed(format, &document) {
                prop_assert!(false, "{}: {}", error, document);
            }
        }

        // A `\r` would end a command too.
        let commands = report.render(Format::Github);
        prop_assert_eq!(commands.lines().count(), findings);
        prop_assert!(!commands.contains('\r'));
        for command in commands.lines() {
            let severities = ["::error ", "::warning ", "::notice "];
            prop_assert!(severities.iter().any(|severity| command.starts_with(severity)));
            let (properties, _) = command[2..].split_once("::").expect("a message");
            prop_assert!(properties.split(',').all(|property| property.contains('=')));
        }

        prop_assert_eq!(report.render(Format::Concise).lines().count(), findings);
    }

    #[test]
    fn text_is_safe_to_print(report in reports(), width in prop::option::of(0usize..300)) {
        let report = Report { width, ..report };
        for format in [Format::Text, Format::Concise] {
            let text = report.render(format);
            let unsafe_char = text.chars().find(|&c| {
                (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            prop_assert_eq!(unsafe_char, None, "{}", text);
        }
        let text = report.render(Format::Text);
        for diagnostic in &report.diagnostics {
            let title = format!("{}[{}]: ", diagnostic.severity.as_str(), diagnostic.rule);
            prop_assert!(text.contains(&title), "{}", text);
        }
    }

    #[test]
    fn colour_changes_nothing_but_colour(report in reports()) {
        let plain = report.render(Format::Text);
        let painted = Report { color: true, ..report }.render(Format::Text);
        prop_assert_eq!(without_colour(&painted), plain);
    }
}

/// Drops `ESC [ … m`, the only sequence that colour needs.
fn without_colour(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (codes, rest) = piece.split_once('m').expect("the sequence ends");
        assert!(
            codes.chars().all(|c| c.is_ascii_digit() || c == ';'),
            "{codes:?}"
        );
        plain.push_str(rest);
    }
    plain
}
