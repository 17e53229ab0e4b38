//! What a directive covers: its line, the statement or declaration that starts there or below, or
//! the file.

use go_syntax::walk::Node;
use go_syntax::{Comment, File, Span};

use super::directive::Directive;
use crate::tree::{line_end, line_start, walk_overlapping};

/// The bytes that a directive is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// The whole file.
    File,
    /// What starts within these bytes. For a directive behind code also what ends on its line.
    Part { covered: Span, line: Option<Span> },
    /// Nothing: it stands alone.
    Nothing,
}

impl Scope {
    /// The scope of a directive of `file`.
    pub(crate) fn of(file: &File, directive: &Directive) -> Self {
        if directive.file_wide {
            return Self::File;
        }
        let text = file.text();
        let comment = directive.span;
        let line_start = line_start(text, comment.start);
        if !text[line_start as usize..comment.start as usize]
            .trim()
            .is_empty()
        {
            let line = Span::new(line_start, comment.end);
            let end = end_of_nodes(file, Span::new(line_start, comment.start)).unwrap_or(line.end);
            return Self::Part {
                covered: Span::new(line_start, end.max(line.end)),
                line: Some(line),
            };
        }
        let next = code_after(text, file.comments(), comment);
        let above_package = file
            .package_keyword()
            .is_some_and(|package| comment.end <= package.start);
        match next {
            // A directive above the package clause is for the file, wherever it stands.
            _ if above_package => Self::File,
            Some(at) => {
                let end = end_of_nodes(file, Span::new(at, at + 1)).unwrap_or(at);
                Self::Part {
                    covered: Span::new(at, end.max(line_end(text, at))),
                    line: None,
                }
            }
            None => Self::Nothing,
        }
    }

    /// Whether a finding at `range` is covered.
    pub(crate) fn covers(self, range: Span) -> bool {
        match self {
            Self::File => true,
            Self::Part { covered, line } => {
                covered.covers(range.start)
                    || line.is_some_and(|line| line.start < range.end && range.end <= line.end)
            }
            Self::Nothing => false,
        }
    }
}

/// The first byte of the code that follows an own-line comment with nothing but comments between
/// them: no blank line, no closing brace's line passed over.
fn code_after(text: &str, comments: &[Comment], comment: Span) -> Option<u32> {
    let bytes = text.as_bytes();
    let mut next = comments.partition_point(|other| other.span.start < comment.end);
    let mut at = comment.end as usize;
    let mut newlines = 0;
    loop {
        match bytes.get(at)? {
            b'\n' if newlines == 1 => return None,
            b'\n' => newlines += 1,
            b' ' | b'\t' | b'\r' => {}
            _ => match comments.get(next) {
                Some(other) if other.span.start as usize == at => {
                    next += 1;
                    at = other.span.end as usize;
                    newlines = 0;
                    continue;
                }
                _ => return u32::try_from(at).ok(),
            },
        }
        at += 1;
    }
}

/// The farthest end of the statements, declarations and expressions that start within `starts`.
fn end_of_nodes(file: &File, starts: Span) -> Option<u32> {
    let mut end = None;
    walk_overlapping(file, starts, |node, span| {
        if span.start >= starts.start && !matches!(node, Node::Fields(_)) {
            end = end.max(Some(span.end));
        }
    });
    end
}

#[cfg(test)]
mod tests {
    use go_syntax::{Mode, Source, parse};

    use super::super::directive::directives;
    use super::*;

    /// `text` has one directive. The names `x1`, `x2`, … that are covered, as findings.
    fn covered(text: &str) -> Vec<String> {
        let file = parse(Source::from(text), Mode::Full);
        assert_eq!(file.errors(), [], "{text}");
        let found = directives(&file);
        assert_eq!(found.len(), 1, "{text}");
        let scope = Scope::of(&file, &found[0]);
        let name = |at: usize| {
            text[at..]
                .chars()
                .take_while(|c| c.is_alphanumeric())
                .collect::<String>()
        };
        let places = text
            .match_indices('x')
            .filter(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
        places
            .map(|(at, _)| (at, name(at)))
            .filter(|(at, name)| scope.covers(Span::new(*at as u32, (at + name.len()) as u32)))
            .map(|(_, name)| name)
            .collect()
    }

    fn in_function(body: &str) -> Vec<String> {
        covered(&format!("package p\n\nfunc x0() {{\n{body}\n}}\n"))
    }

    #[test]
    fn behind_code_it_covers_line_and_statement() {
        assert_eq!(in_function("x1()\nx2() //nolint\nx3()"), ["x2"]);
        assert_eq!(in_function("x1(); x2() //nolint\nx3()"), ["x1", "x2"]);
        assert_eq!(
            in_function("for { //nolint\nx1()\nif x2 {\n}\n}\nx3()"),
            ["x1", "x2"]
        );
        assert_eq!(
            in_function("x1(func() { //nolint\nx2()\n})\nx3()"),
            ["x1", "x2"]
        );
        assert_eq!(
            in_function("if x1 {\nx2()\n} else { //nolint\nx3()\n}\nx4()"),
            ["x3"]
        );
        assert_eq!(
            in_function("switch x1 {\ncase x2: //nolint\nx3()\ncase x4:\nx5()\n}"),
            ["x2", "x3"]
        );
        assert_eq!(
            in_function("x1(\nx2,\nfunc() { //nolint\nx3()\n},\nx4)"),
            ["x3"]
        );
    }

    #[test]
    fn behind_the_end_of_a_statement_it_covers_that_statement() {
        let text = "package p\nfunc f() {\n\tdefer func() {\n\t\tg()\n\t}() //nolint\n\th()\n}\n";
        let file = parse(Source::from(text), Mode::Full);
        let scope = Scope::of(&file, &directives(&file)[0]);
        let at = |part: &str| text.find(part).expect("there") as u32;
        assert!(scope.covers(Span::new(at("defer"), at("() //") + 2)));
        assert!(!scope.covers(Span::new(at("g()"), at("g()") + 3)));
        assert!(!scope.covers(Span::new(at("h()"), at("h()") + 3)));
    }

    #[test]
    fn on_a_line_of_its_own_it_covers_what_is_next() {
        assert_eq!(in_function("x1()\n//nolint\nx2()\nx3()"), ["x2"]);
        assert_eq!(
            in_function("x1()\n//nolint\n// more words\n/* and */ x2()\nx3()"),
            ["x2"]
        );
        assert_eq!(in_function("//nolint\nfor {\nx1()\n}\nx2()"), ["x1"]);
        assert_eq!(
            in_function("//nolint\nx1(x2,\nx3)\nx4()"),
            ["x1", "x2", "x3"]
        );
        assert_eq!(
            in_function("switch {\n//nolint\ncase x1:\nx2()\ncase x3:\n}"),
            ["x1", "x2"]
        );
        assert_eq!(
            in_function("x1(\nx2,\n//nolint\nfunc() {\nx3()\n},\nx4)"),
            ["x3"]
        );
        assert_eq!(
            in_function("//nolint\nvar x1 = func() {\nx2()\n}\nx3()"),
            ["x1", "x2"]
        );
        assert_eq!(
            in_function("//nolint\n\nx1()"),
            [""; 0],
            "a blank line ends it"
        );
        assert_eq!(
            in_function("x1()\n//nolint"),
            [""; 0],
            "there is nothing below"
        );
    }

    #[test]
    fn in_a_doc_comment_or_on_the_line_of_func_it_covers_the_function() {
        let tail = "\nfunc x3() { x4() }\n";
        for head in [
            "package p\n\n// x does.\n//nolint\nfunc x1() {\n\tx2()\n}\n",
            "package p\n\n//nolint\n//\n// x does.\nfunc x1() {\n\tx2()\n}\n",
            "package p\n\nfunc x1() { //nolint\n\tx2()\n}\n",
        ] {
            assert_eq!(covered(&format!("{head}{tail}")), ["x1", "x2"], "{head}");
        }
        assert_eq!(
            covered("package p\n\nfunc x1(\n\tx5 int,\n) { //nolint\n\tx2()\n}\n"),
            ["x2"]
        );
        assert_eq!(
            covered("package p\n\nvar (\n\t//nolint\n\tx1 = func() { x2() }\n\tx3 = 1\n)\n"),
            ["x1", "x2"]
        );
    }

    #[test]
    fn above_the_package_clause_it_covers_the_file() {
        assert_eq!(
            covered("//nolint\npackage x1\n\nvar x2 = 1\n"),
            ["x1", "x2"]
        );
        assert_eq!(
            covered("// Words.\n\n//nolint\n\n// Package.\npackage x1\n\nvar x2 = 1\n"),
            ["x1", "x2"]
        );
        assert_eq!(
            covered("package x1\n\n//deferscope:file-ignore all\n\nvar x2 = 1\n"),
            ["x1", "x2"]
        );
        assert_eq!(covered("package x1 //nolint\n\nvar x2 = 1\n"), ["x1"]);
    }
}
