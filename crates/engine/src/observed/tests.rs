//! Which line a site of an earlier build has today.

use go_binary::SiteId;
use go_syntax::{Mode, Source, parse};
use profiles::evidence::{Resource, Site};

use super::source::{Declared, functions};
use super::{common_end, foreign, matching};

fn declared(name: &str, lines: (u32, u32), defers: &[u32]) -> Declared {
    Declared {
        name: name.to_owned(),
        lines,
        defers: defers.to_vec(),
    }
}

/// The lines of today for sites seen at `lines`.
fn today(function: &Declared, lines: &[u32]) -> Vec<Option<u32>> {
    let ids: Vec<SiteId> = lines.iter().map(|&line| id(line)).collect();
    let site = Site::default();
    let sites: Vec<_> = ids.iter().map(|id| (id, &site)).collect();
    matching::today(function, &sites)
}

fn id(line: u32) -> SiteId {
    SiteId {
        package: "p".to_owned(),
        function: "F".to_owned(),
        file: "a.go".to_owned(),
        line,
        ordinal: 1,
    }
}

#[test]
fn lines_that_fit_are_believed() {
    let function = declared("F", (10, 30), &[12, 15, 20]);
    assert_eq!(today(&function, &[12, 20]), [Some(12), Some(20)]);
    assert_eq!(today(&function, &[]), []);
}

#[test]
fn a_function_that_moved_is_found() {
    let function = declared("F", (110, 130), &[112, 115, 120]);
    assert_eq!(
        today(&function, &[12, 15, 20]),
        [Some(112), Some(115), Some(120)]
    );
    // Neighbours: each by itself would fit where it is not.
    let near = declared("F", (11, 31), &[13, 14]);
    assert_eq!(today(&near, &[12, 13]), [Some(13), Some(14)]);
    // One alone must not be far away.
    assert_eq!(today(&function, &[12]), [None]);
    assert_eq!(today(&declared("F", (15, 30), &[20]), &[12]), [Some(20)]);
}

#[test]
fn lines_between_that_were_written_are_bridged() {
    // A line came in between the two.
    let function = declared("F", (10, 30), &[12, 17]);
    assert_eq!(today(&function, &[12, 16]), [Some(12), Some(17)]);
    // One is gone, nobody knows which of two.
    let fewer = declared("F", (10, 30), &[12]);
    assert_eq!(today(&fewer, &[100, 200]), [None, None]);
}

#[test]
fn lines_that_open_things_move_with_the_defers() {
    let function = declared("F", (20, 40), &[25]);
    let opening = Site {
        resources: vec![Resource {
            kind: "file".to_owned(),
            open: 5,
        }],
        ..Site::default()
    };
    let defers = Site::default();
    let (open, close) = (id(11), id(15));
    let sites = [(&open, &opening), (&close, &defers)];
    assert_eq!(matching::today(&function, &sites), [Some(21), Some(25)]);
    // Outside of the function there is nothing to open.
    let far = id(35);
    let sites = [(&far, &opening), (&close, &defers)];
    assert_eq!(matching::today(&function, &sites), [None, Some(25)]);
}

#[test]
fn functions_have_the_names_of_findings() {
    let text = "package p\n\nvar x = func() {\n\tdefer f()\n}\n\nfunc (t *T[K]) M() {\n\tgo func() {\n\t\tdefer f()\n\t}()\n\tdefer g(); defer h()\n}\n\nfunc F() {}\n";
    let tree = parse(Source::new(text.as_bytes().to_vec()), Mode::Full);
    let found = functions(&tree, &tree.line_index());
    let shown: Vec<_> = found
        .iter()
        .map(|f| (f.name.as_str(), f.lines, f.defers.as_slice()))
        .collect();
    assert_eq!(
        shown,
        [
            ("(*T).M", (7, 12), &[9, 11, 11][..]),
            ("F", (14, 14), &[]),
            ("", (1, 15), &[4]),
        ]
    );
    assert!(matching::is_same_function("glob", ""));
    assert!(matching::is_same_function("(*T).M", "(*T).M"));
    assert!(!matching::is_same_function("T.M", "(*T).M"));
}

#[test]
fn paths_of_other_machines_are_compared_by_their_ends() {
    let end = |one: &str, other: &str| common_end(&foreign(one), std::path::Path::new(other));
    assert_eq!(end("/build/x/cmd/a/main.go", "/home/me/x/cmd/a/main.go"), 4);
    assert_eq!(end("C:\\x\\cmd\\b\\main.go", "/home/me/x/cmd/a/main.go"), 1);
    assert_eq!(end("", "/a"), 0);
}
