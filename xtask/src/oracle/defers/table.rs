//! The committed table of `oracle defers`: a row for each release and corpus. Those that are not
//! measured in a run stay as they are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::compare::Score;

/// So many disagreements are shown.
const SHOWN: usize = 30;

/// What was measured of one corpus.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) score: Score,
}

/// What a row is called.
pub(super) fn name(version: &str, corpus: &str) -> String {
    format!("Go {version} {corpus}")
}

impl Row {
    /// The row for the terminal, with what does not agree.
    pub(super) fn shown(&self) -> String {
        let mut text = self.line();
        for disagreement in self.score.disagreements.iter().take(SHOWN) {
            let _ = write!(text, "\n  {disagreement}");
        }
        text
    }

    fn line(&self) -> String {
        let Self { name, score } = self;
        let percent = if score.disagreements.is_empty() {
            "100".to_owned()
        } else {
            // Never rounded up to 100.
            let hundredths = (score.agree * 10_000 / score.statements.max(1)).min(9_999);
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        };
        let [open, stack, heap] = score.classes;
        format!(
            "| {name} | {} | {open} | {stack} | {heap} | {} | {percent} | {} | {} |",
            score.statements,
            score.agree,
            score.unused,
            score.disagreements.len()
        )
    }
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Page {
    names: Vec<String>,
    rows: BTreeMap<String, String>,
    disagree: Vec<String>,
}

impl Page {
    /// The table at `path`; an empty one if there is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let rows = text.lines().filter_map(|line| {
            let (name, _) = line.strip_prefix("| ")?.split_once(" | ")?;
            Some((name.to_owned(), line.to_owned()))
        });
        Ok(Self {
            rows: rows.collect(),
            ..Self::default()
        })
    }

    /// Leaves out rows that there are no more, and puts the others in this order.
    pub(super) fn keep(&mut self, names: impl Iterator<Item = String>) {
        self.names = names.collect();
    }

    /// Puts in what was measured.
    pub(super) fn set(&mut self, row: &Row) {
        if !row.score.disagreements.is_empty() {
            self.disagree.push(row.name.clone());
        }
        self.rows.insert(row.name.clone(), row.line());
    }

    /// For other seeds than the table's: everything must agree.
    pub(super) fn demand_agreement(&self) -> Result<()> {
        if !self.disagree.is_empty() {
            bail!("these do not agree: {}", self.disagree.join(", "));
        }
        Ok(())
    }

    pub(super) fn render(&self) -> String {
        let mut text = String::from(
            "# Classes of defers against the compiler\n\n\
             Written by `cargo xtask oracle defers --all --write`; do not edit. `deferscope dev defers` reads the\n\
             source, the compiler prints what it does (`-gcflags=-d=defer`), and every `defer` statement that either\n\
             of them names must have the same class from both. *std and cmd* are those of the release itself, for\n\
             linux/amd64 without cgo. *Generated* are programs made of the conditions: 1 to 12 defers by 0 to 12\n\
             returns; loops by for, range and goto, labelled or over functions (from Go 1.23); nested literals; dead code;\n\
             generic functions; switches that become tables; results whose addresses are taken. *Unused* are defers of\n\
             generic functions that nothing instantiates: the compiler does not see them, we name them nevertheless.\n\n\
             | corpus | statements | open-coded | stack | heap | agree | % | unused | disagreements |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for name in &self.names {
            if let Some(row) = self.rows.get(name) {
                let _ = writeln!(text, "{row}");
            }
        }
        text
    }
}
