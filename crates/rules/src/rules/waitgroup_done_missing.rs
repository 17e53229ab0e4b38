//! `waitgroup-done-missing`.

use go_flow::{
    CallMode, CallSite, FunctionFacts, GoSite, NodeKind, Place, PlaceRoot, Point, Visit, calls,
};
use go_syntax::walk::{Descend, Node, walk};
use go_syntax::{ExprId, FuncId, Span};
use go_types::{Body, Callee, LocalId, PackageCx, Type};

use crate::FileInput;
use crate::cx::RuleCx;
use crate::fixes::Repair;
use crate::fixes::groups::defer_done;
use crate::rule::{Rule, declare_rule};

declare_rule! {
    /// Finds goroutines that may end without the `Done` that somebody waits for.
    ///
    /// ## What it does
    /// Reports goroutines, written as a literal or as a function of the package, that are counted by
    /// `wg.Add` before they start and
    ///
    /// - call `wg.Done` by hand, and can return without having done so;
    /// - get the wait group and never call `Done` on it.
    ///
    /// It is silent when `Done` is deferred, when the `Add` is not seen on every way to the `go`
    /// statement, and when the goroutine hands the wait group on.
    ///
    /// ## Why it is bad
    /// `Wait` returns when the counter is zero (package sync, `WaitGroup`). One `Done` too few, and it
    /// never is: who waits is blocked for good, mostly at the end of a request or of the program, and
    /// only in the case that nobody has tried, because an error made the goroutine return early.
    ///
    /// ## Example
    /// ```go
    /// func fetchAll(urls []string, fetch func(string) error) {
    /// 	var wg sync.WaitGroup
    /// 	for _, url := range urls {
    /// 		wg.Add(1)
    /// 		go func() {
    /// 			if err := fetch(url); err != nil {
    /// 				return
    /// 			}
    /// 			wg.Done()
    /// 		}()
    /// 	}
    /// 	wg.Wait()
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```go
    /// func fetchAll(urls []string, fetch func(string) error) {
    /// 	var wg sync.WaitGroup
    /// 	for _, url := range urls {
    /// 		wg.Add(1)
    /// 		go func() {
    /// 			defer wg.Done()
    /// 			if err := fetch(url); err != nil {
    /// 				return
    /// 			}
    /// 		}()
    /// 	}
    /// 	wg.Wait()
    /// }
    /// ```
    ///
    /// ## When it is wrong
    /// When something else counts the group down on that path, or when nobody waits any more.
    ///
    /// ## Fix safety
    /// The fix defers `Done` at the start of the goroutine, instead of the calls by hand. It is safe where
    /// the goroutine ends right after each of those; otherwise it is unsafe, as `Wait` then waits for what
    /// comes after them too.
    pub WaitgroupDoneMissing {
        name: "waitgroup-done-missing",
        category: Goroutines,
        severity: Error,
        default: on,
        needs: GO,
    }
}

impl Rule for WaitgroupDoneMissing {
    fn meta(&self) -> &'static crate::RuleMeta {
        &Self::META
    }

    fn applies_in(&self, package: &PackageCx<'_>, func: FuncId, input: &FileInput<'_>) -> bool {
        calls(package.file(input.index), func).contains("Add")
    }

    fn check(&self, cx: &RuleCx<'_>) {
        let adds: Vec<(&CallSite, Place<'_>)> = cx
            .facts()
            .calls()
            .iter()
            .filter(|site| site.mode == CallMode::Now)
            .filter_map(|site| Some((site, group_of(cx.facts(), site.call, "Add")?)))
            .collect();
        if adds.is_empty() {
            return;
        }
        let mut told: Vec<Span> = Vec::new();
        for go in cx.facts().gos() {
            for (add, place) in &adds {
                if !is_for(cx, add, go) {
                    continue;
                }
                let found = match go.literal.or_else(|| cx.facts().literal_called(go.call)) {
                    Some(literal) => in_literal(cx, go, literal, place),
                    None => in_callee(cx, go, place),
                };
                if let Some((span, message, path, repair)) = found
                    && !told.contains(&span)
                {
                    told.push(span);
                    let finding = cx
                        .report(&WaitgroupDoneMissing::META, span, message)
                        .help("make `defer` of `Done` the first statement of the goroutine")
                        .related(cx.file().expr(add.call).span, "counted here")
                        .repair(repair);
                    if let Some(path) = path {
                        finding.related(path, "the goroutine ends here without it");
                    }
                }
            }
        }
    }
}

/// The wait group that a call is a method of.
fn group_of<'a>(
    facts: &FunctionFacts<'a>,
    call: ExprId,
    wanted: &'static str,
) -> Option<Place<'a>> {
    let Callee::Selected { x, name } = facts.callee(call) else {
        return None;
    };
    if name != wanted
        || !facts
            .body()
            .is_method_call(call, "sync", "WaitGroup", wanted)
    {
        return None;
    }
    Place::of_operand(facts.body(), x)
}

/// Whether the `Add` may count what the `go` statement starts: every way there passes it.
fn is_for(cx: &RuleCx<'_>, add: &CallSite, go: &GoSite<'_>) -> bool {
    let cfg = cx.facts().cfg(go.point.func);
    add.point.func == go.point.func && cfg.dominates(add.point.node, go.point.node)
}

type Found = (Span, String, Option<Span>, Option<Repair>);

/// What is wrong with a goroutine that is a literal of this function.
fn in_literal(
    cx: &RuleCx<'_>,
    go: &GoSite<'_>,
    literal: FuncId,
    group: &Place<'_>,
) -> Option<Found> {
    let file = cx.file();
    group.local()?;
    // As a parameter it has another name.
    let inner = parameter(cx, go, literal, group).unwrap_or_else(|| group.clone());
    let (done, path) = misses(cx.facts(), literal, &inner)?;
    let dones: Vec<ExprId> = cx
        .facts()
        .calls_of(literal)
        .iter()
        .map(|site| site.call)
        .filter(|&call| group_of(cx.facts(), call, "Done").is_some_and(|at| at == inner))
        .collect();
    let text = cx.call_snippet(done);
    let span = path.and_then(|node| cx.facts().cfg(literal).span_of_node(node));
    Some((
        file.expr(done).span,
        format!("`{text}` is not reached on every path, so `Wait` may wait for ever"),
        span,
        defer_done(cx, literal, done, &dones),
    ))
}

/// The parameter of a literal that is the group.
fn parameter<'a>(
    cx: &RuleCx<'a>,
    go: &GoSite<'_>,
    literal: FuncId,
    group: &Place<'_>,
) -> Option<Place<'a>> {
    let file = cx.file();
    let (_, args) = file.call(go.call)?;
    let index = args
        .iter()
        .position(|&arg| Place::of_operand(cx.body(), arg).is_some_and(|place| place == *group))?;
    let local = param(cx.body(), literal, index)?;
    Some(Place {
        root: PlaceRoot::Local(local),
        path: Vec::new(),
    })
}

/// The parameter number `index` of a function.
fn param(body: &Body<'_>, func: FuncId, index: usize) -> Option<LocalId> {
    let file = body.file();
    let params = file.fields_of(file.sig(file.func(func).sig).params);
    let name = params
        .iter()
        .flat_map(|field| file.field(field).names.iter())
        .nth(index)?;
    body.names().declared(name)
}

/// A `Done` by hand in `func` that some path to its end leaves out, and where that path ends.
fn misses(
    facts: &FunctionFacts<'_>,
    func: FuncId,
    group: &Place<'_>,
) -> Option<(ExprId, Option<go_flow::NodeId>)> {
    let file = facts.file();
    let body = facts.body();
    let cfg = facts.cfg(func);
    let is_done = |call: ExprId| group_of(facts, call, "Done").is_some_and(|at| at == *group);
    let within = file.func(func).span;
    let dones: Vec<&CallSite> = facts
        .calls()
        .iter()
        .filter(|site| within.contains(file.expr(site.call).span) && is_done(site.call))
        .collect();
    let first = dones.first()?;
    // One that is deferred, or that another function makes, runs when nobody here can tell.
    if dones
        .iter()
        .any(|site| site.mode != CallMode::Now || site.point.func != func)
    {
        return None;
    }
    if dones.iter().any(|site| cfg.in_cycle(site.point.node)) {
        return None;
    }
    let PlaceRoot::Local(root) = group.root else {
        return None;
    };
    // Handed on, or looked at in another way.
    let mentions = body.names().uses(root).iter().filter(|mention| {
        let span = file.expr(mention.expr).span;
        within.contains(span)
    });
    let is_other = |span: Span| {
        !dones
            .iter()
            .any(|site| file.expr(site.call).span.contains(span))
    };
    let is_whole = group.path.is_empty();
    let mut others = mentions.filter(|mention| is_other(file.expr(mention.expr).span));
    if is_whole && others.next().is_some() {
        return None;
    }
    if !is_whole && hands_on(facts, func, group) {
        return None;
    }
    // Another group that always hears of the goroutine counts it; this one counts what happens there.
    let is_counted_by_another = facts.calls_of(func).iter().any(|site| {
        group_of(facts, site.call, "Done").is_some_and(|at| at != *group)
            && !cfg.reaches_avoiding(cfg.entry(), cfg.exit(), site.point.node)
    });
    if is_counted_by_another {
        return None;
    }
    let mut last = None;
    cfg.search([cfg.entry()], |node| {
        let point = Point { func, node };
        if dones.iter().any(|site| site.point == point) {
            return Visit::Skip;
        }
        if matches!(cfg.kind(node), NodeKind::Return(_)) {
            last = Some(node);
        }
        if node == cfg.exit() {
            Visit::Stop
        } else {
            Visit::Continue
        }
    })
    .map(|_| (first.call, last))
}

/// Whether a function mentions the group other than to call its methods.
fn hands_on(facts: &FunctionFacts<'_>, func: FuncId, group: &Place<'_>) -> bool {
    let file = facts.file();
    let mut operands: Vec<ExprId> = Vec::new();
    let mut found = false;
    walk(file, Node::Func(func), |node| {
        let Node::Expr(expr) = node else {
            return Descend::Into;
        };
        if let Some((fun, _)) = file.call(expr)
            && let Some((x, "Done" | "Add" | "Wait")) = file.selector(file.unparen(fun))
        {
            operands.push(x);
        }
        found |= !operands.contains(&expr)
            && Place::of_operand(facts.body(), expr).is_some_and(|place| place == *group);
        Descend::Into
    });
    found
}

/// What is wrong with a goroutine that is a function of the package and gets the group.
fn in_callee(cx: &RuleCx<'_>, go: &GoSite<'_>, group: &Place<'_>) -> Option<Found> {
    let (index, func) = cx.body().declaration(go.call)?;
    let (_, args) = cx.file().call(go.call)?;
    let at = args
        .iter()
        .position(|&arg| Place::of_operand(cx.body(), arg).is_some_and(|place| place == *group))?;
    let body = Body::new(cx.body().cx(), index, func);
    let local = param(&body, func, at)?;
    if !matches!(body.cx().ty(body.type_of_local(local)), Type::Pointer(_)) {
        return None;
    }
    let facts = FunctionFacts::new(&body);
    let name = cx.call_snippet(go.call);
    let span = cx.file().stmt(go.stmt).span;
    if body.names().uses(local).is_empty() {
        return Some((
            span,
            format!(
                "`{name}` gets the wait group and never calls `Done`, so `Wait` waits for ever"
            ),
            None,
            None,
        ));
    }
    let place = Place {
        root: PlaceRoot::Local(local),
        path: Vec::new(),
    };
    misses(&facts, func, &place)?;
    Some((
        span,
        format!("`{name}` can end without `Done` of the wait group, so `Wait` may wait for ever"),
        None,
        None,
    ))
}
