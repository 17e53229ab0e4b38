//! What a package does with the fields of its structs, by their names.

use go_flow::ArgEffect;
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, ExprId, ExprKind, File, StmtKind};
use go_types::{Object, PackageCx};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::models::models;

/// How names of methods begin that end the use of something.
const ENDS: [&str; 18] = [
    "close",
    "stop",
    "shutdown",
    "release",
    "cancel",
    "destroy",
    "dispose",
    "done",
    "end",
    "finish",
    "terminate",
    "wait",
    "free",
    "kill",
    "cleanup",
    "teardown",
    "delete",
    "remove",
];

/// The fields of whatever struct that something in the package may release: by a method, or because
/// they are handed on.
#[derive(Debug)]
pub(crate) struct Released(FxHashSet<Box<str>>);

impl Released {
    /// What the package of `cx` may release.
    pub(crate) fn contains(cx: &PackageCx<'_>, field: &str) -> bool {
        let released = cx.memo(|| {
            let mut released = FxHashSet::default();
            for index in (0..).take(cx.names().files().len()) {
                collect(cx, index, &mut released);
            }
            Self(released)
        });
        released.0.contains(field)
    }
}

/// Whether a name is that of something that ends the use of a value.
pub(crate) fn ends(name: &str) -> bool {
    let lower = name.to_lowercase();
    ENDS.iter().any(|verb| lower.starts_with(verb))
}

fn collect(cx: &PackageCx<'_>, index: u32, released: &mut FxHashSet<Box<str>>) {
    let file = cx.file(index);
    // What is done with a selector, when that is nothing that matters.
    let mut harmless: FxHashSet<ExprId> = FxHashSet::default();
    let mut selectors: FxHashMap<ExprId, &str> = FxHashMap::default();
    let mut see = |node: Node| {
        match node {
            Node::Expr(expr) => match file.expr(expr).kind {
                ExprKind::Selector { x, sel } => {
                    selectors.insert(expr, file.span_text(sel));
                    let x = file.unparen(x);
                    if !ends(file.span_text(sel)) {
                        harmless.insert(x);
                    }
                }
                ExprKind::Binary {
                    op: BinaryOp::Eq | BinaryOp::Ne,
                    x,
                    y,
                } => harmless.extend([file.unparen(x), file.unparen(y)]),
                ExprKind::Call { .. } => {
                    let (fun, args) = file.call(expr).unwrap_or((expr, &[]));
                    // What is called is no value that goes elsewhere.
                    harmless.insert(file.unparen(fun));
                    for (at, &arg) in args.iter().enumerate() {
                        if borrows(cx, index, file, fun, at) {
                            harmless.insert(file.unparen(arg));
                        }
                    }
                }
                _ => {}
            },
            Node::Stmt(stmt) => {
                if let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind {
                    harmless.extend(file.exprs(lhs).iter().map(|&target| file.unparen(target)));
                }
            }
            _ => {}
        }
        Descend::Into
    };
    for &decl in file.top_decls() {
        walk(file, Node::Decl(decl), &mut see);
    }
    for (expr, name) in selectors {
        if !harmless.contains(&expr) {
            released.insert(name.into());
        }
    }
}

/// Whether a function of another package only borrows its argument.
fn borrows(cx: &PackageCx<'_>, index: u32, file: &File, fun: ExprId, at: usize) -> bool {
    let Some((x, name)) = file.selector(file.unparen(fun)) else {
        return false;
    };
    let Object::Package(import) = cx.lookup(index, file.expr_text(x)) else {
        return false;
    };
    let path = cx.names().canonical_path(import, cx.loader());
    let effect = models()
        .function(&format!("{path}.{name}"))
        .map_or(ArgEffect::Unknown, |contract| contract.param(at));
    match effect {
        ArgEffect::Borrow | ArgEffect::Drain | ArgEffect::Wrap => true,
        ArgEffect::Unknown => models().borrows(path),
        _ => false,
    }
}
