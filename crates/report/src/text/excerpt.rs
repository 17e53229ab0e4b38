//! Cutting the lines to show out of a file, with the places to mark in them.
//!
//! What comes out is short and printable whatever the file holds: long lines are clipped around the
//! places that matter, bytes that are no UTF-8 and characters that terminals act upon are replaced,
//! and the marks are carried over to the new text.

use std::ops::Range;

use diagnostics::ByteRange;

use crate::source::{BYTE_ORDER_MARK, SourceFile};
use crate::wording::visible_char;

/// When and how lines are clipped; generated and minified code has lines of megabytes.
#[derive(Clone, Copy)]
pub(super) struct Clip {
    /// Lines of more bytes than this are clipped.
    longer_than: usize,
    /// How much is kept before the first place that matters, …
    before: usize,
    /// … and how much from there on.
    after: usize,
}

/// For lines with carets, which are cut to the width of the terminal when they are drawn.
const EXCERPT: Clip = Clip {
    longer_than: 500,
    before: 160,
    after: 320,
};
/// For lines that are printed as they are.
pub(super) const DIFF: Clip = Clip {
    longer_than: 110,
    before: 40,
    after: 60,
};
/// A range of more lines than this is marked on its first line only.
const LONG_RANGE: usize = 40;

/// Some consecutive lines of a file.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The lines, each with a `\n`.
    pub(super) text: String,
    /// The 1-based number of the first line.
    pub(super) first_line: usize,
    /// Where in `text` the marks are, in the order in which they were given.
    pub(super) marks: Vec<Range<usize>>,
}

/// A range as it is going to be shown: within the text, without the line ending that it may end in,
/// and not too long.
pub(super) fn shown(file: &SourceFile, range: ByteRange) -> Range<usize> {
    let start = file.clamp(range.start);
    let mut end = file.clamp(range.end).max(start);
    while end > start && matches!(file.text()[end - 1], b'\n' | b'\r') {
        end -= 1;
    }
    let line = file.line_of(start);
    if file.line_of(end) - line >= LONG_RANGE {
        end = file.line_end(line).max(start);
    }
    start..end
}

impl Excerpt {
    /// The 1-based number of the last line that has a mark.
    pub(super) fn last_line(&self) -> usize {
        let end = self
            .marks
            .iter()
            .map(|mark| mark.end)
            .max()
            .unwrap_or_default();
        self.first_line + self.text[..end].lines().count().saturating_sub(1)
    }
}

/// The lines from the first to the last of the ranges, which [`shown`] has made.
pub(super) fn excerpt(file: &SourceFile, ranges: &[Range<usize>]) -> Excerpt {
    let first = ranges
        .iter()
        .map(|range| file.line_of(range.start))
        .min()
        .unwrap_or_default();
    let last = ranges
        .iter()
        .map(|range| file.line_of(range.end))
        .max()
        .unwrap_or(first);
    let mut marks: Vec<Range<usize>> = vec![0..0; ranges.len()];
    let mut text = String::new();
    for line in first..=last {
        if line > first {
            text.push('\n');
        }
        let within = file.line_start(line)..file.line_start(line + 1);
        let is_last = line + 1 == file.line_count();
        let here = |offset: usize| within.contains(&offset) || (is_last && offset == within.end);
        let points = ranges
            .iter()
            .flat_map(|range| [range.start, range.end])
            .filter(|&o| here(o));
        let stops = push_line(&mut text, file, line, points, EXCERPT);
        for (range, mark) in ranges.iter().zip(&mut marks) {
            if here(range.start) {
                mark.start = carried(&stops, range.start);
            }
            if here(range.end) {
                mark.end = carried(&stops, range.end);
            }
        }
    }
    // Without it, an empty last line would be none.
    text.push('\n');
    Excerpt {
        text,
        first_line: first + 1,
        marks,
    }
}

/// A line as it is shown where it carries no marks.
pub(super) fn shown_line(
    file: &SourceFile,
    line: usize,
    point: Option<usize>,
    clip: Clip,
) -> String {
    let mut text = String::new();
    push_line(&mut text, file, line, point.into_iter(), clip);
    text
}

/// Appends a line without its ending. The result says, for each character, where it was in the file
/// and where it is now; the last entry is for the end.
fn push_line(
    text: &mut String,
    file: &SourceFile,
    line: usize,
    points: impl Iterator<Item = usize>,
    clip: Clip,
) -> Vec<(usize, usize)> {
    let (mut start, end) = (file.line_start(line), file.line_end(line));
    if file.text()[start..end].starts_with(BYTE_ORDER_MARK) {
        start += BYTE_ORDER_MARK.len();
    }
    let kept = kept_part(file.text(), start..end, points.min(), clip);
    if kept.start > start {
        text.push('…');
    }
    let mut stops = Vec::new();
    let mut offset = kept.start;
    for chunk in file.text()[kept.clone()].utf8_chunks() {
        for c in chunk.valid().chars() {
            stops.push((offset, text.len()));
            offset += c.len_utf8();
            text.push(visible_char(c));
        }
        if !chunk.invalid().is_empty() {
            stops.push((offset, text.len()));
            offset += chunk.invalid().len();
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    stops.push((kept.end, text.len()));
    if kept.end < end {
        text.push('…');
    }
    stops
}

/// The part of a line to show: all of it, or what lies around a place in it.
fn kept_part(text: &[u8], line: Range<usize>, point: Option<usize>, clip: Clip) -> Range<usize> {
    if line.len() <= clip.longer_than {
        return line;
    }
    let point = point.unwrap_or(line.start).clamp(line.start, line.end);
    let start = if point - line.start <= clip.before {
        line.start
    } else {
        point - clip.before
    };
    let end = line.end.min(point + clip.after);
    forward(text, start, end)..forward(text, end, line.end)
}

/// The first offset from here that does not lie inside a character.
fn forward(text: &[u8], from: usize, limit: usize) -> usize {
    let inside = |&at: &usize| text[at] & 0b1100_0000 == 0b1000_0000;
    let ahead = (from..limit).take(4).take_while(inside).count();
    // Four in a row are no character but rubbish, which may be cut anywhere.
    if ahead == 4 { from } else { from + ahead }
}

/// Where an offset is in the text of the excerpt: at the character that it lies in.
fn carried(stops: &[(usize, usize)], offset: usize) -> usize {
    let after = stops.partition_point(|&(before, _)| before <= offset);
    stops
        .get(after.saturating_sub(1))
        .map_or(0, |&(_, now)| now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], start: u32, end: u32) -> (String, String, usize) {
        let file = SourceFile::new(text.into());
        let range = shown(&file, ByteRange { start, end });
        let excerpt = excerpt(&file, &[range]);
        let marked = excerpt.text[excerpt.marks[0].clone()].to_owned();
        let text = excerpt.text.strip_suffix('\n').unwrap().to_owned();
        (text, marked, excerpt.first_line)
    }

    #[test]
    fn line_endings_are_neither_shown_nor_marked() {
        assert_eq!(cut(b"ab\r\ncd\r\n", 0, 4), ("ab".into(), "ab".into(), 1));
        assert_eq!(cut(b"ab\r\ncd\r\n", 3, 3), ("ab".into(), String::new(), 1));
        assert_eq!(cut(b"ab\ncd\n", 3, 6), ("cd".into(), "cd".into(), 2));
    }

    #[test]
    fn the_end_of_the_file_is_a_place() {
        assert_eq!(cut(b"ab\n", 3, 3), (String::new(), String::new(), 2));
        assert_eq!(cut(b"ab", 2, 9), ("ab".into(), String::new(), 1));
        assert_eq!(cut(b"", 0, 0), (String::new(), String::new(), 1));
    }

    #[test]
    fn ranges_that_start_beyond_the_file_or_run_backwards_are_put_right() {
        assert_eq!(cut(b"ab", 7, 9), ("ab".into(), String::new(), 1));
        assert_eq!(cut(b"ab", 1, 0), ("ab".into(), String::new(), 1));
    }

    #[test]
    fn rubbish_is_replaced_and_marks_follow() {
        assert_eq!(
            cut(b"a\xff\x1bdefer\0", 3, 8),
            ("a\u{fffd}␛defer␀".into(), "defer".into(), 1)
        );
    }

    #[test]
    fn a_mark_inside_a_character_takes_in_its_start() {
        assert_eq!(cut("aéb".as_bytes(), 2, 4).1, "éb");
    }

    #[test]
    fn long_lines_are_clipped_around_the_mark() {
        let text = format!("{}defer{}", "é".repeat(5_000), "x".repeat(1_000_000));
        let (line, marked, _) = cut(text.as_bytes(), 10_000, 10_005);
        assert_eq!(marked, "defer");
        assert!(line.starts_with("…é") && line.ends_with("x…"), "{line}");
        assert!(
            line.len() < 2 * (EXCERPT.before + EXCERPT.after),
            "{}",
            line.len()
        );
    }

    #[test]
    fn a_mark_that_is_cut_off_ends_where_the_line_does() {
        let text = "x".repeat(10_000);
        let (line, marked, _) = cut(text.as_bytes(), 0, 10_000);
        assert_eq!(line, format!("{marked}…"));
        assert_eq!(marked.len(), EXCERPT.after);
    }

    #[test]
    fn ranges_of_very_many_lines_are_marked_on_the_first() {
        let text = "abc\n".repeat(1_000);
        assert_eq!(
            cut(text.as_bytes(), 1, 3_999),
            ("abc".into(), "bc".into(), 1)
        );
        let (lines, marked, _) = cut(text.as_bytes(), 1, 15);
        assert_eq!(
            (lines.lines().count(), marked.as_str()),
            (4, "bc\nabc\nabc\nabc")
        );
    }

    #[test]
    fn a_byte_order_mark_is_not_shown() {
        assert_eq!(
            cut("\u{feff}package p".as_bytes(), 3, 10),
            ("package p".into(), "package".into(), 1)
        );
    }
}
