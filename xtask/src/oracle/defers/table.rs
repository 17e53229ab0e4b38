//! The committed table of `oracle defers`: a row for each release and corpus.

use std::fmt::Write;

use super::compare::Score;
use crate::oracle::table::percent;

/// What stands above the rows.
pub(super) const HEAD: &str = "# Classes of defers against the compiler\n\n\
Written by `cargo xtask oracle defers --all --write`; do not edit. `deferscope dev defers` reads the\n\
source, the compiler prints what it does (`-gcflags=-d=defer`), and every `defer` statement that either\n\
of them names must have the same class from both. *std and cmd* are those of the release itself, for\n\
linux/amd64 without cgo. *Generated* are programs made of the conditions: 1 to 12 defers by 0 to 12\n\
returns; loops by for, range and goto, labelled or over functions (from Go 1.23); nested literals; dead code;\n\
generic functions; switches that become tables; results whose addresses are taken. *Unused* are defers of\n\
generic functions that nothing instantiates: the compiler does not see them, we name them nevertheless.\n\n\
| corpus | statements | open-coded | stack | heap | agree | % | unused | disagreements |\n\
|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";

/// So many disagreements are shown.
const SHOWN: usize = 30;

/// What was measured of one corpus.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) score: Score,
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

    pub(super) fn line(&self) -> String {
        let Self { name, score } = self;
        let percent = percent(score.agree, score.statements, score.disagreements.len());
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
