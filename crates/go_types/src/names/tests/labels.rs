//! Labels: a namespace of their own in each function.

use go_syntax::{BranchKind, File, StmtKind};

use super::{BodyNames, bodies, check};
use crate::names::Label;
use crate::testing::package;
use crate::{NoPackages, PackageCx};

/// For each branch statement with a label, the line of the statement and of the label it leads to.
fn branches(text: &str) -> Vec<(BranchKind, u32, Option<u32>)> {
    let names = package(&[text]);
    let cx = PackageCx::new(&names, &NoPackages);
    let file = names.file(0);
    assert_eq!(file.errors(), []);
    bodies(&cx, 0)
        .iter()
        .flat_map(|body| branches_of(file, body))
        .collect()
}

fn branches_of(file: &File, body: &BodyNames) -> Vec<(BranchKind, u32, Option<u32>)> {
    let lines = file.line_index();
    let line_of = |label: &Label| lines.line(file.name_span(label.name).start);
    let mut found = Vec::new();
    for stmt in file.func(body.root()).stmts.iter() {
        let StmtKind::Branch {
            kind,
            label: Some(label),
        } = file.stmt(stmt).kind
        else {
            continue;
        };
        let target = body.branch_target(label);
        found.push((
            kind,
            lines.line(file.stmt(stmt).span.start),
            target.map(line_of),
        ));
        if let Some(target) = target {
            assert_eq!(body.label_of(target.stmt), Some(target));
        }
    }
    found.sort_by_key(|&(_, line, _)| line);
    found
}

#[test]
fn branches_find_their_labels() {
    let found = branches(
        "package p
func f() {
	goto end
outer:
	for {
		for {
			continue outer
		}
		break outer
	}
end:
	goto missing
}",
    );
    use BranchKind::{Break, Continue, Goto};
    assert_eq!(
        found,
        [
            (Goto, 3, Some(11)),
            (Continue, 7, Some(4)),
            (Break, 9, Some(4)),
            (Goto, 12, None)
        ]
    );
}

#[test]
fn each_function_has_its_own_labels() {
    let found = branches(
        "package p
func f() {
L:
	for {
		func() {
		L:
			for {
				break L
			}
		}()
		func() {
			goto L
		}()
		break L
	}
}
func g() {
	goto L
}",
    );
    use BranchKind::{Break, Goto};
    assert_eq!(
        found,
        [
            (Break, 8, Some(6)),
            (Goto, 12, None),
            (Break, 14, Some(3)),
            (Goto, 18, None)
        ]
    );
}

#[test]
fn labels_and_variables_do_not_meet() {
    check(
        "package p
func f(/*def:x*/x int) {
x:
	for /*use:x*/x > 0 {
		/*def:y*/y := /*use:x*/x
		_ = /*use:y*/y
		break x
	}
y:
	_ = /*is:unknown*/y
	goto y
}",
    );
}
