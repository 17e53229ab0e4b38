//! `span-not-ended`.

use go_syntax::{ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::release::{may_acquire, report_leaks_if};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds spans that are started and not ended on every path.
    ///
    /// ## What it does
    /// Reports a call that starts a span or a trace task (`Start` of an OpenTelemetry tracer, `StartSpan`
    /// of OpenCensus and OpenTracing, `trace.StartRegion`, …, or a function of the program that returns a
    /// span it started) when the span is neither ended nor handed on along some path. That its context is
    /// handed on does not end it.
    ///
    /// Test files are left alone: what a test leaves behind goes with its process.
    ///
    /// ## Why it is bad
    /// A span is exported when it ends. One that never ends is missing from the trace, what it measured
    /// with it, and its children have a parent that nobody knows (`sdk/trace/span.go` of OpenTelemetry
    /// calls the processors in `End`). Some libraries keep the whole trace in memory until then.
    ///
    /// ## Example
    /// ```go
    /// func load(ctx context.Context, keys []string) error {
    /// 	defer trace.StartRegion(ctx, "load").End()
    /// 	ctx, task := trace.NewTask(ctx, "keys")
    /// 	for _, key := range keys {
    /// 		if key == "" {
    /// 			return errors.New("empty key")
    /// 		}
    /// 		trace.Log(ctx, "key", key)
    /// 	}
    /// 	task.End()
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func load(ctx context.Context, keys []string) error {
    /// 	defer trace.StartRegion(ctx, "load").End()
    /// 	ctx, task := trace.NewTask(ctx, "keys")
    /// 	defer task.End()
    /// 	for _, key := range keys {
    /// 		if key == "" {
    /// 			return errors.New("empty key")
    /// 		}
    /// 		trace.Log(ctx, "key", key)
    /// 	}
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the context that carries the span is only passed on, and who gets it finds the span there and ends
    /// it. A context that is returned or kept in something takes the span along, and the rule is silent.
    ///
    /// ## Fix safety
    /// Where the resource is left behind on every path, the fix adds the `defer` behind the check of the
    /// error. Where another path releases it or hands it on, the fix releases it before each `return` that
    /// forgets it, if these are few. This is safe: nobody else holds the resource then. There is no fix in loops, nor where
    /// the error is not checked right after the call.
    pub SpanNotEnded {
        name: "span-not-ended",
        category: Release,
        severity: Warning,
        default: on,
        needs: BODY,
    }
}

/// Calls around a context are looked through so many levels deep.
const DEEPEST: u32 = 4;

impl Rule for SpanNotEnded {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        may_acquire(package, func, input)
    }

    fn check(&self, cx: &RuleCx<'_>) {
        report_leaks_if(cx, &Self::META, |_, leak| {
            !goes_on_in_context(cx, leak.call)
        });
    }
}

/// Whether the context that carries the span goes on: it is returned, or kept in something. Who gets
/// it can take the span from it, and end it.
fn goes_on_in_context(cx: &RuleCx<'_>, start: ExprId) -> bool {
    let file = cx.file();
    let stmts = || file.func(cx.root()).stmts.iter();
    let carriers: Vec<Object> = stmts()
        .filter_map(|stmt| match file.stmt(stmt).kind {
            StmtKind::Assign { lhs, rhs, .. } => match *file.exprs(rhs) {
                [value] if file.unparen(value) == start => Some(file.exprs(lhs)),
                _ => None,
            },
            _ => None,
        })
        .flatten()
        .filter(|&&target| is_context(cx, target))
        .map(|&target| cx.body().object(target))
        .collect();
    // What is no variable of the function is something that keeps it.
    let is_local = |object: &Object| matches!(object, Object::Local(_) | Object::Blank);
    if !carriers.iter().all(is_local) {
        return true;
    }
    let carries = |expr| carries(cx, &carriers, expr, 0);
    let is_result = carriers.iter().any(|carrier| match *carrier {
        Object::Local(local) => cx.body().names().local(local).is_result(),
        _ => false,
    });
    is_result
        || stmts().any(|stmt| match file.stmt(stmt).kind {
            StmtKind::Return(results) => file.exprs(results).iter().any(|&expr| carries(expr)),
            StmtKind::Assign { lhs, rhs, .. } => {
                let kept = |&target: &ExprId| {
                    let target = file.unparen(target);
                    !matches!(file.expr(target).kind, ExprKind::Ident)
                };
                file.exprs(lhs).iter().any(kept)
                    && file.exprs(rhs).iter().any(|&expr| carries(expr))
            }
            _ => false,
        })
        || file
            .func(cx.root())
            .exprs
            .iter()
            .any(|expr| match file.expr(expr).kind {
                ExprKind::KeyValue { value, .. } => carries(value),
                ExprKind::CompositeLit { elts, .. } => {
                    file.exprs(elts).iter().any(|&value| carries(value))
                }
                _ => false,
            })
}

/// Whether a value is one of `contexts`, or made of one by a call such as `r.WithContext(ctx)`.
fn carries(cx: &RuleCx<'_>, contexts: &[Object], expr: ExprId, depth: u32) -> bool {
    let file = cx.file();
    let expr = file.unparen(expr);
    match file.expr(expr).kind {
        ExprKind::Ident => {
            let object = cx.body().object(expr);
            object != Object::Blank && contexts.contains(&object)
        }
        ExprKind::Star(x) => depth < DEEPEST && carries(cx, contexts, x, depth + 1),
        ExprKind::Call { .. } => {
            let Some((fun, args)) = file.call(expr) else {
                return false;
            };
            let name = file.selector(fun).map(|(_, name)| name);
            let name = name.or_else(|| file.ident(fun));
            depth < DEEPEST
                && name.is_some_and(|name| name.contains("With"))
                && args
                    .iter()
                    .any(|&arg| carries(cx, contexts, arg, depth + 1))
        }
        _ => false,
    }
}

/// Whether an expression is a context, as far as its type or its name tells.
fn is_context(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let ty = cx.body().type_of(expr);
    cx.body().cx().is_named(ty, "context", "Context")
        || (ty.is_unknown() && cx.file().expr_text(expr).to_lowercase().contains("ctx"))
}
