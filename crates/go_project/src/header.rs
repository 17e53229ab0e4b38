//! The head of a Go file: build constraints, package clause, imports, and the mark of generated code.
//!
//! Works on bytes, does no I/O, and never looks past the first token after the imports. Whatever is
//! wrong with a file ends the scan early and is kept as an error: the parser proper will say more.

use std::borrow::Cow;
use std::ops::Range;

use go_syntax::literal::unquote;
use memchr::{memchr, memmem};
use serde::{Deserialize, Serialize};

/// What the head of a file says.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Header<'a> {
    /// What follows `//go:build` on the only such line.
    #[serde(borrow)]
    pub go_build: Option<&'a [u8]>,
    /// There are two `//go:build` lines or more; Go builds no such file.
    pub several_go_build: bool,
    /// What follows `// +build` on the lines where that still counts.
    #[serde(borrow)]
    pub plus_build: Vec<&'a [u8]>,
    /// A comment before the package clause says that a program wrote the file.
    pub generated: bool,
    /// The name in the package clause.
    #[serde(borrow)]
    pub package: Option<PackageClause<'a>>,
    /// The imports up to the first that is malformed.
    #[serde(borrow)]
    pub imports: Vec<ImportSpec<'a>>,
    /// What ended the scan early.
    pub error: Option<HeaderError>,
}

/// The package clause.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PackageClause<'a> {
    /// The name.
    pub name: &'a str,
    /// Where the name starts.
    pub offset: u32,
}

/// One import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportSpec<'a> {
    /// The name before the path, if any: an identifier, `.` or `_`.
    pub name: Option<&'a str>,
    /// The path, unquoted. What is no text is replaced or left out; such a path leads nowhere.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// The quoted path in the file.
    pub range: Range<u32>,
}

/// What ends the scan of a head.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error, Serialize, Deserialize)]
pub enum HeaderError {
    /// The first token is not `package`.
    #[error("the file does not start with a package clause")]
    NoPackageClause,
    /// No identifier follows `package`.
    #[error("the package clause has no name")]
    NoPackageName,
    /// A comment that never ends.
    #[error("a comment is not closed")]
    OpenComment,
    /// An import that is not a name and a string.
    #[error("an import is malformed")]
    BadImport,
}

/// The bytes given end within the head. More are needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NeedMore;

/// Scans the head of a file. `whole` says that the file has no more bytes than these; an error is
/// told of a whole file only.
///
/// # Errors
///
/// If the bytes end within the head, and are not the whole file.
pub fn scan(bytes: &[u8], whole: bool) -> Result<Header<'_>, NeedMore> {
    let mut scanner = Scanner {
        bytes,
        pos: 0,
        hit_end: false,
        in_comments: true,
        header: Header::default(),
    };
    if bytes.starts_with(b"\xef\xbb\xbf") {
        scanner.pos = 3;
    }
    let start = scanner.pos;
    let outcome = scanner.clauses();
    // What is wrong depends on what comes next, too: a cut byte order mark, constraints further down.
    if (scanner.hit_end || outcome.is_err()) && !whole {
        return Err(NeedMore);
    }
    let mut header = scanner.header;
    header.error = outcome.err();
    scan_constraints(&bytes[start..], &mut header);
    Ok(header)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    pos: usize,
    /// Something was looked for beyond the last byte.
    hit_end: bool,
    /// Before the package clause, where the mark of generated code counts.
    in_comments: bool,
    header: Header<'a>,
}

impl<'a> Scanner<'a> {
    fn clauses(&mut self) -> Result<(), HeaderError> {
        self.skip_space()?;
        if !self.keyword(b"package") {
            return Err(HeaderError::NoPackageClause);
        }
        self.in_comments = false;
        self.skip_space()?;
        let offset = self.pos as u32;
        let name = self.identifier().ok_or(HeaderError::NoPackageName)?;
        self.header.package = Some(PackageClause { name, offset });
        loop {
            self.end_clause()?;
            if !self.keyword(b"import") {
                return Ok(());
            }
            self.skip_space()?;
            if self.peek() != Some(b'(') {
                self.import_spec()?;
                continue;
            }
            self.pos += 1;
            self.skip_space()?;
            while self.peek() != Some(b')') {
                self.import_spec()?;
                self.end_clause()?;
            }
            self.pos += 1;
        }
    }

    fn import_spec(&mut self) -> Result<(), HeaderError> {
        let name = if self.peek() == Some(b'.') {
            self.pos += 1;
            Some(".")
        } else {
            self.identifier()
        };
        self.skip_space()?;
        let start = self.pos;
        let path = match self.peek() {
            Some(b'"') => self.interpreted_string(),
            Some(b'`') => self.raw_string(),
            _ => None,
        }
        .ok_or(HeaderError::BadImport)?;
        let range = start as u32..self.pos as u32;
        self.header.imports.push(ImportSpec { name, path, range });
        Ok(())
    }

    fn peek(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.pos).copied();
        self.hit_end |= byte.is_none();
        byte
    }

    /// Skips what stands between two clauses: a semicolon or the end of a line, and space. A second
    /// semicolon is no part of a head.
    fn end_clause(&mut self) -> Result<(), HeaderError> {
        let start = self.pos;
        self.skip_space()?;
        let is_ended = self.bytes[start..self.pos].contains(&b'\n');
        if !is_ended && self.peek() == Some(b';') {
            self.pos += 1;
            self.skip_space()?;
        }
        Ok(())
    }

    /// Skips white space and comments.
    fn skip_space(&mut self) -> Result<(), HeaderError> {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.pos += 1,
                b'/' => match self.bytes.get(self.pos + 1) {
                    Some(b'/') => self.line_comment(),
                    Some(b'*') => self.block_comment()?,
                    other => {
                        self.hit_end |= other.is_none();
                        return Ok(());
                    }
                },
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    fn line_comment(&mut self) {
        let rest = &self.bytes[self.pos..];
        let length = memchr(b'\n', rest).unwrap_or_else(|| {
            self.hit_end = true;
            rest.len()
        });
        if self.in_comments && is_generated_mark(&rest[..length]) {
            self.header.generated = true;
        }
        self.pos += length;
    }

    fn block_comment(&mut self) -> Result<(), HeaderError> {
        let rest = &self.bytes[self.pos..];
        let Some(end) = memmem::find(&rest[2..], b"*/") else {
            self.hit_end = true;
            return Err(HeaderError::OpenComment);
        };
        let text = &rest[..end + 4];
        if self.in_comments && text.split(|byte| *byte == b'\n').any(is_generated_mark) {
            self.header.generated = true;
        }
        self.pos += text.len();
        Ok(())
    }

    /// Moves past `word` if it comes next, as a word of its own.
    fn keyword(&mut self, word: &[u8]) -> bool {
        let rest = &self.bytes[self.pos..];
        if !rest.starts_with(word) {
            self.hit_end |= word.starts_with(rest);
            return false;
        }
        match rest.get(word.len()) {
            Some(byte) if is_name_byte(*byte) => return false,
            Some(_) => {}
            None => self.hit_end = true,
        }
        self.pos += word.len();
        true
    }

    fn identifier(&mut self) -> Option<&'a str> {
        let rest = &self.bytes[self.pos..];
        let length = rest
            .iter()
            .position(|byte| !is_name_byte(*byte))
            .unwrap_or_else(|| {
                self.hit_end = true;
                rest.len()
            });
        let text = std::str::from_utf8(&rest[..length]).ok()?;
        if text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.pos += length;
        Some(text)
    }

    fn raw_string(&mut self) -> Option<Cow<'a, str>> {
        let rest = &self.bytes[self.pos + 1..];
        let Some(length) = memchr(b'`', rest) else {
            self.hit_end = true;
            return None;
        };
        self.pos += length + 2;
        let text = String::from_utf8_lossy(&rest[..length]);
        Some(if text.contains('\r') {
            text.replace('\r', "").into()
        } else {
            text
        })
    }

    fn interpreted_string(&mut self) -> Option<Cow<'a, str>> {
        let rest = &self.bytes[self.pos + 1..];
        let mut at = 0;
        let mut escaped = false;
        let length = loop {
            match rest.get(at) {
                None => {
                    self.hit_end = true;
                    return None;
                }
                Some(b'\n') => return None,
                Some(b'"') => break at,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(_) => at += 1,
            }
        };
        self.pos += length + 2;
        if !escaped {
            return Some(String::from_utf8_lossy(&rest[..length]));
        }
        // Nobody escapes an import path, but it is allowed. A value that is not UTF-8 is the path of
        // nothing, and empty.
        let literal = std::str::from_utf8(&self.bytes[self.pos - length - 2..self.pos]).ok()?;
        let value = unquote(literal)?.into_owned();
        Some(String::from_utf8(value).unwrap_or_default().into())
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether a comment, or a line of one, is the mark that Go agreed on for generated files.
fn is_generated_mark(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.strip_prefix(b"// Code generated ")
        .is_some_and(|rest| rest.ends_with(b" DO NOT EDIT."))
}

/// Finds the constraint lines above the first line that is more than a comment.
///
/// A `//go:build` line counts anywhere there. A `// +build` line counts within the leading run of
/// blank lines and `//` comments, and only if a blank line follows later in that run, which keeps
/// the comment of the package clause out.
fn scan_constraints<'a>(bytes: &'a [u8], header: &mut Header<'a>) {
    let mut pending: Vec<&'a [u8]> = Vec::new();
    let mut in_block = false;
    let mut in_run = true;
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut line = trim(line);
        if line.is_empty() && in_run {
            header.plus_build.append(&mut pending);
            continue;
        }
        in_run &= line.starts_with(b"//");
        if !in_block {
            if let Some(text) = directive(line, b"//go:build") {
                header.several_go_build |= header.go_build.is_some();
                header.go_build.get_or_insert(text);
            } else if in_run {
                let text = line
                    .strip_prefix(b"//")
                    .and_then(|rest| directive(trim(rest), b"+build"));
                pending.extend(text);
            }
        }
        // Does the line hold anything but comments?
        while !line.is_empty() {
            if in_block {
                match memmem::find(line, b"*/") {
                    Some(end) => {
                        in_block = false;
                        line = trim(&line[end + 2..]);
                    }
                    None => break,
                }
            } else if line.starts_with(b"//") {
                break;
            } else if line.starts_with(b"/*") {
                in_block = true;
                line = &line[2..];
            } else {
                return;
            }
        }
    }
}

/// What follows `word` at the start of `line`, if the word ends there.
fn directive<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(word)?;
    let text = trim(rest);
    (rest.is_empty() || text.len() < rest.len()).then_some(text)
}

/// Without white space at both ends. Vertical tabs are such too, unlike for `trim_ascii`.
fn trim(line: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !byte.is_ascii_whitespace() && *byte != 0x0b;
    let Some(first) = line.iter().position(is_text) else {
        return &[];
    };
    let last = line.iter().rposition(is_text).unwrap_or(first);
    &line[first..=last]
}

#[cfg(test)]
mod tests;
