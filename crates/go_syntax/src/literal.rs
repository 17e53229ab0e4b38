//! The values of string and rune literals.

use std::borrow::Cow;

/// The value of a string literal as text; `None` when the literal is malformed or its value is not
/// UTF-8.
pub fn unquote_str(literal: &str) -> Option<Cow<'_, str>> {
    match unquote(literal)? {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// The value of an interpreted or raw string literal, or of a rune literal, as bytes.
pub fn unquote(literal: &str) -> Option<Cow<'_, [u8]>> {
    let quote = *literal.as_bytes().first()?;
    if literal.len() < 2 || !literal.ends_with(char::from(quote)) {
        return None;
    }
    let inner = &literal[1..literal.len() - 1];
    match quote {
        b'`' if inner.contains('\r') => {
            Some(Cow::Owned(inner.bytes().filter(|&b| b != b'\r').collect()))
        }
        b'`' => Some(Cow::Borrowed(inner.as_bytes())),
        b'"' | b'\'' if !inner.contains('\\') => Some(Cow::Borrowed(inner.as_bytes())),
        b'"' | b'\'' => unescape(inner, quote).map(Cow::Owned),
        _ => None,
    }
}

fn unescape(inner: &str, quote: u8) -> Option<Vec<u8>> {
    let bytes = inner.as_bytes();
    let mut value = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'\\' {
            value.push(byte);
            continue;
        }
        let escape = *bytes.get(at)?;
        at += 1;
        let (digits, base) = match escape {
            b'a' => {
                value.push(7);
                continue;
            }
            b'b' => {
                value.push(8);
                continue;
            }
            b'f' => {
                value.push(12);
                continue;
            }
            b'n' => {
                value.push(b'\n');
                continue;
            }
            b'r' => {
                value.push(b'\r');
                continue;
            }
            b't' => {
                value.push(b'\t');
                continue;
            }
            b'v' => {
                value.push(11);
                continue;
            }
            b'\\' => {
                value.push(b'\\');
                continue;
            }
            _ if escape == quote => {
                value.push(quote);
                continue;
            }
            b'0'..=b'7' => {
                at -= 1;
                (3, 8)
            }
            b'x' => (2, 16),
            b'u' => (4, 16),
            b'U' => (8, 16),
            _ => return None,
        };
        let code = u32::from_str_radix(inner.get(at..at + digits)?, base).ok()?;
        at += digits;
        if matches!(escape, b'u' | b'U') {
            let mut buffer = [0; 4];
            value.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut buffer).as_bytes());
        } else {
            value.push(u8::try_from(code).ok()?);
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(unquote_str("\"a/b\"").as_deref(), Some("a/b"));
        assert_eq!(unquote_str("`a\\n\r\n`").as_deref(), Some("a\\n\n"));
        assert_eq!(
            unquote_str(r#""\u00e9\t\"\\\101\x41""#).as_deref(),
            Some("é\t\"\\AA")
        );
        assert_eq!(unquote(r#""\xff""#).as_deref(), Some(&[0xff][..]));
        assert_eq!(unquote_str(r#""\xff""#), None);
        for bad in [
            "",
            "\"",
            "\"a",
            r#""\q""#,
            r#""\u12""#,
            r#""\ud800""#,
            r#""\400""#,
            "a",
        ] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }
}
