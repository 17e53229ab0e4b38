//! What a fix changes, as a diff of the lines that it touches.

use std::ops::Range;

use diagnostics::Edit;
use similar::{Algorithm, ChangeTag, capture_diff_slices};

use super::excerpt::{DIFF, shown_line};
use crate::fix;
use crate::source::SourceFile;

/// Edits whose lines are no further apart than this share a hunk.
const JOINED: usize = 3;
/// How many lines of a fix are shown.
const MOST_LINES: usize = 30;

/// A line of a diff.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct DiffLine {
    pub(super) kind: Kind,
    /// The line's number before the fix, or after it for what is added. Nothing on the lines that
    /// stand for others.
    pub(super) number: Option<usize>,
    pub(super) text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Same,
    Removed,
    Added,
    /// Lines that are not shown.
    Elided,
    /// Not a line: the path of the file that the following lines are of.
    File,
}

/// The lines that the edits, sorted, change in the file. Nothing when they do not fit it.
pub(super) fn diff(file: &SourceFile, edits: &[&Edit]) -> Option<Vec<DiffLine>> {
    let mut lines = Vec::new();
    // How many more lines the hunks so far have after the fix than before.
    let mut grown: isize = 0;
    for hunk in hunks(file, edits)? {
        if !lines.is_empty() {
            lines.push(elided(String::new()));
        }
        let before = Side::before(file, &hunk);
        let after = Side::after(file, &hunk)?;
        let (old, new) = (before.lines(), after.lines());
        for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
            lines.extend(
                op.iter_changes(&old, &new)
                    .map(|change| match change.tag() {
                        ChangeTag::Equal => {
                            before.shown(Kind::Same, change.old_index(), hunk.first)
                        }
                        ChangeTag::Delete => {
                            before.shown(Kind::Removed, change.old_index(), hunk.first)
                        }
                        ChangeTag::Insert => {
                            let first = hunk.first.saturating_add_signed(grown);
                            after.shown(Kind::Added, change.new_index(), first)
                        }
                    }),
            );
        }
        grown += new.len().cast_signed() - old.len().cast_signed();
    }
    if lines.len() > MOST_LINES {
        let more = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(elided(format!("{more} more lines")));
    }
    Some(lines)
}

fn elided(text: String) -> DiffLine {
    DiffLine {
        kind: Kind::Elided,
        number: None,
        text,
    }
}

/// Neighbouring edits and the 0-based lines that they touch.
struct Hunk<'a> {
    first: usize,
    last: usize,
    edits: &'a [&'a Edit],
}

impl Hunk<'_> {
    fn bytes(&self, file: &SourceFile) -> Range<usize> {
        file.line_start(self.first)..file.line_start(self.last + 1)
    }
}

fn hunks<'a>(file: &SourceFile, edits: &'a [&'a Edit]) -> Option<Vec<Hunk<'a>>> {
    let mut hunks: Vec<Hunk<'a>> = Vec::new();
    let mut start = 0;
    for (index, edit) in edits.iter().enumerate() {
        let range = fix::byte_range(edit)?;
        if range.end > file.text().len() {
            return None;
        }
        let (first, last) = (file.line_of(range.start), file.line_of(range.end));
        match hunks.last_mut() {
            Some(hunk) if first <= hunk.last + JOINED => {
                hunk.last = hunk.last.max(last);
                hunk.edits = &edits[start..=index];
            }
            _ => {
                start = index;
                hunks.push(Hunk {
                    first,
                    last,
                    edits: &edits[index..=index],
                });
            }
        }
    }
    Some(hunks)
}

/// The text of a hunk before or after the fix.
struct Side {
    text: SourceFile,
    /// Where in it something changes.
    points: Vec<usize>,
}

impl Side {
    fn before(file: &SourceFile, hunk: &Hunk<'_>) -> Self {
        let within = hunk.bytes(file);
        let starts = hunk.edits.iter().filter_map(|edit| fix::byte_range(edit));
        let points = starts.map(|range| range.start - within.start).collect();
        Self {
            text: SourceFile::new(file.text()[within].into()),
            points,
        }
    }

    fn after(file: &SourceFile, hunk: &Hunk<'_>) -> Option<Self> {
        let within = hunk.bytes(file);
        let text = fix::apply(file, within.clone(), hunk.edits)?;
        let mut points = Vec::new();
        let mut grown: isize = 0;
        for edit in hunk.edits {
            let range = fix::byte_range(edit)?;
            points.push((range.start - within.start).checked_add_signed(grown)?);
            grown += edit.text.len().cast_signed() - range.len().cast_signed();
        }
        Some(Self {
            text: SourceFile::new(text.into()),
            points,
        })
    }

    /// The lines with their endings.
    fn lines(&self) -> Vec<&[u8]> {
        self.text
            .text()
            .split_inclusive(|&byte| byte == b'\n')
            .collect()
    }

    fn shown(&self, kind: Kind, index: Option<usize>, first: usize) -> DiffLine {
        let line = index.unwrap_or_default();
        let within = self.text.line_start(line)..=self.text.line_end(line);
        let point = self
            .points
            .iter()
            .copied()
            .find(|point| within.contains(point));
        let text = shown_line(&self.text, line, point, DIFF);
        DiffLine {
            kind,
            number: Some(first + line + 1),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use diagnostics::ByteRange;

    use super::*;

    fn rendered(text: &str, edits: &[(&str, &str)]) -> Option<Vec<String>> {
        let file = SourceFile::new(text.as_bytes().into());
        let edits: Vec<Edit> = edits
            .iter()
            .map(|(old, new)| {
                let start = u32::try_from(text.find(old).unwrap()).unwrap();
                let end = start + u32::try_from(old.len()).unwrap();
                Edit {
                    path: None,
                    range: ByteRange { start, end },
                    text: (*new).to_owned(),
                }
            })
            .collect();
        let edits: Vec<&Edit> = edits.iter().collect();
        let line = |line: DiffLine| {
            let sign = match line.kind {
                Kind::Same => ' ',
                Kind::Removed => '-',
                Kind::Added => '+',
                Kind::Elided | Kind::File => '.',
            };
            format!("{} {sign} {}", line.number.unwrap_or(0), line.text)
        };
        diff(&file, &edits).map(|lines| lines.into_iter().map(line).collect())
    }

    #[test]
    fn a_change_within_a_line() {
        assert_eq!(
            rendered("a\nb c\nd\n", &[("b", "x")]).unwrap(),
            ["2 - b c", "2 + x c"]
        );
    }

    #[test]
    fn whole_lines_come_and_go() {
        assert_eq!(
            rendered("a\nb\nc\nd\n", &[("b\n", ""), ("d", "e\n\td")]).unwrap(),
            ["2 - b", "3   c", "4 - d", "3 + e", "4 +     d"]
                .map(|line| line.replace("    d", "\td"))
        );
    }

    #[test]
    fn far_edits_are_hunks_of_their_own() {
        let text = "a\n".to_owned() + &"-\n".repeat(10) + "z\n";
        assert_eq!(
            rendered(&text, &[("a", "b\nc"), ("z", "y")]).unwrap(),
            ["1 - a", "1 + b", "2 + c", "0 . ", "12 - z", "13 + y"]
        );
    }

    #[test]
    fn long_diffs_are_cut() {
        let text = "x\n".repeat(100);
        let lines = rendered(&text, &[(&text, "")]).unwrap();
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert_eq!(lines.last().unwrap(), "0 . 70 more lines");
    }

    #[test]
    fn long_lines_show_what_changes_in_them() {
        let text = format!("{}defer f(){}", "é".repeat(500), "x".repeat(500));
        let lines = rendered(&text, &[("defer ", "")]).unwrap();
        let (before, after) = ("é".repeat(20), "x".repeat(51));
        assert_eq!(lines[0], format!("1 - …{before}defer f(){after}…"));
        assert_eq!(lines[1], format!("1 + …{before}f(){after}xxxxxx…"));
    }

    #[test]
    fn edits_that_do_not_fit_make_no_diff() {
        let file = SourceFile::new(b"abc".as_slice().into());
        let edit = Edit {
            path: None,
            range: ByteRange { start: 2, end: 9 },
            text: String::new(),
        };
        assert_eq!(diff(&file, &[&edit]), None);
    }
}
