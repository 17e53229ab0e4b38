//! `goroutine-panic-kills-defers`.

use go_flow::{CallMode, PanicRisk, Point};
use go_syntax::{ExprId, ExprKind, FuncId};
use go_types::LocalKind;

use crate::cx::RuleCx;
use crate::harmless::recovers;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds goroutines of a request handler whose panic ends the whole server.
    ///
    /// ## What it does
    /// Reports a goroutine, written as a literal, that a function with an `*http.Request` starts, when
    /// no deferred call of it recovers and something in it is likely to panic on bad input: a type
    /// assertion without `ok`, an index, a call of `panic`.
    ///
    /// ## Why it is bad
    /// `net/http` recovers from a panic of a handler, and loses one request. It does not recover from
    /// that of a goroutine which the handler has started (package net/http, `Handler`): the process
    /// ends at once, with all other requests, and no deferred call of any other goroutine runs. What
    /// they were to release, flush and roll back is left as it is.
    ///
    /// ## Example
    /// ```go
    /// func handle(w http.ResponseWriter, r *http.Request) {
    /// 	user := r.Context().Value("user")
    /// 	go func() {
    /// 		log.Print("seen: ", user.(string))
    /// 	}()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func handle(w http.ResponseWriter, r *http.Request) {
    /// 	user := r.Context().Value("user")
    /// 	go func() {
    /// 		defer func() {
    /// 			if v := recover(); v != nil {
    /// 				log.Print("while telling who was seen: ", v)
    /// 			}
    /// 		}()
    /// 		log.Print("seen: ", user.(string))
    /// 	}()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When what could panic never does. It is off by default: whether a process should survive a
    /// panic is a question of policy.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub GoroutinePanicKillsDefers {
        name: "goroutine-panic-kills-defers",
        category: Goroutines,
        severity: Note,
        default: off,
        needs: GO,
    }
}

impl Rule for GoroutinePanicKillsDefers {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() || !serves(cx) {
            return;
        }
        for go in cx.facts().gos() {
            let Some(literal) = go.literal.filter(|_| cx.facts().reachable(go.point)) else {
                continue;
            };
            if is_protected(cx, literal) {
                continue;
            }
            let Some(cause) = cause(cx, literal) else {
                continue;
            };
            cx.report(
                &Self::META,
                cx.file().stmt(go.stmt).span,
                "a panic in this goroutine ends the server, and no deferred call of other requests runs",
            )
            .help("recover in a deferred call of the goroutine")
            .related(cx.file().expr(cause).span, "this can panic");
        }
    }
}

/// Whether the function gets a request.
fn serves(cx: &RuleCx<'_>) -> bool {
    let body = cx.body();
    body.names().locals().any(|(id, local)| {
        matches!(local.kind, LocalKind::Param(_))
            && body.is_named(
                body.cx().deref(body.type_of_local(id)),
                "net/http",
                "Request",
            )
    })
}

/// Whether a deferred call of the goroutine may recover.
fn is_protected(cx: &RuleCx<'_>, literal: FuncId) -> bool {
    let facts = cx.facts();
    facts.defers_of(literal).any(|site| match site.literal {
        Some(inner) => recovers(facts, inner) || calls_unknown(cx, inner),
        // A function of the project may.
        None => !matches!(
            site.callee,
            go_types::Callee::Builtin(_)
                | go_types::Callee::Selected {
                    name: "Done" | "Unlock" | "RUnlock" | "Close" | "Stop",
                    ..
                }
        ),
    })
}

fn calls_unknown(cx: &RuleCx<'_>, literal: FuncId) -> bool {
    let mut calls = cx.facts().calls_of(literal).iter();
    calls.any(|site| {
        matches!(
            cx.facts().callee(site.call),
            go_types::Callee::Func { name, .. } | go_types::Callee::Selected { name, .. }
                if name.to_lowercase().contains("recover") || name.to_lowercase().contains("panic")
        )
    })
}

/// Something in the goroutine that panics on bad input.
fn cause(cx: &RuleCx<'_>, literal: FuncId) -> Option<ExprId> {
    let (file, facts) = (cx.file(), cx.facts());
    let cfg = facts.cfg(literal);
    for node in cfg.nodes().filter(|node| cfg.reachable(node.id)) {
        let point = Point {
            func: literal,
            node: node.id,
        };
        for site in facts.calls_at(point) {
            if site.mode == CallMode::Now && facts.effect(site.call).panic == PanicRisk::Certain {
                return Some(site.call);
            }
        }
    }
    file.func(literal).exprs.iter().find(|&expr| {
        match file.expr(expr).kind {
            // `v, ok := x.(T)` gives two values.
            ExprKind::TypeAssert { ty: Some(_), .. } => {
                facts.func_of_expr(expr) == literal && !has_ok(cx, expr)
            }
            _ => false,
        }
    })
}

/// Whether a type assertion is asked whether it holds.
fn has_ok(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    use go_syntax::{DeclKind, SpecKind, StmtKind};
    let file = cx.file();
    file.func(cx.root())
        .stmts
        .iter()
        .any(|stmt| {
            match file.stmt(stmt).kind {
        StmtKind::Assign { lhs, rhs, .. } => {
            file.exprs(lhs).len() == 2
                && matches!(file.exprs(rhs), &[value] if file.unparen(value) == expr)
        }
        StmtKind::Decl(decl) => match file.decl(decl).kind {
            DeclKind::Gen { specs, .. } => specs.iter().any(|spec| match file.spec(spec).kind {
                SpecKind::Value { names, values, .. } => {
                    names.len() == 2
                        && matches!(file.exprs(values), &[value] if file.unparen(value) == expr)
                }
                _ => false,
            }),
            _ => false,
        },
        _ => false,
    }
        })
}
