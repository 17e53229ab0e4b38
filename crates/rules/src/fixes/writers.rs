//! What is buffered is written before the function returns, and the error of that is returned.
//!
//! A `defer` would come too late where the function hands out what was written to, and would hide the
//! error; so the work is done before each `return` that does not report an error already.

use diagnostics::Applicability;
use go_flow::{ArgEffect, Class, Leak, NodeId, NodeKind, Visit};
use go_syntax::walk::Node;
use go_syntax::{ExprId, StmtId, StmtKind};
use go_types::{Callee, LocalId, Object, Selection, Type};

use super::errors::zero;
use super::lines::{has_tail, indent, indented, insert_after};
use super::loops::is_error;
use super::names::{is_local, is_predeclared, is_visible, package};
use super::release::mentions;
use super::{Change, Repair};
use crate::blocks::{InList, whole_lines};
use crate::cx::RuleCx;

/// More `return`s than this are better served by other means.
const MAX_RETURNS: usize = 3;

/// Finishes the writer that `local` holds.
pub(super) fn finish(
    cx: &RuleCx<'_>,
    class: &Class,
    leak: &Leak,
    local: LocalId,
) -> Option<Repair> {
    let file = cx.file();
    let var = file.span_text(cx.body().names().local(local).span);
    let method = class.release.first()?;
    if !leak.field.is_empty() || cx.facts().var(local).writes.len() > 1 {
        return None;
    }
    let finish = Finish {
        cx,
        class,
        leak,
        local,
        text: format!("{var}.{method}()"),
        // That of package encoding/csv keeps its error.
        error: match gives_error(cx, local, method)? {
            true => None,
            false if gives_error(cx, local, "Error") == Some(true) => {
                Some(format!("{var}.Error()"))
            }
            false => Some(String::new()),
        },
    };
    let edits = finish.edits()?;
    Some(Repair {
        applicability: match leak.otherwise_released {
            true => Applicability::Unsafe,
            false => Applicability::Safe,
        },
        description: format!("Call `{}` before the function returns", finish.text),
        edits,
    })
}

/// Whether a method without parameters gives an error, and nothing else; `false` when it gives nothing.
fn gives_error(cx: &RuleCx<'_>, local: LocalId, method: &str) -> Option<bool> {
    let body = cx.body();
    let ty = body.type_of_local(local);
    let Some(Selection::Method { signature, .. }) = body.selection(ty, method) else {
        return None;
    };
    let Type::Func {
        params, results, ..
    } = body.cx().ty(signature)
    else {
        return None;
    };
    match (&*body.cx().types(params), &*body.cx().types(results)) {
        ([], []) => Some(false),
        ([], &[result]) if body.is_error(result) => Some(true),
        _ => None,
    }
}

struct Finish<'c, 'a> {
    cx: &'c RuleCx<'a>,
    class: &'c Class,
    leak: &'c Leak,
    local: LocalId,
    /// The call.
    text: String,
    /// What tells the error where the call does not; empty when nothing does.
    error: Option<String>,
}

impl Finish<'_, '_> {
    fn edits(&self) -> Option<Vec<Change>> {
        let (cx, file) = (self.cx, self.cx.file());
        let func = self.leak.point.func;
        let cfg = cx.facts().cfg(func);
        if !cfg.loops_of_node(self.leak.point.node).is_empty() {
            return None;
        }
        let mut returns: Vec<StmtId> = Vec::new();
        let mut falls_off = false;
        let _ = cfg.search_after(self.leak.point.node, |node| match cfg.kind(node) {
            NodeKind::Return(stmt) => {
                returns.push(stmt);
                Visit::Skip
            }
            _ if self.is_finished_at(node) => Visit::Skip,
            NodeKind::Exit => {
                falls_off = true;
                Visit::Skip
            }
            _ => Visit::Continue,
        });
        returns.sort_by_key(|&stmt| file.stmt(stmt).span.start);
        let mut edits = Vec::new();
        for &stmt in &returns {
            let at = file.stmt(stmt).span.start;
            if !is_visible(cx, self.local, at) {
                return None;
            }
            edits.extend(self.before(stmt)?);
        }
        if falls_off {
            let body = file.func(func).body?;
            let &last = file.block_stmts(body).last()?;
            let has_results = file.sig(file.func(func).sig).results.is_some();
            let end = file.stmt(last).span.end;
            if has_results || !is_visible(cx, self.local, end) {
                return None;
            }
            edits.push(insert_after(cx, last, &self.text)?);
        }
        (!edits.is_empty() && edits.len() <= MAX_RETURNS).then_some(edits)
    }

    /// Whether the writer is finished at a node, or somebody else will.
    fn is_finished_at(&self, node: NodeId) -> bool {
        let cx = self.cx;
        let cfg = cx.facts().cfg(self.leak.point.func);
        if let NodeKind::Defer(stmt) | NodeKind::Go(stmt) = cfg.kind(node) {
            return mentions(cx, Node::Stmt(stmt), self.local);
        }
        let mut is_finished = false;
        cfg.own_exprs(node, |expr| {
            let Some((_, args)) = cx.file().call(expr) else {
                return;
            };
            is_finished |= match cx.facts().callee(expr) {
                Callee::Selected { x, name }
                    if cx.body().object(x) == Object::Local(self.local) =>
                {
                    self.class.release.iter().any(|release| **release == *name)
                }
                _ => {
                    let index = args
                        .iter()
                        .position(|&arg| cx.body().object(arg) == Object::Local(self.local));
                    index.is_some_and(|index| {
                        let contract = cx.facts().call_contract(cx.models(), cx.contracts(), expr);
                        contract.contract.param(index) == ArgEffect::Release
                    })
                }
            };
        });
        is_finished
    }

    /// What a `return` becomes; nothing when it reports an error already.
    fn before(&self, stmt: StmtId) -> Option<Option<Change>> {
        let (cx, file) = (self.cx, self.cx.file());
        let func = self.leak.point.func;
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            return None;
        };
        let span = file.stmt(stmt).span;
        let lines = whole_lines(cx, span)?;
        InList::of(cx, stmt)?;
        let indent = indent(cx, span.start);
        let written = |code: String| {
            let code = indented(indent, &code);
            Some(Some((span, code.trim().to_owned())))
        };
        let text = &self.text;
        let original = file.span_text(span);
        if has_tail(file, lines.start) || original.contains('\n') {
            return None;
        }
        let Some((&last, others)) = file.exprs(results).split_last() else {
            // Without results there is nobody to tell.
            let has_results = file.sig(file.func(func).sig).results.is_some();
            return match has_results {
                true => None,
                false => written(format!("{text}\n{original}")),
            };
        };
        let last = file.unparen(last);
        let is_nil = cx.body().object(last) == Object::Nil;
        let is_an_error = cx.body().is_error(cx.body().type_of(last));
        if !is_nil && !is_an_error || !is_predeclared(cx, "nil") {
            return None;
        }
        if !is_nil && is_error(cx, func, stmt, last) {
            return Some(None);
        }
        let name = match is_local(cx, "err") || package(cx, "err").is_none() {
            true => "err",
            false => return None,
        };
        let mut zeros: Vec<String> = (0..others.len())
            .map(|index| zero(cx, func, index))
            .collect::<Option<_>>()?;
        zeros.push(name.to_owned());
        let failure = format!("return {}", zeros.join(", "));
        let check =
            |call: &str| format!("if {name} := {call}; {name} != nil {{\n\t{failure}\n}}\n");
        let value = match &self.error {
            None => text.clone(),
            Some(error) => error.clone(),
        };
        // The call by itself, where something else tells its error.
        let call = match &self.error {
            None => String::new(),
            Some(_) => format!("{text}\n"),
        };
        if value.is_empty() {
            return match is_nil {
                true => written(format!("{call}{original}")),
                false => None,
            };
        }
        if is_nil {
            return match others.is_empty() {
                true => written(format!("{call}return {value}")),
                false => written(format!("{call}{}{original}", check(&value))),
            };
        }
        if !others.is_empty() {
            return None;
        }
        let code = file.expr_text(last);
        match self.order(last)? {
            Order::First => written(format!("{call}{}{original}", check(&value))),
            Order::Last => {
                let before = match cx.body().object(last) {
                    Object::Local(_) => {
                        format!("if {code} != nil {{\n\treturn {code}\n}}\n")
                    }
                    _ => check(code),
                };
                written(format!("{before}{call}return {value}"))
            }
        }
    }

    /// Whether the writer has to be finished before what the function returns is evaluated, or after.
    fn order(&self, last: ExprId) -> Option<Order> {
        let (cx, file) = (self.cx, self.cx.file());
        let holder = file
            .call(last)
            .and_then(|(fun, _)| file.selector(file.unparen(fun)))
            .and_then(|(x, _)| match cx.body().object(x) {
                Object::Local(local) => Some(local),
                _ => None,
            });
        let Some(holder) = holder else {
            let is_variable = matches!(cx.body().object(last), Object::Local(_));
            let writes = mentions(cx, Node::Expr(last), self.local);
            return (is_variable || writes).then_some(Order::Last);
        };
        if holder == self.local {
            return Some(Order::Last);
        }
        let made_of = |made: LocalId, of: LocalId| {
            let writes = &cx.facts().var(made).writes;
            writes.iter().any(|write| {
                let cfg = cx.facts().cfg(write.point.func);
                cfg.stmt_of_node(write.point.node)
                    .is_some_and(|stmt| mentions(cx, Node::Stmt(stmt), of))
            })
        };
        match (made_of(holder, self.local), made_of(self.local, holder)) {
            (true, false) => Some(Order::Last),
            (false, true) => Some(Order::First),
            _ => None,
        }
    }
}

enum Order {
    First,
    Last,
}
