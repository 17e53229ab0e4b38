//! `defer-argument-too-early`.

use diagnostics::Applicability;
use go_flow::DeferSite;
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, Span, UnaryOp};
use go_types::{Callee, LocalId, LocalKind, MemberKind, Object};

use crate::cx::RuleCx;
use crate::early::{Early, StaleValue, early_values};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds arguments of deferred calls that are evaluated before they have the value that was meant.
    ///
    /// ## What it does
    /// Reports a deferred call with an argument that
    /// - reads the clock with `time.Since`, which tells the time up to the `defer` statement;
    /// - uses a variable that is always nil, zero or another constant when the `defer` statement
    ///   runs, and is given another value afterwards: `defer done(err)` on the first line of a
    ///   function.
    ///
    /// Variables whose value at the `defer` statement is not known are left alone, as in
    /// `old := level; defer setLevel(old)`: there the early value may be the one that is meant.
    ///
    /// ## Why it is bad
    /// The function value and the arguments of a deferred call are evaluated when the `defer`
    /// statement runs, not when the call does (specification, "Defer statements"). So
    /// `defer log.Println(time.Since(start))` prints a few nanoseconds, and `defer done(err)` reports
    /// success whatever happens.
    ///
    /// ## Example
    /// ```go
    /// func load(path string) (err error) {
    /// 	start := time.Now()
    /// 	defer log.Println("loaded", path, "in", time.Since(start))
    /// 	defer report(path, err)
    /// 	_, err = os.ReadFile(path)
    /// 	return err
    /// }
    ///
    /// func report(path string, err error) {
    /// 	if err != nil {
    /// 		log.Println(path, err)
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func load(path string) (err error) {
    /// 	start := time.Now()
    /// 	defer func() { log.Println("loaded", path, "in", time.Since(start)) }()
    /// 	defer func() { report(path, err) }()
    /// 	_, err = os.ReadFile(path)
    /// 	return err
    /// }
    ///
    /// func report(path string, err error) {
    /// 	if err != nil {
    /// 		log.Println(path, err)
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the time since something that lies far back, or the value that the variable starts with,
    /// is what the call should get. A constant, or a second variable, would say so.
    ///
    /// ## Fix safety
    /// The fix wraps the call in a function literal. It is safe when the call is one of package log
    /// or fmt and nothing else in it can have another value by then. Otherwise it is unsafe: other
    /// arguments may change as well, and a function that calls `recover` must be deferred itself.
    pub DeferArgumentTooEarly {
        name: "defer-argument-too-early",
        category: Semantics,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferArgumentTooEarly {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            let early = early_values(cx, site);
            if let Some(&clock) = early.clocks.first() {
                report_clock(cx, site, &early, clock);
            } else if !early.stale.is_empty() {
                report_stale(cx, site, &early);
            }
        }
    }
}

fn report_clock(cx: &RuleCx<'_>, site: &DeferSite<'_>, early: &Early, clock: ExprId) {
    let message = format!(
        "`{}` is evaluated at the defer statement, not when `{}` runs: it does not measure what happens until then",
        cx.snippet(clock),
        cx.call_snippet(site.call),
    );
    report(cx, site, early, message, &[]);
}

fn report_stale(cx: &RuleCx<'_>, site: &DeferSite<'_>, early: &Early) {
    let name = |local: LocalId| cx.file().span_text(cx.body().names().local(local).span);
    let values: Vec<String> = early
        .stale
        .iter()
        .map(|stale| format!("{} for `{}`", stale.value, name(stale.local)))
        .collect();
    let related: Vec<(Span, String)> = early
        .stale
        .iter()
        .map(|stale| {
            (
                stale.assigned,
                format!(
                    "`{}` gets another value here, too late for the deferred call",
                    name(stale.local)
                ),
            )
        })
        .collect();
    let message = format!(
        "`{}` always gets {}: its arguments are evaluated at the defer statement, before what is assigned later",
        cx.call_snippet(site.call),
        values.join(" and "),
    );
    report(cx, site, early, message, &related);
}

fn report(
    cx: &RuleCx<'_>,
    site: &DeferSite<'_>,
    early: &Early,
    message: String,
    related: &[(Span, String)],
) {
    let file = cx.file();
    let help = match site.literal {
        Some(_) => {
            "drop the parameter and use the variable itself in the function literal".to_owned()
        }
        None => format!(
            "evaluate it when the function ends: `defer func() {{ {} }}()`",
            cx.call_snippet(site.call)
        ),
    };
    let mut finding = cx
        .report(
            &DeferArgumentTooEarly::META,
            file.stmt(site.stmt).span,
            message,
        )
        .help(help);
    for (span, message) in related {
        finding = finding.related(*span, message.clone());
    }
    let span = file.expr(site.call).span;
    // A call over several lines would have to be indented anew.
    if site.literal.is_none() && !file.span_text(span).contains('\n') {
        let applicability = if is_safe_to_wrap(cx, site, early) {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        };
        let edits = [
            (Span::new(span.start, span.start), "func() { ".to_owned()),
            (Span::new(span.end, span.end), " }()".to_owned()),
        ];
        finding.fix(
            applicability,
            "evaluate the arguments when the function ends",
            edits,
        );
    }
}

/// Whether a call by a deferred literal does the same but for the values that are read too early.
fn is_safe_to_wrap(cx: &RuleCx<'_>, site: &DeferSite<'_>, early: &Early) -> bool {
    // Others may call `recover`, which works only in the deferred function itself.
    let is_known = matches!(
        site.callee,
        Callee::Func {
            package: "fmt" | "log",
            ..
        }
    );
    let mut safe = is_known && !cx.facts().in_cycle(site.point);
    walk(cx.file(), Node::Expr(site.call), |node| {
        let Node::Expr(expr) = node else {
            return Descend::Past;
        };
        let is_stale = |stale: &StaleValue| stale.uses.contains(&expr);
        safe &= match cx.file().expr(expr).kind {
            ExprKind::Ident => early.stale.iter().any(is_stale) || is_stable_name(cx, expr),
            ExprKind::Call { .. } => {
                expr == site.call
                    || early.clocks.contains(&expr)
                    || crate::early::is_transparent(cx, expr)
            }
            ExprKind::Unary { op, .. } => op != UnaryOp::Recv,
            // A field may change, a function of a package does not.
            ExprKind::Selector { x, .. } => {
                matches!(cx.body().object(x), Object::Package(_))
                    || matches!(
                        cx.file().expr(cx.file().unparen(x)).kind,
                        ExprKind::Call { .. }
                    )
            }
            ExprKind::BasicLit(_) | ExprKind::Paren(_) | ExprKind::Binary { .. } => true,
            _ => false,
        };
        if safe { Descend::Into } else { Descend::Stop }
    });
    safe
}

/// Whether an identifier means the same thing, with the same value, whenever it is looked at.
fn is_stable_name(cx: &RuleCx<'_>, ident: ExprId) -> bool {
    let names = cx.body().cx().names();
    match cx.body().object(ident) {
        Object::Local(local) => match cx.body().names().local(local).kind {
            LocalKind::Const { .. } | LocalKind::Type(_) | LocalKind::TypeParam(_) => true,
            _ => cx.facts().var(local).is_single_assignment(),
        },
        Object::Member(member) => !matches!(names.member(member).kind, MemberKind::Var { .. }),
        Object::Package(_)
        | Object::Builtin(_)
        | Object::Nil
        | Object::UniverseConst(_)
        | Object::UniverseType(_) => true,
        _ => false,
    }
}
