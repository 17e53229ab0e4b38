//! Baselines: findings that are known, kept in a file, and not reported.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diagnostics::Diagnostic;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::atomic::{WriteError, write_atomically};

/// The version of the format.
const VERSION: u32 = 1;

/// Known findings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// One known finding. Rule, path and function are there for people.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
struct Entry {
    path: String,
    rule: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    function: String,
    fingerprint: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: u32,
}

const fn one() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_one(count: &u32) -> bool {
    *count == 1
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

/// Why there is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file cannot be read.
    #[error("cannot read the baseline {}: {source}\n  help: `--write-baseline {}` makes one", path.display(), path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a baseline.
    #[error("{} is not a baseline: {source}\n  help: `--write-baseline {}` makes it anew", path.display(), path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The file was written by a later deferscope.
    #[error("the baseline {} has version {found}, and this deferscope knows versions up to {VERSION}\n  help: use a newer deferscope, or `--write-baseline {}`", path.display(), path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it has.
        found: u32,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Baseline {
    /// The baseline in which all of `findings` are known.
    pub fn of(findings: &[Diagnostic]) -> Self {
        let mut counts: BTreeMap<(String, &str, &str, &str), u32> = BTreeMap::new();
        for finding in findings {
            let path = finding.path.to_string_lossy().replace('\\', "/");
            *counts
                .entry((path, finding.rule, &finding.function, &finding.fingerprint))
                .or_default() += 1;
        }
        let entry =
            |((path, rule, function, fingerprint), count): ((String, &str, &str, &str), u32)| {
                Entry {
                    path,
                    rule: rule.to_owned(),
                    function: function.to_owned(),
                    fingerprint: fingerprint.to_owned(),
                    count,
                }
            };
        Self {
            entries: counts.into_iter().map(entry).collect(),
        }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is no baseline.
    pub fn load(path: &Path) -> Result<Self, BaselineError> {
        let bytes = std::fs::read(path).map_err(|source| BaselineError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let parse = |source| BaselineError::Parse {
            path: path.to_path_buf(),
            source,
        };
        let Version { version } = serde_json::from_slice(&bytes).map_err(parse)?;
        if version > VERSION {
            return Err(BaselineError::Version {
                path: path.to_path_buf(),
                found: version,
            });
        }
        let document: Document = serde_json::from_slice(&bytes).map_err(parse)?;
        Ok(Self {
            entries: document.findings,
        })
    }

    /// Writes the baseline: all of it or nothing.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(self, path: &Path) -> Result<(), BaselineError> {
        let document = Document {
            version: VERSION,
            findings: self.entries,
        };
        write_atomically(path, |out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            out.write_all(b"\n")
        })?;
        Ok(())
    }

    /// Takes the known ones out of `findings`. `looked_for` says of a path and a rule whether this run
    /// would have found something there: only then can an entry be stale.
    pub fn apply(
        &self,
        findings: &mut Vec<Diagnostic>,
        looked_for: impl Fn(&str, &str) -> bool,
    ) -> Applied {
        let mut left: FxHashMap<&str, u32> = FxHashMap::default();
        for entry in &self.entries {
            let count = left.entry(&entry.fingerprint).or_default();
            *count = count.saturating_add(entry.count);
        }
        let before = findings.len();
        findings.retain(|finding| match left.get_mut(finding.fingerprint.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        let mut stale = 0;
        for entry in self
            .entries
            .iter()
            .filter(|entry| looked_for(&entry.path, &entry.rule))
        {
            stale += left.remove(entry.fingerprint.as_str()).unwrap_or(0) as usize;
        }
        Applied {
            known: before - findings.len(),
            stale,
        }
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What a baseline did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// Findings that were known.
    pub known: usize,
    /// Entries that nothing was found for.
    pub stale: usize,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use diagnostics::{ByteRange, Category, Severity};

    use super::*;

    fn finding(fingerprint: &str) -> Diagnostic {
        Diagnostic {
            rule: "defer-in-loop",
            category: Category::Placement,
            severity: Severity::Warning,
            path: Arc::new("a/b.go".into()),
            range: ByteRange { start: 0, end: 1 },
            function: "(*T).M".to_owned(),
            message: String::new(),
            help: None,
            related: Vec::new(),
            fix: None,
            fingerprint: fingerprint.to_owned(),
            evidence: None,
        }
    }

    #[test]
    fn what_was_written_is_known_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("baseline.json");
        let findings = [finding("b"), finding("a"), finding("a")];
        Baseline::of(&findings).write(&path).expect("written");
        let text = std::fs::read_to_string(&path).expect("read");
        assert!(
            text.contains("\"rule\": \"defer-in-loop\"") && text.contains("\"count\": 2"),
            "{text}"
        );
        assert!(text.ends_with("}\n"));

        let baseline = Baseline::load(&path).expect("a baseline");
        let mut again = vec![finding("a"), finding("c"), finding("a"), finding("a")];
        assert_eq!(
            baseline.apply(&mut again.clone(), |_, _| false),
            Applied { known: 2, stale: 0 }
        );
        let here = |path: &str, rule: &str| path == "a/b.go" && rule == "defer-in-loop";
        assert_eq!(
            baseline.apply(&mut again, here),
            Applied { known: 2, stale: 1 }
        );
        let left: Vec<_> = again
            .iter()
            .map(|finding| finding.fingerprint.as_str())
            .collect();
        assert_eq!(left, ["c", "a"], "one more than was known is new");
    }

    #[test]
    fn what_is_no_baseline_is_refused_with_a_way_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("baseline.json");
        let load = || Baseline::load(&path).expect_err("no baseline").to_string();
        assert!(load().contains("--write-baseline"), "{}", load());
        for text in [
            "",
            "[]",
            "{}",
            "{\"version\":1}",
            "{\"version\":1,\"findings\":[{}]}",
            "\u{0}",
        ] {
            std::fs::write(&path, text).expect("written");
            assert!(load().contains("is not a baseline"), "{text}: {}", load());
        }
        std::fs::write(&path, "{\"version\":99,\"entries\":1}").expect("written");
        assert!(load().contains("version 99"), "{}", load());
    }

    #[test]
    fn unknown_fields_and_missing_counts_are_fine() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("baseline.json");
        let text = r#"{"version":1,"tool":"x","findings":[{"path":"a","rule":"r","fingerprint":"f","note":"y"}]}"#;
        std::fs::write(&path, text).expect("written");
        let mut findings = vec![finding("f")];
        assert_eq!(
            Baseline::load(&path)
                .expect("read")
                .apply(&mut findings, |_, _| true)
                .known,
            1
        );
    }
}
