//! `defer-with-parallel-subtests`.

use go_flow::{CallMode, CallSite, DeferSite, calls};
use go_syntax::{ExprId, ExprKind, FuncId};
use go_types::{Body, Callee, LocalId, LocalKind, Object, PackageCx};

use crate::FileInput;
use crate::contexts::mentions;
use crate::cx::RuleCx;
use crate::duty::Duty;
use crate::origin::root_local;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred calls in tests that run before the parallel subtests do.
    ///
    /// ## What it does
    /// Reports a `defer` in a test whose subtests call `t.Parallel`, themselves or in a function that
    /// they call, when the deferred call releases something that the subtests use: the variable it
    /// closes, stops or cancels is mentioned in the subtest, or it is a cleanup function.
    ///
    /// ## Why it is bad
    /// A subtest that calls `t.Parallel` waits until the function of the test around it has returned
    /// (package testing, "Subtests and Sub-benchmarks"). Deferred calls run at that return, so every
    /// parallel subtest finds the server closed, the context cancelled, the directory gone. Functions
    /// given to `t.Cleanup` run when all subtests are done.
    ///
    /// ## Example
    /// ```go
    /// func TestGet(t *testing.T) {
    /// 	srv := httptest.NewServer(http.NotFoundHandler())
    /// 	defer srv.Close()
    /// 	for _, path := range []string{"/a", "/b"} {
    /// 		t.Run(path, func(t *testing.T) {
    /// 			t.Parallel()
    /// 			if _, err := http.Get(srv.URL + path); err != nil {
    /// 				t.Fatal(err)
    /// 			}
    /// 		})
    /// 	}
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func TestGet(t *testing.T) {
    /// 	srv := httptest.NewServer(http.NotFoundHandler())
    /// 	t.Cleanup(srv.Close)
    /// 	for _, path := range []string{"/a", "/b"} {
    /// 		t.Run(path, func(t *testing.T) {
    /// 			t.Parallel()
    /// 			if _, err := http.Get(srv.URL + path); err != nil {
    /// 				t.Fatal(err)
    /// 			}
    /// 		})
    /// 	}
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the subtests do not mind that it is released.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferWithParallelSubtests {
        name: "defer-with-parallel-subtests",
        category: Placement,
        severity: Warning,
        default: off,
        needs: DEFER,
    }
}

impl Rule for DeferWithParallelSubtests {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        input.is_test && calls(package.file(input.index), func).contains("Run")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let subtests: Vec<(&CallSite, Option<FuncId>)> = cx
            .facts()
            .calls()
            .iter()
            .filter_map(|site| Some((site, parallel_subtest(cx, site)?)))
            .collect();
        if subtests.is_empty() {
            return;
        }
        for site in cx.facts().defers() {
            let found = subtests.iter().find(|(run, subtest)| {
                run.point.func == site.point.func && concerns(cx, site, *subtest)
            });
            let Some((run, _)) = found else { continue };
            let call = cx.call_snippet(Duty::of(cx, site).call);
            cx.report(
                &DeferWithParallelSubtests::META,
                cx.file().stmt(site.stmt).span,
                format!("`{call}` runs before the parallel subtests do: they wait until the test function has returned"),
            )
            .help("give it to `t.Cleanup`, which waits for the subtests")
            .related(cx.file().expr(run.call).span, "this subtest is parallel");
        }
    }
}

/// Whether a call runs a subtest that is parallel; and the literal that it is.
fn parallel_subtest(cx: &RuleCx<'_>, site: &CallSite) -> Option<Option<FuncId>> {
    let file = cx.file();
    let Callee::Selected { name: "Run", .. } = cx.facts().callee(site.call) else {
        return None;
    };
    if site.mode != CallMode::Now {
        return None;
    }
    let (_, &[_, subtest]) = file.call(site.call)? else {
        return None;
    };
    let subtest = file.unparen(subtest);
    let ExprKind::FuncLit(literal) = file.expr(subtest).kind else {
        return is_parallel_function(cx, subtest).then_some(None);
    };
    let own = test_parameter(cx, literal)?;
    let calls_parallel = cx.facts().calls_of(literal).iter().any(|inner| {
        match cx.facts().callee(inner.call) {
            Callee::Selected {
                x,
                name: "Parallel",
            } => cx.body().object(x) == Object::Local(own),
            // A helper that gets the test.
            Callee::Func { .. } | Callee::Selected { .. } => {
                let gets = file.call(inner.call).is_some_and(|(_, args)| {
                    args.first()
                        .is_some_and(|&arg| cx.body().object(arg) == Object::Local(own))
                });
                gets && inner.mode == CallMode::Now && helper_is_parallel(cx, inner.call)
            }
            _ => false,
        }
    });
    calls_parallel.then_some(Some(literal))
}

/// The parameter `t *testing.T` of a literal.
fn test_parameter(cx: &RuleCx<'_>, literal: FuncId) -> Option<LocalId> {
    let file = cx.file();
    let params = file.fields_of(file.sig(file.func(literal).sig).params);
    let name = params
        .iter()
        .flat_map(|field| file.field(field).names.iter())
        .next()?;
    cx.body().names().declared(name)
}

/// Whether a function of the package calls `Parallel` on its first parameter.
fn declared_is_parallel(cx: &RuleCx<'_>, index: u32, func: FuncId) -> bool {
    let file = cx.body().cx().file(index);
    if !calls(file, func).contains("Parallel") {
        return false;
    }
    let body = Body::new(cx.body().cx(), index, func);
    let facts = go_flow::FunctionFacts::new(&body);
    facts.calls_of(func).iter().any(|inner| {
        let Callee::Selected {
            x,
            name: "Parallel",
        } = facts.callee(inner.call)
        else {
            return false;
        };
        let Object::Local(local) = body.object(x) else {
            return false;
        };
        matches!(body.names().local(local).kind, LocalKind::Param(_))
            && facts
                .cfg(func)
                .dominates(inner.point.node, facts.cfg(func).exit())
    })
}

fn helper_is_parallel(cx: &RuleCx<'_>, call: ExprId) -> bool {
    cx.body()
        .declaration(call)
        .is_some_and(|(index, func)| declared_is_parallel(cx, index, func))
}

/// Whether an expression is a function of the package that is a parallel test.
fn is_parallel_function(cx: &RuleCx<'_>, expr: ExprId) -> bool {
    let Some(name) = cx.file().ident(expr) else {
        return false;
    };
    let package = cx.body().cx();
    (0..).take(package.names().files().len()).any(|index| {
        let file = package.file(index);
        file.all_funcs().any(|func| {
            let node = file.func(func);
            node.recv.is_none()
                && node.parent.is_none()
                && node.name.is_some_and(|own| file.name(own) == name)
                && declared_is_parallel(cx, index, func)
        })
    })
}

/// Whether the deferred call takes something from the subtest.
fn concerns(cx: &RuleCx<'_>, site: &DeferSite<'_>, subtest: Option<FuncId>) -> bool {
    const WORDS: [&str; 5] = ["cleanup", "teardown", "restore", "reset", "shutdown"];
    let file = cx.file();
    let duty = Duty::of(cx, site);
    let says_so = || {
        let Some((fun, _)) = file.call(duty.call) else {
            return false;
        };
        let name = file.expr_text(fun).to_ascii_lowercase();
        WORDS.iter().any(|word| name.contains(word))
    };
    let is_release = duty.kind.is_release()
        && !matches!(
            duty.kind,
            crate::duty::DutyKind::Unlock(_) | crate::duty::DutyKind::Done
        );
    if !is_release && !says_so() {
        return false;
    }
    let subject = duty.subject.and_then(|subject| root_local(cx, subject));
    match (subject, subtest) {
        // What cancels is not mentioned, but the context is.
        (Some(local), Some(literal)) => related(cx, local)
            .iter()
            .any(|&local| mentions(cx, literal, local)),
        (None, _) => says_so(),
        (Some(_), None) => false,
    }
}

/// The variables that the same statement sets as `local`.
fn related(cx: &RuleCx<'_>, local: LocalId) -> Vec<LocalId> {
    let names = cx.body().names();
    let point = cx
        .facts()
        .var(local)
        .writes
        .first()
        .map(|write| write.point);
    names
        .locals()
        .map(|(id, _)| id)
        .filter(|&id| {
            id == local
                || point.is_some()
                    && cx.facts().var(id).writes.first().map(|write| write.point) == point
                    && !cx.body().is_error(cx.body().type_of_local(id))
                    && cx.file().span_text(names.local(id).span) != "err"
        })
        .collect()
}
