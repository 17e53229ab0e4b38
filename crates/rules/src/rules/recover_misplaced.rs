//! `recover-misplaced`.

use go_flow::{CallMode, FunctionFacts, LiteralUse, Point, RecoverCall};
use go_syntax::{DeclKind, ExprId, ExprKind, Features, File, FuncId, Span, StmtKind};
use go_types::{Body, Callee};

use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds calls of recover that cannot stop a panic.
    ///
    /// ## What it does
    /// Reports
    /// - `defer recover()`, and `defer log.Print(recover())`, where `recover` runs at once;
    /// - `recover()` in a function literal that is called or started as a goroutine, also within a
    ///   deferred one;
    /// - `recover()` in the body of `main`, `init` or a test, or of a function of the package that is
    ///   called and nowhere deferred;
    /// - `defer func() { handlePanic() }()`, where `handlePanic` is a function of the package that
    ///   calls `recover`: it would have to be deferred itself.
    ///
    /// ## Why it is bad
    /// `recover` returns nil, and the panic goes on, unless the function that calls it was itself
    /// called by a `defer` statement (specification, "Handling panics"). `defer recover()` has no
    /// function in between, a nested literal or a helper is one function too far. The program looks
    /// protected and dies of the first panic.
    ///
    /// ## Example
    /// ```go
    /// func handle(job func()) {
    /// 	defer recover()
    /// 	job()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func handle(job func()) {
    /// 	defer func() {
    /// 		if r := recover(); r != nil {
    /// 			log.Printf("job panicked: %v", r)
    /// 		}
    /// 	}()
    /// 	job()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// An exported function or a method that calls `recover` may be deferred by anybody, so it is not
    /// reported for that. `defer recover()` does work in a function that is itself deferred by name, which
    /// nobody should write. A literal that is passed to another function is left alone.
    ///
    /// ## Fix safety
    /// There is no fix: what to do with the recovered value is for a person to say.
    pub RecoverMisplaced {
        name: "recover-misplaced",
        category: Semantics,
        severity: Error,
        default: on,
        needs: RECOVER | DEFER,
    }
}

const HELP: &str = "call it directly in a deferred literal: `defer func() { if r := recover(); r != nil { … } }()`";

impl Rule for RecoverMisplaced {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for recover in cx.facts().recovers() {
            if let Some(message) = why_useless(cx, recover) {
                cx.report(&Self::META, cx.file().expr(recover.call).span, message)
                    .help(HELP);
            }
        }
        for site in cx.facts().defers() {
            if let Some(literal) = site.literal {
                check_helpers(cx, literal);
            }
        }
    }
}

/// Why the call can never see a panic; `None` when it can, or may.
fn why_useless(cx: &RuleCx<'_>, recover: &RecoverCall) -> Option<&'static str> {
    let func = recover.point.func;
    let runs = cx.facts().literal_runs(func);
    let is_ordinary = matches!(
        runs,
        LiteralUse::Root | LiteralUse::Called { .. } | LiteralUse::Spawned { .. }
    );
    match recover.mode {
        // In a function that is itself deferred, that function is what calls the deferred `recover`.
        CallMode::Deferred(_) => is_ordinary.then_some(
            "`defer recover()` does not stop a panic: recover has to be called by the deferred function, not be it",
        ),
        CallMode::Spawned(_) => {
            Some("recover runs in a goroutine of its own here, where there is nothing to recover from")
        }
        CallMode::Now if is_ordinary && is_deferred_argument(cx, recover) => Some(
            "recover is called at the defer statement, when nothing panics yet, and gives nil to the deferred call",
        ),
        CallMode::Now => match runs {
            LiteralUse::Called { .. } => {
                Some("recover returns nil here: the literal around it is called, not deferred, so a panic goes on")
            }
            LiteralUse::Spawned { .. } => Some(
                "recover returns nil here: it is called when nothing panics, and a later panic of the goroutine ends the process",
            ),
            LiteralUse::Root if is_only_called(cx, func) => Some(
                "recover returns nil here: the function is called and never deferred, so a panic goes on",
            ),
            LiteralUse::Root if is_entry_point(cx, func) => {
                Some("recover returns nil here: it is called when nothing panics, and a later panic does not come back to it")
            }
            _ => None,
        },
    }
}

/// Whether the call is evaluated by a `defer` statement, as an argument.
fn is_deferred_argument(cx: &RuleCx<'_>, recover: &RecoverCall) -> bool {
    let at = |point: Point| point == recover.point;
    cx.facts().defers().iter().any(|site| at(site.point))
}

/// Whether everybody who mentions the function calls it, outside of `defer` statements, and somebody
/// does.
fn is_only_called(cx: &RuleCx<'_>, func: FuncId) -> bool {
    let func = cx.file().func(func);
    let Some(name) = func.name.map(|name| cx.file().name(name)) else {
        return false;
    };
    let is_exported = name.starts_with(char::is_uppercase);
    if func.recv.is_some() || is_exported || matches!(name, "_" | "init" | "main") {
        return false;
    }
    let names = cx.body().cx().names();
    let (mut mentions, mut calls) = (0, 0);
    for file in names.files() {
        for func in file
            .top_decls()
            .iter()
            .filter_map(|&decl| match file.decl(decl).kind {
                DeclKind::Func(func) => Some(func),
                _ => None,
            })
        {
            for expr in file.func(func).exprs.iter() {
                match file.expr(expr).kind {
                    ExprKind::Ident if file.expr_text(expr) == name => mentions += 1,
                    ExprKind::Call { fun, .. } if file.ident(fun) == Some(name) => calls += 1,
                    _ => {}
                }
            }
            let is_deferred = |stmt| match file.stmt(stmt).kind {
                StmtKind::Defer(call) => file.call(call).is_some_and(|(fun, _)| {
                    let within = file.func(func).exprs.iter();
                    let fun = file.expr(fun).span;
                    { within }.any(|expr| {
                        fun.contains(file.expr(expr).span) && file.ident(expr) == Some(name)
                    })
                }),
                _ => false,
            };
            if mentions > 0 && file.func(func).stmts.iter().any(is_deferred) {
                return false;
            }
        }
        // Its value may go anywhere by a declaration of variables.
        let mentions_outside = file.top_decls().iter().any(|&decl| {
            !matches!(file.decl(decl).kind, DeclKind::Func(_))
                && file.span_text(file.decl(decl).span).contains(name)
        });
        if mentions_outside {
            return false;
        }
    }
    calls > 0 && mentions == calls
}

/// Whether only the runtime or package testing calls the function, so that nobody defers it.
fn is_entry_point(cx: &RuleCx<'_>, func: FuncId) -> bool {
    let func = cx.file().func(func);
    let Some(name) = func.name.map(|name| cx.file().name(name)) else {
        return false;
    };
    let params: Vec<_> = cx
        .file()
        .fields_of(cx.file().sig(func.sig).params)
        .iter()
        .collect();
    let takes = |name: &str| match params.as_slice() {
        [param] => {
            let body = cx.body();
            let param = cx.file().field(*param);
            let declared = param.names.first().and_then(|id| body.names().declared(id));
            let ty = match declared {
                Some(local) => body.type_of_local(local),
                None => body.type_of(param.ty),
            };
            body.is_named(body.cx().deref(ty), "testing", name)
        }
        _ => false,
    };
    // What takes anything else, or is a method, is a helper that may be deferred.
    let is_test_func = || {
        name.starts_with("Test") && (takes("T") || takes("M"))
            || name.starts_with("Benchmark") && takes("B")
            || name.starts_with("Fuzz") && takes("F")
            || name.starts_with("Example") && params.is_empty()
    };
    func.recv.is_none()
        && (name == "init"
            || name == "main" && cx.is_main_package()
            || cx.is_test() && is_test_func())
}

/// Reports calls in a deferred literal of functions that would recover if they were deferred.
fn check_helpers(cx: &RuleCx<'_>, literal: FuncId) {
    for call in cx
        .facts()
        .calls_of(literal)
        .iter()
        .filter(|call| call.mode == CallMode::Now)
    {
        let Some(recover) = recover_of_callee(cx, call.call) else {
            continue;
        };
        let file = cx.file();
        let callee = cx.call_snippet(call.call);
        let message = format!(
            "recover returns nil in `{callee}`, because the function literal calls it: a panic goes on"
        );
        let finding = cx
            .report(&RecoverMisplaced::META, file.expr(call.call).span, message)
            .help(format!("defer it directly: `defer {callee}`"));
        if let Some(span) = recover {
            finding.related(
                span,
                "this recover works only in a function that is itself deferred",
            );
        }
    }
}

/// Whether `call` calls a function of the package that calls `recover` directly. Gives the place of
/// that, if it is in this file.
fn recover_of_callee(cx: &RuleCx<'_>, call: ExprId) -> Option<Option<Span>> {
    // Most methods are ruled out by their names alone.
    if let Callee::Selected { name, .. } = cx.facts().callee(call)
        && !some_method_recovers(cx, name)
    {
        return None;
    }
    let (file, func) = cx.body().declaration(call)?;
    let package = cx.body().cx();
    if !has_recover(package.file(file), func) {
        return None;
    }
    let body = Body::new(package, file, func);
    let facts = FunctionFacts::new(&body);
    let is_direct =
        |recover: &&RecoverCall| recover.point.func == func && recover.mode == CallMode::Now;
    let recover = facts.recovers().iter().find(is_direct)?;
    let is_here = file == cx.body().file_index();
    Some(is_here.then(|| body.file().expr(recover.call).span))
}

/// Whether a method of this name, of any type of the package, mentions `recover`.
fn some_method_recovers(cx: &RuleCx<'_>, name: &str) -> bool {
    let names = cx.body().cx().names();
    names.methods().any(|(id, method)| {
        has_recover(names.file(method.file), method.func) && names.method_name(id) == name
    })
}

fn has_recover(file: &File, func: FuncId) -> bool {
    file.func(func).features.intersects(Features::RECOVER)
}
