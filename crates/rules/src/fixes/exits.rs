//! Ends of the process that skip what is deferred: `main` keeps its code in a function that returns the
//! exit code, `TestMain` leaves the end to package testing, and elsewhere the work is done by hand first.

use diagnostics::Applicability;
use go_flow::{CallMode, NodeKind};
use go_syntax::{ExprId, ExprKind, FuncId, Span, StmtId, StmtKind};
use go_types::{Callee, Object};

use super::lines::{has_tail, indent, insert_before, remove};
use super::names::{is_free_for_import, is_mentioned};
use super::{Change, Repair, imports};
use crate::blocks::{InList, whole_lines};
use crate::cx::RuleCx;

/// The repair of an `exit`, a call that skips the deferred calls `skipped`, the first of which is
/// registered first.
pub(crate) fn repair(cx: &RuleCx<'_>, exit: ExprId, skipped: &[ExprId]) -> Option<Repair> {
    let file = cx.file();
    let func = file.func(cx.root());
    let name = func.name.map(|name| file.name(name));
    let is_plain = func.recv.is_none();
    if is_plain && name == Some("main") && cx.is_main_package() {
        return in_main(cx, exit).or_else(|| by_hand(cx, exit, skipped));
    }
    if is_plain && name == Some("TestMain") && cx.is_test() {
        return in_test_main(cx, exit);
    }
    by_hand(cx, exit, skipped)
}

/// Moves the code of `main` into a function that returns the exit code.
fn in_main(cx: &RuleCx<'_>, exit: ExprId) -> Option<Repair> {
    let file = cx.file();
    let root = cx.root();
    let body = file.func(root).body?;
    let name = ["run", "realMain", "mainCode"]
        .into_iter()
        .find(|name| is_free_for_import(cx, name) && !is_mentioned(cx, name))?;
    let (os, import) = imports::ensure(cx, "os")?;
    let mut edits: Vec<Change> = import.into_iter().collect();
    let mut is_mended = false;
    for stmt in file.func(root).stmts.iter() {
        match file.stmt(stmt).kind {
            StmtKind::Return(_) if is_in_root(cx, stmt) => {
                edits.push((file.stmt(stmt).span, "return 0".to_owned()));
            }
            StmtKind::Expr(call) if is_in_root(cx, stmt) => {
                let call = file.unparen(call);
                if let Some(change) = returned(cx, stmt, call) {
                    is_mended |= call == exit;
                    edits.push(change?);
                }
            }
            _ => {}
        }
    }
    if !is_mended {
        return None;
    }
    let span = file.stmt(body).span;
    let end = span.end - 1;
    if let Some(last) = ending(cx, body)? {
        let before = file.text().get(..end as usize)?;
        if !before.ends_with('\n') {
            return None;
        }
        edits.push((Span::new(end, end), format!("\t{last}\n")));
    }
    edits.push((
        Span::new(span.start, span.start),
        format!("{{\n\t{os}.Exit({name}())\n}}\n\nfunc {name}() int "),
    ));
    // Insertions at one place keep the order they are given in.
    edits.sort_by_key(|(span, _)| span.start);
    Some(Repair {
        applicability: Applicability::Unsafe,
        description: format!(
            "Move the code of `main` into `{name}`, which returns the exit code, so that what is deferred runs"
        ),
        edits,
    })
}

/// Whether a statement is one of the function itself, not of a literal in it.
fn is_in_root(cx: &RuleCx<'_>, stmt: StmtId) -> bool {
    let file = cx.file();
    let span = file.stmt(stmt).span;
    !file.func(cx.root()).exprs.iter().any(|expr| {
        let around = file.expr(expr);
        matches!(around.kind, ExprKind::FuncLit(_)) && around.span.contains(span)
    })
}

/// What a call that ends the process becomes: nothing when it is none, `Some(None)` when there is no
/// way to write it.
fn returned(cx: &RuleCx<'_>, stmt: StmtId, call: ExprId) -> Option<Option<Change>> {
    let file = cx.file();
    let Callee::Func { package, name, .. } = cx.facts().callee(call) else {
        return None;
    };
    let span = file.stmt(stmt).span;
    let (fun, args) = file.call(call)?;
    match (package, name) {
        ("os", "Exit") => {
            let &[code] = args else { return Some(None) };
            Some(Some((span, format!("return {}", file.expr_text(code)))))
        }
        ("log", "Fatal" | "Fatalf" | "Fatalln") => {
            let write = || -> Option<Change> {
                whole_lines(cx, span)?;
                if has_tail(file, span.start) {
                    return None;
                }
                let fun = file.expr(fun).span;
                let (package, _) = file.selector(file.unparen(file.call(call)?.0))?;
                let print = match name {
                    "Fatal" => "Print",
                    "Fatalf" => "Printf",
                    _ => "Println",
                };
                let rest = file.span_text(Span::new(fun.end, span.end));
                let indent = indent(cx, span.start);
                Some((
                    span,
                    format!(
                        "{}.{print}{rest}\n{indent}return 1",
                        file.expr_text(package)
                    ),
                ))
            };
            Some(write())
        }
        _ => None,
    }
}

/// What has to come at the end of the body once the exits are `return`s; `None` when that cannot be
/// told.
fn ending(cx: &RuleCx<'_>, body: StmtId) -> Option<Option<&'static str>> {
    let file = cx.file();
    let cfg = cx.facts().cfg(cx.root());
    let falls_off = cfg.predecessors(cfg.exit()).iter().any(|edge| {
        !matches!(cfg.kind(edge.node), NodeKind::Return(_)) && cfg.reachable(edge.node)
    });
    if falls_off {
        return Some(Some("return 0"));
    }
    let &last = file.block_stmts(body).last()?;
    match file.stmt(last).kind {
        StmtKind::Return(_) | StmtKind::For { cond: None, .. } => Some(None),
        StmtKind::Expr(call) => {
            let call = file.unparen(call);
            let (fun, _) = file.call(call)?;
            let is_end = returned(cx, last, call).is_some() || file.ident(fun) == Some("panic");
            is_end.then_some(None)
        }
        _ => None,
    }
}

/// `os.Exit(m.Run())` at the end of `TestMain`, which package testing does by itself since Go 1.15.
fn in_test_main(cx: &RuleCx<'_>, exit: ExprId) -> Option<Repair> {
    let file = cx.file();
    let body = file.func(cx.root()).body?;
    let stmts = file.block_stmts(body);
    let (&last, before) = stmts.split_last()?;
    let StmtKind::Expr(call) = file.stmt(last).kind else {
        return None;
    };
    let (fun, args) = file.call(file.unparen(call))?;
    let &[code] = args else { return None };
    if file.unparen(call) != exit || !cx.body().is_call_to(exit, "os", "Exit") {
        return None;
    }
    let (os, _) = file.selector(file.unparen(fun))?;
    let is_run = |expr: ExprId| {
        let run = file.call(file.unparen(expr));
        run.and_then(|(fun, _)| file.selector(file.unparen(fun)))
            .is_some_and(|(x, name)| {
                name == "Run" && matches!(cx.body().object(x), Object::Local(_))
            })
    };
    let mut edits = imports::without(cx, os)?;
    let span = file.stmt(last).span;
    if is_run(code) {
        edits.push((span, file.expr_text(code).to_owned()));
    } else {
        // `code := m.Run()`, and nothing else is done with it.
        let Object::Local(local) = cx.body().object(file.unparen(code)) else {
            return None;
        };
        let made = before
            .iter()
            .copied()
            .find_map(|stmt| match file.stmt(stmt).kind {
                StmtKind::Assign { lhs, rhs, .. } => {
                    let (&[name], &[value]) = (file.exprs(lhs), file.exprs(rhs)) else {
                        return None;
                    };
                    (cx.body().names().local_of(name) == Some(local) && is_run(value))
                        .then_some((stmt, value))
                }
                _ => None,
            });
        let (made, value) = made?;
        let uses = cx.body().names().uses(local);
        if uses.iter().filter(|used| !used.role.writes()).count() != 1 {
            return None;
        }
        edits.push((file.stmt(made).span, file.expr_text(value).to_owned()));
        edits.push(remove(cx, whole_lines(cx, span)?)?);
    }
    Some(Repair {
        applicability: Applicability::Unsafe,
        description: "Leave the exit to package testing, so that what is deferred runs".to_owned(),
        edits,
    })
}

/// Does the deferred work by hand before the exit, the last deferred first.
fn by_hand(cx: &RuleCx<'_>, exit: ExprId, skipped: &[ExprId]) -> Option<Repair> {
    let file = cx.file();
    let point = cx.facts().point_of_expr(exit)?;
    let stmt = cx.facts().cfg(point.func).stmt_of_node(point.node)?;
    let StmtKind::Expr(call) = file.stmt(stmt).kind else {
        return None;
    };
    let &[work] = skipped else { return None };
    let text = file.expr_text(work);
    let is_deferred_itself = cx.facts().calls().iter().any(|site| {
        site.call == work
            && site.point.func == point.func
            && matches!(site.mode, CallMode::Deferred(_))
    });
    if file.unparen(call) != exit || !is_deferred_itself || text.contains('\n') {
        return None;
    }
    InList::of(cx, stmt)?;
    let at = file.stmt(stmt).span.start;
    if !means_the_same(cx, work, point.func, at) {
        return None;
    }
    Some(Repair {
        applicability: Applicability::Unsafe,
        description: format!("Call `{text}` before the process ends"),
        edits: vec![insert_before(cx, stmt, text)?],
    })
}

/// Whether a deferred call is the same call when it is written at `at`: its variables are visible there
/// and have one value only.
fn means_the_same(cx: &RuleCx<'_>, work: ExprId, func: FuncId, at: u32) -> bool {
    let file = cx.file();
    let within = file.expr(work).span;
    file.func(cx.root())
        .exprs
        .iter()
        .filter(|&expr| within.contains(file.expr(expr).span))
        .all(|expr| match file.expr(expr).kind {
            ExprKind::FuncLit(_) => false,
            ExprKind::Ident => match cx.body().object(expr) {
                Object::Local(local) => {
                    cx.body().names().local(local).func == func
                        && super::names::is_visible(cx, local, at)
                        && cx.facts().var(local).writes.len() <= 1
                }
                _ => true,
            },
            _ => true,
        })
}
