//! Findings as `--format json` prints them, and the difference between two runs.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

/// One finding: as much as comparing needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) rule: String,
    pub(crate) message: String,
}

impl Finding {
    fn place(&self) -> (&str, u64, u64, &str) {
        (&self.path, self.line, self.column, &self.rule)
    }

    fn shown(&self) -> String {
        format!(
            "{}:{}:{}: {}: {}",
            self.path, self.line, self.column, self.rule, self.message
        )
    }
}

/// Reads findings, one JSON object a line.
pub(crate) fn read(output: &[u8]) -> Result<Vec<Finding>> {
    let text = std::str::from_utf8(output).context("the output is not UTF-8")?;
    let mut findings = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(one)
        .collect::<Result<Vec<_>>>()?;
    findings.sort();
    Ok(findings)
}

fn one(line: &str) -> Result<Finding> {
    let value: Value = serde_json::from_str(line).with_context(|| format!("reading {line}"))?;
    let text = |key: &str| {
        value[key]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| anyhow!("no {key} in {line}"))
    };
    let number = |key: &str| {
        value[key]
            .as_u64()
            .ok_or_else(|| anyhow!("no {key} in {line}"))
    };
    Ok(Finding {
        path: text("path")?,
        line: number("line")?,
        column: number("column")?,
        rule: text("rule")?,
        message: text("message")?,
    })
}

/// What differs between two runs over the same code.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) came: Vec<Finding>,
    pub(super) went: Vec<Finding>,
    /// At the same place, with another message: before and now.
    pub(super) changed: Vec<(Finding, Finding)>,
}

impl Difference {
    pub(super) fn is_empty(&self) -> bool {
        self.came.is_empty() && self.went.is_empty() && self.changed.is_empty()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let came = self
            .came
            .iter()
            .map(|finding| format!("+ {}", finding.shown()));
        let went = self
            .went
            .iter()
            .map(|finding| format!("- {}", finding.shown()));
        let changed = self
            .changed
            .iter()
            .map(|(before, now)| format!("~ {}\n    before: {}", now.shown(), before.message));
        came.chain(went).chain(changed).collect()
    }
}

/// Compares two runs over the same code.
pub(super) fn difference(before: &[Finding], now: &[Finding]) -> Difference {
    let mut places: BTreeMap<_, (Vec<&Finding>, Vec<&Finding>)> = BTreeMap::new();
    for finding in before {
        places.entry(finding.place()).or_default().0.push(finding);
    }
    for finding in now {
        places.entry(finding.place()).or_default().1.push(finding);
    }
    let mut difference = Difference::default();
    for (before, now) in places.values() {
        let common = before.len().min(now.len());
        for (before, now) in before.iter().zip(now) {
            if before.message != now.message {
                difference.changed.push(((*before).clone(), (*now).clone()));
            }
        }
        difference
            .went
            .extend(before[common..].iter().map(|finding| (*finding).clone()));
        difference
            .came
            .extend(now[common..].iter().map(|finding| (*finding).clone()));
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        r#"{"rule":"defer-in-loop","path":"a.go","line":3,"column":2,"message":"m"}"#;

    fn finding(line: u64, message: &str) -> Finding {
        Finding {
            path: "a.go".into(),
            line,
            column: 2,
            rule: "defer-in-loop".into(),
            message: message.into(),
        }
    }

    #[test]
    fn findings_are_read() -> Result<()> {
        assert_eq!(read(format!("{LINE}\n\n").as_bytes())?, [finding(3, "m")]);
        assert!(read(b"{\"rule\":1}\n").is_err());
        Ok(())
    }

    #[test]
    fn what_came_went_and_changed_is_told() {
        let difference = difference(
            &[finding(1, "a"), finding(2, "b")],
            &[finding(2, "c"), finding(3, "d")],
        );
        assert_eq!(difference.went, [finding(1, "a")]);
        assert_eq!(difference.came, [finding(3, "d")]);
        assert_eq!(difference.changed, [(finding(2, "b"), finding(2, "c"))]);
        assert!(!difference.is_empty());
    }

    #[test]
    fn two_at_one_place_are_two() {
        let difference = difference(&[finding(1, "a")], &[finding(1, "a"), finding(1, "a")]);
        assert_eq!(difference.came.len(), 1);
        assert!(difference.went.is_empty() && difference.changed.is_empty());
    }
}
