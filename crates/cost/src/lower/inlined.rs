//! Calls that the compiler replaces with a loop made of `goto`.
//!
//! A label that is jumped back to counts as a loop for the rest of its block, and the body of a function that is
//! put in place of its call is no block: so what follows the call counts as standing in a loop. Whether a function
//! is short enough is estimated, and only functions of the package are looked at.

use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprKind, Features, File, FuncId, StmtId, StmtKind};
use go_types::PackageCx;
use rustc_hash::FxHashSet;

use super::Lowerer;
use crate::tree::Stmt;

/// The most that a function may cost that is put in place of its call.
const BUDGET: usize = 80;
/// What a call costs beyond its parts.
const CALL: usize = 57;

/// The functions of a package that are short, and jump back in their outermost block.
struct Helpers(FxHashSet<(u32, FuncId)>);

impl<'a> Lowerer<'_, 'a> {
    /// Notes the calls below `node`, outside of literals, that become loops.
    pub(super) fn inlined_loops(&self, node: Node, out: &mut Vec<Stmt<'a>>) {
        if self.build.no_optimization {
            return;
        }
        let helpers = self.body.cx().memo(|| Helpers::of(self.body.cx()));
        if helpers.0.is_empty() {
            return;
        }
        let file = self.file;
        walk(file, node, |node| match node {
            Node::Func(_) => Descend::Past,
            Node::Expr(expr) => {
                if matches!(file.expr(expr).kind, ExprKind::Call { .. })
                    && let Some(callee) = self.body.declaration(expr)
                    && helpers.0.contains(&callee)
                {
                    let tree = self.body.cx().file(callee.0);
                    let name = tree.func(callee.1).name;
                    out.push(Stmt::InlinedLoop {
                        callee: name.map_or("", |name| tree.name(name)),
                        at: file.expr(expr).span.start,
                    });
                }
                Descend::Into
            }
            _ => Descend::Into,
        });
    }
}

impl Helpers {
    fn of(cx: &PackageCx<'_>) -> Self {
        let mut helpers = FxHashSet::default();
        for (index, file) in (0..).zip(cx.names().files()) {
            for func in file.all_funcs() {
                let features = file.func(func).features;
                if features.intersects(Features::GOTO)
                    && !features.intersects(
                        Features::DEFER
                            .union(Features::GO)
                            .union(Features::SELECT)
                            .union(Features::RECOVER),
                    )
                    && file.func(func).parent.is_none()
                    && jumps_back(file, func)
                    && is_short(file, func)
                {
                    helpers.insert((index, func));
                }
            }
        }
        Self(helpers)
    }
}

/// Whether a label in the outermost block is followed by a `goto` to it.
fn jumps_back(file: &File, func: FuncId) -> bool {
    let Some(body) = file.func(func).body else {
        return false;
    };
    let mut labels: Vec<&str> = Vec::new();
    outermost_labels(file, file.block_stmts(body), &mut labels);
    let mut seen: Vec<&str> = Vec::new();
    let mut found = false;
    walk(file, Node::Stmt(body), |node| match node {
        Node::Func(_) => Descend::Past,
        Node::Stmt(stmt) => {
            match file.stmt(stmt).kind {
                StmtKind::Labeled { label, .. } => seen.push(file.name(label)),
                StmtKind::Branch {
                    kind: go_syntax::BranchKind::Goto,
                    label: Some(label),
                } => {
                    let name = file.name(label);
                    found |= seen.contains(&name) && labels.contains(&name);
                }
                _ => {}
            }
            Descend::Into
        }
        _ => Descend::Into,
    });
    found
}

fn outermost_labels<'a>(file: &'a File, list: &[StmtId], labels: &mut Vec<&'a str>) {
    for &stmt in list {
        let mut stmt = stmt;
        while let StmtKind::Labeled { label, stmt: inner } = file.stmt(stmt).kind {
            labels.push(file.name(label));
            stmt = inner;
        }
        if let StmtKind::Block(inner) = file.stmt(stmt).kind {
            outermost_labels(file, file.stmts(inner), labels);
        }
    }
}

/// An estimate of the compiler's own count of nodes.
fn is_short(file: &File, func: FuncId) -> bool {
    let node = file.func(func);
    let before = file
        .text()
        .get(..node.span.start as usize)
        .unwrap_or_default();
    let directives = before
        .lines()
        .rev()
        .take_while(|line| line.starts_with("//"));
    if directives
        .into_iter()
        .any(|line| line.trim_end() == "//go:noinline")
    {
        return false;
    }
    let Some(body) = node.body else {
        return false;
    };
    let mut cost = 0;
    walk(file, Node::Stmt(body), |node| {
        match node {
            Node::Expr(expr) => {
                cost += match file.expr(expr).kind {
                    ExprKind::Call { .. } => CALL,
                    ExprKind::Paren(_) => 0,
                    _ => 1,
                };
            }
            Node::Stmt(_) => cost += 1,
            _ => {}
        }
        if cost > BUDGET {
            Descend::Stop
        } else {
            Descend::Into
        }
    });
    cost <= BUDGET
}
