//! Whether anything goes wrong when a resource is left behind: what is meant to stay, what goes with the
//! process or with something else, and what was never acquired.

use go_flow::{Class, DeferSite, EdgeKind, Fate, Leak, NodeKind, Subject};
use go_syntax::{ExprId, ExprKind, StmtKind};
use go_types::{Callee, LocalKind, Object};

use super::wording::target;
use crate::contexts::cancellables;
use crate::cx::RuleCx;

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
