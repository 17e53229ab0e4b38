//! `errgroup-context-ignored`.

use diagnostics::Severity;
use go_flow::{Point, calls};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, FuncId, StmtId, StmtKind};
use go_types::{Callee, LocalId, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::groups::imports;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds errgroups whose goroutines do not hear that another one has failed.
    ///
    /// ## What it does
    /// Looks at `g, ctx := errgroup.WithContext(parent)` and reports
    ///
    /// - a context that is thrown away, `g, _ := …`, when the goroutines use `parent` (a note: it may
    ///   be meant);
    /// - a literal given to `g.Go` that uses `parent` and not the context of the group.
    ///
    /// ## Why it is bad
    /// The group cancels its context when one of its functions fails, and `Wait` waits for all of
    /// them. Those that work with the parent's context hear nothing of it and go on: the error comes
    /// back only when the slowest is done, and one that waits for the failed one never is.
    ///
    /// ## Example
    /// ```go
    /// package example
    ///
    /// import (
    /// 	"context"
    ///
    /// 	"golang.org/x/sync/errgroup"
    /// )
    ///
    /// func fetchAll(ctx context.Context, urls []string, fetch func(context.Context, string) error) error {
    /// 	g, groupCtx := errgroup.WithContext(ctx)
    /// 	_ = groupCtx
    /// 	for _, url := range urls {
    /// 		g.Go(func() error { return fetch(ctx, url) })
    /// 	}
    /// 	return g.Wait()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// package example
    ///
    /// import (
    /// 	"context"
    ///
    /// 	"golang.org/x/sync/errgroup"
    /// )
    ///
    /// func fetchAll(ctx context.Context, urls []string, fetch func(context.Context, string) error) error {
    /// 	g, ctx := errgroup.WithContext(ctx)
    /// 	for _, url := range urls {
    /// 		g.Go(func() error { return fetch(ctx, url) })
    /// 	}
    /// 	return g.Wait()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When a goroutine is meant to be finished even when another one fails.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub ErrgroupContextIgnored {
        name: "errgroup-context-ignored",
        category: Goroutines,
        severity: Warning,
        default: on,
        needs: FUNC_LIT,
    }
}

const PACKAGE: &str = "golang.org/x/sync/errgroup";

impl Rule for ErrgroupContextIgnored {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let file = package.file(input.index);
        imports(file, PACKAGE) && calls(file, func).contains("WithContext")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for stmt in cx.file().func(cx.root()).stmts.iter() {
            if let Some(group) = Group::of(cx, stmt) {
                group.check(cx);
            }
        }
    }
}

/// A group with a context.
struct Group {
    stmt: StmtId,
    call: ExprId,
    group: LocalId,
    /// `None` when it is `_`.
    ctx: Option<LocalId>,
    parent: LocalId,
    point: Point,
}

impl Group {
    fn of(cx: &RuleCx<'_>, stmt: StmtId) -> Option<Self> {
        let file = cx.file();
        let StmtKind::Assign { lhs, rhs, .. } = file.stmt(stmt).kind else {
            return None;
        };
        let (&[group, ctx], &[value]) = (file.exprs(lhs), file.exprs(rhs)) else {
            return None;
        };
        let call = file.unparen(value);
        if !cx.body().is_call_to(call, PACKAGE, "WithContext") {
            return None;
        }
        let local = |expr| match cx.body().object(expr) {
            Object::Local(local) => Some(local),
            _ => None,
        };
        let parent = file.call(call).and_then(|(_, args)| args.first())?;
        Some(Self {
            stmt,
            call,
            group: local(group)?,
            ctx: match cx.body().object(ctx) {
                Object::Blank => None,
                _ => Some(local(ctx)?),
            },
            parent: local(*parent)?,
            point: cx.facts().point_of_stmt(stmt)?,
        })
    }

    fn check(&self, cx: &RuleCx<'_>) {
        // `g, ctx = errgroup.WithContext(ctx)`
        if self.ctx == Some(self.parent) {
            return;
        }
        let (file, facts) = (cx.file(), cx.facts());
        for site in facts.calls() {
            let Callee::Selected {
                x,
                name: "Go" | "TryGo",
            } = facts.callee(site.call)
            else {
                continue;
            };
            if cx.body().object(x) != Object::Local(self.group)
                || !facts.cfg(self.point.func).reachable(self.point.node)
            {
                continue;
            }
            let Some((_, &[task])) = file.call(site.call) else {
                continue;
            };
            let Some(used) = mention(cx, task, self.parent) else {
                continue;
            };
            if self.ctx.is_some_and(|ctx| mention(cx, task, ctx).is_some()) {
                continue;
            }
            let name = file.span_text(cx.body().names().local(self.parent).span);
            let finding = cx.report(
                &ErrgroupContextIgnored::META,
                file.expr(used).span,
                format!("`{name}` is not cancelled when another goroutine of the group fails, so this one goes on"),
            )
            .help("use the context that `errgroup.WithContext` returns")
            .related(
                file.stmt(self.stmt).span.to(file.expr(self.call).span),
                match self.ctx {
                    Some(_) => "the context of the group is made here",
                    None => "the context of the group is thrown away here",
                },
            );
            // Who throws it away may want all goroutines to go on.
            drop(match self.ctx {
                Some(_) => finding,
                None => finding.at_most(Severity::Note),
            });
            return;
        }
    }
}

/// A mention of a variable in an expression, literals included.
fn mention(cx: &RuleCx<'_>, within: ExprId, local: LocalId) -> Option<ExprId> {
    let mut found = None;
    walk(cx.file(), Node::Expr(within), |node| {
        if let Node::Expr(expr) = node
            && cx.file().ident(expr).is_some()
            && cx.body().object(expr) == Object::Local(local)
        {
            found = Some(expr);
            return Descend::Stop;
        }
        Descend::Into
    });
    found
}
