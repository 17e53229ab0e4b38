//! SARIF 2.1.0: findings with their stories and fixes, and the rules behind them.
//!
//! Columns are UTF-16 code units, the standard's default and what most viewers assume whatever a
//! document declares. A finding in a file that cannot be read any more is given by its bytes.

mod model;
mod uri;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use diagnostics::{Applicability, ByteRange, Diagnostic, Severity};
use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use crate::evidence::{EvidenceObject, SiteObject};
use crate::fix;
use crate::input::{ReportInput, RuleDescriptor, RunSummary};
use crate::place::related_path;
use crate::source::Sources;
use crate::wording::{TOOL, message_with_help};
use model::{
    ArtifactChange, ArtifactContent, BaseIds, CodeFlow, Fix, FixProperties, Invocation,
    InvocationProperties, Location, Log, LogicalLocation, Message, PartialFingerprints,
    PhysicalLocation, Region, Replacement, ReportingConfiguration, ReportingDescriptor,
    ResultProperties, RuleProperties, Run, RunProperties, SarifResult, ThreadFlow,
    ThreadFlowLocation, Tool, ToolComponent,
};

pub(crate) fn write(
    input: &ReportInput<'_>,
    sources: &Sources<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let run = Run {
        tool: Tool {
            driver: ToolComponent {
                name: TOOL,
                version: input.tool_version,
                rules: input.rules.iter().map(descriptor).collect(),
            },
        },
        invocations: [invocation(input.summary)],
        original_uri_base_ids: input.root.map(|root| BaseIds {
            root: uri::base(root),
        }),
        default_encoding: "utf-8",
        default_source_language: "go",
        column_kind: "utf16CodeUnits",
        results: Results { input, sources },
        properties: (!input.observed.is_empty()).then(|| RunProperties {
            observed_sites: input.observed.iter().map(SiteObject::of).collect(),
        }),
    };
    let log = Log {
        schema: model::SCHEMA,
        version: "2.1.0",
        runs: [run],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn descriptor<'a>(rule: &RuleDescriptor<'a>) -> ReportingDescriptor<'a> {
    // Descriptions take no arguments, and readers show them as they are: nothing is escaped here.
    let plain = |text: &'a str| Message {
        text: Cow::Borrowed(text),
        markdown: None,
    };
    let page = if rule.help_markdown.is_empty() {
        rule.summary
    } else {
        rule.help_markdown
    };
    ReportingDescriptor {
        id: rule.name,
        name: rule.name,
        short_description: plain(rule.summary),
        full_description: plain(rule.summary),
        help_uri: rule.help_uri,
        help: Message {
            text: Cow::Borrowed(page),
            markdown: Some(page),
        },
        default_configuration: ReportingConfiguration {
            level: level(rule.severity),
        },
        properties: RuleProperties {
            category: rule.category.as_str(),
            tags: [rule.category.as_str()],
        },
    }
}

fn invocation(summary: RunSummary) -> Invocation {
    Invocation {
        execution_successful: true,
        properties: InvocationProperties {
            files_analysed: summary.files,
            packages_analysed: summary.packages,
            duration_milliseconds: summary.duration.map(|duration| duration.as_millis()),
        },
    }
}

/// The results, made one by one, so that a long report is never held in memory.
struct Results<'a> {
    input: &'a ReportInput<'a>,
    sources: &'a Sources<'a>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rules = self
            .input
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| (rule.name, index));
        let rules: FxHashMap<&str, usize> = rules.collect();
        serializer.collect_seq(self.input.diagnostics.iter().map(|diagnostic| {
            let rule = rules.get(diagnostic.rule).copied();
            ResultOf {
                sources: self.sources,
                diagnostic,
                rule,
            }
        }))
    }
}

struct ResultOf<'a> {
    sources: &'a Sources<'a>,
    diagnostic: &'a Diagnostic,
    rule: Option<usize>,
}

impl Serialize for ResultOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            sources,
            diagnostic,
            rule,
        } = *self;
        let result = SarifResult {
            rule_id: diagnostic.rule,
            rule_index: rule,
            level: level(diagnostic.severity),
            message: message(&message_with_help(diagnostic)),
            locations: [finding(sources, diagnostic)],
            partial_fingerprints: (!diagnostic.fingerprint.is_empty()).then_some(
                PartialFingerprints {
                    v1: &diagnostic.fingerprint,
                },
            ),
            code_flows: code_flow(sources, diagnostic).into_iter().collect(),
            related_locations: related(sources, diagnostic),
            fixes: sarif_fix(sources, diagnostic).into_iter().collect(),
            properties: ResultProperties {
                category: diagnostic.category.as_str(),
                function: &diagnostic.function,
                evidence: diagnostic.evidence.as_deref().map(EvidenceObject::of),
            },
        };
        result.serialize(serializer)
    }
}

fn level(severity: Severity) -> &'static str {
    // SARIF has these three levels under the same names.
    severity.as_str()
}

/// A message in the standard's syntax for plain text, where braces are placeholders and
/// `[text](target)` is a link: both can occur in Go.
fn message(text: &str) -> Message<'static> {
    let mut escaped = text.replace('{', "{{").replace('}', "}}");
    if escaped.contains("](") {
        escaped = escaped
            .replace('\\', "\\\\")
            .replace('[', "\\[")
            .replace(']', "\\]");
    }
    Message {
        text: Cow::Owned(escaped),
        markdown: None,
    }
}

fn physical(sources: &Sources<'_>, path: &Path, range: ByteRange) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: uri::artifact(path),
        region: region(sources, path, range),
    }
}

fn region(sources: &Sources<'_>, path: &Path, range: ByteRange) -> Region {
    let Some(file) = sources.file(path) else {
        let byte_length = range.end.saturating_sub(range.start);
        return Region::Bytes {
            byte_offset: range.start,
            byte_length,
        };
    };
    let start = file.clamp(range.start);
    let end = file.clamp(range.end).max(start);
    let (start, end) = (file.place_utf16(start), file.place_utf16(end));
    Region::Text {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn finding<'a>(sources: &Sources<'_>, diagnostic: &'a Diagnostic) -> Location<'a> {
    let function = (!diagnostic.function.is_empty()).then_some(LogicalLocation {
        fully_qualified_name: &diagnostic.function,
        kind: "function",
    });
    Location {
        id: None,
        physical_location: physical(sources, &diagnostic.path, diagnostic.range),
        logical_locations: function.into_iter().collect(),
        message: None,
    }
}

fn related<'a>(sources: &Sources<'_>, diagnostic: &'a Diagnostic) -> Vec<Location<'a>> {
    let locations = diagnostic
        .related
        .iter()
        .enumerate()
        .map(|(index, related)| Location {
            id: Some(index + 1),
            physical_location: physical(sources, related_path(diagnostic, related), related.range),
            logical_locations: Vec::new(),
            message: Some(message(&related.message)),
        });
    locations.collect()
}

/// The story as a flow: the related places in the order in which they were told, then the finding.
/// One related place is a remark, not a flow.
fn code_flow<'a>(sources: &Sources<'_>, diagnostic: &'a Diagnostic) -> Option<CodeFlow<'a>> {
    if diagnostic.related.len() < 2 {
        return None;
    }
    let mut locations = related(sources, diagnostic);
    for location in &mut locations {
        location.id = None;
    }
    let mut last = finding(sources, diagnostic);
    last.message = Some(message(&diagnostic.message));
    locations.push(last);
    let locations = locations
        .into_iter()
        .map(|location| ThreadFlowLocation { location });
    Some(CodeFlow {
        thread_flows: [ThreadFlow {
            locations: locations.collect(),
        }],
    })
}

/// The fix, unless it is only to be shown: a viewer offers to apply what it finds here.
fn sarif_fix<'a>(sources: &Sources<'_>, diagnostic: &'a Diagnostic) -> Option<Fix<'a>> {
    let fix = diagnostic.fix.as_ref()?;
    if fix.applicability == Applicability::DisplayOnly || fix.edits.is_empty() {
        return None;
    }
    let changes = fix::by_file(diagnostic, fix).into_iter().map(|file| {
        let replacements = file.edits.iter().map(|edit| Replacement {
            deleted_region: region(sources, file.path, edit.range),
            inserted_content: ArtifactContent { text: &edit.text },
        });
        ArtifactChange {
            artifact_location: uri::artifact(file.path),
            replacements: replacements.collect(),
        }
    });
    Some(Fix {
        description: (!fix.description.is_empty()).then(|| message(&fix.description)),
        artifact_changes: changes.collect(),
        properties: FixProperties {
            applicability: fix.applicability.as_str(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_doubled() {
        assert_eq!(
            message("wrap it in `func() { … }()`").text,
            "wrap it in `func() {{ … }}()`"
        );
    }

    #[test]
    fn brackets_are_escaped_where_they_could_be_a_link() {
        assert_eq!(message("`m[k]` is dropped").text, "`m[k]` is dropped");
        assert_eq!(
            message(r"`m[k](x)` \ is dropped").text,
            r"`m\[k\](x)` \\ is dropped"
        );
    }
}
