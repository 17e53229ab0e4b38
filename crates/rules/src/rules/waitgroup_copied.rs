//! `waitgroup-copied`.

use go_flow::{Place, calls};
use go_syntax::{ExprKind, FuncId};
use go_types::{Body, Callee, PackageCx, Type};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::groups::{GroupOp, group_calls};
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds goroutines that count down a copy of the wait group.
    ///
    /// ## What it does
    /// Reports a `go` statement that hands a `sync.WaitGroup` over as a value, not as a pointer, to a
    /// literal or function of the package with a `Done` on it.
    ///
    /// ## Why it is bad
    /// The goroutine gets a copy, and its `Done` lowers the counter of the copy. The counter of the
    /// original stays, and `Wait` never returns.
    ///
    /// ## Example
    /// ```go
    /// func worker(jobs <-chan int, wg sync.WaitGroup) {
    /// 	defer wg.Done()
    /// 	for range jobs {
    /// 	}
    /// }
    ///
    /// func run(jobs <-chan int) {
    /// 	var wg sync.WaitGroup
    /// 	wg.Add(1)
    /// 	go worker(jobs, wg)
    /// 	wg.Wait()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func worker(jobs <-chan int, wg *sync.WaitGroup) {
    /// 	defer wg.Done()
    /// 	for range jobs {
    /// 	}
    /// }
    ///
    /// func run(jobs <-chan int) {
    /// 	var wg sync.WaitGroup
    /// 	wg.Add(1)
    /// 	go worker(jobs, &wg)
    /// 	wg.Wait()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When nobody ever waits for the original. See lock-copied for copies of all kinds.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub WaitgroupCopied {
        name: "waitgroup-copied",
        category: Goroutines,
        severity: Error,
        default: off,
        needs: GO,
    }
}

impl Rule for WaitgroupCopied {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        let called = calls(package.file(input.index), func);
        called.contains("Add") || called.contains("Wait")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let file = cx.file();
        for go in cx.facts().gos() {
            let args = file.call(go.call).map_or(&[][..], |(_, args)| args);
            for (index, &arg) in args.iter().enumerate() {
                let is_value = cx
                    .body()
                    .is_named(cx.body().type_of(arg), "sync", "WaitGroup");
                let is_path = !matches!(
                    file.expr(file.unparen(arg)).kind,
                    ExprKind::CompositeLit { .. }
                );
                if is_value && is_path && counts_down(cx, go.call, index) {
                    let name = cx.snippet(arg);
                    cx.report(
                        &Self::META,
                        file.expr(arg).span,
                        format!(
                            "the goroutine counts down a copy of `{name}`, so `Wait` never returns"
                        ),
                    )
                    .help(format!("hand over `&{name}`"));
                }
            }
        }
    }
}

/// Whether what a call calls has a `Done` on its parameter number `index`, which is a value.
fn counts_down(cx: &RuleCx<'_>, call: go_syntax::ExprId, index: usize) -> bool {
    match cx.facts().callee(call) {
        Callee::Literal(literal) => has_done(cx.facts(), param(cx.body(), literal, index)),
        _ => {
            let Some((file, func)) = cx.body().declaration(call) else {
                return false;
            };
            let body = Body::new(cx.body().cx(), file, func);
            let facts = go_flow::FunctionFacts::new(&body);
            has_done(&facts, param(&body, func, index))
        }
    }
}

fn has_done(facts: &go_flow::FunctionFacts<'_>, param: Option<go_types::LocalId>) -> bool {
    let Some(param) = param else { return false };
    let body = facts.body();
    let ty = body.cx().ty(body.type_of_local(param));
    !matches!(ty, Type::Pointer(_))
        && group_calls(facts).iter().any(|call| {
            call.op == GroupOp::Done
                && call.place.is_variable()
                && Place::local(&call.place) == Some(param)
        })
}

/// The parameter number `index` of a function.
fn param(body: &Body<'_>, func: FuncId, index: usize) -> Option<go_types::LocalId> {
    let file = body.file();
    let params = file.fields_of(file.sig(file.func(func).sig).params);
    let name = params
        .iter()
        .flat_map(|field| file.field(field).names.iter())
        .nth(index)?;
    body.names().declared(name)
}
