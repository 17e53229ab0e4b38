//! Channels that leave somebody waiting: a send that gives up when the context ends, and a sender that
//! closes what it sends to.

use diagnostics::Applicability;
use go_flow::Stuck;
use go_syntax::{FuncId, StmtId, StmtKind};
use go_types::{Builtin, LocalId, Object};

use super::Repair;
use super::lines::{has_tail, indent, indented, insert_after, insert_first, remove};
use super::names::is_visible;
use crate::blocks::{InList, whole_lines};
use crate::cx::RuleCx;

/// Sends in a `select` that ends the goroutine when a context that is there ends.
pub(crate) fn send_or_give_up(cx: &RuleCx<'_>, stuck: &Stuck) -> Option<Repair> {
    let file = cx.file();
    if stuck.site.file != cx.body().file_index() || stuck.started.is_none() {
        return None;
    }
    let stmt = file.func(cx.root()).stmts.iter().find(|&stmt| {
        matches!(file.stmt(stmt).kind, StmtKind::Send { .. })
            && file.stmt(stmt).span == stuck.site.span
    })?;
    let func = cx.facts().point_of_stmt(stmt)?.func;
    let span = file.stmt(stmt).span;
    let text = file.span_text(span);
    let leaves =
        file.func(func).parent.is_some() && file.sig(file.func(func).sig).results.is_none();
    if !leaves || text.contains('\n') || has_tail(file, span.start) {
        return None;
    }
    whole_lines(cx, span)?;
    InList::of(cx, stmt)?;
    let names = cx.body().names();
    let (context, _) = names.locals().find(|&(id, _)| {
        let ty = cx.body().type_of_local(id);
        cx.body().is_named(ty, "context", "Context") && is_visible(cx, id, span.start)
    })?;
    let context = file.span_text(names.local(context).span);
    let code = format!("select {{\ncase {text}:\ncase <-{context}.Done():\n\treturn\n}}\n");
    let code = indented(indent(cx, span.start), &code);
    Some(Repair {
        applicability: Applicability::Unsafe,
        description: format!("Give up the send when `{context}` is done"),
        edits: vec![(span, code.trim().to_owned())],
    })
}

/// Defers the `close` of the channel in the one goroutine that sends to it.
pub(crate) fn close_in_sender(cx: &RuleCx<'_>, stuck: &Stuck) -> Option<Repair> {
    let file = cx.file();
    let Object::Local(channel) = cx.body().object(stuck.operand?) else {
        return None;
    };
    let sender = only_sender(cx, channel)?;
    let name = file.span_text(cx.body().names().local(channel).span);
    let close = format!("defer close({name})");
    let mut closes = file.func(cx.root()).exprs.iter().filter(|&expr| {
        cx.body().is_builtin_call(expr, Builtin::Close)
            && file.call(expr).is_some_and(|(_, args)| {
                let of = args.first().map(|&arg| cx.body().object(file.unparen(arg)));
                of == Some(Object::Local(channel))
            })
    });
    let (closed, others) = (closes.next(), closes.next());
    let body = file.func(sender).body?;
    let mut edits = match file.func(sender).parent {
        Some(_) => vec![insert_first(cx, body, &close)?],
        // The function that made it sends.
        None => vec![insert_after(cx, declaration(cx, channel)?, &close)?],
    };
    if others.is_some() || names_another(cx, sender, channel) {
        return None;
    }
    if let Some(call) = closed {
        let list = file.block_stmts(body);
        let &last = list.last()?;
        if !matches!(file.stmt(last).kind, StmtKind::Expr(expr) if file.unparen(expr) == call) {
            return None;
        }
        edits.push(remove(cx, whole_lines(cx, file.stmt(last).span)?)?);
    }
    Some(Repair {
        // Somebody else may send, by another name.
        applicability: Applicability::Unsafe,
        description: format!("Defer `close({name})` in the function that sends"),
        edits,
    })
}

/// The function that all sends to a channel stand in, when it runs once.
fn only_sender(cx: &RuleCx<'_>, channel: LocalId) -> Option<FuncId> {
    let file = cx.file();
    let mut sender = None;
    for stmt in file.func(cx.root()).stmts.iter() {
        let StmtKind::Send { chan, .. } = file.stmt(stmt).kind else {
            continue;
        };
        if cx.body().object(file.unparen(chan)) != Object::Local(channel) {
            continue;
        }
        let func = cx.facts().point_of_stmt(stmt)?.func;
        if sender.is_some_and(|known| known != func) {
            return None;
        }
        sender = Some(func);
    }
    let sender = sender?;
    if sender == cx.root() {
        return Some(sender);
    }
    // A literal that one `go` statement starts, once.
    let gos = cx.facts().gos().iter();
    let mut starts = gos.filter(|go| go.literal == Some(sender));
    let start = starts.next()?;
    (starts.next().is_none() && !cx.facts().in_cycle(start.point)).then_some(sender)
}

/// Whether the channel goes by another name in the sender: as a parameter of the literal.
fn names_another(cx: &RuleCx<'_>, sender: FuncId, channel: LocalId) -> bool {
    let names = cx.body().names();
    let within = cx.file().func(sender).span;
    let is_outside = !within.contains(names.local(channel).span);
    is_outside && sender == cx.root()
}

/// The statement that declares a variable, in a list of statements.
fn declaration(cx: &RuleCx<'_>, local: LocalId) -> Option<StmtId> {
    let file = cx.file();
    let span = cx.body().names().local(local).span;
    let mut stmts = file.func(cx.root()).stmts.iter();
    stmts.find(|&stmt| {
        matches!(
            file.stmt(stmt).kind,
            StmtKind::Assign { .. } | StmtKind::Decl(_)
        ) && file.stmt(stmt).span.contains(span)
            && InList::of(cx, stmt).is_some()
    })
}
