//! What the rules have in common that follow resources beyond their release: which functions they
//! look at, and what they say of a write that may be lost.

use go_flow::{Class, LifeEvent, Value, What, calls};
use go_syntax::{ExprId, FuncId, Span, StmtKind};
use go_types::{Callee, Object, PackageCx, Type};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::{Repair, errors};
use crate::masks::own_stmts;
use crate::release::may_acquire;
use crate::rule::RuleMeta;
use crate::sink::{Backing, backing, is_of_system};

/// Methods that release, and helpers that are called like them.
const RELEASES: [&str; 6] = ["Close", "Flush", "Commit", "Rollback", "Stop", "Shutdown"];

/// Whether a function calls something that may acquire, and something that may release.
pub(crate) fn may_release(package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
    if input.is_test {
        return false;
    }
    let calls = calls(package.file(input.index), func);
    RELEASES.iter().any(|name| calls.contains(name))
        && (calls.iter().any(|name| name.ends_with("Writer")) || may_acquire(package, func, input))
}

/// Whether the resource is released by pushing on what it holds back.
pub(crate) fn is_flushed(class: &Class) -> bool {
    class.release.first().is_some_and(|name| **name == *"Flush")
}

/// The events of one kind, with their classes.
pub(crate) fn events<'c>(
    cx: &'c RuleCx<'_>,
    wanted: impl Fn(&What) -> bool + 'c,
) -> impl Iterator<Item = (&'c LifeEvent, &'c Class)> + 'c {
    cx.life()
        .iter()
        .filter(move |event| wanted(&event.what))
        .map(|event| (event, cx.models().class(event.class)))
}

/// Whether the last result of a function is an error.
pub(crate) fn gives_error(cx: &RuleCx<'_>, func: FuncId) -> bool {
    let body = cx.body();
    let Type::Func { results, .. } = body.cx().ty(body.signature_of(func)) else {
        return false;
    };
    body.cx()
        .types(results)
        .last()
        .is_some_and(|&ty| body.is_error(ty))
}

/// The variable that a call's result `index` is assigned to.
pub(crate) fn target_of(cx: &RuleCx<'_>, call: ExprId, index: u32) -> Option<ExprId> {
    let file = cx.file();
    let point = cx.facts().point_of_expr(call)?;
    let stmt = cx.facts().cfg(point.func).stmt_of_node(point.node)?;
    let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
        return None;
    };
    let first = *file.exprs(rhs).first()?;
    if file.unparen(first) != call {
        return None;
    }
    let target = *file.exprs(lhs).get(index as usize)?;
    (cx.body().object(target) != Object::Blank).then_some(target)
}

/// The resource as messages call it: the noun, and the name where there is one.
pub(crate) fn named(cx: &RuleCx<'_>, event: &LifeEvent, class: &Class) -> String {
    match target_of(cx, event.call, event.result) {
        Some(target) => format!("{} `{}`", class.noun, cx.snippet(target)),
        None => class.noun.to_string(),
    }
}

/// Whether the function removes a file, or reads again what it wrote: then what it wrote is for
/// itself.
fn is_for_itself(cx: &RuleCx<'_>, event: &LifeEvent) -> bool {
    let file = cx.file();
    let is_temporary = matches!(
        cx.facts().callee(event.call),
        Callee::Func {
            name: "CreateTemp" | "TempFile",
            ..
        }
    );
    let mut reads = false;
    let mut removes = false;
    let target = target_of(cx, event.call, event.result).map(|target| file.expr_text(target));
    for expr in file.func(cx.root()).exprs.iter() {
        let Some((fun, _)) = file.call(expr) else {
            continue;
        };
        let Some((x, name)) = file.selector(file.unparen(fun)) else {
            continue;
        };
        match name {
            "Remove" | "RemoveAll" => {
                let deferred = cx
                    .facts()
                    .defers()
                    .iter()
                    .any(|site| file.expr(site.call).span.contains(file.expr(expr).span));
                removes |= deferred;
            }
            "Seek" => reads |= Some(file.expr_text(x)) == target,
            _ => {}
        }
    }
    reads || (is_temporary && removes)
}

/// Reports releases whose errors nobody sees, of resources that `wanted` chooses.
pub(crate) fn report_dropped(
    cx: &RuleCx<'_>,
    meta: &'static RuleMeta,
    wanted: impl Fn(&Class) -> bool,
) {
    let mut reported: Vec<ExprId> = Vec::new();
    for (event, class) in events(cx, |what| *what == What::ErrorDropped) {
        if !wanted(class) || reported.contains(&event.release) || !matters(cx, class, event) {
            continue;
        }
        reported.push(event.release);
        report(cx, meta, class, event);
    }
}

/// Whether anybody could be told, and would want to know.
fn matters(cx: &RuleCx<'_>, class: &Class, event: &LifeEvent) -> bool {
    let Some(point) = cx.facts().point_of_expr(event.call) else {
        return false;
    };
    let kept = matches!(
        &*class.rule,
        "file-not-closed" | "writer-not-finished" | "closer-not-closed"
    );
    if !kept || !gives_error(cx, point.func) || is_for_itself(cx, event) || is_committed(cx, event)
    {
        return false;
    }
    if *class.rule == *"file-not-closed" {
        return keeps_data(cx, event);
    }
    if *class.rule == *"closer-not-closed" {
        return keeps_data(cx, event)
            && is_plain_writer(cx, event)
            && is_over_what_fails(cx, event);
    }
    // What a helper makes is over whatever the helper has.
    let takes = cx
        .file()
        .call(event.call)
        .is_some_and(|(_, args)| !args.is_empty());
    // Tables are for people to read, and go where nobody looks at errors, unless the function made
    // the file.
    let is_table = *class.name == *"tabwriter";
    takes && is_over_what_fails(cx, event) && (!is_table || is_over_own_file(cx, event))
}

/// Whether a writer is over a file that the function opens, perhaps with a buffer between.
fn is_over_own_file(cx: &RuleCx<'_>, event: &LifeEvent) -> bool {
    let file = cx.file();
    let mut call = event.call;
    for _ in 0..3 {
        let Some((_, &[sink, ..])) = file.call(call) else {
            return false;
        };
        let Object::Local(local) = cx.body().object(file.unparen(sink)) else {
            return false;
        };
        let made = cx.facts().var(local).writes.iter().find_map(|write| {
            let (Value::Expr(made) | Value::Element { expr: made, .. }) = write.value else {
                return None;
            };
            Some(file.unparen(made))
        });
        let Some(made) = made else { return false };
        if let Callee::Func {
            package: "os",
            name: "Create" | "OpenFile" | "CreateTemp",
            ..
        } = cx.facts().callee(made)
        {
            return true;
        }
        call = made;
    }
    false
}

/// Whether nothing that the writer is made with is memory, or keeps the error for somebody who asks.
fn is_over_what_fails(cx: &RuleCx<'_>, event: &LifeEvent) -> bool {
    let args = cx.file().call(event.call).map_or(&[][..], |(_, args)| args);
    args.iter()
        .all(|&sink| backing(cx, sink) == Backing::Other && !is_over_checked_buffer(cx, sink))
}

/// Whether something of an unknown kind is written as files are, and is no end of a pipe in memory.
fn is_plain_writer(cx: &RuleCx<'_>, event: &LifeEvent) -> bool {
    let by_method = match cx.facts().callee(event.at) {
        Callee::Selected { x, name } => {
            let target = target_of(cx, event.call, event.result);
            let is_it = target.is_some_and(|target| {
                cx.body().object(cx.file().unparen(target))
                    == cx.body().object(cx.file().unparen(x))
            });
            !is_it || matches!(name, "Write" | "WriteString" | "WriteAt" | "ReadFrom")
        }
        _ => true,
    };
    let is_pipe = target_of(cx, event.call, event.result).is_some_and(|target| {
        let ty = cx.body().type_string(cx.body().type_of(target));
        ty.ends_with("PipeWriter") || ty.ends_with("net.Conn")
    });
    by_method && !is_pipe
}

/// Whether what is written to a file stays there: not in a pipe, a device or a file of the system,
/// which were opened, but not made, by somebody.
fn keeps_data(cx: &RuleCx<'_>, event: &LifeEvent) -> bool {
    let file = cx.file();
    let Some((fun, args)) = file.call(event.call) else {
        return false;
    };
    let text = file.expr_text(fun);
    let target = target_of(cx, event.call, event.result).map(|target| file.expr_text(target));
    let sounds = |word: &str| {
        let has = |text: &str| text.to_lowercase().contains(word);
        has(text) || target.is_some_and(has)
    };
    if text.ends_with("NewFile") || ["pipe", "fifo", "conn", "sock"].into_iter().any(sounds) {
        return false;
    }
    if args.iter().any(|&arg| is_of_system(file.expr_text(arg))) {
        return false;
    }
    // A file that is there already, and is neither cut nor appended to, is mostly no file.
    let flags = match args {
        [_, flags, _] if text.ends_with("OpenFile") => file.expr_text(*flags),
        _ => "",
    };
    let makes = |flag: &str| flags.contains(flag);
    if flags.contains("O_WRONLY") && !["O_CREAT", "O_TRUNC", "O_APPEND"].into_iter().any(makes) {
        return false;
    }
    // Nor what a function of the package opens so.
    let opened = cx
        .body()
        .declaration(event.call)
        .is_some_and(|(index, func)| {
            let file = cx.body().cx().file(index);
            let text = file.span_text(file.func(func).span);
            text.contains("O_WRONLY")
                && !["O_CREAT", "O_TRUNC", "O_APPEND"]
                    .iter()
                    .any(|flag| text.contains(flag))
        });
    !opened
}

/// Whether a writer has a commit of its own that the function calls: then it loses nothing by a close.
fn is_committed(cx: &RuleCx<'_>, event: &LifeEvent) -> bool {
    let file = cx.file();
    let target = target_of(cx, event.call, event.result).map(|target| file.expr_text(target));
    file.func(cx.root()).exprs.iter().any(|expr| {
        file.selector(expr).is_some_and(|(x, name)| {
            let commits = name.starts_with("Commit")
                || matches!(
                    name,
                    "CloseAtomicallyReplace" | "Result" | "Finalize" | "Complete"
                );
            commits && Some(file.expr_text(x)) == target
        })
    })
}

/// Whether a writer is over a `bufio.Writer` of the function that keeps the error and is asked for it.
fn is_over_checked_buffer(cx: &RuleCx<'_>, sink: ExprId) -> bool {
    let file = cx.file();
    let Object::Local(local) = cx.body().object(file.unparen(sink)) else {
        return false;
    };
    cx.facts().var(local).writes.iter().any(|write| {
        let Value::Expr(made) = write.value else {
            return false;
        };
        let made = file.unparen(made);
        let is_buffer = matches!(
            cx.facts().callee(made),
            Callee::Func {
                package: "bufio",
                name: "NewWriter" | "NewWriterSize",
                ..
            }
        );
        let is_dropped = || {
            cx.life()
                .iter()
                .any(|other| other.call == made && other.what == What::ErrorDropped)
        };
        is_buffer && !is_dropped()
    })
}

/// Lets the error of the release be seen, if that is plain.
fn repair(cx: &RuleCx<'_>, class: &Class, event: &LifeEvent) -> Option<Repair> {
    let file = cx.file();
    let release = event.release;
    let func = cx.facts().func_of_expr(event.call);
    let gives_one = cx
        .body()
        .results_of_call(release)
        .is_some_and(|types| matches!(*types, [ty] if cx.body().is_error(ty)));
    let is_known = gives_one || (cx.body().type_of(release).is_unknown() && !is_flushed(class));
    if class.closing.error_method.is_some() || !is_known {
        return None;
    }
    errors::is_only_release(cx, release)?;
    let site = cx.facts().defers().iter().find(|site| {
        let span = file.stmt(site.stmt).span;
        span.contains(file.expr(release).span)
    });
    let stmt_of = |func: FuncId| {
        own_stmts(cx, func).find(|&stmt| {
            matches!(file.stmt(stmt).kind, StmtKind::Expr(call) if file.unparen(call) == release)
        })
    };
    match site {
        Some(site) if site.point.func != func => None,
        Some(site) if site.call == release => errors::join_deferred(cx, func, site.stmt, release),
        Some(site) => errors::join_in_literal(cx, func, stmt_of(site.literal?)?, release),
        None => errors::check_here(cx, func, stmt_of(func)?, release),
    }
}

fn report(cx: &RuleCx<'_>, meta: &'static RuleMeta, class: &Class, event: &LifeEvent) {
    let file = cx.file();
    let span = file.expr(event.release).span;
    let call = cx.snippet(event.release);
    let noun = named(cx, event, class);
    let deferred = cx
        .facts()
        .defers()
        .iter()
        .any(|site| file.expr(site.call).span.contains(span));
    let when = if deferred { "the deferred " } else { "" };
    let message = match &class.closing.error_method {
        Some(method) => format!(
            "nobody asks `{method}` after {when}`{call}`, so what the {noun} could not write is lost without a word"
        ),
        None => format!(
            "{when}`{call}` drops its error, so what the {noun} could not write is lost without a word"
        ),
    };
    let help = match (&class.closing.error_method, is_flushed(class)) {
        (Some(method), _) => format!("return what `{method}` gives after the last flush"),
        (None, false) if *class.rule == *"file-not-closed" => format!(
            "return the error of `{call}`, or that of a `Sync` before it, when nothing else has failed"
        ),
        _ => format!("return the error of `{call}` when nothing else has failed"),
    };
    let mut finding = cx
        .report(meta, span, message)
        .help(help)
        .repair(repair(cx, class, event));
    finding = finding.related(file.expr(event.call).span, "it is opened here");
    if event.at != event.release {
        let at: Span = file.expr(event.at).span;
        finding.related(at, "this writes to it");
    }
}
