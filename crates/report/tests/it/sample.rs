//! Findings to report: builders, and the one set of findings that most tests use.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::evidence::Held;
use diagnostics::{
    Applicability, ByteRange, Category, Diagnostic, Edit, Evidence, Fix, ObservedSite, Related,
    Severity, Striking,
};
use report::{Format, ReportInput, RuleDescriptor, RunSummary};

/// Files in memory and findings in them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) files: HashMap<PathBuf, Arc<[u8]>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) observed: Vec<ObservedSite>,
    pub(crate) color: bool,
    pub(crate) width: Option<usize>,
    pub(crate) root: Option<PathBuf>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.into(), text.as_ref().into());
        self
    }

    pub(crate) fn finding(mut self, diagnostic: Diagnostic) -> Self {
        self.diagnostics.push(diagnostic);
        self
    }

    /// Where `needle` first is in the file.
    pub(crate) fn range(&self, path: &str, needle: &str) -> ByteRange {
        let text = &self.files[Path::new(path)];
        let start = text
            .windows(needle.len())
            .position(|window| window == needle.as_bytes())
            .unwrap_or_else(|| panic!("{path} has no {needle:?}"));
        range(start, start + needle.len())
    }

    pub(crate) fn bytes(&self, format: Format) -> Vec<u8> {
        let sources = |path: &Path| -> io::Result<Arc<[u8]>> {
            self.files
                .get(path)
                .cloned()
                .ok_or_else(|| io::ErrorKind::NotFound.into())
        };
        let input = ReportInput {
            diagnostics: &self.diagnostics,
            observed: &self.observed,
            sources: &sources,
            rules: RULES,
            tool_version: "0.1.0",
            summary: RunSummary {
                files: 12,
                packages: 3,
                duration: None,
            },
            color: self.color,
            width: self.width,
            root: self.root.as_deref(),
        };
        let mut out = Vec::new();
        report::write(format, &input, &mut out).expect("a vector takes everything");
        out
    }

    pub(crate) fn render(&self, format: Format) -> String {
        String::from_utf8(self.bytes(format)).expect("every format is UTF-8")
    }

    pub(crate) fn json(&self, format: Format) -> serde_json::Value {
        let text = self.render(format);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }
}

pub(crate) fn range(start: usize, end: usize) -> ByteRange {
    let offset = |offset| u32::try_from(offset).expect("test files are small");
    ByteRange {
        start: offset(start),
        end: offset(end),
    }
}

pub(crate) fn finding(path: &str, range: ByteRange) -> Diagnostic {
    Diagnostic {
        rule: "defer-in-loop",
        category: Category::Placement,
        severity: Severity::Warning,
        path: Arc::new(path.into()),
        range,
        function: String::new(),
        message: "the file stays open until the function returns".to_owned(),
        help: None,
        related: Vec::new(),
        fix: None,
        fingerprint: String::new(),
        evidence: None,
    }
}

pub(crate) fn related(path: Option<&str>, range: ByteRange, message: &str) -> Related {
    let path = path.map(|path| Arc::new(path.into()));
    Related {
        path,
        range,
        message: message.to_owned(),
    }
}

pub(crate) fn fix(applicability: Applicability, edits: Vec<Edit>) -> Fix {
    Fix {
        applicability,
        description: "close the file when the iteration ends".to_owned(),
        edits,
    }
}

pub(crate) fn edit(range: ByteRange, text: &str) -> Edit {
    Edit {
        path: None,
        range,
        text: text.to_owned(),
    }
}

pub(crate) const RULES: &[RuleDescriptor<'static>] = &[
    RuleDescriptor {
        name: "defer-in-loop",
        category: Category::Placement,
        severity: Severity::Warning,
        summary: "A deferred release piles up until the function returns.",
        help_markdown: "## What it does\n\nFinds `defer` in loops.\n",
        help_uri: Some("https://example.invalid/rules/defer-in-loop"),
    },
    RuleDescriptor {
        name: "lock-instead-of-unlock",
        category: Category::Locks,
        severity: Severity::Error,
        summary: "A deferred `Lock` where `Unlock` was meant.",
        help_markdown: "",
        help_uri: None,
    },
];

pub(crate) const IMPORT_GO: &str = "\
package shop

import \"os\"

// Import reads all price lists.
func Import(names []string) error {
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		read(f)
	}
	return nil
}
";

pub(crate) const STOCK_GO: &str = "\
package shop

import \"sync\"

type Stock struct {
	mu    sync.Mutex
	count int // Stück
}

func (s *Stock) Take() {
	s.mu.Lock()
	defer s.mu.Lock()
	s.count--
}
";

/// Two findings with all that findings can have.
pub(crate) fn shop() -> Report {
    let report = Report::new()
        .file("store/import.go", IMPORT_GO)
        .file("store/stock.go", STOCK_GO);
    let deferred = report.range("store/import.go", "defer f.Close()");
    let line = report.range("store/import.go", "\t\tdefer f.Close()\n");
    let after = report.range("store/import.go", "\t\tread(f)\n").end;
    let in_loop = Diagnostic {
        function: "Import".to_owned(),
        message: "`f.Close` is deferred in a loop: every file stays open until `Import` returns"
            .to_owned(),
        help: Some("close the file at the end of the iteration".to_owned()),
        related: vec![
            related(
                None,
                report.range("store/import.go", "for _, name"),
                "the loop",
            ),
            related(
                None,
                report.range("store/import.go", "os.Open(name)"),
                "opened here",
            ),
        ],
        fix: Some(fix(
            Applicability::Unsafe,
            vec![
                edit(line, ""),
                edit(
                    ByteRange {
                        start: after,
                        end: after,
                    },
                    "\t\tf.Close()\n",
                ),
            ],
        )),
        fingerprint: "5f1d0c9a7be34e02".to_owned(),
        ..finding("store/import.go", deferred)
    };
    let lock = report.range("store/stock.go", "defer s.mu.Lock()");
    let unlock = ByteRange {
        start: lock.end - 6,
        end: lock.end - 2,
    };
    let deadlock = Diagnostic {
        rule: "lock-instead-of-unlock",
        category: Category::Locks,
        severity: Severity::Error,
        function: "(*Stock).Take".to_owned(),
        message: "the deferred call locks `s.mu` again, and the method never returns".to_owned(),
        help: Some("write `defer s.mu.Unlock()`".to_owned()),
        related: vec![related(
            None,
            report.range("store/stock.go", "s.mu.Lock()"),
            "locked here",
        )],
        fix: Some(Fix {
            applicability: Applicability::Safe,
            description: "call `Unlock`".to_owned(),
            edits: vec![edit(unlock, "Unlock")],
        }),
        fingerprint: "0b7e6f4d21c8a935".to_owned(),
        ..finding("store/stock.go", lock)
    };
    report.finding(in_loop).finding(deadlock)
}

/// [`shop`], and what was observed when it ran.
pub(crate) fn observed() -> Report {
    let mut report = shop();
    let seen = Evidence {
        class: Some("heap-allocated"),
        count: Some(1_230_000),
        interval: Some((1_200_000, 1_260_000)),
        rate: Some(41_000.0),
        held: Some(Held {
            mean: 1_500.0,
            p50: Some(900.0),
            p99: Some(2.5e6),
            max: None,
        }),
        pending: Some(12),
        open: vec![("file".to_owned(), 3)],
        panics: Some(0),
        ..Evidence::default()
    };
    report.diagnostics[0].evidence = Some(Box::new(seen));
    let path = Arc::clone(&report.diagnostics[0].path);
    report.observed.push(ObservedSite {
        path,
        line: 3,
        package: "example.com/shop".to_owned(),
        function: "(*Stock).Take".to_owned(),
        ordinal: 1,
        striking: Striking::Piles,
        evidence: Evidence {
            pending: Some(10_000),
            observed_line: Some(2),
            ..Evidence::default()
        },
    });
    report.observed.push(ObservedSite {
        path: Arc::new("gone\u{1b}.go".into()),
        line: 9_999,
        package: "example.com/shop".to_owned(),
        function: String::new(),
        ordinal: 2,
        striking: Striking::Hot,
        evidence: Evidence {
            cpu_share: Some(0.2),
            ..Evidence::default()
        },
    });
    report
}
