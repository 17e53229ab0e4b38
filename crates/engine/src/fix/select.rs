//! Which fixes of a file are applied together.
//!
//! Two fixes of one declaration get into each other's way when the lines from the first to the last
//! edit of one overlap those of the other: a fix that wraps a loop body knows nothing of a statement
//! that another one inserts there. The smaller one is done first: what wraps a body sees then what it
//! wraps. What does not fit is done in the next round.

use diagnostics::{Diagnostic, Edit};
use go_syntax::{File, Mode, Source, parse};

use crate::tree::{line_end, line_start};

/// The findings, in the order of the text, whose fixes can be applied at once; the first only when
/// they are to be applied `one_by_one`.
pub(super) fn without_conflicts<'d>(
    text: &str,
    findings: impl Iterator<Item = &'d Diagnostic>,
    one_by_one: bool,
) -> Vec<&'d Diagnostic> {
    let file = parse(Source::from(text), Mode::Full);
    let mut wanted: Vec<(usize, &Diagnostic, Vec<Claim<'d>>)> = findings
        .enumerate()
        .map(|(index, finding)| (index, finding, claims(&file, finding)))
        .collect();
    let size = |claims: &[Claim<'_>]| -> u32 {
        let sizes = claims.iter().map(|claim| claim.end - claim.start);
        sizes.sum()
    };
    wanted.sort_by_key(|(index, _, claims)| (size(claims), *index));
    let mut taken: Vec<Claim<'d>> = Vec::new();
    let mut chosen = Vec::new();
    for (index, finding, claims) in wanted {
        let conflicts = |claim: &Claim<'_>| taken.iter().any(|other| other.conflicts(claim));
        if !claims.iter().any(conflicts) {
            taken.extend(claims);
            chosen.push((index, finding));
        }
    }
    chosen.sort_by_key(|(index, _)| *index);
    if one_by_one {
        chosen.truncate(1);
    }
    chosen.into_iter().map(|(_, finding)| finding).collect()
}

/// The lines that a fix wants for itself.
struct Claim<'d> {
    start: u32,
    end: u32,
    /// The edit, where it stands outside of functions: several fixes may want the same import.
    edit: Option<&'d Edit>,
}

impl Claim<'_> {
    fn conflicts(&self, other: &Self) -> bool {
        let same = self.edit.is_some() && self.edit == other.edit;
        !same && self.start <= other.end && other.start <= self.end
    }
}

fn claims<'d>(file: &File, finding: &'d Diagnostic) -> Vec<Claim<'d>> {
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    let mut claims: Vec<(Option<usize>, Claim<'d>)> = Vec::new();
    for edit in edits {
        let (start, end) = (edit.range.start, edit.range.end);
        let decl = declaration(file, start);
        let lines = Claim {
            start: line_start(file.text(), start),
            end: line_end(file.text(), end),
            edit: decl.is_none().then_some(edit),
        };
        let known = claims
            .iter_mut()
            .find(|(of, _)| decl.is_some() && *of == decl);
        match known {
            Some((_, claim)) => {
                claim.start = claim.start.min(lines.start);
                claim.end = claim.end.max(lines.end);
            }
            None => claims.push((decl, lines)),
        }
    }
    claims.into_iter().map(|(_, claim)| claim).collect()
}

/// The function declaration around an offset.
fn declaration(file: &File, offset: u32) -> Option<usize> {
    let decls = file.top_decls();
    let index = decls.partition_point(|&decl| file.decl(decl).span.end < offset);
    let decl = file.decl(*decls.get(index)?);
    (decl.span.start <= offset && matches!(decl.kind, go_syntax::DeclKind::Func(_)))
        .then_some(index)
}
