//! `errgroup-never-waited`.

use go_flow::{Value, calls};
use go_syntax::{ExprKind, FuncId, UnaryOp};
use go_types::{Callee, LocalId, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::groups::imports;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds errgroups that nobody waits for.
    ///
    /// ## What it does
    /// Reports an `errgroup.Group` that is a variable of a function, which nothing is done with but
    /// calling its methods, when `Go` is called on it and `Wait` is not.
    ///
    /// ## Why it is bad
    /// The errors of the goroutines are returned by `Wait` only, so they are lost. The context of
    /// `errgroup.WithContext` is cancelled by the first error or by `Wait`: without it, what the
    /// context holds stays until the parent ends. And the function returns while they work.
    ///
    /// ## Example
    /// ```go
    /// package example
    ///
    /// import "golang.org/x/sync/errgroup"
    ///
    /// func save(parts []string, write func(string) error) {
    /// 	var g errgroup.Group
    /// 	for _, part := range parts {
    /// 		g.Go(func() error { return write(part) })
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// package example
    ///
    /// import "golang.org/x/sync/errgroup"
    ///
    /// func save(parts []string, write func(string) error) error {
    /// 	var g errgroup.Group
    /// 	for _, part := range parts {
    /// 		g.Go(func() error { return write(part) })
    /// 	}
    /// 	return g.Wait()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the group is only there to limit the number of goroutines, and their errors are nil.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub ErrgroupNeverWaited {
        name: "errgroup-never-waited",
        category: Goroutines,
        severity: Warning,
        default: off,
        needs: BODY,
    }
}

const PACKAGE: &str = "golang.org/x/sync/errgroup";

impl Rule for ErrgroupNeverWaited {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        imports(file, PACKAGE) && calls(file, func).contains("Go")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let file = cx.file();
        for (local, declared) in cx.body().names().locals() {
            if !declared.is_var() || declared.is_param() || declared.is_result() {
                continue;
            }
            if !is_group(cx, local) {
                continue;
            }
            let mut started = None;
            let mut is_plain = true;
            for mention in cx.body().names().uses(local) {
                let call = cx.facts().calls().iter().find(|site| {
                    matches!(cx.facts().callee(site.call), Callee::Selected { x, .. } if file.unparen(x) == mention.expr)
                });
                match call.map(|site| (site.call, cx.facts().callee(site.call))) {
                    Some((
                        call,
                        Callee::Selected {
                            name: "Go" | "TryGo",
                            ..
                        },
                    )) => {
                        started = started.or(Some(call));
                    }
                    Some((
                        _,
                        Callee::Selected {
                            name: "SetLimit", ..
                        },
                    )) => {}
                    _ => is_plain = mention.role.writes() && is_plain,
                }
            }
            // Somebody else is told when the goroutine is done.
            let is_told = started.is_some_and(|call| {
                let text = file.expr_text(call);
                text.contains(".Done()") || text.contains("<- ")
            });
            if let Some(call) = started.filter(|_| is_plain && !is_told) {
                let name = file.span_text(declared.span);
                cx.report(
                    &Self::META,
                    file.expr(call).span,
                    format!("nobody waits for `{name}`, so the errors of its goroutines are lost"),
                )
                .help(format!("call `{name}.Wait()` and look at its error"));
            }
        }
    }
}

/// Whether a variable is a group that this function makes.
fn is_group(cx: &RuleCx<'_>, local: LocalId) -> bool {
    let (file, body) = (cx.file(), cx.body());
    let ty = body.type_of_local(local);
    if body.is_named(ty, PACKAGE, "Group") {
        return true;
    }
    let facts = cx.facts().var(local);
    facts.is_single_assignment()
        && facts.writes.iter().all(|write| match write.value {
            Value::Element { expr, index: 0, .. } => {
                body.is_call_to(file.unparen(expr), PACKAGE, "WithContext")
            }
            // `&errgroup.Group{}`, `new(errgroup.Group)`
            Value::Expr(expr) => {
                let is_made = match file.expr(file.unparen(expr)).kind {
                    ExprKind::Unary {
                        op: UnaryOp::Addr, ..
                    } => true,
                    ExprKind::Call { .. } => {
                        cx.facts().callee(file.unparen(expr))
                            == Callee::Builtin(go_types::Builtin::New)
                    }
                    _ => false,
                };
                is_made && body.is_named(body.cx().deref(ty), PACKAGE, "Group")
            }
            _ => false,
        })
}
