//! What is new: findings outside of what has changed since a revision are dropped, when that is asked
//! for.

use diagnostics::Diagnostic;
use go_syntax::{LineIndex, Source};

use super::{Run, Unit, UnitFile, package};

/// Drops the findings of a package that are not new, and returns how many they were.
pub(super) fn drop_old(run: &Run<'_>, unit: &Unit, findings: &mut Vec<Diagnostic>) -> usize {
    if run.request.changes.is_none() || findings.is_empty() {
        return 0;
    }
    let before = findings.len();
    for file in &unit.files {
        if findings.iter().any(|finding| finding.path == file.path) {
            drop_old_of(run, file, findings);
        }
    }
    before - findings.len()
}

fn drop_old_of(run: &Run<'_>, file: &UnitFile, findings: &mut Vec<Diagnostic>) {
    let changes = run.request.changes;
    let Some(changes) = changes.and_then(|changes| changes.of(&file.absolute)) else {
        return findings.retain(|finding| finding.path != file.path);
    };
    // A file that has gone meanwhile is as new as can be.
    if let Ok(bytes) = package::read(run, &file.absolute) {
        let lines = LineIndex::new(Source::new(bytes).text());
        findings.retain(|finding| finding.path != file.path || changes.touch(finding, &lines));
    }
}
