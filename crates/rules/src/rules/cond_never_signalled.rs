//! `cond-never-signalled`.

use go_flow::{FieldUses, calls};
use go_syntax::{ExprKind, FuncId};
use go_types::{Callee, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::endless::all_values;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds waits on a sync.Cond that nobody ever signals.
    ///
    /// ## What it does
    /// Reports `x.cond.Wait()` of a `sync.Cond` in a private field, when no function of the package
    /// calls `Signal` or `Broadcast` on a field of that name, and none hands it on.
    ///
    /// ## Why it is bad
    /// `Wait` returns only after a `Signal` or `Broadcast` (documentation of `sync.Cond`). The
    /// goroutine sleeps for ever, with the deferred calls that it has pending.
    ///
    /// ## Example
    /// ```go
    /// type gate struct {
    /// 	mu     sync.Mutex
    /// 	opened *sync.Cond
    /// 	isOpen bool
    /// }
    ///
    /// func (g *gate) open() {
    /// 	g.mu.Lock()
    /// 	defer g.mu.Unlock()
    /// 	g.isOpen = true
    /// }
    ///
    /// func (g *gate) wait() {
    /// 	g.mu.Lock()
    /// 	defer g.mu.Unlock()
    /// 	for !g.isOpen {
    /// 		g.opened.Wait()
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// type gate struct {
    /// 	mu     sync.Mutex
    /// 	opened *sync.Cond
    /// 	isOpen bool
    /// }
    ///
    /// func (g *gate) open() {
    /// 	g.mu.Lock()
    /// 	defer g.mu.Unlock()
    /// 	g.isOpen = true
    /// 	g.opened.Broadcast()
    /// }
    ///
    /// func (g *gate) wait() {
    /// 	g.mu.Lock()
    /// 	defer g.mu.Unlock()
    /// 	for !g.isOpen {
    /// 		g.opened.Wait()
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When files that are not built here signal it.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub CondNeverSignalled {
        name: "cond-never-signalled",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: BODY,
    }
}

impl Rule for CondNeverSignalled {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        calls(package.file(input.index), func).contains("Wait")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().calls() {
            let Callee::Selected { x, name: "Wait" } = cx.facts().callee(site.call) else {
                continue;
            };
            let file = cx.file();
            let Some((_, field)) = file.selector(file.unparen(x)) else {
                continue;
            };
            if !field.starts_with(|c: char| c.is_lowercase() || c == '_')
                || !cx.body().is_method_call(site.call, "sync", "Cond", "Wait")
            {
                continue;
            }
            let uses = FieldUses::of(cx.body().cx());
            let is_alone = uses
                .get(field)
                .is_some_and(|of| !of.escapes && !of.selects(&["Signal", "Broadcast"]));
            // One that was made elsewhere is signalled under another name.
            if is_alone
                && all_values(cx.body(), field, |file, value| {
                    let made = file.call(value).map(|(fun, _)| file.unparen(fun));
                    made.is_some_and(|fun| file.expr_text(fun).ends_with("NewCond"))
                        || matches!(file.expr(value).kind, ExprKind::CompositeLit { .. })
                })
            {
                let finding = cx
                    .report(
                        &Self::META,
                        file.expr(site.call).span,
                        format!("nobody signals `{field}`, so `Wait` never returns"),
                    )
                    .help("call `Broadcast` or `Signal` where the condition becomes true");
                drop(crate::held::tell_kept(cx, site.point, finding));
            }
        }
    }
}
