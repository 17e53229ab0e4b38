//! `deferred-call-missing`.

use diagnostics::Applicability;
use go_flow::DeferSite;
use go_syntax::Span;
use go_types::{Callee, Type, TypeId};

use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred calls that return a function which nobody calls.
    ///
    /// ## What it does
    /// Reports `defer f(…)` where `f` returns a function, alone or together with an error. It is
    /// silent when `f` also takes such a function, as in `defer setHandler(old)`, which gives back
    /// the handler it replaces.
    ///
    /// ## Why it is bad
    /// Functions that return a function to be deferred start something and return what ends it:
    /// `defer trace("load")()`. Without the second pair of parentheses the *start* is what runs at
    /// the end, and what it returns is discarded (specification, "Defer statements"): no duration is
    /// logged, no lock given back, no folder restored.
    ///
    /// ## Example
    /// ```go
    /// func trace(name string) func() {
    /// 	start := time.Now()
    /// 	return func() { log.Printf("%s took %v", name, time.Since(start)) }
    /// }
    ///
    /// func load() {
    /// 	defer trace("load")
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func trace(name string) func() {
    /// 	start := time.Now()
    /// 	return func() { log.Printf("%s took %v", name, time.Since(start)) }
    /// }
    ///
    /// func load() {
    /// 	defer trace("load")()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the function is called for what it does and what it returns does not matter. That reads
    /// like the mistake; `defer func() { _ = f() }()` does not.
    ///
    /// ## Fix safety
    /// The fix adds the missing parentheses. It is unsafe: the first call then happens at once, which
    /// is what was meant, but another time than now.
    pub DeferredCallMissing {
        name: "deferred-call-missing",
        category: Semantics,
        severity: Error,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferredCallMissing {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            if let Some(returned) = returned_func(cx, site) {
                report(cx, site, &returned);
            }
        }
    }
}

/// The function that a deferred call returns.
pub(crate) struct Returned {
    /// Whether it can be called without arguments.
    no_params: bool,
    /// Whether it is the only result.
    alone: bool,
}

fn report(cx: &RuleCx<'_>, site: &DeferSite<'_>, returned: &Returned) {
    let file = cx.file();
    let call = cx.call_snippet(site.call);
    let message = match site.literal {
        Some(_) => {
            "the deferred function literal returns a function, and nobody calls it".to_owned()
        }
        None => format!(
            "`{call}` itself runs when the function ends, and the function that it returns never runs"
        ),
    };
    let help = match (returned.alone, site.literal) {
        (true, Some(_)) => "call what it returns: `defer func() func() { … }()()`".to_owned(),
        (true, None) if returned.no_params => format!("call what it returns: `defer {call}()`"),
        (true, None) => format!("call what it returns: `defer {call}(…)`"),
        (false, _) => format!(
            "call `{call}` at once, look at its error, and defer the function that it returns"
        ),
    };
    let finding = cx
        .report(
            &DeferredCallMissing::META,
            file.stmt(site.stmt).span,
            message,
        )
        .help(help);
    if returned.alone && returned.no_params {
        let end = file.expr(site.call).span.end;
        let edit = (Span::new(end, end), "()".to_owned());
        finding.fix(
            Applicability::Unsafe,
            "call the returned function at the end",
            [edit],
        );
    }
}

/// The function that the deferred call returns to nobody, if that is its purpose.
pub(crate) fn returned_func(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Option<Returned> {
    if matches!(site.callee, Callee::Builtin(_) | Callee::Conversion(_)) {
        return None;
    }
    let body = cx.body();
    let results = body.results_of_call(site.call)?;
    let (func, alone) = match *results {
        [func] => (func, true),
        [func, error] if body.is_error(error) => (func, false),
        _ => return None,
    };
    let Type::Func { params, .. } = body.cx().ty(body.underlying(func)) else {
        return None;
    };
    let (fun, _) = cx.file().call(site.call)?;
    let swaps = takes(cx, body.type_of(fun), body.underlying(func));
    (!swaps).then(|| Returned {
        no_params: body.cx().types(params).is_empty(),
        alone,
    })
}

/// Whether a function of type `callee` has a parameter of the function type `func`.
fn takes(cx: &RuleCx<'_>, callee: TypeId, func: TypeId) -> bool {
    let body = cx.body();
    let Type::Func { params, .. } = body.cx().ty(body.underlying(callee)) else {
        return false;
    };
    body.cx()
        .types(params)
        .iter()
        .any(|&param| body.underlying(param) == func)
}
