//! The committed table of `oracle inspect`: a row for each build. Those that are not measured in a run
//! stay as they are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::compare::Score;

/// What was measured of one build.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) functions: usize,
    pub(super) score: Score,
}

/// What a row is called.
pub(super) fn name(version: &str, build: &str) -> String {
    format!("Go {version} {build}")
}

impl Row {
    /// The row for the terminal, with all that does not agree.
    pub(super) fn shown(&self) -> String {
        let mut text = self.line();
        for disagreement in &self.score.disagreements {
            let _ = write!(text, "\n  {disagreement}");
        }
        text
    }

    fn line(&self) -> String {
        let Self {
            name,
            functions,
            score,
        } = self;
        let percent = if score.disagreements.is_empty() {
            "100".to_owned()
        } else {
            // Never rounded up to 100.
            let hundredths = score.agree * 10_000 / score.sites.max(1);
            format!(
                "{}.{:02}",
                hundredths.min(9_999) / 100,
                hundredths.min(9_999) % 100
            )
        };
        format!(
            "| {name} | {functions} | {} | {} | {} | {percent} | {} | {} | {} | {} |",
            score.functions,
            score.sites,
            score.agree,
            score.statements,
            score.unreachable,
            score.absent,
            score.disagreements.len()
        )
    }
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Page {
    names: Vec<String>,
    rows: BTreeMap<String, String>,
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
            names: Vec::new(),
            rows: rows.collect(),
        })
    }

    /// Leaves out rows that there are no more, and puts the others in this order.
    pub(super) fn keep(&mut self, names: impl Iterator<Item = String>) {
        self.names = names.collect();
    }

    /// Puts in what was measured.
    pub(super) fn set(&mut self, row: &Row) {
        self.rows.insert(row.name.clone(), row.line());
    }

    pub(super) fn render(&self) -> String {
        let mut text = String::from(
            "# go_binary against the compiler\n\n\
             Written by `cargo xtask oracle inspect`; do not edit. The program `xtask/go/defers`, which holds much of\n\
             the standard library, is built with `-gcflags=all=-d=defer`, and the defers that are found in it are\n\
             compared with what the compiler printed: every function of the program with defers must have the\n\
             defers of the function of the source that it was made of, line by line and class by class. *Sites*\n\
             counts copies (generic code, inlined literals) for themselves, *statements* does not. *Unreachable*\n\
             are statements that the compiler printed and then found out never to run: slots that nothing is stored\n\
             into, or lines without an instruction. *Not in the program* are statements of functions that the linker left out,\n\
             which is checked. The offsets of the runtime's structures are held against DWARF on the way.\n\n\
             | build | functions | with defers | sites | agree | % | statements | unreachable | not in the program | disagreements |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for name in &self.names {
            if let Some(row) = self.rows.get(name) {
                let _ = writeln!(text, "{row}");
            }
        }
        text
    }
}
