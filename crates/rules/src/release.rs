//! What the rules of the family *release* have in common: each reports the resources of its kind that
//! are left behind.

use std::cell::RefCell;

use go_flow::{
    Class, DeferSite, EdgeKind, Fate, Leak, NodeId, NodeKind, Subject, acquires_by_variable, calls,
};
use go_syntax::{BinaryOp, DeclKind, ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Callee, LocalKind, Object, PackageCx};
use rustc_hash::FxHashMap;

use crate::FileInput;
use crate::contexts::cancellables;
use crate::cx::RuleCx;
use crate::deferred::{last_only, too_late};
use crate::fixes;
use crate::rule::RuleMeta;
use crate::rules::rule_by_name;
use crate::story::story;

/// Whether a function calls something that may acquire.
pub(crate) fn may_acquire(package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
    if input.is_test {
        return false;
    }
    let known = package.memo(Acquiring::default);
    if let Some(known) = known.0.borrow().get(&(input.index, func)) {
        return *known;
    }
    let calls = calls(package.file(input.index), func);
    let acquires = calls
        .iter()
        .any(|name| input.models.may_acquire(name) || input.contracts.may_give(name))
        || acquires_by_variable(package, input.models, &calls);
    known.0.borrow_mut().insert((input.index, func), acquires);
    acquires
}

/// Whether functions may acquire: a dozen rules ask it of each.
#[derive(Default)]
struct Acquiring(RefCell<FxHashMap<(u32, FuncId), bool>>);

/// Reports the resources that are left behind of which the rule `meta` speaks.
pub(crate) fn report_leaks(cx: &RuleCx<'_>, meta: &'static RuleMeta) {
    report_leaks_if(cx, meta, |_, _| true);
}

/// Likewise, of those that are `wanted`.
pub(crate) fn report_leaks_if(
    cx: &RuleCx<'_>,
    meta: &'static RuleMeta,
    wanted: impl Fn(&Class, &Leak) -> bool,
) {
    let mut reported = None;
    for leak in &cx.leaks().list {
        let class = cx.models().class(leak.class);
        // Of two ends that one call gives, one is enough to say.
        let again = reported == Some(leak.call);
        let rule = match leak.fate {
            Fate::Unreceived => "left-in-channel",
            Fate::Held
                if leak.in_object
                    && leak.with_error
                    && !class.by_call
                    && !class.is_path
                    && cx.runs("half-built-object") =>
            {
                "half-built-object"
            }
            _ => &*class.rule,
        };
        let mine = *rule == *meta.name && !is_told_elsewhere(cx, class, leak);
        if mine && !again && wanted(class, leak) && matters(cx, class, leak) {
            report(cx, meta, class, leak);
            reported = Some(leak.call);
        }
    }
}

/// Reports the resources that nobody takes, of whatever kind.
pub(crate) fn report_discarded(cx: &RuleCx<'_>, meta: &'static RuleMeta) {
    let mut reported = None;
    for leak in &cx.leaks().list {
        let class = cx.models().class(leak.class);
        let again = reported == Some(leak.call);
        let gives = || {
            let declared = cx.body().declaration(leak.call);
            !declared.is_some_and(|(index, func)| may_give_nil(cx, index, func, 2))
        };
        if is_thrown_away(cx, class, leak)
            && !again
            && matters(cx, class, leak)
            && gives()
            && !must_fail(cx, leak)
        {
            let call = cx.call_snippet(leak.call);
            let message = format!(
                "nobody holds the {} that `{call}` gives, so nothing can release it",
                class.noun
            );
            let method = class.release.first().map_or("Close", |name| name);
            cx.report(meta, cx.file().expr(leak.call).span, message)
                .help(format!(
                    "keep the result in a variable and call its `{method}`"
                ));
            reported = Some(leak.call);
        }
    }
}

/// Reports the resources whose variable gets another value while they are held, of whatever kind.
pub(crate) fn report_overwritten(cx: &RuleCx<'_>, meta: &'static RuleMeta) {
    for leak in &cx.leaks().list {
        let class = cx.models().class(leak.class);
        let is_last_only =
            || cx.runs("closure-releases-last-only") && last_only(cx, leak).is_some();
        if is_overwritten(class, leak) && !is_last_only() && matters(cx, class, leak) {
            report(cx, meta, class, leak);
        }
    }
}

/// What `overwritten-before-release` tells: functions that are to be called, channels that nobody can
/// release, and what comes from a pool stay with their own rules.
fn is_overwritten(class: &Class, leak: &Leak) -> bool {
    leak.fate == Fate::Overwritten
        && leak.subject == Subject::Result
        && !class.by_call
        && !class.noun.ends_with("channel")
        && *class.rule != *"pool-item-not-returned"
        && rule_by_name(&class.rule).is_some()
}

/// Whether the function does not go on unless the call has failed: what was acquired then does not
/// matter any more.
fn must_fail(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let cfg = cx.facts().cfg(leak.point.func);
    let error = cfg
        .stmt_of_node(leak.point.node)
        .and_then(|stmt| cx.facts().acquisition(stmt)?.error);
    let Some(error) = error else { return false };
    let is_error =
        |expr: ExprId| cx.body().object(file.unparen(expr)) == Object::Local(error.local);
    // The edge that is taken when there is no error, if the condition is about it.
    let edge_without = |cond: ExprId| match file.expr(file.unparen(cond)).kind {
        ExprKind::Binary { op, x, y } if is_error(x) || is_error(y) => {
            let with_nil = [x, y]
                .iter()
                .any(|&expr| cx.body().object(expr) == Object::Nil);
            match (op, with_nil) {
                (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => Some(EdgeKind::True),
                (BinaryOp::Ne, true) | (BinaryOp::Eq, false) => Some(EdgeKind::False),
                _ => None,
            }
        }
        // `errors.Is(err, …)`, `os.IsNotExist(err)`.
        ExprKind::Call { args, .. }
            if file.exprs(args).first().is_some_and(|&arg| is_error(arg)) =>
        {
            Some(EdgeKind::False)
        }
        _ => None,
    };
    let mut at = leak.point.node;
    // To the first condition, past what has but one way on.
    for _ in 0..8 {
        let next = cfg.successors(at);
        if let NodeKind::Cond(cond) = cfg.kind(at) {
            let Some(wanted) = edge_without(cond) else {
                return false;
            };
            let on = next.iter().find(|edge| edge.kind == wanted);
            return on.is_some_and(|edge| {
                !cfg.can_reach_exit(edge.node) || fails_test(cx, leak, edge.node)
            });
        }
        match next {
            [edge] => at = edge.node,
            _ => return false,
        }
    }
    false
}

/// Whether a test ends at a node: without the declarations of package testing, names tell.
fn fails_test(cx: &RuleCx<'_>, leak: &Leak, node: NodeId) -> bool {
    cx.facts().calls_of(leak.point.func).iter().any(|site| {
        site.point.node == node
            && matches!(
                cx.facts().callee(site.call),
                Callee::Selected {
                    name: "Fatal" | "Fatalf" | "FailNow",
                    ..
                }
            )
    })
}

/// Whether a function of the package, or one whose results it returns, gives nil without an error:
/// then a caller may know that there is nothing to take.
fn may_give_nil(cx: &RuleCx<'_>, index: u32, func: FuncId, depth: usize) -> bool {
    let package = cx.body().cx();
    let file = package.file(index);
    let mut calls = Vec::new();
    for stmt in file.func(func).stmts.iter() {
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            continue;
        };
        let results = file.exprs(results);
        if results.len() > 1
            && results
                .iter()
                .all(|&result| file.ident(result) == Some("nil"))
        {
            return true;
        }
        if let &[call] = results
            && let Some((fun, _)) = file.call(file.unparen(call))
        {
            let fun = file.unparen(fun);
            let name = file.selector(fun).map(|(_, name)| name);
            calls.extend(name.or_else(|| file.ident(fun)));
        }
    }
    if depth == 0 || calls.is_empty() {
        return false;
    }
    (0..).take(package.names().files().len()).any(|index| {
        let file = package.file(index);
        file.top_decls()
            .iter()
            .any(|&decl| match file.decl(decl).kind {
                DeclKind::Func(other) => {
                    let name = file.func(other).name.map(|name| file.name(name));
                    name.is_some_and(|name| calls.contains(&name))
                        && may_give_nil(cx, index, other, depth - 1)
                }
                _ => false,
            })
    })
}

/// Whether the resource is assigned to a blank, or the call stands alone: what
/// `discarded-resource` tells.
fn is_thrown_away(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> bool {
    const RULES: [&str; 10] = [
        "file-not-closed",
        "pipe-not-closed",
        "conn-not-closed",
        "listener-not-closed",
        "body-not-closed",
        "closer-not-closed",
        "rows-not-closed",
        "stmt-not-closed",
        "tx-not-finished",
        "sqlconn-not-closed",
    ];
    if leak.fate != Fate::Discarded || class.by_call || !RULES.contains(&&*class.rule) {
        return false;
    }
    let file = cx.file();
    let cfg = cx.facts().cfg(leak.point.func);
    let Some(stmt) = cfg.stmt_of_node(leak.point.node) else {
        return false;
    };
    match file.stmt(stmt).kind {
        StmtKind::Expr(expr) => file.unparen(expr) == leak.call,
        StmtKind::Assign { lhs, rhs, .. } => {
            let is_call = |value: &ExprId| file.unparen(*value) == leak.call;
            let target = file.exprs(lhs).get(leak.result as usize);
            matches!(file.exprs(rhs), [value] if is_call(value))
                && target.is_some_and(|&target| cx.body().object(target) == Object::Blank)
        }
        _ => false,
    }
}

/// Whether of the timer or ticker that a call gives only the channel is taken: `time.NewTimer(d).C`.
pub(crate) fn is_only_channel(cx: &RuleCx<'_>, call: ExprId) -> bool {
    let file = cx.file();
    file.func(cx.root())
        .exprs
        .iter()
        .any(|expr| matches!(file.selector(expr), Some((x, "C")) if file.unparen(x) == call))
}

/// Whether a rule that runs too tells more of it: that nobody takes it, that its variable gets
/// another value, or that there is a `defer` for it at the wrong place.
fn is_told_elsewhere(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> bool {
    (cx.runs("overwritten-before-release") && is_overwritten(class, leak))
        || (cx.runs("discarded-resource") && is_thrown_away(cx, class, leak))
        || (cx.runs("defer-too-late") && too_late(cx, leak).is_some())
        || (cx.runs("closure-releases-last-only") && last_only(cx, leak).is_some())
}

/// Whether anything goes wrong.
pub(crate) fn matters(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> bool {
    // What a test leaves behind goes with its process.
    if cx.is_test() {
        return false;
    }
    // An error that is of some type is one, so nothing was acquired.
    if leak.fate == Fate::Overwritten && error_is_of_type(cx, leak) {
        return false;
    }
    // What is there for as long as the program runs is mostly meant to stay.
    if class.habitual && !leak.otherwise_fine {
        return false;
    }
    // Such a call is there for its own sake.
    if *class.noun == *"memory of C" && leak.fate == Fate::Discarded {
        return false;
    }
    if is_call_to(cx, leak, "net", "Pipe") && leak.with_error && !starts_one(cx, leak) {
        return false;
    }
    // What has only to do with others than who starts it, or costs little, is told from what is meant
    // by what the function does elsewhere.
    let is_lasting = leak.subject != Subject::Result && class.long_lived;
    let needs_evidence = leak.subject == Subject::Global
        || is_lasting
        || matches!(&*class.rule, "pool-item-not-returned")
        || matches!(leak.subject, Subject::Param(_));
    if needs_evidence && !leak.otherwise_released {
        return false;
    }
    // A group without goroutines has nothing to wait for.
    if class.noun.ends_with("group") && !has_members(cx, leak) {
        return false;
    }
    match &*class.rule {
        // Whoever gets the context finds the span in it.
        "span-not-ended" if !leak.otherwise_released && gives_context(cx, leak) => return false,
        // What ends with the function, ends what is made of it.
        "cancel-not-called" if ends_with_parent(cx, leak) => return false,
        // What grew too large, or met with an error, is not put back.
        "pool-item-not-returned" if is_examined(cx, leak) => return false,
        // A program for the command line mostly starts others that outlive it.
        "process-not-waited" if !leak.otherwise_fine && (cx.is_main_package() || detaches(cx)) => {
            return false;
        }
        // Who removes a temporary directory removes what is in it.
        "temp-not-removed"
            if is_in_temporary(cx, leak) || is_kept_on_demand(cx, leak) || is_told(cx, leak) =>
        {
            return false;
        }
        // A pipe in memory is a matter of the goroutine at its other end.
        "pipe-not-closed"
            if is_call_to(cx, leak, "io", "Pipe") && leak.with_error && !starts_one(cx, leak) =>
        {
            return false;
        }
        _ => {}
    }
    if class.until_go.is_some_and(|minor| cx.go_at_least(minor)) {
        return false;
    }
    // When main returns, the process ends.
    let in_main = cx.is_main_package()
        && cx.file().func(cx.root()).recv.is_none()
        && cx
            .file()
            .func(cx.root())
            .name
            .is_some_and(|name| matches!(cx.file().name(name), "main" | "init"));
    let at_end = leak.point.func == cx.root() && leak.fate == Fate::Held;
    if in_main && at_end && !class.matters_at_end {
        return false;
    }
    // What main and its literals listen on, the program listens on.
    let is_lasting = class.long_lived || *class.rule == *"listener-not-closed";
    !(is_lasting && in_main)
}

/// Whether a context is made of one that a deferred call of the function cancels.
fn ends_with_parent(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let Some((_, &[parent, ..])) = file.call(leak.call) else {
        return false;
    };
    let cfg = cx.facts().cfg(leak.point.func);
    // Until then those of all iterations pile up.
    let piles_up = cfg.in_cycle(leak.point.node) && !leak.otherwise_released;
    let is_left = matches!(leak.fate, Fate::Held | Fate::Discarded);
    if !is_left || leak.at.func != leak.point.func || piles_up {
        return false;
    }
    // `NewContext(ctx, logger)` of some package.
    let parent = file.unparen(parent);
    let of = match (cx.facts().callee(parent), file.call(parent)) {
        (Callee::Func { name, .. }, Some((_, &[of, ..])))
            if name.contains("Context") && !name.contains("Without") =>
        {
            of
        }
        _ => parent,
    };
    cancellables(cx).iter().any(|outer| {
        let is_deferred = |site: &DeferSite<'_>| {
            site.point.func == leak.point.func
                && (cfg.dominates(site.point.node, leak.point.node)
                    || !cfg.reaches_avoiding(leak.point.node, cfg.exit(), site.point.node))
                && outer.is_deferred_cancel(cx, site)
        };
        outer.point != leak.point
            && (outer.is_ctx(cx, parent) || outer.is_ctx(cx, of))
            && cx.facts().defers().iter().any(is_deferred)
    })
}

/// Whether the path comes by a condition that says of which type the error of the call is.
fn error_is_of_type(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let error = cx
        .facts()
        .cfg(leak.point.func)
        .stmt_of_node(leak.point.node)
        .and_then(|stmt| cx.facts().acquisition(stmt)?.error);
    let Some(error) = error else { return false };
    leak.hops.iter().any(|hop| {
        let cfg = cx.facts().cfg(hop.point.func);
        let NodeKind::Cond(cond) = cfg.kind(hop.point.node) else {
            return false;
        };
        let Object::Local(ok) = cx.body().object(file.unparen(cond)) else {
            return false;
        };
        let LocalKind::Var { init, .. } = cx.body().names().local(ok).kind else {
            return false;
        };
        let value = init.expr().map(|value| file.expr(file.unparen(value)).kind);
        hop.edge == EdgeKind::True
            && matches!(value, Some(ExprKind::TypeAssert { x, .. }) if cx.body().object(x) == Object::Local(error.local))
    })
}

/// Whether the function returns the context that comes with a span.
fn gives_context(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let cfg = cx.facts().cfg(leak.point.func);
    let Some(stmt) = cfg.stmt_of_node(leak.point.node) else {
        return false;
    };
    let StmtKind::Assign { lhs, .. } = file.stmt(stmt).kind else {
        return false;
    };
    let [context, _] = file.exprs(lhs) else {
        return false;
    };
    let Object::Local(context) = cx.body().object(*context) else {
        return false;
    };
    file.func(cx.root())
        .stmts
        .iter()
        .any(|stmt| match file.stmt(stmt).kind {
            StmtKind::Return(results) => file
                .exprs(results)
                .iter()
                .any(|&result| cx.body().object(file.unparen(result)) == Object::Local(context)),
            _ => false,
        })
}

/// Whether the path depends on what the resource itself says.
fn is_examined(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let Some(Object::Local(local)) = target(cx, leak).map(|target| cx.body().object(target)) else {
        return false;
    };
    leak.hops.iter().any(|hop| {
        let cfg = cx.facts().cfg(hop.point.func);
        let mut mentions = false;
        if let NodeKind::Cond(_) = cfg.kind(hop.point.node) {
            cfg.own_exprs(hop.point.node, |expr| {
                mentions |= cx.body().object(expr) == Object::Local(local);
            });
        }
        mentions
    })
}

/// Whether a function starts a process apart from its own.
fn detaches(cx: &RuleCx<'_>) -> bool {
    let file = cx.file();
    let text = file.span_text(file.func(cx.root()).span);
    [
        "Setsid",
        "Setpgid",
        "DETACHED_PROCESS",
        "CREATE_NEW_PROCESS_GROUP",
    ]
    .iter()
    .any(|flag| text.contains(flag))
}

fn is_call_to(cx: &RuleCx<'_>, leak: &Leak, package: &str, name: &str) -> bool {
    cx.body().is_call_to(leak.call, package, name)
}

/// Whether a path to the end starts a goroutine of the group, if it is one.
fn has_members(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let cfg = cx.facts().cfg(leak.at.func);
    let starts = |call| match cx.facts().callee(call) {
        Callee::Selected { name, .. } => matches!(name, "Go" | "TryGo"),
        _ => false,
    };
    let mut calls = cx.facts().calls_of(leak.at.func).iter();
    leak.at.func != leak.point.func
        || calls.any(|site| starts(site.call) && cfg.reaches(site.point.node, leak.at.node))
}

/// Whether the path starts a goroutine.
fn starts_one(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    leak.hops.iter().any(|hop| {
        let cfg = cx.facts().cfg(hop.point.func);
        matches!(cfg.kind(hop.point.node), NodeKind::Go(_))
    })
}

/// Whether something temporary is made only when somebody asked for it to be kept.
fn is_kept_on_demand(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let at = file.expr(leak.call).span.start;
    file.func(cx.root()).stmts.iter().any(|stmt| {
        let StmtKind::If {
            init, cond, body, ..
        } = file.stmt(stmt).kind
        else {
            return false;
        };
        let body = file.stmt(body).span;
        if !(body.start <= at && at < body.end) {
            return false;
        }
        let init = init.map_or("", |init| file.span_text(file.stmt(init).span));
        let asked = format!("{init} {}", file.expr_text(cond)).to_lowercase();
        ["lookupenv", "getenv", "keep", "debug", "retain", "preserve"]
            .iter()
            .any(|word| asked.contains(word))
    })
}

/// Whether a function that never removes something temporary tells somebody where it is.
fn is_told(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    if leak.otherwise_released {
        return false;
    }
    let Some(Object::Local(local)) = target(cx, leak).map(|target| cx.body().object(target)) else {
        return false;
    };
    let mentions = |arg: ExprId| {
        let text = file.expr_text(arg);
        let name = file.span_text(cx.body().names().local(local).span);
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == name)
    };
    cx.facts().funcs().iter().any(|&func| {
        cx.facts().calls_of(func).iter().any(|site| {
            let tells = match cx.facts().callee(site.call) {
                Callee::Func { name, .. } | Callee::Selected { name, .. } => {
                    name.starts_with("Print")
                        || name.starts_with("Fprint")
                        || name.starts_with("Info")
                }
                _ => false,
            };
            tells
                && file
                    .call(site.call)
                    .is_some_and(|(_, args)| args.iter().any(|&arg| mentions(arg)))
        })
    })
}

/// Whether the directory that a temporary file or directory is made in is one itself.
fn is_in_temporary(cx: &RuleCx<'_>, leak: &Leak) -> bool {
    let file = cx.file();
    let Some((_, args)) = file.call(leak.call) else {
        return false;
    };
    let Some(Object::Local(local)) = args.first().map(|&dir| cx.body().object(dir)) else {
        return false;
    };
    let LocalKind::Var { init, .. } = cx.body().names().local(local).kind else {
        return false;
    };
    let Some(value) = init.expr() else {
        return false;
    };
    match cx.facts().callee(file.unparen(value)) {
        Callee::Func { name, .. } | Callee::Selected { name, .. } => {
            matches!(name, "MkdirTemp" | "TempDir" | "ArtifactDir")
        }
        _ => false,
    }
}

fn report(cx: &RuleCx<'_>, meta: &'static RuleMeta, class: &Class, leak: &Leak) {
    let file = cx.file();
    let span = file.expr(leak.call).span;
    let call = cx.call_snippet(leak.call);
    let noun = match variable(cx, leak) {
        Some(name) => format!("{} `{name}`", class.noun),
        None => class.noun.to_string(),
    };
    let (done, how) = wording(cx, class, leak);
    let (it, is) = if class.noun.ends_with("rows") {
        ("they", "are")
    } else {
        ("it", "is")
    };
    let message = match leak.fate {
        Fate::Held if meta.name == "half-built-object" => {
            format!(
                "the {noun} that `{call}` gives is dropped with the object that holds it, and {is} not {done}, when the rest of the construction fails"
            )
        }
        _ if leak.subject == Subject::Global => {
            format!("what `{call}` starts is not {done} on every path")
        }
        Fate::Overwritten if leak.subject != Subject::Result => {
            format!("the {noun} {is} overwritten before {it} {is} {done}")
        }
        _ if leak.subject != Subject::Result && leak.otherwise_fine => {
            format!("the {noun} {is} not {done} on every path")
        }
        _ if leak.subject != Subject::Result => {
            format!("the {noun} {is} never {done}")
        }
        Fate::Discarded => {
            format!("nothing holds the {noun} that `{call}` gives, so {it} {is} never {done}")
        }
        Fate::Unreceived => {
            format!(
                "the {noun} that `{call}` gives stays in the channel, and {is} never {done}, when the receiver takes another case"
            )
        }
        Fate::Overwritten if leak.otherwise_fine => {
            format!(
                "the {noun} that `{call}` gives {is} overwritten on one path before {it} {is} {done}"
            )
        }
        Fate::Overwritten => {
            format!("the {noun} that `{call}` gives {is} overwritten before {it} {is} {done}")
        }
        _ if leak.otherwise_fine => {
            format!("the {noun} that `{call}` gives {is} not {done} on every path")
        }
        _ => format!("the {noun} that `{call}` gives {is} never {done}"),
    };
    let message = match &*leak.why {
        "" => message,
        "goroutine" => format!("{message}, and its goroutine goes on"),
        what => format!("{message}, with the {what} in it"),
    };
    let mut finding = cx
        .report(meta, span, message)
        .help(how)
        .repair(fixes::release::repair(cx, class, leak));
    for (span, text) in story(cx, &leak.hops) {
        finding = finding.related(span, text);
    }
    let end = match leak.fate {
        Fate::Overwritten => Some("another value takes its place here".to_owned()),
        Fate::Held => Some(format!("the function ends here, and it is not {done}")),
        Fate::Unreceived => Some("it is sent here, and nobody may receive it".to_owned()),
        _ => None,
    };
    if let Some(text) = end
        && let Some(span) = cx.facts().cfg(leak.at.func).span_of_node(leak.at.node)
    {
        finding.related(span, text);
    }
}

/// The participle of what is to be done, and the advice.
pub(crate) fn wording(cx: &RuleCx<'_>, class: &Class, leak: &Leak) -> (String, String) {
    let name = variable(cx, leak);
    let var = name.as_deref().unwrap_or("it");
    if class.by_call {
        let advice = format!(
            "call `{var}` on every path: `defer {var}()` right after it is known to be set"
        );
        return ("called".to_owned(), advice);
    }
    match (&*class.rule, &*class.name) {
        ("temp-not-removed", _) => {
            let advice = match class.release_via.as_deref() {
                Some(via) => format!("`defer os.Remove({var}.{via}())` removes it on every path"),
                None => format!("`defer os.RemoveAll({var})` removes it on every path"),
            };
            return ("removed".to_owned(), advice);
        }
        ("raw-fd-not-closed", "raw-fd") => {
            let advice = format!(
                "close `{var}` on every path, or make an `os.File` of it at once, which is easier to hand on"
            );
            return ("closed".to_owned(), advice);
        }
        _ => {}
    }
    if class.release.is_empty() {
        let (done, with) = match &*class.rule {
            "pool-item-not-returned" => ("put back", "put it back"),
            "stop-not-called" => ("stopped", "stop it"),
            _ => ("released", "release it"),
        };
        let advice = format!("{with} on every path: defer that right after the call");
        return (done.to_owned(), advice);
    }
    let method = class.release.first().map_or("Close", |name| name);
    let done = match method {
        "Close" => "closed",
        "Stop" => "stopped",
        "End" => "ended",
        "Flush" => "flushed",
        "Wait" => "waited for",
        "Commit" => "committed or rolled back",
        "Put" => "put back",
        "Finish" => "finished",
        "Kill" => "killed",
        "Cancel" => "cancelled",
        "Shutdown" => "shut down",
        _ => "released",
    };
    let field = match &*leak.field {
        "" => String::new(),
        field => format!(".{field}"),
    };
    // What ends it badly is harmless after what ends it well.
    let method = if class.release.iter().any(|name| **name == *"Rollback") {
        "Rollback"
    } else {
        method
    };
    let advice = match &name {
        Some(var) => format!(
            "`defer {var}{field}.{method}()` right after the error check releases it on every path"
        ),
        None => format!("keep the result in a variable and defer its `{method}`"),
    };
    (done.to_owned(), advice)
}

/// The variable or field that takes the resource, as it is written.
pub(crate) fn variable(cx: &RuleCx<'_>, leak: &Leak) -> Option<String> {
    let target = match leak.subject {
        Subject::Result => target(cx, leak)?,
        Subject::Receiver => match cx.facts().callee(leak.call) {
            Callee::Selected { x, .. } => x,
            _ => return None,
        },
        Subject::Param(index) => {
            let (_, args) = cx.file().call(leak.call)?;
            *args.get(index as usize)?
        }
        Subject::Global => return None,
    };
    Some(cx.snippet(target))
}

/// The variable or field that takes the resource.
pub(crate) fn target(cx: &RuleCx<'_>, leak: &Leak) -> Option<ExprId> {
    let cfg = cx.facts().cfg(leak.point.func);
    let stmt = cfg.stmt_of_node(leak.point.node)?;
    let file = cx.file();
    let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
        return None;
    };
    let is_call = |expr: &&ExprId| {
        let mut expr = file.unparen(**expr);
        while let ExprKind::TypeAssert { x, .. } = file.expr(expr).kind {
            expr = file.unparen(x);
        }
        expr == leak.call
    };
    file.exprs(rhs).first().filter(is_call)?;
    let target = *file.exprs(lhs).get(leak.result as usize)?;
    match (
        file.expr(file.unparen(target)).kind,
        cx.body().object(target),
    ) {
        (_, Object::Blank) => None,
        (ExprKind::Ident | ExprKind::Selector { .. }, _) => Some(target),
        _ => None,
    }
}
