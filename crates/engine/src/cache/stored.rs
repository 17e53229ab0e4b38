//! The report on a package as bytes. What is read back is a report again or nothing: a rule that does
//! not exist or a file that the package does not have makes it nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{Applicability, ByteRange, Category, Diagnostic, Edit, Fix, Related, Severity};
use rules::SYNTAX_ERROR;
use serde::{Deserialize, Serialize};

use crate::catalogue;

/// What of a report is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) suppressed: usize,
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    pub(crate) generated: usize,
    /// For how many functions goroutines were run, and how often not to the end.
    pub(crate) explored: (usize, usize),
}

#[derive(Serialize, Deserialize)]
struct StoredReport<'a> {
    #[serde(borrow)]
    findings: Vec<StoredFinding<'a>>,
    suppressed: usize,
    files: usize,
    bytes: u64,
    generated: usize,
    explored: (usize, usize),
}

#[derive(Serialize, Deserialize)]
struct StoredFinding<'a> {
    rule: &'a str,
    category: Category,
    severity: Severity,
    /// The number of the file in the package.
    file: usize,
    range: (u32, u32),
    function: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(borrow)]
    related: Vec<StoredPlace<'a>>,
    #[serde(borrow)]
    fix: Option<StoredFix<'a>>,
    fingerprint: &'a str,
}

/// A range in a file, that of the finding when absent, and what there is to say.
#[derive(Serialize, Deserialize)]
struct StoredPlace<'a> {
    path: Option<&'a str>,
    range: (u32, u32),
    text: &'a str,
}

#[derive(Serialize, Deserialize)]
struct StoredFix<'a> {
    applicability: Applicability,
    description: &'a str,
    #[serde(borrow)]
    edits: Vec<StoredPlace<'a>>,
}

/// The bytes of a report; nothing when they could not say all of it. `files` are the paths of the
/// files of the package.
pub(crate) fn to_bytes(kept: &Kept, files: &[Arc<PathBuf>]) -> Option<Vec<u8>> {
    let findings = kept.findings.iter().map(|finding| {
        let file = files.iter().position(|path| *path == finding.path)?;
        store(finding, file)
    });
    let report = StoredReport {
        findings: findings.collect::<Option<_>>()?,
        suppressed: kept.suppressed,
        files: kept.files,
        bytes: kept.bytes,
        generated: kept.generated,
        explored: kept.explored,
    };
    postcard::to_stdvec(&report).ok()
}

/// The report that some bytes are.
pub(crate) fn from_bytes(bytes: &[u8], files: &[Arc<PathBuf>]) -> Option<Kept> {
    let report: StoredReport<'_> = postcard::from_bytes(bytes).ok()?;
    let findings = report.findings.iter().map(|finding| {
        let path = files.get(finding.file)?;
        restore(finding, path)
    });
    Some(Kept {
        findings: findings.collect::<Option<_>>()?,
        suppressed: report.suppressed,
        files: report.files,
        bytes: report.bytes,
        generated: report.generated,
        explored: report.explored,
    })
}

fn store(finding: &Diagnostic, file: usize) -> Option<StoredFinding<'_>> {
    let related = finding
        .related
        .iter()
        .map(|related| place(related.path.as_deref(), related.range, &related.message));
    let fix = match &finding.fix {
        None => None,
        Some(fix) => {
            let edits = fix
                .edits
                .iter()
                .map(|edit| place(edit.path.as_deref(), edit.range, &edit.text));
            Some(StoredFix {
                applicability: fix.applicability,
                description: &fix.description,
                edits: edits.collect::<Option<_>>()?,
            })
        }
    };
    Some(StoredFinding {
        rule: finding.rule,
        category: finding.category,
        severity: finding.severity,
        file,
        range: (finding.range.start, finding.range.end),
        function: &finding.function,
        message: &finding.message,
        help: finding.help.as_deref(),
        related: related.collect::<Option<_>>()?,
        fix,
        fingerprint: &finding.fingerprint,
    })
}

fn place<'a>(
    path: Option<&'a PathBuf>,
    range: ByteRange,
    text: &'a str,
) -> Option<StoredPlace<'a>> {
    Some(StoredPlace {
        path: path.map(|path| path.to_str().ok_or(())).transpose().ok()?,
        range: (range.start, range.end),
        text,
    })
}

fn restore(finding: &StoredFinding<'_>, path: &Arc<PathBuf>) -> Option<Diagnostic> {
    let related = finding.related.iter().map(|place| {
        let (path, range, message) = parts(place)?;
        Some(Related {
            path,
            range,
            message,
        })
    });
    let fix = match &finding.fix {
        None => None,
        Some(fix) => {
            let edits = fix.edits.iter().map(|place| {
                let (path, range, text) = parts(place)?;
                Some(Edit { path, range, text })
            });
            Some(Fix {
                applicability: fix.applicability,
                description: fix.description.to_owned(),
                edits: edits.collect::<Option<_>>()?,
            })
        }
    };
    Some(Diagnostic {
        rule: rule_name(finding.rule)?,
        category: finding.category,
        severity: finding.severity,
        path: Arc::clone(path),
        range: range(finding.range)?,
        function: finding.function.to_owned(),
        message: finding.message.to_owned(),
        help: finding.help.map(str::to_owned),
        related: related.collect::<Option<_>>()?,
        fix,
        fingerprint: finding.fingerprint.to_owned(),
        evidence: None,
    })
}

type Parts = (Option<Arc<PathBuf>>, ByteRange, String);

fn parts(place: &StoredPlace<'_>) -> Option<Parts> {
    let path = place
        .path
        .map(|path| Arc::new(Path::new(path).to_path_buf()));
    Some((path, range(place.range)?, place.text.to_owned()))
}

fn range((start, end): (u32, u32)) -> Option<ByteRange> {
    (start <= end).then_some(ByteRange { start, end })
}

/// The one copy of the name of a rule.
fn rule_name(name: &str) -> Option<&'static str> {
    if name == SYNTAX_ERROR {
        return Some(SYNTAX_ERROR);
    }
    let index = catalogue::index_of(name)?;
    Some(catalogue::all()[index].name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u32, end: u32) -> ByteRange {
        ByteRange { start, end }
    }

    fn report() -> (Kept, Vec<Arc<PathBuf>>) {
        let files = vec![Arc::new("a/a.go".into()), Arc::new("a/b.go".into())];
        let finding = Diagnostic {
            rule: "defer-in-loop",
            category: Category::Placement,
            severity: Severity::Warning,
            path: Arc::clone(&files[1]),
            range: range(3, 9),
            function: "(*T).M".to_owned(),
            message: "message".to_owned(),
            help: Some("help".to_owned()),
            related: vec![
                Related {
                    path: None,
                    range: range(1, 2),
                    message: "here".to_owned(),
                },
                Related {
                    path: Some(Arc::new("c/c.go".into())),
                    range: range(1, 1),
                    message: "there".to_owned(),
                },
            ],
            fix: Some(Fix {
                applicability: Applicability::Unsafe,
                description: "Mend it".to_owned(),
                edits: vec![Edit {
                    path: None,
                    range: range(4, 5),
                    text: "x".to_owned(),
                }],
            }),
            fingerprint: "00ff".to_owned(),
            evidence: None,
        };
        let plain = Diagnostic {
            rule: SYNTAX_ERROR,
            help: None,
            related: Vec::new(),
            fix: None,
            path: Arc::clone(&files[0]),
            ..finding.clone()
        };
        let kept = Kept {
            findings: vec![finding, plain],
            suppressed: 1,
            files: 2,
            bytes: 300,
            generated: 4,
            explored: (5, 1),
        };
        (kept, files)
    }

    #[test]
    fn a_report_comes_back_as_it_was() {
        let (kept, files) = report();
        let bytes = to_bytes(&kept, &files).expect("bytes");
        assert_eq!(from_bytes(&bytes, &files), Some(kept));
    }

    #[test]
    fn what_cannot_be_understood_is_no_report() {
        let (kept, files) = report();
        let bytes = to_bytes(&kept, &files).expect("bytes");
        assert_eq!(from_bytes(&bytes, &files[..1]), None, "no such file");
        for length in 0..bytes.len() {
            assert_eq!(from_bytes(&bytes[..length], &files), None, "{length}");
        }
        assert_eq!(to_bytes(&kept, &files[..1]), None, "a finding elsewhere");
        let mut other = kept.clone();
        other.findings[0].rule = "no-such-rule";
        let bytes = to_bytes(&other, &files).expect("bytes");
        assert_eq!(from_bytes(&bytes, &files), None);
    }
}
