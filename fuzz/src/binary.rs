//! What must hold of a file that is taken for a Go program.

use go_binary::{Binary, FuncId, compare};

/// Reads `bytes` as a program, and asks all there is to ask.
pub fn check(bytes: &[u8]) {
    let binary = match Binary::parse(bytes) {
        Ok(binary) => binary,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error says something");
            return;
        }
    };
    let table = binary.functions();
    assert!(table.len() <= bytes.len(), "a function takes some bytes");
    for function in table.iter() {
        assert!(function.entry <= function.end);
        assert_eq!(
            table.function(function.id).map(|f| f.entry),
            Some(function.entry)
        );
        for pc in [function.entry, function.end.saturating_sub(1)] {
            if let Some(found) = table.at(pc) {
                assert!((found.entry..found.end).contains(&pc));
            }
            let frames = binary.frames_in(&function, pc);
            assert!(
                frames
                    .last()
                    .is_none_or(|frame| frame.function == function.name)
            );
            let _ = binary.stack_delta(&function, pc);
        }
        let mut end = function.entry;
        for run in table.lines(&function) {
            assert!(run.start == end && run.start < run.end && run.end <= function.end);
            end = run.end;
        }
    }
    assert!(table.function(FuncId(u32::MAX)).is_none());
    let defers = binary.defers();
    let sites = binary.sites(&defers);
    assert!(
        sites.len() <= defers.sites().count(),
        "statements have copies"
    );
    assert!(sites.is_sorted_by(|one, other| one.id < other.id));
    let comparison = compare(&sites, &sites);
    assert!(comparison.changes.is_empty(), "a program is like itself");
    assert_eq!(comparison.same, sites.len());
    assert_eq!(binary.defers(), defers, "reading is repeatable");
}
