//! `deferred-call-missing`.

use diagnostics::Applicability;
use go_flow::DeferSite;
use go_syntax::walk::{Descend, Node, walk_function};
use go_syntax::{ExprId, ExprKind, Span, StmtKind};
use go_types::{Callee, Type, TypeId};

use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred calls that return a function which nobody calls.
    ///
    /// ## What it does
    /// Reports `defer f(…)` where `f`, be it a function, a method, a field or another variable,
    /// returns a function, alone or among other values. It is silent when `f` also takes such a
    /// function, as in `defer setHandler(old)`, which gives back the handler it replaces; but not
    /// when all that `f` returns is a literal written in it, as in `sync.OnceFunc`: it replaces
    /// nothing then.
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
    /// Whether an error is returned besides.
    fails: bool,
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
        (false, _) if returned.fails => format!(
            "call `{call}` at once, look at its error, and defer the function that it returns"
        ),
        (false, _) => format!("call `{call}` at once, and defer the function that it returns"),
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
    let types = body.cx();
    let (func, params) = results.iter().find_map(|&result| {
        let func = body.underlying(result);
        match types.ty(func) {
            Type::Func { params, .. } => Some((func, params)),
            _ => None,
        }
    })?;
    let (fun, _) = cx.file().call(site.call)?;
    let replaces = takes(cx, body.type_of(fun), func) && !returns_literal(cx, site.call);
    (!replaces).then(|| Returned {
        no_params: types.types(params).is_empty(),
        alone: results.len() == 1,
        fails: results.last().is_some_and(|&last| body.is_error(last)),
    })
}

/// Whether a function of type `callee` has a parameter of the function type `func`, or any number of
/// them.
fn takes(cx: &RuleCx<'_>, callee: TypeId, func: TypeId) -> bool {
    let body = cx.body();
    let Type::Func {
        params, variadic, ..
    } = body.cx().ty(body.underlying(callee))
    else {
        return false;
    };
    let params = body.cx().types(params);
    let is_type_param = |ty| matches!(body.cx().ty(ty), Type::TypeParam(_));
    let is_func = |&param: &TypeId| match body.cx().ty(param) {
        // `swap(&handler, old)`, perhaps for values of any type.
        Type::Pointer(elem) => body.underlying(elem) == func || is_type_param(elem),
        _ => body.underlying(param) == func,
    };
    let last = match params.last().map(|&last| body.cx().ty(last)) {
        Some(Type::Slice(elem)) if variadic => Some(elem),
        _ => None,
    };
    params.iter().any(is_func) || last.iter().any(is_func)
}

/// Whether the function that is called makes anew what it returns: all its `return` statements
/// return a literal.
fn returns_literal(cx: &RuleCx<'_>, call: ExprId) -> bool {
    if let Callee::Func {
        package: "sync",
        name: "OnceFunc",
        ..
    } = cx.facts().callee(call)
    {
        return true;
    }
    let Some((index, func)) = cx.body().declaration(call) else {
        return false;
    };
    let file = cx.body().cx().file(index);
    let Some(body) = file.func(func).body else {
        return false;
    };
    let (mut literals, mut others) = (0, 0);
    walk_function(file, Node::Stmt(body), |node| {
        if let Node::Stmt(stmt) = node
            && let StmtKind::Return(results) = file.stmt(stmt).kind
        {
            let is_literal = |&result: &ExprId| {
                matches!(file.expr(file.unparen(result)).kind, ExprKind::FuncLit(_))
            };
            match file.exprs(results).iter().any(is_literal) {
                true => literals += 1,
                false => others += 1,
            }
        }
        Descend::Into
    });
    literals > 0 && others == 0
}
