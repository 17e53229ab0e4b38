//! The committed table of `oracle inspect`: a row for each build.

use std::fmt::Write;

use super::compare::Score;
use crate::oracle::table::percent;

/// What stands above the rows.
pub(super) const HEAD: &str = "# go_binary against the compiler\n\n\
Written by `cargo xtask oracle inspect`; do not edit. The program `xtask/go/defers`, which holds much of\n\
the standard library, is built with `-gcflags=all=-d=defer`, and the defers that are found in it are\n\
compared with what the compiler printed: every function of the program with defers must have the\n\
defers of the function of the source that it was made of, line by line and class by class. *Sites*\n\
counts copies (generic code, inlined literals) for themselves, *statements* does not. *Unreachable*\n\
are statements that the compiler printed and then found out never to run: slots that nothing is stored\n\
into, or lines without an instruction. *Not in the program* are statements of functions that the linker left out,\n\
which is checked. The offsets of the runtime's structures are held against DWARF on the way.\n\n\
| build | functions | with defers | sites | agree | % | statements | unreachable | not in the program | disagreements |\n\
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";

/// What was measured of one build.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) functions: usize,
    pub(super) score: Score,
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

    pub(super) fn line(&self) -> String {
        let Self {
            name,
            functions,
            score,
        } = self;
        let percent = percent(score.agree, score.sites, score.disagreements.len());
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
