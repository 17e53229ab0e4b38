//! Edits applied to the text of a file.

use diagnostics::{Diagnostic, Edit};
use go_syntax::{Mode, Source, parse};

/// The text after the fixes of `findings`; nothing when their edits do not fit it or each other. What
/// is inserted gets the line ends that the file has.
pub(super) fn apply(text: &str, findings: &[Diagnostic]) -> Option<String> {
    let crlf = has_crlf(text);
    let mut edits: Vec<&Edit> = findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref())
        .flat_map(|fix| &fix.edits)
        .collect();
    // Stable, so that several insertions of one fix at one place keep their order.
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    if findings.len() > 1 {
        // Two fixes that want the same import.
        edits.dedup();
    }
    let mut result = String::with_capacity(text.len() + 256);
    let mut copied = 0;
    for edit in edits {
        let (start, end) = (edit.range.start as usize, edit.range.end as usize);
        if start > end {
            return None;
        }
        result.push_str(text.get(copied..start)?);
        if crlf {
            let plain = edit.text.replace("\r\n", "\n");
            result.push_str(&plain.replace('\n', "\r\n"));
        } else {
            result.push_str(&edit.text);
        }
        text.get(start..end)?;
        copied = end;
    }
    result.push_str(text.get(copied..)?);
    Some(result)
}

/// Whether the lines of a text end as on Windows, as far as the first tells.
fn has_crlf(text: &str) -> bool {
    text.find('\n').is_some_and(|at| text[..at].ends_with('\r'))
}

/// Whether it is Go.
pub(super) fn parses(text: &str) -> bool {
    parse(Source::from(text), Mode::Full).errors().is_empty()
}
