//! `defer-before-error-check`.

use diagnostics::{Applicability, Severity};
use go_flow::{Acquisition, DeferSite, ErrorLocal, Point, Value};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{BinaryOp, BranchKind, ExprId, ExprKind, Span, StmtId, StmtKind};
use go_types::{Callee, LocalId, Object, Type};

use crate::blocks::{InList, lines_with_comment, whole_lines};
use crate::cx::{Finding, RuleCx};
use crate::nilness::{NilCall, OnError, call_on_nil, result_on_error};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds `defer` statements that use a value before the error that came with it is looked at.
    ///
    /// ## What it does
    /// Reports a deferred call on something that a call gave together with an error (`f.Close()`,
    /// `resp.Body.Close()`, a cleanup function) when nothing has looked at that error on any way
    /// from the call to the `defer`. The statements need not be adjacent, and an error that is
    /// overwritten before anybody looks at it counts as not looked at.
    ///
    /// It is silent when the value is compared with nil, when the deferred literal looks at either,
    /// when the error is assigned to `_` (unless a function of the standard library is called and the
    /// deferred call panics on nil, tests excepted), and when the source of the function that was called shows
    /// that it gives something usable beside an error.
    ///
    /// ## Why it is bad
    /// When a call fails, what it gives beside the error is nil by convention. What then happens
    /// depends on what is deferred, and the message says which it is:
    /// - A method of an interface, and anything that has to follow the pointer first
    ///   (`resp.Body.Close`), panics at the `defer` statement, because the function value and the
    ///   arguments are evaluated there (specification, "Defer statements").
    /// - A nil function, and a method that uses its receiver (`rows.Close()`), panics when the
    ///   function ends. The error, which would have said what was wrong, is lost in both cases.
    /// - Where neither the source of the function nor that of the method is at hand, the deferred call
    ///   is made on what is most likely nil; this is a note.
    /// - Few methods expect nil. Those of `os.File` do and return an error that nobody sees; this
    ///   is reported as a note.
    ///
    /// ## Example
    /// ```go
    /// func fetch(url string) ([]byte, error) {
    /// 	resp, err := http.Get(url)
    /// 	defer resp.Body.Close()
    /// 	if err != nil {
    /// 		return nil, err
    /// 	}
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
    /// 	return io.ReadAll(resp.Body)
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// A check that lets some errors pass, such as `err != nil && !errors.Is(err, fs.ErrNotExist)`,
    /// says that there is a value with those, and silences the rule.
    ///
    /// When a function of another package gives something that is to be released even though it
    /// failed, the `defer` is right as it is.
    ///
    /// ## Fix safety
    /// The fix moves the `defer` behind the check. It is offered where the check is the next
    /// statement, does not use the value, and leaves the function or the loop; it is safe, because
    /// then nothing but the deferred call on nil is left out.
    pub DeferBeforeErrorCheck {
        name: "defer-before-error-check",
        category: Placement,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferBeforeErrorCheck {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            let unchecked = unchecked(cx, site);
            if let Some(worst) = unchecked
                .into_iter()
                .max_by_key(|unchecked| unchecked.on_nil)
            {
                report(cx, site, &worst);
            }
        }
    }
}

/// A value that a deferred call uses, and whose error nobody has looked at.
struct Unchecked {
    value: LocalId,
    acquisition: Acquisition,
    /// Absent when the error is assigned to `_`.
    error: Option<ErrorLocal>,
    gives: OnError,
    on_nil: NilCall,
}

fn unchecked(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Vec<Unchecked> {
    let facts = cx.facts();
    let mut found = Vec::new();
    for value in mentioned(cx, site) {
        let definitions = facts.definitions(site.point, value);
        if !definitions.exact {
            continue;
        }
        for definition in definitions.list {
            let Value::Element { index, .. } = definition.value else {
                continue;
            };
            if definition.point.func != site.point.func {
                continue;
            }
            let stmt = facts
                .cfg(definition.point.func)
                .stmt_of_node(definition.point.node);
            let Some(acquisition) = stmt.and_then(|stmt| facts.acquisition(stmt)) else {
                continue;
            };
            let error = acquisition.error.filter(|error| error.local != value);
            let is_known = match error {
                Some(error) => {
                    is_looked_at(cx, definition.point, site, error.local)
                        || is_kind_told(cx, site, error.local)
                }
                None => !is_error_dropped(cx, &acquisition),
            };
            if is_known || is_compared(cx, definition.point, site, value) {
                continue;
            }
            let gives = result_on_error(cx, acquisition.call, index);
            let on_nil = on_nil(cx, site, value);
            let is_believed = match gives {
                // Who drops the error has made up his mind, though not about a panic.
                _ if error.is_none() => gives == OnError::Nil && on_nil >= Some(NilCall::Called),
                OnError::Nil => true,
                // Who implements an interface may well give a function that does nothing.
                OnError::Convention => {
                    !call_is_of(cx, site, value) || is_known_callee(cx, acquisition.call)
                }
                OnError::Unknown | OnError::Usable => false,
            };
            if let Some(on_nil) = on_nil.filter(|_| is_believed) {
                found.push(Unchecked {
                    value,
                    acquisition,
                    error,
                    gives,
                    on_nil,
                });
            }
        }
    }
    found
}

/// Whether the last result of the call is an error, which is assigned to `_`; in tests nobody minds.
fn is_error_dropped(cx: &RuleCx<'_>, acquisition: &Acquisition) -> bool {
    let results = cx.body().results_of_call(acquisition.call);
    !cx.is_test()
        && acquisition.results.len() > 1
        && acquisition.results.last() == Some(&None)
        && is_last_blank(cx, acquisition.stmt)
        && results
            .is_some_and(|results| results.last().is_some_and(|&last| cx.body().is_error(last)))
}

/// Whether an assignment ends in `_`.
fn is_last_blank(cx: &RuleCx<'_>, stmt: StmtId) -> bool {
    match cx.file().stmt(stmt).kind {
        StmtKind::Assign { lhs, .. } => {
            let last = cx.file().exprs(lhs).last();
            last.is_some_and(|&last| cx.body().object(last) == Object::Blank)
        }
        _ => false,
    }
}

/// The variables of this function that the deferred call mentions, literal included.
fn mentioned(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Vec<LocalId> {
    let mut locals = Vec::new();
    walk(cx.file(), Node::Expr(site.call), |node| {
        if let Node::Expr(expr) = node
            && let Some(local) = cx.body().names().local_of(expr)
            && !locals.contains(&local)
        {
            locals.push(local);
        }
        Descend::Into
    });
    locals
}

/// Whether the deferred call, or one in its literal, calls the function that `value` is.
fn call_is_of(cx: &RuleCx<'_>, site: &DeferSite<'_>, value: LocalId) -> bool {
    let calls_it = |call| cx.facts().callee(call) == Callee::Var(value);
    let in_literal = site
        .literal
        .map_or(&[][..], |literal| cx.facts().calls_of(literal));
    calls_it(site.call) || in_literal.iter().any(|call| calls_it(call.call))
}

/// Whether it is known which function or method `call` calls.
fn is_known_callee(cx: &RuleCx<'_>, call: ExprId) -> bool {
    match cx.facts().callee(call) {
        Callee::Func { .. } => true,
        Callee::Selected { .. } => {
            let method = cx.body().method(call);
            method.is_some_and(|method| !cx.body().cx().is_interface(method.owner))
        }
        _ => false,
    }
}

/// What the deferred call does when `value` is nil.
fn on_nil(cx: &RuleCx<'_>, site: &DeferSite<'_>, value: LocalId) -> Option<NilCall> {
    let Some(literal) = site.literal else {
        return call_on_nil(cx, site.call, value);
    };
    let in_literal = cx.facts().calls_of(literal).iter();
    // All of it happens when the literal runs.
    in_literal
        .filter_map(|call| call_on_nil(cx, call.call, value))
        .max()
        .map(|on_nil| on_nil.min(NilCall::Called))
}

/// Whether somebody looks at the error of the call at `from` before the `defer`, or in it.
fn is_looked_at(cx: &RuleCx<'_>, from: Point, site: &DeferSite<'_>, error: LocalId) -> bool {
    let facts = cx.facts();
    let reads = &facts.var(error).reads;
    let in_defer = reads.iter().filter_map(|read| read.expr).any(|read| {
        cx.file()
            .expr(site.call)
            .span
            .contains(cx.file().expr(read).span)
    });
    in_defer
        || facts
            .reads_between(from, site.point, error)
            .iter()
            .any(|read| {
                if read.point.func != from.func {
                    return true;
                }
                let definitions = facts.definitions(read.point, error);
                !definitions.exact
                    || definitions
                        .list
                        .iter()
                        .any(|definition| definition.point == from)
            })
}

/// Whether the value is compared with nil before the `defer`, or in it.
fn is_compared(cx: &RuleCx<'_>, from: Point, site: &DeferSite<'_>, value: LocalId) -> bool {
    let file = cx.file();
    let body = cx.body();
    let deferred = file.expr(site.call).span;
    let between = cx.facts().reads_between(from, site.point, value);
    file.func(cx.root()).exprs.iter().any(|expr| {
        let ExprKind::Binary {
            op: BinaryOp::Eq | BinaryOp::Ne,
            x,
            y,
        } = file.expr(expr).kind
        else {
            return false;
        };
        let operand = match (body.object(x), body.object(y)) {
            (Object::Local(local), Object::Nil) if local == value => file.unparen(x),
            (Object::Nil, Object::Local(local)) if local == value => file.unparen(y),
            _ => return false,
        };
        deferred.contains(file.expr(operand).span)
            || between.iter().any(|read| read.expr == Some(operand))
    })
}

/// Whether the check that follows lets some errors pass, as `err != nil && !errors.Is(err, …)`: with
/// those comes a value that can be used.
fn is_kind_told(cx: &RuleCx<'_>, site: &DeferSite<'_>, error: LocalId) -> bool {
    let file = cx.file();
    let reads = &cx.facts().var(error).reads;
    let reads_in = |span: Span| {
        let exprs = reads.iter().filter_map(|read| read.expr);
        exprs
            .filter(|&expr| span.contains(file.expr(expr).span))
            .count()
    };
    let after = file.stmt(site.stmt).span.end;
    let conditions = file
        .func(cx.root())
        .stmts
        .iter()
        .filter(|&stmt| file.stmt(stmt).span.start >= after)
        .filter_map(|stmt| match file.stmt(stmt).kind {
            StmtKind::If { cond, .. } if reads_in(file.expr(cond).span) > 0 => {
                Some((file.stmt(stmt).span.start, cond))
            }
            _ => None,
        });
    let Some((_, first)) = conditions.min_by_key(|&(start, _)| start) else {
        return false;
    };
    match file.expr(file.unparen(first)).kind {
        ExprKind::Binary {
            op: BinaryOp::LAnd,
            x,
            y,
        } => [x, y]
            .into_iter()
            .all(|side| reads_in(file.expr(side).span) > 0),
        _ => false,
    }
}

/// Whether the deferred literal does something with what its call on `value` returns.
fn is_result_used(cx: &RuleCx<'_>, site: &DeferSite<'_>, value: LocalId) -> bool {
    let Some(literal) = site.literal else {
        return false;
    };
    let file = cx.file();
    let dropped = |call: ExprId| {
        let mut stmts = file.func(literal).stmts.iter();
        stmts.any(|stmt| match file.stmt(stmt).kind {
            StmtKind::Expr(expr) => file.unparen(expr) == call,
            StmtKind::Assign { lhs, rhs, .. } => {
                let all_blank = { file.exprs(lhs).iter() }.all(|&to| file.ident(to) == Some("_"));
                all_blank && file.exprs(rhs).iter().any(|&rhs| file.unparen(rhs) == call)
            }
            _ => false,
        })
    };
    let mut calls = cx.facts().calls_of(literal).iter();
    calls.any(|call| {
        call_on_nil(cx, call.call, value) == Some(NilCall::Harmless) && !dropped(call.call)
    })
}

fn report(cx: &RuleCx<'_>, site: &DeferSite<'_>, unchecked: &Unchecked) {
    let file = cx.file();
    let name_of = |local| file.span_text(cx.body().names().local(local).span);
    let value = name_of(unchecked.value);
    let error = unchecked.error.map(|error| name_of(error.local));
    let call = cx.call_snippet(unchecked.acquisition.call);
    let end = cx.func_label(site.point.func);
    let types = cx.body().cx();
    let ty = cx
        .body()
        .underlying(cx.body().type_of_local(unchecked.value));
    let is_nil = match (unchecked.gives, types.ty(ty)) {
        (OnError::Nil, Type::Struct { .. }) => "is a zero value",
        (_, Type::Struct { .. }) => "is most likely a zero value",
        (OnError::Nil, _) => "is nil",
        (OnError::Convention | OnError::Unknown | OnError::Usable, _) => "is most likely nil",
    };
    let outcome = match unchecked.on_nil {
        NilCall::Evaluated => "and this line panics".to_owned(),
        NilCall::Called => format!("and the deferred call panics when {end} returns"),
        NilCall::Unknown => format!("and the deferred call is made on it when {end} returns"),
        NilCall::Harmless if is_result_used(cx, site, unchecked.value) => {
            "and the deferred call fails as well".to_owned()
        }
        NilCall::Harmless => {
            "and the deferred call only returns an error that nobody sees".to_owned()
        }
    };
    let what = match error {
        Some(error) => format!("`defer` comes before `{error}` is checked"),
        None => "nobody gets the error".to_owned(),
    };
    let message = format!("{what}: when `{call}` fails, `{value}` {is_nil} {outcome}");
    let acquired = file.stmt(unchecked.acquisition.stmt).span;
    let mut finding = cx
        .report(
            &DeferBeforeErrorCheck::META,
            file.stmt(site.stmt).span,
            message,
        )
        .help(match error {
            Some(error) => format!("check `{error}` right after `{call}`, and defer after that"),
            None => format!("check the error of `{call}`, and defer after that"),
        })
        .related(
            acquired,
            match error {
                Some(error) => format!("`{value}` and `{error}` come from here"),
                None => format!("`{value}` comes from here, and the error is dropped"),
            },
        );
    if let Some(error) = error
        && let Some(lost) = overwritten(cx, site, unchecked)
    {
        finding = finding.related(
            lost,
            format!("`{error}` is overwritten here before anybody has looked at it"),
        );
    }
    // Neither what comes with the error nor what the call does on it is seen.
    let is_guess = unchecked.on_nil == NilCall::Unknown && unchecked.gives == OnError::Convention;
    if unchecked.on_nil == NilCall::Harmless || is_guess {
        finding = finding.at_most(Severity::Note);
    }
    add_fix(cx, site, unchecked, finding);
}

/// Where the error is overwritten between the call and the `defer`.
fn overwritten(cx: &RuleCx<'_>, site: &DeferSite<'_>, unchecked: &Unchecked) -> Option<Span> {
    let cfg = cx.facts().cfg(site.point.func);
    let from = unchecked.acquisition.point;
    let writes = cx.facts().var(unchecked.error?.local).writes.iter();
    let mut between = writes.filter(|write| {
        write.point.func == from.func
            && write.point != from
            && cfg.reaches(from.node, write.point.node)
            && cfg.reaches(write.point.node, site.point.node)
    });
    Some(cx.file().expr(between.next()?.expr?).span)
}

/// Offers to move the `defer` behind a check that is the next statement.
fn add_fix(cx: &RuleCx<'_>, site: &DeferSite<'_>, unchecked: &Unchecked, finding: Finding<'_>) {
    let Some((lines, check)) = movable(cx, site, unchecked) else {
        return;
    };
    let file = cx.file();
    // Without the blank lines between the two, which would now follow the call.
    let between = Span::new(lines.end, check.start);
    let removed = match file.span_text(between).trim() {
        "" => lines.to(between),
        _ => lines,
    };
    finding.fix(
        Applicability::Safe,
        "Move the `defer` behind the check of the error",
        [
            (removed, String::new()),
            (
                Span::new(check.end, check.end),
                file.span_text(lines).to_owned(),
            ),
        ],
    );
}

/// The lines of the `defer`, and those of the check behind which they can go.
fn movable(cx: &RuleCx<'_>, site: &DeferSite<'_>, unchecked: &Unchecked) -> Option<(Span, Span)> {
    let file = cx.file();
    let check = InList::of(cx, site.stmt)?.next()?;
    let StmtKind::If {
        init: None,
        cond,
        body,
        els: None,
    } = file.stmt(check).kind
    else {
        return None;
    };
    let ExprKind::Binary {
        op: BinaryOp::Ne,
        x,
        y,
    } = file.expr(file.unparen(cond)).kind
    else {
        return None;
    };
    let is_check = cx.body().object(x) == Object::Local(unchecked.error?.local)
        && cx.body().object(y) == Object::Nil;
    let uses = cx.body().names().uses(unchecked.value);
    let body_span = file.stmt(body).span;
    let is_used = uses
        .iter()
        .any(|used| body_span.contains(file.expr(used.expr).span));
    if !is_check || is_used || !leaves(cx, body) {
        return None;
    }
    let lines = lines_with_comment(cx, file.stmt(site.stmt).span)?;
    let check = whole_lines(cx, file.stmt(check).span)?;
    let is_in_order = lines.end <= check.start && file.span_text(check).ends_with('\n');
    is_in_order.then_some((lines, check))
}

/// Whether control never comes to the end of `block`.
fn leaves(cx: &RuleCx<'_>, block: StmtId) -> bool {
    let Some(&last) = cx.file().block_stmts(block).last() else {
        return false;
    };
    match cx.file().stmt(last).kind {
        StmtKind::Return(_) => true,
        StmtKind::Branch { kind, .. } => kind != BranchKind::Fallthrough,
        StmtKind::Expr(call) => matches!(
            cx.facts().call_end(cx.file().unparen(call)),
            Some(go_flow::CallEnd::Never(_))
        ),
        _ => false,
    }
}
