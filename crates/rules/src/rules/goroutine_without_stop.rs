//! `goroutine-without-stop`.

use go_flow::GoSite;
use go_syntax::{ExprKind, FuncId, Span, StmtKind};
use go_types::{LocalKind, Object, PackageCx};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::endless::{Endless, endless, holds, is_said_to_stay};
use crate::rule::{Rule, declare_rule};
use crate::stops::{stop_method, type_name};

declare_rule! {
    /// Finds goroutines that nothing can end, started by something that lives shorter.
    ///
    /// ## What it does
    /// Reports a `go` statement whose function never comes to an end: a loop without a way out, a loop
    /// over the channel of a ticker, a wait for a private channel that nobody in the package closes
    /// or sends to. It does so where the goroutine belongs to something that is made more than once:
    ///
    /// - a constructor, whose result the goroutine holds on to;
    /// - a function that gets a context, which the goroutine does not ask;
    /// - a function that serves an HTTP request.
    ///
    /// Also reported, wherever it is started, is a goroutine that goes over the channel of a ticker
    /// which others stop: `Stop` does not close the channel (package time, `Ticker.Stop`).
    ///
    /// It is silent in package main, in `init`, in tests, for values that the package makes once for
    /// itself (a variable of the package, a `sync.Once`), and when the goroutine ends in any way, also
    /// by an error of what it reads. It is silent as well where the program says that it is meant: by a
    /// comment next to the `go` statement (`// runs for the lifetime of the process`), by a
    /// `context.Background()` of the goroutine's own, and by the name of a type that a program has one
    /// of: a server, service, manager, scheduler and the like. When the type has a `Close`, `Stop` or
    /// `Shutdown`, start-without-stop tells.
    ///
    /// ## Why it is bad
    /// A goroutine is never collected. It keeps its stack and all that it refers to, such as the whole
    /// object that started it, and does its work again for each one that was ever made. Tests that
    /// look for leaks fail, and a program that opens and closes such objects grows.
    ///
    /// ## Example
    /// ```go
    /// package cache
    ///
    /// import (
    /// 	"sync"
    /// 	"time"
    /// )
    ///
    /// type Cache struct {
    /// 	mu    sync.Mutex
    /// 	items map[string]time.Time
    /// }
    ///
    /// func New() *Cache {
    /// 	c := &Cache{items: map[string]time.Time{}}
    /// 	go func() {
    /// 		for range time.Tick(time.Minute) {
    /// 			c.clean()
    /// 		}
    /// 	}()
    /// 	return c
    /// }
    ///
    /// func (c *Cache) clean() {}
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// package cache
    ///
    /// import (
    /// 	"context"
    /// 	"sync"
    /// 	"time"
    /// )
    ///
    /// type Cache struct {
    /// 	mu    sync.Mutex
    /// 	items map[string]time.Time
    /// }
    ///
    /// func New(ctx context.Context) *Cache {
    /// 	c := &Cache{items: map[string]time.Time{}}
    /// 	go func() {
    /// 		ticker := time.NewTicker(time.Minute)
    /// 		defer ticker.Stop()
    /// 		for {
    /// 			select {
    /// 			case <-ticker.C:
    /// 				c.clean()
    /// 			case <-ctx.Done():
    /// 				return
    /// 			}
    /// 		}
    /// 	}()
    /// 	return c
    /// }
    ///
    /// func (c *Cache) clean() {}
    /// ```
    ///
    /// ## When it is wrong
    /// When the program makes one such object and keeps it until it ends.
    ///
    /// ## Fix safety
    /// There is no fix yet.
    pub GoroutineWithoutStop {
        name: "goroutine-without-stop",
        category: Goroutines,
        severity: Warning,
        default: off,
        needs: GO,
    }
}

impl Rule for GoroutineWithoutStop {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn wants_contracts(&self) -> bool {
        true
    }

    fn applies_in(&self, _: &PackageCx<'_>, _: FuncId, input: &FileInput<'_>) -> bool {
        !input.is_test
    }

    fn check(&self, cx: &RuleCx<'_>) {
        for go in cx.facts().gos() {
            if !cx.facts().reachable(go.point) {
                continue;
            }
            if is_said_to_stay(cx.file(), cx.file().stmt(go.stmt).span) {
                continue;
            }
            let owner = (go.point.func == cx.root())
                .then(|| owner(cx, go))
                .flatten();
            if owner.is_none() && !goes_over_ticker(cx, go) {
                continue;
            }
            let Some(found) = endless(cx, go) else {
                continue;
            };
            let owner = found.stopped.clone().map(Owner::Ticker).or(owner);
            if let Some(owner) = owner {
                report(cx, go, &owner, &found);
                // One is enough to tell that the value is not stopped.
                return;
            }
        }
    }
}

/// What lives shorter than the goroutine.
enum Owner {
    /// The value that the function makes and returns; the name of its type.
    Made(String),
    /// A context that the function gets.
    Context(String),
    /// A request.
    Request,
    /// A ticker that is stopped, as it is written.
    Ticker(String),
}

/// Whether the goroutine has, or calls something of the package that may have, a loop over a channel.
fn goes_over_ticker(cx: &RuleCx<'_>, go: &GoSite<'_>) -> bool {
    if go.literal.is_none() && cx.body().declaration(go.call).is_none() {
        return false;
    }
    // The name of the channel is all that has to be there.
    let ranges = |file: &go_syntax::File, func: FuncId| {
        let mut exprs = file.func(func).exprs.iter();
        exprs.any(|expr| file.selector(expr).is_some_and(|(_, name)| name == "C"))
    };
    match go.literal {
        Some(literal) => ranges(cx.file(), literal),
        None => cx
            .body()
            .declaration(go.call)
            .is_some_and(|(file, func)| ranges(cx.body().cx().file(file), func)),
    }
}

/// What the goroutine should end with.
fn owner(cx: &RuleCx<'_>, go: &GoSite<'_>) -> Option<Owner> {
    let file = cx.file();
    let is_init = file
        .func(cx.root())
        .name
        .is_some_and(|name| file.name(name) == "init");
    if cx.is_main_package() || is_init || is_once(cx) || is_of_stoppable(cx, go) {
        return None;
    }
    if let Some(name) = made(cx, go) {
        return (!is_one_of_a_kind(&name)).then_some(Owner::Made(name));
    }
    let body = cx.body();
    let mut params = body
        .names()
        .locals()
        .filter(|(_, local)| matches!(local.kind, LocalKind::Param(_)) && local.func == cx.root());
    let is = |local, package, name| {
        let ty = body.cx().deref(body.type_of_local(local));
        body.is_named(ty, package, name)
    };
    params.find_map(|(id, local)| {
        if is(id, "net/http", "Request") {
            return Some(Owner::Request);
        }
        (is(id, "context", "Context") && !is_detached(cx, go))
            .then(|| Owner::Context(cx.file().span_text(local.span).to_owned()))
    })
}

/// Whether what the goroutine runs makes a context of its own.
fn is_detached(cx: &RuleCx<'_>, go: &GoSite<'_>) -> bool {
    let file = cx.file();
    go.literal.is_some_and(|literal| {
        let mut exprs = file.func(literal).exprs.iter();
        exprs.any(|expr| {
            file.selector(expr).is_some_and(|(x, name)| {
                file.ident(x) == Some("context")
                    && matches!(name, "Background" | "TODO" | "WithoutCancel")
            })
        })
    })
}

/// How the names of types end that a program has one value of.
const ONE_OF: [&str; 15] = [
    "Server",
    "Service",
    "Manager",
    "Mgr",
    "Broker",
    "Center",
    "Daemon",
    "Controller",
    "Scheduler",
    "Supervisor",
    "Registry",
    "App",
    "Application",
    "Node",
    "Agent",
];

/// Whether a program has one value of the type, by its name.
fn is_one_of_a_kind(name: &str) -> bool {
    ONE_OF.iter().any(|end| {
        name.len() == end.len() && name.eq_ignore_ascii_case(end)
            || name.strip_suffix(end).is_some_and(|rest| !rest.is_empty())
    })
}

/// Whether the goroutine belongs to a value that can be stopped: the other rule tells then.
fn is_of_stoppable(cx: &RuleCx<'_>, go: &GoSite<'_>) -> bool {
    super::start_without_stop::owner_of(cx, go).is_some_and(|local| {
        type_name(cx.body(), cx.body().type_of_local(local))
            .is_some_and(|name| stop_method(cx.body().cx(), &name).is_some())
    })
}

/// The type of the value that the function makes, returns, and lets the goroutine have.
fn made(cx: &RuleCx<'_>, go: &GoSite<'_>) -> Option<String> {
    let (file, body) = (cx.file(), cx.body());
    for stmt in file.func(cx.root()).stmts.iter() {
        let StmtKind::Return(results) = file.stmt(stmt).kind else {
            continue;
        };
        if cx.facts().func_of_stmt(stmt) != cx.root() {
            continue;
        }
        for &result in file.exprs(results) {
            let mut result = file.unparen(result);
            if let ExprKind::Unary {
                op: go_syntax::UnaryOp::Addr,
                x,
            } = file.expr(result).kind
            {
                result = file.unparen(x);
            }
            let Object::Local(local) = body.object(result) else {
                continue;
            };
            let declared = body.names().local(local);
            if declared.is_param() || declared.func != cx.root() || !holds(cx, go, local) {
                continue;
            }
            let ty = body.type_of_local(local);
            let Some(name) = type_name(body, ty) else {
                continue;
            };
            let is_struct = cx.facts().is_struct(body.cx().deref(ty));
            // The other rule tells.
            if is_struct && stop_method(body.cx(), &name).is_none() {
                return Some(name);
            }
        }
    }
    None
}

/// Whether the function seems to run once in the life of the process: what the package keeps in a
/// variable of its own, or guards by a `sync.Once`.
fn is_once(cx: &RuleCx<'_>) -> bool {
    let (file, body) = (cx.file(), cx.body());
    let once = file
        .func(cx.root())
        .exprs
        .iter()
        .any(|expr| match file.selector(expr) {
            Some((x, "Do")) => {
                let ty = body.cx().deref(body.type_of(x));
                body.is_named(ty, "sync", "Once")
            }
            _ => false,
        });
    once || is_kept_by_package(cx)
}

/// Whether the package calls the function in `init` or to set a variable of its own.
fn is_kept_by_package(cx: &RuleCx<'_>) -> bool {
    let own = cx.file().func(cx.root());
    let Some(name) = own.name.map(|name| cx.file().name(name)) else {
        return true;
    };
    if own.recv.is_some() {
        return false;
    }
    let names = cx.body().cx().names();
    names.files().iter().any(|file| {
        let inside: Vec<Span> = file
            .all_funcs()
            .filter(|&func| {
                let node = file.func(func);
                let label = node.name.map_or("", |name| file.name(name));
                node.parent.is_none() && node.name.is_some() && label != "init"
            })
            .map(|func| file.func(func).span)
            .collect();
        calls_of(file, name).any(|span| !inside.iter().any(|func| func.contains(span)))
    })
}

/// The calls of functions called `name` in a file.
fn calls_of<'f>(file: &'f go_syntax::File, name: &'f str) -> impl Iterator<Item = Span> + 'f {
    let text = file.text();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let found = text[at..].find(name)? + at;
            at = found + name.len();
            let before = text[..found].chars().next_back();
            let is_word = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.');
            if is_word && text[at..].starts_with('(') {
                let start = u32::try_from(found).ok()?;
                let end = u32::try_from(at).ok()?;
                return Some(Span::new(start, end));
            }
        }
    })
}

fn report(cx: &RuleCx<'_>, go: &GoSite<'_>, owner: &Owner, found: &Endless) {
    let (what, help) = match owner {
        Owner::Made(name) => (
            format!("nothing ends this goroutine, so no `{name}` is ever collected"),
            "take a context, or give the type a `Close` that ends the goroutine".to_owned(),
        ),
        Owner::Context(ctx) => (
            format!("this goroutine goes on for ever, also when `{ctx}` has ended"),
            format!("return when `{ctx}.Done()` is closed"),
        ),
        Owner::Ticker(ticker) => (
            format!(
                "stopping `{ticker}` does not close its channel, so this goroutine stays in its loop for ever"
            ),
            "select on the ticker and on a channel that is closed where the ticker is stopped"
                .to_owned(),
        ),
        Owner::Request => (
            "each request leaves a goroutine behind that never ends".to_owned(),
            "return when the context of the request has ended".to_owned(),
        ),
    };
    tell(cx, &GoroutineWithoutStop::META, go, what, help, found);
}

/// Reports a goroutine that never ends, with what it stands in and what it keeps.
pub(super) fn tell(
    cx: &RuleCx<'_>,
    meta: &crate::RuleMeta,
    go: &GoSite<'_>,
    message: String,
    help: String,
    found: &Endless,
) {
    let mut finding = cx
        .report(meta, cx.file().stmt(go.stmt).span, message)
        .help(help);
    if let Some(span) = found.span {
        let why = match found.dead.first() {
            Some(name) => format!("it stays here: nobody closes `{name}`, or sends to it"),
            None => "it stays here".to_owned(),
        };
        finding = finding.related(span, why);
    }
    drop(crate::held::tell(finding, &found.locks, &found.defers));
}
