//! `release-order`.

use go_flow::{ArgEffect, CallMode, Cfg, DeferSite, Place, Point, Visit, calls};
use go_syntax::{ExprId, ExprKind, FuncId, Span, StmtId};
use go_types::{Callee, LocalId, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::deferred::made_by;
use crate::ending::{Waiting, waits_for_ever};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds releases that deferred calls make in the wrong order.
    ///
    /// ## What it does
    /// Deferred calls run last in, first out. The rule reports two that must not run in that order:
    ///
    /// - a file or connection is closed before the buffered or compressing writer around it is flushed
    ///   or closed, or an outer writer is finished after the one it writes to;
    /// - what such a writer wrote to a buffer is taken from there before the deferred `Close` or
    ///   `Flush` adds the rest;
    /// - a file is removed, or the directory that it is in, before it is closed (not in files that are
    ///   only built for Unix, nor in tests);
    /// - `wg.Wait()` runs before the `cancel()` or `close(ch)` without which the goroutines that it
    ///   waits for never end;
    /// - a lock is given back before a deferred literal writes what the lock guards.
    ///
    /// A writer that is finished by hand elsewhere in the function is left alone, and so is a
    /// goroutine that can end in another way.
    ///
    /// ## Why it is bad
    /// "Deferred functions are invoked immediately before the surrounding function returns, in the
    /// reverse order they were deferred" (Go specification, Defer statements). A writer that is
    /// flushed when its file is closed loses its last bytes, and the error goes nowhere, as it was
    /// deferred. A wait before the signal that it waits for never ends. Windows does not remove a file
    /// that is open.
    ///
    /// ## Example
    /// ```go
    /// func write(path string, lines []string) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	w := bufio.NewWriter(f)
    /// 	defer w.Flush()
    /// 	defer f.Close()
    /// 	for _, line := range lines {
    /// 		fmt.Fprintln(w, line)
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func write(path string, lines []string) error {
    /// 	f, err := os.Create(path)
    /// 	if err != nil {
    /// 		return err
    /// 	}
    /// 	defer f.Close()
    /// 	w := bufio.NewWriter(f)
    /// 	for _, line := range lines {
    /// 		fmt.Fprintln(w, line)
    /// 	}
    /// 	return w.Flush()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// Where the program only ever runs on Unix, removing an open file is no harm. A goroutine may end
    /// by something that the function does not show, such as the end of the context that its own is
    /// made of.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub ReleaseOrder {
        name: "release-order",
        category: Placement,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for ReleaseOrder {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let called = calls(package.file(input.index), func);
        let any = |names: &[&str]| names.iter().any(|name| called.contains(name));
        any(&["Close", "Flush"]) || any(&["Remove", "RemoveAll", "Wait", "Unlock"])
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let events = events(cx);
        let mut reported: Vec<StmtId> = Vec::new();
        for last in &events {
            for first in &events {
                if !reported.contains(&first.site.stmt)
                    && runs_before(cx, first, last)
                    && let Some((message, help)) = wrong(cx, first, last)
                {
                    report(cx, first, last, message, help);
                    reported.push(first.site.stmt);
                }
            }
            by_hand(cx, last);
        }
    }
}

/// Something that a deferred call does when the function ends.
struct Event<'a> {
    /// The deferred call, or one in the deferred literal.
    call: ExprId,
    site: DeferSite<'a>,
}

fn events<'a>(cx: &RuleCx<'a>) -> Vec<Event<'a>> {
    let facts = cx.facts();
    let mut events = Vec::new();
    for &site in facts.defers() {
        if !facts.reachable(site.point) {
            continue;
        }
        events.push(Event {
            call: site.call,
            site,
        });
        if let Some(literal) = site.literal {
            events.extend(facts.calls_of(literal).iter().map(|call| Event {
                call: call.call,
                site,
            }));
        }
    }
    events
}

/// Whether `first` runs before `last` when the function ends.
fn runs_before(cx: &RuleCx<'_>, first: &Event<'_>, last: &Event<'_>) -> bool {
    let (a, b) = (first.site.point, last.site.point);
    if a.func != b.func {
        return false;
    }
    if first.site.stmt == last.site.stmt {
        let start = |event: &Event<'_>| cx.file().expr(event.call).span.end;
        let (Some(one), Some(two)) = (
            cx.facts().point_of_expr(first.call),
            cx.facts().point_of_expr(last.call),
        ) else {
            return false;
        };
        return one.func == two.func
            && start(first) < start(last)
            && cx.facts().cfg(one.func).reaches(one.node, two.node);
    }
    let cfg = cx.facts().cfg(a.func);
    cfg.reaches(b.node, a.node) && !cfg.reaches(a.node, b.node)
}

/// What goes wrong when `first` runs before `last`, and what to write instead.
fn wrong(cx: &RuleCx<'_>, first: &Event<'_>, last: &Event<'_>) -> Option<(String, String)> {
    let snippet = |event: &Event<'_>| cx.call_snippet(event.call);
    let (one, two) = (snippet(first), snippet(last));
    if let Some((closed, "Close")) = method_on(cx, first.call)
        && let Some((writer, _)) = finished(cx, last)
        && writes_to(cx, writer, closed)
        && !is_finished_by_hand(cx, writer, last.site.point.func)
    {
        return Some((
            format!(
                "`{one}` runs before `{two}`, so what `{}` still holds back is lost",
                name(cx, writer)
            ),
            format!(
                "defer `{two}` after `{one}`, or better call it before the function returns and look at its error"
            ),
        ));
    }
    if let Some(removed) = removed(cx, first.call)
        && let Some((file, "Close")) = method_on(cx, last.call)
        && !cx.is_test()
        && !is_only_for_unix(cx)
        && lies_in(cx, file, removed)
        && !is_closed_by_hand(cx, file, last.site.point.func)
    {
        return Some((
            format!(
                "`{one}` runs before `{two}`, and a file that is open is not removed on Windows"
            ),
            format!("defer `{one}` before `{two}`: what is deferred last runs first"),
        ));
    }
    if let Some(waiting) = waits_for_ever(cx, first.call, &first.site, last.call, &last.site) {
        let what = match waiting {
            Waiting::Context => "the goroutines that it waits for only end when they are cancelled",
            Waiting::Channel => {
                "the goroutines that it waits for only end when the channel is closed"
            }
        };
        return Some((
            format!("`{one}` runs before `{two}`, and {what}"),
            format!("defer `{one}` before `{two}`: what is deferred last runs first"),
        ));
    }
    if let Some(field) = written_unlocked(cx, first, last) {
        return Some((
            format!(
                "`{one}` runs before the deferred literal that writes `{field}`, which the lock guards"
            ),
            format!("defer `{one}` before the literal: what is deferred last runs first"),
        ));
    }
    None
}

/// The variable that a method is called on, and the method.
fn method_on<'a>(cx: &RuleCx<'a>, call: ExprId) -> Option<(LocalId, &'a str)> {
    let Callee::Selected { x, name } = cx.facts().callee(call) else {
        return None;
    };
    let place = Place::of_operand(cx.body(), x)?;
    let local = place.local().filter(|_| place.is_variable())?;
    Some((local, name))
}

/// The writer that a deferred call flushes or closes.
fn finished<'a>(cx: &RuleCx<'a>, event: &Event<'_>) -> Option<(LocalId, &'a str)> {
    let (local, name) = method_on(cx, event.call)?;
    matches!(name, "Close" | "Flush").then_some((local, name))
}

/// Whether `writer` is a writer around `inner`.
fn writes_to(cx: &RuleCx<'_>, writer: LocalId, inner: LocalId) -> bool {
    inner_of(cx, writer).contains(&inner)
}

/// The variables that a writer writes to: arguments of the call that made it.
fn inner_of(cx: &RuleCx<'_>, writer: LocalId) -> Vec<LocalId> {
    let var = cx.facts().var(writer);
    let made: Vec<_> = var
        .writes
        .iter()
        .filter_map(|write| made_by(cx, write.value))
        .collect();
    let &[(call, 0)] = &*made else {
        return Vec::new();
    };
    let contract = cx
        .facts()
        .call_contract(cx.models(), cx.contracts(), call)
        .contract;
    let is_writer = contract.gives.iter().any(|gives| {
        gives.result == 0 && *cx.models().class(gives.class).rule == *"writer-not-finished"
    });
    let args = cx.file().call(call).map_or(&[][..], |(_, args)| args);
    if !is_writer {
        return Vec::new();
    }
    let is_inner = |&(index, _): &(usize, &ExprId)| {
        matches!(
            contract.param(index),
            ArgEffect::Wrap | ArgEffect::Own | ArgEffect::Unknown
        )
    };
    let local = |(_, &arg): (usize, &ExprId)| {
        Place::of_operand(cx.body(), arg)
            .filter(Place::is_variable)?
            .local()
    };
    { args.iter().enumerate() }
        .filter(is_inner)
        .filter_map(local)
        .collect()
}

/// Whether the function also flushes or closes a writer before it ends.
fn is_finished_by_hand(cx: &RuleCx<'_>, writer: LocalId, func: FuncId) -> bool {
    let mut calls = cx.facts().calls().iter();
    calls.any(|site| {
        site.mode == CallMode::Now
            && (site.point.func == func || !is_deferred(cx, site.point.func))
            && method_on(cx, site.call)
                .is_some_and(|(local, name)| local == writer && matches!(name, "Close" | "Flush"))
    })
}

fn is_closed_by_hand(cx: &RuleCx<'_>, file: LocalId, func: FuncId) -> bool {
    let mut calls = cx.facts().calls_of(func).iter();
    calls
        .any(|site| site.mode == CallMode::Now && method_on(cx, site.call) == Some((file, "Close")))
}

/// Whether a function is a deferred literal.
fn is_deferred(cx: &RuleCx<'_>, func: FuncId) -> bool {
    let mut sites = cx.facts().defers().iter();
    sites.any(|site| site.literal == Some(func))
}

/// What `os.Remove` and `os.RemoveAll` remove.
fn removed(cx: &RuleCx<'_>, call: ExprId) -> Option<ExprId> {
    let Callee::Func {
        package: "os",
        name: "Remove" | "RemoveAll",
        ..
    } = cx.facts().callee(call)
    else {
        return None;
    };
    let (_, args) = cx.file().call(call)?;
    args.first().map(|&arg| cx.file().unparen(arg))
}

/// Whether the file that a variable holds is called `path`, or lies in the directory of that name.
fn lies_in(cx: &RuleCx<'_>, file: LocalId, path: ExprId) -> bool {
    // `f.Name()`, at once or from a variable.
    let named = |expr: ExprId| {
        let call = cx.facts().value_of(expr).unwrap_or(expr);
        method_on(cx, cx.file().unparen(call)) == Some((file, "Name"))
    };
    if named(path) {
        return true;
    }
    if opened_as(cx, file).is_some_and(|name| is_same_name(cx, name, path)) {
        return true;
    }
    let Object::Local(path) = cx.body().object(path) else {
        return false;
    };
    if !cx.facts().var(path).is_single_assignment() {
        return false;
    }
    opened_as(cx, file).is_some_and(|name| mentions(cx, name, path, 3))
}

/// The name by which the file that a variable holds is opened, or the directory it is made in.
fn opened_as(cx: &RuleCx<'_>, file: LocalId) -> Option<ExprId> {
    let mut writes = cx.facts().var(file).writes.iter();
    let (call, 0) = writes.find_map(|write| made_by(cx, write.value))? else {
        return None;
    };
    let is_open = matches!(
        cx.facts().callee(call),
        Callee::Func {
            package: "os",
            name: "Create" | "Open" | "OpenFile" | "CreateTemp",
            ..
        }
    );
    let (_, args) = cx.file().call(call)?;
    args.first().copied().filter(|_| is_open)
}

/// Whether two names of files are the name of the same other file: `f.Name()`.
fn is_same_name(cx: &RuleCx<'_>, a: ExprId, b: ExprId) -> bool {
    let named = |expr: ExprId| {
        let (local, name) = method_on(cx, cx.file().unparen(expr))?;
        let is_single = cx.facts().var(local).is_single_assignment();
        (name == "Name" && is_single).then_some(local)
    };
    named(a).is_some() && named(a) == named(b)
}

/// Whether `path` goes into a path: as it is, by `filepath.Join` or `+`, or by a variable.
fn mentions(cx: &RuleCx<'_>, expr: ExprId, path: LocalId, depth: u32) -> bool {
    let file = cx.file();
    let expr = file.unparen(expr);
    if depth == 0 {
        return false;
    }
    match file.expr(expr).kind {
        ExprKind::Ident => {
            cx.body().object(expr) == Object::Local(path)
                || cx
                    .facts()
                    .value_of(expr)
                    .is_some_and(|value| value != expr && mentions(cx, value, path, depth - 1))
        }
        ExprKind::Binary { x, .. } => mentions(cx, x, path, depth - 1),
        ExprKind::Call { args, .. } => {
            let is_join = matches!(
                cx.facts().callee(expr),
                Callee::Func {
                    package: "path" | "path/filepath",
                    name: "Join",
                    ..
                }
            );
            let first = file.exprs(args).first();
            is_join && first.is_some_and(|&arg| mentions(cx, arg, path, depth - 1))
        }
        _ => false,
    }
}

/// Whether the file is only built for systems that remove files that are open.
fn is_only_for_unix(cx: &RuleCx<'_>) -> bool {
    const UNIX: [&str; 8] = [
        "_linux", "_darwin", "_freebsd", "_netbsd", "_openbsd", "_unix", "_solaris", "_bsd",
    ];
    let stem = cx.file_stem();
    let by_name = UNIX.iter().any(|system| stem.contains(system));
    let text = cx.file().text();
    let head = text.find("\npackage ").map_or("", |end| &text[..end]);
    let by_line = head.lines().any(|line| {
        line.strip_prefix("//go:build ").is_some_and(|expr| {
            !expr.contains("||")
                && (expr.contains("linux")
                    || expr.contains("unix")
                    || expr.contains("darwin")
                    || expr.contains("!windows"))
                && !expr.contains("!linux")
                && !expr.contains("!unix")
                && !expr.contains("!darwin")
        })
    });
    // Only on Unix does that package declare anything.
    let file = cx.file();
    let by_import = file.imports().any(|import| {
        file.span_text(file.spec(import).span)
            .ends_with("\"golang.org/x/sys/unix\"")
    });
    by_name || by_line || by_import
}

/// The field that a deferred literal writes after the lock beside it was given back.
fn written_unlocked(cx: &RuleCx<'_>, first: &Event<'_>, last: &Event<'_>) -> Option<String> {
    let facts = cx.facts();
    let file = cx.file();
    let literal = last.site.literal?;
    let unlock = { facts.locks().iter() }.find(|lock| lock.call == first.call)?;
    if unlock.op != go_flow::LockOp::Unlock || first.site.literal.is_some() {
        return None;
    }
    let mutex = unlock.place.as_ref()?;
    let (_, owner) = mutex.path.split_last()?;
    // The lock is held when the literal is deferred, and the literal does not take it itself.
    let cfg = facts.cfg(last.site.point.func);
    let is_held = facts.locks().iter().any(|lock| {
        lock.op == go_flow::LockOp::Lock
            && lock.place.as_ref() == Some(mutex)
            && lock.mode == CallMode::Now
            && lock.point.func == last.site.point.func
            && cfg.dominates(lock.point.node, last.site.point.node)
    });
    let others = facts
        .locks()
        .iter()
        .filter(|lock| lock.place.as_ref() == Some(mutex));
    let is_simple = { others }.all(|lock| {
        lock.call == unlock.call
            || (lock.op == go_flow::LockOp::Lock && lock.point.func == last.site.point.func)
    });
    if !is_held || !is_simple {
        return None;
    }
    let mut stmts: Vec<_> = file.func(literal).stmts.iter().collect();
    stmts.sort_by_key(|&stmt| file.stmt(stmt).span.start);
    stmts.into_iter().find_map(|stmt| {
        let target = match file.stmt(stmt).kind {
            go_syntax::StmtKind::Assign { lhs, .. } => *file.exprs(lhs).first()?,
            go_syntax::StmtKind::IncDec { x, .. } => x,
            _ => return None,
        };
        let place = Place::of(cx.body(), target)?;
        let is_beside = place.root == mutex.root
            && place.path.len() > owner.len()
            && place.path.starts_with(owner);
        is_beside.then(|| cx.snippet(target))
    })
}

/// What is done by hand too early for the deferred call `last`: the inner writer is closed, or what
/// came to a buffer is taken from there.
fn by_hand(cx: &RuleCx<'_>, last: &Event<'_>) {
    let Some((writer, _)) = finished(cx, last) else {
        return;
    };
    let inner = inner_of(cx, writer);
    let func = last.site.point.func;
    if inner.is_empty() || is_finished_by_hand(cx, writer, func) {
        return;
    }
    let cfg = cx.facts().cfg(func);
    for site in cx.facts().calls_of(func) {
        let Some((local, method)) = method_on(cx, site.call) else {
            continue;
        };
        if !inner.contains(&local)
            || site.mode != CallMode::Now
            || !cfg.reaches(last.site.point.node, site.point.node)
            || !ends_well(cx, cfg, site.point)
        {
            continue;
        }
        let (one, two) = (cx.call_snippet(site.call), cx.call_snippet(last.call));
        let message = match method {
            "Close" => format!(
                "`{one}` comes before the deferred `{two}`, so what `{}` still holds back is lost",
                name(cx, writer)
            ),
            "Bytes" | "String" if is_buffer(cx, local) => format!(
                "`{one}` comes before the deferred `{two}`, so what `{}` still holds back is missing in it",
                name(cx, writer)
            ),
            _ => continue,
        };
        cx.report(&ReleaseOrder::META, file_span(cx, last.site), message)
            .help(format!(
                "call `{two}` before `{one}`, and look at its error"
            ))
            .related(cx.file().expr(site.call).span, "this runs first".to_owned());
        return;
    }
}

/// Whether a variable is a buffer in memory.
fn is_buffer(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let body = cx.body();
    let ty = body.cx().deref(body.type_of_local(local));
    ty.is_unknown()
        || body.is_named(ty, "bytes", "Buffer")
        || body.is_named(ty, "strings", "Builder")
}

/// Whether a return that does not say that there is an error can follow.
fn ends_well(cx: &RuleCx<'_>, cfg: &Cfg<'_>, from: Point) -> bool {
    cfg.search([from.node], |node| match cfg.kind(node) {
        go_flow::NodeKind::Return(stmt) => match cx.file().stmt(stmt).kind {
            go_syntax::StmtKind::Return(results) => {
                let last = cx.file().exprs(results).last();
                let is_error = |&last: &ExprId| {
                    let body = cx.body();
                    let ty = body.type_of(last);
                    let name = || cx.file().expr_text(last).to_ascii_lowercase();
                    (body.is_error(ty) || (ty.is_unknown() && name().contains("err")))
                        && body.object(last) != Object::Nil
                        && !cx.file().expr(last).span.contains(
                            cfg.span_of_node(from.node)
                                .unwrap_or(cx.file().expr(last).span),
                        )
                };
                if last.is_some_and(is_error) && node != from.node {
                    Visit::Skip
                } else {
                    Visit::Stop
                }
            }
            _ => Visit::Stop,
        },
        _ if node == cfg.exit() => Visit::Stop,
        _ => Visit::Continue,
    })
    .is_some()
}

fn name<'a>(cx: &RuleCx<'a>, local: LocalId) -> &'a str {
    cx.file().span_text(cx.body().names().local(local).span)
}

fn file_span(cx: &RuleCx<'_>, site: DeferSite<'_>) -> Span {
    cx.file().stmt(site.stmt).span
}

fn report(cx: &RuleCx<'_>, first: &Event<'_>, last: &Event<'_>, message: String, help: String) {
    cx.report(&ReleaseOrder::META, file_span(cx, first.site), message)
        .help(help)
        .related(
            file_span(cx, last.site),
            format!("`{}` runs after it", cx.call_snippet(last.call)),
        );
}
