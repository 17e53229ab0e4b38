//! Text to tokens, with automatic semicolons (Go specification, "Semicolons") and with comments
//! set aside.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::ast::{Comment, Span, SyntaxError};
use crate::position::line_directive;
use crate::token::Token;

/// After so many errors the rest of a file is not looked at: it is not Go.
pub(crate) const MAX_ERRORS: usize = 100;

#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Offset of the next unread byte.
    at: usize,
    pub(crate) comments: Vec<Comment>,
    pub(crate) errors: Vec<SyntaxError>,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) span: Span,
}

const IDENT_PART: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || b == b'_';
        byte += 1;
    }
    table
};

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut lexer = Self::starting_at(text, 0);
        lexer.comments.reserve(text.len() / 128);
        lexer.check_characters();
        if text.starts_with('\u{FEFF}') {
            lexer.at = 3;
        }
        lexer
    }

    /// A lexer for a second look at a part of the text.
    pub(crate) fn starting_at(text: &'a str, at: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at,
            comments: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Characters that are illegal wherever they stand, in comments and strings too.
    fn check_characters(&mut self) {
        for at in memchr::memchr_iter(0, self.bytes).take(MAX_ERRORS) {
            self.error(at, at + 1, "illegal character NUL");
        }
        if !self.text.is_ascii() {
            for at in memchr::memmem::find_iter(self.bytes, "\u{FEFF}")
                .filter(|&at| at > 0)
                .take(MAX_ERRORS)
            {
                self.error(
                    at,
                    at + 3,
                    "byte order mark is only allowed at the start of a file",
                );
            }
        }
    }

    pub(crate) fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(SyntaxError {
                span: Span::new(start as u32, end as u32),
                message: message.into(),
            });
        }
    }

    /// Moves to the end of the text.
    pub(crate) fn finish(&mut self) {
        self.at = self.bytes.len();
    }

    #[inline]
    fn peek(&self) -> u8 {
        // NUL is illegal and reported, so it may stand for the end here.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn peek_at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The next token. `previous` decides whether a line end is a semicolon.
    #[inline]
    pub(crate) fn next(&mut self, previous: Token) -> Lexeme {
        loop {
            let start = self.at;
            let Some(&byte) = self.bytes.get(start) else {
                let token = if previous.ends_statement() {
                    Token::Newline
                } else {
                    Token::Eof
                };
                return self.lexeme(token, start);
            };
            let token = match byte {
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    continue;
                }
                b'\n' => {
                    self.at += 1;
                    if previous.ends_statement() {
                        return self.lexeme(Token::Newline, start);
                    }
                    // Indentation follows; skip it here rather than byte by byte above.
                    while matches!(self.peek(), b'\t' | b'\n') {
                        self.at += 1;
                    }
                    continue;
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.ident(),
                b'0'..=b'9' => self.number(),
                b'"' => self.string(),
                b'`' => self.raw_string(),
                b'\'' => self.rune(),
                b'/' => match self.peek_at(1) {
                    b'/' => {
                        self.line_comment();
                        continue;
                    }
                    b'*' => {
                        let newline = self.block_comment();
                        match newline {
                            Some(newline) if previous.ends_statement() => {
                                let span = Span::new(newline as u32, newline as u32 + 1);
                                return Lexeme {
                                    token: Token::Newline,
                                    span,
                                };
                            }
                            _ => continue,
                        }
                    }
                    b'=' => self.take(2, Token::QuoAssign),
                    _ => self.take(1, Token::Quo),
                },
                b'.' => match (self.peek_at(1), self.peek_at(2)) {
                    (b'0'..=b'9', _) => self.number(),
                    (b'.', b'.') => self.take(3, Token::Ellipsis),
                    _ => self.take(1, Token::Period),
                },
                b'(' => self.take(1, Token::LParen),
                b')' => self.take(1, Token::RParen),
                b'[' => self.take(1, Token::LBrack),
                b']' => self.take(1, Token::RBrack),
                b'{' => self.take(1, Token::LBrace),
                b'}' => self.take(1, Token::RBrace),
                b',' => self.take(1, Token::Comma),
                b';' => self.take(1, Token::Semicolon),
                b'~' => self.take(1, Token::Tilde),
                b':' => self.take_if(b'=', Token::Define, Token::Colon),
                b'=' => self.take_if(b'=', Token::Eql, Token::Assign),
                b'!' => self.take_if(b'=', Token::Neq, Token::Not),
                b'*' => self.take_if(b'=', Token::MulAssign, Token::Mul),
                b'%' => self.take_if(b'=', Token::RemAssign, Token::Rem),
                b'^' => self.take_if(b'=', Token::XorAssign, Token::Xor),
                b'+' => match self.peek_at(1) {
                    b'+' => self.take(2, Token::Inc),
                    b'=' => self.take(2, Token::AddAssign),
                    _ => self.take(1, Token::Add),
                },
                b'-' => match self.peek_at(1) {
                    b'-' => self.take(2, Token::Dec),
                    b'=' => self.take(2, Token::SubAssign),
                    _ => self.take(1, Token::Sub),
                },
                b'|' => match self.peek_at(1) {
                    b'|' => self.take(2, Token::LOr),
                    b'=' => self.take(2, Token::OrAssign),
                    _ => self.take(1, Token::Or),
                },
                b'&' => match (self.peek_at(1), self.peek_at(2)) {
                    (b'&', _) => self.take(2, Token::LAnd),
                    (b'=', _) => self.take(2, Token::AndAssign),
                    (b'^', b'=') => self.take(3, Token::AndNotAssign),
                    (b'^', _) => self.take(2, Token::AndNot),
                    _ => self.take(1, Token::And),
                },
                b'<' => match (self.peek_at(1), self.peek_at(2)) {
                    (b'-', _) => self.take(2, Token::Arrow),
                    (b'=', _) => self.take(2, Token::Leq),
                    (b'<', b'=') => self.take(3, Token::ShlAssign),
                    (b'<', _) => self.take(2, Token::Shl),
                    _ => self.take(1, Token::Lss),
                },
                b'>' => match (self.peek_at(1), self.peek_at(2)) {
                    (b'=', _) => self.take(2, Token::Geq),
                    (b'>', b'=') => self.take(3, Token::ShrAssign),
                    (b'>', _) => self.take(2, Token::Shr),
                    _ => self.take(1, Token::Gtr),
                },
                _ => self.other(),
            };
            return self.lexeme(token, start);
        }
    }

    #[inline]
    fn lexeme(&self, token: Token, start: usize) -> Lexeme {
        Lexeme {
            token,
            span: Span::new(start as u32, self.at as u32),
        }
    }

    #[inline]
    fn take(&mut self, bytes: usize, token: Token) -> Token {
        self.at += bytes;
        token
    }

    #[inline]
    fn take_if(&mut self, second: u8, two: Token, one: Token) -> Token {
        if self.peek_at(1) == second {
            self.take(2, two)
        } else {
            self.take(1, one)
        }
    }

    #[inline]
    fn ident(&mut self) -> Token {
        let start = self.at;
        let rest = &self.bytes[start..];
        let len = rest
            .iter()
            .position(|&b| !IDENT_PART[b as usize])
            .unwrap_or(rest.len());
        self.at += len;
        if self.peek() >= 0x80 {
            self.unicode_ident_rest();
            return Token::Ident;
        }
        if (2..=11).contains(&len) {
            return Token::keyword(&rest[..len]).unwrap_or(Token::Ident);
        }
        Token::Ident
    }

    #[cold]
    fn unicode_ident_rest(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest
            .find(|c| !is_letter(c) && !is_digit(c))
            .unwrap_or(rest.len());
    }

    #[cold]
    fn other(&mut self) -> Token {
        let start = self.at;
        let Some(c) = self.text[start..].chars().next() else {
            return Token::Eof;
        };
        self.at += c.len_utf8();
        if is_letter(c) {
            self.unicode_ident_rest();
            return Token::Ident;
        }
        // These were reported when the lexer was made, and invalid UTF-8 by `Source`.
        if c != '\0' && c != '\u{FEFF}' {
            self.error(
                start,
                self.at,
                format!("illegal character {c:?} (U+{:04X})", u32::from(c)),
            );
        }
        Token::Illegal
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let newline =
            memchr::memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |n| start + n);
        self.at = newline;
        let end = if self.bytes[newline - 1] == b'\r' && newline > start + 2 {
            newline - 1
        } else {
            newline
        };
        self.comment(start, end);
    }

    /// Returns where the first newline of the comment is.
    fn block_comment(&mut self) -> Option<usize> {
        let start = self.at;
        match memchr::memmem::find(&self.bytes[start + 2..], b"*/") {
            Some(len) => {
                self.at = start + 2 + len + 2;
                self.comment(start, self.at);
            }
            None => {
                self.at = self.bytes.len();
                self.error(start, start + 2, "comment not terminated");
                self.comments.push(Comment {
                    span: Span::new(start as u32, self.at as u32),
                });
            }
        }
        memchr::memchr(b'\n', &self.bytes[start..self.at]).map(|n| start + n)
    }

    #[inline]
    fn comment(&mut self, start: usize, end: usize) {
        let span = Span::new(start as u32, end as u32);
        self.comments.push(Comment { span });
        if self.bytes[start + 2..end].starts_with(b"line ")
            && let Err(error) = line_directive(self.text, span)
        {
            self.error(
                error.span.start as usize,
                error.span.end as usize,
                error.message,
            );
        }
    }

    fn string(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(b'"');
                }
                None | Some(b'\n') => {
                    self.error(start, self.at, "string literal not terminated");
                    break;
                }
                Some(_) => self.at += 1,
            }
        }
        Token::String
    }

    fn raw_string(&mut self) -> Token {
        let start = self.at;
        match memchr::memchr(b'`', &self.bytes[start + 1..]) {
            Some(len) => self.at = start + 1 + len + 1,
            None => {
                self.at = self.bytes.len();
                self.error(start, start + 1, "raw string literal not terminated");
            }
        }
        Token::String
    }

    fn rune(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        let mut characters = 0;
        let mut valid = true;
        loop {
            match self.bytes.get(self.at) {
                Some(b'\'') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => {
                    self.at += 1;
                    characters += 1;
                    valid &= self.escape(b'\'');
                }
                None | Some(b'\n') => {
                    if valid {
                        self.error(start, self.at, "rune literal not terminated");
                    }
                    valid = false;
                    break;
                }
                Some(&byte) => {
                    self.at += 1;
                    // Count characters by their first bytes.
                    characters += usize::from(byte & 0xC0 != 0x80);
                }
            }
        }
        if valid && characters != 1 {
            let message = if characters == 0 {
                "empty rune literal"
            } else {
                "more than one character in rune literal"
            };
            self.error(start, self.at, message);
        }
        Token::Char
    }

    /// Reads what follows a backslash; false when it was reported as wrong.
    fn escape(&mut self, quote: u8) -> bool {
        let start = self.at - 1;
        let (digits, base, max) = match self.peek() {
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' => {
                self.at += 1;
                return true;
            }
            byte if byte == quote => {
                self.at += 1;
                return true;
            }
            b'0'..=b'7' => (3, 8, 255),
            b'x' => {
                self.at += 1;
                (2, 16, 255)
            }
            b'u' => {
                self.at += 1;
                (4, 16, 0x10_FFFF)
            }
            b'U' => {
                self.at += 1;
                (8, 16, 0x10_FFFF)
            }
            _ => {
                self.error(start, self.at, "unknown escape sequence");
                return false;
            }
        };
        let mut code = 0u64;
        for _ in 0..digits {
            let Some(digit) = char::from(self.peek()).to_digit(base) else {
                self.error(
                    start,
                    self.at,
                    format!("escape sequence needs {digits} digits of base {base}"),
                );
                return false;
            };
            code = code * u64::from(base) + u64::from(digit);
            self.at += 1;
        }
        if code > max || (0xD800..0xE000).contains(&code) {
            self.error(start, self.at, "escape sequence is not a valid character");
            return false;
        }
        true
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        let mut token = Token::Int;
        let mut seen = Digits::default();
        let mut prefix = 0u8;
        let mut base = 10;
        if self.peek() != b'.' {
            if self.peek() == b'0' {
                self.at += 1;
                prefix = self.peek() | 0x20;
                base = match prefix {
                    b'x' => 16,
                    b'o' => 8,
                    b'b' => 2,
                    _ => {
                        prefix = b'0';
                        seen.digit = true;
                        8
                    }
                };
                if prefix != b'0' {
                    self.at += 1;
                }
            }
            self.digits(base, &mut seen);
        }
        let kind = match prefix {
            b'x' => "hexadecimal literal",
            b'o' | b'0' => "octal literal",
            b'b' => "binary literal",
            _ => "decimal literal",
        };
        if self.peek() == b'.' {
            token = Token::Float;
            if matches!(prefix, b'o' | b'b') {
                self.error(self.at, self.at + 1, format!("radix point in {kind}"));
            }
            self.at += 1;
            self.digits(base, &mut seen);
        }
        if !seen.digit {
            self.error(start, self.at, format!("{kind} has no digits"));
        }
        let exponent = self.peek() | 0x20;
        if matches!(exponent, b'e' | b'p') {
            if exponent == b'e' && !matches!(prefix, 0 | b'0') {
                self.error(self.at, self.at + 1, format!("exponent 'e' in {kind}"));
            } else if exponent == b'p' && prefix != b'x' {
                self.error(self.at, self.at + 1, format!("exponent 'p' in {kind}"));
            }
            self.at += 1;
            token = Token::Float;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            let mut digits = Digits::default();
            self.digits(10, &mut digits);
            seen.separator |= digits.separator;
            if !digits.digit {
                self.error(start, self.at, "exponent has no digits");
            }
        } else if prefix == b'x' && token == Token::Float {
            self.error(
                start,
                self.at,
                "hexadecimal mantissa requires an exponent 'p'",
            );
        }
        if self.peek() == b'i' {
            token = Token::Imag;
            self.at += 1;
        }
        if token == Token::Int
            && let Some(invalid) = seen.invalid
        {
            let digit = char::from(self.bytes[invalid]);
            self.error(
                invalid,
                invalid + 1,
                format!("invalid digit '{digit}' in {kind}"),
            );
        }
        if seen.separator && !separators_are_valid(&self.bytes[start..self.at]) {
            self.error(start, self.at, "'_' must separate successive digits");
        }
        token
    }

    fn digits(&mut self, base: u8, seen: &mut Digits) {
        loop {
            match self.peek() {
                b'_' => seen.separator = true,
                byte if byte.is_ascii_digit() || base == 16 && byte.is_ascii_hexdigit() => {
                    seen.digit = true;
                    if base < 10 && byte >= b'0' + base && seen.invalid.is_none() {
                        seen.invalid = Some(self.at);
                    }
                }
                _ => return,
            }
            self.at += 1;
        }
    }

    /// The span of the last byte read.
    pub(crate) fn last_byte(&self) -> Span {
        Span::new(self.at.saturating_sub(1) as u32, self.at as u32)
    }

    /// Moves behind the brace that closes the one before `self.at`, without making tokens. Returns
    /// false at the end of the text.
    pub(crate) fn skip_braces(&mut self) -> bool {
        let mut depth = 1usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return true;
                    }
                }
                b'"' => {
                    self.string();
                    continue;
                }
                b'`' => {
                    self.raw_string();
                    continue;
                }
                b'\'' => {
                    self.rune();
                    continue;
                }
                b'/' if self.peek_at(1) == b'/' => {
                    self.at = memchr::memchr(b'\n', &self.bytes[self.at..])
                        .map_or(self.bytes.len(), |n| self.at + n);
                    continue;
                }
                b'/' if self.peek_at(1) == b'*' => {
                    match memchr::memmem::find(&self.bytes[self.at + 2..], b"*/") {
                        Some(len) => self.at += 2 + len + 2,
                        None => self.at = self.bytes.len(),
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }
}

#[derive(Default)]
struct Digits {
    digit: bool,
    separator: bool,
    /// The first digit that the base does not have.
    invalid: Option<usize>,
}

/// Whether each `_` stands between digits, or between a base prefix and a digit.
fn separators_are_valid(literal: &[u8]) -> bool {
    let is_hex = literal.len() > 1 && literal[0] == b'0' && literal[1] | 0x20 == b'x';
    let has_prefix =
        literal.len() > 1 && literal[0] == b'0' && matches!(literal[1] | 0x20, b'x' | b'o' | b'b');
    let is_digit = |at: usize| {
        literal
            .get(at)
            .is_some_and(|b| b.is_ascii_digit() || is_hex && b.is_ascii_hexdigit())
    };
    literal
        .iter()
        .enumerate()
        .filter(|&(_, &byte)| byte == b'_')
        .all(|(at, _)| {
            let before = has_prefix && at == 2 || at > 0 && is_digit(at - 1);
            before && is_digit(at + 1)
        })
}

fn is_letter(c: char) -> bool {
    c == '_'
        || c.is_ascii_alphabetic()
        || !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Letter
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || !c.is_ascii() && c.general_category() == GeneralCategory::DecimalNumber
}

#[cfg(test)]
mod tests;
