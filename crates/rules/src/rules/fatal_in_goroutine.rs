//! `fatal-in-goroutine`.

use go_flow::{CallMode, CallSite, FunctionFacts, LiteralUse, Point, Value};
use go_syntax::{ExprId, ExprKind, Features, File, FuncId, Span, StmtKind, UnaryOp};
use go_types::{Body, Callee, Init, LocalId, LocalKind, Object, Type};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds calls of t.Fatal and its like in goroutines of a test, which end the goroutine only.
    ///
    /// ## What it does
    /// Reports `Fatal`, `Fatalf`, `FailNow`, `Skip`, `Skipf` and `SkipNow` of `*testing.T`,
    /// `*testing.B`, `*testing.F` and `testing.TB` where another goroutine than that of the test
    /// calls them:
    /// - in the literal of a `go` statement, and in literals that are called or deferred there;
    /// - in the literal given to `wg.Go` of a `sync.WaitGroup`, to `Go` of an `errgroup.Group`,
    ///   or to `time.AfterFunc`;
    /// - in a function of the package, or a local function literal, that such a goroutine calls and
    ///   hands `t`;
    /// - in the literal of a subtest, when it is the test around it that they are called on.
    ///
    /// Functions that call `t.FailNow` when an assertion does not hold count too: those of
    /// `require` of testify, `must` of shoenig/test and `assert` of gotest.tools.
    ///
    /// ## Why it is bad
    /// `FailNow` and `SkipNow` call `runtime.Goexit`, which ends the goroutine that calls it and no
    /// other; the documentation of `testing.T.FailNow` allows it in the goroutine of the test only.
    /// The test goes on past the point where it should have stopped, or waits for ever for a value
    /// that the goroutine does not send any more. When the test has ended in the meantime, the call
    /// panics and takes the other tests of the package down with it.
    ///
    /// ## Example
    /// ```go
    /// func TestServe(t *testing.T) {
    /// 	client, server := net.Pipe()
    /// 	done := make(chan struct{})
    /// 	go func() {
    /// 		if _, err := server.Write([]byte("hello")); err != nil {
    /// 			t.Fatal(err)
    /// 		}
    /// 		close(done)
    /// 	}()
    /// 	io.ReadFull(client, make([]byte, 5))
    /// 	<-done
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func TestServe(t *testing.T) {
    /// 	client, server := net.Pipe()
    /// 	done := make(chan struct{})
    /// 	go func() {
    /// 		defer close(done)
    /// 		if _, err := server.Write([]byte("hello")); err != nil {
    /// 			t.Error(err)
    /// 			return
    /// 		}
    /// 	}()
    /// 	io.ReadFull(client, make([]byte, 5))
    /// 	<-done
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// A test that wants nothing but to end one goroutine, and marks itself as failed by the way,
    /// does get that; `runtime.Goexit` says it better. Functions that are called from a goroutine by
    /// way of another function or an interface are not seen, nor are handlers of HTTP servers, which
    /// run in goroutines too. The body of `b.RunParallel` is left alone: the benchmark waits for its
    /// goroutines however they end, and looks whether they failed.
    ///
    /// ## Fix safety
    /// There is no fix: whether the goroutine has to tell the test more than an error is for a
    /// person to say.
    pub FatalInGoroutine {
        name: "fatal-in-goroutine",
        category: Goroutines,
        severity: Error,
        default: on,
        needs: GO | FUNC_LIT,
    }
}

/// The types that a test is handed.
const TESTING: [&str; 4] = ["T", "B", "F", "TB"];

/// The methods that end the goroutine.
const ENDING: [&str; 6] = ["Fatal", "Fatalf", "FailNow", "Skip", "Skipf", "SkipNow"];

/// The functions and methods that start a goroutine, of whatever package or type.
const STARTING: [&str; 3] = ["AfterFunc", "Go", "TryGo"];

/// Packages whose functions take a test first, and end the goroutine by its `FailNow`.
const REQUIRE: [&str; 3] = [
    "github.com/stretchr/testify/require",
    "github.com/shoenig/test/must",
    "gotest.tools/v3/assert",
];

/// Functions of those packages that do not, whatever happens.
const HARMLESS: [&str; 2] = ["New", "Check"];

const ERRGROUP: &str = "golang.org/x/sync/errgroup";

/// How deep literals are followed outwards.
const DEEPEST: u32 = 8;

impl Rule for FatalInGoroutine {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    /// Most functions of tests have literals, and few start a goroutine.
    fn applies(&self, file: &File, func: FuncId, input: &FileInput<'_>) -> bool {
        let node = file.func(func);
        let starts = |expr| {
            let name = file.selector(expr).map(|(_, name)| name);
            let name = name.or_else(|| file.ident(expr));
            name.is_some_and(|name| STARTING.contains(&name))
        };
        node.features.intersects(Self::META.needs)
            && (input.is_test || imports_testing(file))
            && (node.features.intersects(Features::GO)
                || node
                    .exprs
                    .iter()
                    .any(|expr| starts(expr) || runs_other_test(file, expr)))
    }

    fn check(&self, cx: &RuleCx<'_>) {
        // Package testing itself is left alone: it is what plays the test's goroutine.
        if &**cx.body().cx().names().path() == "testing" {
            return;
        }
        let facts = cx.facts();
        for site in facts.calls() {
            let Some(start) = goroutine_of_call(facts, site, 0) else {
                continue;
            };
            if let Some(test) = ending_subject(facts, site.call) {
                if start
                    .subtest
                    .is_none_or(|subtest| is_outer(facts, subtest, test))
                {
                    report(cx, site.call, start, None);
                }
            } else if start.subtest.is_some() {
                // What the helper is handed is most likely the subtest itself.
            } else if let Some(ending) = helper_ending(cx, site.call) {
                report(cx, site.call, start, Some(ending));
            }
        }
    }
}

/// Whether `test` is a variable from outside of the literal that is a subtest.
fn is_outer(facts: &FunctionFacts<'_>, subtest: FuncId, test: ExprId) -> bool {
    let body = facts.body();
    body.names()
        .local_of(facts.file().unparen(test))
        .is_some_and(|local| {
            let declared = body.names().local(local);
            let within = facts.file().func(subtest).span;
            matches!(declared.kind, LocalKind::Param(_)) && !within.contains(declared.span)
        })
}

/// Whether a call runs a subtest that can mention the test around it: its own has another name.
fn runs_other_test(file: &File, expr: ExprId) -> bool {
    let Some((fun, &[_, subtest])) = file.call(expr) else {
        return false;
    };
    let Some((test, "Run")) = file.selector(fun) else {
        return false;
    };
    match file.expr(file.unparen(subtest)).kind {
        ExprKind::FuncLit(literal) => {
            let params = file.fields_of(file.sig(file.func(literal).sig).params);
            let name = params
                .first()
                .and_then(|param| file.field(param).names.first());
            name.map(|name| file.name(name)) != file.ident(test)
        }
        ExprKind::Ident => true,
        _ => false,
    }
}

/// Whether a file that is no test helps tests.
fn imports_testing(file: &File) -> bool {
    let testing = |spec| file.import_path(spec).is_some_and(|path| path == "testing");
    file.imports().any(testing)
}

/// A call that ends the goroutine, in a function that is called.
struct Ending {
    /// How messages call it.
    snippet: String,
    /// Where it stands, if it is in the same file.
    span: Option<Span>,
}

fn report(cx: &RuleCx<'_>, call: ExprId, start: Start, by: Option<Ending>) {
    let name = cx.call_snippet(call);
    let message = match &by {
        None if start.subtest.is_some() => format!(
            "`{name}` is called on the test around this subtest, and ends the goroutine of the subtest only: the test around it fails and goes on"
        ),
        None => format!(
            "`{name}` ends only the goroutine that it is called in: the test goes on, or waits for what the goroutine no longer does"
        ),
        Some(ending) => format!(
            "`{name}` calls `{}`, which ends only this goroutine: the test goes on, or waits for what the goroutine no longer does",
            ending.snippet
        ),
    };
    let finding = cx
        .report(&FatalInGoroutine::META, cx.file().expr(call).span, message)
        .help(match start.subtest {
            Some(_) => "call it on the test that the subtest is handed",
            None => "call `Error` or `Errorf` and return, or send the error to the goroutine of the test and end the test there",
        })
        .related(
            start.span,
            match start.subtest {
                Some(_) => "the subtest runs in a goroutine of its own",
                None => "the goroutine is started here",
            },
        );
    if let Some(span) = by.and_then(|ending| ending.span) {
        finding.related(span, "this call ends the goroutine");
    }
}

/// What makes a goroutine.
#[derive(Clone, Copy)]
struct Start {
    /// The keyword `go`, or the function that starts it.
    span: Span,
    /// The goroutine is a subtest's, and this literal is the subtest: it may end its own test.
    subtest: Option<FuncId>,
}

/// What starts the goroutine that makes a call; `None` when it is that of the root function, or not
/// known.
fn goroutine_of_call(facts: &FunctionFacts<'_>, site: &CallSite, depth: u32) -> Option<Start> {
    match site.mode {
        CallMode::Spawned(stmt) => {
            let start = facts.file().stmt(stmt).span.start;
            Some(Start {
                span: Span::new(start, start + 2),
                subtest: None,
            })
        }
        CallMode::Now | CallMode::Deferred(_) => goroutine_of(facts, site.point.func, depth),
    }
}

/// What starts the goroutine that a function or literal runs in, if that is another one than the
/// root function's.
fn goroutine_of(facts: &FunctionFacts<'_>, func: FuncId, depth: u32) -> Option<Start> {
    if depth > DEEPEST {
        return None;
    }
    let around = |call| {
        let site = facts.call_site(call)?;
        goroutine_of_call(facts, site, depth + 1)
    };
    match facts.literal_use(func) {
        LiteralUse::Called { call }
        | LiteralUse::Deferred { call, .. }
        | LiteralUse::Spawned { call, .. } => around(call),
        LiteralUse::Argument { call, index } => starter(facts, call, index, func),
        LiteralUse::Assigned { local } if facts.literal_in(local) == Some(func) => {
            goroutine_of_uses(facts, func, local, depth)
        }
        _ => None,
    }
}

/// The same for the literal that is all that `local` ever holds: every use has to be in a goroutine.
fn goroutine_of_uses(
    facts: &FunctionFacts<'_>,
    func: FuncId,
    local: LocalId,
    depth: u32,
) -> Option<Start> {
    let file = facts.file();
    let within = file.func(func).span;
    let mut first = None;
    let mut seen = 0;
    for site in facts.calls() {
        if let Callee::Var(called) = facts.callee(site.call)
            && called == local
        {
            seen += 1;
            // A call of itself runs wherever it runs already.
            if !within.contains(file.expr(site.call).span) {
                let start = goroutine_of_call(facts, site, depth + 1)?;
                first = first.or(Some(start));
            }
        }
        let args = file.call(site.call).map_or(&[][..], |(_, args)| args);
        for (index, &arg) in (0..).zip(args) {
            if facts.body().object(arg) == Object::Local(local) {
                seen += 1;
                let start = starter(facts, site.call, index, func)?;
                first = first.or(Some(start));
            }
        }
    }
    first.filter(|_| seen == facts.var(local).reads.len())
}

/// Whether `call` runs `func`, which is its argument at `index`, in another goroutine.
fn starter(facts: &FunctionFacts<'_>, call: ExprId, index: u32, func: FuncId) -> Option<Start> {
    let body = facts.body();
    let (fun, _) = facts.file().call(call)?;
    let start = Some(Start {
        span: facts.file().expr(fun).span,
        subtest: None,
    });
    match (facts.callee(call), index) {
        (Callee::Selected { name: "Run", .. }, 1)
            if ["T", "B"]
                .iter()
                .any(|ty| body.is_method_call(call, "testing", ty, "Run")) =>
        {
            Some(Start {
                subtest: Some(func),
                ..start?
            })
        }
        (Callee::Func { package, name, .. }, 1) if package == "time" && name == "AfterFunc" => {
            start
        }
        (Callee::Selected { name: "Go", .. }, 0)
            if body.is_method_call(call, "sync", "WaitGroup", "Go") =>
        {
            start
        }
        (
            Callee::Selected {
                x,
                name: "Go" | "TryGo",
            },
            0,
        ) if is_made_by(body, x, ERRGROUP, "Group", "WithContext") => start,
        _ => None,
    }
}

/// Whether the type of `x` is `package.ty` or a pointer to it; where the package is not at hand,
/// whether `x` is a variable that starts with a result of `package.maker`.
fn is_made_by(body: &Body<'_>, x: ExprId, package: &str, ty: &str, maker: &str) -> bool {
    let known = body.type_of(x);
    if body.is_named(body.cx().deref(known), package, ty) {
        return true;
    }
    let Object::Local(local) = body.object(x) else {
        return false;
    };
    let LocalKind::Var { ty: None, init } = body.names().local(local).kind else {
        return false;
    };
    body.cx().ty(known) == Type::Unknown
        && !matches!(init, Init::Element { index, .. } if index > 0)
        && init.expr().is_some_and(|value| {
            let value = body.file().unparen(value);
            body.is_call_to(value, package, maker)
        })
}

/// Whether a type is one of those that a test is handed.
fn is_testing(body: &Body<'_>, expr: ExprId) -> bool {
    let ty = body.cx().deref(body.type_of(expr));
    TESTING
        .iter()
        .any(|name| body.is_named(ty, "testing", name))
}

/// The test that `call` ends the goroutine of: the operand, or first argument. For an assertion made
/// by `require.New` the operand.
fn ending_subject(facts: &FunctionFacts<'_>, call: ExprId) -> Option<ExprId> {
    let body = facts.body();
    match facts.callee(call) {
        Callee::Selected { x, name } => {
            let is_ending = ENDING.contains(&name)
                && TESTING
                    .iter()
                    .any(|ty| body.is_method_call(call, "testing", ty, name));
            (is_ending || is_made_by(body, x, REQUIRE[0], "Assertions", "New"))
                .then_some(x)
                .filter(|&x| !is_made_here(body, x))
        }
        Callee::Func { package, name, .. } => {
            if !REQUIRE.contains(&package) || HARMLESS.contains(&name) {
                return None;
            }
            let (_, args) = facts.file().call(call)?;
            let &test = args.first()?;
            (is_testing(body, test) && !is_made_here(body, test)).then_some(test)
        }
        _ => None,
    }
}

/// Whether the test is a variable that this function made: a stand-in that no runner waits for.
fn is_made_here(body: &Body<'_>, test: ExprId) -> bool {
    let file = body.file();
    let mut test = file.unparen(test);
    while let ExprKind::Unary {
        op: UnaryOp::Addr,
        x,
    }
    | ExprKind::Selector { x, .. } = file.expr(test).kind
    {
        test = file.unparen(x);
    }
    let Object::Local(local) = body.object(test) else {
        return false;
    };
    let LocalKind::Var { init, .. } = body.names().local(local).kind else {
        return false;
    };
    let Some(value) = init.expr().map(|value| file.unparen(value)) else {
        return is_testing(body, test)
            && !matches!(body.cx().ty(body.type_of(test)), Type::Pointer(_));
    };
    match file.expr(value).kind {
        ExprKind::CompositeLit { .. } => is_testing(body, value),
        ExprKind::Unary {
            op: UnaryOp::Addr,
            x,
        } => {
            matches!(
                file.expr(file.unparen(x)).kind,
                ExprKind::CompositeLit { .. }
            ) && is_testing(body, x)
        }
        ExprKind::Call { .. } => body.is_builtin_call(value, go_types::Builtin::New),
        _ => false,
    }
}

/// What ends the goroutine in the function that `call` calls: a function of the package which is
/// handed the test, or a literal in a variable, when it is not itself seen to run in goroutines
/// only.
fn helper_ending(cx: &RuleCx<'_>, call: ExprId) -> Option<Ending> {
    let facts = cx.facts();
    if let Callee::Var(local) = facts.callee(call) {
        let literal = facts
            .literal_in(local)
            .or_else(|| literal_at(facts, call, local))?;
        if goroutine_of(facts, literal, 0).is_some() {
            return None;
        }
        let (call, _) = endings(facts, literal).next()?;
        return Some(Ending {
            snippet: cx.call_snippet(call),
            span: Some(cx.file().expr(call).span),
        });
    }
    let (_, args) = cx.file().call(call)?;
    let index = args.iter().position(|&arg| is_testing(cx.body(), arg))?;
    if is_made_here(cx.body(), args[index]) {
        return None;
    }
    let (file, func) = cx.body().declaration(call)?;
    let body = Body::new(cx.body().cx(), file, func);
    let facts = FunctionFacts::new(&body);
    let param = param_at(&body, func, index)?;
    let unused = unused_variadic(&body, func, args.len());
    let (ending, _) = endings(&facts, func).find(|&(ending, test)| {
        body.object(test) == Object::Local(param)
            && !unused.is_some_and(|unused| is_in_range_over(&body, func, ending, unused))
    })?;
    let is_here = file == cx.body().file_index();
    Some(Ending {
        snippet: snippet_of(&body, ending),
        span: is_here.then(|| body.file().expr(ending).span),
    })
}

/// The literal that `local` holds when it is called.
fn literal_at(facts: &FunctionFacts<'_>, call: ExprId, local: LocalId) -> Option<FuncId> {
    let definitions = facts.definitions(facts.point_of_expr(call)?, local);
    let Value::Expr(value) = definitions.single()?.value else {
        return None;
    };
    match facts.file().expr(facts.file().unparen(value)).kind {
        ExprKind::FuncLit(literal) => Some(literal),
        _ => None,
    }
}

/// The parameter for the rest of the arguments, when there is none for it among `count`.
fn unused_variadic(body: &Body<'_>, func: FuncId, count: usize) -> Option<LocalId> {
    let file = body.file();
    let params = file.fields_of(file.sig(file.func(func).sig).params);
    let last = file.field(params.last()?);
    let is_variadic = matches!(file.expr(last.ty).kind, ExprKind::Ellipsis(_));
    let names = params
        .iter()
        .flat_map(|field| file.field(field).names.iter());
    let name = last.names.iter().next()?;
    (is_variadic && count < names.count()).then(|| body.names().declared(name))?
}

/// Whether `call` stands in a loop over `local`.
fn is_in_range_over(body: &Body<'_>, func: FuncId, call: ExprId, local: LocalId) -> bool {
    let file = body.file();
    let span = file.expr(call).span;
    file.func(func).stmts.iter().any(|stmt| {
        matches!(file.stmt(stmt).kind, StmtKind::Range { x, body: block, .. }
            if body.object(x) == Object::Local(local) && file.stmt(block).span.contains(span))
    })
}

/// The calls that a function makes itself and that end its goroutine, with the test they are about.
fn endings<'f>(
    facts: &'f FunctionFacts<'_>,
    func: FuncId,
) -> impl Iterator<Item = (ExprId, ExprId)> + 'f {
    facts
        .calls()
        .iter()
        .filter(move |site| {
            !matches!(site.mode, CallMode::Spawned(_)) && runs_in(facts, site.point, func)
        })
        .filter_map(move |site| Some((site.call, ending_subject(facts, site.call)?)))
}

/// Whether a point is in `func`, or in literals that are called or deferred on the spot there.
fn runs_in(facts: &FunctionFacts<'_>, point: Point, func: FuncId) -> bool {
    let mut at = point.func;
    while at != func {
        at = match facts.literal_use(at) {
            LiteralUse::Called { call } => facts.func_of_expr(call),
            LiteralUse::Deferred { stmt, .. } => facts.func_of_stmt(stmt),
            _ => return false,
        };
    }
    true
}

/// The parameter that takes the argument at `index`.
fn param_at(body: &Body<'_>, func: FuncId, index: usize) -> Option<LocalId> {
    let file = body.file();
    let params = file.fields_of(file.sig(file.func(func).sig).params);
    let name = params
        .iter()
        .flat_map(|field| file.field(field).names.iter())
        .nth(index)?;
    body.names().declared(name)
}

/// A call in another function as messages write it.
fn snippet_of(body: &Body<'_>, call: ExprId) -> String {
    let file = body.file();
    let callee = file.call(call).map_or("", |(fun, _)| file.expr_text(fun));
    format!("{callee}(…)")
}
