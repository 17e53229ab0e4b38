//! `recover-silent`.

use go_flow::{LiteralUse, NodeKind, RecoverCall, Value};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, ExprKind, FuncId, Span, StmtId, StmtKind};
use go_types::Object;

use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds panics that are recovered and vanish.
    ///
    /// ## What it does
    /// Reports deferred function literals that call `recover` and do nothing else, where nobody can
    /// see that something went wrong: the function has no results, or its last result is an error,
    /// which is nil after the panic. It is silent when
    /// - a comment in the literal, or before it, says why;
    /// - a literal of its own, called where it stands, guards a single condition or assignment;
    /// - a condition decides whether panics are recovered;
    /// - the function has other results, such as a `bool`: they are zero after a panic;
    /// - the file is a test, or imports package testing.
    ///
    /// ## Why it is bad
    /// The panic vanishes: no log line, no error, no metric. The function returns as if all had gone
    /// well, with its results as they were set so far, and whatever the panic interrupted stays half
    /// done.
    ///
    /// ## Example
    /// ```go
    /// func run(job func()) {
    /// 	defer func() {
    /// 		recover()
    /// 	}()
    /// 	job()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func run(job func()) (err error) {
    /// 	defer func() {
    /// 		if r := recover(); r != nil {
    /// 			err = fmt.Errorf("job panicked: %v", r)
    /// 		}
    /// 	}()
    /// 	job()
    /// 	return nil
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// Some panics are expected, such as that of a send which races with a close. A comment that
    /// says so silences the rule.
    ///
    /// The rule is a note and asks for the bare form on purpose: in the code that it was tried on
    /// (see docs/triage) those who recover and do nothing say why, or are tests, so that it found
    /// nothing there. It is for code that has not been through such reviews.
    ///
    /// ## Fix safety
    /// There is no fix: what to do with the panic is for a person to say.
    pub RecoverSilent {
        name: "recover-silent",
        category: Semantics,
        severity: Note,
        default: on,
        needs: RECOVER,
    }
}

impl Rule for RecoverSilent {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn check(&self, cx: &RuleCx<'_>) {
        if cx.is_test() || helps_tests(cx) {
            return;
        }
        for recover in cx.facts().recovers() {
            check_recover(cx, recover);
        }
    }
}

/// Whether a file that is no test by its name is one by what it imports.
fn helps_tests(cx: &RuleCx<'_>) -> bool {
    let file = cx.file();
    let mut imports = file.imports();
    imports.any(|spec| file.import_path(spec).is_some_and(|path| path == "testing"))
}

fn check_recover(cx: &RuleCx<'_>, recover: &RecoverCall) {
    let literal = recover.point.func;
    let LiteralUse::Deferred { stmt, .. } = cx.facts().literal_runs(literal) else {
        return;
    };
    let file = cx.file();
    let around = cx.facts().func_of_stmt(stmt);
    let mut spans = vec![file.stmt(stmt).span, file.func(literal).span];
    // A comment before `func() { defer func() { recover() }(); … }()` is about all of it.
    if let LiteralUse::Called { call } = cx.facts().literal_use(around) {
        let start = file.expr(call).span.start;
        spans.push(Span::new(start, start));
    }
    if !does_nothing_else(cx, literal, recover.call)
        || spans.iter().any(|&span| is_commented(cx, span))
    {
        return;
    }
    if is_on_purpose(cx, around, stmt) {
        return;
    }
    let consequence = match outcome(cx, around) {
        Outcome::Nothing => "nobody gets to know of it",
        Outcome::NilError => "the function returns a nil error, as if all had gone well",
        Outcome::Visible => return,
    };
    cx.report(
        &RecoverSilent::META,
        file.expr(recover.call).span,
        format!("a panic is recovered here and nothing is done about it: {consequence}"),
    )
    .help("log the recovered value or turn it into an error; if the panic is expected, say so in a comment");
}

/// Whether the shape of `func`, which is left by the panic, tells that one is expected: recovering
/// is switched on and off, or the function is there for one statement that may panic. (A call as a
/// statement is a job of its own.)
fn is_on_purpose(cx: &RuleCx<'_>, func: FuncId, defer: StmtId) -> bool {
    let file = cx.file();
    let stmts = file
        .func(func)
        .body
        .map_or(&[][..], |body| file.block_stmts(body));
    if !stmts.contains(&defer) {
        return true;
    }
    let is_guard = matches!(cx.facts().literal_use(func), LiteralUse::Called { .. });
    match stmts {
        [_, guarded] => is_guard && !matches!(file.stmt(*guarded).kind, StmtKind::Expr(_)),
        _ => false,
    }
}

/// What a caller gets from a function that recovered.
enum Outcome {
    /// Nothing: the function has no results.
    Nothing,
    /// An error that is nil.
    NilError,
    /// Results that tell.
    Visible,
}

fn outcome(cx: &RuleCx<'_>, func: FuncId) -> Outcome {
    let file = cx.file();
    let Some(list) = file.sig(file.func(func).sig).results else {
        return Outcome::Nothing;
    };
    let Some(last) = file.fields_of(list).last().map(|field| file.field(field)) else {
        return Outcome::Nothing;
    };
    if !cx.body().is_error(cx.body().type_of(last.ty)) {
        return Outcome::Visible;
    }
    // `err = errPanicked` on the first line, `return x, nil` on the last: the error tells.
    let named = last
        .names
        .last()
        .and_then(|name| cx.body().names().declared(name));
    let is_set = |local| {
        let cfg = cx.facts().cfg(func);
        let writes = &cx.facts().var(local).writes;
        let is_return = |node| matches!(cfg.kind(node), NodeKind::Return(_));
        writes.iter().any(|write| {
            write.point.func != func || write.value != Value::Zero && !is_return(write.point.node)
        })
    };
    if named.is_some_and(is_set) {
        Outcome::Visible
    } else {
        Outcome::NilError
    }
}

/// Whether the body of a literal does nothing but call `recover` and perhaps look at what it
/// returns.
fn does_nothing_else(cx: &RuleCx<'_>, func: FuncId, recover: ExprId) -> bool {
    let file = cx.file();
    let Some(body) = file.func(func).body else {
        return false;
    };
    let mut harmless = true;
    walk(file, Node::Stmt(body), |node| {
        match node {
            Node::Stmt(stmt) => {
                harmless &= match file.stmt(stmt).kind {
                    StmtKind::Block(_)
                    | StmtKind::Expr(_)
                    | StmtKind::If { .. }
                    | StmtKind::Empty { .. }
                    | StmtKind::Decl(_) => true,
                    StmtKind::Return(results) => results.is_empty(),
                    // `r := recover()`, `_ = recover()`, `_ = r`: nothing outside changes.
                    StmtKind::Assign { lhs, .. } => file.exprs(lhs).iter().all(|&x| {
                        cx.body().object(x) == Object::Blank || cx.body().names().is_definition(x)
                    }),
                    _ => false,
                };
            }
            Node::Expr(expr) => {
                harmless &= match file.expr(expr).kind {
                    ExprKind::Call { .. } => expr == recover,
                    ExprKind::Ident
                    | ExprKind::Paren(_)
                    | ExprKind::Binary { .. }
                    | ExprKind::Unary { .. }
                    | ExprKind::BasicLit(_) => true,
                    _ => false,
                };
            }
            _ => {}
        }
        if harmless {
            Descend::Into
        } else {
            Descend::Stop
        }
    });
    harmless
}

/// Whether a comment stands within `span`, behind it on its last line, or on the line before it.
fn is_commented(cx: &RuleCx<'_>, span: Span) -> bool {
    let text = cx.file().text();
    let line_end = text[span.end as usize..]
        .find('\n')
        .map_or(text.len(), |n| span.end as usize + n);
    let line_start = text[..span.start as usize].rfind('\n').unwrap_or(0);
    let previous_line = text[..line_start].rfind('\n').map_or(0, |n| n + 1);
    let around = previous_line..line_end;
    cx.file().comments().iter().any(|comment| {
        let (start, end) = (comment.span.start as usize, comment.span.end as usize);
        // A comment at the end of the line before belongs to other code.
        let own_line = text[..start].trim_end_matches([' ', '\t']).ends_with('\n');
        around.start <= start && end <= around.end && (own_line || start > line_start)
    })
}
