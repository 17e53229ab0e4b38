//! What a report is made from.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use diagnostics::{Category, Diagnostic, ObservedSite, Severity};

use crate::source::SourceProvider;

/// Everything that goes into a report.
#[derive(Clone, Copy)]
pub struct ReportInput<'a> {
    /// The findings, in the order in which they are reported.
    pub diagnostics: &'a [Diagnostic],
    /// What was observed at run time and no finding speaks of, the heaviest first. Formats that have a
    /// place for it list it after the findings.
    pub observed: &'a [ObservedSite],
    /// Where the text of the files comes from.
    pub sources: &'a dyn SourceProvider,
    /// The rules that could have reported something; formats that list rules list these.
    pub rules: &'a [RuleDescriptor<'a>],
    /// The version of deferscope.
    pub tool_version: &'a str,
    /// What was done.
    pub summary: RunSummary,
    /// Whether to use ANSI colours in formats for people.
    pub color: bool,
    /// The width of the terminal in columns, if there is one.
    pub width: Option<usize>,
    /// The absolute folder that relative paths are relative to. Named in SARIF only, so that viewers
    /// can open the files; leave it out for reports that must not depend on the machine.
    pub root: Option<&'a Path>,
}

impl fmt::Debug for ReportInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportInput")
            .field("diagnostics", &self.diagnostics)
            .field("observed", &self.observed)
            .field("rules", &self.rules)
            .field("tool_version", &self.tool_version)
            .field("summary", &self.summary)
            .field("color", &self.color)
            .field("width", &self.width)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// What a run looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RunSummary {
    /// Files analysed.
    pub files: usize,
    /// Packages analysed.
    pub packages: usize,
    /// How long it took, unless the report must not depend on that.
    pub duration: Option<Duration>,
}

/// A rule, as reports describe it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleDescriptor<'a> {
    /// Its name, as in [`Diagnostic::rule`].
    pub name: &'a str,
    /// Its category.
    pub category: Category,
    /// Its severity before configuration.
    pub severity: Severity,
    /// What it reports, in one sentence.
    pub summary: &'a str,
    /// Its page.
    pub help_markdown: &'a str,
    /// Where its page can be read, if anywhere.
    pub help_uri: Option<&'a str>,
}
