//! Fingerprints: what makes a finding the same finding after the file has changed around it.
//!
//! They are made of the rule, the file's name in its package, the enclosing function, the first line
//! of the flagged statement without spaces and comments, and a count among findings that are equal
//! in all of this. No line number takes part.

use diagnostics::Diagnostic;
use go_syntax::walk::Node;
use go_syntax::{File, Span};
use rustc_hash::FxHashMap;

use crate::tree::{line_end, walk_overlapping};

/// Fills in the fingerprints of the findings in one file, which have to be sorted by position.
/// `home` names the file independently of the folder that deferscope runs in.
pub(crate) fn fill_in(findings: &mut [Diagnostic], file: &File, home: &str) {
    let mut seen: FxHashMap<u128, u32> = FxHashMap::default();
    for finding in findings {
        let mut hash = Fnv::default();
        for part in [finding.rule, home, &finding.function] {
            hash.part(part.as_bytes());
        }
        let range = Span::new(finding.range.start, finding.range.end);
        hash.without_spaces(file, first_line(file, statement(file, range)));
        let count = seen.entry(hash.0).or_insert(0);
        hash.part(&count.to_le_bytes());
        *count += 1;
        finding.fingerprint = format!("{:032x}", hash.0);
    }
}

/// The innermost statement around a range; the range itself outside of statements.
fn statement(file: &File, range: Span) -> Span {
    let mut innermost = range;
    let probe = if range.is_empty() {
        Span::new(range.start, range.start.saturating_add(1))
    } else {
        range
    };
    walk_overlapping(file, probe, |node, span| {
        if matches!(node, Node::Stmt(_)) && span.contains(range) {
            innermost = span;
        }
    });
    innermost
}

fn first_line(file: &File, span: Span) -> Span {
    Span::new(span.start, span.end.min(line_end(file.text(), span.start)))
}

/// FNV-1a with 128 bits: stable for all time and on all machines.
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    fn byte(&mut self, byte: u8) {
        self.0 =
            (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }

    /// A part that cannot run into the next one: no part contains a NUL.
    fn part(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.byte(byte));
        self.byte(0);
    }

    fn without_spaces(&mut self, file: &File, span: Span) {
        let comments = file.comments();
        let mut next = comments.partition_point(|comment| comment.span.end <= span.start);
        let mut at = span.start as usize;
        let bytes = file.text().as_bytes();
        while at < span.end as usize {
            match comments.get(next) {
                Some(comment) if comment.span.start as usize <= at => {
                    at = comment.span.end as usize;
                    next += 1;
                }
                _ => {
                    if !bytes[at].is_ascii_whitespace() {
                        self.byte(bytes[at]);
                    }
                    at += 1;
                }
            }
        }
        self.byte(0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use diagnostics::{ByteRange, Category, Severity};
    use go_syntax::{Mode, Source, parse};

    use super::*;

    /// The fingerprints of findings at each `defer` of a text.
    fn of(text: &str, rule: &'static str, home: &str, function: &str) -> Vec<String> {
        let file = parse(Source::from(text), Mode::Full);
        let path = Arc::new("a.go".into());
        let mut findings: Vec<Diagnostic> = text
            .match_indices("defer")
            .map(|(at, word)| Diagnostic {
                rule,
                category: Category::Placement,
                severity: Severity::Warning,
                path: Arc::clone(&path),
                range: ByteRange {
                    start: at as u32,
                    end: (at + word.len()) as u32,
                },
                function: function.to_owned(),
                message: String::new(),
                help: None,
                related: Vec::new(),
                fix: None,
                fingerprint: String::new(),
                evidence: None,
            })
            .collect();
        fill_in(&mut findings, &file, home);
        findings
            .into_iter()
            .map(|finding| finding.fingerprint)
            .collect()
    }

    fn one(text: &str) -> String {
        let found = of(text, "r", "p/a.go", "f");
        assert_eq!(found.len(), 1);
        found.into_iter().next().unwrap_or_default()
    }

    const TEXT: &str = "package p\nfunc f() {\n\tdefer g(1, 2)\n}\n";

    #[test]
    fn what_does_not_matter_does_not_change_them() {
        for same in [
            "package p\n\n// Words.\nfunc f() {\n\n\n\tx()\n\tdefer g(1, 2) // more\n}\n",
            "package p\nfunc f() {\n\tif x {\n\t\tdefer  g( 1,2 )\n\t}\n}\n",
            "package p\nfunc f() {\n\tdefer /* why */ g(1, 2); x()\n}\n",
        ] {
            assert_eq!(one(same), one(TEXT), "{same}");
        }
        assert_eq!(one(TEXT).len(), 32);
        assert!(one(TEXT).bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn the_body_of_a_literal_does_not_matter() {
        let with = |body: &str| {
            one(&format!(
                "package p\nfunc f() {{\n\tdefer func() {{\n{body}\n\t}}()\n}}\n"
            ))
        };
        assert_eq!(with("a()"), with("b()\nc()"));
    }

    #[test]
    fn what_matters_changes_them() {
        let base = one(TEXT);
        assert_ne!(one("package p\nfunc f() {\n\tdefer g(1, 3)\n}\n"), base);
        assert_ne!(of(TEXT, "q", "p/a.go", "f")[0], base);
        assert_ne!(of(TEXT, "r", "p/b.go", "f")[0], base);
        assert_ne!(of(TEXT, "r", "p/a.go", "h")[0], base);
    }

    #[test]
    fn equals_are_counted() {
        let found = of(
            "package p\nfunc f() {\n\tdefer g()\n\tdefer g()\n\tdefer h()\n}\n",
            "r",
            "p",
            "f",
        );
        assert_ne!(found[0], found[1]);
        let moved = of(
            "package p\nfunc f() {\n\tdefer h()\n\tdefer g()\n\tx()\n\tdefer g()\n}\n",
            "r",
            "p",
            "f",
        );
        assert_eq!(
            [&moved[1], &moved[2], &moved[0]],
            [&found[0], &found[1], &found[2]]
        );
    }

    #[test]
    fn they_do_not_change_from_one_release_to_the_next() {
        // Baselines are committed to repositories: if this fails, they all become worthless.
        let mut hash = Fnv::default();
        hash.part(b"");
        assert_eq!(
            format!("{:032x}", hash.0),
            "d228cb69101a8caf78912b704e4a147f",
            "FNV-1a of one zero byte"
        );
    }
}
