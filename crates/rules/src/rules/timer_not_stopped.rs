//! `timer-not-stopped`.

use diagnostics::Severity;
use go_flow::{CallMode, CallSite, NodeKind, calls};
use go_syntax::{BinaryOp, ExprId, ExprKind, File, FuncId, LitKind, SpecId, SpecKind, StmtKind};
use go_types::{LocalKind, MemberKind, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{is_only_channel, may_acquire, report_leaks_if};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds timers that are left running, in modules for Go before 1.23.
    ///
    /// ## What it does
    /// Reports `time.NewTimer` when some path to the end of the function neither waits for the timer
    /// nor stops it nor hands it on, and `time.After` in a `select` within a loop, where each round
    /// in which another case wins leaves a timer behind. Timers of less than ten seconds are left
    /// alone in such loops: no great number of them can pile up. When the time is not known, it is a
    /// note.
    ///
    /// It is silent where the module asks for Go 1.23 or later, and in tests.
    ///
    /// ## Why it is bad
    /// Before Go 1.23 the runtime refers to a timer until it fires (package time, `After`), with all
    /// that its channel holds. A loop that handles a thousand messages a second and waits for each
    /// with `time.After(time.Minute)` keeps sixty thousand timers. Since Go 1.23 a timer that nothing
    /// refers to is collected; what counts is the version in the go.mod of the main module.
    ///
    /// ## Example
    /// ```go
    /// // go 1.21
    /// func sleep(ctx context.Context, d time.Duration) error {
    /// 	timer := time.NewTimer(d)
    /// 	select {
    /// 	case <-ctx.Done():
    /// 		return ctx.Err()
    /// 	case <-timer.C:
    /// 		return nil
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// // go 1.21
    /// func sleep(ctx context.Context, d time.Duration) error {
    /// 	timer := time.NewTimer(d)
    /// 	defer timer.Stop()
    /// 	select {
    /// 	case <-ctx.Done():
    /// 		return ctx.Err()
    /// 	case <-timer.C:
    /// 		return nil
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the loop goes round so seldom, or the timer is so short, that few timers wait at a time.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub TimerNotStopped {
        name: "timer-not-stopped",
        category: Context,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

/// From this minor version of Go on, timers that nothing refers to are collected.
const COLLECTED_SINCE: u32 = 23;

/// Timers of less than ten seconds, in nanoseconds, are harmless in a loop.
const HARMLESS_BELOW: f64 = 10e9;

impl Rule for TimerNotStopped {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        input.go < COLLECTED_SINCE
            && (may_acquire(package, func, input)
                || !input.is_test && calls(package.file(input.index), func).contains("After"))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_leaks_if(cx, &Self::META, |class, leak| {
            *class.name == *"timer" && !is_only_channel(cx, leak.call)
        });
        if cx.is_test() {
            return;
        }
        for site in cx.facts().calls() {
            if site.mode == CallMode::Now
                && (cx.body().is_call_to(site.call, "time", "After")
                    || cx.body().is_call_to(site.call, "time", "NewTimer")
                        && is_only_channel(cx, site.call))
                && is_one_of_several(cx, site)
                && let Some(severity) = piles_up(cx, site)
            {
                cx.report(
                    &TimerNotStopped::META,
                    cx.file().expr(site.call).span,
                    "each round of the loop in which another case wins leaves a timer behind until its time has come",
                )
                .help("make one `time.NewTimer` before the loop and `Reset` it, or stop it when another case wins")
                .at_most(severity);
            }
        }
    }
}

/// Whether the call is waited for in a `select` that goes on in a loop when another case wins.
fn is_one_of_several(cx: &RuleCx<'_>, site: &CallSite) -> bool {
    let file = cx.file();
    let cfg = cx.facts().cfg(site.point.func);
    let NodeKind::Select(select) = cfg.kind(site.point.node) else {
        return false;
    };
    let StmtKind::Select { body } = file.stmt(select).kind else {
        return false;
    };
    file.block_stmts(body).iter().any(|&clause| {
        let StmtKind::CommClause { comm, .. } = file.stmt(clause).kind else {
            return false;
        };
        let waits_here =
            comm.is_some_and(|comm| file.stmt(comm).span.contains(file.expr(site.call).span));
        !waits_here
            && cfg
                .node_of_stmt(clause)
                .is_some_and(|node| cfg.reaches(node, site.point.node))
    })
}

/// How bad it is that timers pile up: a note when nobody knows for how long they stay.
fn piles_up(cx: &RuleCx<'_>, site: &CallSite) -> Option<Severity> {
    let (_, &[time]) = cx.file().call(site.call)? else {
        return None;
    };
    match nanoseconds(cx, time) {
        Some(time) => (time >= HARMLESS_BELOW).then_some(Severity::Warning),
        // What is computed for the round may well be short.
        None => {
            let kind = cx.file().expr(cx.file().unparen(time)).kind;
            matches!(kind, ExprKind::Ident | ExprKind::Selector { .. }).then_some(Severity::Note)
        }
    }
}

/// The value of a duration, as far as it is written in the package.
fn nanoseconds(cx: &RuleCx<'_>, expr: ExprId) -> Option<f64> {
    let file = cx.file();
    let expr = file.unparen(expr);
    match (cx.body().object(expr), file.expr(expr).kind) {
        (Object::Local(local), _) => match cx.body().names().local(local).kind {
            LocalKind::Var { init, .. } if cx.facts().var(local).is_single_assignment() => {
                nanoseconds(cx, init.expr()?)
            }
            LocalKind::Const { origin, index, .. } => declared(file, origin, index),
            _ => None,
        },
        (Object::Member(member), _) => {
            let names = cx.body().cx().names();
            let member = names.member(member);
            let (spec, index) = match member.kind {
                MemberKind::Const { origin, index, .. } => (origin, index),
                MemberKind::Var { spec, index } => (spec, index),
                _ => return None,
            };
            declared(names.file(member.file), spec, index)
        }
        (
            _,
            ExprKind::Binary {
                op: BinaryOp::Mul,
                x,
                y,
            },
        ) => Some(nanoseconds(cx, x)? * nanoseconds(cx, y)?),
        _ => written(file, expr),
    }
}

/// The value that a specification gives to the name at `index`.
fn declared(file: &File, spec: SpecId, index: u32) -> Option<f64> {
    match file.spec(spec).kind {
        SpecKind::Value { values, .. } => written(file, *file.exprs(values).get(index as usize)?),
        _ => None,
    }
}

/// The value of a duration that is written out: `5 * time.Second`, `time.Duration(100)`.
fn written(file: &File, expr: ExprId) -> Option<f64> {
    let expr = file.unparen(expr);
    match file.expr(expr).kind {
        ExprKind::BasicLit(LitKind::Int | LitKind::Float) => {
            file.expr_text(expr).replace('_', "").parse().ok()
        }
        ExprKind::Selector { sel, .. } => Some(match file.span_text(sel) {
            "Hour" => 3600e9,
            "Minute" => 60e9,
            "Second" => 1e9,
            "Millisecond" => 1e6,
            "Microsecond" => 1e3,
            "Nanosecond" => 1.0,
            _ => return None,
        }),
        ExprKind::Binary {
            op: BinaryOp::Mul,
            x,
            y,
        } => Some(written(file, x)? * written(file, y)?),
        ExprKind::Call { .. } => match file.call(expr)? {
            (fun, &[inner]) if file.expr_text(fun) == "time.Duration" => written(file, inner),
            _ => None,
        },
        _ => None,
    }
}
