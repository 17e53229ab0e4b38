//! The committed page of agreement: rows and disagreements by corpus. Those that are not measured in
//! a run stay as they are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::compare::Row;
use crate::toolchains::GO;

/// The page, as text by corpus.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// In the order of the page.
    corpora: Vec<String>,
    rows: BTreeMap<String, String>,
    disagreements: BTreeMap<String, Vec<String>>,
}

impl Page {
    /// The page at `path`; an empty one if there is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut current = None;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("### ") {
                current = Some(name.to_owned());
            } else if let (Some(name), Some(entry)) = (&current, line.strip_prefix("- ")) {
                let list = page.disagreements.entry(name.clone()).or_default();
                list.push(entry.to_owned());
            } else if let Some(cells) = line.strip_prefix("| ")
                && let Some((name, _)) = cells.split_once(" | ")
                && name != "corpus"
            {
                page.corpora.push(name.to_owned());
                page.rows.insert(name.to_owned(), line.to_owned());
            }
        }
        page
    }

    /// Leaves out corpora that there are no more, and puts the others in this order.
    pub(super) fn keep(&mut self, names: &[String]) {
        self.rows.retain(|name, _| names.contains(name));
        self.disagreements.retain(|name, _| names.contains(name));
        self.corpora = names.to_vec();
    }

    /// Puts in what was measured.
    pub(super) fn set(&mut self, row: &Row) {
        let name = &row.corpus;
        if !self.corpora.contains(name) {
            self.corpora.push(name.clone());
        }
        let (expressions, identifiers) = (row.expressions, row.identifiers);
        let line = format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.packages,
            row.rejected,
            expressions.total,
            expressions.agree,
            expressions.percent(),
            identifiers.total,
            identifiers.agree,
            identifiers.percent()
        );
        self.rows.insert(name.clone(), line);
        if row.disagreements.is_empty() {
            self.disagreements.remove(name);
        } else {
            self.disagreements
                .insert(name.clone(), row.disagreements.clone());
        }
    }

    pub(super) fn render(&self) -> String {
        let mut text = format!(
            "# go_types against go/types of Go {GO}\n\n\
             Written by `cargo xtask oracle types`; do not edit. Packages with their tests, on linux/amd64\n\
             without cgo; those that go/types rejects, mostly for want of a dependency, are left out and\n\
             counted. *Expressions* are all values that are no constants: they agree when both say that they\n\
             are, and give them the same type. *Identifiers* are all uses and definitions but those of `_`:\n\
             they agree when both say that they are declared at the same place. The rows *through the index*\n\
             hold packages, without tests, that import only the standard library, while we see no Go but the\n\
             embedded index; for what the library declares, *at the same place* is *in the same package* there.\n\n\
             | corpus | packages | rejected | expressions | agree | % | identifiers | agree | % |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        );
        for name in &self.corpora {
            if let Some(row) = self.rows.get(name) {
                let _ = writeln!(text, "{row}");
            }
        }
        text.push_str("\n## Disagreements\n\nThe first of each corpus.\n");
        if self.disagreements.is_empty() {
            text.push_str("\nNone.\n");
        }
        for name in &self.corpora {
            let Some(list) = self.disagreements.get(name) else {
                continue;
            };
            let _ = writeln!(text, "\n### {name}\n");
            for entry in list {
                let _ = writeln!(text, "- {entry}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::types::compare::Score;

    fn row(corpus: &str, agree: usize, disagreements: &[&str]) -> Row {
        let score = Score { total: 10, agree };
        Row {
            corpus: corpus.to_owned(),
            packages: 1,
            rejected: 2,
            expressions: score,
            identifiers: score,
            disagreements: disagreements.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    #[test]
    fn what_is_not_measured_stays() {
        let mut page = Page::default();
        page.set(&row("std", 9, &["`a.go:1`: one"]));
        page.set(&row("podman", 8, &["`b.go:2`: two"]));
        let text = page.render();
        let mut again = Page::parse(&text);
        assert_eq!(again, page);
        again.set(&row("std", 10, &[]));
        let text = again.render();
        assert!(text.contains("| std | 1 | 2 | 10 | 10 | 100.0000 | 10 | 10 | 100.0000 |"));
        assert!(text.contains("| podman | 1 | 2 | 10 | 8 | 80.0000 |"));
        assert!(!text.contains("a.go") && text.contains("b.go"));
    }
}
