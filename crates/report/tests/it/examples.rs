//! The examples in `docs/output-formats.md` are what the formats really are.
//!
//! Each stands in the fenced block that follows `<!-- example: FORMAT -->`. `UPDATE_EXPECT=1` writes
//! them anew.

use std::path::PathBuf;

use report::Format;

use crate::sample::{Report, shop};

/// The second finding of the shop: it has everything and is short.
fn documented() -> Report {
    let mut report = shop();
    report.diagnostics.remove(0);
    report
}

#[test]
fn the_documentation_shows_every_format_as_it_is() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/output-formats.md");
    let read = || std::fs::read_to_string(&file).expect("the documentation is there");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let mut text = read();
        for &format in Format::ALL {
            let (start, end) = example(&text, format);
            text.replace_range(start..end, &documented().render(format));
        }
        std::fs::write(&file, text).expect("the documentation can be written");
    }
    let text = read();
    for &format in Format::ALL {
        let (start, end) = example(&text, format);
        let (shown, actual) = (&text[start..end], documented().render(format));
        assert!(
            shown == actual,
            "{format}: run with UPDATE_EXPECT=1 if this is right\n--- shown\n{shown}\n--- actual\n{actual}"
        );
    }
}

/// Where the example of a format is.
fn example(text: &str, format: Format) -> (usize, usize) {
    let marker = format!("<!-- example: {format} -->\n```");
    let fence = text
        .find(&marker)
        .unwrap_or_else(|| panic!("there is no example of {format}"));
    let after_fence = fence + marker.len();
    let start = after_fence + text[after_fence..].find('\n').expect("the fence line ends") + 1;
    let end = start + text[start..].find("```\n").expect("the block is closed");
    (start, end)
}
