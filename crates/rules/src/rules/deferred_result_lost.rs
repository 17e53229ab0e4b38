//! `deferred-result-lost`.

use go_flow::{DeferSite, LiteralUse};
use go_syntax::{ExprId, ExprKind, FuncId, StmtKind};
use go_types::{Callee, Object, Selection, Type, TypeId};

use super::deferred_call_missing::returned_func;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds deferred calls whose result matters and is thrown away.
    ///
    /// ## What it does
    /// Reports
    /// - deferred function literals that return something: `defer func() error { … return err }()`,
    ///   unless that is nil or another constant;
    /// - deferred calls that start something and return what ends it: `defer tracer.Start("load")`
    ///   where the result has a method `End`;
    /// - deferred calls that do nothing but return something: `defer time.Since(start)`.
    ///
    /// ## Why it is bad
    /// What a deferred function returns is discarded when it has run (specification, "Defer
    /// statements"). Somebody wrote a result into the signature because the value mattered: the error
    /// of a last write or of a rollback is lost. A call that starts something runs when the function
    /// ends, and what it starts is never ended.
    ///
    /// ## Example
    /// ```go
    /// func save(f *os.File, data []byte) error {
    /// 	defer func() error {
    /// 		return f.Close()
    /// 	}()
    /// 	_, err := f.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func save(f *os.File, data []byte) (err error) {
    /// 	defer func() {
    /// 		err = errors.Join(err, f.Close())
    /// 	}()
    /// 	_, err = f.Write(data)
    /// 	return err
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When the result is there only because `return f()` is shorter than two lines. Then the
    /// signature misleads its readers. Where the declarations of an imported package are not at hand,
    /// deferred calls that start something are not seen.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub DeferredResultLost {
        name: "deferred-result-lost",
        category: Semantics,
        severity: Warning,
        default: on,
        needs: DEFER,
    }
}

impl Rule for DeferredResultLost {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for site in cx.facts().defers() {
            // A function that nobody calls is another rule's.
            if returned_func(cx, site).is_some() {
                continue;
            }
            match cx.facts().literal_called(site.call) {
                // A literal that is called elsewhere too may return its value for that.
                Some(literal)
                    if matches!(
                        cx.facts().literal_runs(literal),
                        LiteralUse::Deferred { .. }
                    ) =>
                {
                    report_literal(cx, site, literal);
                }
                Some(_) => {}
                None if only_tells(site) => report_useless(cx, site),
                None => report_start(cx, site),
            }
        }
    }
}

fn report_literal(cx: &RuleCx<'_>, site: &DeferSite<'_>, literal: FuncId) {
    let Some(value) = returned_value(cx, literal) else {
        return;
    };
    let message = format!(
        "the deferred function returns `{}` to nobody: what deferred calls return is discarded",
        cx.snippet(value)
    );
    cx.report(&DeferredResultLost::META, cx.file().stmt(site.stmt).span, message)
        .related(cx.file().expr(value).span, "this value is lost")
        .help("handle the value in the function literal, or assign it to a named result of the function around it");
}

fn report_start(cx: &RuleCx<'_>, site: &DeferSite<'_>) {
    let Some(end) = ending_method(cx, site) else {
        return;
    };
    let call = cx.call_snippet(site.call);
    let message = format!(
        "`{call}` runs when the function ends, and nobody calls `{end}` on what it returns"
    );
    let help = format!("call `{call}` at once, and defer `{end}` of what it returns");
    cx.report(
        &DeferredResultLost::META,
        cx.file().stmt(site.stmt).span,
        message,
    )
    .help(help);
}

/// Whether the deferred call does nothing but return something.
fn only_tells(site: &DeferSite<'_>) -> bool {
    matches!(
        site.callee,
        Callee::Func {
            package: "time",
            name: "Now" | "Since" | "Until",
            ..
        } | Callee::Func {
            package: "fmt",
            name: "Errorf" | "Sprint" | "Sprintf" | "Sprintln",
            ..
        } | Callee::Func {
            package: "errors",
            name: "New",
            ..
        }
    )
}

fn report_useless(cx: &RuleCx<'_>, site: &DeferSite<'_>) {
    let call = cx.call_snippet(site.call);
    cx.report(
        &DeferredResultLost::META,
        cx.file().stmt(site.stmt).span,
        format!("`{call}` runs when the function ends, and what it returns is discarded: it does nothing else"),
    )
    .help("defer a function literal that uses the value");
}

/// A value that the literal returns and that says something.
fn returned_value(cx: &RuleCx<'_>, literal: FuncId) -> Option<ExprId> {
    let file = cx.file();
    let func = file.func(literal);
    file.sig(func.sig).results?;
    func.stmts
        .iter()
        .filter(|&stmt| cx.facts().func_of_stmt(stmt) == literal)
        .filter_map(|stmt| match file.stmt(stmt).kind {
            StmtKind::Return(results) => Some(file.exprs(results)),
            _ => None,
        })
        .flatten()
        .copied()
        .find(|&value| !is_nothing(cx, value))
}

/// nil, true, false, or a literal of a basic type.
fn is_nothing(cx: &RuleCx<'_>, value: ExprId) -> bool {
    let value = cx.file().unparen(value);
    match cx.file().expr(value).kind {
        ExprKind::BasicLit(_) => true,
        ExprKind::Ident => matches!(
            cx.body().object(value),
            Object::Nil | Object::UniverseConst(_)
        ),
        _ => false,
    }
}

/// The method that ends what the deferred call starts.
fn ending_method(cx: &RuleCx<'_>, site: &DeferSite<'_>) -> Option<&'static str> {
    const STARTS: [&str; 8] = [
        "Start", "Begin", "Open", "Create", "Dial", "Listen", "Acquire", "New",
    ];
    const ENDS: [&str; 6] = ["End", "Close", "Stop", "Finish", "Release", "Rollback"];
    let (Callee::Func { name, .. } | Callee::Selected { name, .. }) = site.callee else {
        return None;
    };
    STARTS.iter().find(|word| starts_with_word(name, word))?;
    let results = cx.body().results_of_call(site.call)?;
    results
        .iter()
        .find_map(|&result| ENDS.into_iter().find(|end| has_method(cx, result, end)))
}

/// Whether a name in mixed caps, exported or not, begins with `word`.
fn starts_with_word(name: &str, word: &str) -> bool {
    let (Some(head), Some(rest)) = (name.get(..word.len()), name.get(word.len()..)) else {
        return false;
    };
    head.eq_ignore_ascii_case(word)
        && head[1..] == word[1..]
        && !rest.starts_with(char::is_lowercase)
}

/// Whether a type has a method without parameters of this name.
fn has_method(cx: &RuleCx<'_>, ty: TypeId, name: &str) -> bool {
    let body = cx.body();
    let Some(Selection::Method { signature, .. }) = body.selection(ty, name) else {
        return false;
    };
    match body.cx().ty(signature) {
        Type::Func {
            params, variadic, ..
        } => {
            let params = body.cx().types(params).len();
            params == 0 || params == 1 && variadic
        }
        _ => false,
    }
}
