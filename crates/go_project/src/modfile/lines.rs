//! The lines that `go.mod` and `go.work` are made of: a verb and its arguments, alone or in a block.

use std::borrow::Cow;

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ModFileError {
    /// A string without its end.
    #[error("a string is not closed")]
    OpenString,
    /// A string that is not one of Go's.
    #[error("`{0}` is not a string of Go")]
    BadString(String),
    /// `/* */`.
    #[error("`/* */` comments are not allowed here")]
    BlockComment,
    /// A character that no token starts with.
    #[error("unexpected character {0:?}")]
    BadCharacter(char),
    /// `verb (` without its `)`.
    #[error("the block `{0} (` is not closed")]
    OpenBlock(String),
    /// `)` without its `(`.
    #[error("`)` without a block")]
    StrayParen,
    /// Something after the `)` of a block.
    #[error("unexpected text after `)`")]
    AfterParen,
    /// A left-over of a merge.
    #[error("a conflict marker of a merge")]
    ConflictMarker,
    /// A verb that does not exist.
    #[error("unknown directive `{0}`")]
    UnknownDirective(String),
    /// A directive that may stand once only.
    #[error("`{0}` is stated twice")]
    Repeated(&'static str),
    /// A directive with the wrong arguments.
    #[error("`{verb}` should read `{usage}`")]
    Usage {
        /// The directive.
        verb: &'static str,
        /// How it is written.
        usage: &'static str,
    },
    /// A version of Go that is not one.
    #[error("`{0}` is not a version of Go")]
    BadGoVersion(String),
    /// A version of a module that is not one.
    #[error("`{0}` is not a version of a module")]
    BadVersion(String),
    /// A replacement without version that is not a folder.
    #[error("the replacement `{0}` has no version and is not a folder")]
    BadReplacement(String),
    /// The file does not name its module.
    #[error("the module is not named")]
    NoModule,
}

impl ModFileError {
    /// What to do about it. One sentence, no full stop.
    pub fn help(&self) -> &'static str {
        match self {
            Self::OpenString => "close it with the same quote on the same line",
            Self::BadString(_) => "remove the quotes, or write valid escapes",
            Self::BlockComment => "use `//`",
            Self::BadCharacter(_) => "remove it, or quote the word",
            Self::OpenBlock(_) => "add a line with `)`",
            Self::StrayParen => "remove it, or open a block with `verb (`",
            Self::AfterParen => "put it on a line of its own",
            Self::ConflictMarker => {
                "resolve the conflict; until then the lines of both sides are used"
            }
            Self::UnknownDirective(_) => "correct the spelling or remove the line",
            Self::Repeated(_) => "keep one of them; the first one is used",
            Self::Usage { .. } => "correct the line; it is ignored until then",
            Self::BadGoVersion(_) => "write it like `1.23` or `1.23.4`",
            Self::BadVersion(_) => "write a full version like `v1.2.3`, or run `go mod tidy`",
            Self::BadReplacement(_) => "start a folder with `./` or `../`, or add a version",
            Self::NoModule => "add a line `module example.com/path`",
        }
    }
}

/// An error and the line, from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {error}")]
pub struct LineError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub error: ModFileError,
}

/// One directive: those of a block are given one by one, each with the verb of the block.
#[derive(Debug)]
pub(super) struct Directive<'a> {
    pub(super) verb: Cow<'a, str>,
    pub(super) args: Vec<Cow<'a, str>>,
    /// The comment at the end of the line, without `//`.
    pub(super) comment: &'a str,
    pub(super) line: u32,
}

/// Splits a file into directives.
pub(super) fn directives<'a>(text: &'a str, errors: &mut Vec<LineError>) -> Vec<Directive<'a>> {
    let mut all = Vec::new();
    let mut block: Option<(Cow<'a, str>, u32)> = None;
    for (number, line) in (1u32..).zip(text.trim_start_matches('\u{feff}').split('\n')) {
        let mut fail = |error| {
            errors.push(LineError {
                line: number,
                error,
            });
        };
        if is_conflict_marker(line) {
            fail(ModFileError::ConflictMarker);
            continue;
        }
        let (mut words, comment) = match split(line) {
            Ok(split) => split,
            Err(error) => {
                fail(error);
                continue;
            }
        };
        if words.is_empty() {
            continue;
        }
        if words[0].is_punctuation(")") {
            if block.take().is_none() {
                fail(ModFileError::StrayParen);
            } else if words.len() > 1 {
                fail(ModFileError::AfterParen);
            }
            continue;
        }
        if let Some((verb, _)) = &block {
            let args = words.into_iter().map(|word| word.text).collect();
            all.push(Directive {
                verb: verb.clone(),
                args,
                comment,
                line: number,
            });
            continue;
        }
        let verb = words.remove(0).text;
        match words.as_slice() {
            [open] if open.is_punctuation("(") => block = Some((verb, number)),
            [open, close] if open.is_punctuation("(") && close.is_punctuation(")") => {}
            _ => {
                let args = words.into_iter().map(|word| word.text).collect();
                all.push(Directive {
                    verb,
                    args,
                    comment,
                    line: number,
                });
            }
        }
    }
    if let Some((verb, line)) = block {
        errors.push(LineError {
            line,
            error: ModFileError::OpenBlock(verb.into_owned()),
        });
    }
    all
}

fn is_conflict_marker(line: &str) -> bool {
    ["<<<<<<< ", ">>>>>>> ", "||||||| "]
        .iter()
        .any(|marker| line.starts_with(marker))
        || line.trim_end() == "======="
}

struct Word<'a> {
    text: Cow<'a, str>,
    quoted: bool,
}

impl Word<'_> {
    fn is_punctuation(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }
}

/// Splits a line into words and the comment that ends it.
fn split(line: &str) -> Result<(Vec<Word<'_>>, &str), ModFileError> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r']);
        if let Some(comment) = rest.strip_prefix("//") {
            return Ok((words, comment.trim()));
        }
        let Some(first) = rest.chars().next() else {
            return Ok((words, ""));
        };
        let (text, length, quoted) = match first {
            '"' | '`' => {
                let length = quoted_length(rest, first).ok_or(ModFileError::OpenString)?;
                let inner = &rest[1..length - 1];
                let text = if first == '"' && inner.contains('\\') {
                    let bad = || ModFileError::BadString(rest[..length].to_owned());
                    Cow::Owned(unescape(inner).ok_or_else(bad)?)
                } else {
                    Cow::Borrowed(inner)
                };
                (text, length, true)
            }
            '(' | ')' | '[' | ']' | '{' | '}' | ',' => (Cow::Borrowed(&rest[..1]), 1, false),
            _ => {
                let length = word_length(rest);
                if length == 0 {
                    let block = rest.starts_with("/*");
                    let bad = ModFileError::BadCharacter(first);
                    return Err(if block {
                        ModFileError::BlockComment
                    } else {
                        bad
                    });
                }
                (Cow::Borrowed(&rest[..length]), length, false)
            }
        };
        words.push(Word { text, quoted });
        rest = &rest[length..];
    }
}

/// The length of the string at the start, with both quotes.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return Some(at + 1);
        }
    }
    None
}

/// The length of the bare word at the start. A comment ends it, even without a space before.
fn word_length(text: &str) -> usize {
    let comment = ["//", "/*"].iter().filter_map(|mark| text.find(mark)).min();
    let stop =
        text.find(|c: char| c.is_whitespace() || c.is_control() || "()[]{},\u{fffd}".contains(c));
    comment.into_iter().chain(stop).min().unwrap_or(text.len())
}

/// The value of an interpreted string; paths and versions need no more escapes than these.
fn unescape(text: &str) -> Option<String> {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        let digits = match chars.next()? {
            '\\' => {
                value.push('\\');
                continue;
            }
            '"' => {
                value.push('"');
                continue;
            }
            't' => {
                value.push('\t');
                continue;
            }
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return None,
        };
        let digits: String = chars.by_ref().take(digits).collect();
        value.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> (Vec<String>, Vec<LineError>) {
        let mut errors = Vec::new();
        let lines = directives(text, &mut errors)
            .iter()
            .map(|d| {
                let comment = if d.comment.is_empty() {
                    String::new()
                } else {
                    format!(" // {}", d.comment)
                };
                format!("{}: {} {}{comment}", d.line, d.verb, d.args.join("|"))
            })
            .collect();
        (lines, errors)
    }

    #[test]
    fn lines_blocks_strings_and_comments() {
        let (lines, errors) = flat(
            "\u{feff}// top\nmodule \"a b\"// name\r\n\nrequire (\n\tx v1 // indirect\r\n\n\t`y z` \"v\\u0032\"\n) // end\n\
             retract [v1, v2]\nempty ()\nreplace a//b\n",
        );
        assert_eq!(errors, []);
        assert_eq!(
            lines,
            [
                "2: module a b // name",
                "5: require x|v1 // indirect",
                "7: require y z|v2",
                "9: retract [|v1|,|v2|]",
                "11: replace a // b",
            ]
        );
    }

    #[test]
    fn every_error_has_its_line_and_the_rest_is_read() {
        use ModFileError as E;
        let (lines, errors) = flat(
            "module a\n\"open\n/* no */\n)\n<<<<<<< HEAD\nb 1\n=======\nb 2\n>>>>>>> x\nc (\n) d\n\u{1}\n\"\\q\" x\ne (\n f\n",
        );
        assert_eq!(lines, ["1: module a", "6: b 1", "8: b 2", "15: e f"]);
        let errors: Vec<_> = errors
            .into_iter()
            .map(|error| (error.line, error.error))
            .collect();
        assert_eq!(
            errors,
            [
                (2, E::OpenString),
                (3, E::BlockComment),
                (4, E::StrayParen),
                (5, E::ConflictMarker),
                (7, E::ConflictMarker),
                (9, E::ConflictMarker),
                (11, E::AfterParen),
                (12, E::BadCharacter('\u{1}')),
                (13, E::BadString("\"\\q\"".into())),
                (14, E::OpenBlock("e".into())),
            ]
        );
    }

    #[test]
    fn quoted_parentheses_open_no_block() {
        let (lines, errors) = flat("module \"(\"\nrequire x\n\")\" y\n");
        assert_eq!(errors, []);
        assert_eq!(lines, ["1: module (", "2: require x", "3: ) y"]);
    }
}
