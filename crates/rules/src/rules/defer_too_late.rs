//! `defer-too-late`.

use diagnostics::Applicability;
use go_flow::{Leak, calls};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, ExprKind, FuncId, Span, StmtId, StmtKind};
use go_types::{Callee, Object, PackageCx};

use crate::FileInput;
use crate::blocks::{InList, lines_with_comment, whole_lines};
use crate::cx::{Finding, RuleCx};
use crate::deferred::{leak_by_defer, releases, source, too_late};
use crate::fixes::anchors::check_of_others;
use crate::fixes::lines;
use crate::origin::root_local;
use crate::release::{matters, may_acquire, variable, wording};
use crate::rule::{Rule, declare_rule};
use crate::rules::rule_by_name;
use crate::story::story;

declare_rule! {
    /// Finds a `defer` that releases something, with a return before it that does not.
    ///
    /// ## What it does
    /// Reports a `defer` that closes, stops or cancels what a call gave, when the function can return
    /// between that call and the `defer` and leaves the thing behind then. What the call gives is
    /// known from models and contracts, as for the rules of the family *release*; that the program
    /// itself defers its `Close` is as good a sign. A return that is taken because the call failed
    /// does not count, nor one before which the thing is released by hand or handed on.
    ///
    /// Where this rule runs, those of the family *release* leave such a path to it, so that there is
    /// one finding; where it does not, they report the call.
    ///
    /// ## Why it is bad
    /// A `defer` is worth something from the line on where it stands: a function that returns before
    /// has registered nothing ("Each time a "defer" statement executes…", Go specification, Defer
    /// statements). Most of these returns are taken when something else is wrong, a bad status, a
    /// file that is a directory, so each such error costs a descriptor or a connection, and the
    /// process runs out of them when the trouble lasts.
    ///
    /// ## Example
    /// ```go
    /// func fetch(url string) ([]byte, error) {
    /// 	resp, err := http.Get(url)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	if resp.StatusCode != http.StatusOK {
    /// 		return nil, errors.New(resp.Status)
    /// 	}
    /// 	defer resp.Body.Close()
    /// 	return io.ReadAll(resp.Body)
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func fetch(url string) ([]byte, error) {
    /// 	resp, err := http.Get(url)
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
    /// 	defer resp.Body.Close()
    /// 	if resp.StatusCode != http.StatusOK {
    /// 		return nil, errors.New(resp.Status)
    /// 	}
    /// 	return io.ReadAll(resp.Body)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the return before the `defer` leaves the thing to somebody who cannot be seen here, or
    /// when there is nothing to release yet at that point although the call did not say so.
    ///
    /// ## Fix safety
    /// The fix moves the `defer` behind the call, or the check of its error. It is offered where both
    /// stand in the same block, no other `defer` is between them, and the deferred call needs nothing
    /// but the thing. It is safe: on the paths that came to the `defer` before, it runs as before.
    pub DeferTooLate {
        name: "defer-too-late",
        category: Placement,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferTooLate {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_test
            && (may_acquire(package, func, input)
                || calls(package.file(input.index), func).contains("Close"))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let mut reported: Vec<StmtId> = Vec::new();
        for leak in &cx.leaks().list {
            // What comes from a pool or a queue has rules of its own.
            let class = cx.models().class(leak.class);
            if rule_by_name(&class.rule).is_none() || *class.rule == *"pool-item-not-returned" {
                continue;
            }
            if let Some(defer) = too_late(cx, leak)
                && !reported.contains(&defer)
                && !asks_for_error(cx, leak, defer)
                && matters(cx, class, leak)
            {
                report(cx, leak, defer);
                reported.push(defer);
            }
        }
        for site in cx.facts().defers() {
            if reported.contains(&site.stmt) || !cx.facts().reachable(site.point) {
                continue;
            }
            for release in releases(cx, site) {
                if release.always
                    && let Some(made) = source(cx, site, release.local)
                    && let Some(leak) = leak_by_defer(cx, &release, made)
                    && too_late(cx, &leak) == Some(site.stmt)
                    && !asks_for_error(cx, &leak, site.stmt)
                    && matters(cx, cx.models().class(leak.class), &leak)
                {
                    report(cx, &leak, site.stmt);
                    break;
                }
            }
        }
    }
}

/// Whether a condition before the `defer` asks what was given for its error: `if result.Err != nil`. Then
/// there may be nothing to release.
fn asks_for_error(cx: &RuleCx<'_>, leak: &Leak, defer: StmtId) -> bool {
    let file = cx.file();
    let StmtKind::Defer(call) = file.stmt(defer).kind else {
        return false;
    };
    let given = file
        .call(file.unparen(call))
        .and_then(|(fun, _)| root_local(cx, fun));
    let Some(given) = given else { return false };
    let between = Span::new(file.expr(leak.call).span.end, file.stmt(defer).span.start);
    let mut asks = false;
    for stmt in file.func(cx.root()).stmts.iter() {
        let StmtKind::If { cond, .. } = file.stmt(stmt).kind else {
            continue;
        };
        if !between.contains(file.stmt(stmt).span) {
            continue;
        }
        walk(file, Node::Expr(cond), |node| {
            if let Node::Expr(expr) = node
                && let Some((x, name)) = file.selector(expr)
                && cx.body().object(x) == Object::Local(given)
            {
                asks |= matches!(name, "Err" | "Error" | "err");
            }
            Descend::Into
        });
    }
    asks
}

fn report(cx: &RuleCx<'_>, leak: &Leak, defer: StmtId) {
    let file = cx.file();
    let class = cx.models().class(leak.class);
    let call = cx.call_snippet(leak.call);
    let what = match variable(cx, leak) {
        Some(name) => format!("the {} `{name}` that `{call}` gives", class.noun),
        None => format!("the {} that `{call}` gives", class.noun),
    };
    let is = if class.noun.ends_with("rows") {
        "are"
    } else {
        "is"
    };
    let (done, _) = wording(cx, class, leak);
    let message = format!(
        "`defer` comes too late: a path returns before it, and {what} {is} not {done} then"
    );
    let end = cx
        .facts()
        .cfg(leak.at.func)
        .span_of_node(leak.at.node)
        .unwrap_or(file.stmt(defer).span);
    let mut finding = cx
        .report(&DeferTooLate::META, file.stmt(defer).span, message)
        .help(format!(
            "defer right after it is known that `{call}` succeeded"
        ))
        .related(file.expr(leak.call).span, "it comes from here".to_owned());
    for (span, text) in story(cx, &leak.hops) {
        finding = finding.related(span, text);
    }
    finding = finding.related(
        end,
        "the function returns here, before the `defer`".to_owned(),
    );
    add_fix(cx, leak, defer, finding);
}

/// Offers to move the `defer` up.
fn add_fix(cx: &RuleCx<'_>, leak: &Leak, defer: StmtId, finding: Finding<'_>) {
    let Some((lines_of_defer, after)) = movable(cx, leak, defer) else {
        return;
    };
    let insertion = Span::new(after.end, after.end);
    let Some(removal) = lines::remove(cx, lines_of_defer) else {
        return;
    };
    finding.fix(
        Applicability::Safe,
        "Move the `defer` up, to where there is something to release",
        [
            (insertion, cx.file().span_text(lines_of_defer).to_owned()),
            removal,
        ],
    );
}

/// The lines of the `defer`, and those behind which they can go.
fn movable(cx: &RuleCx<'_>, leak: &Leak, defer: StmtId) -> Option<(Span, Span)> {
    let file = cx.file();
    let cfg = cx.facts().cfg(leak.point.func);
    let acquired = cfg.stmt_of_node(leak.point.node)?;
    let place = InList::of(cx, acquired)?;
    let target = place.list.iter().position(|&stmt| stmt == defer)?;
    let mut after = acquired;
    if let Some(check) = place.next()
        && let Some(error) = cx.facts().acquisition(acquired)?.error
    {
        if !is_check(cx, check, error.local) {
            return None;
        }
        after = check;
    } else if check_of_others(cx, acquired).is_some() {
        return None;
    }
    let start = file.stmt(after).span.end;
    let end = file.stmt(defer).span.start;
    let between = Span::new(start, end);
    let is_defer = |stmt: StmtId| matches!(file.stmt(stmt).kind, StmtKind::Defer(_));
    let mut stmts = file.func(cx.root()).stmts.iter();
    if target <= place.index
        || stmts.any(|stmt| is_defer(stmt) && between.contains(file.stmt(stmt).span))
    {
        return None;
    }
    // The deferred call must need nothing that comes later.
    let StmtKind::Defer(call) = file.stmt(defer).kind else {
        return None;
    };
    let mut needs_nothing = true;
    walk(file, Node::Expr(call), |node| {
        if let Node::Expr(expr) = node
            && let Object::Local(local) = cx.body().object(expr)
        {
            let var = cx.facts().var(local);
            let first = var.writes.iter().filter_map(|write| write.expr);
            let is_written = { first }.any(|write| {
                let at = file.expr(write).span;
                at.start >= start && at.end <= end
            });
            let is_declared = cx.body().names().local(local).span.start >= start
                && cx.body().names().local(local).span.end <= end;
            needs_nothing &= !is_written && !is_declared;
        }
        Descend::Into
    });
    let is_plain = match cx.facts().callee(file.unparen(call)) {
        Callee::Selected { .. } | Callee::Var(_) => file
            .call(file.unparen(call))
            .is_some_and(|(_, args)| args.is_empty()),
        Callee::Literal(_) => true,
        _ => false,
    };
    if !needs_nothing || !is_plain {
        return None;
    }
    let lines = lines_with_comment(cx, file.stmt(defer).span)?;
    let after = whole_lines(cx, file.stmt(after).span)?;
    (after.end <= lines.start && file.span_text(after).ends_with('\n')).then_some((lines, after))
}

/// Whether a statement is `if err != nil { … }`.
fn is_check(cx: &RuleCx<'_>, stmt: StmtId, error: go_types::LocalId) -> bool {
    let file = cx.file();
    let StmtKind::If {
        init: None,
        cond,
        els: None,
        ..
    } = file.stmt(stmt).kind
    else {
        return false;
    };
    let ExprKind::Binary {
        op: BinaryOp::Ne,
        x,
        y,
    } = file.expr(file.unparen(cond)).kind
    else {
        return false;
    };
    cx.body().object(x) == Object::Local(error) && cx.body().object(y) == Object::Nil
}
