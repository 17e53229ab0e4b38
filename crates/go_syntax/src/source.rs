//! Source text: bytes made into text, with the encoding errors that were found on the way.

use crate::ast::{Span, SyntaxError};
use crate::lexer::MAX_ERRORS;

/// The largest file that is parsed, in bytes. Offsets are `u32`; the limit keeps well below.
pub const MAX_SOURCE_BYTES: usize = 1 << 30;

/// The text of a file.
///
/// Go source is UTF-8. Bytes that are not are reported and replaced one by one with `?`, so that
/// every offset into the text is an offset into the file.
#[derive(Debug)]
pub struct Source {
    text: String,
    errors: Vec<SyntaxError>,
}

impl Source {
    /// Makes text of the bytes of a file.
    pub fn new(bytes: Vec<u8>) -> Self {
        let mut errors = Vec::new();
        if bytes.len() > MAX_SOURCE_BYTES {
            errors.push(SyntaxError {
                span: Span::default(),
                message: format!(
                    "file of {} bytes is larger than the {MAX_SOURCE_BYTES} that can be parsed",
                    bytes.len()
                ),
            });
            return Self {
                text: String::new(),
                errors,
            };
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(err) => replace_invalid(err.into_bytes(), &mut errors),
        };
        Self { text, errors }
    }

    /// The text; as long as the file.
    #[inline]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with the encoding.
    #[inline]
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    pub(crate) fn take_errors(&mut self) -> Vec<SyntaxError> {
        std::mem::take(&mut self.errors)
    }
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes().to_vec())
    }
}

/// Replaces each invalid byte, reporting one error per run of them (a binary file has millions).
fn replace_invalid(mut bytes: Vec<u8>, errors: &mut Vec<SyntaxError>) -> String {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        errors.push(SyntaxError {
            span: Span::new(0, 2),
            message: "file is UTF-16, Go source must be UTF-8".into(),
        });
        return String::new();
    }
    let mut from = 0;
    let mut last_end = None;
    while let Err(err) = std::str::from_utf8(&bytes[from..]) {
        let start = from + err.valid_up_to();
        let end = err.error_len().map_or(bytes.len(), |len| start + len);
        bytes[start..end].fill(b'?');
        if last_end != Some(start) && errors.len() < MAX_ERRORS {
            let span = Span::new(u32_offset(start), u32_offset(end));
            errors.push(SyntaxError {
                span,
                message: "illegal UTF-8 encoding".into(),
            });
        }
        last_end = Some(end);
        from = end;
    }
    String::from_utf8(bytes).expect("every invalid byte was replaced")
}

fn u32_offset(offset: usize) -> u32 {
    u32::try_from(offset).expect("offsets are below MAX_SOURCE_BYTES")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_keep_offsets() {
        let source = Source::new(b"package p // \xff\xfe ok \xc3\n".to_vec());
        assert_eq!(source.text(), "package p // ?? ok ?\n");
        assert_eq!(source.errors().len(), 2);
        assert_eq!(source.errors()[0].span.start, 13);
    }

    #[test]
    fn utf16_is_named() {
        let source = Source::new(b"\xff\xfep\0a\0".to_vec());
        assert!(source.errors()[0].message.contains("UTF-16"));
    }
}
