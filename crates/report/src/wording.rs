//! How findings are put into words, alike in all formats.

use std::borrow::Cow;
use std::path::{Component, Path};

use diagnostics::Diagnostic;

/// The name of the tool.
pub(crate) const TOOL: &str = "deferscope";

/// The path with `/` between its parts on every system and no `./` before it. Parts that are not
/// Unicode are replaced.
pub(crate) fn slash_path(path: &Path) -> String {
    let path = path.strip_prefix(Component::CurDir).unwrap_or(path);
    let path = path.to_string_lossy();
    if cfg!(windows) {
        path.replace('\\', "/")
    } else {
        path.into_owned()
    }
}

/// Message and help in one sentence, for formats that have no place of their own for the help.
pub(crate) fn message_with_help(diagnostic: &Diagnostic) -> Cow<'_, str> {
    match &diagnostic.help {
        Some(help) => Cow::Owned(format!("{} (help: {help})", diagnostic.message)),
        None => Cow::Borrowed(&diagnostic.message),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The text on one line, safe to print on a terminal: nothing in it moves the cursor, changes
/// colours or reverses the direction of what follows.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| visible_char(c) == c && c != '\t') {
        return Cow::Borrowed(text);
    }
    let visible = text.chars().map(|c| match c {
        '\n' | '\t' => ' ',
        other => visible_char(other),
    });
    Cow::Owned(visible.collect())
}

/// The character, or a stand-in for one that terminals act upon. Tabs are left alone.
pub(crate) fn visible_char(c: char) -> char {
    match c {
        '\t' => c,
        // The block of control pictures has one for each of these, in the same order.
        '\0'..='\u{1f}' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        '\u{7f}' => '\u{2421}',
        // Control codes of eight bits, line and paragraph separators, and what hides or reorders text.
        '\u{80}'..='\u{9f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{feff}'
        | '\u{200b}'
        | '\u{2060}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_left_alone() {
        let text = "défer «f» 日本 😀 עברית";
        assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn nothing_that_a_terminal_acts_upon_is_left() {
        let hostile = "a\x1b[31mb\rc\nd\te\u{202e}f\u{9b}g\x7fh\0";
        assert_eq!(visible(hostile), "a␛[31mb␍c d e\u{fffd}f\u{fffd}g␡h␀");
    }

    #[test]
    fn counts_agree_with_their_nouns() {
        assert_eq!(count(0, "file"), "0 files");
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(2, "file"), "2 files");
    }
}
