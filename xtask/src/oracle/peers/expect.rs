//! What test data expects, as its authors wrote it.

use std::path::Path;

use anyhow::{Context, Result};
use go_syntax::{File, Mode, Source, parse};

use super::list::Form;

/// Something that is to be reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Expectation {
    pub(super) line: u32,
    pub(super) text: String,
}

/// A file of test data.
pub(super) struct Expected {
    pub(super) all: Vec<Expectation>,
    /// First and last lines of the top-level declarations.
    declarations: Vec<(u32, u32)>,
}

impl Expected {
    /// Reads a file, and the list of results beside it where the form says so.
    pub(super) fn read(path: &Path, form: Form) -> Result<Self> {
        let reading = |path: &Path| format!("reading {}", path.display());
        let text = std::fs::read_to_string(path).with_context(|| reading(path))?;
        let mut expected = Self::of(&text, form);
        if form == Form::Listed {
            let list = path.with_file_name("expected_results.txt");
            let list = std::fs::read_to_string(&list).with_context(|| reading(&list))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            expected.all = listed(&list, &name);
        }
        Ok(expected)
    }

    /// The expectations in the comments of a text.
    pub(super) fn of(text: &str, form: Form) -> Self {
        let file = parse(Source::from(text), Mode::Full);
        let lines = file.line_index();
        let mut all = Vec::new();
        for comment in file.comments() {
            let line = lines.line(comment.span.start);
            let (line, texts) = match form {
                // Of the code, the next line.
                Form::Above => (
                    lines.line(comment.span.end) + 1,
                    above(file.span_text(comment.span)),
                ),
                _ => (line, in_comment(file.span_text(comment.span), form)),
            };
            all.extend(texts.into_iter().map(|text| Expectation { line, text }));
        }
        Self {
            all,
            declarations: declarations(&file),
        }
    }

    /// Whether both lines lie in one top-level declaration.
    pub(super) fn together(&self, one: u32, other: u32) -> bool {
        let within = |(first, last): &(u32, u32)| {
            (*first..=*last).contains(&one) && (*first..=*last).contains(&other)
        };
        self.declarations.iter().any(within)
    }
}

fn declarations(file: &File) -> Vec<(u32, u32)> {
    let lines = file.line_index();
    let range = |&id: &go_syntax::DeclId| {
        let span = file.decl(id).span;
        (lines.line(span.start), lines.line(span.end))
    };
    file.top_decls().iter().map(range).collect()
}

/// The expectations that a comment beside the code holds.
fn in_comment(comment: &str, form: Form) -> Vec<String> {
    let Some(body) = comment.strip_prefix("//") else {
        return Vec::new();
    };
    let body = body.trim();
    match form {
        // `want` may follow other words, as in `// L15 want "…"`.
        Form::Want => match body.split_once("want ") {
            Some((_, rest)) => quoted(rest),
            None => Vec::new(),
        },
        Form::Diag => match body.strip_prefix('@') {
            Some(rest) => rest.split("diag(").skip(1).flat_map(first_quoted).collect(),
            None => Vec::new(),
        },
        Form::Match => match body.strip_prefix("MATCH /") {
            Some(rest) => vec![
                rest.rsplit_once('/')
                    .map_or(rest, |(text, _)| text)
                    .to_owned(),
            ],
            None => Vec::new(),
        },
        Form::Unchecked if body.starts_with("UNCHECKED") => vec![body.to_owned()],
        Form::Alert => match body.strip_prefix("$ Alert") {
            Some(_) => vec![body.to_owned()],
            None => Vec::new(),
        },
        Form::Unchecked | Form::Above | Form::Listed => Vec::new(),
    }
}

fn above(comment: &str) -> Vec<String> {
    let text = comment
        .strip_prefix("/*!")
        .and_then(|rest| rest.strip_suffix("*/"));
    text.into_iter()
        .map(|text| text.trim().to_owned())
        .collect()
}

/// All of `"a" "b"` or of the same in backquotes.
fn quoted(mut rest: &str) -> Vec<String> {
    let mut all = Vec::new();
    while let Some((text, after)) = next_quoted(rest) {
        all.push(text.to_owned());
        rest = after;
    }
    all
}

fn first_quoted(text: &str) -> Option<String> {
    next_quoted(text).map(|(text, _)| text.to_owned())
}

/// The text in quotes with which `text` begins, and what follows it.
fn next_quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '`'))?;
    let inner = &text[1..];
    let mut escaped = false;
    let end = inner.find(|c: char| {
        let ends = c == quote && !escaped;
        escaped = quote == '"' && c == '\\' && !escaped;
        ends
    })?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// The results listed for the file `name`.
fn listed(list: &str, name: &str) -> Vec<Expectation> {
    let one = |line: &str| {
        let mut parts = line.splitn(4, ':');
        let path = Path::new(parts.next()?);
        let line = parts.next()?.parse().ok()?;
        let (_, text) = (parts.next()?, parts.next()?);
        (path.file_name()? == name).then(|| Expectation {
            line,
            text: text.trim().to_owned(),
        })
    };
    list.lines().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str, form: Form) -> Vec<(u32, String)> {
        let text = format!("package p\n\nfunc f() {{\n\t{line}\n}}\n\nfunc g() {{\n}}\n");
        let expected = Expected::of(&text, form);
        assert!(expected.together(3, 5));
        assert!(!expected.together(5, 7));
        let pair = |one: Expectation| (one.line, one.text);
        expected.all.into_iter().map(pair).collect()
    }

    #[test]
    fn each_form_is_read() {
        let one = |text: &str| vec![(4, text.to_owned())];
        assert_eq!(texts(r#"g() // want "a b""#, Form::Want), one("a b"));
        assert_eq!(
            texts(r#"g() // want "a \"x" `b\`"#, Form::Want),
            [(4, r#"a \"x"#.into()), (4, r"b\".into())]
        );
        assert_eq!(texts("g() //@ diag(`a (b)`)", Form::Diag), one("a (b)"));
        assert_eq!(
            texts("/*! a b */\n\tg()", Form::Above),
            [(5, "a b".to_owned())]
        );
        assert_eq!(texts("g() // MATCH /a/", Form::Match), one("a"));
        assert_eq!(texts("g() //MATCH /a/b/", Form::Match), one("a/b"));
        assert_eq!(texts("g() // UNCHECKED", Form::Unchecked), one("UNCHECKED"));
        assert_eq!(texts("g() // $ Alert=w", Form::Alert), one("$ Alert=w"));
    }

    #[test]
    fn what_is_no_expectation_is_none() {
        for (line, form) in [
            ("g() // OK", Form::Want),
            ("println(`// want \"x\"`)", Form::Want),
            ("g() // nobody wants it", Form::Want),
            ("// diag(`x`)", Form::Diag),
            ("/* a */\n\tg()", Form::Above),
            ("g() // $ SPURIOUS: Alert", Form::Alert),
            ("g() // $ Source", Form::Alert),
        ] {
            assert_eq!(texts(line, form), [], "{line}");
        }
    }

    #[test]
    fn results_are_listed_beside_the_files() {
        let list = "# a heading\ntestdata/x/a.go:8:26: not closed\ntestdata/x/b.go:9:1: other\n";
        let expected = Expectation {
            line: 8,
            text: "not closed".into(),
        };
        assert_eq!(listed(list, "a.go"), [expected]);
    }
}
