//! Lines and columns, physical and as `//line` directives have them.

use crate::ast::{Span, SyntaxError};

/// A place in a file: both numbers start at 1, columns count bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The column in bytes.
    pub column: u32,
}

/// The starts of the lines of a text.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
}

impl LineIndex {
    /// Finds the lines of `text`.
    pub fn new(text: &str) -> Self {
        let mut starts = Vec::with_capacity(text.len() / 32 + 1);
        starts.push(0);
        starts
            .extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| offset(newline + 1)));
        Self {
            starts,
            len: offset(text.len()),
        }
    }

    /// The number of lines; a text that ends in a newline has an empty last line.
    pub fn line_count(&self) -> u32 {
        offset(self.starts.len())
    }

    /// The place of a byte offset; offsets past the end are taken as the end.
    pub fn line_column(&self, at: u32) -> LineColumn {
        let at = at.min(self.len);
        let line = self.starts.partition_point(|&start| start <= at);
        LineColumn {
            line: offset(line),
            column: at - self.starts[line - 1] + 1,
        }
    }

    /// The line (starting at 1) of a byte offset.
    pub fn line(&self, at: u32) -> u32 {
        self.line_column(at).line
    }

    /// The bytes of a line with its newline; `None` when there is no such line.
    pub fn line_span(&self, line: u32) -> Option<Span> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.len);
        Some(Span::new(start, end))
    }

    /// The byte offset of a place, if the text has it.
    pub fn offset(&self, place: LineColumn) -> Option<u32> {
        let span = self.line_span(place.line)?;
        let at = span.start.checked_add(place.column.checked_sub(1)?)?;
        (at <= span.end).then_some(at)
    }
}

/// A `//line` or `/*line*/` directive: from `from` on, places are those of another file.
///
/// See "Compiler Directives" in the documentation of cmd/compile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineDirective {
    /// The offset from which on the directive holds: after the comment (and its newline).
    pub from: u32,
    /// The named file; the previous one when absent.
    pub file: Option<String>,
    /// The line given to `from`.
    pub line: u32,
    /// The column given to `from`; columns are unknown when absent.
    pub column: Option<u32>,
}

const MAX_LINE: u64 = 1 << 30;

/// Reads the directive in a comment, `None` when it holds none.
///
/// `comment` includes the delimiters and starts at `start`. Line comments must start their line.
///
/// # Errors
///
/// If the number of a line or column is none that Go accepts.
pub fn line_directive(text: &str, comment: Span) -> Result<Option<LineDirective>, SyntaxError> {
    let bytes = text.as_bytes();
    let body = &text[comment.range()];
    let is_block = body.starts_with("/*");
    let at_line_start = comment.start == 0 || bytes[comment.start as usize - 1] == b'\n';
    if !(is_block || at_line_start) || !body[2..].starts_with("line ") {
        return Ok(None);
    }
    let value = &body[7..body.len() - if is_block { 2 } else { 0 }];
    let Some((head, last)) = split_number(value) else {
        return Ok(None);
    };
    let at = |part: &str| {
        let start = comment.start + 7 + offset(part.as_ptr() as usize - value.as_ptr() as usize);
        Span::new(start, start + offset(part.len()))
    };
    let Ok(last_number) = last.parse::<u64>() else {
        return Err(SyntaxError {
            span: at(last),
            message: format!("invalid line number: {last}"),
        });
    };
    let (file, line, column) = match split_number(head) {
        Some((file, middle)) if middle.parse::<u64>().is_ok() => {
            if last_number == 0 || last_number > MAX_LINE {
                return Err(SyntaxError {
                    span: at(last),
                    message: format!("invalid column number: {last}"),
                });
            }
            (file, middle, Some(last_number))
        }
        _ => (head, last, None),
    };
    let number = line.parse::<u64>().unwrap_or(0);
    if number == 0 || number > MAX_LINE {
        return Err(SyntaxError {
            span: at(line),
            message: format!("invalid line number: {line}"),
        });
    }
    let mut from = comment.end;
    if !is_block {
        from = bytes[from as usize..]
            .iter()
            .position(|&b| b == b'\n')
            .map_or(offset(bytes.len()), |n| from + offset(n) + 1);
    }
    Ok(Some(LineDirective {
        from,
        file: (!file.is_empty()).then(|| file.to_owned()),
        line: u32::try_from(number).unwrap_or(u32::MAX),
        column: column.and_then(|c| u32::try_from(c).ok()),
    }))
}

/// Splits `name:digits` at its last colon.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let colon = text.rfind(':')?;
    Some((&text[..colon], &text[colon + 1..]))
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).expect("offsets are below MAX_SOURCE_BYTES")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_offsets() {
        let index = LineIndex::new("ab\n\ncd");
        assert_eq!(index.line_column(0), LineColumn { line: 1, column: 1 });
        assert_eq!(index.line_column(2), LineColumn { line: 1, column: 3 });
        assert_eq!(index.line_column(3), LineColumn { line: 2, column: 1 });
        assert_eq!(index.line_column(99), LineColumn { line: 3, column: 3 });
        assert_eq!(index.offset(LineColumn { line: 3, column: 2 }), Some(5));
        assert_eq!(index.offset(LineColumn { line: 4, column: 1 }), None);
        assert_eq!(index.line_span(1), Some(Span::new(0, 3)));
    }

    fn directive(text: &str) -> Result<Option<LineDirective>, SyntaxError> {
        line_directive(
            text,
            Span::new(0, offset(text.trim_end_matches('\n').len())),
        )
    }

    #[test]
    fn directives() {
        let found = directive("//line a.go:10\n").unwrap().unwrap();
        assert_eq!(
            found,
            LineDirective {
                from: 15,
                file: Some("a.go".into()),
                line: 10,
                column: None
            }
        );
        let found = directive("/*line C:\\x.go:3:7*/").unwrap().unwrap();
        assert_eq!(
            (found.file.as_deref(), found.line, found.column),
            (Some("C:\\x.go"), 3, Some(7))
        );
        assert_eq!(directive("//line nothing").unwrap(), None);
        assert_eq!(directive("// line a.go:10").unwrap(), None);
        assert!(
            directive("//line a.go:x")
                .unwrap_err()
                .message
                .contains("invalid line number: x")
        );
        assert!(directive("//line a.go:0").is_err());
        assert!(
            directive("//line a.go:1:0")
                .unwrap_err()
                .message
                .contains("column")
        );
    }
}
