//! Output formats: findings in, documents out.
//!
//! [`write`] turns [`diagnostics::Diagnostic`]s into one of the [`Format`]s. The crate opens no
//! process, knows no rule and decides nothing about terminals: what it needs beyond the findings it
//! is given in a [`ReportInput`]. Source text comes through a [`SourceProvider`], may be gone by
//! the time the report is made, and need not be UTF-8.
//!
//! The formats are described, with an example each, in `docs/output-formats.md`.

mod checkstyle;
mod concise;
mod evidence;
mod fix;
mod format;
mod github;
mod gitlab;
mod input;
mod json;
mod junit;
mod place;
mod rdjson;
mod sarif;
mod source;
mod text;
mod unified;
mod wording;
mod xml;

use std::io::{self, Write};

pub use format::{Format, UnknownFormat};
pub use input::{ReportInput, RuleDescriptor, RunSummary};
pub use source::{FilesBelow, SourceProvider};
pub use unified::unified_diff;

use source::Sources;

/// Writes all findings of `input` to `out` in the format asked for.
///
/// Every format makes a complete document of its kind, also when there is nothing to report. The
/// order of the findings is kept.
///
/// # Errors
///
/// Only those of `out`. A source file that cannot be read costs the excerpt and the exact place of
/// its findings, not the report.
pub fn write(format: Format, input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    let sources = Sources::new(input.sources);
    match format {
        Format::Text => text::write(input, &sources, out),
        Format::Concise => concise::write(input, &sources, out),
        Format::Json => json::write(input, &sources, out),
        Format::Sarif => sarif::write(input, &sources, out),
        Format::Github => github::write(input, &sources, out),
        Format::Gitlab => gitlab::write(input, &sources, out),
        Format::Junit => junit::write(input, &sources, out),
        Format::Checkstyle => checkstyle::write(input, &sources, out),
        Format::Rdjson => rdjson::write(input, &sources, out),
    }
}
