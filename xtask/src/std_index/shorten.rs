//! Source text with parts left out and no more space than it needs.

use go_syntax::Span;

/// A part of a text and what takes its place.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) span: Span,
    pub(super) text: &'static str,
}

/// The text of `span` with the edits, which are sorted and apart, and without space that separates
/// nothing. Line breaks stay where they end something.
pub(super) fn shorten(text: &str, span: Span, edits: &[Edit]) -> String {
    let mut kept = String::new();
    let mut at = span.start;
    for edit in edits {
        if edit.span.start < at || edit.span.end > span.end {
            continue;
        }
        kept.push_str(&text[Span::new(at, edit.span.start).range()]);
        kept.push_str(edit.text);
        at = edit.span.end;
    }
    kept.push_str(&text[Span::new(at, span.end).range()]);
    without_space(&kept)
}

fn without_space(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | '\t' | '\r' | '\n' => {
                let end = rest.find(|c| !matches!(c, ' ' | '\t' | '\r' | '\n'));
                let space = &rest[..end.unwrap_or(rest.len())];
                if let (Some(before), Some(after)) =
                    (out.chars().next_back(), rest[space.len()..].chars().next())
                {
                    if space.contains('\n') {
                        if !ends_nothing(before) && !matches!(after, ')' | '}') {
                            out.push('\n');
                        }
                    } else if !stands_alone(before) && !stands_alone(after) {
                        out.push(' ');
                    }
                }
                space.len()
            }
            '"' | '\'' | '`' => literal_length(rest, first),
            other => other.len_utf8(),
        };
        if !first.is_ascii_whitespace() {
            out.push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    out
}

/// After this no semicolon is put in at the end of a line.
fn ends_nothing(c: char) -> bool {
    matches!(
        c,
        '{' | '(' | '[' | ',' | ';' | '=' | '|' | '&' | '*' | '/' | '<' | '>' | '.' | ':'
    ) || c == '\n'
}

/// This is a token of its own whatever stands beside it.
fn stands_alone(c: char) -> bool {
    matches!(c, ',' | ';' | '(' | ')' | '{' | '}' | '[' | ']' | '\n')
}

/// The bytes of the literal that `text` starts with.
fn literal_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str, cuts: &[(u32, u32, &'static str)]) -> String {
        let edit = |&(start, end, text)| Edit {
            span: Span::new(start, end),
            text,
        };
        let edits: Vec<Edit> = cuts.iter().map(edit).collect();
        shorten(text, Span::new(0, text.len() as u32), &edits)
    }

    #[test]
    fn space_stays_where_it_separates() {
        assert_eq!(
            short("func  F( a ,b  int ) ( x  chan  int )", &[]),
            "func F(a,b int)(x chan int)"
        );
        assert_eq!(short("a  =  - - b", &[]), "a = - - b");
        assert_eq!(
            short("struct {\n\tA   int\n\n\tB  `json:\"a  b\"`\n}", &[]),
            "struct{A int\nB `json:\"a  b\"`}"
        );
        assert_eq!(short("' '  +  \" \\\"  \"", &[]), "' ' + \" \\\"  \"");
    }

    #[test]
    fn edits_stand_in_for_what_was_there() {
        assert_eq!(short("a/* x */b", &[(1, 8, " ")]), "a b");
        assert_eq!(short("a/*\n*/b", &[(1, 6, "\n")]), "a\nb");
        assert_eq!(short("a // x\nb", &[(2, 6, " ")]), "a\nb");
        assert_eq!(short("a{1, 2}", &[(2, 6, " ")]), "a{}");
    }
}
